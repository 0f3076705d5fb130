import type { PersonalData, PersonalDataQuery, StoredRecord } from "../../src/index.js";
import { amended } from "./amendments.js";
import { conversationsWith, peopleOf, reservationsOf } from "./erasure.js";
import { compareIds, hotelOf, type HotelMemory, type Memory } from "./state.js";

/** What is kept of a guest: one part of it, page by page. */
export function personalData(
  memory: Memory,
  { hotelId, guestId, part, after, limit }: PersonalDataQuery,
): PersonalData | null {
  const hotel = hotelOf(memory, hotelId);
  const people = peopleOf(hotel, guestId);
  if (people === null) return null;
  const from = after === null ? 0 : Number(after);
  const all = PARTS[part](hotel, people);
  const records = all.slice(from, from + limit);
  const next = from + limit < all.length ? String(from + limit) : null;
  return { now: memory.clock.now(), guestIds: people, records, next };
}

type Part = (hotel: HotelMemory, people: readonly string[]) => readonly StoredRecord[];

const conversationIds = (hotel: HotelMemory, people: readonly string[]): ReadonlySet<string> =>
  new Set(conversationsWith(hotel, people).map(({ id }) => id));
const inTurn = <T extends { readonly id: string }>(values: Iterable<T>): readonly T[] =>
  [...values].toSorted((a, b) => compareIds(a.id, b.id));

const PARTS: Readonly<Record<StoredRecord["type"], Part>> = {
  guest: (hotel, people) =>
    people.flatMap((id) => {
      const found = hotel.guests.get(id);
      if (found === undefined) return [];
      const { addresses: _, ...guest } = found;
      return [{ type: "guest", guest }];
    }),
  address: (hotel, people) =>
    people.flatMap((guestId) =>
      (hotel.guests.get(guestId)?.addresses ?? []).map((address) => ({ type: "address", guestId, address }) as const),
    ),
  formerAddress: (hotel, people) =>
    people.flatMap((guestId) =>
      (hotel.formerAddresses.get(guestId) ?? []).map(
        ({ kind, value, firstSeenAt, endedAt }) =>
          ({ type: "formerAddress", guestId, address: { kind, value, firstSeenAt, endedAt } }) as const,
      ),
    ),
  consent: (hotel, people) =>
    inTurn(hotel.consents.values()).flatMap((consent) =>
      people.includes(consent.guestId) ? [{ type: "consent", consent }] : [],
    ),
  stay: (hotel, people) => {
    const addresses = people.flatMap((id) => hotel.guests.get(id)?.addresses ?? []);
    return reservationsOf(hotel, people, addresses).flatMap((id) => {
      const stay = hotel.stays.get(id);
      return stay === undefined ? [] : [{ type: "stay", stay }];
    });
  },
  conversation: (hotel, people) =>
    conversationsWith(hotel, people).map((conversation) => ({ type: "conversation", conversation })),
  message: (hotel, people) =>
    conversationsWith(hotel, people).flatMap(({ id }) =>
      [...hotel.messages.values()]
        .filter(({ conversationId }) => conversationId === id)
        .toSorted((a, b) => a.eventSeq - b.eventSeq)
        .map((message) => ({ type: "message", message: amended(hotel, message) }) as const),
    ),
  attachment: (hotel, people) =>
    inTurn(hotel.attachments.values()).flatMap((attachment) =>
      people.includes(attachment.guestId) ? [{ type: "attachment", attachment }] : [],
    ),
  prompt: (hotel, people) => {
    const ids = conversationIds(hotel, people);
    return inTurn(hotel.prompts.values()).flatMap((prompt) =>
      ids.has(prompt.conversationId) ? [{ type: "prompt", prompt }] : [],
    );
  },
  flowRun: (hotel, people) => {
    const ids = conversationIds(hotel, people);
    return inTurn(hotel.runs.values()).flatMap((run) =>
      ids.has(run.conversationId) ? [{ type: "flowRun", run }] : [],
    );
  },
  flowMove: (hotel, people) => {
    const ids = conversationIds(hotel, people);
    return inTurn(hotel.runs.values())
      .filter((run) => ids.has(run.conversationId))
      .flatMap((run) => (hotel.moves.get(run.id) ?? []).toSorted((a, b) => a.number - b.number))
      .map((move) => ({ type: "flowMove", move }));
  },
  task: (hotel, people) => {
    const ids = conversationIds(hotel, people);
    return inTurn(hotel.tasks.values()).flatMap((task) =>
      ids.has(task.conversationId) ? [{ type: "task", task }] : [],
    );
  },
};
