import type { Permission } from "../domain/access.js";
import { noChange, type Change } from "../domain/change.js";
import type { Chat } from "../domain/chat.js";
import { contentLine, type MessageContent, type OutboundContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";
import type { Author, Message, NewMessage } from "../domain/message.js";
import { needsWindow } from "../domain/outbound-content.js";
import type { Reason } from "../domain/reason.js";
import { windowIsOpen } from "../domain/service-window.js";
import type { TemplateContent } from "../domain/template.js";
import { preview } from "../domain/text.js";
import type { NewWork } from "../domain/work.js";
import { ConversationError } from "../errors.js";
import { about } from "./arrival.js";
import { auditOf, type Command } from "./command.js";
import { sendWorkId } from "./ids.js";
import { maskedContent } from "./masked.js";
import { readBy } from "./read.js";

/** What somebody at the hotel sends. */
export interface Outgoing {
  readonly id: string;
  readonly clientMessageId: string | null;
  readonly content: OutboundContent;
  /** Goes in its place once the service window has closed. */
  readonly fallback: TemplateContent | null;
  /** Leaves before whatever else waits for the number, and for the guest. */
  readonly urgent: boolean;
  /** Meta's id of the message to quote. */
  readonly quotedWamid: string | null;
  /** The only mark of the guest's account and device with which it may be delivered; null: any. */
  readonly identityKeyHash: string | null;
  readonly reasons: readonly Reason[];
}

export interface Queued {
  readonly message: NewMessage;
  readonly conversation: Conversation;
  readonly change: Change;
}

/** What puts a message at the end of a conversation, and on its way to the guest. */
export interface Appended {
  readonly message: NewMessage;
  readonly conversation: Conversation;
  readonly event: NewEvent;
  readonly work: NewWork;
}

/** A message at the end of a conversation. Whoever sends it need not have read what the guest wrote, so that what was unread stays so. */
export function appended(before: Conversation, outgoing: Outgoing, author: Author, now: Date): Appended {
  const { hotelId, phoneNumberId, guestId } = before;
  const { reasons, fallback, urgent, identityKeyHash, ...given } = outgoing;
  const seq = before.lastSeq + 1;
  const message: NewMessage = {
    ...given,
    hotelId,
    conversationId: before.id,
    seq,
    direction: "outbound",
    author,
    status: "queued",
    fallback: fallback === null ? null : { content: fallback, sent: false },
    failure: null,
    billing: null,
    wamid: null,
    context: identityKeyHash === null ? null : { identityKeyHash },
    attemptId: null,
    flow: null,
    importedPlace: null,
    reasons,
    sentAt: now,
    createdAt: now,
  };
  const conversation: Conversation = {
    ...before,
    lastSeq: seq,
    readSeq: before.readSeq === before.lastSeq ? seq : before.readSeq,
    lastMessageAt: now,
    lastMessagePreview: preview(contentLine(message.content)),
    previewMessageId: message.id,
    lastMessageFrom: "staff",
  };
  return {
    message,
    conversation,
    event: about(conversation, { type: "message.queued", messageId: message.id }),
    work: {
      id: sendWorkId(message.id),
      kind: "outbound",
      phoneNumberId,
      guestId,
      payload: { messageId: message.id },
      ...(urgent && { urgent }),
    },
  };
}

/**
 * A message that somebody puts at the end of a conversation and that does not answer what stands there, and what it changes: the guest's
 * next message comes here, and where a person sent it a person speaks.
 */
export function queued(
  before: Conversation,
  chat: Chat,
  outgoing: Outgoing,
  action: Permission,
  command: Command,
): Queued {
  const { now, by } = command;
  const { message, conversation: after, event, work } = appended(before, outgoing, authorOf(command), now);
  const conversation: Conversation = { ...after, speaker: by.kind === "staff" ? "human" : before.speaker };
  return {
    message,
    conversation,
    change: {
      ...noChange(before.hotelId),
      chat: {
        ...chat,
        currentConversationId: conversation.id,
        ratingPromptId: null,
        staffWroteAt: by.kind === "staff" ? now : chat.staffWroteAt,
      },
      conversations: [conversation],
      messages: [message],
      participants: [readBy(command, conversation)],
      events: [event],
      audit: [auditOf(command, action, before.hotelId, { kind: "message", id: message.id })],
      work: [work],
    },
  };
}

/** @throws {ConversationError} `window_closed` */
export function mayLeave(
  { content, fallback }: { readonly content: OutboundContent; readonly fallback: TemplateContent | null },
  { windowClosesAt }: Chat,
  now: Date,
): void {
  if (needsWindow(content) && fallback === null && !windowIsOpen(windowClosesAt, now))
    throw new ConversationError("window_closed", { closedAt: windowClosesAt?.toISOString() ?? null });
}

export const authorOf = ({ by }: Command): Author =>
  by.kind === "staff" ? { kind: "staff", id: by.id, name: by.name ?? null } : { kind: "bot", id: by.id };

/**
 * Whether a message was asked for with this content: however its object was put together, whatever the desk wrote into it, and without the
 * card numbers that it was stored without.
 */
export function isSameContent(stored: MessageContent, asked: MessageContent): boolean {
  const written = canonical(asAsked(stored));
  return [asked, maskedContent(asked).content].some((one) => canonical(asAsked(one)) === written);
}

const asAsked = (content: MessageContent): object => {
  if (content.type !== "template") return content;
  const { text: _filledIn, ...asked } = content;
  return asked;
};

/** Whether a message was asked for with what is to go in its place. */
export const isSameFallback = (message: Message, fallback: TemplateContent | null): boolean =>
  message.fallback === null || fallback === null
    ? message.fallback === fallback
    : isSameContent(message.fallback.content, fallback);

/** JSON with sorted keys. */
const canonical = (value: object): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
