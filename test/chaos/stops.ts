// A process that is asked to stop finishes what it has in hand, whenever it is asked: SIGTERM at random moments, under webhooks and
// sends, some of them followed by a second that does not wait.
//   npm run stops                      200 stops of three processes
//   npm run stops -- --stops 6 --seed 1
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { deliverer } from "../harness/deliverer.js";
import { alive } from "./break.js";
import { startCluster, type Node } from "./cluster.js";
import { phases } from "./phases.js";
import { mulberry32 } from "./plan.js";
import { conversationWith, patiently, reply } from "./stay.js";
import { noteFigures } from "../../scripts/figures.js";

const { values: options } = parseArgs({
  options: { stops: { type: "string", default: "200" }, seed: { type: "string", default: "1" } },
});
const wanted = Number(options.stops);
const random = mulberry32(Number(options.seed));

/** Milliseconds in which a process that is asked once has to have ended. */
const GRACE_MS = 10_000;
/** After which it does not end by itself. */
const HANGS_MS = 3 * GRACE_MS;
/** Of stops, those that are asked twice. */
const IMPATIENT = 0.15;
const GUESTS = 40;
const CALLERS = 8;
/** Milliseconds between two messages of a caller, and two answers of staff: the machine is to be busy, not full. */
const WRITES_MS = 30;
const ANSWERS_MS = 60;
const WORKED_OFF_MS = 180_000;
/** Milliseconds that starting, working off and ending may take together, and each stop on top of it. */
const AROUND_MS = 300_000;
const STOP_MS = 15_000;

const { enter } = phases("stops", AROUND_MS + wanted * STOP_MS);
enter("starts");
const postgres = await startPostgres();
const cluster = await startCluster({
  postgresUrl: postgres.url,
  database: "stops",
  nodes: 3,
  leaseMs: 2_000,
  program: fileURLToPath(new URL("../harness/host.ts", import.meta.url)),
});
const phones = Array.from({ length: GUESTS }, (_, n) => `1202555${String(n).padStart(4, "0")}`);
const acknowledged = new Set<string>();
const answered = new Set<string>();
const count = { stops: 0, impatient: 0, slow: 0, badExit: 0, slowest: 0 };
const over = new AbortController();

/** Asks a process to stop at some moment, once or twice, and starts it again. */
async function stop(node: Node): Promise<void> {
  await alive(node);
  await delay(random() * 400);
  const { host } = node;
  if (host === null) return;
  const isImpatient = random() < IMPATIENT;
  const { child } = host;
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const since = performance.now();
  child.kill("SIGTERM");
  if (isImpatient) {
    await delay(random() * 60);
    child.kill("SIGTERM");
  }
  // Whoever does not end is told of, and ended.
  const hangs = setTimeout(() => child.kill("SIGKILL"), HANGS_MS);
  const [code, signal] = await exited;
  clearTimeout(hangs);
  const tookMs = performance.now() - since;
  count.stops++;
  if (isImpatient) count.impatient++;
  if (tookMs > GRACE_MS) count.slow++;
  count.slowest = Math.max(count.slowest, tookMs);
  // Who is asked twice dies of it, or had ended by then.
  if (code !== 0 && !(isImpatient && signal === "SIGTERM")) {
    count.badExit++;
    console.log(`ended with ${String(code)} ${String(signal)}`);
  }
}

const numbersOf = async (sql: string): Promise<readonly string[]> => {
  const { rows } = await cluster.pool.query<{ id: string }>(sql);
  return rows.map(({ id }) => id);
};

try {
  await Promise.all(cluster.nodes.map(alive));
  enter("guests come");
  const { deliver, tryOnce } = deliverer(cluster.base);
  for (const [n, from] of phones.entries()) {
    const texts = ["Good evening", "Reception"].map((text, at) => ({
      from,
      wamid: `wamid.first.${String(n)}.${String(at)}`,
      text,
    }));
    for (const text of texts) await deliver([text]);
  }
  const conversations = await Promise.all(phones.map((phone) => conversationWith(cluster, phone)));

  const guests = Array.from({ length: CALLERS }, async (_, caller) => {
    for (let n = 0; !over.signal.aborted; n++) {
      const wamid = `wamid.${String(caller)}.${String(n)}`;
      const from = phones[(caller + n * CALLERS) % GUESTS] ?? "";
      if (await tryOnce([{ from, wamid, text: "Is there a late checkout?" }])) acknowledged.add(wamid);
      await delay(WRITES_MS);
    }
  });
  const staff = (async () => {
    for (let n = 0; !over.signal.aborted; n++) {
      const clientMessageId = `answer-${String(n)}`;
      const answer = { clientMessageId, text: "Until two o'clock, gladly." };
      // Where every process is on its way up at once, on a busy machine, nobody answers for a while.
      await reply(cluster, conversations[n % GUESTS] ?? "", answer, WORKED_OFF_MS);
      answered.add(clientMessageId);
      await delay(ANSWERS_MS);
    }
  })();
  enter("processes stop");
  await Promise.all(
    cluster.nodes.map(async (node, n) => {
      for (let turn = n; turn < wanted; turn += cluster.nodes.length) await stop(node);
    }),
  );
  await Promise.all(cluster.nodes.map(alive));
  over.abort();
  enter("works off");
  await Promise.all([...guests, staff]);

  await patiently(async () => {
    const [open] = await numbersOf(
      `select ((select count(*) from belldesk.arrivals) + (select count(*) from belldesk.work where kind in ('inbound', 'outbound') and dead_at is null)
             + (select count(*) from belldesk.messages where direction = 'outbound' and status in ('queued', 'sending')))::text as id`,
    );
    return open === "0" ? true : null;
  }, WORKED_OFF_MS);

  enter("counts");
  const inbound = await numbersOf("select wamid as id from belldesk.messages where direction = 'inbound'");
  const kept = await numbersOf(
    "select client_message_id as id from belldesk.messages where direction = 'outbound' and client_message_id is not null",
  );
  const unknown = await numbersOf("select id from belldesk.messages where status = 'unknown'");
  const failed = await numbersOf("select id from belldesk.messages where status = 'failed'");
  const dead = await numbersOf("select id from belldesk.work where dead_at is not null");
  const taken = cluster.fake.accepted.map(({ correlationId }) => correlationId ?? "");
  const [read, stored, sent] = [new Set(inbound), new Set(kept), new Set(taken)];
  const wrong = {
    falselyAcknowledged: [...acknowledged].filter((wamid) => !read.has(wamid)).length,
    doubled: inbound.length - read.size,
    answersLost: [...answered].filter((id) => !stored.has(id)).length,
    answersDoubled: kept.length - stored.size,
    sentTwice: taken.length - sent.size,
    failed: failed.length,
    dead: dead.length,
    slow: count.slow,
    badExit: count.badExit,
  };
  console.log(
    `seed ${options.seed}: ${String(count.stops)} stops, ${String(count.impatient)} asked twice, the slowest ${String(Math.round(count.slowest))} ms; ` +
      `${String(acknowledged.size)} messages, ${String(answered.size)} answers, ${String(taken.length)} sent, ${String(unknown.length)} of unknown fate`,
  );
  console.log(JSON.stringify(wrong));
  noteFigures({
    stops: count.stops,
    "the slowest, ms": Math.round(count.slowest),
    messages: acknowledged.size,
    ...wrong,
  });
  const bad = Object.values(wrong).reduce((sum, each) => sum + each, 0);
  console.log(bad === 0 ? "0 with something wrong" : `${String(bad)} with something wrong`);
  process.exitCode = bad === 0 ? 0 : 1;
} finally {
  over.abort();
  enter("ends the cluster");
  await cluster.close();
  enter("ends the database");
  await postgres.stop();
}
// Not left to itself: Node 20 may spin for ever over sockets that were reset while it cleans up.
process.exit();
