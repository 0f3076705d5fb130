import { latin, type Cursor } from "./cursor.js";
import { refuse } from "./found.js";

/**
 * What begins a script or a page and has no place in a picture's or a sound's comments, long enough that compressed pictures in them do not hold
 * it by chance. XMP, which is XML and does, holds none of these. In lower case.
 */
const NEEDLES = [
  "<script",
  "<?php",
  "<?=$",
  "<html",
  "<!doctype",
  "<svg ",
  "<svg>",
  "<iframe",
  "<body ",
  "<body>",
  "<img ",
  "<object ",
  "<embed ",
  "javascript:",
  "__halt_compiler",
  "onerror=",
  "onload=",
  "alert(",
  "eval(",
  "settimeout(",
  "xmlhttprequest",
  "document.cookie",
  "document.write",
  "document.location",
  "window.location",
];
/** Of which those that begin a page, or what a server runs. */
const PAGES = NEEDLES.filter((needle) => needle.startsWith("<"));
const SHORTEST = Math.min(...NEEDLES.map((needle) => needle.length));
const LONGEST = Math.max(...NEEDLES.map((needle) => needle.length));

/** Whether a script or a page stands in these bytes, also in UTF-16. */
export const holdsScript = (bytes: Uint8Array): boolean => holds(bytes, NEEDLES);
/** Whether a page does. */
export const holdsPage = (bytes: Uint8Array): boolean => holds(bytes, PAGES);

function holds(bytes: Uint8Array, needles: readonly string[]): boolean {
  if (bytes.length < SHORTEST) return false;
  const text = latin(bytes).toLowerCase();
  if (needles.some((needle) => text.includes(needle))) return true;
  if (!text.includes("\0")) return false;
  const narrow = text.replaceAll("\0", "");
  return needles.some((needle) => narrow.includes(needle));
}

/** Moves over a comment or another text of so many bytes, in which nobody may hide a page: the look ends where one does. */
export async function skipText(cursor: Cursor, bytes: number): Promise<void> {
  if (bytes > cursor.left) cursor.short();
  let left = bytes;
  let tail = new Uint8Array(0);
  while (left > 0) {
    const chunk = (await cursor.chunk()).subarray(0, left);
    const joined = new Uint8Array(tail.length + chunk.length);
    joined.set(tail);
    joined.set(chunk, tail.length);
    if (holdsScript(joined)) refuse("double_format");
    // In UTF-16 a needle is twice as long.
    tail = joined.slice(-2 * LONGEST);
    cursor.advance(chunk.length);
    left -= chunk.length;
  }
}
