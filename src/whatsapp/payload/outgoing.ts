import type { OutgoingMessage } from "../../ports/transport.js";
import { WhatsAppPayloadBuilder } from "./builder.js";
import { payloadOf } from "./content.js";
import type { WhatsAppPayload } from "./shapes.js";

/**
 * The body of `POST /{phone-number-id}/messages` for a message that the desk hands to a transport: for transports through a gateway
 * that takes what the Graph API takes. It carries `correlationId`, by which the status webhooks find the message.
 * @throws {ConversationError} `payload_invalid` for content that WhatsApp cannot carry
 */
export function graphPayload({ to, content, correlationId, quotedWamid }: OutgoingMessage): WhatsAppPayload {
  const builder = new WhatsAppPayloadBuilder(to).correlated(correlationId);
  return payloadOf(quotedWamid === null ? builder : builder.quoting(quotedWamid), content);
}
