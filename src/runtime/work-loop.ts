import { setTimeout as delay } from "node:timers/promises";
import type { ClaimedLane } from "../domain/lane.js";
import type { WorkKind } from "../domain/work.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { Storage } from "../ports/storage.js";
import type { Claim, ClaimOptions } from "../ports/work-storage.js";
import { NO_KEPT_PLACES, placesForAll, placesForFew, type KeptPlaces } from "../decide/places.js";
import { codeOf } from "../errors.js";
import { failpoint, type Failpoint } from "../failpoints.js";
import { newBell } from "./bell.js";
import type { LeaseKeeper } from "./lease-keeper.js";

export interface WorkLoopOptions {
  readonly kind: WorkKind;
  readonly storage: Pick<Storage, "claim" | "release">;
  readonly leases: LeaseKeeper;
  readonly logger: DeskLogger;
  readonly random: Random;
  /** Lanes in hand at once, over all batches. */
  readonly capacity: number;
  /** How many of them are kept for what must not wait behind a backlog; none by default. */
  readonly kept?: KeptPlaces;
  /** Lanes taken by one claim. */
  readonly batch: number;
  /** Batches in hand at once. With one, what arrives while it is worked gathers, and is worked together. */
  readonly batches: number;
  /**
   * The same while there is more work than a batch holds; `batches` by default. What gathers meanwhile fills its own batch then, and
   * the database stores one while the next is decided.
   */
  readonly backlogBatches?: number;
  readonly itemsPerLane: number;
  /** Of outbound work: what a claim does with paused numbers. */
  readonly sending?: Pick<ClaimOptions, "expireMs" | "probeMs">;
  /** Milliseconds between looks when nobody wakes the loop: how late work of another process is found. */
  readonly pollMs: number;
  /**
   * Waits for a moment in which what matters more is done, `atMostMs` long, and says whether there is time for other things. Asked for
   * between two batches, with none in hand, while there is more work than a batch holds; never before work that has just come to an idle loop.
   */
  readonly giveWay?: (atMostMs: number) => Promise<boolean>;
  /**
   * Does the work and gives each lane back, by committing, settling, failing or releasing it, or leaves it on its lease. Says `done` as soon as a
   * lane is given back, so that its place is free for another while the rest of the batch goes on. Lanes that are put `aside` stay in hand
   * until they are done or their own work has ended, and nobody waits for them: the batch is over without them, and the next is claimed.
   */
  readonly handle: (
    lanes: readonly ClaimedLane[],
    done: (lane: ClaimedLane) => void,
    aside: (lanes: readonly ClaimedLane[], work: Promise<void>) => void,
  ) => Promise<void>;
}

/** Claims lanes of one kind of work and hands them on, a bounded number at a time. */
export interface WorkLoop {
  start(): void;
  /** There is news: look at once. Cheap, and may be called at any time. */
  readonly wake: () => void;
  /** Claims nothing more; resolves when everything in hand is done. */
  stop(): Promise<void>;
}

/** Milliseconds, at most, before lanes whose work failed as a whole are given back. */
const HANDLE_RETRY_MS = 1_000;
/** Milliseconds to wait after a failed claim: at first, and at most. */
const CLAIM_RETRY_MS = { first: 100, most: 5_000 };
/**
 * How long a backlog gives way: so many times what its last batch took, and at most so many milliseconds. A host that
 * never pauses still spends a sixteenth of its time on it. Source: `npm run bench`, where six times answers a burst 5 %
 * slower, and nothing between three and fifteen changes what is worked off while messages keep coming.
 */
const GIVE_WAY = { times: 15, mostMs: 1_000 };
/** Milliseconds for which a backlog that was found to have time is worked without asking again. Ours: several batches. */
const LEISURE_MS = 300;

/** Milliseconds between two looks for what the kept places are for, unless the last found some. Ours: four cheap statements a second, at most. */
const LOOK_MS = 250;

export function workLoop(options: WorkLoopOptions): WorkLoop {
  const {
    kind,
    storage,
    leases,
    logger,
    random,
    capacity,
    kept = NO_KEPT_PLACES,
    batch,
    batches: most,
    backlogBatches = most,
    itemsPerLane,
    sending,
    pollMs,
    giveWay,
    handle,
  } = options;
  const bell = newBell();
  const batches = new Set<Promise<void>>();
  const asides = new Set<Promise<void>>();
  const inHand = new Set<ClaimedLane>();
  let running: Promise<void> | null = null;
  let stopping = false;
  /** Whether the last claim got as much as it asked for, so that there may be more. */
  let isBacklog = false;
  /** The hotels that this loop has worked for. */
  const hotels = new Set<string>();
  /** When something was last claimed in vain, or for all, by the monotonic clock. */
  let lookedAt = -Infinity;
  /** Milliseconds to give way before the next claim of a backlog. */
  let rest = 0;
  /** Until when there is time for a backlog, by the monotonic clock. */
  let leisureUntil = 0;

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping) {
      const answered = bell.listen();
      const inHandOf = [...inHand].map(({ hotelId }) => hotelId);
      const taken = { capacity, inHand: inHandOf, kept, isShared: hotels.size > 1 };
      const forAll = batches.size < (isBacklog ? backlogBatches : most) ? placesForAll(taken) : null;
      const places = forAll ?? placesForFew(taken);
      if (places === null) {
        await bell.wait(answered, pollMs);
        continue;
      }
      const early = forAll === null ? lookedAt + LOOK_MS - performance.now() : 0;
      if (early > 0) {
        // Whoever rings may have made room for all.
        await bell.wait(answered, early);
        continue;
      }
      const lanes = Math.min(batch, places.lanes);
      if (giveWay !== undefined && isBacklog && rest > 0 && performance.now() >= leisureUntil) {
        // What is in hand makes webhooks wait: then they would look as if they left time.
        await Promise.all(batches);
        if (await giveWay(rest)) leisureUntil = performance.now() + LEISURE_MS;
      }
      try {
        const askedAt = performance.now();
        if (BELLDESK_FAILPOINTS) await failpoint(`${kind}.claiming` as Failpoint);
        const { onlyUrgentOf } = places;
        const claim = await storage.claim({
          kind,
          lanes,
          itemsPerLane,
          leaseMs: leases.leaseMs,
          ...sending,
          ...(onlyUrgentOf.length > 0 && { onlyUrgentOf }),
        });
        failures = 0;
        if (forAll !== null) isBacklog = claim.lanes.length === lanes;
        lookedAt = forAll === null && claim.lanes.length > 0 ? -Infinity : askedAt;
        leases.hold(claim.lanes, askedAt);
        if (BELLDESK_FAILPOINTS && claim.lanes.length > 0) await failpoint(`${kind}.claimed` as Failpoint);
        if (claim.lanes.length > 0) take(claim, askedAt);
        else await bell.wait(answered, Math.min(pollMs, claim.nextDueInMs ?? pollMs));
      } catch (error) {
        failures += 1;
        logger.warn({ kind, code: codeOf(error), failures }, "claiming work failed");
        await bell.pause(random() * Math.min(CLAIM_RETRY_MS.most, CLAIM_RETRY_MS.first * 2 ** failures));
      }
    }
    await Promise.all(batches);
    await Promise.all(asides);
  }

  function take({ lanes }: Claim, askedAt: number): void {
    for (const lane of lanes) {
      inHand.add(lane);
      hotels.add(lane.hotelId);
    }
    const done = (lane: ClaimedLane): void => {
      inHand.delete(lane);
      leases.drop([lane]);
      // What came for the lane while it was in hand woke nobody.
      bell.ring();
    };
    const apart = new Set<ClaimedLane>();
    /** Work on some of them, to its end: what it leaves undone is given back. */
    const ended = async (work: Promise<void>, own: () => readonly ClaimedLane[]): Promise<void> => {
      try {
        await work;
      } catch (error) {
        logger.error({ kind, code: codeOf(error), lanes: own().length }, "work in hand failed");
        await delay(random() * HANDLE_RETRY_MS);
        // Should this fail too, the leases run out by themselves, and whoever claims next does the work again.
        await storage.release(own().filter((lane) => inHand.has(lane))).catch(() => undefined);
      }
    };
    const aside = (those: readonly ClaimedLane[], own: Promise<void>): void => {
      for (const lane of those) apart.add(lane);
      const work = ended(own, () => those).finally(() => {
        asides.delete(work);
        for (const lane of those) if (inHand.has(lane)) done(lane);
      });
      asides.add(work);
    };
    const together = () => lanes.filter((lane) => !apart.has(lane));
    const work = ended(handle(lanes, done, aside), together).finally(() => {
      rest = Math.min(GIVE_WAY.mostMs, GIVE_WAY.times * (performance.now() - askedAt));
      batches.delete(work);
      for (const lane of together()) if (inHand.has(lane)) done(lane);
      bell.ring();
    });
    batches.add(work);
  }

  return {
    start() {
      running ??= run();
    },
    wake: bell.ring,
    async stop() {
      stopping = true;
      bell.ring();
      await running;
    },
  };
}
