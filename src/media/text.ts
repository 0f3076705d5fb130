import { Cursor } from "./cursor.js";
import { refuse } from "./found.js";
import type { Format, Look, Structure } from "./format.js";

/** Controls that people's texts hold: tab, line feed, vertical tab, form feed, carriage return, escape. */
const KEPT = new Set([9, 10, 11, 12, 13, 27]);
const isControl = (unit: number) => (unit < 32 && !KEPT.has(unit)) || unit === 127;

/**
 * Plain text in UTF-8, in UTF-16 with a byte order mark, or in any older alphabet of one byte: characters, and no controls but those that
 * lay text out. What a text begins with says whether it is a page or a program (`sniff`).
 */
export const text: Format = {
  types: ["text/plain"],
  // Whatever begins like nothing else.
  begins: () => true,
  async look({ source }: Look): Promise<Structure> {
    const cursor = new Cursor(source);
    const wide = source.sizeBytes >= 2 ? await byteOrder(cursor) : null;
    if (wide !== null && source.sizeBytes % 2 !== 0) refuse("truncated");
    for (let bytes = await cursor.chunk(); bytes.length > 0; bytes = await cursor.chunk()) {
      const whole = wide === null ? bytes.length : bytes.length - (bytes.length % 2);
      if (whole === 0) {
        await cursor.need(2);
        continue;
      }
      if (!isText(bytes.subarray(0, whole), wide)) refuse("type_unknown");
      cursor.advance(whole);
    }
    return { type: "text/plain" };
  },
};

type ByteOrder = "le" | "be" | null;

async function byteOrder(cursor: Cursor): Promise<ByteOrder> {
  await cursor.need(2);
  const mark = cursor.peek() * 256 + cursor.peek(1);
  return mark === 0xfffe ? "le" : mark === 0xfeff ? "be" : null;
}

function isText(bytes: Uint8Array, order: ByteOrder): boolean {
  if (order === null) {
    for (const byte of bytes) if (isControl(byte)) return false;
    return true;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += 2) if (isControl(view.getUint16(at, order === "le"))) return false;
  return true;
}

/**
 * What a page, a picture in XML or a mail begins with; a text begins with a word.
 * @source WHATWG "MIME Sniffing", section 7.1, and further tags that draw or load something
 */
const PAGE =
  /^(<\?(xml|php|=)|<!doctype|<!--|<!\[cdata|<!entity|<(html|head|script|iframe|h[1-6]|div|font|table|a|style|title|b|i|body|br|p|svg|math|img|image|object|embed|applet|form|input|button|meta|link|base|video|audio|frameset|template|details|marquee|xsl:\w+|rdf:\w+|x:\w+|rss|feed|plist|job|package|component|hta:\w+)[\s/>]|mime-version:|content-type:\s*(multipart|text\/html))/i;
const PROGRAM =
  /^(#!|%!ps|@echo|::|rem\s|\[internetshortcut\]|\[desktop entry\]|\[autorun\]|windows registry editor|regedit4|option explicit|on error resume|function\s+\w+\s*\(|var\s+\w+\s*=|wscript\.|set-executionpolicy|powershell|import\s+(os|subprocess|sys)\b)/i;

/** What text is that begins so: `null` for a text. */
export function textualDisguise(head: Uint8Array): "markup" | "executable" | null {
  const start = Buffer.from(head.subarray(0, 2_048))
    .toString("latin1")
    .replaceAll("\0", "")
    .replace(/^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, "")
    .trimStart();
  if (PAGE.test(start)) return "markup";
  return PROGRAM.test(start) ? "executable" : null;
}

/** Whether bytes begin with the mark of UTF-16. */
const hasMark = ([first = 0, second = 0]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

/** Whether bytes could be text, as far as they go. */
export function looksLikeText(head: Uint8Array): boolean {
  const mark = (head[0] ?? 0) * 256 + (head[1] ?? 0);
  if (hasMark(head)) return isText(head.subarray(0, head.length - (head.length % 2)), mark === 0xfffe ? "le" : "be");
  return isText(head, null);
}
