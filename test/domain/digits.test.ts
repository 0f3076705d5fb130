import fc from "fast-check";
import { expect, test } from "vitest";
import { plainDigits } from "../../src/domain/digits.js";
import { anyText } from "../support/strings.js";

const ZEROS = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .filter((code) => plainDigits(String.fromCodePoint(code)) === "0");

test("the digits of every script are read, whichever Unicode this runs on", () => {
  expect(ZEROS.length).toBeGreaterThan(60);
  for (const zero of ZEROS) {
    const digits = Array.from({ length: 10 }, (_, index) => String.fromCodePoint(zero + index)).join("");
    expect(plainDigits(digits), zero.toString(16)).toBe("0123456789");
  }
  // The platform's own reading, where it has one.
  for (const language of ["ar-EG", "fa", "hi-u-nu-deva", "bn", "th-u-nu-thai", "my", "mr"])
    expect(plainDigits(new Intl.NumberFormat(language, { useGrouping: false }).format(9_876_543_210))).toBe(
      "9876543210",
    );
});

test.each([
  ["③", " 3 "],
  ["⑳⑴", " 20  1 "],
  ["⒉", " 2 "],
  ["⓿⓪", " 0  0 "],
  ["⓫⓾❿➀➓", " 11  10  10  1  10 "],
  ["㉑㊿", " 21  50 "],
  ["🔟", " 10 "],
  ["1️⃣2️⃣", "1️⃣2️⃣"],
  ["½ x² Ⅷ 三", "½ x² Ⅷ 三"],
  ["Room １２, ١٢ and १२", "Room 12, 12 and 12"],
])("%j reads as %j: a number in one character stands for itself", (text, plain) => {
  expect(plainDigits(text)).toBe(plain);
});

test("what has plain digits stays as it is", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(plainDigits(plainDigits(text))).toBe(plainDigits(text));
    }),
  );
});
