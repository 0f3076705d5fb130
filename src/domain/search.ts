import { contentText, type MessageContent } from "./content.js";
import { foldText } from "./text.js";

/** A word that is looked for. */
export interface SoughtWord {
  readonly word: string;
  /** It may go on: it was not typed to its end. */
  readonly isPrefix: boolean;
}

/** Code points of a word; what comes after is neither stored nor looked for. */
const WORD_MAX = 64;
/** Different words of one message: more than its 4,096 characters have, but an imported one may be of any length. */
const WORDS_MAX = 1_000;
/** Different words that are looked for together; more find nothing more. */
const SOUGHT_MAX = 12;

/**
 * Scripts that put no space between words. Their words are pairs of characters, one pair beginning at each; so whoever looks for
 * a part of a sentence finds it, and nobody needs a dictionary.
 */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]+/gu;

/**
 * The words of a text: runs of letters, digits and the marks that belong to them, folded (`foldText`: case, accents and width do
 * not matter), each once. One definition for every storage: what is written is cut by it, and what is looked for.
 */
export const wordsOf = (text: string): readonly string[] =>
  distinct(runsOf(text).flatMap(({ run, spaced }) => (spaced ? [run] : pairsOf(run)))).slice(0, WORDS_MAX);

/** The words by which a message is found. */
export const contentWords = (content: MessageContent): readonly string[] => wordsOf(contentText(content) ?? "");

/**
 * The words by which a guest's name is found, and every end of them, so that whoever looks for a part of a name (`son`) finds
 * Johnson, in every storage and without an index for parts of words.
 */
export const nameWords = (name: string): readonly string[] =>
  distinct(
    runsOf(name).flatMap(({ run, spaced }) => {
      const letters = Array.from(run);
      return spaced ? letters.map((_, from) => letters.slice(from).join("")) : pairsOf(run);
    }),
  ).slice(0, WORDS_MAX);

/** What somebody typed, as words that are looked for together. The last may go on. */
export function soughtWords(text: string): readonly SoughtWord[] {
  const runs = runsOf(text);
  const sought = runs.flatMap(({ run, spaced }, index): readonly SoughtWord[] => {
    if (spaced) return [{ word: run, isPrefix: index === runs.length - 1 }];
    const pairs = pairsOf(run);
    // One character begins a pair, or ends the sentence.
    return pairs.length === 1 ? [{ word: run, isPrefix: true }] : pairs.slice(0, -1).map(exactly);
  });
  const last = new Map(sought.map((one) => [`${one.word} ${String(one.isPrefix)}`, one]));
  return [...last.values()].slice(-SOUGHT_MAX);
}

/** Whether something with these words is found by all of those. */
export const isFound = (words: readonly string[], sought: readonly SoughtWord[]): boolean =>
  sought.length > 0 &&
  sought.every(({ word, isPrefix }) => words.some((one) => (isPrefix ? one.startsWith(word) : one === word)));

interface Run {
  readonly run: string;
  /** It stands between spaces, and is a word. */
  readonly spaced: boolean;
}

const runsOf = (text: string): readonly Run[] =>
  foldText(text)
    .split(" ")
    .flatMap((word): readonly Run[] => {
      if (word === "") return [];
      const unspaced = (word.match(UNSPACED) ?? []).map((run) => ({ run, spaced: false }));
      const spaced = word.split(UNSPACED).flatMap((run) => (run === "" ? [] : [{ run: cut(run), spaced: true }]));
      return word.search(UNSPACED) === 0 ? [...unspaced, ...spaced] : [...spaced, ...unspaced];
    });

const cut = (word: string): string => (word.length <= WORD_MAX ? word : Array.from(word).slice(0, WORD_MAX).join(""));

/** Each character with the one after it, and the last alone. */
const pairsOf = (run: string): readonly string[] => {
  const characters = Array.from(run);
  return characters.map((one, index) => one + (characters[index + 1] ?? ""));
};

const exactly = (word: string): SoughtWord => ({ word, isPrefix: false });
const distinct = (words: readonly string[]): readonly string[] => [...new Set(words)];
