/**
 * The cases that a deliberate mistake is held against: those listed beside it and, of the others, every eighth, each time beginning with
 * another one, so that no case is left out by all. MISTAKES=all takes all of them (`npm run mistakes`), which costs several times as much.
 */
export const heldAgainst = <Case extends { readonly id: string }>(
  contract: readonly Case[],
  { fails }: { readonly fails: readonly string[] },
  index: number,
): readonly Case[] =>
  contract.filter(({ id }, at) => process.env["MISTAKES"] === "all" || (at + index) % 8 === 0 || fails.includes(id));
