import type { HotelNumber } from "../domain/hotel.js";
import { reveal } from "../domain/secret.js";
import { codeOf } from "../errors.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Pause } from "../ports/transport.js";
import type { CachedHotels } from "./host-ports.js";

/** Hotels as a process knows them, and as they are now. */
export type KnownHotels = Pick<HotelsPort, "byId"> & Partial<Pick<CachedHotels, "anew">>;

/**
 * The number with its token of now, where the refused one is no longer its token: another process, or the host itself, has rotated it
 * since this one asked. null: the refusal stands, as it does while nobody can say.
 */
export async function renewedToken(
  hotels: KnownHotels,
  logger: DeskLogger,
  hotelId: string,
  number: HotelNumber,
  answer: { readonly outcome: string; readonly pauses?: Pause },
): Promise<HotelNumber | null> {
  if (answer.outcome !== "rejected" || answer.pauses?.scope !== "token") return null;
  try {
    const hotel = await (hotels.anew?.(hotelId) ?? hotels.byId(hotelId));
    const now = hotel?.numbers.find(({ phoneNumberId }) => phoneNumberId === number.phoneNumberId);
    return now !== undefined && reveal(now.accessToken) !== reveal(number.accessToken) ? now : null;
  } catch (error) {
    logger.warn({ code: codeOf(error) }, "whether a refused token was rotated could not be asked");
    return null;
  }
}
