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
import {
  aCommand,
  aConversation,
  anAuditEntry,
  anInboundMessage,
  anOutboundMessage,
  DAY_MS,
  HOTEL,
  MINUTE_MS,
  NOON,
  NUMBER,
  OTHER_HOTEL,
  SECOND_NUMBER,
  within,
  type GuestOfHotel,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { erased } from "./erasure.js";
import {
  aKnownGuest,
  amendedMessageOf,
  atOnce,
  claim,
  claimOne,
  commit,
  eventsOf,
  LEASE_MS,
  merge,
  nothingIsDue,
  nowOf,
  stored,
} from "./steps.js";

const NO_QUOTAS: MediaQuotas = { hotelBytes: null, guestBytes: null };
const FILE_BYTES = 1_000;

/** A picture of 1,000 bytes, all different by their name. */
const aFile = (id: string, fields: Partial<NewMediaFile> = {}): NewMediaFile => ({
  id: `fil_${id}`,
  sha256: Buffer.from(id).toString("hex").padEnd(64, "0").slice(0, 64),
  sizeBytes: FILE_BYTES,
  mimeType: "image/jpeg",
  width: 640,
  height: 480,
  thumbnailId: `thm_${id}`,
  ...fields,
});

const infoOf = ({ sha256: _sha256, ...file }: NewMediaFile) => file;

/** A guest's picture as a message brings it. */
const aNewAttachment = (
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

const IMAGE = { type: "image", media: { id: "900", mimeType: "image/jpeg" } } as const;

/** A guest sends pictures: `msg_<name>_1` and so on, each with its attachment, still to be fetched. */
async function sent(storage: Storage, guest: GuestOfHotel, name = "a", count = 1): Promise<readonly NewAttachment[]> {
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

const settlement = (
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
async function keeps(
  storage: Storage,
  { id }: { readonly id: string },
  file: NewMediaFile,
  fields: Partial<AttachmentSettlement> = {},
): Promise<Settled> {
  const lane = await claimOne(storage, "media", 1);
  return settled(await storage.settleAttachment(settlement(lane, id, { state: "stored", file }, fields)));
}

function settled(result: AttachmentSettled): Settled {
  assert.equal(result.outcome, "settled");
  return result;
}

async function loaded(storage: Storage, id: string, hotelId = HOTEL): Promise<Attachment> {
  const { attachments } = await storage.loadAttachments(hotelId, [id]);
  const [found] = attachments;
  assert.ok(found, `there is an attachment ${id}`);
  return found;
}

const known = (storage: Storage, ids: readonly string[], hotelId = HOTEL) => storage.knownFiles({ hotelId, ids });

/** A guest has a picture that is stored. */
async function aStoredOne(
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

async function anAddition(
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

const attachmentEvents = async (storage: Storage, hotelId = HOTEL): Promise<readonly string[]> =>
  (await eventsOf(storage, hotelId)).flatMap(({ body, departmentId }) =>
    body.type === "message.attachment" ? [`${body.messageId} ${body.state} ${String(departmentId)}`] : [],
  );

export const attachmentCases: readonly StorageCase[] = [
  {
    id: "attachment/load",
    says: "A message that brings a file stands there at once, and its file is known to be on its way (S16).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const [first] = await sent(storage, guest);
      assert.ok(first !== undefined);
      const { messageId: _messageId, ...fields } = first;
      const rest = { hotelId: HOTEL, file: null, purpose: null, forgetAt: null, version: 1 };
      assert.deepEqual(await loaded(storage, first.id), { ...fields, ...rest });
      assert.deepEqual((await amendedMessageOf(storage, "msg_a_1")).attachment, { ...fields, ...rest });
      const page = await storage.messages({ reach: "everything", conversationId: "con_a", before: null, limit: 10 });
      assert.deepEqual(page?.items[0]?.attachment?.id, first.id);
      const { attachments } = await storage.loadAttachments(HOTEL, ["att_none\u0000", first.id, "att_none"]);
      assert.deepEqual(
        attachments.map((one) => one?.id ?? null),
        [null, first.id, null],
      );
      assert.deepEqual((await storage.loadAttachments(OTHER_HOTEL, [first.id])).attachments, [null]);
      assert.deepEqual((await storage.loadAttachments(HOTEL, [])).attachments, []);
    },
  },
  {
    id: "attachment/load-twice",
    says: "The same message decided twice has its file once, whatever has become of that meanwhile.",
    async run({ storage }) {
      const { guest, id } = await aStoredOne(storage);
      const conversation = aConversation("con_a", guest);
      const again = aNewAttachment(anInboundMessage("msg_a_1", conversation, 1), guest);
      await commit(storage, aCommand({ attachments: [again], work: [] }));
      assert.equal((await loaded(storage, id)).state, "stored");
      const text = anInboundMessage("msg_text", conversation, 2);
      assert.equal("attachment" in (await amendedMessageOf(storage, "msg_a_1")), true);
      await stored(storage, { ...conversation, version: 1, lastSeq: 2 }, [text]);
      assert.equal("attachment" in (await amendedMessageOf(storage, "msg_text")), false);
    },
  },
  {
    id: "attachment/settle",
    says: "What became of a file is known with its message, and told under the department that the matter is with now (S16, S72).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const [first, second, third] = await sent(storage, guest, "a", 3);
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      const conversation = aConversation("con_a", guest, { lastSeq: 3, version: 1, departmentId: "spa" });
      await stored(storage, conversation);
      const file = aFile("1");
      const { attachment, events } = await keeps(storage, first, file, { forgetMs: DAY_MS });
      const now = await nowOf(storage);
      assert.deepEqual([attachment?.state, attachment?.reason, attachment?.version], ["stored", null, 2]);
      assert.deepEqual(attachment?.file, infoOf(file));
      const left = (attachment.forgetAt?.getTime() ?? 0) - now.getTime();
      assert.ok(left <= DAY_MS && left > DAY_MS - MINUTE_MS, "it is forgotten in a day");
      assert.deepEqual(
        events.map(({ conversationId, departmentId, body }) => ({ conversationId, departmentId, body })),
        [
          {
            conversationId: "con_a",
            departmentId: "spa",
            body: { type: "message.attachment", messageId: "msg_a_1", attachmentId: first.id, state: "stored" },
          },
        ],
      );
      assert.deepEqual((await eventsOf(storage)).slice(-1), events);
      assert.deepEqual(await loaded(storage, first.id), attachment);

      // The next of the guest is due at once.
      const lane = await claimOne(storage, "media", 1);
      const refused = { state: "refused", reason: "too_large" } as const;
      const after = settled(await storage.settleAttachment(settlement(lane, second.id, refused, { forgetMs: 1 })));
      const { state, reason, file: none, forgetAt } = after.attachment ?? {};
      assert.deepEqual([state, reason, none, forgetAt], ["refused", "too_large", null, null]);
      const last = await claimOne(storage, "media", 1);
      const held = { state: "quarantined", reason: "macros", file: aFile("3") } as const;
      const kept = settled(await storage.settleAttachment(settlement(last, third.id, held)));
      assert.deepEqual([kept.attachment?.state, kept.attachment?.reason], ["quarantined", "macros"]);
      assert.deepEqual(kept.attachment?.file?.id, "fil_3");
      await nothingIsDue(storage, "media");
      assert.deepEqual(await attachmentEvents(storage), [
        "msg_a_1 stored spa",
        "msg_a_2 refused spa",
        "msg_a_3 quarantined spa",
      ]);
    },
  },
  {
    id: "attachment/settle-fenced",
    says: "Who lost the lane, or let the lease run out, says nothing more of the file (F60).",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      const [first] = await sent(storage, guest);
      assert.ok(first !== undefined);
      const lane = await claimOne(storage, "media", 1);
      await shiftClock(LEASE_MS + 1);
      const late = settlement(lane, first.id, { state: "stored", file: aFile("1") });
      assert.deepEqual(await storage.settleAttachment(late), { outcome: "fenced" });
      const again = await claimOne(storage, "media", 1);
      assert.deepEqual(await storage.settleAttachment(late), { outcome: "fenced" });
      assert.equal((await loaded(storage, first.id)).state, "pending");
      assert.deepEqual(await known(storage, ["fil_1"]), [false]);
      settled(await storage.settleAttachment({ ...late, lane: again }));
      assert.deepEqual(await storage.settleAttachment(late), { outcome: "fenced" });
    },
  },
  {
    id: "attachment/settle-once",
    says: "A file that was forgotten while it came is not there after all; only its work is done.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const [first] = await sent(storage, guest, "a");
      assert.ok(first !== undefined);
      const audit = anAuditEntry("aud_1", first.id);
      await storage.changeAttachment({ reach: "everything", id: first.id, purpose: null, forgetMs: 0, audit });
      const { attachment, events } = await keeps(storage, first, aFile("1"));
      assert.deepEqual([attachment?.state, attachment?.file, events], ["discarded", null, []]);
      assert.deepEqual(await known(storage, ["fil_1", "thm_1"]), [false, false]);
      await nothingIsDue(storage, "media");
    },
  },
  {
    id: "attachment/same-file",
    says: "A hotel has a file once, however often it is sent; another hotel has its own (S46, F66).",
    async run({ storage }) {
      await aStoredOne(storage, "a", {}, aFile("x", { id: "fil_1", thumbnailId: "thm_1" }));
      const guest = await aKnownGuest(storage, { waId: "12025550102" });
      const [second] = await sent(storage, guest, "spa");
      assert.ok(second !== undefined);
      const { attachment } = await keeps(storage, second, aFile("x", { id: "fil_2", thumbnailId: "thm_2" }));
      assert.deepEqual([attachment?.file?.id, attachment?.file?.thumbnailId], ["fil_1", "thm_1"]);
      assert.deepEqual(await known(storage, ["fil_1", "thm_1", "fil_2", "thm_2"]), [true, true, false, false]);
      const other = await aKnownGuest(storage, { hotelId: OTHER_HOTEL });
      const [third] = await sent(storage, other, "bar");
      assert.ok(third !== undefined);
      const theirs = await keeps(storage, third, aFile("x", { id: "fil_3", thumbnailId: null }));
      assert.equal(theirs.attachment?.file?.id, "fil_3");
      assert.deepEqual(await known(storage, ["fil_3"]), [false]);
      assert.deepEqual(await known(storage, ["fil_3", "fil_1"], OTHER_HOTEL), [true, false]);
      // Bytes that were held back under no type, and then taken for what they are.
      const [fourth] = await sent(storage, guest, "again");
      assert.ok(fourth !== undefined);
      const typed = await keeps(storage, fourth, aFile("x", { id: "fil_4", mimeType: "application/pdf" }));
      assert.deepEqual([typed.attachment?.file?.id, typed.attachment?.file?.mimeType], ["fil_4", "application/pdf"]);
    },
  },
  {
    id: "attachment/same-file-at-once",
    says: "The same file that comes to many at the same moment is one file, with a reference each (F66).",
    needs: "concurrency",
    async run({ storage }) {
      const attachments: NewAttachment[] = [];
      for (let at = 0; at < 5; at++) {
        const guest = await aKnownGuest(storage, { waId: `1202555010${String(at)}` });
        attachments.push(...(await sent(storage, guest, `d${String(at)}`)));
      }
      const { lanes } = await claim(storage, { kind: "media", itemsPerLane: 1 });
      const results = await atOnce(5, async (at) => {
        const one = attachments[at];
        const lane = lanes.find(({ guestId }) => guestId === one?.guestId);
        assert.ok(one !== undefined && lane !== undefined);
        const file = aFile("x", { id: `fil_${String(at)}` });
        return settled(await storage.settleAttachment(settlement(lane, one.id, { state: "stored", file })));
      });
      assert.equal(new Set(results.map(({ attachment }) => attachment?.file?.id)).size, 1);
    },
  },
  {
    id: "attachment/quota",
    says: "Who fills the room of a guest, or of the hotel, stores no more; what they write is still seen (S46, T49).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const [first, second, third, fourth] = await sent(storage, guest, "a", 4);
      assert.ok(first !== undefined && second !== undefined && third !== undefined && fourth !== undefined);
      const ofGuest = { quotas: { hotelBytes: null, guestBytes: 2 * FILE_BYTES } };
      await keeps(storage, first, aFile("1"), ofGuest);
      assert.equal((await keeps(storage, second, aFile("2"), ofGuest)).attachment?.state, "stored");
      // Of a guest each attachment counts, also of a file that is there.
      const { attachment } = await keeps(storage, third, aFile("1"), ofGuest);
      assert.deepEqual([attachment?.state, attachment?.reason, attachment?.file], ["refused", "quota_guest", null]);
      const ofHotel = { quotas: { hotelBytes: 2 * FILE_BYTES, guestBytes: null } };
      const full = await keeps(storage, fourth, aFile("4"), ofHotel);
      assert.deepEqual([full.attachment?.state, full.attachment?.reason], ["refused", "quota_hotel"]);
      assert.deepEqual(await known(storage, ["fil_1", "fil_2", "fil_4"]), [true, true, false]);
      // Of the hotel a file counts once.
      const same = await anAddition(storage, guest, "5", { file: aFile("1", { id: "fil_5" }), ...ofHotel });
      assert.equal((await storage.addAttachment(same)).outcome, "stored");
      assert.equal(
        (await storage.addAttachment(await anAddition(storage, guest, "6", ofHotel))).outcome,
        "quota_hotel",
      );
      const guestIsFull = { quotas: { hotelBytes: null, guestBytes: 3 * FILE_BYTES } };
      const seventh = await anAddition(storage, guest, "7", guestIsFull);
      assert.equal((await storage.addAttachment(seventh)).outcome, "quota_guest");
      // What is forgotten makes room.
      const audit = anAuditEntry("aud_1", second.id);
      await storage.changeAttachment({ reach: "everything", id: second.id, purpose: null, forgetMs: 0, audit });
      assert.equal((await storage.addAttachment({ ...seventh, ...ofHotel })).outcome, "stored");
    },
  },
  {
    id: "attachment/quota-at-once",
    says: "Room for two is room for two, however many come at the same moment.",
    needs: "concurrency",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      await sent(storage, guest);
      const quotas = { hotelBytes: 2 * FILE_BYTES, guestBytes: null };
      const added = await atOnce(6, async (at) =>
        storage.addAttachment(await anAddition(storage, guest, `q${String(at)}`, { quotas })),
      );
      assert.deepEqual(added.map(({ outcome }) => outcome).filter((outcome) => outcome === "stored").length, 2);
    },
  },
  {
    id: "attachment/add",
    says: "A file that staff put there is for its conversation, and its message's once that is sent, also sent again (S72).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      await sent(storage, guest);
      const added = await storage.addAttachment(await anAddition(storage, guest, "1", { forgetMs: DAY_MS }));
      assert.equal(added.outcome, "stored");
      const { attachment } = added;
      assert.deepEqual([attachment.state, attachment.version, attachment.purpose], ["stored", 1, null]);
      assert.equal(attachment.said.fileName, "Rechnung \u0000.pdf");
      assert.deepEqual(await loaded(storage, "att_1"), attachment);
      assert.deepEqual(
        (await storage.audit({ hotelId: HOTEL, targetId: "att_1" })).map(({ id }) => id),
        ["aud_1"],
      );
      const content = { type: "document", media: { attachmentId: "att_1" } } as const;
      const conversation = aConversation("con_a", guest, { version: 1, lastSeq: 3 });
      await stored(storage, conversation, [
        anOutboundMessage("msg_2", conversation, 2, { content }),
        anOutboundMessage("msg_3", conversation, 3, { content }),
      ]);
      assert.equal((await amendedMessageOf(storage, "msg_2")).attachment?.id, "att_1");
      assert.equal((await amendedMessageOf(storage, "msg_3")).attachment?.id, "att_1");
      const audit = anAuditEntry("aud_2", "att_1");
      await storage.changeAttachment({ reach: "everything", id: "att_1", purpose: null, forgetMs: 0, audit });
      assert.deepEqual(await attachmentEvents(storage), ["msg_2 discarded reception", "msg_3 discarded reception"]);
    },
  },
  {
    id: "attachment/add-late",
    says: "A file whose bytes may have been swept away meanwhile is not said to be there.",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      await sent(storage, guest);
      const addition = await anAddition(storage, guest, "1");
      await shiftClock(31 * MINUTE_MS);
      assert.deepEqual(await storage.addAttachment(addition), { outcome: "late" });
      assert.deepEqual(await known(storage, ["fil_1"]), [false]);
      const again = { ...addition, since: await nowOf(storage) };
      await shiftClock(29 * MINUTE_MS);
      assert.equal((await storage.addAttachment(again)).outcome, "stored");
    },
  },
  {
    id: "attachment/reach",
    says: "Who sees a message sees its file, and nobody else; a file that no message names is its conversation's (T47).",
    async run({ storage }) {
      const { guest, id } = await aStoredOne(storage);
      assert.equal((await storage.addAttachment(await anAddition(storage, guest, "1"))).outcome, "stored");
      const sees = async (reach: Parameters<Storage["attachment"]>[0]["reach"], of = id) =>
        (await storage.attachment({ reach, id: of }))?.id ?? null;
      assert.equal(await sees("everything"), id);
      for (const of of [id, "att_1"]) {
        assert.equal(await sees(within([HOTEL, ["reception"]]), of), of);
        assert.equal(await sees(within([HOTEL, "all"]), of), of);
        assert.equal(await sees(within([HOTEL, ["spa"]]), of), null);
        assert.equal(await sees(within([OTHER_HOTEL, "all"]), of), null);
        assert.equal(await sees(within(), of), null);
      }
      assert.equal(await sees("everything", "att_\u0000"), null);
      // The conversation goes on at the spa.
      const next = aConversation("con_b", guest, { departmentId: "spa", lastSeq: 1 });
      const content = { type: "document", media: { attachmentId: "att_1" } } as const;
      await stored(storage, next, [anOutboundMessage("msg_b", next, 1, { content })]);
      assert.equal(await sees(within([HOTEL, ["spa"]]), "att_1"), "att_1");
      assert.equal(await sees(within([HOTEL, ["spa"]])), null);
      const closed = { status: "closed", closedAt: NOON, continuedIn: "con_b" } as const;
      await stored(storage, aConversation("con_a", guest, { version: 1, lastSeq: 1, ...closed }));
      assert.equal(await sees(within([HOTEL, ["spa"]])), id);
    },
  },
  {
    id: "attachment/reach-guest",
    says: "A guest opens the files of their own messages, and those alone (T47).",
    async run({ storage }) {
      const { guest, id } = await aStoredOne(storage);
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      const sees = async (guestId: string, of: string, hotelId = HOTEL) =>
        (await storage.attachment({ reach: { guest: { hotelId, id: guestId } }, id: of }))?.id ?? null;
      assert.equal(await sees(guest.id, id), id);
      assert.equal(await sees(other.id, id), null);
      assert.equal(await sees(guest.id, id, OTHER_HOTEL), null);
      await storage.addAttachment(await anAddition(storage, guest, "1"));
      assert.equal(await sees(guest.id, "att_1"), null, "it was not sent");
      const conversation = aConversation("con_a", guest, { version: 1, lastSeq: 2 });
      const content = { type: "document", media: { attachmentId: "att_1" } } as const;
      await stored(storage, conversation, [anOutboundMessage("msg_2", conversation, 2, { content })]);
      assert.equal(await sees(guest.id, "att_1"), "att_1");
      await merge(storage, guest.id, other.id);
      assert.equal(await sees(other.id, id), id);
    },
  },
  {
    id: "attachment/kept-for",
    says: "What a guest's file is for may be known before it is fetched, and what they sent for it in a conversation is found (M19).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage, { waId: "12025550101" });
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      const sends = async (of: GuestOfHotel, name: string, purposes: readonly (string | null)[]): Promise<void> => {
        const conversation = aConversation(`con_${name}`, of, { lastSeq: purposes.length, departmentId: name });
        const messages = purposes.map((_, at) =>
          anInboundMessage(`msg_${name}_${String(at + 1)}`, conversation, at + 1, { content: IMAGE }),
        );
        const attachments = messages.map((message, at) =>
          aNewAttachment(message, of, { purpose: purposes[at] ?? null }),
        );
        await stored(storage, conversation, messages, { attachments });
      };
      await sends(guest, "reception", ["identity", null, "identity", "damage"]);
      await sends(guest, "spa", ["identity"]);
      await sends(other, "bar", ["identity"]);
      const of = { hotelId: HOTEL, guestId: guest.id, conversationId: "con_reception" };
      const kept = (purposes: readonly string[], more = {}) => storage.attachmentsKeptFor({ ...of, purposes, ...more });
      const [first, second] = ["att_msg_reception_1", "att_msg_reception_3"];
      assert.equal((await loaded(storage, first)).purpose, "identity");
      assert.equal((await loaded(storage, "att_msg_reception_2")).purpose, null);
      assert.deepEqual(await kept(["identity"]), [first, second]);
      assert.deepEqual(await kept(["damage", "identity"]), [first, second, "att_msg_reception_4"]);
      assert.deepEqual(await kept([]), []);
      assert.deepEqual(await kept(["identity"], { guestId: other.id }), []);
      assert.deepEqual(await kept(["identity"], { conversationId: "con_none" }), []);
      assert.deepEqual(await kept(["identity"], { hotelId: OTHER_HOTEL }), []);
      const audit = anAuditEntry("aud_1", first);
      await storage.changeAttachment({ reach: "everything", id: first, purpose: "identity", forgetMs: 0, audit });
      assert.deepEqual(await kept(["identity"]), [second]);
    },
  },
  {
    id: "attachment/change",
    says: "What a file is kept for, and until when, is said by whoever may see it, and audited (M19).",
    async run({ storage }) {
      const { id } = await aStoredOne(storage, "a", { forgetMs: DAY_MS });
      const change = { id, purpose: "identity", forgetMs: MINUTE_MS, audit: anAuditEntry("aud_1", id) } as const;
      assert.equal(await storage.changeAttachment({ reach: within([HOTEL, ["spa"]]), ...change }), null);
      assert.equal(await storage.changeAttachment({ reach: "everything", ...change, id: "att_none" }), null);
      assert.deepEqual(await storage.audit({ hotelId: HOTEL, targetId: id }), []);
      const changed = await storage.changeAttachment({ reach: within([HOTEL, ["reception"]]), ...change });
      const now = (await nowOf(storage)).getTime();
      assert.deepEqual([changed?.attachment.purpose, changed?.attachment.version], ["identity", 3]);
      assert.ok((changed?.attachment.forgetAt?.getTime() ?? Infinity) <= now + MINUTE_MS);
      assert.deepEqual([changed?.files, changed?.events], [[], []]);
      const kept = await storage.changeAttachment({ reach: "everything", ...change, purpose: null, forgetMs: null });
      assert.deepEqual([kept?.attachment.purpose, kept?.attachment.forgetAt], [null, null]);
      assert.deepEqual(await loaded(storage, id), kept?.attachment);
      assert.equal((await storage.audit({ hotelId: HOTEL, targetId: id })).length, 1);
    },
  },
  {
    id: "attachment/discard",
    says: "A file that has served its purpose is forgotten with its small picture; the audit knows that it was, and nothing of it (M19).",
    async run({ storage }) {
      const { guest, id } = await aStoredOne(storage);
      const audit = anAuditEntry("aud_1", id);
      const gone = await storage.changeAttachment({ reach: "everything", id, purpose: "identity", forgetMs: 0, audit });
      assert.deepEqual(gone?.files, [
        { hotelId: HOTEL, id: "fil_a" },
        { hotelId: HOTEL, id: "thm_a" },
      ]);
      const { state, reason, file, purpose, forgetAt } = gone.attachment;
      assert.deepEqual([state, reason, file, purpose, forgetAt], ["discarded", "used", null, "identity", null]);
      assert.deepEqual(await known(storage, ["fil_a", "thm_a"]), [false, false]);
      assert.deepEqual((await attachmentEvents(storage)).slice(-1), ["msg_a_1 discarded reception"]);
      assert.deepEqual((await eventsOf(storage)).slice(-1), gone.events);
      assert.equal((await storage.audit({ hotelId: HOTEL, targetId: id })).length, 1);
      const again = await storage.changeAttachment({ reach: "everything", id, purpose: null, forgetMs: 0, audit });
      assert.deepEqual([again?.files, again?.events], [[], []]);
      const revoked = await aStoredOne(storage, "bar", {}, aFile("b"), "12025550103");
      const because = { reach: "everything", purpose: null, forgetMs: 0, because: "revoked" } as const;
      const change = { ...because, id: revoked.id, audit: anAuditEntry("aud_2", revoked.id) };
      assert.equal((await storage.changeAttachment(change))?.attachment.reason, "revoked");
      // The same file may come again, and is a file like any other.
      const [second] = await sent(storage, guest, "spa");
      assert.ok(second !== undefined);
      const { attachment } = await keeps(storage, second, aFile("a", { id: "fil_2" }));
      assert.equal(attachment?.file?.id, "fil_2");
    },
  },
  {
    id: "attachment/due",
    says: "What was kept until a time is forgotten then, and not before (M19).",
    async run({ storage, shiftClock }) {
      const { id } = await aStoredOne(storage, "a", { forgetMs: 10 * MINUTE_MS });
      const later = await aStoredOne(storage, "spa", { forgetMs: 20 * MINUTE_MS }, aFile("b"), "12025550102");
      const kept = await aStoredOne(storage, "bar", {}, aFile("c"), "12025550103");
      assert.deepEqual(await storage.forgetDue({ limit: 10 }), { files: [], events: [] });
      await shiftClock(10 * MINUTE_MS + 1);
      const { files, events } = await storage.forgetDue({ limit: 10 });
      assert.deepEqual(
        files.map((file) => file.id),
        ["fil_a", "thm_a"],
      );
      assert.deepEqual(
        events.map(({ body }) => (body.type === "message.attachment" ? body.messageId : null)),
        ["msg_a_1"],
      );
      const { state, reason, forgetAt } = await loaded(storage, id);
      assert.deepEqual([state, reason, forgetAt], ["discarded", "expired", null]);
      const [entry] = await storage.audit({ hotelId: HOTEL, targetId: id });
      assert.deepEqual([entry?.actor, entry?.action], [{ kind: "system", id: "desk" }, "attachment.forget"]);
      assert.deepEqual(await storage.forgetDue({ limit: 10 }), { files: [], events: [] });
      await shiftClock(DAY_MS);
      assert.equal((await storage.forgetDue({ limit: 10 })).files.length, 2);
      assert.equal((await loaded(storage, later.id)).state, "discarded");
      assert.equal((await loaded(storage, kept.id)).state, "stored");
    },
  },
  {
    id: "attachment/due-limit",
    says: "However much is due, a step of it is taken at a time, the longest due first.",
    async run({ storage, shiftClock }) {
      const first = await aStoredOne(storage, "a", { forgetMs: 20 * MINUTE_MS });
      const second = await aStoredOne(storage, "spa", { forgetMs: 10 * MINUTE_MS }, aFile("b"), "12025550102");
      await shiftClock(DAY_MS);
      await storage.forgetDue({ limit: 1 });
      assert.equal((await loaded(storage, first.id)).state, "stored");
      assert.equal((await loaded(storage, second.id)).state, "discarded");
    },
  },
  {
    id: "attachment/same-file-kept",
    says: "A file that two have is forgotten when nobody has it any more.",
    async run({ storage }) {
      const first = await aStoredOne(storage, "a", {}, aFile("x", { id: "fil_1", thumbnailId: "thm_1" }));
      const second = await aStoredOne(storage, "spa", {}, aFile("x", { id: "fil_2" }), "12025550102");
      const forget = async (id: string) =>
        (
          await storage.changeAttachment({
            reach: "everything",
            id,
            purpose: null,
            forgetMs: 0,
            audit: anAuditEntry(`aud_${id}`, id),
          })
        )?.files.map((file) => file.id);
      assert.deepEqual(await forget(first.id), []);
      assert.deepEqual(await known(storage, ["fil_1", "thm_1"]), [true, true]);
      assert.equal((await loaded(storage, second.id)).file?.id, "fil_1");
      assert.deepEqual(await forget(second.id), ["fil_1", "thm_1"]);
      assert.deepEqual(await known(storage, ["fil_1", "thm_1"]), [false, false]);
    },
  },
  {
    id: "attachment/known-files",
    says: "What lies in the store and nobody names is told apart from what somebody does.",
    async run({ storage }) {
      await aStoredOne(storage);
      assert.deepEqual(await known(storage, ["fil_none", "fil_a", "thm_a", "fil_\u0000"]), [false, true, true, false]);
      assert.deepEqual(await known(storage, ["fil_a"], OTHER_HOTEL), [false]);
      assert.deepEqual(await known(storage, []), []);
    },
  },
  {
    id: "attachment/upload",
    says: "A file that WhatsApp has from a number is sent by its id, as long as that lives, and from that number alone (S72).",
    async run({ storage, shiftClock }) {
      await aStoredOne(storage);
      const key = { hotelId: HOTEL, fileId: "fil_a", phoneNumberId: NUMBER };
      assert.equal(await storage.upload(key), null);
      await storage.putUpload({ ...key, mediaId: "901", liveMs: DAY_MS });
      assert.equal(await storage.upload(key), "901");
      assert.equal(await storage.upload({ ...key, phoneNumberId: SECOND_NUMBER }), null);
      assert.equal(await storage.upload({ ...key, hotelId: OTHER_HOTEL }), null);
      await storage.putUpload({ ...key, mediaId: "902", liveMs: 2 * DAY_MS });
      await shiftClock(DAY_MS + 1);
      assert.equal(await storage.upload(key), "902");
      await shiftClock(DAY_MS);
      assert.equal(await storage.upload(key), null);
    },
  },
  {
    id: "attachment/upload-forgotten",
    says: "An id that WhatsApp lost, or of a file that is no more, is not used again.",
    async run({ storage }) {
      const { guest } = await aStoredOne(storage);
      const key = { hotelId: HOTEL, fileId: "fil_a", phoneNumberId: NUMBER };
      await storage.putUpload({ ...key, mediaId: "901", liveMs: DAY_MS });
      await storage.putUpload({ ...key, mediaId: null, liveMs: 0 });
      assert.equal(await storage.upload(key), null);
      await storage.putUpload({ ...key, mediaId: "902", liveMs: DAY_MS });
      await erased(storage, guest.id);
      assert.equal(await storage.upload(key), null);
      await storage.putUpload({ ...key, mediaId: "903", liveMs: DAY_MS });
      assert.equal(await storage.upload(key), null);
    },
  },
  {
    id: "live/news-attachment",
    says: "Whoever watches is told that a file came, with its message as it is now.",
    async run({ storage }) {
      const { id } = await aStoredOne(storage);
      const news = await storage.news({ after: { hotelId: HOTEL, seq: 0, at: null }, limit: 100 });
      const message = news?.messages.find((one) => one.id === "msg_a_1");
      assert.deepEqual([message?.attachment?.id, message?.attachment?.state], [id, "stored"]);
    },
  },
];
