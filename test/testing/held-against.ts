import { byTheDay } from "../support/by-the-day.js";

const isWhole = process.env["MISTAKES"] === "all";

/** Of the deliberate mistakes, one in `of` by the day. MISTAKES=all takes all of them (`npm run mistakes`). */
export const takenOf = <Mistake>(mistakes: readonly Mistake[], of: number): readonly Mistake[] =>
  byTheDay(mistakes, of, isWhole);

/**
 * The cases that a deliberate mistake is held against: those listed beside it and, of the others, every eighth, each time beginning with
 * another one, so that no case is left out by all. MISTAKES=all takes all of them, which costs several times as much.
 */
export const heldAgainst = <Case extends { readonly id: string }>(
  contract: readonly Case[],
  { fails }: { readonly fails: readonly string[] },
  index: number,
): readonly Case[] => contract.filter(({ id }, at) => isWhole || (at + index) % 8 === 0 || fails.includes(id));
