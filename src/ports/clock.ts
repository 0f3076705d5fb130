/**
 * Time for what has no database: the memory storage. Everything else reads the time that storage gives it, so that all
 * processes agree and a test can shift it for all of them at once.
 */
export interface Clock {
  /** The time. */
  now(): Date;
}

/** This machine's clock. */
export const systemClock: Clock = { now: () => new Date() };
