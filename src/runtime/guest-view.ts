import type { ShownMessage } from "../domain/amendment.js";
import { forGuest as fileForGuest } from "./attachment-desk.js";
import type { Author } from "../domain/message.js";
import type { ConversationSummary, ConversationsQuery } from "./desk-shapes.js";

/**
 * A message as its guest may see it: what was said, when, and by whom as far as a guest knows. Not who of the staff it was in the
 * host's books, nor what became of it behind the desk: failures, costs, reasons, steps of flows, translations for staff, and what was meant to be sent in its place.
 */
export const forGuest = ({ translation: _, ...message }: ShownMessage): ShownMessage => ({
  ...message,
  author: authorFor(message.author),
  failure: null,
  billing: null,
  clientMessageId: null,
  attemptId: null,
  fallback: null,
  insteadOf: null,
  flow: null,
  reasons: [],
  ...(message.attachment !== undefined && { attachment: fileForGuest(message.attachment) }),
});

const authorFor = (author: Author): Author => (author.kind === "staff" ? { ...author, id: "staff" } : author);

/** A conversation as its guest may see it: not how staff sort it among themselves, who of them sees to it, nor what they have read. */
export const summaryForGuest = (summary: ConversationSummary): ConversationSummary => ({
  ...summary,
  assigneeId: null,
  priority: "normal",
  tags: [],
  snoozedUntil: null,
  unread: 0,
  waitingSince: null,
});

/** Whether a list is asked for by what only staff are told: to a guest it is empty, or asking would tell. */
export const isOfStaff = ({ assignee, priority, tag, snoozed, unread, waiting }: ConversationsQuery): boolean =>
  [assignee, priority, tag, snoozed, unread, waiting].some((filter) => filter !== undefined);
