import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryMediaStore } from "../../adapters/memory/index.js";
import { contentDisposition, ConversationError, type MediaStore, type NewStoredFile } from "../../src/index.js";
import { mediaStoreContract } from "../../src/testing/index.js";

const sign = (id: string): string => createHmac("sha256", "room-212").update(id).digest("hex");

/** Serves what the addresses of a store in memory lead to. */
let server: Server;
let store: MediaStore | null = null;
beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? "", "http://store");
    const key = { hotelId: query.get("hotel") ?? "", id: pathname.slice(1) };
    void (async () => {
      const file = query.get("sign") === sign(key.id) || query.has("open") ? await store?.open(key) : null;
      if (file == null) return response.writeHead(403).end();
      response.writeHead(200, {
        "content-type": query.get("type") ?? "",
        "content-disposition": query.get("as") ?? "",
      });
      for await (const piece of file.bytes) response.write(piece);
      return response.end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

function right(): MediaStore {
  store = memoryMediaStore();
  return {
    ...store,
    signedUrl: ({ hotelId, id }, { mimeType, fileName, disposition }) => {
      const as = contentDisposition(fileName, disposition);
      const query = new URLSearchParams({ hotel: hotelId, sign: sign(id), type: mimeType, as });
      const { port } = server.address() as AddressInfo;
      return Promise.resolve(`http://127.0.0.1:${port}/${id}?${query.toString()}`);
    },
  };
}

const bytesOf = async (file: NewStoredFile): Promise<Buffer> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of file.read()) pieces.push(piece);
  return Buffer.concat(pieces);
};
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
const storing =
  (change: (file: NewStoredFile, put: MediaStore["put"]) => Promise<void>) =>
  (it: MediaStore): MediaStore => ({ ...it, put: (file) => change(file, (other) => it.put(other)) });

/** A store with one mistake in it, and exactly the cases that fail for it. The first is the one that it is made for. */
const MISTAKES: readonly (readonly [fails: readonly string[], what: string, broken: (it: MediaStore) => MediaStore])[] =
  [
    [
      [
        "put/whole",
        "open/again",
        "open/left",
        "open/range",
        "put/again",
        "put/at-once",
        "put/size",
        "put/unfinished",
        "signed/serves",
      ],
      "a file's last piece is lost where it is long",
      storing(async (file, put) => {
        const bytes = await bytesOf(file);
        const kept =
          bytes.length > 100_000 && bytes.length === file.sizeBytes
            ? Buffer.concat([bytes.subarray(0, -9), Buffer.alloc(9)])
            : bytes;
        await put({ ...file, read: () => once(kept) });
      }),
    ],
    [
      ["put/empty"],
      "a file without a byte is none",
      storing((file, put) =>
        file.sizeBytes === 0 ? bytesOf(file).then(({ length }) => (length === 0 ? undefined : put(file))) : put(file),
      ),
    ],
    [
      ["put/again"],
      "a file that is there already is a mistake",
      (it) => {
        const known = new Set<string>();
        return {
          ...it,
          async put(file) {
            const name = `${file.hotelId} ${file.id}`;
            if (known.has(name) && (await it.open(file))?.sizeBytes === file.sizeBytes)
              throw new ConversationError("media_store_unavailable");
            await it.put(file);
            known.add(name);
          },
          delete: (key) => (known.delete(`${key.hotelId} ${key.id}`), it.delete(key)),
        };
      },
    ],
    [
      ["put/at-once"],
      "two at once are a mistake",
      (it) => {
        const busy = new Set<string>();
        return {
          ...it,
          async put(file) {
            const name = `${file.hotelId} ${file.id}`;
            if (busy.has(name)) throw new ConversationError("media_store_unavailable");
            busy.add(name);
            await it.put(file).finally(() => busy.delete(name));
          },
        };
      },
    ],
    [
      ["put/size"],
      "nobody counts",
      storing(async (file, put) => put({ ...file, sizeBytes: (await bytesOf(file)).length })),
    ],
    [
      ["put/broken-off"],
      "why a file broke off is told in other words",
      storing((file, put) =>
        put(file).catch((error: unknown) => {
          throw ConversationError.is(error) && error.code === "media_broken_off"
            ? new ConversationError("media_store_unavailable")
            : error;
        }),
      ),
    ],
    [
      ["put/unfinished"],
      "half a file can be opened",
      (it) => {
        let half: NewStoredFile | null = null;
        return {
          ...it,
          async put(file) {
            half = file;
            await it.put(file).finally(() => (half = null));
          },
          open: async (key, range) =>
            (await it.open(key, range)) ??
            (half?.id === key.id && half.hotelId === key.hotelId
              ? { sizeBytes: 0, bytes: once(Buffer.alloc(0)), discard: () => undefined }
              : null),
        };
      },
    ],
    [
      ["put/hotels", "delete/other"],
      "a file belongs to all hotels",
      (it) => ({
        ...it,
        open: async (key, range) =>
          (await it.open(key, range)) ??
          (key.hotelId === "seaside" ? it.open({ ...key, hotelId: "grand" }, range) : null),
      }),
    ],
    [
      ["put/any-hotel"],
      "a hotel's id is folded",
      (it) => ({
        ...it,
        put: (file) => it.put({ ...file, hotelId: file.hotelId.trim() }),
        open: (key, range) => it.open({ ...key, hotelId: key.hotelId.trim() }, range),
      }),
    ],
    [
      ["put/key"],
      "what is no id of the desk's is simply not there",
      (it) => ({
        ...it,
        open: (key, range) =>
          it.open(key, range).catch((error: unknown) => {
            if (ConversationError.is(error) && error.code === "media_key_invalid") return null;
            throw error;
          }),
      }),
    ],
    [
      [
        "open/none",
        "delete/again",
        "delete/gone",
        "delete/other",
        "put/broken-off",
        "put/hotels",
        "put/size",
        "put/unfinished",
      ],
      "where there is no file something is thrown",
      (it) => ({
        ...it,
        open: async (key, range) =>
          (await it.open(key, range)) ?? Promise.reject(new ConversationError("media_store_unavailable")),
      }),
    ],
    [
      ["open/range"],
      "the end of a range is left out",
      (it) => ({ ...it, open: (key, range) => it.open(key, range && { start: range.start, end: range.end - 1 }) }),
    ],
    [
      ["open/range-invalid"],
      "a part behind the end is empty",
      (it) => ({
        ...it,
        open: (key, range) =>
          it.open(key, range).catch((error: unknown) => {
            if (ConversationError.is(error) && error.code === "media_range_invalid") return null;
            throw error;
          }),
      }),
    ],
    [
      ["open/again"],
      "a file is read by one at a time",
      (it) => {
        let reading = 0;
        return {
          ...it,
          async open(key, range) {
            const file = await it.open(key, range);
            if (file === null) return null;
            const bytes = async function* () {
              if (reading++ > 0) throw new ConversationError("media_store_unavailable");
              try {
                yield* file.bytes;
              } finally {
                reading--;
              }
            };
            return { ...file, bytes: bytes() };
          },
        };
      },
    ],
    [
      ["open/left"],
      "discarding twice is a mistake",
      (it) => ({
        ...it,
        open: async (key, range) => {
          const file = await it.open(key, range);
          let times = 0;
          return (
            file && {
              ...file,
              discard: () => {
                if (times++ > 0) throw new ConversationError("internal");
              },
            }
          );
        },
      }),
    ],
    [
      ["delete/gone", "delete/again", "delete/other"],
      "a file that is forgotten stays",
      (it) => ({
        ...it,
        delete: async (key) => {
          await it.open(key);
        },
      }),
    ],
    [
      ["delete/again"],
      "forgetting what is not there is a mistake",
      (it) => ({
        ...it,
        delete: async (key) =>
          (await it.open(key)) === null
            ? Promise.reject(new ConversationError("media_store_unavailable"))
            : it.delete(key),
      }),
    ],
    [
      ["delete/other"],
      "forgetting is for all hotels",
      (it) => ({
        ...it,
        delete: async (key) => {
          await it.delete(key);
          await it.delete({ ...key, hotelId: "grand" });
        },
      }),
    ],
    [
      ["list/pages"],
      "a page leaves out its last",
      (it) => ({
        ...it,
        list: async (query) => {
          const page = await it.list(query);
          return page.next === null || query.limit < 2 ? page : { ...page, items: page.items.slice(0, -1) };
        },
      }),
    ],
    [
      ["list/hotel"],
      "a hotel's list has those of hotels whose name begins so",
      (it) => ({
        ...it,
        list: async ({ hotelId, ...query }) => {
          const page = await it.list({ ...query, limit: 1_000 });
          const items = page.items.filter((one) => one.hotelId.startsWith(hotelId ?? ""));
          return hotelId === undefined ? it.list(query) : { items: items.slice(0, query.limit), next: null };
        },
      }),
    ],
    [
      ["list/says"],
      "every file is from 1970",
      (it) => ({
        ...it,
        list: async (query) => {
          const page = await it.list(query);
          return { ...page, items: page.items.map((one) => ({ ...one, storedAt: new Date(0) })) };
        },
      }),
    ],
    [
      ["signed/serves"],
      "an address gives another type",
      (it) => ({ ...it, signedUrl: (key, options) => it.signedUrl!(key, { ...options, mimeType: "text/html" }) }),
    ],
    [
      ["signed/other"],
      "an address is good for any file",
      (it) => ({
        ...it,
        signedUrl: async (key, options) => (await it.signedUrl!(key, options)).replace("?", "?open=1&"),
      }),
    ],
  ];

async function failing(broken: (it: MediaStore) => MediaStore): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { id, run } of mediaStoreContract)
    await run({ open: () => Promise.resolve(broken(right())) }).catch((error: unknown) => {
      if (error instanceof ReferenceError || error instanceof SyntaxError) throw error;
      failed.push(id);
    });
  return failed;
}

describe("the contract of stores of files notices", () => {
  test.each(MISTAKES)("%j: %s", async (fails, _what, broken) => {
    expect((await failing(broken)).toSorted()).toEqual(fails.toSorted());
  });
  test("nothing in a store without a mistake", async () => {
    expect(await failing((it) => it)).toEqual([]);
  });
  test("and has a mistake for each of its cases", () => {
    const noticed = new Set(MISTAKES.map(([fails]) => fails[0]));
    expect(mediaStoreContract.map(({ id }) => id).filter((id) => !noticed.has(id))).toEqual([]);
  });
});
