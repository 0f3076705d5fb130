import { expect, test } from "vitest";
import { admission } from "../../src/live/admission.js";
import { Logs } from "../../src/live/logs.js";
import { sealedCursors } from "../../src/runtime/cursor.js";

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
    cursors: sealedCursors(["a secret of this test"]),
    admission: admission(4, 100),
    recentBytes: 1_000,
    now: () => 0,
    isRunning: () => true,
    rightsWithin: () => Promise.resolve(),
    told: () => undefined,
    lost: () => undefined,
    dropped: () => undefined,
    failed: (error) => {
      throw error;
    },
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
