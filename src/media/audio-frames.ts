import { Cursor } from "./cursor.js";
import { refuse } from "./found.js";
import type { Format, Look, Structure } from "./format.js";
import { skipText } from "./needles.js";

// Sounds that are frames, one after the other to the end. Nothing marks the last: what was cut between two frames is whole.

/** Moves over an ID3 tag at the beginning, which names and pictures stand in. @source ID3v2.4.0, section 3.1 */
async function id3(cursor: Cursor): Promise<void> {
  if (cursor.left < 10) return;
  await cursor.need(10);
  if (String.fromCharCode(cursor.peek(), cursor.peek(1), cursor.peek(2)) !== "ID3") return;
  const footer = (cursor.peek(5) & 0x10) !== 0 ? 10 : 0;
  let size = 0;
  for (let at = 6; at < 10; at++) {
    if (cursor.peek(at) > 127) refuse("malformed");
    size = size * 128 + cursor.peek(at);
  }
  cursor.advance(10);
  await skipText(cursor, size + footer);
}

/** What stands where a frame should begin: nothing of a sound's, or something else. */
const notAFrame = (cursor: Cursor, frames: number): never => {
  if (cursor.left === 0) return cursor.short();
  return refuse(frames === 0 ? "malformed" : "trailing_data");
};

/**
 * AAC in ADTS frames.
 * @source ISO/IEC 14496-3:2019, section 1.A.2
 */
export const aac: Format = {
  types: ["audio/aac"],
  begins: (head) => head.startsWith("\xff") && (head.charCodeAt(1) & 0xf6) === 0xf0,
  async look({ source }: Look): Promise<Structure> {
    const cursor = new Cursor(source);
    await id3(cursor);
    let frames = 0;
    for (; cursor.left > 0; frames++) {
      if (cursor.left < 7) await frameIsShort(cursor, frames, 0xf6, 0xf0);
      await cursor.need(7);
      if (cursor.peek() !== 0xff || (cursor.peek(1) & 0xf6) !== 0xf0) notAFrame(cursor, frames);
      if (((cursor.peek(2) >> 2) & 15) > 12) refuse("malformed");
      const length = ((cursor.peek(3) & 3) << 11) | (cursor.peek(4) << 3) | (cursor.peek(5) >> 5);
      if (length < 7) refuse("malformed");
      await cursor.skip(length);
    }
    if (frames === 0) cursor.short();
    return { type: "audio/aac" };
  },
};

/** Less than a header is left: the beginning of a frame, or something else. */
async function frameIsShort(cursor: Cursor, frames: number, mask: number, value: number): Promise<void> {
  await cursor.need(Math.min(2, cursor.left));
  if (cursor.peek() !== 0xff || (cursor.left > 1 && (cursor.peek(1) & mask) !== value)) notAFrame(cursor, frames);
  cursor.short();
}

/** Bytes of a frame by its kind, its header among them; 0: there is no such kind. */
const NARROW = [13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1];
const WIDE = [18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1];

/**
 * AMR, narrow or wide, with one channel.
 * @source RFC 4867, section 5
 */
export const amr: Format = {
  types: ["audio/amr"],
  begins: (head) => head.startsWith("#!AMR\n") || head.startsWith("#!AMR-WB\n"),
  async look({ source }: Look): Promise<Structure> {
    const cursor = new Cursor(source);
    await cursor.need(6);
    let sizes = NARROW;
    if (cursor.text(6) !== "#!AMR\n") {
      await cursor.need(3);
      if (cursor.text(3) !== "WB\n") refuse("malformed");
      sizes = WIDE;
    }
    let frames = 0;
    for (; cursor.left > 0; frames++) {
      if (cursor.ahead === 0) await cursor.need(1);
      const header = cursor.peek();
      const size = (header & 0x83) === 0 ? (sizes[header >> 3] ?? 0) : 0;
      if (size === 0) notAFrame(cursor, frames);
      if (size <= cursor.ahead) cursor.advance(size);
      else await cursor.skip(size);
    }
    if (frames === 0) cursor.short();
    return { type: "audio/amr" };
  },
};

/** Kilobits a second, for MPEG-1 and for MPEG-2 and 2.5, by layer 1 to 3. */
const RATES = [
  [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  ],
  [
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  ],
] as const;
const HERTZ = [44_100, 48_000, 32_000] as const;
/** MPEG-2.5 has a fourth of these, MPEG-2 a half. */
const SLOWER = { 0: 4, 2: 2, 3: 1 } as const;

/**
 * MP3: frames of MPEG audio, with tags before and behind them.
 * @source ISO/IEC 11172-3:1993, section 2.4.1; ID3v1; APEv2
 */
export const mp3: Format = {
  types: ["audio/mpeg"],
  // Layer 2 or 3 of any version; layer 1 nobody sends, and the mark of UTF-16 looks like it.
  begins: (head) =>
    head.startsWith("ID3") ||
    (head.startsWith("\xff") && (head.charCodeAt(1) & 0xe0) === 0xe0 && [1, 2].includes((head.charCodeAt(1) >> 1) & 3)),
  async look({ source }: Look): Promise<Structure> {
    const end = await beforeTags(new Cursor(source));
    const cursor = new Cursor(source);
    await id3(cursor);
    let [frames, kind] = [0, -1];
    for (; cursor.position < end; frames++) {
      if (end - cursor.position < 4) await frameIsShort(cursor, frames, 0xe0, 0xe0);
      await cursor.need(4);
      const [second, third] = [cursor.peek(1), cursor.peek(2)];
      if (cursor.peek() !== 0xff || (second & 0xe0) !== 0xe0) notAFrame(cursor, frames);
      const length = frameLength(second, third);
      // Version, layer and sampling rate stay as they are.
      const like = (second & 0x1e) * 256 + (third & 0x0c);
      if (length < 5 || (kind >= 0 && kind !== like)) notAFrame(cursor, frames);
      kind = like;
      if (cursor.position + length > end) {
        if (end === source.sizeBytes) cursor.short();
        refuse("malformed");
      }
      await cursor.skip(length);
    }
    // One alone may be anything.
    if (frames < 2) cursor.short();
    return { type: "audio/mpeg" };
  },
};

function frameLength(second: number, third: number): number {
  const version = (second >> 3) & 3;
  const layer = 4 - ((second >> 1) & 3);
  const hertz = HERTZ[(third >> 2) & 3];
  if (version === 1 || layer === 4 || hertz === undefined) return 0;
  const lower = version === 3 ? 0 : 1;
  const bits = (RATES[lower][(layer - 1) as 0 | 1 | 2][third >> 4] ?? 0) * 1_000;
  const rate = hertz / SLOWER[version as 0 | 2 | 3];
  const padding = (third >> 1) & 1;
  if (bits === 0) return 0;
  if (layer === 1) return (Math.floor((12 * bits) / rate) + padding) * 4;
  return Math.floor(((layer === 3 && lower === 1 ? 72 : 144) * bits) / rate) + padding;
}

/** Where the sound ends, before the tags that may stand behind it. */
async function beforeTags(cursor: Cursor): Promise<number> {
  let end = cursor.source.sizeBytes;
  if (end >= 128) {
    const tag = new Cursor(cursor.source, end - 128);
    await tag.need(128);
    if (tag.text(3) === "TAG") {
      end -= 128;
      await skipText(tag, 125);
    }
  }
  if (end >= 32) {
    const footer = new Cursor(cursor.source, end - 32);
    await footer.need(32);
    if (footer.text(8) === "APETAGEX") {
      footer.advance(4);
      const size = footer.u32le();
      footer.advance(4);
      const header = (footer.u32le() & 0x80000000) !== 0 ? 32 : 0;
      if (size < 32 || size + header > end) refuse("malformed");
      end -= size + header;
      await skipText(new Cursor(cursor.source, end, end + size + header), size + header);
    }
  }
  return end;
}
