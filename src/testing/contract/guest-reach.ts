import assert from "node:assert/strict";
import type { GuestReach } from "../../domain/access.js";
import type { ConversationQuery } from "../../ports/read-storage.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  aGuestUpdate,
  aNote,
  anAuditEntry,
  anInboundMessage,
  anItem,
  anOutboundMessage,
  HOTEL,
  minutesAfterNoon,
  NOON,
  OTHER_HOTEL,
  phone,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, commit, merge, nowOf, pagesOf, remember, stored, unmerge } from "./steps.js";

const A = "12025550101";
const B = "12025550102";
const guestReach = (id: string, hotelId = HOTEL): GuestReach => ({ guest: { hotelId, id } });

const list = (storage: Storage, id: string, query: Partial<ConversationQuery> = {}, hotelId = HOTEL) =>
  storage.conversations({
    reach: guestReach(id, hotelId),
    hotelId: null,
    departmentId: null,
    status: null,
    after: null,
    limit: 100,
    ...query,
  });

const listed = async (storage: Storage, id: string, query: Partial<ConversationQuery> = {}) =>
  (await list(storage, id, query)).items.map(({ conversation }) => conversation.id);

const read = async (storage: Storage, id: string, conversationId: string, hotelId = HOTEL) =>
  (await storage.messages({ reach: guestReach(id, hotelId), conversationId, before: null, limit: 100 }))?.items.map(
    (message) => message.id,
  ) ?? null;

/** What a guest reaches: the host has a chat on its own pages, and lets guests read what they wrote and were answered. */
export const guestReachCases: readonly StorageCase[] = [
  {
    id: "read/guest",
    says: "A guest sees their conversations of every department, open and closed, and nobody else's (T51, T53).",
    async run({ storage }) {
      const anna = await aKnownGuest(storage, { waId: A });
      const tom = await aKnownGuest(storage, { waId: B });
      const away = await aKnownGuest(storage, { hotelId: OTHER_HOTEL, waId: A });
      const of = (id: string, guest: typeof anna, minute: number, fields: object = {}) => {
        const conversation = aConversation(id, guest, {
          lastMessageAt: minutesAfterNoon(minute),
          ...fields,
          lastSeq: 1,
        });
        return stored(storage, conversation, [anInboundMessage(`msg_${id}`, conversation, 1)]);
      };
      await of("con_1", anna, 1, { status: "closed", closedAt: NOON });
      await of("con_2", anna, 2);
      await of("con_3", anna, 3, { departmentId: "spa" });
      await of("con_4", anna, 4, { departmentId: null });
      await of("con_tom", tom, 5);
      await of("con_away", away, 6);

      assert.deepEqual(await listed(storage, anna.id), ["con_4", "con_3", "con_2", "con_1"]);
      assert.deepEqual(await listed(storage, tom.id), ["con_tom"]);
      assert.deepEqual(await listed(storage, "gst_nobody"), []);
      assert.deepEqual((await list(storage, anna.id, {}, OTHER_HOTEL)).items, [], "an id of another hotel is nobody's");
      assert.deepEqual(await listed(storage, anna.id, { departmentId: "spa" }), ["con_3"]);
      assert.deepEqual(await listed(storage, anna.id, { status: "closed" }), ["con_1"]);
      assert.deepEqual(await listed(storage, anna.id, { hotelId: OTHER_HOTEL }), []);
      const pages = await pagesOf((after: ConversationQuery["after"]) => list(storage, anna.id, { after, limit: 3 }));
      assert.deepEqual(
        pages.map((page) => page.map(({ conversation }) => conversation.id)),
        [["con_4", "con_3", "con_2"], ["con_1"]],
      );

      assert.deepEqual(await read(storage, anna.id, "con_3"), ["msg_con_3"]);
      assert.equal(await read(storage, anna.id, "con_tom"), null);
      assert.equal(await read(storage, anna.id, "con_away"), null);
      assert.equal(await read(storage, tom.id, "con_2"), null);
      assert.equal(await read(storage, anna.id, "con_2", OTHER_HOTEL), null);
      assert.equal(await read(storage, "gst_nobody", "con_2"), null);
    },
  },
  {
    id: "read/guest-merged",
    says: "Guests who turned out to be one see what either wrote, under either id; taken apart, each sees their own again.",
    async run({ storage }) {
      const anna = await aKnownGuest(storage, { waId: A });
      const tom = await aKnownGuest(storage, { waId: B });
      const first = aConversation("con_anna", anna, { lastSeq: 1 });
      await stored(storage, first, [anInboundMessage("msg_anna", first, 1)]);
      const second = aConversation("con_tom", tom, {
        departmentId: "spa",
        lastSeq: 1,
        lastMessageAt: minutesAfterNoon(1),
      });
      await stored(storage, second, [anInboundMessage("msg_tom", second, 1)]);
      await merge(storage, anna.id, tom.id);
      for (const { id } of [anna, tom]) {
        assert.deepEqual(await listed(storage, id), ["con_tom", "con_anna"]);
        assert.deepEqual(await read(storage, id, "con_anna"), ["msg_anna"]);
        assert.deepEqual(await read(storage, id, "con_tom"), ["msg_tom"]);
      }
      await unmerge(storage, anna.id);
      assert.deepEqual(await listed(storage, anna.id), ["con_anna"]);
      assert.deepEqual(await listed(storage, tom.id), ["con_tom"]);
      assert.equal(await read(storage, anna.id, "con_tom"), null);
      assert.equal(await read(storage, tom.id, "con_anna"), null);
    },
  },
  {
    id: "read/guest-continued",
    says: "A conversation that goes on with one of somebody who was taken for the same person shows a guest only their own part.",
    async run({ storage }) {
      const anna = await aKnownGuest(storage, { waId: A });
      const tom = await aKnownGuest(storage, { waId: B });
      const closed = { status: "closed", closedAt: NOON, continuedIn: "con_tom", lastSeq: 1 } as const;
      const earlier = aConversation("con_anna", anna, closed);
      await stored(storage, earlier, [anInboundMessage("msg_anna", earlier, 1)]);
      const own = aConversation("con_own", tom, { ...closed, departmentId: "spa" });
      await stored(storage, own, [anInboundMessage("msg_own", own, 1)]);
      const later = aConversation("con_tom", tom, { lastSeq: 1 });
      await stored(storage, later, [anInboundMessage("msg_tom", later, 1)]);
      assert.deepEqual(await read(storage, tom.id, "con_tom"), ["msg_tom", "msg_own"]);
      assert.deepEqual(await read(storage, anna.id, "con_anna"), ["msg_anna"]);
    },
  },
  {
    id: "read/guest-notes",
    says: "What staff note for one another no guest sees, neither in its place nor as what their conversation shows (T60).",
    async run({ storage }) {
      const anna = await aKnownGuest(storage, { waId: A });
      const conversation = aConversation("con_1", anna, {
        lastSeq: 3,
        previewMessageId: "msg_2",
        lastMessagePreview: "Note msg_2",
      });
      await stored(storage, conversation, [
        anInboundMessage("msg_1", conversation, 1),
        aNote("msg_2", conversation, 2),
        anOutboundMessage("msg_3", conversation, 3),
      ]);
      assert.deepEqual(await read(storage, anna.id, "con_1"), ["msg_3", "msg_1"]);
      const { items } = await list(storage, anna.id);
      assert.deepEqual(
        items.map((row) => row.conversation.lastMessagePreview),
        [""],
      );
      const staff = await storage.conversations({
        ...{ reach: "everything", hotelId: null, departmentId: null, status: null, after: null, limit: 100 },
      });
      assert.deepEqual(
        staff.items.map((row) => row.conversation.lastMessagePreview),
        ["Note msg_2"],
      );
    },
  },
  {
    id: "read/guest-nothing-else",
    says: "A guest reaches nothing but conversations and what was said in them: no webhook's story, no guest, no dead work, nothing that staff look for or keep for one another (T64).",
    async run({ storage }) {
      const anna = await aKnownGuest(storage, { waId: A });
      const reach = guestReach(anna.id);
      const conversation = aConversation("con_1", anna, { lastSeq: 2 });
      await stored(storage, conversation, [
        anInboundMessage("msg_1", conversation, 1),
        anOutboundMessage("msg_2", conversation, 2),
      ]);
      const news = {
        conversationId: null,
        departmentId: null,
        body: { type: "guest.merged", guestId: "a", into: "b" },
      } as const;
      await commit(storage, aCommand({ events: [news] }));
      await remember(storage, anItem("aside", await nowOf(storage), { chat: null }));
      await storage.putTemplates({ hotelId: HOTEL, templates: [], at: NOON });
      await commit(storage, aCommand({ guest: aGuestUpdate(anna.id, { name: "Anna" }) }));
      const noted = { ...conversation, version: 1, lastSeq: 3 };
      const mention = { hotelId: HOTEL, staffId: anna.id, messageId: "msg_3", conversationId: "con_1", at: NOON };
      await stored(storage, noted, [aNote("msg_3", noted, 3)], { mentions: [mention] });
      const reply = {
        id: "srp_1",
        hotelId: HOTEL,
        departmentId: null,
        shortcut: "hi",
        texts: { en: "Hi." },
        version: 0,
      };
      await storage.putSavedReply({ reach: "everything", reply, audit: anAuditEntry("aud_2", reply.id) });

      assert.equal(await storage.message({ reach, messageId: "msg_1" }), null);
      const asked = { client: null, template: null };
      assert.equal((await storage.loadConversation({ reach, conversationId: "con_1", ...asked })).state, null);
      assert.deepEqual((await storage.loadGuests({ reach, guestIds: [anna.id] })).guests, [null]);
      assert.deepEqual(await storage.findGuests({ reach, hotelId: HOTEL, addresses: [phone(A)] }), []);
      assert.equal(await storage.consents({ reach, guestId: anna.id }), null);
      const { state } = await storage.loadRecipient({ reach, hotelId: HOTEL, to: { guestId: anna.id }, ...asked });
      assert.equal(state.guest, null);
      const page = { reach, before: null, limit: 100 };
      assert.deepEqual((await storage.operatorEvents(page)).items, []);
      assert.deepEqual((await storage.dead(page)).items, []);
      assert.deepEqual((await storage.kept(page)).items, []);
      assert.deepEqual((await storage.templates({ reach, hotelId: HOTEL, after: null, limit: 100 })).items, []);
      assert.deepEqual(await storage.senders({ reach }), []);
      assert.deepEqual(await storage.counters({ reach, hotelId: null }), []);
      assert.equal(await storage.participants({ reach, conversationId: "con_1" }), null);
      assert.equal(await storage.newestInbound({ reach, conversationId: "con_1", upTo: null }), null);
      const words = [{ word: "message", isPrefix: true }];
      const sought = { reach, hotelId: HOTEL, words, before: null, limit: 100 };
      assert.deepEqual((await storage.search({ ...sought, departmentId: null })).items, []);
      assert.deepEqual(
        (await storage.searchGuests({ ...sought, words: [{ word: "anna", isPrefix: true }] })).items,
        [],
      );
      assert.deepEqual((await storage.mentions({ ...page, staffId: anna.id, unread: false })).items, []);
      assert.deepEqual(
        (await storage.auditEntries({ ...page, hotelId: HOTEL, targetId: null, actorId: null })).items,
        [],
      );
      const all = { hotelId: HOTEL, departmentId: null, after: null, limit: 100 };
      assert.deepEqual((await storage.savedReplies({ reach, ...all })).items, []);
      assert.equal(await storage.savedReply({ reach, id: reply.id }), null);
      assert.equal(
        await storage.deleteSavedReply({ reach, id: reply.id, audit: anAuditEntry("aud_3", reply.id) }),
        false,
      );
      const audit = anAuditEntry("aud_1", "wrk_1");
      assert.equal(await storage.replay({ reach, workId: "wrk_1", audit }), false);
    },
  },
];
