import {
  contentWords,
  isFound,
  nameWords,
  reaches,
  shown,
  type Guest,
  type GuestSearchQuery,
  type Page,
  type SearchHit,
  type SearchPoint,
  type SearchQuery,
} from "../../src/index.js";
import { amended } from "./amendments.js";
import { andWhatFollows } from "./continued.js";
import { isWithin } from "./guests.js";
import { guestOf, whoStays } from "./identity.js";
import { compareIds, hotelOf, type Memory } from "./state.js";

/** Messages that have all these words in what they show, newest first. */
export function search(memory: Memory, query: SearchQuery): Page<SearchHit, SearchPoint> {
  const { reach, hotelId, departmentId, words, before, limit } = query;
  const hotel = hotelOf(memory, hotelId);
  const found = [...hotel.messages.values()]
    .filter((message) => before === null || comparePlaces(message, before) < 0)
    .map((message) => amended(hotel, message))
    // What goes in its place is shown beside it, sent or not: its own words count.
    .filter((message) =>
      isFound(contentWords(shown({ ...message, fallback: null }, message.amendments).content), words),
    )
    .sort((a, b) => comparePlaces(b, a))
    .flatMap((message): readonly SearchHit[] => {
      const showing = andWhatFollows(hotel, message.conversationId).filter(
        (conversation) =>
          reaches(reach, hotel.id, conversation.departmentId) &&
          (departmentId === null || conversation.departmentId === departmentId),
      );
      const last = showing.at(-1);
      if (last === undefined) return [];
      const guestId = whoStays(hotel, last.guestId);
      const guestName = hotel.guests.get(guestId)?.name ?? null;
      return [{ message, conversationId: last.id, departmentId: last.departmentId, guestId, guestName }];
    });
  const items = found.slice(0, limit);
  const end = items.at(-1)?.message;
  const next = found.length > limit && end !== undefined ? { eventSeq: end.eventSeq, id: end.id } : null;
  return { items, next };
}

/** Guests whose name and username have all these words, by id, the greatest first. */
export function searchGuests(memory: Memory, query: GuestSearchQuery): Page<Guest, string> {
  const { reach, hotelId, words, before, limit } = query;
  const hotel = hotelOf(memory, hotelId);
  const named = [...hotel.guests.values()].filter(({ name, username }) =>
    isFound([...nameWords(name ?? ""), ...nameWords(username ?? "")], words),
  );
  const found = [...new Set(named.map(({ id }) => whoStays(hotel, id)))]
    .filter((id) => before === null || compareIds(id, before) < 0)
    .filter((id) => isWithin(reach, hotel, id))
    .sort((a, b) => compareIds(b, a));
  const ids = found.slice(0, limit);
  return {
    items: ids.flatMap((id) => guestOf(hotel, id) ?? []),
    next: found.length > limit ? (ids.at(-1) ?? null) : null,
  };
}

const comparePlaces = (a: SearchPoint, b: SearchPoint): number => a.eventSeq - b.eventSeq || compareIds(a.id, b.id);
