import { describe, expect, test } from "vitest";
import { realtimeContract } from "../../src/testing/index.js";
import { REALTIME_MISTAKES, withMistake, type RealtimeMistake } from "./broken-realtimes.js";

/** Every case that fails. They share nothing, so they run at once. */
async function failing(mistake: Pick<RealtimeMistake, "broken">): Promise<readonly string[]> {
  const outcomes = await Promise.allSettled(
    realtimeContract.map(async ({ run }) => {
      const { subject, end } = withMistake(mistake);
      try {
        await run(subject);
      } finally {
        await end();
      }
    }),
  );
  return outcomes.flatMap((outcome, index) => {
    if (outcome.status === "fulfilled") return [];
    if ((outcome.reason as Error).name !== "AssertionError") throw outcome.reason;
    return [realtimeContract[index]!.id];
  });
}

describe.concurrent("the realtime contract notices", () => {
  test.each(REALTIME_MISTAKES)(
    "$fails.0: $what",
    async (mistake) => {
      expect((await failing(mistake)).toSorted()).toEqual(mistake.fails.toSorted());
    },
    60_000,
  );
});

test("every case of the contract has a mistake that is made for it", () => {
  const noticed = new Set(REALTIME_MISTAKES.map(({ fails }) => fails[0]));
  expect(realtimeContract.map(({ id }) => id).filter((id) => !noticed.has(id))).toEqual([]);
});

test("the realtime without a mistake breaks no case", async () => {
  expect(await failing({ broken: (right) => right })).toEqual([]);
});
