import { balanced } from "../domain/bidi.js";
import { linkAt } from "./link.js";
import { parseMarkup, type MarkedLine, type MarkupBlock, type MarkupInline, type MarkupTree } from "./markup.js";

/**
 * A message as HTML that can do nothing but be read: for the inside of an element, by a template or `innerHTML`; not for an
 * attribute, a script or a style.
 *
 * Elements: `div`, `ul`, `ol`, `li`, `blockquote`, `strong`, `em`, `s`, `pre`, `code`, `a`, `bdi`, `span`. Attributes:
 * `dir`, `type="none"`, `class` (`wa-marker`, `wa-mention`), and on `a` also `href`, `title`, `target="_blank"`,
 * `rel="noopener noreferrer nofollow"`. Everything else that was written is text.
 *
 * - Its `textContent` is `toPlain()` of the same, but for what HTML cannot hold: NUL and halves of characters are
 *   shown as U+FFFD. Markers of lists and quotes are text too, so no number is lost or made up; to draw your own,
 *   hide `.wa-marker`.
 * - A line is a `div`, an item or a line of a quote, and ends with its line feed. Give the element around it
 *   `white-space: pre-wrap`; without it, blanks in a row are one and empty lines are not seen.
 * - Each of these finds its direction from its own first letter, and controls that turn text around end with it.
 * - A link shows what was written, and the host that it leads to as its title, in ASCII. Where it leads is read from
 *   what it shows, so that a tree from elsewhere cannot say one thing and do another.
 */
export function renderHtml(message: string | MarkupTree): string {
  const tree = treeOf(message);
  return tree.map((block, index) => blockHtml(block, index === tree.length - 1 ? "" : "\n")).join("");
}

/**
 * A name as HTML: what stands in it turns nothing beside it around, and is not markup. Controls of direction without their
 * other half are put right and breaks become spaces, as in `isolate()`; NUL and halves of characters are U+FFFD.
 */
export const renderName = (name: string): string => `<bdi>${escaped(balanced(name))}</bdi>`;

/**
 * A message without the markers around bold, italic, strikethrough, code and monospace. All else stays, those of lists and
 * quotes too, which say in plain text what they say in WhatsApp: text without the former comes back as it was.
 */
export const toPlain = (message: string | MarkupTree): string => treeOf(message).map(blockPlain).join("\n");

/**
 * A name for the inside of a text that is sent: one line that WhatsApp shows as it was written. Nothing in it marks, links or
 * mentions, begins a list or a quote, or turns what stands beside it around. Zero-width spaces, which nobody sees, are what keeps
 * it so.
 */
export const plainName = (name: string): string =>
  ZERO_WIDTH_SPACE + balanced(name).replace(MARKING, (one) => ZERO_WIDTH_SPACE + one + ZERO_WIDTH_SPACE);

const ZERO_WIDTH_SPACE = "\u200b";
/** Of marks, lists, quotes, mentions and addresses, those that WhatsApp links without their scheme included. */
const MARKING = /[*_~`@>:./-]/g;

const treeOf = (message: string | MarkupTree): MarkupTree =>
  typeof message === "string" ? parseMarkup(message) : message;

// HTML

/** `end` is what stood between this block and the next. */
function blockHtml(block: MarkupBlock, end: string): string {
  switch (block.kind) {
    case "line":
      return `<div dir="auto">${lineHtml(block.children, end)}</div>`;
    case "list": {
      const name = block.ordered ? "ol" : "ul";
      return `<${name}>${markedHtml(block.items, end, `<li dir="auto" type="none">`, "</li>")}</${name}>`;
    }
    case "quote":
      return `<blockquote>${markedHtml(block.lines, end, `<div dir="auto">`, "</div>")}</blockquote>`;
  }
}

const markedHtml = (lines: readonly MarkedLine[], end: string, before: string, after: string): string =>
  lines
    .map(({ marker, children }, index) => {
      const shown = lineHtml(children, index === lines.length - 1 ? end : "\n");
      return `${before}<span class="wa-marker">${escaped(marker)}</span>${shown}${after}`;
    })
    .join("");

/** The line feed goes into monospace that ends the line: after it, it would be seen as one line more. */
function lineHtml(children: readonly MarkupInline[], end: string): string {
  const last = children.at(-1);
  if (last?.kind !== "monospace") return children.map(inlineHtml).join("") + end;
  return children.slice(0, -1).map(inlineHtml).join("") + monospaceHtml(last.text + end);
}

const TAGS = { bold: "strong", italic: "em", strike: "s" } as const;

function inlineHtml(node: MarkupInline): string {
  switch (node.kind) {
    case "text":
      return escaped(node.text);
    case "bold":
    case "italic":
    case "strike":
      return `<${TAGS[node.kind]}>${node.children.map(inlineHtml).join("")}</${TAGS[node.kind]}>`;
    case "code":
      return `<code>${escaped(node.text)}</code>`;
    case "monospace":
      return monospaceHtml(node.text);
    case "link":
      return linkHtml(node.text);
    case "mention":
      return `<bdi class="wa-mention">${escaped(node.text)}</bdi>`;
  }
}

/** A line feed right behind `<pre>` is not read, so one that is meant needs another before it. */
const monospaceHtml = (text: string): string => `<pre>${text.startsWith("\n") ? "\n" : ""}${escaped(text)}</pre>`;

function linkHtml(text: string): string {
  const found = linkAt(text, 0);
  if (!found?.target || found.end !== text.length) return escaped(text);
  const { href, host } = found.target;
  const title = host === null ? "" : ` title="${escaped(host)}"`;
  // From left to right, and apart from the line: an override before it does not turn an address around.
  return `<a dir="ltr" href="${escaped(href)}"${title} target="_blank" rel="noopener noreferrer nofollow">${escaped(text)}</a>`;
}

/** What HTML would read as its own. A carriage return is made a line feed when it is not spelled out. */
const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "\r": "&#13;",
  "\u0000": "\ufffd",
};

// oxlint-disable-next-line no-control-regex -- NUL is what is looked for
const escaped = (text: string): string => text.toWellFormed().replace(/[&<>"'\r\u0000]/g, (one) => ESCAPES[one] ?? "");

// Plain text

function blockPlain(block: MarkupBlock): string {
  switch (block.kind) {
    case "line":
      return block.children.map(inlinePlain).join("");
    case "list":
      return markedPlain(block.items);
    case "quote":
      return markedPlain(block.lines);
  }
}

const markedPlain = (lines: readonly MarkedLine[]): string =>
  lines.map(({ marker, children }) => marker + children.map(inlinePlain).join("")).join("\n");

const inlinePlain = (node: MarkupInline): string =>
  "children" in node ? node.children.map(inlinePlain).join("") : node.text;
