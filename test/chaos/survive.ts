// What was answered 200 is there after everything dies at once: processes by SIGKILL, the database by an immediate stop.
//   npm run survive                      10,000 messages, in ten rounds
//   npm run survive -- --messages 500 --rounds 1
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { buildBreakableHost } from "../../scripts/failpoint-build.mjs";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { deliverer } from "../harness/deliverer.js";
import { alive } from "./break.js";
import { startCluster } from "./cluster.js";
import { patiently } from "./stay.js";
import { noteFigures } from "../../scripts/figures.js";

const { values: options } = parseArgs({
  options: { messages: { type: "string", default: "10000" }, rounds: { type: "string", default: "10" } },
});
const rounds = Number(options.rounds);
const perRound = Math.ceil(Number(options.messages) / rounds);
const CALLERS = 50;
/** Milliseconds for a hotel's backlog to be worked off. */
const WORKED_OFF_MS = 120_000;

const postgres = await startPostgres({ durable: true });
const host = buildBreakableHost();
const cluster = await startCluster({
  postgresUrl: postgres.url,
  database: "survive",
  nodes: 2,
  leaseMs: 1_000,
  program: host.program,
});
const acknowledged = new Set<string>();
let lost = 0;
try {
  for (let round = 0; round < rounds; round++) {
    await Promise.all(cluster.nodes.map(alive));
    const until = acknowledged.size + perRound;
    let ended = false;
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      const { tryOnce } = deliverer(cluster.base);
      for (let n = 0; !ended; n++) {
        const wamid = `wamid.${String(round)}.${String(caller)}.${String(n)}`;
        const from = `1202${String(caller).padStart(7, "0")}`;
        if (await tryOnce([{ from, wamid, text: "Good evening" }])) acknowledged.add(wamid);
      }
    });
    while (acknowledged.size < until) await delay(1);
    // In the middle of it, with webhooks in every process's hands.
    await Promise.all([...cluster.nodes.map((node) => node.kill()), postgres.crash()]);
    ended = true;
    await Promise.all(callers);
    const stored = await wamidsIn("select raw from belldesk.webhook_attempts");
    lost += [...acknowledged].filter((wamid) => !stored.has(wamid)).length;
  }
  await Promise.all(cluster.nodes.map(alive));
  // Answered or not, what is stored becomes a message, once.
  const unread = await patiently(async () => {
    const { rows } = await cluster.pool.query<{ waiting: number }>(
      `select (select count(*) from belldesk.arrivals)::int
            + (select count(*) from belldesk.work where kind = 'inbound')::int as waiting`,
    );
    if (rows[0]?.waiting !== 0) return null;
    const { rows: messages } = await cluster.pool.query<{ wamid: string }>(
      "select wamid from belldesk.messages where direction = 'inbound'",
    );
    const read = new Set(messages.map(({ wamid }) => wamid));
    return {
      missing: [...acknowledged].filter((wamid) => !read.has(wamid)).length,
      doubled: messages.length - read.size,
    };
  }, WORKED_OFF_MS);
  console.log(
    `acknowledged ${String(acknowledged.size)}, ${String(rounds)} times everything killed: ` +
      `lost ${String(lost)}, without a message ${String(unread.missing)}, doubled ${String(unread.doubled)}`,
  );
  noteFigures({
    acknowledged: acknowledged.size,
    "killed, all at once": rounds,
    lost,
    unread: unread.missing,
    doubled: unread.doubled,
  });
  process.exitCode = lost + unread.missing + unread.doubled === 0 ? 0 : 1;
} finally {
  await cluster.close();
  await postgres.stop();
}
// Not left to itself: Node 20 may spin for ever over sockets that were reset while it cleans up.
process.exit();

async function wamidsIn(sql: string): Promise<ReadonlySet<string>> {
  const { rows } = await patiently(() => cluster.pool.query<{ raw: string }>(sql), WORKED_OFF_MS);
  return new Set(rows.flatMap(({ raw }) => /wamid\.[\d.]+/.exec(raw) ?? []));
}
