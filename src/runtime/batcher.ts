import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import { halves } from "./lists.js";

/**
 * Group commit without a timer: while one call is in flight, what arrives gathers, and leaves together in the next.
 * A lone item costs exactly one call at once; fifty concurrent ones share a handful.
 */
export interface Batcher<I, O> {
  /**
   * Settles with the item's own result, or with the error of the call it was in.
   * @param series what keeps its order: once one of it has failed, those of it that wait fail too, instead of going past it
   */
  add(item: I, series?: object): Promise<O>;
  /** Resolves when nothing is waiting or in flight. */
  idle(): Promise<void>;
  /** Resolves with true when nothing is waiting or in flight and nothing came for `ms`; with false when `atMostMs` are over. */
  quiet(ms: number, atMostMs: number): Promise<boolean>;
}

interface Waiting<I, O> {
  readonly item: I;
  readonly series: object | undefined;
  readonly resolve: (result: O) => void;
  readonly reject: (error: unknown) => void;
}

/** What is worth waiting for: many that are known to come leave in one call instead of several. */
export interface Gathering {
  /** How many more are on their way. While they would not fill a call, nobody waits for them. */
  readonly coming: () => number;
  /** Milliseconds that a call waits for them, at most. */
  readonly ms: number;
}

export interface BatcherOptions {
  /** Without it nothing is waited for. */
  readonly gathering?: Gathering;
  /** Whether a call may have failed by one of its items: then it is halved, until that one stands alone. Never, by default. */
  readonly isOfOne?: (error: unknown) => boolean;
}

/** @param run one result for each item, in order; what it did before it threw may be done again @param max items in one call */
export function batcher<I, O>(
  run: (items: readonly I[]) => Promise<readonly O[]>,
  max: number,
  { gathering, isOfOne = () => false }: BatcherOptions = {},
): Batcher<I, O> {
  let waiting: Waiting<I, O>[] = [];
  let running: Promise<void> | null = null;
  let added = 0;
  let filled: () => void = () => undefined;

  /** Resolves when a call is full, or has waited for long enough. */
  async function gather({ coming, ms }: Gathering): Promise<void> {
    if (waiting.length >= max || waiting.length + coming() < max) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      filled = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    filled = () => undefined;
  }

  async function drain(): Promise<void> {
    // One turn of the event loop first, so that requests that were read in the same turn leave together.
    await nextTurn();
    while (waiting.length > 0) {
      if (gathering !== undefined) await gather(gathering);
      const parts: (readonly Waiting<I, O>[])[] = [waiting.slice(0, max)];
      waiting = waiting.slice(max);
      /** The series of which one has failed, and by what. */
      const broken = new Map<object, unknown>();
      for (let next = parts.shift(); next !== undefined; next = parts.shift()) {
        const part = unbroken(next, broken);
        if (part.length === 0) continue;
        try {
          const results = await run(part.map(({ item }) => item));
          part.forEach(({ resolve, reject }, index) => {
            const result = results[index];
            if (result === undefined) reject(new TypeError("A batch returned fewer results than it had items."));
            else resolve(result);
          });
        } catch (error) {
          if (part.length > 1 && isOfOne(error)) {
            parts.unshift(...halves(part));
            continue;
          }
          for (const { series, reject } of part) {
            if (series !== undefined) broken.set(series, error);
            reject(error);
          }
        }
      }
      waiting = unbroken(waiting, broken);
    }
    running = null;
  }

  /** Those of no series that has failed; the others fail with it. */
  function unbroken(all: readonly Waiting<I, O>[], broken: ReadonlyMap<object, unknown>): Waiting<I, O>[] {
    return all.filter(({ series, reject }) => {
      if (series === undefined || !broken.has(series)) return true;
      reject(broken.get(series));
      return false;
    });
  }

  return {
    add: (item, series) =>
      new Promise<O>((resolve, reject) => {
        added += 1;
        waiting.push({ item, series, resolve, reject });
        if (waiting.length === max) filled();
        running ??= drain();
      }),
    idle: () => running ?? Promise.resolve(),
    async quiet(ms, atMostMs) {
      const end = performance.now() + atMostMs;
      for (let before = -1; running !== null || added !== before;) {
        before = added;
        const left = end - performance.now();
        if (left <= 0) return false;
        await delay(Math.min(ms, left));
      }
      return true;
    },
  };
}
