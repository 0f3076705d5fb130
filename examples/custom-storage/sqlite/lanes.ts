import type {
  Claim,
  ClaimedLane,
  ClaimOptions,
  DeskEvent,
  FailedWork,
  LaneId,
  LaneLease,
  NewCommand,
  NewEvent,
  WorkFailure,
} from "belldesk";
import { tell, type Database, type Hotel, type LaneItem } from "./database.ts";
import { IN, list, type Row } from "./documents.ts";
import { mayTake, pairWait, sendableAt, senderOf, took } from "./senders.ts";

/** A lane as it stands in its row: instants in milliseconds. What changes in it is written by `save`. */
export interface Lane extends LaneId {
  epoch: number;
  /** Until when it is in somebody's hands; null when it is in nobody's. */
  leasedUntil: number | null;
  /** When it may be claimed, if it is in nobody's hands; null while it has no items. */
  dueAt: number | null;
  /** What arrives before this waits until then. */
  waitsUntil: number;
  /** The message on whose fate it waits. */
  heldFor: string | null;
  /** WhatsApp asked to send nothing to this guest before. */
  notBefore: number;
  /** When a guest who is sent one message every six seconds would have got all that was sent to them. */
  pairAt: number;
  /** Positions count on, whatever was done or died. */
  lastPosition: number;
  /** From when on somebody may have it; null while it has no items. As it was when the row was read. */
  readonly claimableAt: number | null;
  readonly urgent: number;
}

const THIS_LANE = "hotelId = ? and kind = ? and phoneNumberId = ? and guestId = ?";
const keyOf = ({ hotelId, kind, phoneNumberId, guestId }: LaneId) => [hotelId, kind, phoneNumberId, guestId] as const;
const asLane = (row: Row | undefined): Lane | null => (row === undefined ? null : ({ ...row } as unknown as Lane));

export const laneOf = (db: Database, id: LaneId): Lane | null =>
  asLane(db.sql.one(`select * from lanes where ${THIS_LANE}`, ...keyOf(id)));

export function save(db: Database, lane: Lane): void {
  const { epoch, leasedUntil, dueAt, waitsUntil, heldFor, notBefore, pairAt, lastPosition } = lane;
  const sql = `update lanes set epoch = ?, leasedUntil = ?, dueAt = ?, waitsUntil = ?, heldFor = ?, notBefore = ?, pairAt = ?, lastPosition = ?
    where ${THIS_LANE}`;
  db.sql.run(sql, epoch, leasedUntil, dueAt, waitsUntil, heldFor, notBefore, pairAt, lastPosition, ...keyOf(lane));
}

/** A lane's items in their turn. */
export const itemsOf = (db: Database, lane: LaneId): readonly LaneItem[] =>
  db.sql.all(`select * from work where ${THIS_LANE} order by position`, ...keyOf(lane)).map(asItem);

const asItem = (row: Row): LaneItem => ({
  id: row["id"] as string,
  kind: row["kind"] as LaneItem["kind"],
  position: Number(row["position"]),
  attempts: Number(row["attempts"]),
  payload: row["payload"] as string,
  createdAt: new Date(Number(row["createdAt"])),
  urgent: row["urgent"] === 1,
  dueAt: row["dueAt"] === null ? null : new Date(Number(row["dueAt"])),
});

/** When the first of a lane's items comes due, how many there are, and whether one of them is urgent. */
function summary(
  db: Database,
  lane: LaneId,
): { readonly count: number; readonly urgent: boolean; readonly first: number } {
  const sql = `select count(*) as n, max(urgent) as urgent, min(coalesce(dueAt, 0)) as first from work where ${THIS_LANE}`;
  const row = db.sql.one(sql, ...keyOf(lane));
  return { count: Number(row?.["n"]), urgent: row?.["urgent"] === 1, first: Number(row?.["first"] ?? 0) };
}

/** Hotels in turn: the first of each, then the second; in a hotel the longest due first. */
const IN_TURN = `
  select * from (
    select *, row_number() over (partition by hotelId order by claimableAt, rowid) as turn
    from lanes where kind = ? and claimableAt <= ?)
  order by turn, claimableAt limit ?`;

/** Takes due lanes, and of those that send no more than their numbers may. */
export function claim(db: Database, options: ClaimOptions): Claim {
  const { kind, lanes: most, itemsPerLane, leaseMs, expireMs = Infinity, probeMs = PROBE_MS } = options;
  const { onlyUrgentOf = [] } = options;
  const time = db.now();
  const now = time.getTime();
  const isSending = kind === "outbound";
  const taken = isSending
    ? inTurn(mayTake(db, now, expireMs, onlyUrgentOf)).slice(0, most)
    : db.sql.all(IN_TURN, kind, now, most).map((row) => ({ ...row }) as unknown as Lane);
  for (const lane of taken) {
    lane.epoch += 1;
    lane.leasedUntil = now + leaseMs;
    save(db, lane);
    if (isSending) took(db.hotel(lane.hotelId), lane, now, probeMs);
  }
  const next = isSending ? nextSend(db, expireMs) : nextDue(db, kind);
  return {
    now: time,
    lanes: taken.map((lane) => claimed(db, lane, isSending ? 1 : itemsPerLane, now)),
    nextDueInMs: next === null || onlyUrgentOf.length > 0 ? null : Math.max(0, Math.ceil(next - now)),
  };
}

/** Milliseconds between the messages that try whether a number sends again. */
const PROBE_MS = 60_000;

function nextDue(db: Database, kind: string): number | null {
  const at = db.sql.one("select min(claimableAt) as at from lanes where kind = ?", kind)?.["at"];
  return at === null || at === undefined ? null : Number(at);
}

/** A number's first lane goes first, also when the number has to wait. */
function nextSend(db: Database, expireMs: number): number | null {
  const sql = `select hotelId, phoneNumberId, min(claimableAt) as at from lanes
    where kind = 'outbound' and claimableAt is not null group by hotelId, phoneNumberId`;
  const each = db.sql.all(sql).map((row) => {
    const sender = db.hotel(row["hotelId"] as string).senders.get(row["phoneNumberId"] as string);
    return sender === null ? Number(row["at"]) : sendableAt(sender, Number(row["at"]), expireMs);
  });
  return each.length === 0 ? null : Math.min(...each);
}

/** The first of each hotel, then the second of each; among equals the longest due. */
function inTurn(byHotel: readonly (readonly Lane[])[]): readonly Lane[] {
  const rounds = Math.max(0, ...byHotel.map((lanes) => lanes.length));
  return Array.from({ length: rounds }, (_, round) =>
    byHotel.flatMap((lanes) => lanes[round] ?? []).sort((a, b) => (a.claimableAt ?? 0) - (b.claimableAt ?? 0)),
  ).flat();
}

function claimed(db: Database, lane: Lane, most: number, now: number): ClaimedLane {
  const { hotelId, kind, phoneNumberId, guestId, epoch } = lane;
  // What is urgent goes first, and of timers what came due first.
  const sql = `select * from work where ${THIS_LANE} and coalesce(dueAt, 0) <= ?
    order by urgent desc, coalesce(dueAt, 0), position limit ?`;
  const items = db.sql.all(sql, ...keyOf(lane), now, most).map(asItem);
  return {
    hotelId,
    kind,
    phoneNumberId,
    guestId,
    epoch,
    items: items.map(({ urgent: _, dueAt: __, ...item }) => item),
  };
}

/**
 * The lane, when it is still in this holder's hands: claimed with this epoch and neither given back nor claimed again.
 * Time plays no part: a lease that ran out only lets others claim.
 */
export function held(db: Database, lease: LaneLease): Lane | null {
  const lane = laneOf(db, lease);
  return lane?.epoch === lease.epoch && lane.leasedUntil !== null ? lane : null;
}

export function renew(db: Database, leases: readonly LaneLease[], leaseMs: number): readonly boolean[] {
  const until = db.now().getTime() + leaseMs;
  const sql = `update lanes set leasedUntil = ? where ${THIS_LANE} and epoch = ? and leasedUntil is not null`;
  return leases.map((lease) => db.sql.run(sql, until, ...keyOf(lease), lease.epoch) === 1);
}

export function release(db: Database, leases: readonly LaneLease[]): void {
  for (const lease of leases) {
    const lane = held(db, lease);
    if (lane !== null) giveBack(db, lane, db.now());
  }
}

/** Work that failed outside a change. */
export function fail(db: Database, failures: readonly WorkFailure[]): readonly DeskEvent[] {
  const now = db.now();
  return failures.flatMap((failure) => {
    const lane = held(db, failure.lane);
    if (lane === null) return [];
    const hotel = db.hotel(lane.hotelId);
    const events = failItem(hotel, lane, failure, now);
    giveBack(db, lane, now, { waitMs: failure.retryInMs ?? 0 });
    return tell(hotel, events, now);
  });
}

/** Counts a failure of an item; one that is given up leaves its lane. @returns what there is to tell about it */
export function failItem(
  hotel: Hotel,
  lane: Lane,
  { workId, code, retryInMs, counts = true }: FailedWork & Pick<WorkFailure, "counts">,
  now: Date,
): readonly NewEvent[] {
  const item = itemsOf(hotel.db, lane).find(({ id }) => id === workId);
  if (item === undefined) return [];
  if (counts) tryAgain(hotel, workId);
  if (retryInMs !== null) return [];
  removeItems(hotel.db, lane, [workId]);
  const { hotelId, kind, phoneNumberId, guestId } = lane;
  const attempts = item.attempts + Number(counts);
  hotel.deadWork.put(workId, {
    lane: { hotelId, kind, phoneNumberId, guestId },
    item: { ...item, attempts },
    dead: { id: workId, hotelId, kind, code, attempts, createdAt: item.createdAt, deadAt: now },
  });
  return [{ conversationId: null, departmentId: null, body: { type: "work.dead", workId, code } }];
}

/** An item was tried once more. */
export const tryAgain = ({ db, id }: Hotel, workId: string): number =>
  db.sql.run("update work set attempts = attempts + 1 where hotelId = ? and id = ?", id, workId);

/** Whether this is work already: it waits, is in somebody's hands, or was given up. */
export const isWork = (hotel: Hotel, workId: string): boolean =>
  hotel.deadWork.has(workId) ||
  hotel.db.sql.one("select 1 from work where hotelId = ? and id = ?", hotel.id, workId) !== undefined;

/** Puts what the host asked for at the end of its subject's lane. */
export function enqueueCommand(db: Database, { hotelId, id, subject, payload }: NewCommand): void {
  const lane = { hotelId, kind: "command", phoneNumberId: "", guestId: subject } as const;
  enqueue(db.hotel(hotelId), lane, { id, payload: JSON.stringify(payload) }, db.now());
}

/** Work to be put at the end of a lane. */
interface Arrival extends Pick<LaneItem, "id" | "payload"> {
  readonly urgent?: boolean;
  readonly dueAt?: Date | null;
  /** Now by default. */
  readonly createdAt?: Date;
}

export function enqueue(hotel: Hotel, id: LaneId, arrival: Arrival, now: Date): void {
  const { urgent = false, dueAt = null, createdAt = now, ...item } = arrival;
  const { db } = hotel;
  db.sql.run(
    "insert into lanes (hotelId, kind, phoneNumberId, guestId) values (?, ?, ?, ?) on conflict do nothing",
    ...keyOf(id),
  );
  if (id.kind === "outbound") senderOf(hotel, id.phoneNumberId, now.getTime());
  const lane = laneOf(db, id);
  if (lane === null) return;
  lane.lastPosition += 1;
  const insert = `insert into work (hotelId, id, kind, phoneNumberId, guestId, position, attempts, payload, createdAt, urgent, dueAt)
    values (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)`;
  const values = [item.payload, createdAt.getTime(), urgent, dueAt?.getTime() ?? null] as const;
  db.sql.run(insert, id.hotelId, item.id, id.kind, id.phoneNumberId, id.guestId, lane.lastPosition, ...values);
  const asked = Math.max(now.getTime(), lane.notBefore);
  // A timer may come due before those that stand there. What is urgent waits for nobody but WhatsApp.
  if (id.kind === "timer")
    lane.dueAt = Math.min(lane.dueAt ?? Infinity, Math.max(dueAt?.getTime() ?? 0, lane.waitsUntil));
  else if (urgent) lane.dueAt = Math.min(lane.dueAt ?? Infinity, Math.max(asked, pairWait(lane, true)));
  else lane.dueAt ??= Math.max(asked, lane.waitsUntil, pairWait(lane, lane.urgent > 0));
  save(db, lane);
}

/** Takes work away from its lane, whoever has that in hand. */
export function removeItems(db: Database, lane: Lane, workIds: readonly string[]): void {
  db.sql.run(`delete from work where ${THIS_LANE} and id ${IN}`, ...keyOf(lane), list(workIds));
  if (summary(db, lane).count === 0) lane.dueAt = null;
  save(db, lane);
}

/** How a lane is let go of. */
interface GivenBack {
  /** What is left in it, and what comes, is due after that. */
  readonly waitMs?: number;
  /** Or when that message's fate is known. */
  readonly heldFor?: string | null;
  /** The item that was in hand was urgent: those who wait for another's fate, which it overtook, wait on, for that one's alone. */
  readonly overtook?: boolean;
  /** That item is to be tried again. */
  readonly retried?: boolean;
  /** Since when what comes next has waited; now by default. */
  readonly since?: Date;
}

export function giveBack(
  db: Database,
  lane: Lane,
  now: Date,
  { waitMs = 0, heldFor = null, overtook = false, retried = false, since = now }: GivenBack = {},
): void {
  const time = since.getTime();
  const keeps = overtook && lane.waitsUntil > now.getTime();
  const kept = keeps ? lane.heldFor : null;
  lane.leasedUntil = null;
  lane.heldFor = kept ?? heldFor;
  lane.waitsUntil = Math.max(kept !== null && heldFor !== null ? 0 : time + waitMs, keeps ? lane.waitsUntil : 0);
  const { count, urgent, first } = summary(db, lane);
  const wait = urgent && !(retried && overtook) ? time : lane.waitsUntil;
  lane.dueAt = count === 0 ? null : Math.max(wait, lane.notBefore, pairWait(lane, urgent), first);
  save(db, lane);
}

/** What lanes waited for is known: they are due at once. */
export function endHold({ db, id }: Hotel, messageId: string): void {
  const waiting = db.sql.all(
    "select * from lanes where hotelId = ? and heldFor = ? and leasedUntil is null",
    id,
    messageId,
  );
  for (const lane of waiting.flatMap((row) => asLane(row) ?? [])) {
    lane.heldFor = null;
    lane.waitsUntil = 0;
    const { count, urgent } = summary(db, lane);
    lane.dueAt = count === 0 ? null : Math.max(0, lane.notBefore, pairWait(lane, urgent));
    save(db, lane);
  }
}
