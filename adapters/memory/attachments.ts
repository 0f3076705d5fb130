import type {
  AddAttachment,
  Attachment,
  AttachmentAdded,
  AttachmentSettled,
  AttachmentSettlement,
  ChangeAttachment,
  Forgotten,
  GuestReach,
  MediaQuotas,
  Message,
  NewAttachment,
  NewEvent,
  NewMediaFile,
  Reach,
  Storage,
  UploadKey,
} from "../../src/index.js";
import { GUEST_DIRECTIONS, reaches } from "../../src/index.js";
import { andWhatFollows } from "./continued.js";
import { whoStays, withMerged } from "./identity.js";
import { giveBack, held, removeItems } from "./lanes.js";
import { compareIds, hotelOf, tell, writeAudit, type HotelMemory, type Memory } from "./state.js";

/** What was begun so long ago may have been swept away. */
const LATE_MS = 30 * 60_000;

/** The file of a message. */
export const attachmentOf = (hotel: HotelMemory, messageId: string): Attachment | null =>
  hotel.attachments.get(hotel.attachmentOfMessage.get(messageId) ?? "") ?? null;

/** Stores a file that is still to come, and whose it is. What is stored already stays as it is. */
export function putAttachment(hotel: HotelMemory, { messageId, ...attachment }: NewAttachment): void {
  if (!hotel.attachments.has(attachment.id)) {
    const { purpose = null } = attachment;
    const rest = { hotelId: hotel.id, file: null, purpose, forgetAt: null, version: 1 };
    hotel.attachments.set(attachment.id, { ...attachment, ...rest });
  }
  attach(hotel, messageId, attachment.id);
}

/** What is kept of a guest's files in a conversation for these purposes. */
export const attachmentsKeptFor = (
  memory: Memory,
  { hotelId, guestId, conversationId, purposes }: Parameters<Storage["attachmentsKeptFor"]>[0],
): readonly string[] =>
  [...hotelOf(memory, hotelId).attachments.values()]
    .filter((one) => one.guestId === guestId && one.conversationId === conversationId)
    .filter(({ purpose, state }) => purpose !== null && purposes.includes(purpose) && HAVE_FILES.has(state))
    .map(({ id }) => id)
    .sort(compareIds);

const HAVE_FILES: ReadonlySet<Attachment["state"]> = new Set(["pending", "stored", "quarantined"]);

/** Says that a message is of a file, once. */
export function attach(hotel: HotelMemory, messageId: string, attachmentId: string): void {
  if (hotel.attachments.has(attachmentId) && !hotel.attachmentOfMessage.has(messageId))
    hotel.attachmentOfMessage.set(messageId, attachmentId);
}

export const loadAttachments = (memory: Memory, hotelId: string, ids: readonly string[]) => ({
  now: memory.clock.now(),
  attachments: ids.map((id) => hotelOf(memory, hotelId).attachments.get(id) ?? null),
});

/** Records what became of a file that was to be fetched. */
export function settleAttachment(
  memory: Memory,
  { lane: lease, workId, attachmentId, fate, quotas, forgetMs }: AttachmentSettlement,
): AttachmentSettled {
  const now = memory.clock.now();
  const lane = held(memory, lease);
  if (lane === null || (lane.leasedUntil ?? 0) <= now.getTime()) return { outcome: "fenced" };
  const hotel = hotelOf(memory, lane.hotelId);
  const before = hotel.attachments.get(attachmentId);
  let events: readonly NewEvent[] = [];
  if (before?.state === "pending") {
    const kept = "file" in fate ? keep(hotel, before.guestId, fate.file, quotas) : null;
    const reason = typeof kept === "string" ? kept : "reason" in fate ? fate.reason : null;
    const forgetAt = before.forgetAt ?? later(now, forgetMs);
    const after: Attachment = {
      ...before,
      state: typeof kept === "string" ? "refused" : fate.state,
      reason,
      file: kept === null || typeof kept === "string" ? null : kept,
      forgetAt: kept === null || typeof kept === "string" ? null : forgetAt,
      version: before.version + 1,
    };
    hotel.attachments.set(after.id, after);
    events = told(hotel, after);
  }
  removeItems(lane, [workId]);
  giveBack(lane, now);
  const attachment = hotel.attachments.get(attachmentId) ?? null;
  return { outcome: "settled", attachment, events: tell(hotel, events, now) };
}

const later = (now: Date, ms: number | null): Date | null => (ms === null ? null : new Date(now.getTime() + ms));

/** Makes room for a file, which may be there already. @returns the file that is there now, or whose room is full */
function keep(
  hotel: HotelMemory,
  guestId: string,
  { sha256, ...file }: NewMediaFile,
  { hotelBytes, guestBytes }: MediaQuotas,
): Attachment["file"] | "quota_guest" | "quota_hotel" {
  const same = [...hotel.files.values()].find((one) => one.sha256 === sha256 && one.file.mimeType === file.mimeType);
  const ofGuest = (hotel.mediaUsage.get(guestId) ?? 0) + file.sizeBytes;
  const ofHotel = (hotel.mediaUsage.get("") ?? 0) + (same === undefined ? file.sizeBytes : 0);
  if (guestBytes !== null && ofGuest > guestBytes) return "quota_guest";
  if (same === undefined && hotelBytes !== null && ofHotel > hotelBytes) return "quota_hotel";
  hotel.mediaUsage.set(guestId, ofGuest);
  hotel.mediaUsage.set("", ofHotel);
  const stored = same ?? { file, sha256, uses: 0 };
  hotel.files.set(stored.file.id, { ...stored, uses: stored.uses + 1 });
  return stored.file;
}

/** The events that tell of an attachment, one for each message that it is of. */
function told(hotel: HotelMemory, { id, state }: Attachment): readonly NewEvent[] {
  return messagesWith(hotel, id).map((message): NewEvent => {
    const { departmentId = null } = hotel.conversations.get(message.conversationId) ?? {};
    const body = { type: "message.attachment", messageId: message.id, attachmentId: id, state } as const;
    return { conversationId: message.conversationId, departmentId, body };
  });
}

const messagesWith = (hotel: HotelMemory, attachmentId: string): readonly Message[] =>
  [...hotel.attachmentOfMessage]
    .filter(([, id]) => id === attachmentId)
    .map(([messageId]) => messageId)
    .sort(compareIds)
    .flatMap((messageId) => hotel.messages.get(messageId) ?? []);

/** Makes an attachment that no message names yet. */
export function addAttachment(
  memory: Memory,
  { attachment, file, quotas, forgetMs, since, audit }: AddAttachment,
): AttachmentAdded {
  const now = memory.clock.now();
  if (now.getTime() - since.getTime() > LATE_MS) return { outcome: "late" };
  const hotel = hotelOf(memory, attachment.hotelId);
  const kept = keep(hotel, attachment.guestId, file, quotas);
  if (kept === "quota_guest" || kept === "quota_hotel") return { outcome: kept };
  const rest = { state: "stored", reason: null, createdAt: now, version: 1 } as const;
  const added: Attachment = { ...attachment, ...rest, file: kept, forgetAt: later(now, forgetMs) };
  hotel.attachments.set(added.id, added);
  writeAudit(hotel, { ...audit, hotelId: hotel.id, at: now });
  return { outcome: "stored", attachment: added };
}

/** One attachment, for whoever may see what it is of. */
export const attachment = (
  memory: Memory,
  { reach, id }: { readonly reach: Reach; readonly id: string },
): Attachment | null => find(memory, reach, id)?.found ?? null;

function find(
  memory: Memory,
  reach: Reach,
  id: string,
): { readonly hotel: HotelMemory; readonly found: Attachment } | null {
  for (const hotel of memory.hotels.values()) {
    const found = hotel.attachments.get(id);
    if (found === undefined) continue;
    const messages = messagesWith(hotel, id);
    const isSeen =
      reach !== "everything" && "guest" in reach
        ? messages.some((message) => isTheirs(hotel, reach, message))
        : [found, ...messages]
            .flatMap(({ conversationId }) => andWhatFollows(hotel, conversationId))
            .some(({ departmentId }) => reaches(reach, hotel.id, departmentId));
    return isSeen ? { hotel, found } : null;
  }
  return null;
}

function isTheirs(hotel: HotelMemory, { guest }: GuestReach, { conversationId, direction }: Message): boolean {
  if (guest.hotelId !== hotel.id || !GUEST_DIRECTIONS.includes(direction)) return false;
  const { guestId = "" } = hotel.conversations.get(conversationId) ?? {};
  return withMerged(hotel, whoStays(hotel, guest.id)).includes(guestId);
}

/** Says what an attachment is kept for and until when, or forgets it. */
export function changeAttachment(
  memory: Memory,
  { reach, id, purpose, forgetMs, because = "used", audit }: ChangeAttachment,
): (Forgotten & { readonly attachment: Attachment }) | null {
  const place = find(memory, reach, id);
  if (place === null) return null;
  const { hotel, found } = place;
  const now = memory.clock.now();
  writeAudit(hotel, { ...audit, hotelId: hotel.id, at: now });
  const forgetAt = forgetMs === 0 ? found.forgetAt : later(now, forgetMs);
  const after: Attachment = { ...found, purpose, forgetAt, version: found.version + 1 };
  hotel.attachments.set(id, after);
  const forgotten = forgetMs === 0 ? discard(hotel, [after], because, now) : { files: [], events: [] };
  return { ...forgotten, attachment: hotel.attachments.get(id) ?? after };
}

/** Forgets what has come due. */
export function forgetDue(memory: Memory, { limit }: { readonly limit: number }): Forgotten {
  const now = memory.clock.now();
  const due = [...memory.hotels.values()]
    .flatMap((hotel) => [...hotel.attachments.values()].map((one) => ({ hotel, one, at: one.forgetAt?.getTime() })))
    .filter((each): each is typeof each & { at: number } => each.at !== undefined && each.at <= now.getTime())
    .sort((a, b) => a.at - b.at || compareIds(a.one.id, b.one.id))
    .slice(0, limit);
  const hotels = [...new Set(due.map(({ hotel }) => hotel))].sort((a, b) => compareIds(a.id, b.id));
  const all = hotels.map((hotel) => {
    const own = due.filter((each) => each.hotel === hotel).map(({ one }) => one);
    for (const { id, purpose } of own)
      writeAudit(hotel, {
        id: `aud_${id}_forgotten`,
        hotelId: hotel.id,
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

function discard(hotel: HotelMemory, attachments: readonly Attachment[], reason: string, now: Date): Forgotten {
  const events: NewEvent[] = [];
  const files = attachments.flatMap((one) => {
    const { state } = one;
    if (state === "discarded") return [];
    const after: Attachment = {
      ...one,
      state: "discarded",
      reason,
      file: null,
      forgetAt: null,
      version: one.version + 1,
    };
    hotel.attachments.set(one.id, after);
    events.push(...told(hotel, after));
    return letGo(hotel, one);
  });
  return { files, events: tell(hotel, events, now) };
}

/** Gives back the room of a file. @returns what nobody names any more */
export function letGo(hotel: HotelMemory, { file, guestId }: Attachment): Forgotten["files"] {
  if (file === null) return [];
  hotel.mediaUsage.set(guestId, (hotel.mediaUsage.get(guestId) ?? 0) - file.sizeBytes);
  const stored = hotel.files.get(file.id);
  if (stored === undefined) return [];
  if (stored.uses > 1) {
    hotel.files.set(file.id, { ...stored, uses: stored.uses - 1 });
    return [];
  }
  hotel.files.delete(file.id);
  hotel.mediaUsage.set("", (hotel.mediaUsage.get("") ?? 0) - file.sizeBytes);
  for (const [key, { fileId }] of hotel.uploads) if (fileId === file.id) hotel.uploads.delete(key);
  return [file.id, file.thumbnailId].flatMap((id) => (id === null ? [] : [{ hotelId: hotel.id, id }]));
}

/** Which ids name a file or a small picture. */
export function knownFiles(
  memory: Memory,
  { hotelId, ids }: { readonly hotelId: string; readonly ids: readonly string[] },
): readonly boolean[] {
  const files = [...hotelOf(memory, hotelId).files.values()].map(({ file }) => file);
  const known = new Set(files.flatMap(({ id, thumbnailId }) => [id, thumbnailId]));
  return ids.map((id) => known.has(id));
}

const uploadKey = ({ fileId, phoneNumberId }: UploadKey): string => JSON.stringify([fileId, phoneNumberId]);

/** The id by which WhatsApp has a file. */
export function upload(memory: Memory, key: UploadKey): string | null {
  const known = hotelOf(memory, key.hotelId).uploads.get(uploadKey(key));
  return known === undefined || known.until <= memory.clock.now().getTime() ? null : known.mediaId;
}

export function putUpload(
  memory: Memory,
  { mediaId, liveMs, ...key }: UploadKey & { readonly mediaId: string | null; readonly liveMs: number },
): void {
  const hotel = hotelOf(memory, key.hotelId);
  if (mediaId === null) hotel.uploads.delete(uploadKey(key));
  else if (hotel.files.has(key.fileId))
    hotel.uploads.set(uploadKey(key), { fileId: key.fileId, mediaId, until: memory.clock.now().getTime() + liveMs });
}
