import assert from "node:assert/strict";
import type { Prunable } from "../../domain/privacy.js";
import type { Storage } from "../../ports/storage.js";
import { aConversation, anInboundMessage, DAY_MS, HOTEL, HOUR_MS, NOON } from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, claimOne, commit, completing, guestWrites, nowOf, stored } from "./steps.js";

const prune = (storage: Storage, what: Prunable, days: number, more: { limit?: number; dryRun?: boolean } = {}) =>
  storage.prune({ hotelId: HOTEL, what, olderThanMs: days * DAY_MS, limit: 100, dryRun: false, ...more });

/** Prunes until there is nothing more. @returns how many */
async function pruned(storage: Storage, what: Prunable, days: number): Promise<number> {
  let sum = 0;
  for (let rounds = 0; rounds < 20; rounds++) {
    const { more, counts } = await prune(storage, what, days);
    sum += counts[what] ?? 0;
    if (!more) return sum;
  }
  assert.fail("pruning comes to its end");
}

/** What is older than a hotel keeps it goes. */
export const retentionCases: readonly StorageCase[] = [
  {
    id: "prune/old",
    says: "What is older than it may be is deleted, by the database's clock, and nothing that is younger (T86).",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_old", guest, {
        status: "closed",
        lastSeq: 1,
        closedAt: await nowOf(storage),
        lastMessageAt: await nowOf(storage),
      });
      await stored(storage, conversation, [anInboundMessage("msg_old", conversation, 1)]);
      const old = ["webhookAttempts", "dedupKeys", "conversations"] as const;
      await shiftClock(10 * DAY_MS);
      for (const what of old) {
        assert.deepEqual((await prune(storage, what, 11)).counts, { [what]: 0 }, `${what} are too young`);
        assert.deepEqual((await prune(storage, what, 9, { dryRun: true })).counts, { [what]: 1 }, `a ${what} would go`);
        assert.equal(await pruned(storage, what, 9), 1, `a ${what} goes`);
        assert.equal(await pruned(storage, what, 9), 0);
      }
      assert.equal(await storage.message({ reach: "everything", messageId: "msg_old" }), null);
      // What it was known by is forgotten.
      await guestWrites(storage, "first_grand_12025550101");
    },
  },
  {
    id: "prune/waits",
    says: "Nothing that is still to be done is deleted, however old it is.",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      await guestWrites(storage, "waits");
      const conversation = aConversation("con_waits", guest, { status: "closed", lastSeq: 1, closedAt: NOON });
      await stored(storage, conversation, [anInboundMessage("msg_waits", conversation, 1)]);
      await shiftClock(100 * DAY_MS);
      assert.equal(await pruned(storage, "webhookAttempts", 1), 1);
      assert.equal(await pruned(storage, "conversations", 1), 0);
      const lane = await claimOne(storage);
      assert.ok(lane.items[0]?.payload.includes("Hello from waits"));
      await commit(storage, completing(lane));
      assert.equal(await pruned(storage, "webhookAttempts", 1), 1);
      assert.equal(await pruned(storage, "conversations", 1), 1);
    },
  },
  {
    id: "prune/open",
    says: "An open conversation stays, and so does a closed one that is shown in it.",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      const open = aConversation("con_open", guest, { lastSeq: 1 });
      await stored(storage, open, [anInboundMessage("msg_open", open, 1)]);
      const before = aConversation("con_before", guest, {
        status: "closed",
        departmentId: null,
        lastSeq: 1,
        closedAt: NOON,
        continuedIn: "con_open",
      });
      await stored(storage, before, [anInboundMessage("msg_before", before, 1)]);
      await shiftClock(100 * DAY_MS);
      assert.equal(await pruned(storage, "conversations", 1), 0);
      const page = await storage.messages({ reach: "everything", conversationId: "con_open", before: null, limit: 9 });
      assert.equal(page?.items.length, 2);
    },
  },
  {
    id: "prune/events",
    says: "Events that a consumer has not read, and the newest, stay; who comes from further back is told to start over.",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 3 });
      const messages = [1, 2, 3].map((seq) => anInboundMessage(`msg_${String(seq)}`, conversation, seq));
      await stored(storage, conversation, messages);
      await storage.openConsumer({ name: "host", from: "beginning" });
      await shiftClock(10 * DAY_MS);
      assert.equal(await pruned(storage, "events", 1), 0);
      const [claimed] = (await storage.claimEvents({ name: "host", hotels: 9, events: 2, leaseMs: HOUR_MS })) ?? [];
      assert.ok(claimed !== undefined);
      const then = { kind: "giveBack", waitMs: 0, failed: null } as const;
      assert.equal(await storage.moveConsumer({ consumer: claimed, seq: 2, then }), true);
      assert.equal(await pruned(storage, "events", 1), 2);
      assert.equal(await storage.news({ after: { hotelId: HOTEL, seq: 0, at: null }, limit: 9 }), null);
      await storage.forgetConsumer("host");
      assert.equal(await pruned(storage, "events", 1), 0);
      const [head] = await storage.heads([HOTEL]);
      assert.equal(head?.seq, 3);
      assert.deepEqual((await storage.news({ after: head, limit: 9 }))?.events, []);
      await storage.openConsumer({ name: "late", from: "beginning" });
      const rest = (await storage.claimEvents({ name: "late", hotels: 9, events: 9, leaseMs: HOUR_MS })) ?? [];
      assert.deepEqual(
        rest.flatMap(({ events }) => events.map(({ seq }) => seq)),
        [3],
      );
    },
  },
  {
    id: "prune/again",
    says: "Pruning goes on in steps as small as they are asked for, until there is nothing more.",
    async run({ storage, shiftClock }) {
      for (const id of ["a", "b", "c"]) await guestWrites(storage, id);
      await commit(storage, completing(await claimOne(storage)));
      await shiftClock(10 * DAY_MS);
      const counts: (number | undefined)[] = [];
      for (let more = true; more;) {
        const step = await prune(storage, "webhookAttempts", 1, { limit: 2 });
        counts.push(step.counts["webhookAttempts"]);
        more = step.more;
        assert.ok(counts.length < 9, "there is a last step");
      }
      assert.deepEqual(
        counts.filter((count) => count !== 0),
        [2, 1],
      );
    },
  },
];
