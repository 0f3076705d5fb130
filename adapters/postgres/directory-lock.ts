import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { ConversationError } from "../../src/index.js";

export interface DirectoryLock {
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  /** Which start of the machine the pid belongs to; null where that cannot be read. */
  readonly boot: string | null;
  readonly token: string;
}

const FILE = "belldesk.lock";
const ATTEMPTS = 5;

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
 * is renamed away first, so that of several who find it one succeeds.
 * @throws {ConversationError} `storage_locked` while its holder lives
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const file = path.join(directory, FILE);
  const mine: Holder = { pid: process.pid, boot: await bootId(), token: randomUUID() };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const draft = `${file}.${mine.token}`;
    try {
      // Linked with its content in it: a lock file is never seen half written.
      await fs.writeFile(draft, JSON.stringify(mine), { mode: 0o600 });
      await fs.link(draft, file);
      heldTokens().add(mine.token);
      return {
        async release() {
          heldTokens().delete(mine.token);
          const holder = await readHolder(file);
          if (holder?.token === mine.token) await fs.rm(file, { force: true });
        },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      await fs.rm(draft, { force: true });
    }
    const holder = await readHolder(file);
    if (holder !== null && lives(holder, mine)) throw new ConversationError("storage_locked", { pid: holder.pid });
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
  if (moved !== null && moved.token !== dead?.token) await fs.link(aside, file).catch(() => undefined);
  await fs.rm(aside, { force: true });
}

function lives(holder: Holder, mine: Holder): boolean {
  if (holder.boot !== mine.boot) return false;
  if (holder.pid === mine.pid) return heldTokens().has(holder.token);
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

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
