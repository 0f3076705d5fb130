import type { Stats } from "node:fs";
import fs from "node:fs/promises";
import { ConversationError } from "../../src/index.js";

const FOLDER_MODE = 0o700;
/** Whoever is not this user. */
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

export const unsafe = (what: string) => new ConversationError("media_store_unsafe", { what });

/** What the file system does, with what it says put into the store's words. @returns null where it says `expected` */
export async function on<T>(run: () => Promise<T>): Promise<T>;
export async function on<T>(run: () => Promise<T>, expected: string): Promise<T | null>;
export async function on<T>(run: () => Promise<T>, expected?: string): Promise<T | null> {
  try {
    return await run();
  } catch (error) {
    if (ConversationError.is(error)) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (code === expected) return null;
    // A link where a file or a folder should be.
    if (code === "ELOOP" || code === "ENOTDIR") throw unsafe("a link");
    throw new ConversationError("media_store_unavailable", { failure: code });
  }
}

/** Whether it is a file, and this user's alone: what somebody linked into the folder is not. */
export const isRegular = (stat: Stats): boolean => stat.isFile() && isOwn(stat) && hasMode(stat, OTHERS);

const isOwn = ({ uid }: Stats): boolean => process.getuid === undefined || uid === process.getuid();
const hasMode = ({ mode }: Stats, none: number): boolean => process.platform === "win32" || (mode & none) === 0;

/** Makes a folder, or looks whether the one that is there is no link and nobody else's. */
export async function ownFolder(dir: string): Promise<void> {
  const made = await fs.mkdir(dir, { recursive: true, mode: FOLDER_MODE });
  const stat = await fs.lstat(dir);
  if (!stat.isDirectory()) throw unsafe("a link");
  if (!isOwn(stat) || !hasMode(stat, OTHERS_WRITE)) throw unsafe("a folder that others write to");
  if (made !== undefined) await fs.chmod(dir, FOLDER_MODE);
}

/** Whether a folder is there; the look ends at one that is none. */
export async function inFolder(dir: string): Promise<boolean> {
  const stat = await on(() => fs.lstat(dir), "ENOENT");
  if (stat === null) return false;
  if (!stat.isDirectory() || !isOwn(stat) || !hasMode(stat, OTHERS_WRITE)) throw unsafe("a link");
  return true;
}

/** Makes names in a folder durable; Windows does that by itself, and takes no such call. */
export async function fsync(dir: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await on(() => fs.open(dir, "r"));
  try {
    await on(() => handle.sync());
  } finally {
    await handle.close();
  }
}
