import type { Accepted, Call } from "belldesk/testing";
import { saw, type Step, type Turn } from "./sends-ledger.js";

/** What staff wrote and were told is kept. */
export interface Queued {
  readonly clientMessageId: string;
  readonly text: string;
  readonly urgent: boolean;
  /** Of the number and the guest. Those of one chat stand in the order in which they were written. */
  readonly chat: string;
}

/** A message of the hotel's as it stands at the end. */
export interface Row {
  readonly id: string;
  readonly clientMessageId: string | null;
  readonly status: string;
  readonly failure: string | null;
}

/** All that is known of a run, when nothing is on its way any more. */
export interface SendsEvidence {
  readonly queued: readonly Queued[];
  /** WhatsApp's log: the truth about what came there, and when. */
  readonly calls: readonly Pick<
    Call,
    "atMs" | "answeredAtMs" | "phoneNumberId" | "correlationId" | "code" | "retryAfter" | "fault"
  >[];
  readonly accepted: readonly Pick<Accepted, "correlationId" | "body">[];
  readonly rows: readonly Row[];
  readonly steps: readonly Step[];
  readonly turns: readonly Turn[];
  /** The processes that were killed, by the names that they give to the database. */
  readonly killed: readonly string[];
  readonly senders: readonly { readonly phoneNumberId: string; readonly perSecond: number }[];
  /** Milliseconds that a process waits for WhatsApp's answer. */
  readonly deadlineMs: number;
}

/** What has to be zero, each in counts. */
export interface SendsFindings {
  readonly acceptedTwice: number;
  /** Taken by WhatsApp, and no message of ours stands for it. */
  readonly acceptedForNobody: number;
  /** Staff were told that it is kept, and it is not there, or there twice. */
  readonly lost: number;
  /** Neither sent nor failed nor unknown. */
  readonly unfinished: number;
  /** Sent by us, unknown to WhatsApp. */
  readonly claimedSent: number;
  /** Failed by us, taken by WhatsApp. */
  readonly failedThoughTaken: number;
  /** Failed without saying why. */
  readonly failedSilently: number;
  /** Of unknown fate, although no socket was in flight that nobody could answer for. */
  readonly unknownForNothing: number;
  /** Of unknown fate at the end, although WhatsApp has it: its report would have settled it. */
  readonly unsettled: number;
  /** WhatsApp was called, and no intent was durable. */
  readonly withoutIntent: number;
  /** A number called before the end of its `Retry-After`, by who could have read of it. */
  readonly beforeRetryAfter: number;
  /** Turns that a number had above its pace: an eighth of a second's worth, and its messages a second. */
  readonly turnsAbovePace: number;
  /** Calls above what WhatsApp lets through, whatever became of them: a second's worth, and the number's messages a second. */
  readonly callsAbovePace: number;
  /** Refused for a pace by WhatsApp itself. */
  readonly refusedForPace: number;
  /** A guest sent more than one message in six seconds, with 20 ahead; 45 when they hurry. */
  readonly pairsAbovePace: number;
  /** Taken after one that was written later, in one chat. What is urgent may overtake what is not. */
  readonly inversions: number;
  /** Sent behind one of unknown fate whose report had not come, before 15 seconds had passed. */
  readonly passedTooEarly: number;
}

/** What may be, and is told. */
export interface SendsFigures {
  readonly queued: number;
  readonly calls: number;
  readonly accepted: number;
  readonly failed: number;
  /** Of unknown fate for a while. */
  readonly unknown: number;
  /** Of unknown fate at the end: WhatsApp does not have them. */
  readonly unknownLeft: number;
  /** Calls in the air when a `Retry-After` was answered: their intents were durable before it was. */
  readonly inTheAir: number;
  /** Milliseconds after the answer at which the last of those came. */
  readonly inTheAirMs: number;
  /** Answers with a `Retry-After` whose hearer was killed before it could tell, or had given up waiting. */
  readonly unheard: number;
}

/** Milliseconds, at most, between the look at a number and the intent that follows from it in one transaction, on a busy machine. */
const LOOK_MS = 50;
/** Milliseconds: the hold behind a message of unknown fate, and by how much a transaction began before it was seen. */
const HOLD = { ms: 15_000, began: 500 };
const PAIR = { everyMs: 6_000, ordinary: 20, urgent: 45 };
const SENT = new Set(["sent", "delivered", "read", "played"]);
/** Faults whose call tells nobody what became of the message. */
const OPEN = new Set(["silence", "drip", "reset", "badJson", "html", "huge"]);
/** Codes that prove that a message was not taken. */
const REFUSALS = new Set([130429, 131056]);

export const sendViolations = (found: SendsFindings): readonly string[] =>
  (Object.keys(found) as (keyof SendsFindings)[])
    .filter((name) => found[name] !== 0)
    .map((name) => `${name} ${String(found[name])}`);

/** Compares what was written with WhatsApp's log, what the database holds and how that came about. Pure. */
export function checkSends(evidence: SendsEvidence): { readonly found: SendsFindings; readonly figures: SendsFigures } {
  const { queued, calls, accepted, rows, steps, turns, killed, senders, deadlineMs } = evidence;
  const taken = new Set(accepted.map(({ correlationId }) => correlationId));
  const ids = new Set(rows.map(({ id }) => id));
  const rowsOf = grouped(rows, ({ clientMessageId }) => clientMessageId ?? "");
  const idOf = (message: Queued): string => rowsOf.get(message.clientMessageId)?.[0]?.id ?? "";
  const writtenAs = new Map(queued.map((message) => [idOf(message), message]));
  const stepsOf = grouped(steps, ({ messageId }) => messageId);
  const callsOf = grouped(calls, ({ correlationId }) => correlationId ?? "");
  const chats = [...grouped(queued, ({ chat }) => chat).values()];
  const wasKilled = new Set(killed);

  const intentBefore = (id: string, atMs: number): Step | undefined =>
    // WhatsApp's clock shows whole milliseconds.
    (stepsOf.get(id) ?? []).findLast((step) => step.status === "sending" && step.atMs < atMs + 1);

  function isExplained(unknown: Step): boolean {
    const intent = intentBefore(unknown.messageId, unknown.atMs);
    if (intent === undefined) return false;
    if (intent.by !== unknown.by) return wasKilled.has(intent.by);
    // It waited for as long as it waits, and WhatsApp's log may show the call later still.
    if (unknown.atMs - intent.atMs >= deadlineMs) return true;
    return (callsOf.get(unknown.messageId) ?? []).some(
      ({ fault, code, atMs }) =>
        atMs <= unknown.atMs + 1 &&
        (OPEN.has(fault ?? "") || (fault === "error" && code !== null && !REFUSALS.has(code))),
    );
  }

  /** Answers that asked a number to wait, and what stored that, so that every process can read of it; null for nothing. */
  const asked = calls.flatMap(({ phoneNumberId, correlationId, answeredAtMs, retryAfter }) => {
    if (retryAfter === null || answeredAtMs === null) return [];
    const intent = intentBefore(correlationId ?? "", answeredAtMs);
    const next = (stepsOf.get(correlationId ?? "") ?? []).find((step) => step.atMs > answeredAtMs - 1);
    // Whoever was killed, or had given up waiting, has not heard it.
    const heard = next !== undefined && next.by === intent?.by && next.status !== "unknown";
    return [
      {
        phoneNumberId,
        from: answeredAtMs,
        until: answeredAtMs + retryAfter * 1_000,
        since: heard ? next : null,
      },
    ];
  });
  const early = calls.flatMap(({ phoneNumberId, correlationId, atMs }) => {
    const intent = intentBefore(correlationId ?? "", atMs);
    const before = asked.filter(
      (wait) => wait.phoneNumberId === phoneNumberId && wait.since !== null && wait.from < atMs && atMs < wait.until,
    );
    return before.length === 0
      ? []
      : [
          {
            late: before.some(
              ({ since }) =>
                intent !== undefined &&
                since !== null &&
                saw(intent, since) &&
                intent.atMs > since.committedAtMs + LOOK_MS,
            ),
            afterMs: atMs - Math.min(...before.map(({ from }) => from)),
          },
        ];
  });

  const places = new Map(accepted.map(({ correlationId }, place) => [correlationId ?? "", place]));
  const inversions = sum(
    [false, true].flatMap((urgent) => chats.map((chat) => chat.filter((message) => message.urgent === urgent))),
    (chat) => descents(chat.flatMap((message) => places.get(idOf(message)) ?? [])),
  );
  const unknowns = steps.filter(({ status }) => status === "unknown");
  const count = (test: (row: Row) => boolean): number => rows.filter(test).length;
  const twice = (keys: readonly string[]): number => keys.length - new Set(keys).size;

  return {
    found: {
      acceptedTwice: Math.max(
        twice(accepted.map(({ correlationId }) => correlationId ?? "")),
        twice(accepted.map(({ body }) => body.text?.body ?? "")),
      ),
      acceptedForNobody: accepted.filter(({ correlationId }) => !ids.has(correlationId ?? "")).length,
      lost: queued.filter(({ clientMessageId }) => rowsOf.get(clientMessageId)?.length !== 1).length,
      unfinished: count(({ status }) => status === "queued" || status === "sending"),
      claimedSent: count(({ id, status }) => SENT.has(status) && !taken.has(id)),
      failedThoughTaken: count(({ id, status }) => status === "failed" && taken.has(id)),
      failedSilently: count(({ status, failure }) => status === "failed" && failure === null),
      unknownForNothing: unknowns.filter((step) => !isExplained(step)).length,
      unsettled: count(({ id, status }) => status === "unknown" && taken.has(id)),
      withoutIntent: calls.filter(({ correlationId, atMs }) => intentBefore(correlationId ?? "", atMs) === undefined)
        .length,
      beforeRetryAfter: early.filter(({ late }) => late).length,
      turnsAbovePace: sum(senders, ({ phoneNumberId, perSecond }) => {
        const own = turns.filter((turn) => turn.phoneNumberId === phoneNumberId);
        const future = own.filter(({ atMs, seenAtMs }) => atMs > seenAtMs).length;
        return (
          future +
          overflow(
            own.map(({ atMs }) => atMs),
            perSecond,
            Math.max(1, perSecond / 8),
          )
        );
      }),
      callsAbovePace: sum(senders, ({ phoneNumberId, perSecond }) =>
        overflow(
          calls.filter((call) => call.phoneNumberId === phoneNumberId).map(({ atMs }) => atMs),
          perSecond,
          perSecond,
        ),
      ),
      refusedForPace: calls.filter(({ fault, code }) => fault === null && code !== null && REFUSALS.has(code)).length,
      pairsAbovePace: sum(chats, (chat) => {
        const own = chat.flatMap((message) => callsOf.get(idOf(message)) ?? []).toSorted((a, b) => a.atMs - b.atMs);
        return tooManyAhead(
          own.map(({ atMs, correlationId }) => ({
            atMs,
            most: writtenAs.get(correlationId ?? "")?.urgent === true ? PAIR.urgent : PAIR.ordinary,
          })),
        );
      }),
      inversions,
      passedTooEarly: sum(chats, (chat) => {
        const ordinary = chat.filter(({ urgent }) => !urgent).map(idOf);
        return sum(ordinary, (id, place) => {
          const own = stepsOf.get(id) ?? [];
          const at = own.findIndex(({ status }) => status === "unknown");
          const unknown = own[at];
          if (unknown === undefined) return 0;
          const free = Math.min(unknown.atMs + HOLD.ms - HOLD.began, own[at + 1]?.atMs ?? Infinity);
          const behind = ordinary.slice(place + 1).flatMap((other) => callsOf.get(other) ?? []);
          return behind.filter(({ atMs }) => atMs > unknown.atMs && atMs < free - 1).length;
        });
      }),
    },
    figures: {
      queued: queued.length,
      calls: calls.length,
      accepted: accepted.length,
      failed: count(({ status }) => status === "failed"),
      unknown: new Set(unknowns.map(({ messageId }) => messageId)).size,
      unknownLeft: count(({ id, status }) => status === "unknown" && !taken.has(id)),
      inTheAir: early.filter(({ late }) => !late).length,
      inTheAirMs: Math.max(0, ...early.filter(({ late }) => !late).map(({ afterMs }) => afterMs)),
      unheard: asked.filter(({ since }) => since === null).length,
    },
  };
}

/** How many of these moments do not fit a pace: so many a second, and `burst` at once after a while of rest. */
function overflow(moments: readonly number[], perSecond: number, burst: number): number {
  let left = burst;
  let before = -Infinity;
  let over = 0;
  for (const atMs of moments.toSorted((a, b) => a - b)) {
    left = Math.min(burst, left + ((atMs - before) / 1_000) * perSecond);
    before = atMs;
    // What the sum of many small steps has lost.
    if (left < 1 - 1e-6) over += 1;
    else left -= 1;
  }
  return over;
}

/** How many messages to one guest left although too many were ahead of their six seconds. */
function tooManyAhead(sends: readonly { readonly atMs: number; readonly most: number }[]): number {
  let ahead = 0;
  let before = -Infinity;
  let over = 0;
  for (const { atMs, most } of sends) {
    ahead = Math.max(0, ahead - (atMs - before) / PAIR.everyMs) + 1;
    before = atMs;
    if (ahead > most + 1e-6) over += 1;
  }
  return over;
}

/** How many numbers stand behind a greater one. */
function descents(numbers: readonly number[]): number {
  let greatest = -1;
  let count = 0;
  for (const number of numbers) {
    if (number < greatest) count += 1;
    greatest = Math.max(greatest, number);
  }
  return count;
}

const sum = <T>(items: readonly T[], count: (item: T, place: number) => number): number =>
  items.reduce((total, item, place) => total + count(item, place), 0);

function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const group = found.get(key(item));
    if (group === undefined) found.set(key(item), [item]);
    else group.push(item);
  }
  return found;
}
