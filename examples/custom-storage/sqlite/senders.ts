import {
  NUMBER_PACE,
  PAIR_PACE,
  type DeskEvent,
  type LaneLease,
  type NewEvent,
  type Reach,
  type Sender,
  type SenderPace,
  type SendPause,
  type Storage,
} from "belldesk";
import { tell, writeAudit, type Database, type Hotel, type StoredSender } from "./database.ts";
import type { Row } from "./documents.ts";
import type { Lane } from "./lanes.ts";
import { withinHotels } from "./reach.ts";

/** An eighth of a second may gather: what is held up on its way to WhatsApp then still keeps the pace there. */
const GATHERS = 8;
/** A twentieth of a second has to be there before any is taken: a claim for each single message would cost too much. */
const TAKEN_TOGETHER = 20;

/** From when on a guest may be sent more. */
export const pairWait = ({ pairAt }: Pick<Lane, "pairAt">, urgent: boolean): number =>
  pairAt - ((urgent ? PAIR_PACE.urgentBurst : PAIR_PACE.burst) - 1) * PAIR_PACE.everyMs;

/** A number that has something to send, for the first time perhaps. */
export function senderOf(hotel: Hotel, phoneNumberId: string, now: number): StoredSender {
  const known = hotel.senders.get(phoneNumberId);
  if (known !== null) return known;
  const rest = { pausedUntil: null, probing: false, pausedFor: null, probe: null };
  const made = {
    hotelId: hotel.id,
    phoneNumberId,
    perSecond: NUMBER_PACE.phoneApp,
    tokens: 1,
    refilledAt: now,
    ...rest,
  };
  hotel.senders.put(phoneNumberId, made);
  return made;
}

const put = (hotel: Hotel, sender: StoredSender): void => hotel.senders.put(sender.phoneNumberId, sender);

const isPaused = ({ pausedUntil }: StoredSender, now: number): boolean => pausedUntil !== null && pausedUntil > now;
const hasStopped = (sender: StoredSender, now: number): boolean => sender.probing || isPaused(sender, now);

/** Whether a number sends nothing now, but perhaps for one that tries. */
export function isStopped(hotel: Hotel, phoneNumberId: string, now: number): boolean {
  const sender = hotel.senders.get(phoneNumberId);
  return sender !== null && hasStopped(sender, now);
}

const isProbe = ({ probing, probe }: StoredSender, { guestId, epoch }: LaneLease): boolean =>
  probing && probe?.guestId === guestId && probe.epoch === epoch;

/** Whether WhatsApp has asked a number for more time than the one that tries was given. */
const wasAsked = ({ pausedUntil, probe }: StoredSender): boolean =>
  probe !== null && pausedUntil !== null && pausedUntil > probe.until;

/** Whether a lane may not leave: from a number that pauses only the one that tries, unless WhatsApp has asked for more time since. */
export function mustWait(hotel: Hotel, lane: LaneLease, now: number): boolean {
  const sender = hotel.senders.get(lane.phoneNumberId);
  return sender !== null && hasStopped(sender, now) && !(isProbe(sender, lane) && !wasAsked(sender));
}

const tokensAt = ({ perSecond, tokens, refilledAt }: StoredSender, now: number): number =>
  perSecond === null
    ? Infinity
    : Math.min(Math.max(1, perSecond / GATHERS), tokens + (Math.max(0, now - refilledAt) / 1_000) * perSecond);

const wanted = (perSecond: number): number => Math.max(1, perSecond / TAKEN_TOGETHER);

/**
 * Due lanes that may send now, of each hotel: the urgent first, then the longest due.
 * @param onlyUrgentOf of whom nothing else is taken
 */
export function mayTake(
  db: Database,
  now: number,
  expireMs: number,
  onlyUrgentOf: readonly string[] | "everybody" = [],
): readonly (readonly Lane[])[] {
  const due = "from lanes where kind = 'outbound' and claimableAt <= ?";
  const numbers = db.sql.all(`select distinct hotelId, phoneNumberId ${due} order by hotelId, phoneNumberId`, now);
  const byHotel = new Map<string, Lane[]>();
  for (const { hotelId, phoneNumberId } of numbers as unknown as { hotelId: string; phoneNumberId: string }[]) {
    const sender = senderOf(db.hotel(hotelId), phoneNumberId, now);
    // Of a paused number only what has waited for too long.
    const paused = isPaused(sender, now);
    const most = paused ? -1 : allowance(sender, now);
    const isSpared = onlyUrgentOf === "everybody" || onlyUrgentOf.includes(hotelId);
    const sql = `select * ${due} and hotelId = ? and phoneNumberId = ? ${isSpared ? "and urgent > 0" : ""} order by urgent > 0 desc, claimableAt, rowid limit ?`;
    const lanes = db.sql.all(sql, paused ? now - expireMs : now, hotelId, phoneNumberId, most);
    const before = byHotel.get(hotelId) ?? [];
    byHotel.set(hotelId, [...before, ...lanes.map((row: Row) => ({ ...row }) as unknown as Lane)]);
  }
  const urgency = ({ urgent }: Lane) => Number(urgent > 0);
  return [...byHotel.values()].map((lanes) =>
    lanes.sort((a, b) => urgency(b) - urgency(a) || (a.claimableAt ?? 0) - (b.claimableAt ?? 0)),
  );
}

/** How many of its lanes a number may send now; -1: all. */
function allowance(sender: StoredSender, now: number): number {
  if (sender.probing) return 1;
  if (sender.perSecond === null) return -1;
  const tokens = tokensAt(sender, now);
  return tokens >= wanted(sender.perSecond) ? Math.floor(tokens) : 0;
}

/** A lane of the number's was taken. */
export function took(hotel: Hotel, { phoneNumberId, guestId, epoch }: Lane, now: number, probeMs: number): void {
  let sender = senderOf(hotel, phoneNumberId, now);
  if (isPaused(sender, now)) return;
  if (sender.probing) {
    const until = now + probeMs;
    sender = { ...sender, pausedUntil: until, probe: { guestId, epoch, until } };
  }
  if (sender.perSecond !== null) sender = { ...sender, tokens: tokensAt(sender, now) - 1, refilledAt: now };
  put(hotel, sender);
}

/** When a lane that is due may leave. */
export function sendableAt(sender: StoredSender, due: number, expireMs: number): number {
  const { perSecond, tokens, refilledAt, pausedUntil, probing } = sender;
  if (pausedUntil !== null && pausedUntil > due) return Math.max(due, Math.min(pausedUntil, due + expireMs));
  if (probing || perSecond === null) return due;
  return Math.max(due, refilledAt + (Math.max(0, wanted(perSecond) - tokens) / perSecond) * 1_000);
}

/** Stops the numbers that a pause is about. It never shortens one. */
export function pause(hotel: Hotel, number: string, stop: SendPause, now: number): readonly NewEvent[] {
  const senders = stop.of === "hotel" ? hotel.senders.where("true order by id") : [senderOf(hotel, number, now)];
  return senders.flatMap((sender) => {
    const begins = stop.probing && !sender.probing;
    put(hotel, {
      ...sender,
      pausedUntil: Math.max(sender.pausedUntil ?? 0, now + stop.ms),
      pausedFor: stop.probing || !sender.probing ? stop.code : sender.pausedFor,
      probing: sender.probing || stop.probing,
    });
    return begins ? [news({ type: "sender.paused", phoneNumberId: sender.phoneNumberId, code: stop.code })] : [];
  });
}

/** Ends a pause, but for what is asked for all the same. @returns what there is to tell: nothing when it was not probing */
function endPause(hotel: Hotel, phoneNumberId: string, asked: Partial<StoredSender> = {}): readonly NewEvent[] {
  const sender = hotel.senders.get(phoneNumberId);
  if (sender === null) return [];
  put(hotel, { ...sender, pausedUntil: null, probing: false, pausedFor: null, probe: null, ...asked });
  return sender.probing ? [news({ type: "sender.resumed", phoneNumberId })] : [];
}

/** What became of the message that tried whether a number sends again; any other says nothing of that. One that never came to a call lets the next try. */
export function tried(
  hotel: Hotel,
  lane: LaneLease,
  outcome: "accepted" | "refused" | "untouched",
  now: number,
): readonly NewEvent[] {
  const sender = hotel.senders.get(lane.phoneNumberId);
  if (sender === null || !isProbe(sender, lane)) return [];
  if (outcome === "untouched" && !wasAsked(sender)) put(hotel, { ...sender, pausedUntil: now });
  if (outcome !== "accepted") return [];
  const { pausedUntil, pausedFor } = sender;
  return endPause(hotel, lane.phoneNumberId, wasAsked(sender) ? { pausedUntil, pausedFor } : {});
}

const news = (body: NewEvent["body"]): NewEvent => ({ conversationId: null, departmentId: null, body });

export function setPaces(db: Database, paces: readonly SenderPace[]): void {
  const now = db.now().getTime();
  for (const { hotelId, phoneNumberId, perSecond } of paces) {
    const hotel = db.hotel(hotelId);
    put(hotel, { ...senderOf(hotel, phoneNumberId, now), perSecond });
  }
}

export function pauseSenders(
  db: Database,
  { hotelId, pause: asked }: Parameters<Storage["pauseSenders"]>[0],
): readonly DeskEvent[] {
  const hotel = db.hotel(hotelId);
  const now = db.now();
  return tell(hotel, pause(hotel, "", { ...asked, of: "hotel" }, now.getTime()), now);
}

export function resume(
  db: Database,
  { hotelId, phoneNumberId, audit }: Parameters<Storage["resume"]>[0],
): readonly DeskEvent[] {
  const hotel = db.hotel(hotelId);
  const at = db.now();
  if (audit !== null) writeAudit(hotel, { ...audit, hotelId, at });
  return tell(hotel, endPause(hotel, phoneNumberId), at);
}

/** The numbers of hotels within reach. */
export function senders(db: Database, { reach }: { readonly reach: Reach }): readonly Sender[] {
  const now = db.now().getTime();
  const { sql, values } = withinHotels(reach);
  const waiting =
    "select count(*) as n from lanes where hotelId = ? and kind = 'outbound' and phoneNumberId = ? and items > 0";
  return db.all.senders.select(`${sql} order by hotelId, id`, ...values).map((sender) => {
    const { hotelId, phoneNumberId, perSecond, pausedUntil, probing, pausedFor } = sender;
    const stands = pausedUntil !== null && (probing || pausedUntil > now);
    return {
      hotelId,
      phoneNumberId,
      perSecond,
      pause: stands ? { until: new Date(pausedUntil), probing, code: pausedFor ?? "" } : null,
      waiting: Number(db.sql.one(waiting, hotelId, phoneNumberId)?.["n"]),
    };
  });
}
