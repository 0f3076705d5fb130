import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { sharpTransformer } from "../../adapters/sharp/index.js";
import { checkMedia, fromBytes, type MediaFile } from "../../src/index.js";
import { corpus, fixture } from "../media/corpus.js";
import { sized } from "../media/builders.js";

const files = await corpus();
const named = (name: string): Buffer => files.find((file) => file.name === name)!.bytes;
const aFile = (bytes: Buffer, mimeType: string, changes: Partial<MediaFile> = {}): MediaFile => ({
  sizeBytes: bytes.length,
  mimeType,
  // oxlint-disable-next-line typescript/require-await -- as a stream would
  read: async function* () {
    yield bytes;
  },
  ...changes,
});
const transformer = sharpTransformer();

/** A photo that was taken with the phone held sideways: its left half is red. */
const sideways = async (orientation: number, format: "jpeg" | "png" | "webp"): Promise<Buffer> =>
  sharp({ create: { width: 40, height: 20, channels: 3, background: "#00f" } })
    .composite([{ input: { create: { width: 20, height: 20, channels: 3, background: "#f00" } }, left: 0, top: 0 }])
    .withExif({ IFD0: { Make: "Phone" }, IFD3: { GPSLatitudeRef: "N", GPSLatitude: "41/1 54/1 0/1" } })
    .withMetadata({ orientation })
    .withExifMerge({ IFD3: { GPSLatitudeRef: "N", GPSLatitude: "41/1 54/1 0/1" } })
    .toFormat(format, { quality: 100 })
    .toBuffer();

describe("a guest's picture (T46)", () => {
  test.each(["jpeg", "png", "webp"] as const)(
    "says no longer where and with what it was taken, as %s",
    async (format) => {
      const photo = await sideways(1, format);
      const before = await sharp(photo).metadata();
      expect(before.exif?.includes("Phone")).toBe(true);
      const { bytes, mimeType, width, height } = await transformer.strip(aFile(photo, `image/${format}`));
      expect([mimeType, width, height]).toEqual([`image/${format}`, 40, 20]);
      const { exif, xmp, iptc } = await sharp(bytes).metadata();
      expect([exif, xmp, iptc]).toEqual([undefined, undefined, undefined]);
      expect(
        await checkMedia(fromBytes(bytes), { kind: "image", declaredType: mimeType, fileName: null }),
      ).toMatchObject({ verdict: "accepted" });
    },
  );

  test("stays the right way up", async () => {
    // 6: the phone was turned to the right, so what was stored at the left is shown at the top.
    const { bytes, width, height } = await transformer.strip(aFile(await sideways(6, "jpeg"), "image/jpeg"));
    expect([width, height]).toEqual([20, 40]);
    const { data } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const [top, bottom] = [data.subarray(0, 3), data.subarray(-3)];
    expect(top[0]).toBeGreaterThan(200);
    expect(bottom[2]).toBeGreaterThan(200);
  });

  test("keeps its pixels where its format loses none", async () => {
    const picture = named("a screenshot");
    const { bytes } = await transformer.strip(aFile(picture, "image/png"));
    const pixels = (png: Uint8Array) => sharp(png).raw().toBuffer();
    expect((await pixels(bytes)).equals(await pixels(picture))).toBe(true);
  });

  test("keeps its colours", async () => {
    const { bytes } = await transformer.strip(aFile(named("a photo with a colour profile"), "image/jpeg"));
    expect((await sharp(bytes).metadata()).icc).toBeDefined();
  });

  test("that moves goes on moving", async () => {
    for (const [name, type] of [
      ["a sticker that moves", "image/webp"],
      ["a picture of old that moves", "image/gif"],
    ] as const) {
      const before = await sharp(named(name)).metadata();
      const { bytes, width, height } = await transformer.strip(aFile(named(name), type));
      expect((await sharp(bytes).metadata()).pages).toBe(before.pages);
      expect([width, height]).toEqual([48, 32]);
    }
  });
});

describe("a thumbnail", () => {
  test("is small, of the right shape and the right way up, and says nothing of where it was taken", async () => {
    const { bytes, mimeType, width, height } = await transformer.thumbnail(
      aFile(await sideways(6, "jpeg"), "image/jpeg"),
      { maxSide: 16 },
    );
    expect([mimeType, width, height]).toEqual(["image/webp", 8, 16]);
    expect((await sharp(bytes).metadata()).exif).toBeUndefined();
  });

  test("of every picture that guests send, and never larger than it", async () => {
    const pictures = files.filter(
      ({ expected, kind }) => expected.verdict === "accepted" && (kind === "image" || kind === "sticker"),
    );
    for (const { bytes, expected } of pictures) {
      const { mimeType } = expected as { mimeType: string };
      expect(transformer.takes(mimeType)).toBe(true);
      const { width, height } = await transformer.thumbnail(aFile(bytes, mimeType), { maxSide: 320 });
      expect(Math.max(width, height)).toBeLessThanOrEqual(96);
    }
  });
});

describe("a picture is not decoded (T43, T44)", () => {
  const png = fixture("ffmpeg.png");
  test.each([
    ["that has too many pixels", sized(png, 20_000, 20_000), "image/png"],
    ["that is broken", png.subarray(0, 200), "image/png"],
    [
      "that is of another type",
      Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"),
      "image/png",
    ],
    ["that is none", Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), "image/svg+xml"],
  ])("%s", async (_, bytes, mimeType) => {
    await expect(transformer.strip(aFile(bytes, mimeType))).rejects.toMatchObject({ code: "media_transform_failed" });
  });

  test("that is another type than was found", () => {
    expect(
      ["image/svg+xml", "application/pdf", "image/heic", "constructor"].map((type) => transformer.takes(type)),
    ).toEqual([false, false, false, false]);
  });

  test("whose file breaks off, or that nobody waits for", async () => {
    const broken = new Error("EIO");
    const read = (): AsyncIterable<Uint8Array> => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(broken) }),
    });
    await expect(transformer.strip(aFile(png, "image/png", { read }))).rejects.toBe(broken);
    const signal = AbortSignal.abort(broken);
    await expect(transformer.strip(aFile(png, "image/png", { signal }))).rejects.toBe(broken);
    await expect(transformer.strip(aFile(png, "image/png", { sizeBytes: 7 }))).rejects.toMatchObject({
      code: "media_size_differs",
    });
  });
});
