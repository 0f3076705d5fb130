import fc from "fast-check";
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkMedia, fromBytes, MEDIA_FLAWS, MEDIA_KINDS, type MediaKind, type MediaSource } from "../../src/index.js";
import { corpus } from "./corpus.js";

const files = await corpus();
const honest = files.filter(({ expected, declaredType }) => expected.verdict === "accepted" && declaredType !== null);

/** Longest that a look into a file of some kilobytes may take on a busy machine. */
const PATIENCE_MS = 10_000;

async function looked(bytes: Uint8Array, kind: MediaKind): Promise<string> {
  const since = performance.now();
  const verdict = await checkMedia(fromBytes(bytes), { kind, declaredType: null, fileName: null });
  expect(performance.now() - since).toBeLessThan(PATIENCE_MS);
  if (verdict.verdict !== "accepted") expect(Object.keys(MEDIA_FLAWS)).toContain(verdict.reason);
  return verdict.verdict;
}

describe("whatever a guest's phone sends has one verdict, soon (T42)", () => {
  test("bytes that mean nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 6_000 }), fc.constantFrom(...MEDIA_KINDS), async (bytes, kind) => {
        await looked(bytes, kind);
      }),
      { numRuns: 300 },
    );
  });

  test("bytes behind the beginning of a file", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...honest),
        fc.nat(64),
        fc.uint8Array({ minLength: 200, maxLength: 6_000 }),
        async ({ bytes }, head, rest) => {
          await looked(Buffer.concat([bytes.subarray(0, head), rest]), "document");
        },
      ),
      { numRuns: 500 },
    );
  });

  test("files in which something was changed, left out, put in or cut off", async () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      take: fc.nat(12),
      put: fc.oneof(
        fc.uint8Array({ maxLength: 12 }),
        fc.constantFrom(...[0, 0xff, 0x7f, 0x80].map((byte) => new Uint8Array(4).fill(byte))),
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        async ({ bytes, kind }, changes, cut) => {
          let spoilt: Buffer = bytes.subarray(0, 200_000);
          for (const { at, take, put } of changes) {
            const from = Math.floor(at * spoilt.length);
            spoilt = Buffer.concat([spoilt.subarray(0, from), put, spoilt.subarray(from + take)]);
          }
          await looked(cut === null ? spoilt : spoilt.subarray(0, Math.floor(cut * spoilt.length)), kind);
        },
      ),
      { numRuns: 1_500 },
    );
  }, 120_000);

  test("files of many small parts, in a time that grows with them and no faster", async () => {
    const many = (text: string, bytes: number) => Buffer.from(text.repeat(Math.ceil(bytes / text.length)));
    const heads = [
      "%PDF-1.7\n",
      "%PDF-1.7\n1 0 obj\n",
      "\xff\xd8\xff\xe0",
      "GIF89a\x01\0\x01\0\0\0\0",
      "\x89PNG\r\n\x1a\n",
      "",
    ];
    const bodies = [
      "<<",
      "[",
      "(",
      "\\(",
      "<",
      "/a ",
      "%\n",
      "1 ",
      "endstream ",
      "PK\x05\x06",
      "\xff",
      "\xff\xff\0",
      "OggS",
      "ID3",
      "<Override ",
    ];
    for (const head of heads)
      for (const body of bodies)
        await looked(Buffer.concat([Buffer.from(head, "latin1"), many(body, 300_000)]), "document");
  }, 120_000);
});

test("a file that cannot be read has no verdict: what reading it threw is thrown", async () => {
  const gone = new Error("EIO");
  for (const { bytes, kind } of honest) {
    let reads = 0;
    const source: MediaSource = {
      sizeBytes: bytes.length,
      read: (position, length) =>
        reads++ < 1 ? Promise.resolve(bytes.subarray(position, position + length)) : Promise.reject(gone),
    };
    await expect(checkMedia(source, { kind, declaredType: null, fileName: null })).rejects.toBe(gone);
  }
});

test("a file that becomes shorter while it is looked into is refused", async () => {
  for (const { bytes, kind } of honest) {
    const source: MediaSource = {
      sizeBytes: bytes.length * 2,
      read: (position, length) => Promise.resolve(bytes.subarray(position, position + length)),
    };
    expect((await checkMedia(source, { kind, declaredType: null, fileName: null })).verdict).not.toBe("accepted");
  }
});

test("a hotel lowers what it takes, and raises nothing", async () => {
  const photo = honest.find(({ name }) => name === "a photo")!;
  const options = { kind: "image", declaredType: "image/jpeg", fileName: null } as const;
  const said = (limits: object, allowed?: readonly string[]) =>
    checkMedia(fromBytes(photo.bytes), { ...options, limits, ...(allowed && { allowed }) });
  expect(await said({ image: photo.bytes.length })).toMatchObject({ verdict: "accepted", width: 64, height: 48 });
  expect(await said({ image: photo.bytes.length - 1 })).toEqual({ verdict: "refused", reason: "too_large" });
  expect(await said({ pixels: 64 * 48 - 1 })).toEqual({ verdict: "refused", reason: "too_many_pixels" });
  expect(await said({}, ["image/png"])).toEqual({ verdict: "refused", reason: "type_not_allowed" });
  const large = { sizeBytes: 5_000_001, read: () => Promise.resolve(new Uint8Array(0)) };
  expect(await checkMedia(large, { ...options, limits: { image: 50_000_000 } })).toMatchObject({ reason: "too_large" });
});

describe("a file of 100 MB is looked into in little memory", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(tmpdir(), "belldesk-large-"));
  });
  afterAll(() => fs.rm(folder, { recursive: true }));

  test.each(["tokens.pdf", "packed.docx", "txt", "png"])(
    "as a %s",
    async (kind) => {
      const child = path.join(import.meta.dirname, "large.ts");
      const loader = path.join(import.meta.dirname, "../../scripts/typescript.mjs");
      const { stdout } = await promisify(execFile)(process.execPath, ["--import", loader, child, folder, kind]);
      const { verdict, sizeBytes, grownBytes, longestTurnMs } = JSON.parse(stdout) as Record<string, any>;
      expect(verdict).toMatchObject({ verdict: "accepted" });
      expect(sizeBytes).toBeGreaterThan(95_000_000);
      expect(grownBytes).toBeLessThan(64_000_000);
      // A second: this machine does other things, too.
      expect(longestTurnMs).toBeLessThan(2_000);
    },
    120_000,
  );
});
