import { noChange } from "../domain/change.js";
import type { Chat } from "../domain/chat.js";
import type { Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";
import type { Hotel } from "../domain/hotel.js";
import type { Participant } from "../domain/participant.js";
import { ConversationError } from "../errors.js";
import type { ConversationParticipants } from "../ports/read-storage.js";
import type { ConversationState } from "../ports/work-storage.js";
import { auditOf, moved, unchanged, type Command, type Decision } from "./command.js";
import { continueIn, woken } from "./continue-in.js";
import { nextEpisode, resolution } from "./episode.js";
import { readBy, readToTheEnd } from "./read.js";

/**
 * Marks everything up to number `seq` (null: all there is) as seen by staff. Who has seen all there is has seen what
 * stands in the conversations that this one continues, too. Where a colleague was there first, only the reader's own marker moves on.
 * @param markers how far everybody has read; null leaves the reader's own where the desk's does not move
 */
export function decideRead(
  state: ConversationState,
  seq: number | null,
  command: Command,
  markers: ConversationParticipants | null = null,
): Decision {
  const { conversation } = state;
  const { hotelId, id, departmentId, lastSeq } = conversation;
  const readSeq = Math.max(Math.min(seq ?? lastSeq, lastSeq), conversation.readSeq);
  const continued = (seq ?? lastSeq) >= lastSeq ? readToTheEnd(state.unreadContinued) : [];
  const own = markers === null ? [] : movedMarkers(conversation, seq ?? lastSeq, markers, command);
  const audit = [auditOf(command, "conversation.markRead", hotelId, { kind: "conversation", id })];
  if (readSeq === conversation.readSeq && continued.length === 0)
    return own.length === 0
      ? unchanged(conversation)
      : { conversation, change: { ...noChange(hotelId), participants: own, audit } };

  const read: Conversation = { ...conversation, readSeq };
  const all = [read, ...continued];
  return {
    conversation: read,
    change: {
      ...noChange(hotelId),
      conversations: all,
      participants: [...all.map((one) => readBy(command, one)), ...own],
      // Told to the department that reads: it is its list in which they count.
      events: all.map((one) => ({
        conversationId: one.id,
        departmentId,
        body: { type: "conversation.read", readSeq: one.readSeq },
      })),
      audit,
    },
  };
}

/** The reader's own markers that a reading moves on. */
function movedMarkers(
  { id, lastSeq }: Conversation,
  seq: number,
  { conversations, participants }: ConversationParticipants,
  command: Command,
): readonly Participant[] {
  const isToTheEnd = seq >= lastSeq;
  return conversations
    .filter((one) => one.id === id || isToTheEnd)
    .map((one) => readBy(command, { id: one.id, readSeq: one.id === id ? Math.min(seq, lastSeq) : one.lastSeq }))
    .filter(({ conversationId, kind, readSeq, ...own }) => {
      const before = participants.find(
        (one) => one.conversationId === conversationId && one.kind === kind && one.id === own.id,
      );
      return readSeq > (before?.readSeq ?? 0);
    });
}

/**
 * Puts everything from number `seq` on back among what is still to be read, for all of the desk. Nobody's own marker moves: who read it has
 * read it. WhatsApp is told nothing.
 */
export function decideUnread({ conversation }: ConversationState, seq: number, command: Command): Decision {
  const readSeq = Math.min(Math.max(seq - 1, 0), conversation.readSeq);
  if (readSeq === conversation.readSeq) return unchanged(conversation);
  const event: NewEvent = {
    conversationId: conversation.id,
    departmentId: conversation.departmentId,
    body: { type: "conversation.unread", readSeq },
  };
  return moved(command, "conversation.markUnread", [{ ...conversation, readSeq }], [event]);
}

/**
 * Gives the matter to another department, where nobody sees to it yet and where it is in the open list. Where that has an open
 * conversation with the guest, this one continues there.
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
  const after: Conversation = {
    ...conversation,
    departmentId,
    speaker: "human",
    assigneeId: null,
    snoozedUntil: null,
  };
  const transferred: NewEvent = {
    conversationId: id,
    departmentId,
    body: { type: "conversation.transferred", fromDepartmentId },
  };
  const events = [
    transferred,
    ...released(conversation, departmentId),
    ...woken({ ...conversation, departmentId }, "staff"),
  ];
  return moved(command, "conversation.transfer", [after], events);
}

/** Ends the matter. The guest's next message is routed anew. */
export function decideClose({ conversation, chat }: ConversationState, command: Command): Decision {
  if (conversation.status === "closed") return unchanged(conversation);
  const { id, departmentId } = conversation;
  const closed: Conversation = { ...conversation, status: "closed", closedAt: command.now, snoozedUntil: null };
  const event: NewEvent = {
    conversationId: id,
    departmentId,
    body: { type: "conversation.closed", continuedIn: null, leaves: null },
  };
  const left = chat.currentConversationId === id ? { ...chat, currentConversationId: null } : null;
  const { change } = moved(command, "conversation.close", [closed], [event], left);
  return { conversation: closed, change: { ...change, timings: [resolution(closed, command)] } };
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
  const reopened: Conversation = {
    ...conversation,
    status: "open",
    closedAt: null,
    continuedIn: null,
    episode: nextEpisode(conversation.episode, command.now),
  };
  const body = { type: "conversation.reopened", leaves: conversation.continuedIn } as const;
  const event: NewEvent = { conversationId: id, departmentId, body };
  return moved(command, "conversation.reopen", [reopened], [event], following(state, id));
}

function continued(
  state: ConversationState,
  open: Conversation,
  action: "conversation.transfer" | "conversation.reopen",
  command: Command,
): Decision {
  const { from, into, events } = continueIn(state.conversation, open, command.now, "staff");
  // What a flow has queued for it stays unsent, as if it had gone to the other department itself.
  const handed: Conversation = action === "conversation.transfer" ? { ...from, speaker: "human" } : from;
  return moved(command, action, [handed, into], events, following(state, open.id));
}

/** The chat, with the conversation as its current one; null where the guest has another open one in hand. */
function following({ chat, others }: ConversationState, id: string): Chat | null {
  const { currentConversationId } = chat;
  const another = others.some((other) => other.id === currentConversationId);
  return another || currentConversationId === id ? null : { ...chat, currentConversationId: id };
}

const openFor = ({ others, conversation }: ConversationState, departmentId: string | null): Conversation | undefined =>
  others.find((other) => other.departmentId === departmentId && other.mode === conversation.mode);

/** What there is to tell when somebody who saw to it does so no longer. */
const released = ({ id, assigneeId }: Conversation, departmentId: string | null): readonly NewEvent[] =>
  assigneeId === null
    ? []
    : [
        {
          conversationId: id,
          departmentId,
          body: { type: "conversation.assigned", assigneeId: null, fromAssigneeId: assigneeId },
        },
      ];
