import { describe, expect, test } from "vitest";
import { admission } from "../../src/live/admission.js";
import type { Batch } from "../../src/live/frames.js";
import { recentNews } from "../../src/live/recent.js";
import { revocations } from "../../src/live/revocations.js";

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("admission: a storm of clients comes in one by one (F77)", () => {
  test("so many at once, the others in the order in which they came, and none is refused that has a place to wait", async () => {
    const door = admission(4, 1_000);
    let inside = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 1_000 }, (_, n) =>
        door
          .run(async () => {
            most = Math.max(most, ++inside);
            order.push(n);
            if (n % 100 === 0) await soon();
            inside -= 1;
            if (n % 97 === 0) throw new Error("this one fails");
          })
          .catch(() => undefined),
      ),
    );
    expect([most, inside, door.waiting()]).toEqual([4, 0, 0]);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  test("whoever finds no place to wait is told at once", async () => {
    const door = admission(1, 2);
    let go: () => void = () => undefined;
    const first = door.run(() => new Promise<void>((resolve) => (go = resolve)));
    const waiting = [door.run(soon), door.run(soon)];
    await expect(door.run(soon)).rejects.toMatchObject({ code: "busy" });
    go();
    await Promise.all([first, ...waiting]);
    await door.run(soon);
  });
});

const at = (seq: number) => new Date(1_000_000 + seq);
const place = (seq: number) => ({ hotelId: "grand", seq, at: seq === 0 ? null : at(seq) });
const batch = (from: number, to: number, bytes = 100): Batch => ({
  hotelId: "grand",
  from: place(from),
  to: place(to),
  bytes,
  timeOf: (seq) => (seq > from && seq <= to ? at(seq) : undefined),
  mergedGuests: new Set(),
  belongs: new Map(),
  told: () => null,
});

describe("recent news: who was away shortly is served from memory", () => {
  test("from any place in them, and what is longer ago is known to be", () => {
    const recent = recentNews(place(10), 250);
    expect([recent.head(), recent.after(10)]).toEqual([place(10), null]);
    for (const [from, to] of [
      [10, 12],
      [12, 15],
      [15, 16],
    ] as const)
      recent.push(batch(from, to));
    // The first had to make room.
    expect(recent.bytes()).toBe(200);
    expect([recent.after(11), recent.after(12)?.to.seq, recent.after(13)?.to.seq, recent.after(15)?.to.seq]).toEqual([
      undefined,
      15,
      15,
      16,
    ]);
    expect([recent.after(16), recent.after(99)]).toEqual([null, null]);
    recent.push(batch(16, 17, 10_000));
    expect([recent.after(15), recent.after(16)?.to.seq]).toEqual([undefined, 17]);
  });

  test("a place counts only with its time: in another log it is another event (F78)", () => {
    const recent = recentNews(place(10), 1_000);
    recent.push(batch(10, 15));
    expect([10, 11, 15].map((seq) => recent.knows(place(seq)))).toEqual([true, true, true]);
    expect([10, 11, 15].map((seq) => recent.knows({ ...place(seq), at: at(99) }))).toEqual([false, false, false]);
    expect([9, 16].map((seq) => recent.knows(place(seq)))).toEqual([undefined, undefined]);
    expect(recentNews(place(0), 1_000).knows(place(0))).toBe(true);
  });
});

test("whose rights have changed is found once, and remembered for those who are just being recognised (T57)", async () => {
  const stored: { readonly kind: "staff"; readonly id: string }[] = [{ kind: "staff", id: "before" }];
  const told: string[] = [];
  let now = 1_000;
  let looks = 0;
  const found = revocations(
    {
      revocations: ({ after }) => {
        looks += 1;
        return Promise.resolve({ upTo: stored.length, principals: after === null ? [] : stored.slice(after) });
      },
    },
    () => now,
    ({ id }) => told.push(id),
  );
  await found.look();
  stored.push({ kind: "staff", id: "anna" });
  now = 2_000;
  await Promise.all([found.look(), found.within(100), found.within(100)]);
  expect([looks, told]).toEqual([2, ["anna"]]);
  await found.within(100);
  expect(looks).toBe(2);
  now = 2_500;
  await found.within(100);
  expect([looks, told]).toEqual([3, ["anna"]]);
  expect([
    found.since({ kind: "staff", id: "anna" }, 1_900),
    found.since({ kind: "staff", id: "anna" }, 2_100),
  ]).toEqual([true, false]);
  now = 90_000;
  await found.look();
  expect(found.since({ kind: "staff", id: "anna" }, 0)).toBe(false);
});
