import { characterAt, characterBefore, isSpace, isWord } from "./letters.js";
import { linkAt, type LinkTarget } from "./link.js";

/** A message, block by block. Between two lines of it stood a line feed, which is in no text but that of monospace. */
export type MarkupTree = readonly MarkupBlock[];

/** A line is one line of the message; more than one where it holds monospace that has some. */
export type MarkupBlock =
  | { readonly kind: "line"; readonly children: readonly MarkupInline[] }
  | { readonly kind: "list"; readonly ordered: boolean; readonly items: readonly MarkedLine[] }
  | { readonly kind: "quote"; readonly lines: readonly MarkedLine[] };

/** An item of a list, or a line of a quote. */
export interface MarkedLine {
  /** As it was typed, with its space: `- `, `* `, `12. ` or `> `. */
  readonly marker: string;
  readonly children: readonly MarkupInline[];
}

/** What a line is made of. */
export type MarkupInline =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: MarkKind; readonly children: readonly MarkupInline[] }
  /** `monospace` stood in three backticks and may have lines, `code` in one. */
  | { readonly kind: "monospace" | "code"; readonly text: string }
  | ({ readonly kind: "link"; readonly text: string } & LinkTarget)
  /** `@` and a phone number's digits, as WhatsApp writes whoever is spoken to. */
  | { readonly kind: "mention"; readonly text: string };

/** How WhatsApp stresses a text: `*bold*`, `_italic_`, `~strike~`. */
export type MarkKind = "bold" | "italic" | "strike";

const MARKS: Readonly<Partial<Record<string, MarkKind>>> = { "*": "bold", _: "italic", "~": "strike" };

const FENCE = 3;

/** Digits of an international phone number (E.164). */
const MENTION_DIGITS = { least: 7, most: 15 };

/**
 * Reads a message as WhatsApp shows it. Takes any string, in time linear in its length; marks nest at most three deep.
 *
 * - `*bold*`, `_italic_`, `~strike~` on one line, in each other but not in themselves. A marker stands alone, hugs what it
 *   marks and touches no word outside: `* a *`, `**a**`, `snake_case_name` and `2*3*4` are text. Of two that begin, the
 *   nearer one counts; of two that cross, the one that ends first.
 * - Three backticks around monospace, which may have lines; one around code on one line, which hugs like a mark. Nothing in
 *   either is markup.
 * - `- `, `* `, `1. ` (one to three digits) and `> ` at the beginning of a line that goes on. Lines of a kind that follow each
 *   other are one list, one quote. Neither holds another list or quote, or monospace of more lines than its own.
 * - Addresses that show their scheme: `https://`, `http://`, `mailto:`, `tel:`. Where one leads elsewhere than it
 *   seems (`https://good@evil`), it stays text. Nothing in one is markup.
 * - `@` with 7 to 15 digits is a mention.
 *
 * Where WhatsApp does not say whether it is markup, it is text. A zero-width space beside a marker makes it text.
 * @source WhatsApp "Text formatting" (help pages), "Interactive messages"
 */
export function parseMarkup(text: string): MarkupTree {
  const blocks: OpenBlock[] = [];
  const fences = new Fences(text);
  for (let start = 0; start <= text.length;) {
    let end = lineEnd(text, start);
    const marker = markerAt(text, start, end);
    if (marker !== null) {
      const from = start + marker.text.length;
      const children = inlines(text, from, end, fences.within(from, end));
      add(blocks, marker, children);
    } else {
      const spans = fences.from(start, end);
      end = lineEnd(text, Math.max(end, spans.at(-1)?.end ?? end));
      blocks.push({ kind: "line", children: inlines(text, start, end, spans) });
    }
    start = end + 1;
  }
  return blocks;
}

// Blocks

type OpenBlock =
  | Extract<MarkupBlock, { kind: "line" }>
  | { readonly kind: "list"; readonly ordered: boolean; readonly items: MarkedLine[] }
  | { readonly kind: "quote"; readonly lines: MarkedLine[] };

interface Marker {
  readonly kind: "bullet" | "number" | "quote";
  readonly text: string;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

/** Sticky, so that it looks at one place; at most five characters. */
const MARKER = /(?:[-*>]|\d{1,3}\.) /y;

function markerAt(text: string, start: number, end: number): Marker | null {
  MARKER.lastIndex = start;
  const found = MARKER.exec(text)?.[0];
  if (found === undefined || isBlank(text, start + found.length, end)) return null;
  const kind = found === "> " ? "quote" : found === "- " || found === "* " ? "bullet" : "number";
  return { kind, text: found };
}

/** To the list or quote that the line before belongs to, or to a new one. */
function add(blocks: OpenBlock[], marker: Marker, children: readonly MarkupInline[]): void {
  const line = { marker: marker.text, children };
  const last = blocks.at(-1);
  if (marker.kind === "quote") {
    if (last?.kind === "quote") last.lines.push(line);
    else blocks.push({ kind: "quote", lines: [line] });
    return;
  }
  const ordered = marker.kind === "number";
  if (last?.kind === "list" && last.ordered === ordered) last.items.push(line);
  else blocks.push({ kind: "list", ordered, items: [line] });
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (!isSpace(text.charAt(i))) return false;
  return true;
}

// Within a line

/** What is whole, and in which nothing is looked for. */
interface Atom {
  readonly start: number;
  readonly end: number;
  readonly node: MarkupInline;
}

/** Runs of exactly three backticks, from the first to the last: each is looked at once. */
class Fences {
  private readonly at: readonly number[];
  private next = 0;

  constructor(private readonly text: string) {
    const at: number[] = [];
    for (let i = text.indexOf("`"); i !== -1; i = text.indexOf("`", i)) {
      const length = ticksAt(text, i);
      if (length === FENCE) at.push(i);
      i += length;
    }
    this.at = at;
  }

  /** The monospace that begins and ends between two places. */
  within(start: number, end: number): Atom[] {
    return this.take(start, end, false);
  }

  /** The monospace that begins in the line, and in the rest of the line in which such ends. */
  from(start: number, end: number): Atom[] {
    return this.take(start, end, true);
  }

  private take(start: number, lineEnds: number, maySpan: boolean): Atom[] {
    const atoms: Atom[] = [];
    let end = lineEnds;
    while ((this.at[this.next] ?? Infinity) < start) this.next++;
    for (;;) {
      const [open, close] = [this.at[this.next], this.at[this.next + 1]];
      if (open === undefined || close === undefined || open >= end || (close >= end && !maySpan)) return atoms;
      this.next++;
      if (isBlank(this.text, open + FENCE, close)) continue;
      this.next++;
      const node = { kind: "monospace", text: this.text.slice(open + FENCE, close) } as const;
      atoms.push({ start: open, end: close + FENCE, node });
      if (close >= end) end = lineEnd(this.text, close);
    }
  }
}

function ticksAt(text: string, start: number): number {
  let end = start;
  while (text.charAt(end) === "`") end++;
  return end - start;
}

/** A marker that may begin or end a mark, and whether it has been found to do so. */
interface Mark {
  readonly start: number;
  readonly kind: MarkKind;
  readonly opens: boolean;
  readonly closes: boolean;
  /** Where something to be marked last stood before it: neither a marker nor white space. */
  readonly solid: number;
  role: "text" | "open" | "close";
}

function inlines(text: string, start: number, end: number, monospace: readonly Atom[]): readonly MarkupInline[] {
  const tokens = scan(text, start, end, monospace);
  pair(tokens.filter((token) => "role" in token));
  return build(text, start, end, tokens);
}

/** Left to right: what is whole is passed over, markers are noted. */
function scan(text: string, start: number, end: number, monospace: readonly Atom[]): (Atom | Mark)[] {
  const tokens: (Atom | Mark)[] = [];
  let solid = -1;
  let spans = 0;
  let nothingUntil = start;
  for (let i = start; i < end;) {
    const span = monospace[spans];
    const found = span?.start === i ? span : i < nothingUntil ? null : atomAt(text, i, span?.start ?? end);
    if (found?.node) {
      if (found === span) spans++;
      tokens.push(found);
      solid = i;
      i = found.end;
      continue;
    }
    if (found) nothingUntil = found.end;
    const kind = MARKS[text.charAt(i)];
    if (kind === undefined) solid = isSpace(text.charAt(i)) ? solid : i;
    else if (text[i - 1] !== text[i] && text[i + 1] !== text[i]) {
      const { opens, closes } = hugs(text, i, i + 1);
      if (opens || closes) tokens.push({ start: i, kind, opens, closes, solid, role: "text" });
    }
    // A run of backticks is one thing: its second half begins nothing.
    i += Math.max(1, ticksAt(text, i));
  }
  return tokens;
}

/** Whether a marker stands as one that begins, and as one that ends: against what it marks, and against no word outside. */
function hugs(text: string, start: number, end: number): { readonly opens: boolean; readonly closes: boolean } {
  const [before, after] = [characterBefore(text, start), characterAt(text, end)];
  return { opens: !isWord(before) && !isSpace(after), closes: !isSpace(before) && !isWord(after) };
}

/** What begins at `start` and ends before `limit`; without a node, there is nothing before its end. */
function atomAt(
  text: string,
  start: number,
  limit: number,
): Atom | { readonly end: number; readonly node: null } | null {
  const first = text.charAt(start);
  if (first === "`") return codeAt(text, start, limit);
  if (first === "@") return mentionAt(text, start);
  const link = linkAt(text, start);
  if (!link?.target) return link && { end: link.end, node: null };
  return { start, end: link.end, node: { kind: "link", text: text.slice(start, link.end), ...link.target } };
}

/** Ends at the nearest backtick that stands alone, or is none: so what is looked through is looked through once. */
function codeAt(text: string, start: number, limit: number): Atom | null {
  if (ticksAt(text, start) !== 1 || !hugs(text, start, start + 1).opens) return null;
  for (let end = start + 1; end < limit;) {
    const ticks = ticksAt(text, end);
    if (ticks !== 1) end += Math.max(1, ticks);
    else if (!hugs(text, end, end + 1).closes) return null;
    else return { start, end: end + 1, node: { kind: "code", text: text.slice(start + 1, end) } };
  }
  return null;
}

/** Sticky, and it looks at no more than one digit too many. */
const MENTION = new RegExp(`@\\d{${MENTION_DIGITS.least},${MENTION_DIGITS.most}}`, "y");

function mentionAt(text: string, start: number): Atom | null {
  MENTION.lastIndex = start;
  const found = MENTION.exec(text)?.[0];
  if (found === undefined || isWord(characterBefore(text, start))) return null;
  const end = start + found.length;
  return isWord(characterAt(text, end)) ? null : { start, end, node: { kind: "mention", text: found } };
}

/** Finds which markers are a pair. At most one of a kind is open, so none of it depends on how many there are. */
function pair(marks: readonly Mark[]): void {
  const open: Mark[] = [];
  for (const mark of marks) {
    const index = open.findIndex(({ kind }) => kind === mark.kind);
    const begun = open[index];
    if (begun !== undefined && mark.closes && mark.solid > begun.start) {
      begun.role = "open";
      mark.role = "close";
      open.length = index;
    } else if (mark.opens) {
      if (begun !== undefined) open.splice(index, 1);
      open.push(mark);
    }
  }
}

function build(text: string, start: number, end: number, tokens: readonly (Atom | Mark)[]): readonly MarkupInline[] {
  const around: MarkupInline[][] = [];
  let children: MarkupInline[] = [];
  let from = start;
  const textUntil = (until: number) => {
    if (from < until) children.push({ kind: "text", text: text.slice(from, until) });
  };
  for (const token of tokens) {
    if ("node" in token) {
      textUntil(token.start);
      children.push(token.node);
      from = token.end;
    } else if (token.role !== "text") {
      textUntil(token.start);
      from = token.start + 1;
      if (token.role === "open") {
        const within: MarkupInline[] = [];
        children.push({ kind: token.kind, children: within });
        around.push(children);
        children = within;
      } else children = around.pop() ?? children;
    }
  }
  textUntil(end);
  return children;
}
