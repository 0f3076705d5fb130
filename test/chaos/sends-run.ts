import { setTimeout as delay } from "node:timers/promises";
import type { Call } from "belldesk/testing";
import { alive } from "./break.js";
import { startCluster, type Cluster } from "./cluster.js";
import { checkSends, type Row, type SendsEvidence, type SendsFigures, type SendsFindings } from "./sends-checks.js";
import { keepSendsLedger, readSendsLedger } from "./sends-ledger.js";
import {
  DEADLINE_MS,
  FAULT_SHARE,
  FAULTS,
  HOTELS,
  SENDERS,
  type ChatPlan,
  type KillPlan,
  type SendsPlan,
} from "./sends-plan.js";
import { patiently, reply, until } from "./stay.js";

/** Two processes on a busy machine keep up with it. */
const LEASE_MS = 2_000;
/** Milliseconds from the last message that staff wrote until everything has an end, without progress. */
const QUIET_MS = 240_000;

export interface SendsOptions {
  /** A PostgreSQL that a database may be made on. */
  readonly postgresUrl: string;
  /** The host to run. */
  readonly program: string;
  readonly database: string;
  /** Told what happens, as it happens. */
  readonly note: (what: string) => void;
}

export interface SendsResult {
  readonly found: SendsFindings;
  readonly figures: SendsFigures;
  readonly evidence: SendsEvidence;
  /** How often each kind of fault was met. */
  readonly faults: Readonly<Record<string, number>>;
  readonly kills: number;
  /** Seconds from the first message that staff wrote until everything had an end. */
  readonly seconds: number;
}

/** Staff of two hotels write, WhatsApp misbehaves, processes are killed; in the end everything is counted. */
export async function runSends(plan: SendsPlan, options: SendsOptions): Promise<SendsResult> {
  const { postgresUrl, program, database, note } = options;
  const cluster = await startCluster({
    postgresUrl,
    database,
    nodes: 2,
    leaseMs: LEASE_MS,
    program,
    hosts: { hotels: HOTELS, deadlineMs: DEADLINE_MS },
    whatsApp: {
      reports: ["sent", "delivered"],
      pacing: true,
      weather: { seed: plan.seed, repeats: 0.1, reorders: 0.1, batches: 20, gatherMs: 30 },
    },
  });
  try {
    for (const { phoneNumberId, perSecond } of SENDERS) cluster.fake.number(phoneNumberId, { perSecond });
    await Promise.all(cluster.nodes.map(alive));
    await keepSendsLedger(cluster.pool);
    const conversations = await greeted(cluster, plan.chats);
    note(`${String(conversations.size)} guests have written`);

    cluster.fake.failAtRate({ seed: plan.seed, share: FAULT_SHARE, faults: FAULTS });
    const start = performance.now();
    const over = new AbortController();
    const killing = killAll(cluster, plan.kills, over.signal, note);
    await Promise.all(plan.chats.map((chat) => write(cluster, conversations.get(chat.phone) ?? "", chat)));
    note(`everything is written after ${((performance.now() - start) / 1_000).toFixed(1)} s`);
    await rest(cluster).catch((error: unknown) => {
      // The count says what is missing.
      note(`not at rest: ${String(error)}`);
    });
    const seconds = (performance.now() - start) / 1_000;
    const kills = cluster.killed.length;
    over.abort();
    await killing;
    const evidence = await evidenceOf(cluster, plan);
    return { ...checkSends(evidence), evidence, faults: faultsIn(cluster.fake.calls), kills, seconds };
  } finally {
    await cluster.close();
  }
}

/** Each guest writes once, so that staff may answer. @returns the conversation with each, by phone */
async function greeted(cluster: Cluster, chats: readonly ChatPlan[]): Promise<ReadonlyMap<string, string>> {
  await Promise.all(
    chats.map(({ phone, phoneNumberId }) => cluster.fake.guest(phone).says(phoneNumberId, "Good evening")),
  );
  return until(async () => {
    const { rows } = await cluster.pool.query<{ phone: string; id: string }>(
      `select a.value as phone, c.id from belldesk.guest_addresses a
         join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id
        where a.kind = 'waId' and c.department_id = 'reception'`,
    );
    return rows.length === chats.length && new Map(rows.map(({ phone, id }) => [phone, id]));
  });
}

async function write(cluster: Cluster, conversationId: string, { from, messages }: ChatPlan): Promise<void> {
  await delay(from);
  for (const message of messages) {
    await delay(message.pauseMs);
    await reply(cluster, conversationId, message);
  }
}

async function killAll(
  cluster: Cluster,
  kills: readonly KillPlan[],
  over: AbortSignal,
  note: (what: string) => void,
): Promise<void> {
  const starting: Promise<unknown>[] = [];
  for (const { afterCalls, afterMs, node } of kills) {
    const victim = cluster.nodes[node];
    while (!over.aborted && (cluster.fake.requests < afterCalls || victim?.host == null)) await delay(1);
    if (over.aborted || victim === undefined) break;
    await delay(afterMs);
    await victim.kill();
    note(`${victim.name} killed after ${String(cluster.fake.requests)} calls`);
    starting.push(alive(victim));
  }
  await Promise.all(starting);
}

/** Waits until nothing is to be sent any more, and every message that WhatsApp took is known to have been delivered. */
async function rest({ pool, fake }: Cluster): Promise<void> {
  await patiently(async () => {
    const { rows } = await pool.query<{ open: number; undelivered: number }>(
      `select (select count(*) from belldesk.messages where direction = 'outbound' and status in ('queued', 'sending'))::int
              + (select count(*) from belldesk.lanes where leased_until is not null or enqueued > done)::int
              + (select count(*) from belldesk.arrivals)::int as open,
              (select count(*) from belldesk.messages where id = any ($1) and status in ('sent', 'unknown'))::int as undelivered`,
      [fake.accepted.map(({ correlationId }) => correlationId)],
    );
    await delay(200);
    return rows[0]?.open === 0 && rows[0].undelivered === 0;
  }, QUIET_MS);
}

async function evidenceOf({ pool, fake, killed }: Cluster, { chats }: SendsPlan): Promise<SendsEvidence> {
  const { rows } = await pool.query<Row>(
    `select id, client_message_id as "clientMessageId", status, failure::json ->> 'code' as failure
       from belldesk.messages where direction = 'outbound' order by event_seq`,
  );
  return {
    queued: chats.flatMap(({ phone, phoneNumberId, messages }) =>
      messages.map(({ clientMessageId, text, urgent }) => ({
        clientMessageId,
        text,
        urgent,
        chat: `${phoneNumberId} ${phone}`,
      })),
    ),
    calls: fake.calls,
    accepted: fake.accepted,
    rows,
    ...(await readSendsLedger(pool)),
    killed,
    senders: SENDERS,
    deadlineMs: DEADLINE_MS,
  };
}

/** What each fault is called in the issue of a hotel that meets it. */
function faultsIn(calls: readonly Call[]): Readonly<Record<string, number>> {
  const names: Readonly<Record<string, string>> = { silence: "timeOut", drip: "timeOut", html: "5xx", late: "slow" };
  const met: Record<string, number> = { timeOut: 0, reset: 0, "5xx": 0, "429": 0, badJson: 0, slow: 0, redirect: 0 };
  for (const { fault, code } of calls) {
    if (fault === null) continue;
    const name = fault === "error" ? (code === 130429 ? "429" : "5xx") : (names[fault] ?? fault);
    met[name] = (met[name] ?? 0) + 1;
  }
  return met;
}
