import type { NoteContent } from "../domain/content.js";
import { noChange } from "../domain/change.js";
import type { Conversation } from "../domain/conversation.js";
import type { Message, NewMessage } from "../domain/message.js";
import { ConversationError } from "../errors.js";
import type { ConversationState } from "../ports/work-storage.js";
import { about } from "./arrival.js";
import { auditOf, type Command, type Decision } from "./command.js";
import { messageId } from "./ids.js";
import { authorOf, isSameContent } from "./outgoing.js";
import { readBy } from "./read.js";

export interface NoteInput {
  readonly clientMessageId: string;
  readonly content: NoteContent;
}

export type NoteDecision =
  /** The same note was written before. */
  | { readonly kind: "existing"; readonly message: Message }
  | (Decision & { readonly kind: "new"; readonly message: NewMessage });

/**
 * What a note changes: next to nothing. It takes the next number of the conversation and stands in its history, and that is
 * all a guest could tell of it. The list goes on showing what the guest said last, when, and that it is unread; nobody has answered,
 * so that a bot may still speak, no window opens and no idle time begins anew. Who writes it has read what there is, for themselves
 * alone. A closed conversation takes notes too: much is known of a stay only afterwards.
 * @throws {ConversationError} `client_message_reused`; `conversation_closed` where another conversation goes on with it, and shows the
 *   note's place; `conversation_imported`
 */
export function decideNote(
  { conversation, existing }: ConversationState,
  { clientMessageId, content }: NoteInput,
  command: Command,
): NoteDecision {
  if (existing !== null) {
    if (existing.conversationId !== conversation.id || !isSameContent(existing.content, content))
      throw new ConversationError("client_message_reused", { messageId: existing.id });
    return { kind: "existing", message: existing };
  }
  const { id: conversationId, hotelId, continuedIn } = conversation;
  if (conversation.imported) throw new ConversationError("conversation_imported", { continuedIn });
  if (continuedIn !== null) throw new ConversationError("conversation_closed", { continuedIn });

  const { now } = command;
  const seq = conversation.lastSeq + 1;
  const message: NewMessage = {
    id: messageId(command.id),
    hotelId,
    conversationId,
    seq,
    direction: "internal",
    author: authorOf(command),
    content,
    status: "noted",
    fallback: null,
    failure: null,
    billing: null,
    wamid: null,
    quotedWamid: null,
    context: null,
    attemptId: null,
    clientMessageId,
    flow: null,
    importedPlace: null,
    reasons: [{ code: "staff_note", at: now }],
    sentAt: now,
    createdAt: now,
  };
  // Where staff had seen everything they still have: a note is theirs.
  const readSeq = conversation.readSeq === conversation.lastSeq ? seq : conversation.readSeq;
  const noted: Conversation = { ...conversation, lastSeq: seq, readSeq };
  return {
    kind: "new",
    message,
    conversation: noted,
    change: {
      ...noChange(hotelId),
      conversations: [noted],
      messages: [message],
      mentions: content.mentions.map((staffId) => ({
        hotelId,
        staffId,
        messageId: message.id,
        conversationId,
        at: now,
      })),
      participants: [{ ...readBy(command, noted), readSeq: seq }],
      events: [
        about(noted, { type: "message.noted", messageId: message.id }),
        ...content.mentions.map((staffId) => about(noted, { type: "staff.mentioned", messageId: message.id, staffId })),
      ],
      audit: [auditOf(command, "conversation.note", hotelId, { kind: "message", id: message.id })],
    },
  };
}
