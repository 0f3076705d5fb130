import type { Chat } from "../domain/chat.js";
import { passed } from "../domain/clocks.js";
import type { Department, Hotel } from "../domain/hotel.js";
import { isOpen, nextOpening, openMillisBetween, type OpeningHours } from "../domain/opening-hours.js";

/** What a guest is told who writes while it is closed. */
export interface Away {
  readonly text: string;
  /** null: not within 400 days. */
  readonly opens: Date | null;
  /** What `Chat.awayUntil` is from now on. */
  readonly until: Date;
}

/** When a department is there, or, before one is known, the hotel; undefined: always. */
export const hoursOf = (hotel: Hotel, departmentId: string | null): OpeningHours | undefined =>
  departmentNamed(hotel, departmentId)?.hours ?? hotel.hours;

/**
 * When a department that is closed opens; before one is known, the first of all, where all are closed.
 * @returns null: it is open
 */
export function closedUntil(
  hotel: Hotel,
  departmentId: string | null,
  now: Date,
): { readonly opens: Date | null; readonly hours: readonly OpeningHours[] } | null {
  const known = departmentNamed(hotel, departmentId);
  const places = known === undefined && departmentId === null ? hotel.departments : [known];
  const hours: OpeningHours[] = [];
  for (const place of places) {
    const own = place?.hours ?? hotel.hours;
    if (own === undefined || isOpen(own, hotel.timeZone, now)) return null;
    if (!hours.includes(own)) hours.push(own);
  }
  const opens = hours.flatMap((own) => nextOpening(own, hotel.timeZone, now) ?? []);
  return { opens: opens.sort((a, b) => a.getTime() - b.getTime())[0] ?? null, hours };
}

/**
 * What a guest is told who writes now. Once for each time that it is closed: another department may open later, and says so, but what the
 * guest knows is not said again. Nobody is told so to whom staff wrote since it closed, or just now: somebody is there.
 * @returns `"open"`, or `"withheld"` where it is closed and nothing is to be said
 */
export function awayFor(chat: Chat, departmentId: string | null, hotel: Hotel, now: Date): Away | "open" | "withheld" {
  const closed = closedUntil(hotel, departmentId, now);
  if (closed === null) return "open";
  const { opens, hours } = closed;
  const { awayUntil } = chat;
  const isTold = awayUntil !== null && awayUntil > now && (opens === null || opens <= awayUntil);
  if (isTold || isStaffThere(chat.staffWroteAt, hours, hotel, now)) return "withheld";
  const { texts } = hotel;
  if (opens === null) return { text: texts.awayForLong, opens, until: new Date(now.getTime() + FOR_LONG_MS) };
  const text = departmentNamed(hotel, departmentId)?.away ?? texts.away;
  return { text: filledIn(text, now, opens, hotel), opens, until: opens };
}

/** A text of the hotel's with the time of an opening in it. */
export const filledIn = (text: string, now: Date, opens: Date, { timeZone, language = "en" }: Hotel): string =>
  text.replaceAll("{opens}", () => timeFrom(now, opens, timeZone, language));

/** Milliseconds within which whoever wrote is still there. Ours: two people who write to each other pause less. */
const STILL_THERE_MS = 10 * 60_000;
/** Milliseconds after which nobody asks whether it was open since. */
const LONG_AGO_MS = 31 * 24 * 60 * 60_000;
/** Milliseconds after which a guest is told again that nobody knows when it opens. */
const FOR_LONG_MS = 7 * 24 * 60 * 60_000;

function isStaffThere(wroteAt: Date | null, hours: readonly OpeningHours[], { timeZone }: Hotel, now: Date): boolean {
  if (wroteAt === null || passed(wroteAt, now, LONG_AGO_MS)) return false;
  if (!passed(wroteAt, now, STILL_THERE_MS)) return true;
  return hours.every((own) => openMillisBetween(own, timeZone, wroteAt, now) === 0);
}

/** A time of today as a time, one of this week with its weekday, any other with its date. */
export function timeFrom(now: Date, at: Date, timeZone: string, language: string): string {
  const dayOf = new Intl.DateTimeFormat("en", { timeZone, dateStyle: "short" });
  const time = { timeZone, hour: "numeric", minute: "2-digit" } as const;
  const format = (more: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(language, { ...time, ...more }).format(at);
  if (dayOf.format(at) === dayOf.format(now)) return format({});
  // The same weekday in a week would be taken for today.
  if (!passed(now, at, 6 * 24 * 60 * 60_000)) return format({ weekday: "long" });
  return format({ weekday: "long", day: "numeric", month: "long" });
}

const departmentNamed = ({ departments }: Hotel, departmentId: string | null): Department | undefined =>
  departments.find(({ id }) => id === departmentId);
