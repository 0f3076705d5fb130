import type {
  Claim,
  ClaimOptions,
  ClaimedLane,
  DeskEvent,
  FailedWork,
  LaneId,
  LaneLease,
  NewCommand,
  NewEvent,
  WorkFailure,
} from "../../src/index.js";
import { laneKey } from "../../src/index.js";
import { isUrgent, maySend, pairWait, sendableAt, senderOf, took } from "./senders.js";
import { hotelOf, tell, type HotelMemory, type Lane, type LaneItem, type Memory } from "./state.js";

/** Takes due lanes: hotels in turn, in a hotel the longest due first, and among those to send the urgent. */
export function claim(memory: Memory, options: ClaimOptions): Claim {
  const { kind, lanes: most, itemsPerLane, leaseMs, expireMs = Infinity, probeMs = PROBE_MS } = options;
  const { onlyUrgentOf = [] } = options;
  const time = memory.clock.now();
  const now = time.getTime();
  const isSending = kind === "outbound";
  const byHotel = [...memory.hotels.values()].map((hotel) => {
    const isSpared = onlyUrgentOf === "everybody" || onlyUrgentOf.includes(hotel.id);
    const due = [...hotel.lanes.values()].filter(
      (lane) => lane.kind === kind && claimableAt(lane) <= now && (isUrgent(lane) || !isSpared),
    );
    const free = isSending ? maySend(hotel, due, { now, expireMs, dueAt: claimableAt }) : due;
    return free.toSorted(
      (a, b) => (isSending ? Number(isUrgent(b)) - Number(isUrgent(a)) : 0) || claimableAt(a) - claimableAt(b),
    );
  });
  const taken = inTurn(byHotel).slice(0, most);
  for (const lane of taken) {
    lane.epoch += 1;
    lane.leasedUntil = now + leaseMs;
    if (isSending) took(hotelOf(memory, lane.hotelId), lane, now, probeMs);
  }
  const next = [...memory.hotels.values()]
    .flatMap((hotel) =>
      [...hotel.lanes.values()]
        .filter((lane) => lane.kind === kind)
        .map((lane) => (isSending ? sendableAt(hotel, lane, claimableAt(lane), expireMs) : claimableAt(lane))),
    )
    .reduce((a, b) => Math.min(a, b), Infinity);
  return {
    now: time,
    lanes: taken.map((lane) => claimed(lane, isSending ? 1 : itemsPerLane, now)),
    nextDueInMs: onlyUrgentOf.length > 0 || next === Infinity ? null : Math.max(0, Math.ceil(next - now)),
  };
}

/** Milliseconds between the messages that try whether a number sends again. */
const PROBE_MS = 60_000;

/** From when on somebody may have the lane: never while it has no items. */
export const claimableAt = (lane: Lane): number =>
  lane.items.length === 0 ? Infinity : (lane.leasedUntil ?? lane.dueAt ?? Infinity);

/** The first of each hotel, then the second of each; among equals the longest due. */
function inTurn(byHotel: readonly (readonly Lane[])[]): readonly Lane[] {
  const rounds = Math.max(0, ...byHotel.map((lanes) => lanes.length));
  return Array.from({ length: rounds }, (_, round) =>
    byHotel.flatMap((lanes) => lanes[round] ?? []).sort((a, b) => claimableAt(a) - claimableAt(b)),
  ).flat();
}

const claimed = (
  { hotelId, kind, phoneNumberId, guestId, epoch, items }: Lane,
  most: number,
  now: number,
): ClaimedLane => ({
  hotelId,
  kind,
  phoneNumberId,
  guestId,
  epoch,
  // What is urgent goes first, and of timers what came due first. The sorts keep the order of the others.
  items: items
    .filter((item) => comesDue(item) <= now)
    .toSorted((a, b) => comesDue(a) - comesDue(b))
    .toSorted((a, b) => Number(b.urgent) - Number(a.urgent))
    .slice(0, most)
    .map(({ urgent: _, dueAt: __, ...item }) => item),
});

/** When an item comes due: a timer at its time, anything else in its turn. */
const comesDue = ({ dueAt }: Pick<LaneItem, "dueAt">): number => dueAt?.getTime() ?? 0;

/**
 * The lane, when it is still in this holder's hands: claimed with this epoch and neither given back nor claimed again.
 * Time plays no part: a lease that ran out only lets others claim.
 */
export function held(memory: Memory, lease: LaneLease): Lane | null {
  const lane = hotelOf(memory, lease.hotelId).lanes.get(laneKey(lease));
  return lane?.epoch === lease.epoch && lane.leasedUntil !== null ? lane : null;
}

export function renew(memory: Memory, leases: readonly LaneLease[], leaseMs: number): readonly boolean[] {
  const until = memory.clock.now().getTime() + leaseMs;
  return leases.map((lease) => {
    const lane = held(memory, lease);
    if (lane !== null) lane.leasedUntil = until;
    return lane !== null;
  });
}

export function release(memory: Memory, leases: readonly LaneLease[]): void {
  const now = memory.clock.now();
  for (const lease of leases) {
    const lane = held(memory, lease);
    if (lane !== null) giveBack(lane, now);
  }
}

/** Work that failed outside a change. */
export function fail(memory: Memory, failures: readonly WorkFailure[]): readonly DeskEvent[] {
  const now = memory.clock.now();
  return failures.flatMap((failure) => {
    const lane = held(memory, failure.lane);
    if (lane === null) return [];
    const hotel = hotelOf(memory, lane.hotelId);
    const events = failItem(hotel, lane, failure, now);
    giveBack(lane, now, { waitMs: failure.retryInMs ?? 0 });
    return tell(hotel, events, now);
  });
}

/** Counts a failure of an item; one that is given up leaves its lane. @returns what there is to tell about it */
export function failItem(
  hotel: HotelMemory,
  lane: Lane,
  { workId, code, retryInMs, counts = true }: FailedWork & Pick<WorkFailure, "counts">,
  now: Date,
): readonly NewEvent[] {
  const item = lane.items.find(({ id }) => id === workId);
  if (item === undefined) return [];
  const failed: LaneItem = { ...item, attempts: item.attempts + Number(counts) };
  if (retryInMs !== null) {
    lane.items = lane.items.map((other) => (other.id === workId ? failed : other));
    return [];
  }
  removeItems(lane, [workId]);
  const { hotelId, kind, phoneNumberId, guestId } = lane;
  const { attempts, createdAt } = failed;
  hotel.deadWork.set(workId, {
    lane: { hotelId, kind, phoneNumberId, guestId },
    item: failed,
    dead: { id: workId, hotelId, kind, code, attempts, createdAt, deadAt: now },
  });
  return [{ conversationId: null, departmentId: null, body: { type: "work.dead", workId, code } }];
}

/** Whether this is work already: it waits, is in somebody's hands, or was given up. */
export const isWork = (hotel: HotelMemory, workId: string): boolean =>
  hotel.deadWork.has(workId) || [...hotel.lanes.values()].some(({ items }) => items.some(({ id }) => id === workId));

/** Puts what the host asked for at the end of its subject's lane. */
export function enqueueCommand(memory: Memory, command: NewCommand): void {
  const now = memory.clock.now();
  const { hotelId } = command;
  const { lane, item } = commandItem(command, now);
  enqueue(hotelOf(memory, hotelId), lane, item, now);
}

/** Makes a command work of a hotel's that is being written to. */
export function enqueueIn(hotel: HotelMemory, command: NewCommand, now: Date): void {
  const { lane, item } = commandItem(command, now);
  enqueue(hotel, lane, item, now);
}

function commandItem({ hotelId, id, subject, payload }: NewCommand, now: Date) {
  const lane: LaneId = { hotelId, kind: "command", phoneNumberId: "", guestId: subject };
  const item: Omit<LaneItem, "position"> = {
    id,
    kind: "command",
    attempts: 0,
    payload: JSON.stringify(payload),
    createdAt: now,
    urgent: false,
  };
  return { lane, item };
}

/** Puts work at the end of its lane. */
export function enqueue(hotel: HotelMemory, id: LaneId, item: Omit<LaneItem, "position">, now: Date): void {
  const lane = hotel.lanes.get(laneKey(id)) ?? newLane(id);
  hotel.lanes.set(laneKey(id), lane);
  if (id.kind === "outbound") senderOf(hotel, id.phoneNumberId, now.getTime());
  lane.lastPosition += 1;
  lane.items.push({ ...item, position: lane.lastPosition });
  const asked = Math.max(now.getTime(), lane.notBefore);
  // A timer may come due before those that stand there. What is urgent waits for nobody but WhatsApp.
  if (id.kind === "timer") lane.dueAt = Math.min(lane.dueAt ?? Infinity, Math.max(comesDue(item), lane.waitsUntil));
  else if (item.urgent) lane.dueAt = Math.min(lane.dueAt ?? Infinity, Math.max(asked, pairWait(lane, true)));
  else lane.dueAt ??= Math.max(asked, lane.waitsUntil, pairWait(lane, isUrgent(lane)));
}

const newLane = ({ hotelId, kind, phoneNumberId, guestId }: LaneId): Lane => ({
  hotelId,
  kind,
  phoneNumberId,
  guestId,
  epoch: 0,
  leasedUntil: null,
  dueAt: null,
  waitsUntil: 0,
  heldFor: null,
  notBefore: 0,
  pairAt: 0,
  lastPosition: 0,
  items: [],
});

/** Takes work away from its lane, whoever has that in hand. */
export function removeItems(lane: Lane, workIds: readonly string[]): void {
  lane.items = lane.items.filter(({ id }) => !workIds.includes(id));
  if (lane.items.length === 0) lane.dueAt = null;
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

/** Lets go of a lane. */
export function giveBack(
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
  const urgent = isUrgent(lane);
  const wait = urgent && !(retried && overtook) ? time : lane.waitsUntil;
  const first = Math.min(...lane.items.map(comesDue));
  lane.dueAt = lane.items.length === 0 ? null : Math.max(wait, lane.notBefore, pairWait(lane, urgent), first);
}

/** What a lane waited for is known: it is due at once. */
export function endHold(hotel: HotelMemory, messageId: string): void {
  for (const lane of hotel.lanes.values()) {
    if (lane.heldFor !== messageId || lane.leasedUntil !== null) continue;
    lane.heldFor = null;
    lane.waitsUntil = 0;
    lane.dueAt = lane.items.length === 0 ? null : Math.max(0, lane.notBefore, pairWait(lane, isUrgent(lane)));
  }
}
