import { addressHash, wamidHash, type Address } from "../../src/index.js";
import type { HotelMemory } from "./state.js";

/** Whether a message with this id was erased: what is reported of it waits for nobody. */
export const isErased = (hotel: HotelMemory, wamid: string): boolean =>
  [...hotel.erasures.values()].some(({ erasure }) => erasure.wamids.includes(wamidHash(wamid)));

/** Who wanted no offers is sent none when their address comes back. */
export function keepStop(hotel: HotelMemory, guestId: string, address: Address, now: Date): void {
  const stopped = [...hotel.erasures.values()].some(
    ({ erasure }) => erasure.stopped && erasure.addresses.includes(addressHash(erasure.salt, address)),
  );
  const id = `cns_kept_${guestId}`;
  if (!stopped || hotel.consents.has(id)) return;
  const wish = { scope: "marketing", wish: "stop", source: "host", evidence: null } as const;
  hotel.consents.set(id, { id, hotelId: hotel.id, guestId, ...wish, at: now, recordedAt: now });
}
