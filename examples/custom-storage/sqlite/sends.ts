import {
  isOptOut,
  joinStatus,
  PAIR_PACE,
  refusedWork,
  rejectedConsent,
  windowIsOpen,
  type DeliveryStatus,
  type DeskEvent,
  type Failure,
  type IntentOutcome,
  type LaneChange,
  type Message,
  type NewEvent,
  type NewMessage,
  type Reason,
  type Remark,
  type SendIntent,
  type Settlement,
  type StatusOutcome,
  type StatusUpdate,
} from "belldesk";
import { chatKey, tell, type Database, type Hotel } from "./database.ts";
import {
  endHold,
  enqueueCommand,
  giveBack,
  held,
  itemsOf,
  laneOf,
  removeItems,
  save,
  tryAgain,
  type Lane,
} from "./lanes.ts";
import { messageOfWamid } from "./messages.ts";
import { isErased, whoStays } from "./people.ts";
import { isStopped, mustWait, pause, tried } from "./senders.ts";

/** For as long WhatsApp delivers a webhook: a message that has not come by then does not come. */
const PARKED_MS = 7 * 24 * 60 * 60 * 1_000;

/** Joins delivery reports into the messages they are about; parks those of a wamid that nobody knows yet. */
export function applyStatuses(
  db: Database,
  updates: readonly StatusUpdate[],
): { readonly outcomes: readonly StatusOutcome[]; readonly events: readonly DeskEvent[] } {
  const now = db.now();
  const events: DeskEvent[] = [];
  const outcomes = updates.map((update): StatusOutcome => {
    const hotel = db.hotel(update.hotelId);
    const { wamid } = update;
    const message = reportedMessage(hotel, update);
    if (message === null) {
      if (!isErased(hotel, wamid))
        hotel.parkedReports.put(`${wamid} ${hotel.parkedReports.count("wamid = ?", wamid)}`, {
          wamid,
          update,
          parkedAt: now,
        });
      return "parked";
    }
    const rises = [...report(hotel, message.id, update, now), ...learnWamid(hotel, message.id, wamid, now)];
    events.push(...tell(hotel, rises, now));
    return joinStatus(message.status as DeliveryStatus, update.status) === message.status ? "unchanged" : "applied";
  });
  return { outcomes, events };
}

/** The outbound message that a report names: by our own id, which is the correlation id, else by Meta's. */
function reportedMessage(hotel: Hotel, { correlationId, wamid }: StatusUpdate): Message | null {
  const own = correlationId === null ? null : hotel.messages.get(correlationId);
  const message = own?.direction === "outbound" ? own : messageOfWamid(hotel, wamid);
  return message?.direction === "outbound" ? message : null;
}

function report(hotel: Hotel, messageId: string, update: StatusUpdate, now: Date): readonly NewEvent[] {
  const { status, failure, billing, at } = update;
  const message = hotel.messages.get(messageId);
  if (message?.billing === null) hotel.messages.put(messageId, { ...message, billing });
  const details = { status, ...(failure !== null && { failure: failure.code }) };
  const rises = raise(hotel, messageId, status, failure, { code: "status_reported", at: now, details });
  return [...rises, ...(rises.length > 0 ? afterRise(hotel, messageId, at, now) : [])];
}

/** A message's wamid becomes known: what was parked under it is joined. Where another has it, an echo, it stays that one's. */
function learnWamid(hotel: Hotel, messageId: string, wamid: string, now: Date): readonly NewEvent[] {
  const message = hotel.messages.get(messageId);
  if (message === null) return [];
  if (message.wamid === null && messageOfWamid(hotel, wamid) === null)
    hotel.messages.put(messageId, { ...message, wamid });
  return joinParked(hotel, messageId, wamid, now);
}

/** Joins what was parked under a wamid into its message. */
function joinParked(hotel: Hotel, messageId: string, wamid: string, now: Date): readonly NewEvent[] {
  const parked = hotel.parkedReports.where("wamid = ?", wamid);
  hotel.parkedReports.removeWhere("wamid = ?", wamid);
  return parked
    .filter(({ parkedAt }) => now.getTime() - parkedAt.getTime() <= PARKED_MS)
    .flatMap(({ update }) => report(hotel, messageId, update, now));
}

/** A message that comes with its wamid, because the hotel's own phone sent it: reports of it may have been faster. */
export const joinEcho = (hotel: Hotel, { id, direction, wamid }: NewMessage, now: Date): readonly NewEvent[] =>
  direction === "outbound" && wamid !== null ? joinParked(hotel, id, wamid, now) : [];

/** Joins a status into a message's. One that stands there or higher stays as it is. */
function raise(
  hotel: Hotel,
  messageId: string,
  status: DeliveryStatus,
  failure: Failure | null,
  reason: Reason | null,
): readonly NewEvent[] {
  const message = hotel.messages.get(messageId);
  if (message === null || message.status === "received" || message.status === "noted") return [];
  if (joinStatus(message.status, status) === message.status) return [];
  if (message.status === "unknown") endHold(hotel, messageId);
  const reasons = reason === null ? message.reasons : [...message.reasons, reason];
  return change(hotel, { ...message, reasons }, status, failure);
}

function change(hotel: Hotel, message: Message, status: DeliveryStatus, failure: Failure | null): readonly NewEvent[] {
  const why = status === "failed" || status === "unknown" ? failure : null;
  hotel.messages.put(message.id, { ...message, status, failure: why });
  return [statusEvent(hotel, message, status)];
}

function statusEvent(hotel: Hotel, { id, conversationId }: Message, status: DeliveryStatus): NewEvent {
  const departmentId = hotel.conversations.get(conversationId)?.departmentId ?? null;
  return { conversationId, departmentId, body: { type: "message.status", messageId: id, status } };
}

/** What there is to do where a message was refused, and to tell. */
function afterRise(hotel: Hotel, messageId: string, at: Date, now: Date): readonly NewEvent[] {
  const message = hotel.messages.get(messageId);
  const work = message === null ? null : refusedWork(message);
  if (work !== null) enqueueCommand(hotel.db, work);
  return optedOut(hotel, messageId, at, now);
}

/** Of a message that was refused because its guest wants no offers that wish is noted, once. */
function optedOut(hotel: Hotel, messageId: string, at: Date, now: Date): readonly NewEvent[] {
  const message = hotel.messages.get(messageId);
  if (message?.status !== "failed" || message.failure === null || !isOptOut(message.failure)) return [];
  const conversation = hotel.conversations.get(message.conversationId);
  if (conversation === null) return [];
  const { hotelId, guestId, id, departmentId } = conversation;
  const entry = rejectedConsent({ id: guestId, hotelId }, messageId, at, now);
  const body = { type: "guest.consent", guestId, wish: entry.wish, source: entry.source } as const;
  return hotel.consents.add(entry.id, entry) ? [{ conversationId: id, departmentId, body }] : [];
}

/** Makes durable that messages are about to touch a socket. */
export function intend(db: Database, sends: readonly SendIntent[]): readonly IntentOutcome[] {
  const now = db.now();
  return sends.map(({ lane: lease, messageId, as }) => {
    const leasedUntil = held(db, lease)?.leasedUntil ?? 0;
    const hotel = db.hotel(lease.hotelId);
    const message = hotel.messages.get(messageId);
    if (leasedUntil <= now.getTime() || message?.status !== "queued") return "no";
    if (mustWait(hotel, lease, now.getTime())) return "no";
    if (message.flow !== null && hotel.conversations.get(message.conversationId)?.speaker === "human")
      return "personSpeaks";
    const chat = hotel.chats.get(chatKey(lease.phoneNumberId, whoStays(hotel, lease.guestId)));
    if (as === "content" && !windowIsOpen(chat?.windowClosesAt ?? null, now)) return "windowClosed";
    hotel.messages.put(messageId, {
      ...message,
      status: "sending",
      fallback: message.fallback === null ? null : { ...message.fallback, sent: as === "fallback" },
      reasons: [...message.reasons, { code: "send_intended", at: now }],
    });
    hotel.intents.put(messageId, { epoch: lease.epoch });
    return "go";
  });
}

/**
 * Records what became of sends. What WhatsApp said is a fact, whoever has the lane by now. So is that nothing left, said by
 * whoever intended it; only whoever has the lane tries again.
 */
export function settle(db: Database, settlements: readonly Settlement[]): readonly DeskEvent[] {
  const now = db.now();
  const hotelIds = new Set(settlements.map(({ lane }) => lane.hotelId));
  return [...hotelIds].flatMap((hotelId) => {
    const hotel = db.hotel(hotelId);
    const own = settlements.filter(({ lane }) => lane.hotelId === hotelId);
    const told = own.flatMap((settlement) => settleOne(hotel, settlement, now));
    const stops = own.flatMap(({ lane, pause: stop }) => (stop === null ? [] : [{ number: lane.phoneNumberId, stop }]));
    const stopped = stops.flatMap(({ number, stop }) => pause(hotel, number, stop, now.getTime()));
    const isStopping = (number: string) => stops.some((one) => one.stop.of === "hotel" || one.number === number);
    const goesOn = own
      .filter(({ lane }) => !isStopping(lane.phoneNumberId))
      .flatMap(({ lane, messageId, result }) => {
        const wasIntended = hotel.intents.get(messageId)?.epoch === lane.epoch;
        const outcome = result.kind === "sent" ? "accepted" : wasIntended ? "refused" : "untouched";
        return tried(hotel, lane, outcome, now.getTime());
      });
    return tell(hotel, [...told, ...stopped, ...goesOn], now);
  });
}

function settleOne(hotel: Hotel, settlement: Settlement, now: Date): readonly NewEvent[] {
  const { lane: lease, workId, messageId, result, reason, paced } = settlement;
  const { db } = hotel;
  const lane = laneOf(db, lease);
  const inHand = lane !== null && lane.epoch === lease.epoch && lane.leasedUntil !== null;
  const overtook = lane !== null && itemsOf(db, lane).some(({ id, urgent }) => id === workId && urgent);
  if (result.kind === "retry" && !inHand) {
    const status = hotel.messages.get(messageId)?.status;
    const isOpen = status === "sending" || status === "unknown";
    if (!isOpen || hotel.intents.get(messageId)?.epoch !== lease.epoch) return [];
    return settleOne(hotel, { ...settlement, result: { kind: "failed", failure: result.failure } }, now);
  }
  if (lane !== null && paced) {
    lane.pairAt = Math.max(lane.pairAt, now.getTime()) + PAIR_PACE.everyMs;
    save(db, lane);
  }
  if (result.kind === "retry" && lane !== null) {
    tryAgain(hotel, workId);
    if (result.askedMs > 0) lane.notBefore = Math.max(lane.notBefore, now.getTime() + result.askedMs);
    giveBack(db, lane, now, { waitMs: result.delayMs, overtook, retried: true });
    const message = explain(hotel, messageId, reason);
    return message?.status === "sending" ? change(hotel, message, "queued", null) : [];
  }

  if (lane !== null) removeItems(db, lane, [workId]);
  explain(hotel, messageId, reason);
  const events =
    result.kind === "sent"
      ? [...raise(hotel, messageId, "sent", null, null), ...learnWamid(hotel, messageId, result.wamid, now)]
      : settled(hotel, messageId, result.kind === "unknown" ? "unknown" : "failed", result.failure, now);
  if (!inHand) return events;
  // Somebody may know better already: then there is nothing to wait for.
  const unknown = result.kind === "unknown" && hotel.messages.get(messageId)?.status === "unknown";
  if (unknown) giveBack(db, lane, now, { waitMs: result.holdMs, heldFor: messageId, overtook });
  else giveBack(db, lane, now, { overtook, since: waitingSince(hotel, lane, now) });
  return events;
}

function settled(
  hotel: Hotel,
  messageId: string,
  status: "unknown" | "failed",
  failure: Failure,
  now: Date,
): readonly NewEvent[] {
  const rises = raise(hotel, messageId, status, failure, null);
  return [...rises, ...(rises.length > 0 ? afterRise(hotel, messageId, now, now) : [])];
}

function explain(hotel: Hotel, messageId: string, reason: Reason): Message | null {
  const message = hotel.messages.get(messageId);
  if (message === null) return null;
  const explained = { ...message, reasons: [...message.reasons, reason] };
  hotel.messages.put(messageId, explained);
  return explained;
}

/** While the number pauses, what comes next has waited since it was written: its time runs out all the same. */
function waitingSince(hotel: Hotel, lane: Lane, now: Date): Date {
  if (!isStopped(hotel, lane.phoneNumberId, now.getTime())) return now;
  const items = itemsOf(hotel.db, lane);
  return (items.find(({ urgent }) => urgent) ?? items[0])?.createdAt ?? now;
}

/** Changes that remark on a message which does not stand where they take it to stand: by itself, or after one before. */
export function overtaken(hotel: Hotel, changes: readonly LaneChange[]): readonly number[] {
  const after = new Map<string, string>();
  return changes.flatMap(({ change: { remarks } }, index) => {
    let isStale = false;
    for (const { messageId, was, becomes } of remarks) {
      isStale ||= (after.get(messageId) ?? hotel.messages.get(messageId)?.status) !== was;
      after.set(messageId, becomes ?? was);
    }
    return isStale ? [index] : [];
  });
}

/** Adds to a message what a person did about it. @returns what there is to tell: where it stands now, if that is elsewhere */
export function remark(hotel: Hotel, { messageId, was, becomes, failure, reason }: Remark): readonly NewEvent[] {
  const message = hotel.messages.get(messageId);
  if (message === null) return [];
  const reasons = [...message.reasons, reason];
  hotel.messages.put(messageId, { ...message, reasons, ...(becomes !== null && { status: becomes, failure }) });
  if (becomes === null) return [];
  if (was === "unknown") endHold(hotel, messageId);
  return [statusEvent(hotel, message, becomes)];
}
