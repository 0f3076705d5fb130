import type { LaneChange, NewEvent, Remark } from "../../src/index.js";
import { endHold } from "./lanes.js";
import { putMessage, type HotelMemory } from "./state.js";

/** Changes that remark on a message which does not stand where they take it to stand: by itself, or after one before. */
export function overtaken(hotel: HotelMemory, changes: readonly LaneChange[]): readonly number[] {
  const after = new Map<string, string>();
  return changes.flatMap(({ change: { remarks } }, index) => {
    let isStale = false;
    for (const { messageId, was, becomes } of remarks) {
      isStale ||= (after.get(messageId) ?? hotel.messages.get(messageId)?.status) !== was;
      after.set(messageId, becomes ?? was);
    }
    return isStale ? [index] : [];
  });
}

/** Adds to a message what a person did about it. @returns what there is to tell: where it stands now, if that is elsewhere */
export function remark(hotel: HotelMemory, { messageId, was, becomes, failure, reason }: Remark): readonly NewEvent[] {
  const message = hotel.messages.get(messageId);
  if (message === undefined) return [];
  const reasons = [...message.reasons, reason];
  putMessage(hotel, { ...message, reasons, ...(becomes !== null && { status: becomes, failure }) });
  if (becomes === null) return [];
  if (was === "unknown") endHold(hotel, messageId);
  const { conversationId } = message;
  const departmentId = hotel.conversations.get(conversationId)?.departmentId ?? null;
  return [{ conversationId, departmentId, body: { type: "message.status", messageId, status: becomes } }];
}
