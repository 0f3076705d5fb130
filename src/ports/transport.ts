import type { Address } from "../domain/address.js";
import type { OutboundContent } from "../domain/content.js";
import type { Failure } from "../domain/delivery-status.js";
import type { HotelNumber } from "../domain/hotel.js";

/** What carries messages to guests. `cloudApi()` is WhatsApp's; the fake in `belldesk/testing` is another. */
export interface Transport {
  /**
   * Sends one message, once. Never throws and never retries by itself: whoever called decides from the result.
   * Resolves within the transport's own total deadline.
   */
  send(message: OutgoingMessage): Promise<SendResult>;
  /** Lets go of sockets. Called by the desk's `stop()`; sends after it are allowed to open new ones. */
  close?(): Promise<void>;
}

export interface OutgoingMessage {
  readonly number: HotelNumber;
  readonly to: Address;
  readonly content: OutboundContent;
  /** Our message id. Comes back in the status webhooks of this message, which is how an unknown send is settled. */
  readonly correlationId: string;
  /** Meta's id of the message to quote; null for none. */
  readonly quotedWamid: string | null;
}

/**
 * `accepted`: WhatsApp has it. `rejected`: proven not to have been taken. `unknown`: the bytes may have arrived and
 * nobody can say what became of them; it must never be sent again blindly.
 */
export type SendResult =
  | { readonly outcome: "accepted"; readonly wamid: string }
  | { readonly outcome: "rejected"; readonly failure: Failure; readonly retry: Retry | null }
  | { readonly outcome: "unknown"; readonly failure: Failure };

/** How a rejected message may be tried again. */
export interface Retry {
  /** Milliseconds that WhatsApp asked to wait (`Retry-After`); null to back off as usual. */
  readonly afterMs: number | null;
  /**
   * Milliseconds: wait at least four to the power of the attempts so far times this, as WhatsApp asks when one guest was
   * sent too much.
   */
  readonly baseMs?: number;
}
