import { backoffMs } from "../decide/send.js";
import { laneKey, type ClaimedLane } from "../domain/lane.js";
import { codeOf, ConversationError } from "../errors.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { Storage } from "../ports/storage.js";

export interface HeldUpOptions {
  readonly storage: Pick<Storage, "renew">;
  readonly logger: DeskLogger;
  readonly random: Random;
  /** Milliseconds. */
  readonly retry: { readonly baseMs: number; readonly capMs: number };
}

/** Chats of a process taken up alone at once: each may hold a connection for as long as it waits for a lock. */
const AT_ONCE = 4;
/** Chats of which is known that they are held up, at most. Forgotten, one is found out again. */
const KNOWN = 1_000;

/** Whether it may be one chat's doing that a statement over several was not done: a row that somebody holds, or too much at once. */
export const isHeldUp = (error: unknown): boolean =>
  ConversationError.is(error) && (error.code === "storage_busy" || error.code === "storage_timeout");

/**
 * Chats that the storage cannot do anything about just now. Each is taken up alone, so that the others of its batch go on, and left
 * on its lease for a while when that fails too: that keeps its order, and counts no failure of its messages.
 */
export function heldUp({ storage, logger, random, retry }: HeldUpOptions) {
  /** How often in a row, by lane. */
  const times = new Map<string, number>();
  let free = AT_ONCE;
  const queue: (() => void)[] = [];

  /** Whatever batch it is of, each waits for its turn: all together they leave the others connections. */
  async function inTurn(work: () => Promise<void>): Promise<void> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next();
    }
  }

  async function leave(lanes: readonly ClaimedLane[], code: string, done: (lane: ClaimedLane) => void): Promise<void> {
    if (lanes.length === 0) return;
    if (times.size >= KNOWN) times.clear();
    let most = 0;
    for (const lane of lanes) {
      const before = times.get(laneKey(lane)) ?? 0;
      times.set(laneKey(lane), before + 1);
      most = Math.max(most, before);
    }
    logger.warn({ lanes: lanes.length, code, failures: most + 1 }, "chats are held up in the storage and wait");
    await storage.renew(lanes, Math.max(1, backoffMs(most, retry, random())));
    lanes.forEach(done);
  }

  /**
   * Takes each up alone, a few at a time.
   * @param work throws what is held up
   * @param done told of each lane that is given back or left
   */
  async function apart(
    lanes: readonly ClaimedLane[],
    work: (lane: ClaimedLane) => Promise<void>,
    done: (lane: ClaimedLane) => void,
  ): Promise<void> {
    const waiting = [...lanes];
    let went = 0;
    let stayed = 0;

    async function takeUp(lane: ClaimedLane): Promise<void> {
      try {
        // It may be too much for one statement: one message is the least there is.
        await inTurn(() => work(isKnown(lane) ? { ...lane, items: lane.items.slice(0, 1) } : lane));
      } catch (error) {
        if (!isHeldUp(error)) throw error;
        stayed += 1;
        await leave([lane], codeOf(error), done);
        // Nobody goes on: then it is no chat's own row, and the others would only wait for the same.
        if (went === 0 && stayed >= AT_ONCE) await leave(waiting.splice(0), codeOf(error), done);
        return;
      }
      went += 1;
      if (lane.items.length === 1) times.delete(laneKey(lane));
      done(lane);
    }
    async function turn(): Promise<void> {
      try {
        for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift()) await takeUp(lane);
      } catch (error) {
        // A storage that is away is not asked for each of the others.
        waiting.length = 0;
        throw error;
      }
    }
    const turns = await Promise.allSettled(Array.from({ length: Math.min(AT_ONCE, lanes.length) }, turn));
    const failed = turns.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  const isKnown = (lane: ClaimedLane): boolean => times.has(laneKey(lane));

  return { apart, isKnown };
}
