import type { AmendedMessage, Amendment, Message } from "../../src/index.js";
import { attachmentOf } from "./attachments.js";
import type { HotelMemory } from "./state.js";

/** Stores what was done to a message, whether that is there or still to come. What is stored already stays as it is. */
export function putAmendment(hotel: HotelMemory, amendment: Amendment): void {
  const stored = hotel.amendments.get(amendment.wamid) ?? [];
  if (stored.some(({ id }) => id === amendment.id)) return;
  hotel.amendments.set(amendment.wamid, [...stored, amendment]);
}

/** What was done to a message, in whatever chat: Meta's id says which message it is, also after guests were merged and taken apart. */
export const amendmentsOf = (hotel: HotelMemory, wamid: string | null): readonly Amendment[] =>
  wamid === null ? [] : (hotel.amendments.get(wamid) ?? []);

/** A message with what was done to it, its file, and its translation. */
export function amended(hotel: HotelMemory, message: Message): AmendedMessage {
  const attachment = attachmentOf(hotel, message.id);
  const translation = hotel.translations.get(message.id);
  return {
    ...message,
    amendments: amendmentsOf(hotel, message.wamid),
    ...(attachment !== null && { attachment }),
    ...(translation !== undefined && { translation }),
  };
}
