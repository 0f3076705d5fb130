import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  answerTo,
  choices,
  keyOf,
  nextPage,
  type ChoiceAnswer,
  type ChoiceOption,
  type ChoiceQuestion,
} from "../../src/decide/choices.js";
import { checkContent } from "../../src/whatsapp/payload-builder.js";
import { anyText } from "../support/strings.js";
import { LANGUAGES, MEANINGS, tap, TITLES } from "./offers.js";

/** An option about one of the 200, shown in one language and understood in the others. */
const optionOf = (meaning: number, id: string, language: string): ChoiceOption => ({
  id,
  title: TITLES[language]![meaning]!,
  labels: Object.fromEntries(LANGUAGES.filter((l) => l !== language).map((l) => [l, TITLES[l]![meaning]!])),
});

const languages = fc.constantFrom(...LANGUAGES);
const sizes = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 200 }));
/** As hosts make them: short, long, odd, or too long for WhatsApp. */
const ids = fc.oneof(
  { weight: 6, arbitrary: fc.string({ minLength: 1, maxLength: 8, unit: "grapheme" }) },
  { weight: 1, arbitrary: fc.string({ minLength: 190, maxLength: 270, unit: "grapheme-ascii" }) },
  { weight: 1, arbitrary: fc.constantFrom("more#2", "_more#2", " spa", "1", "2", "Spa") },
);
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 });

const questions: fc.Arbitrary<ChoiceQuestion> = fc
  .record({
    language: languages,
    size: sizes,
    shuffled: fc.shuffledSubarray(MEANINGS, { minLength: 200, maxLength: 200 }),
    made: fc.uniqueArray(
      ids.filter((id) => id.trim() !== ""),
      { minLength: 200, maxLength: 200, size: "max" },
    ),
    descriptions: sometimes(fc.integer({ min: 1, max: 90 })),
    asked: fc.oneof(
      { weight: 5, arbitrary: fc.constant("How can we help you?") },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 4096 }).map((length) => "?".repeat(length)) },
    ),
    beyond: sometimes(fc.constantFrom("numbers" as const, "pages" as const)),
  })
  .map(({ language, size, shuffled, made, descriptions, asked, beyond }) => ({
    text: asked,
    options: shuffled.slice(0, size).map((meaning, index) => ({
      ...optionOf(meaning, made[index]!, language),
      ...(descriptions !== undefined && { description: "d".repeat(descriptions) }),
    })),
    ...(beyond !== undefined && { beyond }),
  }));

interface Offered {
  /** What a tap on it brings back; null where there is nothing to tap. */
  readonly id: string | null;
  readonly title: string;
  readonly description: string | undefined;
}

/** Everything that a guest is shown, leafing through all pages as a guest does. */
function offered(question: ChoiceQuestion): readonly Offered[] {
  const { shownAs, contents, pages } = choices(question);
  const rows = contents.flatMap((content): readonly Offered[] => {
    if (content.type === "buttons") return content.buttons.map((button) => ({ ...button, description: undefined }));
    if (content.type === "list") return content.rows.map((row) => ({ description: undefined, ...row }));
    const lines = content.text.split("\n").flatMap((line) => /^\d+\. (.*)$/.exec(line)?.[1] ?? []);
    return lines.map((line) => {
      const [title, description] = line.split(" – ");
      return { id: null, title: title!, description };
    });
  });
  if (shownAs !== "page" || (question.page ?? 1) === pages) return rows;
  const next = nextPage(question, tap(rows.at(-1)!.id!));
  expect(next).toBe((question.page ?? 1) + 1);
  return [...rows.slice(0, -1), ...offered({ ...question, page: next! })];
}

const folded = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

test("the words of this test mean one thing each", () => {
  const keys = new Map<string, number>();
  for (const language of LANGUAGES)
    TITLES[language]!.forEach((title, meaning) => {
      const key = keyOf(title);
      expect(keys.get(key) ?? meaning, title).toBe(meaning);
      keys.set(key, meaning);
    });
  expect(new Set(keys.values()).size).toBe(200);
});

describe("one to two hundred options in seven languages (M17, S81)", () => {
  test("are all shown, whole and in order, in messages that WhatsApp takes, and taps bring back their ids", () => {
    fc.assert(
      fc.property(questions, (question) => {
        const { contents, pages } = choices(question);
        for (let page = 1; page <= pages; page++)
          for (const content of choices({ ...question, page }).contents) checkContent(content);
        expect(contents[0]!.text.startsWith(question.text)).toBe(true);
        const shown = offered(question);
        expect(shown.map(({ title, description }) => ({ title, description }))).toEqual(
          question.options.map(({ title, description }) => ({ title, description })),
        );
        shown.forEach(({ id }, index) => {
          const option = question.options[index]!;
          expect(id ?? option.id).toBe(option.id);
          expect(answerTo(question, tap(option.id))).toEqual({ id: option.id, how: "tap" });
        });
      }),
      { numRuns: 300 },
    );
  });

  const digits = (zero: number) => (text: string) =>
    text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
  const circled = (n: number) => (n <= 20 ? String.fromCodePoint(0x245f + n) : String(n));
  const NUMBERS: Readonly<Record<string, (n: number) => string>> = {
    bare: (n) => String(n),
    "with a point": (n) => `${String(n)}.`,
    "with a bracket": (n) => `${String(n)})`,
    "in brackets": (n) => ` (${String(n)}) `,
    "with a nought": (n) => ` ${String(n).padStart(2, "0")} `,
    quoted: (n) => `"${String(n)}"`,
    "with thanks": (n) => `${String(n)} 🙏🏽`,
    "with a flag": (n) => `🇮🇹 ${String(n)} 👨‍👩‍👧`,
    "in bold": (n) => `*${String(n)}*!`,
    "as an ordinal": (n) => `${String(n)}º`,
    "in wide digits": (n) => digits(0xff10)(String(n)) + "．",
    "in Arabic": (n) => `\u200f${digits(0x660)(String(n))}`,
    "in Persian": (n) => digits(0x6f0)(String(n)),
    "in Devanagari": (n) => `${digits(0x966)(String(n))}।`,
    "in Bengali": (n) => digits(0x9e6)(String(n)),
    "as emoji": (n) => String(n).replace(/\d/g, "$&\ufe0f\u20e3"),
    "as the emoji for ten": (n) => (n === 10 ? "🔟" : String(n)),
    "in a circle": circled,
  };
  const LABELS: Readonly<Record<string, (label: string) => string>> = {
    "as it is": (label) => label,
    "in capitals": (label) => label.toUpperCase(),
    "in small letters": (label) => label.toLowerCase(),
    "in wide letters": (label) =>
      label.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0)),
    "with its accents apart": (label) => label.normalize("NFD"),
    "without its accents": (label) => label.normalize("NFD").replace(/[\u0300-\u036f\u064b-\u0655]/g, ""),
    quoted: (label) => `«${label}».`,
    "in bold": (label) => `*${label}*`,
    "with thanks": (label) => `  ${label} 🙏🏽\n`,
    "with two blanks": (label) => label.replaceAll(" ", " \u00a0 "),
  };

  test("are each chosen by number, however it is written", () => {
    fc.assert(
      fc.property(questions, fc.nat(), fc.constantFrom(...Object.values(NUMBERS)), (question, at, written) => {
        const index = at % question.options.length;
        const { id } = question.options[index]!;
        expect(answerTo(question, written(index + 1))).toEqual({ id, how: "number" });
      }),
      { numRuns: 500 },
    );
  });

  test("are each chosen by label in each language, however it is typed, with or without its number", () => {
    fc.assert(
      fc.property(questions, fc.nat(), fc.constantFrom(...Object.values(LABELS)), (question, at, written) => {
        const index = at % question.options.length;
        const { id, title, labels = {} } = question.options[index]!;
        const expected: ChoiceAnswer = { id, how: "label" };
        for (const label of [title, ...Object.values(labels)]) {
          expect(answerTo(question, written(label))).toEqual(expected);
          const asShown = `${String(index + 1)}. ${written(label)}`;
          expect(answerTo(question, { type: "text", text: asShown })).toEqual(expected);
        }
      }),
      { numRuns: 200 },
    );
  });

  /** Titles that begin with numbers, or that are another's title and description. */
  const word = fc.constantFrom("Bed", "Spa", "Pool", "Kinder");
  const alike = fc
    .uniqueArray(
      fc.record({
        title: fc
          .tuple(sometimes(fc.integer({ min: 1, max: 9 })), word, sometimes(word))
          .map((parts) => parts.filter((part) => part !== undefined).join(" ")),
        description: sometimes(word),
      }),
      { minLength: 1, maxLength: 9, selector: ({ title }) => keyOf(title) },
    )
    .map((options) => ({
      text: "Which one?",
      options: options.map(({ title, description }, index) => ({
        id: `o${String(index)}`,
        title,
        ...(description !== undefined && { description }),
      })),
    }));

  test("are each chosen by exactly what they are called, whatever numbers and descriptions would make of others", () => {
    fc.assert(
      fc.property(alike, fc.nat(), fc.constantFrom(...Object.values(LABELS)), (question, at, written) => {
        const { options }: ChoiceQuestion = question;
        const index = at % options.length;
        const { id, title, description = "" } = options[index]!;
        expect(answerTo(question, written(title))).toEqual({ id, how: "label" });
        const isTitle = (typed: string) => options.some((option) => keyOf(option.title) === keyOf(typed));
        const asShown = `${String(index + 1)}. ${title}`;
        if (!isTitle(asShown)) expect(answerTo(question, asShown)).toEqual({ id, how: "label" });
        const whole = `${title} ${description}`;
        const isNumbered = options.some(
          (option, place) => keyOf(`${String(place + 1)} ${option.title}`) === keyOf(whole),
        );
        const isOne = options.every((o) => o.id === id || keyOf(`${o.title} ${o.description ?? ""}`) !== keyOf(whole));
        if (!isTitle(whole) && !isNumbered && isOne) expect(answerTo(question, whole)).toEqual({ id, how: "label" });
      }),
      { numRuns: 1_000 },
    );
  });

  test("are not chosen by what only looks like an answer", () => {
    fc.assert(
      fc.property(questions, fc.nat(), (question, at) => {
        const size = question.options.length;
        const index = at % size;
        const { title } = question.options[index]!;
        const n = String(index + 1);
        const beside = (index + 1) % size;
        const misses = [
          `${title} please`,
          `the ${title}`,
          `not ${title}`,
          // "Taxi, Casa principale" without its end is Portuguese, but for an accent.
          ...(LANGUAGES.some((language) => TITLES[language]!.some((one) => folded(one) === folded(title.slice(0, -1))))
            ? []
            : [title.slice(0, -1)]),
          `${title}${title}`,
          `-${n}`,
          `+${n}`,
          `${n}%`,
          `${n} €`,
          `${n}.5`,
          `${n}:30`,
          `${n} ${n}`,
          `${n}️⃣ ${n}️⃣`,
          `${n}/${n}`,
          `room ${n}`,
          `${n} people`,
          `${n}pm`,
          "0",
          String(size + 1),
          "999",
          "1000",
          "",
          " ",
          "?",
          "👍",
          ...(size > 1 ? [`${String(beside + 1)}. ${title}`] : []),
        ];
        for (const typed of misses) expect([typed, answerTo(question, typed)]).toEqual([typed, null]);
      }),
      { numRuns: 40 },
    );
  });

  test("are chosen one at a time, whatever is typed, and it takes no time to see that nothing is meant", () => {
    fc.assert(
      fc.property(questions, anyText, (question, typed) => {
        const answer = answerTo(question, typed);
        if (answer !== null) expect(question.options.filter(({ id }) => id === answer.id)).toHaveLength(1);
      }),
      { numRuns: 200 },
    );
    const question = { text: "Which?", options: [{ id: "spa", title: "Spa" }] };
    const before = performance.now();
    for (const endless of ["!", "(", "- ", "3", "😀", "\u0301", " ", "a!"])
      expect(answerTo(question, `${endless.repeat(60_000)}x`)).toBeNull();
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
