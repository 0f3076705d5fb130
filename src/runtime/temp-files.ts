import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../ports/clock.js";

/** Files that are on their way: in a folder of this process's own, which nobody else may look into. */
export interface TempFiles {
  /** A path at which nothing is; whoever asks removes what they put there. */
  path(): Promise<string>;
  remove(path: string): Promise<void>;
  /** Removes the folders of processes that have ended, as far as can be told, and what is left in this one's own. */
  sweep(): Promise<void>;
  /** Removes the folder. */
  close(): Promise<void>;
}

const PREFIX = "belldesk-";
/** Milliseconds after which nobody writes to a file any more: longer than any download may take. */
const STALE_MS = 60 * 60 * 1_000;

/** @param parent where the folder is made; the system's own place by default */
export function tempFiles(clock: Clock, parent: string = tmpdir(), staleMs = STALE_MS): TempFiles {
  let folder: Promise<string> | null = null;

  async function make(): Promise<string> {
    await mkdir(parent, { recursive: true });
    // Made anew, for its owner alone.
    return mkdtemp(join(parent, `${PREFIX}${String(process.pid)}-`));
  }

  async function path(): Promise<string> {
    const known = (folder ??= make());
    try {
      const own = await known;
      if (await isThere(own)) return join(own, randomUUID());
    } catch (error) {
      folder = null;
      throw error;
    }
    // Whoever clears away old temporary files took it. Those who notice at once share the next.
    if (folder === known) folder = make();
    return path();
  }

  const isThere = (at: string): Promise<boolean> =>
    stat(at).then(
      () => true,
      () => false,
    );

  /** When it was last written to; Infinity where nobody can tell. */
  const touchedAt = (at: string): Promise<number> =>
    stat(at).then(
      ({ mtimeMs }) => mtimeMs,
      () => Infinity,
    );

  return {
    path,
    remove: (at) => rm(at, { force: true }),
    async sweep() {
      const own = folder === null ? null : await folder.catch(() => null);
      const names = await readdir(parent).catch(() => []);
      for (const name of names.filter((one) => one.startsWith(PREFIX))) {
        const at = join(parent, name);
        if (at === own) continue;
        const files = await readdir(at).catch(() => []);
        const touched = await Promise.all([at, ...files.map((file) => join(at, file))].map(touchedAt));
        if (Math.max(...touched) < clock.now().getTime() - staleMs)
          await rm(at, { recursive: true, force: true }).catch(() => undefined);
      }
    },
    async close() {
      const own = folder === null ? null : await folder.catch(() => null);
      folder = null;
      if (own !== null) await rm(own, { recursive: true, force: true }).catch(() => undefined);
    },
  };
}
