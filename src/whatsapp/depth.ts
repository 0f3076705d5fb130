/** Meta's payloads nest about a dozen levels. Recursive code dies at some thousands, and a 3 MB body can hold a million. */
const MAX_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKETS = { open: 0x5b, close: 0x5d };
const BRACES = { open: 0x7b, close: 0x7d };

/** Whether a JSON text nests deeper than `most`: without recursion, before anything parses it. */
export function isTooDeep(text: string, most = MAX_DEPTH): boolean {
  if (hasFewBrackets(text, most)) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === QUOTE) i = endOfString(text, i + 1);
    else if (character === BRACES.open || character === BRACKETS.open) {
      if (++depth > most) return true;
    } else if (character === BRACES.close || character === BRACKETS.close) depth--;
  }
  return false;
}

/** Tells nearly every webhook from the others in a fifth of the time that it takes to look at each character. */
function hasFewBrackets(text: string, most: number): boolean {
  let brackets = 0;
  for (const bracket of ["{", "["])
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1))
      if (++brackets > most) return false;
  return true;
}

/** The closing quote of a string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let from = start; ;) {
    const quote = text.indexOf('"', from);
    if (quote === -1) return text.length;
    let escapes = quote;
    while (escapes > from && text.charCodeAt(escapes - 1) === BACKSLASH) escapes--;
    if ((quote - escapes) % 2 === 0) return quote;
    from = quote + 1;
  }
}
