/** A preview's length at most, in graphemes: what a reader counts as characters (S33). So much is stored; lists may show less of it. */
export const PREVIEW_GRAPHEMES = 255;
/**
 * One grapheme's length in UTF-8 bytes, because it may hold any number of combining marks. The longest that mean something
 * are emoji: two people with skin tones kissing are 35 bytes, a family of four with skin tones 41.
 */
export const PREVIEW_GRAPHEME_BYTES = 64;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const utf8 = new TextEncoder();

// C0 and C1 controls, bidi embeddings, overrides and isolates: a preview must not rearrange the line it stands in.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSHOWABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

const ASCII = /^[ -~]*$/;

/** Text that every database and terminal can hold: no controls, no bidi tricks, no lone surrogates. Derived, never the original. */
export const cleanText = (text: string): string => text.toWellFormed().replace(UNSHOWABLE, "");

/** Whether something in a text stands between two of WhatsApp's marks, as bold text does: more than WhatsApp would take for markup. */
export const hasMarkup = (text: string): boolean => MARKED.test(text);
const MARKED = /([*_~`]).+\1/;

/** One line of so many graphemes at most, cut between them; empty only when there is nothing to show. */
export function preview(text: string, most = PREVIEW_GRAPHEMES): string {
  const line = cleanText(text).replace(/\s+/g, " ").trim();
  // In plain ASCII a character is a grapheme, and looking for graphemes costs fifty times as much.
  if (ASCII.test(line)) return line.slice(0, most);
  let out = "";
  let count = 0;
  for (const { segment } of graphemes.segment(line)) {
    out += withoutHeap(segment);
    if (++count === most) break;
  }
  return out;
}

/** A letter heaped with marks keeps some of them. */
const withoutHeap = (grapheme: string): string =>
  3 * grapheme.length <= PREVIEW_GRAPHEME_BYTES
    ? grapheme
    : grapheme.slice(0, utf8.encodeInto(grapheme, new Uint8Array(PREVIEW_GRAPHEME_BYTES)).read);

/** Not seen, or seen as nothing but length: joiners, soft hyphens, direction marks, the Arabic stretch. */
const UNSEEN = /[\p{Cf}\u0640]+/gu;
/**
 * Marks that people leave out when they type: accents, Arabic and Hebrew vowels, Indic dots. Other marks are letters: without
 * them Hindi has no vowels, and Japanese glass (ガラス) is a crow (カラス).
 */
const ACCENTS =
  /(?=\p{M})[\p{Script=Inherited}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Cyrillic}\u093c\u09bc\u0a3c\u0abc\u0b3c\u0cbc](?<![\u3099\u309a])/gu;
/** Letters that are typed for one another, and that Unicode does not take apart. */
const ALIKE: Readonly<Record<string, string>> = {
  ı: "i",
  ß: "ss",
  ς: "σ",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ة: "ه",
  ى: "ي",
  ی: "ي",
  ک: "ك",
};
const ALIKES = new RegExp(`[${Object.keys(ALIKE).join("")}]`, "g");

/**
 * Text folded for comparing what a guest typed with a label: case, accents, width, the Turkish i's, the two Greek sigmas,
 * spellings of one Arabic letter and punctuation do not matter. Never used for access, and never stored in place of the original.
 */
export const foldText = (text: string): string =>
  text
    .toWellFormed()
    .normalize("NFKD")
    .replace(UNSEEN, "")
    .replace(ACCENTS, "")
    .toLowerCase()
    .replace(ALIKES, (letter) => ALIKE[letter] ?? letter)
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, " ")
    .trim()
    .normalize("NFC");
