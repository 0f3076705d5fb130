import { describe, expect, test } from "vitest";
import {
  hoursProblems,
  isOpen,
  nextClosing,
  nextOpening,
  notBefore,
  openMillisBetween,
  WEEKDAYS,
  type OpeningHours,
} from "../../src/domain/opening-hours.js";
import { dice } from "./dice.js";
import { hoursDiffer, zonesToScan } from "./minute-scan.js";

const ROME = "Europe/Rome";
const OFFICE: OpeningHours = {
  week: {
    monday: ["09:00-12:30", "14:00-18:00"],
    tuesday: ["09:00-12:30", "14:00-18:00"],
    friday: ["22:00-06:00"],
  },
  holidays: { "2026-12-24": ["09:00-12:00"], "12-25": [], "01-01": ["00:00-24:00"] },
};
const at = (iso: string): Date => new Date(iso);

describe("a reception with a lunch break and a night shift", () => {
  test.each([
    ["2026-11-23T08:59+01:00", false],
    ["2026-11-23T09:00+01:00", true],
    ["2026-11-23T12:30+01:00", false],
    ["2026-11-23T14:00+01:00", true],
    ["2026-11-25T10:00+01:00", false],
    ["2026-11-27T21:59+01:00", false],
    ["2026-11-27T22:00+01:00", true],
    ["2026-11-28T05:59+01:00", true],
    ["2026-11-28T06:00+01:00", false],
  ])("at %s it is open: %s", (instant, open) => {
    expect(isOpen(OFFICE, ROME, at(instant))).toBe(open);
  });

  test("a guest is told when it opens, on another day too, and when it closes", () => {
    expect(nextOpening(OFFICE, ROME, at("2026-11-23T12:30+01:00"))).toEqual(at("2026-11-23T14:00+01:00"));
    expect(nextOpening(OFFICE, ROME, at("2026-11-24T20:00+01:00"))).toEqual(at("2026-11-27T22:00+01:00"));
    expect(nextClosing(OFFICE, ROME, at("2026-11-27T22:00+01:00"))).toEqual(at("2026-11-28T06:00+01:00"));
    expect(nextClosing(OFFICE, ROME, at("2026-11-28T07:00+01:00"))).toEqual(at("2026-11-30T12:30+01:00"));
  });

  test("a holiday by date and one of every year stand in the week's place, and a night that began before goes on", () => {
    expect(nextOpening(OFFICE, ROME, at("2026-12-23T10:00+01:00"))).toEqual(at("2026-12-24T09:00+01:00"));
    expect(nextClosing(OFFICE, ROME, at("2026-12-24T09:00+01:00"))).toEqual(at("2026-12-24T12:00+01:00"));
    expect(nextOpening(OFFICE, ROME, at("2026-12-24T12:00+01:00"))).toEqual(at("2026-12-28T09:00+01:00"));
    const night: OpeningHours = { week: ["22:00-06:00"], holidays: { "12-25": [] } };
    expect(nextClosing(night, ROME, at("2026-12-24T23:00+01:00"))).toEqual(at("2026-12-25T06:00+01:00"));
    expect(nextOpening(night, ROME, at("2026-12-25T06:00+01:00"))).toEqual(at("2026-12-26T22:00+01:00"));
  });

  test("what never closes, and what never opens, has no next time", () => {
    const always: OpeningHours = { week: ["00:00-24:00"] };
    expect(nextClosing(always, ROME, at("2026-11-23T12:00Z"))).toBeNull();
    expect(nextOpening(always, ROME, at("2026-11-23T12:00Z"))).toBeNull();
    for (const never of [{ week: {} }, { week: [], holidays: { "12-25": [] } }])
      expect([
        nextOpening(never, ROME, at("2026-11-23T12:00Z")),
        nextClosing(never, ROME, at("2026-11-23T12:00Z")),
      ]).toEqual([null, null]);
  });
});

describe("the night in which Italy's clocks change", () => {
  const bar: OpeningHours = { week: ["22:00-02:30"] };

  test("a closing time that the clock skips comes when it skips it", () => {
    expect(nextClosing(bar, ROME, at("2027-03-28T00:30+01:00"))).toEqual(at("2027-03-28T01:00:00Z"));
    expect(openMillisBetween(bar, ROME, at("2027-03-27T22:00+01:00"), at("2027-03-28T12:00+02:00"))).toBe(4 * HOUR_MS);
  });

  test("what the clock shows twice is open twice", () => {
    expect(nextClosing(bar, ROME, at("2026-10-25T01:00+02:00"))).toEqual(at("2026-10-25T02:30+02:00"));
    expect(nextOpening(bar, ROME, at("2026-10-25T02:30+02:00"))).toEqual(at("2026-10-25T02:00+01:00"));
    expect(openMillisBetween(bar, ROME, at("2026-10-24T22:00+02:00"), at("2026-10-25T12:00+01:00"))).toBe(5 * HOUR_MS);
  });

  test("a night shift over it is an hour shorter, or longer", () => {
    const night: OpeningHours = { week: ["22:00-06:00"] };
    const worked = (from: string, to: string): number => openMillisBetween(night, ROME, at(from), at(to)) / HOUR_MS;
    expect(worked("2027-03-27T12:00+01:00", "2027-03-28T12:00+02:00")).toBe(7);
    expect(worked("2026-10-24T12:00+02:00", "2026-10-25T12:00+01:00")).toBe(9);
  });

  test("where midnight itself is skipped, a day begins at one", () => {
    const day: OpeningHours = { week: ["00:30-08:00"] };
    expect(nextOpening(day, "Africa/Cairo", at("2026-04-23T12:00Z"))).toEqual(at("2026-04-23T22:00:00Z"));
  });
});

test("quiet hours hold what nobody waits for until they end, and nothing outside of them", () => {
  const quiet = ["22:00-08:00", "13:00-15:00"];
  expect(notBefore(quiet, ROME, at("2026-11-23T23:15+01:00"))).toEqual(at("2026-11-24T08:00+01:00"));
  expect(notBefore(quiet, ROME, at("2026-11-24T07:59+01:00"))).toEqual(at("2026-11-24T08:00+01:00"));
  expect(notBefore(quiet, ROME, at("2026-11-24T08:00+01:00"))).toEqual(at("2026-11-24T08:00+01:00"));
  expect(notBefore(quiet, ROME, at("2026-11-24T14:00+01:00"))).toEqual(at("2026-11-24T15:00+01:00"));
  expect(notBefore([], ROME, at("2026-11-24T14:00+01:00"))).toEqual(at("2026-11-24T14:00+01:00"));
});

test("mistakes in hours are told with where they stand", () => {
  expect(hoursProblems(OFFICE)).toEqual([]);
  expect(hoursProblems({ week: ["00:00-24:00"], holidays: { "02-29": [] } })).toEqual([]);
  const wrong: OpeningHours = {
    week: { monday: ["9:00-18:00", "09:00-18:00"], friday: ["08:00-08:00", "24:00-01:00", "10:00-24:01"] },
    holidays: { "2026-02-29": [], "25-12": ["closed"], "2026-12-24": [] },
  };
  expect(hoursProblems(wrong).map(({ path }) => path.join("."))).toEqual([
    "week.monday.0",
    "week.friday.0",
    "week.friday.1",
    "week.friday.2",
    "holidays.25-12.0",
    "holidays.2026-02-29",
    "holidays.25-12",
  ]);
});

test.each(zonesToScan())(
  "in %s all agree with a clock that is looked at every minute for three years (M23)",
  (zone) => {
    const roll = dice(zone);
    const differ = hoursDiffer(zone, someHours(roll), roll);
    expect(differ).toEqual([]);
  },
  60_000,
);

test("a question costs the same however far the answer lies: at most as many days are looked at as there are in 400", () => {
  const once: OpeningHours = { week: [], holidays: { "02-29": ["10:00-11:00"] } };
  const began = process.cpuUsage();
  for (let i = 0; i < 20; i++) nextOpening(once, ROME, at("2026-03-01T00:00Z"));
  const { user, system } = process.cpuUsage(began);
  // Microseconds of the processor, whatever else it does; many times what it takes.
  expect((user + system) / 20).toBeLessThan(20_000);
});

/** Hours as hotels have them: days with none to three times, some over midnight, and holidays of both kinds. */
function someHours(roll: (sides: number) => number): OpeningHours {
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = (): string => `${two(roll(24))}:${two(roll(60))}`;
  const times = (): string[] =>
    Array.from({ length: roll(4) }, () => [time(), roll(8) === 0 ? "24:00" : time()] as const)
      .filter(([from, until]) => from !== until)
      .map(([from, until]) => `${from}-${until}`);
  const days = Object.fromEntries(WEEKDAYS.map((day) => [day, roll(6) === 0 ? ["00:00-24:00"] : times()]));
  const date = (): string => `${two(1 + roll(12))}-${two(1 + roll(28))}`;
  const yearly = Array.from({ length: roll(4) }, () => [date(), times()] as const);
  const dated = Array.from({ length: roll(6) }, () => [`${String(2026 + roll(3))}-${date()}`, times()] as const);
  return { week: roll(5) === 0 ? times() : days, holidays: Object.fromEntries([...yearly, ...dated]) };
}

const HOUR_MS = 3_600_000;
