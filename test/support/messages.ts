import fc from "fast-check";
import { anyText } from "./strings.js";

const MARKERS = [
  "*",
  "_",
  "~",
  "`",
  "```",
  "**",
  "``",
  "- ",
  "* ",
  "1. ",
  "12. ",
  "> ",
  "@12025550101",
  "\n",
  " ",
  " ",
];
const ADDRESSES = [
  "https://hotel.example/a_b_c?x=1&y=2#top",
  "HTTP://hotel.example",
  "https://good@evil.example",
  "https://xn--pple-43d.example",
  "https://\u0430pple.example/",
  "mailto:desk@hotel.example",
  "tel:+39-06-1234567",
  "javascript:alert(1)",
  "https://",
];
const HTML = [
  "<b>",
  "</div>",
  "<img src=x onerror=hit()>",
  "&amp;",
  "&lt;",
  "&#0;",
  "&",
  "<",
  ">",
  '"',
  "'",
  "<!--",
  "]]>",
];
const WORDS = [
  "Room",
  "101",
  "towels",
  "é",
  "e\u0301",
  "مرحبا",
  "日本",
  "👍🏽",
  "1️⃣",
  "(",
  ")",
  ".",
  ",",
  "\t",
  "\r\n",
  "\u200b",
];

/** What guests write and what they should not, with whatever WhatsApp may read as markup in any order. */
export const anyMessage = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...MARKERS) },
      { weight: 5, arbitrary: fc.constantFrom(...WORDS) },
      { weight: 2, arbitrary: fc.constantFrom(...ADDRESSES) },
      { weight: 2, arbitrary: fc.constantFrom(...HTML) },
      { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 5 }) },
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));

/** The same, and any text at all. */
export const anyMessageOrText = fc.oneof({ weight: 4, arbitrary: anyMessage }, { weight: 1, arbitrary: anyText });

/** Text as HTML can hold it. */
export const asShown = (text: string): string => text.toWellFormed().replaceAll("\u0000", "\ufffd");
