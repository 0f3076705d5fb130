import assert from "node:assert/strict";
import {
  aCommand,
  aConversation,
  anInboundMessage,
  anOutboundMessage,
  HOTEL,
  messageEvent,
  NOON,
  OTHER_HOTEL,
  SECOND_NUMBER,
  sendWork,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  atOnce,
  claimOne,
  commit,
  conversationOf,
  stored,
  conflicts,
  collides,
  messagesIn,
} from "./steps.js";

export const commitOnceCases: readonly StorageCase[] = [
  {
    id: "commit/one-open",
    says: "A guest has one open conversation with a department: a second is a conflict, however it comes to be (I4).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      await stored(storage, aConversation("con_1", guest));
      const closed = await stored(storage, aConversation("con_2", guest, { status: "closed", closedAt: NOON }));
      const elsewhere = await stored(storage, aConversation("con_3", guest, { departmentId: "restaurant" }));
      for (const second of [
        aConversation("con_4", guest),
        { ...closed, status: "open" as const },
        { ...elsewhere, departmentId: "reception" },
      ]) {
        const change = aCommand({ conversations: [second] });
        conflicts(await storage.commit(HOTEL, [change]), [0], [change]);
      }
      const { items } = await storage.conversations({
        reach: "everything",
        hotelId: null,
        departmentId: "reception",
        status: "open",
        after: null,
        limit: 10,
      });
      assert.deepEqual(
        items.map(({ conversation }) => conversation.id),
        ["con_1"],
      );
    },
  },
  {
    id: "commit/one-open-undecided",
    says: "A guest who has not chosen a department has one open conversation too.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      await stored(storage, aConversation("con_1", guest, { departmentId: null }));
      const second = aCommand({ conversations: [aConversation("con_2", guest, { departmentId: null })] });
      conflicts(await storage.commit(HOTEL, [second]), [0], [second]);
    },
  },
  {
    id: "commit/one-open-others",
    says: "Another guest, department, mode or hotel is no second conversation, and closed ones are any number.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      await stored(storage, aConversation("con_1", guest));
      await stored(storage, aConversation("con_2", guest, { mode: "flow" }));
      await stored(storage, aConversation("con_3", guest, { departmentId: null }));
      await stored(storage, aConversation("con_4", guest, { departmentId: "Reception" }));
      await stored(storage, aConversation("con_5", guest, { status: "closed", closedAt: NOON }));
      await stored(storage, aConversation("con_6", guest, { status: "closed", closedAt: NOON }));
      await stored(storage, aConversation("con_7", await aKnownGuest(storage, { waId: "12025550102" })));
      await stored(storage, aConversation("con_8", await aKnownGuest(storage, { hotelId: OTHER_HOTEL })));
    },
  },
  {
    id: "commit/one-open-after",
    says: "What counts is how a change leaves things: it may close one conversation and open its successor.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const first = await stored(storage, aConversation("con_1", guest));
      const closed = { ...first, status: "closed" as const, closedAt: NOON };
      await commit(storage, aCommand({ conversations: [aConversation("con_2", guest), closed] }));
      const second = await conversationOf(storage, "con_2");
      const reopened = { ...(await conversationOf(storage, "con_1")), status: "open" as const, closedAt: null };
      await commit(storage, aCommand({ conversations: [reopened, { ...second, departmentId: "restaurant" }] }));
      assert.equal((await conversationOf(storage, "con_1")).status, "open");
    },
  },
  {
    id: "commit/one-open-in-a-batch",
    says: "Two numbers on which a guest opens the same matter, decided in one batch, collide, and either can be stored alone.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const opened = [
        aCommand({ conversations: [aConversation("con_1", guest)] }),
        aCommand({ conversations: [aConversation("con_2", { ...guest, phoneNumberId: SECOND_NUMBER })] }),
      ] as const;
      collides(await storage.commit(HOTEL, opened));
      await commit(storage, opened[0]);
      conflicts(await storage.commit(HOTEL, [opened[1]]), [0], [opened[1]]);
    },
  },
  {
    id: "commit/one-open-at-once",
    says: "Many processes that open the same conversation at the same moment end with one (F27, chatwoot#10798).",
    needs: "concurrency",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const results = await atOnce(10, (index) =>
        storage.commit(HOTEL, [aCommand({ conversations: [aConversation(`con_${String(index)}`, guest)] })]),
      );
      assert.deepEqual(results.map(({ outcome }) => outcome).sort(), [
        "committed",
        ...Array.from({ length: 9 }, () => "conflict"),
      ]);
    },
  },
  {
    id: "commit/client-id",
    says: "One id of a sender is one message: used again, it is a conflict, and deciding again finds the first (I7).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = await stored(storage, aConversation("con_1", guest));
      const reply = (id: string, authorId: string) =>
        anOutboundMessage(id, conversation, 1, {
          clientMessageId: "client_1",
          author: { kind: "staff", id: authorId, name: null },
        });
      const giving = (id: string, authorId: string) => {
        const message = reply(id, authorId);
        return aCommand({ messages: [message], events: [messageEvent(message, conversation)] });
      };
      await commit(storage, giving("msg_1", "staff_1"));
      const again = giving("msg_2", "staff_1");
      conflicts(await storage.commit(HOTEL, [again]), [0], [again]);
      await commit(
        storage,
        aCommand({
          messages: [{ ...reply("msg_3", "staff_2"), seq: 2 }],
          events: [messageEvent(reply("msg_3", "staff_2"), conversation)],
        }),
      );
      assert.deepEqual(await messagesIn(storage, "con_1"), ["msg_1", "msg_3"]);
    },
  },
  {
    id: "commit/client-id-at-once",
    says: "A reply that is posted ten times at the same moment is stored once.",
    needs: "concurrency",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = await stored(storage, aConversation("con_1", guest));
      const results = await atOnce(10, (index) => {
        const message = anOutboundMessage(`msg_${String(index)}`, conversation, 1, { clientMessageId: "client_1" });
        const work = [sendWork(message, guest)];
        const conversations = [{ ...conversation, lastSeq: 1 }];
        return storage.commit(HOTEL, [
          aCommand({ conversations, messages: [message], events: [messageEvent(message, conversation)], work }),
        ]);
      });
      assert.equal(results.filter(({ outcome }) => outcome === "committed").length, 1);
      assert.equal((await messagesIn(storage, "con_1")).length, 1);
      assert.equal((await claimOne(storage, "outbound")).items.length, 1);
    },
  },
  {
    id: "commit/client-id-wamid",
    says: "One message of WhatsApp is one message of a hotel: its id again is a conflict, in another hotel it is not.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = await stored(storage, aConversation("con_1", guest, { lastSeq: 1 }));
      const heard = (id: string, where: typeof conversation, seq: number) => {
        const message = anInboundMessage(id, where, seq, { wamid: "wamid.1" });
        return aCommand({ hotelId: where.hotelId, messages: [message], events: [messageEvent(message, where)] });
      };
      await commit(storage, heard("msg_1", conversation, 1));
      const again = heard("msg_2", conversation, 2);
      conflicts(await storage.commit(HOTEL, [again]), [0], [again]);
      const elsewhere = await stored(
        storage,
        aConversation("con_2", await aKnownGuest(storage, { hotelId: OTHER_HOTEL })),
      );
      await commit(storage, heard("msg_3", elsewhere, 1));
    },
  },
];
