import type { ConversationKey, ConversationState } from "../../src/index.js";
import { messagesIn, type HotelMemory } from "./state.js";

/** The newest answer after a message that somebody else gave. */
export function answeredIn(
  hotel: HotelMemory,
  conversationId: string,
  { seq: after, by }: NonNullable<ConversationKey["answered"]>,
): NonNullable<ConversationState["answered"]> | null {
  const [newest] = messagesIn(hotel, conversationId)
    .filter(({ direction, seq }) => direction === "outbound" && seq > after)
    .filter(({ author }) => author.kind === "device" || author.id !== by)
    .sort((a, b) => b.seq - a.seq);
  return newest === undefined ? null : { seq: newest.seq, author: newest.author };
}
