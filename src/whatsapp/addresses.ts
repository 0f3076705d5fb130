import type { Address } from "../domain/address.js";
import { id, isObject, list, text, type Json, type JsonObject } from "./json.js";

/** The ids by which a part of a webhook names somebody. */
export interface Named {
  readonly bsuid?: Json | undefined;
  readonly parentBsuid?: Json | undefined;
  readonly waId?: Json | undefined;
}

export const senderOf = (part: JsonObject): Named => ({
  bsuid: part["from_user_id"],
  parentBsuid: part["from_parent_user_id"],
  waId: part["from"],
});

export const recipientOf = (part: JsonObject): Named => ({
  bsuid: part["to_user_id"],
  parentBsuid: part["to_parent_user_id"],
  waId: part["to"],
});

/** As contacts, preferences and most other things name people. */
export const ownIdsOf = (part: Json | undefined): Named =>
  isObject(part) ? { bsuid: part["user_id"], parentBsuid: part["parent_user_id"], waId: part["wa_id"] } : NOBODY;

const NOBODY: Named = { bsuid: undefined, parentBsuid: undefined, waId: undefined };

/** In lookup order; a BSUID says more than a phone, which may pass to another person. The first who has an id gives it. */
export function addressesOf(first: Named, second = NOBODY, third = NOBODY): readonly Address[] {
  const known: Address[] = [];
  const bsuid = id(first.bsuid) ?? id(second.bsuid) ?? id(third.bsuid);
  const parentBsuid = id(first.parentBsuid) ?? id(second.parentBsuid) ?? id(third.parentBsuid);
  const waId = id(first.waId) ?? id(second.waId) ?? id(third.waId);
  if (bsuid !== null) known.push({ kind: "bsuid", value: bsuid });
  if (parentBsuid !== null) known.push({ kind: "parentBsuid", value: parentBsuid });
  if (waId !== null) known.push({ kind: "waId", value: waId });
  return known;
}

/** Finds the contact of somebody: by id, never by its place in the list. */
export type Contacts = (named: Named) => Json;

const noContacts: Contacts = () => null;

/** The contacts of a change, indexed once for all that is in it. Of two with the same id the first counts. */
export function contactsOf(value: Json | undefined): Contacts {
  const contacts = list(value);
  const [only, second] = contacts;
  if (only === undefined) return noContacts;
  if (second === undefined) return (named) => (isSame(named, ownIdsOf(only)) ? only : null);
  const [byUser, byParent, byPhone] = [new Map<string, Json>(), new Map<string, Json>(), new Map<string, Json>()];
  for (const contact of contacts) {
    const { bsuid, parentBsuid, waId } = ownIdsOf(contact);
    remember(byUser, bsuid, contact);
    remember(byParent, parentBsuid, contact);
    remember(byPhone, waId, contact);
  }
  return ({ bsuid, parentBsuid, waId }) =>
    find(byUser, bsuid) ?? find(byPhone, waId) ?? find(byParent, parentBsuid) ?? null;
}

const isSame = (a: Named, b: Named): boolean =>
  same(a.bsuid, b.bsuid) || same(a.waId, b.waId) || same(a.parentBsuid, b.parentBsuid);

/** A number and the text of it are one id. */
function same(a: Json | undefined, b: Json | undefined): boolean {
  const given = text(a);
  return given !== null && given === text(b);
}

function remember(known: Map<string, Json>, value: Json | undefined, contact: Json): void {
  const key = text(value);
  if (key !== null && !known.has(key)) known.set(key, contact);
}

function find(known: ReadonlyMap<string, Json>, value: Json | undefined): Json | undefined {
  const key = text(value);
  return key === null ? undefined : known.get(key);
}
