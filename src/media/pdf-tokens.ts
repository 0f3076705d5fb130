import type { Cursor } from "./cursor.js";
import { refuse } from "./found.js";
import { holdsScript } from "./needles.js";

/** What a PDF is written in. A string's content is nobody's business here. */
export type PdfToken =
  | { readonly kind: "name"; readonly text: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "mark"; readonly text: "<<" | ">>" | "[" | "]" }
  | { readonly kind: "string" }
  | { readonly kind: "comment"; readonly text: string };

/** Longest name, number or word. Source: ISO 32000-1, annex C: 127 bytes. */
const WORD_MAX = 512;
/** Longest comment; nobody writes longer ones, and what stands in them is read by nothing. */
const COMMENT_MAX = 4_096;

const SPACE = new Set([0, 9, 10, 12, 13, 32]);
const DELIMITER = new Set(Array.from("()<>[]{}/%", (one) => one.charCodeAt(0)));
const isRegular = (byte: number) => !SPACE.has(byte) && !DELIMITER.has(byte);

const REGULAR = Uint8Array.from({ length: 256 }, (_, byte) => (isRegular(byte) ? 1 : 0));
const SPACES = Uint8Array.from({ length: 256 }, (_, byte) => (SPACE.has(byte) ? 1 : 0));

/** The next token, or null at the end. The look ends at what is none. @source ISO 32000-2:2020, section 7.2 and 7.3 */
export async function nextToken(cursor: Cursor): Promise<PdfToken | null> {
  for (;;) {
    if (cursor.ahead < WORD_MAX && cursor.left > cursor.ahead) await cursor.need(Math.min(cursor.left, WORD_MAX));
    if (cursor.ahead === 0) return null;
    if (SPACES[cursor.peek()] === 0) break;
    cursor.advance(1);
  }
  switch (cursor.peek()) {
    case 0x25: // %
      return { kind: "comment", text: await comment(cursor) };
    case 0x2f: // /
      cursor.advance(1);
      return { kind: "name", text: unescaped(regular(cursor)) };
    case 0x28: // (
      await string(cursor);
      return { kind: "string" };
    case 0x3c: // <
      if (cursor.peek(1) === 0x3c && cursor.ahead > 1) return mark(cursor, "<<");
      await hex(cursor);
      return { kind: "string" };
    case 0x3e: // >
      if (cursor.peek(1) !== 0x3e || cursor.ahead < 2) refuse("malformed");
      return mark(cursor, ">>");
    case 0x5b: // [
      return mark(cursor, "[");
    case 0x5d: // ]
      return mark(cursor, "]");
    case 0x29: // )
    case 0x7b: // {
    case 0x7d: // }
      return refuse("malformed");
    default: {
      const text = regular(cursor);
      return /^[+-]*\d*(?:\.\d*)?(-\d+)?$/.test(text) && /\d/.test(text)
        ? { kind: "number", value: Number(text) }
        : { kind: "word", text };
    }
  }
}

function mark(cursor: Cursor, text: "<<" | ">>" | "[" | "]"): PdfToken {
  cursor.advance(text.length);
  return { kind: "mark", text };
}

/** Characters up to the next space or delimiter. */
function regular(cursor: Cursor): string {
  let length = 0;
  while (length < cursor.ahead && REGULAR[cursor.peek(length)] === 1) if (++length >= WORD_MAX) refuse("malformed");
  return cursor.text(length);
}

/** A name as it is meant: `J#61vaScript` is `JavaScript`. */
const unescaped = (name: string): string =>
  name.includes("#")
    ? name.replace(/#([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    : name;

async function comment(cursor: Cursor): Promise<string> {
  await cursor.need(Math.min(cursor.left, COMMENT_MAX));
  let length = 0;
  while (length < cursor.ahead && cursor.peek(length) !== 10 && cursor.peek(length) !== 13)
    if (++length >= COMMENT_MAX) refuse("hidden_data");
  const bytes = cursor.take(length);
  if (holdsScript(bytes)) refuse("double_format");
  return Buffer.from(bytes).toString("latin1");
}

/** Over a string in parentheses, which may hold parentheses. */
async function string(cursor: Cursor): Promise<void> {
  let [depth, escaped] = [0, false];
  for (let chunk = await cursor.chunk(); chunk.length > 0; chunk = await cursor.chunk()) {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (escaped) escaped = false;
      else if (byte === 0x5c) escaped = true;
      else if (byte === 0x28) depth++;
      else if (byte === 0x29 && --depth === 0) {
        cursor.advance(at + 1);
        return;
      }
    }
    cursor.advance(chunk.length);
  }
  cursor.short();
}

async function hex(cursor: Cursor): Promise<void> {
  cursor.advance(1);
  for (;;) {
    const chunk = await cursor.chunk();
    if (chunk.length === 0) cursor.short();
    const end = chunk.indexOf(0x3e);
    cursor.advance(end < 0 ? chunk.length : end + 1);
    if (end >= 0) return;
  }
}
