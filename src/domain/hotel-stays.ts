import type { PmsKind, StayStatus } from "./stay.js";
import type { TaskStatus } from "./task.js";
import type { TemplateContent } from "./template.js";

/** What a hotel says by itself about stays, and when: rules as data. */
export interface HotelStays {
  /** From when a room is there, by the clock on the wall: `"15:00"` by default. */
  readonly checkInAt?: string;
  /** Until when guests are out, by the clock on the wall: `"11:00"` by default. */
  readonly checkOutAt?: string;
  /** Milliseconds that lie between two of these messages to one guest, at least; 30 min by default. */
  readonly gapMs?: number;
  /** How long before an arrival, or a departure, flows begin that are triggered by it. Milliseconds; 24 h, and 18 h, by default. */
  readonly arrivalSoonMs?: number;
  readonly departureSoonMs?: number;
  /** At most 50. Of two that are due together the first goes, and the other `gapMs` later. */
  readonly messages?: readonly StayMessage[];
  /** What guests are told of their requests (`createTask`), in place of the desk's own words; null: nothing. */
  readonly taskUpdates?: Readonly<Partial<Record<Exclude<TaskStatus, "asked">, TaskUpdate | null>>>;
}

/** A message to whoever stays, once for each stay. */
export interface StayMessage {
  /** 1 to 64 of a-z, 0-9, _ and -; what was sent is known by it. */
  readonly id: string;
  readonly when: StayMoment;
  /** Whose conversation it comes from; by default the one that the guest is with, else the hotel's first. */
  readonly department?: string;
  /**
   * By language, as `StayMessage.texts`: what goes outside of the service window, and always where there is no text. In its values
   * `{name}`, `{arrival}`, `{departure}`, `{room}` and `{reservation}` are filled in.
   */
  readonly templates?: Readonly<Record<string, TemplateContent>>;
  /**
   * By BCP 47 tag, filled in alike: what goes while the service window is open. Which one: the guest's tag, their language, the hotel's
   * tag, the hotel's language, English, the first.
   */
  readonly texts?: Readonly<Record<string, string>>;
  /**
   * For how long after its time it may still go, milliseconds; 24 h by default, and what is reckoned back from an arrival or a departure
   * goes until then.
   */
  readonly lateMs?: number;
  /** It sells something: it goes to no guest who wants no offers. A template of the category marketing is one by itself. */
  readonly offer?: boolean;
  /** Somebody waits for it: it goes in the hotel's quiet hours too. */
  readonly quiet?: boolean;
}

/** When something is told by the hotel's own system, or so long before or after an arrival or a departure. */
export type StayMoment =
  | { readonly on: PmsKind; readonly afterMs?: number }
  | { readonly before: "arrival" | "departure"; readonly ms: number }
  | { readonly after: "arrival" | "departure"; readonly ms: number };

/** By language. `{what}`, `{room}` and `{note}` are filled in. */
export interface TaskUpdate {
  readonly texts: Readonly<Record<string, string>>;
  readonly templates?: Readonly<Record<string, TemplateContent>>;
}

export const GAP_MS = 30 * 60_000;
export const LATE_MS = 24 * 60 * 60_000;
export const ARRIVAL_SOON_MS = 24 * 60 * 60_000;
export const DEPARTURE_SOON_MS = 18 * 60 * 60_000;
export const CHECK_IN_AT = "15:00";
export const CHECK_OUT_AT = "11:00";

/** How far a stay has come where a moment has its occasion. */
export function occasionOf(when: StayMoment): readonly StayStatus[] {
  if ("before" in when) return when.before === "arrival" ? ["booked"] : ["inHouse"];
  if ("after" in when) return when.after === "arrival" ? ["inHouse"] : ["out"];
  return OCCASIONS[when.on];
}

const OCCASIONS: Readonly<Record<PmsKind, readonly StayStatus[]>> = {
  reservation_created: ["booked"],
  reservation_changed: ["booked", "inHouse"],
  reservation_cancelled: ["cancelled"],
  room_assigned: ["booked", "inHouse"],
  room_ready: ["booked", "inHouse"],
  checked_in: ["inHouse"],
  checked_out: ["out"],
};

/**
 * The languages in which something is there, the best for a guest first: their own tag, their language, the hotel's tag, the hotel's
 * language, English, and what is left in the order written.
 * @param there BCP 47 tags
 */
export function byLanguage(there: readonly string[], guest: string | null, hotel: string): readonly string[] {
  const baseOf = (tag: string): string => tag.toLowerCase().split(/[-_]/)[0] ?? "";
  const normal = (tag: string): string => tag.toLowerCase().replaceAll("_", "-");
  const like = (wanted: string | null): readonly string[] =>
    wanted === null
      ? []
      : [
          ...there.filter((tag) => normal(tag) === normal(wanted)),
          ...there.filter((tag) => normal(tag) === baseOf(wanted)),
          ...there.filter((tag) => baseOf(tag) === baseOf(wanted)),
        ];
  return [...new Set([...like(guest), ...like(hotel), ...like("en"), ...there])];
}
