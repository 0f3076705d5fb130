import type { AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cloudApi, ConversationError, ConversationManager, type Logger, type LogFields } from "belldesk";
import { localFiles } from "belldesk/local-files";
import { embeddedStorage, postgresRealtime, postgresStorage, shiftClock } from "belldesk/postgres";
import { redisLimits, redisRealtime } from "belldesk/redis";
import { webSocketGateway } from "belldesk/websocket";
import { Redis } from "ioredis";
import pg from "pg";
import { hotelApp } from "./app.js";
import type { Config } from "./config.js";
import { readyFlows } from "./flows.js";
import { hotels, staffTokens } from "./hotels.js";
import { demoPms } from "./pms.js";

export interface OpenHotelOptions {
  readonly config: Config;
  /** Where it listens on 127.0.0.1; 0 for a free one. */
  readonly port: number;
  /** The port in the address bar of whoever looks at the pages. */
  readonly publicPort: number;
  readonly graphUrl: string;
  /** Whether the front desk can be played by hand: beside a simulated WhatsApp. */
  readonly isDemo: boolean;
  /** Called when it listens; health is answered from then on, and the rest is as ready as the desk is. */
  readonly onListening?: (port: number) => void;
}

export interface OpenHotel {
  /** Moves the desk's clock, and with it everything that comes due. */
  shiftClock(ms: number): Promise<void>;
  /** Drains: what was begun is finished, and what was acknowledged is stored. */
  stop(): Promise<void>;
}

/** Milliseconds for which the folder of another process is waited for: one that was killed a moment ago may not have ended yet. */
const LOCK_PATIENCE_MS = 2_000;

const line = (level: string) => (fields: LogFields, message: string) => {
  console.error(JSON.stringify({ level, message, ...fields }));
};
const logger: Logger = { debug: () => undefined, info: line("info"), warn: line("warn"), error: line("error") };

/** The desk of both hotels and its HTTP face, as a host wires them. @throws {Error} in words for whoever started it */
export async function openHotel(options: OpenHotelOptions): Promise<OpenHotel> {
  const { config, port, publicPort, graphUrl, isDemo, onListening = () => undefined } = options;
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
  const storage =
    pool === null
      ? embeddedStorage({ dataDir: path.join(config.dataDir, "database") })
      : { ...postgresStorage(pool), shiftClock: (ms: number) => shiftClock(pool, ms) };

  /** The hotel's own system tells the desk what happens, and flows ask it. */
  const pms = demoPms((event) => desk.pms.apply(event));

  const desk: ConversationManager = new ConversationManager({
    hotels: hotels(config.accessToken),
    storage,
    // A gateway, or a WhatsApp for tests, may stand in one's own network; Meta's does not, whatever a name server says.
    transport: cloudApi({ graphUrl, allowPrivate: !graphUrl.startsWith("https://graph.facebook.com") }),
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

  const staff = staffTokens();
  const server = hotelApp(desk, null, staff, isDemo ? pms : null).listen(port, "127.0.0.1");
  webSocketGateway(desk, {
    server,
    path: "/live",
    allowedOrigins: ["127.0.0.1", "localhost"].map((host) => `http://${host}:${String(publicPort)}`),
    // Demo tokens are all there is: no cookie says who somebody is.
    authenticate: (_request, token) => staff.get(token ?? "") ?? null,
  });
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve).once("error", (error) => {
      reject(new Error(cannotListen(port, error)));
    });
  });
  onListening((server.address() as AddressInfo).port);
  await started(desk, config);

  return {
    shiftClock: (ms) => storage.shiftClock(ms),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      // Those that are busy now would be kept for the next request.
      const idle = setInterval(() => {
        server.closeIdleConnections();
      }, 50);
      // The desk first: what it is sending gets WhatsApp's answer.
      await desk.stop();
      server.closeAllConnections();
      await closed;
      clearInterval(idle);
      redis?.disconnect();
      await pool?.end();
    },
  };
}

export const cannotListen = (port: number, { message }: Error): string =>
  `Cannot listen on 127.0.0.1:${String(port)}: ${message}
Choose another port: PORT=3001 npm start`;

async function started(desk: ConversationManager, { dataDir }: Config): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 200)
    try {
      await desk.start({ migrate: true });
      return;
    } catch (error) {
      if (!ConversationError.is(error) || error.code !== "storage_locked") throw error;
      if (waitedMs >= LOCK_PATIENCE_MS)
        throw new Error(`${error.message}\nThe directory is set by DATA_DIR (now ${dataDir}).`, { cause: error });
      await delay(200);
    }
}
