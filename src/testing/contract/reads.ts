import assert from "node:assert/strict";
import type { Reach } from "../../domain/access.js";
import { newChat } from "../../domain/chat.js";
import type { ConversationQuery, MessageQuery, PagePoint, Storage } from "../../ports/storage.js";
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
  SECOND_NUMBER,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, commit, conversationOf, eventsOf, messageOf, nowOf, stored } from "./steps.js";

const within = (...hotels: readonly (readonly [string, readonly string[] | "all"])[]): Reach => ({
  hotels: new Map(hotels),
});

const list = (storage: Storage, query: Partial<ConversationQuery> = {}) =>
  storage.conversations({
    reach: "everything",
    hotelId: null,
    departmentId: null,
    status: null,
    after: null,
    limit: 100,
    ...query,
  });

const listed = async (storage: Storage, query: Partial<ConversationQuery> = {}): Promise<readonly string[]> =>
  (await list(storage, query)).items.map(({ conversation }) => conversation.id);

const read = (storage: Storage, conversationId: string, query: Partial<MessageQuery> = {}) =>
  storage.messages({ reach: "everything", conversationId, before: null, limit: 100, ...query });

/** Two hotels with conversations in several departments, undecided ones too. */
async function aBusyDay(storage: Storage): Promise<void> {
  const guest = await aKnownGuest(storage);
  const elsewhere = await aKnownGuest(storage, { hotelId: OTHER_HOTEL });
  await stored(storage, aConversation("con_reception", guest, { lastMessageAt: minutesAfterNoon(1) }));
  await stored(storage, aConversation("con_spa", guest, { departmentId: "spa", lastMessageAt: minutesAfterNoon(2) }));
  await stored(
    storage,
    aConversation("con_undecided", guest, { departmentId: null, lastMessageAt: minutesAfterNoon(3) }),
  );
  const closed = { status: "closed", closedAt: NOON } as const;
  await stored(storage, aConversation("con_closed", guest, { ...closed, lastMessageAt: minutesAfterNoon(4) }));
  await stored(storage, aConversation("con_seaside", elsewhere, { lastMessageAt: minutesAfterNoon(5) }));
}

export const readCases: readonly StorageCase[] = [
  {
    id: "read/conversations",
    says: "A list shows each conversation with its guest's name and its window, the one with the newest message first.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const nameless = await aKnownGuest(storage, { waId: "12025550102" });
      const windowClosesAt = minutesAfterNoon(1440);
      const chat = { ...newChat(HOTEL, guest.phoneNumberId, guest.id), windowClosesAt };
      const name = "Zoë \u0000 \ud83d";
      const older = await stored(
        storage,
        aConversation("con_1", guest, { lastMessageAt: minutesAfterNoon(5), lastMessagePreview: "Bonjour 🥐" }),
        [],
        {
          chat,
          guest: { id: guest.id, name, addresses: [] },
        },
      );
      const newer = await stored(storage, aConversation("con_2", nameless, { lastMessageAt: minutesAfterNoon(6) }));
      const elsewhere = await stored(
        storage,
        aConversation("con_3", guest, {
          departmentId: "spa",
          phoneNumberId: SECOND_NUMBER,
          lastMessageAt: minutesAfterNoon(4),
        }),
      );
      const { items, next, now } = await list(storage);
      assert.deepEqual(items, [
        { conversation: newer, guestName: null, unread: 0, windowClosesAt: null },
        { conversation: older, guestName: name, unread: 0, windowClosesAt },
        { conversation: elsewhere, guestName: name, unread: 0, windowClosesAt: null },
      ]);
      assert.equal(next, null);
      assert.ok(Math.abs(now.getTime() - (await nowOf(storage)).getTime()) < 10_000);
    },
  },
  {
    id: "read/conversations-filters",
    says: "A list can be asked for one hotel, one department and one status, all at once.",
    async run({ storage }) {
      await aBusyDay(storage);
      assert.deepEqual(await listed(storage), [
        "con_seaside",
        "con_closed",
        "con_undecided",
        "con_spa",
        "con_reception",
      ]);
      assert.deepEqual(await listed(storage, { hotelId: OTHER_HOTEL }), ["con_seaside"]);
      assert.deepEqual(await listed(storage, { departmentId: "reception" }), [
        "con_seaside",
        "con_closed",
        "con_reception",
      ]);
      assert.deepEqual(await listed(storage, { status: "closed" }), ["con_closed"]);
      assert.deepEqual(await listed(storage, { hotelId: HOTEL, departmentId: "reception", status: "open" }), [
        "con_reception",
      ]);
      assert.deepEqual(await listed(storage, { hotelId: "nowhere" }), []);
      assert.deepEqual(await listed(storage, { departmentId: "Reception" }), [], "ids are compared as they are (S54)");
    },
  },
  {
    id: "read/reach",
    says: "A list holds what is within reach and nothing else, whatever is asked for (S27, T51, T52, T53).",
    async run({ storage }) {
      await aBusyDay(storage);
      assert.deepEqual(await listed(storage, { reach: within([HOTEL, ["spa", "reception"]]) }), [
        "con_closed",
        "con_spa",
        "con_reception",
      ]);
      assert.deepEqual(await listed(storage, { reach: within([HOTEL, "all"]) }), [
        "con_closed",
        "con_undecided",
        "con_spa",
        "con_reception",
      ]);
      assert.deepEqual(await listed(storage, { reach: within([HOTEL, ["spa"]], [OTHER_HOTEL, ["reception"]]) }), [
        "con_seaside",
        "con_spa",
      ]);
      assert.deepEqual(await listed(storage, { reach: within([HOTEL, []]) }), []);
      assert.deepEqual(await listed(storage, { reach: within() }), []);
      const agent = within([HOTEL, ["spa"]]);
      assert.deepEqual(await listed(storage, { reach: agent, departmentId: "reception" }), []);
      assert.deepEqual(await listed(storage, { reach: agent, hotelId: OTHER_HOTEL }), []);
      assert.deepEqual(
        await listed(storage, { reach: within([HOTEL, ["SPA", "recept\u0131on", "reception ", ""]]) }),
        [],
        "never by spelling",
      );
    },
  },
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
    id: "read/pages",
    says: "Pages put together are the whole list, each conversation once, also where newest messages are equally old.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const minutes = [3, 1, 2, 2, 2, 1, 3];
      for (const [index, minute] of minutes.entries()) {
        await stored(
          storage,
          aConversation(`con_${String(index)}`, guest, {
            departmentId: `d${String(index)}`,
            lastMessageAt: minutesAfterNoon(minute),
          }),
        );
      }
      const whole = ["con_6", "con_0", "con_4", "con_3", "con_2", "con_5", "con_1"];
      assert.deepEqual(await listed(storage), whole);
      for (const limit of [1, 2, 3, 7]) {
        const pages: string[][] = [];
        let after: PagePoint | null = null;
        do {
          const { items, next } = await list(storage, { after, limit });
          pages.push(items.map(({ conversation }) => conversation.id));
          after = next;
        } while (after !== null);
        assert.deepEqual(pages.flat(), whole);
        assert.equal(pages.length, Math.ceil(7 / limit), "the last page says that it is the last");
      }
    },
  },
  {
    id: "read/pages-while-writing",
    says: "A conversation that moves up while somebody turns pages is not shown twice, and pushes nothing away (S61).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      for (let index = 0; index < 4; index++) {
        await stored(
          storage,
          aConversation(`con_${String(index)}`, guest, {
            departmentId: `d${String(index)}`,
            lastMessageAt: minutesAfterNoon(index),
          }),
        );
      }
      const first = await list(storage, { limit: 2 });
      await stored(storage, { ...(await conversationOf(storage, "con_2")), lastMessageAt: minutesAfterNoon(10) });
      await stored(storage, aConversation("con_9", guest, { departmentId: "d9", lastMessageAt: minutesAfterNoon(11) }));
      assert.deepEqual(await listed(storage, { after: first.next, limit: 2 }), ["con_1", "con_0"]);
    },
  },
  {
    id: "read/pages-rights",
    says: "A page's beginning carries no rights: what is out of reach stays away on every page (T55).",
    async run({ storage }) {
      await aBusyDay(storage);
      const after = { at: minutesAfterNoon(99), id: "" };
      assert.deepEqual(await listed(storage, { reach: within([HOTEL, ["spa"]]), after }), ["con_spa"]);
    },
  },
  {
    id: "read/unread",
    says: "Unread is what the guest wrote after the last message that staff have seen; answers do not count.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 5, readSeq: 2 });
      const messages = [
        anInboundMessage("msg_1", conversation, 1),
        anInboundMessage("msg_2", conversation, 2),
        anInboundMessage("msg_3", conversation, 3),
        anOutboundMessage("msg_4", conversation, 4),
        anInboundMessage("msg_5", conversation, 5),
      ];
      const now = await stored(storage, conversation, messages);
      assert.equal((await list(storage)).items[0]?.unread, 2);
      await stored(storage, { ...now, readSeq: 5 });
      assert.equal((await list(storage)).items[0]?.unread, 0);
    },
  },
  {
    id: "read/unread-continued",
    says: "What is unread in the conversations that one continues counts with it, each after its own mark.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const closed = { status: "closed", closedAt: NOON } as const;
      const last = aConversation("con_3", guest, { lastSeq: 1 });
      const middle = aConversation("con_2", guest, {
        ...closed,
        departmentId: "spa",
        lastSeq: 2,
        readSeq: 1,
        continuedIn: "con_3",
      });
      const first = aConversation("con_1", guest, {
        ...closed,
        departmentId: null,
        lastSeq: 2,
        readSeq: 0,
        continuedIn: "con_2",
      });
      for (const conversation of [first, middle, last]) {
        const messages = Array.from({ length: conversation.lastSeq }, (_, index) =>
          anInboundMessage(`msg_${conversation.id}_${String(index + 1)}`, conversation, index + 1),
        );
        await stored(storage, conversation, messages);
      }
      const { items } = await list(storage);
      assert.deepEqual(
        new Map(items.map(({ conversation, unread }) => [conversation.id, unread])),
        new Map([
          ["con_3", 4],
          ["con_2", 3],
          ["con_1", 2],
        ]),
      );
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
        const pages: string[][] = [];
        let before: number | null = null;
        do {
          const page = await read(storage, "con_1", { before, limit });
          assert.ok(page);
          pages.push(page.items.map(({ id }) => id));
          before = page.next;
        } while (before !== null);
        assert.deepEqual(pages.flat(), whole);
        assert.equal(pages.length, Math.ceil(5 / limit), "the last page says that it is the last");
      }
      const page = await read(storage, "con_1", { limit: 1 });
      assert.deepEqual(page, { items: [await messageOf(storage, "msg_5")], next: 5 });
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
      assert.equal(await sees(within([HOTEL, ["reception"]])), true);
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
      assert.deepEqual(history, { message: await messageOf(storage, "msg_1"), receivedAt: null });
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
