import { amendedLine } from "../decide/amend.js";
import type { Amendment } from "../domain/amendment.js";
import type { Conversation } from "../domain/conversation.js";
import { windowAt } from "../domain/service-window.js";
import { preview } from "../domain/text.js";
import type { ConversationRow } from "../ports/read-storage.js";
import type { ConversationSummary } from "./desk-shapes.js";

/** As it was stored, unless the message that it shows was edited or deleted since, wherever that stands. */
function previewOf({ lastMessageFrom, lastMessagePreview }: Conversation, amendments: readonly Amendment[]): string {
  const line = amendedLine(lastMessageFrom === "guest" ? "inbound" : "outbound", amendments);
  return line === null ? lastMessagePreview : preview(line);
}

/** A conversation as a list shows it. */
export const summary = (
  { conversation, previewAmendments, guestId, guestName, unread, windowClosesAt }: ConversationRow,
  now: Date,
): ConversationSummary => ({
  id: conversation.id,
  hotelId: conversation.hotelId,
  departmentId: conversation.departmentId,
  guest: { id: guestId, name: guestName },
  status: conversation.status,
  mode: conversation.mode,
  speaker: conversation.speaker,
  assigneeId: conversation.assigneeId,
  priority: conversation.priority,
  tags: conversation.tags,
  snoozedUntil: conversation.snoozedUntil,
  version: conversation.version,
  lastMessageAt: conversation.lastMessageAt,
  lastMessagePreview: previewOf(conversation, previewAmendments),
  unread,
  waitingSince: conversation.status === "open" ? conversation.waitingSince : null,
  window: windowAt(windowClosesAt, now),
});
