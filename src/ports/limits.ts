/** So many in so long. */
export interface Limit {
  readonly count: number;
  readonly windowMs: number;
}

/**
 * Counts what somebody does, for all processes of a desk together. Nothing waits for it: each process counts by itself as well, and
 * goes by that alone while this one is away.
 */
export interface SharedLimits {
  /**
   * Counts one more for `key`, in a window that began with the first.
   * @returns milliseconds until the window ends, when that was more than the limit; else 0
   */
  count(key: string, limit: Limit): Promise<number>;
}
