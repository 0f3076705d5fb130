import { noChange, type Change } from "../domain/change.js";
import { later } from "../domain/clocks.js";
import type { Conversation } from "../domain/conversation.js";
import type { EventBody, NewEvent } from "../domain/event.js";
import {
  ARRIVAL_SOON_MS,
  CHECK_IN_AT,
  CHECK_OUT_AT,
  DEPARTURE_SOON_MS,
  GAP_MS,
  LATE_MS,
  occasionOf,
  type StayMoment,
} from "../domain/hotel-stays.js";
import type { Hotel } from "../domain/hotel.js";
import { notBefore } from "../domain/opening-hours.js";
import {
  newStay,
  told,
  type GuestStay,
  type PmsKind,
  type PmsOutcome,
  type StayFacts,
  type StayPlan,
  type StayReason,
  type StayStatus,
  type StayTrigger,
  type ToldEvent,
} from "../domain/stay.js";
import { instantAt } from "../domain/time-zone.js";
import type { NewWork } from "../domain/work.js";
import { about } from "./arrival.js";
import { auditOf, type Command } from "./command.js";
import { auditId, stayLane, stayTimerId } from "./ids.js";

/** A flow that something about a stay begins. */
export interface StayFlow {
  readonly id: string;
  /** Each once. */
  readonly on: readonly StayTrigger[];
}

/** What the hotel wants said or begun about a stay: of its rules, and of its flows' triggers. */
export interface StayRule {
  readonly id: string;
  readonly when: StayMoment;
  /** null: as the kind of moment has it. */
  readonly lateMs: number | null;
  /** Quiet hours do not count. */
  readonly quiet: boolean;
}

/** In the hotel's order, those of flows last. */
function stayRules({ stays = {} }: Pick<Hotel, "stays">, flows: readonly StayFlow[]): readonly StayRule[] {
  const { messages = [], arrivalSoonMs = ARRIVAL_SOON_MS, departureSoonMs = DEPARTURE_SOON_MS } = stays;
  const momentOf = (on: StayTrigger): StayMoment =>
    on === "arrival_soon"
      ? { before: "arrival", ms: arrivalSoonMs }
      : on === "departure_soon"
        ? { before: "departure", ms: departureSoonMs }
        : { on };
  return [
    ...messages.map(({ id, when, lateMs = null, quiet = false }) => ({ id, when, lateMs, quiet })),
    ...flows.flatMap(({ id, on }) =>
      on.map((one, index) => ({
        id: `flow:${id}${index === 0 ? "" : `:${one}`}`,
        when: momentOf(one),
        lateMs: null,
        quiet: false,
      })),
    ),
  ];
}

/** What begins the flow of a rule; null where its first trigger does. */
export const stayTriggerOf = (rule: string): string | null => /^flow:[^:]+:(.+)$/.exec(rule)?.[1] ?? null;

/** The flow of a rule; null for a message's. */
export const flowOfRule = (rule: string): string | null => /^flow:([^:]+)/.exec(rule)?.[1] ?? null;

/** What the desk is told of a stay. */
export interface StayNews {
  readonly reservationId: string;
  readonly event: ToldEvent;
  readonly says: Partial<StayFacts>;
}

/**
 * What an event of the hotel's own system changes: the stay, and what is planned to be said about it. The stay is the same in whatever
 * order events come; what was planned is planned anew by what it is now.
 * @param conversations the guest's open ones, which are told
 * @returns `change`: null when there is nothing to store
 */
export function decideStayEvent(
  stored: GuestStay | null,
  { reservationId, event, says }: StayNews,
  { hotel, flows, conversations }: StayWorld,
  command: Command,
): { readonly outcome: PmsOutcome; readonly stay: GuestStay; readonly change: Change | null } {
  const { now } = command;
  const before = stored ?? newStay(hotel.id, reservationId, now);
  const { outcome, stay: after } = told(before, event, says);
  if (outcome === "repeated") return { outcome, stay: before, change: null };
  // What it says is known better by now; that it happened may be news, where the event that overtook it was of another kind.
  const stay: GuestStay = { ...after, plan: planned(after, hotel, flows, event.kind, now) };
  if (outcome === "stale") {
    const change: Change = { ...noChange(hotel.id), stays: [stay] };
    return { outcome, stay, change: withPlan(change, before, stay, conversations, command.id, now) };
  }
  const change: Change = {
    ...noChange(hotel.id),
    stays: [stay],
    events: toThem(conversations, {
      type: "stay.changed",
      reservationId,
      kind: event.kind,
      status: stay.status,
    }),
    audit: [auditOf(command, "pms.apply", hotel.id, { kind: "stay", id: reservationId })],
  };
  return { outcome, stay, change: withPlan(change, before, stay, conversations, command.id, now) };
}

export interface StayWorld {
  readonly hotel: Hotel;
  readonly flows: readonly StayFlow[];
  readonly conversations: readonly Conversation[];
}

/** A change with what follows from a new plan: the timers by which the stay is looked at, and why what is not sent is not. */
export function withPlan(
  change: Change,
  before: GuestStay,
  stay: GuestStay,
  conversations: readonly Conversation[],
  rootId: string,
  now: Date,
): Change {
  const known = new Map(before.plan.map((one) => [one.rule, one]));
  const decided = stay.plan.flatMap((one) => {
    const was = known.get(one.rule);
    const { why } = one;
    return why === null || (was?.state === one.state && was.why === why) ? [] : [{ ...one, why }];
  });
  const { hotelId, reservationId } = stay;
  return {
    ...change,
    events: [
      ...change.events,
      ...decided.flatMap(({ rule, state, why }) =>
        toThem(conversations, { type: "stay.message", reservationId, rule, state, why }),
      ),
    ],
    audit: [
      ...change.audit,
      ...decided.map(({ rule, why }) => ({
        id: auditId(`${rootId}_${rule}`),
        hotelId,
        actor: { kind: "system", id: "stays" } as const,
        action: `stay.message ${rule}`,
        reason: why,
        target: { kind: "stay", id: reservationId } as const,
        at: now,
      })),
    ],
    work: [...change.work, ...timersOf(stay)],
  };
}

/** One for each instant: what is to be done then is decided on what is so by then. Set again, it is the same. */
function timersOf({ plan, reservationId }: GuestStay): readonly NewWork[] {
  const instants = new Map(
    plan.filter(({ state }) => state === "planned").map(({ goAt }) => [goAt.getTime(), goAt] as const),
  );
  return [...instants.values()].map((dueAt) => ({
    id: stayTimerId(reservationId, dueAt),
    kind: "timer",
    phoneNumberId: "",
    guestId: stayLane(reservationId),
    payload: { type: "stay", reservationId },
    dueAt,
  }));
}

/** Whoever sees one of the guest's conversations is told; where there is none, who reads what is about no conversation. */
const toThem = (conversations: readonly Conversation[], body: EventBody): readonly NewEvent[] =>
  conversations.length === 0
    ? [{ conversationId: null, departmentId: null, body }]
    : conversations.map((conversation) => about(conversation, body));

const RANK: Readonly<Record<Exclude<StayStatus, "cancelled">, number>> = { booked: 0, inHouse: 1, out: 2 };

/** Whether there is an occasion for a rule as the stay stands: now, later, or not any more. */
function standing(status: StayStatus | null, when: StayMoment): "fits" | "later" | "cancelled" | "over" {
  const occasion = occasionOf(when);
  if (status === null) return "later";
  if (occasion.includes(status)) return "fits";
  if (status === "cancelled") return "cancelled";
  const ranks = occasion.map((one) => (one === "cancelled" ? -1 : RANK[one]));
  return ranks.some((rank) => rank > RANK[status]) ? "later" : "over";
}

/** When a rule is due that is reckoned from a day; null for one that is not, or whose day is not known. */
function dueOf({ when }: StayRule, stay: GuestStay, hotel: Hotel): Date | null {
  if ("on" in when) return null;
  const anchor = anchorOf("before" in when ? when.before : when.after, stay, hotel);
  if (anchor === null) return null;
  return new Date("before" in when ? anchor.getTime() - when.ms : anchor.getTime() + when.ms);
}

/** The instant of an arrival or a departure: a day means the hotel's usual time. */
export function anchorOf(of: "arrival" | "departure", stay: StayFacts, { timeZone, stays = {} }: Hotel): Date | null {
  const day = stay[of];
  if (day === null) return null;
  if (day.length > "2026-01-01".length) return new Date(day);
  const { checkInAt = CHECK_IN_AT, checkOutAt = CHECK_OUT_AT } = stays;
  return instantAt(timeZone, day, of === "arrival" ? checkInAt : checkOutAt);
}

/** Until when something may still go. */
function endOf({ when, lateMs }: StayRule, dueAt: Date, stay: GuestStay, hotel: Hotel): Date {
  const anchor = lateMs === null && "before" in when ? anchorOf(when.before, stay, hotel) : null;
  return anchor ?? new Date(dueAt.getTime() + (lateMs ?? LATE_MS));
}

const goAtOf = ({ quiet }: StayRule, { quietHours = [], timeZone }: Hotel, dueAt: Date, now: Date): Date => {
  const at = later(dueAt, now);
  return quiet ? at : notBefore(quietHours, timeZone, at);
};

/** What is planned for a stay as it is now. @param kind of what has just been told */
function planned(
  stay: GuestStay,
  hotel: Hotel,
  flows: readonly StayFlow[],
  kind: PmsKind,
  now: Date,
): readonly StayPlan[] {
  const rules = stayRules(hotel, flows);
  const known = new Map(stay.plan.map((one) => [one.rule, one]));
  const kept = stay.plan.filter(({ rule }) => !rules.some(({ id }) => id === rule));
  return [
    ...rules.flatMap((rule) => planOf(rule, known.get(rule.id), stay, hotel, kind, now) ?? []),
    ...kept.map((one) => (one.state === "planned" ? { ...one, ...ended("cancelled", "rule_gone", now) } : one)),
  ];
}

function planOf(
  rule: StayRule,
  before: StayPlan | undefined,
  stay: GuestStay,
  hotel: Hotel,
  kind: PmsKind,
  now: Date,
): StayPlan | undefined {
  if (before?.state === "sent") return before;
  const isOn = "on" in rule.when;
  const happens = "on" in rule.when && rule.when.on === kind;
  // Another room is not the one that was ready.
  const isNoMore = "on" in rule.when && rule.when.on === "room_ready" && !stay.roomReady;
  const stands = isNoMore ? "over" : standing(stay.status, rule.when);
  const dueAt = isOn ? (happens ? happensAt(rule, before, now) : before?.dueAt) : dueOf(rule, stay, hotel);
  if (dueAt === undefined) return undefined;
  if (dueAt === null || stands === "cancelled" || stands === "over") {
    const why = stands === "cancelled" ? "stay_cancelled" : stands === "over" ? "stay_moved_on" : "no_date";
    return before?.state === "planned" ? { ...before, ...ended("cancelled", why, now) } : before;
  }
  const isSame = before?.dueAt.getTime() === dueAt.getTime();
  // Once dropped it stays so, unless its time has changed; what has no occasion any more may get one again.
  if (before?.state === "dropped" && (isSame || isOn)) return before;
  if (before?.state === "cancelled" && isOn && !happens) return before;
  const goAt = goAtOf(rule, hotel, dueAt, now);
  const isQuiet = goAt > later(dueAt, now);
  const fresh: StayPlan = {
    rule: rule.id,
    dueAt,
    goAt,
    state: "planned",
    why: isQuiet ? "quiet_hours" : null,
    at: now,
    messageId: null,
    conversationId: null,
    language: null,
  };
  const end = endOf(rule, dueAt, stay, hotel);
  if (end <= now) return { ...fresh, ...ended("dropped", "too_late", now) };
  return end <= goAt ? { ...fresh, ...ended("dropped", "quiet_hours", now) } : fresh;
}

/** What waits since it happened first goes on to wait since then. */
function happensAt({ when }: StayRule, before: StayPlan | undefined, now: Date): Date {
  if (before?.state === "planned") return before.dueAt;
  return new Date(now.getTime() + ("on" in when ? (when.afterMs ?? 0) : 0));
}

const ended = (state: "dropped" | "cancelled", why: StayReason, at: Date) => ({ state, why, at }) as const;

export interface StayLook {
  /** With what is put off, or not said at all. */
  readonly stay: GuestStay;
  /** What may be said now: of several the one that was due first, and of those due together the first of the hotel's. */
  readonly next: StayPlan | null;
}

/**
 * What a stay's timer does: what is due and may not go now is put off or dropped, and of what may, one goes.
 * @param beside the guest's other stays: two messages about stays do not come at once, whichever they are about
 */
export function lookAt(
  stay: GuestStay,
  beside: readonly GuestStay[],
  hotel: Hotel,
  flows: readonly StayFlow[],
  now: Date,
): StayLook {
  const rules = stayRules(hotel, flows);
  const place = (id: string): number => rules.findIndex((rule) => rule.id === id);
  const due = stay.plan
    .filter(({ state, goAt }) => state === "planned" && goAt <= now)
    .sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || place(a.rule) - place(b.rule));
  let after = stay;
  let next: StayPlan | null = null;
  for (const one of due) {
    const rule = rules[place(one.rule)];
    const stands = heldUp(one, rule, after, beside, hotel, now, next !== null);
    if (stands === null) next = one;
    else after = withEntry(after, { ...one, ...stands });
  }
  return { stay: after, next };
}

/** Why something that is due does not go now; null: it does. */
function heldUp(
  { dueAt, why }: StayPlan,
  rule: StayRule | undefined,
  stay: GuestStay,
  beside: readonly GuestStay[],
  hotel: Hotel,
  now: Date,
  anotherGoes: boolean,
): Partial<StayPlan> | null {
  if (rule === undefined) return ended("dropped", "rule_gone", now);
  const stands = standing(stay.status, rule.when);
  if (stands === "cancelled") return ended("cancelled", "stay_cancelled", now);
  if (stands === "over") return ended("cancelled", "stay_moved_on", now);
  const end = endOf(rule, dueAt, stay, hotel);
  if (end <= now) return ended("dropped", why ?? "too_late", now);
  // What waits for news of the hotel's own system is planned anew when there is some.
  if (stands === "later") return { goAt: end, why: "not_yet", at: now };
  if (stay.guest === null) return { goAt: end, why: "guest_unknown", at: now };
  const quietEnds = goAtOf(rule, hotel, dueAt, now);
  if (quietEnds > now)
    return quietEnds < end ? { goAt: quietEnds, why: "quiet_hours", at: now } : ended("dropped", "quiet_hours", now);
  const gapMs = hotel.stays?.gapMs ?? GAP_MS;
  const last = anotherGoes ? now.getTime() : lastSaid([stay, ...beside]);
  const spaced = new Date(last + gapMs);
  if (spaced <= now) return null;
  return spaced < end ? { goAt: spaced, why: "spaced", at: now } : ended("dropped", "spaced", now);
}

/** When the newest message about one of these was decided; 0 before any. */
const lastSaid = (stays: readonly GuestStay[]): number =>
  Math.max(
    0,
    ...stays.flatMap(({ plan }) => plan.flatMap(({ state, at }) => (state === "sent" ? [at.getTime()] : []))),
  );

/** A stay with one entry of its plan in its new state. */
const withEntry = (stay: GuestStay, entry: StayPlan): GuestStay => ({
  ...stay,
  plan: stay.plan.map((one) => (one.rule === entry.rule ? entry : one)),
});

/** What became of something that was about to be said. */
export const settled = (
  stay: GuestStay,
  entry: StayPlan,
  what: "sent" | "dropped",
  why: StayReason,
  now: Date,
  sent: Partial<Pick<StayPlan, "messageId" | "conversationId" | "language">> = {},
): GuestStay => withEntry(stay, { ...entry, ...sent, state: what, why, at: now });

/** What was about to be said waits: until then, or for news of the hotel's own system. @param goAt null: for news */
export function putOff(
  stay: GuestStay,
  entry: StayPlan,
  why: StayReason,
  goAt: Date | null,
  hotel: Hotel,
  flows: readonly StayFlow[],
  now: Date,
): GuestStay {
  const rule = stayRules(hotel, flows).find(({ id }) => id === entry.rule);
  const end = rule === undefined ? now : endOf(rule, entry.dueAt, stay, hotel);
  const at = goAt ?? end;
  return at <= now || at > end
    ? settled(stay, entry, "dropped", why, now)
    : withEntry(stay, { ...entry, goAt: at, why, at: now });
}
