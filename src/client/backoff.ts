/** How long to wait before the same is tried again. */
export interface Retry {
  /** Milliseconds; 500 by default. Doubled with each try. */
  readonly baseMs?: number;
  /** Milliseconds at most; 30,000 by default. */
  readonly maxMs?: number;
}

/** A wait that grows and is spread over its whole length, so that many clients whose desk was away do not come back at one moment. */
export function backoff({ baseMs = 500, maxMs = 30_000 }: Retry = {}) {
  let tries = 0;
  return {
    next: (): number => Math.random() * Math.min(maxMs, baseMs * 2 ** tries++),
    reset: (): void => {
      tries = 0;
    },
  };
}
