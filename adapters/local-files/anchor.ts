import { constants } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { ConversationError, type AuditAnchor, type AuditHead } from "../../src/index.js";
import { encoded } from "./names.js";
import { fsync, isRegular, on, ownFolder, unsafe } from "./safely.js";

/** Where `fileAnchor` keeps the ends of the hotels' audit chains. */
export interface FileAnchorOptions {
  /** The folder, which nobody else writes to: made when it is missing, for this user alone. Several processes may have the same one. */
  readonly folder: string;
}

const { O_APPEND, O_CREAT, O_RDONLY, O_WRONLY } = constants;
/** Windows has no such flag, and no links that anybody may make. */
const NO_FOLLOW = (constants as { readonly O_NOFOLLOW?: number }).O_NOFOLLOW ?? 0;
/** For this user alone. */
const FILE_MODE = 0o600;

/**
 * Keeps where hotels' audit chains end in a folder: a file for each hotel, a line of JSON for each end, only ever added to and synced to
 * the disk. It proves as much as the folder is out of reach of whoever may write to the database: on another machine's disk, or with
 * files that can only be appended to (`chattr +a`).
 */
export function fileAnchor({ folder }: FileAnchorOptions): AuditAnchor {
  const fileOf = (hotelId: string): string => path.join(folder, `${encoded(hotelId)}.jsonl`);

  async function opened(file: string, flags: number): Promise<fs.FileHandle | null> {
    const handle = await on(() => fs.open(file, flags | NO_FOLLOW, FILE_MODE), "ENOENT");
    if (handle === null) return null;
    if (isRegular(await on(() => handle.stat()))) return handle;
    await handle.close();
    throw unsafe("a file of somebody else's");
  }

  return {
    async keep({ hotelId, n, hash, at }) {
      await on(() => ownFolder(folder));
      const handle = await opened(fileOf(hotelId), O_WRONLY | O_APPEND | O_CREAT);
      if (handle === null) throw new ConversationError("media_store_unavailable", { failure: "ENOENT" });
      try {
        // Behind its own beginning: a line that a power cut left without an end spoils no other.
        await on(() => handle.writeFile(`\n${JSON.stringify({ hotelId, n, hash, at })}`));
        await on(() => handle.sync());
      } finally {
        await handle.close();
      }
      await fsync(folder);
    },

    async *kept(hotelId) {
      const handle = await opened(fileOf(hotelId), O_RDONLY);
      if (handle === null) return;
      try {
        for await (const line of createInterface({ input: handle.createReadStream(), crlfDelay: Infinity })) {
          const head = read(line);
          if (head?.hotelId === hotelId) yield head;
        }
      } finally {
        await handle.close().catch(() => undefined);
      }
    },
  };
}

/** null for a line that is none: it was being written when the machine stopped, and its end is in the next one, too. */
function read(line: string): AuditHead | null {
  try {
    const { hotelId, n, hash, at } = JSON.parse(line) as Record<string, unknown>;
    const isHead = typeof hotelId === "string" && typeof n === "number" && typeof hash === "string";
    return isHead ? { hotelId, n, hash, at: new Date(String(at)) } : null;
  } catch {
    return null;
  }
}
