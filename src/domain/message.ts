import type { MessageContent } from "./content.js";
import type { Billing, DeliveryStatus, Failure } from "./delivery-status.js";
import type { Reason } from "./reason.js";
import type { TemplateContent } from "./template.js";

/** One message of a conversation. Messages never move between conversations and are never changed, only added to. */
export interface Message {
  readonly id: string;
  readonly hotelId: string;
  readonly conversationId: string;
  /** Its place in the conversation, from 1 without holes. Order is this, never a timestamp. */
  readonly seq: number;
  /**
   * Its place among everything that happened in the hotel: the number of its event, which orders messages across
   * conversations. Imported messages have a place before all of them, below 0, by their own time.
   */
  readonly eventSeq: number;
  /** `"internal"`: a note, which only staff see and which is never sent. */
  readonly direction: "inbound" | "outbound" | "internal";
  readonly author: Author;
  readonly content: MessageContent;
  /** What may be sent in its place once the service window has closed; `sent`: it was. null for none. */
  readonly fallback: { readonly content: TemplateContent; readonly sent: boolean } | null;
  /** `"received"` for inbound messages, `"noted"` for notes. */
  readonly status: DeliveryStatus | "received" | "noted";
  readonly failure: Failure | null;
  /** What WhatsApp said it costs; null for inbound messages, for notes, and before it was said. */
  readonly billing: Billing | null;
  /** Meta's id; null until WhatsApp accepted an outbound message, and for notes. */
  readonly wamid: string | null;
  /** Meta's id of the message this one quotes. */
  readonly quotedWamid: string | null;
  /** How a guest came to send it, or to whom alone one of the hotel's may go; null when nothing is known of that, or it may go to anybody. */
  readonly context: MessageContext | null;
  /** Inbound: the webhook attempt it came in, where its raw JSON stands. null for outbound messages. */
  readonly attemptId: string | null;
  /** The sender's own id for it: the same id again is the same message. */
  readonly clientMessageId: string | null;
  readonly flow: FlowMark | null;
  readonly reasons: readonly Reason[];
  /** Inbound: Meta's timestamp. Outbound: when it was queued. Internal: when it was noted. */
  readonly sentAt: Date;
  /** When it was stored, by the database's clock. */
  readonly createdAt: Date;
}

/** A message as a decision makes it: its place in the hotel is given by the commit, unless it was imported. */
export type NewMessage = Omit<Message, "eventSeq"> & {
  /** `eventSeq` of an imported message, which has no event; null for any other. */
  readonly importedPlace: number | null;
};

/** What nothing is known of, of a message that the desk says by itself: WhatsApp has not seen it, and nobody asked for it by an id. */
export const NOT_YET = {
  fallback: null,
  failure: null,
  billing: null,
  wamid: null,
  quotedWamid: null,
  context: null,
  attemptId: null,
  clientMessageId: null,
  flow: null,
  importedPlace: null,
} as const satisfies Partial<NewMessage>;

/** What WhatsApp tells about how a message came to be. Members are absent where it says nothing. */
export interface MessageContext {
  /** It was passed on; `often`: more than five times. */
  readonly forwarded?: "yes" | "often";
  /** The guest asked about this product of a catalogue. */
  readonly product?: { readonly catalogId: string; readonly productId: string };
  /** The guest came from an advertisement or a post: it opens a free entry point of 72 h at Meta. */
  readonly referral?: Referral;
  /**
   * WhatsApp's mark of the account and the device that the guest wrote it from; of one of the hotel's, the only mark with which it may be
   * delivered. Absent where the number's identity check is off.
   */
  readonly identityKeyHash?: string;
}

/** An advertisement or a post, in the words of whoever wrote it. */
export interface Referral {
  readonly source: "ad" | "post" | "unknown";
  readonly id?: string;
  /** Where it can be seen. To be shown as text: it is an address of the outside. */
  readonly url?: string;
  readonly headline?: string;
  readonly text?: string;
  /** Meta's id of the click, for measuring what an advertisement brings. */
  readonly clickId?: string;
}

/** Who wrote a message. */
export type Author =
  | { readonly kind: "guest"; readonly id: string }
  | { readonly kind: "staff"; readonly id: string; readonly name: string | null }
  | { readonly kind: "bot"; readonly id: string }
  /** Somebody at the hotel who wrote in the phone app. */
  | { readonly kind: "device" };

/** Which step of which automated conversation a message belongs to, and what became of the step. */
export interface FlowMark {
  readonly flowId: string;
  /** The guest's way through it; absent where there is none. */
  readonly runId?: string;
  readonly step: string;
  readonly result: StepResult;
}

/** What may become of a step. */
export const STEP_RESULTS = ["pending", "succeeded", "failed", "skipped", "expired"] as const;
/** What became of a step; `pending` while it waits. */
export type StepResult = (typeof STEP_RESULTS)[number];
