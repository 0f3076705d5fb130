import assert from "node:assert/strict";
import { ConversationError, type ErrorCode } from "../../errors.js";
import type { ListedFile, MediaKey, MediaRange, MediaStore, NewStoredFile } from "../../ports/media-store.js";
import type { MediaStoreCase, MediaStoreUnderTest } from "./case.js";

/** No two pieces of it are the same. Bytes. */
const LONG = 300_000;

const bytesOf = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, n) => (n * 31 + (n >> 8) * seed + seed) & 255);

async function* inPieces(bytes: Uint8Array, piece = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += piece) yield await Promise.resolve(bytes.subarray(at, at + piece));
}

const aFile = (bytes: Uint8Array, changes: Partial<NewStoredFile> = {}): NewStoredFile => ({
  hotelId: "grand",
  id: "file_1",
  sizeBytes: bytes.length,
  mimeType: "application/pdf",
  read: () => inPieces(bytes),
  ...changes,
});

const KEY: MediaKey = { hotelId: "grand", id: "file_1" };

/** What is stored; null for nothing. */
async function stored(store: MediaStore, key: MediaKey = KEY, range?: MediaRange): Promise<Buffer | null> {
  const file = await store.open(key, range);
  if (file === null) return null;
  const pieces: Uint8Array[] = [];
  for await (const piece of file.bytes) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

async function listed(store: MediaStore, hotelId?: string, limit = 1_000): Promise<readonly ListedFile[]> {
  const found: ListedFile[] = [];
  let after: string | null = null;
  do {
    const page = await store.list({ ...(hotelId !== undefined && { hotelId }), after, limit });
    assert.ok(page.items.length <= limit, "a page is no longer than was asked for");
    assert.notEqual(page.next, after ?? "", "a page leads on");
    found.push(...page.items);
    after = page.next;
  } while (after !== null);
  return found;
}

const nothingIsStored = async (store: MediaStore): Promise<void> => {
  assert.equal(await store.open(KEY), null, "nobody can open it");
  assert.deepEqual(await listed(store), [], "and it is on no list");
};

async function failsWith(code: ErrorCode, call: Promise<unknown>): Promise<ConversationError> {
  const outcome = await call.then(
    () => null,
    (error: unknown) => error,
  );
  if (!ConversationError.is(outcome)) return assert.fail(`a ConversationError ${code} is thrown: ${String(outcome)}`);
  assert.equal(outcome.code, code);
  return outcome;
}

/** A store, and its end. */
const against =
  (run: (store: MediaStore) => Promise<void>) =>
  async ({ open }: MediaStoreUnderTest): Promise<void> => {
    const store = await open();
    try {
      await run(store);
    } finally {
      await store.close?.();
    }
  };

const sameBytes = (found: Buffer | null, wanted: Uint8Array): void => {
  if (found === null) return assert.fail("the file is there");
  // Not with deepEqual, which prints both.
  assert.ok(found.equals(wanted), `the file has its ${wanted.length} bytes again, not ${found.length} others`);
};

/** Hotels whose ids mean something to a file system or to an address. */
const ODD_HOTELS = [
  "..",
  ".",
  "../grand",
  "grand/file_1",
  "a\\b",
  "GRAND",
  "con",
  " grand",
  "grand ",
  "grand.",
  "%2e%2e",
  "hôtel",
  "h\u006f\u0302tel",
  "ホテル",
  "=2e",
  "?a=b#c",
  "🏨",
];

const putCases: readonly MediaStoreCase[] = [
  {
    id: "put/whole",
    says: "A guest's file comes back byte for byte.",
    run: against(async (store) => {
      const bytes = bytesOf(LONG);
      await store.put(aFile(bytes));
      sameBytes(await stored(store), bytes);
      const file = await store.open(KEY);
      assert.equal(file?.sizeBytes, LONG);
      file.discard();
    }),
  },
  {
    id: "put/empty",
    says: "A file without a byte is a file.",
    run: against(async (store) => {
      await store.put(aFile(bytesOf(0)));
      sameBytes(await stored(store), bytesOf(0));
    }),
  },
  {
    id: "put/again",
    says: "A file that is stored again after a crash is the same file (F66).",
    run: against(async (store) => {
      const bytes = bytesOf(LONG);
      await store.put(aFile(bytes));
      await store.put(aFile(bytes));
      sameBytes(await stored(store), bytes);
      assert.equal((await listed(store)).length, 1);
    }),
  },
  {
    id: "put/at-once",
    says: "Two processes that store one file at the same moment both succeed (F66).",
    run: against(async (store) => {
      const bytes = bytesOf(LONG);
      await Promise.all(Array.from({ length: 8 }, () => store.put(aFile(bytes))));
      sameBytes(await stored(store), bytes);
      assert.equal((await listed(store)).length, 1);
    }),
  },
  {
    id: "put/size",
    says: "A file that is shorter or longer than was said is not stored, and what is stored is not written over by one of another size (F61).",
    run: against(async (store) => {
      const bytes = bytesOf(LONG);
      for (const sizeBytes of [LONG - 1, LONG + 1, 0, 2 * LONG]) {
        await failsWith("media_size_differs", store.put(aFile(bytes, { sizeBytes })));
        await nothingIsStored(store);
      }
      await store.put(aFile(bytes));
      await failsWith("media_size_differs", store.put(aFile(bytesOf(LONG - 5))));
      sameBytes(await stored(store), bytes);
    }),
  },
  {
    id: "put/broken-off",
    says: "A file that breaks off on its way leaves nothing, and why it broke off is told as it is (F60).",
    run: against(async (store) => {
      const broken = new ConversationError("media_broken_off");
      for (const after of [0, 1, LONG - 1, LONG]) {
        const file = aFile(bytesOf(LONG), {
          read: async function* () {
            yield* inPieces(bytesOf(after));
            throw broken;
          },
        });
        const thrown = await store.put(file).catch((error: unknown) => error);
        assert.equal(thrown, broken);
        await nothingIsStored(store);
      }
    }),
  },
  {
    id: "put/unfinished",
    says: "Nobody sees half a file (F60).",
    run: against(async (store) => {
      const bytes = bytesOf(LONG);
      let goOn: () => void = () => undefined;
      const paused = new Promise<void>((resolve) => (goOn = resolve));
      let reached: () => void = () => undefined;
      const half = new Promise<void>((resolve) => (reached = resolve));
      const putting = store.put(
        aFile(bytes, {
          read: async function* () {
            yield* inPieces(bytes.subarray(0, LONG / 2));
            reached();
            await paused;
            yield* inPieces(bytes.subarray(LONG / 2));
          },
        }),
      );
      await Promise.race([half, putting]);
      try {
        await nothingIsStored(store);
      } finally {
        goOn();
        await putting.catch(() => undefined);
      }
      sameBytes(await stored(store), bytes);
    }),
  },
  {
    id: "put/hotels",
    says: "A file belongs to one hotel: another with the same id has another file, or none (T47).",
    run: against(async (store) => {
      const [ours, theirs] = [bytesOf(1_000), bytesOf(2_000, 7)];
      await store.put(aFile(ours));
      assert.equal(await store.open({ ...KEY, hotelId: "seaside" }), null);
      await store.put(aFile(theirs, { hotelId: "seaside" }));
      sameBytes(await stored(store), ours);
      sameBytes(await stored(store, { ...KEY, hotelId: "seaside" }), theirs);
    }),
  },
  {
    id: "put/any-hotel",
    says: "A hotel's id is a name and no path, whatever stands in it (T34).",
    run: against(async (store) => {
      for (const [n, hotelId] of ODD_HOTELS.entries()) await store.put(aFile(bytesOf(100 + n), { hotelId }));
      for (const [n, hotelId] of ODD_HOTELS.entries())
        sameBytes(await stored(store, { ...KEY, hotelId }), bytesOf(100 + n));
      const hotels = (await listed(store)).map(({ hotelId }) => hotelId);
      assert.deepEqual(hotels.toSorted(), ODD_HOTELS.toSorted());
    }),
  },
  {
    id: "put/key",
    says: "An id that the desk did not make is refused, and leads nowhere (T34).",
    run: against(async (store) => {
      for (const id of [
        "",
        "..",
        "../file_1",
        "a/b",
        "a\\b",
        "file.exe",
        "-rf",
        "con:",
        "é",
        "a\0b",
        "x".repeat(129),
      ]) {
        await failsWith("media_key_invalid", store.put(aFile(bytesOf(10), { id })));
        await failsWith("media_key_invalid", store.open({ ...KEY, id }));
        await failsWith("media_key_invalid", store.delete({ ...KEY, id }));
      }
      assert.deepEqual(await listed(store), []);
    }),
  },
];

const openCases: readonly MediaStoreCase[] = [
  {
    id: "open/none",
    says: "Where there is no file nobody gets one.",
    run: against(async (store) => assert.equal(await store.open(KEY), null)),
  },
  {
    id: "open/range",
    says: "A player gets the part of a film that it asks for, both ends included.",
    run: against(async (store) => {
      const bytes = bytesOf(LONG);
      await store.put(aFile(bytes));
      for (const [start, end] of [
        [0, 0],
        [0, LONG - 1],
        [1, 2],
        [65_535, 65_537],
        [LONG - 1, LONG - 1],
        [LONG - 10, LONG + 10],
        [5, 10 * LONG],
      ] as const) {
        sameBytes(await stored(store, KEY, { start, end }), bytes.subarray(start, end + 1));
        const file = await store.open(KEY, { start, end });
        assert.equal(file?.sizeBytes, LONG, "the size is the whole file's");
        file.discard();
      }
    }),
  },
  {
    id: "open/range-invalid",
    says: "A part behind the end of a file is refused, with the file's size.",
    run: against(async (store) => {
      await store.put(aFile(bytesOf(1_000)));
      for (const start of [1_000, 5_000]) {
        const { details } = await failsWith("media_range_invalid", store.open(KEY, { start, end: start + 10 }));
        assert.equal(details["sizeBytes"], 1_000);
      }
    }),
  },
  {
    id: "open/again",
    says: "A file is read as often as somebody wants it, also at the same moment.",
    run: against(async (store) => {
      const bytes = bytesOf(LONG);
      await store.put(aFile(bytes));
      for (const found of await Promise.all(Array.from({ length: 8 }, () => stored(store)))) sameBytes(found, bytes);
    }),
  },
  {
    id: "open/left",
    says: "A file that is not read to its end is let go of, and can be read again.",
    run: against(async (store) => {
      const bytes = bytesOf(LONG);
      await store.put(aFile(bytes));
      for (let time = 0; time < 20; time++) {
        const [left, discarded] = await Promise.all([store.open(KEY), store.open(KEY)]);
        for await (const piece of left?.bytes ?? []) if (piece.length > 0) break;
        left?.discard();
        discarded?.discard();
        discarded?.discard();
      }
      sameBytes(await stored(store), bytes);
    }),
  },
];

const deleteCases: readonly MediaStoreCase[] = [
  {
    id: "delete/gone",
    says: "A file that is forgotten is gone, and its id can be opened by nobody.",
    run: against(async (store) => {
      await store.put(aFile(bytesOf(1_000)));
      await store.delete(KEY);
      await nothingIsStored(store);
    }),
  },
  {
    id: "delete/again",
    says: "Forgetting twice, or what never was, is no mistake.",
    run: against(async (store) => {
      await store.delete(KEY);
      await store.put(aFile(bytesOf(1_000)));
      await store.delete(KEY);
      await store.delete(KEY);
      await nothingIsStored(store);
    }),
  },
  {
    id: "delete/other",
    says: "Forgetting a file leaves the others alone, also those of another hotel with the same id.",
    run: against(async (store) => {
      const bytes = bytesOf(1_000);
      await store.put(aFile(bytes));
      await store.put(aFile(bytes, { id: "file_12" }));
      await store.put(aFile(bytes, { hotelId: "seaside" }));
      await store.delete({ hotelId: "seaside", id: "file_1" });
      sameBytes(await stored(store), bytes);
      sameBytes(await stored(store, { ...KEY, id: "file_12" }), bytes);
      assert.equal(await store.open({ ...KEY, hotelId: "seaside" }), null);
    }),
  },
];

const listCases: readonly MediaStoreCase[] = [
  {
    id: "list/pages",
    says: "Every file is on exactly one page, whatever the size of pages.",
    run: against(async (store) => {
      const ids = Array.from({ length: 23 }, (_, n) => `0190${n.toString(16).padStart(4, "0")}-${n % 3}`);
      for (const [n, id] of ids.entries()) await store.put(aFile(bytesOf(10), { id, hotelId: `hotel_${n % 4}` }));
      for (const limit of [1, 4, 22, 23, 24, 1_000]) {
        const found = (await listed(store, undefined, limit)).map(({ id }) => id);
        assert.deepEqual(found.toSorted(), ids.toSorted(), `in pages of ${limit}`);
      }
    }),
  },
  {
    id: "list/hotel",
    says: "A hotel's list holds its own files alone.",
    run: against(async (store) => {
      for (const hotelId of ["grand", "grand2", "gran"])
        for (const id of ["a", "b"]) await store.put(aFile(bytesOf(10), { hotelId, id }));
      const found = await listed(store, "grand", 1);
      assert.deepEqual(found.map(({ hotelId, id }) => [hotelId, id]).toSorted(), [
        ["grand", "a"],
        ["grand", "b"],
      ]);
      assert.deepEqual(await listed(store, "nobody"), []);
    }),
  },
  {
    id: "list/says",
    says: "The list says how large a file is and since when it is there, by which the sweep knows what is old.",
    run: against(async (store) => {
      await store.put(aFile(bytesOf(1_234)));
      const [file] = await listed(store);
      assert.equal(file?.sizeBytes, 1_234);
      // By the store's clock, which may be another machine's.
      assert.ok(Math.abs(file.storedAt.getTime() - Date.now()) < 10 * 60_000, file.storedAt.toISOString());
    }),
  },
];

const SIGNED = { expiresInS: 60, mimeType: "application/pdf", fileName: "Rechnung März.pdf" } as const;

const signedCases: readonly MediaStoreCase[] = [
  {
    id: "signed/serves",
    needs: "signed",
    says: "A signed address gives the file with the type and the name that it was signed for.",
    run: against(async (store) => {
      const bytes = bytesOf(LONG);
      await store.put(aFile(bytes));
      const url = await store.signedUrl?.(KEY, { ...SIGNED, disposition: "attachment" });
      const answer = await fetch(url ?? "");
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("content-type"), "application/pdf");
      const disposition = answer.headers.get("content-disposition") ?? "";
      assert.match(disposition, /^attachment;/);
      assert.ok(disposition.includes("filename*=UTF-8''Rechnung%20M%C3%A4rz.pdf"), disposition);
      sameBytes(Buffer.from(await answer.arrayBuffer()), bytes);
    }),
  },
  {
    id: "signed/other",
    needs: "signed",
    says: "A signed address leads to no other file (T47).",
    run: against(async (store) => {
      await store.put(aFile(bytesOf(100)));
      await store.put(aFile(bytesOf(100), { id: "file_2" }));
      const url = (await store.signedUrl?.(KEY, { ...SIGNED, disposition: "inline" })) ?? "";
      assert.ok(url.includes("file_1"));
      const other = await fetch(url.replace("file_1", "file_2"));
      await other.arrayBuffer();
      assert.notEqual(other.status, 200);
    }),
  },
];

/**
 * What every store of files keeps, case by case:
 *
 * ```ts
 * for (const { id, says, run } of mediaStoreContract) {
 *   test(`${id}: ${says}`, () => run({ open: async () => myStore(await freshFolder()) }));
 * }
 * ```
 *
 * A store without `signedUrl` leaves out the cases that need `"signed"`. Cases share nothing and may run at the same time.
 */
export const mediaStoreContract: readonly MediaStoreCase[] = [
  ...putCases,
  ...openCases,
  ...deleteCases,
  ...listCases,
  ...signedCases,
];
