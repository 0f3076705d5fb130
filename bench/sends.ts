// What the desk sends in a second, beside bare undici and beside the same job on BullMQ, to one HTTP server, on a durable
// PostgreSQL, each contender in a process of its own, one run. Then 20 numbers at once, each at WhatsApp's pace.
//   npm run bench:sends                 medians of 3 rounds
//   npm run bench:sends -- --rounds 1 --messages 10000 --seconds 5
//   npm run bench:sends -- --profile    also writes a CPU profile of the desk's process to .cache/profiles/
import fs from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import pg from "pg";
import { startPostgres } from "../scripts/services/postgres.mjs";
import { startRedis } from "../scripts/services/redis.mjs";
import { ask, ended, said, start } from "./children.js";
import { atLeast, atMost, figure, median, publish, ratio as ratioOf, spread, type Goal, type Table } from "./report.js";
import type { Task, Took, Work } from "./sender.js";
import { messagesOf, placeOf, type Size } from "./stay.js";
import type { Arrived } from "./whatsapp.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    hotels: { type: "string", default: "1" },
    numbers: { type: "string", default: "20" },
    guests: { type: "string", default: "2000" },
    messages: { type: "string", default: "20000" },
    connections: { type: "string", default: "50" },
    /** Messages that the desk has in hand at once, its option `outbound.concurrency`; and jobs that BullMQ has. */
    lanes: { type: "string", default: "500" },
    jobs: { type: "string", default: "100" },
    /** Of the part with pacing; 0 leaves it out. */
    seconds: { type: "string", default: "20" },
    /** What is sent to: `fake`, the fake WhatsApp of belldesk/testing, or `bare`, which judges nothing. */
    server: { type: "string", default: "fake" },
    profile: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const connections = Number(options.connections);
const jobs = Number(options.jobs);
const size: Size = {
  hotels: Number(options.hotels),
  numbers: Number(options.numbers),
  guests: Number(options.guests),
  messages: Number(options.messages),
};

/** Messages a second that WhatsApp takes from a number. */
const PER_SECOND = 80;
/** A guest is sent 20 at once at most, and what waits behind would say nothing of the number's pace. */
const PACED_EACH = 19;
const pacedSize: Size = { ...size, messages: size.guests * PACED_EACH };

/** Left out, from the first message on: the pace is that of a process that runs, not of one that is just starting. */
const STARTING_MS = 1_000;

const GOALS = { undici: 0.2, bullmq: 1.5, reached: 0.95, cores: 1 };

const CONTENDERS = ["undici", "bullmq-bare", "bullmq", "belldesk"] as const;
type Contender = (typeof CONTENDERS)[number];

interface Figures {
  readonly perSecond: number;
  /** Cores that each had busy meanwhile. */
  readonly own: number;
  readonly whatsapp: number;
  readonly postgres: number;
  /** Messages of a guest that arrived after one that stands behind them. */
  readonly inverted: number;
}

/** Seconds of CPU that a server and all processes under it have used so far; NaN where there is no /proc. */
function cpuOfTree(pid: number): number {
  if (!fs.existsSync("/proc/self/stat")) return NaN;
  const TICKS = 100;
  let ticks = 0;
  for (const one of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const stat = read(`/proc/${one}/stat`);
    const [, parent, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(parent) !== pid && Number(one) !== pid) continue;
    // utime, stime; and of the server itself what those used that have ended.
    const own = [fields[9], fields[10], ...(Number(one) === pid ? [fields[11], fields[12]] : [])];
    ticks += own.reduce((sum, field) => sum + Number(field), 0);
  }
  return ticks / TICKS;
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

const postgres = await startPostgres({ durable: true });
const redis = await startRedis({ durable: true });
const whatsapp = start("whatsapp.ts", [options.server]);
const { graphUrl } = await said<{ graphUrl: string }>(whatsapp);
const admin = new pg.Client({ connectionString: postgres.url });
await admin.connect();
const {
  rows: [{ pid: postgresPid } = { pid: 0 }],
} = await admin.query<{ pid: number }>("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::integer as pid");

const urlOf = (database: string): string => Object.assign(new URL(postgres.url), { pathname: `/${database}` }).href;

interface Measured extends Took {
  readonly arrived: readonly Arrived[];
  readonly whatsappSeconds: number;
  readonly postgresSeconds: number;
}

async function measure(task: Task, of: Size, database: string): Promise<Measured> {
  const work: Work = {
    task,
    size: of,
    graphUrl,
    postgresUrl: urlOf(database),
    redisUrl: redis.url,
    connections,
    lanes: Number(options.lanes),
    poolSize: task === "bullmq" || task === "bullmq-bare" ? connections : 10,
    jobs,
    seconds,
    perSecond: PER_SECOND,
  };
  const isProfiled = options.profile && (task === "belldesk" || task === "paced");
  const child = start(
    "sender.ts",
    [JSON.stringify(work)],
    isProfiled ? ["--cpu-prof", "--cpu-prof-dir", ".cache/profiles"] : [],
  );
  try {
    await said(child);
    await ask(whatsapp, "start");
    const before = cpuOfTree(postgresPid);
    const took = await ask<Took>(child, "go");
    const postgresSeconds = cpuOfTree(postgresPid) - before;
    const report = await ask<{ arrived: readonly Arrived[]; cpuSeconds: number }>(whatsapp, "report");
    await ended(child);
    return { ...took, arrived: report.arrived, whatsappSeconds: report.cpuSeconds, postgresSeconds };
  } finally {
    child.kill("SIGKILL");
  }
}

async function prepare(of: Size, database: string): Promise<void> {
  console.error(`${String(of.guests)} guests write and are answered ${String(of.messages)} times ...`);
  await admin.query(`create database ${database}`);
  await measure("prepare", of, database);
}

/** On a copy of what was prepared, which goes again. */
async function onCopy<T>(database: string, act: (copy: string) => Promise<T>): Promise<T> {
  await admin.query(`create database measured template ${database}`);
  try {
    // What was written for the copy is not the contender's to sync.
    await admin.query("checkpoint");
    return await act("measured");
  } finally {
    await admin.query("drop database measured with (force)");
  }
}

const wrong: string[] = [];
const expected = new Set(messagesOf(size).map(({ text }) => text));

async function race(contender: Contender): Promise<Figures> {
  const took = await onCopy("prepared", (copy) => measure(contender, size, copy));
  const { arrived } = took;
  const texts = new Set(arrived.map(({ text }) => text));
  const missing = [...expected].filter((text) => !texts.has(text)).length;
  if (arrived.length !== expected.size || missing > 0)
    wrong.push(`${contender}: ${String(arrived.length)} arrived, ${String(missing)} did not`);
  const inverted = inversions(arrived);
  if (contender === "belldesk" && inverted > 0) wrong.push(`belldesk: ${String(inverted)} out of order`);
  return {
    perSecond: expected.size / took.seconds,
    own: took.cpuSeconds / took.seconds,
    whatsapp: took.whatsappSeconds / took.seconds,
    postgres: took.postgresSeconds / took.seconds,
    inverted,
  };
}

function inversions(arrived: readonly Arrived[]): number {
  const highest = new Map<string, number>();
  return arrived.filter(({ text }) => {
    const { guest, nth } = placeOf(text);
    const before = highest.get(guest) ?? -1;
    highest.set(guest, Math.max(before, nth));
    return nth < before;
  }).length;
}

interface Paces {
  /** Of the slowest number, and of the fastest: messages a second, once the process has started. */
  readonly slowest: number;
  readonly fastest: number;
  /** Of the slowest number, with the first second, in which the process starts. */
  readonly withStart: number;
  /** The most that any number sent within one second. */
  readonly most: number;
  readonly cores: number;
  readonly postgres: number;
}

async function pace(): Promise<Paces> {
  const took = await onCopy(pacedSize.messages === size.messages ? "prepared" : "paced", (copy) =>
    measure("paced", pacedSize, copy),
  );
  const byNumber = new Map<string, number[]>();
  for (const { phoneNumberId, atMs } of took.arrived)
    byNumber.set(phoneNumberId, [...(byNumber.get(phoneNumberId) ?? []), atMs]);
  if (byNumber.size !== size.numbers) wrong.push(`paced: ${String(byNumber.size)} numbers sent`);
  const inverted = inversions(took.arrived);
  if (inverted > 0) wrong.push(`paced: ${String(inverted)} out of order`);
  const each = [...byNumber.values()];
  const times = each.flat();
  const first = times.reduce((least, at) => Math.min(least, at));
  const to = times.reduce((last, at) => Math.max(last, at));
  const ratesFrom = (from: number) => each.map((at) => (at.filter((one) => one >= from).length / (to - from)) * 1_000);
  const rates = ratesFrom(first + STARTING_MS);
  return {
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    withStart: Math.min(...ratesFrom(first)),
    most: Math.max(...each.map(mostInASecond)),
    cores: took.cpuSeconds / took.seconds,
    postgres: took.postgresSeconds / took.seconds,
  };
}

function mostInASecond(at: readonly number[]): number {
  let first = 0;
  return at.reduce((most, atMs, last) => {
    while (atMs - at[first]! >= 1_000) first++;
    return Math.max(most, last - first + 1);
  }, 0);
}

const goals: Goal[] = [];
const tables: Table[] = [];

try {
  await prepare(size, "prepared");
  const results = new Map<Contender, Figures[]>(CONTENDERS.map((contender) => [contender, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const contender of CONTENDERS) {
      const figures = await race(contender);
      results.get(contender)?.push(figures);
      console.error(`round ${String(round)} ${contender}: ${JSON.stringify(figures)}`);
    }
  }
  const of = (contender: Contender, what: keyof Figures): readonly number[] =>
    (results.get(contender) ?? []).map((one) => one[what]);
  tables.push({
    columns: ["contender", "sent/s", "own cores", "the server's", "PostgreSQL's", "out of order"],
    rows: CONTENDERS.map((contender) => [
      contender,
      spread(of(contender, "perSecond")),
      ...(["own", "whatsapp", "postgres"] as const).map((what) => figure(median(of(contender, what)), 2)),
      spread(of(contender, "inverted")),
    ]),
  });
  // Of rounds, not of medians: within a round whatever else the machine does hits both alike.
  const ratio = (other: Contender): number => ratioOf(of("belldesk", "perSecond"), of(other, "perSecond"));
  for (const other of ["undici", "bullmq"] as const)
    goals.push(atLeast(`sent, belldesk / ${other}`, ratio(other), GOALS[other]));
  goals.push(atMost("the desk's messages to a guest out of order", Math.max(...of("belldesk", "inverted")), 0, 0));

  if (seconds > 0) {
    if (pacedSize.messages !== size.messages) await prepare(pacedSize, "paced");
    const { slowest, fastest, withStart, most, cores, postgres: database } = await pace();
    tables.push({
      title: `${String(size.numbers)} numbers at ${String(PER_SECOND)} a second each, for ${String(seconds)} s`,
      columns: ["what", "measured"],
      rows: [
        ["the slowest number, a second", figure(slowest, 1)],
        ["the same with the first second, in which the process starts", figure(withStart, 1)],
        ["the fastest number, a second", figure(fastest, 1)],
        ["the most that one sent within a second", figure(most)],
        ["the desk's process, cores", figure(cores, 2)],
        ["PostgreSQL, cores", figure(database, 2)],
      ],
    });
    goals.push(atLeast("the slowest number, a second", slowest, PER_SECOND * GOALS.reached, 1));
    goals.push(atMost("the fastest number, a second", fastest, PER_SECOND, 1));
    goals.push(atMost("cores of the desk's process, paced", cores, GOALS.cores));
  }
  publish({
    title: "Outbound",
    about:
      `${figure(expected.size)} texts to ${figure(size.guests)} guests from ${String(size.numbers)} numbers of ${String(size.hotels)} hotel(s), ${String(connections)} sockets, ` +
      `PostgreSQL with fsync, the ${options.server} WhatsApp of belldesk/testing in a process of its own, ${String(availableParallelism())} cores for everything together; ${String(rounds)} rounds in turn.`,
    tables,
    goals,
    notes: [
      `belldesk / bullmq-bare = ${figure(ratio("bullmq-bare"), 2)}: without goal, since it sends twice what a killed worker had in hand.`,
      "`bullmq` records its intent before the socket and what became of it afterwards, as the desk does; it keeps no order of a guest's messages and tells no events. [Why it is measured so](../docs/decisions/0017-sends-are-measured-beside-a-queue.md).",
      ...(wrong.length === 0 ? ["Everything arrived once from each contender."] : wrong.map((one) => `WRONG: ${one}`)),
    ],
  });
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  whatsapp.disconnect();
  await admin.end();
  await redis.stop();
  await postgres.stop();
}
