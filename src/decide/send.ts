import { sendingAddress, type Address } from "../domain/address.js";
import type { Reason } from "../domain/reason.js";
import { windowIsOpen } from "../domain/service-window.js";
import type { SendResult } from "../ports/transport.js";
import type { SendState, SettledResult } from "../ports/storage.js";

export interface Settled {
  readonly result: SettledResult;
  readonly reason: Reason;
}

export type BeforeSend = { readonly kind: "send"; readonly to: Address } | ({ readonly kind: "settle" } & Settled);

/** How long the messages behind a send of unknown fate wait for its status webhook, so that order is kept where it can be. */
const UNKNOWN_HOLD_MS = 15_000;

/**
 * Whether a message may touch a socket now. One that somebody began to send and never settled is of unknown fate;
 * one whose window closed in the queue fails before the network.
 */
export function beforeSend({ message, chat, guest }: SendState, hotelHasNumber: boolean, now: Date): BeforeSend {
  const settle = (result: SettledResult, code: Reason["code"]): BeforeSend => ({
    kind: "settle",
    result,
    reason: { code, at: now },
  });
  switch (message.status) {
    case "queued":
      break;
    case "sending":
      return settle({ kind: "unknown", failure: INTERRUPTED, holdMs: UNKNOWN_HOLD_MS }, "send_interrupted");
    case "failed":
      return settle({ kind: "failed", failure: message.failure ?? INTERRUPTED }, "status_reported");
    default:
      // A status webhook was faster than whoever sent it.
      return message.wamid === null
        ? settle({ kind: "unknown", failure: message.failure ?? INTERRUPTED, holdMs: 0 }, "send_unknown")
        : settle({ kind: "sent", wamid: message.wamid }, "status_reported");
  }
  if (!hotelHasNumber) return settle({ kind: "failed", failure: NUMBER_UNKNOWN }, "send_rejected");
  if (!windowIsOpen(chat.windowClosesAt, now))
    return settle({ kind: "failed", failure: WINDOW_CLOSED }, "window_closed");
  const to = sendingAddress(guest.addresses);
  return to === null ? settle({ kind: "failed", failure: NO_ADDRESS }, "no_address") : { kind: "send", to };
}

export interface RetryPolicy {
  /** Milliseconds; the first delay is at most this. */
  readonly baseMs: number;
  /** Milliseconds; no delay is longer. */
  readonly capMs: number;
  /** Milliseconds after which a message that still cannot be sent fails visibly. */
  readonly maxAgeMs: number;
}

/** What the transport's answer means for the message. @param random in [0, 1) */
export function afterSend(
  { message }: SendState,
  answer: SendResult,
  attempts: number,
  policy: RetryPolicy,
  now: Date,
  random: number,
): Settled {
  switch (answer.outcome) {
    case "accepted":
      return { result: { kind: "sent", wamid: answer.wamid }, reason: { code: "send_accepted", at: now } };
    case "unknown": {
      const reason: Reason = { code: "send_unknown", at: now, details: { failure: answer.failure.code } };
      return { result: { kind: "unknown", failure: answer.failure, holdMs: UNKNOWN_HOLD_MS }, reason };
    }
    case "rejected": {
      const { failure, retry } = answer;
      const details = { failure: failure.code };
      const failed: Settled = {
        result: { kind: "failed", failure },
        reason: { code: "send_rejected", at: now, details },
      };
      if (retry === null) return failed;
      const asked = Math.max(retry.afterMs ?? 0, (retry.baseMs ?? 0) * 4 ** Math.min(attempts, 15));
      const delayMs = Math.max(backoffMs(attempts, policy, random), asked);
      // Its turn would come too late: better that staff see it now, and that the next ones go on.
      const age = now.getTime() - message.createdAt.getTime();
      if (age >= policy.maxAgeMs || age + asked > policy.maxAgeMs) return failed;
      return {
        result: { kind: "retry", failure, delayMs },
        reason: { code: "send_retried", at: now, details: { ...details, delayMs } },
      };
    }
  }
}

/** Exponential back-off with full jitter. @param random in [0, 1) */
export const backoffMs = (
  attempts: number,
  { baseMs, capMs }: Pick<RetryPolicy, "baseMs" | "capMs">,
  random: number,
): number => Math.round(random * Math.min(capMs, baseMs * 2 ** Math.min(attempts, 30)));

const INTERRUPTED = {
  code: "send_interrupted",
  message:
    "The send was interrupted, so nobody can say whether WhatsApp has it. Look at the guest's answer before sending it again.",
};
const WINDOW_CLOSED = {
  code: "window_closed",
  message:
    "WhatsApp's service window closed before the message could leave. The guest has to write first, or use a template.",
};
const NUMBER_UNKNOWN = {
  code: "number_unknown",
  message: "The hotel no longer has the WhatsApp number of this chat. Add it again, or answer from another number.",
};
const NO_ADDRESS = { code: "no_address", message: "No WhatsApp address of this guest is known." };
