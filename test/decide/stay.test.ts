import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { completeHotel, PMS_KINDS, type GuestStay, type StayFacts } from "../../src/index.js";
import { byLanguage } from "../../src/domain/hotel-stays.js";
import { anchorOf, decideStayEvent, type StayNews } from "../../src/decide/stay.js";
import { newStay, told } from "../../src/domain/stay.js";
import { taskTold, type Task } from "../../src/domain/task.js";
import { checkPmsEvent, stayNewsOf, type PmsStayEvent } from "../../src/runtime/pms-event.js";

const NOON = new Date("2026-11-10T12:00:00Z");
const HOUR = 60 * 60_000;
const hotel = completeHotel({
  id: "grand",
  timeZone: "Europe/Rome",
  numbers: [{ phoneNumberId: "200000000000001", accessToken: "none" }],
  departments: [{ id: "reception", name: "Reception" }],
  quietHours: ["22:00-08:00"],
  stays: {
    messages: [
      { id: "arrival", when: { before: "arrival", ms: 48 * HOUR }, texts: { en: "Soon" } },
      { id: "welcome", when: { on: "checked_in", afterMs: HOUR }, texts: { en: "Welcome" } },
      { id: "bye", when: { before: "departure", ms: 12 * HOUR }, texts: { en: "Bye" } },
      { id: "thanks", when: { after: "departure", ms: HOUR }, texts: { en: "Thanks" } },
    ],
  },
});

const day = fc.constantFrom("2026-11-12", "2026-11-14", "2026-11-20", "2026-12-01T10:00:00+01:00");
/** Few versions, so that some events share one. */
const event = fc.record(
  {
    version: fc.nat(6),
    kind: fc.constantFrom(...PMS_KINDS),
    arrival: day,
    departure: day,
    room: fc.constantFrom("12", "14", null),
    language: fc.constantFrom("it", "en"),
    guestName: fc.constantFrom("Anna", "Tom"),
    guest: fc.constantFrom({ waId: "12025550101" }, { bsuid: "US.12025550101" }, { guestId: "gst_1" }),
  },
  { requiredKeys: ["version", "kind"] },
);
const feed = fc.array(event, { maxLength: 10 }).map((events) =>
  events.map((one, index): PmsStayEvent => ({
    ...one,
    hotelId: "grand",
    reservationId: "R-1",
    eventId: `e${String(index)}`,
  })),
);

/** The feed, shuffled, with some of it twice. */
const shuffledTwice = feed.chain((events) =>
  fc.tuple(
    fc.constant(events),
    fc
      .array(fc.nat(Math.max(0, events.length - 1)), { maxLength: 6 })
      .chain((again) =>
        fc.shuffledSubarray(
          [...events.keys(), ...(events.length === 0 ? [] : again)].map((index, place) => ({ index, place })),
          { minLength: events.length + (events.length === 0 ? 0 : again.length) },
        ),
      )
      .map((order) => order.map(({ index }) => events[index]!)),
  ),
);

const command = (id: string, now = NOON) => ({ id, by: { kind: "system", id: "pms" } as const, reason: "told", now });

function after(events: readonly PmsStayEvent[]): GuestStay | null {
  let stay: GuestStay | null = null;
  events.forEach((one, index) => {
    const decided = decideStayEvent(
      stay,
      stayNewsOf(one, hotel.timeZone),
      { hotel, flows: [], conversations: [] },
      command(`c${String(index)}`),
    );
    stay = decided.change?.stays[0] ?? stay;
  });
  return stay;
}

/** All that is known of the stay, and what is planned because of what it is; not what was once an occasion. */
const stateOf = (stay: GuestStay | null) =>
  stay && {
    ...stay,
    plan: stay.plan
      .filter(({ rule, state }) => rule !== "welcome" && state === "planned")
      .map(({ rule, dueAt, goAt }) => ({ rule, dueAt, goAt })),
  };

describe("a PMS feed", () => {
  test("duplicated and shuffled leaves the same final state (M25)", () => {
    fc.assert(
      fc.property(shuffledTwice, ([inOrder, mixed]) => {
        expect(stateOf(after(mixed))).toEqual(stateOf(after(inOrder)));
      }),
      { numRuns: 500 },
    );
  });

  test("that somebody has arrived is an occasion though a later snapshot of their stay overtook the event", () => {
    const told = { hotelId: "grand", reservationId: "R-1" } as const;
    const created: PmsStayEvent = {
      ...told,
      eventId: "a",
      version: 1,
      kind: "reservation_created",
      arrival: "2026-11-10",
    };
    const arrived: PmsStayEvent = { ...told, eventId: "b", version: 2, kind: "checked_in" };
    const snapshot: PmsStayEvent = {
      ...told,
      eventId: "c",
      version: 3,
      kind: "reservation_changed",
      status: "inHouse",
    };
    for (const feed of [
      [created, arrived, snapshot],
      [created, snapshot, arrived],
      [snapshot, created, arrived],
      [snapshot, arrived, created, arrived],
    ])
      expect(after(feed)?.plan.find(({ rule }) => rule === "welcome")).toMatchObject({ state: "planned" });
    const left: PmsStayEvent = { ...told, eventId: "d", version: 4, kind: "checked_out" };
    expect(after([created, left, arrived])?.plan.filter(({ state }) => state === "planned")).toEqual([]);
  });

  test("says of each event whether it was applied, repeated or stale, and what is stale changes no fact", () => {
    fc.assert(
      fc.property(shuffledTwice, ([, mixed]) => {
        let stay = newStay("grand", "R-1", NOON);
        const seen = new Set<string>();
        for (const one of mixed) {
          const { event: mark, says } = stayNewsOf(one, hotel.timeZone);
          const { outcome, stay: next } = told(stay, mark, says);
          expect(outcome === "repeated").toBe(seen.has(one.eventId));
          const facts = ({ status, arrival, departure, room, roomReady, guest, guestName, language }: StayFacts) => ({
            status,
            arrival,
            departure,
            room,
            roomReady,
            guest,
            guestName,
            language,
          });
          if (outcome !== "applied") expect(facts(next)).toEqual(facts(stay));
          seen.add(one.eventId);
          stay = next;
        }
      }),
    );
  });

  test("a cancellation that comes before what it cancels stays one, and what was told earlier fills in the rest", () => {
    const events: readonly PmsStayEvent[] = [
      { hotelId: "grand", reservationId: "R-1", eventId: "b", version: 2, kind: "reservation_cancelled" },
      {
        hotelId: "grand",
        reservationId: "R-1",
        eventId: "a",
        version: 1,
        kind: "reservation_created",
        arrival: "2026-11-14",
        room: "12",
      },
    ];
    expect(after(events)).toMatchObject({ status: "cancelled", arrival: "2026-11-14", room: "12" });
  });

  test("a room that is assigned anew is not ready, and an older word of it changes nothing", () => {
    const of = (version: number, kind: PmsStayEvent["kind"], room?: string): PmsStayEvent => ({
      hotelId: "grand",
      reservationId: "R-1",
      eventId: `e${String(version)}`,
      version,
      kind,
      ...(room !== undefined && { room }),
    });
    const stay = after([of(3, "room_assigned", "14"), of(2, "room_ready"), of(1, "room_assigned", "12")]);
    expect(stay).toMatchObject({ room: "14", roomReady: false });
    expect(after([of(1, "room_assigned", "12"), of(2, "room_ready")])).toMatchObject({ room: "12", roomReady: true });
  });
});

test("a language as many a system writes it is one as everybody reads it", () => {
  const of = (language: string) =>
    stayNewsOf(
      { hotelId: "grand", reservationId: "R-1", eventId: "e1", version: 1, kind: "checked_in", language },
      hotel.timeZone,
    ).says.language;
  expect(of("pt_BR")).toBe("pt-BR");
  expect(of("zh_Hant_TW")).toBe("zh-Hant-TW");
  expect(of("pt-BR")).toBe("pt-BR");
});

test("an instant is kept as the hotel's clocks show it, so that it begins with the hotel's day; a departure before the arrival is refused", () => {
  const event = { hotelId: "grand", reservationId: "R-1", eventId: "e1", version: 1, kind: "checked_in" } as const;
  const { says } = stayNewsOf({ ...event, arrival: "2026-11-10T23:30:00Z", departure: "2026-11-12" }, hotel.timeZone);
  expect(says).toMatchObject({ arrival: "2026-11-11T00:30:00+01:00", departure: "2026-11-12" });
  const taken = (arrival: string, departure: string) => checkPmsEvent({ ...event, arrival, departure });
  taken("2026-11-10", "2026-11-10");
  taken("2026-11-10T23:30:00Z", "2026-11-10");
  expect(() => taken("2026-11-10", "2026-11-09")).toThrow("request_invalid");
  expect(() => taken("2026-11-10T15:00:00Z", "2026-11-10T15:30:00+01:00")).toThrow("request_invalid");
});

describe("what is planned", () => {
  const news = (version: number, kind: PmsStayEvent["kind"], more: Partial<PmsStayEvent> = {}): StayNews =>
    stayNewsOf(
      { hotelId: "grand", reservationId: "R-1", eventId: `e${String(version)}`, version, kind, ...more },
      hotel.timeZone,
    );
  const world = { hotel, flows: [], conversations: [] };

  test("comes due by the hotel's clock, out of its quiet hours, through one timer for each instant", () => {
    const created = news(1, "reservation_created", { arrival: "2026-11-14", departure: "2026-11-17" });
    const { change, stay } = decideStayEvent(null, created, world, command("c1"));
    // Twelve hours before eleven is in the night.
    expect(stay.plan.map(({ rule, dueAt, goAt }) => [rule, dueAt.toISOString(), goAt.toISOString()])).toEqual([
      ["arrival", "2026-11-12T14:00:00.000Z", "2026-11-12T14:00:00.000Z"],
      ["bye", "2026-11-16T22:00:00.000Z", "2026-11-17T07:00:00.000Z"],
      ["thanks", "2026-11-17T11:00:00.000Z", "2026-11-17T11:00:00.000Z"],
    ]);
    expect(change?.work.map(({ kind, dueAt, guestId }) => [kind, dueAt?.toISOString(), guestId])).toEqual([
      ["timer", "2026-11-12T14:00:00.000Z", "stay_R-1"],
      ["timer", "2026-11-17T07:00:00.000Z", "stay_R-1"],
      ["timer", "2026-11-17T11:00:00.000Z", "stay_R-1"],
    ]);
  });

  test("a day means the hotel's usual time by the clock on the wall, also when that is set", () => {
    const stay = { ...newStay("grand", "R-1", NOON), arrival: "2026-03-29", departure: "2026-10-25" };
    expect(anchorOf("arrival", stay, hotel)?.toISOString()).toBe("2026-03-29T13:00:00.000Z");
    expect(anchorOf("departure", stay, hotel)?.toISOString()).toBe("2026-10-25T10:00:00.000Z");
    expect(anchorOf("arrival", { ...stay, arrival: "2026-03-29T08:15:00+02:00" }, hotel)?.toISOString()).toBe(
      "2026-03-29T06:15:00.000Z",
    );
  });
});

test("the language that is nearest comes first: the guest's, the hotel's, English, what there is", () => {
  const there = ["fr", "en_GB", "it", "pt_BR", "pt"];
  expect(byLanguage(there, "pt-BR", "it")).toEqual(["pt_BR", "pt", "it", "en_GB", "fr"]);
  expect(byLanguage(there, "pt-PT", "it")).toEqual(["pt", "pt_BR", "it", "en_GB", "fr"]);
  expect(byLanguage(there, null, "de")).toEqual(["en_GB", "fr", "it", "pt_BR", "pt"]);
  expect(byLanguage([], "it", "it")).toEqual([]);
});

test("what is told of a request counts by its version, in whatever order and however often it comes (M25)", () => {
  const status = fc.constantFrom("accepted", "started", "done", "refused");
  const events = fc.array(fc.record({ version: fc.nat(4), status }), { minLength: 1, maxLength: 8 });
  const task = { status: "asked", note: null, mark: null, told: [] } as unknown as Task;
  const end = (all: readonly { version: number; status: string; id: string }[]) => {
    let now = task;
    for (const { version, status: says, id } of all)
      now = taskTold(now, { version, eventId: id }, { status: says as Task["status"], note: id }).task;
    return { ...now, told: [...now.told].sort() };
  };
  fc.assert(
    fc.property(
      events.chain((all) => {
        const named = all.map((one, index) => ({ ...one, id: `e${String(index)}` }));
        return fc.tuple(fc.constant(named), fc.shuffledSubarray([...named, ...named], { minLength: 2 * named.length }));
      }),
      ([inOrder, mixed]) => {
        expect(end(mixed)).toEqual(end(inOrder));
      },
    ),
  );
});

test("rules that could not be kept are refused when the hotel is set up, each with its path", () => {
  const wrong = {
    ...{ id: "grand", timeZone: "Europe/Rome", departments: [{ id: "reception", name: "Reception" }] },
    numbers: [{ phoneNumberId: "200000000000001", accessToken: "none" }],
    stays: {
      checkInAt: "25:00",
      messages: [
        { id: "a", when: { before: "arrival", ms: -1 }, texts: { en: "Soon" } },
        { id: "b", when: { on: "checked_in" } },
        { id: "c", when: { on: "checked_in" }, texts: { "en-ab-cd-ef": "Hello" } },
      ],
    },
  } as const;
  const issuesOf = (of: () => unknown): readonly string[] => {
    try {
      of();
      return [];
    } catch (error) {
      return (error as { details: { issues: { path: string }[] } }).details.issues.map(({ path }) => path).sort();
    }
  };
  expect(issuesOf(() => completeHotel(wrong))).toEqual([
    "stays.checkInAt",
    "stays.messages.0.when.ms",
    "stays.messages.1",
    "stays.messages.2.texts.en-ab-cd-ef",
  ]);
  const elsewhere = { id: "d", when: { on: "checked_in" }, texts: { en: "Hi" }, department: "spa" } as const;
  expect(issuesOf(() => completeHotel({ ...wrong, stays: { messages: [elsewhere] } }))).toEqual(["stays.messages"]);
});
