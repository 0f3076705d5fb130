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
import type { MessageContent } from "../../src/domain/content.js";
import { checkContent } from "../../src/whatsapp/payload-builder.js";
import { anyText } from "../support/strings.js";

/** What a hotel offers, and where, as its guests read it: each line is one language, and each place in a line one meaning. */
const OFFERS: Readonly<Record<string, string>> = {
  en: "Reception|Housekeeping|Restaurant|Maintenance|Spa|Towels|Breakfast|Laundry|Parking|Luggage|Wake-up call|Pharmacy|Taxi|Minibar|Pillows|Wi-Fi|Safe|Key card|Heating|Bill",
  it: "Ricevimento|Pulizie|Ristorante|Manutenzione|Centro benessere|Asciugamani|Colazione|Lavanderia|Parcheggio|Bagagli|Sveglia|Farmacia|Taxi|Frigobar|Cuscini|Rete Wi-Fi|Cassaforte|Chiave|Riscaldamento|Conto",
  pt: "Recepção|Governança|Restaurante|Manutenção|Spa|Toalhas|Café da manhã|Lavanderia|Estacionamento|Bagagem|Despertador|Farmácia|Táxi|Frigobar|Travesseiros|Wi-Fi|Cofre|Chave|Aquecimento|Conta",
  ar: "الاستقبال|التدبير الفندقي|المطعم|الصيانة|السبا|المناشف|الإفطار|المغسلة|موقف السيارات|الأمتعة|مكالمة الإيقاظ|الصيدلية|سيارة أجرة|الميني بار|الوسائد|الواي فاي|الخزنة|المفتاح|التدفئة|الفاتورة",
  hi: "रिसेप्शन|हाउसकीपिंग|रेस्तराँ|मरम्मत|स्पा|तौलिये|नाश्ता|लॉन्ड्री|पार्किंग|सामान|जगाने की कॉल|दवाखाना|टैक्सी|मिनीबार|तकिये|वाई-फ़ाई|तिजोरी|चाबी|हीटिंग|बिल",
  zh: "前台|客房服务|餐厅|维修|水疗|毛巾|早餐|洗衣|停车场|行李|叫醒服务|药房|出租车|迷你吧|枕头|无线网络|保险箱|房卡|暖气|账单",
  ja: "フロント|ハウスキーピング|レストラン|メンテナンス|スパ|タオル|朝食|ランドリー|駐車場|荷物|モーニングコール|薬局|タクシー|ミニバー|枕|ワイファイ|金庫|カードキー|暖房|会計",
};
const PLACES: Readonly<Record<string, string>> = {
  en: "|Main house|Garden|Pool|Beach|Tower|Old wing|Lake|Villa|Annex",
  it: "|Casa principale|Giardino|Piscina|Spiaggia|Torre|Ala antica|Lago|Villa|Dipendenza",
  pt: "|Casa principal|Jardim|Piscina|Praia|Torre|Ala antiga|Lago|Vila|Anexo",
  ar: "|المبنى الرئيسي|الحديقة|المسبح|الشاطئ|البرج|الجناح القديم|البحيرة|الفيلا|الملحق",
  hi: "|मुख्य भवन|बगीचा|पूल|समुद्र तट|टावर|पुराना खंड|झील|विला|उपभवन",
  zh: "|主楼|花园|泳池|海滩|塔楼|旧翼|湖边|别墅|附楼",
  ja: "|本館|庭園|プール|ビーチ|タワー|旧館|湖畔|ヴィラ|別館",
};
const LANGUAGES = Object.keys(OFFERS);
const parts = (table: Readonly<Record<string, string>>, language: string) => table[language]!.split("|");
/** All 200, in one language: every offer at every place. */
const titlesIn = (language: string): readonly string[] =>
  parts(PLACES, language).flatMap((place) =>
    parts(OFFERS, language).map((offer) => (place === "" ? offer : `${offer}, ${place}`)),
  );
const TITLES = Object.fromEntries(LANGUAGES.map((language) => [language, titlesIn(language)]));
const MEANINGS = Array.from({ length: 200 }, (_, index) => index);

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

const tap = (id: string, via: "button" | "list" = "list"): MessageContent => ({ type: "choice", via, id, text: "x" });

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

const plain = (count: number): readonly ChoiceOption[] =>
  MEANINGS.slice(0, count).map((meaning) => ({ id: `o${String(meaning)}`, title: TITLES["zh"]![meaning]! }));
const shownAs = (options: readonly ChoiceOption[], extra: Partial<ChoiceQuestion> = {}) => {
  const { shownAs: form, contents } = choices({ text: "Which?", options, ...extra });
  return [form, contents.length];
};
const refusal = (question: ChoiceQuestion): unknown => {
  try {
    choices(question);
  } catch (error) {
    const { code, details } = error as { code: string; details: { field: string; limit: unknown } };
    return [code, details.field, details.limit];
  }
  return null;
};

describe("how options are shown (S81)", () => {
  test.each([
    [1, "buttons", "buttons"],
    [3, "buttons", "buttons"],
    [4, "list", "list"],
    [10, "list", "list"],
    [11, "numbers", "page"],
    [50, "numbers", "page"],
  ])("%i are %s, or %s for a hotel that likes pages better", (count, form, paged) => {
    expect(shownAs(plain(count))).toEqual([form, 1]);
    expect(shownAs(plain(count), { beyond: "pages" })).toEqual([paged, 1]);
  });

  const titled = (length: number, count = 2): readonly ChoiceOption[] =>
    plain(count).map((option, index) => ({ ...option, title: String.fromCharCode(97 + index).repeat(length) }));
  const changed = (change: Partial<ChoiceOption>, count = 2): readonly ChoiceOption[] =>
    plain(count).map((option, index) => (index === 1 ? { ...option, ...change } : option));
  test.each<[string, string, readonly ChoiceOption[]]>([
    ["titles of 20", "buttons", titled(20)],
    ["titles of 21", "list", titled(21)],
    ["titles of 24", "list", titled(24)],
    ["titles of 25", "numbers", titled(25)],
    ["one title among many that is too long", "numbers", changed({ title: "t".repeat(25) }, 8)],
    ["an id of 256", "buttons", changed({ id: "i".repeat(256) })],
    ["an id of 257", "numbers", changed({ id: "i".repeat(257) })],
    ["rows with an id of 200", "list", changed({ id: "i".repeat(200) }, 4)],
    ["rows with an id of 201", "numbers", changed({ id: "i".repeat(201) }, 4)],
    ["an id with a blank at its end", "numbers", changed({ id: "spa " })],
    ["a description", "list", changed({ description: "Massages" })],
    ["a blank description", "buttons", changed({ description: " " })],
    ["a description of 72", "list", changed({ description: "d".repeat(72) })],
    ["a description of 73", "numbers", changed({ description: "d".repeat(73) })],
    ["a description in two lines", "numbers", changed({ description: "Massages\nBaths" })],
    ["markup in a title", "list", changed({ title: "*Spa*" })],
    ["a title in two lines", "numbers", changed({ title: "Spa\nBaths" })],
    ["two options called alike", "numbers", changed({ title: TITLES["zh"]![0]! })],
    ["two options called nearly alike", "numbers", changed({ title: `${TITLES["zh"]![0]!}!` })],
    ["two options called alike and described unlike", "list", changed({ title: TITLES["zh"]![0]!, description: "2" })],
  ])("%s make %s", (_, form, options) => {
    expect(shownAs(options)).toEqual([form, 1]);
    for (const content of choices({ text: "Which?", options }).contents) checkContent(content);
  });

  test.each([
    [1, 1024, "buttons"],
    [1, 1025, "list"],
    [4, 4096, "list"],
  ])("%i below a question of %i are %s", (count, length, form) => {
    expect(shownAs(plain(count), { text: "?".repeat(length) })).toEqual([form, 1]);
  });

  test("numbers that are too many for one text go on in another, between two options", () => {
    const options = plain(200).map((option, index) => ({ ...option, title: `${"t".repeat(90)} ${String(index)}` }));
    const { contents } = choices({ text: "Which?", options });
    expect(contents.length).toBeGreaterThan(4);
    for (const content of contents.slice(0, -1)) expect(content.text.length).toBeGreaterThan(4096 - 110);
    const lines = contents.flatMap(({ text }) => text.split("\n"));
    expect(lines).toEqual(["Which?", ...options.map(({ title }, index) => `${String(index + 1)}. ${title}`)]);
  });

  test("a question that leaves no room for an option stands alone", () => {
    const { contents } = choices({ text: "?".repeat(4096), options: plain(11) });
    expect(contents.map(({ text }) => text.length)).toEqual([4096, expect.any(Number)]);
  });

  test.each<[string, ChoiceQuestion, readonly unknown[]]>([
    ["no options", { text: "Which?", options: [] }, ["options", 200]],
    ["201 options", { text: "Which?", options: [...plain(200), { id: "x", title: "x" }] }, ["options", 200]],
    ["no question", { text: " \n", options: plain(2) }, ["text", 4096]],
    ["a question of 4097", { text: "?".repeat(4097), options: plain(2) }, ["text", 4096]],
    ["an empty title", { text: "Which?", options: changed({ title: " " }) }, ["option.title", "not empty"]],
    ["an empty id", { text: "Which?", options: changed({ id: "" }) }, ["option.id", "not empty"]],
    ["one id twice", { text: "Which?", options: changed({ id: "o0" }) }, ["option.id", "unique"]],
    ["an empty label", { text: "Which?", options: changed({ labels: { it: "" } }) }, ["option.labels", "not empty"]],
    ["a title of 4096", { text: "Which?", options: changed({ title: "t".repeat(4096) }) }, ["option", 4096]],
    ["a button of 21", { text: "Which?", options: plain(4), button: "b".repeat(21) }, ["button", 20]],
    ["a last row of 25", { text: "Which?", options: plain(4), more: "m".repeat(25) }, ["more", 24]],
    ["a button in two lines", { text: "Which?", options: plain(4), button: "a\nb" }, ["button", 20]],
    ["a last row in two lines", { text: "Which?", options: plain(4), more: "a\nb" }, ["more", 24]],
    ["page 2 of 1", { text: "Which?", options: plain(4), page: 2 }, ["page", 1]],
    ["page 3 of 2", { text: "Which?", options: plain(11), beyond: "pages", page: 3 }, ["page", 2]],
  ])("%s is refused", (_, question, [field, limit]) => {
    expect(refusal(question)).toEqual(["payload_invalid", field, limit]);
  });
});

describe("what an answer means", () => {
  const among = (titles: readonly string[], extra: Partial<ChoiceQuestion> = {}): ChoiceQuestion => ({
    text: "Which?",
    options: titles.map((title, index) => ({ id: `o${String(index + 1)}`, title })),
    ...extra,
  });
  const chosen = (question: ChoiceQuestion, typed: MessageContent | string) => answerTo(question, typed)?.id ?? null;

  test("a number that an option is called by is that option, wherever it stands", () => {
    const rooms = among(["101", "12", "3"]);
    expect(chosen(rooms, "12")).toBe("o2");
    expect(chosen(rooms, "３.")).toBe("o3");
  });

  test("beside such an option, another number counts only where the guest sees numbers", () => {
    const guests = ["2", "3", "4", "More than 4"];
    expect(chosen(among(guests), "1")).toBeNull();
    expect(chosen(among(guests), "3")).toBe("o2");
    const long = among([...guests, "We are a group of travellers"]);
    expect(choices(long).shownAs).toBe("numbers");
    expect(chosen(long, "1")).toBe("o1");
    expect(chosen(long, "5")).toBe("o5");
  });

  test("what two options are called is neither, unless the number stands with it", () => {
    const beds = among(["Extra bed", "EXTRA BED", "Cot"]);
    expect(chosen(beds, "extra bed")).toBeNull();
    expect(chosen(beds, "2. extra bed")).toBe("o2");
    expect(chosen(beds, "3. extra bed")).toBeNull();
    expect(chosen(beds, "cot")).toBe("o3");
  });

  test("a title as it stands counts before a number and another title, and that before a title and its description", () => {
    expect(chosen(among(["Kinder", "1 Kinder"]), "1 Kinder")).toBe("o2");
    expect(chosen(among(["1 bed", "bed", "2 bed"]), "2 bed")).toBe("o3");
    expect(chosen(among(["bed", "2 beds"]), "1. bed")).toBe("o1");
    const options = [
      { id: "spa", title: "Spa", description: "Pool" },
      { id: "both", title: "Spa Pool" },
      { id: "pool", title: "2", description: "Spa" },
    ];
    expect(chosen({ text: "Which?", options }, "spa pool")).toBe("both");
    expect(chosen({ text: "Which?", options }, "1. spa pool")).toBe("spa");
    const labels = [
      { id: "child", title: "Child", labels: { de: "Kinder" } },
      { id: "one", title: "One child", labels: { de: "1 Kinder" } },
    ];
    expect(chosen({ text: "Which?", options: labels }, "1 Kinder")).toBe("one");
  });

  test("the title that is shown counts before what another option is called in another language", () => {
    const options = [
      { id: "room", title: "Room", labels: { it: "Camera" } },
      { id: "cctv", title: "Camera", labels: { it: "Telecamera" } },
      { id: "bar", title: "Bar", labels: { it: "Caffè" } },
      { id: "coffee", title: "Coffee", labels: { it: "Caffe" } },
    ];
    expect(chosen({ text: "Which?", options }, "camera")).toBe("cctv");
    expect(chosen({ text: "Which?", options }, "telecamera")).toBe("cctv");
    expect(chosen({ text: "Which?", options }, "caffè")).toBeNull();
  });

  test("marks that are letters make another word, those that are left out do not", () => {
    const words = among(["कमल", "काम", "ガラス", "カラス", "مدرسة", "Smørrebrød"]);
    expect(chosen(words, "कमल")).toBe("o1");
    expect(chosen(words, "काम")).toBe("o2");
    expect(chosen(words, "कम")).toBeNull();
    expect(chosen(words, "ｶﾞﾗｽ")).toBe("o3");
    expect(chosen(words, "カラス")).toBe("o4");
    expect(chosen(words, "مَدرسه")).toBe("o5");
    expect(chosen(words, "smorrebrod")).toBe("o6");
  });

  test("a label of nothing but emoji is chosen by it", () => {
    const faces = among(["👍", "👎", "❤️"]);
    expect(chosen(faces, "👎 ")).toBe("o2");
    expect(chosen(faces, "❤")).toBe("o3");
    expect(chosen(faces, "🙏")).toBeNull();
    expect(answerTo(faces, "2")).toEqual({ id: "o2", how: "number" });
  });

  test("two emoji digits are one number, two numbers in circles are two", () => {
    const many = among(TITLES["en"]!.slice(0, 20));
    expect(chosen(many, "1️⃣2️⃣")).toBe("o12");
    expect(chosen(many, "⑫")).toBe("o12");
    expect(chosen(many, "①②")).toBeNull();
    expect(chosen(many, "🔟")).toBe("o10");
    expect(chosen(many, "🔟🔟")).toBeNull();
    expect(chosen(many, "❸")).toBe("o3");
    expect(chosen(many, "½")).toBeNull();
  });

  test("the line that is shown is the option that stands in it", () => {
    const options = plain(4).map((option) => ({ ...option, description: "below the title\nin two lines" }));
    const { contents } = choices({ text: "Which?", options });
    const whole = contents[0]!.text.split("\n").slice(1, 3).join("\n");
    expect(chosen({ text: "Which?", options }, whole)).toBe("o0");
  });

  test("a tap on another question's option answers nothing, whatever it says", () => {
    const question = among(["Yes", "No"]);
    expect(answerTo(question, { type: "choice", via: "button", id: "other", text: "Yes" })).toBeNull();
    expect(answerTo(question, { type: "choice", via: "templateButton", id: "o2", text: "Yes" })).toEqual({
      id: "o2",
      how: "tap",
    });
  });

  test("a caption answers; a place, a card and a file's name do not", () => {
    const question = among(["Spa", "Pool"]);
    const media = { id: "1", mimeType: "image/jpeg" };
    expect(chosen(question, { type: "image", text: "spa", media })).toBe("o1");
    expect(chosen(question, { type: "image", media })).toBeNull();
    expect(chosen(question, { type: "document", fileName: "Spa", media })).toBeNull();
    expect(chosen(question, { type: "location", latitude: 0, longitude: 0, text: "Spa" })).toBeNull();
    const cards = [{ name: "Spa", isOwn: false, phones: [], emails: [] }];
    expect(chosen(question, { type: "contacts", cards })).toBeNull();
  });
});

describe("a list of several pages", () => {
  const question: ChoiceQuestion = { text: "Which?", options: plain(20), beyond: "pages", more: "Weiter" };

  test("says where it is, and its last row leads on, by a tap of whenever or by its label", () => {
    const texts = [1, 2, 3].map((page) => choices({ ...question, page }).contents[0]!.text);
    expect(texts).toEqual(["Which?\n(1–9 / 20)", "Which?\n(10–18 / 20)", "Which?\n(19–20 / 20)"]);
    expect(nextPage(question, tap("more#3"))).toBe(3);
    expect(nextPage({ ...question, page: 3 }, tap("more#2"))).toBe(2);
    expect(nextPage({ ...question, page: 2 }, "weiter!")).toBe(3);
    expect(nextPage({ ...question, page: 3 }, "weiter")).toBeNull();
    expect(nextPage(question, tap("more#4"))).toBeNull();
    expect(nextPage(question, tap("o3"))).toBeNull();
    expect(answerTo(question, tap("more#2"))).toBeNull();
  });

  test("has no last row on its last page, which holds ten", () => {
    expect(choices({ ...question, options: plain(19) }).pages).toBe(2);
    expect(choices({ ...question, options: plain(19), page: 2 }).contents[0]).toMatchObject({ rows: { length: 10 } });
  });

  test("is leafed through beside an option that is called or identified like the last row", () => {
    const options = plain(12).map((option, index) => (index === 0 ? { id: "more#2", title: "Weiter" } : option));
    const alike = { ...question, options };
    expect(answerTo(alike, tap("more#2"))?.id).toBe("more#2");
    expect(answerTo(alike, "weiter")?.id).toBe("more#2");
    expect(nextPage(alike, "weiter")).toBeNull();
    expect(nextPage(alike, tap("more#2"))).toBeNull();
    expect(nextPage(alike, tap("_more#2"))).toBe(2);
  });

  test("is a thing of more than ten options that fit, below a question that leaves room for where it is", () => {
    const room = "\n(20–20 / 20)".length;
    expect(shownAs(plain(20), { beyond: "pages", text: "?".repeat(4096 - room) })[0]).toBe("page");
    expect(shownAs(plain(20), { beyond: "pages", text: "?".repeat(4097 - room) })[0]).toBe("numbers");
    expect(nextPage({ ...question, options: plain(10) }, tap("more#2"))).toBeNull();
    expect(shownAs([...plain(11), { id: "x", title: "t".repeat(25) }], { beyond: "pages" })).toEqual(["numbers", 1]);
  });
});
