import { ConversationError } from "../errors.js";

/** Lets so many in at once; the others wait in the order in which they came. */
export interface Admission {
  /** @throws {ConversationError} `busy` at once, when too many wait already; what `task` throws */
  run<T>(task: () => Promise<T>): Promise<T>;
  /** How many wait. */
  waiting(): number;
}

/** @param atOnce how many are in at once @param queue how many may wait */
export function admission(atOnce: number, queue: number): Admission {
  let inside = 0;
  // Those who wait, from `next` on: taking the first of thousands away each time would cost as many moves.
  let line: (() => void)[] = [];
  let next = 0;

  async function enter(): Promise<void> {
    if (inside < atOnce) {
      inside += 1;
      return;
    }
    if (line.length - next >= queue) throw new ConversationError("busy");
    // Whoever leaves hands the place on.
    await new Promise<void>((resolve) => line.push(resolve));
  }

  function leave(): void {
    const follower = line[next];
    if (follower === undefined) {
      inside -= 1;
      return;
    }
    next += 1;
    if (next > 1_000 || next === line.length) [line, next] = [line.slice(next), 0];
    follower();
  }

  return {
    async run(task) {
      await enter();
      try {
        return await task();
      } finally {
        leave();
      }
    },
    waiting: () => line.length - next,
  };
}
