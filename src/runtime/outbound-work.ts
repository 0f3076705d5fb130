import { afterSend, beforeSend, type RetryPolicy } from "../decide/send.js";
import type { Address } from "../domain/address.js";
import { OUTBOUND_TYPES, type OutboundContent } from "../domain/content.js";
import type { DeskEvent } from "../domain/event.js";
import type { ClaimedLane } from "../domain/lane.js";
import type { WorkItem } from "../domain/work.js";
import { ConversationError } from "../errors.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { Logger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { SendState, Settlement, Storage } from "../ports/storage.js";
import type { SendResult, Transport } from "../ports/transport.js";
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
}

interface Sending {
  readonly lane: ClaimedLane;
  readonly item: WorkItem;
  readonly send: SendState;
  readonly to: Address;
}

/** Settlements stored by one statement, at most. */
const SETTLE_BATCH = 100;

/** Sends messages: checks them, makes the intent durable, writes to the socket, records what came back. */
export function outboundWork(options: OutboundWorkOptions) {
  const { storage, hotels, transport, leases, logger, random, retry, publish } = options;

  const settlements = batcher<Settlement, true>(async (batch) => {
    publish(await storage.settle(batch));
    return batch.map(() => true as const);
  }, SETTLE_BATCH);

  async function handle(lanes: readonly ClaimedLane[], done: (lane: ClaimedLane) => void): Promise<void> {
    const byHotel = groupBy(lanes, ({ hotelId }) => hotelId);
    await Promise.all([...byHotel].map(([hotelId, own]) => sendAll(hotelId, own, done)));
  }

  async function sendAll(hotelId: string, lanes: readonly ClaimedLane[], done: (lane: ClaimedLane) => void): Promise<void> {
    // A lane is claimed with one item at a time: the next waits for what became of it.
    const firsts = lanes.flatMap((lane) => lane.items.slice(0, 1).map((item) => ({ lane, item })));
    const { now, sends } = await storage.loadSends(
      hotelId,
      firsts.map(({ item }) => messageIdOf(item)),
    );
    const ready: Sending[] = [];
    const settled: Promise<unknown>[] = [];
    for (const [index, { lane, item }] of firsts.entries()) {
      const send = sends[index];
      if (send == null) {
        logger.error({ workId: item.id }, "work names a message that does not exist");
        settled.push(storage.fail([{ lane, workId: item.id, code: "message_missing", retryInMs: null }]).then(publish));
        continue;
      }
      const before = beforeSend(send, now);
      if (before.kind === "send") ready.push({ lane, item, send, to: before.to });
      else settled.push(settlements.add({ lane, workId: item.id, messageId: send.message.id, ...before }));
    }
    const mayGo = ready.length === 0 ? [] : await storage.intend(ready.map(({ lane, send }) => ({ lane, messageId: send.message.id })));
    const refused = ready.filter((_, index) => mayGo[index] !== true).map(({ lane }) => lane);
    if (refused.length > 0) settled.push(storage.release(refused));
    const going = ready.filter((_, index) => mayGo[index] === true);
    const sending = going.map(async (one) => {
      await sendOne(one, now);
      done(one.lane);
    });
    await Promise.all([...settled, ...sending]);
  }

  async function sendOne({ lane, item, send, to }: Sending, now: Date): Promise<void> {
    const startedAt = performance.now();
    const answer = await attempt({ lane, item, send, to });
    if (answer === null) return;
    const after = new Date(now.getTime() + performance.now() - startedAt);
    const settled = afterSend(send, answer, item.attempts, retry, after, random());
    if (answer.outcome !== "accepted") {
      logger.warn({ messageId: send.message.id, outcome: answer.outcome, code: answer.failure.code }, "a message was not accepted");
    }
    await settlements.add({ lane, workId: item.id, messageId: send.message.id, ...settled });
  }

  /** null when the lease has passed on: nothing was written, and whoever holds the lane now decides. */
  async function attempt({ lane, send, to }: Sending): Promise<SendResult | null> {
    const { message } = send;
    const hotel = await hotels.byId(lane.hotelId);
    const number = hotel?.numbers.find(({ phoneNumberId }) => phoneNumberId === lane.phoneNumberId);
    if (number === undefined) return { outcome: "rejected", failure: NUMBER_UNKNOWN, retry: null };
    if (!isOutbound(message.content)) throw new ConversationError("internal", { messageId: message.id });
    if (!leases.isHeld(lane)) {
      logger.warn({ messageId: message.id }, "the lease ran out before a message could be sent");
      return null;
    }
    return transport.send({
      number,
      to,
      content: message.content,
      correlationId: message.id,
      quotedWamid: message.quotedWamid,
    });
  }

  return { handle, idle: () => settlements.idle() };
}

const NUMBER_UNKNOWN = {
  code: "number_unknown",
  message: "The hotel no longer has the WhatsApp number of this chat. Add it again, or answer from another number.",
};

function messageIdOf(item: WorkItem): string {
  const payload: unknown = JSON.parse(item.payload);
  return typeof payload === "object" && payload !== null && "messageId" in payload ? String(payload.messageId) : "";
}

const isOutbound = (content: SendState["message"]["content"]): content is OutboundContent =>
  (OUTBOUND_TYPES as readonly string[]).includes(content.type);
