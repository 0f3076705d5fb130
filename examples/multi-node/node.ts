import { deskRouter, webhookRouter } from "belldesk/express";
import { webSocketGateway, type UpgradeServer } from "belldesk/websocket";
import express from "express";
import { Redis } from "ioredis";
import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import pg from "pg";
import { signIn } from "./hotels.ts";
import { shards } from "./shards.ts";

/** One process of several that are all alike: it holds nothing that matters, and may be killed at any moment. */
const { DATABASE_URL = "", SECOND_DATABASE_URL = "", REDIS_URL = "", GRAPH_URL = "", PORT = "0" } = process.env;

const urls = [DATABASE_URL, SECOND_DATABASE_URL].filter((url) => url !== "");
const pools = urls.map((connectionString) => new pg.Pool({ connectionString, connectionTimeoutMillis: 5_000 }));
// Without listeners a database or a Redis that restarts ends this process.
for (const pool of pools) pool.on("error", (error) => console.error(error.message));
const redis = new Redis(REDIS_URL, { maxRetriesPerRequest: 3 });
redis.on("error", (error) => console.error(error.message));
const { desks, shardOf, receiver } = shards(pools, redis, GRAPH_URL);

const app = express();
const signedIn = ({ headers }: IncomingMessage) => signIn(headers.authorization?.replace(/^Bearer /, ""));
app.use("/webhooks/whatsapp", webhookRouter(receiver));
// A hotel's id leads to its database: the API and the live connection are asked for by hotel.
const apis = desks.map((desk) => deskRouter(desk, { authenticate: signedIn }));
app.use("/hotels/:hotelId/api", (request, response, next) => {
  const api = apis[shardOf(request.params.hotelId) ?? -1];
  if (api === undefined) next();
  else api(request, response, next);
});
await Promise.all(desks.map((desk) => desk.start({ migrate: true })));
const server = app.listen(Number(PORT), "127.0.0.1");
const doors = desks.map(() => new EventEmitter());
desks.forEach((desk, shard) => {
  const authenticate = (request: IncomingMessage, token: string | undefined) =>
    token === undefined ? signedIn(request) : signIn(token);
  webSocketGateway(desk, { server: doors[shard] as UpgradeServer, path: "/live", allowedOrigins: [], authenticate });
});
server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  const hotelId = /^\/hotels\/([^/?]+)\/live$/.exec(request.url ?? "")?.[1] ?? "";
  const door = doors[shardOf(hotelId) ?? -1];
  if (door === undefined) socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
  else door.emit("upgrade", Object.assign(request, { url: "/live" }), socket, head);
});

server.once("listening", () => process.send?.("ready"));
process.once("SIGTERM", () => {
  server.close();
  void Promise.all(desks.map((desk) => desk.stop())).then(() => {
    redis.disconnect();
    return Promise.all(pools.map((pool) => pool.end()));
  });
});
