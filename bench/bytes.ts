// What a message costs in PostgreSQL: guests write, staff answer, WhatsApp reports each answer as sent, delivered and read, all by the real way; then the
// tables are weighed, and what was written to the server's log is counted.
//   npm run bench:bytes                               100 guests, 20 messages of each and 10 answers
//   npm run bench:bytes -- --guests 500 --each 40
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { cloudApi, ConversationManager, type StaffPrincipal } from "belldesk";
import { webhookRouter } from "belldesk/express";
import { postgresStorage } from "belldesk/postgres";
import { fakeWhatsApp } from "belldesk/testing";
import express from "express";
import pg from "pg";
import { startPostgres } from "../scripts/services/postgres.mjs";
import { APP_SECRET, DEPARTMENT, HOTEL, NUMBER } from "./webhooks.js";

const { values } = parseArgs({
  options: { guests: { type: "string", default: "100" }, each: { type: "string", default: "20" } },
});
const [guests, each] = [Number(values.guests), Number(values.each)];
const answers = Math.floor(each / 2);
const messages = guests * (each + answers);
const manager: StaffPrincipal = { kind: "staff", id: "staff_manager", role: "manager", hotels: { [HOTEL]: "all" } };

const postgres = await startPostgres({ version: 18 });
const pool = new pg.Pool({ connectionString: postgres.url, max: 20 });
pool.on("error", () => undefined); // the server ends before the last of its clients may have
const app = express();
const server = app.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const whatsapp = await fakeWhatsApp({
  appSecret: APP_SECRET,
  webhookUrl: `http://127.0.0.1:${String(port)}`,
  pacing: false,
});
const desk = new ConversationManager({
  hotels: [
    {
      id: HOTEL,
      timeZone: "Europe/Rome",
      numbers: [{ phoneNumberId: NUMBER, accessToken: "any", messagesPerSecond: null }],
      departments: [DEPARTMENT],
    },
  ],
  storage: postgresStorage(pool),
  transport: cloudApi({ graphUrl: whatsapp.graphUrl }),
  webhook: { appSecrets: [APP_SECRET], verifyToken: "bench-verify-token" },
  floods: { commandsPerMinute: null },
  outbound: { paceGuests: false },
});
app.use(webhookRouter(desk));
await desk.start({ migrate: true });

const one = async <T>(sql: string, ...params: unknown[]): Promise<T> => {
  const { rows } = await pool.query<{ value: T }>(sql, params);
  return rows[0]!.value;
};
const weights = async (): Promise<ReadonlyMap<string, number>> => {
  const { rows } = await pool.query<{ name: string; bytes: string }>(
    "select relname as name, pg_total_relation_size(oid) as bytes from pg_class where relkind = 'r' and relnamespace = 'belldesk'::regnamespace",
  );
  return new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]));
};
const count = (where: string) => one<number>(`select count(*)::int as value from belldesk.messages where ${where}`);

const empty = await weights();
const logBegins = await one<string>("select pg_current_wal_lsn()::text as value");
const phones = Array.from({ length: guests }, (_, guest) => `1202555${String(1_000 + guest)}`);
for (let n = 0; n < each; n++)
  await Promise.all(
    phones.map((phone) =>
      whatsapp
        .guest(phone)
        .says(NUMBER, `Message ${String(n)}: could somebody look at the heating in my room, please?`),
    ),
  );
while ((await count("direction = 'inbound'")) < guests * each) await delay(100);
for (let cursor: string | undefined; ;) {
  const { items, nextCursor } = await desk
    .as(manager)
    .conversations({ limit: 100, ...(cursor !== undefined && { cursor }) });
  for (const { id } of items) {
    for (let n = 0; n < answers; n++)
      await desk.as(manager).reply(id, {
        clientMessageId: `${id} ${String(n)}`,
        content: {
          type: "text",
          text: `Answer ${String(n)}: somebody is on the way, and brings you a heater for tonight.`,
        },
      });
  }
  if (nextCursor === null) break;
  cursor = nextCursor;
}
while ((await count("status = 'read'")) < guests * answers) await delay(100);
await whatsapp.settled();
const logged = await one<string>("select pg_wal_lsn_diff(pg_current_wal_lsn(), $1)::text as value", logBegins);
await desk.stop();
const stands = await weights();
await pool.query("vacuum full");
const packed = await weights();

const perMessage = (after: ReadonlyMap<string, number>, name: string) =>
  Math.max(0, Math.round(((after.get(name) ?? 0) - (empty.get(name) ?? 0)) / messages));
const rows = [...stands.keys()]
  .map((name) => ({ table: name, "bytes a message": perMessage(stands, name), packed: perMessage(packed, name) }))
  .filter((row) => row["bytes a message"] >= 5)
  .toSorted((a, b) => b["bytes a message"] - a["bytes a message"]);
console.table(rows);
const sum = (of: "bytes a message" | "packed") => rows.reduce((total, row) => total + row[of], 0);
console.log(
  `${String(messages)} messages of ${String(guests)} guests: ${String(sum("bytes a message"))} bytes a message as it stands, ${String(sum("packed"))} packed`,
);
console.log(`${String(Math.round(Number(logged) / messages))} bytes a message written to the server's log`);
await whatsapp.close();
await pool.end();
server.close();
await postgres.stop();
