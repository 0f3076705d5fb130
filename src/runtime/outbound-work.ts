import { setTimeout as delay } from "node:timers/promises";
import { foundClosedWorkId } from "../decide/ids.js";
import type { RefusedPayload } from "../decide/refused.js";
import {
  afterSend,
  afterTakeover,
  afterWindowClosed,
  backoffMs,
  beforeSend,
  findsClosed,
  isOffer,
  withheldOffer,
  type Departure,
  type SendPolicy,
  type Settled,
} from "../decide/send.js";
import { sentAttachment } from "../domain/attachment.js";
import { isOutbound } from "../domain/content.js";
import type { DeskEvent } from "../domain/event.js";
import type { Hotel, HotelNumber } from "../domain/hotel.js";
import type { ClaimedLane } from "../domain/lane.js";
import { NUMBER_PACE } from "../domain/sender.js";
import type { WorkItem } from "../domain/work.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { Storage } from "../ports/storage.js";
import type { IntentOutcome, SendState, Settlement } from "../ports/work-storage.js";
import type { OutgoingMessage, SendResult, Transport } from "../ports/transport.js";
import { codeOf, ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import { accountPauses } from "./account-pause.js";
import { batcher } from "./batcher.js";
import type { LeaseKeeper } from "./lease-keeper.js";
import { groupBy } from "./lists.js";
import type { OutgoingFiles } from "./outgoing-files.js";
import type { Wake } from "./wake.js";
import { latePauses, renewedToken, type KnownHotels } from "./renewed-token.js";
import { withheldOffers } from "./withheld-offers.js";

export interface OutboundWorkOptions {
  readonly storage: Pick<
    Storage,
    | "loadSends"
    | "messages"
    | "intend"
    | "settle"
    | "release"
    | "fail"
    | "setPaces"
    | "enqueue"
    | "pauseSenders"
    | "resume"
  >;
  readonly hotels: KnownHotels & Pick<HotelsPort, "inAccount">;
  readonly transport: Transport;
  /** Makes the desk's own files ready to be sent; without it none is. */
  readonly files?: OutgoingFiles;
  readonly leases: LeaseKeeper;
  readonly logger: DeskLogger;
  readonly random: Random;
  readonly policy: SendPolicy;
  readonly publish: (events: readonly DeskEvent[]) => void;
  /** What became of a message may be work of its own. */
  readonly wake: Wake;
  /** Milliseconds since the desk began to drain; 0 while it does not. */
  readonly drainingMs: () => number;
}

interface Sending {
  readonly lane: ClaimedLane;
  readonly item: WorkItem;
  readonly send: SendState;
  readonly number: HotelNumber;
  readonly goes: Departure;
  /** The file that it sends, which WhatsApp was given some time ago. */
  readonly reused?: string;
}

/** Tells how the message ends that its lane is held for. */
type Ends = (lane: ClaimedLane, end: Promise<void>) => void;

/** Settlements stored by one statement, at most. */
const SETTLE_BATCH = 100;
/** Milliseconds for which settlements wait for each other while a flood of messages is on its way. */
const SETTLE_GATHER_MS = 10;
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
  const { storage, hotels, transport, files, leases, logger, random, policy, publish, wake, drainingMs } = options;
  const withheldUntil = withheldOffers(storage, logger);
  const pauseOthers = accountPauses({ storage, hotels, logger, publish });
  const endLatePause = latePauses({ hotels, storage, logger, publish, wake });
  /** The paces that this process has told the storage, by number. */
  const paces = new Map<string, number | null>();
  /**
   * Until when this process sends nothing from a number, or a hotel, that WhatsApp asked to wait, by the monotonic clock. Only for the
   * moment until the storage has heard it, which holds everybody back from then on, and lets go when somebody ends the pause.
   */
  const stops = new Map<string, number>();

  /** Messages that WhatsApp has not answered yet. */
  let unanswered = 0;
  const settlements = batcher<Settlement, true>(
    async (batch) => {
      const events = await storage.settle(batch);
      if (BELLDESK_FAILPOINTS) await failpoint("outbound.settled");
      publish(events);
      if (batch.some(({ result }) => result.kind === "failed")) wake("command");
      if (BELLDESK_FAILPOINTS) await failpoint("outbound.published");
      return batch.map(() => true as const);
    },
    SETTLE_BATCH,
    { gathering: { coming: () => unanswered, ms: SETTLE_GATHER_MS } },
  );

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
      lanes,
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
    const ends: Ends = (lane, end) => {
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
      const number = hotel?.numbers.find(({ phoneNumberId }) => phoneNumberId === lane.phoneNumberId);
      const before = beforeSend(send, number !== undefined, policy, now);
      // Nothing was written: under a lease that has passed on it is a guess about what the lane's new holder is doing.
      if (before.kind === "settle") ends(lane, leases.isHeld(lane) ? settleAs(lane, item, before) : giveBack(lane));
      else if (number !== undefined) {
        const one = { lane, item, send, number, goes: before };
        if (sentAttachment(before.content) === null) ready.push(one);
        // A file takes its time, for which no other message waits.
        else ends(lane, leaveWithFile(one, clock));
      }
    }
    await leave(ready, clock, ends);
    await Promise.all(ending);
  }

  /** Sends what may go. Offers are looked into first, for which nothing else waits. */
  async function leave(ready: readonly Sending[], clock: () => Date, ends: Ends): Promise<void> {
    const offers = ready.filter(({ send, goes }) => isOffer(send, goes.content));
    await Promise.all([
      intendAndSend(offers.length === 0 ? ready : ready.filter((one) => !offers.includes(one)), clock, ends),
      wantedOffers(offers, clock, ends).then((wanted) => intendAndSend(wanted, clock, ends)),
    ]);
  }

  /** The offers that WhatsApp may be given now. Where it has withheld one from the guest the next one ends here. */
  async function wantedOffers(offers: readonly Sending[], clock: () => Date, ends: Ends): Promise<readonly Sending[]> {
    const looked = await Promise.all(offers.map(async (one) => ({ one, until: await withheldUntil(one.send) })));
    return looked.flatMap(({ one, until }) => {
      if (until === null || (until !== undefined && until <= clock())) return [one];
      // As before: under a lease that has passed on it is the lane's new holder who knows.
      if (!leases.isHeld(one.lane)) ends(one.lane, giveBack(one.lane));
      else if (until === undefined) ends(one.lane, putOff(one, clock()));
      else ends(one.lane, settleAs(one.lane, one.item, withheldOffer(until, clock())));
      return [];
    });
  }

  /** Makes the intents durable and sends what may go. A window that closed meanwhile leaves a message its fallback, or fails it. */
  async function intendAndSend(ready: readonly Sending[], clock: () => Date, ends: Ends): Promise<void> {
    if (ready.length === 0) return;
    const outcomes = await intend(ready);
    const instead: Sending[] = [];
    for (const [index, one] of ready.entries()) {
      if (outcomes === null) {
        ends(one.lane, putOff(one, clock()));
        continue;
      }
      switch (outcomes[index]) {
        case "go":
          ends(one.lane, sendOne(one, clock));
          break;
        case "windowClosed": {
          const after = afterWindowClosed(one.send, policy, clock());
          if (after.kind === "send") instead.push({ ...one, goes: after });
          else ends(one.lane, settleAs(one.lane, one.item, after));
          break;
        }
        case "personSpeaks":
          ends(one.lane, settleAs(one.lane, one.item, afterTakeover(clock())));
          break;
        default:
          ends(one.lane, giveBack(one.lane));
      }
    }
    await leave(instead, clock, ends);
  }

  /** Gives WhatsApp the file first: nothing of the message has left by then, and its intent comes after. */
  async function leaveWithFile(one: Sending, clock: () => Date): Promise<void> {
    const { lane, item, send, number, goes } = one;
    // Sent again, it may have failed for the very id.
    const again = send.message.reasons.some(({ code }) => code === "resent");
    const { hotelId, guestId } = lane;
    const give = async (by: HotelNumber) =>
      (await files?.ready({ hotelId, guestId, again }, by, goes.content)) ?? NO_FILES;
    let file = await give(number);
    const renewed = await renewedToken(hotels, logger, hotelId, number, file);
    if (renewed !== null) file = await give(renewed);
    if (file.outcome === "rejected") {
      const settled = afterSend(send, goes.to, file, item.attempts, policy, clock(), random());
      await settleAs(lane, item, { ...settled, paced: false });
      await endLatePause(hotelId, renewed ?? number, file);
      return;
    }
    const ending: Promise<void>[] = [];
    const ready = {
      ...one,
      number: renewed ?? number,
      goes: { ...goes, content: file.content },
      ...(file.reused !== null && { reused: file.reused }),
    };
    await leave([ready], clock, (_lane, end) => {
      ending.push(end);
    });
    await Promise.all(ending);
  }

  /** Tells the storage how fast the numbers send, when this process has not done so. */
  async function keepPaces(hotel: Hotel | null, lanes: readonly ClaimedLane[]): Promise<void> {
    const used = new Set(lanes.map(({ phoneNumberId }) => phoneNumberId));
    const news = (hotel?.numbers ?? []).flatMap(({ phoneNumberId, messagesPerSecond = NUMBER_PACE.usual }) =>
      used.has(phoneNumberId) && paces.get(phoneNumberId) !== messagesPerSecond
        ? [{ hotelId: hotel?.id ?? "", phoneNumberId, perSecond: messagesPerSecond }]
        : [],
    );
    if (news.length === 0) return;
    await storage.setPaces(news);
    for (const { phoneNumberId, perSecond } of news) paces.set(phoneNumberId, perSecond);
  }

  /** null when it cannot be had now. `clock` is the storage's time, carried on by the monotonic clock. */
  async function load(hotelId: string, lanes: readonly ClaimedLane[], ids: readonly string[]) {
    try {
      const hotel = await hotels.byId(hotelId);
      await keepPaces(hotel, lanes);
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
  async function intend(ready: readonly Sending[]): Promise<readonly IntentOutcome[] | null> {
    try {
      const outcomes = await storage.intend(
        ready.map(({ lane, send, goes }) => ({ lane, messageId: send.message.id, as: goes.as })),
      );
      if (BELLDESK_FAILPOINTS) await failpoint("outbound.intended");
      return outcomes;
    } catch (error) {
      logger.warn({ code: codeOf(error), messages: ready.length }, "the intent to send could not be stored");
      return null;
    }
  }

  /** Nothing was written, so it is queued again, whether its intent was stored or not. */
  const putOff = ({ lane, item, send, goes }: Sending, now: Date): Promise<void> => {
    const answer = { outcome: "rejected", failure: NO_INTENT, retry: { afterMs: null } } as const;
    const settled = afterSend(send, goes.to, answer, item.attempts, policy, now, random());
    return settleAs(lane, item, { ...settled, paced: false });
  };

  const settleAs = async (
    lane: ClaimedLane,
    item: WorkItem,
    { result, reason, paced, pause }: Settled,
    alone = false,
  ): Promise<void> => {
    await settle({ lane, workId: item.id, messageId: messageIdOf(item), result, reason, paced, pause }, alone);
    if (pause?.of === "hotel") await pauseOthers(lane.hotelId, pause);
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
  const settle = (settlement: Settlement, alone: boolean): Promise<void> => {
    const since = performance.now();
    return insist(
      () => leases.isHeld(settlement.lane) || performance.now() - since < RECORD.afterLeaseMs,
      async (attempt) => {
        if (attempt === 0 && !alone) await settlements.add(settlement);
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

  async function sendOne({ lane, item, send, number, goes, reused }: Sending, clock: () => Date): Promise<void> {
    const { id, quotedWamid, context } = send.message;
    const { to, content } = goes;
    const message = {
      number,
      to,
      content,
      correlationId: id,
      quotedWamid,
      identityKeyHash: context?.identityKeyHash ?? null,
    };
    let held = heldBack(lane);
    let answer = held ?? (await write(message));
    const renewed = await renewedToken(hotels, logger, lane.hotelId, number, answer);
    if (renewed !== null) {
      // The refusal says nothing of the new token, and proves that nothing was taken.
      held = heldBack(lane);
      answer = held ?? (await write({ ...message, number: renewed }));
    }
    if (reused !== undefined && answer.outcome === "rejected" && answer.failure.code === FILE_REFUSED) {
      // It may have lost the file that it was given: with a new id it says whether it is the file that is wrong.
      await files?.lost(lane.hotelId, number, reused);
      answer = { ...answer, retry: { afterMs: 0 } };
    }
    if (BELLDESK_FAILPOINTS) await failpoint("outbound.answered");
    const settled = afterSend(send, to, answer, item.attempts, policy, clock(), random());
    if (answer.outcome !== "accepted") {
      logger.warn({ messageId: id, outcome: answer.outcome, code: answer.failure.code }, "a message was not accepted");
    }
    if (findsClosed(answer, settled)) await closeWindow(lane, item, send);
    // Until it is stored, other processes go on: it waits for no other's settlement.
    const alone = settled.pause !== null && !settled.pause.probing && stoppedMs(lane) <= 0;
    if (settled.pause !== null && !settled.pause.probing) {
      const stopped = settled.pause.of === "hotel" ? lane.hotelId : lane.phoneNumberId;
      stops.set(stopped, performance.now() + Math.min(settled.pause.ms, HEARD_MS));
    }
    await settleAs(lane, item, held === null ? settled : { ...settled, paced: false }, alone);
    await endLatePause(lane.hotelId, renewed ?? number, answer);
  }

  /** Has the window closed that WhatsApp found closed. Should that not be stored, the next message that needs it finds it closed again. */
  async function closeWindow({ hotelId, epoch }: ClaimedLane, { id }: WorkItem, { message }: SendState): Promise<void> {
    const payload: RefusedPayload = { type: "refused", messageId: message.id, why: "window" };
    try {
      const subject = message.conversationId;
      await storage.enqueue(null, { hotelId, id: foundClosedWorkId(id, epoch), subject, payload });
      wake("command");
    } catch (error) {
      logger.warn(
        { messageId: message.id, code: codeOf(error) },
        "a window that WhatsApp found closed could not be closed",
      );
    }
  }

  /** Why nothing may be written now; null when it may. */
  function heldBack(lane: ClaimedLane): SendResult | null {
    // Nothing is written under a lease that may have passed on. Should it still be ours in the storage, the message is
    // queued again; else it has failed, since whoever holds the lane now must take it for one of unknown fate.
    if (!leases.isHeld(lane)) return { outcome: "rejected", failure: LEASE_OVER, retry: { afterMs: null } };
    const waitMs = stoppedMs(lane);
    if (waitMs > 0) return { outcome: "rejected", failure: ASKED_TO_WAIT, retry: { afterMs: waitMs } };
    stops.delete(lane.phoneNumberId);
    stops.delete(lane.hotelId);
    return null;
  }

  /** Milliseconds for which WhatsApp still wants nothing from the lane's number, as this process has heard. */
  const stoppedMs = ({ hotelId, phoneNumberId }: ClaimedLane): number =>
    Math.max(stops.get(phoneNumberId) ?? 0, stops.get(hotelId) ?? 0) - performance.now();

  async function write(message: OutgoingMessage): Promise<SendResult> {
    unanswered += 1;
    try {
      return await transport.send(message);
    } catch {
      return { outcome: "unknown", failure: TRANSPORT_THREW };
    } finally {
      unanswered -= 1;
    }
  }

  return { handle, idle: () => settlements.idle() };
}

/** Milliseconds in which the storage has heard of a pause that this process was asked for. Ours. */
const HEARD_MS = 5_000;
/** WhatsApp says that it cannot take a file, also of one that it does not have any more. */
const FILE_REFUSED = "graph_131053";
const NO_FILES = {
  outcome: "rejected",
  failure: { code: "no_files", message: "The desk has no place for files." },
  retry: null,
} as const;
const LEASE_OVER = { code: "lease_over", message: "The message was held up before it could leave. Send it again." };
const ASKED_TO_WAIT = {
  code: "asked_to_wait",
  message: "WhatsApp asked the number to slow down just before the message could leave.",
};
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
