import { setTimeout as delay } from "node:timers/promises";
import type { Accepted } from "belldesk/testing";
import type { OwnPostgres } from "../../scripts/services/postgres.mjs";
import type { OwnRedis } from "../../scripts/services/redis.mjs";
import { deliverer } from "../harness/deliverer.js";
import { watched } from "../support/canaries.js";
import { check, phoneOf, type Findings } from "./checks.js";
import { startCluster, type Cluster } from "./cluster.js";
import { EVENING_HOTELS, live, PATIENCE_MS } from "./evening.js";
import { checkEvening, type EveningFindings, type Held } from "./evening-checks.js";
import { databaseNow, eveningEvidence, watchProcesses } from "./evening-evidence.js";
import { checkLive, type LiveFindings } from "./live-checks.js";
import { looks } from "./looks.js";
import { mulberry32, type GuestPlan, type Plan } from "./plan.js";
import { patiently } from "./stay.js";
import { revived, standstills, strikeAll } from "./strikes.js";
import { aWatcher, closeAll, LIVE_LIMITS, liveEvidence, readFresh, watchedBy, type Watcher } from "./watchers.js";

const LEASE_MS = 1_000;
/** Milliseconds from the last fault until everything has an end: the longest hold and the longest back-off among them. */
const QUIET_MS = 120_000;
/** Who watches: a page and a program of whoever sees all, or one hotel, or some departments. */
const WATCHERS = [0, 3, 9, 10];

export interface ChaosOptions {
  readonly postgres: OwnPostgres;
  readonly redis: OwnRedis;
  readonly program: string;
  /** What the last process runs instead, where another release is to stand beside the present one. */
  readonly lastProgram?: string;
  readonly database: string;
  /** A folder that is there for as long as the run. */
  readonly mediaDir: string;
  /** Told what happened, as it happens. */
  readonly note: (what: string) => void;
}

export type ChaosFindings = Findings & EveningFindings & Omit<LiveFindings, "examples" | "events">;

export interface ChaosResult {
  readonly found: ChaosFindings;
  /** The first of each kind of what is wrong, as far as it can be shown. */
  readonly examples: readonly string[];
  readonly deliveries: { readonly posted: number; readonly acknowledged: number };
  /** As planned. */
  readonly faults: Readonly<Record<string, number>>;
  /** Processes that were killed, without the last time. One that is dead when its turn comes cannot be. */
  readonly kills: number;
  /** What was counted of other things than messages. */
  readonly counted: Readonly<Record<string, number>>;
  readonly most: Omit<Held, "name" | "linesLost">;
  /** Seconds from the last fault until everything had an end. */
  readonly quietSeconds: number;
}

/** Runs a plan to its end, lets everything come to rest, kills everything once more, and counts. */
export async function runPlan(plan: Plan, options: ChaosOptions): Promise<ChaosResult> {
  const { postgres, redis, program, lastProgram, database, mediaDir, note } = options;
  const cluster = await startCluster({
    postgresUrl: postgres.url,
    database,
    nodes: plan.nodes,
    leaseMs: LEASE_MS,
    program,
    ...(lastProgram !== undefined && { lastProgram }),
    hosts: {
      hotels: EVENING_HOTELS,
      live: { redisUrl: redis.url, limits: LIVE_LIMITS },
      mediaDir,
      flow: true,
      logs: true,
      settings: { audit: { sealMs: 500 } },
    },
    whatsApp: { reports: [] },
  });
  const over = new AbortController();
  const watchers: Watcher[] = [];
  watched.begin();
  try {
    await Promise.all(cluster.nodes.map(revived));
    await cluster.watch();
    const began = await databaseNow(cluster);
    for (const n of WATCHERS) watchers.push(await aWatcher(cluster, n, []));
    await patiently(() => Promise.resolve(watchers.every(({ watching }) => watching.isLive())), QUIET_MS);
    const meta = deliverer(cluster.base);
    const looked = looks(cluster, PATIENCE_MS);
    const reports = report(cluster, plan.guests, over.signal);
    const stills = standstills(over.signal);
    const holding = watchProcesses(cluster, over.signal);
    const faults: Record<string, number> = {};
    const random = mulberry32(plan.seed);
    const striking = strikeAll(
      { cluster, postgres, redis, watchers, leaseMs: LEASE_MS, random },
      plan.faults,
      (fault) => {
        faults[fault.kind] = (faults[fault.kind] ?? 0) + 1;
        note(JSON.stringify(fault));
      },
    );
    striking.catch(() => undefined);
    const evenings = await Promise.all(plan.guests.map((guest) => live(cluster, looked, meta, guest)));
    note("the guests have gone");
    const strikes = await striking;
    note("quiet");
    const quietSince = performance.now();
    await Promise.all(cluster.nodes.map(revived));
    await rest(cluster);
    const quietSeconds = (performance.now() - quietSince) / 1_000;
    const killed = [...cluster.killed];
    note("everything is killed");
    // What was acknowledged survives all of it at once, and at rest nothing is in anybody's hands.
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    await postgres.crash();
    await Promise.all(cluster.nodes.map(revived));
    const interruptions = [...strikes.interruptions, ...stills];
    const messages = await patiently(() => check({ ...cluster, killed }, evenings, interruptions), QUIET_MS);
    const { examples: liveExamples, events, ...told } = await whatWatchersSay(cluster, watchers);
    over.abort();
    await reports;
    const held = await holding;
    const heard = watched.end().map((one) => `${one.canary} in a ${one.sink}: ${one.near}`);
    const evidence = await eveningEvidence(cluster, { evenings, mediaDir, began, held, strikes, heard });
    const { examples, ...evening } = checkEvening(evidence);
    const { posted, acknowledged } = meta;
    const most = (of: keyof ChaosResult["most"]) => Math.max(...evidence.processes.map((one) => one[of]));
    return {
      found: { ...messages.found, ...evening, ...told },
      examples: [...messages.examples, ...examples, ...liveExamples],
      deliveries: { posted, acknowledged },
      faults,
      kills: killed.length,
      counted: {
        events,
        statuses: evidence.statuses.length,
        walks: evidence.walks.length,
        stays: evidence.stays.length,
        photos: evenings.filter(({ photo }) => photo !== null).length,
        fileLies: strikes.lies(),
        logged: cluster.logged(),
        lateGuests: evenings.filter(({ isLate }) => isLate).length,
        audited: evidence.audits.reduce((sum, { entries }) => sum + entries, 0),
        instants: evidence.instants.length,
        migrated: strikes.migrated.filter((end) => end === "started").length,
        longestAwayMs: Math.round(Math.max(...watchers.map(({ watching }) => watching.awayMs()))),
        connectionsLost: watchers.reduce((sum, { watching }) => sum + watching.cuts(), 0),
        processes: evidence.processes.length,
        standstills: stills.length,
      },
      most: { rssBytes: most("rssBytes"), handles: most("handles"), connections: most("connections") },
      quietSeconds,
    };
  } finally {
    over.abort();
    for (const one of cluster.crashed) note(one);
    await closeAll(watchers);
    await cluster.close();
  }
}

/** Who does not know all by the end of the patience never will; what is told twice comes after all. */
async function whatWatchersSay(cluster: Cluster, watchers: readonly Watcher[]): Promise<LiveFindings> {
  const evidence = await liveEvidence(cluster);
  const judged = async (): Promise<LiveFindings> => {
    const fresh = await readFresh(cluster, watchers);
    return checkLive({ ...evidence, from: {}, clients: watchers.map((watcher) => watchedBy(watcher, fresh)) });
  };
  await patiently(async () => {
    await delay(500);
    const { missing, stale } = await judged();
    return missing === 0 && stale === 0;
  }, QUIET_MS / 4).catch(() => undefined);
  await delay(500);
  return judged();
}

/** Reports what phones do with each message that was taken, as it is planned. */
async function report(cluster: Cluster, guests: readonly GuestPlan[], stop: AbortSignal): Promise<void> {
  const planOf = new Map(guests.map((guest) => [guest.phone, guest.reports]));
  const taken = new Map<string, number>();
  const pending = new Set<Promise<void>>();
  let seen = 0;
  const reportOne = async (message: Accepted): Promise<void> => {
    const phone = phoneOf(message.address);
    const plans = planOf.get(phone) ?? [];
    const place = taken.get(phone) ?? 0;
    taken.set(phone, place + 1);
    const { statuses, pauseMs } = plans[Math.min(place, plans.length - 1)] ?? { statuses: [], pauseMs: 0 };
    for (const status of statuses) {
      await delay(pauseMs);
      if (stop.aborted) return;
      // When the run ends first, the count says what is missing.
      await cluster.fake.report(message, status).catch(() => undefined);
    }
  };
  while (!stop.aborted) {
    for (; seen < cluster.fake.accepted.length; seen++) {
      const message = cluster.fake.accepted[seen];
      if (message === undefined) continue;
      const one = reportOne(message).finally(() => pending.delete(one));
      pending.add(one);
    }
    await delay(5);
  }
  await Promise.race([Promise.all(pending), delay(2_000)]);
}

/** Waits until nothing is on its way any more, and every message that WhatsApp took is known to be read. */
async function rest({ pool, fake }: Cluster): Promise<void> {
  await patiently(async () => {
    const { rows } = await pool.query<{ busy: number; arrivals: number; open: number; unread: number; due: number }>(
      `select (select count(*) from belldesk.lanes where leased_until is not null or (enqueued > done and kind <> 'timer'))::int as busy,
              (select count(*) from belldesk.arrivals)::int as arrivals,
              (select count(*) from belldesk.messages where direction = 'outbound' and status in ('queued', 'sending'))::int as open,
              (select count(*) from belldesk.messages where direction = 'outbound' and id = any ($1) and status not in ('read', 'failed'))::int as unread,
              (select count(*) from belldesk.work where dead_at is null and (due_at is null or due_at < belldesk.desk_now()))::int as due`,
      [fake.accepted.map(({ correlationId }) => correlationId)],
    );
    const [row] = rows;
    return row !== undefined && row.busy + row.arrivals + row.open + row.unread + row.due === 0;
  }, QUIET_MS);
}
