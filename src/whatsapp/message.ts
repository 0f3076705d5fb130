import type { InboundMessage } from "../domain/inbound-message.js";
import { contentOf } from "./content.js";
import { messageContext } from "./context.js";
import { id, isObject, member, text, type Json } from "./json.js";
import { addressesOf, instant } from "./webhook.js";

/**
 * Reads the raw text of a `message` leaf. Text is taken exactly as it came. A type or a shape that is not known yet
 * becomes content that says so; its raw text stays stored.
 * @throws {TypeError} for what `splitWebhook` would not have called a message
 */
export function parseMessage(raw: string): InboundMessage {
  const leaf = JSON.parse(raw) as Json;
  const message = member(leaf, "message");
  const contact = member(leaf, "contact") ?? null;
  const wamid = id(member(message, "id"));
  if (!isObject(message) || wamid === null) throw new TypeError("Not the raw text of a message.");
  return {
    wamid,
    addresses: addressesOf(message, contact),
    profileName: text(member(member(contact, "profile"), "name")),
    sentAt: instant(message["timestamp"], FAR_FUTURE),
    content: contentOf(message),
    quotedWamid: id(member(message["context"], "id")),
    context: messageContext(message),
  };
}

/** Whoever decides bounds the time by the database's clock. */
const FAR_FUTURE = new Date("9999-12-31T00:00:00Z");
