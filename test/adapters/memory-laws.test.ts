import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import type { ClaimedLane, Storage } from "../../src/index.js";
import { aConversation, anInboundMessage, manualClock, type ManualClock } from "../../src/testing/index.js";
import {
  aKnownGuest,
  asStored,
  claim,
  completing,
  from,
  guestWrites,
  LEASE_MS,
  messageOf,
  stored,
} from "../../src/testing/contract/steps.js";
import { identityLaw } from "./laws/identity.js";
import { pagesLaws } from "./laws/pages.js";
import { searchLaw } from "./laws/search.js";
import { everyOrder, statusLaw } from "./laws/statuses.js";
import type { Subject } from "./laws/subject.js";
import { clientIdLaw, textLaw } from "./laws/texts.js";

function freshStorage(): { readonly storage: Storage; readonly clock: ManualClock } {
  const clock = manualClock(new Date("2026-11-10T08:30:00Z"));
  return { storage: memoryStorage({ clock }), clock };
}

/** A storage of the run's own, whose clock goes on by a millisecond now and then. */
function freshSubject(): Promise<Subject> {
  const start = new Date("2026-11-10T08:30:00Z").getTime();
  let asked = 0;
  const clock = { now: () => new Date(start + Math.floor(++asked / 3)) };
  return Promise.resolve({ storage: memoryStorage({ clock }), hotelId: "grand" });
}

describe("what WhatsApp tells of one message ends in one state, in whatever order it is told (F20, F21, P3)", () => {
  test("every report may come before, between or after what we record of the send, alone or with others, and again", async () => {
    await fc.assert(statusLaw(freshSubject), { numRuns: 300 });
  });

  test("every permutation of up to four reports, with repeats, and our own record at every place among them", async () => {
    await everyOrder(freshSubject, 4);
  });
});

describe("an address names one guest at a time, and none is lost (F26, F27)", () => {
  test("whoever writes with what addresses, however late, and whoever is merged and told apart", async () => {
    await fc.assert(identityLaw(freshSubject), { numRuns: 500 });
  });
});

describe("what people wrote comes back as they wrote it (T21, F24, P9)", () => {
  test("in messages, names, menus, reports and the audit, whatever UTF-16 it is", async () => {
    await fc.assert(textLaw(freshSubject));
  });

  test("a search finds what somebody would who reads every message that they may see (S54, T51)", async () => {
    await fc.assert(searchLaw(freshSubject));
  });

  test("a page's own ids of messages are told apart by each of their characters", async () => {
    await fc.assert(clientIdLaw(freshSubject));
  });
});

describe("pages put together are the whole list, while others write between them (S61, P19)", () => {
  test.each(Object.entries(pagesLaws(freshSubject, "between pages")))(
    "of %s: what nobody moves comes once, in order, and nothing comes twice",
    async (_, law) => {
      await fc.assert(law);
    },
  );
});

describe("a lane is in one hand at a time, whatever processes do in whatever order (F30, F31)", () => {
  const WORKERS = 3;
  const GUESTS = ["12025550101", "12025550102"];
  const actions = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ does: fc.constant("write" as const), guest: fc.nat({ max: GUESTS.length - 1 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        does: fc.constant("claim" as const),
        worker: fc.nat({ max: WORKERS - 1 }),
        lanes: fc.integer({ min: 1, max: 2 }),
        items: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        does: fc.constantFrom("commit" as const, "release" as const, "renew" as const),
        worker: fc.nat({ max: WORKERS - 1 }),
        count: fc.nat({ max: 3 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constant("fail" as const),
        worker: fc.nat({ max: WORKERS - 1 }),
        retryInMs: fc.constantFrom(null, 0, 5_000),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        does: fc.constant("wait" as const),
        ms: fc.constantFrom(1, 6_000, LEASE_MS - 1, LEASE_MS),
      }),
    },
  );

  test("each message is worked once and in order, and who lost a lane is refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(actions, { minLength: 5, maxLength: 60 }), async (story) => {
        const { storage, clock } = freshStorage();
        const written = new Map<string, string[]>();
        const worked = new Map<string, string[]>();
        const dead = new Set<string>();
        /** Who has a lane, as the rules say it; a lease that ran out stays until somebody else claims. */
        const holders = new Map<string, { readonly worker: number; readonly lane: ClaimedLane; until: number }>();
        /** What each worker believes to have: never told that it lost it. */
        const hands = Array.from({ length: WORKERS }, () => new Map<string, ClaimedLane>());
        let count = 0;

        const isHolder = (worker: number, lane: ClaimedLane) => {
          const holder = holders.get(lane.guestId);
          return holder?.worker === worker && holder.lane.epoch === lane.epoch;
        };

        for (const action of story) {
          if (action.does === "write") {
            count += 1;
            const waId = GUESTS[action.guest] ?? "";
            await guestWrites(storage, String(count), from(waId));
            written.set(waId, [...(written.get(waId) ?? []), String(count)]);
          } else if (action.does === "wait") {
            clock.advance(action.ms);
          } else if (action.does === "claim") {
            const { lanes, now } = await claim(storage, { lanes: action.lanes, itemsPerLane: action.items });
            for (const lane of lanes) {
              const holder = holders.get(lane.guestId);
              expect(holder === undefined || holder.until <= now.getTime(), "nobody else has it").toBe(true);
              expect(lane.epoch).toBeGreaterThan(holder?.lane.epoch ?? 0);
              expect(lane.items.length).toBeGreaterThan(0);
              holders.set(lane.guestId, { worker: action.worker, lane, until: now.getTime() + LEASE_MS });
              hands[action.worker]?.set(lane.guestId, lane);
            }
          } else {
            for (const [guestId, lane] of hands[action.worker] ?? []) {
              const mine = isHolder(action.worker, lane);
              if (action.does === "renew") {
                expect(await storage.renew([lane], LEASE_MS)).toEqual([mine]);
                const holder = holders.get(guestId);
                if (mine && holder !== undefined) holder.until = clock.now().getTime() + LEASE_MS;
                continue;
              }
              hands[action.worker]?.delete(guestId);
              if (mine) holders.delete(guestId);
              if (action.does === "release") await storage.release([lane]);
              if (action.does === "commit") {
                const change = completing(lane, Math.min(action.count, lane.items.length));
                const { outcome } = await storage.commit(lane.hotelId, [change]);
                expect(outcome).toBe(mine ? "committed" : "fenced");
                if (mine) worked.set(guestId, [...(worked.get(guestId) ?? []), ...change.completes]);
              }
              if (action.does === "fail") {
                const workId = lane.items[0]?.id ?? "";
                const events = await storage.fail([{ lane, workId, code: "internal", retryInMs: action.retryInMs }]);
                expect(events.length).toBe(mine && action.retryInMs === null ? 1 : 0);
                if (mine && action.retryInMs === null) dead.add(workId);
              }
            }
          }
        }

        clock.advance(2 * LEASE_MS);
        for (const lane of (await claim(storage)).lanes) {
          worked.set(lane.guestId, [...(worked.get(lane.guestId) ?? []), ...lane.items.map(({ id }) => id)]);
        }
        const alive = [...written.values()]
          .map((ids) => ids.filter((id) => !dead.has(id)))
          .filter((ids) => ids.length > 0);
        expect(new Set([...worked.values()].map((ids) => ids.join()).filter(Boolean))).toEqual(
          new Set(alive.map((ids) => ids.join())),
        );
      }),
      { numRuns: 300 },
    );
  });
});

test("nobody shares values with the storage: what is given or got can be changed without changing what is stored", async () => {
  const { storage } = freshStorage();
  const guest = await aKnownGuest(storage);
  const content = { type: "text" as const, text: "as it was" };
  const conversation = aConversation("con_1", guest, { lastSeq: 1 });
  const message = anInboundMessage("msg_1", conversation, 1, { content });
  await stored(storage, conversation, [message]);
  content.text = "changed by the giver";
  const got = await messageOf(storage, "msg_1");
  (got.content as { text: string }).text = "changed by the getter";
  got.createdAt.setFullYear(1999);
  expect(await messageOf(storage, "msg_1")).toEqual({
    ...asStored(message, 1),
    content: { type: "text", text: "as it was" },
  });
});
