import type { Clock } from "../ports/clock.js";

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Moves it forward. @param ms milliseconds, not below 0 */
  advance(ms: number): void;
}

/** @param start what it shows at first */
export function manualClock(start: Date): ManualClock {
  let time = start.getTime();
  return {
    now: () => new Date(time),
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError("A clock does not go back.");
      time += ms;
    },
  };
}
