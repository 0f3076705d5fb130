import type {
  DeliveryStatus,
  DeskEvent,
  Failure,
  IntentOutcome,
  Message,
  NewEvent,
  NewMessage,
  Reason,
  SendIntent,
  Settlement,
  StatusOutcome,
  StatusUpdate,
} from "../../src/index.js";
import {
  isOptOut,
  joinStatus,
  laneKey,
  PAIR_PACE,
  refusedWork,
  rejectedConsent,
  windowIsOpen,
} from "../../src/index.js";
import { record } from "./consents.js";
import { whoStays } from "./identity.js";
import { endHold, enqueueIn, giveBack, held, removeItems } from "./lanes.js";
import { isStopped, mustWait, pause, tried } from "./senders.js";
import { isErased } from "./hashes.js";
import { chatKey, hotelOf, putMessage, tell, type HotelMemory, type Lane, type Memory } from "./state.js";

/** For as long WhatsApp delivers a webhook: a message that has not come by then does not come. */
const PARKED_MS = 7 * 24 * 60 * 60 * 1_000;

/** Joins delivery reports into the messages they are about; parks those of a wamid that nobody knows yet. */
export function applyStatuses(
  memory: Memory,
  updates: readonly StatusUpdate[],
): { readonly outcomes: readonly StatusOutcome[]; readonly events: readonly DeskEvent[] } {
  const now = memory.clock.now();
  const events: DeskEvent[] = [];
  const outcomes = updates.map((update): StatusOutcome => {
    const hotel = hotelOf(memory, update.hotelId);
    const message = reportedMessage(hotel, update);
    if (message === null) {
      if (isErased(hotel, update.wamid)) return "parked";
      const parked = hotel.parkedReports.get(update.wamid) ?? [];
      hotel.parkedReports.set(update.wamid, [...parked, { update, parkedAt: now }]);
      return "parked";
    }
    const rises = [...report(hotel, message.id, update, now), ...learnWamid(hotel, message.id, update.wamid, now)];
    events.push(...tell(hotel, rises, now));
    return joinStatus(message.status as DeliveryStatus, update.status) === message.status ? "unchanged" : "applied";
  });
  return { outcomes, events };
}

/** The outbound message that a report names: by our own id, which is the correlation id, else by Meta's. */
function reportedMessage(hotel: HotelMemory, { correlationId, wamid }: StatusUpdate): Message | null {
  const own = correlationId === null ? undefined : hotel.messages.get(correlationId);
  const message = own?.direction === "outbound" ? own : hotel.messages.get(hotel.messageByWamid.get(wamid) ?? "");
  return message?.direction === "outbound" ? message : null;
}

function report(
  hotel: HotelMemory,
  messageId: string,
  { status, failure, billing, at }: StatusUpdate,
  now: Date,
): readonly NewEvent[] {
  const message = hotel.messages.get(messageId);
  if (message?.billing === null) putMessage(hotel, { ...message, billing });
  const details = { status, ...(failure !== null && { failure: failure.code }) };
  const rises = raise(hotel, messageId, status, failure, { code: "status_reported", at: now, details });
  return [...rises, ...(rises.length > 0 ? afterRise(hotel, messageId, at, now) : [])];
}

/** A message's wamid becomes known: what was parked under it is joined. Where another has it, an echo, it stays that one's. */
function learnWamid(hotel: HotelMemory, messageId: string, wamid: string, now: Date): readonly NewEvent[] {
  const message = hotel.messages.get(messageId);
  if (message === undefined) return [];
  if (message.wamid === null && !hotel.messageByWamid.has(wamid)) putMessage(hotel, { ...message, wamid });
  return joinParked(hotel, messageId, wamid, now);
}

/** Joins what was parked under a wamid into its message. */
function joinParked(hotel: HotelMemory, messageId: string, wamid: string, now: Date): readonly NewEvent[] {
  const parked = hotel.parkedReports.get(wamid) ?? [];
  hotel.parkedReports.delete(wamid);
  const waiting = parked.filter(({ parkedAt }) => now.getTime() - parkedAt.getTime() <= PARKED_MS);
  return waiting.flatMap(({ update }) => report(hotel, messageId, update, now));
}

/** A message that comes with its wamid, because the hotel's own phone sent it: reports of it may have been faster. */
export function joinEcho(hotel: HotelMemory, { id, direction, wamid }: NewMessage, now: Date): readonly NewEvent[] {
  return direction === "outbound" && wamid !== null ? joinParked(hotel, id, wamid, now) : [];
}

/** Joins a status into a message's. One that stands there or higher stays as it is. */
function raise(
  hotel: HotelMemory,
  messageId: string,
  status: DeliveryStatus,
  failure: Failure | null,
  reason: Reason | null,
): readonly NewEvent[] {
  const message = hotel.messages.get(messageId);
  if (message === undefined || message.status === "received" || message.status === "noted") return [];
  if (joinStatus(message.status, status) === message.status) return [];
  if (message.status === "unknown") endHold(hotel, messageId);
  const reasons = reason === null ? message.reasons : [...message.reasons, reason];
  return change(hotel, { ...message, reasons }, status, failure);
}

function change(
  hotel: HotelMemory,
  message: Message,
  status: DeliveryStatus,
  failure: Failure | null,
): readonly NewEvent[] {
  putMessage(hotel, { ...message, status, failure: status === "failed" || status === "unknown" ? failure : null });
  const departmentId = hotel.conversations.get(message.conversationId)?.departmentId ?? null;
  const body = { type: "message.status", messageId: message.id, status } as const;
  return [{ conversationId: message.conversationId, departmentId, body }];
}

/** What there is to do where a message was refused, and to tell. */
function afterRise(hotel: HotelMemory, messageId: string, at: Date, now: Date): readonly NewEvent[] {
  const message = hotel.messages.get(messageId);
  const work = message === undefined ? null : refusedWork(message);
  if (work !== null) enqueueIn(hotel, work, now);
  return optedOut(hotel, messageId, at, now);
}

/** Of a message that was refused because its guest wants no offers that wish is noted, once. */
function optedOut(hotel: HotelMemory, messageId: string, at: Date, now: Date): readonly NewEvent[] {
  const message = hotel.messages.get(messageId);
  const conversation = hotel.conversations.get(message?.conversationId ?? "");
  if (message?.status !== "failed" || message.failure === null || !isOptOut(message.failure)) return [];
  if (conversation === undefined) return [];
  const { hotelId, guestId, id, departmentId } = conversation;
  const entry = rejectedConsent({ id: guestId, hotelId }, messageId, at, now);
  const body = { type: "guest.consent", guestId, wish: entry.wish, source: entry.source } as const;
  return record(hotel, entry) ? [{ conversationId: id, departmentId, body }] : [];
}

/** Makes durable that messages are about to touch a socket. */
export function intend(memory: Memory, sends: readonly SendIntent[]): readonly IntentOutcome[] {
  const now = memory.clock.now();
  return sends.map(({ lane: lease, messageId, as }) => {
    const leasedUntil = held(memory, lease)?.leasedUntil ?? 0;
    const hotel = hotelOf(memory, lease.hotelId);
    const message = hotel.messages.get(messageId);
    if (leasedUntil <= now.getTime() || message?.status !== "queued") return "no";
    if (mustWait(hotel, lease, now.getTime())) return "no";
    const speaker = hotel.conversations.get(message.conversationId)?.speaker;
    if (message.flow !== null && speaker === "human") return "personSpeaks";
    const chat = hotel.chats.get(chatKey(lease.phoneNumberId, whoStays(hotel, lease.guestId)));
    if (as === "content" && !windowIsOpen(chat?.windowClosesAt ?? null, now)) return "windowClosed";
    putMessage(hotel, {
      ...message,
      status: "sending",
      fallback: message.fallback === null ? null : { ...message.fallback, sent: as === "fallback" },
      reasons: [...message.reasons, { code: "send_intended", at: now }],
    });
    hotel.intents.set(messageId, lease.epoch);
    return "go";
  });
}

/**
 * Records what became of sends. What WhatsApp said is a fact, whoever has the lane by now. So is that nothing left, said by
 * whoever intended it; only whoever has the lane tries again.
 */
export function settle(memory: Memory, settlements: readonly Settlement[]): readonly DeskEvent[] {
  const now = memory.clock.now();
  const hotels = new Set(settlements.map(({ lane }) => lane.hotelId));
  return [...hotels].flatMap((hotelId) => {
    const hotel = hotelOf(memory, hotelId);
    const own = settlements.filter(({ lane }) => lane.hotelId === hotelId);
    const told = own.flatMap((settlement) => settleOne(memory, hotel, settlement, now));
    const stops = own.flatMap(({ lane, pause: stop }) => (stop === null ? [] : [{ lane, stop }]));
    const stopped = stops.flatMap(({ lane, stop }) => pause(hotel, lane.phoneNumberId, stop, now.getTime()));
    const goesOn = own
      .filter(({ lane }) => !isToStop(lane.phoneNumberId, stops))
      .flatMap(({ lane, messageId, result }) => {
        const wasIntended = hotel.intents.get(messageId) === lane.epoch;
        const outcome = result.kind === "sent" ? "accepted" : wasIntended ? "refused" : "untouched";
        return tried(hotel, lane, outcome, now.getTime());
      });
    return tell(hotel, [...told, ...stopped, ...goesOn], now);
  });
}

const isToStop = (
  number: string,
  stops: readonly { readonly lane: Settlement["lane"]; readonly stop: NonNullable<Settlement["pause"]> }[],
): boolean => stops.some(({ lane, stop }) => stop.of === "hotel" || lane.phoneNumberId === number);

function settleOne(memory: Memory, hotel: HotelMemory, settlement: Settlement, now: Date): readonly NewEvent[] {
  const { lane: lease, workId, messageId, result, reason, paced } = settlement;
  const inHand = held(memory, lease);
  const lane = hotel.lanes.get(laneKey(lease));
  const overtook = lane?.items.find(({ id }) => id === workId)?.urgent ?? false;
  if (result.kind === "retry" && inHand === null) {
    const status = hotel.messages.get(messageId)?.status;
    const isOpen = status === "sending" || status === "unknown";
    if (!isOpen || hotel.intents.get(messageId) !== lease.epoch) return [];
    return settleOne(memory, hotel, { ...settlement, result: { kind: "failed", failure: result.failure } }, now);
  }
  if (lane !== undefined && paced) lane.pairAt = Math.max(lane.pairAt, now.getTime()) + PAIR_PACE.everyMs;
  if (result.kind === "retry" && inHand !== null) {
    inHand.items = inHand.items.map((item) => (item.id === workId ? { ...item, attempts: item.attempts + 1 } : item));
    if (result.askedMs > 0) inHand.notBefore = Math.max(inHand.notBefore, now.getTime() + result.askedMs);
    giveBack(inHand, now, { waitMs: result.delayMs, overtook, retried: true });
    const message = explain(hotel, messageId, reason);
    return message?.status === "sending" ? change(hotel, message, "queued", null) : [];
  }

  if (lane !== undefined) removeItems(lane, [workId]);
  explain(hotel, messageId, reason);
  const events =
    result.kind === "sent"
      ? [...raise(hotel, messageId, "sent", null, null), ...learnWamid(hotel, messageId, result.wamid, now)]
      : settled(hotel, messageId, result.kind === "unknown" ? "unknown" : "failed", result.failure, now);
  // Somebody may know better already: then there is nothing to wait for.
  const unknown = result.kind === "unknown" && hotel.messages.get(messageId)?.status === "unknown";
  if (inHand !== null && unknown) giveBack(inHand, now, { waitMs: result.holdMs, heldFor: messageId, overtook });
  else if (inHand !== null) giveBack(inHand, now, { overtook, since: waitingSince(hotel, inHand, now) });
  return events;
}

function settled(
  hotel: HotelMemory,
  messageId: string,
  status: "unknown" | "failed",
  failure: Failure,
  now: Date,
): readonly NewEvent[] {
  const rises = raise(hotel, messageId, status, failure, null);
  return [...rises, ...(rises.length > 0 ? afterRise(hotel, messageId, now, now) : [])];
}

function explain(hotel: HotelMemory, messageId: string, reason: Reason): Message | null {
  const message = hotel.messages.get(messageId);
  if (message === undefined) return null;
  const explained = { ...message, reasons: [...message.reasons, reason] };
  putMessage(hotel, explained);
  return explained;
}

/** While the number pauses, what comes next has waited since it was written: its time runs out all the same. */
function waitingSince(hotel: HotelMemory, lane: Lane, now: Date): Date {
  if (!isStopped(hotel, lane.phoneNumberId, now.getTime())) return now;
  return (lane.items.find(({ urgent }) => urgent) ?? lane.items[0])?.createdAt ?? now;
}
