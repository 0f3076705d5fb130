import type { Address } from "./address.js";
import type { MessageContent } from "./content.js";
import type { MessageContext } from "./message.js";

/** What a guest sent, in our words: the WhatsApp edge has read it, nothing has been decided yet. */
export interface InboundMessage {
  /** Meta's id of the message. */
  readonly wamid: string;
  /** In lookup order, at least one. */
  readonly addresses: readonly Address[];
  /** The profile name that came with it, exactly as received; null when none did. */
  readonly profileName: string | null;
  /** Meta's timestamp, to the second. */
  readonly sentAt: Date;
  readonly content: MessageContent;
  /** Meta's id of the message it quotes or answers. */
  readonly quotedWamid: string | null;
  readonly context: MessageContext | null;
}
