import { answered, interrupted, tooMuch, type Automated, type Heard, type TooMuch } from "../domain/automation.js";
import type { Change } from "../domain/change.js";
import type { Chat } from "../domain/chat.js";
import type { MessageContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import { NOT_YET, type NewMessage } from "../domain/message.js";
import type { Reason } from "../domain/reason.js";
import { about } from "./arrival.js";
import { auditId, sendWorkId } from "./ids.js";

/** What the desk answers by itself, and to what. */
export interface AutomatedAnswer {
  /** The id of the work that is decided. */
  readonly workId: string;
  /** The chat and the conversation as they are with what the guest wrote. */
  readonly chat: Chat;
  readonly conversation: Conversation;
  readonly heard: Heard;
  readonly now: Date;
  /** The change with the answer in it; the same change where there is nothing to say. */
  readonly answer: (change: Change) => Change;
}

/**
 * The change with what the desk says by itself, counted; or, where it has said too much to this guest already, without that: what they
 * wrote stays stored and waits for staff, a person speaks from now on, and the record and the event say why. Whatever is said to a guest
 * without a person's command goes through here: the menu, the confirmation of STOP, away messages, flows.
 */
export function answeredByDesk(change: Change, { answer, ...by }: AutomatedAnswer): Change {
  const { chat, heard, now } = by;
  const said = answer(change);
  const { because, automated } = withAnswer(chat, heard, said.messages.length - change.messages.length, now);
  if (because !== null) return leftToStaff(change, by, because);
  return automated === chat.automated ? said : { ...said, chat: { ...(said.chat ?? chat), automated } };
}

/**
 * Whether the desk may say so many messages to a guest, and what is counted of it then.
 * @param chat as it is before the answer
 * @param asked whether a person asked for it: it may then, and is counted
 */
export function withAnswer(
  chat: Chat,
  heard: Heard,
  messages: number,
  now: Date,
  asked = false,
): { readonly because: TooMuch | null; readonly automated: Automated | null } {
  const before = "tapped" in heard || isStaffBetween(chat) ? interrupted(chat.automated) : chat.automated;
  if (messages === 0) return { because: null, automated: before };
  const because = asked ? null : tooMuch(before, now);
  return { because, automated: because === null ? answered(before, heard, messages, now) : before };
}

const isStaffBetween = ({ automated, staffWroteAt }: Chat): boolean =>
  automated !== null && staffWroteAt !== null && staffWroteAt > automated.at;

function leftToStaff(change: Change, by: Omit<AutomatedAnswer, "answer">, because: TooMuch): Change {
  const { conversation: before } = by;
  const told = withStop(change, by, because);
  if (before.speaker === "human") return told;
  const conversation: Conversation = { ...before, speaker: "human" };
  return {
    ...told,
    conversations: [...told.conversations.filter(({ id }) => id !== before.id), conversation],
    events: [...told.events, about(conversation, { type: "conversation.takenOver", because })],
  };
}

/** Why the desk says nothing more, on the guest's message, and in the record where it had not stopped before. */
export function withStop(
  change: Change,
  { workId, conversation, now }: Pick<AutomatedAnswer, "workId" | "conversation" | "now">,
  because: TooMuch,
): Change {
  const reason: Reason = { code: "automation_stopped", at: now, details: { because } };
  const { hotelId, id, speaker } = conversation;
  return {
    ...change,
    messages: toldWhy(change.messages, reason),
    audit: [
      ...change.audit,
      ...(speaker === "human"
        ? []
        : [
            {
              id: auditId(workId),
              hotelId,
              actor: { kind: "system", id: "desk" },
              action: "conversation.takeover",
              reason: because,
              target: { kind: "conversation", id },
              at: now,
            } as const,
          ]),
    ],
  };
}

/** One reason more on what the guest wrote: of what is decided after it was routed. */
export const toldWhy = (messages: readonly NewMessage[], reason: Reason): readonly NewMessage[] =>
  messages.map((message) =>
    message.direction === "inbound" ? { ...message, reasons: [...message.reasons, reason] } : message,
  );

/** What the desk heard in a guest's message. @param ours whether it is a tap on an option that a question of ours has */
export const heardIn = (content: MessageContent, ours: boolean, led = false): Heard =>
  ours && content.type === "choice" ? { tapped: true } : { words: content.type === "text" ? content.text : "", led };

/** A message of the desk's own at the end of a conversation, which it moves in no list. */
export function deskSays(
  change: Change,
  before: Conversation,
  { id, content, reason }: { readonly id: string; readonly content: MessageContent; readonly reason: Reason },
): { readonly change: Change; readonly conversation: Conversation } {
  const conversation: Conversation = { ...before, lastSeq: before.lastSeq + 1 };
  const { hotelId, guestId, phoneNumberId } = conversation;
  const message: NewMessage = {
    id,
    hotelId,
    conversationId: conversation.id,
    seq: conversation.lastSeq,
    direction: "outbound",
    author: { kind: "bot", id: "desk" },
    content,
    status: "queued",
    ...NOT_YET,
    reasons: [reason],
    sentAt: reason.at,
    createdAt: reason.at,
  };
  return {
    conversation,
    change: {
      ...change,
      conversations: [...change.conversations.filter((one) => one.id !== conversation.id), conversation],
      messages: [...change.messages, message],
      events: [...change.events, about(conversation, { type: "message.queued", messageId: id })],
      work: [
        ...change.work,
        { id: sendWorkId(id), kind: "outbound", phoneNumberId, guestId, payload: { messageId: id } },
      ],
    },
  };
}
