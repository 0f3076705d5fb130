import { later } from "../domain/clocks.js";
import type { Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";
import { continued } from "./episode.js";

export interface Continued {
  readonly from: Conversation;
  readonly into: Conversation;
  readonly events: readonly NewEvent[];
}

/**
 * Closes one conversation because another open one goes on with its matter: a department has at most one open
 * conversation with a guest. Messages never move; those of `from` are shown as part of `into`, where they count as
 * unread until somebody reads them. Whoever waits for `into` to come back has the matter before them now: it is snoozed no more.
 * @param by who brings them together
 */
export function continueIn(from: Conversation, into: Conversation, now: Date, by: "staff" | "guest"): Continued {
  const fromIsNewer = from.lastMessageAt.getTime() > into.lastMessageAt.getTime() || into.lastMessagePreview === "";
  const episodes = continued(from.episode, into.episode);
  return {
    from: {
      ...from,
      status: "closed",
      closedAt: now,
      continuedIn: into.id,
      snoozedUntil: null,
      episode: episodes.from,
    },
    into: {
      ...into,
      lastMessageAt: later(from.lastMessageAt, into.lastMessageAt),
      lastMessagePreview: fromIsNewer ? from.lastMessagePreview : into.lastMessagePreview,
      previewMessageId: fromIsNewer ? from.previewMessageId : into.previewMessageId,
      snoozedUntil: null,
      waitingSince: longer(from.waitingSince, into.waitingSince),
      episode: episodes.into,
    },
    events: [
      {
        conversationId: from.id,
        departmentId: into.departmentId,
        body: { type: "conversation.closed", continuedIn: into.id, leaves: from.continuedIn },
      },
      ...woken(into, by),
    ],
  };
}

/** What there is to tell when a conversation stays out of the open list no longer. @param before as it was */
export const woken = ({ id, departmentId, snoozedUntil }: Conversation, by: "staff" | "time" | "guest"): NewEvent[] =>
  snoozedUntil === null ? [] : [{ conversationId: id, departmentId, body: { type: "conversation.unsnoozed", by } }];
/** Since when a guest has waited who waits in one of two, or in both. */
const longer = (a: Date | null, b: Date | null): Date | null =>
  a === null || b === null ? (a ?? b) : a.getTime() < b.getTime() ? a : b;
