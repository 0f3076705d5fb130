import { fileTypeFromBuffer } from "file-type/core";
import { refuse } from "./found.js";
import type { MediaType } from "./limits.js";
import type { MediaSource } from "./verdict.js";

/** Bytes of the beginning in which `file-type` finds what it knows. */
const HEAD = 4_100;

/** Films and sounds are in the same boxes, which it tells apart by the first brand alone; we look at the tracks. */
const BOXES = ["video/mp4", "video/3gpp", "audio/mp4"] as const satisfies readonly MediaType[];
const OFFICE = [
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation",
] as const satisfies readonly MediaType[];

/** What it calls a type otherwise, or less exactly, than we do. */
const SAME: Readonly<Record<string, readonly MediaType[]>> = {
  "image/apng": ["image/png"],
  "video/mp4": BOXES,
  "video/x-m4v": BOXES,
  "video/3gpp": BOXES,
  "video/3gpp2": BOXES,
  "audio/mp4": BOXES,
  "audio/x-m4a": BOXES,
  "application/ogg": ["audio/ogg"],
  // Where the beginning does not say which document it is: its parts may stand in any order.
  "application/zip": OFFICE,
  "application/x-cfb": ["application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"],
};

/**
 * Refuses what `file-type` takes for another type than was found. It says nothing of most texts, and of the others by chance (`BM` begins a bitmap, and "BMW"), so
 * that it is not asked about text. It is given the first bytes, and nothing to read on from.
 */
export async function secondOpinion(source: MediaSource, found: MediaType): Promise<void> {
  if (found === "text/plain") return;
  const named = await nameOf(await source.read(0, HEAD));
  if (named === null || named === found || SAME[named]?.includes(found) === true) return;
  refuse("type_differs");
}

/** What it says, without parameters; null when it says nothing, or fails for what follows the beginning. */
async function nameOf(head: Uint8Array): Promise<string | null> {
  try {
    return (await fileTypeFromBuffer(head))?.mime.split(";", 1)[0] ?? null;
  } catch {
    return null;
  }
}
