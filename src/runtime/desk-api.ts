import type { AuditEntry } from "../domain/audit.js";
import type { OutboundContent } from "../domain/content.js";
import type { Conversation, ConversationMode, ConversationStatus } from "../domain/conversation.js";
import type { Message } from "../domain/message.js";
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
  messages(conversationId: string, query?: PageQuery): Promise<List<Message>>;
  /**
   * Answers the guest. The same `clientMessageId` with the same content again is the same message.
   * @throws {ConversationError} `window_closed`, `conversation_closed`, `client_message_reused`, `payload_invalid`
   */
  reply(conversationId: string, reply: Reply): Promise<Message>;
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
  /** Work that was given up, newest first. */
  dead(query?: PageQuery): Promise<List<DeadWork>>;
  /** Puts dead work into its lane again. */
  replay(workId: string, options?: { readonly reason?: string }): Promise<void>;
  /**
   * What WhatsApp delivered and nobody acts upon, newest first: unknown, unreadable, too old, or of no known number.
   * What stands in it is not shown. @param query `limit` 1 to 100, 50 by default
   */
  kept(query?: PageQuery): Promise<List<KeptItem>>;
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
