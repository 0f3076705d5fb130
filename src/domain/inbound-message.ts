import type { Address } from "./address.js";
import type { AccountNews } from "./account.js";
import type { AmendingContent, MessageContent, SystemContent } from "./content.js";
import type { DeliveryStatus } from "./delivery-status.js";
import type { MessageContext } from "./message.js";

/** What came in a chat, in our words: the WhatsApp edge has read it, nothing has been decided yet. */
export type InboundItemContent = GuestMessage | EchoMessage | ImportedMessage | GuestChange | AccountItem;

/** A guest wrote, called, reacted, edited or revoked. */
export interface GuestMessage extends InboundMessage {
  readonly kind: "message";
}

/** Somebody at the hotel did it in the phone app. `addresses` are the guest's. */
export interface EchoMessage extends InboundMessage {
  readonly kind: "echo";
}

/** An old message out of the phone app. */
export interface ImportedMessage extends InboundMessage {
  readonly kind: "history";
  readonly from: "guest" | "device";
  /** Where a message of the hotel's stood. */
  readonly status: Extract<DeliveryStatus, "sent" | "delivered" | "read" | "played" | "failed">;
}

/** WhatsApp says that something about the guest changed. `addresses` are those they had. */
export interface GuestChange extends InboundMessage {
  readonly kind: "system";
  readonly content: SystemContent;
  /** What the guest has from now on, in lookup order. */
  readonly became: readonly Address[];
}

/** Nothing of a guest's. */
export interface AccountItem {
  readonly kind: "account";
  readonly news: AccountNews;
  /** When WhatsApp said so, by its own clock; null where it does not say when. */
  readonly at: Date | null;
}

export interface InboundMessage<Content = MessageContent | AmendingContent> {
  /** Meta's id of the message. */
  readonly wamid: string;
  /** In lookup order, at least one. */
  readonly addresses: readonly Address[];
  /** The profile name that came with it, exactly as received; null when none did. */
  readonly profileName: string | null;
  /** null when none did. */
  readonly username: string | null;
  /** Meta's timestamp, to the second. */
  readonly sentAt: Date;
  readonly content: Content;
  /** Meta's id of the message it quotes or answers. */
  readonly quotedWamid: string | null;
  readonly context: MessageContext | null;
  /** How many card numbers were masked in it before it was stored; left out for none. */
  readonly maskedCards?: number;
}
