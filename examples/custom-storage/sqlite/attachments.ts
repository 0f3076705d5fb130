import {
  GUEST_DIRECTIONS,
  reaches,
  type AddAttachment,
  type Attachment,
  type AttachmentAdded,
  type AttachmentSettled,
  type AttachmentSettlement,
  type ChangeAttachment,
  type Forgotten,
  type GuestReach,
  type MediaQuotas,
  type Message,
  type NewAttachment,
  type NewEvent,
  type NewMediaFile,
  type Reach,
  type Storage,
  type UploadKey,
} from "belldesk";
import { compareIds, some, tell, writeAudit, type Database, type Hotel } from "./database.ts";
import { IN, list } from "./documents.ts";
import { giveBack, held, removeItems } from "./lanes.ts";
import { andWhatFollows, conversationOf } from "./messages.ts";
import { sameAs } from "./people.ts";

/** What was begun so long ago may have been swept away. */
const LATE_MS = 30 * 60_000;

/** Stores a file that is still to come, and whose it is. What is stored already stays as it is. */
export function putAttachment(hotel: Hotel, { messageId, ...attachment }: NewAttachment): void {
  const rest = { hotelId: hotel.id, file: null, purpose: attachment.purpose ?? null, forgetAt: null, version: 1 };
  hotel.attachments.add(attachment.id, { ...attachment, ...rest });
  attach(hotel, messageId, attachment.id);
}

/** Says that a message is of a file, once. */
export function attach(hotel: Hotel, messageId: string, attachmentId: string): void {
  if (hotel.attachments.has(attachmentId)) hotel.messageFiles.add(messageId, { attachmentId });
}

/** What is kept of a guest's files in a conversation for these purposes. */
export const attachmentsKeptFor = (
  db: Database,
  { hotelId, guestId, conversationId, purposes }: Parameters<Storage["attachmentsKeptFor"]>[0],
): readonly string[] =>
  db
    .hotel(hotelId)
    .attachments.where(
      `guestId = ? and conversationId = ? and doc ->> '$.purpose' ${IN}
       and doc ->> '$.state' in ('pending', 'stored', 'quarantined') order by id`,
      guestId,
      conversationId,
      list(purposes),
    )
    .map(({ id }) => id);

export const loadAttachments = (db: Database, hotelId: string, ids: readonly string[]) => ({
  now: db.now(),
  attachments: ids.map((id) => db.hotel(hotelId).attachments.get(id)),
});

/** Records what became of a file that was to be fetched. */
export function settleAttachment(
  db: Database,
  { lane: lease, workId, attachmentId, fate, quotas, forgetMs }: AttachmentSettlement,
): AttachmentSettled {
  const now = db.now();
  const lane = held(db, lease);
  if (lane === null || (lane.leasedUntil ?? 0) <= now.getTime()) return { outcome: "fenced" };
  const hotel = db.hotel(lane.hotelId);
  const before = hotel.attachments.get(attachmentId);
  let events: readonly NewEvent[] = [];
  if (before?.state === "pending") {
    const kept = "file" in fate ? keep(hotel, before.guestId, fate.file, quotas) : null;
    const file = typeof kept === "string" ? null : kept;
    const after: Attachment = {
      ...before,
      state: typeof kept === "string" ? "refused" : fate.state,
      reason: typeof kept === "string" ? kept : "reason" in fate ? fate.reason : null,
      file,
      forgetAt: file === null ? null : (before.forgetAt ?? later(now, forgetMs)),
      version: before.version + 1,
    };
    hotel.attachments.put(after.id, after);
    events = told(hotel, after);
  }
  removeItems(db, lane, [workId]);
  giveBack(db, lane, now);
  return { outcome: "settled", attachment: hotel.attachments.get(attachmentId), events: tell(hotel, events, now) };
}

const later = (now: Date, ms: number | null): Date | null => (ms === null ? null : new Date(now.getTime() + ms));

const usage = (hotel: Hotel, of: string): number => hotel.mediaUsage.get(of)?.bytes ?? 0;
const use = (hotel: Hotel, of: string, more: number): void =>
  hotel.mediaUsage.put(of, { bytes: usage(hotel, of) + more });

/** Makes room for a file, which may be there already. @returns the file that is there now, or whose room is full */
function keep(
  hotel: Hotel,
  guestId: string,
  { sha256, ...file }: NewMediaFile,
  { hotelBytes, guestBytes }: MediaQuotas,
): NonNullable<Attachment["file"]> | "quota_guest" | "quota_hotel" {
  const same = hotel.files.where("sha256 = ?", sha256).find((one) => one.file.mimeType === file.mimeType);
  const more = same === undefined ? file.sizeBytes : 0;
  if (guestBytes !== null && usage(hotel, guestId) + file.sizeBytes > guestBytes) return "quota_guest";
  if (same === undefined && hotelBytes !== null && usage(hotel, "") + more > hotelBytes) return "quota_hotel";
  use(hotel, guestId, file.sizeBytes);
  use(hotel, "", more);
  const stored = same ?? { file, sha256, uses: 0 };
  hotel.files.put(stored.file.id, { ...stored, uses: stored.uses + 1 });
  return stored.file;
}

/** The events that tell of an attachment, one for each message that it is of. */
const told = (hotel: Hotel, { id, state }: Pick<Attachment, "id" | "state">): readonly NewEvent[] =>
  messagesWith(hotel, id).map(({ id: messageId, conversationId }): NewEvent => {
    const departmentId = hotel.conversations.get(conversationId)?.departmentId ?? null;
    return { conversationId, departmentId, body: { type: "message.attachment", messageId, attachmentId: id, state } };
  });

const messagesWith = (hotel: Hotel, attachmentId: string): readonly Message[] =>
  hotel.messages.where(
    "id in (select f.id from messageFiles as f where f.hotelId = c.hotelId and f.attachmentId = ?) order by id",
    attachmentId,
  );

/** Makes an attachment that no message names yet. */
export function addAttachment(
  db: Database,
  { attachment: said, file, quotas, forgetMs, since, audit }: AddAttachment,
): AttachmentAdded {
  const now = db.now();
  if (now.getTime() - since.getTime() > LATE_MS) return { outcome: "late" };
  const hotel = db.hotel(said.hotelId);
  const kept = keep(hotel, said.guestId, file, quotas);
  if (typeof kept === "string") return { outcome: kept };
  const rest = { state: "stored", reason: null, createdAt: now, version: 1 } as const;
  const added: Attachment = { ...said, ...rest, file: kept, forgetAt: later(now, forgetMs) };
  hotel.attachments.put(added.id, added);
  writeAudit(hotel, { ...audit, hotelId: hotel.id, at: now });
  return { outcome: "stored", attachment: added };
}

/** One attachment, for whoever may see what it is of. */
export function attachment(
  db: Database,
  { reach, id }: { readonly reach: Reach; readonly id: string },
): Attachment | null {
  const found = db.all.attachments.find(id);
  if (found === null) return null;
  const hotel = db.hotel(found.hotelId);
  const messages = messagesWith(hotel, id);
  const isSeen =
    reach !== "everything" && "guest" in reach
      ? messages.some((message) => isTheirs(hotel, reach, message))
      : [found.value, ...messages]
          .flatMap(({ conversationId }) => andWhatFollows(hotel, conversationId))
          .some(({ departmentId }) => reaches(reach, hotel.id, departmentId));
  return isSeen ? found.value : null;
}

function isTheirs(hotel: Hotel, { guest }: GuestReach, { id, direction }: Message): boolean {
  if (guest.hotelId !== hotel.id || !GUEST_DIRECTIONS.includes(direction)) return false;
  return sameAs(hotel, guest.id).includes(conversationOf(hotel, id)?.guestId ?? "");
}

/** Says what an attachment is kept for and until when, or forgets it. */
export function changeAttachment(
  db: Database,
  { reach, id, purpose, forgetMs, because = "used", audit }: ChangeAttachment,
): (Forgotten & { readonly attachment: Attachment }) | null {
  const found = attachment(db, { reach, id });
  if (found === null) return null;
  const hotel = db.hotel(found.hotelId);
  const now = db.now();
  writeAudit(hotel, { ...audit, hotelId: hotel.id, at: now });
  const forgetAt = forgetMs === 0 ? found.forgetAt : later(now, forgetMs);
  const after: Attachment = { ...found, purpose, forgetAt, version: found.version + 1 };
  hotel.attachments.put(id, after);
  const forgotten = forgetMs === 0 ? discard(hotel, [after], because, now) : { files: [], events: [] };
  return { ...forgotten, attachment: hotel.attachments.get(id) ?? after };
}

/** Forgets what has come due. */
export function forgetDue(db: Database, { limit }: { readonly limit: number }): Forgotten {
  const now = db.now();
  const due = db.all.attachments.select("forgetAt <= ? order by forgetAt, id limit ?", now, limit);
  const hotelIds = [...new Set(due.map(({ hotelId }) => hotelId))].sort(compareIds);
  const all = hotelIds.map((hotelId) => {
    const hotel = db.hotel(hotelId);
    const own = due.filter((one) => one.hotelId === hotelId);
    for (const { id, purpose } of own)
      writeAudit(hotel, {
        id: `aud_${id}_forgotten`,
        hotelId,
        actor: { kind: "system", id: "desk" },
        action: "attachment.forget",
        reason: purpose ?? "expired",
        target: { kind: "attachment", id },
        at: now,
      });
    return discard(hotel, own, "expired", now);
  });
  return { files: all.flatMap(({ files }) => files), events: all.flatMap(({ events }) => events) };
}

function discard(hotel: Hotel, attachments: readonly Attachment[], reason: string, now: Date): Forgotten {
  const events: NewEvent[] = [];
  const files = attachments.flatMap((one) => {
    if (one.state === "discarded") return [];
    const nothing = { state: "discarded", file: null, forgetAt: null } as const;
    const after: Attachment = { ...one, ...nothing, reason, version: one.version + 1 };
    hotel.attachments.put(one.id, after);
    events.push(...told(hotel, after));
    return letGo(hotel, one);
  });
  return { files, events: tell(hotel, events, now) };
}

/** Gives back the room of a file. @returns what nobody names any more */
export function letGo(hotel: Hotel, { file, guestId }: Attachment): Forgotten["files"] {
  if (file === null) return [];
  use(hotel, guestId, -file.sizeBytes);
  const stored = hotel.files.get(file.id);
  if (stored === null) return [];
  if (stored.uses > 1) {
    hotel.files.put(file.id, { ...stored, uses: stored.uses - 1 });
    return [];
  }
  hotel.files.remove(file.id);
  use(hotel, "", -file.sizeBytes);
  hotel.uploads.removeWhere("fileId = ?", file.id);
  return [file.id, ...some(file.thumbnailId)].map((id) => ({ hotelId: hotel.id, id }));
}

/** Takes attachments away, and what people used. */
export function removeAttachments(hotel: Hotel, attachments: readonly Attachment[], people: readonly string[]): void {
  for (const { id } of attachments) {
    hotel.attachments.remove(id);
    hotel.messageFiles.removeWhere("attachmentId = ?", id);
  }
  for (const id of people) hotel.mediaUsage.remove(id);
}

/** Which ids name a file or a small picture. */
export const knownFiles = (
  db: Database,
  { hotelId, ids }: { readonly hotelId: string; readonly ids: readonly string[] },
): readonly boolean[] => ids.map((id) => db.hotel(hotelId).files.count("? in (id, file_thumbnailId)", id) > 0);

const uploadKey = ({ fileId, phoneNumberId }: UploadKey): string => JSON.stringify([fileId, phoneNumberId]);

/** The id by which WhatsApp has a file. */
export function upload(db: Database, key: UploadKey): string | null {
  const known = db.hotel(key.hotelId).uploads.get(uploadKey(key));
  return known === null || known.until <= db.now() ? null : known.mediaId;
}

export function putUpload(
  db: Database,
  { mediaId, liveMs, ...key }: UploadKey & { readonly mediaId: string | null; readonly liveMs: number },
): void {
  const hotel = db.hotel(key.hotelId);
  if (mediaId === null) hotel.uploads.remove(uploadKey(key));
  else if (hotel.files.has(key.fileId))
    hotel.uploads.put(uploadKey(key), { fileId: key.fileId, mediaId, until: new Date(db.now().getTime() + liveMs) });
}
