import assert from "node:assert/strict";
import type { Storage } from "../../ports/storage.js";
import {
  aConversation,
  anAuditEntry,
  anInboundMessage,
  anOutboundMessage,
  DAY_MS,
  HOTEL,
  MINUTE_MS,
  NOON,
  OTHER_HOTEL,
  within,
  type GuestOfHotel,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, eventsOf, merge, nowOf, stored } from "./steps.js";
import {
  aFile,
  aNewAttachment,
  IMAGE,
  sent,
  keeps,
  loaded,
  known,
  aStoredOne,
  anAddition,
  attachmentEvents,
} from "./attachment-steps.js";

/** Who reaches a file that is there, for how long it is kept, and how it goes. */
export const keptAttachmentCases: readonly StorageCase[] = [
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
];
