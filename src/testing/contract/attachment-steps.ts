import assert from "node:assert/strict";
import type { Attachment, NewAttachment } from "../../domain/attachment.js";
import type { ClaimedLane } from "../../domain/lane.js";
import type { NewMessage } from "../../domain/message.js";
import type { NewWork } from "../../domain/work.js";
import type {
  AddAttachment,
  AttachmentFate,
  AttachmentSettled,
  AttachmentSettlement,
  MediaQuotas,
  NewMediaFile,
} from "../../ports/attachment-storage.js";
import type { Storage } from "../../ports/storage.js";
import { aConversation, anAuditEntry, anInboundMessage, HOTEL, NOON, type GuestOfHotel } from "./builders.js";
import { aKnownGuest, claimOne, eventsOf, nowOf, stored } from "./steps.js";

const NO_QUOTAS: MediaQuotas = { hotelBytes: null, guestBytes: null };
export const FILE_BYTES = 1_000;

/** A picture of 1,000 bytes, all different by their name. */
export const aFile = (id: string, fields: Partial<NewMediaFile> = {}): NewMediaFile => ({
  id: `fil_${id}`,
  sha256: Buffer.from(id).toString("hex").padEnd(64, "0").slice(0, 64),
  sizeBytes: FILE_BYTES,
  mimeType: "image/jpeg",
  width: 640,
  height: 480,
  thumbnailId: `thm_${id}`,
  ...fields,
});

export const infoOf = ({ sha256: _sha256, ...file }: NewMediaFile) => file;

/** A guest's picture as a message brings it. */
export const aNewAttachment = (
  message: NewMessage,
  guest: GuestOfHotel,
  fields: Partial<NewAttachment> = {},
): NewAttachment => ({
  id: `att_${message.id}`,
  messageId: message.id,
  conversationId: message.conversationId,
  guestId: guest.id,
  phoneNumberId: guest.phoneNumberId,
  kind: "image",
  direction: "inbound",
  said: {
    mediaId: "900\u0000",
    mimeType: "image/jpeg",
    sha256: "ab".repeat(32),
    fileName: "NUL \u0000 and \ud800.jpg",
  },
  state: "pending",
  reason: null,
  createdAt: NOON,
  ...fields,
});

const fetchWork = ({ id }: NewAttachment, guest: GuestOfHotel): NewWork => ({
  id: `med_${id}`,
  kind: "media",
  phoneNumberId: guest.phoneNumberId,
  guestId: guest.id,
  payload: { attachmentId: id },
});

export const IMAGE = { type: "image", media: { id: "900", mimeType: "image/jpeg" } } as const;

/** A guest sends pictures: `msg_<name>_1` and so on, each with its attachment, still to be fetched. */
export async function sent(
  storage: Storage,
  guest: GuestOfHotel,
  name = "a",
  count = 1,
): Promise<readonly NewAttachment[]> {
  const conversation = aConversation(`con_${name}`, guest, {
    lastSeq: count,
    departmentId: name === "a" ? "reception" : name,
  });
  const messages = Array.from({ length: count }, (_, at) =>
    anInboundMessage(`msg_${name}_${String(at + 1)}`, conversation, at + 1, { content: IMAGE }),
  );
  const attachments = messages.map((message) => aNewAttachment(message, guest));
  const work = attachments.map((one) => fetchWork(one, guest));
  await stored(storage, conversation, messages, { attachments, work });
  return attachments;
}

export const settlement = (
  lane: ClaimedLane,
  attachmentId: string,
  fate: AttachmentFate,
  fields: Partial<AttachmentSettlement> = {},
): AttachmentSettlement => ({
  lane,
  workId: `med_${attachmentId}`,
  attachmentId,
  fate,
  quotas: NO_QUOTAS,
  forgetMs: null,
  ...fields,
});

type Settled = Extract<AttachmentSettled, { outcome: "settled" }>;

/** Claims the lane and stores its first file. */
export async function keeps(
  storage: Storage,
  { id }: { readonly id: string },
  file: NewMediaFile,
  fields: Partial<AttachmentSettlement> = {},
): Promise<Settled> {
  const lane = await claimOne(storage, "media", 1);
  return settled(await storage.settleAttachment(settlement(lane, id, { state: "stored", file }, fields)));
}

export function settled(result: AttachmentSettled): Settled {
  assert.equal(result.outcome, "settled");
  return result;
}

export async function loaded(storage: Storage, id: string, hotelId = HOTEL): Promise<Attachment> {
  const { attachments } = await storage.loadAttachments(hotelId, [id]);
  const [found] = attachments;
  assert.ok(found, `there is an attachment ${id}`);
  return found;
}

export const known = (storage: Storage, ids: readonly string[], hotelId = HOTEL) =>
  storage.knownFiles({ hotelId, ids });

/** A guest has a picture that is stored. */
export async function aStoredOne(
  storage: Storage,
  name = "a",
  fields: Partial<AttachmentSettlement> = {},
  file = aFile(name),
  waId = "12025550101",
): Promise<{ readonly guest: GuestOfHotel; readonly id: string }> {
  const guest = await aKnownGuest(storage, { waId });
  const [first] = await sent(storage, guest, name);
  assert.ok(first !== undefined);
  await keeps(storage, first, file, fields);
  return { guest, id: first.id };
}

export async function anAddition(
  storage: Storage,
  guest: GuestOfHotel,
  name: string,
  fields: Partial<AddAttachment> = {},
): Promise<AddAttachment> {
  return {
    attachment: {
      id: `att_${name}`,
      hotelId: guest.hotelId,
      conversationId: "con_a",
      guestId: guest.id,
      phoneNumberId: guest.phoneNumberId,
      kind: "document",
      direction: "outbound",
      said: { mediaId: null, mimeType: "application/pdf", sha256: null, fileName: "Rechnung \u0000.pdf" },
      purpose: null,
    },
    file: aFile(name, { mimeType: "application/pdf", width: null, height: null, thumbnailId: null }),
    quotas: NO_QUOTAS,
    forgetMs: null,
    since: await nowOf(storage),
    audit: anAuditEntry(`aud_${name}`, `att_${name}`, { target: { kind: "attachment", id: `att_${name}` } }),
    ...fields,
  };
}

export const attachmentEvents = async (storage: Storage, hotelId = HOTEL): Promise<readonly string[]> =>
  (await eventsOf(storage, hotelId)).flatMap(({ body, departmentId }) =>
    body.type === "message.attachment" ? [`${body.messageId} ${body.state} ${String(departmentId)}`] : [],
  );
