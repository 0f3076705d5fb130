import { amendedLine } from "../decide/amend.js";
import type { Amendment } from "../domain/amendment.js";
import type { Conversation } from "../domain/conversation.js";
import { windowAt } from "../domain/service-window.js";
import { preview, PREVIEW_GRAPHEMES } from "../domain/text.js";
import type { ConversationRow } from "../ports/read-storage.js";
import type { ConversationSummary } from "./desk-shapes.js";

/** As it was stored, unless the message that it shows was edited or deleted since, wherever that stands. */
function previewOf(
  { lastMessageFrom, lastMessagePreview }: Conversation,
  amendments: readonly Amendment[],
  most: number,
): string {
  const line = amendedLine(lastMessageFrom === "guest" ? "inbound" : "outbound", amendments);
  return line === null ? short(lastMessagePreview, most) : preview(line, most);
}

/** What was stored is a preview already, and looking for its graphemes costs something. */
const short = (stored: string, most: number): string => (most < PREVIEW_GRAPHEMES ? preview(stored, most) : stored);

/** A conversation with so much of its preview as the host wants to show. */
export const shortened = (conversation: Conversation, previewGraphemes: number): Conversation => ({
  ...conversation,
  lastMessagePreview: short(conversation.lastMessagePreview, previewGraphemes),
});

/** A conversation as a list shows it. @param previewGraphemes how much of its last message */
export const summary = (
  { conversation, previewAmendments, guestId, guestName, unread, windowClosesAt }: ConversationRow,
  now: Date,
  previewGraphemes = PREVIEW_GRAPHEMES,
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
  lastMessagePreview: previewOf(conversation, previewAmendments, previewGraphemes),
  unread,
  waitingSince: conversation.status === "open" ? conversation.waitingSince : null,
  window: windowAt(windowClosesAt, now),
});
