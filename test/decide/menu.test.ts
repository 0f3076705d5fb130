import { describe, expect, test } from "vitest";
import { staticHotels } from "../../src/config/hotel.js";
import type { Department, Hotel } from "../../src/domain/hotel.js";
import { ConversationError, type HotelOptions } from "../../src/index.js";
import { checkContent } from "../../src/whatsapp/payload-builder.js";
import { grand, MINUTE, reasonsOf, SECOND, Story } from "./world.js";

const DEPARTMENTS: readonly Department[] = [
  { id: "reception", name: "Reception", names: { it: "Ricevimento", "pt-BR": "Recepção", ja: "フロント" } },
  { id: "housekeeping", name: "Housekeeping", names: { it: "Pulizie", hi: "हाउसकीपिंग", ar: "خدمة الغرف" } },
  { id: "restaurant", name: "Café Élysée", names: { it: "Ristorante", ja: "レストラン" } },
];
const hotel: Hotel = { ...grand, departments: DEPARTMENTS };

/** A guest who was asked for a department, by a hotel as it was then. */
const asked = (by: Hotel = hotel): Story => {
  const story = new Story(undefined, by);
  story.hears("my room is cold");
  return story.waits(10 * SECOND);
};
const floors = (count: number, description?: string): Hotel => ({
  ...grand,
  departments: Array.from({ length: count }, (_, index) => ({
    id: `floor_${String(index + 1)}`,
    name: `Floor ${String(index + 101)}`,
    ...(description !== undefined && { description }),
  })),
});
const menuOf = (story: Story) => story.changes[0]!.messages.slice(1);

describe("a guest who was asked for a department and types", () => {
  test.each([
    ["３", "restaurant", "chose_by_number"],
    ["②", "housekeeping", "chose_by_number"],
    ["٢", "housekeeping", "chose_by_number"],
    ["२।", "housekeeping", "chose_by_number"],
    ["❶", "reception", "chose_by_number"],
    ["2 🙏", "housekeeping", "chose_by_number"],
    ["Pulizie", "housekeeping", "chose_by_name"],
    ["  PULIZIE!!", "housekeeping", "chose_by_name"],
    ["2. pulizie", "housekeeping", "chose_by_name"],
    ["2. Housekeeping", "housekeeping", "chose_by_name"],
    ["recepcao", "reception", "chose_by_name"],
    ["हाउसकीपिंग", "housekeeping", "chose_by_name"],
    ["خدمه الغرف", "housekeeping", "chose_by_name"],
    ["ﾌﾛﾝﾄ", "reception", "chose_by_name"],
  ])("%j reaches that department, in whatever language they know it (M17)", (typed, department, reason) => {
    const story = asked();
    expect(reasonsOf(story.hears(typed))).toEqual([reason]);
    expect(story.open(department)).toMatchObject({ id: "con_w1", lastMessagePreview: "my room is cold" });
  });

  test.each(["Pulizie, per favore", "3. Pulizie", "-2", "2%", "2:30", "room 2", "④", "४", "हाउसकपग", "it", "now"])(
    "%j is kept and asked about later: it names no department, or not surely",
    (typed) => {
      const story = asked();
      expect(reasonsOf(story.hears(typed))).toEqual(["no_department_yet", "menu_withheld"]);
      expect(story.open(null).lastSeq).toBe(3);
    },
  );

  test("a name reaches the department that the menu showed by it, and the one that is called so now", () => {
    const renamed = { ...hotel, departments: DEPARTMENTS.with(1, { id: "housekeeping", name: "Room care" }) };
    for (const typed of ["Housekeeping", "room care"]) {
      const story = asked();
      story.hotel = renamed;
      expect(reasonsOf(story.hears(typed))).toEqual(["chose_by_name"]);
      expect(story.open("housekeeping").id).toBe("con_w1");
    }
  });

  test("a name means what the menu showed when two departments have swapped theirs", () => {
    const [first, second, third] = DEPARTMENTS as [Department, Department, Department];
    const story = asked();
    story.hotel = { ...hotel, departments: [{ ...first, name: second.name }, { ...second, name: first.name }, third] };
    story.hears("reception");
    expect(story.open("reception").id).toBe("con_w1");
  });

  test("a tap on an option of nowhere counts for what it says", () => {
    const story = asked();
    const change = story.hears({ type: "choice", via: "button", id: "prm_other#1", text: "Pulizie" });
    expect(reasonsOf(change)).toEqual(["unknown_option", "chose_by_name"]);
    expect(story.open("housekeeping").id).toBe("con_w1");
  });
});

describe("a menu of more departments than a list holds", () => {
  test("is a text with a number for each, all seen at once, with what each is for", () => {
    const story = asked(floors(11, "Keys & towels"));
    const [menu] = menuOf(story);
    expect(menuOf(story)).toHaveLength(1);
    expect(menu?.content).toMatchObject({ type: "text" });
    expect((menu!.content as { text: string }).text.split("\n").slice(0, 3)).toEqual([
      "Which department?",
      "1. Floor 101 – Keys & towels",
      "2. Floor 102 – Keys & towels",
    ]);
    story.hears("11️⃣");
    expect(story.open("floor_11").id).toBe("con_w1");
  });

  test("goes on in a second text when one is too short, and the guest answers any of it (S81)", () => {
    const story = asked(floors(60, "The floor's own desk: keys, towels, pillows, light, heating and water"));
    const [change] = story.changes;
    const menu = menuOf(story);
    expect(menu.map(({ id, seq, status }) => [id, seq, status])).toEqual([
      ["msg_w1_menu", 2, "queued"],
      ["msg_w1_menu_2", 3, "queued"],
    ]);
    for (const { content } of menu) checkContent(content as { type: "text"; text: string });
    expect(change?.work.map(({ id }) => id)).toEqual(["snd_msg_w1_menu", "snd_msg_w1_menu_2"]);
    const queued = change?.events.flatMap(({ body }) => (body.type === "message.queued" ? [body.messageId] : []));
    expect(queued).toEqual(["msg_w1_menu", "msg_w1_menu_2"]);
    expect(story.open(null)).toMatchObject({ lastSeq: 3, lastMessagePreview: "my room is cold" });
    expect(story.state.prompts).toMatchObject([{ messageId: "msg_w1_menu", options: { length: 60 } }]);

    expect(reasonsOf(story.hears("60"))).toEqual(["chose_by_number"]);
    expect(story.open("floor_60").lastSeq).toBe(4);
  });

  test("is asked again whole, and numbered as before", () => {
    const story = asked(floors(60, "d".repeat(72)));
    const change = story.waits(2 * MINUTE).hears("hello?");
    expect(change.messages.map(({ id, seq }) => [id, seq])).toEqual([
      ["msg_w2", 4],
      ["msg_w2_menu", 5],
      ["msg_w2_menu_2", 6],
    ]);
    story.hears("floor 137");
    expect(story.open("floor_37").id).toBe("con_w1");
  });
});

test("up to three departments are buttons, which have no room for descriptions; more are rows, which have (S81)", () => {
  const three = floors(3, "Keys");
  expect(menuOf(asked(three))[0]?.content).toMatchObject({ type: "buttons", buttons: { length: 3 } });
  const content = menuOf(asked(floors(10, "Keys")))[0]?.content;
  expect(content).toMatchObject({ type: "list", button: "Departments", rows: { length: 10 } });
  expect(content).toMatchObject({ rows: { 9: { id: "prm_w1#10", title: "Floor 110", description: "Keys" } } });
});

test("a list whose button WhatsApp would refuse becomes numbers", () => {
  for (const menuButton of ["b".repeat(21), " ", "two\nlines"]) {
    const story = asked({ ...floors(4), texts: { ...grand.texts, menuButton } });
    expect(menuOf(story)[0]?.content).toMatchObject({ type: "text" });
  }
});

test("a guest's message is kept whatever the host's own tables call the departments", () => {
  const names = ["", " ", "n".repeat(25), "n".repeat(25), "two\nlines", "n".repeat(5_000)];
  for (const departments of [
    names.map((name, index) => ({ id: `d${String(index)}`, name })),
    floors(250).departments,
  ]) {
    const story = asked({ ...grand, departments, texts: { ...grand.texts, menuButton: "b".repeat(30) } });
    expect(menuOf(story).every(({ content }) => content.type === "text")).toBe(true);
    story.hears("2");
    expect(story.open(departments[1]!.id).id).toBe("con_w1");
  }
});

describe("a hotel's departments", () => {
  const issuesOf = (departments: unknown): unknown => {
    const timeZone = "Europe/Rome";
    const options = { id: "grand", timeZone, numbers: grand.numbers, departments } as unknown as HotelOptions;
    try {
      staticHotels([options]);
    } catch (error) {
      const issues = ConversationError.is(error)
        ? (error.details["issues"] as { path: string; message: string }[])
        : [];
      return issues.map(({ path, message }) => [path, message.split(",")[0]]);
    }
    return null;
  };
  const bar = { id: "bar", name: "Bar", names: { it: "Bar", fr: "Bar" } };

  test("may be called the same in several languages, and reach the desk with all their names", async () => {
    expect(issuesOf([bar, { id: "pool", name: "Pool", names: { it: "Piscina", "pt-BR": "Piscina" } }])).toBeNull();
    const hotels = staticHotels([{ id: "grand", timeZone: "Europe/Rome", numbers: grand.numbers, departments: [bar] }]);
    expect((await hotels.byId("grand"))?.departments).toEqual([bar]);
  });

  test.each<[string, object]>([
    ["one name", { name: "Bar" }],
    ["names that are typed alike", { name: "BÁR!" }],
    ["one name in two languages", { name: "Lounge", names: { de: "bar" } }],
    ["one name in one language", { name: "Lounge", names: { it: "Bár" } }],
  ])("may not have %s: a guest who types it would reach neither", (_, other) => {
    expect(issuesOf([bar, { id: "other", ...other }])).toEqual([["hotels.0", "two departments have the same name"]]);
  });

  test("have names in languages, and each says something; 200 are enough", () => {
    expect(issuesOf([{ ...bar, names: { italiano_: "Bar" } }])).toEqual([
      ["hotels.0.departments.0.names", "each by a BCP 47 language tag such as it or pt-BR"],
    ]);
    expect(issuesOf([{ ...bar, names: { it: " " } }])).toEqual([
      ["hotels.0.departments.0.names.it", "must say something"],
    ]);
    expect(issuesOf(floors(200).departments)).toBeNull();
    expect(issuesOf(floors(201).departments)).toMatchObject([["hotels.0.departments", expect.stringContaining("200")]]);
  });
});
