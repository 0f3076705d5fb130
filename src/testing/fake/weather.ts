import type { Letter } from "../mailbag.js";
import { draw } from "./chance.js";

/** How webhooks come when the network is as it is: more than once, late, out of order, several in one body. */
export interface Weather {
  /** What happens to the nth webhook is the same for one seed. */
  readonly seed: number;
  /** Share of webhooks that are delivered twice, 0 to 1; 0 by default. */
  readonly repeats?: number;
  /** Share of them that are overtaken by some that were posted with them or after them, 0 to 1; 0 by default. */
  readonly reorders?: number;
  /** How many stand in one body at most; 1 by default. */
  readonly batches?: number;
  /** Milliseconds of the clock for which webhooks are held back, and meet others; 0 by default: those of one moment. */
  readonly gatherMs?: number;
}

/** How many numbers are drawn for one webhook. */
const DRAWS = 4;

interface Held {
  readonly letter: Letter;
  readonly n: number;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Holds letters back for a while, and then posts them as the weather has it.
 * @param wait resolves when the time is over @param post posts one body
 * @returns takes a letter; resolves when it was delivered for the first time
 */
export function weathered(
  { seed, repeats = 0, reorders = 0, batches = 1 }: Weather,
  wait: () => Promise<void>,
  post: (letters: readonly Letter[]) => Promise<void>,
): (letter: Letter) => Promise<void> {
  let posted = 0;
  let pool: Held[] = [];
  const chance = (n: number, which: number): number => draw(seed, n * DRAWS + which);

  async function flush(): Promise<void> {
    await wait();
    const ready = pool;
    pool = [];
    const copies = ready.flatMap((held) => (chance(held.n, 0) < repeats ? [held, held] : [held]));
    const places = copies.map((held, place) => {
      const isOvertaken = chance(held.n, 1) < reorders;
      return { held, place: isOvertaken ? place + 0.5 + Math.floor(chance(held.n, 2) * copies.length) : place };
    });
    const queue = places.sort((a, b) => a.place - b.place).map(({ held }) => held);
    while (queue.length > 0) {
      const body = queue.splice(0, 1 + Math.floor(chance(queue[0]?.n ?? 0, 3) * batches));
      await post(body.map(({ letter }) => letter)).then(
        () => body.forEach(({ done }) => done()),
        (error: unknown) => body.forEach(({ failed }) => failed(error)),
      );
    }
  }

  return (letter) =>
    new Promise((done, failed) => {
      pool.push({ letter, n: posted++, done, failed });
      if (pool.length === 1) void flush();
    });
}
