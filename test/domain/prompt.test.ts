import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { optionId, promptOf } from "../../src/domain/prompt.js";

describe("an option's id", () => {
  test("says which prompt it belongs to, whatever the prompt is called", () => {
    const promptIds = fc.oneof(fc.uuid(), fc.stringMatching(/^[!-~]{1,60}$/), fc.constantFrom("prm#1", "#", "a#1#2"));
    fc.assert(
      fc.property(promptIds, fc.nat({ max: 998 }), (promptId, index) => {
        expect(promptOf(optionId(promptId, index))).toBe(promptId);
      }),
    );
  });

  test("names no prompt when it holds what no id of ours holds", () => {
    for (const id of ["\u0000#1", "a b#1", "\ud800#1", "é#1", `${"a".repeat(201)}#1`]) expect(promptOf(id)).toBeNull();
  });

  test("differs for each option and each prompt", () => {
    const options = fc.tuple(fc.string(), fc.nat({ max: 998 }));
    fc.assert(
      fc.property(options, options, ([a, first], [b, second]) => {
        expect(optionId(a, first) === optionId(b, second)).toBe(a === b && first === second);
      }),
    );
  });

  test("counts from 1, as guests do", () => {
    expect(optionId("prm_1", 0)).toBe("prm_1#1");
  });

  test("that is none of ours belongs to no prompt", () => {
    for (const id of [
      "",
      "#",
      "#1",
      "prm_1",
      "prm_1#",
      "prm_1#x",
      "prm_1#1234",
      "prm_1#1 ",
      "prm_1#-1",
      "prm_1#١",
      "prm_1#1\n",
    ]) {
      expect(promptOf(id), JSON.stringify(id)).toBeNull();
    }
  });
});
