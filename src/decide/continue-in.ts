import { later } from "../domain/clocks.js";
import type { Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";

export interface Continued {
  readonly from: Conversation;
  readonly into: Conversation;
  readonly event: NewEvent;
}

/**
 * Closes one conversation because another open one goes on with its matter: a department has at most one open
 * conversation with a guest. Messages never move; those of `from` are shown as part of `into`, where they count as
 * unread until somebody reads them.
 */
export function continueIn(from: Conversation, into: Conversation, now: Date): Continued {
  const fromIsNewer = from.lastMessageAt.getTime() > into.lastMessageAt.getTime() || into.lastMessagePreview === "";
  return {
    from: { ...from, status: "closed", closedAt: now, continuedIn: into.id },
    into: {
      ...into,
      lastMessageAt: later(from.lastMessageAt, into.lastMessageAt),
      lastMessagePreview: fromIsNewer ? from.lastMessagePreview : into.lastMessagePreview,
      previewMessageId: fromIsNewer ? from.previewMessageId : into.previewMessageId,
    },
    event: {
      conversationId: from.id,
      departmentId: into.departmentId,
      body: { type: "conversation.closed", continuedIn: into.id },
    },
  };
}
