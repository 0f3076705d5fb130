// A hotel's backend under everything at once, for minutes: guests who write, send photos and walk through flows, staff who answer, read, search
// and close, pages that come and go. What it holds after each collection is measured: memory that grows, or what is not given back, is a leak.
//   npm run soak                              ten minutes
//   npm run soak -- --minutes 0.3 --seed 7 --slope 100
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { request } from "undici";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { startRedis } from "../../scripts/services/redis.mjs";
import { GRAND_NUMBER, manager, receptionist } from "../harness/hotel.js";
import type { Measured } from "../harness/measure.js";
import { measured } from "../harness/processes.js";
import { alive } from "./break.js";
import { startCluster } from "./cluster.js";
import { photoOf } from "./files.js";
import { deskWatching } from "./live-clients.js";
import { phases } from "./phases.js";
import { mulberry32 } from "./plan.js";
import { patiently } from "./stay.js";
import { noteFigures } from "../../scripts/figures.js";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    slope: { type: "string", default: "1" },
  },
});
const MINUTE_MS = 60_000;
const LASTS_MS = Number(options.minutes) * MINUTE_MS;
/** Megabytes a minute by which the heap may grow. */
const SLOPE_MOST = Number(options.slope);
/** Of the time, what is not measured: code is compiled, and caches fill. */
const WARM_UP = 0.2;
const GUESTS = 80;
const [CALLERS, STAFF, PAGES] = [3, 2, 6];
/** Milliseconds that each rests between two things that it does, on average. */
const REST_MS = { guest: 250, staff: 400 };
/** Milliseconds for which a page stays. */
const PAGE_MS = { least: 500, more: 4_000 };
const SAMPLE_MS = Math.min(5_000, LASTS_MS / 12);
const WORKED_OFF_MS = 120_000;
/** Milliseconds in which what is kept for the next request is given back. */
const GIVEN_BACK_MS = 60_000;

const { enter } = phases("soak", LASTS_MS + 5 * MINUTE_MS);
const random = mulberry32(Number(options.seed));
const pick = <T>(of: readonly T[]): T | undefined => of[Math.floor(random() * of.length)];
enter("starts");
const postgres = await startPostgres();
const redis = await startRedis();
const mediaDir = fs.mkdtempSync(path.join(tmpdir(), "belldesk-soak-"));
const cluster = await startCluster({
  postgresUrl: postgres.url,
  database: "soak",
  nodes: 1,
  program: fileURLToPath(new URL("../harness/host.ts", import.meta.url)),
  node: ["--expose-gc"],
  hosts: {
    live: { redisUrl: redis.url },
    mediaDir: path.join(mediaDir, "media"),
    flow: true,
    settings: { audit: { sealMs: 1_000 } },
  },
});
const phones = Array.from({ length: GUESTS }, (_, n) => `1202557${String(n).padStart(4, "0")}`);
const said = new Set<string>();
const count = { texts: 0, photos: 0, flows: 0, answers: 0, closes: 0, reads: 0, pages: 0, refused: 0 };

async function asked(base: string, where: string, body?: object): Promise<unknown> {
  const { statusCode, body: answer } = await request(`${base}/api/${where}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${JSON.stringify(manager)}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    reset: true,
  });
  const json = await answer.json();
  // Somebody else was first: the guest wrote meanwhile, or it is closed.
  if (statusCode >= 500) count.refused++;
  return statusCode < 300 ? json : null;
}

/** All that happens in a hotel, until the signal. */
async function busy(base: string, over: AbortSignal): Promise<void> {
  const origin = new URL(base).host;
  const rests = (ms: number) => delay(ms * 2 * random());
  const guests = Array.from({ length: CALLERS }, async () => {
    while (!over.aborted) {
      const phone = pick(phones) ?? "";
      const guest = cluster.fake.guest(phone);
      const chance = random();
      if (chance < 0.1) {
        said.add(await guest.sendsFile(GRAND_NUMBER, { kind: "image", mimeType: "image/png", bytes: photoOf(phone) }));
        count.photos++;
      } else if (chance < 0.25) {
        for (const text of ["check in", "Anna", "2"]) said.add(await guest.says(GRAND_NUMBER, text));
        count.flows++;
      } else {
        said.add(
          await guest.says(GRAND_NUMBER, pick(["Reception", "Is there a late checkout?", "A towel, please."]) ?? ""),
        );
        count.texts++;
      }
      await rests(REST_MS.guest);
    }
  });
  const staff = Array.from({ length: STAFF }, async (_, who) => {
    for (let n = 0; !over.aborted; n++) {
      const open = (await asked(base, "conversations?hotel=grand&status=open&limit=30")) as {
        readonly items: readonly {
          readonly id: string;
          readonly version: number;
          readonly departmentId: string | null;
        }[];
      } | null;
      const one = pick(open?.items.filter(({ departmentId }) => departmentId !== null) ?? []);
      if (one !== undefined) {
        const at = `conversations/${one.id}`;
        await asked(base, `${at}/messages?limit=20`);
        const clientMessageId = `answer-${String(who)}-${String(n)}`;
        const content = { type: "text", text: "Gladly." };
        if ((await asked(base, `${at}/messages`, { clientMessageId, content })) !== null) count.answers++;
        if (n % 5 === 0) await asked(base, `${at}/notes`, { text: "Room 12." });
        if (n % 9 === 0) await asked(base, "messages/search", { hotel: "grand", text: "towel" });
        if (n % 7 === 0 && (await asked(base, `${at}/close`, {})) !== null) count.closes++;
        count.reads++;
      }
      await rests(REST_MS.staff);
    }
  });
  const pages = Array.from({ length: PAGES }, async () => {
    while (!over.aborted) {
      const page = deskWatching(origin, random() < 0.5 ? manager : receptionist);
      await delay(PAGE_MS.least + random() * PAGE_MS.more);
      page.close();
      count.pages++;
    }
  });
  await Promise.all([...guests, ...staff, ...pages]);
}

async function quiet(): Promise<void> {
  await patiently(async () => {
    const { rows } = await cluster.pool.query<{ open: number }>(
      `select ((select count(*) from belldesk.arrivals) + (select count(*) from belldesk.commands)
             + (select count(*) from belldesk.work where kind in ('inbound', 'outbound', 'media') and dead_at is null)
             + (select count(*) from belldesk.messages where direction = 'outbound' and status in ('queued', 'sending')))::int as open`,
    );
    return rows[0]?.open === 0 ? true : null;
  }, WORKED_OFF_MS);
}

/** By how many megabytes a minute it grows, by least squares. */
function slopeOf(samples: readonly { readonly atMs: number; readonly heapBytes: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
  const xs = samples.map(({ atMs }) => atMs / MINUTE_MS);
  const ys = samples.map(({ heapBytes }) => heapBytes / 1_000_000);
  const [x, y] = [mean(xs), mean(ys)];
  const both = xs.reduce((sum, each, at) => sum + (each - x) * ((ys[at] ?? y) - y), 0);
  return both / xs.reduce((sum, each) => sum + (each - x) ** 2, 0);
}

/** What there is more of than there was. */
function moreOf(before: Measured, after: Measured): Readonly<Record<string, string>> {
  const more = Object.entries(after.resources).filter(([kind, n]) => n > (before.resources[kind] ?? 0));
  return {
    ...Object.fromEntries(more.map(([kind, n]) => [kind, `${String(before.resources[kind] ?? 0)} -> ${String(n)}`])),
    ...(after.listeners > before.listeners && {
      listeners: `${String(before.listeners)} -> ${String(after.listeners)}`,
    }),
  };
}

try {
  await Promise.all(cluster.nodes.map(alive));
  const { child, base } =
    cluster.nodes[0]?.host ??
    (() => {
      throw new Error("no host");
    })();
  enter("warms up");
  await busy(base, AbortSignal.timeout(Math.max(4_000, LASTS_MS * WARM_UP)));
  await quiet();
  await delay(2_000);
  const before = await measured(child);

  enter("is measured");
  const samples: { readonly atMs: number; readonly heapBytes: number }[] = [];
  const over = AbortSignal.timeout(LASTS_MS * (1 - WARM_UP));
  const begun = performance.now();
  const working = busy(base, over);
  while (!over.aborted) {
    await delay(SAMPLE_MS);
    samples.push({ atMs: performance.now() - begun, heapBytes: (await measured(child)).heapBytes });
  }
  await working;
  enter("works off");
  await quiet();
  enter("gives back");
  let after = await measured(child);
  const until = performance.now() + GIVEN_BACK_MS;
  while (Object.keys(moreOf(before, after)).length > 0 && performance.now() < until) {
    await delay(500);
    after = await measured(child);
  }

  const { rows } = await cluster.pool.query<{ wamid: string }>(
    "select wamid from belldesk.messages where direction = 'inbound'",
  );
  const read = new Set(rows.map(({ wamid }) => wamid));
  const { rows: dead } = await cluster.pool.query("select from belldesk.work where dead_at is not null");
  const slope = slopeOf(samples);
  const megabytes = samples.map(({ heapBytes }) => heapBytes / 1_000_000);
  const wrong = {
    lost: [...said].filter((wamid) => !read.has(wamid)).length,
    doubled: rows.length - read.size,
    dead: dead.length,
    refused: count.refused,
    kept: Object.keys(moreOf(before, after)).length,
    grows: slope > SLOPE_MOST ? 1 : 0,
  };
  console.log(`seed ${options.seed}, ${options.minutes} minutes: ${JSON.stringify(count)}`);
  console.log(
    `heap after collection ${megabytes[0]?.toFixed(1) ?? ""} to ${megabytes.at(-1)?.toFixed(1) ?? ""} MB, ${slope.toFixed(2)} MB a minute over ${String(samples.length)} looks`,
  );
  console.log(`before ${JSON.stringify(before)}\nafter  ${JSON.stringify(after)}`);
  console.log(`not given back: ${JSON.stringify(moreOf(before, after))}`);
  console.log(JSON.stringify(wrong));
  noteFigures({ "MB a minute": Number(slope.toFixed(2)), looks: samples.length, ...count, ...wrong });
  const bad = Object.values(wrong).reduce((sum, each) => sum + each, 0);
  console.log(`${String(bad)} with something wrong`);
  process.exitCode = bad === 0 ? 0 : 1;
} finally {
  enter("ends");
  await cluster.close();
  await redis.stop();
  await postgres.stop();
  fs.rmSync(mediaDir, { recursive: true, force: true });
}
// Not left to itself: Node 20 may spin for ever over sockets that were reset while it cleans up.
process.exit();
