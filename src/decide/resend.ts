import { noChange, type Change } from "../domain/change.js";
import { isOutbound } from "../domain/content.js";
import type { DeliveryStatus } from "../domain/delivery-status.js";
import { waitsUntil } from "../domain/failure-wait.js";
import type { Message } from "../domain/message.js";
import type { TemplateContent } from "../domain/template.js";
import { ConversationError } from "../errors.js";
import type { ConversationState } from "../ports/work-storage.js";
import { auditOf, type Command } from "./command.js";
import { resentMessageId } from "./ids.js";
import { mayLeave, queued, type Queued } from "./outgoing.js";
import { withTemplate } from "./template.js";

export interface ResendInput {
  /** The message to send again. */
  readonly message: Message;
  /** What was sent in its place before; null: nothing yet. */
  readonly copy: Message | null;
  readonly clientMessageId: string | null;
  /** Whoever asks knows that the guest may have it already. */
  readonly mayDouble: boolean;
  /** Goes in the copy's place once the service window has closed; null: what was named for the message. */
  readonly fallback: TemplateContent | null;
  /** As in `Outgoing`: whether the copy is, whatever the message was. */
  readonly urgent: boolean;
  /** As in `Outgoing`; undefined: what was given for the message. */
  readonly identityKeyHash: string | null | undefined;
}

export type ResendDecision =
  /** It was sent again before. */
  { readonly kind: "existing"; readonly message: Message } | ({ readonly kind: "new" } & Queued);

/**
 * What it changes that somebody sends a message again: a copy of it goes out at the end of the conversation, once however often
 * it is asked for, and the message itself keeps its history. A copy that failed too can be sent again like any other.
 * @param state of the conversation that shows the message now
 * @throws {ConversationError} `resend_impossible`, `resend_may_double`, `resend_too_early`, `client_message_reused`, `conversation_closed`,
 *   `window_closed`; as `withTemplate`
 */
export function decideResend(state: ConversationState, input: ResendInput, command: Command): ResendDecision {
  const { message, copy, clientMessageId, mayDouble, urgent } = input;
  if (copy !== null) return { kind: "existing", message: copy };
  const { conversation, chat, existing } = state;
  const { content, status } = message;
  if (existing !== null) throw new ConversationError("client_message_reused", { messageId: existing.id });
  if ((status !== "failed" && status !== "unknown") || message.author.kind === "device" || !isOutbound(content))
    throw new ConversationError("resend_impossible", { status });
  if (status === "unknown" && !mayDouble) throw new ConversationError("resend_may_double", { messageId: message.id });
  const until = waitsUntil(message);
  if (until !== null && command.now < until)
    throw new ConversationError("resend_too_early", { until: until.toISOString() });
  if (conversation.status === "closed")
    throw new ConversationError("conversation_closed", { continuedIn: conversation.continuedIn });
  const fallback = input.fallback ?? message.fallback?.content ?? null;
  const asked = { content, fallback };
  mayLeave(asked, chat, command.now);

  const id = resentMessageId(message.id);
  const { quotedWamid, context } = message;
  const identityKeyHash =
    input.identityKeyHash === undefined ? (context?.identityKeyHash ?? null) : input.identityKeyHash;
  const at = command.now;
  // Where WhatsApp cannot carry the message it cannot carry its copy either.
  const refused = message.reasons.filter(({ code }) => code === "send_elsewhere");
  const reasons = [{ code: "resent", at, details: { resends: message.id } } as const, ...refused];
  const outgoing = {
    ...withTemplate(asked, state, at),
    id,
    clientMessageId,
    urgent,
    quotedWamid,
    identityKeyHash,
    reasons,
  };
  const { change, ...rest } = queued(conversation, chat, outgoing, "message.resend", command);
  const reason = { code: "sent_again", at, details: { as: id } } as const;
  const remark = { messageId: message.id, was: status, becomes: null, failure: null, reason };
  return { kind: "new", ...rest, change: { ...change, remarks: [remark] } };
}

/**
 * What it changes that somebody says what became of a message of unknown fate: as far as anybody knows. What WhatsApp reports
 * later still counts by the order of statuses. null when the same was said before.
 * @throws {ConversationError} `resolve_impossible`
 */
export function decideResolve(message: Message, as: "sent" | "failed", command: Command): Change | null {
  const { id, hotelId, status, reasons } = message;
  const said = reasons.findLast(({ code }) => code === "resolved");
  if (said?.details?.["as"] === as) return null;
  if (status !== "unknown") throw new ConversationError("resolve_impossible", { status });
  const reason = { code: "resolved", at: command.now, details: { as } } as const;
  const was: DeliveryStatus = status;
  return {
    ...noChange(hotelId),
    remarks: [{ messageId: id, was, becomes: as, failure: as === "failed" ? NOT_ARRIVED : null, reason }],
    audit: [auditOf(command, "message.resolve", hotelId, { kind: "message", id })],
  };
}

const NOT_ARRIVED = {
  code: "resolved_failed",
  message: "Somebody at the hotel says that it did not arrive. Send it again, or write to the guest in another way.",
};
