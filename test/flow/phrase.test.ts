import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { slotsOf } from "../../src/flow/phrase.js";

describe("a phrase that begins a flow", () => {
  test.each<[pattern: string, text: string, given: Readonly<Record<string, string>> | null]>([
    ["check in room {room}", "check in room 214", { room: "214" }],
    ["check in room {room}", "  Check  in\nROOM 214 !", { room: "214" }],
    ["check in room {room}", "check in room", null],
    ["check in room {room}", "please check in room 214", null],
    ["Towels for room {room}, please", "towels for room 12, please.", { room: "12" }],
    ["Towels for room {room}, please", "towels for room 12, and soap, please", { room: "12, and soap" }],
    ["from {a} to {b}", "from Rome to Paris", { a: "Rome", b: "Paris" }],
    ["from {a} to {b}", "from Rome to Paris to Bari", { a: "Rome", b: "Paris to Bari" }],
    ["table for {n} people", "table for4people", { n: "4" }],
    ["{first} {last}", "Ada Lovelace", { first: "A", last: "da Lovelace" }],
    ["I need help!", "I need help", {}],
    ["say ({word})", "SAY (hello)", { word: "hello" }],
    ["room {room}", `room ${"1".repeat(101)}`, null],
    ["room {room}", `room ${"1".repeat(100)}`, { room: "1".repeat(100) }],
    ["STRASSE {n}", "strasse 1", { n: "1" }],
    ["room {room}", "room 👩‍👩‍👧‍👦", { room: "👩‍👩‍👧‍👦" }],
  ])("%j in %j is %j", (pattern, text, given) => {
    expect(slotsOf(pattern, text)).toEqual(given);
  });

  test.each([
    ["room {a}", `room${" ".repeat(900)}\n\n\nx\n\n\nx`],
    ["{a} and {b}", "and ".repeat(240)],
    ["{a}, {b}, {c}, {d}", ", ".repeat(400)],
    ["from {a} to {b} for {c} at {d}", `from ${"to for at ".repeat(95)}`],
    ["{a}{b}{c}{d}{e}", "x".repeat(1_000)],
  ])("takes no time, whatever a guest writes: %s", (pattern, text) => {
    const at = performance.now();
    slotsOf(pattern, text);
    expect(performance.now() - at).toBeLessThan(1_000);
  });

  test("gives back what was put in, and throws at nothing", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 40 }),
        fc.string({ unit: "binary", maxLength: 40 }),
        (slot, text) => {
          slotsOf("from {a} to {b}", text);
          slotsOf(text, slot);
          const given = slotsOf("room {room}", `room ${slot}`);
          if (/^[^\s.!]+$/.test(slot)) expect(given).toEqual({ room: slot });
        },
      ),
    );
  });
});
