import assert from "node:assert/strict";
import { newStay, told, type GuestStay } from "../../domain/stay.js";
import { ConversationError } from "../../errors.js";
import type { ReservationRef } from "../../ports/pms.js";
import type { TaskRequest, TasksPort } from "../../ports/tasks.js";
import {
  checkPmsEvent,
  stayNewsOf,
  type PmsEvent,
  type PmsStayEvent,
  type PmsTaskEvent,
} from "../../runtime/pms-event.js";
import { DAY_MS, HOTEL, OTHER_HOTEL } from "./builders.js";
import type { ContractCase } from "./case.js";

/** A hotel of a case of the feed's contract. */
export interface PmsFeedHotel {
  readonly hotelId: string;
  /** IANA: by its calendar days are meant. */
  readonly timeZone: string;
}

/** A booking as the front desk writes it down; the PMS keeps it as it likes. */
export interface PmsFeedBooking {
  readonly hotelId: string;
  /** Where the PMS makes ids by itself it is a wish. */
  readonly reservationId: string;
  readonly name: string;
  /** By the hotel's calendar, `YYYY-MM-DD`, both. */
  readonly arrival: string;
  readonly departure: string;
  /** As somebody typed it: with the country's code, or in a way in which it is nobody's; null: none. */
  readonly phone: string | null;
  /** BCP 47; null: nobody asked. */
  readonly language: string | null;
}

/** A PMS, and the adapter that tells the desk what happens in it. Each act ends when the PMS has it. */
export interface PmsFeed {
  /** Somebody books. What the PMS does not take, it rejects. @returns the ids under which it is told */
  readonly book: (booking: PmsFeedBooking) => Promise<ReservationRef>;
  /** They come and go on other days. */
  readonly move: (at: ReservationRef, to: Pick<PmsFeedBooking, "arrival" | "departure">) => Promise<void>;
  /** The booking is cancelled. */
  readonly cancel: (at: ReservationRef) => Promise<void>;
  /** It is booked anew under its id. */
  readonly reinstate: (at: ReservationRef) => Promise<void>;
  /** It gets a room, or another one. */
  readonly assign: (at: ReservationRef, room: string) => Promise<void>;
  /** Its room is ready. */
  readonly ready: (at: ReservationRef) => Promise<void>;
  /** The guest checks in. */
  readonly arrives: (at: ReservationRef) => Promise<void>;
  /** They check out. */
  readonly leaves: (at: ReservationRef) => Promise<void>;
  /** Guests' requests, where the PMS takes them. */
  readonly tasks?: {
    readonly port: TasksPort;
    /** Housekeeping says how far it is. @param taskId the desk's id, `TaskRequest.id` */
    readonly does: (taskId: string, status: PmsTaskEvent["status"]) => Promise<void>;
  };
  /**
   * Hands over what the desk has not taken yet, and resolves when that is done. May reject when `apply` did; it is called again then.
   * @param apply the desk's: rejects with `request_invalid` what it will never take, and with something `retryable` while it cannot
   * @param again from the beginning, as after a crash: whatever the feed can still tell, that too which was taken before
   */
  readonly deliver: (apply: (event: PmsEvent) => Promise<unknown>, again?: boolean) => Promise<void>;
}

/** What a case of the contract of a PMS feed needs. */
export interface PmsFeedUnderTest {
  /** An empty PMS of these hotels, and its feed from the beginning. */
  readonly open: (hotels: readonly PmsFeedHotel[]) => Promise<PmsFeed>;
}
/** A promise of whoever tells the desk what happens in a PMS, with how it is tried. */
export type PmsFeedCase = ContractCase<PmsFeedUnderTest>;

/** Where it is another day for most of the day. */
const HOTELS: readonly PmsFeedHotel[] = [
  { hotelId: HOTEL, timeZone: "Pacific/Auckland" },
  { hotelId: OTHER_HOTEL, timeZone: "America/Los_Angeles" },
];
const anna: PmsFeedBooking = {
  hotelId: HOTEL,
  reservationId: "res-1",
  name: "Anna Nuñez 😀",
  arrival: "2026-03-04",
  departure: "2026-03-07",
  phone: "+1 (202) 555-0101",
  language: "pt-BR",
};
const SHUFFLES = 25;
/** How often a feed is asked to go on after somebody could not take something. */
const PATIENCE = 3;

/** What a feed hands over when it is asked. */
async function handedOver({ deliver }: PmsFeed, again = false): Promise<readonly PmsEvent[]> {
  const events: PmsEvent[] = [];
  await deliver((event) => Promise.resolve(events.push(structuredClone(event))), again);
  return events;
}

/** Things happen one after the other, and after each the feed tells. */
async function telling(feed: PmsFeed, ...acts: readonly (() => Promise<unknown>)[]) {
  const batches: (readonly PmsEvent[])[] = [];
  for (const act of acts) {
    await act();
    batches.push(await handedOver(feed));
  }
  return batches;
}

const aboutStays = (events: readonly PmsEvent[]): readonly PmsStayEvent[] =>
  events.filter((event): event is PmsStayEvent => event.kind !== "task_changed");

/** A stay as the desk has it when it was told these. @throws {ConversationError} what the desk would refuse */
function stayAfter(events: readonly PmsEvent[], { hotelId, reservationId }: ReservationRef) {
  const { timeZone } = HOTELS.find((one) => one.hotelId === hotelId) ?? { timeZone: "UTC" };
  let stay: GuestStay = newStay(hotelId, reservationId, new Date(0));
  for (const event of events) checkPmsEvent(event);
  for (const event of aboutStays(events))
    if (event.hotelId === hotelId && event.reservationId === reservationId) {
      const { event: mark, says } = stayNewsOf(event, timeZone);
      stay = told(stay, mark, says).stay;
    }
  const { status, arrival, departure, room, roomReady, guest, guestName, language } = stay;
  // An instant begins with the day, too.
  const dayOf = (when: string | null) => when?.slice(0, "2026-03-04".length) ?? null;
  return { status, arrival: dayOf(arrival), departure: dayOf(departure), room, roomReady, guest, guestName, language };
}

/** Always the same disorder for a seed. */
function shuffled<T>(all: readonly T[], seed: number): readonly T[] {
  const list = [...all];
  let dice = seed * 2_654_435_761 + 1;
  for (let at = list.length - 1; at > 0; at--) {
    dice = (dice * 1_103_515_245 + 12_345) % 2_147_483_648;
    const other = dice % (at + 1);
    [list[at], list[other]] = [list[other] as T, list[at] as T];
  }
  return list;
}

/** In whatever order, and each twice, they leave one stay. */
function leavesOneStay(events: readonly PmsEvent[], at: ReservationRef): void {
  const inOrder = stayAfter(events, at);
  for (let seed = 0; seed < SHUFFLES; seed++)
    assert.deepEqual(stayAfter(shuffled([...events, ...events], seed), at), inOrder);
}

/** A whole stay, and what was told after each thing that happened. */
async function aLife(feed: PmsFeed) {
  const booked: { at?: ReservationRef } = {};
  const at = (): ReservationRef => booked.at ?? { hotelId: HOTEL, reservationId: anna.reservationId };
  const batches = await telling(
    feed,
    async () => (booked.at = await feed.book(anna)),
    () => feed.move(at(), { arrival: "2026-03-05", departure: "2026-03-09" }),
    () => feed.assign(at(), "12"),
    () => feed.ready(at()),
    () => feed.assign(at(), "14"),
    () => feed.ready(at()),
    () => feed.arrives(at()),
    () => feed.leaves(at()),
  );
  return { at: at(), batches };
}

const opened = ({ open }: PmsFeedUnderTest): Promise<PmsFeed> => open(HOTELS);

const aRequest = (id: string): TaskRequest => ({
  hotelId: HOTEL,
  id,
  idempotencyKey: id,
  kind: "housekeeping",
  departmentId: null,
  room: "12",
  what: "two towels",
  when: null,
  attachmentIds: [],
  dueAt: null,
  language: "en",
  guestId: "gst_1",
  conversationId: "con_1",
  signal: new AbortController().signal,
});

/**
 * What everybody keeps who tells the desk what happens in a PMS (`desk.pms.apply`), case by case: run each on a PMS of its own.
 *
 * ```ts
 * for (const { id, says, run } of pmsFeedContract) test(`${id}: ${says}`, () => run({ open: (hotels) => aFeed(hotels) }));
 * ```
 */
export const pmsFeedContract: readonly PmsFeedCase[] = [
  {
    id: "feed/tells",
    says: "Whatever happens at the front desk is told when it has happened, in a way that the desk takes, and the stay is as the hotel has it.",
    async run(under) {
      const feed = await opened(under);
      const { at, batches } = await aLife(feed);
      for (const [index, events] of batches.entries())
        assert.ok(
          aboutStays(events).some(({ reservationId }) => reservationId === at.reservationId),
          `something is told of act ${String(index + 1)}`,
        );
      const stands = batches.map((_, index) => stayAfter(batches.slice(0, index + 1).flat(), at));
      assert.deepEqual(
        stands.map(({ status }) => status),
        ["booked", "booked", "booked", "booked", "booked", "booked", "inHouse", "out"],
      );
      assert.deepEqual(stands.at(-1), {
        status: "out",
        arrival: "2026-03-05",
        departure: "2026-03-09",
        room: "14",
        roomReady: true,
        guest: { kind: "waId", value: "12025550101" },
        guestName: anna.name,
        language: "pt-BR",
      });
      assert.deepEqual(await handedOver(feed), [], "what was taken is not told without end");
    },
  },
  {
    id: "feed/ids",
    says: "What is told again has the id that it had, and no two events have one.",
    async run(under) {
      const feed = await opened(under);
      const { at, batches } = await aLife(feed);
      const [first, second, third] = [batches.flat(), await handedOver(feed, true), await handedOver(feed, true)];
      const known = new Map<string, PmsEvent>();
      for (const event of [...first, ...second, ...third]) {
        const key = JSON.stringify([event.hotelId, event.eventId]);
        assert.deepEqual(event, known.get(key) ?? event, "one id is one event");
        known.set(key, event);
      }
      const idsOf = (events: readonly PmsEvent[]) => events.map(({ eventId }) => eventId).toSorted();
      assert.deepEqual(idsOf(third), idsOf(second), "nothing has happened between");
      assert.deepEqual(stayAfter(second, at), stayAfter(first, at), "who begins anew learns the same");
    },
  },
  {
    id: "feed/versions",
    says: "Of one reservation, what happened later has the greater version.",
    async run(under) {
      const { batches } = await aLife(await opened(under));
      const versions = batches.map((events) => aboutStays(events).map(({ version }) => version));
      for (const [index, own] of versions.entries()) {
        const before = Math.max(-1, ...versions.slice(0, index).flat());
        assert.ok(Math.min(...own) > before, `act ${String(index + 1)}: ${own.join()} after ${String(before)}`);
      }
    },
  },
  {
    id: "feed/shuffled",
    says: "In whatever order they come, and each twice, the events of a stay leave the same stay.",
    async run(under) {
      const { at, batches } = await aLife(await opened(under));
      for (let until = 1; until <= batches.length; until++) leavesOneStay(batches.slice(0, until).flat(), at);
    },
  },
  {
    id: "feed/moved",
    says: "A stay that is moved says both days, also where one of them is the same, so that no half of a move is taken for a whole one.",
    async run(under) {
      const feed = await opened(under);
      const at = await feed.book(anna);
      await handedOver(feed);
      for (const [arrival, departure] of [
        ["2026-03-10", "2026-03-12"],
        ["2026-03-10", "2026-03-13"],
      ] as const) {
        const [events = []] = await telling(feed, () => feed.move(at, { arrival, departure }));
        const dated = aboutStays(events).filter(
          (event) => event.arrival !== undefined || event.departure !== undefined,
        );
        assert.ok(dated.length > 0, "it is told");
        for (const event of dated) assert.ok(event.arrival !== undefined && event.departure !== undefined, "both days");
        const stay = stayAfter(events, at);
        assert.deepEqual([stay.arrival, stay.departure], [arrival, departure]);
      }
    },
  },
  {
    id: "feed/room",
    says: "Another room is not ready because the first one was.",
    async run(under) {
      const feed = await opened(under);
      const at = await feed.book(anna);
      const batches = await telling(
        feed,
        () => feed.assign(at, "12"),
        () => feed.ready(at),
        () => feed.assign(at, "14"),
      );
      const rooms = batches.map((_, index) => stayAfter(batches.slice(0, index + 1).flat(), at));
      assert.deepEqual(
        rooms.map(({ room, roomReady }) => [room, roomReady]),
        [
          ["12", false],
          ["12", true],
          ["14", false],
        ],
      );
    },
  },
  {
    id: "feed/cancelled",
    says: "A booking that is cancelled is, and one that is booked anew after that is booked, in whatever order that is told.",
    async run(under) {
      const feed = await opened(under);
      const at = await feed.book(anna);
      const [booked = [], cancelled = []] = await telling(
        feed,
        () => Promise.resolve(),
        () => feed.cancel(at),
      );
      const gone = [...booked, ...cancelled];
      assert.equal(stayAfter(gone, at).status, "cancelled");
      leavesOneStay(gone, at);
      const [anew = []] = await telling(feed, () => feed.reinstate(at));
      const all = [...gone, ...anew];
      const { status, arrival, departure } = stayAfter(all, at);
      assert.deepEqual([status, arrival, departure], ["booked", anna.arrival, anna.departure]);
      leavesOneStay(all, at);
    },
  },
  {
    id: "feed/refused",
    says: "A departure before the arrival is refused, by the PMS or by the desk, and holds up nothing that happens besides.",
    async run(under) {
      const feed = await opened(under);
      const odd = { ...anna, arrival: "2026-03-07", departure: "2026-03-04" };
      await feed.book(odd).catch(() => undefined);
      const at = await feed.book({ ...anna, reservationId: "res-2" });
      const taken: PmsEvent[] = [];
      for (let times = 0; times < PATIENCE; times++)
        await feed
          .deliver((event) =>
            // What this throws, the promise rejects with.
            Promise.resolve().then(() => {
              checkPmsEvent(event);
              taken.push(event);
            }),
          )
          .catch(() => undefined);
      assert.equal(stayAfter(taken, at).status, "booked", "what comes after it is told");
      const late = aboutStays(taken).filter(({ arrival = "", departure = "9" }) => departure < arrival);
      assert.deepEqual(late, []);
    },
  },
  {
    id: "feed/desk-away",
    says: "What the desk could not take is told again, until it has.",
    async run(under) {
      const feed = await opened(under);
      const at = await feed.book(anna);
      await feed.deliver(() => Promise.reject(new ConversationError("storage_unavailable"))).catch(() => undefined);
      const taken: PmsEvent[] = [];
      for (let times = 0; times < PATIENCE; times++) taken.push(...(await handedOver(feed)));
      assert.equal(stayAfter(taken, at).status, "booked");
    },
  },
  {
    id: "feed/phone",
    says: "Whose a booking is, is said by a phone with its country's code, or not at all, and it is told all the same.",
    async run(under) {
      const feed = await opened(under);
      const guestOf = async (reservationId: string, typed: string | null) => {
        const at = await feed.book({ ...anna, reservationId, phone: typed });
        const { guest, status } = stayAfter(await handedOver(feed), at);
        return [status, guest];
      };
      assert.deepEqual(await guestOf("res-1", anna.phone), ["booked", { kind: "waId", value: "12025550101" }]);
      assert.deepEqual(await guestOf("res-2", "+39 06 698-1234"), ["booked", { kind: "waId", value: "39066981234" }]);
      assert.deepEqual(await guestOf("res-3", "see the agency"), ["booked", null]);
      assert.deepEqual(await guestOf("res-4", ""), ["booked", null]);
      assert.deepEqual(await guestOf("res-5", null), ["booked", null]);
    },
  },
  {
    id: "feed/language",
    says: "The language is a tag of BCP 47, or nothing.",
    async run(under) {
      const feed = await opened(under);
      for (const [index, language] of ["it", "pt-BR", "zh-Hant-TW", null].entries()) {
        const at = await feed.book({ ...anna, reservationId: `res-${String(index)}`, language });
        const stay = stayAfter(await handedOver(feed), at);
        assert.deepEqual([stay.status, stay.language], ["booked", language]);
      }
    },
  },
  {
    id: "feed/name",
    says: "However a guest is called, the booking is told.",
    async run(under) {
      const feed = await opened(under);
      for (const [index, name] of ['O\'Brien "Ab" \\ 😀', "M".repeat(400)].entries()) {
        const at = await feed.book({ ...anna, reservationId: `res-${String(index)}`, name });
        const { status, guestName } = stayAfter(await handedOver(feed), at);
        assert.equal(status, "booked");
        if (index === 0) assert.equal(guestName, name);
        else assert.ok(guestName === null || name.startsWith(guestName));
      }
    },
  },
  {
    id: "feed/days",
    says: "Days are those of the hotel's own calendar, wherever the process runs and whatever the season.",
    async run(under) {
      const feed = await opened(under);
      for (const { hotelId } of HOTELS)
        for (const arrival of ["2026-03-08", "2026-04-05", "2026-07-01", "2026-12-31"]) {
          const departure = new Date(Date.parse(arrival) + 2 * DAY_MS).toISOString().slice(0, arrival.length);
          const at = await feed.book({ ...anna, hotelId, reservationId: `res-${arrival}`, arrival, departure });
          const stay = stayAfter(await handedOver(feed), at);
          assert.deepEqual([hotelId, stay.arrival, stay.departure], [hotelId, arrival, departure]);
        }
    },
  },
  {
    id: "feed/hotel",
    says: "A hotel's reservations are told as that hotel's, and what happens in one says nothing of another's (M14).",
    async run(under) {
      const feed = await opened(under);
      const own = await feed.book(anna);
      const other = await feed.book({ ...anna, hotelId: OTHER_HOTEL, name: "Tom Smith" });
      assert.deepEqual([own.hotelId, other.hotelId], [HOTEL, OTHER_HOTEL]);
      const booked = await handedOver(feed);
      const [events = []] = await telling(feed, () => feed.cancel(own));
      assert.deepEqual([...new Set(events.map(({ hotelId }) => hotelId))], [HOTEL]);
      const all = [...booked, ...events];
      const stands = [own, other].map((at) => stayAfter(all, at));
      assert.deepEqual(
        stands.map(({ status, guestName }) => [status, guestName]),
        [
          ["cancelled", anna.name],
          ["booked", "Tom Smith"],
        ],
      );
    },
  },
  {
    id: "feed/tasks",
    says: "How far a guest's request is, is told by the desk's id or by what the PMS answered, and what came later has the greater version.",
    needs: "tasks",
    async run(under) {
      const feed = await opened(under);
      const { tasks } = feed;
      assert.ok(tasks !== undefined, "it takes requests");
      const [request, other] = [aRequest("task_1"), aRequest("task_2")];
      const { taskId } = await tasks.port.create(request);
      assert.equal((await tasks.port.create(request)).taskId, taskId, "the same request is the same task");
      await tasks.port.create(other);
      const batches = await telling(
        feed,
        ...(["accepted", "started", "done"] as const).map((status) => () => tasks.does(request.id, status)),
      );
      let before = -1;
      for (const [index, events] of batches.entries()) {
        for (const event of events) checkPmsEvent(event);
        const [event, ...more] = events.filter((one): one is PmsTaskEvent => one.kind === "task_changed");
        assert.ok(event !== undefined && more.length === 0, "each is told once");
        assert.ok([request.id, taskId].includes(event.taskId));
        assert.deepEqual([event.hotelId, event.status], [HOTEL, ["accepted", "started", "done"][index]]);
        assert.ok(event.version > before);
        before = event.version;
      }
    },
  },
];
