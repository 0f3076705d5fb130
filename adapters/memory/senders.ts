import type { DeskEvent, LaneLease, NewEvent, Reach, Sender, SenderPace, SendPause, Storage } from "../../src/index.js";
import { NUMBER_PACE, PAIR_PACE, reaches } from "../../src/index.js";
import { hotelOf, tell, writeAudit, type HotelMemory, type Lane, type Memory, type SenderMemory } from "./state.js";

/** An eighth of a second may gather: what is held up on its way to WhatsApp then still keeps the pace there. */
const GATHERS = 8;
/** A twentieth of a second has to be there before any is taken: a claim for each single message would cost too much. */
const TAKEN_TOGETHER = 20;

/** Whether it has something that somebody waits for at a door. */
export const isUrgent = ({ items }: Lane): boolean => items.some(({ urgent }) => urgent);

/** From when on a guest may be sent more. */
export const pairWait = ({ pairAt }: Lane, urgent: boolean): number =>
  pairAt - ((urgent ? PAIR_PACE.urgentBurst : PAIR_PACE.burst) - 1) * PAIR_PACE.everyMs;

/** A number that has something to send, for the first time perhaps. */
export function senderOf(hotel: HotelMemory, phoneNumberId: string, now: number): SenderMemory {
  const known = hotel.senders.get(phoneNumberId);
  if (known !== undefined) return known;
  const sender: SenderMemory = {
    perSecond: NUMBER_PACE.phoneApp,
    tokens: 1,
    refilledAt: now,
    pausedUntil: null,
    probing: false,
    pausedFor: null,
    probe: null,
  };
  hotel.senders.set(phoneNumberId, sender);
  return sender;
}

const isPaused = ({ pausedUntil }: SenderMemory, now: number): boolean => pausedUntil !== null && pausedUntil > now;

const hasStopped = (sender: SenderMemory, now: number): boolean => sender.probing || isPaused(sender, now);

/** Whether a number sends nothing now, but perhaps for one that tries. */
export function isStopped(hotel: HotelMemory, phoneNumberId: string, now: number): boolean {
  const sender = hotel.senders.get(phoneNumberId);
  return sender !== undefined && hasStopped(sender, now);
}

const isProbe = ({ probing, probe }: SenderMemory, { guestId, epoch }: LaneLease): boolean =>
  probing && probe?.guestId === guestId && probe.epoch === epoch;

/** Whether WhatsApp has asked a number for more time than the one that tries was given. */
const wasAsked = ({ pausedUntil, probe }: SenderMemory): boolean =>
  probe !== null && pausedUntil !== null && pausedUntil > probe.until;

/** Whether a lane may not leave: from a number that pauses only the one that tries, unless WhatsApp has asked for more time since. */
export function mustWait(hotel: HotelMemory, lane: LaneLease, now: number): boolean {
  const sender = hotel.senders.get(lane.phoneNumberId);
  return sender !== undefined && hasStopped(sender, now) && !(isProbe(sender, lane) && !wasAsked(sender));
}

const tokensAt = ({ perSecond, tokens, refilledAt }: SenderMemory, now: number): number =>
  perSecond === null
    ? Infinity
    : Math.min(Math.max(1, perSecond / GATHERS), tokens + (Math.max(0, now - refilledAt) / 1_000) * perSecond);

const wanted = (perSecond: number): number => Math.max(1, perSecond / TAKEN_TOGETHER);

/** Which of a number's due lanes may be taken, in their order: the urgent first. `takes` is called for those that are. */
export function maySend(
  hotel: HotelMemory,
  lanes: readonly Lane[],
  { now, expireMs, dueAt }: { readonly now: number; readonly expireMs: number; readonly dueAt: (lane: Lane) => number },
): readonly Lane[] {
  const numbers = new Set(lanes.map(({ phoneNumberId }) => phoneNumberId));
  return [...numbers].flatMap((phoneNumberId) => {
    const own = lanes.filter((lane) => lane.phoneNumberId === phoneNumberId);
    const sender = senderOf(hotel, phoneNumberId, now);
    const ordered = own.toSorted((a, b) => Number(isUrgent(b)) - Number(isUrgent(a)) || dueAt(a) - dueAt(b));
    // Of a paused number only what has waited for too long.
    if (isPaused(sender, now)) return ordered.filter((lane) => dueAt(lane) <= now - expireMs);
    if (sender.probing) return ordered.slice(0, 1);
    const tokens = tokensAt(sender, now);
    return sender.perSecond === null || tokens >= wanted(sender.perSecond) ? ordered.slice(0, tokens) : [];
  });
}

/** A lane of the number's was taken. */
export function took(hotel: HotelMemory, { phoneNumberId, guestId, epoch }: Lane, now: number, probeMs: number): void {
  const sender = senderOf(hotel, phoneNumberId, now);
  if (isPaused(sender, now)) return;
  if (sender.probing) {
    sender.pausedUntil = now + probeMs;
    sender.probe = { guestId, epoch, until: sender.pausedUntil };
  }
  if (sender.perSecond === null) return;
  sender.tokens = tokensAt(sender, now) - 1;
  sender.refilledAt = now;
}

/** When a lane that is due may leave. */
export function sendableAt(hotel: HotelMemory, lane: Lane, due: number, expireMs: number): number {
  const sender = hotel.senders.get(lane.phoneNumberId);
  if (sender === undefined) return due;
  const { perSecond, tokens, refilledAt, pausedUntil, probing } = sender;
  if (pausedUntil !== null && pausedUntil > due) return Math.max(due, Math.min(pausedUntil, due + expireMs));
  if (probing || perSecond === null) return due;
  return Math.max(due, refilledAt + (Math.max(0, wanted(perSecond) - tokens) / perSecond) * 1_000);
}

/** Stops the numbers that a pause is about. It never shortens one. */
export function pause(hotel: HotelMemory, number: string, stop: SendPause, now: number): readonly NewEvent[] {
  const numbers = stop.of === "hotel" ? [...hotel.senders.keys()].toSorted() : [number];
  return numbers.flatMap((phoneNumberId) => {
    const sender = senderOf(hotel, phoneNumberId, now);
    const begins = stop.probing && !sender.probing;
    sender.pausedUntil = Math.max(sender.pausedUntil ?? 0, now + stop.ms);
    if (stop.probing || !sender.probing) sender.pausedFor = stop.code;
    sender.probing ||= stop.probing;
    return begins ? [newsOf({ type: "sender.paused", phoneNumberId, code: stop.code })] : [];
  });
}

/** Ends a pause. @returns what there is to tell: nothing when it was not probing */
function endPause(hotel: HotelMemory, phoneNumberId: string): readonly NewEvent[] {
  const sender = hotel.senders.get(phoneNumberId);
  if (sender === undefined) return [];
  const { probing } = sender;
  Object.assign(sender, { pausedUntil: null, probing: false, pausedFor: null, probe: null });
  return probing ? [newsOf({ type: "sender.resumed", phoneNumberId })] : [];
}

/**
 * What became of the message that tried whether a number sends again; any other says nothing of that. One that never came to a
 * call lets the next try.
 */
export function tried(
  hotel: HotelMemory,
  lane: LaneLease,
  outcome: "accepted" | "refused" | "untouched",
  now: number,
): readonly NewEvent[] {
  const sender = hotel.senders.get(lane.phoneNumberId);
  if (sender === undefined || !isProbe(sender, lane)) return [];
  if (outcome === "untouched" && !wasAsked(sender)) sender.pausedUntil = now;
  if (outcome !== "accepted") return [];
  // What WhatsApp asked for in the meantime is waited for all the same.
  const asked = wasAsked(sender) ? { pausedUntil: sender.pausedUntil, pausedFor: sender.pausedFor } : {};
  const events = endPause(hotel, lane.phoneNumberId);
  Object.assign(sender, asked);
  return events;
}

const newsOf = (body: NewEvent["body"]): NewEvent => ({ conversationId: null, departmentId: null, body });

export function setPaces(memory: Memory, paces: readonly SenderPace[]): void {
  const now = memory.clock.now().getTime();
  for (const { hotelId, phoneNumberId, perSecond } of paces)
    senderOf(hotelOf(memory, hotelId), phoneNumberId, now).perSecond = perSecond;
}

export function pauseSenders(
  memory: Memory,
  { hotelId, pause: asked }: Parameters<Storage["pauseSenders"]>[0],
): readonly DeskEvent[] {
  const hotel = hotelOf(memory, hotelId);
  const now = memory.clock.now();
  return tell(hotel, pause(hotel, "", { ...asked, of: "hotel" }, now.getTime()), now);
}

export function resume(
  memory: Memory,
  { hotelId, phoneNumberId, audit }: Parameters<Storage["resume"]>[0],
): readonly DeskEvent[] {
  const hotel = hotelOf(memory, hotelId);
  const at = memory.clock.now();
  if (audit !== null) writeAudit(hotel, { ...audit, hotelId, at });
  return tell(hotel, endPause(hotel, phoneNumberId), at);
}

/** The numbers of hotels within reach. A number has no department, so only reach over the whole hotel sees it. */
export function senders(memory: Memory, { reach }: { readonly reach: Reach }): readonly Sender[] {
  const now = memory.clock.now().getTime();
  return [...memory.hotels.values()]
    .filter(({ id }) => reaches(reach, id, null))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((hotel) =>
      [...hotel.senders]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([phoneNumberId, { perSecond, pausedUntil, probing, pausedFor }]) => ({
          hotelId: hotel.id,
          phoneNumberId,
          perSecond,
          pause:
            pausedUntil !== null && (probing || pausedUntil > now)
              ? { until: new Date(pausedUntil), probing, code: pausedFor ?? "" }
              : null,
          waiting: [...hotel.lanes.values()].filter(
            (lane) => lane.kind === "outbound" && lane.phoneNumberId === phoneNumberId && lane.items.length > 0,
          ).length,
        })),
    );
}
