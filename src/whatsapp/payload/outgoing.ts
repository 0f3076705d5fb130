import type { OutgoingMessage } from "../../ports/transport.js";
import { WhatsAppPayloadBuilder } from "./builder.js";
import { payloadOf } from "./content.js";
import type { WhatsAppPayload } from "./shapes.js";

/**
 * The body of `POST /{phone-number-id}/messages` for a message that the desk hands to a transport: for transports through a gateway
 * that takes what the Graph API takes. It carries `correlationId`, by which the status webhooks find the message.
 * @throws {ConversationError} `payload_invalid` for content that WhatsApp cannot carry
 */
export function graphPayload(message: OutgoingMessage): WhatsAppPayload {
  const { to, content, correlationId, quotedWamid, identityKeyHash } = message;
  const correlated = new WhatsAppPayloadBuilder(to).correlated(correlationId);
  const builder = identityKeyHash === null ? correlated : correlated.identified(identityKeyHash);
  return payloadOf(quotedWamid === null ? builder : builder.quoting(quotedWamid), content);
}
