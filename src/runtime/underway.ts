import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";

/** What was begun and is not over yet. */
export interface Underway {
  /** The same verbs, each under way from when it is asked for until it is over. */
  counted<Verbs extends object>(verbs: Verbs): Verbs;
  /** Waits for what has been begun by now, and for whoever asked to hear of it. @returns whether all was over in time */
  over(atMostMs: number): Promise<boolean>;
}

export function underway(): Underway {
  const running = new Set<Promise<void>>();

  function begun<Answer>(answer: Answer): Answer {
    if (!(answer instanceof Promise)) return answer;
    const over: Promise<void> = answer.then(done, done);
    function done(): void {
      running.delete(over);
    }
    running.add(over);
    return answer;
  }

  return {
    counted<Verbs extends object>(verbs: Verbs): Verbs {
      type Verb = (...args: readonly unknown[]) => unknown;
      const each = Object.entries(verbs as Readonly<Record<string, Verb>>);
      return Object.fromEntries(
        each.map(([name, verb]): [string, Verb] => [name, (...args) => begun(verb(...args))]),
      ) as Verbs;
    },

    async over(atMostMs) {
      const now = [...running];
      if (now.length === 0) return true;
      const late = new AbortController();
      await Promise.race([
        Promise.all(now),
        delay(atMostMs, undefined, { signal: late.signal }).catch(() => undefined),
      ]);
      late.abort();
      // An answer is written before whoever stops the desk cuts its connection.
      await turn();
      return !now.some((one) => running.has(one));
    },
  };
}
