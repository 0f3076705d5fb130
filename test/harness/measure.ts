import { setTimeout as delay } from "node:timers/promises";

/** What a process holds when nothing is left to be collected. */
export interface Measured {
  readonly heapBytes: number;
  /** All that it has of the machine's memory. */
  readonly rssBytes: number;
  /** What keeps it alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** On what lives as long as the process. */
  readonly listeners: number;
}

interface Emits {
  eventNames(): (string | symbol)[];
  listenerCount(name: string | symbol): number;
}

/** In a process that runs with `--expose-gc`. */
export async function measure(emitters: readonly Emits[]): Promise<Measured> {
  // What a finalizer lets go of goes with the next.
  for (let time = 0; time < 3; time++) {
    globalThis.gc?.();
    await delay(10);
  }
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const listeners = emitters
    .flatMap((emitter) => emitter.eventNames().map((name) => emitter.listenerCount(name)))
    .reduce((sum, each) => sum + each, 0);
  const { heapUsed: heapBytes, rss: rssBytes } = process.memoryUsage();
  return { heapBytes, rssBytes, resources, listeners };
}
