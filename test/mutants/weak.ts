import { expect, test } from "vitest";
import { DELIVERY_STATUSES, joinStatus } from "../../src/domain/delivery-status.js";

// What somebody might leave of test/domain/delivery-status.test.ts: every line of the code runs, and little is said about it. No other run takes this file.

test("a join is one of the two", () => {
  for (const a of DELIVERY_STATUSES) for (const b of DELIVERY_STATUSES) expect([a, b]).toContain(joinStatus(a, b));
});
