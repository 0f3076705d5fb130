// What the database lacks for a while: room on its disk, and connections; and what it always has few of: a pool of two. While guests write and
// staff answer. Nothing is acknowledged that is not stored, everybody is told, and it all goes on by itself.
//   npm run shortages                       disk, connections, pool
//   npm run shortages -- --only disk --seconds 3
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import pg from "pg";
import { request } from "undici";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { delivery } from "../harness/hotel.js";
import { alive } from "./break.js";
import { startCluster, type Cluster, type ClusterOptions } from "./cluster.js";
import { assigningHotels, stayWithDesk } from "./desk-day.js";
import { check, violations } from "./checks.js";
import { phases } from "./phases.js";
import { conversationWith, patiently, settled } from "./stay.js";

Object.assign(globalThis, { BELLDESK_FAILPOINTS: false });

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    seconds: { type: "string", default: "10" },
    guests: { type: "string", default: "24" },
  },
});
/** Milliseconds for which there is a shortage. */
const SHORT_MS = Number(options.seconds) * 1_000;
const GUESTS = Number(options.guests);
const CALLERS = 6;
const WRITES_MS = 20;
const ANSWERS_MS = 40;
const WORKED_OFF_MS = 60_000;
/** Bytes of the disk that fills up, enough for an empty desk and some thousand messages. */
const DISK_BYTES = 96 * 1024 * 1024;
const LIMIT_MS = 600_000;

const { enter } = phases("shortages", LIMIT_MS);
const program = fileURLToPath(new URL("../harness/host.ts", import.meta.url));
const postgres = await startPostgres();
const admin = new pg.Pool({ connectionString: postgres.url, max: 2 });
admin.on("error", () => undefined);
let wrong = 0;

/** Something that the database lacks for a while. */
interface Shortage {
  readonly cluster: Partial<ClusterOptions>;
  readonly begin: (cluster: Cluster) => Promise<void>;
  readonly end: () => Promise<void>;
  readonly cleanUp: () => void;
}

/** A disk of its own for the tables, which somebody fills. null: nobody here may mount one. */
async function disk(): Promise<Shortage | null> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), "belldesk-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${String(DISK_BYTES)}`, "tmpfs", folder]);
  if (mounted.status !== 0) {
    fs.rmdirSync(folder);
    return null;
  }
  const { rows } = await admin.query<{ data_directory: string }>("show data_directory");
  const { uid, gid } = fs.statSync(rows[0]?.data_directory ?? "");
  const place = path.join(folder, "tables");
  fs.mkdirSync(place);
  for (const at of [folder, place]) fs.chownSync(at, uid, gid);
  await admin.query(`create tablespace short location '${place}'`);
  const ballast = path.join(folder, "ballast");
  return {
    cluster: { tablespace: "short" },
    begin: async ({ pool }) => {
      // Pages that are free inside of tables are used up in no time; what is dead in them stays.
      await pool.query("vacuum");
      const file = fs.openSync(ballast, "w");
      const piece = Buffer.alloc(64 * 1024);
      try {
        for (;;) fs.writeSync(file, piece);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        fs.closeSync(file);
      }
    },
    end: () => fs.promises.rm(ballast),
    cleanUp: () => {
      spawnSync("umount", ["-l", folder]);
      fs.rmdirSync(folder);
    },
  };
}

/** The desk's user may open no connection, and loses those that it has. */
async function connections(): Promise<Shortage> {
  await admin.query("create role hotel login");
  return {
    cluster: { user: "hotel" },
    begin: async () => {
      await admin.query("alter role hotel connection limit 0");
      await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'hotel'");
    },
    end: async () => {
      await admin.query("alter role hotel connection limit -1");
    },
    cleanUp: () => undefined,
  };
}

/** Guests write and staff answer, before, during and after; then everything is counted. */
async function suffer(name: string, { cluster: more, begin, end, cleanUp }: Shortage): Promise<void> {
  enter(`${name}: starts`);
  const cluster = await startCluster({
    postgresUrl: postgres.url,
    database: `short_of_${name}`,
    nodes: 2,
    leaseMs: 2_000,
    program,
    ...more,
  });
  const over = new AbortController();
  try {
    await Promise.all(cluster.nodes.map(alive));
    const pids = cluster.nodes.map(({ host }) => host?.child.pid);
    const phones = Array.from({ length: GUESTS }, (_, n) => `1202555${String(n).padStart(4, "0")}`);
    for (const phone of phones)
      for (const text of ["Good evening", "Reception"])
        await writes(cluster, phone, `wamid.first.${phone}.${text}`, text);
    const conversations = await Promise.all(phones.map((phone) => conversationWith(cluster, phone)));

    const acknowledged = new Set<string>();
    const answered = new Set<string>();
    const now = { isShort: false };
    const seen = { refused: 0, acknowledged: 0, told: 0, untold: 0, wrongStatus: 0, down: 0 };
    const guests = Array.from({ length: CALLERS }, async (_, caller) => {
      for (let n = 0; !over.signal.aborted; n++) {
        const wamid = `wamid.${String(caller)}.${String(n)}`;
        const status = await writes(
          cluster,
          phones[(caller + n * CALLERS) % GUESTS] ?? "",
          wamid,
          "Is there a late checkout?",
        );
        if (status === 200) acknowledged.add(wamid);
        if (now.isShort && status === 200) seen.acknowledged++;
        if (status === 503) seen.refused++;
        else if (status !== 200 && status !== null) seen.wrongStatus++;
        await delay(WRITES_MS);
      }
    });
    const staff = (async () => {
      for (let n = 0; !over.signal.aborted; n++) {
        const clientMessageId = `answer-${String(n)}`;
        for (let again = true; again; again = !answered.has(clientMessageId) && !over.signal.aborted) {
          const { status, code } = await answers(cluster, conversations[n % GUESTS] ?? "", clientMessageId);
          if (status !== null && status < 300) answered.add(clientMessageId);
          else if (status !== null && status >= 500 && code !== null) seen.told++;
          else if (status !== null) seen.untold++;
          await delay(ANSWERS_MS);
        }
      }
    })();
    const watch = (async () => {
      while (!over.signal.aborted) {
        for (const { host } of cluster.nodes)
          if ((await healthOf(host?.base ?? "")) === "down" && now.isShort) seen.down++;
        await delay(200);
      }
    })();

    await delay(SHORT_MS / 3);
    enter(`${name}: runs short`);
    await begin(cluster);
    now.isShort = true;
    await delay(SHORT_MS);
    now.isShort = false;
    enter(`${name}: has enough again`);
    await end();
    const since = performance.now();
    const before = acknowledged.size;
    await patiently(() => Promise.resolve(acknowledged.size > before), WORKED_OFF_MS);
    const backMs = Math.round(performance.now() - since);
    await delay(SHORT_MS / 3);
    over.abort();
    await Promise.all([...guests, staff, watch]);

    enter(`${name}: works off`);
    await patiently(async () => ((await open(cluster)) === 0 ? true : null), WORKED_OFF_MS);
    const healthy = await Promise.all(cluster.nodes.map(({ host }) => healthOf(host?.base ?? "")));
    const ids = async (sql: string) => (await cluster.pool.query<{ id: string }>(sql)).rows.map(({ id }) => id);
    const inbound = await ids("select wamid as id from belldesk.messages where direction = 'inbound'");
    const kept = await ids(
      "select client_message_id as id from belldesk.messages where direction = 'outbound' and client_message_id is not null",
    );
    const sent = cluster.fake.accepted.map(({ correlationId }) => correlationId ?? "");
    const [read, stored] = [new Set(inbound), new Set(kept)];
    const found = {
      falselyAcknowledged: [...acknowledged].filter((wamid) => !read.has(wamid)).length,
      doubled: inbound.length - read.size,
      answersLost: [...answered].filter((id) => !stored.has(id)).length,
      answersDoubled: kept.length - stored.size,
      sentTwice: sent.length - new Set(sent).size,
      failed: (await ids("select id from belldesk.messages where status = 'failed'")).length,
      dead: (await ids("select id from belldesk.work where dead_at is not null")).length,
      untold: seen.untold,
      wrongStatus: seen.wrongStatus,
      unnoticed: [seen.refused, seen.told, seen.down].filter((times) => times === 0).length,
      restarted: cluster.nodes.filter(({ host }, n) => host?.child.pid !== pids[n]).length,
      unhealthy: healthy.filter((status) => status !== "ok").length,
    };
    say(
      name,
      found,
      `${String(acknowledged.size)} messages, ${String(answered.size)} answers; while it was short ${String(seen.refused)} webhooks refused, ${String(seen.acknowledged)} stored, ${String(seen.told)} answers refused, ${String(seen.down)} times down; back after ${String(backMs)} ms`,
    );
  } finally {
    over.abort();
    await cluster.close();
    await admin.query(`drop database if exists short_of_${name} with (force)`);
    cleanUp();
  }
}

/** A whole day of guests, at processes that have two connections each. */
async function few(): Promise<void> {
  enter("pool: a day with two connections");
  const mediaDir = fs.mkdtempSync(path.join(tmpdir(), "belldesk-few-"));
  const cluster = await startCluster({
    postgresUrl: postgres.url,
    database: "short_of_pool",
    nodes: 2,
    program,
    hosts: { hotels: assigningHotels, witness: true, mediaDir, connections: 2 },
  });
  try {
    await Promise.all(cluster.nodes.map(alive));
    await cluster.watch();
    const phones = Array.from({ length: GUESTS }, (_, n) => `1202556${String(n).padStart(4, "0")}`);
    const written = await Promise.all(phones.map((phone) => stayWithDesk(cluster, phone, 0)));
    await settled(cluster, phones);
    const { found: findings } = await check(cluster, written);
    const { rows } = await cluster.pool.query<{ most: number }>(
      "select max(n)::int as most from (select count(*) as n from pg_stat_activity where application_name like 'host %' group by application_name) x",
    );
    const found = {
      violations: violations(findings).length,
      tooManyConnections: Math.max(0, (rows[0]?.most ?? 0) - 2),
    };
    say(
      "pool",
      found,
      `${String(findings.acknowledged)} messages, ${String(findings.sends)} sends, ${violations(findings).join(", ")}`,
    );
  } finally {
    await cluster.close();
    fs.rmSync(mediaDir, { recursive: true, force: true });
  }
}

function say(name: string, found: Readonly<Record<string, number>>, what: string): void {
  const bad = Object.values(found).reduce((sum, each) => sum + each, 0);
  wrong += bad;
  console.log(`${name}: ${what}\n${name}: ${JSON.stringify(found)}`);
}

/** @returns the status; null where nobody answered */
async function writes(cluster: Cluster, from: string, wamid: string, text: string): Promise<number | null> {
  const { body, signature } = delivery([{ from, wamid, text }]);
  const headers = { "content-type": "application/json", "x-hub-signature-256": signature };
  try {
    const answer = await request(`${cluster.base}/webhooks/whatsapp`, { method: "POST", headers, body, reset: true });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return null;
  }
}

async function answers(cluster: Cluster, conversationId: string, clientMessageId: string) {
  try {
    const { statusCode, body } = await request(`${cluster.base}/api/conversations/${conversationId}/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ clientMessageId, content: { type: "text", text: "Until two o'clock, gladly." } }),
      reset: true,
    });
    const said = (await body.json()) as { readonly error?: { readonly code?: string } };
    return { status: statusCode, code: said.error?.code ?? null };
  } catch {
    return { status: null, code: null };
  }
}

async function healthOf(base: string): Promise<string | null> {
  try {
    const { body } = await request(`${base}/healthz`);
    return ((await body.json()) as { readonly status: string }).status;
  } catch {
    return null;
  }
}

async function open({ pool }: Cluster): Promise<number> {
  const { rows } = await pool.query<{ open: number }>(
    `select ((select count(*) from belldesk.arrivals) + (select count(*) from belldesk.work where kind in ('inbound', 'outbound') and dead_at is null)
           + (select count(*) from belldesk.messages where direction = 'outbound' and status in ('queued', 'sending')))::int as open`,
  );
  return rows[0]?.open ?? NaN;
}

const isWanted = (name: string) => options.only?.split(",").includes(name) ?? true;
try {
  if (isWanted("disk")) {
    const shortage = await disk();
    if (shortage === null) console.log("disk: not tried, only root can mount one");
    else await suffer("disk", shortage);
  }
  if (isWanted("connections")) await suffer("connections", await connections());
  if (isWanted("pool")) await few();
  console.log(`${String(wrong)} with something wrong`);
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  enter("ends");
  await admin.end();
  await postgres.stop();
}
// Not left to itself: Node 20 may spin for ever over sockets that were reset while it cleans up.
process.exit();
