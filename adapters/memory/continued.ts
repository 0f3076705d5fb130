import type { Conversation } from "../../src/index.js";
import type { HotelMemory } from "./state.js";

/** A conversation and all that it continues, however many in a row. */
export function withContinued(hotel: HotelMemory, last: Conversation): readonly Conversation[] {
  // Not among one guest's own: since guests were merged, one's conversation may go on with another's.
  const all = [...hotel.conversations.values()];
  const chain = [last];
  // The chain grows while it is walked: what a continued conversation continues belongs to it too.
  for (const { id } of chain) chain.push(...all.filter((other) => other.continuedIn === id && !chain.includes(other)));
  return chain;
}

/** A conversation and all that go on with it, one after the other. */
export function andWhatFollows(hotel: HotelMemory, conversationId: string): readonly Conversation[] {
  const chain = new Set<Conversation>();
  let next = hotel.conversations.get(conversationId);
  while (next !== undefined && !chain.has(next)) {
    chain.add(next);
    next = hotel.conversations.get(next.continuedIn ?? "");
  }
  return [...chain];
}
