import type { ConsentEntry, Reach } from "../../src/index.js";
import { standingConsent } from "../../src/index.js";
import { isWithin } from "./guests.js";
import { whoStays, withMerged } from "./identity.js";
import type { HotelMemory, Memory } from "./state.js";

/** One line of the append-only record. */
export function record(hotel: HotelMemory, entry: ConsentEntry): boolean {
  if (hotel.consents.has(entry.id)) return false;
  hotel.consents.set(entry.id, entry);
  return true;
}

/** What counts of all that these guests said, who are one person. */
export function standing(hotel: HotelMemory, guestIds: readonly string[]): readonly ConsentEntry[] {
  const entry = standingConsent(saidBy(hotel, guestIds));
  return entry === null ? [] : [entry];
}

/** All that a guest, and whoever turned out to be the same person, said about offers. */
export function consents(
  memory: Memory,
  { reach, guestId }: { readonly reach: Reach; readonly guestId: string },
): readonly ConsentEntry[] | null {
  const hotel = [...memory.hotels.values()].find(({ guests }) => guests.has(guestId));
  if (hotel === undefined || !isWithin(reach, hotel, guestId)) return null;
  return [...saidBy(hotel, withMerged(hotel, whoStays(hotel, guestId)))].sort(
    (a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1),
  );
}

const saidBy = (hotel: HotelMemory, guestIds: readonly string[]): readonly ConsentEntry[] =>
  [...hotel.consents.values()].filter((entry) => guestIds.includes(entry.guestId));
