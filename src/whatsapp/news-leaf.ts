import { addressesOf, ownIdsOf, type Contacts } from "./addresses.js";
import { instant } from "./instant.js";
import { id, isObject, member, text, type Json, type JsonObject } from "./json.js";
import { canonical, part, whole, type Context, type LeafKind, type Part, type WebhookLeaf } from "./leaf.js";

/**
 * News about the account itself: nobody's chat, but somebody has to hear it. It has no id, and an account may come back to
 * a state it was in before: only with Meta's time, its content says whether it was told already.
 */
export function newsLeaf(
  kind: LeafKind,
  context: Context,
  { name, item, beside = {} }: Omit<Part, "key">,
  timestamp?: Json,
): WebhookLeaf {
  const { accountId, field, entryId, time } = context;
  const at = text(timestamp) ?? time;
  const key = at === "" ? at : `${kind}:${field}:${entryId}:${time}:${canonical(item)}`;
  const leaf = part(kind, context, { name, item, beside: time === "" ? beside : { ...beside, time }, key });
  return told(leaf, accountId, at, context.receivedAt);
}

/** A guest's wish about marketing: told to the hotel, whose lists of recipients it is, with whose it is. */
export function preferenceLeaf(context: Context, preference: Json, contacts: Contacts): WebhookLeaf {
  const contact = contacts(ownIdsOf(preference));
  const item = { name: "preference", item: preference, beside: { contact } };
  if (!isObject(preference)) return part("user_preferences", context, { ...item, key: null });
  const leaf = newsLeaf("user_preferences", context, item, preference["timestamp"]);
  const addresses = addressesOf(ownIdsOf(preference), ownIdsOf(contact));
  const { chat } = leaf;
  if (chat === undefined || addresses.length === 0 || context.phoneNumberId === null) return leaf;
  return { ...leaf, chat: { ...chat, lane: context.phoneNumberId, addresses } };
}

/** News that is a change's whole value. */
export function wholeNewsLeaf(kind: LeafKind, context: Context, value: JsonObject): WebhookLeaf {
  const { field, entryId, time, receivedAt } = context;
  return told(whole(kind, context, value), accountOf(field, entryId, value), time, receivedAt);
}

/** @param at Meta's time as text; without it, nobody can tell whether it was told before */
function told(leaf: WebhookLeaf, accountId: string | null, at: string, receivedAt: Date): WebhookLeaf {
  const { kind, phoneNumberId, raw } = leaf;
  const dedupKey = at === "" ? null : leaf.dedupKey;
  if (accountId === null) return { kind, phoneNumberId, accountId, dedupKey, raw };
  const chat = { lane: accountId, addresses: [], sentAt: instant(at, receivedAt) };
  return { kind, phoneNumberId, accountId, dedupKey, raw, chat };
}

/** Whose account it is about: events about partners come under a business portfolio's id, and name the account inside. */
export const accountOf = (field: string, entryId: string, value: JsonObject): string | null =>
  (field === "account_update" ? id(member(value["waba_info"], "waba_id")) : null) ?? id(entryId);
