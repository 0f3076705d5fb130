import type {
  AuditEntry,
  Page,
  PutSavedReply,
  Reach,
  SavedReply,
  SavedReplyKey,
  SavedReplyQuery,
  SavedReplyStored,
} from "../../src/index.js";
import { reaches } from "../../src/index.js";
import { compareIds, hotelOf, writeAudit, type HotelMemory, type Memory } from "./state.js";

/** Saved replies of a hotel in order: those for all of it, and those of departments within reach. */
export function savedReplies(
  memory: Memory,
  { reach, hotelId, departmentId, after, limit }: SavedReplyQuery,
): Page<SavedReply, SavedReplyKey> {
  if (reach !== "everything" && !("hotels" in reach && reach.hotels.has(hotelId))) return { items: [], next: null };
  const rest = [...hotelOf(memory, hotelId).savedReplies.values()]
    .filter((one) => one.departmentId === null || reaches(reach, hotelId, one.departmentId))
    .filter((one) => departmentId === null || one.departmentId === null || one.departmentId === departmentId)
    .filter((one) => after === null || compareKeys(one, after) > 0)
    .sort(compareKeys);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rest.length > limit && last !== undefined ? { shortcut: last.shortcut, id: last.id } : null };
}

const compareKeys = (a: SavedReplyKey, b: SavedReplyKey): number =>
  compareIds(a.shortcut, b.shortcut) || compareIds(a.id, b.id);

/** One saved reply, by its id alone. */
export const savedReply = (
  memory: Memory,
  { reach, id }: { readonly reach: Reach; readonly id: string },
): SavedReply | null => find(memory, reach, id)?.reply ?? null;

/** Stores one, when nobody changed it meanwhile and its shortcut is free. */
export function putSavedReply(memory: Memory, { reach, reply, audit }: PutSavedReply): SavedReplyStored {
  const hotel = hotelOf(memory, reply.hotelId);
  const before = hotel.savedReplies.get(reply.id);
  if (reply.version > 0 && (before === undefined || !reaches(reach, hotel.id, before.departmentId)))
    return { outcome: "missing" };
  if ((before?.version ?? 0) !== reply.version) return { outcome: "conflict" };
  const isTaken = [...hotel.savedReplies.values()].some(
    ({ id, shortcut, departmentId }) =>
      id !== reply.id && shortcut === reply.shortcut && departmentId === reply.departmentId,
  );
  if (isTaken) return { outcome: "taken" };
  const at = memory.clock.now();
  hotel.savedReplies.set(reply.id, { ...reply, version: reply.version + 1, updatedAt: at });
  writeAudit(hotel, { ...audit, hotelId: hotel.id, at });
  return { outcome: "stored", at };
}

/** Takes one away. */
export function deleteSavedReply(
  memory: Memory,
  {
    reach,
    id,
    audit,
  }: { readonly reach: Reach; readonly id: string; readonly audit: Omit<AuditEntry, "hotelId" | "at"> },
): boolean {
  const found = find(memory, reach, id);
  if (found === null) return false;
  found.hotel.savedReplies.delete(id);
  writeAudit(found.hotel, { ...audit, hotelId: found.hotel.id, at: memory.clock.now() });
  return true;
}

function find(
  memory: Memory,
  reach: Reach,
  id: string,
): { readonly hotel: HotelMemory; readonly reply: SavedReply } | null {
  for (const hotel of memory.hotels.values()) {
    const reply = hotel.savedReplies.get(id);
    if (reply !== undefined) return reaches(reach, hotel.id, reply.departmentId) ? { hotel, reply } : null;
  }
  return null;
}
