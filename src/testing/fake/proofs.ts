import type { Accepted, Call } from "./sends.js";

/** What a log of sends must not show, each as the list of what breaks the rule: empty when it holds. */

/** Correlation ids of what WhatsApp took more than once. */
export function acceptedTwice(accepted: readonly Accepted[]): readonly string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { correlationId } of accepted) {
    if (correlationId === null) continue;
    (seen.has(correlationId) ? twice : seen).add(correlationId);
  }
  return [...twice];
}

/**
 * Calls of a number that came while a `Retry-After` of that number held.
 * @param slackMs milliseconds in which a call may come that was on its way when the answer was given; 0 by default
 */
export function callsBeforeRetryAfter(calls: readonly Call[], slackMs = 0): readonly Call[] {
  const waits = calls.flatMap(({ phoneNumberId, answeredAtMs, retryAfter }) =>
    answeredAtMs === null || retryAfter === null
      ? []
      : [{ phoneNumberId, fromMs: answeredAtMs + slackMs, untilMs: answeredAtMs + retryAfter * 1_000 }],
  );
  return calls.filter(({ phoneNumberId, atMs }) =>
    waits.some((wait) => wait.phoneNumberId === phoneNumberId && atMs > wait.fromMs && atMs < wait.untilMs),
  );
}

/** A bucket that calls are taken from. */
export interface Pace {
  readonly perSecond: number;
  /** How many may come at once. */
  readonly burst: number;
}

/**
 * Calls for which a bucket had nothing left.
 * @param bucketOf whose bucket a call is taken from: `({ phoneNumberId }) => phoneNumberId` for the pace of numbers
 */
export function callsAbovePace(
  calls: readonly Call[],
  { perSecond, burst }: Pace,
  bucketOf: (call: Call) => string,
): readonly Call[] {
  const buckets = new Map<string, { left: number; atMs: number }>();
  return calls.filter((call) => {
    const name = bucketOf(call);
    const { left, atMs } = buckets.get(name) ?? { left: burst, atMs: call.atMs };
    const now = Math.min(burst, left + ((call.atMs - atMs) * perSecond) / 1_000);
    // Milliseconds are whole: a call may seem to come up to one too early.
    const isAbove = now + perSecond / 1_000 < 1;
    buckets.set(name, { left: isAbove ? now : now - 1, atMs: call.atMs });
    return isAbove;
  });
}

/**
 * Messages of a chat that WhatsApp took after one that stands behind them.
 * @param placeOf a message's place in its chat by its correlation id; undefined for what has none
 */
export function inversions(
  accepted: readonly Accepted[],
  placeOf: (correlationId: string) => number | undefined,
  chatOf: (message: Accepted) => string = ({ phoneNumberId, address }) => `${phoneNumberId} ${address}`,
): readonly Accepted[] {
  const highest = new Map<string, number>();
  return accepted.filter((message) => {
    const place = message.correlationId === null ? undefined : placeOf(message.correlationId);
    if (place === undefined) return false;
    const chat = chatOf(message);
    const before = highest.get(chat) ?? -Infinity;
    highest.set(chat, Math.max(before, place));
    return place < before;
  });
}
