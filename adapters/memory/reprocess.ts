import type { InboundItem, RawItem } from "../../src/index.js";
import { amended } from "./amendments.js";
import { enqueue, isWork } from "./lanes.js";
import { compareIds, hotelOf, type Attempt, type HotelMemory, type Memory } from "./state.js";
import { guestFor } from "./whose.js";

/** Makes work of items that stand aside, and of those that became a message nobody could read. */
export function reprocess(memory: Memory, items: readonly InboundItem[]): readonly boolean[] {
  const now = memory.clock.now();
  return items.map(({ id, hotelId, kind, chat }) => {
    const hotel = hotelOf(memory, hotelId);
    const attempt = hotel.attempts.get(id);
    if (attempt === undefined || chat === null) return false;
    const mayBeUnderstood = attempt.outcome === "kept" || unreadMessages(hotel, id).length > 0;
    if (!mayBeUnderstood || isWork(hotel, id)) return false;
    hotel.attempts.set(id, { ...attempt, kind, outcome: "work" });
    const { phoneNumberId } = chat;
    const lane = { hotelId, kind: "inbound", phoneNumberId, guestId: guestFor(hotel, id, chat, now) } as const;
    hotel.attempts.set(id, { ...(hotel.attempts.get(id) ?? attempt), guestId: lane.guestId });
    enqueue(
      hotel,
      lane,
      { id, kind: "inbound", attempts: 0, payload: attempt.raw, createdAt: now, urgent: false },
      now,
    );
    return true;
  });
}

/** Items that may be understood by now, by their ids. */
export function rawItems(
  memory: Memory,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): readonly RawItem[] {
  return [...memory.hotels.values()]
    .flatMap((hotel) => [...hotel.attempts].map(([id, attempt]) => ({ hotel, id, attempt })))
    .filter(({ id }) => after === null || compareIds(id, after) > 0)
    .filter(({ hotel, id, attempt }) => mayBeUnderstood(hotel, id, attempt))
    .map(({ hotel, id, attempt: { kind, raw } }) => ({ id, hotelId: hotel.id, kind, raw }))
    .sort((a, b) => compareIds(a.id, b.id))
    .slice(0, limit);
}

function mayBeUnderstood(hotel: HotelMemory, id: string, { kind, outcome }: Attempt): boolean {
  // A report of a status is complete as it is.
  if (outcome === "kept") return kind !== "status";
  return unreadMessages(hotel, id).some(
    (message) => !amended(hotel, message).amendments.some(({ act }) => act.kind === "understood"),
  );
}

/** Messages that an item became when nobody could read it. */
const unreadMessages = (hotel: HotelMemory, attemptId: string) =>
  [...hotel.messages.values()].filter(
    (message) => message.attemptId === attemptId && message.content.type === "unknown",
  );
