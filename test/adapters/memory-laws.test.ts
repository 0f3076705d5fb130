import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import {
  joinStatus,
  type ClaimedLane,
  type Message,
  type PagePoint,
  type ReportedStatus,
  type Storage,
} from "../../src/index.js";
import { aConversation, anInboundMessage, aReport, manualClock, type ManualClock } from "../../src/testing/index.js";
import { minutesAfterNoon } from "../../src/testing/contract/builders.js";
import {
  aKnownGuest,
  claim,
  completing,
  conversationOf,
  from,
  guestWrites,
  intended,
  LEASE_MS,
  messageOf,
  sendingOne,
  settle,
  stored,
} from "../../src/testing/contract/steps.js";

function freshStorage(): { readonly storage: Storage; readonly clock: ManualClock } {
  const clock = manualClock(new Date("2026-11-10T08:30:00Z"));
  return { storage: memoryStorage({ clock }), clock };
}

describe("what WhatsApp tells of one message ends in one state, in whatever order it is told (F20, F21)", () => {
  type Told = "answer" | { readonly status: ReportedStatus; readonly ours: boolean };
  const reports = fc.record({
    status: fc.constantFrom<ReportedStatus>("sent", "delivered", "read", "played", "failed"),
    ours: fc.boolean(),
  });

  test("every report may come before, between or after the answer to the send, and more than once", async () => {
    const stories = fc
      .array(reports, { maxLength: 6 })
      .chain((told) =>
        fc.tuple(
          fc.shuffledSubarray<Told>(["answer", ...told], { minLength: told.length + 1 }),
          fc.array(fc.constantFrom<Told>(...(told.length === 0 ? (["answer"] as const) : told)), { maxLength: 4 }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(stories, async ([story, repeats]) => {
        const { storage } = freshStorage();
        const sending = await sendingOne(storage);
        await intended(storage, sending);
        let answered = false;
        for (const told of [...story, ...repeats.filter((repeat) => repeat !== "answer")]) {
          if (told === "answer") {
            await settle(storage, sending, { kind: "sent", wamid: "wamid.1" });
            answered = true;
          } else {
            const correlationId = told.ours ? sending.message.id : null;
            await storage.applyStatuses([aReport(told.status, "wamid.1", { correlationId })]);
          }
        }
        expect(answered).toBe(true);
        const { status, wamid, failure } = await messageOf(storage, sending.message.id);
        const statuses = story.map((told) => (told === "answer" ? ("sent" as const) : told.status));
        expect(status).toBe(
          statuses.reduce<Message["status"]>((a, b) => (a === "received" ? b : joinStatus(a, b)), "sent"),
        );
        expect(wamid).toBe("wamid.1");
        expect(failure === null).toBe(status !== "failed");
      }),
    );
  });
});

describe("pages put together are the whole list, while others write (S61)", () => {
  const minutes = fc.nat({ max: 4 });
  const writes = fc.record({
    kind: fc.constantFrom("new", "moved"),
    which: fc.nat({ max: 20 }),
    up: fc.integer({ min: 1, max: 9 }),
  });

  test("of conversations: each that nobody touched comes once, in order, and none comes twice", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(minutes, { minLength: 1, maxLength: 15 }),
        fc.integer({ min: 1, max: 6 }),
        fc.array(writes, { maxLength: 8 }),
        async (ages, limit, writers) => {
          const { storage } = freshStorage();
          const guest = await aKnownGuest(storage);
          const add = (name: string, minute: number) =>
            stored(
              storage,
              aConversation(name, guest, { departmentId: `of ${name}`, lastMessageAt: minutesAfterNoon(minute) }),
            );
          for (const [index, minute] of ages.entries()) await add(`con_${String(index)}`, minute);
          const list = async (after: PagePoint | null, most: number) => {
            const page = await storage.conversations({
              reach: "everything",
              hotelId: null,
              departmentId: null,
              status: null,
              after,
              limit: most,
            });
            return { ids: page.items.map(({ conversation }) => conversation.id), next: page.next };
          };
          const before = (await list(null, 100)).ids;

          const touched = new Set<string>();
          const paged: string[] = [];
          let after: PagePoint | null = null;
          do {
            const page = await list(after, limit);
            paged.push(...page.ids);
            after = page.next;
            const write = writers.shift();
            if (write?.kind === "new") await add(`con_new_${String(writers.length)}`, 10 + write.up);
            if (write?.kind === "moved") {
              const id = `con_${String(write.which % ages.length)}`;
              const conversation = await conversationOf(storage, id);
              touched.add(id);
              await stored(storage, { ...conversation, lastMessageAt: minutesAfterNoon(10 + write.up) });
            }
          } while (after !== null);

          expect(new Set(paged).size).toBe(paged.length);
          expect(paged.filter((id) => !touched.has(id))).toEqual(before.filter((id) => !touched.has(id)));
        },
      ),
    );
  });

  test("of messages: what was there when the first page was read comes once, in order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 12 }), fc.integer({ min: 1, max: 5 }), async (count, limit) => {
        const { storage } = freshStorage();
        const guest = await aKnownGuest(storage);
        let conversation = await stored(storage, aConversation("con_1", guest));
        const hear = async () => {
          const seq = conversation.lastSeq + 1;
          const message = anInboundMessage(`msg_${String(seq)}`, conversation, seq);
          conversation = await stored(storage, { ...conversation, lastSeq: seq }, [message]);
        };
        for (let index = 0; index < count; index++) await hear();
        const paged: number[] = [];
        let before: number | null = null;
        do {
          const page = await storage.messages({ reach: "everything", conversationId: "con_1", before, limit });
          paged.push(...(page?.items.map(({ seq }) => seq) ?? []));
          before = page?.next ?? null;
          await hear();
        } while (before !== null);
        expect(paged).toEqual(Array.from({ length: count }, (_, index) => count - index));
      }),
    );
  });
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
    ...message,
    content: { type: "text", text: "as it was" },
    eventSeq: 1,
  });
});
