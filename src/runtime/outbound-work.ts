import { setTimeout as delay } from "node:timers/promises";
import { afterSend, backoffMs, beforeSend, type RetryPolicy } from "../decide/send.js";
import { OUTBOUND_TYPES, type OutboundContent } from "../domain/content.js";
import type { DeskEvent } from "../domain/event.js";
import type { ClaimedLane } from "../domain/lane.js";
import type { WorkItem } from "../domain/work.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { Logger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { SendState, Settlement, Storage } from "../ports/storage.js";
import type { OutgoingMessage, SendResult, Transport } from "../ports/transport.js";
import { codeOf, ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import { batcher } from "./batcher.js";
import type { LeaseKeeper } from "./lease-keeper.js";
import { groupBy } from "./lists.js";

export interface OutboundWorkOptions {
  readonly storage: Pick<Storage, "loadSends" | "intend" | "settle" | "release" | "fail">;
  readonly hotels: HotelsPort;
  readonly transport: Transport;
  readonly leases: LeaseKeeper;
  readonly logger: Logger;
  readonly random: Random;
  readonly retry: RetryPolicy;
  readonly publish: (events: readonly DeskEvent[]) => void;
  /** Milliseconds since the desk began to drain; 0 while it does not. */
  readonly drainingMs: () => number;
}

interface Sending {
  readonly lane: ClaimedLane;
  readonly item: WorkItem;
  readonly send: SendState;
  readonly message: OutgoingMessage;
}

/** Settlements stored by one statement, at most. */
const SETTLE_BATCH = 100;
/** Milliseconds, at most, before lanes whose messages could not be loaded are given back. */
const LOAD_RETRY_MS = 1_000;
/**
 * Milliseconds between attempts to record what became of a message, how often what the storage refuses is tried, and how
 * long attempts go on when the lease is over (as long as those behind an unknown send wait for its fate) and when the
 * process is about to end.
 */
const RECORD = { baseMs: 50, capMs: 1_000, attempts: 3, afterLeaseMs: 15_000, whileDrainingMs: 5_000 };

/** Sends messages: checks them, makes the intent durable, writes to the socket, records what came back. */
export function outboundWork(options: OutboundWorkOptions) {
  const { storage, hotels, transport, leases, logger, random, retry, publish, drainingMs } = options;

  const settlements = batcher<Settlement, true>(async (batch) => {
    const events = await storage.settle(batch);
    if (BELLDESK_FAILPOINTS) await failpoint("outbound.settled");
    publish(events);
    if (BELLDESK_FAILPOINTS) await failpoint("outbound.published");
    return batch.map(() => true as const);
  }, SETTLE_BATCH);

  async function handle(lanes: readonly ClaimedLane[], done: (lane: ClaimedLane) => void): Promise<void> {
    const byHotel = groupBy(lanes, ({ hotelId }) => hotelId);
    await Promise.all([...byHotel].map(([hotelId, own]) => sendAll(hotelId, own, done)));
  }

  /** Never throws, and gives each lane back when its own message has an end: what fails for one is nobody else's matter. */
  async function sendAll(
    hotelId: string,
    lanes: readonly ClaimedLane[],
    done: (lane: ClaimedLane) => void,
  ): Promise<void> {
    // A lane is claimed with one item at a time: the next waits for what became of it.
    const firsts = lanes.flatMap((lane) => lane.items.slice(0, 1).map((item) => ({ lane, item })));
    const loaded = await load(
      hotelId,
      firsts.map(({ item }) => messageIdOf(item)),
    );
    if (loaded === null) {
      await delay(random() * LOAD_RETRY_MS);
      await Promise.all(lanes.map((lane) => giveBack(lane).then(() => done(lane))));
      return;
    }
    const { hotel, now, sends, clock } = loaded;
    const ready: Sending[] = [];
    const ending: Promise<void>[] = [];
    const ends = (lane: ClaimedLane, end: Promise<void>): void => {
      ending.push(end.then(() => done(lane)));
    };
    for (const [index, { lane, item }] of firsts.entries()) {
      const send = sends[index] ?? null;
      if (send === null || !isOutbound(send.message.content)) {
        logger.error({ workId: item.id }, "work names a message that cannot be sent");
        const failure = { lane, workId: item.id, code: "internal", retryInMs: null };
        ends(
          lane,
          insist(
            () => leases.isHeld(lane),
            async () => publish(await storage.fail([failure])),
          ),
        );
        continue;
      }
      const { id, content, quotedWamid } = send.message;
      const number = hotel?.numbers.find(({ phoneNumberId }) => phoneNumberId === lane.phoneNumberId);
      const before = beforeSend(send, number !== undefined, now);
      if (before.kind === "settle") ends(lane, settle({ lane, workId: item.id, messageId: id, ...before }));
      else if (number !== undefined) {
        ready.push({ lane, item, send, message: { number, to: before.to, content, correlationId: id, quotedWamid } });
      }
    }
    const mayGo = ready.length === 0 ? [] : await intend(ready);
    for (const [index, one] of ready.entries()) {
      if (mayGo === null) ends(one.lane, putOff(one, clock()));
      else ends(one.lane, mayGo[index] === true ? sendOne(one, clock) : giveBack(one.lane));
    }
    await Promise.all(ending);
  }

  /** null when it cannot be had now. `clock` is the storage's time, carried on by the monotonic clock. */
  async function load(hotelId: string, ids: readonly string[]) {
    try {
      const hotel = await hotels.byId(hotelId);
      const { now, sends } = await storage.loadSends(hotelId, ids);
      if (BELLDESK_FAILPOINTS) await failpoint("outbound.loaded");
      const loadedAt = performance.now();
      return { hotel, now, sends, clock: () => new Date(now.getTime() + performance.now() - loadedAt) };
    } catch (error) {
      logger.error({ code: codeOf(error), messages: ids.length }, "messages to send could not be loaded");
      return null;
    }
  }

  /** Which may touch a socket now; null when nobody can say whether the intents were stored. */
  async function intend(ready: readonly Sending[]): Promise<readonly boolean[] | null> {
    try {
      const mayGo = await storage.intend(ready.map(({ lane, send }) => ({ lane, messageId: send.message.id })));
      if (BELLDESK_FAILPOINTS) await failpoint("outbound.intended");
      return mayGo;
    } catch (error) {
      logger.warn({ code: codeOf(error), messages: ready.length }, "the intent to send could not be stored");
      return null;
    }
  }

  /** Nothing was written, so it is queued again, whether its intent was stored or not. */
  const putOff = ({ lane, item, send }: Sending, now: Date): Promise<void> => {
    const answer = { outcome: "rejected", failure: NO_INTENT, retry: { afterMs: null } } as const;
    const settled = afterSend(send, answer, item.attempts, retry, now, random());
    return settle({ lane, workId: item.id, messageId: send.message.id, ...settled });
  };

  const giveBack = (lane: ClaimedLane): Promise<void> =>
    insist(
      () => leases.isHeld(lane),
      () => storage.release([lane]),
    );

  /**
   * With those that end at the same time; alone once that failed, so that none suffers from another. Whoever has the lane
   * by then, it is a fact, so a lease that ran out ends the attempts only after a while.
   */
  const settle = (settlement: Settlement): Promise<void> => {
    const since = performance.now();
    return insist(
      () => leases.isHeld(settlement.lane) || performance.now() - since < RECORD.afterLeaseMs,
      async (attempt) => {
        if (attempt === 0) await settlements.add(settlement);
        else publish(await storage.settle([settlement]));
      },
    );
  };

  /**
   * Records what is known, again and again while `goesOn`: what is not recorded is of unknown fate to whoever holds the
   * lane next. Never throws.
   */
  async function insist(goesOn: () => boolean, act: (attempt: number) => Promise<unknown>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await act(attempt);
        return;
      } catch (error) {
        logger.warn({ code: codeOf(error), attempt }, "what became of a message could not be recorded");
        const hopeless = ConversationError.is(error) && !error.retryable && attempt >= RECORD.attempts;
        if (hopeless || !goesOn() || drainingMs() >= RECORD.whileDrainingMs) return;
        await delay(backoffMs(attempt, RECORD, random()));
      }
    }
  }

  async function sendOne({ lane, item, send, message }: Sending, clock: () => Date): Promise<void> {
    const answer = await write(lane, message);
    if (BELLDESK_FAILPOINTS) await failpoint("outbound.answered");
    const settled = afterSend(send, answer, item.attempts, retry, clock(), random());
    if (answer.outcome !== "accepted") {
      logger.warn(
        { messageId: message.correlationId, outcome: answer.outcome, code: answer.failure.code },
        "a message was not accepted",
      );
    }
    await settle({ lane, workId: item.id, messageId: message.correlationId, ...settled });
  }

  async function write(lane: ClaimedLane, message: OutgoingMessage): Promise<SendResult> {
    // Nothing is written under a lease that may have passed on. Should it still be ours in the storage, the message is
    // queued again; else it has failed, since whoever holds the lane now must take it for one of unknown fate.
    if (!leases.isHeld(lane)) return { outcome: "rejected", failure: LEASE_OVER, retry: { afterMs: null } };
    try {
      return await transport.send(message);
    } catch {
      return { outcome: "unknown", failure: TRANSPORT_THREW };
    }
  }

  return { handle, idle: () => settlements.idle() };
}

const LEASE_OVER = { code: "lease_over", message: "The message was held up before it could leave. Send it again." };
const NO_INTENT = {
  code: "intent_not_stored",
  message: "The storage could not be reached before the message left. Send it again.",
};
const TRANSPORT_THREW = {
  code: "transport_threw",
  message:
    "The transport failed without saying whether WhatsApp has the message. Look at the guest's answer before sending it again.",
};

function messageIdOf(item: WorkItem): string {
  const payload: unknown = JSON.parse(item.payload);
  return typeof payload === "object" && payload !== null && "messageId" in payload ? String(payload.messageId) : "";
}

const isOutbound = (content: SendState["message"]["content"]): content is OutboundContent =>
  (OUTBOUND_TYPES as readonly string[]).includes(content.type);
