import { codeOf } from "../errors.js";
import type { DeskEvent } from "../domain/event.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Storage } from "../ports/storage.js";
import type { SendPause } from "../ports/work-storage.js";

export interface AccountPauseOptions {
  readonly storage: Pick<Storage, "pauseSenders">;
  readonly hotels: Pick<HotelsPort, "byId" | "inAccount">;
  readonly logger: DeskLogger;
  readonly publish: (events: readonly DeskEvent[]) => void;
}

/** Milliseconds that a stop has to last longer than what others were told, to be told too: messages in the air are refused together. Ours. */
const AT_ONCE_MS = 5_000;

/**
 * Tells the other hotels of an account what WhatsApp asked of one: else each of them would find out by a refusal of its own, and WhatsApp
 * counts those. Never throws: who could not be told finds out so.
 */
export function accountPauses({ storage, hotels, logger, publish }: AccountPauseOptions) {
  /** Until when this process has told an account's hotels to wait, by the monotonic clock. */
  const toldUntil = new Map<string, number>();

  return async (hotelId: string, pause: SendPause): Promise<void> => {
    try {
      const accountId = (await hotels.byId(hotelId))?.accountId;
      if (accountId === undefined) return;
      const until = performance.now() + pause.ms;
      if (until - (toldUntil.get(accountId) ?? 0) <= Math.min(AT_ONCE_MS, pause.ms)) return;
      toldUntil.set(accountId, until);
      for (const { id } of (await hotels.inAccount?.(accountId)) ?? [])
        if (id !== hotelId) publish(await storage.pauseSenders({ hotelId: id, pause }));
    } catch (error) {
      logger.warn({ code: codeOf(error) }, "the other hotels of an account could not be told to wait");
    }
  };
}
