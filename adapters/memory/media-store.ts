import {
  ConversationError,
  isMediaId,
  systemClock,
  type Clock,
  type ListedFile,
  type MediaKey,
  type MediaStore,
} from "../../src/index.js";

/** What `memoryMediaStore` takes; nothing has to be given. */
export interface MemoryMediaStoreOptions {
  /** What the store goes by; the system's by default. */
  readonly clock?: Clock;
}

interface Kept {
  readonly bytes: Uint8Array;
  readonly storedAt: Date;
}

/** A store of files in this process's memory: for tests, gone when the process ends. Read it to write your own. */
export function memoryMediaStore({ clock = systemClock }: MemoryMediaStoreOptions = {}): MediaStore {
  const files = new Map<string, Kept>();

  const nameOf = ({ hotelId, id }: MediaKey): string => {
    if (!isMediaId(id)) throw new ConversationError("media_key_invalid");
    return `${id}\n${hotelId}`;
  };
  const keyOf = (name: string): MediaKey => {
    const line = name.indexOf("\n");
    return { hotelId: name.slice(line + 1), id: name.slice(0, line) };
  };

  return {
    async put({ sizeBytes, read, ...key }) {
      const name = nameOf(key);
      const differs = (actual: number) => new ConversationError("media_size_differs", { expected: sizeBytes, actual });
      const there = files.get(name);
      if (there !== undefined) {
        if (there.bytes.length !== sizeBytes) throw differs(there.bytes.length);
        return;
      }
      const pieces: Uint8Array[] = [];
      let size = 0;
      for await (const piece of read()) {
        size += piece.length;
        if (size > sizeBytes) throw differs(size);
        pieces.push(piece.slice());
      }
      if (size !== sizeBytes) throw differs(size);
      if (!files.has(name)) files.set(name, { bytes: Buffer.concat(pieces), storedAt: clock.now() });
    },

    // oxlint-disable-next-line typescript/require-await -- what is thrown is a rejection
    async open(key, range) {
      const kept = files.get(nameOf(key));
      if (kept === undefined) return null;
      const sizeBytes = kept.bytes.length;
      if (range !== undefined && range.start >= sizeBytes)
        throw new ConversationError("media_range_invalid", { sizeBytes });
      const part = range === undefined ? kept.bytes : kept.bytes.subarray(range.start, range.end + 1);
      return { sizeBytes, bytes: inPieces(part), discard: () => undefined };
    },

    // oxlint-disable-next-line typescript/require-await -- what is thrown is a rejection
    async delete(key) {
      files.delete(nameOf(key));
    },

    list({ hotelId, after, limit }) {
      const names = [...files.keys()].filter((name) => hotelId === undefined || keyOf(name).hotelId === hotelId);
      const page = names.toSorted().filter((name) => after === null || name > after);
      const items = page.slice(0, limit).flatMap((name): ListedFile[] => {
        const kept = files.get(name);
        return kept === undefined ? [] : [{ ...keyOf(name), storedAt: kept.storedAt, sizeBytes: kept.bytes.length }];
      });
      return Promise.resolve({ items, next: page.length > limit ? (page[limit - 1] ?? null) : null });
    },
  };
}

/** As it would come from a disk. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield await Promise.resolve(bytes.slice(at, at + 65_536));
}
