import { sendingAddress, type Address, type AddressKind } from "../domain/address.js";
import type { Failure } from "../domain/delivery-status.js";
import type { Message } from "../domain/message.js";
import { needsWindow, type OutboundContent } from "../domain/outbound-content.js";
import type { Reason } from "../domain/reason.js";
import { refusalOf } from "../domain/refusal.js";
import { windowIsOpen } from "../domain/service-window.js";
import type { Pause, SendRejected, SendResult } from "../ports/transport.js";
import type { TemplateContent } from "../domain/template.js";
import type { SendIntent, SendPause, SendState, Settlement } from "../ports/work-storage.js";
import { offerProblem, templateProblem } from "./template.js";

export type Settled = Pick<Settlement, "result" | "reason" | "pause" | "paced">;

/** What leaves: to whom, what, and whether it needs the window. */
export interface Departure {
  readonly kind: "send";
  readonly to: Address;
  readonly content: OutboundContent;
  readonly as: SendIntent["as"];
}

export type BeforeSend = Departure | ({ readonly kind: "settle" } & Settled);

/** How long the messages behind a send of unknown fate wait for its status webhook, so that order is kept where it can be. */
const UNKNOWN_HOLD_MS = 15_000;

export interface SendPolicy {
  /** Milliseconds; the first delay is at most this. */
  readonly baseMs: number;
  /** Milliseconds; no delay is longer. */
  readonly capMs: number;
  /** Milliseconds after which a message that still cannot be sent fails visibly. */
  readonly maxAgeMs: number;
  /** Milliseconds between the messages that try whether a number sends again that WhatsApp refuses. */
  readonly probeMs: number;
  /** Whether what a guest is sent counts to the pace that WhatsApp wants. */
  readonly pacesGuests: boolean;
}

/**
 * Whether a message may touch a socket now, and as what. One that somebody began to send and never settled is of unknown
 * fate; one whose window closed in the queue goes as the template that it names for that, or fails before the network.
 */
export function beforeSend(send: SendState, hotelHasNumber: boolean, policy: SendPolicy, now: Date): BeforeSend {
  const { message, chat, guest } = send;
  const settle = (result: Settled["result"], code: Reason["code"], paced = false): BeforeSend => ({
    kind: "settle",
    result,
    reason: { code, at: now },
    paced,
    pause: null,
  });
  const fail = (failure: Failure, code: Reason["code"], paced = false) =>
    settle({ kind: "failed", failure }, code, paced);
  // It reached WhatsApp, and whoever sent it is gone and has not counted it.
  const left = policy.pacesGuests && message.wamid !== null;
  switch (message.status) {
    case "queued":
      break;
    case "sending":
      // It may have reached WhatsApp, so it counts there.
      return settle(
        { kind: "unknown", failure: INTERRUPTED, holdMs: UNKNOWN_HOLD_MS },
        "send_interrupted",
        policy.pacesGuests,
      );
    case "failed":
      return fail(message.failure ?? INTERRUPTED, "status_reported", left);
    default:
      // A status webhook was faster than whoever sent it.
      return message.wamid === null
        ? settle({ kind: "unknown", failure: message.failure ?? INTERRUPTED, holdMs: 0 }, "send_unknown")
        : settle({ kind: "sent", wamid: message.wamid }, "status_reported", left);
  }
  const { content, as } = whatGoes(message, windowIsOpen(chat.windowClosesAt, now) && !foundClosed(message));
  if (!hotelHasNumber) return fail(NUMBER_UNKNOWN, "send_rejected");
  if (as === "closed") return fail(WINDOW_CLOSED, "window_closed");
  const unsendable = content.type === "template" ? templateNow(send, content) : null;
  if (unsendable !== null) return fail(unsendable, "send_withheld");
  if (isTooOld(message, policy, now)) return fail(tooOld(message), "send_expired");
  const to = sendingAddress(guest.addresses, refusedKinds(message));
  return to === null ? fail(NO_ADDRESS, "no_address") : { kind: "send", to, content, as };
}

/** The message itself while it may go, else what stands in for it. What WhatsApp said of the window outranks what the desk counted. */
function whatGoes(
  { content, fallback }: Message,
  isOpen: boolean,
): { readonly content: OutboundContent; readonly as: SendIntent["as"] | "closed" } {
  // What the hotel sends was checked before it was stored.
  const own = content as OutboundContent;
  if (!needsWindow(own)) return { content: own, as: "windowless" };
  if (isOpen) return { content: own, as: "content" };
  return fallback === null ? { content: own, as: "closed" } : { content: fallback.content, as: "fallback" };
}

/** What has come up against a template since it was queued. */
function templateNow({ template, consents }: SendState, content: TemplateContent): Failure | null {
  const problem = templateProblem(template, content) ?? (template === null ? null : offerProblem(template, consents));
  return problem === null ? null : { code: problem.code, message: problem.says };
}

/** Whether what leaves is an offer, which the hotel begins in order to sell. */
export const isOffer = ({ template }: SendState, content: OutboundContent): boolean =>
  content.type === "template" && template?.category === "marketing";

/** WhatsApp withheld an offer from the guest a moment ago: whoever tries others before `until` is sanctioned, so this one waits for staff. */
export function withheldOffer(until: Date, now: Date): Settled {
  const time = until.toISOString();
  const message = `WhatsApp withheld an offer from this guest and wants no other before ${time}, so this one was not sent. Send it again after that; answers and reminders go meanwhile.`;
  return {
    result: { kind: "failed", failure: { code: OFFER_WITHHELD, message } },
    reason: { code: "send_withheld", at: now, details: { failure: OFFER_WITHHELD, until: time } },
    paced: false,
    pause: null,
  };
}

/** By the database's own clock the window closed between the look at it and the intent: what is left to do. */
export function afterWindowClosed(send: SendState, policy: SendPolicy, now: Date): BeforeSend {
  return beforeSend({ ...send, chat: { ...send.chat, windowClosesAt: null } }, true, policy, now);
}

/** A person speaks in the conversation by now: what a flow had queued is not sent, and staff see that. */
export const afterTakeover = (now: Date): Settled => ({
  result: { kind: "failed", failure: PERSON_SPEAKS },
  reason: { code: "person_speaks", at: now },
  paced: false,
  pause: null,
});

const isTooOld = ({ createdAt }: Message, { maxAgeMs }: SendPolicy, now: Date): boolean =>
  now.getTime() - createdAt.getTime() >= maxAgeMs;

/** What kept it from leaving is what staff should know. */
function tooOld({ reasons }: Message): Failure {
  const last = reasons.findLast(({ code }) => code === "send_retried" || code === "send_paused");
  const failure = last?.details?.["failure"];
  return failure === undefined
    ? EXPIRED
    : { ...EXPIRED, message: `${EXPIRED.message} The last refusal was ${failure}.` };
}

/** Whether WhatsApp said that the window is closed, whatever it was here: the template that stands in goes then, once. */
export const foundClosed = ({ reasons }: Message): boolean => reasons.some(({ code }) => code === "send_as_template");

/** Kinds of address that WhatsApp said cannot carry this message. */
export const refusedKinds = ({ reasons }: Message): readonly AddressKind[] =>
  reasons.flatMap(({ code, details }) =>
    code === "send_elsewhere" && details !== undefined ? kin(details["refused"] as AddressKind) : [],
  );

/** Whether the guest has an address of another kind than those that cannot carry the message. */
export const goesElsewhere = (message: Message, { addresses }: SendState["guest"], refused: AddressKind): boolean =>
  sendingAddress(addresses, [...refusedKinds(message), ...kin(refused)]) !== null;

/** Kinds that carry the same: WhatsApp tells a phone from an id, not one id from another. */
const kin = (kind: AddressKind): readonly AddressKind[] => (kind === "waId" ? ["waId"] : ["bsuid", "parentBsuid"]);

/** What the transport's answer means for the message. @param random in [0, 1) */
export function afterSend(
  send: SendState,
  to: Address,
  answer: SendResult,
  attempts: number,
  policy: SendPolicy,
  now: Date,
  random: number,
): Settled {
  const paced = policy.pacesGuests;
  switch (answer.outcome) {
    case "accepted":
      return {
        result: { kind: "sent", wamid: answer.wamid },
        reason: {
          code: "send_accepted",
          at: now,
          ...(answer.held !== undefined && { details: { held: answer.held } }),
        },
        paced,
        pause: null,
      };
    case "unknown": {
      const reason: Reason = { code: "send_unknown", at: now, details: { failure: answer.failure.code } };
      const pause = pauseOf(answer, attempts, policy, random);
      return { result: { kind: "unknown", failure: answer.failure, holdMs: UNKNOWN_HOLD_MS }, reason, paced, pause };
    }
    case "rejected":
      return { ...afterRefusal(send, to, answer, attempts, policy, now, random), paced };
  }
}

function afterRefusal(
  { message, guest }: SendState,
  to: Address,
  answer: SendRejected,
  attempts: number,
  policy: SendPolicy,
  now: Date,
  random: number,
): Omit<Settled, "paced"> {
  const { failure, pauses, otherAddress, needsTemplate } = answer;
  const details = { failure: failure.code };
  const pause = pauseOf(answer, attempts, policy, random);
  const failed: Omit<Settled, "paced"> = {
    result: { kind: "failed", failure },
    reason: { code: "send_rejected", at: now, details },
    pause,
  };
  const again = (code: Reason["code"], delayMs: number, askedMs: number, more: Record<string, string> = {}) => ({
    result: { kind: "retry", failure, delayMs, askedMs } as const,
    reason: { code, at: now, details: { ...details, ...more, delayMs } },
    pause,
  });

  if (otherAddress === true && goesElsewhere(message, guest, to.kind))
    return again("send_elsewhere", 0, 0, { refused: to.kind });
  if (needsTemplate === true && message.fallback !== null && !foundClosed(message))
    return again("send_as_template", 0, 0);
  // The number is at fault and not the message, which waits with the others until somebody has mended it.
  if (pauses?.ends === "repair" && pause !== null)
    return isTooOld(message, policy, now) ? failed : again("send_paused", 0, 0);
  const { retry } = answer;
  if (retry === null) return failed;
  const asked = Math.max(
    retry.afterMs ?? 0,
    (retry.baseMs ?? 0) * 4 ** Math.min(timesRefused(message, failure.code), 15),
  );
  const delayMs = Math.max(backoffMs(attempts, policy, random), asked);
  // Its turn would come too late: better that staff see it now, and that the next ones go on.
  const age = now.getTime() - message.createdAt.getTime();
  if (age >= policy.maxAgeMs || age + asked > policy.maxAgeMs) return failed;
  return again("send_retried", delayMs, asked);
}

/**
 * Whether the window has to be closed that the desk believed open, as WhatsApp says. Of a message that fails by one of its own codes the
 * storage sees to that (`refusedWork`).
 */
export const findsClosed = (answer: SendResult, { result }: Pick<Settled, "result">): boolean =>
  answer.outcome === "rejected" &&
  answer.needsTemplate === true &&
  !(result.kind === "failed" && refusalOf(result.failure) === "window");

/** WhatsApp's own back-off counts its refusals, not whatever else was in the way. */
const timesRefused = ({ reasons }: Message, code: string): number =>
  reasons.filter(({ details }) => details?.["failure"] === code).length;

/**
 * What stops beside the message; null when it is about this guest alone. A number that WhatsApp asked to slow down without a
 * time backs off as a single message does.
 */
function pauseOf(
  { failure, pauses }: { readonly failure: Failure; readonly pauses?: Pause },
  attempts: number,
  policy: SendPolicy,
  random: number,
): SendPause | null {
  if (pauses === undefined || pauses.scope === "pair") return null;
  const { scope, ends, afterMs } = pauses;
  const probing = ends === "repair";
  const ms = afterMs ?? (probing ? policy.probeMs : Math.max(policy.baseMs, backoffMs(attempts, policy, random)));
  return { of: scope === "account" ? "hotel" : "number", ms, probing, code: failure.code };
}

/** Exponential back-off with full jitter. @param random in [0, 1) */
export const backoffMs = (
  attempts: number,
  { baseMs, capMs }: Pick<SendPolicy, "baseMs" | "capMs">,
  random: number,
): number => Math.round(random * Math.min(capMs, baseMs * 2 ** Math.min(attempts, 30)));

const OFFER_WITHHELD = "offer_withheld";
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
const PERSON_SPEAKS = {
  code: "person_speaks",
  message: "A person had taken the conversation over before this message of the bot could leave, so it was not sent.",
};
const EXPIRED = {
  code: "send_expired",
  message: "The message waited too long to be sent and was not. Send it again if it is still wanted.",
};
const NUMBER_UNKNOWN = {
  code: "number_unknown",
  message: "The hotel no longer has the WhatsApp number of this chat. Add it again, or answer from another number.",
};
const NO_ADDRESS = {
  code: "no_address",
  message: "No WhatsApp address of this guest is known that could carry the message.",
};
