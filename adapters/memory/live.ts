import {
  GUEST_DIRECTIONS,
  type AmendedMessage,
  type Conversation,
  type DeskEvent,
  type LiveConversation,
  type LogPlace,
  type News,
  type NewsQuery,
  type Reach,
  type Revocations,
  type RevokedPrincipal,
  type Snapshot,
  type SnapshotQuery,
} from "../../src/index.js";
import { amended } from "./amendments.js";
import { andWhatFollows } from "./continued.js";
import { whoStays, withMerged } from "./identity.js";
import { conversations, row } from "./reads.js";
import { conversationsOf, type HotelMemory, type Memory } from "./state.js";

/** The newest open conversations within reach, and how far the logs had got by then. */
export function snapshot(memory: Memory, { reach, limit }: SnapshotQuery): Snapshot {
  const all = { hotelId: null, departmentId: null, status: "open", after: null } as const;
  const { now, items, next } = conversations(memory, { ...all, reach, limit });
  const reached = [...memory.hotels.values()].filter(({ id }) => isWithin(reach, id));
  return { now, items, more: next !== null, places: reached.flatMap(headOf) };
}

/** Whether anything of a hotel is within reach. */
const isWithin = (reach: Reach, hotelId: string): boolean =>
  reach === "everything" || ("guest" in reach ? reach.guest.hotelId === hotelId : reach.hotels.has(hotelId));

function headOf({ id, events }: HotelMemory): readonly LogPlace[] {
  const last = events.at(-1);
  return last === undefined ? [] : [placeOf(id, last)];
}

const placeOf = (hotelId: string, { seq, at }: DeskEvent): LogPlace => ({ hotelId, seq, at });

/** How far the logs of hotels have got. */
export const heads = (memory: Memory, hotelIds: readonly string[]): readonly LogPlace[] =>
  [...new Set(hotelIds)].flatMap((id) => memory.hotels.get(id) ?? []).flatMap(headOf);

/** What a log tells after an event, and what that is about. */
export function news(memory: Memory, { after, limit }: NewsQuery): News | null {
  const hotel = memory.hotels.get(after.hotelId);
  if (!isKnown(hotel, after)) return null;
  const now = memory.clock.now();
  if (hotel === undefined) return { now, events: [], upTo: after, head: 0, conversations: [], messages: [] };
  const events = hotel.events.slice(after.seq, after.seq + limit);
  const last = events.at(-1);
  return {
    now,
    events,
    upTo: last === undefined ? after : placeOf(hotel.id, last),
    head: hotel.events.length,
    conversations: concernedBy(hotel, events).map((conversation) => live(hotel, conversation)),
    messages: messagesOf(hotel, events),
  };
}

const isKnown = (hotel: HotelMemory | undefined, { seq, at }: LogPlace): boolean =>
  (seq === 0 && (hotel === undefined || hotel.events.length === 0 || hotel.events[0] !== undefined)) ||
  (at !== null && hotel?.events[seq - 1]?.at.getTime() === at.getTime());

/** The conversations that events are about or have left, those that go on with them, and the open ones of the same people. */
function concernedBy(hotel: HotelMemory, events: readonly DeskEvent[]): readonly Conversation[] {
  const onward = events
    .flatMap(({ conversationId, body }) => [conversationId, "leaves" in body ? body.leaves : null])
    .flatMap((id) => (id === null ? [] : andWhatFollows(hotel, id)));
  const guests = [...onward.map(({ guestId }) => guestId), ...events.flatMap(guestsNamed)];
  const people = new Set(guests.flatMap((guestId) => withMerged(hotel, whoStays(hotel, guestId))));
  const open = [...people].flatMap((id) => conversationsOf(hotel, id)).filter(({ status }) => status === "open");
  return [...new Set([...onward, ...open])];
}

function guestsNamed({ body }: DeskEvent): readonly string[] {
  switch (body.type) {
    case "guest.merged":
      return [body.guestId, body.into];
    case "guest.unmerged":
      return [body.guestId, body.from];
    case "guest.changed":
    case "guest.consent":
      return [body.guestId];
    default:
      return [];
  }
}

function live(hotel: HotelMemory, conversation: Conversation): LiveConversation {
  const { guestId, previewMessageId } = conversation;
  const direction = hotel.messages.get(previewMessageId ?? "")?.direction;
  const previewForGuest =
    previewMessageId === null || (direction !== undefined && GUEST_DIRECTIONS.includes(direction));
  return { ...row(hotel, conversation, whoStays(hotel, guestId)), previewForGuest };
}

const messagesOf = (hotel: HotelMemory, events: readonly DeskEvent[]): readonly AmendedMessage[] =>
  [...new Set(events.flatMap(({ body }) => ("messageId" in body ? [body.messageId] : [])))]
    .flatMap((id) => hotel.messages.get(id) ?? [])
    .map((message) => amended(hotel, message));

/** Whoever is connected hears of it within a second: what is so old, nobody asks for. */
const REVOCATIONS_KEPT_MS = 24 * 60 * 60 * 1000;

/** Somebody's rights have changed. */
export function revoke(memory: Memory, principal: RevokedPrincipal): void {
  const at = memory.clock.now().getTime();
  const number = (memory.revocations.at(-1)?.number ?? 0) + 1;
  const kept = memory.revocations.filter((one) => one.at >= at - REVOCATIONS_KEPT_MS);
  memory.revocations = [...kept, { number, at, principal }];
}

/** Whose rights have changed after one of them. A number that is still to come is another storage's, and then all have. */
export function revocations(memory: Memory, { after }: { readonly after: number | null }): Revocations {
  const upTo = memory.revocations.at(-1)?.number ?? 0;
  const from = after !== null && after > upTo ? 0 : after;
  const later = from === null ? [] : memory.revocations.filter(({ number }) => number > from);
  return { upTo, principals: later.map(({ principal }) => principal) };
}
