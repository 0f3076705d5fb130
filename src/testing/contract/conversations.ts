import assert from "node:assert/strict";
import { newChat } from "../../domain/chat.js";
import type { ConversationQuery, PagePoint } from "../../ports/read-storage.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  aGuestUpdate,
  anAmendment,
  anInboundMessage,
  anOutboundMessage,
  HOTEL,
  minutesAfterNoon,
  NOON,
  OTHER_HOTEL,
  SECOND_NUMBER,
  within,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, commit, conversationOf, nowOf, pagesOf, stored } from "./steps.js";

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

export const conversationCases: readonly StorageCase[] = [
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
          guest: aGuestUpdate(guest.id, { name }),
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
      const nothingNew = { previewAmendments: [], unread: 0 };
      assert.deepEqual(items, [
        { conversation: newer, guestId: newer.guestId, guestName: null, windowClosesAt: null, ...nothingNew },
        { conversation: older, guestId: older.guestId, guestName: name, windowClosesAt, ...nothingNew },
        { conversation: elsewhere, guestId: elsewhere.guestId, guestName: name, windowClosesAt: null, ...nothingNew },
      ]);
      assert.equal(next, null);
      assert.ok(Math.abs(now.getTime() - (await nowOf(storage)).getTime()) < 10_000);
    },
  },
  {
    id: "read/conversations-preview",
    says: "A list tells what was done to the message that each conversation shows, and to no other.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      const first = aConversation("con_1", guest, { lastSeq: 2, previewMessageId: "msg_1" });
      const second = aConversation("con_2", other, { lastSeq: 1, previewMessageId: "msg_3" });
      const third = aConversation("con_3", other, { departmentId: "spa", previewMessageId: null });
      const fourth = aConversation("con_4", other, { departmentId: "bar", previewMessageId: "msg_gone" });
      await stored(storage, first, [anInboundMessage("msg_1", first, 1), anInboundMessage("msg_2", first, 2)]);
      await stored(storage, second, [anOutboundMessage("msg_3", second, 1)]);
      for (const conversation of [third, fourth]) await stored(storage, conversation);
      const revoke = anAmendment("wamid.a", "wamid.msg_1", guest, { act: { kind: "revoked" } });
      const reaction = anAmendment("wamid.b", "wamid.msg_1", other, { act: { kind: "reacted", emoji: "🥐" } });
      const edit = anAmendment("wamid.c", "wamid.msg_2", guest);
      await commit(storage, aCommand({ amendments: [revoke, reaction, edit] }));
      const rows = (await list(storage)).items;
      const shown = new Map(rows.map(({ conversation, previewAmendments }) => [conversation.id, previewAmendments]));
      assert.deepEqual(new Set(shown.get("con_1")), new Set([revoke, reaction]));
      for (const id of ["con_2", "con_3", "con_4"]) assert.deepEqual(shown.get(id), []);
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
        const pages = await pagesOf((after: PagePoint | null) => list(storage, { after, limit }));
        assert.deepEqual(
          pages.flat().map(({ conversation }) => conversation.id),
          whole,
        );
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
];
