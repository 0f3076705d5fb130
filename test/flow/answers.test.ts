import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dateIn, emailIn, nightsIn, numberIn, phoneIn } from "../../src/flow/answers.js";
import { flowWord } from "../../src/flow/words.js";

const now = new Date("2026-11-10T12:00:00Z");
const rome = (language = "en") => ({ timeZone: "Europe/Rome", language, now });

describe("what a guest types", () => {
  test.each([
    ["12", 12],
    ["  ۱۲ ", 12],
    ["③", 3],
    ["1.234,5", 1234.5],
    ["1,234.5", 1234.5],
    ["-3.5", -3.5],
    ["two", 2],
    ["drei", 3],
    ["we are 4", 4],
    ["4 or 5", null],
    ["many", null],
    ["", null],
    ["1".repeat(1_000), null],
  ])("as a number: %s is %s", (text, number) => {
    expect(numberIn(text, { language: "en" })).toBe(number);
  });

  test("a point or a comma groups or parts by the guest's language", () => {
    expect(numberIn("1.500", { language: "de" })).toBe(1500);
    expect(numberIn("1.500", { language: "en" })).toBe(1.5);
    expect(numberIn("1,5", { language: "it" })).toBe(1.5);
    expect(numberIn("1,500", { language: "en" })).toBe(1500);
  });

  test.each([
    ["3", 3],
    ["3 nights", 3],
    ["due notti", 2],
    ["una", 1],
    ["0", null],
    ["for two nights, please", 2],
    ["2.5", null],
    ["2 weeks", null],
    ["a few", null],
    ["a week", null],
    ["366", null],
    ["some", null],
  ])("as nights: %s is %s", (text, nights) => {
    expect(nightsIn(text, { language: "en" })).toBe(nights);
  });

  test.each([
    ["2027-02-03", "en", "2027-02-03"],
    ["3/2/2027", "en", "2027-02-03"],
    ["3/2/2027", "en-US", "2027-03-02"],
    ["3.2.27", "de", "2027-02-03"],
    ["24.12.", "de", "2026-12-24"],
    ["9/11", "it", "2027-11-09"],
    ["10/11", "it", "2026-11-10"],
    ["4 de marzo", "es", "2027-03-04"],
    ["March 4th, 2027", "en", "2027-03-04"],
    ["il 1º gennaio", "it", "2027-01-01"],
    ["5 März", "en", "2027-03-05"],
    ["29 February", "en", "2028-02-29"],
    ["Domani!", "en", "2026-11-11"],
    ["aujourd'hui", "en", "2026-11-10"],
    ["übermorgen", "it", "2026-11-12"],
    ["31/2/2027", "en", null],
    ["13/13/2027", "en", null],
    ["next week", "en", null],
    ["4 March or 5 March", "en", null],
  ])("as a date: %s in %s is %s", (text, language, date) => {
    expect(dateIn(text, rome(language))).toBe(date);
  });

  test.each([
    ["24.03.85", "de", "1985-03-24"],
    ["24/3/1985", "it", "1985-03-24"],
    ["1 January 26", "en", "2026-01-01"],
    ["10.11.26", "de", "1926-11-10"],
    ["09.11.26", "de", "2026-11-09"],
    ["24/3/2085", "it", null],
    ["24 March", "en", null],
    ["today", "en", null],
    ["31.02.85", "de", null],
  ])("as a date of birth: %s in %s is %s", (text, language, date) => {
    expect(dateIn(text, { ...rome(language), past: true })).toBe(date);
  });

  test("today is what it is in the hotel's zone, whatever the server's", () => {
    const late = new Date("2026-11-10T23:30:00Z");
    expect(dateIn("today", { timeZone: "Europe/Rome", language: "en", now: late })).toBe("2026-11-11");
    expect(dateIn("today", { timeZone: "America/Sao_Paulo", language: "en", now: late })).toBe("2026-11-10");
  });

  test.each([
    ["anna@Example.COM", "anna@example.com"],
    [" <a.b+c@mail.example.co.uk> ", "a.b+c@mail.example.co.uk"],
    ["mailto:a@b.it", "a@b.it"],
    ["a@b", null],
    ["a b@c.it", null],
    [".a@b.it", null],
    ["a@b..it", null],
    ["me", null],
  ])("as a mail address: %s is %s", (text, email) => {
    expect(emailIn(text)).toBe(email);
  });

  test.each([
    ["+39 06 1234 5678", undefined, "+390612345678"],
    ["0039 06 1234 5678", undefined, "+390612345678"],
    ["06 1234 5678", "IT", "+390612345678"],
    ["06 1234 5678", undefined, null],
    ["call me", "IT", null],
  ])("as a phone: %s in %s is %s", (text, country, phone) => {
    expect(phoneIn(text, country === undefined ? {} : { country })).toBe(phone);
  });

  test("never throws and never takes long, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 5_000, unit: "binary" }),
        fc.constantFrom("en", "it", "pt-BR", "ar", "ja"),
        (text, language) => {
          const began = performance.now();
          for (const read of [numberIn, nightsIn, dateIn]) read(text, rome(language));
          emailIn(text);
          phoneIn(text, { country: "IT" });
          flowWord(text);
          expect(performance.now() - began).toBeLessThan(500);
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([
    ["BACK", "back"],
    ["¡atrás!", "back"],
    ["Zurück.", "back"],
    ["ricomincia", "restart"],
    ["arrêter", "stop"],
    ["Un humano", null],
    ["pessoa", "human"],
    ["I want to go back to my room", null],
    ["überspringen", "skip"],
  ])("as a word to the flow: %s is %s", (text, word) => {
    expect(flowWord(text)).toBe(word);
  });
});
