import assert from "node:assert/strict";
import type { Reach } from "../../domain/access.js";
import type { PagePoint } from "../../ports/read-storage.js";
import type { Storage } from "../../ports/storage.js";
import {
  anAuditEntry,
  HOTEL,
  HOUR_MS,
  OTHER_HOTEL,
  OTHER_HOTELS_NUMBER,
  phone,
  SECOND_MS,
  within,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  atOnce,
  claim,
  claimedSend,
  claimOne,
  commit,
  completing,
  eventsOf,
  from,
  guestWrites,
  intended,
  itemsOf,
  LEASE_MS,
  nothingIsDue,
  nowOf,
  pagesOf,
  sendingOne,
  settle,
} from "./steps.js";

const deadOf = async (storage: Storage, reach: Reach = "everything"): Promise<readonly string[]> =>
  (await storage.dead({ reach, before: null, limit: 100 })).items.map(({ id }) => id);

/** A guest writes, and it is given up. */
async function givenUp(storage: Storage, id: string, waId: string, hotelId = HOTEL): Promise<void> {
  const phoneNumberId = hotelId === HOTEL ? from(waId).chat?.phoneNumberId : OTHER_HOTELS_NUMBER;
  await guestWrites(storage, id, {
    hotelId,
    chat: { addresses: [phone(waId)], ...(phoneNumberId && { phoneNumberId }) },
  });
  const lane = await claimOne(storage);
  await storage.fail([{ lane, workId: id, code: "decision_failed", retryInMs: null }]);
}

const auditOf = (workId: string, id = `aud_${workId}`) => {
  const { actor, reason } = anAuditEntry(id, workId);
  return { id, actor, reason, action: "dead.replay", target: { kind: "work" as const, id: workId } };
};

const replay = (storage: Storage, workId: string, reach: Reach = "everything", auditId?: string) =>
  storage.replay({ reach, workId, audit: auditOf(workId, auditId) });

export const deadWorkCases: readonly StorageCase[] = [
  {
    id: "work/retry",
    says: "Work that failed is due again after its delay, and counts how often it failed.",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      for (const attempts of [0, 1, 2]) {
        const lane = await claimOne(storage);
        assert.equal(lane.items[0]?.attempts, attempts);
        assert.deepEqual(
          await storage.fail([{ lane, workId: "itm_1", code: "decision_failed", retryInMs: 10 * SECOND_MS }]),
          [],
        );
        await nothingIsDue(storage);
        await shiftClock(11 * SECOND_MS);
      }
      assert.deepEqual(await eventsOf(storage), [], "an item that is tried again is no news");
      assert.deepEqual(await deadOf(storage), []);
    },
  },
  {
    id: "work/uncounted",
    says: "A failure that does not count leaves an item tried as often as it was, and due again after its delay.",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      const failed = async (counts: boolean) => {
        const lane = await claimOne(storage);
        await storage.fail([{ lane, workId: "itm_1", code: "decision_failed", retryInMs: 10 * SECOND_MS, counts }]);
        await nothingIsDue(storage);
        await shiftClock(11 * SECOND_MS);
      };
      await failed(true);
      await failed(false);
      await failed(false);
      assert.equal((await claimOne(storage)).items[0]?.attempts, 1);
    },
  },
  {
    id: "work/retry-at-once",
    says: "A delay of nothing makes it due at once.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      const lane = await claimOne(storage);
      await storage.fail([{ lane, workId: "itm_1", code: "decision_failed", retryInMs: 0 }]);
      assert.equal((await claimOne(storage)).items[0]?.attempts, 1);
    },
  },
  {
    id: "work/retry-stale",
    says: "A failure in a lane that has passed on is ignored: its successor decides.",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      const frozen = await claimOne(storage);
      await shiftClock(LEASE_MS + SECOND_MS);
      const held = await claimOne(storage);
      for (const retryInMs of [0, null]) {
        assert.deepEqual(
          await storage.fail([{ lane: frozen, workId: "itm_1", code: "decision_failed", retryInMs }]),
          [],
        );
      }
      await nothingIsDue(storage);
      assert.deepEqual(await deadOf(storage), []);
      assert.deepEqual(await storage.renew([held], LEASE_MS), [true]);
      await storage.release([held]);
      assert.equal((await claimOne(storage)).items[0]?.attempts, 0);
    },
  },
  {
    id: "work/dead",
    says: "Work that was given up stands visibly aside with its cause, is told, and its lane goes on at once (F23).",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      const made = await claimOne(storage);
      await guestWrites(storage, "itm_2");
      await storage.fail([{ lane: made, workId: "itm_1", code: "internal", retryInMs: 0 }]);
      await shiftClock(HOUR_MS);
      const lane = await claimOne(storage);
      const before = await nowOf(storage);
      const events = await storage.fail([{ lane, workId: "itm_1", code: "decision_failed", retryInMs: null }]);
      assert.deepEqual(
        events.map(({ hotelId, seq, conversationId, departmentId, body }) => ({
          hotelId,
          seq,
          conversationId,
          departmentId,
          body,
        })),
        [
          {
            hotelId: HOTEL,
            seq: 1,
            conversationId: null,
            departmentId: null,
            body: { type: "work.dead", workId: "itm_1", code: "decision_failed" },
          },
        ],
      );
      assert.deepEqual(await eventsOf(storage), events);
      const { items, next } = await storage.dead({ reach: "everything", before: null, limit: 10 });
      const [dead] = items;
      assert.ok(dead && items.length === 1 && next === null);
      const { createdAt, deadAt, ...rest } = dead;
      assert.deepEqual(rest, { id: "itm_1", hotelId: HOTEL, kind: "inbound", code: "decision_failed", attempts: 2 });
      assert.deepEqual(createdAt, made.items[0]?.createdAt);
      assert.ok(deadAt >= before && deadAt <= (await nowOf(storage)));
      assert.deepEqual(itemsOf([await claimOne(storage)]), [["itm_2"]]);
    },
  },
  {
    id: "work/dead-alone",
    says: "A lane whose only item was given up is not due any more.",
    async run({ storage }) {
      await givenUp(storage, "itm_1", "12025550101");
      await nothingIsDue(storage);
    },
  },
  {
    id: "work/dead-gone",
    says: "Work that somebody finished meanwhile can neither fail nor die: the lane is given back and goes on.",
    async run({ storage, shiftClock }) {
      for (const retryInMs of [null, 0]) {
        const waId = retryInMs === null ? "12025550101" : "12025550102";
        const frozen = await sendingOne(storage, 2, HOTEL, waId);
        await intended(storage, frozen);
        await shiftClock(LEASE_MS + SECOND_MS);
        const { lane, workId } = await claimedSend(storage);
        await settle(storage, frozen, { kind: "sent", wamid: `wamid.${waId}` });
        assert.deepEqual(await storage.fail([{ lane, workId, code: "internal", retryInMs }]), []);
        assert.deepEqual(await deadOf(storage), []);
        const next = await claimedSend(storage);
        assert.notEqual(next.workId, workId);
        await commit(storage, completing(next.lane));
      }
    },
  },
  {
    id: "work/dead-reach",
    says: "Dead work belongs to no department: it is seen by whoever sees its whole hotel, and by nobody else.",
    async run({ storage }) {
      await givenUp(storage, "itm_1", "12025550101");
      await givenUp(storage, "itm_2", "12025550101", OTHER_HOTEL);
      assert.deepEqual(new Set(await deadOf(storage)), new Set(["itm_1", "itm_2"]));
      assert.deepEqual(await deadOf(storage, within([HOTEL, "all"])), ["itm_1"]);
      assert.deepEqual(await deadOf(storage, within([HOTEL, ["reception"]])), []);
      assert.deepEqual(await deadOf(storage, within()), []);
    },
  },
  {
    id: "work/dead-pages",
    says: "Pages of dead work put together are the whole list, the newest first, also where some died at the same moment.",
    async run({ storage, shiftClock }) {
      for (const index of [1, 2]) await givenUp(storage, `itm_${String(index)}`, `1202555010${String(index)}`);
      await shiftClock(SECOND_MS);
      for (const index of [3, 4, 5])
        await guestWrites(storage, `itm_${String(index)}`, from(`1202555010${String(index)}`));
      const { lanes } = await claim(storage);
      await storage.fail(
        lanes.map((lane) => ({ lane, workId: lane.items[0]?.id ?? "", code: "internal", retryInMs: null })),
      );
      const whole = await deadOf(storage);
      assert.equal(whole.length, 5);
      assert.deepEqual(new Set(whole.slice(3)), new Set(["itm_1", "itm_2"]));
      for (const limit of [1, 2, 5]) {
        const pages = await pagesOf((before: PagePoint | null) => storage.dead({ reach: "everything", before, limit }));
        assert.deepEqual(
          pages.flat().map(({ id }) => id),
          whole,
        );
        assert.equal(pages.length, Math.ceil(5 / limit));
      }
    },
  },
  {
    id: "work/dead-many",
    says: "Work that failed in lanes of several hotels is recorded in one call, and each hotel is told its own.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      const chat = { addresses: [phone("12025550101")], phoneNumberId: OTHER_HOTELS_NUMBER };
      await guestWrites(storage, "itm_2", { hotelId: OTHER_HOTEL, chat });
      const { lanes } = await claim(storage);
      const events = await storage.fail(
        lanes.map((lane) => ({ lane, workId: lane.items[0]?.id ?? "", code: "internal", retryInMs: null })),
      );
      assert.deepEqual(
        new Set(events.map(({ hotelId, seq }) => `${hotelId} ${String(seq)}`)),
        new Set([`${HOTEL} 1`, `${OTHER_HOTEL} 1`]),
      );
    },
  },
  {
    id: "work/replay",
    says: "Dead work goes to the end of its lane again as if never tried, and the audit says who wanted it.",
    async run({ storage }) {
      await givenUp(storage, "itm_1", "12025550101");
      await guestWrites(storage, "itm_2");
      const before = await nowOf(storage);
      assert.equal(await replay(storage, "itm_1"), true);
      assert.deepEqual(await deadOf(storage), []);
      const [entry] = await storage.audit({ hotelId: HOTEL, targetId: "itm_1" });
      assert.ok(entry && entry.at >= before && entry.at <= (await nowOf(storage)));
      assert.deepEqual(entry, { ...auditOf("itm_1"), hotelId: HOTEL, at: entry.at });
      const lane = await claimOne(storage);
      assert.deepEqual(
        lane.items.map(({ id, attempts }) => [id, attempts]),
        [
          ["itm_2", 0],
          ["itm_1", 0],
        ],
      );
      const [second, again] = lane.items;
      assert.ok(second && again && again.position > second.position);
      await commit(storage, completing(lane));
      await nothingIsDue(storage);
    },
  },
  {
    id: "work/replay-idle",
    says: "Replaying makes an idle lane due at once, and what failed may fail and be replayed again, as it was.",
    async run({ storage }) {
      const raw = JSON.stringify({ text: { body: "\u0000 \ud83d" } });
      await guestWrites(storage, "itm_1", { raw });
      for (const index of [1, 2]) {
        const lane = await claimOne(storage);
        assert.equal(lane.items[0]?.payload, raw);
        await storage.fail([{ lane, workId: "itm_1", code: "internal", retryInMs: null }]);
        assert.equal(await replay(storage, "itm_1", "everything", `aud_${String(index)}`), true);
      }
      await claimOne(storage);
      assert.equal((await storage.audit({ hotelId: HOTEL, targetId: "itm_1" })).length, 2);
    },
  },
  {
    id: "work/replay-reach",
    says: "What is out of reach, alive or unknown is not replayed, and leaves no entry in the audit.",
    async run({ storage }) {
      await givenUp(storage, "itm_1", "12025550101");
      await guestWrites(storage, "itm_2", from("12025550102"));
      assert.equal(await replay(storage, "itm_1", within([OTHER_HOTEL, "all"])), false);
      assert.equal(await replay(storage, "itm_1", within([HOTEL, ["reception"]])), false);
      assert.equal(await replay(storage, "itm_2"), false);
      assert.equal(await replay(storage, "itm_nobody"), false);
      assert.deepEqual(await storage.audit({ hotelId: HOTEL, targetId: "itm_1" }), []);
      assert.deepEqual(await deadOf(storage), ["itm_1"]);
      assert.equal(await replay(storage, "itm_1", within([HOTEL, "all"])), true);
    },
  },
  {
    id: "work/replay-at-once",
    says: "Two people who replay the same work at the same moment put it back once.",
    needs: "concurrency",
    async run({ storage }) {
      await givenUp(storage, "itm_1", "12025550101");
      const answers = await atOnce(8, (index) => replay(storage, "itm_1", "everything", `aud_${String(index)}`));
      assert.equal(answers.filter(Boolean).length, 1);
      assert.equal((await claimOne(storage)).items.length, 1);
      assert.equal((await storage.audit({ hotelId: HOTEL, targetId: "itm_1" })).length, 1);
    },
  },
];
