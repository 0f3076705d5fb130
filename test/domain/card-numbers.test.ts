import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskCardNumbers } from "../../src/domain/card-numbers.js";
import { AROUND, checkDigit, plain, WRITTEN } from "./cards.js";
import { dice as seeded } from "./dice.js";

type Dice = ReturnType<typeof seeded>;

const masked = (text: string) => maskCardNumbers(text).text;

const digits = (dice: Dice, length: number) => Array.from({ length }, () => String(dice(10))).join("");

/** A number as a scheme would issue it: its first digits, and how long it is. */
const ISSUED: readonly (readonly [first: string, length: number])[] = [
  ["4", 16],
  ["4", 19],
  ["51", 16],
  ["55", 16],
  ["2221", 16],
  ["2720", 16],
  ["34", 15],
  ["37", 15],
  ["305", 14],
  ["36", 14],
  ["38", 14],
  ["6011", 16],
  ["65", 16],
  ["3528", 16],
  ["3589", 16],
  ["62", 16],
  ["62", 19],
  ["6759", 18],
  ["2204", 16],
  ["9792", 16],
];

function number(dice: Dice): string {
  const [first, length] = ISSUED[dice(ISSUED.length)]!;
  const body = first + digits(dice, length - first.length - 1);
  return body + checkDigit(body);
}

describe("card numbers that guests write (T83)", () => {
  test("2,000 made ones, in twenty ways and among other words, are masked but for six and four digits", () => {
    const dice = seeded("cards 83");
    const missed: string[] = [];
    for (let n = 0; n < 2_000; n++) {
      const card = number(dice);
      const [before, after] = AROUND[dice(AROUND.length)]!;
      const text = before + WRITTEN[n % WRITTEN.length]!(card) + after;
      const seen = plain(masked(text));
      const hidden = card.slice(0, 6) + "x".repeat(card.length - 10);
      if (seen.includes(card) || !seen.includes(hidden)) missed.push(text);
    }
    expect(missed).toEqual([]);
  });

  test("10,000 booking codes, phone numbers and ids are left as they are, but for one in a thousand at most", () => {
    const dice = seeded("cards 84");
    const changed: string[] = [];
    for (let n = 0; n < 10_000; n++) {
      const text = HARMLESS[n % HARMLESS.length]!(dice);
      if (masked(text) !== text) changed.push(text);
    }
    expect(changed.length).toBeLessThanOrEqual(10);
  });

  test("a text in which no fourteen digits stand comes back to the letter, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        fc.pre((text.match(/\p{Nd}/gu) ?? []).length < 14);
        expect(masked(text)).toBe(text);
      }),
    );
  });

  test("masking a text again changes nothing", () => {
    const dice = seeded("cards 85");
    for (let n = 0; n < 200; n++) {
      const once = masked(`card ${WRITTEN[n % WRITTEN.length]!(number(dice))} cvv 123`);
      expect(masked(once)).toBe(once);
    }
  });
});

/** What stands in hotels' chats and has many digits. */
const HARMLESS: readonly ((dice: Dice) => string)[] = [
  (dice) => `Booking ${digits(dice, 10)}`,
  (dice) => `HX${digits(dice, 8)}-${digits(dice, 2)}`,
  (dice) => `confirmation ${digits(dice, 9)} and ${digits(dice, 9)}`,
  (dice) => `+39 06 ${digits(dice, 4)} ${digits(dice, 4)}`,
  (dice) => `+49 170 ${digits(dice, 8)}`,
  (dice) => `0049${digits(dice, 11)}`,
  (dice) => `+34 ${digits(dice, 3)} ${digits(dice, 3)} ${digits(dice, 3)}`,
  (dice) => `+52 1 55 ${digits(dice, 4)} ${digits(dice, 4)}`,
  (dice) => `+1 (202) 555-${digits(dice, 4)} or +1 (202) 555-${digits(dice, 4)}`,
  (dice) => `${digits(dice, 3)}-${digits(dice, 3)}-${digits(dice, 4)} x${digits(dice, 3)}`,
  (dice) => `from ${String(1 + dice(28))}.12.2026 15:00 to ${String(1 + dice(28))}.01.2027 11:00`,
  (dice) => `2026-12-${String(10 + dice(18))}T15:${String(10 + dice(50))}:00.${digits(dice, 3)}Z`,
  (dice) => `order 1${digits(dice, 14)}`,
  (dice) => `paid EUR ${digits(dice, 4)}.${digits(dice, 2)}, invoice 2026/${digits(dice, 6)}`,
  (dice) => `IMEI 35${digits(dice, 13)}`,
  (dice) => `17${digits(dice, 11)}`,
  (dice) => `parcel 1Z${digits(dice, 3)}AA${digits(dice, 10)}`,
  (dice) => `flight LH${digits(dice, 4)}, ticket 220-${digits(dice, 10)}`,
  (dice) => `https://maps.example/?q=45.${digits(dice, 6)},12.${digits(dice, 6)}`,
  (dice) => `we are at 45.${digits(dice, 7)}, 12.${digits(dice, 7)}`,
  (dice) => account("DE", digits(dice, 18)),
  (dice) => account("IT", `X${digits(dice, 22)}`),
  (dice) => account("ES", digits(dice, 20)),
  (dice) => `tax id ${digits(dice, 11)}, vat IT${digits(dice, 11)}`,
  (dice) => `rooms ${digits(dice, 3)} ${digits(dice, 3)} ${digits(dice, 3)} ${digits(dice, 3)}`,
  (dice) => `+55 11 9${digits(dice, 4)}-${digits(dice, 4)}`,
];

/** An account whose check digits are right, in groups of four as it is printed. */
function account(country: string, body: string): string {
  const number = `${body}${country}00`.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  const check = String(98n - (BigInt(number) % 97n)).padStart(2, "0");
  return (`${country}${check}${body}`.match(/.{1,4}/g) ?? []).join(" ");
}
