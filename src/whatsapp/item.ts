import type { AccountItem, InboundItemContent } from "../domain/inbound-message.js";
import { accountNews, preferenceNews } from "./account-news.js";
import type { Contacts } from "./addresses.js";
import { callLeaf, readCall } from "./call.js";
import { echoLeaf, readEcho } from "./echo.js";
import { fieldKind } from "./fields.js";
import { readSystem, readUserIdUpdate, userIdUpdateLeaf } from "./guest-change.js";
import { historyLeaves, importedLeaf, readHistoryNews, readImported } from "./history.js";
import { FAR_FUTURE, instant } from "./instant.js";
import { id, isObject, member, numeric, text, type JsonObject } from "./json.js";
import type { Context, LeafKind, WebhookLeaf } from "./leaf.js";
import { cardsOf } from "./masked.js";
import { readMessage } from "./message.js";
import { accountOf, preferenceLeaf } from "./news-leaf.js";
import { contextOf, inboundLeaf, numberData, splitChange } from "./webhook.js";

/**
 * Reads the raw text of a leaf that is acted upon. What it is stands in it.
 * @throws {TypeError} for what `splitWebhook` would not have given a chat
 */
export function readItem(raw: string): InboundItemContent {
  const leaf = parse(raw);
  if (leaf === null) throw new TypeError("Not the raw text of an item.");
  const item = readLeaf(leaf);
  const maskedCards = cardsOf(leaf);
  return maskedCards === 0 || item.kind === "account" ? item : { ...item, maskedCards };
}

function readLeaf(leaf: JsonObject): InboundItemContent {
  const kind = kindOf(leaf);
  switch (kind) {
    case "message":
      return readMessage(inChat(leaf));
    case "call":
      return readCall(inChat(leaf));
    case "echo":
      return readEcho(inChat(leaf));
    case "system":
      return readSystem(inChat(leaf));
    case "user_id_update":
      return readUserIdUpdate(inChat(leaf));
    case "history":
      return leaf["history"] === undefined ? readImported(inChat(leaf)) : readNews(kind, leaf);
    default:
      return readNews(kind, leaf);
  }
}

/** What `splitWebhook` called it. */
function kindOf(leaf: JsonObject): LeafKind {
  const field = text(leaf["field"]) ?? "";
  switch (field) {
    case "messages":
      return text(member(leaf["message"], "type")) === "system" ? "system" : "message";
    case "smb_message_echoes":
      return "echo";
    case "calls":
      return "call";
    default:
      return fieldKind(field);
  }
}

function readNews(kind: string, leaf: JsonObject): AccountItem {
  const [field, entryId] = [text(leaf["field"]), text(leaf["entryId"])];
  const { value, preference, history } = leaf;
  if (field === null || entryId === null || fieldKind(field) !== kind) throw new TypeError("Not the raw text of news.");
  const accountId = accountOf(field, entryId, isObject(value) ? value : {});
  if (accountId === null) throw new TypeError("News of no account.");
  const told = member(preference, "timestamp") ?? leaf["time"];
  const at = numeric(told) === null ? null : instant(told, FAR_FUTURE);
  if (kind === "history") return { kind: "account", news: readHistoryNews(history, accountId), at };
  if (kind === "user_preferences" && isObject(preference))
    return { kind: "account", news: preferenceNews(preference, accountId), at };
  if (!NEWS.has(kind) || !isObject(value)) throw new TypeError("Not the raw text of news.");
  return { kind: "account", news: accountNews(field, value, accountId), at };
}

/** What is read as a whole. */
const NEWS: ReadonlySet<string> = new Set(["template", "account", "phone_number", "flow"]);

function inChat(leaf: JsonObject): JsonObject {
  if (id(member(leaf["metadata"], "phone_number_id")) === null) throw new TypeError("Came to no number.");
  return leaf;
}

/**
 * What this release makes of an item that an older one kept aside: the leaf to act upon, or null when there still is none.
 * An item that by now is several is left as it is: it stays where it can be seen.
 */
export function rereadItem(kind: string, raw: string, receivedAt: Date): WebhookLeaf | null {
  const leaf = parse(raw);
  const field = text(leaf?.["field"]);
  if (leaf === null || field === null || NEVER_READ.has(kind)) return null;
  const { value, entryId, time } = leaf;
  const metadata = isObject(value) ? numberData(field, value) : (leaf["metadata"] ?? null);
  const around = contextOf(field, entryId, time, metadata, receivedAt);
  const context: Context = { ...around, maskedCards: cardsOf(leaf) };
  const leaves: WebhookLeaf[] = [];
  if (isObject(value)) splitChange(context, value, leaves);
  else splitPart(context, leaf, leaves);
  const [only, second] = leaves.filter(({ chat }) => chat !== undefined);
  return second === undefined ? (only ?? null) : null;
}

/** Bytes, and bodies without a field. */
const NEVER_READ: ReadonlySet<string> = new Set(["malformed", "empty", "no_changes"]);

/** The contact was found when the item came. */
function splitPart(context: Context, leaf: JsonObject, into: WebhookLeaf[]): void {
  const { message, echo, call, user_id_update: update, history, preference, thread, contact = null } = leaf;
  const contacts: Contacts = () => contact;
  const { field } = context;
  if (field === "messages" && message !== undefined) into.push(inboundLeaf(context, message, contacts));
  if (field === "smb_message_echoes" && echo !== undefined) into.push(echoLeaf(context, echo, contacts));
  if (field === "calls" && call !== undefined) into.push(callLeaf(context, call, contacts));
  if (field === "user_id_update" && update !== undefined) into.push(userIdUpdateLeaf(context, update, contacts));
  if (field === "user_preferences" && preference !== undefined)
    into.push(preferenceLeaf(context, preference, contacts));
  if (field === "history" && history !== undefined) historyLeaves(context, history, into);
  else if (field === "history" && message !== undefined)
    into.push(importedLeaf(context, message, thread === undefined ? { contact } : { thread }));
}

/** null for what is no JSON object. */
function parse(raw: string): JsonObject | null {
  try {
    const leaf = JSON.parse(raw) as unknown;
    return isObject(leaf) ? leaf : null;
  } catch {
    return null;
  }
}
