import assert from "node:assert/strict";
import type { NewWork } from "../../domain/work.js";
import type { Storage } from "../../ports/storage.js";
import { aCommand, anAuditEntry, aTimer, HOUR_MS, MINUTE_MS, SECOND_MS, type GuestOfHotel } from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, claim, claimOne, commit, completing, itemsOf, LEASE_MS, nothingIsDue, nowOf } from "./steps.js";

/** Timers of a guest, each due so many minutes from now. */
async function set(
  storage: Storage,
  guest: GuestOfHotel,
  timers: Readonly<Record<string, number>>,
  more: readonly NewWork[] = [],
): Promise<void> {
  const now = (await nowOf(storage)).getTime();
  const work = Object.entries(timers).map(([id, minutes]) => aTimer(id, guest, new Date(now + minutes * MINUTE_MS)));
  await commit(storage, aCommand({ work: [...work, ...more] }));
}

const timersDue = async (storage: Storage) => itemsOf((await claim(storage, { kind: "timer" })).lanes);

export const timerCases: readonly StorageCase[] = [
  {
    id: "claim/timer",
    says: "A timer is nobody's before its time, and somebody's then: a claim says when that is.",
    async run({ storage, shiftClock }) {
      await set(storage, await aKnownGuest(storage), { tmr_1: 60 });
      const { lanes, nextDueInMs } = await claim(storage, { kind: "timer" });
      assert.deepEqual(lanes, []);
      assert.ok(nextDueInMs !== null && nextDueInMs > HOUR_MS - 10 * SECOND_MS && nextDueInMs <= HOUR_MS);
      await shiftClock(HOUR_MS);
      const lane = await claimOne(storage, "timer");
      assert.deepEqual(
        lane.items.map(({ id, kind, payload }) => ({ id, kind, payload })),
        [{ id: "tmr_1", kind: "timer", payload: JSON.stringify({ of: "tmr_1" }) }],
      );
      await commit(storage, completing(lane));
      assert.equal((await claim(storage, { kind: "timer" })).nextDueInMs, null);
    },
  },
  {
    id: "claim/timer-order",
    says: "Timers of a guest come as they come due, whatever the order in which they were set; the others wait for their own time.",
    async run({ storage, shiftClock }) {
      await set(storage, await aKnownGuest(storage), { tmr_c: 30, tmr_a: 10, tmr_b: 20, tmr_d: 90 });
      await shiftClock(35 * MINUTE_MS);
      const lane = await claimOne(storage, "timer");
      assert.deepEqual(itemsOf([lane]), [["tmr_a", "tmr_b", "tmr_c"]]);
      await commit(storage, completing(lane, 2));
      const rest = await claimOne(storage, "timer");
      assert.deepEqual(itemsOf([rest]), [["tmr_c"]], "what was not done is due still");
      await commit(storage, completing(rest));
      await nothingIsDue(storage, "timer");
      await shiftClock(55 * MINUTE_MS);
      assert.deepEqual(await timersDue(storage), [["tmr_d"]]);
    },
  },
  {
    id: "claim/timer-sooner",
    says: "A timer that is set later and due sooner is not held up by those that were there.",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      await set(storage, guest, { tmr_late: 600 });
      await set(storage, guest, { tmr_soon: 5 });
      await shiftClock(6 * MINUTE_MS);
      const lane = await claimOne(storage, "timer");
      assert.deepEqual(itemsOf([lane]), [["tmr_soon"]]);
      // One that is set while the lane is in somebody's hands.
      await set(storage, guest, { tmr_next: 5 });
      await nothingIsDue(storage, "timer");
      await commit(storage, completing(lane));
      await nothingIsDue(storage, "timer");
      await shiftClock(6 * MINUTE_MS);
      assert.deepEqual(await timersDue(storage), [["tmr_next"]]);
    },
  },
  {
    id: "claim/timer-lost",
    says: "A timer in the hands of a process that died is due again when its lease ends; what comes due meanwhile comes with it.",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      await set(storage, guest, { tmr_1: 1, tmr_2: 2 });
      await shiftClock(MINUTE_MS + SECOND_MS);
      const lost = await claimOne(storage, "timer");
      assert.deepEqual(itemsOf([lost]), [["tmr_1"]]);
      await shiftClock(LEASE_MS + SECOND_MS);
      const held = await claimOne(storage, "timer");
      assert.deepEqual(itemsOf([held]), [["tmr_1", "tmr_2"]]);
      assert.equal((await storage.commit(guest.hotelId, [completing(lost)])).outcome, "fenced");
      await commit(storage, completing(held));
    },
  },
  {
    id: "claim/timer-release",
    says: "Timers given back undone are due at once, those that are not due yet at their time.",
    async run({ storage, shiftClock }) {
      await set(storage, await aKnownGuest(storage), { tmr_1: 1, tmr_2: 120 });
      await shiftClock(2 * MINUTE_MS);
      await storage.release([await claimOne(storage, "timer")]);
      const lane = await claimOne(storage, "timer");
      await commit(storage, completing(lane));
      const { nextDueInMs } = await claim(storage, { kind: "timer" });
      assert.ok(nextDueInMs !== null && nextDueInMs > 100 * MINUTE_MS);
    },
  },
  {
    id: "claim/timer-retry",
    says: "A timer that failed is tried again after its wait, whatever is set meanwhile; one that is given up leaves the others their time.",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      await set(storage, guest, { tmr_1: 1, tmr_2: 300 });
      await shiftClock(2 * MINUTE_MS);
      const lane = await claimOne(storage, "timer");
      const failed = { lane, workId: "tmr_1", code: "busy" };
      await storage.fail([{ ...failed, retryInMs: 10 * MINUTE_MS }]);
      await set(storage, guest, { tmr_3: 0 });
      await nothingIsDue(storage, "timer");
      await shiftClock(11 * MINUTE_MS);
      const again = await claimOne(storage, "timer");
      assert.deepEqual(
        again.items.map(({ id, attempts }) => [id, attempts]),
        [
          ["tmr_1", 1],
          ["tmr_3", 0],
        ],
      );
      const given = { workId: "tmr_1", code: "decision_failed", retryInMs: null };
      await commit(storage, { ...completing(again, 0), failed: given });
      assert.deepEqual(await timersDue(storage), [["tmr_3"]]);
    },
  },
  {
    id: "work/replay-timer",
    says: "A timer that was given up and is put back is due at once, though another of the guest's is set for later.",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      await set(storage, guest, { tmr_1: 1, tmr_2: 300 });
      await shiftClock(2 * MINUTE_MS);
      const lane = await claimOne(storage, "timer");
      await storage.fail([{ lane, workId: "tmr_1", code: "decision_failed", retryInMs: null }]);
      await nothingIsDue(storage, "timer");
      const { hotelId: _hotel, at: _at, ...audit } = anAuditEntry("aud_1", "tmr_1");
      assert.equal(await storage.replay({ reach: "everything", workId: "tmr_1", audit }), true);
      assert.deepEqual(await timersDue(storage), [["tmr_1"]]);
    },
  },
];
