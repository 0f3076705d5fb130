import type { MessageContent } from "./content.js";
import type { DeliveryStatus, Failure } from "./delivery-status.js";
import type { Reason } from "./reason.js";

/** One message of a conversation. Messages never move between conversations and are never changed, only added to. */
export interface Message {
  readonly id: string;
  readonly hotelId: string;
  readonly conversationId: string;
  /** Its place in the conversation, from 1 without holes. Order is this, never a timestamp. */
  readonly seq: number;
  /** Its place among everything that happened in the hotel; orders messages across conversations. */
  readonly eventSeq: number;
  readonly direction: "inbound" | "outbound";
  readonly author: Author;
  readonly content: MessageContent;
  /** `"received"` for inbound messages. */
  readonly status: DeliveryStatus | "received";
  readonly failure: Failure | null;
  /** Meta's id; null until WhatsApp accepted an outbound message. */
  readonly wamid: string | null;
  /** Meta's id of the message this one quotes. */
  readonly quotedWamid: string | null;
  /** Inbound: the webhook attempt it came in, where its raw JSON stands. null for outbound messages. */
  readonly attemptId: string | null;
  /** The sender's own id for it: the same id again is the same message. */
  readonly clientMessageId: string | null;
  readonly flow: FlowMark | null;
  readonly reasons: readonly Reason[];
  /** Inbound: Meta's timestamp. Outbound: when it was queued. */
  readonly sentAt: Date;
  /** When it was stored, by the database's clock. */
  readonly createdAt: Date;
}

/** A message as a decision makes it: its number in the hotel is given by the commit. */
export type NewMessage = Omit<Message, "eventSeq">;

export type Author =
  | { readonly kind: "guest"; readonly id: string }
  | { readonly kind: "staff"; readonly id: string; readonly name: string | null }
  | { readonly kind: "bot"; readonly id: string }
  /** Somebody at the hotel who wrote in the phone app. */
  | { readonly kind: "device" };

/** Which step of which automated conversation a message belongs to, and what became of the step. */
export interface FlowMark {
  readonly flowId: string;
  readonly step: string;
  readonly result: StepResult;
}

export const STEP_RESULTS = ["pending", "succeeded", "failed", "skipped", "expired"] as const;
export type StepResult = (typeof STEP_RESULTS)[number];
