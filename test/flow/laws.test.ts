import fc from "fast-check";
import { expect, test } from "vitest";
import { acts, built, plans, played } from "./random.js";

test("random flows and random guests: nothing throws, goes round for ever or is lost, and the same script ends the same (F37, F40)", async () => {
  let flows = 0;
  await fc.assert(
    fc.asyncProperty(plans, acts, async (plan, script) => {
      const flow = built(plan);
      fc.pre(flow !== null);
      flows += 1;
      const live = await played(flow, script);
      expect(await played(flow, script)).toEqual(live);
    }),
    { numRuns: Number(process.env["FLOWS"] ?? 60), endOnFailure: true },
  );
  expect(flows).toBeGreaterThan(10);
}, 900_000);
