import { describe, expect, test } from "vitest";
import { maskCardNumbers } from "../../src/domain/card-numbers.js";
import { AROUND, checkDigit, plain, WRITTEN } from "./cards.js";

const masked = (text: string) => maskCardNumbers(text).text;

describe("a guest's words with a card's number in them (T83)", () => {
  test.each(WRITTEN.map((write) => [write("4111111111111111"), write] as const))("%j", (_, write) => {
    for (const card of ["4111111111111111", "378282246310005", "30569309025904"]) {
      const hidden = card.slice(0, 6) + "x".repeat(card.length - 10) + card.slice(-4);
      for (const [before, after] of AROUND) expect(plain(masked(before + write(card) + after))).toContain(hidden);
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

  test("two cards that follow one another are two", () => {
    expect(maskCardNumbers("4111111111111111 5555555555554444")).toEqual({
      text: "411111xxxxxx1111 555555xxxxxx4444",
      cards: 2,
    });
  });

  test("a room behind a card keeps its number", () => {
    expect(masked("4111111111111111 for room 214")).toBe("411111xxxxxx1111 for room 214");
  });

  test.each([
    ["five characters between two digits", "4111 ,-, 1111 1111 1111", "4111 ,-, 11xx xxxx 1111"],
    [
      "nothing that is seen, however the digits are dressed",
      "4111\u200b1111\u200b1111\u200b1111",
      "4111\u200b11xx\u200bxxxx\u200b1111",
    ],
    ["behind another number", "214 4111111111111111", "214 411111xxxxxx1111"],
    ["before another number", "4111111111111111 21400", "411111xxxxxx1111 21400"],
    ["in two halves", "41111111 11111111", "411111xx xxxx1111"],
    ["in groups of six", "411111 111111 1111", "411111 xxxxxx 1111"],
    ["in single digits", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "4 1 1 1 1 1 x x x x x x 1 1 1 1"],
    ["with commas", "4111,1111,1111,1111", "4111,11xx,xxxx,1111"],
    ["within what looks like an account and is none", "DE00 4111 1111 1111 1111 00", "DE00 4111 11xx xxxx 1111 00"],
    [
      "beside an account",
      "FR76 3000 6000 0112 3456 7890 189, 4111111111111111",
      "FR76 3000 6000 0112 3456 7890 189, 411111xxxxxx1111",
    ],
  ])("is masked: %s", (_, text, shown) => {
    expect(maskCardNumbers(text)).toEqual({ text: shown, cards: 1 });
  });

  test.each([
    ["six characters between two digits", "4111 , - , 1111 1111 1111"],
    ["letters between two digits", "4111 1111 a 1111 1111"],
    ["a group of seven", "4111111 1111111 11"],
    ["halves of seven and nine", "4111111 111111111"],
    ["dots beside commas", "4111.1111,1111.1111"],
    ["digits before it, without a gap", "2144111111111111111"],
    ["digits behind it, without a gap", "4111111111111111214"],
    ["an account in one piece", "DE89370400440532013000"],
    ["an account with letters", "GB82 WEST 1234 5698 7654 32"],
    ["an account whose digits would be a card's", "an account, LT12 4111 1111 1111 1111"],
  ])("is left: %s", (_, text) => {
    const left = text.startsWith("an account, LT12")
      ? text.replace("LT12", `LT${ibanCheck("4111111111111111", "LT")}`)
      : text;
    expect(maskCardNumbers(left)).toEqual({ text: left, cards: 0 });
  });

  test("two that overlap are masked both, since nobody can say which it is", () => {
    const last = `000${checkDigit("555555554444000")}`;
    const { text, cards } = maskCardNumbers(`5555 5555 5555 4444 ${last}`);
    expect({ text, cards }).toEqual({ text: `5555 55xx xxxx xxxx ${last}`, cards: 1 });
  });
});

describe("a card's code beside it (T83)", () => {
  const WORDS =
    "CVV|cvv2|CVC|cvc2|CVN|CSC|CID|CV2|CCV|security code|Sicherheitscode|Prüfziffer|Prüfnummer|codice sicurezza|codice di sicurezza|código de seguridad|código seguridad|" +
    "código de segurança|codigo de seguridad|codigo seguranca|code de sécurité|code sécurité|cryptogramme";
  test.each(WORDS.split("|"))("goes by the name `%s`", (word) => {
    expect(masked(`4111111111111111, ${word} 123`)).toBe(`411111xxxxxx1111, ${word} xxx`);
    expect(masked(`${word}: 1234; 4111111111111111`)).toBe(`${word}: xxxx; 411111xxxxxx1111`);
    expect(masked(`4111111111111111, my${word} 123`)).toBe(`411111xxxxxx1111, my${word} 123`);
    expect(masked(`4111111111111111, ${word}s 123`)).toBe(`411111xxxxxx1111, ${word}s 123`);
  });

  test.each([
    ["4111111111111111 123", "xxx"],
    ["4111111111111111,1234", "xxxx"],
    ["4111111111111111 - 123", "xxx"],
    ["4111111111111111 12/27 123", "12/27 xxx"],
    ["4111111111111111 1/27 123", "1/27 xxx"],
    ["4111111111111111 12/2027 123", "12/2027 xxx"],
    ["4111111111111111 12.27;123", "12.27;xxx"],
    ["4111111111111111 12 / 27 | 1234", "12 / 27 | xxxx"],
    ["4111111111111111 12-27 123, room 214", "12-27 xxx, room 214"],
  ])("stands right behind it or behind its month and year: %s", (text, shown) => {
    expect(masked(text).endsWith(shown)).toBe(true);
    expect(masked(text).startsWith("411111xxxxxx1111")).toBe(true);
  });

  test.each(["12345", "12", "a 123", "123 456 7890 12/2", "      x 123", "room 123"])(
    "and no other number does: %s",
    (rest) => {
      const text = `4111111111111111 ${rest}`;
      if (rest === "123 456 7890 12/2") expect(masked(text)).toBe("411111xxxxxx1111 xxx 456 7890 12/2");
      else expect(masked(text)).toBe(`411111xxxxxx1111 ${rest}`);
    },
  );

  test("is looked for a hundred characters around the card, and twenty behind its name", () => {
    const card = "411111xxxxxx1111";
    const far = (between: number) => `4111111111111111${" ".repeat(between)}cvv 123`;
    expect(masked(far(93))).toBe(`${card}${" ".repeat(93)}cvv xxx`);
    expect(masked(far(94))).toBe(far(94).replace("4111111111111111", card));
    const before = (between: number) => `cvv 123${" ".repeat(between)}4111111111111111`;
    expect(masked(before(93))).toBe(`cvv xxx${" ".repeat(93)}${card}`);
    expect(masked(before(94))).toBe(before(94).replace("4111111111111111", card));
    const named = (between: number) => `4111111111111111, cvv${".".repeat(between)}123`;
    expect(masked(named(20))).toBe(`${card}, cvv${".".repeat(20)}xxx`);
    expect(masked(named(21))).toBe(`${card}, cvv${".".repeat(21)}123`);
    expect(masked("4111111111111111, cvv 12345")).toBe(`${card}, cvv 12345`);
    expect(masked("4111111111111111, cvv 12")).toBe(`${card}, cvv 12`);
  });
});

/** The check digits of an account, by hand: ISO 7064, MOD 97-10. */
function ibanCheck(body: string, country: string): string {
  const number = `${body}${country}00`.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  return String(98n - (BigInt(number) % 97n)).padStart(2, "0");
}

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
