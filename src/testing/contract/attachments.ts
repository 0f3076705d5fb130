import assert from "node:assert/strict";
import type { NewAttachment } from "../../domain/attachment.js";
import {
  aCommand,
  aConversation,
  anAuditEntry,
  anInboundMessage,
  anOutboundMessage,
  DAY_MS,
  HOTEL,
  MINUTE_MS,
  NUMBER,
  OTHER_HOTEL,
  SECOND_NUMBER,
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
  nothingIsDue,
  nowOf,
  stored,
} from "./steps.js";
import {
  FILE_BYTES,
  aFile,
  infoOf,
  aNewAttachment,
  sent,
  settlement,
  keeps,
  settled,
  loaded,
  known,
  aStoredOne,
  anAddition,
  attachmentEvents,
} from "./attachment-steps.js";

/** How a file of a guest or of staff comes in, and what it is then. */
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
