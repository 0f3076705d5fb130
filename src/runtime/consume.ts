import { setTimeout as delay } from "node:timers/promises";
import { backoffMs } from "../decide/send.js";
import type { DeskEvent } from "../domain/event.js";
import { codeOf } from "../errors.js";
import { failpoint } from "../failpoints.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { ClaimedEvents, ConsumerMove } from "../ports/host-storage.js";
import type { Storage } from "../ports/storage.js";
import { newBell } from "./bell.js";
import { whereFrom } from "./where-from.js";

/** What the host does with an event. It is handled when this returns or resolves, and comes again when it throws or rejects. */
export type EventHandler = (event: DeskEvent, context: EventContext) => unknown;

/** What a handler knows of an event beside what it says. */
export interface EventContext {
  /**
   * The same whenever the same event comes: `"hotel/number"`. An event comes again after a crash, so whoever must act once keeps the
   * key with what was done, in one transaction.
   */
  readonly key: string;
  /** From 1: how often this event is being tried, as far as is known. */
  readonly attempt: number;
}

/** Where a consumer begins. */
export interface ConsumeOptions {
  /**
   * Where a consumer that was never heard of begins: with the first event of each hotel (the default), or with what happens from
   * now on. One that is known goes on where it stood, whatever is said here.
   */
  readonly from?: "beginning" | "now";
}

/** Reads the event log under a name. */
export interface Consumer {
  /** Takes nothing more and resolves when the events in hand are handled and the place is stored. */
  stop(): Promise<void>;
}

export interface ConsumerRun extends Consumer {
  start(): void;
  readonly wake: () => void;
}

export interface ConsumerOptions {
  readonly name: string;
  readonly from: "beginning" | "now";
  readonly handler: EventHandler;
  readonly storage: Pick<Storage, "openConsumer" | "claimEvents" | "moveConsumer">;
  readonly logger: DeskLogger;
  readonly random: Random;
  readonly pollMs: number;
  readonly leaseMs: number;
  /** Milliseconds. */
  readonly retry: { readonly baseMs: number; readonly capMs: number };
}

/** Hotels whose logs one process reads at once, for one consumer. */
const HOTELS = 20;
/** Events taken at once: as many may come again when the process dies. */
const EVENTS = 100;
/** A lease is renewed, and the place stored, when a third of it has passed. */
const RENEWALS_PER_LEASE = 3;
/** Milliseconds before its end from which on a lease counts as over. */
const SAFETY_MS = 250;
/** How often a place is stored again that the storage did not take, and the milliseconds between. */
const STORE = { attempts: 5, baseMs: 50, capMs: 1_000 };
/** Milliseconds to wait after a failed claim. */
const CLAIM_RETRY = { baseMs: 100, capMs: 5_000 };

/** Reads the event logs of all hotels, each in order, as one of those who share a name. */
export function consumerRun(options: ConsumerOptions): ConsumerRun {
  const { name, from, handler, storage, logger, random, pollMs, leaseMs, retry } = options;
  const bell = newBell();
  const inHand = new Set<Promise<void>>();
  /** Monotonic: when something that failed is to be tried again, for all that this process knows. */
  let retryAt = Infinity;
  let running: Promise<void> | null = null;
  let stopping = false;

  async function run(): Promise<void> {
    let isOpen = false;
    let failures = 0;
    while (!stopping) {
      const heard = bell.listen();
      try {
        if (!isOpen) await storage.openConsumer({ name, from });
        isOpen = true;
        const claimed = inHand.size < HOTELS ? await claim() : [];
        failures = 0;
        isOpen = claimed !== null;
        if (claimed === null)
          logger.warn({ consumer: name }, "a consumer that is read was forgotten; it begins as a new one");
        else if (claimed.length === 0)
          await bell.wait(heard, Math.max(1, Math.min(pollMs, retryAt - performance.now())));
      } catch (error) {
        logger.warn({ consumer: name, code: codeOf(error), failures: failures + 1 }, "claiming events failed");
        await bell.pause(backoffMs(failures++, CLAIM_RETRY, random()));
      }
    }
    await Promise.all(inHand);
  }

  /** @returns null when the consumer was forgotten */
  async function claim(): Promise<readonly ClaimedEvents[] | null> {
    retryAt = retryAt <= performance.now() ? Infinity : retryAt;
    const askedAt = performance.now();
    if (BELLDESK_FAILPOINTS) await failpoint("consume.claiming");
    const claimed = await storage.claimEvents({ name, hotels: HOTELS - inHand.size, events: EVENTS, leaseMs });
    if (claimed === null) return null;
    if (BELLDESK_FAILPOINTS && claimed.length > 0) await failpoint("consume.claimed");
    for (const log of claimed) {
      const reading = read(log, askedAt).finally(() => {
        inHand.delete(reading);
        bell.ring();
      });
      inHand.add(reading);
    }
    return claimed;
  }

  /** Hands a hotel's events on, one after the other, until one fails or the log has passed on. Never throws. */
  async function read({ events, failures, ...consumer }: ClaimedEvents, askedAt: number): Promise<void> {
    let place = (events[0]?.seq ?? 1) - 1;
    let until = askedAt + leaseMs;
    let renewal: Promise<void> = Promise.resolve();
    const renew = async (): Promise<void> => {
      const renewedAt = performance.now();
      try {
        const isOurs = await storage.moveConsumer({ consumer, seq: place, then: { kind: "hold", leaseMs } });
        until = isOurs ? renewedAt + leaseMs : 0;
      } catch (error) {
        logger.warn(
          { consumer: name, hotelId: consumer.hotelId, code: codeOf(error) },
          "a consumer's place could not be stored",
        );
      }
    };
    const renewing = setInterval(() => {
      renewal = renew();
    }, leaseMs / RENEWALS_PER_LEASE);

    let failed: { readonly error: unknown; readonly attempt: number } | null = null;
    for (const event of events) {
      // Somebody else may have the log by now, and hand this event on.
      if (stopping || performance.now() >= until - SAFETY_MS) break;
      const attempt = place < event.seq - 1 || event !== events[0] ? 1 : failures + 1;
      try {
        await handler(event, { key: `${event.hotelId}/${String(event.seq)}`, attempt });
        if (BELLDESK_FAILPOINTS) await failpoint("consume.handled");
        place = event.seq;
      } catch (error) {
        failed = { error, attempt };
        break;
      }
    }
    clearInterval(renewing);
    await renewal;
    if (until === 0) return;
    await giveBack({ consumer, seq: place, then: { kind: "giveBack", ...outcomeOf(consumer.hotelId, place, failed) } });
  }

  function outcomeOf(
    hotelId: string,
    place: number,
    failed: { readonly error: unknown; readonly attempt: number } | null,
  ): { readonly waitMs: number; readonly failed: string | null } {
    if (failed === null) return { waitMs: 0, failed: null };
    const { error, attempt } = failed;
    const waitMs = backoffMs(attempt - 1, retry, random());
    retryAt = Math.min(retryAt, performance.now() + waitMs);
    const fields = {
      consumer: name,
      hotelId,
      seq: place + 1,
      attempt,
      waitMs: Math.round(waitMs),
      ...whereFrom(error),
    };
    logger.error(fields, "a consumer could not handle an event; it comes again, and those after it wait");
    return { waitMs, failed: codeOf(error, "handler_failed") };
  }

  async function giveBack(move: ConsumerMove): Promise<void> {
    for (let attempt = 0; attempt < STORE.attempts; attempt++) {
      if (attempt > 0) await delay(backoffMs(attempt, STORE, random()));
      try {
        if (BELLDESK_FAILPOINTS) await failpoint("consume.moving");
        await storage.moveConsumer(move);
        if (BELLDESK_FAILPOINTS) await failpoint("consume.moved");
        return;
      } catch (error) {
        const { hotelId } = move.consumer;
        logger.warn({ consumer: name, hotelId, code: codeOf(error) }, "a consumer's place could not be stored");
      }
    }
    // The lease runs out by itself, and whoever claims next hands on again what was not stored.
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
