import { guestId } from "../decide/ids.js";
import { reaches, type Reach } from "../domain/access.js";
import { UNROUTED_HOTEL_ID } from "../domain/hotel.js";
import type { InboundItem, RawItem } from "../domain/work.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { Storage } from "../ports/storage.js";
import { readItem, rereadItem } from "../whatsapp/item.js";
import type { Reprocess } from "./desk-shapes.js";

/** Items looked at together. */
const PAGE = 500;

/**
 * Reads again what stands aside, and what became a message of unknown content. What this release understands becomes work, once:
 * what is decided about it counts as if it had just come, by its own timestamps.
 */
export async function reprocess(
  storage: Pick<Storage, "loadChats" | "rawItems" | "reprocess">,
  hotels: HotelsPort,
  reach: Reach,
  { dryRun = false, onProgress = () => undefined }: Reprocess = {},
): Promise<{ readonly read: number; readonly understood: number }> {
  const { now } = await storage.loadChats([]);
  let read = 0;
  let understood = 0;
  for (let after: string | null = null; ;) {
    const page: readonly RawItem[] = await storage.rawItems({ after, limit: PAGE });
    const [last] = page.slice(-1);
    if (last === undefined) return { read, understood };
    after = last.id;
    const items = page.filter(({ hotelId }) => reaches(reach, hotelId, null));
    read += items.length;
    const found = (await Promise.all(items.map((item) => reread(item, hotels, now)))).filter((item) => item !== null);
    if (dryRun) understood += found.length;
    else if (found.length > 0) understood += (await storage.reprocess(found)).filter(Boolean).length;
    onProgress({ done: read });
  }
}

/** null when this release has nothing to do with it either. */
async function reread({ id, hotelId, kind, raw }: RawItem, hotels: HotelsPort, now: Date): Promise<InboundItem | null> {
  const leaf = rereadItem(kind, raw, now);
  if (leaf?.chat === undefined || !isUnderstood(raw)) return null;
  const { lane, addresses, sentAt } = leaf.chat;
  // What belonged to no hotel has nobody who could act upon it, but for news about accounts, which go to operators.
  const isNews = addresses.length === 0;
  if (!isNews && (hotelId === UNROUTED_HOTEL_ID || (await hotels.byNumber(lane))?.id !== hotelId)) return null;
  const chat = { phoneNumberId: lane, addresses, sentAt, newGuestId: guestId(id) };
  return { id, hotelId, dedupHash: "", raw, kind: leaf.kind, chat };
}

function isUnderstood(raw: string): boolean {
  try {
    const item = readItem(raw);
    return item.kind === "account" || item.content.type !== "unknown";
  } catch {
    return false;
  }
}
