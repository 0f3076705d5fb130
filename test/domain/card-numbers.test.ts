import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskCardNumbers } from "../../src/domain/card-numbers.js";
import { dice as seeded } from "./dice.js";

type Dice = ReturnType<typeof seeded>;

const masked = (text: string) => maskCardNumbers(text).text;

/** What a number's last digit has to be, by hand: every second from the right is doubled. */
function checkDigit(body: string): string {
  const sum = Array.from(body)
    .reverse()
    .reduce((total, digit, place) => {
      const twice = place % 2 === 0 ? Number(digit) * 2 : Number(digit);
      return total + (twice > 9 ? twice - 9 : twice);
    }, 0);
  return String((10 - (sum % 10)) % 10);
}

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

const groupsOf = (card: string): readonly string[] =>
  card.length === 15
    ? [card.slice(0, 4), card.slice(4, 10), card.slice(10)]
    : card.length === 14
      ? [card.slice(0, 4), card.slice(4, 10), card.slice(10)]
      : (card.match(/.{1,4}/g) ?? []);

const inScript = (zero: number) => (text: string) =>
  text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));

/** The ways in which guests write one down. */
const WRITTEN: readonly ((card: string) => string)[] = [
  (card) => card,
  (card) => groupsOf(card).join(" "),
  (card) => groupsOf(card).join("-"),
  (card) => groupsOf(card).join("."),
  (card) => groupsOf(card).join(" - "),
  (card) => groupsOf(card).join("\u00a0"),
  (card) => groupsOf(card).join("\u2009"),
  (card) => groupsOf(card).join("\n"),
  (card) => groupsOf(card).join("\u2013"),
  (card) => Array.from(card).join(" "),
  (card) => Array.from(card).join("\u200b"),
  (card) => groupsOf(card).join(" \u200d"),
  (card) => (card.length === 16 ? `${card.slice(0, 8)} ${card.slice(8)}` : card),
  (card) => inScript(0x0660)(card),
  (card) => inScript(0x06f0)(groupsOf(card).join(" ")),
  (card) => inScript(0x0966)(card),
  (card) => inScript(0xff10)(groupsOf(card).join("\u3000")),
  (card) => inScript(0x1d7ce)(card),
  (card) => card.replace(/\d/g, "$&\ufe0f\u20e3"),
  (card) => `\u202a${groupsOf(card).join(" ")}\u202c`,
];
const AROUND: readonly (readonly [before: string, after: string])[] = [
  ["", ""],
  ["My card is ", ", thank you"],
  ["carta:", " scad. 04/29"],
  ["Visa", "exp 04/29"],
  ["Zimmer 214, Karte ", "."],
  ["1. ", "\n2. two nights"],
  ["Call +39 06 1234567. Card ", " please"],
  ["💳", "💳"],
];

/** The digits of a text, in whatever script. */
const plain = (text: string) =>
  text
    .normalize("NFKC")
    .replace(/[^\p{Nd}x]/gu, "")
    .replace(/\p{Nd}/gu, digitOf);
const digitOf = (digit: string): string => {
  for (const zero of [0x30, 0x660, 0x6f0, 0x966]) {
    const value = (digit.codePointAt(0) ?? 0) - zero;
    if (value >= 0 && value < 10) return String(value);
  }
  return digit;
};

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

  test.each([
    ["4111 1111 1111 1111 12/27 123", "4111 11xx xxxx 1111 12/27 xxx"],
    ["4111111111111111 cvv: 123", "411111xxxxxx1111 cvv: xxx"],
    ["CVC 123, Karte 4111111111111111", "CVC xxx, Karte 411111xxxxxx1111"],
    [
      "378282246310005, scadenza 12/27, codice di sicurezza 1234",
      "378282xxxxx0005, scadenza 12/27, codice di sicurezza xxxx",
    ],
    ["4111-1111-1111-1111 código de segurança é 987", "4111-11xx-xxxx-1111 código de segurança é xxx"],
    ["4111111111111111 Prüfziffer: ١٢٣", "411111xxxxxx1111 Prüfziffer: xxx"],
    ["4111111111111111 / 12.2027 / 123", "411111xxxxxx1111 / 12.2027 / xxx"],
  ])("the code beside a card is masked whole: %s", (text, shown) => {
    expect(maskCardNumbers(text)).toEqual({ text: shown, cards: 1 });
  });

  test.each([
    ["a code with no card beside it", "The door code is 123, cvv 456"],
    ["a room behind a card's words", "Paid with the card on file. Room 214"],
    ["a number whose check digit is wrong", "4111 1111 1111 1112"],
    ["a number that goes on", "411111111111111145"],
    ["a number of the right length that nobody issues", "1111 1111 1111 1117"],
    ["an account", "IBAN FR76 3000 6000 0112 3456 7890 189"],
    ["two phone numbers", "4479460958 447946, 5105105105 105100"],
  ])("%s is left", (_, text) => {
    expect(maskCardNumbers(text)).toEqual({ text, cards: 0 });
  });

  test("several cards in one message are masked each", () => {
    expect(maskCardNumbers("4111111111111111 or 5555 5555 5555 4444")).toEqual({
      text: "411111xxxxxx1111 or 5555 55xx xxxx 4444",
      cards: 2,
    });
  });

  test("a room behind a card keeps its number", () => {
    expect(masked("4111111111111111 for room 214")).toBe("411111xxxxxx1111 for room 214");
  });
});

describe("a number is a card's by who issues it and how long it is (T83)", () => {
  const ALL = [14, 15, 16, 17, 18, 19];
  const FROM_16 = [16, 17, 18, 19];
  const made = (first: string, length: number): string => {
    const body = first.padEnd(length - 1, "7310529");
    return body + checkDigit(body);
  };
  test.each([
    ["Visa", "4 40 45 49", [16, 19]],
    ["Mastercard", "51 52 55 2221 2229 223 229 23 26 270 271 2720", [16]],
    ["American Express", "34 37", [15]],
    ["Diners Club", "300 305 3095 36 38 39", [14]],
    ["JCB", "3528 3529 353 358", FROM_16],
    ["Discover", "6011 644 649 65", FROM_16],
    ["UnionPay", "62 81", FROM_16],
    ["Maestro", "5018 5020 5038 5893 6304 6759 6761 6763", FROM_16],
    ["RuPay and Hipercard", "600 609 82 508", [16]],
    ["Elo", "506 509 6362 6363", [16]],
    ["Mir", "2200 2204", FROM_16],
    ["Troy", "9792", [16]],
    ["nobody", "0 1 20 21 2205 2220 2721 273 28 31 32 33 306 3094 3096 350 3527 359", []],
    [
      "nobody",
      "500 5017 5019 5021 5037 505 507 56 57 5892 5894 59 61 63 6303 6305 6361 6364 640 643 66 6758 6760 6764 68",
      [],
    ],
    ["nobody", "70 80 83 84 90 979 9791 9793 99", []],
  ])("%s: %s, in so many digits: %j", (_, firsts, lengths) => {
    for (const first of firsts.split(" ")) {
      for (const length of [13, ...ALL, 20]) {
        const card = made(first, length);
        const shown = lengths.includes(length) ? card.slice(0, 6) + "x".repeat(length - 10) + card.slice(-4) : card;
        expect(masked(card)).toBe(shown);
      }
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
