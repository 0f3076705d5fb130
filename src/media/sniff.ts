import { latin } from "./cursor.js";
import type { Format } from "./format.js";
import { FORMATS } from "./formats.js";
import { refuse } from "./found.js";
import { looksLikeText, textualDisguise } from "./text.js";
import type { MediaSource } from "./verdict.js";

/** Bytes of the beginning that tell what a file is. */
const HEAD = 4_096;

/** What programs, and what runs them, begin with: Windows, Linux, macOS (and Java), WebAssembly, Android, shortcuts, Flash. */
const PROGRAMS = [
  "MZ",
  "\x7fELF",
  "\xca\xfe\xba\xbe",
  "\xca\xfe\xba\xbf",
  "\xfe\xed\xfa\xce",
  "\xfe\xed\xfa\xcf",
  "\xce\xfa\xed\xfe",
  "\xcf\xfa\xed\xfe",
  "\0asm",
  "dex\n",
  "L\0\0\0\x01\x14\x02\0",
  "FWS",
  "CWS",
  "ZWS",
  "!<arch>\n",
  "\xed\xab\xee\xdb",
];
/** Types that people send and nobody here looks into: rich text, pictures, sounds, films, archives; at their place in the file. */
const OTHERS: readonly (readonly [text: string, at?: number])[] = [
  ["{\\rtf"],
  ["BM"],
  ["II*\0"],
  ["MM\0*"],
  ["8BPS"],
  ["\0\0\0\x0cJXL "],
  ["ftyp", 4],
  ["moov", 4],
  ["mdat", 4],
  ["wide", 4],
  ["\x1aE\xdf\xa3"],
  ["RIFF"],
  ["FLV\x01"],
  ["fLaC"],
  ["MThd"],
  ["0&\xb2u"],
  ["Rar!\x1a\x07"],
  ["7z\xbc\xaf"],
  ["\x1f\x8b"],
  ["BZh"],
  ["\xfd7zXZ"],
  ["(\xb5/\xfd"],
  ["MSCF"],
  ["SQLite format 3"],
  ["PK"],
];

/**
 * The format that a file begins like. The look ends at pages, at programs and at what is known to be of no type that is taken; what begins like nothing may be
 * text.
 */
export async function sniff(source: MediaSource): Promise<Format> {
  const bytes = await source.read(0, HEAD);
  const head = latin(bytes);
  const disguise = textualDisguise(bytes);
  if (disguise === "markup") refuse("markup");
  const [text, ...others] = FORMATS.toReversed();
  const found = others.find(({ begins }) => begins(head));
  if (found !== undefined) return found;
  if (text !== undefined && looksLikeText(bytes) && !head.startsWith("{\\rtf"))
    return disguise === null ? text : refuse(disguise);
  if (PROGRAMS.some((program) => head.startsWith(program))) refuse("executable");
  return refuse(OTHERS.some(([other, at = 0]) => head.startsWith(other, at)) ? "type_not_allowed" : "type_unknown");
}
