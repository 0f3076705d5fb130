import { Temporal } from "temporal-polyfill";

/** How a zone's clocks are set at an instant, and until when they stay so. Milliseconds. */
export interface ClockSetting {
  /** What is added to UTC. */
  readonly offsetMs: number;
  /** The instant at which they are next set forward or back; `Infinity` when that is not known to happen. */
  readonly until: number;
}

/**
 * The only place that knows of daylight saving: everything else adds an offset. @param zone IANA, e.g. `"Europe/Rome"`
 * @throws {RangeError} for what is no zone
 */
export function clockSetting(zone: string, at: number): ClockSetting {
  const there = local(zone, at);
  return {
    offsetMs: there.offsetNanoseconds / NANOSECONDS_IN_MS,
    until: there.getTimeZoneTransition("next")?.epochMilliseconds ?? Infinity,
  };
}

/** As `clockSetting`, for who does not ask how long: that is what takes time. */
export const offsetAt = (zone: string, at: number): number => local(zone, at).offsetNanoseconds / NANOSECONDS_IN_MS;

/**
 * The instant at which a zone's clocks show a time of a day; one that is skipped when they are set forward is that much later, and of one that
 * is shown twice it is the first. @param day `YYYY-MM-DD` @param time `HH:MM`
 */
export const instantAt = (zone: string, day: string, time: string): Date =>
  new Date(Temporal.PlainDateTime.from(`${day}T${time}`).toZonedDateTime(zone).epochMilliseconds);

/** What a zone's clocks show at an instant, ISO 8601 with their offset: `2026-03-04T18:30:00+01:00`. */
export const localTime = (zone: string, at: Date): string =>
  local(zone, at.getTime()).toString({ smallestUnit: "second", timeZoneName: "never" });

const local = (zone: string, at: number): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);

const NANOSECONDS_IN_MS = 1_000_000;
