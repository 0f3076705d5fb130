import type { Address, GuestStay, Page, StayStorage, Task } from "../../src/index.js";
import { addressKey } from "../../src/index.js";
import { guestOf, holderOf, whoStays, withMerged } from "./identity.js";
import { compareIds, hotelOf, type HotelMemory, type Memory } from "./state.js";

type Query<Verb extends keyof StayStorage> = Parameters<StayStorage[Verb]>[0];

/** A reservation, as the hotel's own system told of it. */
export const loadStay = (memory: Memory, { hotelId, reservationId }: Query<"loadStay">) => ({
  now: memory.clock.now(),
  stay: hotelOf(memory, hotelId).stays.get(reservationId) ?? null,
});

/** The stays of a person. */
export function staysOf(memory: Memory, { hotelId, person, limit }: Query<"staysOf">): readonly GuestStay[] {
  const hotel = hotelOf(memory, hotelId);
  const stays = [...hotel.stays.values()].filter(theirs(hotel, person));
  return newest(stays, ({ reservationId }) => reservationId).slice(0, limit);
}

/** Who comes, or goes, on a day. */
export function staysOn(
  memory: Memory,
  { reach, hotelId, of, day, after, limit }: Query<"staysOn">,
): Page<GuestStay, string> {
  if (reach !== "everything" && !("hotels" in reach && reach.hotels.has(hotelId))) return { items: [], next: null };
  const rest = [...hotelOf(memory, hotelId).stays.values()]
    .filter((stay) => stay[of]?.slice(0, day.length) === day)
    .filter(({ status }) => status !== "cancelled")
    .filter(({ reservationId }) => after === null || compareIds(reservationId, after) > 0)
    .sort((a, b) => compareIds(a.reservationId, b.reservationId));
  const items = rest.slice(0, limit);
  return { items, next: rest.length > limit ? (items.at(-1)?.reservationId ?? null) : null };
}

/** What a guest asked for, by the desk's id, else by that of the hotel's own system. */
export function loadTask(memory: Memory, { hotelId, taskId }: Query<"loadTask">) {
  const { tasks } = hotelOf(memory, hotelId);
  const called = newest(
    [...tasks.values()].filter(({ externalId }) => externalId === taskId),
    ({ id }) => id,
  );
  return { now: memory.clock.now(), task: tasks.get(taskId) ?? called[0] ?? null };
}

/** What was asked for in a conversation. */
export function tasksOf(memory: Memory, { hotelId, conversationId, limit }: Query<"tasksOf">): readonly Task[] {
  const own = [...hotelOf(memory, hotelId).tasks.values()].filter((task) => task.conversationId === conversationId);
  return newest(own, ({ id }) => id).slice(0, limit);
}

function theirs(hotel: HotelMemory, person: Query<"staysOf">["person"]): (stay: GuestStay) => boolean {
  const guestId = "guestId" in person ? whoStays(hotel, person.guestId) : holderOf(hotel, person);
  const ids = new Set(guestId === null ? [] : withMerged(hotel, guestId));
  const own: readonly Address[] = guestId === null ? [] : (guestOf(hotel, guestId)?.addresses ?? []);
  const addresses = new Set([...own, ...("guestId" in person ? [] : [person])].map(addressKey));
  return ({ guest }) =>
    guest !== null && ("guestId" in guest ? ids.has(guest.guestId) : addresses.has(addressKey(guest)));
}

const newest = <T extends GuestStay | Task>(all: readonly T[], idOf: (one: T) => string): readonly T[] =>
  [...all].sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || compareIds(idOf(b), idOf(a)));
