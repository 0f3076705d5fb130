import { createHash } from "node:crypto";
import { lstat, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { receive, type ReceiveOptions } from "../../src/media/receive.js";
import { checkMedia } from "../../src/media/check.js";
import { fromBytes } from "../../src/media/source.js";
import { SAMPLES } from "../../examples/express-hotel/sample-files.js";
import { aPdf, aPng } from "../support/files.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "belldesk-receive-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const CHUNK = Buffer.alloc(64 * 1024, "x");

const options = (fields: Partial<ReceiveOptions> = {}): ReceiveOptions => ({
  path: join(folder, "file"),
  capBytes: 10_000_000,
  deadlineMs: 60_000,
  minBytesPerSecond: 1,
  abort: () => undefined,
  ...fields,
});

/** A server that never ends, and counts what was taken from it. */
function endless(everyMs = 0) {
  const source = { taken: 0, isLetGo: false, abort: new AbortController() };
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        await delay(everyMs, undefined, { signal: source.abort.signal });
        source.taken += CHUNK.length;
        yield CHUNK;
      }
    } finally {
      source.isLetGo = true;
    }
  }
  return { source, bytes: bytes() };
}

test("a file is written as it comes, counted and hashed, and nobody else may read it", async () => {
  const parts = [CHUNK, Buffer.from("the end")];
  const came = await receive(asComing(parts), options());
  const whole = Buffer.concat(parts);
  const sha256 = createHash("sha256").update(whole).digest("hex");
  expect(came).toEqual({ outcome: "whole", sizeBytes: whole.length, sha256 });
  expect(await readFile(join(folder, "file"))).toEqual(whole);
  expect((await lstat(join(folder, "file"))).mode & 0o777).toBe(0o600);
});

async function* asComing(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(part);
}

test("a file that never ends is cut within 64 KiB of its limit, and its server let go of (F62)", async () => {
  const { source, bytes } = endless();
  expect(await receive(bytes, options({ capBytes: 1_000_000 }))).toEqual({ outcome: "too_large" });
  expect(source.taken).toBeLessThanOrEqual(1_000_000 + CHUNK.length);
  expect(source.isLetGo).toBe(true);
  expect((await lstat(join(folder, "file"))).size).toBeLessThanOrEqual(1_000_000);
});

test("a file that would take for ever is given up at its deadline (F62)", async () => {
  const { source, bytes } = endless(100);
  const abort = (reason: Error) => source.abort.abort(reason);
  expect(await receive(bytes, options({ capBytes: Infinity, deadlineMs: 1_500, abort }))).toEqual({
    outcome: "too_slow",
  });
  expect(source.isLetGo).toBe(true);
});

test("a byte a second is too slow, although one always comes (F62)", async () => {
  async function* dripping(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (;;) {
      await delay(1_000, undefined, { signal });
      yield Buffer.from("x");
    }
  }
  const given = new AbortController();
  const abort = (reason: Error) => given.abort(reason);
  const startedAt = performance.now();
  const came = await receive(dripping(given.signal), options({ minBytesPerSecond: 1_024, abort }));
  expect(came).toEqual({ outcome: "too_slow" });
  expect(performance.now() - startedAt).toBeLessThan(25_000);
}, 120_000);

test("what breaks off is thrown on, and a file that is there already is not written over (T35)", async () => {
  async function* breaking(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(CHUNK);
    throw new Error("broken off");
  }
  await expect(receive(breaking(), options())).rejects.toThrow("broken off");
  await expect(receive(asComing([CHUNK]), options())).rejects.toMatchObject({ code: "EEXIST" });
  await symlink("/etc/hostname", join(folder, "link"));
  await expect(receive(asComing([CHUNK]), options({ path: join(folder, "link") }))).rejects.toMatchObject({
    code: "EEXIST",
  });
});

test("the files that the tests and the runnable hotel send are honest ones", async () => {
  const files = [
    { kind: "image", bytes: aPng(), mimeType: "image/png" },
    { kind: "document", bytes: aPdf(), mimeType: "application/pdf" },
    ...Object.entries(SAMPLES).map(([kind, sample]) => ({ kind: kind as keyof typeof SAMPLES, ...sample })),
  ] as const;
  for (const { kind, bytes, mimeType } of files) {
    const verdict = await checkMedia(fromBytes(bytes), { kind, declaredType: mimeType, fileName: null });
    expect(verdict).toMatchObject({ verdict: "accepted", mimeType: mimeType.split(";")[0] });
  }
});
