import { Cursor } from "./cursor.js";
import { refuse } from "./found.js";
import type { Format, Look, Structure } from "./format.js";
import { pixels } from "./pixels.js";
import { skipText } from "./needles.js";

const [SOI, EOI, SOS, DNL, APP0, APP1, APP2, COM] = [0xd8, 0xd9, 0xda, 0xdc, 0xe0, 0xe1, 0xe2, 0xfe];
/** Markers that begin a frame, and say how large it is. C4, C8 and CC among them are tables. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/**
 * JPEG: segments from SOI to EOI, with coded pictures in between. Phones append further whole pictures (a gain map, a second lens)
 * where a multi-picture segment says so; nothing else may follow.
 * @source ITU-T T.81 (1992), annex B; JFIF 1.02; CIPA DC-007 (multi-picture format)
 */
export const jpeg: Format = {
  types: ["image/jpeg"],
  begins: (head) => head.startsWith("\xff\xd8\xff"),
  async look({ source, limits }: Look): Promise<Structure> {
    const cursor = new Cursor(source);
    const first = await picture(cursor);
    let all = pixels(first.width, first.height, limits);
    for (let more = 0; first.more && cursor.left > 0; more++) {
      await cursor.need(Math.min(3, cursor.left));
      if (more === 16 || cursor.peek() !== 0xff || cursor.peek(1) !== SOI || cursor.peek(2) !== 0xff)
        refuse("trailing_data");
      const next = await picture(cursor);
      all += next.width * next.height;
      if (all > limits.pixels) refuse("too_many_pixels");
    }
    cursor.mustEnd();
    return { type: "image/jpeg", width: first.width, height: first.height };
  },
};

/** One picture, from SOI to EOI. `more`: it says that others follow it. */
async function picture(cursor: Cursor): Promise<{ width: number; height: number; more: boolean }> {
  await cursor.need(2);
  if (cursor.u16() !== 0xff00 + SOI) refuse("malformed");
  let size: { width: number; height: number } | null = null;
  let [scans, more] = [0, false];
  for (let first = true; ; first = false) {
    const marker = await nextMarker(cursor);
    if (marker === EOI) break;
    if (marker === SOI || isRestart(marker) || marker < 0xc0) refuse("malformed");
    await cursor.need(2);
    const length = cursor.u16() - 2;
    // As text this length begins a comment, which is how a JPEG becomes a script.
    if (first && length + 2 === 0x2f2a) refuse("double_format");
    if (length < 0) refuse("malformed");
    if (length > cursor.left) cursor.short();

    if (isFrame(marker)) {
      if (size !== null || length < 6) refuse("malformed");
      await cursor.need(length);
      const [precision, height, width, components] = [cursor.u8(), cursor.u16(), cursor.u16(), cursor.u8()];
      if (length !== 6 + 3 * components || components === 0 || precision > 16) refuse("malformed");
      cursor.advance(3 * components);
      // A height of 0 is told after the picture, by a way that many decoders do not know.
      if (width === 0 || height === 0) refuse("malformed");
      size = { width, height };
    } else if (marker === SOS) {
      if (size === null || length < 6) refuse("malformed");
      await cursor.need(length);
      if (length !== 4 + 2 * cursor.peek()) refuse("malformed");
      cursor.advance(length);
      await coded(cursor);
      scans++;
    } else if (marker === APP0) await application0(cursor, length);
    else if (marker === APP2) {
      if (length >= 4) {
        await cursor.need(4);
        more ||= cursor.peek() === 0x4d && cursor.peek(1) === 0x50 && cursor.peek(2) === 0x46 && cursor.peek(3) === 0;
      }
      await skipText(cursor, length);
    } else if ((marker >= APP1 && marker <= 0xef) || marker === COM) await skipText(cursor, length);
    else if (marker === DNL) refuse("malformed");
    else await cursor.skip(length);
  }
  if (size === null || scans === 0) return refuse("malformed");
  return { ...size, more };
}

/** Any number of FF bytes may stand before a marker. */
async function nextMarker(cursor: Cursor): Promise<number> {
  await cursor.need(2);
  if (cursor.u8() !== 0xff) refuse("hidden_data");
  for (let fill = 0; ; fill++) {
    await cursor.need(1);
    const marker = cursor.u8();
    if (marker === 0 || fill > 64) refuse("malformed");
    if (marker !== 0xff) return marker;
  }
}

/** JFIF has a length of its own, behind which somebody else's bytes might stand. */
async function application0(cursor: Cursor, length: number): Promise<void> {
  if (length >= 14) {
    await cursor.need(14);
    const name = String.fromCharCode(...[0, 1, 2, 3, 4].map((offset) => cursor.peek(offset)));
    if (name === "JFIF\0" && length !== 14 + 3 * cursor.peek(12) * cursor.peek(13)) refuse("hidden_data");
  }
  await skipText(cursor, length);
}

/** Moves to the first marker that is no restart: in coded data an FF is followed by 00. */
async function coded(cursor: Cursor): Promise<void> {
  for (;;) {
    const chunk = await cursor.chunk();
    if (chunk.length === 0) cursor.short();
    const at = chunk.indexOf(0xff);
    if (at < 0) {
      cursor.advance(chunk.length);
      continue;
    }
    cursor.advance(at);
    await cursor.need(2);
    const next = cursor.peek(1);
    if (next === 0 || isRestart(next)) cursor.advance(2);
    else if (next === 0xff) cursor.advance(1);
    else return;
  }
}
