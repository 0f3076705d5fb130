import { parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/max";
import { plainDigits } from "../domain/digits.js";
import { foldText } from "../domain/text.js";

/** Where and how a guest's answer is read. */
export interface Reading {
  /** IANA, the hotel's: what "today" is. */
  readonly timeZone: string;
  /** BCP 47, the guest's: which way round day and month stand, and what months are called. English names are understood always. */
  readonly language: string;
  readonly now: Date;
  /** ISO 3166-1 alpha-2: of a phone without its country's code. */
  readonly country?: string;
  /** Of a date: it lies before today. */
  readonly past?: boolean;
}

/** Longer answers are no number, date, address or phone: looking further would cost more the longer they are. UTF-16 units. */
const ANSWER_MAX = 320;

/** A number as people write it in any of the languages: `1,234.5`, `1.234,5`, `12`, `five`, in the digits of any script. null for none, or for two. */
export function numberIn(text: string, { language }: Pick<Reading, "language">): number | null {
  if (text.length > ANSWER_MAX) return null;
  const word = NUMBER_WORDS.get(foldText(text));
  if (word !== undefined) return word;
  const found = plainDigits(text).match(/[-−]?\d+(?:[.,'’\u00a0\u202f]\d+)*/g) ?? [];
  const [only, second] = found;
  if (only === undefined || second !== undefined) return null;
  const written = only.replace("−", "-").replace(/['’\u00a0\u202f]/g, "");
  const marks = [...written.matchAll(/[.,]/g)].map(([mark]) => mark);
  const last = marks.at(-1);
  if (last === undefined) return Number(written);
  const decimals = written.length - written.lastIndexOf(last) - 1;
  // Two kinds of marks: the last one is the decimal mark. One mark before three digits groups, where the language groups by it.
  const isDecimal =
    new Set(marks).size > 1
      ? marks.filter((mark) => mark === last).length === 1
      : marks.length === 1 && (decimals !== 3 || last === decimalMark(language));
  const plain = isDecimal
    ? `${written.slice(0, written.lastIndexOf(last)).replace(/[.,]/g, "")}.${written.slice(-decimals)}`
    : written.replace(/[.,]/g, "");
  const value = Number(plain);
  return Number.isFinite(value) ? value : null;
}

/** How many nights somebody stays: a whole number of 1 to 365, with or without a word beside it (`3 nights`, `due notti`). */
export function nightsIn(text: string, reading: Pick<Reading, "language">): number | null {
  if (text.length > ANSWER_MAX) return null;
  // Two weeks are no two nights: beside the number stands nothing but what a night is called.
  const words = foldText(plainDigits(text))
    .split(" ")
    .filter((word) => !NIGHTS.has(word));
  const [only = "", second] = words;
  const nights = second === undefined ? numberIn(only, reading) : null;
  return nights !== null && Number.isInteger(nights) && nights >= 1 && nights <= 365 ? nights : null;
}

/**
 * A day, as ISO 8601 (`2026-03-04`): written so, in the order of the guest's language (`4/3/2026`, `4.3.`), with the month's name
 * (`4 de marzo`, `March 4th`), or as today or tomorrow are called. Without a year it is the next such day. A day that there is not is none. With `past` it lies before
 * today: of the two years that end in two digits it is the one that has been, and without a year it is none.
 */
export function dateIn(text: string, reading: Reading): string | null {
  if (text.length > ANSWER_MAX) return null;
  const today: Today = { ...dayIn(reading.timeZone, reading.now), past: reading.past === true };
  const found = anyDateIn(text, today, reading);
  const first = isoOf(new Date(Date.UTC(today.year, today.month - 1, today.day)));
  return today.past && found !== null && found >= first ? null : found;
}

function anyDateIn(text: string, today: Today, reading: Reading): string | null {
  const digits = plainDigits(text).trim();
  const days = RELATIVE.get(foldText(digits));
  if (days !== undefined) return isoOf(new Date(Date.UTC(today.year, today.month - 1, today.day + days)));
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(digits);
  if (iso !== null) return dayOf(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const numeric = /^(\d{1,2})\s*[./-]\s*(\d{1,2})(?:\s*[./-]\s*(\d{4}|\d{2})|\.)?$/.exec(digits);
  if (numeric !== null) {
    const [a, b] = [Number(numeric[1]), Number(numeric[2])];
    const monthFirst = isMonthFirst(reading.language);
    const [day, month] = monthFirst ? [b, a] : [a, b];
    return dated(day, month, numeric[3], today);
  }
  return named(foldText(digits), reading.language, today);
}

/** An e-mail address, its host in lower case; null for what is none. */
export function emailIn(text: string): string | null {
  const typed = text
    .trim()
    .replace(/^mailto:/i, "")
    .replace(/^<|>$/g, "");
  if (typed.length > 254) return null;
  const parts =
    /^([^\s@<>"(),:;[\\\]]{1,64})@((?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}]{2,63})$/u.exec(typed);
  const [, user = "", host = ""] = parts ?? [];
  return parts === null || user.startsWith(".") || user.endsWith(".") || user.includes("..")
    ? null
    : `${user}@${host.toLowerCase()}`;
}

/** A phone in E.164 (`+390612345678`); null for what is none, and for one without its country's code where no country is given. */
export function phoneIn(text: string, { country }: Pick<Reading, "country">): string | null {
  if (text.length > ANSWER_MAX) return null;
  const written = text
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .trim()
    .replace(/^tel:/i, "")
    .replace(/^00/, "+");
  const options = { extract: false, ...(country !== undefined && { defaultCountry: country as CountryCode }) };
  const parsed = parsePhoneNumberFromString(written, options);
  return parsed?.isPossible() === true && parsed.ext === undefined ? parsed.number : null;
}

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** As what a date is read: `past`, where it lies before. */
interface Today extends Day {
  readonly past: boolean;
}

function dayIn(timeZone: string, now: Date): Day {
  const parts = zoned(timeZone).formatToParts(now);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return { year: of("year"), month: of("month"), day: of("day") };
}

const zones = new Map<string, Intl.DateTimeFormat>();
function zoned(timeZone: string): Intl.DateTimeFormat {
  const known = zones.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
    timeZone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
  });
  zones.set(timeZone, format);
  return format;
}

/** A date without a year is the next one, from today on. */
function dated(day: number, month: number, year: string | undefined, today: Today): string | null {
  if (year !== undefined) return dayOf(yearOf(year, day, month, today), month, day);
  if (today.past) return null;
  const passed = month < today.month || (month === today.month && day < today.day);
  const first = today.year + (passed ? 1 : 0);
  // The 29th of February comes within eight years.
  for (let next = first; next < first + 8; next++) {
    const found = dayOf(next, month, day);
    if (found !== null || !(month === 2 && day === 29)) return found;
  }
  return null;
}

function dayOf(year: number, month: number, day: number): string | null {
  if (year < 1900 || year > 2200) return null;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? isoOf(date) : null;
}

const isoOf = (date: Date): string => date.toISOString().slice(0, 10);

/** Two digits are a year of this century, or of the last one where only that has been. */
function yearOf(written: string, day: number, month: number, today: Today): number {
  if (written.length > 2) return Number(written);
  const year = Number(written) + 2000;
  const isToCome =
    year !== today.year ? year > today.year : month !== today.month ? month > today.month : day >= today.day;
  return today.past && isToCome ? year - 100 : year;
}

/** `4 march 2026`, `march 4th`, `4 de marzo de 2026`, `4. marz` */
function named(folded: string, language: string, today: Today): string | null {
  const words = folded.split(" ").filter((word) => !FILLERS.has(word));
  const months = monthsOf(language);
  const at = words.findIndex((word) => months.has(word));
  const month = months.get(words[at] ?? "");
  const rest = words
    .filter((_, index) => index !== at)
    .map((word) => /^(\d{1,4})(?:st|nd|rd|th|o|er|a)?$/.exec(word)?.[1]);
  if (month === undefined || rest.some((word) => word === undefined)) return null;
  const [day, year] = (rest[0]?.length ?? 0) === 4 ? [rest[1], rest[0]] : rest;
  if (day === undefined || rest.length > 2) return null;
  return dated(Number(day), month, year, today);
}

/** Languages whose months are always understood. */
const LANGUAGES = ["en", "it", "es", "pt", "de", "fr"];
const months = new Map<string, ReadonlyMap<string, number>>();

function monthsOf(language: string): ReadonlyMap<string, number> {
  const known = months.get(language);
  if (known !== undefined) return known;
  const named = new Map<string, number>();
  for (const each of [...LANGUAGES, language])
    for (const style of ["long", "short"] as const) {
      const format = new Intl.DateTimeFormat(each, { month: style, day: "numeric", timeZone: "UTC" });
      for (let month = 1; month <= 12; month++) {
        const parts = format.formatToParts(new Date(Date.UTC(2024, month - 1, 1)));
        const name = foldText(parts.find(({ type }) => type === "month")?.value ?? "");
        if (name !== "") named.set(name, month);
      }
    }
  months.set(language, named);
  return named;
}

/** English alone says no order: most who write it to hotels put the day first. Ours. */
function isMonthFirst(language: string): boolean {
  if (language.toLowerCase() === "en") return false;
  const parts = new Intl.DateTimeFormat(language, { year: "numeric", month: "numeric", day: "numeric" }).formatToParts(
    new Date(0),
  );
  return parts.findIndex(({ type }) => type === "month") < parts.findIndex(({ type }) => type === "day");
}

const decimalMark = (language: string): string =>
  new Intl.NumberFormat(language, { minimumFractionDigits: 1 })
    .formatToParts(1.5)
    .find(({ type }) => type === "decimal")?.value ?? ".";

const FILLERS: ReadonlySet<string> = new Set([
  "the",
  "of",
  "de",
  "del",
  "il",
  "el",
  "le",
  "am",
  "den",
  "on",
  "dia",
  "o",
  "em",
]);

/** What nights are called, and what one says around them. */
const NIGHTS: ReadonlySet<string> = new Set(
  [
    ...["night", "nights", "notte", "notti", "noche", "noches", "noite", "noites", "nacht", "nächte", "nuit", "nuits"],
    ...["for", "per", "por", "para", "für", "pour", "please", "bitte", "grazie", "gracias", "obrigado", "merci"],
  ].map(foldText),
);

const folded = (words: readonly string[], value: number): readonly (readonly [string, number])[] =>
  words.map((word) => [foldText(word), value] as const);

const RELATIVE: ReadonlyMap<string, number> = new Map([
  ...folded(["today", "tonight", "oggi", "stasera", "hoy", "esta noche", "hoje", "heute", "aujourd'hui", "ce soir"], 0),
  ...folded(["tomorrow", "domani", "mañana", "amanhã", "morgen", "demain"], 1),
  ...folded(
    [
      "day after tomorrow",
      "the day after tomorrow",
      "dopodomani",
      "pasado mañana",
      "depois de amanhã",
      "übermorgen",
      "après-demain",
    ],
    2,
  ),
]);

/** One to ten, as they are said in each of the languages. */
const NUMBER_WORDS: ReadonlyMap<string, number> = new Map(
  [
    ["one", "uno", "una", "un", "um", "uma", "eins", "ein", "eine", "une"],
    ["two", "due", "dos", "dois", "duas", "zwei", "zwo", "deux"],
    ["three", "tre", "tres", "três", "drei", "trois"],
    ["four", "quattro", "cuatro", "quatro", "vier", "quatre"],
    ["five", "cinque", "cinco", "fünf", "cinq"],
    ["six", "sei", "seis", "sechs"],
    ["seven", "sette", "siete", "sete", "sieben", "sept"],
    ["eight", "otto", "ocho", "oito", "acht", "huit"],
    ["nine", "nove", "nueve", "neun", "neuf"],
    ["ten", "dieci", "diez", "dez", "zehn", "dix"],
  ].flatMap((words, index) => folded(words, index + 1)),
);
