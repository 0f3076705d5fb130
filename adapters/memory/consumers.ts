import type { ClaimedEvents, ConsumerLease, ConsumerMove, ConsumerPlace, EventClaim } from "../../src/index.js";
import { compareIds, hotelOf, type LogPlace, type Memory } from "./state.js";

/** Makes a consumer known, once. */
export function openConsumer(
  memory: Memory,
  { name, from }: { readonly name: string; readonly from: "beginning" | "now" },
): boolean {
  if (memory.consumers.has(name)) return false;
  const places = new Map<string, LogPlace>();
  if (from === "now")
    for (const { id, events } of memory.hotels.values()) places.set(id, { ...beginning(), seq: events.length });
  memory.consumers.set(name, places);
  return true;
}

const beginning = (): LogPlace => ({ seq: 0, epoch: 0, leasedUntil: null, dueAt: 0, failures: 0, code: null });

/** Takes hotels' logs that have news for the consumer, the longest left alone first. */
export function claimEvents(
  memory: Memory,
  { name, hotels, events: most, leaseMs }: EventClaim,
): readonly ClaimedEvents[] | null {
  if (!memory.consumers.has(name)) return null;
  const now = memory.clock.now().getTime();
  const due = [...memory.hotels.values()]
    .map(({ id, events }) => ({ hotelId: id, events, place: placeOf(memory, name, id) }))
    .filter(({ events, place }) => place.seq < events.length && claimableAt(place) <= now)
    .toSorted((a, b) => claimableAt(a.place) - claimableAt(b.place) || compareIds(a.hotelId, b.hotelId));
  return due.slice(0, hotels).map(({ hotelId, events, place }) => {
    place.epoch += 1;
    place.leasedUntil = now + leaseMs;
    const { epoch, failures, seq } = place;
    return { name, hotelId, epoch, failures, events: events.filter((event) => event.seq > seq).slice(0, most) };
  });
}

const claimableAt = ({ leasedUntil, dueAt }: LogPlace): number => leasedUntil ?? dueAt;

function placeOf(memory: Memory, name: string, hotelId: string): LogPlace {
  const places = memory.consumers.get(name) ?? new Map<string, LogPlace>();
  memory.consumers.set(name, places);
  const place = places.get(hotelId) ?? beginning();
  places.set(hotelId, place);
  return place;
}

/** Stores a consumer's place, and holds the log on or gives it back. */
export function moveConsumer(memory: Memory, { consumer, seq, then }: ConsumerMove): boolean {
  const place = heldPlace(memory, consumer);
  if (place === null) return false;
  const now = memory.clock.now().getTime();
  if (seq > place.seq) {
    place.seq = seq;
    place.failures = 0;
    place.code = null;
  }
  if (then.kind === "hold") {
    place.leasedUntil = now + then.leaseMs;
    return true;
  }
  place.leasedUntil = null;
  place.dueAt = now + then.waitMs;
  if (then.failed !== null) {
    place.failures += 1;
    place.code = then.failed;
  }
  return true;
}

/** The place, when the log is still in this holder's hands. Time plays no part: a lease that ran out only lets others claim. */
function heldPlace(memory: Memory, { name, hotelId, epoch }: ConsumerLease): LogPlace | null {
  const place = memory.consumers.get(name)?.get(hotelId);
  return place?.epoch === epoch && place.leasedUntil !== null ? place : null;
}

/** Forgets a consumer, and how far it was. */
export const forgetConsumer = (memory: Memory, name: string): boolean => memory.consumers.delete(name);

/** How far every consumer is. */
export function consumers(memory: Memory): readonly ConsumerPlace[] {
  const names = [...memory.consumers.keys()].toSorted(compareIds);
  const hotelIds = [...memory.hotels.keys()].toSorted(compareIds);
  return names.flatMap((name) =>
    hotelIds.flatMap((hotelId) => {
      const { length: lastSeq } = hotelOf(memory, hotelId).events;
      const { seq, failures, code } = memory.consumers.get(name)?.get(hotelId) ?? beginning();
      return lastSeq === 0 ? [] : [{ name, hotelId, seq, lastSeq, failures, code }];
    }),
  );
}
