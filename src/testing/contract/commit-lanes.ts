import assert from "node:assert/strict";
import type { LaneChange } from "../../domain/change.js";
import type { ClaimedLane } from "../../domain/lane.js";
import { aConversation, aCommand, HOTEL, SECOND_MS, SECOND_NUMBER } from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  ASKS_NOTHING,
  claim,
  claimOne,
  commit,
  completing,
  eventsOf,
  from,
  guestWrites,
  itemsOf,
  LEASE_MS,
  nothingIsDue,
  nowOf,
  stored,
  conflicts,
} from "./steps.js";

const failing = (lane: ClaimedLane, completed: number, retryInMs: number | null): LaneChange => ({
  ...completing(lane, completed),
  failed: { workId: lane.items[completed]?.id ?? "", code: "decision_failed", retryInMs },
});

export const commitLaneCases: readonly StorageCase[] = [
  {
    id: "commit/fenced",
    says: "A process whose lane has passed on stores nothing: neither its change nor those beside it (F30, F31).",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      const frozen = await claimOne(storage);
      await shiftClock(LEASE_MS + SECOND_MS);
      const held = await claimOne(storage);
      const guest = { id: held.guestId, hotelId: HOTEL, phoneNumberId: held.phoneNumberId };
      const beside = aCommand({ conversations: [aConversation("con_1", guest)] });
      const late = completing(frozen, 1, { conversations: [aConversation("con_2", guest, { departmentId: "spa" })] });
      assert.deepEqual(await storage.commit(HOTEL, [beside, late]), { outcome: "fenced", changes: [1] });
      const { states } = await storage.loadChats([{ ...held, ...ASKS_NOTHING }]);
      assert.deepEqual(states[0]?.conversations, []);
      await nothingIsDue(storage);
      await commit(storage, completing(held));
    },
  },
  {
    id: "commit/fenced-before-conflict",
    says: "A lane that has passed on is told before any conflict: what it decided is nobody's business any more.",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      const conversation = await stored(storage, aConversation("con_1", guest));
      await guestWrites(storage, "itm_1");
      const frozen = await claimOne(storage);
      await shiftClock(LEASE_MS + SECOND_MS);
      await claimOne(storage);
      const late = completing(frozen, 1, { conversations: [{ ...conversation, version: 9 }] });
      assert.deepEqual(await storage.commit(HOTEL, [late]), { outcome: "fenced", changes: [0] });
    },
  },
  {
    id: "commit/fenced-not-taken",
    says: "A lease that ran out and was taken by nobody still commits: the epoch decides, not the time.",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      const slow = await claimOne(storage);
      await shiftClock(LEASE_MS + SECOND_MS);
      await commit(storage, completing(slow));
      await nothingIsDue(storage);
    },
  },
  {
    id: "commit/fenced-given-back",
    says: "A lane that was given back is not held any more, though nobody has claimed it since.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      const lane = await claimOne(storage);
      await storage.release([lane]);
      assert.deepEqual(await storage.commit(HOTEL, [completing(lane)]), { outcome: "fenced", changes: [0] });
      assert.deepEqual(itemsOf([await claimOne(storage)]), [["itm_1"]]);
    },
  },
  {
    id: "commit/fenced-out-of-order",
    says: "Only a lane's first items can be completed: an order that was decided wrongly is refused.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      await guestWrites(storage, "itm_2");
      const lane = await claimOne(storage);
      assert.deepEqual(await storage.commit(HOTEL, [{ ...completing(lane), completes: ["itm_2"] }]), {
        outcome: "fenced",
        changes: [0],
      });
      await commit(storage, completing(lane));
    },
  },
  {
    id: "commit/fenced-at-once",
    says: "A commit and the claim of its expired lane that meet at the same moment never both win.",
    needs: "concurrency",
    async run({ storage, shiftClock }) {
      for (let round = 0; round < 10; round++) {
        await guestWrites(storage, `itm_${String(round)}`);
        const slow = await claimOne(storage);
        await shiftClock(LEASE_MS + SECOND_MS);
        const [{ outcome }, { lanes }] = await Promise.all([storage.commit(HOTEL, [completing(slow)]), claim(storage)]);
        assert.equal(lanes.length, outcome === "committed" ? 0 : 1, "either the commit or the claim has the lane");
        for (const lane of lanes) await commit(storage, completing(lane));
      }
    },
  },
  {
    id: "commit/failed-work",
    says: "A lane stops at the item that could not be decided: what was before it is stored, it is tried again later, first.",
    async run({ storage, shiftClock }) {
      for (const id of ["itm_1", "itm_2", "itm_3"]) await guestWrites(storage, id);
      const { events } = await commit(storage, failing(await claimOne(storage), 1, 5 * SECOND_MS));
      assert.deepEqual(events, [], "an item that is tried again is no news");
      await nothingIsDue(storage);
      await shiftClock(6 * SECOND_MS);
      const again = await claimOne(storage);
      assert.deepEqual(
        again.items.map(({ id, attempts }) => [id, attempts]),
        [
          ["itm_2", 1],
          ["itm_3", 0],
        ],
      );
    },
  },
  {
    id: "commit/failed-work-dead",
    says: "An item that was given up is set aside and told last, and the lane goes on at once with the next (F23).",
    async run({ storage }) {
      for (const id of ["itm_1", "itm_2", "itm_3"]) await guestWrites(storage, id);
      const lane = await claimOne(storage);
      const told = [
        { conversationId: "con_1", departmentId: "reception", body: { type: "conversation.reopened", leaves: null } },
      ] as const;
      const before = await nowOf(storage);
      const change = failing(lane, 1, null);
      const { events } = await commit(storage, { ...change, change: { ...change.change, events: told } });
      assert.deepEqual(
        events.map(({ seq, conversationId, departmentId, body }) => ({ seq, conversationId, departmentId, body })),
        [
          { seq: 1, ...told[0] },
          {
            seq: 2,
            conversationId: null,
            departmentId: null,
            body: { type: "work.dead", workId: "itm_2", code: "decision_failed" },
          },
        ],
      );
      assert.deepEqual(events, await eventsOf(storage));
      const { items } = await storage.dead({ reach: "everything", before: null, limit: 10 });
      assert.deepEqual(
        items.map(({ id, hotelId, kind, code, attempts }) => ({ id, hotelId, kind, code, attempts })),
        [{ id: "itm_2", hotelId: HOTEL, kind: "inbound", code: "decision_failed", attempts: 1 }],
      );
      assert.ok(items[0] && items[0].deadAt >= before);
      assert.deepEqual(itemsOf([await claimOne(storage)]), [["itm_3"]]);
    },
  },
  {
    id: "commit/lane",
    says: "A commit gives its lane back: due at once with what is left or came meanwhile, never again without.",
    async run({ storage }) {
      for (const id of ["itm_1", "itm_2"]) await guestWrites(storage, id);
      await commit(storage, completing(await claimOne(storage), 1));
      const second = await claimOne(storage);
      assert.deepEqual(itemsOf([second]), [["itm_2"]]);
      await guestWrites(storage, "itm_3");
      await commit(storage, completing(second));
      await commit(storage, completing(await claimOne(storage)));
      await nothingIsDue(storage);
    },
  },
  {
    id: "commit/lane-nothing-completed",
    says: "A change that completes nothing gives its lane back all the same.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      await commit(storage, completing(await claimOne(storage), 0));
      assert.deepEqual(itemsOf([await claimOne(storage)]), [["itm_1"]]);
    },
  },
  {
    id: "commit/lane-kept-in-conflict",
    says: "A conflict leaves the lane in its holder's hands, who decides again.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = await stored(storage, aConversation("con_1", guest));
      await guestWrites(storage, "itm_1");
      const lane = await claimOne(storage);
      const late = completing(lane, 1, { conversations: [{ ...conversation, version: 0 }] });
      conflicts(await storage.commit(HOTEL, [late]), [0], [late]);
      await nothingIsDue(storage);
      await commit(storage, completing(lane, 1, { conversations: [conversation] }));
      await nothingIsDue(storage);
    },
  },
  {
    id: "commit/lane-new-work",
    says: "New work goes to the end of its lane, in the order given, and makes an idle lane due at once.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const work = (id: string, phoneNumberId = guest.phoneNumberId) =>
        ({ id, kind: "command", phoneNumberId, guestId: guest.id, payload: null }) as const;
      await commit(
        storage,
        aCommand({ work: [work("b"), work("a")] }),
        aCommand({ work: [work("d"), work("c", SECOND_NUMBER)] }),
      );
      await commit(storage, aCommand({ work: [work("0")] }));
      const { lanes } = await claim(storage, { kind: "command" });
      assert.deepEqual(new Set(itemsOf(lanes).map((ids) => ids.join())), new Set(["b,a,d,0", "c"]));
    },
  },
  {
    id: "commit/lane-many",
    says: "One commit for many guests' lanes gives each back by itself.",
    async run({ storage }) {
      for (const waId of ["12025550101", "12025550102", "12025550103"]) {
        for (const index of [1, 2]) await guestWrites(storage, `itm_${waId}_${String(index)}`, from(waId));
      }
      const { lanes } = await claim(storage);
      const [a, b, c] = [...lanes].sort((one, other) =>
        (one.items[0]?.id ?? "").localeCompare(other.items[0]?.id ?? ""),
      );
      assert.ok(a && b && c);
      await commit(storage, completing(a), failing(b, 0, 60 * SECOND_MS), completing(c, 1));
      assert.deepEqual(itemsOf((await claim(storage)).lanes), [["itm_12025550103_2"]]);
    },
  },
];
