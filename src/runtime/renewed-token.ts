import type { DeskEvent } from "../domain/event.js";
import type { HotelNumber } from "../domain/hotel.js";
import { reveal } from "../domain/secret.js";
import { codeOf } from "../errors.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Storage } from "../ports/storage.js";
import type { Pause } from "../ports/transport.js";
import type { CachedHotels } from "./host-ports.js";
import type { Wake } from "./wake.js";

/** Hotels as a process knows them, and as they are now. */
export type KnownHotels = Pick<HotelsPort, "byId"> & Partial<Pick<CachedHotels, "anew">>;

/** What WhatsApp said to a number. */
interface Refusal {
  readonly outcome: string;
  readonly pauses?: Pause;
}

/**
 * The number with its token of now, where the refused one is no longer its token: another process, or the host itself, has rotated it
 * since this one asked. null: the refusal stands, as it does while nobody can say.
 */
export async function renewedToken(
  hotels: KnownHotels,
  logger: DeskLogger,
  hotelId: string,
  number: HotelNumber,
  answer: Refusal,
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

export interface LatePauseOptions {
  readonly hotels: KnownHotels;
  readonly storage: Pick<Storage, "resume">;
  readonly logger: DeskLogger;
  readonly publish: (events: readonly DeskEvent[]) => void;
  readonly wake: Wake;
}

/**
 * A token may be rotated between the look at it and the moment at which its refusal is stored: then the pause begins that the rotation has just
 * ended, and nobody would end it before the number tries by itself. Looked at once more afterwards it is ended; who rotates later than that
 * ends it themselves.
 */
export const latePauses =
  ({ hotels, storage, logger, publish, wake }: LatePauseOptions) =>
  async (hotelId: string, number: HotelNumber, answer: Refusal): Promise<void> => {
    if ((await renewedToken(hotels, logger, hotelId, number, answer)) === null) return;
    const { phoneNumberId } = number;
    try {
      publish(await storage.resume({ hotelId, phoneNumberId, audit: null }));
      wake("outbound");
    } catch (error) {
      const code = codeOf(error);
      logger.warn(
        { code, phoneNumberId },
        "a pause for a token that was rotated could not be ended: the number tries by itself later",
      );
    }
  };
