// What stands beside a marker decides whether it is one: a letter, white space, or anything else.

const ASCII_WORD = /[A-Za-z0-9]/;
/** Without the variation selector and the keycap, which end an emoji. */
const WORD = /(?![\ufe0f\u20e3])[\p{L}\p{N}\p{M}]/u;

/** The zero-width space is one too: it is how a marker is kept from being one. */
const SPACE = /[\s\u200b]/;

/** The character that begins at `index`; empty outside of the text. */
export const characterAt = (text: string, index: number): string => {
  const code = index < 0 ? undefined : text.codePointAt(index);
  return code === undefined ? "" : String.fromCodePoint(code);
};

/** The character that ends before `index`; empty at the beginning. */
export const characterBefore = (text: string, index: number): string => {
  const whole = characterAt(text, index - 2);
  return whole.length === 2 ? whole : characterAt(text, index - 1);
};

/** A letter, a digit, or a mark on one. */
export const isWord = (character: string): boolean =>
  character < "\u0080" ? ASCII_WORD.test(character) : WORD.test(character);

/** White space, or nothing at all. */
export const isSpace = (character: string): boolean => character === "" || SPACE.test(character);
