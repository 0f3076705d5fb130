import type { Address } from "../domain/address.js";
import type { GuestMessage, InboundMessage } from "../domain/inbound-message.js";
import { addressesOf, ownIdsOf, senderOf, type Contacts, type Named } from "./addresses.js";
import { contentOf } from "./content.js";
import { messageContext } from "./context.js";
import { FAR_FUTURE, instant } from "./instant.js";
import { id, isObject, member, text, type Json, type JsonObject } from "./json.js";
import { part, type Context, type LeafChat, type LeafKind, type Part, type WebhookLeaf } from "./leaf.js";

/** What stands in a message before anybody asks who its guest is. */
export type MessageKind = Extract<LeafKind, "message" | "malformed_message" | "group_message" | "system">;

export function messageKind(message: Json | undefined): MessageKind {
  if (!isObject(message) || id(message["id"]) === null) return "malformed_message";
  const type = text(message["type"]);
  if (type === null) return "malformed_message";
  if (type === "system") return "system";
  return text(message["group_id"]) === null ? "message" : "group_message";
}

/** A guest's message names them itself; what it leaves out stands in its contact. */
const guestOf = (sender: Named, contact: Json): readonly Address[] =>
  contact === null ? addressesOf(sender) : addressesOf(sender, ownIdsOf(contact));

/** A leaf of somebody's chat; without a guest or a number it is kept aside. */
export function chatLeaf(
  kind: LeafKind,
  context: Context,
  item: Part,
  { addresses, sentAt, isImported }: Omit<LeafChat, "lane">,
): WebhookLeaf {
  const { phoneNumberId } = context;
  if (addresses.length === 0 || phoneNumberId === null) return part("malformed_message", context, item);
  const chat: LeafChat = { lane: phoneNumberId, addresses, sentAt };
  return part(kind, context, item, isImported === undefined ? chat : { ...chat, isImported });
}

/** A message that a guest wrote, to the hotel or into a group. */
export function messageLeaf(kind: MessageKind, context: Context, message: Json, contacts: Contacts): WebhookLeaf {
  if (!isObject(message)) return part(kind, context, { name: "message", item: message, key: null });
  const sender = senderOf(message);
  const contact = contacts(sender);
  const item = { name: "message", item: message, beside: { contact }, key: messageKey(context, message) };
  if (kind !== "message") return part(kind, context, item);
  return chatLeaf(kind, context, item, {
    addresses: guestOf(sender, contact),
    sentAt: instant(message["timestamp"], context.receivedAt),
  });
}

export function messageKey({ phoneNumberId }: Context, message: JsonObject): string | null {
  const wamid = id(message["id"]);
  return wamid === null ? null : `m:${phoneNumberId ?? ""}:${wamid}`;
}

/** Reads the parts of a `message` leaf. @throws {TypeError} for what is none */
export function readMessage(leaf: Json): GuestMessage {
  const message = member(leaf, "message");
  const contact = member(leaf, "contact") ?? null;
  if (!isObject(message) || messageKind(message) !== "message") throw new TypeError("Not the raw text of a message.");
  return messageParts("message", message, contact, guestOf(senderOf(message), contact));
}

/**
 * What every message has. Text is taken exactly as it came. A type or a shape that is not known yet becomes content that
 * says so; its raw text stays stored. @throws {TypeError} for what has no id or no guest
 */
export function messageParts<Kind extends string>(
  kind: Kind,
  message: JsonObject,
  contact: Json,
  addresses: readonly Address[],
): InboundMessage & { readonly kind: Kind } {
  const wamid = id(message["id"]);
  if (wamid === null || addresses.length === 0) throw new TypeError("Not the raw text of a message.");
  const { profileName, username } = namesIn(contact);
  return {
    kind,
    wamid,
    addresses,
    profileName,
    username,
    sentAt: instant(message["timestamp"], FAR_FUTURE),
    content: contentOf(message),
    quotedWamid: id(member(message["context"], "id")),
    context: messageContext(message, contact),
  };
}

/** A name stands in every list, so that it has an end: ten times what WhatsApp lets people call themselves, in UTF-16 units. */
const NAME_MOST = 256;
const short = (name: string | null): string | null =>
  name === null || name.length <= NAME_MOST ? name : name.slice(0, NAME_MOST).replace(/[\ud800-\udbff]$/, "");

export function namesIn(contact: Json): Pick<InboundMessage, "profileName" | "username"> {
  const profile = member(contact, "profile");
  return { profileName: short(text(member(profile, "name"))), username: short(text(member(profile, "username"))) };
}
