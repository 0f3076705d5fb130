import assert from "node:assert/strict";
import type { Reach } from "../../domain/access.js";
import type { Address } from "../../domain/address.js";
import type { LaneChange } from "../../domain/change.js";
import { newStay, type GuestStay } from "../../domain/stay.js";
import type { Task } from "../../domain/task.js";
import type { StaysOnQuery } from "../../ports/stay-storage.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aNewAddress,
  aGuestUpdate,
  bsuid,
  HOTEL,
  minutesAfterNoon,
  NOON,
  OTHER_HOTEL,
  phone,
  aTask,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, commit, merge } from "./steps.js";

const STRANGE = 'NUL \u0000, half an emoji \ud83d, "quotes" \\ ünï 😀';
const GUEST = "12025550101";

const aStay = (reservationId: string, fields: Partial<GuestStay> = {}): GuestStay => ({
  ...newStay(HOTEL, reservationId, NOON),
  ...fields,
});

const stayOf = async (storage: Storage, reservationId: string, hotelId = HOTEL) =>
  (await storage.loadStay({ hotelId, reservationId })).stay;
const taskOf = async (storage: Storage, taskId: string, hotelId = HOTEL) =>
  (await storage.loadTask({ hotelId, taskId })).task;

const staysOf = async (
  storage: Storage,
  person: Address | { readonly guestId: string },
  { limit = 10, hotelId = HOTEL } = {},
) => (await storage.staysOf({ hotelId, person, limit })).map(({ reservationId }) => reservationId);

const staysOn = (storage: Storage, query: Partial<StaysOnQuery>) =>
  storage.staysOn({
    ...{ reach: "everything", hotelId: HOTEL, of: "arrival", day: "2026-03-04", after: null, limit: 10 },
    ...query,
  });
const onDay = async (storage: Storage, query: Partial<StaysOnQuery>) => {
  const { items, next } = await staysOn(storage, query);
  return { items: items.map(({ reservationId }) => reservationId), next };
};

/** What cannot be stored leaves nothing. */
async function refused(storage: Storage, ...changes: readonly LaneChange[]): Promise<void> {
  assert.equal((await storage.commit(HOTEL, changes)).outcome, "conflict");
}

export const stayCases: readonly StorageCase[] = [
  {
    id: "stay/commit",
    says: "A stay is stored whole with the change that tells of it, and not at all over another version (M25).",
    async run({ storage }) {
      const stay = aStay("R-1", {
        status: "booked",
        arrival: "2026-03-04",
        departure: "2026-03-07T09:30:00+01:00",
        room: "12",
        roomReady: true,
        guest: phone(GUEST),
        guestName: STRANGE,
        language: "pt-BR",
        marks: { status: { version: 3, eventId: "e3" }, room: { version: 9_007_199_254_740_991, eventId: "e9" } },
        told: [{ version: 3, eventId: "e3", kind: "reservation_created" }],
        plan: [
          {
            rule: "welcome",
            dueAt: minutesAfterNoon(60),
            goAt: minutesAfterNoon(90),
            state: "planned",
            why: "quiet_hours",
            at: minutesAfterNoon(1),
            messageId: null,
            conversationId: "con_1",
            language: "pt",
          },
        ],
      });
      await commit(storage, aCommand({ stays: [stay] }));
      assert.deepEqual(await stayOf(storage, "R-1"), { ...stay, version: 1 });

      const moved: GuestStay = { ...stay, version: 1, status: "inHouse", guest: { guestId: "gst_9" }, plan: [] };
      await refused(storage, aCommand({ stays: [{ ...moved, version: 0 }] }));
      await refused(storage, aCommand({ stays: [{ ...moved, version: 2 }] }));
      await refused(storage, aCommand({ stays: [moved] }), aCommand({ stays: [moved] }));
      assert.deepEqual(await stayOf(storage, "R-1"), { ...stay, version: 1 }, "nothing of it was stored");
      await commit(storage, aCommand({ stays: [moved] }));
      assert.deepEqual(await stayOf(storage, "R-1"), { ...moved, version: 2 });
    },
  },
  {
    id: "stay/load",
    says: "A reservation that nothing was told of is none, and another hotel's of the same name is another.",
    async run({ storage }) {
      await commit(storage, aCommand({ stays: [aStay("R-1", { room: "12" })] }));
      assert.equal(await stayOf(storage, "R-2"), null);
      assert.equal(await stayOf(storage, "R-1", OTHER_HOTEL), null);
      assert.equal((await stayOf(storage, "R-1"))?.room, "12");
    },
  },
  {
    id: "stay/of-guest",
    says: "A guest's stays are those that name them, the newest first, and nobody else's.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage, { waId: GUEST });
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      const named = (id: string, guestId: string, minutes: number) =>
        aStay(id, { guest: { guestId }, createdAt: minutesAfterNoon(minutes) });
      await commit(
        storage,
        aCommand({
          stays: [
            named("R-1", guest.id, 1),
            named("R-2", guest.id, 3),
            named("R-3", guest.id, 2),
            named("R-4", other.id, 9),
            aStay("R-5"),
          ],
        }),
      );
      assert.deepEqual(await staysOf(storage, { guestId: guest.id }), ["R-2", "R-3", "R-1"]);
      assert.deepEqual(await staysOf(storage, { guestId: guest.id }, { limit: 2 }), ["R-2", "R-3"]);
      assert.deepEqual(await staysOf(storage, { guestId: "gst_nobody" }), []);
      assert.deepEqual(await staysOf(storage, { guestId: guest.id }, { hotelId: OTHER_HOTEL }), []);
    },
  },
  {
    id: "stay/of-address",
    says: "A stay that names an address is whoever's that address is: before they ever wrote, and by any other address of theirs (M25).",
    async run({ storage }) {
      await commit(
        storage,
        aCommand({
          stays: [
            aStay("R-1", { guest: phone(GUEST) }),
            aStay("R-2", { guest: bsuid("US.12025550101"), createdAt: minutesAfterNoon(1) }),
            aStay("R-3", { guest: phone("12025550109") }),
          ],
        }),
      );
      assert.deepEqual(await staysOf(storage, phone(GUEST)), ["R-1"], "nobody has the address yet");
      const guest = await aKnownGuest(storage, { waId: GUEST });
      assert.deepEqual(await staysOf(storage, { guestId: guest.id }), ["R-1"]);
      const learned = aGuestUpdate(guest.id, { addresses: [aNewAddress(bsuid("US.12025550101"), "wha_1")] });
      await commit(storage, aCommand({ guest: learned }));
      assert.deepEqual(await staysOf(storage, { guestId: guest.id }), ["R-2", "R-1"]);
      assert.deepEqual(await staysOf(storage, phone(GUEST)), ["R-2", "R-1"]);
    },
  },
  {
    id: "stay/of-merged",
    says: "Two guests who turned out to be one have one list of stays, whichever of them is asked for.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage, { waId: GUEST });
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      await commit(
        storage,
        aCommand({
          stays: [
            aStay("R-1", { guest: { guestId: guest.id } }),
            aStay("R-2", { guest: phone(GUEST), createdAt: minutesAfterNoon(1) }),
            aStay("R-3", { guest: { guestId: other.id }, createdAt: minutesAfterNoon(2) }),
          ],
        }),
      );
      await merge(storage, guest.id, other.id);
      for (const { id } of [guest, other])
        assert.deepEqual(await staysOf(storage, { guestId: id }), ["R-3", "R-2", "R-1"]);
      assert.deepEqual(await staysOf(storage, phone(GUEST)), ["R-3", "R-2", "R-1"]);
    },
  },
  {
    id: "stay/on-day",
    says: "Who comes on a day, and who goes, is listed by reservation, by a day as by an instant that begins with it; whoever was cancelled is not.",
    async run({ storage }) {
      const dated = (reservationId: string, arrival: string | null, departure: string | null, more = {}) =>
        aStay(reservationId, { arrival, departure, status: "booked", ...more });
      await commit(
        storage,
        aCommand({
          stays: [
            dated("R-5", "2026-03-04", "2026-03-07"),
            dated("R-3", "2026-03-04T23:30:00+01:00", "2026-03-07T00:15:00+01:00", { status: null }),
            dated("R-4", "2026-03-04", "2026-03-08", { status: "inHouse" }),
            dated("R-1", "2026-03-05", "2026-03-07", { status: "out" }),
            dated("R-2", "2026-03-04", "2026-03-07", { status: "cancelled" }),
            dated("R-6", null, null),
          ],
        }),
      );
      const on = async (of: "arrival" | "departure", day: string, hotelId = HOTEL) =>
        (await onDay(storage, { of, day, hotelId })).items;
      assert.deepEqual(await on("arrival", "2026-03-04"), ["R-3", "R-4", "R-5"]);
      assert.deepEqual(await on("arrival", "2026-03-05"), ["R-1"]);
      assert.deepEqual(await on("departure", "2026-03-07"), ["R-1", "R-3", "R-5"]);
      assert.deepEqual(await on("departure", "2026-03-04"), []);
      assert.deepEqual(await on("arrival", "2026-03-04", OTHER_HOTEL), []);

      const stored = await stayOf(storage, "R-5");
      assert.deepEqual((await staysOn(storage, {})).items.at(-1), stored, "each is told whole");
      assert.ok(stored !== null);
      await commit(storage, aCommand({ stays: [{ ...stored, arrival: "2026-03-05" }] }));
      assert.deepEqual(await on("arrival", "2026-03-04"), ["R-3", "R-4"], "one that was moved comes on the other day");
      assert.deepEqual(await on("arrival", "2026-03-05"), ["R-1", "R-5"]);
    },
  },
  {
    id: "stay/on-day-pages",
    says: "A day's arrivals are read page by page, each once, in the order of their ids.",
    async run({ storage }) {
      const ids = ["R-1", "R-10", "R-2", "Z", "a", "ä", "😀"];
      const stays = ids.map((id) => aStay(id, { arrival: "2026-03-04" }));
      await commit(storage, aCommand({ stays: stays.toReversed() }));
      for (const limit of [1, 2, 3, 7, 8]) {
        const read: string[] = [];
        for (let after: string | null = null, pages = 0; pages <= ids.length; pages++) {
          const page: Awaited<ReturnType<typeof onDay>> = await onDay(storage, { after, limit });
          assert.ok(page.items.length <= limit);
          read.push(...page.items);
          after = page.next;
          if (after === null) break;
        }
        assert.deepEqual(read, ids);
      }
    },
  },
  {
    id: "stay/on-day-reach",
    says: "Of a hotel out of reach nobody comes; within it the day is whole, whichever departments are reached (M14).",
    async run({ storage }) {
      await commit(storage, aCommand({ stays: [aStay("R-1", { arrival: "2026-03-04" })] }));
      const seen = async (reach: Reach) => (await onDay(storage, { reach })).items;
      const of = (hotelId: string, departments: readonly string[] | "all"): Reach => ({
        hotels: new Map([[hotelId, departments]]),
      });
      assert.deepEqual(await seen(of(HOTEL, "all")), ["R-1"]);
      assert.deepEqual(await seen(of(HOTEL, ["spa"])), ["R-1"]);
      assert.deepEqual(await seen(of(OTHER_HOTEL, "all")), []);
      assert.deepEqual(await seen({ hotels: new Map() }), []);
      assert.deepEqual(await seen({ guest: { hotelId: HOTEL, id: "gst_1" } }), []);
    },
  },
  {
    id: "task/commit",
    says: "A guest's request is stored whole, and not at all over another version.",
    async run({ storage }) {
      const task = aTask("task_1", {
        what: STRANGE,
        room: "12",
        when: "after ten",
        attachmentIds: ["att_1"],
        language: "it",
        note: STRANGE,
        mark: { version: 7, eventId: "e7" },
        told: ["e7"],
        dueAt: minutesAfterNoon(30),
        overdueAt: minutesAfterNoon(31),
        departmentId: null,
      });
      await commit(storage, aCommand({ tasks: [task] }));
      assert.deepEqual(await taskOf(storage, "task_1"), { ...task, version: 1 });

      const moved: Task = { ...task, version: 1, status: "done", externalId: "HK-7", overdueAt: null };
      await refused(storage, aCommand({ tasks: [{ ...moved, version: 0 }] }));
      await refused(storage, aCommand({ tasks: [{ ...moved, version: 2 }] }));
      await refused(storage, aCommand({ tasks: [moved] }), aCommand({ tasks: [moved] }));
      await commit(storage, aCommand({ tasks: [moved] }));
      assert.deepEqual(await taskOf(storage, "task_1"), { ...moved, version: 2 });
    },
  },
  {
    id: "task/load",
    says: "A request is found by the desk's id, and by what the hotel's own system calls it; another hotel's is not.",
    async run({ storage }) {
      await commit(
        storage,
        aCommand({ tasks: [aTask("task_1", { externalId: "HK-7" }), aTask("HK-7b"), aTask("task_2")] }),
      );
      assert.equal((await taskOf(storage, "task_1"))?.id, "task_1");
      assert.equal((await taskOf(storage, "HK-7"))?.id, "task_1");
      assert.equal(await taskOf(storage, "HK-8"), null);
      assert.equal(await taskOf(storage, "HK-7", OTHER_HOTEL), null);
    },
  },
  {
    id: "task/of-conversation",
    says: "What was asked for in a conversation is listed, the newest first.",
    async run({ storage }) {
      await commit(
        storage,
        aCommand({
          tasks: [
            aTask("task_1", { createdAt: minutesAfterNoon(1) }),
            aTask("task_2", { createdAt: minutesAfterNoon(3) }),
            aTask("task_3", { createdAt: minutesAfterNoon(2) }),
            aTask("task_4", { conversationId: "con_2" }),
          ],
        }),
      );
      const of = async (conversationId: string, limit = 10) =>
        (await storage.tasksOf({ hotelId: HOTEL, conversationId, limit })).map(({ id }) => id);
      assert.deepEqual(await of("con_1"), ["task_2", "task_3", "task_1"]);
      assert.deepEqual(await of("con_1", 1), ["task_2"]);
      assert.deepEqual(await of("con_3"), []);
    },
  },
];
