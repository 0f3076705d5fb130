import { setTimeout as delay } from "node:timers/promises";
import type { Accepted } from "belldesk/testing";
import type { OwnPostgres } from "../../scripts/services/postgres.mjs";
import { deliverer } from "../harness/deliverer.js";
import type { GuestText } from "../harness/hotel.js";
import { alive } from "./break.js";
import { check, phoneOf, type Answer, type Findings, type Written } from "./checks.js";
import { startCluster, type Cluster, type Node } from "./cluster.js";
import type { Fault, GuestPlan, Plan } from "./plan.js";
import { patiently, reply } from "./stay.js";

const NUMBERS = { grand: "200000000000001", seaside: "200000000000002" } as const;
const LEASE_MS = 1_000;
/** Milliseconds from the last fault until everything has an end: the longest hold and the longest back-off among them. */
const QUIET_MS = 120_000;

export interface ChaosOptions {
  readonly postgres: OwnPostgres;
  readonly program: string;
  readonly database: string;
  /** Told what happened, as it happens. */
  readonly note: (what: string) => void;
}

export interface ChaosResult {
  readonly found: Findings;
  readonly deliveries: { readonly posted: number; readonly acknowledged: number };
  /** As planned. */
  readonly faults: Readonly<Record<string, number>>;
  /** Processes that were killed, without the last time. One that is dead when its turn comes cannot be. */
  readonly kills: number;
  /** Seconds from the last fault until everything had an end. */
  readonly quietSeconds: number;
}

/** Runs a plan to its end, lets everything come to rest, kills everything once more, and counts. */
export async function runPlan(plan: Plan, { postgres, program, database, note }: ChaosOptions): Promise<ChaosResult> {
  const cluster = await startCluster({
    postgresUrl: postgres.url,
    database,
    nodes: plan.nodes,
    leaseMs: LEASE_MS,
    program,
    whatsApp: { reports: [] },
  });
  const reporting = new AbortController();
  try {
    await Promise.all(cluster.nodes.map(alive));
    await cluster.watch();
    const meta = deliverer(cluster.base);
    const reports = report(cluster, plan.guests, reporting.signal);
    const faults: Record<string, number> = {};
    const breaking = breakAll(cluster, postgres, plan.faults, (fault) => {
      faults[fault.kind] = (faults[fault.kind] ?? 0) + 1;
      note(JSON.stringify(fault));
    });
    const written = await Promise.all(plan.guests.map((guest) => live(cluster, meta.deliver, guest)));
    await breaking;
    note("quiet");
    const quietSince = performance.now();
    await Promise.all(cluster.nodes.map(alive));
    await rest(cluster);
    const quietSeconds = (performance.now() - quietSince) / 1_000;
    const killed = [...cluster.killed];
    // What was acknowledged survives all of it at once, and at rest nothing is in anybody's hands.
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    await postgres.crash();
    await Promise.all(cluster.nodes.map(alive));
    const found = await patiently(() => check({ ...cluster, killed }, written), QUIET_MS);
    reporting.abort();
    await reports;
    const { posted, acknowledged } = meta;
    return { found, deliveries: { posted, acknowledged }, faults, kills: killed.length, quietSeconds };
  } finally {
    reporting.abort();
    await cluster.close();
  }
}

/** One guest's evening, and the answers staff give. */
async function live(
  cluster: Cluster,
  deliver: (texts: readonly GuestText[]) => Promise<void>,
  guest: GuestPlan,
): Promise<Written> {
  await delay(guest.from);
  const groups: string[][] = [];
  const repeats: Promise<void>[] = [];
  let answering: Promise<readonly Answer[]> = Promise.resolve([]);
  for (const [index, step] of guest.steps.entries()) {
    await delay(step.pauseMs);
    const texts = step.texts.map((text, n): GuestText => ({
      from: guest.phone,
      wamid: `wamid.${guest.phone}.${String(index)}.${String(n)}`,
      text,
      number: NUMBERS[guest.hotel],
    }));
    await (step.together ? deliver(texts) : Promise.all(texts.map((text) => deliver([text]))));
    const { repeatAfterMs } = step;
    // Cut differently the second time: each alone, the last one first.
    if (repeatAfterMs !== null)
      repeats.push(
        delay(repeatAfterMs).then(async () => {
          for (const text of texts.toReversed()) await deliver([text]);
        }),
      );
    // What arrives together keeps its order; what is posted at once has none to keep.
    groups.push(...(step.together ? texts.map(({ wamid }) => [wamid]) : [texts.map(({ wamid }) => wamid)]));
    if (index === 1) {
      answering = answer(cluster, guest);
      // Heard of at the end, with everything else.
      answering.catch(() => undefined);
    }
  }
  await Promise.all(repeats);
  return { phone: guest.phone, groups, answers: await answering };
}

async function answer(cluster: Cluster, { phone, hotel, answers }: GuestPlan): Promise<readonly Answer[]> {
  const conversationId = await patiently(async () => {
    const { rows } = await cluster.pool.query<{ id: string }>(
      `select c.id from belldesk.guest_addresses a
         join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id
        where a.kind = 'waId' and a.value = $1 and a.hotel_id = $2 and c.department_id = 'reception' and c.status = 'open'`,
      [phone, hotel],
    );
    return rows[0]?.id;
  }, QUIET_MS);
  const given = Array.from({ length: answers }, (_, n): Answer => ({
    clientMessageId: `answer-${phone}-${String(n)}`,
    text: `Answer ${String(n)}`,
  }));
  for (const one of given) await reply(cluster, conversationId, one);
  return given;
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

async function breakAll(
  cluster: Cluster,
  postgres: OwnPostgres,
  faults: readonly Fault[],
  note: (fault: Fault) => void,
): Promise<void> {
  const start = performance.now();
  const ongoing: Promise<unknown>[] = [];
  for (const fault of faults) {
    await delay(Math.max(0, fault.at - (performance.now() - start)));
    note(fault);
    ongoing.push(strike(cluster, postgres, fault));
  }
  await Promise.all(ongoing);
}

async function strike(cluster: Cluster, postgres: OwnPostgres, fault: Fault): Promise<void> {
  switch (fault.kind) {
    case "crash":
      return postgres.crash();
    case "terminate":
      await cluster.pool
        .query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
        )
        .catch(() => undefined);
      return;
    case "graph":
      cluster.fake.fail(
        fault.how === "busy"
          ? { kind: "error", status: 429, code: 130429, retryAfter: 1 }
          : fault.how === "late"
            ? { kind: "late", afterMs: 800 }
            : { kind: fault.how },
      );
      return;
    case "door":
      if (fault.how === "answer") cluster.door.dropNextAnswer();
      else cluster.door.cutAfterNextRequest();
      return;
    default: {
      const node = cluster.nodes[fault.node];
      if (node === undefined) return;
      await WAYS[fault.kind](node);
    }
  }
}

/** What can happen to one process. */
const WAYS = {
  async kill(node) {
    await node.kill();
    await alive(node);
  },
  async freeze({ host }) {
    host?.child.kill("SIGSTOP");
    await delay(LEASE_MS * 1.6);
    host?.child.kill("SIGCONT");
  },
  cut: ({ database }) => {
    database.cut();
  },
  drop: ({ database }) => {
    database.dropNextAnswer();
  },
  async stall({ database }) {
    database.stall(true);
    await delay(LEASE_MS * 1.6);
    database.stall(false);
  },
  abandon: ({ database }) => {
    database.abandon();
  },
  async slow({ database }) {
    database.slow(200);
    await delay(LEASE_MS * 1.6);
    database.slow(0);
  },
} as const satisfies Record<string, (node: Node) => Promise<void> | void>;

/** Waits until nothing is on its way any more, and every message that WhatsApp took is known to be read. */
async function rest({ pool, fake }: Cluster): Promise<void> {
  await patiently(async () => {
    const { rows } = await pool.query<{ busy: number; arrivals: number; open: number; unread: number }>(
      `select (select count(*) from belldesk.lanes where leased_until is not null or enqueued > done)::int as busy,
              (select count(*) from belldesk.arrivals)::int as arrivals,
              (select count(*) from belldesk.messages where direction = 'outbound' and status in ('queued', 'sending'))::int as open,
              (select count(*) from belldesk.messages where direction = 'outbound' and id = any ($1) and status not in ('read', 'failed'))::int as unread`,
      [fake.accepted.map(({ correlationId }) => correlationId)],
    );
    const [row] = rows;
    return row !== undefined && row.busy + row.arrivals + row.open + row.unread === 0;
  }, QUIET_MS);
}
