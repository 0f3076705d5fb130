/** In UTF-16 units: what is longer is no QR code's text. */
const TEXT_MOST = 1_000;
/** What stands in one place of braces, in UTF-16 units. */
const SLOT_MOST = 100;

/** Words as they are written, blanks as one, or a place of braces. */
type Part = { readonly words: RegExp } | { readonly slot: string };

/**
 * What stands in the places of a pattern's braces: as little as fits in each, 1 to 100 characters; null for a text that is not of it. Blanks count as
 * one, letters in either case, and what ends a sentence may stand at the end. Takes time in proportion to the text, whatever it is.
 */
export function slotsOf(pattern: string, text: string): Readonly<Record<string, string>> | null {
  if (text.length > TEXT_MOST) return null;
  const line = ended(text.trim().replace(/\s+/g, " "));
  const parts = partsOf(pattern);
  /** What did not lead on before leads nowhere again. */
  const dead = new Set<number>();

  function from(part: number, place: number): readonly (readonly [string, string])[] | null {
    const at = line[place] === " " ? place + 1 : place;
    const next = parts[part];
    if (next === undefined) return at >= line.length ? [] : null;
    const key = part * (TEXT_MOST + 2) + at;
    if (dead.has(key)) return null;
    const found = "words" in next ? said(next.words, part, at) : filled(next.slot, part, at);
    if (found === null) dead.add(key);
    return found;
  }

  function said(words: RegExp, part: number, at: number): readonly (readonly [string, string])[] | null {
    words.lastIndex = at;
    return words.test(line) ? from(part + 1, words.lastIndex) : null;
  }

  function filled(slot: string, part: number, at: number): readonly (readonly [string, string])[] | null {
    for (let end = at + 1; end <= Math.min(line.length, at + SLOT_MOST); end++) {
      if (line[end - 1] === " " || isHalf(line, end)) continue;
      const rest = from(part + 1, end);
      if (rest !== null) return [[slot, line.slice(at, end)], ...rest];
    }
    return null;
  }

  const found = from(0, 0);
  return found === null ? null : Object.fromEntries(found);
}

const partsOf = (pattern: string): readonly Part[] =>
  ended(pattern.trim().replace(/\s+/g, " "))
    .split(/(\{[A-Za-z][A-Za-z0-9_]*\})/)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => (/^\{.*\}$/.test(part) ? { slot: part.slice(1, -1) } : { words: new RegExp(escaped(part), "iuy") }));

/** Without the signs that end a sentence. */
function ended(text: string): string {
  let end = text.length;
  while (end > 0 && " .!".includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Whether a character of two units stands across this place. */
function isHalf(text: string, at: number): boolean {
  const [before, after] = [text.charCodeAt(at - 1), text.charCodeAt(at)];
  return before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
