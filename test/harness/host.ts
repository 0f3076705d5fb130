// A hotel's backend as a process of its own, on the built package: `host.ts <json options>`.
// Prints its port as one JSON line when it is ready, drains on SIGTERM.
import type { AddressInfo } from "node:net";
import { cloudApi, ConversationManager } from "belldesk";
import { deskRouter, webhookRouter } from "belldesk/express";
import { postgresStorage } from "belldesk/postgres";
import express from "express";
import pg from "pg";
import { APP_SECRET, hotels, manager, VERIFY_TOKEN } from "./hotel.js";

const { url, graphUrl, work } = JSON.parse(process.argv[2] ?? "{}") as {
  url: string;
  graphUrl: string;
  work?: boolean;
};

const pool = new pg.Pool({ connectionString: url, max: 10 });
pool.on("error", () => undefined);
const desk = new ConversationManager({
  hotels,
  storage: postgresStorage(pool),
  transport: cloudApi({ graphUrl }),
  webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
});
const app = express();
app.use("/webhooks/whatsapp", webhookRouter(desk));
app.use("/api", deskRouter(desk, { authenticate: () => manager }));
await desk.start({ migrate: true, ...(work !== undefined && { work }) });
const server = app.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
});

process.once("SIGTERM", () => {
  server.close(() => {
    void desk.stop().then(() => pool.end());
  });
  server.closeIdleConnections();
});
