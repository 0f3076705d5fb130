import { ConversationError } from "../errors.js";
import { LIMITS } from "./limits.js";

/**
 * A text as pieces that each fit into one message, for sending one after the other. A piece ends where a sentence or a line
 * does, else where a word does; a single word that is too long is cut between two characters as readers count them, never
 * inside of one. Nothing but white space at the cuts is left out. A text that fits is its only piece, as it is; a blank one
 * has none.
 * @param limit characters in UTF-16 units, at least 1; what a text message takes, 4,096, by default
 * @throws {ConversationError} `payload_invalid` when one character alone (a letter heaped with marks) is longer than that
 */
export function splitText(text: string, limit: number = LIMITS.textBody): readonly string[] {
  if (!(limit >= 1)) throw new ConversationError("payload_invalid", { field: "split.limit", limit: 1, actual: limit });
  const pieces: string[] = [];
  let rest = text.trim() === "" ? "" : text;
  if (rest.length > limit) rest = rest.slice(inkStart(rest));
  while (rest.length > limit) {
    const { end, next } = cutOf(rest, limit);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(next);
  }
  if (rest !== "") pieces.push(rest);
  return pieces;
}

interface Cut {
  /** Where the piece ends, */
  readonly end: number;
  /** and, behind white space, the next one begins. */
  readonly next: number;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const sentences = new Intl.Segmenter(undefined, { granularity: "sentence" });

/** What is looked at beyond the limit: whether a sentence ends depends on how the next one begins. */
const LOOK_AHEAD = 100;

const isBlank = (grapheme: string): boolean => /^\s+$/.test(grapheme);

/** Where the white space at the beginning ends; a space that carries a mark is a character like any other. */
function inkStart(text: string): number {
  const start = text.search(/\S/);
  if (start < 0) return text.length;
  if (start === 0) return 0;
  const [first = ""] = Array.from(graphemes.segment(text.slice(start - 1, start + 2)), ({ segment }) => segment);
  return isBlank(first) ? start : start - 1;
}

/** The best cut of a text that is longer than the limit and begins with ink. */
function cutOf(text: string, limit: number): Cut {
  // Walking through a text costs as much for each step as the text is long.
  const near = text.slice(0, limit + LOOK_AHEAD);
  const begins = sentenceStarts(near);
  let atSentence: Cut | null = null;
  let atWord: Cut | null = null;
  let atCharacter: Cut | null = null;
  /** Where the ink so far ends, and what lies behind it. */
  let end = 0;
  let hasSpace = false;
  let hasSentence = false;
  for (const { segment, index } of graphemes.segment(near)) {
    hasSentence ||= begins.has(index);
    if (isBlank(segment)) {
      hasSpace = true;
      continue;
    }
    const cut = { end, next: index };
    if (index > 0) {
      atCharacter = cut;
      if (hasSpace) atWord = cut;
      // Without a space only where writing has none: an address goes on behind its question mark.
      if (hasSentence && (hasSpace || text.charCodeAt(index - 1) > 0x7f)) atSentence = cut;
    }
    end = index + segment.length;
    if (end > limit) {
      const best = atSentence ?? atWord ?? atCharacter;
      if (best !== null) return best;
      throw new ConversationError("payload_invalid", { field: "split.character", limit, actual: segment.length });
    }
    hasSpace = hasSentence = false;
  }
  // What lies beyond the limit, as far as was looked, is white space.
  return { end, next: end + inkStart(text.slice(end)) };
}

const sentenceStarts = (text: string): ReadonlySet<number> =>
  new Set(Array.from(sentences.segment(text), ({ index }) => index));
