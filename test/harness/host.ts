// A hotel's backend as a process of its own, on the built package: `host.ts <json options>`.
// Prints its port as one JSON line when it is ready, drains on SIGTERM. Its parent may wait for it at a failpoint: it is
// told "at" and holds the process there until it says "go on". Only a build with failpoints ever comes to one.
import { Console } from "node:console";
import type { AddressInfo } from "node:net";
import { cloudApi, ConversationManager } from "belldesk";
import { deskRouter, webhookRouter } from "belldesk/express";
import { localFiles } from "belldesk/local-files";
import { postgresStorage } from "belldesk/postgres";
import express from "express";
import pg from "pg";
import { setClockOff } from "./clock-off.js";
import { measure } from "./measure.js";
import { smallFlow } from "./small-flow.js";
import { admin, APP_SECRET, hotels as ownHotels, manager, VERIFY_TOKEN } from "./hotel.js";
import type { FromHost, HostOptions, ToHost } from "./processes.js";

const options = JSON.parse(process.argv[2] ?? "{}") as HostOptions;
const {
  url,
  graphUrl,
  work,
  port = 0,
  leaseMs,
  hotels = ownHotels,
  deadlineMs = 2_000,
  witness = false,
  mediaDir,
  waitAt,
  live,
  clockOffMs = 0,
  settings = {},
  connections = 10,
  flow = false,
  logs = false,
} = options;
setClockOff(clockOffMs);

let awaited: string | null = waitAt ?? null;
let goOn: () => void = () => undefined;
process.on("message", (message: ToHost) => {
  if ("waitAt" in message) awaited = message.waitAt;
  else if ("clockOffMs" in message) setClockOff(message.clockOffMs);
  else if ("measure" in message)
    void measure([process, pool, server]).then((measured) => process.send?.({ measured } satisfies FromHost));
  else goOn();
});
Object.assign(globalThis, {
  [Symbol.for("belldesk.failpoint")]: async (name: string) => {
    if (name !== awaited) return;
    awaited = null;
    const told = new Promise<void>((resolve) => (goOn = resolve));
    process.send?.({ at: name } satisfies FromHost);
    await told;
  },
});

const door = live === undefined ? null : await import("./live-door.js");
const bus = live === undefined || door === null ? null : door.realtimeOf(live);
const pool = new pg.Pool({
  connectionString: url,
  max: connections,
  connectionTimeoutMillis: 5_000,
  application_name: `host ${String(process.pid)}`,
});
pool.on("error", () => undefined);
const desk = new ConversationManager({
  hotels,
  storage: postgresStorage(pool),
  transport: cloudApi({ graphUrl, deadlineMs }),
  // One principal asks for everybody here.
  floods: { commandsPerMinute: null },
  webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  ...(leaseMs !== undefined && { work: { leaseMs } }),
  ...(live?.limits !== undefined && { live: live.limits }),
  ...(bus !== null && { realtime: bus.realtime }),
  ...(mediaDir !== undefined && {
    media: { store: localFiles({ folder: mediaDir }), tempDir: `${mediaDir}-temp`, sweepMs: 300, retryCapMs: 1_000 },
  }),
  ...(flow && { flows: [smallFlow] }),
  // Standard output is for the port.
  ...(logs && { logger: new Console(process.stderr) }),
  ...settings,
});
if (witness)
  desk.consume("witness", ({ hotelId, seq }) =>
    pool.query("insert into witness.told (hotel_id, seq) values ($1, $2)", [hotelId, seq]),
  );
const app = express();
app.get("/healthz", async (_request, response) => {
  const { status, reasons } = await desk.health();
  response.status(status === "down" ? 503 : 200).json({ status, reasons });
});
app.use("/webhooks/whatsapp", webhookRouter(desk));
app.use(
  "/api",
  deskRouter(desk, {
    authenticate: (request) => door?.bearerOf(request) ?? (request.headers["x-role"] === "admin" ? admin : manager),
  }),
);
if (door !== null) app.use("/live", door.streamOf(desk));
await desk.start({ migrate: true, ...(work !== undefined && { work }) });
const server = app.listen(port, "127.0.0.1", () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
});

door?.openDoor(desk, server);

process.once("SIGTERM", () => {
  process.channel?.unref();
  server.close(() => {
    void desk.stop().then(() => {
      bus?.end();
      return pool.end();
    });
  });
  // Those that are busy now would be kept for the next request.
  setInterval(() => {
    server.closeIdleConnections();
  }, 20).unref();
  // One that was opened and never spoken on is not idle, and would be waited for without end. Requests have had their time by then.
  setTimeout(() => {
    server.closeAllConnections();
  }, 5_000).unref();
});
