import { decideTimer } from "../decide/desk-work.js";
import { applied, merged } from "../decide/fold.js";
import { backoffMs } from "../decide/send.js";
import { noChange, type Change, type LaneChange } from "../domain/change.js";
import type { DeskEvent } from "../domain/event.js";
import type { ClaimedLane } from "../domain/lane.js";
import { timerOf } from "../domain/timer.js";
import type { WorkItem } from "../domain/work.js";
import { codeOf, ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import type { Logger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { ChatState, Storage } from "../ports/storage.js";
import type { WorkRetry } from "./inbound-work.js";
import { groupBy } from "./lists.js";

export interface TimerWorkOptions {
  readonly storage: Pick<Storage, "loadChats" | "commit" | "fail">;
  readonly logger: Logger;
  readonly random: Random;
  readonly retry: WorkRetry;
  /** Told of what was committed. */
  readonly publish: (events: readonly DeskEvent[]) => void;
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
export function timerWork({ storage, logger, random, retry, publish }: TimerWorkOptions) {
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
    const decided = lanes.map((lane, index) => ({ lane, laneChange: decideLane(lane, states[index] ?? null, now) }));
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

  /** Decides a lane's timers one after another, each on what the one before it changed, until one cannot be decided. */
  function decideLane(lane: ClaimedLane, loaded: ChatState | null, now: Date): LaneChange {
    let state = loaded;
    let change: Change = noChange(lane.hotelId);
    const completes: string[] = [];
    for (const item of lane.items) {
      try {
        const timer = timerOf(item.payload);
        if (timer === null || state === null) throw new ConversationError("decision_failed");
        const next = decideTimer(state, timer, lane.hotelId);
        change = merged(change, next);
        state = applied(state, next, now);
        completes.push(item.id);
      } catch (error) {
        const code = codeOf(error, "decision_failed");
        logger.error({ workId: item.id, attempts: item.attempts + 1, code }, "a timer could not be decided");
        return { change, lane, completes, failed: failure(item, code) };
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

  return { handle: fire };
}
