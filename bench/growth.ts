// What one more message costs where 10,000 are stored, and where 5,000,000 are: two databases on one server, in turn. The large one is the
// small one five hundred times over, row by row of every table, so that nothing in it is thinner than what the desk itself wrote.
//   npm run bench -- --only growth                              a quarter of an hour, 25 GB of disk
//   npm run bench -- --only growth --quick
import { parseArgs } from "node:util";
import pg from "pg";
import { startPostgres } from "../scripts/services/postgres.mjs";
import { multiply } from "./multiply.js";
import { fill, houseOf, receive, stored } from "./house.js";
import { each } from "./posting.js";
import { atMost, figure, publish, ratio, spread } from "./report.js";
import { delivery, NUMBER } from "./webhooks.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    guests: { type: "string", default: "1000" },
    each: { type: "string", default: "10" },
    /** How many times the large one is the small one. */
    times: { type: "string", default: "500" },
    /** More messages in each round: four from each of so many guests. */
    more: { type: "string", default: "4000" },
  },
});
const rounds = Number(options.rounds);
const guests = Number(options.guests);
const messages = guests * Number(options.each);
const times = Number(options.times);
const more = Number(options.more);
const EACH = 4;
const AT_ONCE = 50;

const postgres = await startPostgres({ durable: true });
const admin = new pg.Client({ connectionString: postgres.url });
await admin.connect();
const poolOf = (database: string) => {
  const pool = new pg.Pool({
    connectionString: Object.assign(new URL(postgres.url), { pathname: `/${database}` }).href,
    max: 10,
  });
  pool.on("error", () => undefined);
  return pool;
};

/** Milliseconds a message, from the first webhook until the last is stored as a message. @param copies of each guest, the guest counted */
async function costs(pool: pg.Pool, round: number, copies: number): Promise<number> {
  const desk = houseOf(pool);
  await desk.start();
  const run = `${String(round)}.${String(copies)}`;
  // Connections have planned their statements, and the process is warm, in both alike.
  await fill(desk, { guests: Math.min(100, guests), each: 2, run: `warm.${run}` });
  const webhooks = Array.from({ length: more }, (_, n) => {
    const nth = n % Math.ceil(more / EACH);
    return delivery(NUMBER, [
      {
        guest: 10_000 + ((nth * 31 + round) % guests),
        // Spread over all that there are, others in each round.
        copy: (nth * 7_919 + round * 104_729) % copies,
        wamid: `wamid.growth.${run}.${String(n)}`,
        text: `Once more, message ${String(n)}: could somebody look at the heating in my room, please?`,
      },
    ]);
  });
  const all = stored(desk, more);
  const from = performance.now();
  await each(more, AT_ONCE, (n) => receive(desk, webhooks[n]!));
  await all;
  const ms = performance.now() - from;
  await desk.stop();
  return ms / more;
}

try {
  await admin.query("alter system set max_wal_size = '8GB'");
  await admin.query("select pg_reload_conf()");
  await admin.query("create database small");
  console.error(`${figure(guests)} guests write ${figure(messages)} messages ...`);
  const small = poolOf("small");
  const desk = houseOf(small);
  await desk.start({ migrate: true });
  await fill(desk, { guests, each: Number(options.each), run: "grown" });
  await desk.stop();
  await small.query("vacuum analyze");
  await small.end();

  console.error(`and ${figure(times)} times as many ...`);
  await admin.query("create database large template small");
  const growing = new pg.Client({
    connectionString: Object.assign(new URL(postgres.url), { pathname: "/large" }).href,
  });
  growing.on("error", () => undefined);
  await growing.connect();
  const from = performance.now();
  // What is copied is vacuumed when all of it stands, and not by others meanwhile.
  const vacuum = async (setting: "on" | "off") => {
    await admin.query(`alter system set autovacuum = ${setting}`);
    await admin.query("select pg_reload_conf()");
  };
  await vacuum("off");
  await multiply(growing, times - 1);
  await vacuum("on");
  const { rows } = await growing.query<{ n: number; bytes: string }>(
    "select (select count(*)::int from belldesk.messages where direction = 'inbound') as n, pg_database_size('large') as bytes",
  );
  const { n: many, bytes } = rows[0]!;
  await growing.end();
  console.error(`${figure(many)} stored in ${figure((performance.now() - from) / 1000)} s`);

  const pools = [poolOf("small"), poolOf("large")] as const;
  const took: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++)
    for (const which of [0, 1] as const) {
      const ms = await costs(pools[which], round, which === 0 ? 1 : times);
      console.error(`round ${String(round)} of ${["small", "large"][which]!}: ${figure(ms, 3)} ms a message`);
      // The first finds what had just been written still on its way to the disk.
      if (round > 0) took[which].push(ms);
    }
  for (const [which, pool] of pools.entries()) {
    const { rows } = await pool.query<{ n: number }>("select count(*)::int as n from belldesk.guests");
    // Each who wrote was known, or the copies are no copies.
    if (rows[0]!.n !== guests * [1, times][which]!) throw new Error(`There are ${String(rows[0]!.n)} guests.`);
    await pool.end();
  }
  publish({
    title: "Growth",
    about:
      `What a guest's message costs where ${figure(messages)} of guests are stored, and where ${figure(many)} are (${figure(Number(bytes) / 1e9, 1)} GB; each with its menu, events, words, raw webhook and key): ` +
      `${figure(more)} more in each round, four of each guest, from the first webhook until the last stands as a message, ${String(rounds)} rounds in turn on one server with its default 128 MB of shared buffers.`,
    tables: [
      {
        columns: ["stored", "ms a message", "messages/s"],
        rows: ([messages, many] as const).map((stored, which) => [
          figure(stored),
          spread(took[which]!, 3),
          spread(took[which]!.map((ms) => 1000 / ms)),
        ]),
      },
    ],
    goals: [
      atMost(
        `a message where ${figure(many)} are stored, of one where ${figure(messages)} are`,
        ratio(took[1], took[0]),
        1.3,
      ),
    ],
    notes: [
      "The large one is the small one, copied row by row inside the server with other ids, numbers and hashes (`insert ... select`, keys and indexes made afterwards): to hand the same rows over by COPY would take longer and leave the same.",
    ],
  });
} finally {
  await admin.end();
  await postgres.stop();
}
