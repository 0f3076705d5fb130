import {
  isOpen,
  nextClosing,
  nextOpening,
  openMillisBetween,
  type OpeningHours,
  type Weekday,
} from "../../src/domain/opening-hours.js";

/** A hundred zones: one in four of all, and those whose clocks do what others' do not. */
const ZONES: readonly string[] = [
  "Europe/Rome",
  "America/Sao_Paulo",
  "Africa/Casablanca",
  "Africa/Cairo",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "America/St_Johns",
  "Pacific/Chatham",
  "Asia/Beirut",
  "America/Santiago",
  ...Intl.supportedValuesOf("timeZone").filter((_, index) => index % 4 === 1),
]
  .filter((zone, index, all) => all.indexOf(zone) === index)
  .slice(0, 100);

/** All of them with ZONES=all, else five, among them the five that are hardest to get right. */
export const zonesToScan = (): readonly string[] =>
  process.env["ZONES"] === "all"
    ? ZONES
    : ["Europe/Rome", "Africa/Casablanca", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu"];

const MINUTE_MS = 60_000;
/** No zone has changed its clocks at any other time for a hundred years. */
const LOOK_MS = 15 * MINUTE_MS;
const FROM = Date.UTC(2026, 0, 1);
const TO = Date.UTC(2029, 0, 1);

/**
 * Looks at a wall clock in the zone (Intl's, which the library does not use) every minute for three years, asks the hours as they are
 * written whether they name what it shows, and compares. @returns what differs, the first twenty
 */
export function hoursDiffer(zone: string, hours: OpeningHours, roll: (sides: number) => number): readonly string[] {
  const scanned = new Uint8Array((TO - FROM) / MINUTE_MS);
  const clock = new Intl.DateTimeFormat("en-US-u-ca-iso8601", {
    timeZone: zone,
    hourCycle: "h23",
    weekday: "long",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  let index = 0;
  for (let at = FROM; at < TO; at += LOOK_MS) {
    const shown = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
    const { weekday = "", year = "", month = "", day = "", hour = "", minute = "" } = shown;
    const today = written(hours, `${year}-${month}-${day}`, weekday.toLowerCase() as Weekday);
    const before = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day) - 1));
    const yesterday = written(hours, before.toISOString().slice(0, 10), DAYS[before.getUTCDay()] ?? "sunday");
    for (let more = 0; more < LOOK_MS / MINUTE_MS; more++) {
      const time = Number(hour) * 60 + Number(minute) + more;
      // What is looked at every quarter of an hour begins at one, on every clock of these years.
      const isIn = ({ begins, ends }: Times): boolean =>
        ends > begins ? begins <= time && time < ends : time >= begins;
      const isLeft = ({ begins, ends }: Times): boolean => ends <= begins && time < ends;
      scanned[index++] = today.some(isIn) || yesterday.some(isLeft) ? 1 : 0;
    }
  }
  return [...edgesDiffer(zone, hours, scanned), ...samplesDiffer(zone, hours, scanned, roll)].slice(0, 20);
}

interface Times {
  readonly begins: number;
  readonly ends: number;
}

const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;

const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

function written({ week, holidays = {} }: OpeningHours, date: string, weekday: Weekday): readonly Times[] {
  const ordinary =
    "monday" in week || !Array.isArray(week) ? (week as Partial<Record<Weekday, string[]>>)[weekday] : week;
  const times: readonly string[] =
    holidays[date] ?? holidays[date.slice(5)] ?? (ordinary as string[] | undefined) ?? [];
  return times.map((time) => ({ begins: minutes(time.slice(0, 5)), ends: minutes(time.slice(6)) }));
}

/** Every opening and closing of the three years, found by asking for the next one from the one before. */
function edgesDiffer(zone: string, hours: OpeningHours, scanned: Uint8Array): readonly string[] {
  const edges = { opens: [] as number[], closes: [] as number[] };
  for (let i = 1; i < scanned.length; i++)
    if (scanned[i] !== scanned[i - 1]) edges[scanned[i] === 1 ? "opens" : "closes"].push(FROM + i * MINUTE_MS);
  return (["opens", "closes"] as const).flatMap((kind) => {
    const next = kind === "opens" ? nextOpening : nextClosing;
    const found: number[] = [];
    for (let asked = FROM; asked < TO;) {
      const at = next(hours, zone, new Date(asked));
      if (at !== null && at.getTime() < TO) found.push(at.getTime());
      // It looks 400 days ahead.
      asked = at?.getTime() ?? asked + 399 * 24 * 60 * MINUTE_MS;
    }
    return edges[kind].length === found.length && edges[kind].every((at, index) => at === found[index])
      ? []
      : firstDifference(kind, edges[kind], found);
  });
}

function firstDifference(kind: string, scanned: readonly number[], found: readonly number[]): readonly string[] {
  const index = Array.from({ length: Math.max(scanned.length, found.length) }, (_, i) => i).find(
    (i) => scanned[i] !== found[i],
  );
  const told = (at: number | undefined): string => (at === undefined ? "never" : new Date(at).toISOString());
  return index === undefined ? [] : [`${kind}: the clock says ${told(scanned[index])}, we say ${told(found[index])}`];
}

/** Whether it is open, and how long between two instants, at a thousand times anywhere. */
function samplesDiffer(
  zone: string,
  hours: OpeningHours,
  scanned: Uint8Array,
  roll: (sides: number) => number,
): readonly string[] {
  const sums = new Uint32Array(scanned.length + 1);
  for (let i = 0; i < scanned.length; i++) sums[i + 1] = (sums[i] ?? 0) + (scanned[i] ?? 0);
  return Array.from({ length: 1_000 }, () => {
    const [one, other] = [roll(scanned.length), roll(scanned.length)].sort((a, b) => a - b) as [number, number];
    // Within a minute, so that what is no whole one counts too.
    const into = roll(MINUTE_MS);
    const [from, to] = [new Date(FROM + one * MINUTE_MS + into), new Date(FROM + other * MINUTE_MS + into)];
    const open = isOpen(hours, zone, from) === (scanned[one] === 1);
    const whole = ((sums[other] ?? 0) - (sums[one] ?? 0)) * MINUTE_MS;
    const expected = whole - (scanned[one] === 1 ? into : 0) + (scanned[other] === 1 ? into : 0);
    const length = openMillisBetween(hours, zone, from, to);
    return [
      open ? "" : `isOpen differs at ${from.toISOString()}`,
      length === expected
        ? ""
        : `${from.toISOString()} to ${to.toISOString()}: ${String(length)}, not ${String(expected)}`,
    ].filter((text) => text !== "");
  }).flat();
}
