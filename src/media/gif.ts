import { Cursor } from "./cursor.js";
import { refuse } from "./found.js";
import type { Format, Look, Structure } from "./format.js";
import { skipText } from "./needles.js";
import { pixels } from "./pixels.js";

const [EXTENSION, IMAGE, TRAILER] = [0x21, 0x2c, 0x3b];
const [PLAIN_TEXT, CONTROL, COMMENT, APPLICATION] = [0x01, 0xf9, 0xfe, 0xff];

/**
 * GIF: blocks from the screen's description to the trailer.
 * @source GIF89a specification (CompuServe, 1990)
 */
export const gif: Format = {
  types: ["image/gif"],
  begins: (head) => head.startsWith("GIF87a") || head.startsWith("GIF89a"),
  async look({ source, limits }: Look): Promise<Structure> {
    const cursor = new Cursor(source);
    await cursor.need(13);
    if (!/^GIF8[79]a$/.test(cursor.text(6))) refuse("malformed");
    const [width, height, flags] = [cursor.u16le(), cursor.u16le(), cursor.u8()];
    cursor.advance(2);
    // In a script the signature is a name, and a width of 2A2F begins a comment that hides the rest.
    if (width === 0x2a2f) refuse("double_format");
    pixels(width, height, limits);
    await colours(cursor, flags);

    let total = 0;
    for (;;) {
      await cursor.need(1);
      const block = cursor.u8();
      if (block === TRAILER) break;
      if (block === EXTENSION) await extension(cursor);
      else if (block === IMAGE) {
        await cursor.need(9);
        const [left, top, wide, high, local] = [
          cursor.u16le(),
          cursor.u16le(),
          cursor.u16le(),
          cursor.u16le(),
          cursor.u8(),
        ];
        total += pixels(Math.max(width, left + wide), Math.max(height, top + high), limits);
        if (total > 10 * limits.pixels) refuse("too_many_pixels");
        await colours(cursor, local);
        await cursor.need(1);
        const codeSize = cursor.u8();
        if (codeSize < 1 || codeSize > 8) refuse("malformed");
        await blocks(cursor, false);
      } else refuse("malformed");
    }
    if (total === 0) refuse("malformed");
    cursor.mustEnd();
    return { type: "image/gif", width, height, animated: total > width * height };
  },
};

/** A table of colours, where the flags say that there is one. */
async function colours(cursor: Cursor, flags: number): Promise<void> {
  if ((flags & 0x80) !== 0) await cursor.skip(3 * 2 ** ((flags & 7) + 1));
}

async function extension(cursor: Cursor): Promise<void> {
  await cursor.need(2);
  const label = cursor.u8();
  if (label === CONTROL && cursor.peek() !== 4) refuse("malformed");
  if (label === APPLICATION && cursor.peek() !== 11) refuse("malformed");
  if (![CONTROL, APPLICATION, COMMENT, PLAIN_TEXT].includes(label)) refuse("malformed");
  await blocks(cursor, label !== CONTROL);
}

/** Blocks of up to 255 bytes, up to an empty one. */
async function blocks(cursor: Cursor, text: boolean): Promise<void> {
  for (;;) {
    await cursor.need(1);
    const size = cursor.u8();
    if (size === 0) return;
    // XMP stands in a GIF as it is, with bytes behind it that make blocks of it.
    if (text) await skipText(cursor, size);
    else await cursor.skip(size);
  }
}
