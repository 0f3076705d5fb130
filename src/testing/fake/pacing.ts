import type { Refusal } from "./graph-error.js";
import type { FakeNumber } from "./numbers.js";

/** How the fake says that too much was sent at once. */
export interface PacingOptions {
  /** Whether what guests write counts to a number's messages a second, as Meta counts; true by default. */
  readonly countsInbound?: boolean;
  /** HTTP status of 130429: 400 by default, and 429 has been seen. */
  readonly status?: 400 | 429;
  /** Seconds in a `Retry-After` beside 130429; no such header by default. */
  readonly retryAfter?: number;
}

/** How fast each number may send, and to one guest. */
export interface Pacing {
  /** Takes one message's place. @returns the refusal when there is none, which takes nothing */
  send(number: FakeNumber, guest: string, nowMs: number): Refusal | null;
  /** A guest wrote to a number. */
  heard(number: FakeNumber, nowMs: number): void;
}

/** One message in 6 seconds to one guest, and 45 at once by borrowing. Source: "Throughput" (September 2026). */
const PAIR = { perMs: 1 / 6_000, burst: 45 };

export function pacing({ countsInbound = true }: PacingOptions): Pacing {
  const byNumber = buckets();
  const byPair = buckets();
  const rateOf = ({ perSecond }: FakeNumber) => ({ perMs: perSecond / 1_000, burst: perSecond });
  return {
    send(number, guest, nowMs) {
      const pair = JSON.stringify([number.phoneNumberId, guest]);
      if (!byNumber.has(number.phoneNumberId, rateOf(number), nowMs)) return { code: 130429 };
      if (!byPair.has(pair, PAIR, nowMs)) return { code: 131056 };
      byNumber.take(number.phoneNumberId);
      byPair.take(pair);
      return null;
    },
    heard(number, nowMs) {
      if (countsInbound && byNumber.has(number.phoneNumberId, rateOf(number), nowMs))
        byNumber.take(number.phoneNumberId);
    },
  };
}

/** Token buckets by name, each full at first. */
function buckets() {
  const levels = new Map<string, { left: number; atMs: number }>();
  return {
    has(name: string, { perMs, burst }: { readonly perMs: number; readonly burst: number }, nowMs: number): boolean {
      const level = levels.get(name) ?? { left: burst, atMs: nowMs };
      const left = Math.min(burst, level.left + Math.max(0, nowMs - level.atMs) * perMs);
      levels.set(name, { left, atMs: Math.max(nowMs, level.atMs) });
      // A whole message, but for what the sum of many small steps has lost.
      return left >= 1 - 1e-9;
    },
    take(name: string): void {
      const level = levels.get(name);
      if (level !== undefined) level.left -= 1;
    },
  };
}
