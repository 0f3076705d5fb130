import { expect, test } from "vitest";
import { whereFrom } from "../../src/runtime/where-from.js";

test("of what the host threw the places are told, and nothing of what it says, however it says it", () => {
  const quotes =
    "no such wish:\n    at half past six (room 12)\n    at Anna (+12025550101:1:1)\n    at +12025550101:5:5";
  const thrown = [
    new Error(quotes),
    new TypeError(`${quotes}\n`, { cause: new Error(quotes) }),
    new AggregateError([new Error(quotes)], quotes),
    quotes,
    { message: quotes },
  ];
  for (const error of thrown) {
    const told = whereFrom(error);
    expect(JSON.stringify(told)).not.toMatch(/half past|Anna|12025550101|wish/);
    if (error instanceof Error) expect(told.stack).toMatch(/^ {4}at .*where-from\.test\.ts:\d+:\d+/);
  }
});
