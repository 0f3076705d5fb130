import type { Address } from "../domain/address.js";
import type { CallContent } from "../domain/content.js";
import type { GuestMessage } from "../domain/inbound-message.js";
import { addressesOf, ownIdsOf, recipientOf, senderOf, type Contacts, type Named } from "./addresses.js";
import { FAR_FUTURE, instant } from "./instant.js";
import { id, isObject, member, numeric, text, type Json, type JsonObject } from "./json.js";
import { part, type Context, type WebhookLeaf } from "./leaf.js";
import { namesIn } from "./message.js";

// A call shows in the chat once it has ended, or was not taken. Source: WhatsApp "Calling API" (November 2025).

/** A ringing call is kept aside: its end tells everything. */
export function callLeaf(context: Context, call: Json, contacts: Contacts): WebhookLeaf {
  if (!isObject(call)) return part("call", context, { name: "call", item: call, key: null });
  const contact = contacts(guestIn(call, context.metadata));
  const [callId, event] = [id(call["id"]), text(call["event"])];
  const key = callId === null || event === null ? null : `c:${context.phoneNumberId ?? ""}:${callId}:${event}`;
  const item = { name: "call", item: call, beside: { contact }, key };
  const addresses = guestOfCall(call, context.metadata, contact);
  if (callId === null || event !== ENDED || addresses.length === 0 || context.phoneNumberId === null)
    return part("call", context, item);
  const sentAt = instant(call["timestamp"], context.receivedAt);
  return part("call", context, item, { lane: context.phoneNumberId, addresses, sentAt });
}

const ENDED = "terminate";

/** Reads the parts of a `call` leaf. @throws {TypeError} for what is no call that has ended */
export function readCall(leaf: Json): GuestMessage {
  const call = member(leaf, "call");
  const contact = member(leaf, "contact") ?? null;
  const wamid = id(member(call, "id"));
  if (!isObject(call) || wamid === null || text(call["event"]) !== ENDED)
    throw new TypeError("Not the raw text of a call that has ended.");
  const metadata = member(leaf, "metadata") ?? null;
  const addresses = guestOfCall(call, metadata, contact);
  if (addresses.length === 0) throw new TypeError("A call of nobody's.");
  return {
    kind: "message",
    wamid,
    addresses,
    ...namesIn(contact),
    sentAt: instant(call["timestamp"], FAR_FUTURE),
    content: contentOfCall(call, metadata),
    quotedWamid: null,
    context: null,
  };
}

function contentOfCall(call: JsonObject, metadata: Json): CallContent {
  const seconds = numeric(call["duration"]) ?? 0;
  return {
    type: "call",
    direction: directionOf(call, metadata),
    outcome: OUTCOMES.get(text(call["status"]) ?? "") ?? "unknown",
    ...(seconds > 0 && { seconds }),
  };
}

const OUTCOMES: ReadonlyMap<string, CallContent["outcome"]> = new Map([
  ["COMPLETED", "completed"],
  ["FAILED", "failed"],
]);

/** Where Meta does not say who called, the hotel did when its number stands in the caller's place. */
function directionOf(call: JsonObject, metadata: Json): CallContent["direction"] {
  const given = text(call["direction"]);
  if (given === "USER_INITIATED") return "fromGuest";
  if (given === "BUSINESS_INITIATED") return "toGuest";
  const caller = text(call["from"]);
  return caller !== null && caller === text(member(metadata, "display_phone_number")) ? "toGuest" : "fromGuest";
}

const guestIn = (call: JsonObject, metadata: Json): Named =>
  directionOf(call, metadata) === "fromGuest" ? senderOf(call) : recipientOf(call);

const guestOfCall = (call: JsonObject, metadata: Json, contact: Json): readonly Address[] =>
  addressesOf(guestIn(call, metadata), ownIdsOf(contact));
