import type { Address } from "./address.js";

/** What the hotel's own system (PMS) tells of a reservation. */
export const PMS_KINDS = [
  "reservation_created",
  "reservation_changed",
  "reservation_cancelled",
  "room_assigned",
  "room_ready",
  "checked_in",
  "checked_out",
] as const;
/** What the hotel's own system may tell of a stay. */
export type PmsKind = (typeof PMS_KINDS)[number];

/** What may begin a flow: what is told of a stay, and the desk's own clock. How soon is soon, the hotel says. */
export type StayTrigger = PmsKind | "arrival_soon" | "departure_soon";

/** How far a stay may be. */
export const STAY_STATUSES = ["booked", "inHouse", "out", "cancelled"] as const;
/** How far a stay is. */
export type StayStatus = (typeof STAY_STATUSES)[number];

/** What is known of a reservation. Each is what the event with the greatest version says that says something of it. */
export interface StayFacts {
  /** null: nothing was told but other facts. */
  readonly status: StayStatus | null;
  /** A day by the hotel's calendar, `YYYY-MM-DD`, or an instant in ISO 8601; null: not told. */
  readonly arrival: string | null;
  readonly departure: string | null;
  readonly room: string | null;
  readonly roomReady: boolean;
  /** Whose it is, as the hotel's own system names them; null: not told. */
  readonly guest: Address | { readonly guestId: string } | null;
  /** As staff call them. */
  readonly guestName: string | null;
  /** BCP 47. */
  readonly language: string | null;
}
/** Something known of a stay. */
export type StayFact = keyof StayFacts;

/** By which event a fact was told. Of two marks the greater counts: by version, then by the event's id. */
export interface PmsMark {
  readonly version: number;
  readonly eventId: string;
}

export interface GuestStay extends StayFacts {
  readonly hotelId: string;
  /** As the hotel's own system calls it; unique in the hotel. */
  readonly reservationId: string;
  /** The stored version this was read at; 0 when it is not stored yet. */
  readonly version: number;
  readonly marks: Readonly<Partial<Record<StayFact, PmsMark>>>;
  /** What was told, by mark, the smallest first; the newest 200. */
  readonly told: readonly ToldEvent[];
  /** What the desk says by itself about it, and what became of that: one for each of the hotel's rules and flows that it is for. */
  readonly plan: readonly StayPlan[];
  readonly createdAt: Date;
}

export interface ToldEvent extends PmsMark {
  readonly kind: PmsKind;
}

/** One message, or the begin of a flow, as a rule of the hotel wants it: at most once for a stay. */
export interface StayPlan {
  /** Id of a `StayMessage`; of a flow `flow:` and its id. */
  readonly rule: string;
  /** When the rule wants it. */
  readonly dueAt: Date;
  /** When the desk looks at it next; what waits for something waits until it is given up. */
  readonly goAt: Date;
  /** `dropped`: it is not sent, for what `why` says. `cancelled`: there is no occasion for it, unless the stay changes again. */
  readonly state: "planned" | "sent" | "dropped" | "cancelled";
  /** null while nothing stands against it. */
  readonly why: StayReason | null;
  /** When that was decided. */
  readonly at: Date;
  readonly messageId: string | null;
  readonly conversationId: string | null;
  /** In which it was sent: a tag of the rule's. */
  readonly language: string | null;
}

/** Why the desk says something about a stay by itself, later, or not at all. */
export const STAY_REASONS = {
  rule: "A rule of the hotel wanted it, and nothing stood against it.",
  quiet_hours: "It was in the hotel's quiet hours: it goes when they end.",
  spaced: "The guest got another message about a stay just before: it goes later.",
  talking: "The desk had said too much to the guest by itself, or a flow was under way: it goes later.",
  not_yet: "The stay has not come so far: it waits for what the hotel's own system tells.",
  fact_missing: "Something that stands in its text is not known: it waits for what the hotel's own system tells.",
  guest_unknown: "Nothing says whose stay it is: it waits for what the hotel's own system tells.",
  too_late: "Its time had passed.",
  stay_cancelled: "The reservation was cancelled.",
  stay_moved_on: "The stay had gone further: there was no occasion for it any more.",
  no_date: "The day that it is reckoned from is not known any more.",
  rule_gone: "The hotel has no such rule, or no such flow, any more.",
  window_closed: "WhatsApp's service window was closed, and there is no template that could go.",
  marketing_stopped: "It is an offer, and the guest wants none.",
  template_refused: "No template of the rule could be sent: none is approved, or none fits what is filled in.",
  recipient_moved: "The guest has given up the address that the reservation names.",
  no_way: "The hotel has no number, department or text for it.",
  flow_running: "A flow is under way with the guest already.",
} as const satisfies Record<string, string>;
/** Why a message about a stay was sent, or was not. */
export type StayReason = keyof typeof STAY_REASONS;

export const newStay = (hotelId: string, reservationId: string, now: Date): GuestStay => ({
  hotelId,
  reservationId,
  version: 0,
  status: null,
  arrival: null,
  departure: null,
  room: null,
  roomReady: false,
  guest: null,
  guestName: null,
  language: null,
  marks: {},
  told: [],
  plan: [],
  createdAt: now,
});

/** Of how many events a stay keeps that it was told. An older one that comes again is `stale`, and changes nothing either. */
const TOLD_MOST = 200;

/**
 * A stay with what one more event says of it. Whatever the order in which the same events come, and however often, the facts, marks
 * and what was told are the same: each fact has its own greatest mark.
 * @returns `repeated`: the event was told before; `stale`: all that it says was said since by others; else `applied`
 */
export function told(
  before: GuestStay,
  event: ToldEvent,
  says: Partial<StayFacts>,
): { readonly outcome: PmsOutcome; readonly stay: GuestStay } {
  if (before.told.some(({ eventId }) => eventId === event.eventId)) return { outcome: "repeated", stay: before };
  const { version, eventId, kind } = event;
  const mark: PmsMark = { version, eventId };
  const isNews = (fact: string): boolean => compareMarks(before.marks[fact as StayFact], mark) < 0;
  const news = Object.entries(says).filter(([fact]) => isNews(fact));
  const events = [...before.told, { version, eventId, kind }].sort(compareMarks).slice(-TOLD_MOST);
  const stay: GuestStay = {
    ...before,
    ...(Object.fromEntries(news) as Partial<StayFacts>),
    marks: { ...before.marks, ...Object.fromEntries(news.map(([fact]) => [fact, mark])) },
    told: events,
  };
  return { outcome: news.length === 0 ? "stale" : "applied", stay };
}

/** What became of what it told: new, told before, or older than what is known. */
export type PmsOutcome = "applied" | "repeated" | "stale";

/** Two events may have one version: then their ids decide, so that no order of arrival does. */
export function compareMarks(a: PmsMark | undefined, b: PmsMark): number {
  if (a === undefined) return -1;
  return a.version - b.version || (a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0);
}
