import { Cursor } from "./cursor.js";
import { refuse } from "./found.js";
import type { Format, Look, Structure } from "./format.js";
import type { MediaType } from "./limits.js";
import { skipText } from "./needles.js";

/** What may stand beside one another in a file. */
const OUTER = new Set(
  "ftyp styp moov moof mfra mdat free skip wide uuid meta pdin sidx ssix prft emsg udta".split(" "),
);
const PADDING = new Set(["free", "skip", "wide"]);
/** First brands of films and sounds. Pictures (HEIC, AVIF) and QuickTime's own files are written in boxes, too. */
const BRAND =
  /^(isom|iso[2-9a-c]|mp4[12]|avc1|M4[ABVP] |3g[2eghprst][0-9a-z]|dash|MSNV|ND[A-Z]{2}|mmp4|[Ff]4[VvAa] |cmf[12cs])$/;
/** Boxes with boxes in them, on the way to what a track is coded in. */
const INNER = new Set(["moov", "trak", "mdia", "minf", "stbl"]);
/** More boxes nobody writes. */
const BOXES_MAX = 100_000;

interface Track {
  /** `vide`, `soun` and the like. */
  handler: string;
  codecs: string[];
}

/**
 * MP4, M4A and 3GP: boxes that fill the file, of which one describes its tracks and one holds what they are.
 * @source ISO/IEC 14496-12:2022, sections 4 and 8; 3GPP TS 26.244
 */
export const isoMedia: Format = {
  types: ["video/mp4", "video/3gpp", "audio/mp4"],
  begins: (head) => head.startsWith("ftyp", 4) && BRAND.test(head.slice(8, 12)),
  async look({ source, direction }: Look): Promise<Structure> {
    const cursor = new Cursor(source);
    const first = await box(cursor);
    if (first.name !== "ftyp" || first.end - cursor.position < 8 || first.end > 4_096) refuse("malformed");
    await cursor.need(4);
    const brand = cursor.text(4);
    await cursor.skip(first.end - cursor.position);

    const tracks: Track[] = [];
    const seen = { moov: 0, mdat: 0, boxes: 0 };
    while (cursor.left > 0) {
      const { name, end } = await box(cursor);
      if (!OUTER.has(name)) refuse(/^[ -~©]{4}$/.test(name) ? "hidden_data" : "trailing_data");
      if (name === "ftyp" || ++seen.boxes > BOXES_MAX) refuse("malformed");
      if (name === "moov") {
        seen.moov++;
        await movie(new Cursor(source, cursor.position, end), tracks, seen, 0);
      } else if (name === "mdat" || name === "moof") seen.mdat++;
      else if (PADDING.has(name)) await padding(cursor, end);
      await cursor.skip(end - cursor.position);
    }
    // Without what describes it, a file was cut off before its end: phones write that last.
    if (seen.moov === 0) refuse("truncated");
    if (seen.moov > 1 || seen.mdat === 0 || tracks.length === 0) refuse("malformed");
    return { type: typeOf(brand, tracks, direction === "outbound") };
  },
};

/** A box's name, and where it ends. */
async function box(cursor: Cursor): Promise<{ name: string; end: number }> {
  const from = cursor.position;
  await cursor.need(8);
  let [size, header] = [cursor.u32(), 8];
  const name = cursor.text(4);
  if (size === 1) {
    await cursor.need(8);
    [size, header] = [cursor.u64(), 16];
  } else if (size === 0 && name === "mdat") size = cursor.end - from;
  if (size < header) refuse(/^[ -~©]{4}$/.test(name) ? "malformed" : "trailing_data");
  if (from + size > cursor.end) {
    // What is no box at all is something that follows the file.
    if (cursor.end === cursor.source.sizeBytes && from > 0 && !OUTER.has(name)) refuse("trailing_data");
    cursor.short();
  }
  return { name, end: from + size };
}

/** Space that was kept free: phones leave nothing in it, or what stood there before; a page or a script is neither. */
async function padding(cursor: Cursor, end: number): Promise<void> {
  await skipText(cursor, end - cursor.position);
}

async function movie(cursor: Cursor, tracks: Track[], seen: { boxes: number }, depth: number): Promise<void> {
  while (cursor.left > 0) {
    // Some writers end a list of boxes with four bytes of nothing.
    if (cursor.left === 4) {
      await cursor.need(4);
      if (cursor.u32() === 0) return;
      refuse("malformed");
    }
    const { name, end } = await box(cursor);
    if (++seen.boxes > BOXES_MAX) refuse("malformed");
    const inside = new Cursor(cursor.source, cursor.position, end);
    if (name === "trak") tracks.push({ handler: "", codecs: [] });
    if (INNER.has(name) && depth < 6) await movie(inside, tracks, seen, depth + 1);
    else if (name === "hdlr" && depth === 2) {
      await inside.need(12);
      inside.advance(8);
      const track = tracks.at(-1);
      if (track?.handler === "") track.handler = inside.text(4);
    } else if (name === "stsd") await codecs(inside, tracks.at(-1));
    else if (name === "udta" || name === "meta" || name === "uuid") await skipText(inside, inside.left);
    else if (name === "cmov") refuse("unreadable_part");
    await cursor.skip(end - cursor.position);
  }
}

async function codecs(cursor: Cursor, track: Track | undefined): Promise<void> {
  await cursor.need(8);
  cursor.advance(4);
  const count = cursor.u32();
  if (track === undefined || count > 64) return refuse("malformed");
  for (let n = 0; n < count; n++) {
    const { name, end } = await box(cursor);
    track.codecs.push(name);
    await cursor.skip(end - cursor.position);
  }
}

/** The codecs that WhatsApp takes. Source: WhatsApp "Media" (2026): H.264 and AAC, one audio stream or none. */
const FILM = new Set(["avc1", "avc3"]);
const SOUND = new Set(["mp4a"]);

function typeOf(brand: string, tracks: readonly Track[], outbound: boolean): MediaType {
  const film = tracks.filter(({ handler }) => handler === "vide");
  const sound = tracks.filter(({ handler }) => handler === "soun");
  if (film.length === 0 && sound.length === 0) refuse("malformed");
  const coded = [...film, ...sound].flatMap((track) => track.codecs);
  if (coded.length === 0) refuse("malformed");
  if (coded.some((codec) => codec.startsWith("enc"))) refuse("encrypted");
  if (outbound) {
    const wrong = film.some((track) => track.codecs.some((codec) => !FILM.has(codec)));
    const odd = sound.some((track) => track.codecs.some((codec) => !SOUND.has(codec)));
    if (wrong || odd || sound.length > 1 || film.length > 1) refuse("not_for_whatsapp");
  }
  if (film.length === 0) return "audio/mp4";
  return brand.startsWith("3g") ? "video/3gpp" : "video/mp4";
}
