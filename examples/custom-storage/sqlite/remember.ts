import { ConversationError, type InboundItem, type Message, type RawItem, type RememberOutcome } from "belldesk";
import type { Attempt, Database, Hotel } from "./database.ts";
import { enqueue, isWork } from "./lanes.ts";
import { amended } from "./messages.ts";
import { guestFor } from "./people.ts";

/** Remembers items, each dedup hash once per hotel; new ones become work in the lane of their chat. */
export function remember(
  db: Database,
  items: readonly InboundItem[],
  { dedupRetentionMs }: { readonly dedupRetentionMs: number },
): readonly RememberOutcome[] {
  const now = db.now();
  return items.map((item): RememberOutcome => {
    const { id, hotelId, dedupHash, kind, raw, chat } = item;
    const hotel = db.hotel(hotelId);
    if (!hotel.dedupKeys.add(dedupHash, { seenAt: now })) return "duplicate";
    const isTooOld =
      chat !== null && chat.isImported !== true && now.getTime() - chat.sentAt.getTime() > dedupRetentionMs;
    const outcome = isTooOld ? "too_old" : chat === null ? "kept" : "work";
    // Thrown, it takes back all that the others of this call have written.
    if (!hotel.attempts.add(id, { id, hotelId, kind, outcome, raw, receivedAt: now }))
      throw new ConversationError("storage_refused", { attemptId: id });
    if (outcome === "work" && chat !== null)
      begin(hotel, { id, hotelId, kind, outcome, raw, receivedAt: now }, chat, now);
    return isTooOld ? "too_old" : "new";
  });
}

/** Finds whose an item is, and puts it into the lane of their chat. */
function begin(hotel: Hotel, attempt: Attempt, chat: NonNullable<InboundItem["chat"]>, now: Date): void {
  const { id, hotelId, raw } = attempt;
  const guestId = guestFor(hotel, id, chat, now);
  hotel.attempts.put(id, { ...attempt, guestId });
  enqueue(hotel, { hotelId, kind: "inbound", phoneNumberId: chat.phoneNumberId, guestId }, { id, payload: raw }, now);
}

/** Makes work of items that stand aside, and of those that became a message nobody could read. */
export function reprocess(db: Database, items: readonly InboundItem[]): readonly boolean[] {
  const now = db.now();
  return items.map(({ id, hotelId, kind, chat }) => {
    const hotel = db.hotel(hotelId);
    const attempt = hotel.attempts.get(id);
    if (attempt === null || chat === null || isWork(hotel, id)) return false;
    if (attempt.outcome !== "kept" && unreadMessages(hotel, id).length === 0) return false;
    begin(hotel, { ...attempt, kind, outcome: "work" }, chat, now);
    return true;
  });
}

/** Items that may be understood by now, by their ids. A report of a status is complete as it is. */
export function rawItems(
  db: Database,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): readonly RawItem[] {
  const unread = `exists (select 1 from messages as m where m.hotelId = c.hotelId and m.attemptId = c.id and m.doc ->> '$.content.type' = 'unknown')`;
  const aside = `outcome = 'kept' and doc ->> '$.kind' <> 'status'`;
  return db.all.attempts
    .select(`id > ? and ((${aside}) or (outcome <> 'kept' and ${unread})) order by id`, after ?? "")
    .filter(
      ({ id, hotelId, outcome }) =>
        outcome === "kept" ||
        unreadMessages(db.hotel(hotelId), id).some((message) => isUnread(db.hotel(hotelId), message)),
    )
    .slice(0, limit)
    .map(({ id, hotelId, kind, raw }) => ({ id, hotelId, kind, raw }));
}

const isUnread = (hotel: Hotel, message: Message): boolean =>
  !amended(hotel, message).amendments.some(({ act }) => act.kind === "understood");

/** Messages that an item became when nobody could read it. */
const unreadMessages = (hotel: Hotel, attemptId: string): readonly Message[] =>
  hotel.messages.where("attemptId = ?", attemptId).filter(({ content }) => content.type === "unknown");
