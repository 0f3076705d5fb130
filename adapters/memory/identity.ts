import type { Address, FormerAddress, Guest } from "../../src/index.js";
import { addressKey } from "../../src/index.js";
import { keepStop } from "./hashes.js";
import type { HotelMemory } from "./state.js";

/** An address that passed to somebody else, as it stood. Who has it now is looked up when it is asked for. */
export type PassedAddress = Omit<FormerAddress, "heldBy">;

/**
 * The guest who stays where this one was merged, directly or through others. An address and a conversation remain with the
 * guest they came to, and merges are followed only when somebody asks whose they are: to undo one nothing has to be moved.
 */
export function whoStays(hotel: HotelMemory, guestId: string): string {
  let id = guestId;
  for (let into = hotel.guests.get(id)?.mergedInto; into; into = hotel.guests.get(id)?.mergedInto) id = into;
  return id;
}

/** A guest and all that were merged into them, directly or through others. */
export function withMerged(hotel: HotelMemory, guestId: string): readonly string[] {
  const ids = [guestId];
  // The list grows while it is walked: whoever was merged into a merged guest belongs to it too.
  for (const id of ids) for (const guest of hotel.guests.values()) if (guest.mergedInto === id) ids.push(guest.id);
  return ids;
}

/** A guest as others see them: with the addresses of those who were merged into them. */
export function guestOf(hotel: HotelMemory, id: string): Guest | null {
  const guest = hotel.guests.get(id);
  if (guest === undefined) return null;
  const addresses = withMerged(hotel, id)
    .flatMap((each) => hotel.guests.get(each)?.addresses ?? [])
    .sort((a, b) => a.firstSeenAt.getTime() - b.firstSeenAt.getTime());
  return { ...guest, addresses };
}

/** Who has an address; null when nobody does. */
export function holderOf(hotel: HotelMemory, address: Address): string | null {
  const id = hotel.guestByAddress.get(addressKey(address));
  return id === undefined ? null : whoStays(hotel, id);
}

/** Makes a guest of whom nothing is known yet; one who is there already, because an item is read again, stays as they are. */
export function newGuest(hotel: HotelMemory, id: string): string {
  const nothing = { name: null, username: null, addresses: [], mergedInto: null };
  if (!hotel.guests.has(id)) hotel.guests.set(id, { id, hotelId: hotel.id, ...nothing });
  return id;
}

/** Lets an address be a guest's from now on. Whoever had it keeps it among those that were theirs. */
export function give(hotel: HotelMemory, guestId: string, address: Address, evidence: string, now: Date): void {
  const { kind, value } = address;
  const before = hotel.guests.get(hotel.guestByAddress.get(addressKey(address)) ?? "");
  if (before !== undefined) {
    const { firstSeenAt } = before.addresses.find(isSame(address)) ?? { firstSeenAt: now };
    const passed = { kind, value, firstSeenAt, endedAt: now, endedBy: evidence };
    const whose = whoStays(hotel, before.id);
    hotel.formerAddresses.set(whose, [...(hotel.formerAddresses.get(whose) ?? []), passed]);
    hotel.guests.set(before.id, { ...before, addresses: before.addresses.filter((each) => !isSame(address)(each)) });
  }
  const guest = hotel.guests.get(guestId);
  if (guest === undefined) return;
  const added = { kind, value, evidence, firstSeenAt: now, retiredAt: null };
  hotel.guests.set(guestId, { ...guest, addresses: [...guest.addresses, added] });
  hotel.guestByAddress.set(addressKey(address), guestId);
  keepStop(hotel, guestId, address, now);
}

/** Marks since when an address has another in its place, once; null: it has none, after all. */
export function retire(hotel: HotelMemory, address: Address, retiredAt: Date | null): void {
  const guest = hotel.guests.get(hotel.guestByAddress.get(addressKey(address)) ?? "");
  if (guest === undefined) return;
  const addresses = guest.addresses.map((each) =>
    isSame(address)(each) ? { ...each, retiredAt: retiredAt && (each.retiredAt ?? retiredAt) } : each,
  );
  hotel.guests.set(guest.id, { ...guest, addresses });
}

export const isSame =
  (address: Address) =>
  (other: Address): boolean =>
    addressKey(address) === addressKey(other);
