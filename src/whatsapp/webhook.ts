import { isAscii } from "node:buffer";
import { contactsOf, recipientOf, senderOf, type Contacts, type Named } from "./addresses.js";
import { callLeaf } from "./call.js";
import { isTooDeep } from "./depth.js";
import { echoLeaf } from "./echo.js";
import { fieldKind, isAccountNews } from "./fields.js";
import { systemLeaf, userIdUpdateLeaf } from "./guest-change.js";
import { historyLeaves, lateHistoryLeaf } from "./history.js";
import { id, isObject, list, member, text, type Json, type JsonObject } from "./json.js";
import { each, kept, part, whole, type Context, type LeafKind, type WebhookLeaf } from "./leaf.js";
import { maskedBytes } from "./masked.js";
import { messageKind, messageLeaf } from "./message.js";
import { preferenceLeaf, wholeNewsLeaf } from "./news-leaf.js";
import { takesTooMuch } from "./oversized.js";
import { statusOf } from "./status.js";

export { dedupHash, LEAF_KINDS, type LeafChat, type LeafKind, type WebhookLeaf } from "./leaf.js";

/**
 * Splits the body of a webhook into its leaves. Total: any bytes give at least one leaf, nothing throws, and an odd leaf
 * costs its siblings nothing. @param receivedAt bounds what timestamps may claim @param masks whether card numbers in what people wrote are masked
 */
export function splitWebhook(body: Uint8Array, receivedAt: Date, masks = true): readonly WebhookLeaf[] {
  const parsed = parse(body);
  if (!isObject(parsed) || takesTooMuch(parsed, body.length)) return [malformed(body, masks)];
  const leaves: WebhookLeaf[] = [];
  for (const entry of list(parsed["entry"])) splitEntry(entry, receivedAt, masks, leaves);
  return leaves.length > 0 ? leaves : [kept("empty", masks, parsed)];
}

function splitEntry(entry: Json, receivedAt: Date, masks: boolean, into: WebhookLeaf[]): void {
  if (!isObject(entry)) {
    into.push(kept("malformed", masks, { entry }));
    return;
  }
  const changes = list(entry["changes"]);
  // "Include Values" is switched off in the app: Meta only says which fields changed.
  if (changes.length === 0) into.push(kept("no_changes", masks, { entry }, id(entry["id"])));
  for (const change of changes) {
    const field = text(member(change, "field"));
    const value = member(change, "value");
    if (field === null || !isObject(value)) {
      into.push(kept("malformed", masks, { entry: entry["id"] ?? null, change }, id(entry["id"])));
      continue;
    }
    const around = contextOf(field, entry["id"], entry["time"], numberData(field, value), receivedAt);
    const context: Context = { ...around, masks };
    const before = into.length;
    splitChange(context, value, into);
    if (into.length === before) into.push(whole(fieldKind(field), context, value));
  }
}

/** What stands around the leaves of a change of this field, of which nothing is masked. */
export function contextOf(
  field: string,
  entry: Json | undefined,
  time: Json | undefined,
  metadata: Json,
  receivedAt: Date,
): Context {
  const entryId = text(entry) ?? "";
  return {
    field,
    entryId,
    accountId: id(entryId),
    time: text(time) ?? "",
    phoneNumberId: id(member(metadata, "phone_number_id")),
    metadata,
    receivedAt,
    masks: false,
    maskedCards: 0,
  };
}

/** Which number a value is about. A handover names it as its recipient. */
export const numberData = (field: string, value: JsonObject): Json =>
  value["metadata"] ?? (field === "messaging_handovers" ? value["recipient"] : null) ?? null;

/** Adds the leaves of a change; none for a value that is kept whole. */
export function splitChange(context: Context, value: JsonObject, into: WebhookLeaf[]): void {
  const { field } = context;
  switch (field) {
    case "messages": {
      const contacts = contactsOf(value["contacts"]);
      each(context, value, "messages", into, (message) => into.push(inboundLeaf(context, message, contacts)));
      each(context, value, "statuses", into, (status) => into.push(statusLeaf(context, status, contacts)));
      break;
    }
    case "smb_message_echoes": {
      const contacts = contactsOf(value["contacts"]);
      each(context, value, "message_echoes", into, (echo) => into.push(echoLeaf(context, echo, contacts)));
      break;
    }
    case "calls": {
      const contacts = contactsOf(value["contacts"]);
      each(context, value, "calls", into, (call) => into.push(callLeaf(context, call, contacts)));
      keepEach("call_status", "status", context, value, "statuses", into);
      break;
    }
    case "history": {
      const contacts = contactsOf(value["contacts"]);
      each(context, value, "history", into, (chunk) => historyLeaves(context, chunk, into));
      each(context, value, "messages", into, (message) => into.push(lateHistoryLeaf(context, message, contacts)));
      break;
    }
    case "user_id_update": {
      const contacts = contactsOf(value["contacts"]);
      each(context, value, field, into, (update) => into.push(userIdUpdateLeaf(context, update, contacts)));
      break;
    }
    case "user_preferences": {
      const contacts = contactsOf(value["contacts"]);
      each(context, value, field, into, (preference) => into.push(preferenceLeaf(context, preference, contacts)));
      break;
    }
    case "smb_app_state_sync":
      keepEach("app_state", "state", context, value, "state_sync", into);
      break;
    case "standby":
      if (isObject(value["standby"])) splitStandby(context, value["standby"], into);
      return;
    default: {
      const kind = fieldKind(field);
      if (isAccountNews(kind)) into.push(wholeNewsLeaf(kind, context, value));
      return;
    }
  }
  keepEach("errors", "error", context, value, "errors", into);
}

function keepEach(
  kind: LeafKind,
  name: string,
  context: Context,
  value: JsonObject,
  list: string,
  into: WebhookLeaf[],
): void {
  each(context, value, list, into, (item) => into.push(part(kind, context, { name, item, key: null })));
}

export function inboundLeaf(context: Context, message: Json, contacts: Contacts): WebhookLeaf {
  const kind = messageKind(message);
  return kind === "system" && isObject(message)
    ? systemLeaf(context, message, contacts)
    : messageLeaf(kind, context, message, contacts);
}

/** Somebody else answers these; we only listen. */
function splitStandby(context: Context, value: JsonObject, into: WebhookLeaf[]): void {
  const contacts = contactsOf(value["contacts"]);
  const hear = (name: string, item: Json, named: Named) =>
    into.push(part("standby", context, { name, item, beside: { contact: contacts(named) }, key: null }));
  each(context, value, "messages", into, (item) => hear("message", item, isObject(item) ? senderOf(item) : {}));
  each(context, value, "message_echoes", into, (item) => hear("echo", item, isObject(item) ? recipientOf(item) : {}));
  keepEach("standby", "status", context, value, "statuses", into);
}

function statusLeaf(context: Context, status: Json, contacts: Contacts): WebhookLeaf {
  if (!isObject(status)) return part("malformed_status", context, { name: "status", item: status, key: null });
  const wamid = text(status["id"]) ?? "";
  if (text(status["type"]) === "call" || wamid.startsWith("wacid."))
    return part("call_status", context, { name: "status", item: status, key: null });
  const key = `s:${wamid}:${text(status["status"]) ?? ""}:${participantOf(status)}`;
  if (text(status["recipient_type"]) === "group") {
    const contact = contacts({
      bsuid: status["recipient_participant_user_id"],
      parentBsuid: status["recipient_participant_parent_user_id"],
      waId: status["recipient_participant_id"] ?? status["participant_recipient_id"],
    });
    return part("group_status", context, { name: "status", item: status, beside: { contact }, key });
  }
  const update = statusOf(status, context.receivedAt);
  if (update === null) return part("malformed_status", context, { name: "status", item: status, key: null });
  const { kind, phoneNumberId, accountId, raw } = part("status", context, { name: "status", item: status, key });
  return { kind, phoneNumberId, accountId, dedupKey: key, raw, status: update };
}

const participantOf = (status: JsonObject): string =>
  text(status["recipient_participant_id"]) ??
  text(status["participant_recipient_id"]) ??
  text(status["recipient_participant_user_id"]) ??
  text(status["recipient_id"]) ??
  text(status["recipient_user_id"]) ??
  "";

function malformed(body: Uint8Array, masks: boolean): WebhookLeaf {
  const base64 = Buffer.from(body).toString("base64");
  const raw = JSON.stringify({ base64: Buffer.from(masks ? maskedBytes(body) : body).toString("base64") });
  return { kind: "malformed", phoneNumberId: null, accountId: null, dedupKey: `malformed:${base64}`, raw };
}

/** undefined for what is no JSON, or nests too deep. */
function parse(body: Uint8Array): unknown {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // Meta escapes whatever is not ASCII, and ASCII is read in half the time.
  const json = isAscii(bytes) ? bytes.toString("latin1") : bytes.toString("utf8");
  if (isTooDeep(json)) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
