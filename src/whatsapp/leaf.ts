import { hash } from "node:crypto";
import type { Address } from "../domain/address.js";
import type { StatusUpdate } from "../domain/delivery-status.js";
import type { Json, JsonObject } from "./json.js";
import { CARDS, maskedJson, type Masked } from "./masked.js";

/**
 * What a leaf of a webhook was found to be. What has a chat is acted upon and `status` is joined into its message; every
 * other kind is kept raw and named, so that nothing is lost and a later release can understand it.
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
  /** The WhatsApp number it came to; null for what is about the account as a whole. */
  readonly phoneNumberId: string | null;
  /** Meta's id of the WhatsApp Business account; null where the webhook names none. */
  readonly accountId: string | null;
  /**
   * What makes it one and the same, however often and in whatever batch it is delivered. Names field and kind. null when
   * nothing does: an account may come back to a state it was in before, and without a time nobody can tell.
   */
  readonly dedupKey: string | null;
  /** The leaf with what it needs to be understood, as JSON text. */
  readonly raw: string;
  /** Set when somebody has to act upon it. */
  readonly chat?: LeafChat;
  readonly status?: Omit<StatusUpdate, "hotelId">;
}

export interface LeafChat {
  /** The number's id, or the account's for news about an account. */
  readonly lane: string;
  /** The guest's, in lookup order; none for news about an account. */
  readonly addresses: readonly Address[];
  /** Meta's timestamp. */
  readonly sentAt: Date;
  /** An old message that is brought on purpose: it is no late one. */
  readonly isImported?: true;
}

/** What stands around the leaves of one change. */
export interface Context {
  readonly field: string;
  readonly entryId: string;
  readonly accountId: string | null;
  /** Meta's time of the entry as text; empty for most fields. */
  readonly time: string;
  readonly phoneNumberId: string | null;
  readonly metadata: Json;
  readonly receivedAt: Date;
  /** Whether card numbers are masked in it. */
  readonly masks: boolean;
  /** How many were masked when it was stored before. */
  readonly maskedCards: number;
}

/** The hash of a dedup key that is stored: 16 bytes of SHA-256, as hex. */
export const dedupHash = (key: string): string => hash("sha256", key).slice(0, 32);

/** One member of a change's value. */
export interface Part {
  /** Under which it stands in the raw text. */
  readonly name: string;
  readonly item: Json;
  /** What it needs to be understood. */
  readonly beside?: JsonObject;
  /** null when it has no id: then its content is its key. */
  readonly key: string | null;
}

/** @param chat set when somebody has to act upon it */
export function part(
  kind: LeafKind,
  context: Context,
  { name, item, beside, key }: Part,
  chat: LeafChat | null = null,
): WebhookLeaf {
  const { field, entryId, metadata, accountId, phoneNumberId } = context;
  const dedupKey = key ?? `${kind}:${field}:${entryId}:${canonical(item)}`;
  const { value, cards } = masked(context, item);
  const told = cards === 0 ? beside : { ...beside, [CARDS]: cards };
  const raw = JSON.stringify({ field, entryId, metadata, ...told, [name]: value });
  // No object is spread here and in what every webhook comes through: that costs as much as a third of JSON.parse.
  if (chat === null) return { kind, phoneNumberId, accountId, dedupKey, raw };
  return { kind, phoneNumberId, accountId, dedupKey, raw, chat };
}

/** A leaf that is a change's whole value. */
export function whole(kind: LeafKind, context: Context, value: JsonObject): WebhookLeaf {
  const { field, entryId, accountId, time, phoneNumberId } = context;
  const dedupKey = `${kind}:${field}:${entryId}:${time}:${canonical(value)}`;
  const { value: stored } = masked(context, value);
  return { kind, phoneNumberId, accountId, dedupKey, raw: JSON.stringify({ field, entryId, time, value: stored }) };
}

function masked<Value extends Json>({ masks, maskedCards }: Context, value: Value): Masked<Value> {
  if (!masks) return { value, cards: maskedCards };
  const { value: clean, cards } = maskedJson(value);
  return { value: clean, cards: cards + maskedCards };
}

/** A leaf of which not even the field is known. */
export function kept(kind: LeafKind, masks: boolean, value: JsonObject, accountId: string | null = null): WebhookLeaf {
  const raw = JSON.stringify(masks ? maskedJson(value).value : value);
  return { kind, phoneNumberId: null, accountId, dedupKey: `${kind}:${canonical(value)}`, raw };
}

/** Takes what stands in a list of a value, one by one. What should be a list and is none is kept as it came. */
export function each(
  context: Context,
  value: JsonObject,
  name: string,
  into: WebhookLeaf[],
  take: (item: Json) => void,
): void {
  const items = value[name];
  if (items === undefined || items === null) return;
  if (Array.isArray(items)) for (const item of items as readonly Json[]) take(item);
  else into.push(part("malformed", context, { name, item: items, key: null }));
}

/** JSON with sorted keys: the same value however its object was written. */
export function canonical(value: Json | undefined): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  let written = "";
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) written += `${written && ","}${canonical(item)}`;
    return `[${written}]`;
  }
  const members = value as JsonObject;
  for (const name of Object.keys(members).sort())
    written += `${written && ","}${quoted(name)}:${canonical(members[name])}`;
  return `{${written}}`;
}

/** As `JSON.stringify`, which is slow for one short text, and nearly always changes nothing in it. */
const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));
/** Without quotes, backslashes, control characters and halves of characters. */
const PLAIN = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;
