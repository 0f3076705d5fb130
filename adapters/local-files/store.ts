import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import path from "node:path";
import {
  ConversationError,
  systemClock,
  type Clock,
  type ListedFile,
  type MediaKey,
  type MediaStore,
  type NewStoredFile,
} from "../../src/index.js";
import { decoded, placeOf, encoded, type Place } from "./names.js";
import { fsync, inFolder, isRegular, on, ownFolder, unsafe } from "./safely.js";

/** Where `localFiles` keeps what guests and staff sent. */
export interface LocalFilesOptions {
  /** The folder, which nobody else writes to: made when it is missing, for this user alone. Several processes may have the same one. */
  readonly folder: string;
  /** Milliseconds after which what an unfinished put has written, and nobody has written to since, is taken for abandoned; an hour by default. */
  readonly abandonedAfterMs?: number;
  /** What decides that; the system's by default. */
  readonly clock?: Clock;
}

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = constants;
/** Windows has no such flag, and no links that anybody may make. */
const NO_FOLLOW = (constants as { readonly O_NOFOLLOW?: number }).O_NOFOLLOW ?? 0;
/** For this user alone. */
const FILE_MODE = 0o600;
/** Where files are written before they are whole. */
const INCOMING = "incoming";
/** Bytes that are read at once. */
const PIECE = 65_536;
const HOUR_MS = 3_600_000;

/**
 * A store of files in a folder of this machine: each hotel has a folder in it, and nothing in a path comes from a guest. A file is written under another name,
 * synced to the disk, and then appears whole. Folders and files are this user's alone; no link is followed, and what somebody else
 * put there is neither read nor written over (`media_store_unsafe`).
 *
 * The folder is on one disk, which need not be local: one that keeps POSIX's promises about `link` will do.
 */
export function localFiles({ folder, abandonedAfterMs = HOUR_MS, clock = systemClock }: LocalFilesOptions): MediaStore {
  const incoming = path.join(folder, INCOMING);
  /** Those of this process, which are never taken for abandoned. */
  const writing = new Set<string>();
  let ready: Promise<void> | null = null;

  /** Makes the folder, once; after a failure again. */
  async function prepared(): Promise<void> {
    ready ??= on(() => ownFolder(folder)).then(() => on(() => ownFolder(incoming)));
    try {
      await ready;
    } catch (error) {
      ready = null;
      throw error;
    }
  }

  const shelfOf = ({ hotel, shelf }: Place): readonly string[] => [
    path.join(folder, hotel),
    path.join(folder, hotel, shelf),
  ];
  const fileOf = ({ hotel, shelf, file }: Place): string => path.join(folder, hotel, shelf, file);

  /** Opens a file that is stored; null when there is none. */
  async function stored(place: Place): Promise<{ handle: FileHandle; sizeBytes: number } | null> {
    for (const dir of shelfOf(place)) if (!(await inFolder(dir))) return null;
    const handle = await on(() => fs.open(fileOf(place), O_RDONLY | NO_FOLLOW), "ENOENT");
    if (handle === null) return null;
    try {
      const stat = await on(() => handle.stat());
      if (!isRegular(stat)) throw unsafe("a file of somebody else's");
      return { handle, sizeBytes: stat.size };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async function sizeOf(place: Place): Promise<number | null> {
    const found = await stored(place);
    await found?.handle.close();
    return found?.sizeBytes ?? null;
  }

  /** Writes what comes to a file that nobody else has, and syncs it. */
  async function write(temporary: string, { sizeBytes, read }: NewStoredFile): Promise<void> {
    const handle = await on(() => fs.open(temporary, O_WRONLY | O_CREAT | O_EXCL | NO_FOLLOW, FILE_MODE));
    try {
      let size = 0;
      for await (const piece of read()) {
        size += piece.length;
        if (size > sizeBytes) throw differs(sizeBytes, size);
        await on(() => handle.writeFile(piece));
      }
      if (size !== sizeBytes) throw differs(sizeBytes, size);
      await on(() => handle.sync());
    } finally {
      await handle.close();
    }
  }

  /** Gives a whole file its name. @returns false when there is one with that name already */
  async function appear(temporary: string, place: Place): Promise<boolean> {
    for (const dir of shelfOf(place)) await on(() => ownFolder(dir));
    // Unlike a rename it writes over nothing.
    const linked = await on(() => fs.link(temporary, fileOf(place)).then(() => true), "EEXIST");
    if (linked === null) return false;
    const [hotel = folder, shelf = folder] = shelfOf(place);
    for (const dir of [shelf, hotel, folder]) await fsync(dir);
    return true;
  }

  return {
    async put(file) {
      const place = placeOf(file);
      await prepared();
      const there = await sizeOf(place);
      if (there !== null) {
        if (there !== file.sizeBytes) throw differs(file.sizeBytes, there);
        return;
      }
      const temporary = path.join(incoming, randomUUID());
      writing.add(temporary);
      try {
        await write(temporary, file);
        if (await appear(temporary, place)) return;
        const theirs = await sizeOf(place);
        if (theirs !== null && theirs !== file.sizeBytes) throw differs(file.sizeBytes, theirs);
      } finally {
        await fs.rm(temporary, { force: true }).catch(() => undefined);
        writing.delete(temporary);
      }
    },

    async open(key, range) {
      const place = placeOf(key);
      await prepared();
      const found = await stored(place);
      if (found === null) return null;
      const { handle, sizeBytes } = found;
      if (range !== undefined && range.start >= sizeBytes) {
        await handle.close();
        throw new ConversationError("media_range_invalid", { sizeBytes });
      }
      const end = Math.min(range?.end ?? Infinity, sizeBytes - 1) + 1;
      let closing: Promise<void> | null = null;
      const close = () => (closing ??= handle.close().catch(() => undefined));
      return { sizeBytes, bytes: pieces(handle, range?.start ?? 0, end, close), discard: () => void close() };
    },

    async delete(key) {
      const place = placeOf(key);
      await prepared();
      for (const dir of shelfOf(place)) if (!(await inFolder(dir))) return;
      await on(() => fs.unlink(fileOf(place)), "ENOENT");
    },

    async list({ hotelId, after, limit }) {
      await prepared();
      const items: ListedFile[] = [];
      let last: string | null = null;
      for await (const { place, key } of everyPlace(hotelId === undefined ? null : encoded(hotelId), after)) {
        const stat = await on(() => fs.lstat(fileOf(place)), "ENOENT");
        if (stat === null) continue;
        if (!isRegular(stat)) throw unsafe("a file of somebody else's");
        if (items.length === limit) return { items, next: last };
        items.push({ ...key, storedAt: stat.mtime, sizeBytes: stat.size });
        last = nameOf(place);
      }
      return { items, next: null };
    },

    async sweep() {
      await prepared();
      let swept = 0;
      for (const name of await on(() => fs.readdir(incoming))) {
        const file = path.join(incoming, name);
        const stat = await on(() => fs.lstat(file), "ENOENT");
        if (stat === null || writing.has(file)) continue;
        if (clock.now().getTime() - stat.mtimeMs < abandonedAfterMs) continue;
        await on(() => fs.rm(file, { force: true }));
        swept++;
      }
      return swept;
    },
  };

  /** Every file behind `after`, in order. */
  async function* everyPlace(
    only: string | null,
    after: string | null,
  ): AsyncGenerator<{ place: Place; key: MediaKey }> {
    for (const hotel of await names(folder)) {
      const hotelId = decoded(hotel);
      if (hotelId === null || (only !== null && hotel !== only) || isBefore(hotel, after)) continue;
      for (const shelf of await names(path.join(folder, hotel))) {
        if (isBefore(`${hotel}/${shelf}`, after)) continue;
        for (const file of await names(path.join(folder, hotel, shelf))) {
          const place = { hotel, shelf, file };
          const id = decoded(file);
          if (id !== null && (after === null || nameOf(place) > after)) yield { place, key: { hotelId, id } };
        }
      }
    }
  }

  /** What stands in a folder of the store's, in order; nothing when it has gone. */
  async function names(dir: string): Promise<readonly string[]> {
    if (!(await inFolder(dir))) return [];
    return ((await on(() => fs.readdir(dir), "ENOENT")) ?? []).sort();
  }
}

const differs = (expected: number, actual: number) => new ConversationError("media_size_differs", { expected, actual });

const nameOf = ({ hotel, shelf, file }: Place): string => `${hotel}/${shelf}/${file}`;

/** Whether all that stands in a folder was on an earlier page. */
const isBefore = (dir: string, after: string | null): boolean =>
  after !== null && !`${after}/`.startsWith(`${dir}/`) && `${dir}/` < after;

async function* pieces(
  handle: FileHandle,
  start: number,
  end: number,
  close: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let at = start; at < end;) {
      const length = Math.min(PIECE, end - at);
      const { bytesRead, buffer } = await on(() => handle.read(new Uint8Array(length), 0, length, at));
      if (bytesRead === 0) throw new ConversationError("media_store_unavailable", { failure: "short" });
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await close();
  }
}
