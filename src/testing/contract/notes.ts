import assert from "node:assert/strict";
import type { Reach } from "../../domain/access.js";
import type { Mention } from "../../domain/mention.js";
import type { Participant } from "../../domain/participant.js";
import type { MentionQuery } from "../../ports/read-storage.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  anEcho,
  anImportedMessage,
  anInboundMessage,
  anOutboundMessage,
  aNote,
  aReport,
  HOTEL,
  minutesAfterNoon,
  NOON,
  OTHER_HOTEL,
  within,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, asStored, commit, messageOf, messagesIn, nowOf, pagesOf, stored } from "./steps.js";

const mention = (messageId: string, conversationId: string, fields: Partial<Mention> = {}): Mention => ({
  hotelId: HOTEL,
  staffId: "anna",
  messageId,
  conversationId,
  at: NOON,
  ...fields,
});

const mentionsOf = (storage: Storage, query: Partial<MentionQuery> = {}) =>
  storage.mentions({ reach: "everything", staffId: "anna", unread: false, before: null, limit: 100, ...query });

/** How far each has read, by conversation, kind and id. */
async function markers(storage: Storage, conversationId: string): Promise<Readonly<Record<string, number>> | null> {
  const found = await storage.participants({ reach: "everything", conversationId });
  return (
    found &&
    Object.fromEntries(found.participants.map((one) => [`${one.conversationId} ${one.kind} ${one.id}`, one.readSeq]))
  );
}

const reader = (conversationId: string, readSeq: number, fields: Partial<Participant> = {}): Participant => ({
  conversationId,
  kind: "staff",
  id: "anna",
  readSeq,
  ...fields,
});

export const noteCases: readonly StorageCase[] = [
  {
    id: "commit/note",
    says: "A note stands in the history at its place, numbered like any message, and no guest wrote it: it counts as nothing unread.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 2 });
      const note = aNote("msg_2", conversation, 2, {
        content: { type: "note", text: "NUL \u0000, @anna", mentions: ["anna"] },
        clientMessageId: "n1",
      });
      await stored(storage, conversation, [anInboundMessage("msg_1", conversation, 1), note]);
      assert.deepEqual(await messageOf(storage, "msg_2"), asStored(note, 2));
      assert.deepEqual(await messagesIn(storage, "con_1"), ["msg_1", "msg_2"]);
      const query = { hotelId: null, departmentId: null, status: null, after: null, limit: 10 } as const;
      const { items } = await storage.conversations({ reach: "everything", ...query });
      assert.deepEqual(
        items.map(({ unread }) => unread),
        [1],
      );
      // Its author's own id for it is taken like any message's.
      const again = { ...aNote("msg_3", conversation, 3), clientMessageId: "n1" };
      const now = { ...conversation, version: 1, lastSeq: 3 };
      const change = { conversations: [now], messages: [again], events: [] };
      const told = {
        conversationId: "con_1",
        departmentId: "reception",
        body: { type: "message.noted", messageId: "msg_3" },
      } as const;
      const result = await storage.commit(HOTEL, [aCommand({ ...change, events: [told] })]);
      assert.equal(result.outcome, "conflict");
    },
  },
  {
    id: "commit/note-unsent",
    says: "No report of WhatsApp is about a note, whatever it is called by: nothing of it was ever sent.",
    async run({ storage }) {
      const conversation = aConversation("con_1", await aKnownGuest(storage), { lastSeq: 1 });
      await stored(storage, conversation, [aNote("msg_1", conversation, 1)]);
      const { outcomes, events } = await storage.applyStatuses([
        aReport("read", "wamid.1", { correlationId: "msg_1" }),
      ]);
      assert.deepEqual([outcomes, events], [["parked"], []]);
      assert.equal((await messageOf(storage, "msg_1")).status, "noted");
    },
  },
  {
    id: "commit/participant",
    says: "How far somebody has read moves on, and never back (S8).",
    async run({ storage }) {
      const conversation = aConversation("con_1", await aKnownGuest(storage));
      await stored(storage, conversation, [], { participants: [reader("con_1", 2)] });
      await commit(storage, aCommand({ participants: [reader("con_1", 5), reader("con_1", 1, { id: "ben" })] }));
      await commit(storage, aCommand({ participants: [reader("con_1", 3)] }));
      assert.deepEqual(await markers(storage, "con_1"), { "con_1 staff anna": 5, "con_1 staff ben": 1 });
    },
  },
  {
    id: "load/answered",
    says: "Whoever answers is told who answered since the message that they saw: a colleague, a bot or the hotel's phone, not a guest, not a note, not themselves (P).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 6 });
      const ben = { kind: "staff", id: "ben", name: "Ben \u0000" } as const;
      await stored(storage, conversation, [
        anInboundMessage("msg_1", conversation, 1),
        anOutboundMessage("msg_2", conversation, 2, { author: ben, status: "failed" }),
        anEcho("msg_3", conversation, 3),
        anOutboundMessage("msg_4", conversation, 4, { author: { kind: "staff", id: "anna", name: null } }),
        aNote("msg_5", conversation, 5, { author: ben }),
        anInboundMessage("msg_6", conversation, 6),
      ]);
      const other = aConversation("con_2", guest, { departmentId: "spa", lastSeq: 9 });
      await stored(storage, other, [anOutboundMessage("msg_9", other, 9, { author: ben })]);
      const answered = async (seq: number, by: string) => {
        const key = { reach: "everything", conversationId: "con_1", client: null, template: null } as const;
        const { state } = await storage.loadConversation({ ...key, answered: { seq, by } });
        return state?.answered;
      };
      assert.deepEqual(await answered(0, "anna"), { seq: 3, author: { kind: "device" } });
      assert.deepEqual(await answered(3, "anna"), null);
      assert.deepEqual(await answered(3, "ben"), { seq: 4, author: { kind: "staff", id: "anna", name: null } });
      assert.deepEqual(await answered(4, "ben"), null);
      const key = { reach: "everything", conversationId: "con_1", client: null, template: null } as const;
      const { state } = await storage.loadConversation(key);
      assert.equal(state !== null && "answered" in state, false, "nobody asked");
    },
  },
  {
    id: "load/answered-author",
    says: "A colleague's answer is theirs, whatever became of it.",
    async run({ storage }) {
      const conversation = aConversation("con_1", await aKnownGuest(storage), { lastSeq: 1 });
      const author = { kind: "staff", id: "ben", name: "Ben \u0000" } as const;
      await stored(storage, conversation, [
        anOutboundMessage("msg_1", conversation, 1, { author, status: "failed", failure: { code: "x", message: "x" } }),
      ]);
      const key = { reach: "everything", conversationId: "con_1", client: null, template: null } as const;
      const { state } = await storage.loadConversation({ ...key, answered: { seq: 0, by: "anna" } });
      assert.deepEqual(state?.answered, { seq: 1, author });
    },
  },
  {
    id: "read/participants",
    says: "Who took part is told with how far they have read, also of what a conversation continues; out of reach there is nobody.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const closed = { status: "closed", closedAt: NOON, continuedIn: "con_2", departmentId: null } as const;
      const first = aConversation("con_1", guest, { ...closed, lastSeq: 1 });
      await stored(storage, first, [anInboundMessage("msg_1", first, 1)], {
        participants: [reader("con_1", 1), reader("con_1", 1, { kind: "guest", id: guest.id })],
      });
      const second = aConversation("con_2", guest, { lastSeq: 4 });
      await stored(storage, second, [], {
        participants: [reader("con_2", 3), reader("con_2", 0, { kind: "bot", id: "desk" })],
      });
      await stored(storage, aConversation("con_3", guest, { departmentId: "spa" }), [], {
        participants: [reader("con_3", 1)],
      });
      const found = await storage.participants({ reach: within([HOTEL, ["reception"]]), conversationId: "con_2" });
      assert.deepEqual(
        found?.conversations.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        [
          { id: "con_1", lastSeq: 1 },
          { id: "con_2", lastSeq: 4 },
        ],
      );
      assert.deepEqual(await markers(storage, "con_2"), {
        "con_1 staff anna": 1,
        [`con_1 guest ${guest.id}`]: 0,
        "con_2 staff anna": 3,
        "con_2 bot desk": 0,
      });
      const sees = async (reach: Reach, conversationId = "con_2") =>
        (await storage.participants({ reach, conversationId })) !== null;
      assert.equal(await sees(within([HOTEL, ["spa"]])), false);
      assert.equal(await sees(within([OTHER_HOTEL, "all"])), false);
      assert.equal(await sees(within([HOTEL, ["reception"]]), "con_1"), false);
      assert.equal(await sees("everything", "con_nobody"), false);
    },
  },
  {
    id: "read/participants-guest",
    says: "A guest has read as far as WhatsApp said of the hotel's messages, and no further.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 5 });
      await stored(
        storage,
        conversation,
        [
          anEcho("msg_1", conversation, 1, { status: "read" }),
          anEcho("msg_2", conversation, 2, { status: "played" }),
          anEcho("msg_3", conversation, 3, { status: "delivered" }),
          anInboundMessage("msg_4", conversation, 4),
        ],
        { participants: [reader("con_1", 4, { kind: "guest", id: guest.id })] },
      );
      assert.deepEqual(await markers(storage, "con_1"), { [`con_1 guest ${guest.id}`]: 2 });
    },
  },
  {
    id: "read/newest-inbound",
    says: "The newest of what a guest wrote is found in a conversation and in those it continues, up to any number.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const closed = { status: "closed", closedAt: NOON, continuedIn: "con_2", departmentId: null } as const;
      const first = aConversation("con_1", guest, { ...closed, lastSeq: 5, phoneNumberId: "200000000000011" });
      await stored(storage, first, [anInboundMessage("msg_1", first, 5, { sentAt: minutesAfterNoon(1) })]);
      const second = aConversation("con_2", guest, { lastSeq: 6 });
      await stored(storage, second, [
        anInboundMessage("msg_3", second, 2, { sentAt: minutesAfterNoon(2) }),
        anInboundMessage("msg_4", second, 3, { sentAt: minutesAfterNoon(3) }),
        anOutboundMessage("msg_5", second, 4),
        aNote("msg_6", second, 5),
        anInboundMessage("msg_7", second, 6, { content: { type: "system", changed: "identity" } }),
        anInboundMessage("msg_8", second, 7, { content: { type: "call", direction: "fromGuest", outcome: "failed" } }),
      ]);
      const newest = (upTo: number | null, conversationId = "con_2", reach: Reach = within([HOTEL, ["reception"]])) =>
        storage.newestInbound({ reach, conversationId, upTo });
      const now = await nowOf(storage);
      const found = await newest(null);
      assert.ok(found !== null && found.now.getTime() >= now.getTime());
      assert.deepEqual(
        { ...found, now },
        {
          now,
          hotelId: HOTEL,
          message: {
            conversationId: "con_2",
            seq: 3,
            eventSeq: 3,
            guestId: guest.id,
            phoneNumberId: guest.phoneNumberId,
            wamid: "wamid.msg_4",
            sentAt: minutesAfterNoon(3),
          },
        },
      );
      assert.equal((await newest(2))?.message?.seq, 2);
      const before = (await newest(1))?.message;
      assert.deepEqual(
        [before?.conversationId, before?.wamid, before?.phoneNumberId],
        ["con_1", "wamid.msg_1", "200000000000011"],
      );
      assert.equal(await newest(null, "con_2", within([HOTEL, ["spa"]])), null);
      assert.equal(await newest(null, "con_1"), null, "asked for by itself it is nobody's department");
      assert.equal(await newest(null, "con_nobody", "everything"), null);
    },
  },
  {
    id: "read/newest-inbound-none",
    says: "Where a guest wrote nothing, and where all they wrote is older than the desk, there is no newest message.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const old = aConversation("con_1", guest, { status: "closed", closedAt: NOON, imported: true, lastSeq: 1 });
      await stored(storage, old, [anImportedMessage("msg_1", old, 1, -1)]);
      await stored(storage, aConversation("con_2", guest));
      for (const conversationId of ["con_1", "con_2"]) {
        const found = await storage.newestInbound({ reach: "everything", conversationId, upTo: null });
        assert.deepEqual([found?.hotelId, found?.message], [HOTEL, null]);
      }
    },
  },
  {
    id: "read/mentions",
    says: "Whoever was named finds the notes that name them, the newest first, and whether they have read them.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 3 });
      const notes = [1, 2, 3].map((seq) => aNote(`msg_${String(seq)}`, conversation, seq));
      await stored(storage, conversation, notes, {
        mentions: [
          mention("msg_1", "con_1"),
          mention("msg_2", "con_1", { at: minutesAfterNoon(1) }),
          mention("msg_3", "con_1", { at: minutesAfterNoon(1) }),
          mention("msg_3", "con_1", { at: minutesAfterNoon(2), staffId: "ben" }),
        ],
        participants: [reader("con_1", 2), reader("con_1", 3, { kind: "bot" }), reader("con_1", 3, { id: "ben" })],
      });
      const { items, next } = await mentionsOf(storage);
      assert.equal(next, null);
      assert.deepEqual(
        items.map(({ mention: { messageId }, read }) => [messageId, read]),
        [
          ["msg_3", false],
          ["msg_2", true],
          ["msg_1", true],
        ],
      );
      assert.deepEqual(items[2], {
        mention: mention("msg_1", "con_1"),
        message: await messageOf(storage, "msg_1"),
        read: true,
        shownIn: ["con_1"],
      });
      const ids = async (query: Partial<MentionQuery>) =>
        (await mentionsOf(storage, query)).items.map(({ mention: { messageId } }) => messageId);
      assert.deepEqual(await ids({ unread: true }), ["msg_3"]);
      assert.deepEqual(await ids({ staffId: "ben" }), ["msg_3"]);
      assert.deepEqual(await ids({ staffId: "nobody" }), []);
      for (const limit of [1, 2, 3]) {
        const pages = await pagesOf((before: MentionQuery["before"]) => mentionsOf(storage, { before, limit }));
        assert.deepEqual(
          pages.flat().map(({ mention: { messageId } }) => messageId),
          ["msg_3", "msg_2", "msg_1"],
        );
        assert.equal(pages.length, Math.ceil(3 / limit), "the last page says that it is the last");
      }
    },
  },
  {
    id: "read/mentions-reach",
    says: "A mention is found by whoever may see its conversation, or one that goes on with it, and by nobody else (T51).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const closed = { status: "closed", closedAt: NOON, continuedIn: "con_2" } as const;
      const first = aConversation("con_1", guest, { ...closed, departmentId: "spa", lastSeq: 1 });
      const options = { mentions: [mention("msg_1", "con_1")] };
      await stored(storage, first, [aNote("msg_1", first, 1)], options);
      await stored(storage, aConversation("con_2", guest));
      const finds = async (reach: Reach) => (await mentionsOf(storage, { reach })).items;
      assert.deepEqual(new Set((await finds("everything"))[0]?.shownIn), new Set(["con_1", "con_2"]));
      assert.equal((await finds(within([HOTEL, ["spa"]]))).length, 1);
      assert.equal((await finds(within([HOTEL, ["reception"]]))).length, 1);
      assert.equal((await finds(within([HOTEL, "all"]))).length, 1);
      assert.equal((await finds(within([HOTEL, ["restaurant"]]))).length, 0);
      assert.equal((await finds(within([OTHER_HOTEL, "all"]))).length, 0);
    },
  },
  {
    id: "read/mentions-once",
    says: "A mention that is stored stays as it is.",
    async run({ storage }) {
      const conversation = aConversation("con_1", await aKnownGuest(storage), { lastSeq: 1 });
      await stored(storage, conversation, [aNote("msg_1", conversation, 1)], {
        mentions: [mention("msg_1", "con_1")],
      });
      await commit(storage, aCommand({ mentions: [mention("msg_1", "con_1", { at: minutesAfterNoon(9) })] }));
      const { items } = await mentionsOf(storage);
      assert.deepEqual(
        items.map(({ mention: { at } }) => at),
        [NOON],
      );
    },
  },
];
