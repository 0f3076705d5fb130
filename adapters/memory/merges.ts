import type { Chat, GuestMerge, LaneChange } from "../../src/index.js";
import { newChat } from "../../src/index.js";
import { chatKey, type HotelMemory } from "./state.js";

/** Changes that merge who is merged already, or into one who is, or undo what is not: by themselves, or after one another. */
export function impossibleMerges(hotel: HotelMemory, changes: readonly LaneChange[]): readonly number[] {
  const after = new Map([...hotel.guests.values()].map(({ id, mergedInto }) => [id, mergedInto]));
  return changes.flatMap(({ change: { merge } }, index) => {
    if (merge === null) return [];
    const { guestId, into } = merge;
    const isPossible =
      into === null
        ? typeof after.get(guestId) === "string"
        : after.get(guestId) === null && after.get(into) === null && guestId !== into;
    if (isPossible) after.set(guestId, into);
    return isPossible ? [] : [index];
  });
}

/** Lets two guests be one, or two again. */
export function merge(hotel: HotelMemory, { guestId, into }: GuestMerge): void {
  const guest = hotel.guests.get(guestId);
  if (guest === undefined) return;
  hotel.guests.set(guestId, { ...guest, mergedInto: into });
  if (into === null) return;
  for (const chat of [...hotel.chats.values()]) if (chat.guestId === guestId) takeOver(hotel, chat, into);
}

/** WhatsApp counts one window for one person: whoever stays goes on where either of the two stood. */
function takeOver(hotel: HotelMemory, merged: Chat, guestId: string): void {
  const key = chatKey(merged.phoneNumberId, guestId);
  const own = hotel.chats.get(key) ?? newChat(hotel.id, merged.phoneNumberId, guestId);
  hotel.chats.set(key, {
    ...own,
    version: own.version + 1,
    currentConversationId: own.currentConversationId ?? merged.currentConversationId,
    lastInboundAt: later(own.lastInboundAt, merged.lastInboundAt),
    windowClosesAt: later(own.windowClosesAt, merged.windowClosesAt),
    menuSentAt: later(own.menuSentAt, merged.menuSentAt),
    awayUntil: later(own.awayUntil, merged.awayUntil),
    staffWroteAt: later(own.staffWroteAt, merged.staffWroteAt),
  });
}

const later = (a: Date | null, b: Date | null): Date | null => (a === null || (b !== null && b > a) ? b : a);
