import { clockSetting, offsetAt } from "./time-zone.js";

/** The days of a week, from Monday. */
export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
/** A day of the week. */
export type Weekday = (typeof WEEKDAYS)[number];

/**
 * When somebody is there, as the clock on the hotel's wall shows it: open is every instant at which that clock shows a time in the
 * hours. So what the clock skips when it is set forward is nobody's time, and what it shows twice when it is set back counts twice.
 */
export interface OpeningHours {
  /**
   * By day; a day that is left out is closed. A list is for every day: `["00:00-24:00"]` never closes. Any number of times in a day,
   * `"HH:MM-HH:MM"`; one that ends no later than it begins ends on the next day (`"22:00-06:00"`).
   */
  readonly week: DayHours | Readonly<Partial<Record<Weekday, DayHours>>>;
  /**
   * Days that are different, by date: `"2026-12-24"`, or `"12-25"` in every year; the first outranks the second. An empty list is
   * closed. It changes what begins on that day: a night that began on the day before goes on to its end.
   */
  readonly holidays?: Readonly<Record<string, DayHours>>;
}

/** `"09:00-12:30"`, `"22:00-06:00"`, `"00:00-24:00"`; none: closed. */
export type DayHours = readonly string[];

/** Whether it is open at an instant. @param zone IANA */
export function isOpen(hours: OpeningHours, zone: string, at: Date): boolean {
  const wall = at.getTime() + offsetAt(zone, at.getTime());
  const day = Math.floor(wall / DAY_MS);
  const time = wall - day * DAY_MS;
  return openOn(planOf(hours), day).some(({ from, until }) => from <= time && time < until);
}

/** The first instant after `at` at which it opens; null when it does not within 400 days. */
export function nextOpening(hours: OpeningHours, zone: string, at: Date): Date | null {
  for (const { from } of openTimes(hours, zone, at.getTime(), at.getTime() + HORIZON_MS))
    if (from > at.getTime()) return new Date(from);
  return null;
}

/** The first instant after `at` at which it closes; null when it does not within 400 days. */
export function nextClosing(hours: OpeningHours, zone: string, at: Date): Date | null {
  const horizon = at.getTime() + HORIZON_MS;
  for (const { until } of openTimes(hours, zone, at.getTime(), horizon))
    return until < horizon ? new Date(until) : null;
  return null;
}

/** For how long it is open between two instants, in milliseconds; 0 when `to` is not after `from`. A year takes less than a millisecond. */
export function openMillisBetween(hours: OpeningHours, zone: string, from: Date, to: Date): number {
  let sum = 0;
  for (const open of openTimes(hours, zone, from.getTime(), to.getTime())) sum += open.until - open.from;
  return sum;
}

/**
 * The first instant, `at` or later, at which somebody who is not waiting for it may be written to: `at` itself outside of quiet hours, else
 * their end. Answers need not ask. @param quiet hours of every day, e.g. `["22:00-08:00"]`
 */
export function notBefore(quiet: DayHours, zone: string, at: Date): Date {
  const hours: OpeningHours = { week: quiet };
  return isOpen(hours, zone, at) ? (nextClosing(hours, zone, at) ?? at) : at;
}

/** What is wrong with hours that somebody wrote: where, and why. None for right ones. */
export function hoursProblems({ week, holidays = {} }: OpeningHours): readonly HoursProblem[] {
  const days: readonly (readonly [path: readonly string[], times: DayHours])[] = isList(week)
    ? [[["week"], week]]
    : Object.entries(week).map(([day, times]) => [["week", day], times]);
  const dates = Object.entries(holidays).map(([date, times]) => [["holidays", date], times] as const);
  return [
    ...[...days, ...dates].flatMap(([path, times]) => timesProblems(times).map((problem) => within(path, problem))),
    ...Object.keys(holidays)
      .filter((date) => !isDate(date))
      .map((date) => ({ path: ["holidays", date], message: "no day: YYYY-MM-DD, or MM-DD for every year" })),
  ];
}

/** As `hoursProblems`, of one day's times. */
export const timesProblems = (times: DayHours): readonly HoursProblem[] =>
  times.flatMap((time, index) =>
    spanOf(time) === null ? [{ path: [String(index)], message: "no times of a day: HH:MM-HH:MM" }] : [],
  );

export interface HoursProblem {
  readonly path: readonly string[];
  readonly message: string;
}

const within = (path: readonly string[], problem: HoursProblem): HoursProblem => ({
  ...problem,
  path: [...path, ...problem.path],
});

/** Milliseconds: of a day, since its midnight; or instants. `until` is not in it. */
interface Span {
  readonly from: number;
  readonly until: number;
}

interface Plan {
  /** From Monday on. Times that go on into the next day end after 24 h. */
  readonly week: readonly (readonly Span[])[];
  readonly holidays: ReadonlyMap<string, readonly Span[]>;
  readonly everOpens: boolean;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Longer than a year with its holidays, so that whatever comes back every year is found. */
const HORIZON_MS = 400 * DAY_MS;

/** All times between two instants at which it is open, in order, none touching the next. */
function* openTimes(hours: OpeningHours, zone: string, from: number, until: number): Generator<Span> {
  const plan = planOf(hours);
  if (!plan.everOpens) return;
  let open = null as Span | null;
  for (let at = from; at < until;) {
    const { offsetMs, until: setAgainAt } = clockSetting(zone, at);
    const end = Math.min(until, setAgainAt);
    for (let day = Math.floor((at + offsetMs) / DAY_MS); day * DAY_MS - offsetMs < end; day++) {
      const midnight = day * DAY_MS - offsetMs;
      for (const part of openOn(plan, day)) {
        const next: Span = { from: Math.max(at, midnight + part.from), until: Math.min(end, midnight + part.until) };
        if (next.from >= next.until) continue;
        if (open !== null && open.until !== next.from) yield open;
        open = { from: open?.until === next.from ? open.from : next.from, until: next.until };
      }
    }
    at = end;
  }
  if (open !== null) yield open;
}

/** The open times of a day of the wall's calendar, in order, none touching the next: its own, and what is left of the night before. */
function openOn(plan: Plan, day: number): readonly Span[] {
  const night = beginning(plan, day - 1).filter(({ until }) => until > DAY_MS);
  const own = beginning(plan, day);
  const [first, second] = own;
  if (night.length === 0 && second === undefined && (first?.until ?? 0) <= DAY_MS) return own;
  return joined([
    ...night.map(({ until }) => ({ from: 0, until: until - DAY_MS })),
    ...own.map(({ from, until }) => ({ from, until: Math.min(until, DAY_MS) })),
  ]);
}

/** @param day since 1 January 1970, a Thursday */
function beginning({ week, holidays }: Plan, day: number): readonly Span[] {
  const ordinary = week[(((day + 3) % 7) + 7) % 7] ?? [];
  if (holidays.size === 0) return ordinary;
  const date = new Date(day * DAY_MS).toISOString();
  return holidays.get(date.slice(0, 10)) ?? holidays.get(date.slice(5, 10)) ?? ordinary;
}

function joined(spans: readonly Span[]): readonly Span[] {
  const all: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last === undefined || last.until < span.from) all.push(span);
    else all[all.length - 1] = { from: last.from, until: Math.max(last.until, span.until) };
  }
  return all;
}

/** Hours are read once for as long as the hotel is the same. */
const plans = new WeakMap<OpeningHours, Plan>();

function planOf(hours: OpeningHours): Plan {
  const known = plans.get(hours);
  if (known !== undefined) return known;
  const { week: given, holidays = {} } = hours;
  const week = WEEKDAYS.map((day) => spansOf(isList(given) ? given : (given[day] ?? [])));
  const different = new Map(Object.entries(holidays).map(([date, times]) => [date, spansOf(times)]));
  const plan: Plan = {
    week,
    holidays: different,
    everOpens: [...week, ...different.values()].some((spans) => spans.length > 0),
  };
  plans.set(hours, plan);
  return plan;
}

/** What cannot be read is left out: `completeHotel` has refused it. */
const spansOf = (times: DayHours): readonly Span[] => joined(times.flatMap((time) => spanOf(time) ?? []));

const TIMES = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

/** null for no times of a day: two that are equal could mean all of it, or nothing. */
function spanOf(time: string): Span | null {
  const found = TIMES.exec(time);
  if (found === null) return null;
  const [fromHour = 0, fromMinute = 0, untilHour = 24, untilMinute = 0] = found
    .slice(1)
    .map((part: string | undefined) => (part === undefined ? undefined : Number(part)));
  const from = (fromHour * 60 + fromMinute) * MINUTE_MS;
  const until = (untilHour * 60 + untilMinute) * MINUTE_MS;
  if (from === until) return null;
  return { from, until: until > from ? until : until + DAY_MS };
}

const isList = (week: OpeningHours["week"]): week is DayHours => Array.isArray(week);

/** A leap year's: what is in every year may be 29 February. */
const isDate = (date: string): boolean => {
  const whole = /^\d\d-\d\d$/.test(date) ? `2000-${date}` : date;
  if (!/^\d{4}-\d\d-\d\d$/.test(whole)) return false;
  const at = new Date(`${whole}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(whole);
};
