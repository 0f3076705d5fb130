import type { OutboundContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { Message, NewMessage } from "../domain/message.js";
import type { TemplateContent } from "../domain/template.js";
import { ConversationError } from "../errors.js";
import type { ConversationState } from "../ports/work-storage.js";
import type { Command, Decision } from "./command.js";
import { answered as answeredBy, firstResponse, waitedFor } from "./episode.js";
import { messageId } from "./ids.js";
import { isSameContent, isSameFallback, mayLeave, queued } from "./outgoing.js";
import { readBy, readToTheEnd } from "./read.js";
import { withTemplate } from "./template.js";

export interface ReplyInput {
  readonly clientMessageId: string;
  readonly content: OutboundContent;
  /** As in `Outgoing`. */
  readonly fallback: TemplateContent | null;
  readonly urgent: boolean;
  /** Meta's id of the message to quote. */
  readonly quotedWamid: string | null;
  /** As in `Outgoing`. */
  readonly identityKeyHash: string | null;
}

export type ReplyDecision =
  /** The same reply was given before. */
  | { readonly kind: "existing"; readonly message: Message }
  | (Decision & { readonly kind: "new"; readonly message: NewMessage });

/**
 * What a staff member's answer changes. From here on a person speaks: no automated answer follows in this conversation,
 * and the guest's next message comes here. Who answers has read what there is, in the conversations it continues too.
 * @throws {ConversationError} `client_message_reused`, `conversation_closed`; `answered_meanwhile` where it was asked who answered since
 *   the author looked, and somebody did; `window_closed`; as `withTemplate`
 */
export function decideReply(state: ConversationState, input: ReplyInput, command: Command): ReplyDecision {
  const { conversation, chat, existing } = state;
  if (existing !== null) {
    if (!isSame(existing, conversation, input)) {
      throw new ConversationError("client_message_reused", { messageId: existing.id });
    }
    return { kind: "existing", message: existing };
  }
  if (conversation.status === "closed") {
    throw new ConversationError("conversation_closed", { continuedIn: conversation.continuedIn });
  }
  const { answered: meanwhile = null } = state;
  if (meanwhile !== null) {
    const { kind, ...author } = meanwhile.author;
    throw new ConversationError("answered_meanwhile", {
      seq: meanwhile.seq,
      by: { kind, ...("id" in author && { id: author.id }) },
    });
  }
  mayLeave(input, chat, command.now);

  const reasons = [{ code: "staff_reply", at: command.now }] as const;
  const outgoing = { ...withTemplate(input, state, command.now), id: messageId(command.id), reasons };
  const { message, conversation: after, change } = queued(conversation, chat, outgoing, "conversation.reply", command);
  const { by, now } = command;
  const answered: Conversation = {
    ...after,
    speaker: "human",
    readSeq: after.lastSeq,
    waitingSince: null,
    episode: by.kind === "staff" ? answeredBy(conversation, by.id, now) : waitedFor(conversation.episode),
  };
  const read = [answered, ...readToTheEnd(state.unreadContinued)];
  return {
    kind: "new",
    message,
    conversation: answered,
    change: {
      ...change,
      conversations: read,
      participants: read.map((one) => readBy(command, one)),
      timings: firstResponse(conversation, answered),
    },
  };
}

const isSame = (message: Message, conversation: Conversation, asked: ReplyInput): boolean =>
  message.conversationId === conversation.id &&
  message.quotedWamid === asked.quotedWamid &&
  (message.context?.identityKeyHash ?? null) === asked.identityKeyHash &&
  isSameContent(message.content, asked.content) &&
  isSameFallback(message, asked.fallback);
