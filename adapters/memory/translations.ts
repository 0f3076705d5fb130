import type { DeskEvent, NewTranslation } from "../../src/index.js";
import { hotelOf, tell, type Memory } from "./state.js";

/** Keeps a message's translation in place of the one before. */
export function putTranslation(
  memory: Memory,
  { hotelId, messageId, ...translation }: NewTranslation,
): readonly DeskEvent[] | null {
  const hotel = hotelOf(memory, hotelId);
  const message = hotel.messages.get(messageId);
  if (message === undefined) return null;
  const { at: _, ...before } = hotel.translations.get(messageId) ?? { at: null };
  if (JSON.stringify(inOrder(before)) === JSON.stringify(inOrder(translation))) return [];
  const now = memory.clock.now();
  hotel.translations.set(messageId, { ...translation, at: now });
  const { departmentId = null } = hotel.conversations.get(message.conversationId) ?? {};
  const body = { type: "message.translated", messageId } as const;
  return tell(hotel, [{ conversationId: message.conversationId, departmentId, body }], now);
}

const inOrder = (fields: object): readonly unknown[] => Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
