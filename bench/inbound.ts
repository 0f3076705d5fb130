// Inbound through Express at 50 connections on a durable PostgreSQL, each contender in a process of its own, one run.
//   npm run bench                 medians of 3 rounds
//   npm run bench -- --rounds 1 --seconds 5
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import pg from "pg";
import { startPostgres } from "../scripts/services/postgres.mjs";
import { webhook, type SignedWebhook } from "./webhooks.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "8" },
    connections: { type: "string", default: "50" },
    guests: { type: "string", default: "1000" },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const connections = Number(options.connections);
const guests = Number(options.guests);

const CONTENDERS = ["bare", "one-insert", "nine-statements", "belldesk"] as const;
type Contender = (typeof CONTENDERS)[number];

/** A backlog that is worked off within this many seconds after the last webhook counts as none. */
const BACKLOG_SECONDS = 1;

interface Burst {
  readonly answered: number;
  readonly perSecond: number;
  readonly failed: number;
}

const TABLES = `
  create table one_insert (wamid text primary key, body text not null);
  create table attempts (wamid text primary key, body text not null, status text not null);
  create table guests (id bigserial primary key, phone text not null unique);
  create table conversations (id bigserial primary key, guest_id bigint not null unique, last_message_at timestamptz, last_text text);
  create table messages (id bigserial primary key, conversation_id bigint not null, wamid text not null unique, text text not null);
  create index on messages (conversation_id);
`;

async function launch(contender: Contender, url: string): Promise<{ port: number; child: ChildProcess }> {
  const file = fileURLToPath(new URL("server.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "./scripts/typescript.mjs", file, contender, url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${contender} ended with ${String(code)}`)));
    child.stdout.once("data", (line: Buffer) => resolve((JSON.parse(line.toString()) as { port: number }).port));
  });
  return { port, child };
}

/** Posts prepared webhooks for so long, as fast as they are answered or at a fixed rate. */
async function post(port: number, next: () => SignedWebhook, forSeconds: number, rate?: number): Promise<Burst> {
  const result = await autocannon({
    url: `http://127.0.0.1:${String(port)}/webhook`,
    connections,
    duration: forSeconds,
    ...(rate !== undefined && { overallRate: Math.round(rate) }),
    requests: [
      {
        method: "POST",
        setupRequest: (request) => {
          const { body, signature } = next();
          return {
            ...request,
            body,
            headers: { "content-type": "application/json", "x-hub-signature-256": signature },
          };
        },
      },
    ],
  });
  return { answered: result["2xx"], perSecond: result["2xx"] / result.duration, failed: result.non2xx + result.errors };
}

/** Resolves with the seconds it took until so many messages were processed. */
async function processed(pool: pg.Pool, count: number): Promise<number> {
  const from = performance.now();
  for (;;) {
    const { rows } = await pool.query<{ n: string }>(
      "select count(*) as n from belldesk.messages where direction = 'inbound'",
    );
    if (Number(rows[0]?.n) >= count) return (performance.now() - from) / 1000;
    if (performance.now() - from > 120_000) throw new Error("The backlog was not worked off in two minutes.");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Figures {
  readonly burst: number;
  readonly sustained: number;
  readonly backlogSeconds: number;
  readonly failed: number;
}

let serial = 0;

async function measure(contender: Contender, base: string): Promise<Figures> {
  const admin = new pg.Client({ connectionString: base });
  await admin.connect();
  const name = `bench_${contender.replace("-", "_")}_${String(++serial)}`;
  await admin.query(`create database ${name}`);
  const url = new URL(base);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 1 });
  pool.on("error", () => undefined);
  await pool.query(TABLES);
  const { port, child } = await launch(contender, url.href);
  try {
    let n = 0;
    let total = 0;
    const next = () => webhook(name, n++, guests);
    const run = async (forSeconds: number, rate?: number) => {
      const burst = await post(port, next, forSeconds, rate);
      total += burst.answered;
      return burst;
    };
    // Warm code, connections and pages; then measure.
    await run(2);
    if (contender === "belldesk") await processed(pool, total);
    const burst = await run(seconds);
    if (contender !== "belldesk")
      return { burst: burst.perSecond, sustained: burst.perSecond, backlogSeconds: 0, failed: burst.failed };

    const drained = await processed(pool, total);
    let rate = burst.answered / (seconds + drained);
    for (;;) {
      const steady = await run(seconds, rate);
      const backlogSeconds = await processed(pool, total);
      const failed = burst.failed + steady.failed;
      if (backlogSeconds <= BACKLOG_SECONDS)
        return { burst: burst.perSecond, sustained: steady.perSecond, backlogSeconds, failed };
      rate *= 0.9;
    }
  } finally {
    child.kill("SIGKILL");
    await pool.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  }
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

const postgres = await startPostgres({ durable: true });
try {
  const results = new Map<Contender, Figures[]>(CONTENDERS.map((contender) => [contender, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const contender of CONTENDERS) {
      const figures = await measure(contender, postgres.url);
      results.get(contender)?.push(figures);
      console.error(`round ${String(round)} ${contender}: ${JSON.stringify(figures)}`);
    }
  }
  const of = (contender: Contender, figure: keyof Figures) =>
    median((results.get(contender) ?? []).map((one) => one[figure]));
  console.log(
    `\nmedians of ${String(rounds)} rounds, ${String(connections)} connections, ${String(seconds)} s, ${String(guests)} guests, PostgreSQL with fsync\n`,
  );
  console.log("contender          answered/s   processed/s   backlog s   failed");
  for (const contender of CONTENDERS) {
    const row = (["burst", "sustained"] as const).map((figure) => of(contender, figure).toFixed(0).padStart(11));
    console.log(
      `${contender.padEnd(16)} ${row.join("   ")}   ${of(contender, "backlogSeconds").toFixed(2).padStart(9)}   ${of(contender, "failed").toFixed(0).padStart(6)}`,
    );
  }
  const ratio = (a: number, b: number) => (a / b).toFixed(2);
  console.log(
    `\nburst:     belldesk / one-insert      = ${ratio(of("belldesk", "burst"), of("one-insert", "burst"))}   (at least 1.2)`,
  );
  console.log(`burst:     belldesk / bare            = ${ratio(of("belldesk", "burst"), of("bare", "burst"))}`);
  console.log(
    `sustained: belldesk / nine-statements = ${ratio(of("belldesk", "sustained"), of("nine-statements", "sustained"))}   (at least 2)`,
  );
} finally {
  await postgres.stop();
}
