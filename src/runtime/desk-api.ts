import type { GuestAddress } from "../domain/address.js";
import type { ShownMessage } from "../domain/amendment.js";
import type { AuditEntry } from "../domain/audit.js";
import type { ReplyContent } from "../domain/content.js";
import type { ConsentEntry, ConsentWish } from "../domain/consent.js";
import type { Conversation, ConversationMode, ConversationStatus } from "../domain/conversation.js";
import type { DeskEvent } from "../domain/event.js";
import type { ReasonCode } from "../domain/reason.js";
import type { Sender } from "../domain/sender.js";
import type { ServiceWindow } from "../domain/service-window.js";
import type { TemplateContent } from "../domain/template.js";
import type { Template } from "../domain/template.js";
import type { DeadWork, KeptItem } from "../domain/work.js";
import type { TemplatesJson } from "../whatsapp/template-json.js";

/**
 * The desk as one principal sees it: everything a staff page can do. What is out of the principal's reach is answered
 * `not_found`, exactly like what does not exist. Get one from `ConversationManager.as(principal)`.
 */
export interface Desk {
  /** Conversations, the one with the newest message first. @param query `limit` 1 to 100, 50 by default */
  conversations(query?: ConversationsQuery): Promise<List<ConversationSummary>>;
  /** A conversation's messages and those of the ones it continues, newest first. @param query `limit` 1 to 100, 50 by default */
  messages(conversationId: string, query?: PageQuery): Promise<List<ShownMessage>>;
  /**
   * Answers the guest. The same `clientMessageId` with the same content again is the same message.
   * @throws {ConversationError} `window_closed`, `conversation_closed`, `client_message_reused`, `payload_invalid`
   */
  reply(conversationId: string, reply: Reply): Promise<ShownMessage>;
  /**
   * Writes to a guest who need not have written before; who is not known yet becomes a guest. It goes to the department's open
   * conversation with the guest, or begins one, to whichever of the guest's addresses answers go to. An address is looked up as it
   * is, once a phone's writing is made one: `findGuests` tells who may have it in another national spelling. The same
   * `clientMessageId` with the same content and recipient again is the same message.
   * @throws {ConversationError} `window_closed` for anything but a template while the guest's service window is closed,
   *   `recipient_moved` for an address that its guest has given up, `department_unknown`, `client_message_reused`,
   *   `request_invalid` for what is no address, `payload_invalid`
   */
  write(message: FirstMessage): Promise<ShownMessage>;
  /**
   * Sends a failed message again, as a new one at the end of the conversation that shows it: once, however often it is asked for.
   * @param options `mayDouble` has to be true for a message of unknown fate, which the guest may have already
   * @returns the new message @throws {ConversationError} `resend_impossible`, `resend_may_double`, `window_closed`,
   *   `conversation_closed`, `client_message_reused`; `resend_too_early`, with `details.until` (ISO 8601), as long as WhatsApp asks to
   *   wait: a day where it withheld a marketing message (131049), less for other codes
   */
  resend(messageId: string, options?: Resend): Promise<ShownMessage>;
  /**
   * Says what became of a message of unknown fate, by what somebody knows; what waits behind it goes. What WhatsApp reports
   * later still counts. @throws {ConversationError} `resolve_impossible`
   */
  resolve(messageId: string, as: { readonly as: "sent" | "failed"; readonly reason?: string }): Promise<ShownMessage>;
  /** Marks the guest's messages up to number `seq` as seen by staff; all that are there without it. Never moves back. */
  markRead(conversationId: string, options?: { readonly seq?: number }): Promise<Conversation>;
  /** Gives the matter to another department. Where that has an open conversation with the guest, this one closes and continues there. */
  transfer(
    conversationId: string,
    to: { readonly departmentId: string; readonly reason?: string },
  ): Promise<Conversation>;
  close(conversationId: string, options?: { readonly reason?: string }): Promise<Conversation>;
  /** Opens it again. Where the department has another open conversation with the guest, this one continues there instead. */
  reopen(conversationId: string, options?: { readonly reason?: string }): Promise<Conversation>;
  /** Why a message stands where it stands, and what became of it, oldest first. */
  explain(messageId: string): Promise<Explanation>;
  /** Who a guest is, by what evidence, and who else they may be. */
  guest(guestId: string): Promise<GuestView>;
  /**
   * Guests of a hotel who have or had a phone number, written in any way. National variants of it count too (Brazil,
   * Argentina, Mexico), so that more than one person may be found. @throws {ConversationError} `request_invalid` for what is
   * no phone number
   */
  findGuests(query: { readonly hotel: string; readonly phone: string }): Promise<readonly GuestView[]>;
  /**
   * Says that two guests are one person. What WhatsApp brings from now on goes to `into`, and staff answer both under one name;
   * no message moves, and `unmergeGuests` undoes it. @returns the guest that stays
   * @throws {ConversationError} `merge_impossible` when they are one already, or one of them was merged before
   */
  mergeGuests(merge: { readonly guestId: string; readonly into: string; readonly reason?: string }): Promise<GuestView>;
  /** Undoes it. @returns the guest that comes back @throws {ConversationError} `merge_impossible` when they were not merged */
  unmergeGuests(merge: { readonly guestId: string; readonly reason?: string }): Promise<GuestView>;
  /** What a guest, and whoever turned out to be the same person, said about offers, and what counts of it. */
  consents(guestId: string): Promise<GuestConsents>;
  /**
   * Notes what a guest said to somebody at the hotel, or to the host: no more offers, or offers again. Nobody is written to.
   * @param consent `reason` is for the audit: how the guest said it
   */
  setConsent(
    guestId: string,
    consent: { readonly wish: ConsentWish; readonly reason?: string },
  ): Promise<GuestConsents>;
  /** A hotel's message templates by name, then language. @param query `limit` 1 to 100, 50 by default */
  templates(hotelId: string, query?: PageQuery): Promise<List<Template>>;
  /**
   * Reads a hotel's templates and stores them: from WhatsApp, through the transport, or from JSON that somebody has. Those that it
   * has no more are `deleted` from then on. JSON does not overrule what WhatsApp itself said of a template.
   * @param json as Graph answers `GET /{WABA}/message_templates`, or the array in it
   * @throws {ConversationError} `template_source_missing`, with `details.missing`; `request_invalid` for JSON that is none; what the transport throws
   */
  syncTemplates(hotelId: string, json?: TemplatesJson): Promise<TemplatesRead>;
  /** What happened that is about no conversation, newest first: news about the account, guests that changed, dead work. */
  operatorEvents(query?: PageQuery): Promise<List<DeskEvent>>;
  /** The numbers that send: how fast, why one does not, and how many chats wait for it. */
  senders(): Promise<readonly Sender[]>;
  /**
   * Ends the pause of a number that WhatsApp refused, once what it refused was mended: a token rotated, a payment made. What
   * waits is sent in order.
   */
  resumeSender(phoneNumberId: string, options?: { readonly reason?: string }): Promise<void>;
  /** Work that was given up, newest first. */
  dead(query?: PageQuery): Promise<List<DeadWork>>;
  /** Puts dead work into its lane again. */
  replay(workId: string, options?: { readonly reason?: string }): Promise<void>;
  /**
   * What WhatsApp delivered and nobody acts upon, newest first: unknown, unreadable, too old, or of no known number.
   * What stands in it is not shown. @param query `limit` 1 to 100, 50 by default
   */
  kept(query?: PageQuery): Promise<List<KeptItem>>;
  /**
   * Reads what stands aside again, and messages of unknown content: after an upgrade this release may understand what the one
   * before could not. What is understood is worked on as if it had just come, by its own timestamps.
   * @returns how many were looked at, and how many of them are work now
   */
  reprocess(): Promise<{ readonly read: number; readonly understood: number }>;
}

/** What became of reading a hotel's templates. */
export interface TemplatesRead {
  /** How many the catalogue has now. */
  readonly read: number;
  /** How many had no name or language that could be read. */
  readonly unread: number;
  /** How many it had before and has no more. */
  readonly deleted: number;
}

export interface GuestView {
  readonly id: string;
  readonly hotelId: string;
  readonly name: string | null;
  readonly username: string | null;
  readonly addresses: readonly GuestAddress[];
  /** The guest who this one turned out to be. */
  readonly mergedInto: string | null;
  /** Guests that turned out to be this one. */
  readonly merged: readonly { readonly id: string; readonly name: string | null }[];
  /**
   * Who they may be besides, for a person to decide. `formerPhone`: who has a phone now that was theirs. `likePhone`: whose
   * phone may be the same in another national spelling.
   */
  readonly maybeSame: readonly { readonly guestId: string; readonly why: "formerPhone" | "likePhone" }[];
}

export interface GuestConsents {
  /** `stopped`: the guest wants no offers. `allowed`: nothing is known against them; that they once agreed is the host's to know. */
  readonly marketing: "allowed" | "stopped";
  /** All that was ever said, oldest first. */
  readonly entries: readonly ConsentEntry[];
}

export interface PageQuery {
  /** Where the page before ended; opaque. */
  readonly cursor?: string;
  readonly limit?: number;
}

export interface ConversationsQuery extends PageQuery {
  readonly hotel?: string;
  readonly department?: string;
  readonly status?: ConversationStatus;
}

export interface List<T> {
  readonly items: readonly T[];
  /** null on the last page. */
  readonly nextCursor: string | null;
}

export interface ConversationSummary {
  readonly id: string;
  readonly hotelId: string;
  readonly departmentId: string | null;
  readonly guest: { readonly id: string; readonly name: string | null };
  readonly status: ConversationStatus;
  readonly mode: ConversationMode;
  readonly lastMessageAt: Date;
  readonly lastMessagePreview: string;
  readonly unread: number;
  /** Whether WhatsApp lets a free-form message leave now, and until when. */
  readonly window: ServiceWindow;
}

export interface Reply {
  /** The sender's own id for the message, 1 to 128 characters; a UUID is a good one. */
  readonly clientMessageId: string;
  readonly content: ReplyContent;
  /**
   * A template that goes in its place when the service window closes before it could leave, or was closed already; without one the
   * message then fails with `window_closed`.
   */
  readonly fallback?: TemplateContent;
  /**
   * It leaves before whatever else waits for the number and for this guest, and may use the burst that WhatsApp grants to one
   * guest: for a door code, not for a newsletter. Default `false`.
   */
  readonly urgent?: boolean;
  /** The id of a message of the guest to quote. */
  readonly quotes?: string;
}

/** Who is written to: a phone, a business-scoped id as WhatsApp gave it, or a guest who is known. */
export type Recipient =
  /** Written in any way, with the country's code; digits alone begin with it. */
  { readonly waId: string } | { readonly bsuid: string } | { readonly guestId: string };

export interface FirstMessage {
  /** The sender's own id for the message, 1 to 128 characters; without one, each call is a new message. */
  readonly clientMessageId?: string;
  readonly hotelId: string;
  readonly departmentId: string;
  readonly to: Recipient;
  /** Which of the hotel's numbers it leaves from; else the one from which the department speaks with the guest, else its first. */
  readonly phoneNumberId?: string;
  /** A reaction belongs to a message, so that it is an answer. */
  readonly content: Exclude<ReplyContent, { readonly type: "reaction" }>;
  /** As in `Reply`. */
  readonly fallback?: TemplateContent;
  /** As in `Reply`. */
  readonly urgent?: boolean;
}

export interface Resend {
  /** The sender's own id for the new message, 1 to 128 characters. */
  readonly clientMessageId?: string;
  readonly mayDouble?: boolean;
  /** As in `Reply`, whatever the failed message was. */
  readonly urgent?: boolean;
  readonly reason?: string;
}

export interface Explanation {
  readonly messageId: string;
  readonly conversationId: string;
  readonly steps: readonly ExplanationStep[];
  readonly audit: readonly AuditEntry[];
}

export interface ExplanationStep {
  readonly at: Date;
  readonly code: ReasonCode | "received";
  readonly says: string;
  readonly details?: Readonly<Record<string, string | number>>;
}
