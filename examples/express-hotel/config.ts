/** What the environment says; the only place that reads it. */
export interface Config {
  readonly port: number;
  readonly dataDir: string;
  /** PostgreSQL in place of the one on disk. */
  readonly databaseUrl: string | null;
  /** Redis, by which several of these on one PostgreSQL tell one another what is new; by PostgreSQL itself without it. */
  readonly redisUrl: string | null;
  readonly appSecret: string;
  readonly verifyToken: string;
  readonly accessToken: string;
  /** Where sends go in place of the simulator. */
  readonly graphUrl: string | null;
}

/** @throws {RangeError} for a `PORT` that is none */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  // `DATABASE_URL= npm start` means without one.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  return {
    port: portOf(given["PORT"] ?? "3000"),
    dataDir: given["DATA_DIR"] ?? "./.data",
    databaseUrl: given["DATABASE_URL"] ?? null,
    redisUrl: given["REDIS_URL"] ?? null,
    appSecret: given["WHATSAPP_APP_SECRET"] ?? "demo-app-secret",
    verifyToken: given["WHATSAPP_VERIFY_TOKEN"] ?? "demo-verify-token",
    accessToken: given["WHATSAPP_ACCESS_TOKEN"] ?? "demo-access-token",
    graphUrl: given["WHATSAPP_GRAPH_URL"] ?? null,
  };
}

function portOf(value: string): number {
  const port = Number(value);
  if (value.trim() === "" || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RangeError(`PORT is not a port number: ${value}`);
  return port;
}
