import { Cursor } from "./cursor.js";
import { refuse } from "./found.js";
import type { Format, Look, Structure } from "./format.js";
import { skipText } from "./needles.js";
import { pixels } from "./pixels.js";

/** What stands in a frame. */
interface Picture {
  readonly width: number;
  readonly height: number;
}

/** More frames nobody sends: half a minute at 60 a second. */
const FRAMES_MAX = 2_000;

/**
 * WebP: one RIFF container as long as the file, with one picture, or frames on a canvas.
 * @source RFC 9649 (WebP Image Format), sections 2 and 3
 */
export const webp: Format = {
  types: ["image/webp"],
  begins: (head) => head.startsWith("RIFF") && head.startsWith("WEBP", 8),
  async look({ source, limits }: Look): Promise<Structure> {
    const cursor = new Cursor(source);
    await cursor.need(12);
    if (cursor.text(4) !== "RIFF") refuse("malformed");
    const size = cursor.u32le() + 8;
    if (cursor.text(4) !== "WEBP" || size % 2 !== 0) refuse("malformed");
    if (size > source.sizeBytes) refuse("truncated");
    if (size < source.sizeBytes) refuse("trailing_data");

    let canvas: (Picture & { flags: number }) | null = null;
    let still: Picture | null = null;
    let [frames, animation, total] = [0, false, 0];
    for (let first = true; cursor.left > 0; first = false) {
      const { name, length, padded } = await chunk(cursor);
      const end = cursor.position + padded;
      switch (name) {
        case "VP8X": {
          if (!first || length !== 10) refuse("malformed");
          await cursor.need(10);
          const [flags, , width, height] = [cursor.u8(), cursor.u24le(), cursor.u24le() + 1, cursor.u24le() + 1];
          pixels(width, height, limits);
          canvas = { flags, width, height };
          break;
        }
        case "VP8 ":
        case "VP8L":
          if (still !== null || frames > 0 || (!first && canvas === null)) refuse("malformed");
          still = await picture(cursor, name, length);
          pixels(still.width, still.height, limits);
          break;
        case "ANIM":
          if (canvas === null || animation || length !== 6) refuse("malformed");
          animation = true;
          break;
        case "ANMF": {
          if (canvas === null || !animation || still !== null || length < 24) return refuse("malformed");
          total += await frame(cursor, length, canvas);
          if (++frames > FRAMES_MAX || total > 10 * limits.pixels) refuse("too_many_pixels");
          break;
        }
        case "ALPH":
        case "ICCP":
          if (canvas === null) refuse("malformed");
          break;
        default:
          // EXIF, XMP, and what a later version may add.
          if (canvas === null) refuse("malformed");
          await skipText(cursor, length);
      }
      if (cursor.position > end) refuse("malformed");
      await cursor.skip(end - cursor.position);
    }
    const shown = canvas ?? still;
    const animated = frames > 0;
    if (shown === null || (still === null && !animated)) return refuse("malformed");
    if (canvas !== null && still !== null && (still.width !== canvas.width || still.height !== canvas.height))
      refuse("malformed");
    return { type: "image/webp", width: shown.width, height: shown.height, animated };
  },
};

async function chunk(cursor: Cursor): Promise<{ name: string; length: number; padded: number }> {
  await cursor.need(8);
  const name = cursor.text(4);
  const length = cursor.u32le();
  const padded = length + (length % 2);
  if (!/^[ -~]{4}$/.test(name) || padded > cursor.left) refuse("malformed");
  return { name, length, padded };
}

/** The header of what is coded. */
async function picture(cursor: Cursor, name: string, length: number): Promise<Picture> {
  if (name === "VP8L") {
    if (length < 5) refuse("malformed");
    await cursor.need(5);
    if (cursor.u8() !== 0x2f) refuse("malformed");
    const bits = cursor.u32le();
    if (bits / 2 ** 29 >= 1) refuse("malformed");
    return { width: (bits % 16_384) + 1, height: (Math.floor(bits / 16_384) % 16_384) + 1 };
  }
  if (length < 10) refuse("malformed");
  await cursor.need(10);
  const tag = cursor.u24le();
  if ((tag & 1) !== 0 || cursor.u24() !== 0x9d012a) refuse("malformed");
  if (tag >> 5 > length - 10) refuse("malformed");
  return { width: cursor.u16le() & 0x3fff, height: cursor.u16le() & 0x3fff };
}

/** One frame of an animation. @returns its pixels */
async function frame(cursor: Cursor, length: number, canvas: Picture): Promise<number> {
  const end = cursor.position + length;
  await cursor.need(16);
  const [x, y, width, height] = [2 * cursor.u24le(), 2 * cursor.u24le(), cursor.u24le() + 1, cursor.u24le() + 1];
  if (x + width > canvas.width || y + height > canvas.height) refuse("malformed");
  cursor.advance(4);
  let pictures = 0;
  while (cursor.position < end) {
    const { name, length: inner, padded } = await chunk(cursor);
    const innerEnd = cursor.position + padded;
    if (innerEnd > end) refuse("malformed");
    if (name === "VP8 " || name === "VP8L") {
      const coded = await picture(cursor, name, inner);
      if (++pictures > 1 || coded.width !== width || coded.height !== height) refuse("malformed");
    } else if (name !== "ALPH") await skipText(cursor, inner);
    await cursor.skip(innerEnd - cursor.position);
  }
  if (pictures === 0) refuse("malformed");
  return width * height;
}
