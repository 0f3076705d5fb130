// The live side of the harness's host, on the built package: a WebSocket door, an event stream, and a Redis that tells the processes.
import type { Server } from "node:http";
import type { ConversationManager, LiveLimits, LiveSignIn, Principal } from "belldesk";
import { liveRouter, type Handler, type HostRequest } from "belldesk/express";
import { redisRealtime } from "belldesk/redis";
import { webSocketGateway } from "belldesk/websocket";
import { Redis } from "ioredis";

export interface LiveHostOptions {
  readonly redisUrl: string;
  readonly limits?: Partial<LiveLimits>;
}

/** Who somebody is: in these runs a token is the principal itself, as JSON. */
export const personOf = (token: string | undefined): Principal | null =>
  token?.startsWith("{") === true ? (JSON.parse(token) as Principal) : null;

export const bearerOf = ({ headers }: HostRequest): Principal | null =>
  personOf(headers.authorization?.slice("Bearer ".length));

export function realtimeOf({ redisUrl }: LiveHostOptions) {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 1, retryStrategy: () => 100 });
  redis.on("error", () => undefined);
  return { realtime: redisRealtime(redis), end: () => redis.disconnect() };
}

export const streamOf = (desk: ConversationManager): Handler =>
  liveRouter(desk, { authenticate: (request): LiveSignIn => bearerOf(request) });

export const openDoor = (desk: ConversationManager, server: Server) =>
  webSocketGateway(desk, {
    server,
    path: "/live",
    allowedOrigins: [],
    authenticate: (_, token): LiveSignIn => personOf(token),
  });
