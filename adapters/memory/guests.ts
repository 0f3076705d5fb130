import type { Address, Guest, GuestState, Reach } from "../../src/index.js";
import { addressKey, reaches } from "../../src/index.js";
import { guestOf, holderOf, whoStays, withMerged } from "./identity.js";
import { conversationsOf, hotelOf, type HotelMemory, type Memory } from "./state.js";

/** What decisions about guests need. Who is out of reach looks like nobody. */
export function loadGuests(
  memory: Memory,
  { reach, guestIds }: { readonly reach: Reach; readonly guestIds: readonly string[] },
): { readonly now: Date; readonly guests: readonly (GuestState | null)[] } {
  const guests = guestIds.map((id) => {
    const hotel = [...memory.hotels.values()].find(({ guests }) => guests.has(id));
    return hotel !== undefined && isWithin(reach, hotel, id) ? guestState(hotel, id) : null;
  });
  return { now: memory.clock.now(), guests };
}

/** Guests who have, or had, one of the addresses. */
export function findGuests(
  memory: Memory,
  {
    reach,
    hotelId,
    addresses,
  }: { readonly reach: Reach; readonly hotelId: string; readonly addresses: readonly Address[] },
): readonly Guest[] {
  const hotel = hotelOf(memory, hotelId);
  const wanted = new Set(addresses.map(addressKey));
  const holders = addresses.flatMap((address) => holderOf(hotel, address) ?? []);
  const former = [...hotel.formerAddresses].flatMap(([id, passed]) =>
    passed.some((address) => wanted.has(addressKey(address))) ? [whoStays(hotel, id)] : [],
  );
  const found = [...new Set([...holders, ...former])].filter((id) => isWithin(reach, hotel, id));
  return found.flatMap((id) => guestOf(hotel, id) ?? []);
}

/** A guest has no department: whoever sees a conversation of theirs sees them too. */
export const isWithin = (reach: Reach, hotel: HotelMemory, guestId: string): boolean =>
  reaches(reach, hotel.id, null) ||
  withMerged(hotel, guestId)
    .flatMap((id) => conversationsOf(hotel, id))
    .some(({ departmentId }) => reaches(reach, hotel.id, departmentId));

/** A guest as decisions about guests need them; null when there is none. */
export function guestState(hotel: HotelMemory, id: string): GuestState | null {
  const guest = guestOf(hotel, id);
  if (guest === null) return null;
  const others = withMerged(hotel, id).filter((each) => each !== id);
  return {
    guest,
    merged: others.flatMap((other) => guestOf(hotel, other) ?? []),
    conversations: conversationsOf(hotel, id).filter(({ status, continuedIn }) => {
      const next = hotel.conversations.get(continuedIn ?? "");
      return status === "open" || (next !== undefined && next.guestId !== id);
    }),
    formerAddresses: (hotel.formerAddresses.get(id) ?? []).map((passed) => ({
      ...passed,
      heldBy: holderOf(hotel, passed),
    })),
  };
}
