import assert from "node:assert/strict";
import { WORK_KINDS, type NewWork } from "../../domain/work.js";
import { aCommand, HOTEL, HOUR_MS, NUMBER, OTHER_HOTEL, OTHER_HOTELS_NUMBER, phone, SECOND_MS } from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  atOnce,
  claim,
  claimOne,
  commit,
  completing,
  from,
  guestWrites,
  itemsOf,
  LEASE_MS,
  nothingIsDue,
  nowOf,
} from "./steps.js";

const PAST_LEASE_MS = LEASE_MS + SECOND_MS;
/** A storage that never gives out what was written must not keep the case looking forever. */
const MOST_LOOKS = 5_000;

export const claimCases: readonly StorageCase[] = [
  {
    id: "claim/one-holder",
    says: "A lane that somebody has in hand is nobody else's, and what arrives for it waits.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      const held = await claimOne(storage);
      await guestWrites(storage, "itm_2");
      await nothingIsDue(storage);
      await commit(storage, completing(held));
      assert.deepEqual(itemsOf([await claimOne(storage)]), [["itm_2"]]);
    },
  },
  {
    id: "claim/one-holder-at-once",
    says: "Many processes that claim at the same moment never get the same lane, and together get all.",
    needs: "concurrency",
    async run({ storage }) {
      for (let index = 10; index < 40; index++)
        await guestWrites(storage, `itm_${String(index)}`, from(`120255501${String(index)}`));
      const claims = await atOnce(12, () => claim(storage, { lanes: 5 }));
      const taken = claims.flatMap(({ lanes }) => itemsOf(lanes)).map((ids) => ids.join());
      assert.equal(new Set(taken).size, taken.length, "no lane is taken twice");
      const rest = itemsOf((await claim(storage)).lanes).map((ids) => ids.join());
      assert.equal(taken.length + rest.length, 30);
      assert.equal(new Set([...taken, ...rest]).size, 30);
    },
  },
  {
    id: "claim/one-holder-while-writing",
    says: "One guest who writes without pause is worked by one process at a time, every message once and in order (F27).",
    needs: "concurrency",
    async run({ storage }) {
      const worked: string[] = [];
      const worker = async () => {
        for (let looks = 0; worked.length < 40 && looks < MOST_LOOKS; looks++) {
          const { lanes } = await claim(storage, { itemsPerLane: 3 });
          for (const lane of lanes) {
            worked.push(...lane.items.map(({ id }) => id));
            await commit(storage, completing(lane));
          }
        }
      };
      const guest = async () => {
        for (let index = 0; index < 40; index++) await guestWrites(storage, `itm_${String(index)}`);
      };
      await Promise.all([guest(), worker(), worker(), worker()]);
      assert.deepEqual(
        worked,
        Array.from({ length: 40 }, (_, index) => `itm_${String(index)}`),
      );
    },
  },
  {
    id: "claim/order",
    says: "A claim takes a lane's first items in order, as many as asked for; the others wait for the lane's next claim.",
    async run({ storage }) {
      for (const id of ["itm_1", "itm_2", "itm_3"]) await guestWrites(storage, id);
      const first = await claimOne(storage, "inbound", 2);
      assert.deepEqual(itemsOf([first]), [["itm_1", "itm_2"]]);
      await commit(storage, completing(first));
      assert.deepEqual(itemsOf([await claimOne(storage, "inbound", 2)]), [["itm_3"]]);
    },
  },
  {
    id: "claim/order-after-part",
    says: "A lane of which only the first item was completed goes on with the second.",
    async run({ storage }) {
      for (const id of ["itm_1", "itm_2", "itm_3"]) await guestWrites(storage, id);
      await commit(storage, completing(await claimOne(storage), 1));
      assert.deepEqual(itemsOf([await claimOne(storage)]), [["itm_2", "itm_3"]]);
    },
  },
  {
    id: "claim/order-after-retry",
    says: "An item that is tried again is still the first of its lane: nothing overtakes it.",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      await guestWrites(storage, "itm_2");
      const lane = await claimOne(storage);
      await storage.fail([{ lane, workId: "itm_1", code: "decision_failed", retryInMs: 5 * SECOND_MS }]);
      await guestWrites(storage, "itm_3");
      await shiftClock(6 * SECOND_MS);
      const again = await claimOne(storage);
      assert.deepEqual(itemsOf([again]), [["itm_1", "itm_2", "itm_3"]]);
      assert.deepEqual(
        again.items.map(({ attempts }) => attempts),
        [1, 0, 0],
      );
    },
  },
  {
    id: "claim/order-kinds",
    says: "Each kind of work is claimed by itself, with its payload as it was given.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const payload = { messageId: "msg_1", nested: [1, null, "\u0000\ud800 <b>"], "": true };
      const work: NewWork[] = WORK_KINDS.map((kind) => ({
        id: `work_${kind}`,
        kind,
        phoneNumberId: NUMBER,
        guestId: guest.id,
        payload: { ...payload, kind },
      }));
      await commit(storage, aCommand({ work }));
      for (const kind of WORK_KINDS) {
        const lane = await claimOne(storage, kind);
        assert.equal(lane.kind, kind);
        assert.equal(lane.hotelId, HOTEL);
        assert.equal(lane.phoneNumberId, NUMBER);
        assert.equal(lane.guestId, guest.id);
        assert.deepEqual(itemsOf([lane]), [[`work_${kind}`]]);
        assert.equal(lane.items[0]?.kind, kind);
        assert.deepEqual(JSON.parse(lane.items[0].payload), { ...payload, kind });
        await commit(storage, completing(lane));
      }
    },
  },
  {
    id: "claim/fair",
    says: "Hotels take turns: one with a long backlog leaves room for one whose guest has just written (F42).",
    async run({ storage, shiftClock }) {
      for (let index = 0; index < 6; index++)
        await guestWrites(storage, `itm_${String(index)}`, from(`1202555010${String(index)}`));
      await shiftClock(SECOND_MS);
      for (const index of [6, 7]) {
        const chat = { addresses: [phone(`1202555010${String(index)}`)], phoneNumberId: OTHER_HOTELS_NUMBER };
        await guestWrites(storage, `itm_${String(index)}`, { hotelId: OTHER_HOTEL, chat });
      }
      const { lanes, nextDueInMs } = await claim(storage, { lanes: 4 });
      assert.deepEqual(lanes.filter(({ hotelId }) => hotelId === HOTEL).length, 2);
      assert.deepEqual(lanes.filter(({ hotelId }) => hotelId === OTHER_HOTEL).length, 2);
      assert.equal(nextDueInMs, 0, "others are due and were not taken");
      assert.equal(
        (await claim(storage, { lanes: 100 })).lanes.length,
        4,
        "nobody else to share with: all that are due",
      );
    },
  },
  {
    id: "claim/fair-longest-due-first",
    says: "Within a hotel the guest who has waited longest comes first.",
    async run({ storage, shiftClock }) {
      for (const index of [3, 1, 2]) {
        await guestWrites(storage, `itm_${String(index)}`, from(`1202555010${String(index)}`));
        await shiftClock(SECOND_MS);
      }
      const order: string[] = [];
      for (let index = 0; index < 3; index++) {
        order.push(...itemsOf((await claim(storage, { lanes: 1 })).lanes).flat());
      }
      assert.deepEqual(order, ["itm_3", "itm_1", "itm_2"]);
    },
  },
  {
    id: "claim/fair-at-most",
    says: "A claim takes at most as many lanes as asked for.",
    async run({ storage }) {
      for (let index = 0; index < 5; index++)
        await guestWrites(storage, `itm_${String(index)}`, from(`1202555010${String(index)}`));
      assert.equal((await claim(storage, { lanes: 2 })).lanes.length, 2);
      assert.equal((await claim(storage, { lanes: 2 })).lanes.length, 2);
      assert.equal((await claim(storage, { lanes: 2 })).lanes.length, 1);
    },
  },
  {
    id: "claim/expired-lease",
    says: "The lane of a process that died or froze passes on when its lease is over, with a higher epoch (F30).",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      const frozen = await claimOne(storage);
      await shiftClock(LEASE_MS - SECOND_MS);
      await nothingIsDue(storage);
      await shiftClock(2 * SECOND_MS);
      const next = await claimOne(storage);
      assert.deepEqual(itemsOf([next]), [["itm_1"]]);
      assert.ok(next.epoch > frozen.epoch);
      assert.equal(next.items[0]?.attempts, 0, "a lease that ran out is no failure of the item");
    },
  },
  {
    id: "claim/expired-lease-epoch",
    says: "Every claim of a lane gives a higher epoch, also when the lane was given back in between.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      const epochs: number[] = [];
      for (let index = 0; index < 4; index++) {
        const lane = await claimOne(storage);
        epochs.push(lane.epoch);
        if (index === 1) {
          await commit(storage, completing(lane));
          await guestWrites(storage, "itm_2");
        } else await storage.release([lane]);
      }
      assert.deepEqual(
        epochs,
        [...new Set(epochs)].sort((a, b) => a - b),
      );
    },
  },
  {
    id: "claim/expired-lease-at-once",
    says: "An expired lease passes to exactly one of those who want it.",
    needs: "concurrency",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      await claimOne(storage);
      await shiftClock(PAST_LEASE_MS);
      const claims = await atOnce(10, () => claim(storage));
      assert.equal(claims.flatMap(({ lanes }) => lanes).length, 1);
    },
  },
  {
    id: "claim/not-due",
    says: "A lane that waits is not due before its time, whatever arrives for it meanwhile.",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      const lane = await claimOne(storage);
      await storage.fail([{ lane, workId: "itm_1", code: "decision_failed", retryInMs: 10 * SECOND_MS }]);
      await nothingIsDue(storage);
      await guestWrites(storage, "itm_2");
      await shiftClock(5 * SECOND_MS);
      await nothingIsDue(storage);
      await shiftClock(6 * SECOND_MS);
      assert.deepEqual(itemsOf([await claimOne(storage)]), [["itm_1", "itm_2"]]);
    },
  },
  {
    id: "claim/not-due-empty",
    says: "A lane without work is never due: not when it was emptied, and not for as long as nothing arrives.",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      await commit(storage, completing(await claimOne(storage)));
      await shiftClock(HOUR_MS);
      await nothingIsDue(storage);
      await guestWrites(storage, "itm_2");
      assert.deepEqual(itemsOf([await claimOne(storage)]), [["itm_2"]]);
    },
  },
  {
    id: "claim/next-due",
    says: "A claim says when to look again: null when no lane has work, else until the next lane may be claimed.",
    async run({ storage, shiftClock }) {
      assert.equal((await claim(storage)).nextDueInMs, null);
      await guestWrites(storage, "itm_1");
      assert.equal(
        (await claim(storage, { kind: "outbound" })).nextDueInMs,
        null,
        "another kind's work is no reason to look",
      );

      const { lanes, nextDueInMs: untilLeaseEnds } = await claim(storage);
      assert.ok(untilLeaseEnds !== null && untilLeaseEnds > LEASE_MS - 10 * SECOND_MS && untilLeaseEnds <= LEASE_MS);
      const [lane] = lanes;
      assert.ok(lane);
      await storage.fail([{ lane, workId: "itm_1", code: "decision_failed", retryInMs: HOUR_MS }]);
      const { nextDueInMs: untilRetry } = await claim(storage);
      assert.ok(untilRetry !== null && untilRetry > HOUR_MS - 10 * SECOND_MS && untilRetry <= HOUR_MS);

      await shiftClock(HOUR_MS);
      await commit(storage, completing(await claimOne(storage)));
      assert.equal((await claim(storage)).nextDueInMs, null);
    },
  },
  {
    id: "claim/next-due-now",
    says: "The time of a claim is the database's, by which everything is due.",
    async run({ storage, shiftClock }) {
      const before = (await claim(storage)).now;
      await shiftClock(HOUR_MS);
      const after = (await claim(storage)).now;
      const passed = after.getTime() - before.getTime();
      assert.ok(passed >= HOUR_MS && passed < HOUR_MS + 10 * SECOND_MS);
      assert.ok(
        Math.abs((await nowOf(storage)).getTime() - after.getTime()) < 10 * SECOND_MS,
        "loads read the same clock",
      );
    },
  },
];

export const leaseCases: readonly StorageCase[] = [
  {
    id: "lease/renew",
    says: "A lease that is renewed lasts from then on, so that long work keeps its lane.",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      const lane = await claimOne(storage);
      for (let index = 0; index < 3; index++) {
        await shiftClock(LEASE_MS - SECOND_MS);
        assert.deepEqual(await storage.renew([lane], LEASE_MS), [true]);
      }
      await shiftClock(LEASE_MS - SECOND_MS);
      await nothingIsDue(storage);
      await shiftClock(2 * SECOND_MS);
      await claimOne(storage);
    },
  },
  {
    id: "lease/renew-lost",
    says: "Whoever lost a lane, or gave it back, is told so, in the order asked, and the holder keeps it.",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_a", from("12025550101"));
      const lost = await claimOne(storage);
      await shiftClock(PAST_LEASE_MS);
      const held = await claimOne(storage);
      await guestWrites(storage, "itm_b", from("12025550102"));
      const given = await claimOne(storage);
      await storage.release([given]);
      const never = { ...held, guestId: "gst_nobody" };
      assert.deepEqual(await storage.renew([lost, held, given, never], 10 * LEASE_MS), [false, true, false, false]);
      assert.deepEqual(itemsOf([await claimOne(storage)]), [["itm_b"]], "a lane given back stays free");
      await shiftClock(PAST_LEASE_MS);
      const { lanes } = await claim(storage);
      assert.deepEqual(itemsOf(lanes), [["itm_b"]], "the lane renewed for longer is still in its holder's hands");
    },
  },
  {
    id: "lease/release",
    says: "A lane given back undone is due at once for anybody, its items as they were.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      await guestWrites(storage, "itm_2");
      const lane = await claimOne(storage);
      await storage.release([lane]);
      const again = await claimOne(storage);
      assert.deepEqual(again.items, lane.items);
      assert.ok(again.epoch > lane.epoch);
    },
  },
  {
    id: "lease/release-stale",
    says: "Giving back a lane that somebody else has by now takes it from nobody.",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      const lost = await claimOne(storage);
      await shiftClock(PAST_LEASE_MS);
      const held = await claimOne(storage);
      await storage.release([lost]);
      await nothingIsDue(storage);
      await commit(storage, completing(held));
    },
  },
  {
    id: "lease/release-waiting",
    says: "Giving back a lane twice does not end the wait that it was given back with the first time.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      const lane = await claimOne(storage);
      await storage.fail([{ lane, workId: "itm_1", code: "decision_failed", retryInMs: HOUR_MS }]);
      await storage.release([lane]);
      await nothingIsDue(storage);
    },
  },
];
