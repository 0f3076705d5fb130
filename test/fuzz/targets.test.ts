import { expect, test } from "vitest";
import { mulberry32 } from "../chaos/plan.js";
import { TARGETS, tried } from "./targets.js";

// A little of `npm run fuzz`, always the same.

/** Milliseconds for each target, and cases at most. */
const TIME_MS = 700;
const CASES = 300;

test.each(Object.keys(TARGETS))("nothing that is nearly right does harm: %s", async (name) => {
  const until = performance.now() + TIME_MS;
  let cases = 0;
  for (; cases < CASES && performance.now() < until; cases++)
    expect(
      await tried(TARGETS[name]!, 1_000_000 + cases, mulberry32),
      `--target ${name} --seed ${String(1_000_000 + cases)} --cases 1`,
    ).toBeNull();
  expect(cases).toBeGreaterThan(0);
});

test("what throws, is slow or changes a prototype is told", async () => {
  const always = (wrong: () => string | null) => ({ make: () => "it", wrong, withinMs: 5 });
  expect(
    await tried(
      always(() => null),
      1,
      mulberry32,
    ),
  ).toBeNull();
  expect(
    await tried(
      always(() => {
        throw new TypeError("no");
      }),
      1,
      mulberry32,
    ),
  ).toContain("it threw TypeError: no");
  const slow = () => {
    const until = performance.now() + 10;
    while (performance.now() < until);
    return null;
  };
  expect(await tried(always(slow), 1, mulberry32)).toMatch(/^it took \d+ ms/);
});
