import { createHash } from "node:crypto";
import type { Address } from "../domain/address.js";
import type { StatusUpdate } from "../domain/delivery-status.js";
import { isTooDeep } from "./depth.js";
import { id as idOf, isObject, list, member, text, type Json, type JsonObject } from "./json.js";
import { statusOf } from "./status.js";

/**
 * What a leaf of a webhook was found to be. `message` is acted upon and `status` is joined into its message; every other
 * kind is kept raw and named, so that nothing is lost and a later release can understand it.
 */
export const LEAF_KINDS = [
  "message",
  "malformed_message",
  "group_message",
  "system",
  "status",
  "malformed_status",
  "group_status",
  "call_status",
  "errors",
  "echo",
  "history",
  "app_state",
  "standby",
  "handover",
  "call",
  "group",
  "user_preferences",
  "user_id_update",
  "template",
  "account",
  "phone_number",
  "flow",
  "no_changes",
  "empty",
  "unknown_field",
  "malformed",
] as const;
export type LeafKind = (typeof LEAF_KINDS)[number];

/** One item of a webhook: the smallest thing that has an outcome of its own. */
export interface WebhookLeaf {
  readonly kind: LeafKind;
  /** The WhatsApp number it came to; null for account-level items. */
  readonly phoneNumberId: string | null;
  /** What makes it one and the same, however often and in whatever batch it is delivered. Names field and kind. */
  readonly dedupKey: string;
  /** The leaf with what it needs to be understood, as JSON text. */
  readonly raw: string;
  readonly message?: { readonly addresses: readonly Address[]; readonly sentAt: Date };
  readonly status?: Omit<StatusUpdate, "hotelId">;
}

/** The hash of a dedup key that is stored: 16 bytes of SHA-256, as hex. */
export const dedupHash = (key: string): string => createHash("sha256").update(key).digest("hex").slice(0, 32);

/**
 * Splits the body of a webhook into its leaves. Total: any bytes give at least one leaf, nothing throws, and an odd leaf
 * costs its siblings nothing. @param receivedAt bounds what timestamps may claim
 */
export function splitWebhook(body: Uint8Array, receivedAt: Date): readonly WebhookLeaf[] {
  const parsed = isTooDeep(body) ? undefined : parse(body);
  if (!isObject(parsed)) return [malformed(body)];
  const entries = list(parsed["entry"]);
  const leaves = entries.flatMap((entry) => splitEntry(entry, receivedAt));
  return leaves.length > 0 ? leaves : [kept("empty", null, parsed)];
}

function splitEntry(entry: Json, receivedAt: Date): readonly WebhookLeaf[] {
  if (!isObject(entry)) return [kept("malformed", null, { entry })];
  const changes = list(entry["changes"]);
  // "Include Values" is switched off in the app: Meta only says which fields changed.
  if (changes.length === 0) return [kept("no_changes", null, { entry })];
  return changes.flatMap((change) => {
    const field = text(member(change, "field"));
    const value = member(change, "value");
    if (field === null || !isObject(value)) return [kept("malformed", null, { entry: entry["id"] ?? null, change })];
    const context: Context = {
      field,
      entryId: text(entry["id"]) ?? "",
      time: text(entry["time"]) ?? "",
      phoneNumberId: idOf(member(value["metadata"], "phone_number_id")),
      metadata: value["metadata"] ?? null,
      receivedAt,
    };
    const leaves = splitChange(context, value);
    return leaves.length > 0 ? leaves : [whole(fieldKind(field), context, value)];
  });
}

interface Context {
  readonly field: string;
  readonly entryId: string;
  readonly time: string;
  readonly phoneNumberId: string | null;
  readonly metadata: Json;
  readonly receivedAt: Date;
}

function splitChange(context: Context, value: JsonObject): readonly WebhookLeaf[] {
  switch (context.field) {
    case "messages": {
      const contacts = list(value["contacts"]);
      return [
        ...list(value["messages"]).map((message) => messageLeaf(context, message, contacts)),
        ...list(value["statuses"]).map((status) => statusLeaf(context, status)),
        ...list(value["errors"]).map((error) => part("errors", context, "error", error)),
      ];
    }
    case "smb_message_echoes":
      return list(value["message_echoes"]).map((echo) => part("echo", context, "echo", echo, idKey("e", echo)));
    case "calls":
      return [
        ...list(value["calls"]).map((call) => part("call", context, "call", call)),
        ...list(value["statuses"]).map((status) => part("call_status", context, "status", status)),
      ];
    default:
      return [];
  }
}

function messageLeaf(context: Context, message: Json, contacts: readonly Json[]): WebhookLeaf {
  const id = idOf(member(message, "id"));
  const type = text(member(message, "type"));
  const key = id === null ? null : `m:${context.phoneNumberId ?? ""}:${id}`;
  if (!isObject(message) || id === null || type === null)
    return part("malformed_message", context, "message", message, key);
  if (type === "system") return part("system", context, "message", message, key);
  if (text(message["group_id"]) !== null) return part("group_message", context, "message", message, key);

  const contact = contactOf(message, contacts);
  const addresses = addressesOf(message, contact);
  if (addresses.length === 0 || context.phoneNumberId === null)
    return part("malformed_message", context, "message", message, key);
  return {
    kind: "message",
    phoneNumberId: context.phoneNumberId,
    dedupKey: key ?? "",
    raw: JSON.stringify({
      field: context.field,
      entryId: context.entryId,
      metadata: context.metadata,
      contact,
      message,
    }),
    message: { addresses, sentAt: instant(message["timestamp"], context.receivedAt) },
  };
}

function statusLeaf(context: Context, status: Json): WebhookLeaf {
  const id = text(member(status, "id")) ?? "";
  const name = text(member(status, "status")) ?? "";
  if (text(member(status, "type")) === "call" || id.startsWith("wacid."))
    return part("call_status", context, "status", status);
  const isGroup = text(member(status, "recipient_type")) === "group";
  const participant =
    text(member(status, "recipient_participant_id")) ??
    text(member(status, "participant_recipient_id")) ??
    text(member(status, "recipient_participant_user_id")) ??
    text(member(status, "recipient_id")) ??
    text(member(status, "recipient_user_id")) ??
    "";
  const key = `s:${id}:${name}:${participant}`;
  const update = statusOf(status, (timestamp) => instant(timestamp, context.receivedAt));
  if (isGroup) return part("group_status", context, "status", status, key);
  const leaf = part(
    update === null ? "malformed_status" : "status",
    context,
    "status",
    status,
    update === null ? null : key,
  );
  return update === null ? leaf : { ...leaf, status: update };
}

/** The contact that a message is from: by id, never by its place in the list. */
function contactOf(message: JsonObject, contacts: readonly Json[]): Json {
  const user = text(message["from_user_id"]);
  const phone = text(message["from"]);
  const isSender = (contact: Json) =>
    (user !== null && text(member(contact, "user_id")) === user) ||
    (phone !== null && text(member(contact, "wa_id")) === phone);
  return contacts.find(isSender) ?? null;
}

/** In lookup order; a BSUID says more than a phone, which may pass to another person. */
export function addressesOf(message: JsonObject, contact: Json): readonly Address[] {
  const known: Address[] = [];
  const add = (kind: Address["kind"], value: string | null) => {
    if (value !== null && !known.some((address) => address.kind === kind)) known.push({ kind, value });
  };
  add("bsuid", idOf(message["from_user_id"]) ?? idOf(member(contact, "user_id")));
  add("parentBsuid", idOf(message["from_parent_user_id"]) ?? idOf(member(contact, "parent_user_id")));
  add("waId", idOf(message["from"]) ?? idOf(member(contact, "wa_id")));
  return known;
}

const OTHER_FIELDS: Readonly<Record<string, LeafKind>> = {
  messages: "empty",
  smb_message_echoes: "empty",
  calls: "empty",
  history: "history",
  smb_app_state_sync: "app_state",
  standby: "standby",
  messaging_handovers: "handover",
  user_preferences: "user_preferences",
  user_id_update: "user_id_update",
  message_template_status_update: "template",
  message_template_quality_update: "template",
  message_template_components_update: "template",
  template_category_update: "template",
  template_correct_category_detection: "template",
  phone_number_quality_update: "phone_number",
  phone_number_name_update: "phone_number",
  business_username_update: "phone_number",
  business_username_updates: "phone_number",
  flows: "flow",
};

function fieldKind(field: string): LeafKind {
  const known = Object.hasOwn(OTHER_FIELDS, field) ? OTHER_FIELDS[field] : undefined;
  if (known !== undefined) return known;
  if (field.startsWith("group_")) return "group";
  return /^(account|business|security$|partner|payment|automatic_events$)/.test(field) ? "account" : "unknown_field";
}

/** A leaf that is one member of a change's value. */
function part(kind: LeafKind, context: Context, name: string, leaf: Json, key: string | null = null): WebhookLeaf {
  const { field, entryId, metadata, phoneNumberId } = context;
  const dedupKey = key ?? `${kind}:${field}:${entryId}:${canonical(leaf)}`;
  return { kind, phoneNumberId, dedupKey, raw: JSON.stringify({ field, entryId, metadata, [name]: leaf }) };
}

/** A leaf that is a change's whole value: account-level items have no id, so their content is it. */
function whole(kind: LeafKind, { field, entryId, time, phoneNumberId }: Context, value: JsonObject): WebhookLeaf {
  const dedupKey = `${kind}:${field}:${entryId}:${time}:${canonical(value)}`;
  return { kind, phoneNumberId, dedupKey, raw: JSON.stringify({ field, entryId, time, value }) };
}

function kept(kind: LeafKind, phoneNumberId: string | null, value: Json): WebhookLeaf {
  return { kind, phoneNumberId, dedupKey: `${kind}:${canonical(value)}`, raw: JSON.stringify(value) };
}

function malformed(body: Uint8Array): WebhookLeaf {
  const base64 = Buffer.from(body).toString("base64");
  return { kind: "malformed", phoneNumberId: null, dedupKey: `malformed:${base64}`, raw: JSON.stringify({ base64 }) };
}

const idKey = (prefix: string, leaf: Json): string | null => {
  const id = text(member(leaf, "id"));
  return id === null ? null : `${prefix}:${id}`;
};

/** JSON with sorted keys: the same value however its object was written. */
const canonical = (value: Json): string =>
  JSON.stringify(value, (_key, inner: Json) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );

/** WhatsApp is not older than this. */
const EARLIEST_MS = Date.UTC(2009, 0);

/** Meta's seconds as an instant between WhatsApp's beginning and `latest`: what is odd is clamped, the raw text is kept. */
export function instant(timestamp: Json | undefined, latest: Date): Date {
  const seconds = Number(text(timestamp) ?? NaN);
  if (!Number.isFinite(seconds)) return latest;
  return new Date(Math.max(EARLIEST_MS, Math.min(seconds * 1000, latest.getTime())));
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
