import { describe, expect, test } from "vitest";
import { ConversationError, type PmsEvent, type PmsStayEvent, waIdOf } from "../../src/index.js";
import {
  memoryPms,
  pmsFeedContract,
  type PmsBooking,
  type PmsFeed,
  type PmsFeedBooking,
  type PmsFeedHotel,
  type PmsFeedUnderTest,
} from "../../src/testing/index.js";

type Apply = Parameters<PmsFeed["deliver"]>[0];

// #region deliver
/** As an adapter does it: what the desk will never take is passed over, and what it cannot take now is told again. */
async function tell(events: readonly PmsEvent[], apply: Apply, wasTold: (event: PmsEvent) => void) {
  for (const event of events) {
    try {
      await apply(event);
    } catch (error) {
      if (!ConversationError.is(error) || error.retryable) throw error;
    }
    wasTold(event); // after a crash it goes on from here
  }
}
// #endregion

/** What a mistaken adapter does otherwise. */
interface Mistake {
  readonly says: string;
  readonly fails: readonly string[];
  /** What it makes of an event; null: nothing. */
  readonly event?: (event: PmsEvent) => PmsEvent | null;
  /** How it tells. */
  readonly deliver?: (honest: PmsFeed["deliver"]) => PmsFeed["deliver"];
}
const NONE: Mistake = { says: "nothing wrong", fails: [] };

/** The PMS in memory, and an adapter that reads its journal. */
function journal({ event = (same) => same, deliver = (honest) => honest }: Mistake = NONE): PmsFeedUnderTest {
  return {
    open() {
      const pms = memoryPms();
      const bookings = new Map<string, PmsBooking>();
      const put = (written: PmsFeedBooking) => {
        const { hotelId, reservationId, name, arrival, departure, phone, language } = written;
        const waId = phone === null ? null : waIdOf(phone);
        const one: PmsBooking = {
          hotelId,
          ...(waId !== null && { guest: { waId } }),
          reservation: {
            ...{ reservationId, number: reservationId, status: "booked", from: arrival, to: departure, guests: 1 },
            ...{ name: name.slice(0, 200), room: null, ...(language !== null && { language }) },
          },
        };
        bookings.set(`${hotelId} ${reservationId}`, one);
        return pms.book(one);
      };
      let next = 0;
      const honest: PmsFeed["deliver"] = (apply, again = false) =>
        tell(
          pms.told.slice(again ? 0 : next),
          async (one) => {
            const said = event(one);
            return said === null ? undefined : apply(said);
          },
          (one) => (next = pms.told.indexOf(one) + 1),
        );
      return Promise.resolve({
        ...pms,
        async book(written) {
          await put(written);
          return { hotelId: written.hotelId, reservationId: written.reservationId };
        },
        move: (at, { arrival, departure }) => pms.move(at, { from: arrival, to: departure }),
        reinstate: ({ hotelId, reservationId }) => pms.book(bookings.get(`${hotelId} ${reservationId}`)!),
        tasks: { port: pms.tasks, does: (taskId, status) => pms.does(taskId, status) },
        deliver: deliver(honest),
      } satisfies PmsFeed);
    },
  };
}
describe("who reads the journal of the PMS in memory keeps the contract of feeds", () => {
  for (const { id, says, run } of pmsFeedContract) test(`${id}: ${says}`, () => run(journal()));
});

/** A row of a system that has no journal: how a reservation is, and when that changed last. */
interface Row {
  readonly hotel_code: string;
  readonly booking_no: number;
  readonly guest: { readonly name: string; readonly tel: string; readonly lang: string };
  /** The midnight at which the day begins in the hotel, in Unix seconds. */
  readonly check_in: number;
  readonly check_out: number;
  readonly state: "CONFIRMED" | "IN" | "OUT" | "CXL";
  readonly unit: string;
  readonly unit_clean: boolean;
  /** Microseconds; no two changes have the same. */
  readonly updated_at: number;
}
const STATES = { CONFIRMED: "booked", IN: "inHouse", OUT: "out", CXL: "cancelled" } as const;
const KINDS = {
  CONFIRMED: "reservation_changed",
  IN: "checked_in",
  OUT: "checked_out",
  CXL: "reservation_cancelled",
} as const;

/** A PMS that counts its bookings, writes capitals and seconds, and has to be asked again and again. */
function rows(hotels: readonly PmsFeedHotel[]): PmsFeed {
  const table = new Map<number, Row>();
  const zones = new Map(hotels.map(({ hotelId, timeZone }) => [hotelId.toUpperCase(), timeZone]));
  let clock = Date.parse("2026-03-01T12:00:00Z") * 1_000;
  let asked = 0;

  const midnight = (day: string, code: string): number => {
    // The hotel's midnight is within fourteen hours of Greenwich's.
    for (let at = Date.parse(day) - 14 * 3_600_000; ; at += 900_000)
      if (dayOf(at / 1_000, code) === day) return at / 1_000;
  };
  const dayOf = (seconds: number, code: string): string =>
    new Intl.DateTimeFormat("en-CA", { timeZone: zones.get(code)!, dateStyle: "short" }).format(seconds * 1_000);
  const change = (no: number, becomes: Partial<Row>): Promise<void> => {
    table.set(no, { ...table.get(no)!, ...becomes, updated_at: ++clock });
    return Promise.resolve();
  };
  const noOf = ({ reservationId }: { readonly reservationId: string }): number => Number(reservationId);

  /** The adapter: a row is one event, which says all that stands there. */
  function eventOf(row: Row): PmsStayEvent {
    const waId = waIdOf(row.guest.tel.replace(/^00/, "+"));
    const kind = KINDS[row.state];
    return {
      hotelId: row.hotel_code.toLowerCase(),
      reservationId: String(row.booking_no),
      eventId: `${String(row.booking_no)}@${String(row.updated_at)}`,
      version: row.updated_at,
      kind,
      ...(kind === "reservation_changed" && { status: STATES[row.state] }),
      arrival: dayOf(row.check_in, row.hotel_code),
      departure: dayOf(row.check_out, row.hotel_code),
      guestName: row.guest.name.slice(0, 200),
      room: row.unit || null,
      roomReady: row.unit_clean,
      ...(waId !== null && { guest: { waId } }),
      ...(row.guest.lang !== "" && { language: row.guest.lang.replaceAll("_", "-") }),
    };
  }

  return {
    book({ hotelId, name, arrival, departure, phone, language }) {
      if (departure < arrival) return Promise.reject(new Error("departure before arrival"));
      const [no, code] = [1_000 + table.size, hotelId.toUpperCase()];
      table.set(no, {
        hotel_code: code,
        booking_no: no,
        guest: { name, tel: phone ?? "", lang: (language ?? "").replaceAll("-", "_") },
        check_in: midnight(arrival, code),
        check_out: midnight(departure, code),
        state: "CONFIRMED",
        unit: "",
        unit_clean: false,
        updated_at: ++clock,
      });
      return Promise.resolve({ hotelId, reservationId: String(no) });
    },
    move: (at, { arrival, departure }) => {
      const code = at.hotelId.toUpperCase();
      return change(noOf(at), { check_in: midnight(arrival, code), check_out: midnight(departure, code) });
    },
    cancel: (at) => change(noOf(at), { state: "CXL" }),
    reinstate: (at) => change(noOf(at), { state: "CONFIRMED" }),
    assign: (at, unit) => change(noOf(at), { unit, unit_clean: false }),
    ready: (at) => change(noOf(at), { unit_clean: true }),
    arrives: (at) => change(noOf(at), { state: "IN" }),
    leaves: (at) => change(noOf(at), { state: "OUT" }),
    async deliver(apply, again = false) {
      const since = again ? 0 : asked;
      const news = [...table.values()]
        .filter((row) => row.updated_at > since)
        .sort((a, b) => a.updated_at - b.updated_at);
      await tell(news.map(eventOf), apply, ({ version }) => (asked = version));
    },
  };
}

describe("who polls the rows of a PMS without a journal keeps the contract of feeds", () => {
  const ofRows: PmsFeedUnderTest = { open: (hotels) => Promise.resolve(rows(hotels)) };
  // #region contract
  for (const { id, says, run } of pmsFeedContract.filter(({ needs }) => needs !== "tasks"))
    test(`${id}: ${says}`, () => run(ofRows)); // { open }, of a PmsFeed
  // #endregion
});

type Change = (event: PmsStayEvent) => PmsStayEvent;
const ofStay = (change: Change) => (event: PmsEvent) => (event.kind === "task_changed" ? event : change(event));
const ofBooking = (change: Change) => ofStay((event) => (event.kind === "reservation_created" ? change(event) : event));
const dayAfter = (day: string): string => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, day.length);

const MISTAKES: readonly Mistake[] = [
  {
    says: "tells nothing of rooms that are ready",
    fails: ["feed/tells", "feed/room"],
    event: (event) => (event.kind === "room_ready" ? null : event),
  },
  {
    says: "makes ids as it tells",
    fails: ["feed/ids"],
    event: (event) => ({ ...event, eventId: crypto.randomUUID() }),
  },
  {
    says: "names events by what happened",
    fails: ["feed/ids", "feed/shuffled", "feed/room", "feed/cancelled"],
    event: ofStay((event) => ({ ...event, eventId: `${event.reservationId} ${event.kind}` })),
  },
  {
    says: "has one version for all of a stay",
    fails: ["feed/versions"],
    event: ofStay((event) => ({ ...event, version: 1 })),
  },
  {
    says: "says the new day of arrival alone",
    fails: ["feed/tells", "feed/moved"],
    event: ofStay(({ departure, ...event }) =>
      event.kind === "reservation_changed" || departure === undefined ? event : { ...event, departure },
    ),
  },
  {
    says: "takes another room for ready",
    fails: ["feed/room"],
    event: ofStay((event) => (event.kind === "room_assigned" ? { ...event, roomReady: true } : event)),
  },
  {
    says: "tells of what is booked anew as of a change",
    fails: ["feed/cancelled"],
    event: ofStay((event) =>
      event.kind === "reservation_created" && event.version > 1 ? { ...event, kind: "reservation_changed" } : event,
    ),
  },
  {
    says: "stops at what the desk will never take",
    fails: ["feed/refused"],
    deliver: (honest) => (apply, again) => {
      let refused: Error | null = null;
      return honest(async (event) => {
        if (refused !== null) throw refused;
        await apply(event).catch((error: unknown) => {
          refused = new ConversationError("storage_unavailable", {}, { cause: error });
          throw refused;
        });
      }, again);
    },
  },
  {
    says: "takes what the desk did not take for told",
    fails: ["feed/desk-away"],
    deliver: (honest) => (apply, again) => honest((event) => apply(event).catch(() => undefined), again),
  },
  {
    says: "hands on whatever stands where a phone should",
    fails: ["feed/phone"],
    event: ofBooking((event) => ({ guest: { waId: "see the agency" }, ...event })),
  },
  {
    says: "says no language by an empty one",
    fails: ["feed/language"],
    event: ofBooking((event) => ({ language: "", ...event })),
  },
  {
    says: "hands on names of any length",
    fails: ["feed/name"],
    event: ofBooking((event) => ({
      ...event,
      guestName: event.guestName === "M".repeat(200) ? "M".repeat(400) : event.guestName!,
    })),
  },
  {
    says: "takes evenings in California for the day at Greenwich",
    fails: ["feed/days"],
    event: ofBooking((event) =>
      event.hotelId === "seaside" ? { ...event, arrival: dayAfter(event.arrival!) } : event,
    ),
  },
  {
    says: "knows one hotel",
    fails: ["feed/days", "feed/hotel"],
    event: (event) => ({ ...event, hotelId: "grand" }),
  },
  {
    says: "counts no versions of requests",
    fails: ["feed/tasks"],
    event: (event) => (event.kind === "task_changed" ? { ...event, version: 1 } : event),
  },
];

describe("the contract of feeds notices", () => {
  test.each(MISTAKES)("one that $says, in the cases listed beside it and in no other", async (mistake) => {
    const failed: string[] = [];
    for (const { id, run } of pmsFeedContract) await run(journal(mistake)).catch(() => failed.push(id));
    expect(failed.toSorted()).toEqual(mistake.fails.toSorted());
  });

  test("and each case is there for one", () => {
    const noticed = new Set(MISTAKES.flatMap(({ fails }) => fails));
    expect(pmsFeedContract.map(({ id }) => id).filter((id) => !noticed.has(id))).toEqual([]);
  });
});
