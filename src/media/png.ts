import { crc32 } from "node:zlib";
import { Cursor } from "./cursor.js";
import { refuse } from "./found.js";
import type { Format, Look, Structure } from "./format.js";
import { skipText } from "./needles.js";
import { inflated } from "./inflate.js";
import { pixels } from "./pixels.js";

/** Bits for a sample that each colour type may have. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
/** What a text or a profile may come to when it is unpacked; longer ones nobody writes. Bytes. */
const TEXT_MAX = 4_194_304;
/** Chunks with something packed in them; larger ones nobody writes. Bytes. */
const PACKED_MAX = 1_048_576;

/**
 * PNG: chunks from IHDR to IEND, each with a checksum that is right. Also APNG.
 * @source PNG (third edition), W3C 2025, sections 5, 11 and 13
 */
export const png: Format = {
  types: ["image/png"],
  begins: (head) => head.startsWith("\x89PNG\r\n\x1a\n"),
  async look({ source, limits, direction, kind }: Look): Promise<Structure> {
    const cursor = new Cursor(source);
    await cursor.need(8);
    if (cursor.text(8) !== "\x89PNG\r\n\x1a\n") refuse("malformed");

    const header = await chunk(cursor);
    if (header.name !== "IHDR" || header.length !== 13) refuse("malformed");
    await cursor.need(13);
    const [width, height, depth, colour] = [cursor.u32(), cursor.u32(), cursor.u8(), cursor.u8()];
    const [compression, filter, interlace] = [cursor.u8(), cursor.u8(), cursor.u8()];
    if (!(DEPTHS[colour]?.includes(depth) ?? false) || compression !== 0 || filter !== 0 || interlace > 1)
      refuse("malformed");
    const canvas = pixels(width, height, limits);
    await checksum(cursor, header);

    let [data, ended, frames, palette] = [false, false, 0, false];
    for (;;) {
      const part = await chunk(cursor);
      if (part.name === "IEND") {
        if (part.length !== 0) refuse("malformed");
        await checksum(cursor, part);
        break;
      }
      if (part.name === "IHDR") refuse("malformed");
      if (part.name === "IDAT") {
        // They follow one another without anything in between.
        if (ended) refuse("malformed");
        if (!data) await zlibHeader(cursor, part);
        data = true;
      } else ended ||= data;
      if (part.name === "PLTE") {
        if (palette || data || part.length % 3 !== 0 || part.length > 768) refuse("malformed");
        palette = true;
      }
      if (part.name === "fcTL" && ++frames * canvas > 10 * limits.pixels) refuse("too_many_pixels");
      // A capital letter says that nobody may leave it out, so one that nobody knows cannot be read.
      if (part.name.charCodeAt(0) < 0x60 && !["IDAT", "PLTE"].includes(part.name)) refuse("malformed");
      await body(cursor, part);
    }
    if (!data || (colour === 3 && !palette)) refuse("malformed");
    cursor.mustEnd();
    if (direction === "outbound" && kind === "image" && (depth !== 8 || (colour !== 2 && colour !== 6)))
      refuse("not_for_whatsapp");
    return { type: "image/png", width, height };
  },
};

interface Chunk {
  readonly name: string;
  readonly length: number;
  /** Where its content begins. */
  readonly from: number;
}

async function chunk(cursor: Cursor): Promise<Chunk> {
  await cursor.need(8);
  const length = cursor.u32();
  const name = cursor.text(4);
  if (!/^[A-Za-z]{4}$/.test(name)) refuse("malformed");
  if (length + 4 > cursor.left) cursor.short();
  return { name, length, from: cursor.position };
}

async function zlibHeader(cursor: Cursor, { length }: Chunk): Promise<void> {
  if (length < 2) refuse("malformed");
  await cursor.need(2);
  const [method, flags] = [cursor.peek(0), cursor.peek(1)];
  if ((method & 15) !== 8 || (method * 256 + flags) % 31 !== 0) refuse("malformed");
}

/** The content of a chunk, and what is packed in it; then its checksum. */
async function body(cursor: Cursor, part: Chunk): Promise<void> {
  const packed = ["zTXt", "iTXt", "iCCP"].includes(part.name);
  if (packed) await unpack(cursor, part);
  if (["tEXt", "iTXt", "eXIf"].includes(part.name) || !KNOWN.has(part.name))
    await skipText(new Cursor(cursor.source, part.from, part.from + part.length), part.length);
  await checksum(cursor, part);
}

/** Chunks of numbers, in which any bytes may stand. */
const KNOWN = new Set(
  "IDAT PLTE tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT tIME acTL fcTL fdAT zTXt".split(" "),
);

async function unpack(cursor: Cursor, { name, length, from }: Chunk): Promise<void> {
  if (length > PACKED_MAX) refuse("expands");
  const bytes = await cursor.source.read(from, length);
  const keyword = bytes.indexOf(0);
  if (keyword < 1 || keyword > 79) refuse("malformed");
  let at = keyword + 2;
  if (name === "iTXt") {
    if (bytes[keyword + 1] === 0) return;
    at = keyword + 3;
    for (let text = 0; text < 2; text++) at = bytes.indexOf(0, at) + 1 || refuse("malformed");
  }
  await inflated(bytes.subarray(at), TEXT_MAX);
}

/** Moves over a chunk's content, and compares. */
async function checksum(cursor: Cursor, { name, length, from }: Chunk): Promise<void> {
  let sum = crc32(name);
  const content = new Cursor(cursor.source, from, from + length);
  while (content.left > 0) {
    const bytes = await content.chunk();
    sum = crc32(bytes, sum);
    content.advance(bytes.length);
  }
  await cursor.skip(from + length - cursor.position);
  await cursor.need(4);
  if (cursor.u32() !== sum) refuse("malformed");
}
