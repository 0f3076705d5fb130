/** A preview's length in graphemes: what a reader counts as characters (S33). */
export const PREVIEW_GRAPHEMES = 255;
/** A preview's length in UTF-8 bytes, because one grapheme may hold any number of combining marks. */
export const PREVIEW_BYTES = 1024;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const utf8 = new TextEncoder();

// C0 and C1 controls, bidi embeddings, overrides and isolates: a preview must not rearrange the line it stands in.
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSHOWABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

const ASCII = /^[ -~]*$/;

/** Text that every database and terminal can hold: no controls, no bidi tricks, no lone surrogates. Derived, never the original. */
export const cleanText = (text: string): string => text.toWellFormed().replace(UNSHOWABLE, "");

/** One line of at most 255 graphemes and 1 KiB, cut between graphemes; empty only when there is nothing to show. */
export function preview(text: string): string {
  // A grapheme is at least one UTF-16 unit and 1 KiB holds at most 1,024 of them, so nothing beyond matters.
  const line = cleanText(text)
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 4 * PREVIEW_BYTES);
  // In plain ASCII a character is a grapheme and a byte, and looking for graphemes costs fifty times as much.
  if (ASCII.test(line)) return line.slice(0, PREVIEW_GRAPHEMES);
  let out = "";
  let bytes = 0;
  let count = 0;
  for (const { segment } of graphemes.segment(line)) {
    bytes += utf8.encode(segment).length;
    if (++count > PREVIEW_GRAPHEMES || bytes > PREVIEW_BYTES) break;
    out += segment;
  }
  // One letter heaped with marks may be more than 1 KiB by itself: some of its marks say more than an empty line.
  return out === "" ? line.slice(0, utf8.encodeInto(line, new Uint8Array(PREVIEW_BYTES)).read) : out;
}

/**
 * Text folded for comparing what a guest typed with a label: case, accents, width, the Turkish i's and surrounding
 * punctuation do not matter. Never used for access, and never stored in place of the original.
 */
export const foldText = (text: string): string =>
  text
    .toWellFormed()
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replaceAll("ı", "i")
    .replaceAll("ß", "ss")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
