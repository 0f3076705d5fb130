import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { batcher } from "../../src/runtime/batcher.js";

/** A call that the test lets finish. */
function gate() {
  const opens: (() => void)[] = [];
  return {
    wait: () => new Promise<void>((resolve) => opens.push(resolve)),
    open: () => opens.shift()?.(),
    waiting: () => opens.length,
  };
}

test("a lone webhook costs one statement at once; those that come while it runs share the next", async () => {
  const batches: number[][] = [];
  const door = gate();
  const group = batcher<number, number>(async (items) => {
    batches.push([...items]);
    await door.wait();
    return items.map((item) => item * 10);
  }, 100);

  const first = group.add(1);
  await nextTurn();
  const others = [2, 3, 4].map((item) => group.add(item));
  door.open();
  expect(await first).toBe(10);
  await nextTurn();
  door.open();
  expect(await Promise.all(others)).toEqual([20, 30, 40]);
  expect(batches).toEqual([[1], [2, 3, 4]]);
});

test("a batch holds at most so many items, in the order they came", async () => {
  const batches: number[][] = [];
  const group = batcher<number, number>((items) => {
    batches.push([...items]);
    return Promise.resolve(items);
  }, 2);
  await Promise.all([1, 2, 3, 4, 5].map((item) => group.add(item)));
  expect(batches).toEqual([[1, 2], [3, 4], [5]]);
});

test("a failing batch fails its own items only, and the next batch goes on", async () => {
  const group = batcher<string, string>(
    (items) => (items.includes("bad") ? Promise.reject(new Error("no")) : Promise.resolve(items)),
    2,
  );
  const results = await Promise.allSettled(["bad", "beside", "good"].map((item) => group.add(item)));
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  await group.idle();
  expect(await group.add("later")).toBe("later");
});

test("an answer that is missing a result is an error for the item it misses, never silence", async () => {
  const group = batcher<number, number>((items) => Promise.resolve(items.slice(1)), 10);
  const results = await Promise.allSettled([group.add(1), group.add(2)]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
});

test("is quiet once nothing came for a while, however many come before; whoever cannot wait so long goes on", async () => {
  const group = batcher<number, number>((items) => Promise.resolve(items), 10);
  const stream = { busy: true };
  let quiet = false;
  const streamed = (async () => {
    while (stream.busy) await group.add(1);
  })();
  const waited = group.quiet(30, 60_000).then(() => (quiet = true));
  await group.quiet(30, 100);
  expect(quiet).toBe(false);
  stream.busy = false;
  await Promise.all([streamed, waited]);
  expect(quiet).toBe(true);
});

test("is not quiet while a statement is on its way", async () => {
  const door = gate();
  const group = batcher<number, number>(async (items) => {
    await door.wait();
    return items;
  }, 10);
  const slow = group.add(1);
  let quiet = false;
  const waited = group.quiet(5, 60_000).then(() => (quiet = true));
  await group.quiet(5, 50);
  expect(quiet).toBe(false);
  door.open();
  await Promise.all([slow, waited]);
});

test("what became of a flood of messages is stored in full calls; of the few that nobody follows, at once", async () => {
  const batches: number[][] = [];
  let coming = 0;
  const group = batcher<number, number>(
    (items) => {
      batches.push([...items]);
      return Promise.resolve(items);
    },
    3,
    { gathering: { coming: () => coming, ms: 60_000 } },
  );
  expect(await group.add(1)).toBe(1);
  coming = 10;
  const first = group.add(2);
  await nextTurn();
  await nextTurn();
  await Promise.all([first, group.add(3), group.add(4)]);
  expect(batches).toEqual([[1], [2, 3, 4]]);
});

test("a flood that stays away is waited for only so long", async () => {
  const group = batcher<number, number>((items) => Promise.resolve(items), 3, {
    gathering: { coming: () => 10, ms: 5 },
  });
  expect(await group.add(1)).toBe(1);
});

test("what comes together keeps its order: once a part has failed, none of what follows it is run (F14)", async () => {
  const batches: number[][] = [];
  const group = batcher<number, number>((items) => {
    batches.push([...items]);
    return batches.length === 1 ? Promise.reject(new Error("down")) : Promise.resolve(items);
  }, 2);
  const [webhook, other] = [{}, {}];

  const results = await Promise.allSettled([
    ...[1, 2, 3].map((item) => group.add(item, webhook)),
    group.add(4, other),
    group.add(5, webhook),
    group.add(6),
  ]);

  expect(results.map(({ status }) => status)).toEqual([
    ...["rejected", "rejected", "rejected", "fulfilled", "rejected", "fulfilled"],
  ]);
  expect(batches).toEqual([
    [1, 2],
    [4, 6],
  ]);
  expect(await group.add(7, webhook)).toBe(7);
});

test("a call that failed by one of its items is halved until that one stands alone; what came together with it and after it waits with it", async () => {
  const batches: number[][] = [];
  const group = batcher<number, number>(
    (items) => {
      batches.push([...items]);
      return items.includes(3) ? Promise.reject(new RangeError("three")) : Promise.resolve(items);
    },
    10,
    { isOfOne: (error) => error instanceof RangeError },
  );
  const webhook = {};
  const results = await Promise.allSettled([
    group.add(1, webhook),
    group.add(2),
    group.add(3, webhook),
    ...[4, 5].map((item) => group.add(item, webhook)),
    ...[6, 7, 8].map((item) => group.add(item)),
  ]);
  expect(results.map(({ status }) => status)).toEqual([
    ...["fulfilled", "fulfilled", "rejected", "rejected", "rejected", "fulfilled", "fulfilled", "fulfilled"],
  ]);
  expect(batches).toEqual([[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4], [1, 2], [3, 4], [3], [6, 7, 8]]);
});
