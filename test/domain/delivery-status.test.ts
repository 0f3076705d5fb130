import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DELIVERY_STATUSES, joinStatus, statusRank } from "../../src/domain/delivery-status.js";

const all = DELIVERY_STATUSES;
const statuses = fc.constantFrom(...all);

describe("delivery statuses only rise (F21)", () => {
  test("joining is commutative, associative and idempotent, for every combination there is", () => {
    for (const a of all) {
      expect(joinStatus(a, a)).toBe(a);
      for (const b of all) {
        expect(joinStatus(a, b)).toBe(joinStatus(b, a));
        for (const c of all) expect(joinStatus(joinStatus(a, b), c)).toBe(joinStatus(a, joinStatus(b, c)));
      }
    }
  });

  test("a join is one of the two, and no lower than either", () => {
    for (const a of all) {
      for (const b of all) {
        expect([a, b]).toContain(joinStatus(a, b));
        expect(statusRank(joinStatus(a, b))).toBe(Math.max(statusRank(a), statusRank(b)));
      }
    }
  });

  test("reports in any order, however often repeated, end in one status", () => {
    const shuffled = fc
      .array(statuses, { minLength: 1 })
      .chain((reports) =>
        fc.tuple(
          fc.constant(reports),
          fc.shuffledSubarray([...reports, ...reports], { minLength: 2 * reports.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([reports, again]) => {
        const end = (list: readonly (typeof all)[number][]) => list.reduce(joinStatus);
        expect(end(again)).toBe(end(reports));
      }),
    );
  });

  test("a failure sticks through a late `sent`, and a proof of delivery overrules it (chatwoot#14529)", () => {
    expect(joinStatus("failed", "sent")).toBe("failed");
    expect(joinStatus("failed", "delivered")).toBe("delivered");
    expect(joinStatus("failed", "read")).toBe("read");
  });

  test("whatever is told of a message, and in whatever order, it has failed when a failure was told and no proof of delivery", () => {
    fc.assert(
      fc.property(fc.array(statuses), fc.array(statuses), (before, after) => {
        const told = [...before, "failed" as const, ...after];
        const isProven = told.some((status) => ["delivered", "read", "played"].includes(status));
        expect(told.reduce(joinStatus) === "failed").toBe(!isProven);
      }),
    );
  });

  test("any report settles a send of unknown fate, and none is lower than one", () => {
    for (const status of ["sent", "failed", "delivered", "read", "played"] as const) {
      expect(joinStatus("unknown", status)).toBe(status);
      expect(joinStatus("queued", status)).toBe(status);
    }
    expect(joinStatus("sending", "unknown")).toBe("unknown");
    expect(joinStatus("read", "played")).toBe("played");
  });
});
