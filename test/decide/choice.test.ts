import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { menuContents, menuOptions, typedChoice, type Choice } from "../../src/decide/menu.js";
import type { Hotel } from "../../src/domain/hotel.js";
import { plainDigits } from "../../src/domain/digits.js";
import { foldText } from "../../src/domain/text.js";
import { grand, NOON } from "./world.js";

const VIEW = { language: null, now: NOON };

/** Letters of the languages in which hotels name their departments. */
const LETTERS = [
  [0x41, 0x5a],
  [0x61, 0x7a],
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x17f],
  [0x386, 0x386],
  [0x388, 0x3ce],
  [0x400, 0x45f],
  [0x5d0, 0x5ea],
  [0x621, 0x63a],
  [0x641, 0x64a],
  [0xe01, 0xe2e],
  [0x3042, 0x3093],
  [0x4e00, 0x4e40],
  [0xac00, 0xac40],
] as const;
const letters = fc
  .oneof(...LETTERS.map(([min, max]) => fc.integer({ min, max })))
  .map((code) => String.fromCodePoint(code))
  .filter((letter) => /\p{L}/u.test(letter));
const words = fc.string({ unit: letters, minLength: 1, maxLength: 5 });
const names = fc.oneof(
  words,
  fc.tuple(words, words).map((two) => two.join(" ")),
  fc.tuple(words, fc.nat(30)).map(([word, number]) => `${word} ${String(number)}`),
  fc.constantFrom(
    "Reception",
    "Café Élysée",
    "Straße",
    "Oda Servisi",
    "İçecek",
    "ΥΠΗΡΕΣΙΕΣ",
    "Ресепшен",
    "フロント",
    "24",
  ),
);
/** As many departments as a menu of buttons, of rows or of lines has, none called like another. */
const menus = fc.uniqueArray(names, { minLength: 1, maxLength: 14, selector: foldText });

const hotelOf = (departments: readonly string[]): Hotel => ({
  ...grand,
  departments: departments.map((name, index) => ({ id: `d${String(index)}`, name })),
});
const choosesIn = (hotel: Hotel, typed: string): Choice | null =>
  typedChoice({ type: "text", text: typed }, menuOptions(hotel, "prm_1", VIEW), hotel);
const chooses = (departments: readonly string[], typed: string): Choice | null =>
  choosesIn(hotelOf(departments), typed);
const byName = (index: number): Choice => ({ departmentId: `d${String(index)}`, how: "chose_by_name" });
const byNumber = (index: number): Choice => ({ departmentId: `d${String(index)}`, how: "chose_by_number" });
const digitsOf = (text: string) => foldText(plainDigits(text).replace(/[ºª°]/g, ""));
const isNumber = (text: string) => /^\d{1,3}$/.test(digitsOf(text));
/** What a number names: the department that is called so, else the one that stands there, unless the guest cannot know that. */
const named = (departments: readonly string[], number: number): Choice | null => {
  const called = departments.findIndex((name) => isNumber(name) && Number(digitsOf(name)) === number);
  if (called >= 0) return byName(called);
  const hidesNumbers = departments.length <= 10 && departments.some(isNumber);
  return number < 1 || number > departments.length || hidesNumbers ? null : byNumber(number - 1);
};
const pick = <T>(list: readonly T[], at: number): readonly [T, number] => [list[at % list.length]!, at % list.length];

/** The same word as somebody else types it. */
const MANNERS: Record<string, (text: string) => string> = {
  "in capitals": (text) => text.toUpperCase(),
  "in small letters": (text) => text.toLowerCase(),
  "in capitals as in Turkey": (text) => text.toLocaleUpperCase("tr"),
  "in small letters as in Turkey": (text) => text.toLocaleLowerCase("tr"),
  "with its accents apart": (text) => text.normalize("NFD"),
  "with its accents in one": (text) => text.normalize("NFC"),
  "without its accents": (text) => text.normalize("NFD").replace(/(?![\u3099\u309a])\p{M}/gu, ""),
  "with more accents": (text) => text.replace(/\p{L}/gu, "$&\u0301"),
  "in wide letters": (text) => text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
  "with an exclamation mark": (text) => `  *${text}*!!\n`,
  "with two blanks": (text) => text.replaceAll(" ", "  \u00a0"),
  "with half an emoji after it": (text) => `${text}\ud83d`,
};

describe("a department's name typed by a guest who was asked (S17)", () => {
  test.each(Object.entries(MANNERS))("is that department %s", (_, typed) => {
    fc.assert(
      fc.property(menus, fc.nat(), (departments, at) => {
        const [name, index] = pick(departments, at);
        expect(chooses(departments, typed(name))).toEqual(byName(index));
      }),
      { numRuns: 300 },
    );
  });

  test("in all these manners one after the other, too", () => {
    const manners = fc.array(fc.constantFrom(...Object.values(MANNERS)), { maxLength: 5 });
    fc.assert(
      fc.property(menus, fc.nat(), manners, (departments, at, changes) => {
        const [name, index] = pick(departments, at);
        const typed = changes.reduce((text, change) => change(text), name);
        expect(chooses(departments, typed)).toEqual(byName(index));
      }),
      { numRuns: 500 },
    );
  });

  test("that two departments have names none of them, and the guest is asked again", () => {
    const manners = fc.constantFrom(...Object.values(MANNERS));
    fc.assert(
      fc.property(menus, fc.nat(), fc.nat(), manners, (departments, at, place, manner) => {
        const [name] = pick(departments, at);
        expect(chooses(departments.toSpliced(place % (departments.length + 1), 0, manner(name)), name)).toBeNull();
      }),
    );
  });

  test("means what it meant when the hotel opens another department, and when it closes one", () => {
    fc.assert(
      fc.property(menus, names, fc.nat(), fc.nat(), (departments, another, at, place) => {
        const [name, index] = pick(departments, at);
        fc.pre(!departments.some((each) => foldText(each) === foldText(another)));
        const where = place % (departments.length + 1);
        const more = departments.toSpliced(where, 0, another);
        expect(chooses(departments, name)).toEqual(byName(index));
        expect(chooses(more, name)).toEqual(byName(where <= index ? index + 1 : index));
      }),
    );
  });
});

describe("a number typed by a guest who was asked", () => {
  const ways = fc.constantFrom<(n: number) => string>(
    (n) => String(n),
    (n) => ` ${String(n)}. `,
    (n) => `(${String(n)})`,
    (n) => `0${String(n)}`,
    (n) => String(n).replace(/\d/g, "$&\ufe0f\u20e3"),
    (n) => MANNERS["in wide letters"]!(String(n)),
  );

  test("is the department that stands there, also as an emoji, unless one is called by a number", () => {
    fc.assert(
      fc.property(menus, fc.nat(), ways, (departments, at, written) => {
        const [, index] = pick(departments, at);
        expect(chooses(departments, written(index + 1))).toEqual(named(departments, index + 1));
      }),
      { numRuns: 300 },
    );
  });

  test("that the menu does not show names nothing, unless a department is called so", () => {
    const beyond = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_000 }));
    fc.assert(
      fc.property(menus, beyond, ways, (departments, number, written) => {
        fc.pre(number === 0 || number > departments.length);
        expect(chooses(departments, written(number))).toEqual(named(departments, number));
      }),
      { numRuns: 300 },
    );
  });

  test("is the one that the menu shows beside the department, where it shows numbers", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(names, { minLength: 11, maxLength: 14, selector: foldText }),
        fc.nat(),
        (departments, at) => {
          const hotel = hotelOf(departments);
          const options = menuOptions(hotel, "prm_1", VIEW);
          const lines = menuContents(hotel, options, "Which?", VIEW)
            .flatMap(({ text }) => text.split("\n"))
            .slice(1);
          const [line, index] = pick(lines, at);
          expect(lines).toHaveLength(departments.length);
          expect(chooses(departments, line.split(" ")[0]!)).toEqual(named(departments, index + 1));
          expect(chooses(departments, line)).toEqual(byName(index));
          expect(line.endsWith(departments[index]!)).toBe(true);
        },
      ),
    );
  });
});

test("whatever a guest types chooses at most one department, and what reads like no name and no number chooses none", () => {
  const typed = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.nat(20).map(String));
  const answers = fc.oneof(typed, fc.nat());
  fc.assert(
    fc.property(menus, answers, fc.constantFrom(...Object.values(MANNERS)), (departments, answer, manner) => {
      const text = manner(typeof answer === "string" ? answer : pick(departments, answer)[0]);
      const fits = departments.flatMap((name, index) => (foldText(name) === foldText(text) ? [byName(index)] : []));
      const counted = isNumber(text) ? named(departments, Number(digitsOf(text))) : null;
      const choice = chooses(departments, text);
      if (choice !== null) expect([...fits, counted]).toContainEqual(choice);
      else expect(fits).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
