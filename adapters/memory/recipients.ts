import type { LaneChange, NewGuest, RecipientQuery, RecipientState } from "../../src/index.js";
import { addressKey } from "../../src/index.js";
import { standing } from "./consents.js";
import { isWithin } from "./guests.js";
import { keepStop } from "./hashes.js";
import { guestOf, holderOf, newGuest, whoStays, withMerged } from "./identity.js";
import { clientKey, conversationsOf, hotelOf, type HotelMemory, type Memory } from "./state.js";
import { templateOf } from "./templates.js";

/** What writing to a guest first needs. */
export function loadRecipient(
  memory: Memory,
  { hotelId, to, reach, client, template }: RecipientQuery,
): { readonly now: Date; readonly state: RecipientState } {
  const hotel = hotelOf(memory, hotelId);
  const asked = "guestId" in to ? whoStays(hotel, to.guestId) : holderOf(hotel, to);
  const guestId = asked !== null && "guestId" in to && !isWithin(reach, hotel, asked) ? null : asked;
  const own = guestId === null ? [] : withMerged(hotel, guestId);
  const message =
    client && hotel.messages.get(hotel.messageByClientId.get(clientKey(client.authorId, client.clientMessageId)) ?? "");
  const conversation = hotel.conversations.get(message?.conversationId ?? "");
  const state: RecipientState = {
    guest: guestId === null ? null : guestOf(hotel, guestId),
    chats: [...hotel.chats.values()].filter((chat) => chat.guestId === guestId),
    conversations: own
      .flatMap((id) => conversationsOf(hotel, id))
      .filter(({ status, imported }) => status === "open" || imported),
    existing: message && conversation ? { message, guestId: whoStays(hotel, conversation.guestId) } : null,
    consents: standing(hotel, own),
    template: templateOf(hotel, template),
  };
  return { now: memory.clock.now(), state };
}

/** Changes that make a guest with an address which somebody has: already, or by a change before. */
export function takenAddresses(hotel: HotelMemory, changes: readonly LaneChange[]): readonly number[] {
  const made = new Set<string>();
  return changes.flatMap(({ change }, index) => {
    if (change.newGuest === null) return [];
    const { address } = change.newGuest;
    const isTaken = holderOf(hotel, address) !== null || made.has(addressKey(address));
    made.add(addressKey(address));
    return isTaken ? [index] : [];
  });
}

/** Makes a guest with an address that the hotel gave. */
export function makeGuest(hotel: HotelMemory, { id, address: { kind, value } }: NewGuest, now: Date): void {
  const guest = hotel.guests.get(newGuest(hotel, id));
  if (guest === undefined) return;
  const given = { kind, value, evidence: null, firstSeenAt: now, retiredAt: null };
  hotel.guests.set(id, { ...guest, addresses: [...guest.addresses, given] });
  hotel.guestByAddress.set(addressKey(given), id);
  keepStop(hotel, id, given, now);
}
