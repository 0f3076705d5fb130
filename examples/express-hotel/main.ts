import path from "node:path";
import { cloudApi, ConversationError, ConversationManager, type Logger, type LogFields } from "belldesk";
import { localFiles } from "belldesk/local-files";
import { embeddedStorage, postgresRealtime, postgresStorage } from "belldesk/postgres";
import { redisLimits, redisRealtime } from "belldesk/redis";
import { webSocketGateway } from "belldesk/websocket";
import { Redis } from "ioredis";
import pg from "pg";
import { hotelApp } from "./app.js";
import { readConfig } from "./config.js";
import { readyFlows } from "./flows.js";
import { hotels, staffTokens } from "./hotels.js";
import { demoPms } from "./pms.js";
import { startSimulator } from "./simulator.js";

const giveUp = (message: string): never => {
  console.error(message);
  process.exit(1);
};
const config = (() => {
  try {
    return readConfig(process.env);
  } catch (error) {
    return giveUp(error instanceof Error ? error.message : String(error));
  }
})();

const line = (level: string) => (fields: LogFields, message: string) => {
  console.error(JSON.stringify({ level, message, ...fields }));
};
const logger: Logger = { debug: () => undefined, info: line("info"), warn: line("warn"), error: line("error") };

const pool =
  config.databaseUrl === null
    ? null
    : new pg.Pool({ connectionString: config.databaseUrl, connectionTimeoutMillis: 5_000 });
pool?.on("error", (error) => {
  logger.warn({ code: (error as NodeJS.ErrnoException).code ?? "unknown" }, "a database connection was lost");
});
const redis = config.redisUrl === null ? null : new Redis(config.redisUrl, { maxRetriesPerRequest: 1 });
redis?.on("error", (error) => {
  logger.warn({ code: (error as NodeJS.ErrnoException).code ?? "unknown" }, "Redis cannot be reached");
});
/** A connection that listens. */
const connect = async () => {
  const client = new pg.Client({
    connectionString: config.databaseUrl ?? "",
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  await client.connect();
  return client;
};
const simulator = config.graphUrl === null ? await startSimulator(config) : null;

/** The hotel's own system tells the desk what happens, and flows ask it. */
const pms = demoPms((event) => desk.pms.apply(event));

const desk: ConversationManager = new ConversationManager({
  hotels: hotels(config.accessToken),
  storage: pool === null ? embeddedStorage({ dataDir: path.join(config.dataDir, "database") }) : postgresStorage(pool),
  transport: cloudApi({ graphUrl: simulator?.graphUrl ?? config.graphUrl ?? "" }),
  webhook: { appSecrets: [config.appSecret], verifyToken: config.verifyToken },
  ...(redis !== null
    ? { realtime: redisRealtime(redis), sharedLimits: redisLimits(redis) }
    : pool !== null && { realtime: postgresRealtime({ connect }) }),
  flows: readyFlows(pms.port, (conversationId, task) =>
    desk.as({ kind: "system", id: "flows" }).createTask(conversationId, task),
  ),
  tasks: pms.tasks,
  media: { store: localFiles({ folder: path.join(config.dataDir, "media") }) },
  // A demo token is many people's.
  floods: { commandsPerMinute: 6_000 },
  logger,
});

// Health is answered from the first moment; the rest is as ready as the desk is.
const staff = staffTokens();
const server = hotelApp(desk, simulator, staff, pms).listen(config.port, "127.0.0.1");
webSocketGateway(desk, {
  server,
  path: "/live",
  allowedOrigins: ["127.0.0.1", "localhost"].map((host) => `http://${host}:${String(config.port)}`),
  // Demo tokens are all there is: no cookie says who somebody is.
  authenticate: (_request, token) => staff.get(token ?? "") ?? null,
});
server.on("error", (error) => {
  giveUp(`Cannot listen on 127.0.0.1:${String(config.port)}: ${error.message}
Choose another port: PORT=3001 npm start`);
});
try {
  await desk.start({ migrate: true });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const locked = ConversationError.is(error) && error.code === "storage_locked";
  giveUp(locked ? `${message}\nThe directory is set by DATA_DIR (now ${config.dataDir}).` : message);
}

const base = `http://127.0.0.1:${String(config.port)}`;
console.log(`The hotel is open.

  Staff inbox      ${base}/
  A guest's phone  ${base}/guest?hotel=grand&address=12025550101

${simulator === null ? `Sends go to ${config.graphUrl ?? ""}.` : "WhatsApp is simulated on this machine. Write as a guest, choose a department, and answer as staff; or by hand:"}
${
  simulator === null
    ? ""
    : `
  curl -s ${base}/simulator/guests/12025550101/messages -H 'content-type: application/json' \\
    -d '{"hotel":"grand","type":"text","text":"Hello, is my room ready?"}'
  curl -s ${base}/simulator/guests/12025550101/messages -H 'content-type: application/json' \\
    -d '{"hotel":"grand","type":"list","title":"Reception"}'
  curl -s '${base}/api/conversations' -H 'Authorization: Bearer demo-grand-reception'
`
}
Staff tokens (demo only): demo-<hotel>-<department>, demo-<hotel>-manager, demo-group-admin, demo-operator.
Data: ${pool === null ? path.resolve(config.dataDir) : "your PostgreSQL"}. Stop with Ctrl+C.`);

let stopping = false;
const stop = (): void => {
  // Asked twice, we go at once: what was acknowledged is stored.
  if (stopping) process.exit(1);
  stopping = true;
  void (async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    // Those that are busy now would be kept for the next request.
    const idle = setInterval(() => {
      server.closeIdleConnections();
    }, 50);
    // The desk first: what it is sending gets WhatsApp's answer.
    await desk.stop();
    await simulator?.close();
    server.closeAllConnections();
    await closed;
    clearInterval(idle);
    redis?.disconnect();
    await pool?.end();
    process.exit(0);
  })();
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
