import { isObject, list, member, type Json } from "./json.js";

/** Items in one body: several times what 3 MB of real messages hold, each with its contact. */
const ITEMS_MOST = 30_000;
/** Characters that the items of one change may be written down in: each is kept with what stands around it. */
const WRITTEN_MOST = 64 * 1_024 * 1_024;
/** An item has two bytes at least, as in `[1,1]`: what is smaller needs no look. */
const HARMLESS_BYTES = 2 * ITEMS_MOST;

/**
 * Whether a body would be taken apart into more than anybody sends: millions of empty items, or an item that is repeated beside each
 * of thousands. It is kept as it came then. Deep JSON has been told before.
 */
export function takesTooMuch(body: Json, bytes: number): boolean {
  if (bytes <= HARMLESS_BYTES) return false;
  if (itemsIn(body) > ITEMS_MOST) return true;
  return list(member(body, "entry")).some((entry) =>
    list(member(entry, "changes")).some((change) => {
      const value = member(change, "value") ?? null;
      const around = [member(entry, "id"), member(change, "field"), member(value, "metadata")].map(written);
      const contacts = list(member(value, "contacts")).map(written);
      const each = around.reduce((sum, one) => sum + one, 0) + contacts.reduce((most, one) => Math.max(most, one), 0);
      return itemsIn(value) * each > WRITTEN_MOST;
    }),
  );
}

const written = (value: Json | undefined): number => JSON.stringify(value ?? null).length;

/** What stands in lists, at any depth. */
function itemsIn(value: Json): number {
  let items = 0;
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) items += 1 + itemsIn(item);
    return items;
  }
  if (isObject(value)) for (const inner of Object.values(value)) if (inner !== undefined) items += itemsIn(inner);
  return items;
}
