import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

export interface ReceiveOptions {
  /** Where it is written; nothing may be there. */
  readonly path: string;
  /** Bytes, at most. */
  readonly capBytes: number;
  /** Milliseconds for the whole file. */
  readonly deadlineMs: number;
  /** Bytes a second that have to come, on the average of the last seconds. */
  readonly minBytesPerSecond: number;
  /** Told that it is given up, so that whoever sends may stop. */
  readonly abort: (reason: Error) => void;
}

/** What came; or why it was given up: nobody reads on then. */
export type Received =
  | { readonly outcome: "whole"; readonly sizeBytes: number; readonly sha256: string }
  | { readonly outcome: "too_large" | "too_slow" };

/** Milliseconds over which the rate is looked at. A connection may pause for less. */
const WINDOW_MS = 15_000;
/** Milliseconds between looks. */
const LOOK_MS = 1_000;

/**
 * Writes a file to disk as it comes, counting and hashing: not more of it is in memory than a piece. Given up as soon as there is one byte too many, when it comes too slowly, or
 * takes too long. The file at `path` is the caller's to remove, whatever becomes of it.
 * @throws what reading throws, and what the disk does (`ENOSPC`)
 */
export async function receive(bytes: AsyncIterable<Uint8Array>, options: ReceiveOptions): Promise<Received> {
  const { path, capBytes, deadlineMs, minBytesPerSecond, abort } = options;
  const hash = createHash("sha256");
  const over = new AbortController();
  const startedAt = performance.now();
  let sizeBytes = 0;
  const seen = { slow: false };

  async function watch(): Promise<void> {
    const looks: { readonly at: number; readonly size: number }[] = [{ at: startedAt, size: 0 }];
    for (;;) {
      await delay(LOOK_MS, undefined, { signal: over.signal, ref: false });
      const now = performance.now();
      looks.push({ at: now, size: sizeBytes });
      while ((looks[1]?.at ?? Infinity) <= now - WINDOW_MS) looks.shift();
      const since = looks[0] ?? { at: now, size: sizeBytes };
      const seconds = (now - since.at) / 1_000;
      const tooSlow = now - since.at >= WINDOW_MS - LOOK_MS && (sizeBytes - since.size) / seconds < minBytesPerSecond;
      if (!tooSlow && now - startedAt < deadlineMs) continue;
      seen.slow = true;
      abort(new Error("It takes too long."));
      return;
    }
  }

  const watching = watch().catch(() => undefined);
  const file = await open(path, "wx", 0o600);
  try {
    for await (const chunk of bytes) {
      sizeBytes += chunk.length;
      if (sizeBytes > capBytes) return { outcome: "too_large" };
      hash.update(chunk);
      await file.writeFile(chunk);
      if (seen.slow) return { outcome: "too_slow" };
    }
    return seen.slow ? { outcome: "too_slow" } : { outcome: "whole", sizeBytes, sha256: hash.digest("hex") };
  } catch (error) {
    if (seen.slow) return { outcome: "too_slow" };
    throw error;
  } finally {
    over.abort();
    await watching;
    await file.close();
  }
}
