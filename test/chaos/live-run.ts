import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { MessageJson } from "belldesk";
import { request } from "undici";
import type { OwnRedis } from "../../scripts/services/redis.mjs";
import { deliverer, type Deliverer } from "../harness/deliverer.js";
import { GRAND_NUMBER, hotels, SEASIDE_NUMBER } from "../harness/hotel.js";
import { alive } from "./break.js";
import { startCluster, type Cluster } from "./cluster.js";
import { checkLive, type LiveFindings } from "./live-checks.js";
import type { LivePlan } from "./live-plan.js";
import { mulberry32 } from "./plan.js";
import { outage } from "./redis-outage.js";
import { patiently, until } from "./stay.js";
import {
  aWatcher,
  closeAll,
  disconnect,
  headsOf,
  LIVE_LIMITS,
  liveEvidence,
  shownFresh,
  watchedBy,
  type Place,
  type Watcher,
} from "./watchers.js";

/** Milliseconds from the last event until every client has to know all. */
const QUIET_MS = 60_000;
/** Milliseconds between two things that one of those who write does, on average. */
const PAUSE_MS = 120;
const WRITERS = 8;

export interface LiveOptions {
  readonly postgresUrl: string;
  readonly redis: OwnRedis;
  readonly database: string;
  /** Told what happens, as it happens. */
  readonly note: (what: string) => void;
}

export interface LiveResult {
  readonly found: LiveFindings;
  /** How often a client that was told everything was not any more: by a cut, a dead line, or a process that was killed. */
  readonly cuts: number;
  /** What was done, as planned. */
  readonly faults: Readonly<Record<string, number>>;
  /** Threads of pages that show other messages than the desk's page of them. */
  readonly threads: { readonly shown: number; readonly wrong: number };
  /** Seconds of trouble, and from the last event until all clients knew all. */
  readonly seconds: number;
  readonly quietSeconds: number;
}

/** Guests and staff write, lines, processes and Redis die; in the end every client is held against the log and a client that begins then. */
export async function runLive(
  plan: LivePlan,
  { postgresUrl, redis, database, note }: LiveOptions,
): Promise<LiveResult> {
  const cluster = await startCluster({
    postgresUrl,
    database,
    nodes: 2,
    program: fileURLToPath(new URL("../harness/host.ts", import.meta.url)),
    hosts: { live: { redisUrl: redis.url, limits: LIVE_LIMITS } },
    whatsApp: { reports: ["sent", "delivered"] },
  });
  const clients: Watcher[] = [];
  try {
    await Promise.all(cluster.nodes.map(alive));
    const random = mulberry32(plan.seed);
    const meta = deliverer(cluster.base);
    const places = await settledIn(cluster, meta, plan.guests);
    await atRest(cluster);
    note(`${String(places.length)} conversations`);
    for (let n = 0; n < plan.clients; n++) clients.push(await aWatcher(cluster, n, places));
    await until(() => Promise.resolve(clients.every(({ watching }) => watching.isLive())));
    const from = await headsOf(cluster);
    note(`${String(clients.length)} clients are live`);

    const start = performance.now();
    const over = new AbortController();
    const writing = Promise.all(
      Array.from({ length: WRITERS }, (_, n) =>
        write(cluster, meta, places, mulberry32(plan.seed + n + 1), over.signal),
      ),
    );
    writing.catch(() => undefined);
    const faults = await breakAll(cluster, redis, plan, clients, random, from, note);
    await patiently(async () => (await eventsSince(cluster, from)) >= plan.events, 600_000);
    over.abort();
    await writing;
    const seconds = (performance.now() - start) / 1_000;
    note("quiet");
    const quietSince = performance.now();
    await Promise.all(cluster.nodes.map(alive));
    await atRest(cluster);
    const evidence = await liveEvidence(cluster);
    if (evidence.conversations.length < places.length)
      throw new Error("There are fewer conversations than there were.");
    const judged = async () => {
      const fresh = await shownFresh(cluster, clients);
      return checkLive({ ...evidence, from, clients: clients.map((client) => watchedBy(client, fresh)) });
    };
    // Whoever does not know all by then never will; the count says what is missing.
    await patiently(async () => {
      const { missing, stale } = await judged();
      if (missing === 0 && stale === 0) return true;
      await delay(500);
      return false;
    }, QUIET_MS).catch(() => undefined);
    const quietSeconds = (performance.now() - quietSince) / 1_000;
    // What is told twice comes after all.
    await delay(500);
    const found = await judged();
    const threads = await threadsOf(cluster, clients);
    const cuts = clients.reduce((sum, { watching }) => sum + watching.cuts(), 0);
    return { found, cuts, faults, threads, seconds, quietSeconds };
  } finally {
    await closeAll(clients);
    await cluster.close();
  }
}

/** Every guest has written, and their conversation is in a department. */
async function settledIn(cluster: Cluster, meta: Deliverer, count: number): Promise<readonly Place[]> {
  const guests = Array.from({ length: count }, (_, n) => {
    const hotelId = n % 4 === 3 ? ("seaside" as const) : ("grand" as const);
    const departmentId =
      hotelId === "grand" ? (n % 4 === 1 ? "housekeeping" : "reception") : n % 8 === 3 ? "reception" : "restaurant";
    return { phone: `1202${String(n).padStart(7, "0")}`, hotelId, departmentId };
  });
  await Promise.all(
    guests.map(({ phone, hotelId }) => meta.deliver([textOf(phone, hotelId, `wamid.${phone}.first`, "Good evening")])),
  );
  return Promise.all(
    guests.map(async ({ phone, hotelId, departmentId }) => {
      const { id, guestId } = await until(async () => {
        const { rows } = await cluster.pool.query<{ id: string; guestId: string }>(
          `select c.id, c.guest_id as "guestId" from belldesk.guest_addresses a
             join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id
            where a.kind = 'waId' and a.value = $1 and a.hotel_id = $2 and c.status = 'open'`,
          [phone, hotelId],
        );
        return rows[0];
      });
      await post(cluster, `conversations/${id}/transfer`, { departmentId });
      return { id, hotelId, guestId, departmentId, phone };
    }),
  );
}

const textOf = (from: string, hotelId: string, wamid: string, text: string) => ({
  from,
  wamid,
  text,
  number: hotelId === "grand" ? GRAND_NUMBER : SEASIDE_NUMBER,
});

/** Does it as somebody whose screen tries again. */
async function post(cluster: Cluster, path: string, body: object): Promise<void> {
  await until(async () => {
    const { statusCode, body: answer } = await request(`${cluster.base}/api/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      reset: true,
      headersTimeout: 5_000,
    });
    await answer.dump();
    // What is refused, as a conversation that was closed meanwhile, is over as well.
    return statusCode < 500;
  });
}

/** One of those who write, staff and guests in turn. Conversations beyond the first half stay in their department. */
async function write(
  cluster: Cluster,
  meta: Deliverer,
  places: readonly Place[],
  random: () => number,
  over: AbortSignal,
): Promise<void> {
  const serial = Math.floor(random() * 1e9).toString(36);
  for (let n = 0; !over.aborted; n++) {
    await delay(random() * 2 * PAUSE_MS);
    const at = Math.floor(random() * places.length);
    const { id, phone, hotelId } = places[at]!;
    const said = `${serial}-${String(n)}`;
    const on = `conversations/${id}`;
    const moves = at < places.length / 2;
    const departments = hotels.find((hotel) => hotel.id === hotelId)!.departments.map((one) => one.id);
    const chance = random();
    if (chance < 0.4) await meta.deliver([textOf(phone, hotelId, `wamid.${said}`, `Message ${said}`)]);
    else if (chance < 0.7)
      await post(cluster, `${on}/messages`, {
        clientMessageId: said,
        content: { type: "text", text: `Answer ${said}` },
      });
    else if (chance < 0.78) await post(cluster, `${on}/notes`, { clientMessageId: said, text: `Note ${said}` });
    else if (chance < 0.83) await post(cluster, `${on}/priority`, { priority: random() < 0.5 ? "high" : "normal" });
    else if (chance < 0.88) await post(cluster, `${on}/tags`, random() < 0.5 ? { add: ["vip"] } : { remove: ["vip"] });
    else if (chance < 0.92) await post(cluster, `${on}/read`, {});
    else if (chance < 0.97 && moves)
      await post(cluster, `${on}/transfer`, { departmentId: departments[Math.floor(random() * departments.length)] });
    else if (moves) await post(cluster, `${on}/${random() < 0.5 ? "close" : "reopen"}`, {});
  }
}

async function eventsSince(cluster: Cluster, from: Readonly<Record<string, number>>): Promise<number> {
  const heads = await headsOf(cluster);
  return Object.entries(heads).reduce((sum, [hotel, seq]) => sum + seq - (from[hotel] ?? 0), 0);
}

/** Nothing is on its way any more. */
async function atRest({ pool }: Cluster): Promise<void> {
  let events = -1;
  await patiently(async () => {
    const { rows } = await pool.query<{ busy: number; events: number }>(
      `select (select count(*) from belldesk.messages where direction = 'outbound' and status in ('queued', 'sending', 'sent'))::int
            + (select count(*) from belldesk.lanes where leased_until is not null or enqueued > done)::int
            + (select count(*) from belldesk.arrivals)::int as busy, (select count(*) from belldesk.events)::int as events`,
    );
    const before = events;
    events = rows[0]?.events ?? -1;
    await delay(400);
    return rows[0]?.busy === 0 && before === events;
  }, 120_000);
}

async function breakAll(
  cluster: Cluster,
  redis: OwnRedis,
  plan: LivePlan,
  clients: readonly Watcher[],
  random: () => number,
  from: Readonly<Record<string, number>>,
  note: (what: string) => void,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  let redisOver: Promise<unknown> = Promise.resolve();
  let nodesOver: Promise<unknown> = Promise.resolve();
  let events = 0;
  for (const fault of plan.faults) {
    while (events < fault.at) {
      await delay(20);
      events = await eventsSince(cluster, from);
    }
    const kind = fault.kind === "node" ? "node killed" : `${fault.kind} ${fault.how}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
    note(`${String(events)} events: ${kind}`);
    if (fault.kind === "disconnect") await disconnect(fault.how, clients, random);
    // One after the other of each kind, and the kinds at once.
    else if (fault.kind === "redis") {
      await redisOver;
      redisOver = outage(redis, fault.how, fault.forMs);
    } else {
      await nodesOver;
      const node = cluster.nodes[fault.node]!;
      nodesOver = node.kill().then(() => alive(node));
    }
  }
  await Promise.all([redisOver, nodesOver]);
  return counts;
}

/** Whether what stands in an open thread is what the desk's newest page of it says. */
async function threadsOf(cluster: Cluster, clients: readonly Watcher[]) {
  let wrong = 0;
  const open = clients.flatMap(({ thread }) => thread ?? []);
  for (const { id, shown } of open) {
    const { body } = await request(`${cluster.base}/api/conversations/${id}/messages`, { reset: true });
    const { items } = (await body.json()) as { readonly items: readonly MessageJson[] };
    const newest = shown().slice(-items.length);
    const form = (messages: readonly MessageJson[]) => JSON.stringify(messages.map((one) => [one.id, one.status]));
    if (form(newest) !== form(items.toReversed())) wrong += 1;
  }
  return { shown: open.length, wrong };
}
