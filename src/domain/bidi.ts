const OPENS_ISOLATE = new Set(["\u2066", "\u2067", "\u2068"]);
const OPENS_EMBEDDING = new Set(["\u202a", "\u202b", "\u202d", "\u202e"]);
const POP_EMBEDDING = "\u202c";
const POP_ISOLATE = "\u2069";
const FIRST_STRONG_ISOLATE = "\u2068";

/** What ends a paragraph, and with it every isolate around it (class B), and the line separator, which ends a line. */
const BREAKS = new Set(["\n", "\r", "\u001c", "\u001d", "\u001e", "\u0085", "\u2028", "\u2029"]);

/**
 * A name for a line of plain text (a log, a subject, a notification): whatever stands in it turns nothing beside it around.
 * It stands between FSI and PDI, which no one sees. In it, controls that would end or outlive the isolation are put right, see
 * `balanced`. The name itself may still read backwards where it says so; `cleanText()` takes such controls out.
 * Nothing else changes, and the length is at most twice the name's and two.
 * @source Unicode Standard Annex #9, "Unicode Bidirectional Algorithm", rules BD9, X5a-X8
 */
export const isolate = (name: string): string => FIRST_STRONG_ISOLATE + balanced(name) + POP_ISOLATE;

/**
 * One line in which every direction that is opened is closed, in order: a PDI or PDF without its beginning goes, what is left
 * open at the end is closed there, and a break, which would close everything early, becomes a space.
 */
export function balanced(text: string): string {
  let out = "";
  let isolates = 0;
  /** What is open, as what closes it. */
  const open: string[] = [];
  for (const character of text) {
    if (BREAKS.has(character)) {
      out += " ";
      continue;
    }
    if (OPENS_ISOLATE.has(character)) {
      open.push(POP_ISOLATE);
      isolates++;
    } else if (OPENS_EMBEDDING.has(character)) open.push(POP_EMBEDDING);
    else if (character === POP_EMBEDDING) {
      // It ends nothing outside of the isolate that it stands in.
      if (open.at(-1) !== POP_EMBEDDING) continue;
      open.pop();
    } else if (character === POP_ISOLATE) {
      if (isolates === 0) continue;
      // It ends the embeddings within its isolate too.
      while (open.pop() !== POP_ISOLATE);
      isolates--;
    }
    out += character;
  }
  return out + open.reverse().join("");
}
