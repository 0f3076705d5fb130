import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryPms, type PmsBooking, type ScenarioPmsEvent } from "../../src/testing/index.js";
import { stayWith } from "../flow/world.js";

const HOUR = 60 * 60_000;
const GUEST = "12025550100";

/** What may happen at a front desk to a reservation, one after the other. */
const ACTS = ["move", "assign", "assignAnother", "ready", "arrives", "leaves", "cancel"] as const;
const day = fc.array(fc.tuple(fc.nat(1), fc.constantFrom(...ACTS)), { maxLength: 12 });

const bookingOf = (n: number): PmsBooking => ({
  hotelId: "grand",
  guest: { waId: GUEST },
  reservation: {
    reservationId: `res-${String(n)}`,
    number: `AB-${String(n)}`,
    status: "booked",
    name: "Anna Rossi",
    from: "2026-11-14",
    to: "2026-11-17",
    guests: 2,
    room: null,
    language: "en",
  },
});

/** What a PMS tells of such a day, in order, and how its books stand after it. */
async function lived(acts: readonly (readonly [number, (typeof ACTS)[number]])[]) {
  const hotel = memoryPms();
  for (const n of [0, 1]) await hotel.book(bookingOf(n));
  for (const [n, act] of acts) {
    const at = { hotelId: "grand", reservationId: `res-${String(n)}` };
    if (act === "move") await hotel.move(at, { from: "2026-11-20", to: "2026-11-22" });
    else if (act === "assign") await hotel.assign(at, "12");
    else if (act === "assignAnother") await hotel.assign(at, "14");
    else await hotel[act](at);
  }
  const books = [0, 1].map((n) => hotel.reservation({ hotelId: "grand", reservationId: `res-${String(n)}` }));
  return { told: hotel.told, books };
}

const STATUS = { booked: "booked", checkedIn: "inHouse", checkedOut: "out", cancelled: "cancelled" } as const;
const on = (id: string, kind: "room_ready" | "checked_in" | "reservation_cancelled") =>
  ({ id, when: { on: kind }, texts: { en: `${id} {reservation}` } }) as const;

/** A desk that is told so, some of it at once, and what the guest reads in the month after. */
async function desk(feed: readonly ScenarioPmsEvent[], together: number) {
  const stay = stayWith([], {
    hotel: {
      id: "grand",
      timeZone: "Europe/Rome",
      numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
      departments: [{ id: "reception", name: "Reception" }],
      stays: {
        messages: [
          { id: "soon", when: { before: "arrival", ms: 48 * HOUR }, texts: { en: "soon {reservation}" } },
          ...(["room_ready", "checked_in", "reservation_cancelled"] as const).map((kind) => on(kind, kind)),
        ],
      },
    },
  });
  const anna = stay.guest();
  await anna.says("hello");
  const before = anna.phone.length;
  for (let at = 0; at < feed.length; at += together)
    await Promise.all(feed.slice(at, at + together).map((event) => stay.pms(event)));
  const stays = await Promise.all(
    [0, 1].map(
      async (n) => (await stay.storage.loadStay({ hotelId: "grand", reservationId: `res-${String(n)}` })).stay,
    ),
  );
  await anna.waits("20h");
  return { stays, said: anna.phone.slice(before).map(({ text }) => text) };
}

test("whatever a PMS tells of its day, shuffled, doubled and several at once, leaves the stays that stand in its books, and says nothing twice (M25)", async () => {
  const feeds = fc.tuple(day, fc.infiniteStream(fc.nat(1_000_000)), fc.integer({ min: 1, max: 5 }));
  await fc.assert(
    fc.asyncProperty(feeds, async ([acts, dice, together]) => {
      const { told, books } = await lived(acts);
      const events = told.map(({ hotelId: _, ...event }) => event);
      const shuffled = [...events, ...events]
        .map((event) => ({ event, place: dice.next().value ?? 0 }))
        .sort((a, b) => a.place - b.place)
        .map(({ event }) => event);
      const { stays, said } = await desk(shuffled, together);
      for (const [n, reservation] of books.entries())
        expect(stays[n]).toMatchObject({
          status: STATUS[reservation?.status ?? "booked"],
          arrival: reservation?.from,
          departure: reservation?.to,
          room: reservation?.room ?? null,
          guestName: "Anna Rossi",
          guest: { kind: "waId", value: GUEST },
        });
      const inOrder = await desk(events, 1);
      const facts = (all: typeof stays) =>
        all.map((one) => one && { ...one, plan: null, createdAt: null, version: null });
      expect(facts(stays)).toEqual(facts(inOrder.stays));
      for (const all of [said, inOrder.said]) expect(new Set(all).size).toBe(all.length);
    }),
    { numRuns: 30 },
  );
}, 120_000);
