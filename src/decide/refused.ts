import { noChange, type Change } from "../domain/change.js";
import type { Chat } from "../domain/chat.js";
import { isOutbound } from "../domain/content.js";
import type { Message } from "../domain/message.js";
import type { Reason } from "../domain/reason.js";
import { refusalOf, type Refusal } from "../domain/refusal.js";
import { windowFoundClosed } from "../domain/service-window.js";
import type { NewCommand } from "../domain/work.js";
import type { ConversationState, SendState } from "../ports/work-storage.js";
import { about } from "./arrival.js";
import { refusedWorkId, resentMessageId } from "./ids.js";
import { appended } from "./outgoing.js";
import { foundClosed, goesElsewhere, refusedKinds } from "./send.js";

/** What the work of a refused message says. */
export type RefusedPayload = { readonly type: "refused"; readonly messageId: string; readonly why: Refusal };

/**
 * The work of seeing what may go in the place of a message that WhatsApp refused; null for one in whose place nothing goes. Storages add it
 * where a report or a settlement lets a message fail, in the same step, so that no crash comes between.
 */
export function refusedWork({
  id,
  hotelId,
  conversationId,
  status,
  failure,
}: Pick<Message, "id" | "hotelId" | "conversationId" | "status" | "failure">): NewCommand | null {
  const why = status === "failed" && failure !== null ? refusalOf(failure) : null;
  if (why === null) return null;
  const payload: RefusedPayload = { type: "refused", messageId: id, why };
  return { hotelId, id: refusedWorkId(id), subject: conversationId, payload };
}

/** @returns null for other work */
export function refusedOf(payload: string): RefusedPayload | null {
  const given = JSON.parse(payload) as Partial<Record<keyof RefusedPayload, unknown>> | null;
  if (given?.type !== "refused" || typeof given.messageId !== "string") return null;
  return { type: "refused", messageId: given.messageId, why: given.why === "address" ? "address" : "window" };
}

export interface RefusedInput {
  readonly why: Refusal;
  /** Whether something was sent in the message's place before. */
  readonly copied: boolean;
  /** As in `SendPolicy`. */
  readonly maxAgeMs: number;
  readonly now: Date;
}

/**
 * What it changes that WhatsApp refused a message, at once or later: a window that it found closed is closed here too, and of a message that
 * has failed what was named for that goes, once, as a copy by whoever wrote it. The message itself keeps its history.
 * @param state of the conversation that shows the message now
 */
export function decideRefused(send: SendState, state: ConversationState, input: RefusedInput): Change {
  const { conversation, chat: before, others } = state;
  const { message } = send;
  // The phone app's own are subject to no window.
  if (message.author.kind === "device") return noChange(message.hotelId);
  const chat = input.why === "window" ? closedBy(message, before, input.now) : null;
  const onNumber = others.filter(({ phoneNumberId }) => phoneNumberId === before.phoneNumberId);
  const told = chat === null ? [] : [conversation, ...onNumber];
  const closed: Change = {
    ...noChange(conversation.hotelId),
    chat,
    events: told.map((one) => about(one, { type: "conversation.windowClosed" })),
  };
  return mayGo(message, input) ? withCopy(closed, send, state, input) : closed;
}

/** The chat with the window that WhatsApp found closed; null where the guest has opened it since, or it is known. */
function closedBy({ reasons, createdAt }: Message, chat: Chat, now: Date): Chat | null {
  const leftAt = reasons.findLast(({ code }) => code === "send_intended")?.at ?? createdAt;
  const windowClosesAt = windowFoundClosed(leftAt, chat.windowClosesAt, now);
  return windowClosesAt === null ? null : { ...chat, windowClosesAt };
}

/** Whoever hears of it too late lets staff see to it, as of any message that could not be sent in its time. */
const mayGo = ({ status, createdAt }: Message, { copied, maxAgeMs, now }: RefusedInput): boolean =>
  status === "failed" && !copied && now.getTime() - createdAt.getTime() < maxAgeMs;

function withCopy(
  change: Change,
  send: SendState,
  { conversation, chat }: ConversationState,
  { why, now }: RefusedInput,
): Change {
  const { message } = send;
  const instead = why === "window" ? asTemplate(message, now) : toOtherAddress(send, now);
  if (instead === null || !isOutbound(message.content)) return change;
  const id = resentMessageId(message.id);
  const { quotedWamid, content, author, context, flow } = message;
  const made = appended(
    conversation,
    {
      id,
      clientMessageId: null,
      content,
      fallback: message.fallback?.content ?? null,
      urgent: false,
      quotedWamid,
      identityKeyHash: context?.identityKeyHash ?? null,
      reasons: [
        { code: "resent", at: now, details: { resends: message.id } },
        ...message.reasons.filter(({ code }) => code === "send_elsewhere"),
        instead,
      ],
    },
    author,
    now,
  );
  const remark = { code: "sent_again", at: now, details: { as: id } } as const;
  return {
    ...change,
    chat: { ...(change.chat ?? chat), ratingPromptId: null },
    conversations: [made.conversation],
    // What a flow says is not said once a person speaks.
    messages: [{ ...made.message, flow }],
    remarks: [{ messageId: message.id, was: "failed", becomes: null, failure: null, reason: remark }],
    events: [...change.events, made.event],
    work: [made.work],
  };
}

/** null where no template stands in for it, or the template was what WhatsApp refused. */
function asTemplate(message: Message, at: Date): Reason | null {
  const { fallback, failure } = message;
  if (fallback === null || fallback.sent || foundClosed(message)) return null;
  return { code: "send_as_template", at, details: { failure: failure?.code ?? "" } };
}

/** null where WhatsApp would get it by no address but the one that it refused. */
function toOtherAddress({ message, guest }: SendState, at: Date): Reason | null {
  if (refusedKinds(message).includes("bsuid") || !goesElsewhere(message, guest, "bsuid")) return null;
  return { code: "send_elsewhere", at, details: { failure: message.failure?.code ?? "", refused: "bsuid" } };
}
