import assert from "node:assert/strict";
import {
  aCommand,
  aConversation,
  anAmendment,
  anImportedMessage,
  anInboundMessage,
  HOTEL,
  NOON,
  SECOND_NUMBER,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  amendedMessageOf,
  chatOf,
  commit,
  conflicts,
  eventsOf,
  merge,
  messageOf,
  messagesIn,
  pagesOf,
  stored,
} from "./steps.js";

const IMPORTED = { imported: true, status: "closed", closedAt: NOON } as const;

export const importedCases: readonly StorageCase[] = [
  {
    id: "commit/imported",
    says: "Old messages out of the phone app have the places they were given, before all others, and no event tells of them.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const today = aConversation("con_1", guest, { lastSeq: 1 });
      await stored(storage, today, [anInboundMessage("msg_1", today, 1)]);
      const old = aConversation("con_old", guest, {
        ...IMPORTED,
        lastSeq: 3,
        continuedIn: "con_1",
        previewMessageId: "msg_3",
      });
      const places = { msg_old_1: -1_700_000_000_000_002, msg_old_2: -40, msg_old_3: -9_000_000_000_000_000 };
      const messages = Object.entries(places).map(([id, place], index) =>
        anImportedMessage(id, old, index + 1, place, index === 1 ? { direction: "outbound", status: "read" } : {}),
      );
      await stored(storage, old, messages);
      for (const [id, place] of Object.entries(places)) assert.equal((await messageOf(storage, id)).eventSeq, place);
      assert.equal((await messageOf(storage, "msg_old_2")).status, "read");
      assert.deepEqual(
        (await eventsOf(storage)).map(({ seq, body }) => [seq, body.type]),
        [[1, "message.received"]],
      );
      const read = (before: number | null, limit: number) =>
        storage.messages({ reach: "everything", conversationId: "con_1", before, limit });
      for (const limit of [1, 2, 4]) {
        const pages = await pagesOf((before: number | null) => read(before, limit));
        assert.deepEqual(
          pages.flat().map(({ id }) => id),
          ["msg_1", "msg_old_2", "msg_old_1", "msg_old_3"],
        );
      }
    },
  },
  {
    id: "commit/imported-beside",
    says: "Old messages and new ones may come in one change; only the new take a number.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 3 });
      const messages = [
        anImportedMessage("msg_old", conversation, 1, -7),
        anInboundMessage("msg_1", conversation, 2),
        anInboundMessage("msg_2", conversation, 3),
      ];
      await stored(storage, conversation, messages);
      const places = await Promise.all(messages.map(async ({ id }) => (await messageOf(storage, id)).eventSeq));
      assert.deepEqual(places, [-7, 1, 2]);
    },
  },
  {
    id: "commit/imported-gives-way",
    says: "An old message that comes live after all is stored once, where it came live; as an old one it does not come back.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const old = aConversation("con_old", guest, { ...IMPORTED, lastSeq: 2, previewMessageId: "msg_old_2" });
      const imported = (id: string, wamid: string, seq: number) => anImportedMessage(id, old, seq, seq - 9, { wamid });
      await stored(storage, old, [imported("msg_old_1", "wamid.1", 1), imported("msg_old_2", "wamid.2", 2)]);
      await commit(storage, aCommand({ amendments: [anAmendment("wamid.a", "wamid.2", guest)] }));
      const conversation = aConversation("con_1", guest, { lastSeq: 1 });
      const live = anInboundMessage("msg_1", conversation, 1, { wamid: "wamid.2" });
      await stored(storage, conversation, [live]);
      assert.deepEqual(await messagesIn(storage, "con_old"), ["msg_old_1"]);
      assert.deepEqual(await messagesIn(storage, "con_1"), ["msg_1"]);
      assert.equal(await storage.message({ reach: "everything", messageId: "msg_old_2" }), null);
      const { known } = await chatOf(storage, guest, { wamids: ["wamid.1", "wamid.2"] });
      assert.deepEqual(
        [...known].map(([wamid, { messageId, isImported }]) => [wamid, messageId, isImported]),
        [
          ["wamid.1", "msg_old_1", true],
          ["wamid.2", "msg_1", false],
        ],
      );
      assert.equal((await amendedMessageOf(storage, "msg_1")).amendments.length, 1, "what was done to it stays");
      for (const wamid of ["wamid.1", "wamid.2"]) {
        const again = aCommand({ messages: [imported("msg_again", wamid, 3)] });
        conflicts(await storage.commit(HOTEL, [again]), [0], [again]);
      }
    },
  },
  {
    id: "load/chat-imported",
    says: "The conversation with a number's old messages comes with its chat, closed as it is, also when another goes on with it.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const elsewhere = { ...guest, phoneNumberId: SECOND_NUMBER };
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      const old = await stored(storage, aConversation("con_old", guest, IMPORTED));
      await stored(storage, aConversation("con_elsewhere", elsewhere, IMPORTED));
      await stored(storage, aConversation("con_other", other, IMPORTED));
      await stored(storage, aConversation("con_closed", guest, { status: "closed", closedAt: NOON }));
      const loaded = async (of: typeof guest) => (await chatOf(storage, of)).conversations.map(({ id }) => id).sort();
      assert.deepEqual((await chatOf(storage, guest)).conversations, [old]);
      assert.deepEqual(await loaded(elsewhere), ["con_elsewhere"]);
      await merge(storage, other.id, guest.id);
      assert.deepEqual(await loaded(guest), ["con_old", "con_other"], "a merged guest's too");
      await stored(storage, aConversation("con_1", guest));
      await stored(storage, { ...old, continuedIn: "con_1" });
      assert.deepEqual(await loaded(guest), ["con_1", "con_old", "con_other"]);
    },
  },
];
