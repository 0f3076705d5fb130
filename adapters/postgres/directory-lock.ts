import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ConversationError } from "../../src/index.js";

export interface DirectoryLock {
  /** Aborted where another took the directory over, who found this lock silent: nothing may be written any more. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  /** Which start of the machine the pid belongs to; null where that cannot be read. */
  readonly boot: string | null;
  /** Whose pids it is among: a container has its own. null where that cannot be read. */
  readonly pids?: string | null;
  readonly token: string;
}

const FILE = "belldesk.lock";
const ATTEMPTS = 5;
/** How often a holder touches its lock, for those who cannot see its process. */
const BEAT_MS = 2_000;
/** How long a lock is watched before its holder is taken for dead: five beats, as a busy machine misses some. */
const SILENT_MS = 5 * BEAT_MS;

/**
 * What this process itself holds, shared by every copy of this module in it: a process cannot tell by its pid whether a
 * lock with that pid is its own, or was left by a container whose processes had the same pids.
 */
const HELD = Symbol.for("belldesk.heldDirectories");
const heldTokens = (): Set<string> => {
  const held: unknown = Reflect.get(globalThis, HELD);
  if (held instanceof Set) return held as Set<string>;
  const tokens = new Set<string>();
  Reflect.set(globalThis, HELD, tokens);
  return tokens;
};

/**
 * Makes a directory this process's own, by a file that only one can create. A lock whose holder is dead is taken over: it
 * is renamed away first, so that of several who find it one succeeds. Whether a holder lives is asked by its pid; where
 * that says nothing, as between two containers on one volume, the lock is watched for ten seconds: its holder touches it.
 * @throws {ConversationError} `storage_locked` while its holder lives
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const file = path.join(directory, FILE);
  const mine: Holder = { pid: process.pid, boot: await bootId(), pids: await pidNamespace(), token: randomUUID() };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const draft = `${file}.${mine.token}`;
    try {
      // Linked with its content in it: a lock file is never seen half written.
      await fs.writeFile(draft, JSON.stringify(mine), { mode: 0o600 });
      await fs.link(draft, file);
      heldTokens().add(mine.token);
      const lost = new AbortController();
      const beats = beat(file, mine, lost);
      return {
        lost: lost.signal,
        async release() {
          clearInterval(beats);
          heldTokens().delete(mine.token);
          if (isOf(mine, await readHolder(file))) await fs.rm(file, { force: true });
        },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      await fs.rm(draft, { force: true });
    }
    const holder = await readHolder(file);
    if (holder !== null && (await lives(file, holder, mine)))
      throw new ConversationError("storage_locked", { pid: holder.pid });
    await setAside(file, holder);
  }
  throw new ConversationError("storage_locked");
}

/** Removes a dead holder's lock, unless somebody else has done so meanwhile and the file is theirs. */
async function setAside(file: string, dead: Holder | null): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await fs.rename(file, aside);
  } catch {
    return;
  }
  const moved = await readHolder(aside);
  if (moved !== null && !isOf(dead, moved)) await fs.link(aside, file).catch(() => undefined);
  await fs.rm(aside, { force: true });
}

function beat(file: string, mine: Holder, lost: AbortController): NodeJS.Timeout {
  const beats = setInterval(() => {
    void readHolder(file).then(async (holder) => {
      if (isOf(mine, holder)) return touch(file).catch(() => undefined);
      // A file that cannot be read says nothing: only another's name in it does.
      if (holder === null || !heldTokens().has(mine.token)) return;
      clearInterval(beats);
      lost.abort();
    });
  }, BEAT_MS);
  return beats.unref();
}

/** By its first byte, which is what it was: no reader finds it half written, and its time is that of the disk's own clock. */
async function touch(file: string): Promise<void> {
  const handle = await fs.open(file, "r+");
  try {
    await handle.write("{", 0);
  } finally {
    await handle.close();
  }
}

async function lives(file: string, holder: Holder, mine: Holder): Promise<boolean> {
  const isInSight = holder.boot === mine.boot && (holder.pids ?? mine.pids) === mine.pids;
  if (!isInSight) return beats(file, holder);
  if (holder.pid === mine.pid) return heldTokens().has(holder.token);
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether the lock is touched while it is watched. Its times are compared with one another: clocks of two machines may differ. */
async function beats(file: string, holder: Holder): Promise<boolean> {
  const touched = async () => (await fs.stat(file).catch(() => null))?.mtimeMs ?? null;
  const before = await touched();
  for (let watched = 0; watched < SILENT_MS; watched += BEAT_MS / 4) {
    await sleep(BEAT_MS / 4);
    if (!isOf(holder, await readHolder(file))) return false;
    const now = await touched();
    if (now !== null && now !== before) return true;
  }
  return false;
}

const isOf = (holder: Holder | null, found: Holder | null): boolean => found?.token === holder?.token;

/** null when it is gone, or was cut off while it was written, by somebody who died. */
async function readHolder(file: string): Promise<Holder | null> {
  try {
    const holder: unknown = JSON.parse(await fs.readFile(file, "utf8"));
    return typeof holder === "object" && holder !== null && "pid" in holder && "token" in holder
      ? (holder as Holder)
      : null;
  } catch {
    return null;
  }
}

async function bootId(): Promise<string | null> {
  try {
    return (await fs.readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  } catch {
    return null;
  }
}

/** null where there is no such thing, or it is nobody's business. */
const pidNamespace = (): Promise<string | null> => fs.readlink("/proc/self/ns/pid").catch(() => null);
