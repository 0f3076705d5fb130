import { decideTimer } from "../decide/desk-work.js";
import { applied, merged } from "../decide/fold.js";
import { backoffMs } from "../decide/send.js";
import { noChange, type Change, type LaneChange } from "../domain/change.js";
import type { DeskEvent } from "../domain/event.js";
import type { ClaimedLane } from "../domain/lane.js";
import type { Hotel } from "../domain/hotel.js";
import { timerOf } from "../domain/timer.js";
import type { WorkItem } from "../domain/work.js";
import { codeOf, ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import { decideFlowTimer } from "../flow/due.js";
import type { FlowBook } from "../flow/book.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { Storage } from "../ports/storage.js";
import type { ChatState } from "../ports/work-storage.js";
import type { WorkRetry } from "./inbound-work.js";
import { groupBy } from "./lists.js";
import { isStayLane } from "./stay-work.js";
import { kindsOf, type Wake } from "./wake.js";

export interface TimerWorkOptions {
  readonly storage: Pick<Storage, "loadChats" | "commit" | "fail">;
  readonly hotels: Pick<HotelsPort, "byId">;
  readonly flows: FlowBook;
  readonly logger: DeskLogger;
  readonly random: Random;
  readonly retry: WorkRetry;
  /** Told of what was committed. */
  readonly publish: (events: readonly DeskEvent[]) => void;
  readonly wake: Wake;
  /** Fires the timers of a stay, or of a request. */
  readonly fireStay?: (lane: ClaimedLane) => Promise<void>;
}

/**
 * How many times more often what somebody else was faster with, or what failed beside the timer, is tried again before it is set
 * aside.
 */
const PATIENCE = 10;

interface Decided {
  readonly lane: ClaimedLane;
  readonly laneChange: LaneChange;
}

/**
 * Fires timers that came due: one batched read, pure decisions on what is so by then, one commit for each lane. Few come due at
 * once, so that one that cannot be stored needs no looking for.
 */
export function timerWork({
  storage,
  hotels: known,
  flows,
  logger,
  random,
  retry,
  publish,
  wake,
  fireStay,
}: TimerWorkOptions) {
  async function handle(
    lanes: readonly ClaimedLane[],
    done: (lane: ClaimedLane) => void = () => undefined,
  ): Promise<void> {
    const [own, others] = [lanes.filter((lane) => !isStayLane(lane)), lanes.filter(isStayLane)];
    const stays = others.map(async (lane) => {
      await fireStay?.(lane);
      done(lane);
    });
    const ends = await Promise.allSettled([...(own.length === 0 ? [] : [fire(own, done)]), ...stays]);
    const failed = ends.find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async function fire(
    lanes: readonly ClaimedLane[],
    done: (lane: ClaimedLane) => void = () => undefined,
  ): Promise<void> {
    const { now, states } = await storage.loadChats(
      lanes.map(({ hotelId, phoneNumberId, guestId }) => ({
        hotelId,
        phoneNumberId,
        guestId,
        wamids: [],
        promptIds: [],
        addresses: [],
      })),
    );
    if (BELLDESK_FAILPOINTS) await failpoint("timer.loaded");
    const own = await hotelsOf(lanes);
    const decided = lanes.map((lane, index) => ({
      lane,
      laneChange: decideLane(lane, states[index] ?? null, own.get(lane.hotelId) ?? null, now),
    }));
    if (BELLDESK_FAILPOINTS) await failpoint("timer.decided");
    // One after the other in a hotel, since each locks its counter.
    const hotels = [...groupBy(decided, ({ lane }) => lane.hotelId).values()];
    const ends = await Promise.allSettled(
      hotels.map(async (own) => {
        for (const one of own) {
          await commit(one);
          done(one.lane);
        }
      }),
    );
    const failed = ends.find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** Hotels in which a flow's timer came due; one that could not be looked up is not among them. */
  async function hotelsOf(lanes: readonly ClaimedLane[]): Promise<ReadonlyMap<string, Hotel>> {
    const asked = lanes.filter(({ items }) => items.some(({ payload }) => timerIn(payload)?.type === "flow"));
    const found = await Promise.all(
      [...new Set(asked.map(({ hotelId }) => hotelId))].map((id) => known.byId(id).catch(() => null)),
    );
    return new Map(found.flatMap((hotel) => (hotel === null ? [] : [[hotel.id, hotel] as const])));
  }

  /** Decides a lane's timers one after another, each on what the one before it changed, until one cannot be decided. */
  function decideLane(lane: ClaimedLane, loaded: ChatState | null, hotel: Hotel | null, now: Date): LaneChange {
    let state = loaded;
    let change: Change = noChange(lane.hotelId);
    const completes: string[] = [];
    for (const item of lane.items) {
      try {
        const timer = timerOf(item.payload);
        if (timer === null || state === null) throw new ConversationError("decision_failed");
        if (timer.type === "flow" && hotel === null) throw new ConversationError("hotels_failed");
        const next =
          timer.type === "flow" && hotel !== null
            ? decideFlowTimer(state, timer, item.id, flows, hotel, now)
            : timer.type === "snooze"
              ? decideTimer(state, timer, lane.hotelId)
              : noChange(lane.hotelId);
        change = merged(change, next);
        state = applied(state, next, now);
        completes.push(item.id);
      } catch (error) {
        const code = codeOf(error, "decision_failed");
        logger.error({ workId: item.id, attempts: item.attempts + 1, code }, "a timer could not be decided");
        return { change, lane, completes, failed: failure(item, code, isOthers(error) ? PATIENCE : 1) };
      }
    }
    return { change, lane, completes, failed: null };
  }

  async function commit({ lane, laneChange }: Decided): Promise<void> {
    try {
      const result = await storage.commit(lane.hotelId, [laneChange]);
      if (result.outcome === "committed") {
        if (BELLDESK_FAILPOINTS) await failpoint("timer.committed");
        publish(result.events);
        wake(...kindsOf(laneChange.change.work));
        if (BELLDESK_FAILPOINTS) await failpoint("timer.published");
      }
      // What somebody changed meanwhile is decided again as it is then; a lane that passed on is somebody else's.
      else if (result.outcome === "conflict") await putOff(lane, "busy", PATIENCE);
    } catch (error) {
      if (ConversationError.is(error) && error.retryable) throw error;
      const [first, ...rest] = lane.items;
      if (first === undefined) return;
      // One of several timers of the lane is the culprit: take them one by one, so that only it is blamed.
      if (rest.length > 0) return fire([{ ...lane, items: [first] }]);
      logger.error(
        { workId: first.id, attempts: first.attempts + 1, code: codeOf(error) },
        "a timer could not be stored",
      );
      await putOff(lane, codeOf(error));
    }
  }

  async function putOff(lane: ClaimedLane, code: string, patience = 1): Promise<void> {
    const [item] = lane.items;
    if (item !== undefined) publish(await storage.fail([{ lane, ...failure(item, code, patience) }]));
  }

  const failure = (item: WorkItem, code: string, patience = 1) => ({
    workId: item.id,
    code,
    retryInMs: item.attempts + 1 >= retry.attempts * patience ? null : backoffMs(item.attempts, retry, random()),
  });

  return { handle };
}

/** null for what cannot be read at all: it fails by itself, not its whole batch. */
function timerIn(payload: string) {
  try {
    return timerOf(payload);
  } catch {
    return null;
  }
}

/** Not the timer's own fault: the hotels port failed, or a newer release has to do it. */
const isOthers = (error: unknown): boolean =>
  ConversationError.is(error) && (error.code === "hotels_failed" || error.code === "flow_version_newer");
