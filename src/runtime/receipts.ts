import type { Reach } from "../domain/access.js";
import type { Conversation } from "../domain/conversation.js";
import type { Hotel } from "../domain/hotel.js";
import { codeOf, ConversationError } from "../errors.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { DeskLogger } from "../ports/logger.js";
import type { NewestInbound } from "../ports/read-storage.js";
import type { Storage } from "../ports/storage.js";
import type { Transport } from "../ports/transport.js";

export interface ReceiptsOptions {
  readonly storage: Pick<Storage, "newestInbound">;
  readonly hotels: HotelsPort;
  readonly transport: Pick<Transport, "markRead">;
  readonly logger: DeskLogger;
}

/** Whether a guest sees that somebody writes; else why not. */
export type TypingShown =
  | { readonly shown: true }
  | {
      readonly shown: false;
      /**
       * `policy`: the hotel tells guests nothing about what it reads, and WhatsApp shows the one only with the other. `nothing_to_answer`: the
       * guest wrote nothing in the last 30 days. `transport`: this one cannot.
       */
      readonly why: "policy" | "nothing_to_answer" | "transport";
    };

/** Milliseconds: WhatsApp takes a read mark for this long. @source WhatsApp "Mark messages as read" (2026) */
const MARKABLE_MS = 30 * 24 * 60 * 60 * 1_000;
/**
 * Milliseconds between two calls about one chat, however often a page says that somebody types: WhatsApp shows it for 25 s, so that it is
 * told again before it goes out. @source WhatsApp "Typing indicators" (2026)
 */
const TYPING_EVERY_MS = 20_000;
/** Chats remembered: the oldest is forgotten, which costs a call that says nothing new. */
const REMEMBERED_MOST = 10_000;

/** What was last told of a chat. */
interface Told {
  /** Of the newest message that counts as read. */
  readonly eventSeq: number;
  /** Milliseconds since 1970, by the storage's clock, until which it is not told again that somebody types. */
  readonly typingUntil: number;
}

const NOTHING: Told = { eventSeq: 0, typingUntil: 0 };

export type Receipts = ReturnType<typeof receipts>;

/**
 * What guests are told about their messages: that they were read, and that somebody writes, as the hotel's policy has it. All of it is
 * best effort: one attempt, waited for by nobody, kept nowhere. What a crash or a failure swallows the next message that is read
 * makes up for, since WhatsApp takes all before it as read.
 */
export function receipts({ storage, hotels, transport, logger }: ReceiptsOptions) {
  const told = new Map<string, Told>();
  const underway = new Set<Promise<void>>();

  const remember = (key: string, value: Told): void => {
    told.delete(key);
    told.set(key, value);
    const [oldest] = told.keys();
    if (told.size > REMEMBERED_MOST && oldest !== undefined) told.delete(oldest);
  };

  /** Runs beside whatever goes on. */
  function aside(work: () => Promise<void>): void {
    const running: Promise<void> = work()
      .catch((error: unknown) => {
        logger.warn({ code: codeOf(error) }, "a guest could not be told that a message was read");
      })
      .finally(() => underway.delete(running));
    underway.add(running);
  }

  async function policyOf(hotelId: string): Promise<Hotel | null> {
    const hotel = await hotels.byId(hotelId);
    return hotel === null || (hotel.readReceipts ?? "never") === "never" ? null : hotel;
  }

  async function mark(hotel: Hotel, message: NonNullable<NewestInbound["message"]>, typing: boolean): Promise<void> {
    const { wamid, phoneNumberId } = message;
    const number = hotel.numbers.find((one) => one.phoneNumberId === phoneNumberId);
    const result = await (number && transport.markRead?.({ number, wamid, typing }));
    if (result?.outcome === "failed")
      logger.warn(
        { code: result.failure.code, hotelId: hotel.id, phoneNumberId, typing },
        "WhatsApp did not take that a message was read",
      );
  }

  return {
    /**
     * Somebody has read a conversation up to number `upTo`, or has answered it: the guest is told where the hotel's policy wants so.
     * Resolves never: whoever read or answered waits for nothing.
     */
    read(conversation: Conversation, upTo: number, when: "read" | "answered"): void {
      if (transport.markRead === undefined) return;
      const { hotelId, id: conversationId } = conversation;
      const key = keyOf(conversation);
      aside(async () => {
        const hotel = await policyOf(hotelId);
        if (when === "answered") {
          // What it showed ended with the answer.
          const before = told.get(key);
          if (before !== undefined) remember(key, { ...before, typingUntil: 0 });
        }
        if (hotel === null || (when === "read" && hotel.readReceipts !== "whenRead")) return;
        const reach: Reach = { hotels: new Map([[hotelId, "all"]]) };
        const found = await storage.newestInbound({ reach, conversationId, upTo });
        if (found === null || !isMarkable(found)) return;
        const before = told.get(key) ?? NOTHING;
        const { eventSeq } = found.message;
        if (eventSeq <= before.eventSeq) return;
        remember(key, { ...before, eventSeq });
        await mark(hotel, found.message, false);
      });
    },

    /**
     * Shows the guest of a conversation that somebody writes, and with it that what they wrote has been read.
     * @throws {ConversationError} `not_found`
     */
    async typing(reach: Reach, conversationId: string): Promise<TypingShown> {
      const found = await storage.newestInbound({ reach, conversationId, upTo: null });
      if (found === null) throw new ConversationError("not_found");
      const hotel = await policyOf(found.hotelId);
      if (hotel === null) return { shown: false, why: "policy" };
      if (transport.markRead === undefined) return { shown: false, why: "transport" };
      if (!isMarkable(found)) return { shown: false, why: "nothing_to_answer" };
      const { message, now } = found;
      const key = keyOf({ hotelId: found.hotelId, ...message });
      const nowMs = now.getTime();
      if ((told.get(key) ?? NOTHING).typingUntil > nowMs) return { shown: true };
      remember(key, { eventSeq: message.eventSeq, typingUntil: nowMs + TYPING_EVERY_MS });
      aside(() => mark(hotel, message, true));
      return { shown: true };
    },

    /** Waits for what is being told just now. */
    async idle(): Promise<void> {
      await Promise.all(underway);
    },
  };
}

const keyOf = ({
  hotelId,
  phoneNumberId,
  guestId,
}: Pick<Conversation, "hotelId" | "phoneNumberId" | "guestId">): string =>
  JSON.stringify([hotelId, phoneNumberId, guestId]);

type Markable = NewestInbound & { readonly message: NonNullable<NewestInbound["message"]> };
const isMarkable = (found: NewestInbound): found is Markable =>
  found.message !== null && found.now.getTime() - found.message.sentAt.getTime() < MARKABLE_MS;
