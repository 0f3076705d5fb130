// A hotel's backend with all ready-made flows as a process of its own, on the built package: `stay-host.ts <json options>`.
// Prints its port as one JSON line when it is ready. It is killed, never asked to stop.
import type { AddressInfo } from "node:net";
import { cloudApi, ConversationManager } from "belldesk";
import { deskRouter, webhookRouter } from "belldesk/express";
import * as lib from "belldesk/flows";
import { localFiles } from "belldesk/local-files";
import { postgresStorage } from "belldesk/postgres";
import express from "express";
import pg from "pg";
import { admin, APP_SECRET, hotels as usual, VERIFY_TOKEN } from "./hotel.js";
import type { HostOptions } from "./processes.js";
import { stayFlows } from "./stay-flows.js";

const options = JSON.parse(process.argv[2] ?? "{}") as HostOptions;
const { url, graphUrl, leaseMs = 1_000, hotels = usual, mediaDir = "", outside = "" } = options;

const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 5_000 });
pool.on("error", () => undefined);
const { flows, tasks } = stayFlows(lib, outside, (conversationId, task) =>
  desk.as(admin).createTask(conversationId, task),
);
const desk: ConversationManager = new ConversationManager({
  hotels,
  storage: postgresStorage(pool),
  transport: cloudApi({ graphUrl, deadlineMs: 2_000 }),
  flows,
  tasks,
  floods: { commandsPerMinute: null },
  webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  work: { leaseMs, pollMs: 50 },
  outbound: { paceGuests: false },
  media: { store: localFiles({ folder: mediaDir }), tempDir: `${mediaDir}-temp`, sweepMs: 300, retryCapMs: 1_000 },
});
const app = express();
app.use("/webhooks/whatsapp", webhookRouter(desk));
app.use("/api", deskRouter(desk, { authenticate: () => admin }));
await desk.start({ migrate: true });
const server = app.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
});
