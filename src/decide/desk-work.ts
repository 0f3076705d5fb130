import type { Conversation, Priority } from "../domain/conversation.js";
import type { EventBody, NewEvent } from "../domain/event.js";
import { TAG } from "../domain/tag.js";
import { noChange, type Change } from "../domain/change.js";
import type { SnoozeTimer, TimerPayload } from "../domain/timer.js";
import type { NewWork } from "../domain/work.js";
import { ConversationError } from "../errors.js";
import type { ChatState, ConversationState } from "../ports/work-storage.js";
import { about } from "./arrival.js";
import { moved, unchanged, type Command, type Decision } from "./command.js";
import { woken } from "./continue-in.js";
import { timerId } from "./ids.js";

/** Ours: what is put off for longer belongs into a calendar. Milliseconds. */
const SNOOZE_MOST_MS = 366 * 24 * 60 * 60 * 1000;

/**
 * Says who of staff sees to a conversation. Whoever may only take what nobody has, is told who was faster.
 * @param mayAssignOthers whether the one who commands may give it to, and take it from, anybody
 * @throws {ConversationError} `conversation_closed`, `assignment_forbidden`, `conversation_taken`
 */
export function decideAssign(
  { conversation }: Pick<ConversationState, "conversation">,
  assigneeId: string,
  mayAssignOthers: boolean,
  command: Command,
): Decision {
  if (conversation.assigneeId === assigneeId) return unchanged(conversation);
  isOpen(conversation);
  if (!mayAssignOthers) {
    if (assigneeId !== command.by.id) throw new ConversationError("assignment_forbidden");
    isNobodysElse(conversation, command);
  }
  return assigned(conversation, assigneeId, "conversation.assign", command);
}

/** Gives a conversation back: nobody sees to it any more. @throws {ConversationError} `conversation_taken` */
export function decideUnassign(
  { conversation }: Pick<ConversationState, "conversation">,
  mayAssignOthers: boolean,
  command: Command,
): Decision {
  if (conversation.assigneeId === null) return unchanged(conversation);
  if (!mayAssignOthers) isNobodysElse(conversation, command);
  return assigned(conversation, null, "conversation.unassign", command);
}

export function decidePriority(
  { conversation }: Pick<ConversationState, "conversation">,
  priority: Priority,
  command: Command,
): Decision {
  if (conversation.priority === priority) return unchanged(conversation);
  const after = { ...conversation, priority };
  return told(after, "conversation.prioritise", { type: "conversation.prioritised", priority }, command);
}

/**
 * Adds tags and takes others away; one that is in both is taken away.
 * @param tags as `tagOf` writes them
 * @throws {ConversationError} `tags_too_many`
 */
export function decideTags(
  { conversation }: Pick<ConversationState, "conversation">,
  { add, remove }: { readonly add: readonly string[]; readonly remove: readonly string[] },
  command: Command,
): Decision {
  const tags = [...new Set([...conversation.tags, ...add])].filter((tag) => !remove.includes(tag)).sort();
  if (tags.length > TAG.most) throw new ConversationError("tags_too_many", { limit: TAG.most, actual: tags.length });
  if (tags.join("\n") === conversation.tags.join("\n")) return unchanged(conversation);
  return told({ ...conversation, tags }, "conversation.tag", { type: "conversation.tagged" }, command);
}

/**
 * Keeps a conversation out of the open list until an instant, or until the guest writes. The timer that brings it back names that
 * instant: one of a snooze that was changed or ended since fires for nothing.
 * @throws {ConversationError} `conversation_closed`; `request_invalid` for an instant that has passed, or is over a year ahead
 */
export function decideSnooze(
  { conversation }: Pick<ConversationState, "conversation">,
  until: Date,
  command: Command,
): Decision {
  const aheadMs = until.getTime() - command.now.getTime();
  const isSame = conversation.snoozedUntil?.getTime() === until.getTime();
  if (isSame) return unchanged(conversation);
  isOpen(conversation);
  // What is no instant at all is neither.
  if (!(aheadMs > 0 && aheadMs <= SNOOZE_MOST_MS)) {
    const issues = [{ path: "until", message: "an instant ahead, by a year at most" }];
    throw new ConversationError("request_invalid", { issues });
  }
  const { id, phoneNumberId, guestId } = conversation;
  const payload: TimerPayload = { type: "snooze", conversationId: id, until: until.toISOString() };
  const timer: NewWork = { id: timerId(command.id), kind: "timer", phoneNumberId, guestId, payload, dueAt: until };
  const body: EventBody = { type: "conversation.snoozed", until: until.toISOString() };
  const { conversation: after, change } = told(
    { ...conversation, snoozedUntil: until },
    "conversation.snooze",
    body,
    command,
  );
  return { conversation: after, change: { ...change, work: [timer] } };
}

/** Puts a conversation back into the open list. */
export function decideUnsnooze({ conversation }: Pick<ConversationState, "conversation">, command: Command): Decision {
  if (conversation.snoozedUntil === null) return unchanged(conversation);
  const after = { ...conversation, snoozedUntil: null };
  return moved(command, "conversation.unsnooze", [after], woken(conversation, "staff"));
}

/**
 * A person speaks from now on: nothing more of a flow is sent, not even what is queued.
 * @throws {ConversationError} `conversation_closed`
 */
export function decideTakeover({ conversation }: Pick<ConversationState, "conversation">, command: Command): Decision {
  return speaks(conversation, "human", "conversation.takeover", { type: "conversation.takenOver" }, command);
}

/** The bot may speak again. @throws {ConversationError} `conversation_closed` */
export function decideGiveback({ conversation }: Pick<ConversationState, "conversation">, command: Command): Decision {
  return speaks(conversation, "bot", "conversation.giveback", { type: "conversation.givenBack" }, command);
}

/**
 * What a timer that came due changes. Nothing, when what it was set for is not so any more: the guest wrote, staff wanted it back,
 * closed it, or put it off until another time.
 */
export function decideTimer({ conversations }: ChatState, timer: SnoozeTimer, hotelId: string): Change {
  const snoozed = conversations.find(({ id }) => id === timer.conversationId);
  if (snoozed?.snoozedUntil?.toISOString() !== timer.until) return noChange(hotelId);
  return {
    ...noChange(hotelId),
    conversations: [{ ...snoozed, snoozedUntil: null }],
    events: woken(snoozed, "time"),
  };
}

function speaks(
  conversation: Conversation,
  speaker: Conversation["speaker"],
  action: "conversation.takeover" | "conversation.giveback",
  body: EventBody,
  command: Command,
): Decision {
  if (conversation.speaker === speaker) return unchanged(conversation);
  isOpen(conversation);
  return told({ ...conversation, speaker }, action, body, command);
}

function assigned(
  conversation: Conversation,
  assigneeId: string | null,
  action: "conversation.assign" | "conversation.unassign",
  command: Command,
): Decision {
  const body: EventBody = { type: "conversation.assigned", assigneeId, fromAssigneeId: conversation.assigneeId };
  return told({ ...conversation, assigneeId }, action, body, command);
}

function told(
  after: Conversation,
  action: Parameters<typeof moved>[1],
  body: EventBody,
  command: Command,
): Decision & { readonly change: Change } {
  const event: NewEvent = about(after, body);
  return moved(command, action, [after], [event]);
}

function isOpen({ status, continuedIn }: Conversation): void {
  if (status === "closed") throw new ConversationError("conversation_closed", { continuedIn });
}

function isNobodysElse({ assigneeId }: Conversation, { by }: Command): void {
  if (assigneeId !== null && assigneeId !== by.id) throw new ConversationError("conversation_taken", { assigneeId });
}
