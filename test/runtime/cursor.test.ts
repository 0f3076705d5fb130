import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConversationError } from "../../src/index.js";
import { numberCursor, pointCursor } from "../../src/runtime/cursor.js";

const instants = fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true });
const ids = fc.string({ unit: "binary", maxLength: 100 });
/** Cursors, texts like cursors, and texts. */
const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.base64String(),
  fc.json().map((json) => Buffer.from(json).toString("base64url")),
  fc.record({ at: fc.oneof(instants, fc.string(), fc.nat()), id: fc.oneof(ids, fc.nat()) }).map(inBase64),
  fc.record({ before: fc.oneof(fc.integer(), fc.double(), fc.string()) }).map(inBase64),
);
function inBase64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

describe("where the next page begins, as staff pages carry it", () => {
  test("comes back to the millisecond and the character", () => {
    fc.assert(
      fc.property(instants, ids, fc.maxSafeInteger(), (at, id, before) => {
        expect(pointCursor.decode(pointCursor.encode({ at, id }))).toEqual({ at, id });
        expect(numberCursor.decode(numberCursor.encode(before))).toBe(before);
        expect(encodeURIComponent(pointCursor.encode({ at, id }))).toBe(pointCursor.encode({ at, id }));
      }),
    );
  });

  test("is a place in a list or refused as a cursor, whatever somebody puts there", () => {
    const refusal = expect.objectContaining({ code: "cursor_invalid" }) as ConversationError;
    const read = <T>(decode: (text: string) => T, text: string): T | null => {
      try {
        return decode(text);
      } catch (error) {
        expect(error).toEqual(refusal);
        return null;
      }
    };
    fc.assert(
      fc.property(texts, (text) => {
        const point = read((one) => pointCursor.decode(one), text);
        if (point !== null) expect([Number.isNaN(point.at.getTime()), typeof point.id]).toEqual([false, "string"]);
        const before = read(numberCursor.decode, text);
        if (before !== null) expect(Number.isSafeInteger(before)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
