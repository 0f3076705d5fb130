import type { Address } from "../domain/address.js";
import type { HistoryNews } from "../domain/account.js";
import type { ImportedMessage } from "../domain/inbound-message.js";
import { addressesOf, ownIdsOf, recipientOf, senderOf, type Contacts, type Named } from "./addresses.js";
import { instant } from "./instant.js";
import { id, isObject, list, member, numeric, text, type Json, type JsonObject } from "./json.js";
import { each, part, type Context, type WebhookLeaf } from "./leaf.js";
import { chatLeaf, messageKind, messageParts } from "./message.js";
import { newsLeaf } from "./news-leaf.js";

// The phone app hands its old messages over, in chunks, once. They are read, and never answered.
// Source: WhatsApp "Onboard WhatsApp Business app users" and "history" (2026).

/** One chunk: news of how far it is, and its messages. */
export function historyLeaves(context: Context, chunk: Json, into: WebhookLeaf[]): void {
  const before = into.length;
  if (isObject(chunk)) {
    const { metadata = null, errors = null } = chunk;
    if (isNews(chunk)) into.push(newsLeaf("history", context, { name: "history", item: { metadata, errors } }));
    each(context, chunk, "threads", into, (thread) => threadLeaves(context, thread, into));
  }
  if (into.length === before) into.push(part("history", context, { name: "history", item: chunk, key: null }));
}

function threadLeaves(context: Context, thread: Json, into: WebhookLeaf[]): void {
  if (!isObject(thread) || !Array.isArray(thread["messages"])) {
    into.push(part("history", context, { name: "thread", item: thread, key: null }));
    return;
  }
  const { messages, ...head } = thread;
  for (const message of list(messages)) into.push(importedLeaf(context, message, { thread: head }));
}

/** A file that was missing in its chunk comes by itself, without a thread: its guest is whoever is not the hotel. */
export function lateHistoryLeaf(context: Context, message: Json, contacts: Contacts): WebhookLeaf {
  if (!isObject(message)) return importedLeaf(context, message, { contact: null });
  const [sender, recipient] = [senderOf(message), recipientOf(message)];
  const contact = contacts(isFromGuest(sender, recipient, [], hotelPhone(context.metadata)) ? sender : recipient);
  return importedLeaf(context, message, { contact });
}

/** @param beside whose it is: its thread without the messages, or its contact */
export function importedLeaf(context: Context, message: Json, beside: JsonObject): WebhookLeaf {
  const kind = messageKind(message);
  if (!isObject(message))
    return part("malformed_message", context, { name: "message", item: message, beside, key: null });
  const wamid = id(message["id"]);
  // A file comes twice under one id: as a placeholder, and as what it is.
  const key = wamid === null ? null : `h:${context.phoneNumberId ?? ""}:${wamid}:${text(message["type"]) ?? ""}`;
  const item = { name: "message", item: message, beside, key };
  if (kind === "group_message") return part(kind, context, item);
  if (kind !== "message") return part("malformed_message", context, item);
  const { addresses } = placed(message, beside, context.metadata);
  const sentAt = instant(message["timestamp"], context.receivedAt);
  return chatLeaf("history", context, item, { addresses, sentAt, isImported: true });
}

/** Reads the parts of a `history` leaf that is a message. @throws {TypeError} for what is none */
export function readImported(leaf: JsonObject): ImportedMessage {
  const { message, metadata = null } = leaf;
  if (!isObject(message) || messageKind(message) !== "message") throw new TypeError("Not the raw text of a message.");
  const { addresses, from } = placed(message, leaf, metadata);
  const parts = messageParts("history", message, member(leaf, "contact") ?? null, addresses);
  const status = STATUSES.get(text(member(message["history_context"], "status"))?.toUpperCase() ?? "") ?? "sent";
  const username = parts.username ?? text(member(member(member(leaf, "thread"), "context"), "username"));
  return Object.assign(parts, { username, from, status });
}

const STATUSES: ReadonlyMap<string, ImportedMessage["status"]> = new Map([
  ["SENT", "sent"],
  ["PENDING", "sent"],
  ["DELIVERED", "delivered"],
  ["READ", "read"],
  ["PLAYED", "played"],
  ["ERROR", "failed"],
]);

interface Placed {
  readonly addresses: readonly Address[];
  readonly from: ImportedMessage["from"];
}

/** Whose chat a message stood in, and which of the two wrote it. The thread names the guest, or the contact does. */
function placed(message: JsonObject, beside: JsonObject, metadata: Json): Placed {
  const { thread, contact } = beside;
  const guests: readonly [Named, Named?] = thread === undefined ? [ownIdsOf(contact)] : threadGuests(thread);
  const [sender, recipient] = [senderOf(message), recipientOf(message)];
  const from = isFromGuest(sender, recipient, guests, hotelPhone(metadata)) ? "guest" : "device";
  const other = from === "guest" ? sender : recipient;
  const [named, byThread = other] = guests;
  return { addresses: addressesOf(named, byThread, other), from };
}

const hotelPhone = (metadata: Json): string | null => text(member(metadata, "display_phone_number"));

function isFromGuest(
  sender: Named,
  recipient: Named,
  guests: readonly (Named | undefined)[],
  hotel: string | null,
): boolean {
  if (hotel !== null && digits(sender.waId) === digits(hotel)) return false;
  if (guests.some((guest) => guest !== undefined && same(sender, guest))) return true;
  return addressesOf(recipient).length === 0 || (hotel !== null && digits(recipient.waId) === digits(hotel));
}

const same = (a: Named, b: Named): boolean =>
  (["bsuid", "parentBsuid", "waId"] as const).some((kind) => id(a[kind]) !== null && id(a[kind]) === id(b[kind]));

const digits = (phone: Json | undefined): string => (text(phone) ?? "").replace(/\D/g, "");

/** A thread's `id` is the guest's phone in all that was seen; an id of another kind is taken as what it looks like. */
function threadGuests(thread: Json): readonly [Named, Named?] {
  const named = ownIdsOf(member(thread, "context"));
  const threadId = text(member(thread, "id")) ?? "";
  if (/^\d+$/.test(threadId)) return [named, { waId: threadId }];
  if (/^[A-Z]{2}\.ENT\./.test(threadId)) return [named, { parentBsuid: threadId }];
  return /^[A-Z]{2}\./.test(threadId) ? [named, { bsuid: threadId }] : [named];
}

const isNews = (chunk: JsonObject): boolean => list(chunk["errors"]).length > 0 || isObject(chunk["metadata"]);

/** Source: WhatsApp "history" (2026), error 2593109: whoever has the phone does not share its messages. */
const DECLINED = "2593109";

/** @throws {TypeError} for what is no news of an import */
export function readHistoryNews(chunk: Json | undefined, accountId: string): HistoryNews {
  if (!isObject(chunk) || !isNews(chunk)) throw new TypeError("Not the raw text of news about an import.");
  const codes = list(chunk["errors"]).map((error) => text(member(error, "code")));
  if (codes.length > 0) return { about: "history", accountId, event: codes.includes(DECLINED) ? "declined" : "failed" };
  const percent = numeric(member(chunk["metadata"], "progress")) ?? -1;
  return { about: "history", accountId, event: "progress", ...(percent >= 0 && percent <= 100 && { percent }) };
}
