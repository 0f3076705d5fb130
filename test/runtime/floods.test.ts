import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ConversationError } from "../../src/errors.js";
import type { Limit, SharedLimits } from "../../src/ports/limits.js";
import { floods, networkOf, unmapped, type FloodsOptions } from "../../src/runtime/floods.js";

const STRANGER = "203.0.113.7";
const OTHER = "203.0.113.8";
const rita = { kind: "staff", id: "rita", role: "agent", hotels: {} } as const;

// Only the clock is another: a minute of the desk's is no minute of the test's.
beforeEach(() => void vi.useFakeTimers({ now: new Date("2026-11-10T12:00:00Z") }));
afterEach(() => void vi.useRealTimers());
const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function aDoor(limits: Partial<FloodsOptions["limits"]> = {}, shared: SharedLimits | null = null) {
  const lines: [fields: object, message: string][] = [];
  const line = (fields: object, message: string): void => void lines.push([fields, message]);
  const logger = { debug: line, info: line, warn: line, error: line } as unknown as FloodsOptions["logger"];
  const all = { unsignedPerMinute: 3, unauthenticatedPerMinute: 2, commandsPerMinute: 2, ...limits };
  const door = floods({ limits: all, shared, logger });
  /** Fails so often, and is counted. */
  const fails = async (address: string | null, times: number, kind: "unsigned" | "unauthenticated" = "unsigned") => {
    for (let n = 0; n < times; n++) door.failed(kind, address);
    await passes(0);
  };
  return { door, lines, fails };
}
const counting = (answer: (key: string, limit: Limit) => Promise<number>): SharedLimits => ({ count: answer });

describe("who sends what nobody signed, too often, is not listened to (F70, T64)", () => {
  test("from the failure on with which a minute's are used up, until the minute is over", async () => {
    const { door, fails } = aDoor();
    await fails(STRANGER, 2);
    expect(door.refusal("unsigned", STRANGER)).toBeNull();
    await passes(10_000);
    await fails(STRANGER, 1);
    const refusal = door.refusal("unsigned", STRANGER);
    expect(refusal).toBeInstanceOf(ConversationError);
    expect(refusal).toMatchObject({ code: "too_many_requests", details: { retryAfterMs: 50_000 } });
    await passes(49_999);
    expect(door.refusal("unsigned", STRANGER)?.details).toEqual({ retryAfterMs: 1 });
    await passes(1);
    expect(door.refusal("unsigned", STRANGER)).toBeNull();
    await fails(STRANGER, 2);
    expect(door.refusal("unsigned", STRANGER), "another minute begins").toBeNull();
  });

  test("and goes on being refused when they fail on: the time is not shortened", async () => {
    const { door, fails } = aDoor();
    await fails(STRANGER, 9);
    expect(door.refusal("unsigned", STRANGER)?.details).toEqual({ retryAfterMs: 60_000 });
  });

  test("and nobody else is: not a neighbour, not for something else, not one whom nobody knows", async () => {
    const { door, fails } = aDoor();
    await fails(STRANGER, 5);
    await fails(null, 5);
    expect(door.refusal("unsigned", OTHER)).toBeNull();
    expect(door.refusal("unauthenticated", STRANGER)).toBeNull();
    expect(door.refusal("unsigned", null)).toBeNull();
    await fails(OTHER, 2, "unauthenticated");
    expect(door.refusal("unauthenticated", OTHER)).not.toBeNull();
    expect(door.refusal("unsigned", OTHER)).toBeNull();
  });

  test("unless the hotel sets no limit", async () => {
    const { door, fails } = aDoor({ unsignedPerMinute: null, unauthenticatedPerMinute: null, commandsPerMinute: null });
    await fails(STRANGER, 100);
    await fails(STRANGER, 100, "unauthenticated");
    expect(door.refusal("unsigned", STRANGER)).toBeNull();
    expect(door.refusal("unauthenticated", STRANGER)).toBeNull();
    for (let n = 0; n < 100; n++) expect(door.command(rita)).toBeNull();
  });

  test("however many strangers there are: none is forgotten before their minute is over", async () => {
    const { door, fails } = aDoor({ unsignedPerMinute: 1 });
    for (let n = 0; n <= 10_001; n++) door.failed("unsigned", `10.0.${String(n >> 8)}.${String(n & 255)}`);
    await passes(0);
    await fails(STRANGER, 1);
    expect(door.refusal("unsigned", "10.0.0.0")).not.toBeNull();
    expect(door.refusal("unsigned", STRANGER)).not.toBeNull();
  });

  test("which the log says by its kind, without the address", async () => {
    const { door, lines, fails } = aDoor();
    await fails(STRANGER, 3);
    door.refusal("unsigned", OTHER);
    await fails(STRANGER, 2, "unauthenticated");
    expect(lines).toEqual([]);
    for (const kind of ["unsigned", "unsigned", "unauthenticated"] as const) door.refusal(kind, STRANGER);
    expect(lines.map(([fields]) => fields)).toEqual([
      { code: "unsigned_flood", heldBack: 0 },
      { code: "unauthenticated_flood", heldBack: 0 },
    ]);
    expect(JSON.stringify(lines)).toContain("docs/floods.md");
    expect(JSON.stringify(lines)).not.toContain(STRANGER);
  });
});

describe("who commands too much has to wait", () => {
  test("each for themselves, and the hotel's own code never", async () => {
    const { door } = aDoor();
    const commands = async (principal: Parameters<typeof door.command>[0]) => {
      const refusal = door.command(principal);
      await passes(0);
      return refusal === null ? "done" : refusal.code;
    };
    const twice = ["done", "done", "too_many_requests"];
    const said = async (principal: Parameters<typeof door.command>[0]) => [
      await commands(principal),
      await commands(principal),
      await commands(principal),
    ];
    expect(await said(rita)).toEqual(twice);
    expect(await said({ ...rita, id: "ben" })).toEqual(twice);
    expect(await said({ kind: "operator", id: "rita" })).toEqual(twice);
    expect(await said({ kind: "system", id: "rita" })).toEqual(["done", "done", "done"]);
    await passes(60_000);
    expect(await commands(rita)).toBe("done");
  });
});

describe("what all processes count together", () => {
  test("is told by keys that say of nobody who it is, and refuses here whom the others have heard too often", async () => {
    const asked: [string, Limit][] = [];
    const shared = counting((key, limit) => {
      asked.push([key, limit]);
      return Promise.resolve(7_000);
    });
    const { door, fails } = aDoor({}, shared);
    await fails(STRANGER, 1);
    expect(door.refusal("unsigned", STRANGER)?.details).toEqual({ retryAfterMs: 7_000 });
    door.command(rita);
    await passes(0);
    expect(asked.map(([key]) => key)).toEqual([
      expect.stringMatching(/^unsigned:[\w-]{22}$/),
      expect.stringMatching(/^command:[\w-]{22}$/),
    ]);
    expect(asked.map(([, limit]) => limit)).toEqual([
      { count: 3, windowMs: 60_000 },
      { count: 2, windowMs: 60_000 },
    ]);
    // The longer of two answers counts.
    await fails(STRANGER, 2);
    expect(door.refusal("unsigned", STRANGER)?.details).toEqual({ retryAfterMs: 60_000 });
  });

  test("is not told of a command that is refused, and waits for nothing once it has answered", async () => {
    const asked: string[] = [];
    const shared = counting((key) => {
      asked.push(key);
      return Promise.resolve(0);
    });
    const { door } = aDoor({}, shared);
    for (let n = 0; n < 5; n++) {
      door.command(rita);
      await passes(0);
    }
    expect(asked).toHaveLength(2);
    expect(vi.getTimerCount(), "the minute's own").toBe(1);
  });

  test("is not waited for, and what this process counts is enough while it is away (F70)", async () => {
    for (const answer of [
      () => Promise.resolve(0),
      () => Promise.reject(new Error("gone")),
      () => new Promise<number>(() => undefined),
      (): Promise<number> => {
        throw new Error("closed");
      },
    ]) {
      const { door, fails } = aDoor({}, counting(answer));
      await fails(STRANGER, 2);
      await passes(1_000);
      expect(door.refusal("unsigned", STRANGER)).toBeNull();
      await fails(STRANGER, 1);
      expect(door.refusal("unsigned", STRANGER)).not.toBeNull();
    }
  });

  test("is asked a hundred at a time, and those that hang are given up after a second", async () => {
    let asked = 0;
    const hanging = counting(() => {
      asked += 1;
      return new Promise<number>(() => undefined);
    });
    const { fails } = aDoor({}, hanging);
    await fails(STRANGER, 150);
    expect(asked).toBe(100);
    await passes(999);
    await fails(STRANGER, 1);
    expect(asked).toBe(100);
    await passes(1);
    await fails(STRANGER, 150);
    expect(asked).toBe(200);
    expect(vi.getTimerCount()).toBeLessThan(110);
  });

  test("is heard within its second, and not after it", async () => {
    const late = (ms: number) => counting(() => new Promise((resolve) => void setTimeout(resolve, ms, 9_000)));
    for (const [ms, isHeard] of [
      [999, true],
      [1_001, false],
    ] as const) {
      const { door, fails } = aDoor({}, late(ms));
      await fails(STRANGER, 1);
      await passes(2_000);
      expect(door.refusal("unsigned", STRANGER) !== null, String(ms)).toBe(isHeard);
    }
  });
});

describe("what one client has for itself", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::FFFF:203.0.113.7", "203.0.113.7"],
    ["::ffff:203.10.113.77", "203.10.113.77"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:DB8:1:2::9", "2001:db8:1:2"],
    ["2001:0db8:0001:0002::9", "2001:db8:1:2"],
    ["2001:db8::9", "2001:db8:0:0"],
    ["2001:db8:1:2:3::", "2001:db8:1:2"],
    ["::1", "0:0:0:0"],
    ["::", "0:0:0:0"],
    ["::2:3:4:5:6:7:8", "0:2:3:4"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["no address", "no address"],
    ["", ""],
  ])("%j is of %j", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  test.each(["x::ffff:203.0.113.7", "::ffff:203.0.113.7x", "::ffff:cb00:7107", "203.0.113.7"])(
    "%s is not IPv4 in disguise",
    (address) => {
      expect(unmapped(address)).toBe(address);
    },
  );
});
