import { setTimeout as delay } from "node:timers/promises";
import type { DeskEvent } from "../domain/event.js";
import { codeOf } from "../errors.js";
import { failpoint } from "../failpoints.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Forgotten } from "../ports/attachment-storage.js";
import type { Storage } from "../ports/storage.js";
import { discard, type MediaDesk } from "./media-work.js";
import { timeOf } from "./storage-clock.js";

export interface MediaSweepOptions {
  readonly media: MediaDesk;
  readonly storage: Pick<Storage, "forgetDue" | "knownFiles" | "loadChats">;
  readonly logger: DeskLogger;
  /** Milliseconds between two sweeps. */
  readonly everyMs: number;
  readonly publish: (events: readonly DeskEvent[]) => void;
}

/** Attachments that are forgotten by one statement. */
const FORGET_BATCH = 100;
/** Files of the store that are looked up by one statement. */
const LIST_PAGE = 500;
/** Milliseconds for which a file may lie in the store before a row names it: a lease ends long before. */
const UNNAMED_MS = 60 * 60 * 1_000;
/** The store is gone through once in so many sweeps: it may be large, and holds nobody's files only where a process was killed. */
const ORPHANS_EVERY = 36;

/**
 * Forgets what has come due, and removes what nobody names: files of processes that were killed between storing them and saying so, and what is left of those that
 * were on their way. All processes may do it at once.
 */
export function mediaSweep({ media, storage, logger, everyMs, publish }: MediaSweepOptions) {
  const stopping = new AbortController();
  let running: Promise<void> | null = null;

  async function forget(): Promise<void> {
    for (;;) {
      const forgotten = await storage.forgetDue({ limit: FORGET_BATCH });
      if (BELLDESK_FAILPOINTS) await failpoint("media.forgotten");
      publish(forgotten.events);
      await removeFiles(media, forgotten);
      if (forgotten.events.length === 0 && forgotten.files.length === 0) return;
      if (stopping.signal.aborted) return;
    }
  }

  /** @returns how many files were removed */
  async function removeOrphans(): Promise<number> {
    let removed = 0;
    const before = (await timeOf(storage)).getTime() - UNNAMED_MS;
    for (let after: string | null = null; ;) {
      const page = await media.store.list({ after, limit: LIST_PAGE });
      const old = page.items.filter(({ storedAt }) => storedAt.getTime() < before);
      for (const hotelId of new Set(old.map((file) => file.hotelId))) {
        const ids = old.filter((file) => file.hotelId === hotelId).map(({ id }) => id);
        const known = await storage.knownFiles({ hotelId, ids });
        const orphans = ids.filter((_, at) => known[at] === false);
        await discard(media, hotelId, orphans);
        removed += orphans.length;
      }
      if (page.next === null || stopping.signal.aborted) return removed;
      after = page.next;
    }
  }

  async function run(): Promise<void> {
    for (let round = 0; !stopping.signal.aborted; round++) {
      await once(round % ORPHANS_EVERY === 0);
      await delay(everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
  }

  async function once(orphans: boolean): Promise<void> {
    const steps = [forget, () => media.temp.sweep(), ...(orphans ? [() => media.store.sweep?.(), removeOrphans] : [])];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        logger.warn({ code: codeOf(error) }, "files could not be swept");
      }
    }
  }

  return {
    start(): void {
      running ??= run();
    },
    async stop(): Promise<void> {
      stopping.abort();
      await running;
    },
    /** All that there is to do, at once. */
    now: () => once(true),
  };
}

export type MediaSweep = ReturnType<typeof mediaSweep>;

/** Bytes whose rows are gone. */
export async function removeFiles(media: MediaDesk, { files }: Pick<Forgotten, "files">): Promise<void> {
  for (const { hotelId, id } of files) await discard(media, hotelId, [id]);
}
