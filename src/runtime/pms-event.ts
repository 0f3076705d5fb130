import { z } from "zod";
import { isLanguage } from "../decide/language.js";
import type { Address } from "../domain/address.js";
import { PMS_KINDS, STAY_STATUSES, type PmsKind, type StayFacts, type StayStatus } from "../domain/stay.js";
import { localTime } from "../domain/time-zone.js";
import { TASK_STATUSES, type TaskStatus } from "../domain/task.js";
import type { StayNews } from "../decide/stay.js";
import { ConversationError } from "../errors.js";
import type { Recipient } from "./desk-shapes.js";
import { recipientOf } from "./outbound-desk.js";

interface Told {
  /** Whose reservations, or requests, these are. @contract feed/hotel */
  readonly hotelId: string;
  /** Of the event, and unique in the hotel: an event that comes again changes nothing. @contract feed/ids, feed/desk-away */
  readonly eventId: string;
  /**
   * How new it is, of all that is told of the reservation, or the task: whole, from 0. What it says gives way to what an event of a
   * greater version says of the same, in whatever order they come. @contract feed/versions, feed/shuffled, feed/cancelled
   */
  readonly version: number;
}

/** What the hotel's own system tells of a reservation. What an event does not name, it says nothing of. */
export interface PmsStayEvent extends Told {
  /** What has happened. @contract feed/tells */
  readonly kind: PmsKind;
  readonly reservationId: string;
  /** Whose it is. @contract feed/phone */
  readonly guest?: Recipient;
  /** As staff call them; at most 200 characters. @contract feed/name */
  readonly guestName?: string;
  /** BCP 47, e.g. `"pt-BR"`. @contract feed/language */
  readonly language?: string;
  /** A day by the hotel's calendar, `YYYY-MM-DD`, or an instant in ISO 8601. @contract feed/days, feed/moved */
  readonly arrival?: string;
  /** Likewise. One before the arrival of the same event is refused. @contract feed/refused */
  readonly departure?: string;
  /** null: none any more. @contract feed/room */
  readonly room?: string | null;
  readonly roomReady?: boolean;
  /** By `reservation_changed`, of a system that tells how a reservation stands and not what happened; the other kinds say it themselves. */
  readonly status?: StayStatus;
}

/** What it tells of a guest's request. */
export interface PmsTaskEvent extends Told {
  /** @contract feed/tasks */
  readonly kind: "task_changed";
  /** The desk's id (`TaskRequest.id`), or what the port answered. */
  readonly taskId: string;
  readonly status: Exclude<TaskStatus, "asked">;
  /** What the guest is told besides. */
  readonly note?: string;
}

/** What the hotel's own system tells: of a stay, or of a request. */
export type PmsEvent = PmsStayEvent | PmsTaskEvent;

const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((value) => !/\0|\p{Cs}/u.test(value), "has neither NUL nor half a character");
const Day = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);
const told = {
  hotelId: text(64),
  eventId: text(200),
  version: z.int().min(0),
};

export const PmsStayEventSchema = z.strictObject({
  ...told,
  kind: z.enum(PMS_KINDS),
  reservationId: text(120),
  guest: z
    .union([
      z.strictObject({ waId: z.string().min(1).max(64) }),
      z.strictObject({ bsuid: z.string().min(1).max(200) }),
      z.strictObject({ guestId: text(200) }),
    ])
    .optional(),
  guestName: text(200).optional(),
  language: z
    .string()
    .regex(/^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$/, "a BCP 47 language tag such as it or pt-BR")
    .refine((tag) => isLanguage(tag.replaceAll("_", "-")), "a BCP 47 language tag such as it or pt-BR")
    .optional(),
  arrival: Day.optional(),
  departure: Day.optional(),
  room: text(40).nullable().optional(),
  roomReady: z.boolean().optional(),
  status: z.enum(STAY_STATUSES).optional(),
});

export const PmsTaskEventSchema = z.strictObject({
  ...told,
  kind: z.literal("task_changed"),
  taskId: text(400),
  status: z.enum(TASK_STATUSES).exclude(["asked"]),
  note: text(1_000).optional(),
});

/** @throws {ConversationError} `request_invalid` with the path of every problem, never with a value */
export function checkPmsEvent(event: unknown): void {
  const isTask = typeof event === "object" && event !== null && (event as { kind?: unknown }).kind === "task_changed";
  const result = (isTask ? PmsTaskEventSchema : PmsStayEventSchema).safeParse(event);
  const issues = result.success
    ? []
    : result.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  const { kind, status } = (result.data ?? {}) as { readonly kind?: string; readonly status?: string };
  if (!isTask && status !== undefined && kind !== "reservation_changed")
    issues.push({ path: "status", message: "is said by reservation_changed alone" });
  if (result.success && !isTask && goesBeforeTheyCome(result.data as PmsStayEvent))
    issues.push({ path: "departure", message: "is before the arrival" });
  if (issues.length > 0) throw new ConversationError("request_invalid", { issues });
  const { guest } = event as PmsStayEvent;
  if (!isTask && guest !== undefined) recipientOf(guest);
}

/** A day and an instant are not held against each other: whose day the instant is in, the hotel's clock says. */
function goesBeforeTheyCome({ arrival, departure }: PmsStayEvent): boolean {
  if (arrival === undefined || departure === undefined) return false;
  return isDay(arrival) === isDay(departure) && Date.parse(departure) < Date.parse(arrival);
}

const isDay = (when: string): boolean => when.length === "2026-01-01".length;

/** How a reservation stands by what happened to it. */
const STANDS: Readonly<Partial<Record<PmsKind, StayStatus>>> = {
  reservation_created: "booked",
  reservation_cancelled: "cancelled",
  checked_in: "inHouse",
  checked_out: "out",
};

/** An event as what it says of the stay: its instants as the hotel's clocks show them, so that each begins with the hotel's day. A room that is assigned is not ready yet, unless it says so. */
export function stayNewsOf(event: PmsStayEvent, timeZone: string): StayNews {
  const { kind, eventId, version, reservationId, guest, status, roomReady, ...rest } = event;
  const { guestName, language, arrival, departure, room } = rest;
  const stands = STANDS[kind] ?? status;
  const ready = roomReady ?? (kind === "room_ready" ? true : kind === "room_assigned" ? false : undefined);
  const person: Address | { readonly guestId: string } | undefined = guest && recipientOf(guest);
  const says: Partial<StayFacts> = {
    ...(stands !== undefined && { status: stands }),
    ...(person !== undefined && { guest: person }),
    ...(guestName !== undefined && { guestName }),
    // Many a system writes pt_BR.
    ...(language !== undefined && { language: language.replaceAll("_", "-") }),
    ...(arrival !== undefined && { arrival: byTheirClock(arrival, timeZone) }),
    ...(departure !== undefined && { departure: byTheirClock(departure, timeZone) }),
    ...(room !== undefined && { room }),
    ...(ready !== undefined && { roomReady: ready }),
  };
  return { reservationId, event: { kind, eventId, version }, says };
}

function byTheirClock(when: string, timeZone: string): string {
  return isDay(when) ? when : localTime(timeZone, new Date(when));
}
