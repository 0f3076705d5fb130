import { afterEach, describe, expect, test } from "vitest";
import type { ClaimedLane } from "../../src/domain/lane.js";
import { keptPlaces, type KeptPlaces } from "../../src/decide/places.js";
import { silentLogger } from "../../src/ports/logger.js";
import type { Claim, ClaimOptions } from "../../src/ports/work-storage.js";
import { leaseKeeper } from "../../src/runtime/lease-keeper.js";
import { workLoop, type WorkLoop } from "../../src/runtime/work-loop.js";

const lane = (guestId: string, hotelId = "grand"): ClaimedLane => ({
  hotelId,
  kind: "inbound",
  phoneNumberId: "2000",
  guestId,
  epoch: 1,
  items: [{ id: `w-${guestId}`, kind: "inbound", position: 1, attempts: 0, payload: "{}", createdAt: new Date(0) }],
});

/** A queue of claims, and what was asked and given back. */
function fakeStorage() {
  const answers: (ClaimedLane[] | Error)[] = [];
  const asked: ClaimOptions[] = [];
  const released: ClaimedLane[] = [];
  return {
    answers,
    asked,
    released,
    claim: (options: ClaimOptions): Promise<Claim> => {
      asked.push(options);
      const answer = answers.shift() ?? [];
      return answer instanceof Error
        ? Promise.reject(answer)
        : Promise.resolve({ now: new Date(0), lanes: answer, nextDueInMs: null });
    },
    renew: (lanes: readonly unknown[]) => Promise.resolve(lanes.map(() => true)),
    release: (lanes: readonly ClaimedLane[]) => {
      released.push(...lanes);
      return Promise.resolve();
    },
  };
}

const until = async (condition: () => boolean): Promise<void> => {
  for (let i = 0; i < 2_000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(condition()).toBe(true);
};

describe("the work loop", () => {
  const loops: WorkLoop[] = [];
  afterEach(async () => {
    await Promise.all(loops.splice(0).map((loop) => loop.stop()));
  });

  const aLoop = (
    storage: ReturnType<typeof fakeStorage>,
    handle: Parameters<typeof workLoop>[0]["handle"],
    capacity = 10,
    giveWay?: (atMostMs: number) => Promise<boolean>,
    batches: {
      readonly batches?: number;
      readonly backlogBatches?: number;
      readonly batch?: number;
      readonly kept?: KeptPlaces;
    } = {},
  ) => {
    const loop = workLoop({
      kind: "inbound",
      storage,
      leases: leaseKeeper(storage, silentLogger, 8_000),
      logger: silentLogger,
      random: () => 0,
      capacity,
      batch: capacity,
      batches: 10,
      itemsPerLane: 5,
      pollMs: 60_000,
      ...(giveWay !== undefined && { giveWay }),
      ...batches,
      handle,
    });
    loops.push(loop);
    return loop;
  };

  test("looks at once when it is woken, however long its poll is", async () => {
    const storage = fakeStorage();
    const seen: string[] = [];
    const loop = aLoop(storage, (lanes) => {
      seen.push(...lanes.map(({ guestId }) => guestId));
      return Promise.resolve();
    });
    loop.start();
    await until(() => storage.asked.length === 1);
    storage.answers.push([lane("nadia")]);
    loop.wake();
    await until(() => seen.length === 1);
    expect(seen).toEqual(["nadia"]);
  });

  test("claims for a hotel that lets it hold hundreds of lanes, in batches that are small beside them", async () => {
    const storage = fakeStorage();
    aLoop(storage, () => Promise.resolve(), 500, undefined, { batch: 100 }).start();
    await until(() => storage.asked.length === 1);
    expect(storage.asked.map(({ lanes }) => lanes)).toEqual([100]);
  });

  test("looks again after work in hand, for what came to the lane meanwhile", async () => {
    const storage = fakeStorage();
    storage.answers.push([lane("nadia")]);
    aLoop(storage, () => Promise.resolve()).start();
    await until(() => storage.asked.length >= 3);
  });

  describe("while all that it may hold hangs", () => {
    const of = (hotelId: string, count: number) =>
      Array.from({ length: count }, (_each, n) => lane(`${hotelId} ${String(n)}`, hotelId));
    const hanging = (storage: ReturnType<typeof fakeStorage>) => {
      const ends: (() => void)[] = [];
      const hangs = () => new Promise<void>((resolve) => ends.push(resolve));
      const loop = aLoop(storage, hangs, 20, undefined, { kept: keptPlaces(20) });
      return { loop, end: () => ends.splice(0).forEach((end) => end()) };
    };
    const asked = (storage: ReturnType<typeof fakeStorage>) =>
      storage.asked.map(({ lanes, onlyUrgentOf }) => [lanes, onlyUrgentOf]);

    test("asks for door codes in the places that are kept, once more for each it finds, and then not before there is news", async () => {
      const storage = fakeStorage();
      storage.answers.push(of("grand", 18), [lane("code")]);
      const { loop, end } = hanging(storage);
      loop.start();
      await until(() => storage.asked.length === 3);
      expect(asked(storage)).toEqual([
        [18, undefined],
        [2, "everybody"],
        [1, "everybody"],
      ]);
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(storage.asked).toHaveLength(3);
      loop.wake();
      await until(() => storage.asked.length === 4);
      end();
      await until(() => storage.asked.length === 5);
      expect(asked(storage).slice(3)).toEqual([
        [1, "everybody"],
        [18, undefined],
      ]);
    });

    test("leaves alone who has more than their share while another hotel may have work (F42)", async () => {
      const storage = fakeStorage();
      storage.answers.push([...of("grand", 10), ...of("seaside", 1)], of("grand", 5));
      const { loop, end } = hanging(storage);
      loop.start();
      await until(() => storage.asked.length === 3);
      expect(asked(storage)).toEqual([
        [18, undefined],
        [5, undefined],
        [2, ["grand"]],
      ]);
      end();
    });
  });

  test("holds no more lanes than its capacity, and a lane that is done makes room while its batch goes on", async () => {
    const storage = fakeStorage();
    storage.answers.push([lane("a"), lane("b")], [lane("c")]);
    let finish: () => void = () => undefined;
    const started: string[] = [];
    const loop = aLoop(
      storage,
      async (lanes, done) => {
        started.push(...lanes.map(({ guestId }) => guestId));
        const [first] = lanes;
        if (started.length === 2) {
          if (first) done(first);
          await new Promise<void>((resolve) => (finish = resolve));
        }
      },
      2,
    );
    loop.start();
    await until(() => started.includes("c"));
    expect(storage.asked.map(({ lanes }) => lanes).slice(0, 2)).toEqual([2, 1]);
    finish();
  });

  test("with more waiting than it could claim, gives way before it goes on, for a bounded time; with less it does not", async () => {
    const storage = fakeStorage();
    storage.answers.push([lane("a"), lane("b")], [lane("c")]);
    const happened: string[] = [];
    const bounds: number[] = [];
    aLoop(
      storage,
      async (lanes) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        happened.push(lanes.map(({ guestId }) => guestId).join("+"));
      },
      2,
      (atMostMs) => {
        happened.push("gave way");
        bounds.push(atMostMs);
        return Promise.resolve(false);
      },
    ).start();
    await until(() => happened.includes("c") && storage.asked.length >= 4);
    expect(happened).toEqual(["a+b", "gave way", "c"]);
    const [bound = 0] = bounds;
    expect(bound).toBeGreaterThan(20);
    expect(bound).toBeLessThanOrEqual(1_000);
  });

  test("asks with nothing in hand, and once it hears that there is time, not again for a while", async () => {
    const storage = fakeStorage();
    storage.answers.push([lane("a")], [lane("b")], [lane("c")], [lane("d")], [lane("e")]);
    const happened: string[] = [];
    let inHand = 0;
    const leisure = [false, true];
    aLoop(
      storage,
      async (lanes) => {
        inHand += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
        happened.push(lanes.map(({ guestId }) => guestId).join("+"));
        inHand -= 1;
      },
      1,
      () => {
        expect(inHand).toBe(0);
        happened.push("asked");
        return Promise.resolve(leisure.shift() ?? false);
      },
    ).start();
    await until(() => happened.includes("e"));
    expect(happened.slice(0, 7)).toEqual(["a", "asked", "b", "asked", "c", "d", "e"]);
  });

  test("of a backlog two batches are worked at once; of what one batch holds, one", async () => {
    const storage = fakeStorage();
    storage.answers.push([lane("a"), lane("b")], [lane("c")], [lane("d")]);
    const inHand: string[] = [];
    const ends: (() => void)[] = [];
    const loop = aLoop(
      storage,
      async (lanes) => {
        inHand.push(lanes.map(({ guestId }) => guestId).join("+"));
        await new Promise<void>((resolve) => ends.push(resolve));
      },
      4,
      undefined,
      { batch: 2, batches: 1, backlogBatches: 2 },
    );
    loop.start();
    await until(() => inHand.length === 2);
    loop.wake();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(inHand).toEqual(["a+b", "c"]);
    ends[0]?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
    // The second was not full: what comes next gathers until it is done.
    expect(inHand).toEqual(["a+b", "c"]);
    ends[1]?.();
    await until(() => inHand.length === 3);
    expect(inHand[2]).toBe("d");
    ends[2]?.();
  });

  test("gives lanes back whose work failed as a whole, and goes on", async () => {
    const storage = fakeStorage();
    storage.answers.push([lane("nadia")], [lane("kenji")]);
    const seen: string[] = [];
    aLoop(storage, (lanes) => {
      seen.push(...lanes.map(({ guestId }) => guestId));
      return seen.length === 1 ? Promise.reject(new Error("load failed")) : Promise.resolve();
    }).start();
    await until(() => seen.length === 2 && storage.released.length === 1);
    expect(storage.released.map(({ guestId }) => guestId)).toEqual(["nadia"]);
  });

  test("survives a storage that cannot be reached", async () => {
    const storage = fakeStorage();
    storage.answers.push(new Error("down"), new Error("down"), [lane("nadia")]);
    const seen: string[] = [];
    aLoop(storage, (lanes) => {
      seen.push(...lanes.map(({ guestId }) => guestId));
      return Promise.resolve();
    }).start();
    await until(() => seen.length === 1);
  });

  test("stopping waits for what is in hand and claims nothing more", async () => {
    const storage = fakeStorage();
    storage.answers.push([lane("nadia")]);
    let finish: () => void = () => undefined;
    let finished = false;
    const loop = aLoop(storage, async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      finished = true;
    });
    loop.start();
    await until(() => storage.asked.length >= 2);
    const stopped = loop.stop();
    const asked = storage.asked.length;
    finish();
    await stopped;
    expect(finished).toBe(true);
    expect(storage.asked.length).toBe(asked);
  });
});

describe("a lane that is put aside, as while the host is asked about a message", () => {
  const loops: WorkLoop[] = [];
  afterEach(async () => {
    await Promise.all(loops.splice(0).map((loop) => loop.stop()));
  });

  /** One batch at a time, whose first lane is put aside until it is told how that ends. */
  function aside() {
    const storage = fakeStorage();
    const leases = leaseKeeper(storage, silentLogger, 8_000);
    let ends: { resolve: () => void; reject: (error: Error) => void } | null = null;
    const worked: string[] = [];
    const loop = workLoop({
      ...{ kind: "inbound", storage, leases, logger: silentLogger, random: () => 0, capacity: 10, batch: 10 },
      ...{ batches: 1, itemsPerLane: 5, pollMs: 60_000 },
      handle: (lanes, done, apart) => {
        for (const each of lanes) {
          if (each.guestId === "nadia")
            apart(
              [each],
              new Promise((resolve, reject) => {
                ends = { resolve, reject };
              }),
            );
          else {
            worked.push(each.guestId);
            done(each);
          }
        }
        return Promise.resolve();
      },
    });
    loops.push(loop);
    storage.answers.push([lane("nadia"), lane("tom")]);
    loop.start();
    return { storage, leases, loop, worked, ends: () => ends ?? expect.fail("nothing was put aside") };
  }

  test("stays in hand, and the other guests' go on, in its batch and in the next", async () => {
    const { storage, leases, loop, worked, ends } = aside();
    await until(() => worked.length === 1);
    storage.answers.push([lane("kenji")]);
    loop.wake();
    await until(() => worked.length === 2);
    expect(worked).toEqual(["tom", "kenji"]);
    expect(leases.isHeld(lane("nadia"))).toBe(true);
    ends().resolve();
    await until(() => !leases.isHeld(lane("nadia")));
    expect(storage.released).toEqual([]);
  });

  test("is given back alone when its work fails, as in a conflict or when its lease was lost", async () => {
    const { storage, leases, worked, ends } = aside();
    await until(() => worked.length === 1);
    ends().reject(new Error("fenced"));
    await until(() => storage.released.length === 1);
    expect(storage.released.map(({ guestId }) => guestId)).toEqual(["nadia"]);
    await until(() => !leases.isHeld(lane("nadia")));
  });

  test("is waited for by who stops the loop", async () => {
    const { loop, worked, ends } = aside();
    await until(() => worked.length === 1);
    let hasStopped = false;
    const stopped = loop.stop().then(() => {
      hasStopped = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(hasStopped).toBe(false);
    ends().resolve();
    await stopped;
  });
});

describe("a lease", () => {
  test("is held until shortly before its end, renewed while it is worked, and over when it could not be renewed (F30)", async () => {
    const storage = fakeStorage();
    let renewable = true;
    const leases = leaseKeeper({ renew: (lanes) => Promise.resolve(lanes.map(() => renewable)) }, silentLogger, 600);
    const nadia = lane("nadia");
    expect(leases.isHeld(nadia)).toBe(false);
    leases.hold([nadia], performance.now());
    expect(leases.isHeld(nadia)).toBe(true);
    leases.hold([lane("frozen")], performance.now() - 700);
    expect(leases.isHeld(lane("frozen"))).toBe(false);
    leases.start();
    const held: boolean[] = [];
    for (let i = 0; i < 8; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      held.push(leases.isHeld(nadia));
    }
    renewable = false;
    await until(() => !leases.isHeld(nadia));
    expect(held.filter(Boolean).length).toBeGreaterThanOrEqual(6);
    leases.stop();
    leases.drop([nadia]);
    expect(storage.released).toEqual([]);
  });
});
