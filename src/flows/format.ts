import type { Money } from "../ports/pms.js";

/** A day to come as it is written in a language: `Tue 10 November`. @param day `YYYY-MM-DD` */
export const dayIn = (day: string, language: string): string =>
  new Intl.DateTimeFormat(dated(language), { timeZone: "UTC", weekday: "short", day: "numeric", month: "long" }).format(
    new Date(`${day}T00:00:00Z`),
  );

/** Any day as it is written in a language: `24 March 1985`. @param day `YYYY-MM-DD` */
export const dayOf = (day: string, language: string): string =>
  new Intl.DateTimeFormat(dated(language), { timeZone: "UTC", dateStyle: "long" }).format(new Date(`${day}T00:00:00Z`));

/** English alone is read with the day first, as in the answers of guests. */
const dated = (language: string): string => (language.toLowerCase() === "en" ? "en-GB" : language);

/** Money as it is written in a language: `€12.50`. */
export function moneyIn({ amount, currency }: Money, language: string): string {
  const format = new Intl.NumberFormat(language, { style: "currency", currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** @param from the first day, @param to the last, `YYYY-MM-DD` */
export const nightsBetween = (from: string, to: string): number =>
  Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / (24 * 60 * 60 * 1_000)));

/** What day it is somewhere, `YYYY-MM-DD`. */
export const todayIn = (timeZone: string, now: Date): string =>
  new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(now);

/** A time of day as it is written in a language: `18:30`. */
export const clockIn = (at: Date, language: string, timeZone: string): string =>
  new Intl.DateTimeFormat(dated(language), { timeZone, hour: "2-digit", minute: "2-digit" }).format(at);
