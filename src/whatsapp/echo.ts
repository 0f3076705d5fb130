import type { Address } from "../domain/address.js";
import type { EchoMessage } from "../domain/inbound-message.js";
import { addressesOf, ownIdsOf, recipientOf, type Contacts } from "./addresses.js";
import { instant } from "./instant.js";
import { id, isObject, member, type Json, type JsonObject } from "./json.js";
import { part, type Context, type WebhookLeaf } from "./leaf.js";
import { chatLeaf, messageKind, messageParts } from "./message.js";

// What somebody at the hotel writes in the phone app comes back to us: a message whose guest is its recipient.
// Source: WhatsApp "smb_message_echoes" (2026).

const guestOfEcho = (echo: JsonObject, contact: Json): readonly Address[] =>
  addressesOf(recipientOf(echo), ownIdsOf(contact));

export function echoLeaf(context: Context, echo: Json, contacts: Contacts): WebhookLeaf {
  const kind = messageKind(echo);
  if (!isObject(echo)) return part("malformed_message", context, { name: "echo", item: echo, key: null });
  const contact = contacts(recipientOf(echo));
  const wamid = id(echo["id"]);
  const item = { name: "echo", item: echo, beside: { contact }, key: wamid === null ? null : `e:${wamid}` };
  if (kind === "group_message") return part(kind, context, item);
  if (kind !== "message") return part("malformed_message", context, item);
  return chatLeaf("echo", context, item, {
    addresses: guestOfEcho(echo, contact),
    sentAt: instant(echo["timestamp"], context.receivedAt),
  });
}

/** Reads the parts of an `echo` leaf. @throws {TypeError} for what is none */
export function readEcho(leaf: Json): EchoMessage {
  const echo = member(leaf, "echo");
  const contact = member(leaf, "contact") ?? null;
  if (!isObject(echo) || messageKind(echo) !== "message") throw new TypeError("Not the raw text of an echo.");
  return messageParts("echo", echo, contact, guestOfEcho(echo, contact));
}
