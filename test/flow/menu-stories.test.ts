import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { completeHotel, type HotelOptions } from "../../src/config/hotel.js";
import { menuContents, menuOptions, typedChoice } from "../../src/decide/menu.js";
import { MENU_TEXTS } from "../../src/decide/menu-texts.js";
import type { HotelMenu, MenuEntry } from "../../src/domain/hotel.js";
import { defineFlow, keyword, staff } from "../../src/flow/define.js";
import { checkContent } from "../../src/whatsapp/payload-builder.js";
import { stayWith } from "./world.js";

const towels = defineFlow({ id: "towels", version: 1, department: "housekeeping" })
  .ask("room", { text: "Which room?" })
  .handoff("help", { text: "On our way." })
  .build();
const feedback = defineFlow({ id: "feedback", version: 1, triggers: [staff()] })
  .ask("words", { text: "How was it?" })
  .say("thanks", ({ guest }) => `Thank you (${guest.language ?? "?"}).`)
  .build();
const language = defineFlow({ id: "language", version: 1, triggers: [keyword("language")] })
  .choose("speaks", {
    text: "Which language?",
    options: { it: "Italiano", "pt-BR": "Português", ja: "日本語" },
    speaks: true,
  })
  .say("noted", ({ guest }) => `Noted: ${guest.language ?? "?"}`)
  .build();
const flows = [towels, feedback, language];

const grand = (menu: HotelMenu | undefined, more: Partial<HotelOptions> = {}): HotelOptions => ({
  id: "grand",
  timeZone: "Europe/Rome",
  numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
  departments: [
    { id: "reception", name: "Reception", names: { it: "Ricevimento", pt: "Recepção" } },
    { id: "housekeeping", name: "Housekeeping", names: { it: "Pulizie" } },
    { id: "spa", name: "Spa", hours: { week: ["10:00-12:00"] } },
  ],
  ...(menu !== undefined && { menu }),
  ...more,
});
const ENTRIES: readonly MenuEntry[] = [
  { departmentId: "reception" },
  { flowId: "towels", label: "Towels", labels: { it: "Asciugamani", de: "Handtücher" } },
  { departmentId: "spa", label: "Wellness" },
];
const stayAt = (menu: HotelMenu | undefined, more: Partial<HotelOptions> = {}) =>
  stayWith(flows, { hotel: grand(menu, more) });
const lastOf = (guest: { readonly phone: readonly { readonly text: string; readonly options: readonly string[] }[] }) =>
  guest.phone.at(-1);

describe("a menu of departments and flows (S17, S57)", () => {
  test("offers what the hotel lists, in its order, and nothing else", async () => {
    const anna = stayAt({ entries: ENTRIES }).guest();
    await anna.says("hello");
    expect(lastOf(anna)?.options).toEqual(["Reception", "Towels", "Wellness"]);
  });

  test.each(["Towels", "towels!", "2", "2️⃣", "Asciugamani", "HANDTUCHER"])(
    "a guest who answers %j begins the flow, and what they wrote before is in its conversation (T78)",
    async (typed) => {
      const stay = stayAt({ entries: ENTRIES });
      const anna = stay.guest();
      await anna.says("my shower is cold");
      expect(await anna.says(typed)).toEqual(["Which room?"]);
      const { items } = await stay.staff.desk.conversations({ status: "open" });
      expect(items).toMatchObject([{ departmentId: "housekeeping", mode: "flow", lastMessagePreview: "Which room?" }]);
      const { items: messages } = await stay.staff.desk.messages(items[0]!.id);
      expect(messages.map(({ content }) => (content.type === "text" ? content.text : content.type)).at(-1)).toBe(
        "my shower is cold",
      );
      const chose = messages.find(({ direction, flow }) => direction === "inbound" && flow !== null);
      expect(chose?.reasons.map(({ code }) => code)).toEqual([
        /\d/.test(typed) ? "chose_by_number" : "chose_by_name",
        "flow_started",
      ]);
    },
  );

  test("a tap begins it too, also on yesterday's menu, and while a person talks with the guest: they have said what they want", async () => {
    const stay = stayAt({ entries: ENTRIES });
    const anna = stay.guest();
    await anna.says("hello");
    await anna.taps("Reception");
    await stay.staff.replies(anna, "Good evening");
    await anna.waits("20h");
    expect(await anna.says("Towels"), "words are for the person").toEqual([]);
    expect(await anna.taps("Towels")).toEqual(["Which room?"]);
  });

  test("whoever chooses the flow that they are in is asked its question again", async () => {
    const stay = stayAt({ entries: ENTRIES });
    const anna = stay.guest();
    await anna.says("hello");
    await anna.taps("Towels");
    expect(await anna.taps("Towels")).toEqual(["Which room?"]);
    expect(await anna.says("12")).toEqual(["On our way."]);
    expect(await anna.taps("Towels"), "a person has it, and reads that").toEqual([]);
    expect(await anna.run()).toMatchObject({ status: "handedOff", answers: { room: "12" } });
  });

  test("a flow that is gone by then is asked for again, and the guest is told what there is (F35)", async () => {
    const stay = stayAt({ entries: ENTRIES });
    const anna = stay.guest();
    await anna.says("hello");
    await anna.waits("3m");
    await stay.deploy([feedback]);
    expect(await anna.taps("Towels")).toEqual([MENU_TEXTS.en.menuAgain]);
    expect(await anna.says("towels"), "within two minutes none comes again").toEqual([]);
    await anna.waits("3m");
    expect(await anna.says("nothing of it")).toEqual([MENU_TEXTS.en.menuAgain]);
    const { items } = await stay.staff.desk.conversations({ status: "open" });
    expect(items).toMatchObject([{ departmentId: null, mode: "service" }]);
  });

  test("who has finished a flow of the menu gets the menu when they write next", async () => {
    const anna = stayAt({ entries: [...ENTRIES, { flowId: "feedback", label: "Feedback" }] }).guest();
    await anna.says("hello");
    expect(await anna.taps("Feedback")).toEqual(["How was it?"]);
    expect(await anna.says("fine")).toEqual(["Thank you (?)."]);
    await anna.waits("3m");
    expect(await anna.says("and now?")).toEqual([MENU_TEXTS.en.menu]);
  });

  test("a hotel of one department has a menu where there is something to choose, and none where there is not", async () => {
    const [reception] = grand(undefined).departments;
    const departments = [reception!];
    const one = stayAt(
      { entries: [{ departmentId: "reception" }, { flowId: "feedback", label: "Feedback" }] },
      { departments },
    );
    await one.guest().says("hello");
    expect(lastOf(one.guest())?.options).toEqual(["Reception", "Feedback"]);
    const none = stayAt({ entries: [{ departmentId: "reception" }] }, { departments });
    expect(await none.guest().says("hello")).toEqual([]);
  });
});

describe("a menu by business hours (M23)", () => {
  test("shows an entry at its hours, and hides a closed department where the hotel wants that", async () => {
    const entries: readonly MenuEntry[] = [
      { departmentId: "reception" },
      { flowId: "towels", label: "Towels", shown: { week: ["20:00-06:00"] } },
      { departmentId: "spa" },
    ];
    const at = async (start: string, whenClosed: "shown" | "hidden") => {
      const anna = stayWith(flows, { hotel: grand({ entries, whenClosed }), start: new Date(start) }).guest();
      await anna.says("hello");
      return lastOf(anna)?.options;
    };
    expect(await at("2026-11-10T10:00:00Z", "hidden"), "11:00 in Rome").toEqual(["Reception", "Spa"]);
    expect(await at("2026-11-10T12:00:00Z", "hidden")).toEqual(["Reception"]);
    expect(await at("2026-11-10T12:00:00Z", "shown")).toEqual(["Reception", "Spa"]);
    expect(await at("2026-11-10T20:00:00Z", "hidden")).toEqual(["Reception", "Towels"]);
  });

  test("with nothing to show shows everything: nobody is left without a way", async () => {
    const entries: readonly MenuEntry[] = [
      { departmentId: "spa" },
      { flowId: "towels", label: "Towels", shown: { week: [] } },
    ];
    const anna = stayAt({ entries, whenClosed: "hidden" }).guest();
    await anna.says("hello");
    expect(lastOf(anna)?.options).toEqual(["Spa", "Towels"]);
  });

  test("that was sent before counts as it was, whatever the hour", async () => {
    const entries: readonly MenuEntry[] = [
      { flowId: "towels", label: "Towels", shown: { week: ["12:00-13:30"] } },
      { departmentId: "reception" },
      { departmentId: "spa", whenClosed: "hidden" },
    ];
    const anna = stayAt({ entries }).guest();
    await anna.says("hello");
    await anna.waits("2h");
    expect(await anna.says("1")).toEqual(["Which room?"]);
  });
});

describe("a guest whose language is known (N14)", () => {
  test("says in a flow what they speak, and the menu is in it from then on", async () => {
    const stay = stayAt({ entries: ENTRIES });
    const anna = stay.guest();
    expect(await anna.says("language")).toEqual(["Which language?"]);
    const { items } = await stay.staff.desk.conversations();
    const known = async () => (await stay.staff.desk.guest(items[0]?.guest.id ?? "")).language;
    expect(await known(), "staff see it").toBeNull();
    expect(await anna.taps("Italiano"), "at once").toEqual(["Noted: it"]);
    expect(await known()).toBe("it");
    stay.crash();
    expect(await anna.says("buonasera")).toEqual([MENU_TEXTS.it.menu]);
    expect(lastOf(anna)?.options).toEqual(["Ricevimento", "Asciugamani", "Wellness"]);
    await anna.says("language");
    await anna.says("portugues");
    await anna.waits("3m");
    expect(await anna.says("olá")).toEqual([MENU_TEXTS.pt.menuAgain]);
    expect(lastOf(anna)?.options).toEqual(["Recepção", "Towels", "Wellness"]);
  });

  test("gets what the hotel says in it, one text by one, and the hotel's own where the desk does not speak it", async () => {
    const texts = { it: { menu: "Benvenuti al Grand!" }, ja: { menuAgain: "もう一度" } };
    const stay = stayAt({ texts }, { texts: { menu: "Welcome!" } });
    const [anna, yuki] = [stay.guest("Anna"), stay.guest("Yuki")];
    await anna.says("language");
    await anna.taps("Italiano");
    expect(await anna.says("buonasera")).toEqual(["Benvenuti al Grand!"]);
    await anna.waits("3m");
    expect(await anna.says("non so")).toEqual([MENU_TEXTS.it.menuAgain]);
    await yuki.says("language");
    await yuki.taps("日本語");
    expect(await yuki.says("今晩は")).toEqual(["Welcome!"]);
    await yuki.waits("3m");
    expect(await yuki.says("?")).toEqual(["もう一度"]);
  });

  test("of whom nothing is known is spoken to in the hotel's language", async () => {
    expect(await stayAt(undefined, { language: "de-AT" }).guest().says("servus")).toEqual([MENU_TEXTS.de.menu]);
    expect(await stayAt(undefined, { language: "ja" }).guest().says("hello")).toEqual([MENU_TEXTS.en.menu]);
  });
});

describe("a menu that names what there is not", () => {
  test.each([
    ["a department", { entries: [{ departmentId: "golf" }] }, "menu.entries.0.departmentId"],
    ["the same twice", { entries: [{ departmentId: "spa" }, { departmentId: "spa" }] }, "menu.entries.1.departmentId"],
    [
      "two by one name",
      { entries: [{ departmentId: "spa" }, { flowId: "towels", label: "SPA!" }] },
      "menu.entries.1.label",
    ],
    [
      "two by one name, in one language or another",
      { entries: [{ departmentId: "housekeeping" }, { flowId: "towels", label: "Towels", labels: { de: "Pulizie" } }] },
      "menu.entries.1.label",
    ],
    ["nothing at all", { entries: [] }, "menu.entries"],
    ["a flow without a label", { entries: [{ flowId: "towels" }] }, "menu.entries.0"],
    ["a language that is none", { texts: { "not a tag": { menu: "?" } } }, "menu.texts"],
  ])("is refused when it is read: %s", (_, menu, path) => {
    let found: unknown;
    try {
      completeHotel(grand(menu as HotelMenu));
    } catch (error) {
      found = error;
    }
    expect(found).toMatchObject({ code: "config_invalid", details: { issues: [expect.objectContaining({ path })] } });
  });
});

test("law: whatever a menu shows can be chosen by its number, and by all that it is called, in any language and manner", () => {
  const word = fc.string({ unit: fc.constantFrom(...Array.from("abcdefghàéößñç ")), minLength: 1, maxLength: 28 });
  const name = word.filter((text) => /\p{L}/u.test(text.trim()));
  const tag = fc.constantFrom("it", "pt-BR", "de", "ja");
  const entry = fc.record({
    label: name,
    labels: fc.dictionary(tag, name, { maxKeys: 3 }),
    isFlow: fc.boolean(),
    shown: fc.option(fc.constantFrom({ week: ["08:00-12:00"] }, { week: ["20:00-06:00"] }, { week: [] })),
  });
  const menu = fc.array(entry, { minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(menu, fc.option(tag), fc.nat(47), fc.nat(), (drafts, language, halfHour, at) => {
      const entries = drafts.map(({ label, labels, isFlow, shown }, index) => ({
        ...(isFlow ? { flowId: `f${String(index)}` } : { departmentId: `d${String(index)}` }),
        label,
        labels,
        ...(shown !== null && { shown }),
      })) as unknown as readonly MenuEntry[];
      const departments = drafts.map((_, index) => ({ id: `d${String(index)}`, name: `Department ${String(index)}` }));
      let hotel;
      try {
        hotel = completeHotel(grand({ entries }, { departments }));
      } catch {
        return; // Two are called alike: nobody could tell them apart.
      }
      const now = new Date(Date.UTC(2026, 10, 10, 0, halfHour * 30));
      const view = { language, now };
      const options = menuOptions(hotel, "prm_1", view);
      expect(options.length).toBeGreaterThan(0);
      for (const content of menuContents(hotel, options, "Which?", view)) checkContent(content);
      const [option, index] = [options[at % options.length]!, at % options.length];
      const own = entries.find((one) =>
        "flowId" in one ? one.flowId === option.flowId : one.departmentId === option.departmentId,
      );
      const { how: _, ...wanted } = typedChoice({ type: "text", text: option.title }, options, hotel) ?? { how: null };
      expect(wanted).toEqual(
        option.flowId === undefined ? { departmentId: option.departmentId } : { flowId: option.flowId },
      );
      for (const called of [own?.label ?? "", ...Object.values(own?.labels ?? {}), `${String(index + 1)}.`])
        expect(
          typedChoice({ type: "text", text: called.toUpperCase().replaceAll("SS", "ß") }, options, hotel),
        ).toMatchObject(wanted);
    }),
    { numRuns: 300 },
  );
});
