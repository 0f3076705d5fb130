import type { AuditEntry } from "../domain/audit.js";
import { noChange, type Change } from "../domain/change.js";
import type { Chat } from "../domain/chat.js";
import type { Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";
import type { Permission } from "../domain/access.js";
import type { Principal } from "../domain/principal.js";
import { auditId } from "./ids.js";

/** What every command of a person brings with it. */
export interface Command {
  /** The root of every id the command makes. */
  readonly id: string;
  readonly by: Principal;
  /** Why, in the person's words or as a code. */
  readonly reason: string;
  /** By the database's clock. */
  readonly now: Date;
}

/** What became of a command: the conversation as it stands now, and what to store; null when there is nothing to do. */
export interface Decision {
  readonly conversation: Conversation;
  readonly change: Change | null;
}

export const unchanged = (conversation: Conversation): Decision => ({ conversation, change: null });

export const auditOf = (
  { id, by, reason, now }: Command,
  action: Permission,
  hotelId: string,
  target: AuditEntry["target"],
): AuditEntry => ({ id: auditId(id), hotelId, actor: { kind: by.kind, id: by.id }, action, reason, target, at: now });

/** The change of a command that only moves conversations about, with its audit entry. */
export function moved(
  command: Command,
  action: Permission,
  conversations: readonly [Conversation, ...Conversation[]],
  events: readonly NewEvent[],
  chat: Chat | null = null,
): Decision & { readonly change: Change } {
  const [conversation] = conversations;
  const audit = auditOf(command, action, conversation.hotelId, { kind: "conversation", id: conversation.id });
  return {
    conversation,
    change: { ...noChange(conversation.hotelId), chat, conversations, events, audit: [audit] },
  };
}
