/** What the environment says; the only place that reads it. */
export interface Config {
  readonly port: number;
  readonly dataDir: string;
  /** PostgreSQL in place of the one on disk. */
  readonly databaseUrl: string | null;
  readonly appSecret: string;
  readonly verifyToken: string;
  readonly accessToken: string;
  /** Where sends go in place of the simulator. */
  readonly graphUrl: string | null;
}

/** @throws {RangeError} for a `PORT` that is none */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  return {
    port: portOf(env["PORT"] ?? "3000"),
    dataDir: env["DATA_DIR"] ?? "./.data",
    databaseUrl: env["DATABASE_URL"] ?? null,
    appSecret: env["WHATSAPP_APP_SECRET"] ?? "demo-app-secret",
    verifyToken: env["WHATSAPP_VERIFY_TOKEN"] ?? "demo-verify-token",
    accessToken: env["WHATSAPP_ACCESS_TOKEN"] ?? "demo-access-token",
    graphUrl: env["WHATSAPP_GRAPH_URL"] ?? null,
  };
}

function portOf(value: string): number {
  const port = Number(value);
  if (value.trim() === "" || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RangeError(`PORT is not a port number: ${value}`);
  return port;
}
