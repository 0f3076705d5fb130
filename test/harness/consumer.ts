// A host's process that reads the event log: `consumer.ts <json options>`. It notes each event in the table `handled`, and is killed,
// or frozen by its parent, between having noted the one with that number and having stored its place.
import pg from "pg";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { ConversationManager } from "../../src/index.js";
import { APP_SECRET, hotels, VERIFY_TOKEN } from "./hotel.js";

export interface ConsumerProcessOptions {
  readonly url: string;
  readonly who: string;
  readonly leaseMs: number;
  /** Kills itself once it has noted the event with this number. */
  readonly diesAt?: number;
  /** Says so once it has noted this one, and goes on when it hears something. */
  readonly waitsAt?: number;
}

// Set by builds; these are the sources.
Object.assign(globalThis, { BELLDESK_FAILPOINTS: false });
const { url, who, leaseMs, diesAt, waitsAt } = JSON.parse(process.argv[2] ?? "{}") as ConsumerProcessOptions;
const pool = new pg.Pool({ connectionString: url, max: 3 });
pool.on("error", () => undefined);
const desk = new ConversationManager({
  hotels,
  storage: postgresStorage(pool),
  transport: { send: () => Promise.resolve({ outcome: "unknown", failure: { code: "none", message: "none" } }) },
  webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  work: { leaseMs, pollMs: 20 },
});
desk.consume("invoices", async ({ hotelId, seq }, { key }) => {
  await pool.query("insert into handled (who, hotel, seq, key) values ($1, $2, $3, $4)", [who, hotelId, seq, key]);
  if (hotelId !== "grand") return;
  if (seq === diesAt) process.kill(process.pid, "SIGKILL");
  if (seq === waitsAt) {
    const told = new Promise((resolve) => process.once("message", resolve));
    process.send?.("waiting");
    await told;
  }
});
await desk.start();
process.send?.("ready");
process.once("SIGTERM", () => {
  void desk.stop().then(async () => {
    await pool.end();
    process.channel?.unref();
    process.exitCode = 0;
  });
});
