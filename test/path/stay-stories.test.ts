import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { defineFlow, keyword, pms, type Flow, type HotelOptions, type HotelStays } from "../../src/index.js";
import { scenario } from "../../src/testing/index.js";
import { ANNA, booked, planOf, told } from "./stay-words.js";

const HOUR = 60 * 60_000;

const template = (language: string, text: string, category = "UTILITY", name = "arrival_soon") => ({
  name,
  language,
  category,
  status: "APPROVED",
  id: `${name}-${language}`,
  components: [{ type: "BODY", text }],
});

const arrivalIn = (language: string, name = "arrival_soon") => ({
  type: "template" as const,
  name,
  language,
  body: [{ text: "{name}" }, { text: "{arrival}" }],
});

const ARRIVAL: HotelStays = {
  messages: [
    {
      id: "arrival",
      when: { before: "arrival", ms: 48 * HOUR },
      templates: { en_US: arrivalIn("en_US"), it: arrivalIn("it"), pt_BR: arrivalIn("pt_BR") },
    },
    {
      id: "welcome",
      when: { on: "checked_in" },
      texts: { en: "Welcome, {name}. Room {room}.", it: "Benvenuta, {name}." },
    },
  ],
};

const grand = (stays: HotelStays, more: Partial<HotelOptions> = {}): HotelOptions => ({
  id: "grand",
  timeZone: "Europe/Rome",
  numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
  departments: [
    { id: "reception", name: "Reception" },
    { id: "housekeeping", name: "Housekeeping" },
  ],
  templates: [
    template("en_US", "Hello {{1}}, we expect you on {{2}}."),
    template("it", "Buongiorno {{1}}, la aspettiamo il {{2}}."),
    template("pt_BR", "Oi {{1}}, esperamos você em {{2}}."),
    template("en_US", "A suite for {{1}} from {{2}}?", "MARKETING", "offer"),
  ],
  stays,
  ...more,
});

/** Tuesday noon in UTC. */
const house = (
  stays: HotelStays = ARRIVAL,
  more: Partial<HotelOptions> & { readonly flows?: readonly Flow[] } = {},
) => {
  const { flows = [], ...hotel } = more;
  return scenario({ hotel: grand(stays, hotel), flows, storage: (clock) => memoryStorage({ clock }) });
};

describe("what the hotel's own system tells of a stay (M25, N15)", () => {
  test("a message goes two days before the arrival, as a template in the guest's language, to somebody who never wrote", async () => {
    const stay = house();
    const anna = stay.guest("Anna");
    expect(await stay.pms(booked({ language: "it" }))).toMatchObject({
      outcome: "applied",
      stay: { status: "booked" },
    });
    expect(anna.phone).toEqual([]);
    expect(await anna.waits("1d")).toEqual([]);
    expect(await anna.waits("27h")).toEqual(["Buongiorno Anna, la aspettiamo il 14 novembre 2026."]);
    expect(await anna.waits("5d")).toEqual([]);
    expect(await planOf(stay)).toEqual(["arrival sent rule"]);
  });

  test.each([
    ["pt", "Oi Anna, esperamos você em 14 de novembro de 2026."],
    ["it-CH", "Buongiorno Anna, la aspettiamo il 14 novembre 2026."],
    ["ja", "Hello Anna, we expect you on November 14, 2026."],
    [undefined, "Hello Anna, we expect you on November 14, 2026."],
  ])("a guest who speaks %s reads it in the language that is nearest", async (language, text) => {
    const stay = house();
    const anna = stay.guest("Anna");
    await stay.pms(booked(language === undefined ? {} : { language }));
    expect(await anna.waits("3d")).toEqual([text]);
  });

  test("where the guest's language has no approved template, the next goes; where none has, nothing does, and it says why", async () => {
    const paused = { ...template("it", "Buongiorno {{1}}, {{2}}."), status: "PAUSED" };
    const one = house(ARRIVAL, { templates: [paused, template("en_US", "Hello {{1}}, we expect you on {{2}}.")] });
    await one.pms(booked({ language: "it" }));
    expect(await one.guest("Anna").waits("3d")).toEqual(["Hello Anna, we expect you on November 14, 2026."]);

    const none = house(ARRIVAL, { templates: [paused] });
    await none.pms(booked({ language: "it" }));
    expect(await none.guest("Anna").waits("3d")).toEqual([]);
    expect(await planOf(none)).toEqual(["arrival dropped template_refused"]);
    const audit = await none.storage.audit({ hotelId: "grand", targetId: "R-1" });
    expect(audit.map(({ action, reason }) => `${action} ${reason}`)).toContain("stay.message arrival template_refused");
  });

  test("nobody is written to in the hotel's quiet hours, unless somebody waits for it (M23)", async () => {
    const quietHours = ["22:00-08:00"];
    const stays: HotelStays = {
      gapMs: 0,
      messages: [
        { id: "ready", when: { on: "room_ready" }, texts: { en: "Your room {room} is ready." } },
        { id: "door", when: { on: "room_ready" }, texts: { en: "The door is open." }, quiet: true },
      ],
    };
    const stay = house(stays, { quietHours });
    const anna = stay.guest("Anna");
    await stay.pms(booked());
    await anna.waits("10h");
    await anna.says("Hello"); // at eleven in the evening
    const before = anna.phone.length;
    await stay.pms(told(2, "room_ready", { room: "12" }));
    expect(anna.phone.slice(before).map(({ text }) => text)).toEqual(["The door is open."]);
    expect(await planOf(stay)).toEqual(["ready planned quiet_hours", "door sent rule"]);
    expect(await anna.waits("8h")).toEqual([]);
    expect(await anna.waits("1h")).toEqual(["Your room 12 is ready."]);
  });

  test("two that are due together do not come together: the hotel's first goes, the other half an hour later", async () => {
    const texts = (text: string) => ({ texts: { en: text } });
    const stays: HotelStays = {
      messages: [
        { id: "one", when: { on: "checked_in" }, ...texts("One") },
        { id: "two", when: { on: "checked_in" }, ...texts("Two") },
        { id: "three", when: { on: "checked_in" }, ...texts("Three") },
      ],
    };
    const stay = house(stays);
    const anna = stay.guest("Anna");
    await stay.pms(booked());
    await anna.says("Hello");
    const before = anna.phone.length;
    await stay.pms(told(2, "checked_in"));
    // And another stay of hers.
    await stay.pms({ ...booked(), reservationId: "R-2", eventId: "x1" });
    await stay.pms({ ...told(2, "checked_in"), reservationId: "R-2", eventId: "x2" });
    const shown = () => anna.phone.slice(before).map(({ text }) => text);
    expect(shown()).toEqual(["One"]);
    await anna.waits("29m");
    expect(shown()).toEqual(["One"]);
    await anna.waits("2m");
    expect(shown()).toHaveLength(2);
    await anna.waits("6h");
    expect(shown().toSorted()).toEqual(["One", "One", "Three", "Three", "Two", "Two"]);
  });

  test("a stay that is moved moves what is planned, one that is cancelled cancels it, and booked again it is planned again", async () => {
    const stay = house();
    const anna = stay.guest("Anna");
    await stay.pms(booked());
    await stay.pms(told(2, "reservation_changed", { arrival: "2026-11-20" }));
    expect(await anna.waits("3d")).toEqual([]);
    await stay.pms(told(3, "reservation_cancelled"));
    expect(await planOf(stay)).toEqual(["arrival cancelled stay_cancelled"]);
    expect(await anna.waits("5d")).toEqual([]);
    await stay.pms(told(4, "reservation_created", { arrival: "2026-11-30" }));
    expect(await anna.waits("11d")).toEqual(["Hello Anna, we expect you on November 30, 2026."]);
  });

  test("who books late is written to at once, and who has arrived is not told to come", async () => {
    const late = house();
    await late.pms(booked({ arrival: "2026-11-11" }));
    expect(late.guest("Anna").phone.map(({ text }) => text)).toEqual([
      "Hello Anna, we expect you on November 11, 2026.",
    ]);
    const here = house();
    await here.pms(told(2, "checked_in"));
    await here.pms(booked({ arrival: "2026-11-11" }));
    expect(here.guest("Anna").phone).toEqual([]);
  });

  test("an offer goes to nobody who wants none, a message that serves the stay does (S62)", async () => {
    const stays: HotelStays = {
      gapMs: 0,
      messages: [
        { id: "offer", when: { before: "arrival", ms: 72 * HOUR }, templates: { en: arrivalIn("en_US", "offer") } },
        { id: "spa", when: { before: "arrival", ms: 60 * HOUR }, texts: { en: "The spa, {name}?" }, offer: true },
        ...(ARRIVAL.messages ?? []),
      ],
    };
    const stay = house(stays);
    const anna = stay.guest("Anna");
    await anna.says("STOP");
    const before = anna.phone.length;
    await stay.pms(booked());
    await anna.waits("3d");
    expect(anna.phone.slice(before).map(({ text }) => text)).toEqual([
      "Hello Anna, we expect you on November 14, 2026.",
    ]);
    expect((await planOf(stay)).slice(0, 2)).toEqual([
      "offer dropped marketing_stopped",
      "spa dropped marketing_stopped",
    ]);
  });

  test("a text goes while WhatsApp's window is open, and the template for it when it is closed", async () => {
    const welcome = { id: "welcome", when: { on: "checked_in" }, texts: { en: "Welcome, {name}." } } as const;
    const both = { ...welcome, id: "both", templates: { en: arrivalIn("en_US") } } as const;
    const stay = house({ messages: [both, welcome], gapMs: 0 });
    const anna = stay.guest("Anna");
    await stay.pms(booked());
    await stay.pms(told(2, "checked_in"));
    expect(anna.phone.map(({ text }) => text)).toEqual(["Hello Anna, we expect you on November 14, 2026."]);
    expect(await planOf(stay)).toEqual(["both sent rule", "welcome dropped window_closed"]);
    const open = house({ messages: [both] });
    await open.guest("Anna").says("Hello");
    await open.pms(booked());
    await open.pms(told(2, "checked_in"));
    expect(open.guest("Anna").phone.at(-1)?.text).toBe("Welcome, Anna.");
  });

  test("what is not known yet is waited for: the room, whose it is, that they came", async () => {
    const stay = house({
      messages: [{ id: "room", when: { after: "arrival", ms: 0 }, texts: { en: "Room {room}." } }],
    });
    const anna = stay.guest("Anna");
    await stay.pms(told(1, "reservation_created", { arrival: "2026-11-10" }));
    await anna.says("Hello");
    await anna.waits("3h");
    expect(await planOf(stay)).toEqual(["room planned not_yet"]);
    await stay.pms(told(2, "checked_in"));
    expect(await planOf(stay)).toEqual(["room planned guest_unknown"]);
    await stay.pms(told(3, "reservation_changed", { guest: { waId: ANNA } }));
    expect(await planOf(stay)).toEqual(["room planned fact_missing"]);
    await stay.pms(told(4, "room_assigned", { room: "12" }));
    expect(anna.phone.at(-1)?.text).toBe("Room 12.");
    expect(await planOf(stay)).toEqual(["room sent rule"]);
  });

  test("what waits too long is dropped, and says for what it waited", async () => {
    const stay = house({
      messages: [{ id: "room", when: { after: "arrival", ms: 0 }, texts: { en: "Room {room}." } }],
    });
    await stay.pms(booked({ arrival: "2026-11-10" }));
    await stay.guest("Anna").waits("3d");
    expect(await planOf(stay)).toEqual(["room dropped not_yet"]);
  });

  test("the message says why it was sent, staff see the stay beside the conversation, and a guest in a talk stays in it (S57)", async () => {
    const stay = house();
    const anna = stay.guest("Anna");
    await anna.says("Hello");
    await anna.says("2");
    const talk = await anna.conversationId();
    await stay.pms(booked({ language: "en" }));
    await stay.pms(told(2, "checked_in", { room: "12" }));
    expect(anna.phone.at(-1)?.text).toBe("Welcome, Anna. Room 12.");
    const [mine] = await stay.staff.desk.stays(talk);
    expect(mine).toMatchObject({ reservationId: "R-1", status: "inHouse", room: "12" });
    const sent = mine?.plan.find(({ rule }) => rule === "welcome");
    expect(sent).toMatchObject({ state: "sent", conversationId: talk, language: "en" });
    const { steps } = await stay.staff.desk.explain(sent?.messageId ?? "");
    expect(steps.map(({ code }) => code)).toContain("stay_message");
    expect(
      stay.events.filter(({ body }) => body.type === "stay.changed").map(({ conversationId }) => conversationId),
    ).toEqual([talk, talk]);
  });

  test("a process that dies at any moment sends each once, and none twice (F35)", async () => {
    let moments = 0;
    for (let dieAt = -1; dieAt < Math.max(moments, 0); dieAt++) {
      let seen = 0;
      const stay = scenario({
        hotel: grand(ARRIVAL),
        storage: (clock) => memoryStorage({ clock }),
        crashes: ({ work }) => (work === "timer" || work === "outbound") && seen++ === dieAt,
      });
      const anna = stay.guest("Anna");
      await stay.pms(booked());
      await anna.waits("3d");
      moments = Math.max(moments, seen);
      const shown = anna.phone.map(({ text }) => text);
      // A send of which nobody can say whether it left is not sent again.
      expect(shown.length, String(dieAt)).toBeLessThanOrEqual(1);
      expect(await planOf(stay), String(dieAt)).toEqual(["arrival sent rule"]);
      if (dieAt < 0) expect(shown).toHaveLength(1);
    }
    expect(moments).toBeGreaterThan(5);
  });

  test("who is given another room is not told that the one before is ready; ready in turn, the other is", async () => {
    const ready = {
      id: "ready",
      when: { on: "room_ready", afterMs: HOUR },
      texts: { en: "Room {room} is ready." },
    } as const;
    const stay = house({ messages: [ready] });
    const anna = stay.guest("Anna");
    await anna.says("Hello");
    const before = anna.phone.length;
    await stay.pms(booked());
    await stay.pms(told(2, "room_assigned", { room: "12" }));
    await stay.pms(told(3, "room_ready"));
    await anna.waits("30m");
    await stay.pms(told(4, "room_assigned", { room: "14" }));
    expect(await planOf(stay)).toEqual(["ready cancelled stay_moved_on"]);
    await anna.waits("2h");
    expect(anna.phone).toHaveLength(before);
    await stay.pms(told(5, "room_ready"));
    expect(await anna.waits("61m")).toEqual(["Room 14 is ready."]);
  });

  test("a guest of Brazil, as many a system writes it, reads it in the Portuguese of Brazil", async () => {
    const stay = house();
    await stay.pms(booked({ language: "pt_BR" }));
    expect((await stay.storage.loadStay({ hotelId: "grand", reservationId: "R-1" })).stay?.language).toBe("pt-BR");
    expect(await stay.guest("Anna").waits("3d")).toEqual(["Oi Anna, esperamos você em 14 de novembro de 2026."]);
  });

  test("an event may begin a flow, with what is known of the stay; without a window in which it could speak it does not", async () => {
    const flow = defineFlow({ id: "room-news", version: 1, triggers: [pms("room_ready"), keyword("room")] })
      .say("ready", ({ given }) => `Room ${typeof given["room"] === "string" ? given["room"] : "?"} is ready.`)
      .ask("when", { text: "When do you come?" })
      .build();
    const welcome = { id: "welcome", when: { on: "checked_in" }, texts: { en: "Welcome." } } as const;
    const stay = house({ gapMs: 60_000, messages: [welcome] }, { flows: [flow] });
    const anna = stay.guest("Anna");
    await anna.says("Hello");
    const before = anna.phone.length;
    await stay.pms(booked());
    await stay.pms(told(2, "room_ready", { room: "12" }));
    await stay.pms(told(2, "room_ready", { room: "12" }));
    expect(anna.phone.slice(before).map(({ text }) => text)).toEqual(["Room 12 is ready.", "When do you come?"]);
    // In the middle of it she is told nothing else.
    expect(await anna.waits("5m")).toEqual([]);
    await stay.pms(told(3, "checked_in"));
    expect(await planOf(stay)).toEqual(["welcome planned talking", "flow:room-news sent rule"]);
    await anna.says("At five");
    expect(await anna.waits("2m")).toEqual(["Welcome."]);
    expect(await anna.run()).toMatchObject({ status: "finished", answers: { when: "At five" } });
    const silent = house({}, { flows: [flow] });
    await silent.pms(booked());
    await silent.pms(told(2, "room_ready", { room: "12" }));
    expect(await planOf(silent)).toEqual(["flow:room-news dropped window_closed"]);
  });
});

describe("a flow that an event of a stay begins", () => {
  const news = (steps: "asks" | "calls" = "asks"): Flow => {
    const begun = defineFlow({ id: "room-news", version: 1, department: "reception", triggers: [pms("room_ready")] });
    switch (steps) {
      case "asks":
        return begun.ask("when", { text: "Your room is ready. When do you come?" }).build();
      case "calls":
        return begun
          .perform("key", () => Promise.resolve("K-1"))
          .say("done", ({ answers }) => `Your key: ${answers.key}`)
          .build();
    }
  };
  const other = defineFlow({ id: "towels", version: 1, department: "housekeeping", triggers: [keyword("towels")] })
    .ask("how", { text: "How many towels?", remindMs: null, timeoutMs: null })
    .say("done", "They are on their way.")
    .build();
  const known = async (flows: readonly Flow[]) => {
    const stay = house({ gapMs: 60_000 }, { flows });
    const anna = stay.guest("Anna");
    await anna.says("Hello");
    await stay.pms(booked());
    return { stay, anna };
  };
  const ready = (stay: ReturnType<typeof house>) => stay.pms(told(2, "room_ready", { room: "12" }));

  test("waits while the guest is in another one, and begins when they have not answered that for long (S57)", async () => {
    const { stay, anna } = await known([news(), other]);
    await anna.says("towels");
    await ready(stay);
    expect(await planOf(stay)).toEqual(["flow:room-news planned flow_running"]);
    expect(await anna.waits("20m")).toEqual([]);
    expect(await anna.waits("30m")).toEqual(["Your room is ready. When do you come?"]);
  });

  test("waits while one is under way in its own department, however long that has been silent", async () => {
    const same = defineFlow({ id: "towels", version: 1, department: "reception", triggers: [keyword("towels")] })
      .ask("how", { text: "How many towels?", remindMs: null, timeoutMs: null })
      .build();
    const { stay, anna } = await known([news(), same]);
    await anna.says("towels");
    await ready(stay);
    expect(await anna.waits("3h")).toEqual([]);
    expect(await planOf(stay)).toEqual(["flow:room-news planned flow_running"]);
    await anna.says("three");
    expect(await anna.waits("5m")).toEqual(["Your room is ready. When do you come?"]);
  });

  test("waits while the desk has said too much to the guest already (T77)", async () => {
    const chatty = defineFlow({ id: "chatty", version: 1, department: "housekeeping", triggers: [keyword("chat")] })
      .each("round", { over: () => 60, steps: (round) => round.say("one", "One").say("two", "Two") })
      .build();
    const { stay, anna } = await known([news(), chatty]);
    await anna.waits("10m");
    expect((await anna.says("chat")).length).toBe(120);
    await ready(stay);
    expect((await planOf(stay))[0]).toMatch(/^flow:room-news planned talking/);
    expect(await anna.waits("45m")).toEqual([]);
    expect(await anna.waits("20m")).toEqual(["Your room is ready. When do you come?"]);
  });

  test("does not begin where it could not speak: the guest's window is closed", async () => {
    const { stay, anna } = await known([news("calls")]);
    await anna.waits("25h");
    await ready(stay);
    expect(await planOf(stay)).toEqual(["flow:room-news dropped window_closed"]);
    expect(await anna.run()).toBeNull();
  });

  test("calls the host at once when that is what it begins with", async () => {
    const { stay, anna } = await known([news("calls")]);
    const before = anna.phone.length;
    await ready(stay);
    expect(anna.phone.slice(before).map(({ text }) => text)).toEqual(["Your key: K-1"]);
  });
});
