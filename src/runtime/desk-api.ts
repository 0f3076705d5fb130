import type { GuestAddress } from "../domain/address.js";
import type { ShownMessage } from "../domain/amendment.js";
import type { AuditEntry } from "../domain/audit.js";
import type { OutboundContent } from "../domain/content.js";
import type { Conversation, ConversationMode, ConversationStatus } from "../domain/conversation.js";
import type { DeskEvent } from "../domain/event.js";
import type { ReasonCode } from "../domain/reason.js";
import type { DeadWork, KeptItem } from "../domain/work.js";

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
  /** What happened that is about no conversation, newest first: news about the account, guests that changed, dead work. */
  operatorEvents(query?: PageQuery): Promise<List<DeskEvent>>;
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
  readonly window: { readonly open: boolean; readonly closesAt: Date | null };
}

export interface Reply {
  /** The sender's own id for the message, 1 to 128 characters; a UUID is a good one. */
  readonly clientMessageId: string;
  readonly content: OutboundContent;
  /** The id of a message of the guest to quote. */
  readonly quotes?: string;
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
