import { describe, expect, test } from "vitest";
import { inLanguage, isLanguage, primaryOf } from "../../src/decide/language.js";
import { menuContents, menuOptions, offersFlow, onlyDepartment, typedChoice } from "../../src/decide/menu.js";
import { MENU_TEXTS, menuTexts } from "../../src/decide/menu-texts.js";
import type { Hotel, HotelMenu, MenuEntry } from "../../src/domain/hotel.js";
import type { MenuOption } from "../../src/domain/prompt.js";
import { grand, HOUR, after, NOON } from "./world.js";

const DEPARTMENTS: Hotel["departments"] = [
  { id: "reception", name: "Reception", names: { it: "Ricevimento" }, description: "Keys" },
  { id: "spa", name: "Spa", hours: { week: ["10:00-12:00"] }, description: "Pool and sauna" },
];
const ENTRIES: readonly MenuEntry[] = [
  { departmentId: "reception", description: "Day and night", descriptions: { it: "Giorno e notte" } },
  { flowId: "towels", label: "Towels", labels: { it: "Asciugamani" }, description: "Brought to the room" },
  { departmentId: "spa", label: "Wellness", labels: { "pt-BR": "Bem-estar" } },
];
const house = (menu?: HotelMenu, more: Partial<Hotel> = {}): Hotel => ({
  ...grand,
  departments: DEPARTMENTS,
  ...(menu !== undefined && { menu }),
  ...more,
});
const view = (language: string | null = null, now = NOON) => ({ language, now });
/** In Rome, an hour before the spa closes. */
const MORNING = after(-2 * HOUR);
const titles = (hotel: Hotel, language: string | null = null, now = NOON) =>
  menuOptions(hotel, "prm_1", view(language, now)).map(({ title }) => title);

describe("a menu", () => {
  test("of a hotel that names no entries offers every department, by its name", () => {
    expect(menuOptions(house(), "prm_1", view())).toEqual([
      { id: "prm_1#1", title: "Reception", departmentId: "reception" },
      { id: "prm_1#2", title: "Spa", departmentId: "spa" },
    ]);
  });

  test("of entries offers those, each by its own label first", () => {
    expect(menuOptions(house({ entries: ENTRIES }), "prm_1", view())).toEqual([
      { id: "prm_1#1", title: "Reception", departmentId: "reception" },
      { id: "prm_1#2", title: "Towels", flowId: "towels" },
      { id: "prm_1#3", title: "Wellness", departmentId: "spa" },
    ]);
  });

  test("is in the guest's language where there is one, else in the hotel's", () => {
    const hotel = house({ entries: ENTRIES });
    expect(titles(hotel, "it")).toEqual(["Ricevimento", "Asciugamani", "Wellness"]);
    expect(titles(hotel, "it-CH")).toEqual(["Ricevimento", "Asciugamani", "Wellness"]);
    expect(titles(hotel, "pt")).toEqual(["Reception", "Towels", "Bem-estar"]);
    expect(titles(hotel, "ja")).toEqual(["Reception", "Towels", "Wellness"]);
  });

  test("speaks the hotel's own words to who speaks its language, whatever stands beside them for that language", () => {
    const departments = [{ id: "reception", name: "Réception", names: { fr: "Accueil", en: "Reception" } }];
    expect(titles(house(undefined, { departments, language: "fr-CH" }), "fr")).toEqual(["Réception"]);
    expect(titles(house(undefined, { departments, language: "fr-CH" }), "en")).toEqual(["Reception"]);
    expect(titles(house(undefined, { departments }), "en-GB"), "English, where none is named").toEqual(["Réception"]);
  });

  test("calls an entry with a label of its own by that, not by its department's name in another language", () => {
    const entries: MenuEntry[] = [{ departmentId: "reception", label: "Front desk" }];
    expect(titles(house({ entries }), "it")).toEqual(["Front desk"]);
  });

  test("names an entry whose department is gone by nothing, and still shows the others", () => {
    expect(titles(house({ entries: [{ departmentId: "golf" }, { departmentId: "spa" }] }))).toEqual(["", "Spa"]);
  });

  test.each<[string, HotelMenu, Date, string[]]>([
    ["hidden by the hotel", { whenClosed: "hidden" }, NOON, ["Reception"]],
    ["hidden by the hotel while it is open", { whenClosed: "hidden" }, MORNING, ["Reception", "Spa"]],
    ["shown, as long as nobody says otherwise", {}, NOON, ["Reception", "Spa"]],
    [
      "hidden by its own entry",
      { entries: [{ departmentId: "reception" }, { departmentId: "spa", whenClosed: "hidden" }] },
      NOON,
      ["Reception"],
    ],
    [
      "shown by its own entry, though the hotel hides the closed",
      {
        whenClosed: "hidden",
        entries: [{ departmentId: "reception" }, { departmentId: "spa", whenClosed: "shown" }],
      },
      NOON,
      ["Reception", "Spa"],
    ],
    [
      "not what a flow is: it has no hours",
      { whenClosed: "hidden", entries: [{ flowId: "towels", label: "Towels" }, { departmentId: "spa" }] },
      NOON,
      ["Towels"],
    ],
    [
      "beside an entry whose hours are over",
      { entries: [{ departmentId: "spa" }, { flowId: "towels", label: "Towels", shown: { week: ["20:00-06:00"] } }] },
      NOON,
      ["Spa"],
    ],
    [
      "shown with all the others where nothing would be left",
      { whenClosed: "hidden", entries: [{ departmentId: "spa" }] },
      NOON,
      ["Spa"],
    ],
  ])("shows a closed department as the hotel wants: %s", (_, menu, now, shown) => {
    expect(titles(house(menu), null, now)).toEqual(shown);
  });
});

describe("what stands below an option", () => {
  const many = (more: Partial<Hotel> = {}): Hotel =>
    house(
      { entries: [...ENTRIES, { departmentId: "bar" }] },
      { departments: [...DEPARTMENTS, { id: "bar", name: "Bar" }], ...more },
    );
  const rows = (hotel: Hotel, language: string | null = null, now = MORNING) => {
    const shown = view(language, now);
    const [content] = menuContents(hotel, menuOptions(hotel, "prm_1", shown), "Which?", shown);
    return content?.type === "list" ? content.rows.map(({ description }) => description ?? null) : [];
  };

  test("is the entry's own description, else the department's, else nothing", () => {
    expect(rows(many())).toEqual(["Day and night", "Brought to the room", "Pool and sauna", null]);
  });

  test("is in the guest's language where the entry has one", () => {
    expect(rows(many(), "it")).toEqual(["Giorno e notte", "Brought to the room", "Pool and sauna", null]);
  });

  test("is when it opens, of one that is closed, in the guest's language", () => {
    expect(rows(many(), null, NOON)[2]).toBe("Closed until Wednesday 10:00 AM");
    expect(rows(many(), "it", NOON)[2]).toBe("Chiuso. Apre: mercoledì 10:00");
  });

  test("is what it is for where no opening is known, or where that would be longer than WhatsApp takes", () => {
    const closedForGood = DEPARTMENTS.with(1, { ...DEPARTMENTS[1]!, hours: { week: [] } });
    const bar = { id: "bar", name: "Bar" };
    expect(rows(many({ departments: [...closedForGood, bar] }), null, NOON)[2]).toBe("Pool and sauna");
    const opens = "Wednesday 10:00 AM";
    const saying = (length: number) =>
      rows(
        many({ texts: { ...grand.texts, menuClosed: `{opens}${"!".repeat(length - opens.length)}` } }),
        null,
        NOON,
      )[2];
    expect(saying(72)).toHaveLength(72);
    expect(saying(73)).toBe("Pool and sauna");
  });

  test("is nothing on buttons, which have no room for it: three options stay buttons", () => {
    const hotel = house({ entries: ENTRIES });
    const [content] = menuContents(hotel, menuOptions(hotel, "prm_1", view()), "Which?", view());
    expect(content).toEqual({
      type: "buttons",
      text: "Which?",
      buttons: [
        { id: "prm_1#1", title: "Reception" },
        { id: "prm_1#2", title: "Towels" },
        { id: "prm_1#3", title: "Wellness" },
      ],
    });
  });

  test("opens with the hotel's word, or the guest's language's", () => {
    const button = (language: string | null) => {
      const hotel = many();
      const [content] = menuContents(hotel, menuOptions(hotel, "prm_1", view(language)), "Which?", view(language));
      return content?.type === "list" && content.button;
    };
    expect([button(null), button("it")]).toEqual(["Departments", "Reparti"]);
  });
});

describe("a guest who answers a menu", () => {
  const hotel = house({ entries: ENTRIES });
  const options = menuOptions(hotel, "prm_1", view());
  const typed = (text: string, of: readonly MenuOption[] = options, by = hotel) =>
    typedChoice({ type: "text", text }, of, by);
  const [reception, towels, spa] = [{ departmentId: "reception" }, { flowId: "towels" }, { departmentId: "spa" }];

  test.each([
    ["Reception", reception],
    ["Ricevimento", reception],
    ["Towels", towels],
    ["Asciugamani", towels],
    ["Wellness", spa],
    ["Bem-estar", spa],
    ["Spa", spa],
  ])("%s means the option that is called so anywhere", (text, chosen) => {
    expect(typed(text)).toEqual({ ...chosen, how: "chose_by_name" });
  });

  test.each([
    ["1", reception],
    ["2", towels],
    ["3", spa],
  ])("%s means the option that stands there", (text, chosen) => {
    expect(typed(text)).toEqual({ ...chosen, how: "chose_by_number" });
  });

  test("and names what is not there chooses nothing", () => {
    expect([typed("4"), typed("towel please"), typed(""), typed("2", [])]).toEqual([null, null, null, null]);
  });

  test("by a tap on another question's option is taken at what it says", () => {
    const tap = (text: string) => typedChoice({ type: "choice", via: "button", id: "prm_9#1", text }, options, hotel);
    expect(tap("Towels")).toEqual({ ...towels, how: "chose_by_name" });
    expect(tap("Yes")).toBeNull();
  });

  test("by a place or a picture without words chooses nothing", () => {
    expect(typedChoice({ type: "location", latitude: 1, longitude: 1, text: "Spa" }, options, hotel)).toBeNull();
    expect(typedChoice({ type: "image", media: { id: "1", mimeType: "image/jpeg" } }, options, hotel)).toBeNull();
  });

  test("by what it was called when it was shown, and by what it is called now", () => {
    const renamed = house({ entries: ENTRIES.with(1, { flowId: "towels", label: "Linen" }) });
    expect(typed("towels", options, renamed)).toEqual({ ...towels, how: "chose_by_name" });
    expect(typed("linen", options, renamed)).toEqual({ ...towels, how: "chose_by_name" });
  });

  test("when the entry and its department are gone still means what it was called", () => {
    const gone = house({ entries: [] }, { departments: [] });
    expect(typed("wellness", options, gone)).toEqual({ ...spa, how: "chose_by_name" });
  });
});

describe("a hotel in which there is nothing to choose", () => {
  const [reception] = DEPARTMENTS;
  const one = (menu?: HotelMenu) => onlyDepartment(house(menu, { departments: [reception!] }));

  test("is one with a single department and no flow in its menu", () => {
    expect(one()).toBe("reception");
    expect(one({ entries: [{ departmentId: "reception" }] })).toBe("reception");
    expect(one({ entries: [{ departmentId: "reception" }, { flowId: "towels", label: "Towels" }] })).toBeNull();
    expect(onlyDepartment(house())).toBeNull();
    expect(onlyDepartment(house(undefined, { departments: [] }))).toBeNull();
  });

  test("offers a flow only where its menu names it", () => {
    const hotel = house({ entries: ENTRIES });
    expect([offersFlow(hotel), offersFlow(hotel, "towels"), offersFlow(hotel, "golf")]).toEqual([true, true, false]);
    expect([offersFlow(house()), offersFlow(house({ entries: [{ departmentId: "spa" }] }))]).toEqual([false, false]);
    expect(offersFlow(house({}))).toBe(false);
  });
});

describe("what a menu says", () => {
  const { menu, menuAgain, menuButton, menuClosed } = grand.texts;
  const own = { menu, menuAgain, menuButton, menuClosed };

  test("is the hotel's own in its language, and where nobody knows the guest's", () => {
    expect([menuTexts(house(), null), menuTexts(house(), "en-GB"), menuTexts(house(), "ja")]).toEqual([own, own, own]);
  });

  test("is the desk's own in a language that it speaks and the hotel does not", () => {
    expect(menuTexts(house(), "it-CH")).toEqual(MENU_TEXTS.it);
    expect(menuTexts(house(undefined, { language: "it" }), "it-CH")).toEqual(own);
  });

  test("is what the hotel says in it, one text by one", () => {
    const texts = { it: { menu: "Benvenuti!" }, en: { menuAgain: "Sorry?" } };
    expect(menuTexts(house({ texts }), "it")).toEqual({ ...MENU_TEXTS.it, menu: "Benvenuti!" });
    expect(menuTexts(house({ texts }), null)).toEqual({ ...own, menuAgain: "Sorry?" });
  });
});

describe("what stands by a language", () => {
  test("is its own country's, else the language's, else another country's, however it is spelt", () => {
    expect(inLanguage({ "pt-PT": 1, pt: 2, "pt-br": 3 }, "pt-BR")).toBe(3);
    expect(inLanguage({ "pt-PT": 1, PT: 2 }, "pt-BR")).toBe(2);
    expect(inLanguage({ it: 0, "PT-pt": 1 }, "pt-BR")).toBe(1);
    expect(inLanguage({ it: 0 }, "pt-BR")).toBeUndefined();
  });

  test("is known by its first part, and only a tag is a language", () => {
    expect([primaryOf("PT-br"), primaryOf("it")]).toEqual(["pt", "it"]);
    expect([isLanguage("pt-BR"), isLanguage("not a tag"), isLanguage("italiano_")]).toEqual([true, false, false]);
  });
});
