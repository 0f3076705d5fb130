import {
  reaches,
  type AuditEntry,
  type ClaimedEvents,
  type ConsumerMove,
  type ConsumerPlace,
  type DeskEvent,
  type EventClaim,
  type NewTranslation,
  type Page,
  type PutSavedReply,
  type Reach,
  type SavedReply,
  type SavedReplyKey,
  type SavedReplyQuery,
  type SavedReplyStored,
} from "belldesk";
import { tell, writeAudit, type Database } from "./database.ts";
import { paged, touches, within } from "./reach.ts";

/** Saved replies of a hotel in order: those for all of it, and those of departments within reach. */
export function savedReplies(
  db: Database,
  { reach, hotelId, departmentId, after, limit }: SavedReplyQuery,
): Page<SavedReply, SavedReplyKey> {
  if (!touches(reach, hotelId)) return { items: [], next: null };
  const { sql, values } = within(reach);
  const usable = departmentId === null ? "true" : "(departmentId is null or departmentId = ?)";
  const rest = `(departmentId is null or ${sql}) and ${usable} and (shortcut, id) > (?, ?) order by shortcut, id limit ?`;
  const point = [after?.shortcut ?? "", after?.id ?? "", limit + 1];
  const found = db
    .hotel(hotelId)
    .savedReplies.where(rest, ...values, ...(departmentId === null ? [] : [departmentId]), ...point);
  return paged(found, limit, ({ shortcut, id }) => ({ shortcut, id }));
}

export function savedReply(
  db: Database,
  { reach, id }: { readonly reach: Reach; readonly id: string },
): SavedReply | null {
  const found = db.all.savedReplies.find(id);
  return found !== null && reaches(reach, found.hotelId, found.value.departmentId) ? found.value : null;
}

/** Stores one, when nobody changed it meanwhile and its shortcut is free. */
export function putSavedReply(db: Database, { reach, reply, audit }: PutSavedReply): SavedReplyStored {
  const hotel = db.hotel(reply.hotelId);
  const before = hotel.savedReplies.get(reply.id);
  if (reply.version > 0 && (before === null || !reaches(reach, hotel.id, before.departmentId)))
    return { outcome: "missing" };
  if ((before?.version ?? 0) !== reply.version) return { outcome: "conflict" };
  const others = "shortcut = ? and departmentId is ? and id <> ?";
  if (hotel.savedReplies.count(others, reply.shortcut, reply.departmentId, reply.id) > 0) return { outcome: "taken" };
  const at = db.now();
  hotel.savedReplies.put(reply.id, { ...reply, version: reply.version + 1, updatedAt: at });
  writeAudit(hotel, { ...audit, hotelId: hotel.id, at });
  return { outcome: "stored", at };
}

export function deleteSavedReply(
  db: Database,
  {
    reach,
    id,
    audit,
  }: { readonly reach: Reach; readonly id: string; readonly audit: Omit<AuditEntry, "hotelId" | "at"> },
): boolean {
  const found = savedReply(db, { reach, id });
  if (found === null) return false;
  const hotel = db.hotel(found.hotelId);
  hotel.savedReplies.remove(id);
  writeAudit(hotel, { ...audit, hotelId: hotel.id, at: db.now() });
  return true;
}

/** Makes a reader of the event logs known, once. */
export function openConsumer(
  db: Database,
  { name, from }: { readonly name: string; readonly from: "beginning" | "now" },
): boolean {
  const isNew = db.sql.run("insert into consumers (name) values (?) on conflict do nothing", name) === 1;
  if (isNew && from === "now")
    db.sql.run(
      "insert into consumerPlaces (name, hotelId, seq) select ?, hotelId, lastSeq from hotels where true",
      name,
    );
  return isNew;
}

/** When a log may be claimed; one that nobody has looked at yet, at once. */
const LOG_DUE = "coalesce(leasedUntil, dueAt, 0)";

/** Takes hotels' logs that have news for the consumer, the longest left alone first. */
export function claimEvents(
  db: Database,
  { name, hotels, events, leaseMs }: EventClaim,
): readonly ClaimedEvents[] | null {
  if (db.sql.one("select 1 from consumers where name = ?", name) === undefined) return null;
  const now = db.now().getTime();
  const due = db.sql.all(
    `select hotelId from hotels left join (select * from consumerPlaces where name = ?) using (hotelId)
     where coalesce(seq, 0) < lastSeq and ${LOG_DUE} <= ? order by ${LOG_DUE}, hotelId limit ?`,
    name,
    now,
    hotels,
  );
  return due.map((row) => {
    const hotelId = row["hotelId"] as string;
    const place = db.sql.one(
      `insert into consumerPlaces (name, hotelId, epoch, leasedUntil) values (?1, ?2, 1, ?3)
       on conflict do update set epoch = epoch + 1, leasedUntil = ?3 returning epoch, failures, seq`,
      name,
      hotelId,
      now + leaseMs,
    );
    const next = db.hotel(hotelId).events.where("seq > ? order by seq limit ?", Number(place?.["seq"]), events);
    return { name, hotelId, epoch: Number(place?.["epoch"]), failures: Number(place?.["failures"]), events: next };
  });
}

/** Stores a consumer's place, and holds the log on or gives it back. Time plays no part: a lease that ran out only lets others claim. */
export function moveConsumer(db: Database, { consumer, seq, then }: ConsumerMove): boolean {
  const { name, hotelId, epoch } = consumer;
  const held = "name = ? and hotelId = ? and epoch = ? and leasedUntil is not null";
  const place = db.sql.one(`select seq, failures, code from consumerPlaces where ${held}`, name, hotelId, epoch);
  if (place === undefined) return false;
  const now = db.now().getTime();
  const moves = seq > Number(place["seq"]);
  const failed = then.kind === "giveBack" ? then.failed : null;
  db.sql.run(
    `update consumerPlaces set seq = max(seq, ?), failures = ?, code = ?, leasedUntil = ?, dueAt = ? where ${held}`,
    seq,
    (moves ? 0 : Number(place["failures"])) + (failed === null ? 0 : 1),
    failed ?? (moves ? null : (place["code"] as string | null)),
    then.kind === "hold" ? now + then.leaseMs : null,
    then.kind === "hold" ? now : now + then.waitMs,
    name,
    hotelId,
    epoch,
  );
  return true;
}

export function forgetConsumer(db: Database, name: string): boolean {
  db.sql.run("delete from consumerPlaces where name = ?", name);
  return db.sql.run("delete from consumers where name = ?", name) === 1;
}

/** How far every consumer is. */
export const consumers = (db: Database): readonly ConsumerPlace[] =>
  db.sql
    .all(
      `select c.name, h.hotelId, coalesce(p.seq, 0) as seq, h.lastSeq, coalesce(p.failures, 0) as failures, p.code
       from consumers as c cross join hotels as h left join consumerPlaces as p on p.name = c.name and p.hotelId = h.hotelId
       order by c.name, h.hotelId`,
    )
    .map((row) => ({ ...row }) as unknown as ConsumerPlace);

/** Keeps a message's translation in place of the one before. */
export function putTranslation(
  db: Database,
  { hotelId, messageId, ...translation }: NewTranslation,
): readonly DeskEvent[] | null {
  const hotel = db.hotel(hotelId);
  const message = hotel.messages.get(messageId);
  if (message === null) return null;
  const { at: _, ...before } = hotel.translations.get(messageId) ?? { at: null };
  if (JSON.stringify(inOrder(before)) === JSON.stringify(inOrder(translation))) return [];
  const now = db.now();
  hotel.translations.put(messageId, { ...translation, at: now });
  const { conversationId } = message;
  const departmentId = hotel.conversations.get(conversationId)?.departmentId ?? null;
  return tell(hotel, [{ conversationId, departmentId, body: { type: "message.translated", messageId } }], now);
}

const inOrder = (fields: object): readonly unknown[] => Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
