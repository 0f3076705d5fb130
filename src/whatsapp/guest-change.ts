import type { Address } from "../domain/address.js";
import type { SystemContent } from "../domain/content.js";
import type { GuestChange } from "../domain/inbound-message.js";
import { addressesOf, ownIdsOf, senderOf, type Contacts, type Named } from "./addresses.js";
import { FAR_FUTURE, instant } from "./instant.js";
import { id, isObject, member, text, type Json, type JsonObject } from "./json.js";
import { canonical, dedupHash, type Context, type WebhookLeaf } from "./leaf.js";
import { chatLeaf, messageKey, messageKind, namesIn } from "./message.js";

// WhatsApp says that a guest's phone, id or keys changed. The guest is known by what they had before.
// Source: WhatsApp "Business-scoped user IDs" (2026), changelog of 11 August 2026.

/** A `system` message among a guest's messages. */
export function systemLeaf(context: Context, message: JsonObject, contacts: Contacts): WebhookLeaf {
  const contact = contactOfSystem(message, contacts);
  const item = { name: "message", item: message, beside: { contact }, key: messageKey(context, message) };
  return chatLeaf("system", context, item, {
    addresses: beforeSystem(message, contact),
    sentAt: instant(message["timestamp"], context.receivedAt),
  });
}

/** Reads the parts of a `system` leaf. @throws {TypeError} for what is none */
export function readSystem(leaf: Json): GuestChange {
  const message = member(leaf, "message");
  const contact = member(leaf, "contact") ?? null;
  if (!isObject(message) || messageKind(message) !== "system") throw new TypeError("Not the raw text of a notice.");
  const system = member(message, "system");
  const words = text(member(system, "body"));
  return change(id(message["id"]), beforeSystem(message, contact), contact, message["timestamp"], {
    content: {
      type: "system",
      changed: CHANGES.get(text(member(system, "type")) ?? "") ?? "unknown",
      ...(words !== null && { text: words }),
    },
    became: addressesOf(ownIdsOf(system)),
  });
}

/** An element of the field `user_id_update`, which Meta withdrew in August 2026. */
export function userIdUpdateLeaf(context: Context, update: Json, contacts: Contacts): WebhookLeaf {
  const contact = contacts(after(update)) ?? contacts(before(update));
  const item = { name: "user_id_update", item: update, beside: { contact }, key: null };
  return chatLeaf("user_id_update", context, item, {
    addresses: beforeUpdate(update),
    sentAt: instant(member(update, "timestamp"), context.receivedAt),
  });
}

/** Reads the parts of a `user_id_update` leaf, which has no id of Meta's: its content is it. @throws {TypeError} for what is none */
export function readUserIdUpdate(leaf: Json): GuestChange {
  const update = member(leaf, "user_id_update");
  if (!isObject(update)) throw new TypeError("Not the raw text of a changed user id.");
  const words = text(update["detail"]);
  const wamid = `user_id_update:${dedupHash(canonical(update))}`;
  return change(wamid, beforeUpdate(update), member(leaf, "contact") ?? null, update["timestamp"], {
    content: { type: "system", changed: "userId", ...(words !== null && { text: words }) },
    became: addressesOf(after(update)),
  });
}

const CHANGES: ReadonlyMap<string, SystemContent["changed"]> = new Map([
  ["user_changed_number", "number"],
  ["customer_changed_number", "number"],
  ["user_changed_user_id", "userId"],
  ["customer_identity_changed", "identity"],
  ["user_identity_changed", "identity"],
]);

function change(
  wamid: string | null,
  addresses: readonly Address[],
  contact: Json,
  timestamp: Json | undefined,
  said: Pick<GuestChange, "content" | "became">,
): GuestChange {
  if (wamid === null || addresses.length === 0) throw new TypeError("A change of nobody's.");
  const sentAt = instant(timestamp, FAR_FUTURE);
  return { kind: "system", wamid, addresses, ...namesIn(contact), sentAt, quotedWamid: null, context: null, ...said };
}

/** What the guest had: `from` is the old phone. Older shapes name no id of before; then what they have must do. */
function beforeSystem(message: JsonObject, contact: Json): readonly Address[] {
  const system = member(message, "system");
  const had = addressesOf({
    bsuid: member(system, "previous_user_id"),
    parentBsuid: member(system, "previous_parent_user_id"),
    waId: message["from"],
  });
  return had.length > 0 ? had : addressesOf(senderOf(message), ownIdsOf(system), ownIdsOf(contact));
}

function contactOfSystem(message: JsonObject, contacts: Contacts): Json {
  const system = member(message, "system");
  return contacts(ownIdsOf(system)) ?? contacts(senderOf(message)) ?? null;
}

const moved = (update: Json | undefined, side: "previous" | "current"): Named => ({
  bsuid: member(member(update, "user_id"), side),
  parentBsuid: member(member(update, "parent_user_id"), side),
  waId: member(update, "wa_id"),
});
const before = (update: Json | undefined): Named => moved(update, "previous");
const after = (update: Json | undefined): Named => moved(update, "current");

function beforeUpdate(update: Json): readonly Address[] {
  const had = addressesOf(before(update));
  return had.length > 0 ? had : addressesOf(after(update));
}
