import type { Clock } from "../ports/clock.js";

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Moves it forward. @param ms milliseconds, not below 0 */
  advance(ms: number): void;
  /** Resolves when it shows that time or a later one; rejects when it is aborted first. */
  until(at: Date, signal?: AbortSignal): Promise<void>;
}

/**
 * A clock that stands still until it is moved.
 * @param start what it shows at first
 */
export function manualClock(start: Date): ManualClock {
  let time = start.getTime();
  const waiting = new Set<{ readonly dueMs: number; readonly go: () => void }>();
  return {
    now: () => new Date(time),
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError("A clock does not go back.");
      time += ms;
      for (const waiter of [...waiting].sort((a, b) => a.dueMs - b.dueMs)) if (waiter.dueMs <= time) waiter.go();
    },
    until(at, signal) {
      return new Promise((resolve, reject) => {
        const dueMs = at.getTime();
        if (dueMs <= time) {
          resolve();
          return;
        }
        const leave = () => {
          waiting.delete(waiter);
          signal?.removeEventListener("abort", stop);
        };
        const waiter = {
          dueMs,
          go: () => {
            leave();
            resolve();
          },
        };
        const stop = () => {
          leave();
          reject(new Error("The wait was given up."));
        };
        waiting.add(waiter);
        if (signal?.aborted === true) stop();
        else signal?.addEventListener("abort", stop);
      });
    },
  };
}
