import { passed } from "./clocks.js";

/** What the desk has said to a guest by itself of late: what keeps it from talking to another machine, or from costing without end. */
export interface Automated {
  /** When the hour began that is counted. */
  readonly since: Date;
  /** Messages in that hour. */
  readonly count: number;
  /** Answers in a row that brought nothing new, none of them after a pause. */
  readonly row: number;
  /** When the newest was decided. */
  readonly at: Date;
  /** What the guest typed when they got it, as a number that says nothing of the words; null where they tapped. */
  readonly heard: number | null;
}

/** Messages in an hour that a guest gets from the desk by itself: design, §5.13. More than any conversation takes. */
export const AUTOMATED_PER_HOUR = 100;
/** Answers in a row that brought nothing new: a guest whom the desk fails to understand so often needs a person, and a machine needs none (T77). */
export const LOOP_ANSWERS = 8;
/** Milliseconds of silence after which it is no row any more. */
const PAUSE_MS = 30 * 60_000;
/** Milliseconds for which a row that was too long keeps the desk silent. */
const HOUR_MS = 60 * 60_000;

/** Why the desk says nothing more by itself; null: it may. */
export type TooMuch = "loop" | "budget";

/** Whether the desk has said enough by itself. */
export function tooMuch(automated: Automated | null, now: Date): TooMuch | null {
  if (automated === null) return null;
  const { since, count, row, at } = automated;
  if (row >= LOOP_ANSWERS && !passed(at, now, HOUR_MS)) return "loop";
  return count >= AUTOMATED_PER_HOUR && !passed(since, now, HOUR_MS) ? "budget" : null;
}

/**
 * What something that the desk says is an answer to. `tapped`: an option of ours, which no other machine taps. `words`: what the guest typed;
 * `led`: it took them a step on. `unasked`: to nothing they wrote: a time has come, the host has answered, or one of staff has begun it.
 */
export type Heard =
  { readonly tapped: true } | { readonly words: string; readonly led: boolean } | { readonly unasked: true };

/** With one more answer. @param messages how many it took */
export function answered(before: Automated | null, heard: Heard, messages: number, now: Date): Automated {
  const sameHour = before !== null && !passed(before.since, now, HOUR_MS);
  const hour = { since: sameHour ? before.since : now, count: (sameHour ? before.count : 0) + messages };
  // It answers nobody, so that it is in no row, and is no pause in one.
  if ("unasked" in heard) return { row: 0, at: now, heard: null, ...before, ...hour };
  const inARow = before !== null && !passed(before.at, now, PAUSE_MS) ? before.row : 0;
  const said = "tapped" in heard ? null : markOf(heard.words);
  const isNew = "tapped" in heard || (heard.led && (said === null || said !== before?.heard));
  return {
    ...hour,
    row: "tapped" in heard ? 0 : isNew ? inARow : inARow + 1,
    at: now,
    heard: said,
  };
}

/** A person has a hand in it: the guest tapped, or staff wrote. What was a row is none any more. */
export const interrupted = (automated: Automated | null): Automated | null =>
  automated === null || automated.row === 0 ? automated : { ...automated, row: 0 };

/** Short answers are given again and again: yes, no, 2. */
const SHORT = 8;

/** The same for texts that differ in numbers alone, as a machine's do that tells the time; null for a short one. */
function markOf(words: string): number | null {
  const letters = words.toLowerCase().replace(/[^\p{L}]+/gu, "");
  if (letters.length < SHORT) return null;
  let mark = 0x811c9dc5;
  for (let i = 0; i < letters.length; i++) mark = Math.imul(mark ^ letters.charCodeAt(i), 0x01000193);
  return mark | 0;
}
