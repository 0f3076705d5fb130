import assert from "node:assert/strict";
import type { Reach } from "../../domain/access.js";
import type { MessageQuery } from "../../ports/read-storage.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  anAuditEntry,
  anInboundMessage,
  anOutboundMessage,
  HOTEL,
  minutesAfterNoon,
  NOON,
  OTHER_HOTEL,
  within,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, amendedMessageOf, commit, eventsOf, pagesOf, stored } from "./steps.js";

const read = (storage: Storage, conversationId: string, query: Partial<MessageQuery> = {}) =>
  storage.messages({ reach: "everything", conversationId, before: null, limit: 100, ...query });

export const readCases: readonly StorageCase[] = [
  {
    id: "read/reach-messages",
    says: "Messages out of reach look like messages that do not exist, asked for together or one by one (T51, T53, T56).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      for (const departmentId of ["reception", null]) {
        const id = String(departmentId);
        const conversation = aConversation(`con_${id}`, guest, { departmentId, lastSeq: 1 });
        await stored(storage, conversation, [anInboundMessage(`msg_${id}`, conversation, 1)]);
      }
      const sees = async (id: string, reach: Reach) => {
        const page = await read(storage, `con_${id}`, { reach });
        const history = await storage.message({ reach, messageId: `msg_${id}` });
        assert.equal(page === null, history === null);
        return page !== null;
      };
      assert.equal(await sees("reception", within([HOTEL, ["reception"]])), true);
      assert.equal(await sees("null", within([HOTEL, "all"])), true);
      assert.equal(await sees("reception", within([HOTEL, ["spa"]])), false);
      assert.equal(await sees("reception", within([OTHER_HOTEL, "all"])), false);
      assert.equal(await sees("null", within([HOTEL, ["reception", "null", ""]])), false);
      assert.equal(await sees("reception", within()), false);
      assert.equal(await sees("nobody", "everything"), false);
    },
  },
  {
    id: "read/messages",
    says: "A conversation's messages come newest first by their place in the hotel, page by page, each once.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 5 });
      const other = aConversation("con_2", guest, { departmentId: "spa", lastSeq: 1 });
      const messages = [1, 2, 3, 4, 5].map((seq) =>
        anInboundMessage(`msg_${String(seq)}`, conversation, seq, {
          sentAt: minutesAfterNoon(-seq),
          createdAt: minutesAfterNoon(-seq),
        }),
      );
      await stored(storage, conversation, messages);
      await stored(storage, other, [anInboundMessage("msg_other", other, 1)]);
      const whole = ["msg_5", "msg_4", "msg_3", "msg_2", "msg_1"];
      for (const limit of [1, 2, 5, 6]) {
        const pages = await pagesOf((before: number | null) => read(storage, "con_1", { before, limit }));
        assert.deepEqual(
          pages.flat().map(({ id }) => id),
          whole,
        );
        assert.equal(pages.length, Math.ceil(5 / limit), "the last page says that it is the last");
      }
      const page = await read(storage, "con_1", { limit: 1 });
      assert.deepEqual(page, { items: [await amendedMessageOf(storage, "msg_5")], next: 5 });
    },
  },
  {
    id: "read/messages-none",
    says: "A conversation without messages is an empty page; one that does not exist is no page.",
    async run({ storage }) {
      await stored(storage, aConversation("con_1", await aKnownGuest(storage)));
      assert.deepEqual(await read(storage, "con_1"), { items: [], next: null });
      assert.equal(await read(storage, "con_nobody"), null);
    },
  },
  {
    id: "read/continued",
    says: "A conversation shows the messages of those it continues, however many in a row, in the order in which all was said.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const closed = { status: "closed", closedAt: NOON } as const;
      const said = async (conversation: ReturnType<typeof aConversation>, id: string) =>
        stored(storage, { ...conversation, lastSeq: conversation.lastSeq + 1 }, [
          anInboundMessage(id, conversation, conversation.lastSeq + 1),
        ]);
      let reception = await said(aConversation("con_1", guest), "msg_1");
      let undecided = await said(aConversation("con_2", guest, { departmentId: null }), "msg_2");
      let spa = await said(aConversation("con_3", guest, { departmentId: "spa" }), "msg_3");
      undecided = await said(undecided, "msg_4");
      await stored(storage, { ...undecided, ...closed, continuedIn: "con_3" });
      spa = await said(spa, "msg_5");
      await stored(storage, { ...spa, ...closed, continuedIn: "con_1" });
      reception = await said(reception, "msg_6");
      assert.equal(reception.version, 2);

      const ids = async (conversationId: string, query: Partial<MessageQuery> = {}) =>
        (await read(storage, conversationId, query))?.items.map(({ id }) => id);
      const agent = within([HOTEL, ["reception"]]);
      assert.deepEqual(await ids("con_1", { reach: agent }), ["msg_6", "msg_5", "msg_4", "msg_3", "msg_2", "msg_1"]);
      assert.deepEqual(await ids("con_3"), ["msg_5", "msg_4", "msg_3", "msg_2"]);
      assert.deepEqual(await ids("con_2"), ["msg_4", "msg_2"]);
      const page = await read(storage, "con_1", { reach: agent, limit: 4 });
      assert.deepEqual(await ids("con_1", { reach: agent, before: page?.next ?? null }), ["msg_2", "msg_1"]);
      assert.equal(await read(storage, "con_3", { reach: agent }), null, "asked for by itself it is the spa's");
    },
  },
  {
    id: "read/explain",
    says: "Whoever sees a message as part of a conversation may ask about it, also when it stands in one that was continued.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const closed = { status: "closed", closedAt: NOON } as const;
      const first = aConversation("con_1", guest, { ...closed, departmentId: null, lastSeq: 1, continuedIn: "con_2" });
      const middle = aConversation("con_2", guest, { ...closed, departmentId: "spa", continuedIn: "con_3" });
      await stored(storage, first, [anInboundMessage("msg_1", first, 1)]);
      await stored(storage, middle);
      await stored(storage, aConversation("con_3", guest));
      const sees = async (reach: Reach) => (await storage.message({ reach, messageId: "msg_1" })) !== null;
      const history = await storage.message({ reach: within([HOTEL, ["reception"]]), messageId: "msg_1" });
      assert.deepEqual(
        new Set(history?.shownIn),
        new Set(["con_1", "con_2", "con_3"]),
        "and is told where it is shown",
      );
      assert.equal(await sees(within([HOTEL, ["spa"]])), true);
      assert.equal(await sees(within([HOTEL, ["restaurant"]])), false);
      assert.equal(await sees(within([OTHER_HOTEL, "all"])), false);
    },
  },
  {
    id: "read/explain-outbound",
    says: "A message that no webhook brought has no time of receipt.",
    async run({ storage }) {
      const conversation = aConversation("con_1", await aKnownGuest(storage), { lastSeq: 1 });
      await stored(storage, conversation, [anOutboundMessage("msg_1", conversation, 1)]);
      const history = await storage.message({ reach: "everything", messageId: "msg_1" });
      assert.deepEqual(history, {
        message: await amendedMessageOf(storage, "msg_1"),
        receivedAt: null,
        shownIn: ["con_1"],
      });
    },
  },
  {
    id: "read/events",
    says: "Events are read in order after any number, as many as asked for, and only the hotel's own.",
    async run({ storage }) {
      const about = (hotelId: string, ids: readonly string[]) =>
        aCommand({
          hotelId,
          events: ids.map((conversationId) => ({
            conversationId,
            departmentId: null,
            body: { type: "conversation.opened" },
          })),
        });
      await commit(storage, about(HOTEL, ["a", "b", "c", "d"]));
      await commit(storage, about(OTHER_HOTEL, ["x"]));
      const ids = async (after: number, limit: number) =>
        (await storage.events({ hotelId: HOTEL, after, limit })).map(({ conversationId }) => conversationId);
      assert.deepEqual(await ids(0, 2), ["a", "b"]);
      assert.deepEqual(await ids(2, 100), ["c", "d"]);
      assert.deepEqual(await ids(4, 100), []);
      assert.deepEqual(await ids(99, 100), []);
      assert.equal((await eventsOf(storage, OTHER_HOTEL)).length, 1);
      assert.deepEqual(await eventsOf(storage, "nowhere"), []);
    },
  },
  {
    id: "read/audit",
    says: "The audit of a target tells who did what and why, the oldest first, and never another hotel's (I20).",
    async run({ storage }) {
      const entries = [
        anAuditEntry("aud_2", "con_1", {
          at: minutesAfterNoon(2),
          reason: "NUL \u0000 ünï",
          actor: { kind: "system", id: "host" },
        }),
        anAuditEntry("aud_1", "con_1", { at: minutesAfterNoon(1) }),
        anAuditEntry("aud_3", "con_2", { at: minutesAfterNoon(3) }),
      ];
      await commit(storage, aCommand({ audit: entries }));
      const foreign = anAuditEntry("aud_4", "con_1", { hotelId: OTHER_HOTEL });
      await commit(storage, aCommand({ hotelId: OTHER_HOTEL, audit: [foreign] }));
      assert.deepEqual(await storage.audit({ hotelId: HOTEL, targetId: "con_1" }), [entries[1], entries[0]]);
      assert.deepEqual(await storage.audit({ hotelId: OTHER_HOTEL, targetId: "con_1" }), [foreign]);
      assert.deepEqual(await storage.audit({ hotelId: HOTEL, targetId: "con_9" }), []);
    },
  },
];
