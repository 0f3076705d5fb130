import { describe, expect, test } from "vitest";
import { completeHotel } from "../../src/config/hotel.js";
import { timeFrom } from "../../src/decide/away.js";
import { inOpenHours } from "../../src/decide/episode.js";
import type { Change } from "../../src/domain/change.js";
import type { Hotel } from "../../src/domain/hotel.js";
import type { OpeningHours } from "../../src/domain/opening-hours.js";
import { ConversationError } from "../../src/errors.js";
import { aTiming } from "../../src/testing/contract/builders.js";
import { after, grand, HOUR, MINUTE, reasonsOf, Story } from "./world.js";

/** A Tuesday evening in Rome, an hour after everybody has left. */
const EVENING = new Date("2026-11-10T18:00:00Z");
const DAY: OpeningHours = { week: ["09:00-18:00"] };
const hotel: Hotel = { ...grand, hours: DAY };

/** The night desk is always there, the restaurant from noon on. */
const withNightDesk: Hotel = {
  ...hotel,
  departments: grand.departments.map((department) =>
    department.id === "reception"
      ? { ...department, hours: { week: ["00:00-24:00"] } }
      : department.id === "restaurant"
        ? { ...department, hours: { week: ["12:00-15:00"] }, away: "The kitchen opens {opens}." }
        : department,
  ),
};

const aways = (change: Change): readonly string[] =>
  change.messages.flatMap(({ reasons, content }) =>
    reasons.some(({ code }) => code === "away_message") && content.type === "text" ? [content.text] : [],
  );

/** In a conversation with housekeeping, before anybody wrote at night. */
const withHousekeeping = (of: Hotel = hotel): Story => {
  const story = new Story(undefined, of, after(-3 * HOUR, EVENING));
  story.hears("hello");
  story.hears("housekeeping");
  return story.waits(3 * HOUR);
};

describe("a guest who writes while it is closed", () => {
  test("is told once when it opens, and waits for staff all the same", () => {
    const story = withHousekeeping();
    const change = story.hears("more towels please");
    expect(aways(change)).toEqual(["Closed. We open again: Wednesday 9:00 AM"]);
    expect(change.messages.at(-1)?.author).toEqual({ kind: "bot", id: "desk" });
    expect(story.open("housekeeping")).toMatchObject({
      waitingSince: after(-3 * HOUR, EVENING),
      lastMessagePreview: "more towels please",
    });
    expect(aways(story.waits(HOUR).hears("hello?"))).toEqual([]);
    expect(reasonsOf(story.changes.at(-1)!)).toContain("away_withheld");
  });

  test("is told again when it has been open in between, and not while it is", () => {
    const story = withHousekeeping();
    story.hears("more towels please");
    expect(aways(story.waits(16 * HOUR).hears("good morning"))).toEqual([]);
    expect(reasonsOf(story.changes.at(-1)!)).not.toContain("away_withheld");
    expect(aways(story.waits(8 * HOUR).hears("still no towels"))).toEqual(["Closed. We open again: Thursday 9:00 AM"]);
  });

  test("who has chosen no department yet is told so only when all are closed, before the menu", () => {
    const story = new Story(undefined, hotel, EVENING);
    const change = story.hears("hello");
    expect(aways(change)).toHaveLength(1);
    expect(change.messages.map(({ content }) => content.type)).toEqual(["text", "text", "buttons"]);
    expect(change.messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(new Story(undefined, withNightDesk, EVENING).hears("hello").messages).toHaveLength(2);
  });

  test("hears it of the department that they choose, in its own words, and not twice what they know", () => {
    const story = new Story(undefined, hotel, EVENING);
    story.hears("hello");
    expect(aways(story.hears(story.option("housekeeping")))).toEqual([]);
    const other = new Story(undefined, withNightDesk, EVENING);
    other.hears("hello");
    expect(aways(other.hears(other.option("restaurant")))).toEqual(["The kitchen opens Wednesday 12:00 PM."]);
    expect(aways(other.hears("what is on the menu?"))).toEqual([]);
  });

  test("gets no such answer from a department that is there", () => {
    const story = new Story(undefined, withNightDesk, EVENING);
    story.hears("hello");
    expect(story.hears("reception").messages).toHaveLength(1);
  });

  test("who said STOP is answered that, and nothing about hours", () => {
    const story = withHousekeeping();
    const change = story.hears("STOP");
    expect(change.messages).toHaveLength(2);
    expect(aways(change)).toEqual([]);
  });

  test("to whom somebody wrote since it closed, or just now, is told by them", () => {
    const story = withHousekeeping();
    story.echoes("Good evening, I am still here.");
    expect(aways(story.waits(HOUR).hears("great"))).toEqual([]);
    expect(aways(story.waits(20 * HOUR + 5 * MINUTE).hears("good evening"))).toEqual([]);
    const talking = new Story(undefined, hotel, after(-62 * MINUTE, EVENING));
    talking.hears("hello");
    talking.hears("housekeeping");
    talking.echoes("How can I help?");
    expect(aways(talking.waits(5 * MINUTE).hears("towels"))).toEqual([]);
    expect(aways(talking.waits(HOUR).hears("anybody?"))).toHaveLength(1);
  });

  test("sees in a menu of many which departments are closed, and may choose them all the same", () => {
    const departments = ["spa", "pool", "bar", "gym"].map((id) => ({
      id,
      name: id,
      description: `The ${id}`,
      ...(id === "gym" && { hours: { week: ["00:00-24:00"] } }),
    }));
    const story = new Story(undefined, { ...hotel, departments }, EVENING);
    const [, menu] = story.hears("hello").messages;
    const rows = menu?.content.type === "list" ? menu.content.rows : [];
    expect(rows.map(({ description }) => description)).toEqual([
      ...Array.from({ length: 3 }, () => "Closed until Wednesday 9:00 AM"),
      "The gym",
    ]);
    expect(aways(story.hears(story.option("spa")))).toHaveLength(1);
  });

  test("of a house that is closed for the winter is told no time", () => {
    const closed: Hotel = { ...grand, hours: { week: [] } };
    const story = new Story(undefined, closed, EVENING);
    expect(aways(story.hears("hello"))).toEqual(["Closed."]);
    expect(aways(story.waits(HOUR).hears("hello?"))).toEqual([]);
    expect(aways(story.waits(8 * 24 * HOUR).hears("hello?"))).toEqual(["Closed."]);
  });
});

test("a time is told as guests say it: today's as a time, this week's with its day, a later one with its date", () => {
  const at = (iso: string, language: string) => timeFrom(EVENING, new Date(iso), "Europe/Rome", language);
  expect(at("2026-11-10T21:00:00Z", "it")).toBe("22:00");
  expect(at("2026-11-11T08:00:00Z", "it")).toBe("mercoledì 09:00");
  expect(at("2026-11-17T08:00:00Z", "en-GB")).toMatch(/^Tuesday,? 17 November at 9:00$/);
});

describe("the clock of a first response", () => {
  const night = { since: EVENING, at: after(15 * HOUR, EVENING) };

  test("stands still while the department is closed (N13)", () => {
    const [one, own, rated] = inOpenHours(
      [
        aTiming("con_1", { ...night, departmentId: "housekeeping" }),
        aTiming("con_2", { ...night, departmentId: "restaurant" }),
        aTiming("con_3", { ...night, kind: "rated", score: 5 }),
      ],
      withNightDesk,
    );
    expect([one?.openMs, own?.openMs, rated?.openMs]).toEqual([HOUR, 0, null]);
    expect(one).toMatchObject(night);
  });

  test("is every clock where nobody ever closes", () => {
    expect(inOpenHours([aTiming("con_1", night)], grand)[0]?.openMs).toBeNull();
    const story = withHousekeeping();
    story.hears("towels");
    const change = story.waits(15 * HOUR).echoes("Good morning!");
    expect(change.timings.map(({ openMs }) => openMs)).toEqual([3 * HOUR]);
  });
});

describe("what a host says of its hours", () => {
  const told = { id: "grand", timeZone: "Europe/Rome", departments: [{ id: "reception", name: "Reception" }] };
  const numbers = [{ phoneNumberId: "200000000000001", accessToken: "token" }];
  const issues = (options: object): unknown => {
    try {
      completeHotel({ ...told, numbers, ...options });
      return [];
    } catch (error) {
      if (!ConversationError.is(error)) throw error;
      return (error.details["issues"] as unknown as readonly { path: string }[]).map(({ path }) => path);
    }
  };

  test("is kept as it is", () => {
    const hours: OpeningHours = { week: { monday: ["09:00-18:00"] }, holidays: { "12-25": [] } };
    const complete = completeHotel({ ...told, numbers, hours, quietHours: ["22:00-08:00"], language: "it" });
    expect(complete).toMatchObject({ hours, quietHours: ["22:00-08:00"], language: "it" });
    expect(completeHotel({ ...told, numbers })).not.toHaveProperty("hours");
  });

  test.each([
    [{ hours: { week: { monday: ["9-18"] } } }, ["hours.week.monday.0"]],
    [{ hours: { week: ["09:00-18:00"], holidays: { "31-12": [] } } }, ["hours.holidays.31-12"]],
    [{ quietHours: ["00:00-23:30"] }, ["quietHours"]],
    [{ quietHours: ["late"] }, ["quietHours.0"]],
    [{ language: "italian language" }, ["language"]],
    [{ departments: [{ id: "spa", name: "Spa", hours: { week: ["25:00-26:00"] } }] }, ["departments.0.hours.week.0"]],
    [{ hours: { week: { Monday: [] } } }, ["hours.week"]],
  ])("is refused where it is wrong: %j", (options, paths) => {
    expect(issues(options)).toEqual(paths);
  });
});
