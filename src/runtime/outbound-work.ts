import { afterSend, beforeSend, type RetryPolicy } from "../decide/send.js";
import { OUTBOUND_TYPES, type OutboundContent } from "../domain/content.js";
import type { DeskEvent } from "../domain/event.js";
import type { ClaimedLane } from "../domain/lane.js";
import type { WorkItem } from "../domain/work.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { Logger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { SendState, Settlement, Storage } from "../ports/storage.js";
import type { OutgoingMessage, SendResult, Transport } from "../ports/transport.js";
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
}

interface Sending {
  readonly lane: ClaimedLane;
  readonly item: WorkItem;
  readonly send: SendState;
  readonly message: OutgoingMessage;
}

/** Settlements stored by one statement, at most. */
const SETTLE_BATCH = 100;

/** Sends messages: checks them, makes the intent durable, writes to the socket, records what came back. */
export function outboundWork(options: OutboundWorkOptions) {
  const { storage, hotels, transport, leases, logger, random, retry, publish } = options;

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

  async function sendAll(
    hotelId: string,
    lanes: readonly ClaimedLane[],
    done: (lane: ClaimedLane) => void,
  ): Promise<void> {
    // A lane is claimed with one item at a time: the next waits for what became of it.
    const firsts = lanes.flatMap((lane) => lane.items.slice(0, 1).map((item) => ({ lane, item })));
    const hotel = await hotels.byId(hotelId);
    const { now, sends } = await storage.loadSends(
      hotelId,
      firsts.map(({ item }) => messageIdOf(item)),
    );
    if (BELLDESK_FAILPOINTS) await failpoint("outbound.loaded");
    const loadedAt = performance.now();
    const clock = () => new Date(now.getTime() + performance.now() - loadedAt);
    const ready: Sending[] = [];
    const settled: Promise<unknown>[] = [];
    for (const [index, { lane, item }] of firsts.entries()) {
      const send = sends[index] ?? null;
      if (send === null || !isOutbound(send.message.content)) {
        logger.error({ workId: item.id }, "work names a message that cannot be sent");
        settled.push(storage.fail([{ lane, workId: item.id, code: "internal", retryInMs: null }]).then(publish));
        continue;
      }
      const { id, content, quotedWamid } = send.message;
      const number = hotel?.numbers.find(({ phoneNumberId }) => phoneNumberId === lane.phoneNumberId);
      const before = beforeSend(send, number !== undefined, now);
      if (before.kind === "settle") settled.push(settlements.add({ lane, workId: item.id, messageId: id, ...before }));
      else if (number !== undefined) {
        ready.push({ lane, item, send, message: { number, to: before.to, content, correlationId: id, quotedWamid } });
      }
    }
    const mayGo =
      ready.length === 0
        ? []
        : await storage.intend(ready.map(({ lane, send }) => ({ lane, messageId: send.message.id })));
    if (BELLDESK_FAILPOINTS && ready.length > 0) await failpoint("outbound.intended");
    const refused = ready.filter((_, index) => mayGo[index] !== true).map(({ lane }) => lane);
    if (refused.length > 0) settled.push(storage.release(refused));
    const going = ready.filter((_, index) => mayGo[index] === true);
    const sending = going.map(async (one) => {
      await sendOne(one, clock);
      done(one.lane);
    });
    await Promise.all([...settled, ...sending]);
  }

  /** @param clock the storage's time, carried on by the monotonic clock */
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
    await settlements.add({ lane, workId: item.id, messageId: message.correlationId, ...settled });
  }

  async function write(lane: ClaimedLane, message: OutgoingMessage): Promise<SendResult> {
    // Nothing is written under a lease that may have passed on. Should it still be ours in the storage, the message is
    // queued again; else whoever holds the lane now decides, and this is ignored.
    if (!leases.isHeld(lane)) return { outcome: "rejected", failure: LEASE_OVER, retry: { afterMs: null } };
    try {
      return await transport.send(message);
    } catch {
      return { outcome: "unknown", failure: TRANSPORT_THREW };
    }
  }

  return { handle, idle: () => settlements.idle() };
}

const LEASE_OVER = { code: "lease_over", message: "The message was held up before it could leave and is tried again." };
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
