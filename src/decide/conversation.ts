import { noChange } from "../domain/change.js";
import type { Chat } from "../domain/chat.js";
import type { Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";
import type { Hotel } from "../domain/hotel.js";
import { ConversationError } from "../errors.js";
import type { ConversationState } from "../ports/storage.js";
import { auditOf, moved, unchanged, type Command, type Decision } from "./command.js";
import { continueIn } from "./continue-in.js";
import { readBy, readToTheEnd } from "./read.js";

/**
 * Marks everything up to number `seq` (null: all there is) as seen by staff. Who has seen all there is has seen what
 * stands in the conversations that this one continues, too.
 */
export function decideRead(state: ConversationState, seq: number | null, command: Command): Decision {
  const { conversation } = state;
  const { hotelId, id, departmentId, lastSeq } = conversation;
  const readSeq = Math.max(Math.min(seq ?? lastSeq, lastSeq), conversation.readSeq);
  const continued = (seq ?? lastSeq) >= lastSeq ? readToTheEnd(state.unreadContinued) : [];
  if (readSeq === conversation.readSeq && continued.length === 0) return unchanged(conversation);

  const read: Conversation = { ...conversation, readSeq };
  const all = [read, ...continued];
  return {
    conversation: read,
    change: {
      ...noChange(hotelId),
      conversations: all,
      participants: all.map((one) => readBy(command, one)),
      // Told to the department that reads: it is its list in which they count.
      events: all.map((one) => ({
        conversationId: one.id,
        departmentId,
        body: { type: "conversation.read", readSeq: one.readSeq },
      })),
      audit: [auditOf(command, "conversation.markRead", hotelId, { kind: "conversation", id })],
    },
  };
}

/**
 * Gives the matter to another department. Where that has an open conversation with the guest, this one continues there.
 * @throws {ConversationError} `conversation_closed`, `department_unknown`
 */
export function decideTransfer(
  state: ConversationState,
  departmentId: string,
  hotel: Hotel,
  command: Command,
): Decision {
  const { conversation } = state;
  if (!hotel.departments.some(({ id }) => id === departmentId)) {
    throw new ConversationError("department_unknown", { hotelId: hotel.id });
  }
  if (conversation.status === "closed") {
    throw new ConversationError("conversation_closed", { continuedIn: conversation.continuedIn });
  }
  if (conversation.departmentId === departmentId) return unchanged(conversation);

  const open = openFor(state, departmentId);
  if (open !== undefined) return continued(state, open, "conversation.transfer", command);

  const { id, departmentId: fromDepartmentId } = conversation;
  const event: NewEvent = {
    conversationId: id,
    departmentId,
    body: { type: "conversation.transferred", fromDepartmentId },
  };
  return moved(command, "conversation.transfer", [{ ...conversation, departmentId, speaker: "human" }], [event]);
}

/** Ends the matter. The guest's next message is routed anew. */
export function decideClose({ conversation, chat }: ConversationState, command: Command): Decision {
  if (conversation.status === "closed") return unchanged(conversation);
  const { id, departmentId } = conversation;
  const closed: Conversation = { ...conversation, status: "closed", closedAt: command.now };
  const event: NewEvent = {
    conversationId: id,
    departmentId,
    body: { type: "conversation.closed", continuedIn: null },
  };
  const left = chat.currentConversationId === id ? { ...chat, currentConversationId: null } : null;
  return moved(command, "conversation.close", [closed], [event], left);
}

/**
 * Opens the matter again. Where the department has an open conversation with the guest by now, it continues there.
 * A guest who has no other matter in hand goes on with it.
 * @throws {ConversationError} `conversation_imported`
 */
export function decideReopen(state: ConversationState, command: Command): Decision {
  const { conversation } = state;
  if (conversation.status === "open") return unchanged(conversation);
  if (conversation.imported)
    throw new ConversationError("conversation_imported", { continuedIn: conversation.continuedIn });

  const open = openFor(state, conversation.departmentId);
  if (open !== undefined) {
    return conversation.continuedIn === open.id
      ? unchanged(conversation)
      : continued(state, open, "conversation.reopen", command);
  }
  const { id, departmentId } = conversation;
  const reopened: Conversation = { ...conversation, status: "open", closedAt: null, continuedIn: null };
  const event: NewEvent = { conversationId: id, departmentId, body: { type: "conversation.reopened" } };
  return moved(command, "conversation.reopen", [reopened], [event], following(state, id));
}

function continued(
  state: ConversationState,
  open: Conversation,
  action: "conversation.transfer" | "conversation.reopen",
  command: Command,
): Decision {
  const settled = continueIn(state.conversation, open, command.now);
  return moved(command, action, [settled.from, settled.into], [settled.event], following(state, open.id));
}

/** The chat, with the conversation as its current one; null where the guest has another open one in hand. */
function following({ chat, others }: ConversationState, id: string): Chat | null {
  const { currentConversationId } = chat;
  const another = others.some((other) => other.id === currentConversationId);
  return another || currentConversationId === id ? null : { ...chat, currentConversationId: id };
}

const openFor = ({ others, conversation }: ConversationState, departmentId: string | null): Conversation | undefined =>
  others.find((other) => other.departmentId === departmentId && other.mode === conversation.mode);
