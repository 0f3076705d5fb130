import { shown, type Amendment, type AmendmentAct } from "../domain/amendment.js";
import { noChange, type Change } from "../domain/change.js";
import { contentLine, plainKind, type AmendingContent, type MessageContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";
import type { InboundMessage } from "../domain/inbound-message.js";
import type { Message, NewMessage } from "../domain/message.js";
import { preview } from "../domain/text.js";
import type { ChatState, KnownMessage } from "../ports/work-storage.js";

export interface AmendInput {
  /** The work's id. */
  readonly workId: string;
  readonly message: InboundMessage;
  readonly by: Amendment["by"];
  /** When it was done, by Meta's timestamp and not after now. */
  readonly at: Date;
}

/** What a message does to another one. */
export function amendmentOf(
  state: ChatState,
  content: AmendingContent,
  { workId, message, by, at }: AmendInput,
): Amendment {
  const { id: guestId, hotelId } = state.guest;
  const { wamid } = content;
  return { hotelId, wamid, id: message.wamid, guestId, by, act: actOf(content), at, attemptId: workId };
}

function actOf(content: AmendingContent): AmendmentAct {
  switch (content.type) {
    case "edit":
      return { kind: "edited", content: content.content };
    case "revoke":
      return { kind: "revoked" };
    case "reaction":
      return { kind: "reacted", emoji: content.text ?? null };
  }
}

/** The message was stored before this release could read it, or before its file came: what it says now; else null. */
export function understanding(
  state: ChatState,
  content: MessageContent,
  { workId, message, by, at }: AmendInput,
): Amendment | null {
  const stored = state.known.get(message.wamid);
  const { type } = content;
  if (stored === undefined || !SAYS_NOTHING.has(stored.type) || SAYS_NOTHING.has(type)) return null;
  const { id: guestId, hotelId } = state.guest;
  const act = { kind: "understood", content } as const;
  return { hotelId, wamid: message.wamid, id: `${message.wamid} ${type}`, guestId, by, act, at, attemptId: workId };
}

const SAYS_NOTHING: ReadonlySet<MessageContent["type"]> = new Set(["unknown", "unseen", "mediaPlaceholder"]);

/**
 * The message that an edit names and that the desk never saw. It stands where it would have stood, and says what the edit says;
 * should it come after all, it says that it said something else before. When it was sent is not told: it counts as sent as early as it
 * can have been.
 */
export const unseen = (message: InboundMessage, wamid: string): InboundMessage<MessageContent> => ({
  ...message,
  wamid,
  content: plainKind("unseen"),
  sentAt: new Date(message.sentAt.getTime() - EDITED_WITHIN_MS),
});
/** A message can be edited so long. Source: WhatsApp "Messages webhook reference", `edit` (2026). */
const EDITED_WITHIN_MS = 15 * 60_000;

/** What changes when a message is amended that is stored, or is still to come. A reaction, an edit or a deletion opens no window and moves no conversation. */
export function decideAmendment(state: ChatState, amendment: Amendment, tells: boolean): Change {
  const { hotelId } = state.guest;
  const target = state.known.get(amendment.wamid);
  if (target === undefined) return { ...noChange(hotelId), amendments: [amendment] };
  const line = lineAfter(state, target, amendment);
  const previewing =
    line === null
      ? []
      : state.conversations
          .filter(({ previewMessageId }) => previewMessageId === target.messageId)
          .map((conversation): Conversation => ({ ...conversation, lastMessagePreview: preview(line) }));
  return {
    ...noChange(hotelId),
    amendments: [amendment],
    conversations: previewing,
    events: tells ? [amended(target, amendment.act)] : [],
  };
}

const amended = ({ messageId, conversationId, departmentId }: KnownMessage, { kind }: AmendmentAct): NewEvent => ({
  conversationId,
  departmentId,
  body: { type: "message.amended", messageId, act: kind },
});

/** What a list shows of the message now; null when that stays as it is. */
const lineAfter = (state: ChatState, { direction }: KnownMessage, amendment: Amendment): string | null =>
  amendedLine(direction, [...amendmentsOn(state, amendment.wamid), amendment]);

/** What a list shows of a message to which that was done; null when nothing was that changes it. */
export function amendedLine(direction: Message["direction"], amendments: readonly Amendment[]): string | null {
  // Only what changed it matters here, so what it said at first may be anything.
  const { content } = shown({ direction, content: plainKind("unknown"), sentAt: new Date(0) }, amendments);
  return content.type === "unknown" ? null : contentLine(content);
}

export const amendmentsOn = (state: ChatState, wamid: string): readonly Amendment[] =>
  state.amendments.filter((amendment) => amendment.wamid === wamid);

/** What a message says after amendments that may have come before it. */
export const contentAfter = (
  message: Pick<NewMessage, "direction" | "content" | "sentAt">,
  amendments: readonly Amendment[],
): MessageContent => shown(message, amendments).content;
