import { describe, expect, test } from "vitest";
import { answerTo, choices, nextPage, type ChoiceOption, type ChoiceQuestion } from "../../src/decide/choices.js";
import type { MessageContent } from "../../src/domain/content.js";
import { checkContent } from "../../src/whatsapp/payload-builder.js";
import { MEANINGS, tap, TITLES } from "./offers.js";

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
    [10, 4096, "list"],
  ])("%i below a question of %i are %s", (count, length, form) => {
    expect(shownAs(plain(count), { text: "?".repeat(length) })).toEqual([form, 1]);
  });

  test("each form says what it says whole, and nothing that a hotel left out", () => {
    const four = plain(4).map(({ id, title }) => ({ id, title }));
    const text = "Which?";
    expect(choices({ text, options: [{ ...four[0]!, labels: { it: "x" }, description: " " }] })).toEqual({
      shownAs: "buttons",
      contents: [{ type: "buttons", text, buttons: [four[0]] }],
      pages: 1,
    });
    const [first, second, ...others] = four;
    const described = [{ ...first!, description: "below" }, { ...second!, description: " " }, ...others];
    expect(choices({ text, options: described })).toEqual({
      shownAs: "list",
      contents: [{ type: "list", text, button: "Options", rows: [described[0], ...four.slice(1)] }],
      pages: 1,
    });
    expect(choices({ text, options: described, button: "Open" }).contents).toMatchObject([{ button: "Open" }]);
    const numbered = [...described, ...plain(11).slice(4)];
    const lines = numbered.map(({ title }, index) => `${String(index + 1)}. ${title}${index === 0 ? " – below" : ""}`);
    expect(choices({ text, options: numbered })).toEqual({
      shownAs: "numbers",
      contents: [{ type: "text", text: [text, ...lines].join("\n") }],
      pages: 1,
    });
    expect(choices({ text, options: plain(11), beyond: "pages" })).toEqual({
      shownAs: "page",
      contents: [
        {
          type: "list",
          text: "Which?\n(1–9 / 11)",
          button: "Options",
          rows: [...plain(9), { id: "more#2", title: "More" }],
        },
      ],
      pages: 2,
    });
    expect(nextPage({ text, options: plain(11), beyond: "pages" }, "more")).toBe(2);
  });

  test("what is just not too long or too many is taken", () => {
    expect(refusal({ text: "?".repeat(4096), options: plain(200) })).toBeNull();
    expect(refusal({ text: "Which?", options: plain(4), button: "b".repeat(20), more: "m".repeat(24) })).toBeNull();
    expect(refusal({ text: "Which?", options: changed({ title: "t".repeat(4093) }) })).toBeNull();
    expect(refusal({ text: "Which?", options: plain(11), beyond: "pages", page: 2 })).toBeNull();
  });

  test("a refusal says what was given", () => {
    const actual = (question: ChoiceQuestion) => {
      try {
        choices(question);
      } catch (error) {
        return (error as { details: { actual: unknown } }).details.actual;
      }
      return null;
    };
    expect(actual({ text: "Which?", options: [...plain(2), ...plain(2)] })).toBe(2);
    expect(actual({ text: "Which?", options: plain(2), page: 1.5 })).toBe(1.5);
    expect(actual({ text: "Which?", options: plain(2), page: 0 })).toBe(0);
    expect(actual({ text: "Which?", options: plain(2), button: " " })).toBe(1);
    expect(actual({ text: "?".repeat(5_000), options: plain(2) })).toBe(5_000);
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

  test.each([
    ..."3 ３ ٣ ३ ③ ❸ 3️⃣ 3. (3) [3] {3} 3) 3: 3, 3! 3? #3 №3 *3* _3_ ~3~ `3` '3' «3» “3” ¿3? ¡3! 3° 3ª 3º 🙏3🙏 👍🏽3👍🏽 🇮🇹3🇮🇹".split(
      " ",
    ),
    "- 3",
    "– 3",
    "— 3",
    "• 3",
    "· 3",
    "  3\n",
    "\u200e3\u200f",
    "3 . !",
  ])("%j is the third, bare or in its brackets, marks and emoji", (typed) => {
    expect(answerTo(among(["Spa", "Pool", "Bar", "Gym"]), typed)).toEqual({ id: "o3", how: "number" });
  });

  test.each([
    ..."-3 –3 +3 3% 3٪ 3‰ €3 3€ .3 3.0 3,5 3-4 3/4 3rd x3 3x 0 00 5 0003 1000 ½".split(" "),
    "3 beds",
    "room 3",
    "3 3",
  ])("%j is no number of an option", (typed) => {
    expect(answerTo(among(["Spa", "Pool", "Bar", "Gym"]), typed)).toBeNull();
  });

  test("a number in more than a hundred units of anything is none that somebody meant", () => {
    const padded = (length: number) => chosen(among(["Spa", "Pool"]), "2".padEnd(length));
    expect([padded(100), padded(101)]).toEqual(["o2", null]);
  });

  test.each<[string, string]>([
    ["Spa", "spa"],
    ["1. Spa", "spa"],
    ["Spa – Massages", "spa"],
    ["1. Spa – Massages", "spa"],
    ["Benessere", "spa"],
    ["1. benessere", "spa"],
    ["Wellness!", "spa"],
    ["2) Pool", "pool"],
    ["2. Piscina", "pool"],
  ])("%j is the option that is shown or called so, in any language, with its number or without", (typed, id) => {
    const options: readonly ChoiceOption[] = [
      { id: "spa", title: "Spa", description: "Massages", labels: { it: "Benessere", de: "Wellness" } },
      { id: "pool", title: "Pool", labels: { it: "Piscina" } },
    ];
    expect(answerTo({ text: "Which?", options }, typed)).toEqual({ id, how: "label" });
    expect(answerTo({ text: "Which?", options }, { type: "text", text: typed })).toEqual({ id, how: "label" });
  });

  test.each(["", " ", "!", "2. Spa", "1. Pool", "Massages", "Spa, please"])("%j is none", (typed) => {
    const options: readonly ChoiceOption[] = [
      { id: "spa", title: "Spa", description: "Massages" },
      { id: "pool", title: "Pool" },
    ];
    expect(answerTo({ text: "Which?", options }, typed)).toBeNull();
  });

  test("beside an option that is called by a number in another language, others count only where they are shown", () => {
    const options = [
      { id: "one", title: "Single", labels: { it: "2" } },
      { id: "two", title: "Double" },
    ];
    expect([chosen({ text: "Which?", options }, "2"), chosen({ text: "Which?", options }, "1")]).toEqual(["one", null]);
  });

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
    expect(chosen(question, { type: "video", text: "pool", media })).toBe("o2");
    expect(chosen(question, { type: "document", text: "2", media })).toBe("o2");
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
    expect(nextPage(question, "what else is there?")).toBeNull();
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
