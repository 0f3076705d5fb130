import { noChange } from "../domain/change.js";
import { contentLine, type OutboundContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { Author, Message, NewMessage } from "../domain/message.js";
import { windowIsOpen } from "../domain/service-window.js";
import { preview } from "../domain/text.js";
import { ConversationError } from "../errors.js";
import type { ConversationState } from "../ports/storage.js";
import { auditOf, type Command, type Decision } from "./command.js";
import { messageId, sendWorkId } from "./ids.js";
import { readBy, readToTheEnd } from "./read.js";

export interface ReplyInput {
  readonly clientMessageId: string;
  readonly content: OutboundContent;
  /** Meta's id of the message to quote. */
  readonly quotedWamid: string | null;
}

export type ReplyDecision =
  /** The same reply was given before. */
  | { readonly kind: "existing"; readonly message: Message }
  | (Decision & { readonly kind: "new"; readonly message: NewMessage });

/**
 * What a staff member's answer changes. From here on a person speaks: no automated answer follows in this conversation,
 * and the guest's next message comes here. Who answers has read what there is, in the conversations it continues too.
 * @throws {ConversationError} `client_message_reused`, `conversation_closed`, `window_closed`
 */
export function decideReply(state: ConversationState, input: ReplyInput, command: Command): ReplyDecision {
  const { conversation, chat, existing } = state;
  const { now } = command;
  if (existing !== null) {
    if (!isSame(existing, conversation, input)) {
      throw new ConversationError("client_message_reused", { messageId: existing.id });
    }
    return { kind: "existing", message: existing };
  }
  if (conversation.status === "closed") {
    throw new ConversationError("conversation_closed", { continuedIn: conversation.continuedIn });
  }
  if (!windowIsOpen(chat.windowClosesAt, now)) {
    throw new ConversationError("window_closed", { closedAt: chat.windowClosesAt?.toISOString() ?? null });
  }

  const { hotelId, phoneNumberId, guestId } = conversation;
  const seq = conversation.lastSeq + 1;
  const message: NewMessage = {
    id: messageId(command.id),
    hotelId,
    conversationId: conversation.id,
    seq,
    direction: "outbound",
    author: authorOf(command),
    content: input.content,
    status: "queued",
    failure: null,
    billing: null,
    wamid: null,
    quotedWamid: input.quotedWamid,
    context: null,
    attemptId: null,
    clientMessageId: input.clientMessageId,
    flow: null,
    importedPlace: null,
    reasons: [{ code: "staff_reply", at: now }],
    sentAt: now,
    createdAt: now,
  };
  const answered: Conversation = {
    ...conversation,
    speaker: "human",
    lastSeq: seq,
    readSeq: seq,
    lastMessageAt: now,
    lastMessagePreview: preview(contentLine(input.content)),
    previewMessageId: message.id,
    lastMessageFrom: "staff",
  };
  const read = [answered, ...readToTheEnd(state.unreadContinued)];
  return {
    kind: "new",
    message,
    conversation: answered,
    change: {
      ...noChange(hotelId),
      chat: { ...chat, currentConversationId: conversation.id },
      conversations: read,
      messages: [message],
      participants: read.map((one) => readBy(command, one)),
      events: [
        {
          conversationId: conversation.id,
          departmentId: conversation.departmentId,
          body: { type: "message.queued", messageId: message.id },
        },
      ],
      audit: [auditOf(command, "conversation.reply", hotelId, { kind: "message", id: message.id })],
      work: [
        { id: sendWorkId(message.id), kind: "outbound", phoneNumberId, guestId, payload: { messageId: message.id } },
      ],
    },
  };
}

const authorOf = ({ by }: Command): Author =>
  by.kind === "staff" ? { kind: "staff", id: by.id, name: by.name ?? null } : { kind: "bot", id: by.id };

const isSame = (message: Message, conversation: Conversation, { content, quotedWamid }: ReplyInput): boolean =>
  message.conversationId === conversation.id &&
  message.quotedWamid === quotedWamid &&
  canonical(message.content) === canonical(content);

/** JSON with sorted keys: the same content however its object was put together. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
