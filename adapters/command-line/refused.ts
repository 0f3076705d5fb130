/** What was asked for cannot be done as it was asked: said in a line, without a stack. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** What a command came to, as shells and scheduled jobs read it. */
export const EXIT = {
  done: 0,
  /** Something is wrong with what was looked at, or not all of it could be done. */
  found: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** Nothing could be done: no desk, no database. */
  failed: 3,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];
