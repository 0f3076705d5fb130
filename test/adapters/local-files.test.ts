import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { localFiles } from "../../adapters/local-files/index.js";
import { memoryMediaStore } from "../../adapters/memory/index.js";
import type { MediaStore } from "../../src/index.js";
import { mediaStoreContract } from "../../src/testing/index.js";

let home: string;
beforeEach(async () => {
  home = await fs.mkdtemp(path.join(tmpdir(), "belldesk-files-"));
});
afterEach(() => fs.rm(home, { recursive: true, force: true }));

const withoutAddresses = mediaStoreContract.filter(({ needs }) => needs !== "signed");

describe("files in memory keep the contract", () => {
  for (const { id, says, run } of withoutAddresses)
    test(`${id}: ${says}`, () => run({ open: () => Promise.resolve(memoryMediaStore()) }));
});

describe("files in a folder keep the contract", () => {
  for (const { id, says, run } of withoutAddresses)
    test(`${id}: ${says}`, () =>
      run({ open: () => Promise.resolve(localFiles({ folder: path.join(home, "files") })) }));
});

const KEY = { hotelId: "grand", id: "file_1" };
const put = (store: MediaStore, text = "passport", key = KEY) =>
  store.put({
    ...key,
    sizeBytes: Buffer.byteLength(text),
    mimeType: "text/plain",
    // oxlint-disable-next-line typescript/require-await -- as a stream would
    read: async function* () {
      yield Buffer.from(text);
    },
  });

const everything = async (): Promise<readonly string[]> =>
  (await fs.readdir(home, { recursive: true, withFileTypes: true })).map((entry) =>
    path.relative(home, path.join(entry.parentPath, entry.name)),
  );
const placeOfFile = path.join("hgrand", "h_1", "hfile_1");

describe("a folder of files", () => {
  test("is this user's alone, and so is whatever is in it (T35)", async () => {
    const umask = process.umask(0);
    try {
      await put(localFiles({ folder: path.join(home, "files") }));
    } finally {
      process.umask(umask);
    }
    for (const name of await everything()) {
      const stat = await fs.stat(path.join(home, name));
      expect([name, (stat.mode & 0o777).toString(8)]).toEqual([name, stat.isDirectory() ? "700" : "600"]);
    }
  });

  test("holds no name that anybody gave, whatever a hotel is called (T34)", async () => {
    const store = localFiles({ folder: path.join(home, "files") });
    await put(store, "passport", { hotelId: "../../etc", id: "a" });
    expect((await everything()).filter((name) => !/^files(\/(incoming|h[a-z0-9_=-]+))*$/.test(name))).toEqual([]);
  });

  test("follows no link that was planted in it, neither to read, nor to write, nor to forget (T35)", async () => {
    const outside = path.join(home, "outside");
    await fs.mkdir(outside, { mode: 0o700 });
    const secret = path.join(outside, "hfile_1");
    await fs.writeFile(secret, "secret!!", { mode: 0o600 });
    const folder = path.join(home, "files");
    const plants: readonly (() => Promise<unknown>)[] = [
      // The file, its folder, the hotel's, and the one in which files are written.
      () => fs.symlink(secret, path.join(folder, placeOfFile)),
      async () => {
        await fs.rm(path.join(folder, "hgrand", "h_1"), { recursive: true, force: true });
        await fs.symlink(outside, path.join(folder, "hgrand", "h_1"));
      },
      async () => {
        await fs.mkdir(path.join(outside, "h_1"), { mode: 0o700 });
        await fs.rename(secret, path.join(outside, "h_1", "hfile_1"));
        await fs.rm(path.join(folder, "hgrand"), { recursive: true, force: true });
        await fs.symlink(outside, path.join(folder, "hgrand"));
      },
    ];
    for (const plant of plants) {
      await fs.rm(folder, { recursive: true, force: true });
      const store = localFiles({ folder });
      await put(store, "12345678", { hotelId: "grand", id: "other_1" });
      await plant();
      await expect(store.open(KEY)).rejects.toMatchObject({ code: "media_store_unsafe" });
      await expect(put(store, "12345678")).rejects.toMatchObject({ code: "media_store_unsafe" });
      await store.delete(KEY).catch(() => undefined);
      const left = await fs
        .readFile(secret, "utf8")
        .catch(() => fs.readFile(path.join(outside, "h_1", "hfile_1"), "utf8"));
      expect(left).toBe("secret!!");
    }
    await fs.rm(folder, { recursive: true });
    await fs.symlink(outside, folder);
    await expect(put(localFiles({ folder }))).rejects.toMatchObject({ code: "media_store_unsafe" });
  });

  test("reads no file that somebody linked into it by its other name (T35)", async () => {
    const secret = path.join(home, "secret");
    await fs.writeFile(secret, "secret!!", { mode: 0o644 });
    const folder = path.join(home, "files");
    const store = localFiles({ folder });
    await put(store, "12345678", { hotelId: "grand", id: "other_1" });
    await fs.link(secret, path.join(folder, placeOfFile));
    await expect(store.open(KEY)).rejects.toMatchObject({ code: "media_store_unsafe" });
  });

  test("that others write to is not used", async () => {
    const folder = path.join(home, "files");
    await fs.mkdir(folder);
    await fs.chmod(folder, 0o777);
    await expect(put(localFiles({ folder }))).rejects.toMatchObject({ code: "media_store_unsafe" });
  });

  test("keeps nothing of a put that failed, and takes it later (F65)", async () => {
    const folder = path.join(home, "files");
    const store = localFiles({ folder });
    await put(store, "12345678", { hotelId: "grand", id: "other_1" });
    // A full disk, a folder that has gone: root may write anywhere else.
    await fs.rm(path.join(folder, "incoming"), { recursive: true });
    const error: unknown = await put(store).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "media_store_unavailable", retryable: true, details: { failure: "ENOENT" } });
    expect(JSON.stringify(error)).not.toContain(home);
    await fs.mkdir(path.join(folder, "incoming"), { mode: 0o700 });
    await put(store);
    expect(await fs.readdir(path.join(folder, "incoming"))).toEqual([]);
    expect(await fs.readFile(path.join(folder, placeOfFile), "utf8")).toBe("passport");
  });

  test("is swept of what a crashed process has left, and of nothing that is being written (F60)", async () => {
    const folder = path.join(home, "files");
    let now = new Date();
    const [store, other] = [0, 1].map(() =>
      localFiles({ folder, abandonedAfterMs: 60_000, clock: { now: () => now } }),
    ) as [MediaStore, MediaStore];
    await put(store, "whole", { hotelId: "grand", id: "whole" });
    await fs.writeFile(path.join(folder, "incoming", "left"), "half a pass", { mode: 0o600 });
    expect(await store.sweep?.()).toBe(0);

    let goOn: () => void = () => undefined;
    const paused = new Promise<void>((resolve) => (goOn = resolve));
    const putting = other.put({
      ...KEY,
      sizeBytes: 2,
      mimeType: "text/plain",
      read: async function* () {
        yield Buffer.from("a");
        await paused;
        yield Buffer.from("b");
      },
    });
    await expect.poll(() => fs.readdir(path.join(folder, "incoming"))).toHaveLength(2);
    now = new Date(now.getTime() + 61_000);
    expect(await other.sweep?.()).toBe(1);
    goOn();
    await putting;
    expect(await fs.readdir(path.join(folder, "incoming"))).toEqual([]);
    expect((await store.list({ after: null, limit: 10 })).items.map(({ id }) => id).toSorted()).toEqual([
      "file_1",
      "whole",
    ]);
  });
});
