import { afterEach, describe, expect, test } from "vitest";
import type { EventBody } from "../../src/index.js";
import { admission } from "../../src/live/admission.js";
import { Logs, type LogsOptions } from "../../src/live/logs.js";
import { sealedCursors } from "../../src/runtime/cursor.js";

/** Of a process that runs, and whose clients notice nothing. */
const quiet: Omit<LogsOptions<object>, "storage"> = {
  cursors: sealedCursors(["a secret of this test"]),
  admission: admission(4, 100),
  recentBytes: 1_000_000,
  now: () => 0,
  isRunning: () => true,
  rightsWithin: () => Promise.resolve(),
  told: () => undefined,
  lost: () => undefined,
  dropped: () => undefined,
  failed: (error) => {
    throw error;
  },
};

test("however often a process hears that it missed something, it looks once, and once more for what came meanwhile", async () => {
  let looks = 0;
  let go: () => void = () => undefined;
  const logs = new Logs<object>({
    storage: {
      heads: async (hotelIds) => {
        looks += 1;
        if (looks > 1) await new Promise<void>((resolve) => (go = resolve));
        return hotelIds.map((hotelId) => ({ hotelId, seq: 0, at: null }));
      },
      news: () => Promise.resolve(null),
    },
    ...quiet,
  });
  await logs.watch(["grand"], {}, () => true);
  expect(looks).toBe(1);
  const soon = () => new Promise((resolve) => setTimeout(resolve, 5));
  for (let n = 0; n < 50; n++) logs.poll();
  await soon();
  expect(looks).toBe(2);
  go();
  await soon();
  expect(looks).toBe(3);
  go();
  await soon();
  expect(looks).toBe(3);
  logs.poll();
  await soon();
  expect(looks).toBe(4);
  go();
});

describe("while something is told all the time", () => {
  /** Logs of hotels of which something more is told with each read. */
  async function telling(...hotelIds: string[]) {
    const reads = new Map<string, number>();
    const logs: Logs<object> = new Logs<object>({
      storage: {
        heads: (ids) => Promise.resolve(ids.map((hotelId) => ({ hotelId, seq: 0, at: null }))),
        async news({ after: { hotelId, seq } }) {
          await new Promise((resolve) => setTimeout(resolve, 2));
          reads.set(hotelId, (reads.get(hotelId) ?? 0) + 1);
          // The hint of the next one, which comes while this one is read.
          logs.look(hotelId);
          const at = new Date(1_000 * (seq + 1));
          const body = { type: "sender.resumed" } as unknown as EventBody;
          const event = { hotelId, seq: seq + 1, at, conversationId: null, departmentId: null, body };
          const upTo = { hotelId, seq: seq + 1, at };
          return { now: at, events: [event], upTo, head: seq + 1, conversations: [], messages: [] };
        },
      },
      ...quiet,
      isRunning: () => isRunning,
    });
    let isRunning = true;
    ends.push(async () => {
      isRunning = false;
      await logs.idle();
    });
    await logs.watch(hotelIds, {}, () => true);
    for (const hotelId of hotelIds) logs.look(hotelId);
    return { logs, reads };
  }
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  test("who comes back knowing more than this process goes on at once, and not in the next lull (F79)", async () => {
    const { logs } = await telling("grand");
    await expect.poll(() => logs.head("grand").seq).toBeGreaterThan(2);
    const seq = logs.head("grand").seq + 1;
    expect(await logs.isThere({ hotelId: "grand", seq, at: new Date(1_000 * seq) })).toBe(true);
  }, 5_000);

  test("in many hotels, each of them is read in its turn", async () => {
    const hotels = Array.from({ length: 12 }, (_, n) => `hotel ${String(n)}`);
    const { reads } = await telling(...hotels);
    await expect.poll(() => hotels.filter((hotelId) => (reads.get(hotelId) ?? 0) > 3)).toEqual(hotels);
  }, 5_000);
});
