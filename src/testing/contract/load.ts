import assert from "node:assert/strict";
import { newChat } from "../../domain/chat.js";
import { plainKind } from "../../domain/content.js";
import type { KnownMessage } from "../../ports/work-storage.js";
import {
  aConversation,
  aCommand,
  aGuestUpdate,
  anImportedMessage,
  anInboundMessage,
  anOutboundMessage,
  aPrompt,
  HOTEL,
  minutesAfterNoon,
  NOON,
  OTHER_HOTEL,
  phone,
  SECOND_NUMBER,
  type GuestOfHotel,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, ASKS_NOTHING, chatOf, commit, conversationOf, messageOf, queued, stored } from "./steps.js";

const idsOf = (things: readonly { readonly id: string }[]): readonly string[] => things.map(({ id }) => id).sort();

/** What stands beside a guest when nothing happened, or nothing was found. */
const NOTHING = {
  chat: null,
  conversations: [],
  known: new Map(),
  amendments: [],
  consents: [],
  holders: [],
  prompts: [],
  runs: [],
} as const;

/** A guest's first message in a conversation of their own with reception. */
const aKnown = (messageId: string, conversationId: string): KnownMessage => ({
  messageId,
  conversationId,
  seq: 1,
  direction: "inbound",
  departmentId: "reception",
  isOwn: true,
  isImported: false,
  type: "text",
});

export const loadCases: readonly StorageCase[] = [
  {
    id: "load/chat",
    says: "Before anything happened there is a guest, and neither chat, conversation, message, amendment, holder nor prompt.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const state = await chatOf(storage, guest, {
        wamids: ["wamid.nobody"],
        promptIds: ["prm_nobody"],
        addresses: [phone("12025550199")],
      });
      assert.equal(state.guest.id, guest.id);
      assert.deepEqual({ ...state, guest: null }, { guest: null, ...NOTHING });
    },
  },
  {
    id: "load/chat-whole",
    says: "A chat and its conversations come back as they were stored, with the version after.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, {
        departmentId: "restaurant",
        mode: "flow",
        speaker: "human",
        lastSeq: 3,
        readSeq: 2,
        createdAt: NOON,
        lastMessageAt: minutesAfterNoon(3),
        lastMessagePreview: "Frühstück 🥐",
        previewMessageId: "msg_2",
        lastMessageFrom: "staff",
        lastGuestMessageAt: minutesAfterNoon(2),
      });
      const chat = {
        ...newChat(HOTEL, guest.phoneNumberId, guest.id),
        currentConversationId: "con_1",
        lastInboundAt: minutesAfterNoon(1),
        windowClosesAt: minutesAfterNoon(1440),
        menuSentAt: minutesAfterNoon(2),
        awayUntil: minutesAfterNoon(3),
        staffWroteAt: minutesAfterNoon(4),
        automated: { since: NOON, count: 7, row: 3, at: minutesAfterNoon(5), heard: -12 },
      };
      await stored(storage, conversation, [], { chat });
      const state = await chatOf(storage, guest);
      assert.deepEqual(state.chat, { ...chat, version: 1 });
      assert.deepEqual(state.conversations, [{ ...conversation, version: 1 }]);
    },
  },
  {
    id: "load/chat-each",
    says: "Each chat asked for is answered in its place, with its own number's chat and its own guest's conversations.",
    async run({ storage }) {
      const first = await aKnownGuest(storage, { waId: "12025550101" });
      const second = await aKnownGuest(storage, { waId: "12025550102" });
      await stored(storage, aConversation("con_1", first), [], { chat: newChat(HOTEL, first.phoneNumberId, first.id) });
      const onSecondNumber = { ...newChat(HOTEL, SECOND_NUMBER, first.id), menuSentAt: NOON };
      await stored(storage, aConversation("con_2", first, { phoneNumberId: SECOND_NUMBER, departmentId: null }), [], {
        chat: onSecondNumber,
      });
      await stored(storage, aConversation("con_3", second));
      const key = (guest: GuestOfHotel, phoneNumberId: string) => ({
        hotelId: HOTEL,
        phoneNumberId,
        guestId: guest.id,
        ...ASKS_NOTHING,
      });
      const { states } = await storage.loadChats([
        key(second, second.phoneNumberId),
        key(first, SECOND_NUMBER),
        key(first, first.phoneNumberId),
      ]);
      assert.deepEqual(
        states.map(({ guest, chat, conversations }) => [guest.id, chat?.phoneNumberId, idsOf(conversations)]),
        [
          [second.id, undefined, ["con_3"]],
          [first.id, SECOND_NUMBER, ["con_1", "con_2"]],
          [first.id, first.phoneNumberId, ["con_1", "con_2"]],
        ],
      );
      assert.deepEqual(states[1]?.chat?.menuSentAt, NOON);
    },
  },
  {
    id: "load/chat-quoted",
    says: "A quote finds the conversation of this guest's message, and brings it along even when it is closed.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const open = aConversation("con_open", guest, { lastSeq: 1 });
      const quoted = aConversation("con_quoted", guest, { lastSeq: 2, status: "closed", closedAt: NOON });
      const closed = aConversation("con_closed", guest, { status: "closed", closedAt: NOON });
      await stored(storage, open, [anInboundMessage("msg_1", open, 1)]);
      await stored(storage, quoted, [
        anInboundMessage("msg_2", quoted, 1, { content: plainKind("unknown") }),
        anOutboundMessage("msg_3", quoted, 2, { status: "sent", wamid: "wamid.msg_3" }),
      ]);
      await stored(storage, closed);
      const state = await chatOf(storage, guest, {
        wamids: ["wamid.msg_1", "wamid.msg_3", "wamid.msg_2", "wamid.gone"],
      });
      assert.deepEqual(
        state.known,
        new Map<string, KnownMessage>([
          ["wamid.msg_1", aKnown("msg_1", "con_open")],
          ["wamid.msg_2", { ...aKnown("msg_2", "con_quoted"), type: "unknown" }],
          ["wamid.msg_3", { ...aKnown("msg_3", "con_quoted"), seq: 2, direction: "outbound" }],
        ]),
      );
      assert.deepEqual(idsOf(state.conversations), ["con_open", "con_quoted"]);
      assert.deepEqual(
        idsOf((await chatOf(storage, guest)).conversations),
        ["con_open"],
        "unquoted, the closed stays away",
      );
    },
  },
  {
    id: "load/chat-quoted-continued",
    says: "A quote brings along all that go on with its conversation, however many in a row, open or closed.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const closed = { status: "closed", closedAt: NOON } as const;
      const first = aConversation("con_1", guest, { ...closed, departmentId: null, lastSeq: 1, continuedIn: "con_2" });
      await stored(storage, aConversation("con_4", guest));
      await stored(storage, aConversation("con_3", guest, { ...closed, departmentId: "spa", continuedIn: "con_4" }));
      await stored(storage, aConversation("con_2", guest, { ...closed, continuedIn: "con_3" }));
      await stored(storage, first, [anInboundMessage("msg_1", first, 1)]);
      await stored(storage, aConversation("con_5", guest, { ...closed, continuedIn: "con_4" }));
      const loaded = async () =>
        idsOf((await chatOf(storage, guest, { wamids: ["wamid.msg_1", "wamid.msg_1"] })).conversations);
      assert.deepEqual(await loaded(), ["con_1", "con_2", "con_3", "con_4"]);
      await stored(storage, { ...(await conversationOf(storage, "con_4")), ...closed });
      assert.deepEqual(await loaded(), ["con_1", "con_2", "con_3", "con_4"], "also when the last is closed");
    },
  },
  {
    id: "load/chat-foreign-quote",
    says: "A message of another guest's is found without its conversation, an option of theirs is not, and neither is anything of another hotel's.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const others = [
        await aKnownGuest(storage, { waId: "12025550102" }),
        await aKnownGuest(storage, { hotelId: OTHER_HOTEL }),
      ];
      for (const [index, other] of others.entries()) {
        const conversation = aConversation(`con_${String(index)}`, other, { lastSeq: 1, departmentId: null });
        const prompts = [aPrompt(`prm_${String(index)}`, conversation)];
        await stored(storage, conversation, [anInboundMessage(`msg_${String(index)}`, conversation, 1)], { prompts });
      }
      const asks = { wamids: ["wamid.msg_0", "wamid.msg_1"], promptIds: ["prm_0", "prm_1"] };
      const state = await chatOf(storage, guest, asks);
      const undecided = { ...aKnown("msg_0", "con_0"), departmentId: null };
      const known = new Map([["wamid.msg_0", { ...undecided, isOwn: false }]]);
      assert.deepEqual({ ...state, guest: null }, { guest: null, ...NOTHING, known });
      const own = await chatOf(storage, others[0] ?? guest, asks);
      assert.deepEqual(own.known, new Map([["wamid.msg_0", undecided]]));
      assert.deepEqual(idsOf(own.prompts), ["prm_0"]);
    },
  },
  {
    id: "load/chat-quoted-imported",
    says: "Of a message that was imported it is told that it was.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 2 });
      const imported = anImportedMessage("msg_old", conversation, 1, -7);
      await stored(storage, conversation, [imported, anInboundMessage("msg_1", conversation, 2)]);
      const { known } = await chatOf(storage, guest, { wamids: ["wamid.msg_old", "wamid.msg_1"] });
      assert.deepEqual(
        known,
        new Map([
          ["wamid.msg_old", { ...aKnown("msg_old", "con_1"), isImported: true }],
          ["wamid.msg_1", { ...aKnown("msg_1", "con_1"), seq: 2 }],
        ]),
      );
    },
  },
  {
    id: "load/chat-prompts",
    says: "An option's prompt comes when asked for, however old; of an undecided conversation the newest comes unasked.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const undecided = aConversation("con_1", guest, { departmentId: null });
      const decided = aConversation("con_2", guest, { departmentId: "reception" });
      const prompts = [
        aPrompt("prm_1", undecided, { createdAt: minutesAfterNoon(1) }),
        aPrompt("prm_3", undecided, { createdAt: minutesAfterNoon(3) }),
        aPrompt("prm_2", undecided, { createdAt: minutesAfterNoon(2) }),
      ];
      await stored(storage, undecided, [], { prompts });
      await stored(storage, decided, [], { prompts: [aPrompt("prm_4", decided, { createdAt: minutesAfterNoon(4) })] });
      assert.deepEqual((await chatOf(storage, guest)).prompts, [prompts[1]]);
      const asked = await chatOf(storage, guest, { promptIds: ["prm_1", "prm_3", "prm_4"] });
      assert.deepEqual(idsOf(asked.prompts), ["prm_1", "prm_3", "prm_4"], "each once");
    },
  },
  {
    id: "load/conversation",
    says: "A command is given its conversation, its chat and the guest's other open conversations.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const somebodyElse = await aKnownGuest(storage, { waId: "12025550102" });
      const conversation = aConversation("con_1", guest);
      const chat = newChat(HOTEL, guest.phoneNumberId, guest.id);
      await stored(storage, conversation, [], { chat: { ...chat, currentConversationId: "con_1" } });
      await stored(storage, aConversation("con_2", guest, { departmentId: "restaurant" }));
      await stored(storage, aConversation("con_3", guest, { departmentId: "spa", status: "closed", closedAt: NOON }));
      await stored(storage, aConversation("con_4", guest, { departmentId: null, phoneNumberId: SECOND_NUMBER }));
      await stored(storage, aConversation("con_5", somebodyElse));
      const { state } = await storage.loadConversation({
        reach: "everything",
        conversationId: "con_1",
        client: null,
        template: null,
      });
      assert.deepEqual(state?.conversation, { ...conversation, version: 1 });
      assert.deepEqual(state.chat, { ...chat, currentConversationId: "con_1", version: 1 });
      assert.deepEqual(idsOf(state.others), ["con_2", "con_4"]);
      assert.equal(state.existing, null);
      const other = await storage.loadConversation({
        reach: "everything",
        conversationId: "con_4",
        client: null,
        template: null,
      });
      assert.deepEqual(
        other.state?.chat,
        newChat(HOTEL, SECOND_NUMBER, guest.id),
        "a chat in which nothing happened yet",
      );
    },
  },
  {
    id: "load/conversation-continued",
    says: "A command is given what staff have not read of the conversations that its own continues, however many in a row.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const closed = { status: "closed", closedAt: NOON, lastSeq: 2 } as const;
      await stored(storage, aConversation("con_4", guest));
      const third = aConversation("con_3", guest, { ...closed, readSeq: 1, continuedIn: "con_4" });
      const second = aConversation("con_2", guest, { ...closed, readSeq: 2, continuedIn: "con_3" });
      const first = aConversation("con_1", guest, { ...closed, departmentId: null, continuedIn: "con_2" });
      for (const conversation of [third, second, first]) await stored(storage, conversation);
      await stored(storage, aConversation("con_5", guest, closed));
      const unread = async (conversationId: string) => {
        const { state } = await storage.loadConversation({
          reach: "everything",
          conversationId,
          client: null,
          template: null,
        });
        return state?.unreadContinued;
      };
      const all = await unread("con_4");
      assert.deepEqual(idsOf(all ?? []), ["con_1", "con_3"]);
      assert.deepEqual(
        all?.find(({ id }) => id === "con_1"),
        { ...first, version: 1 },
      );
      assert.deepEqual(idsOf((await unread("con_3")) ?? []), ["con_1"], "neither itself nor what goes on with it");
      assert.deepEqual(await unread("con_1"), []);
    },
  },
  {
    id: "load/conversation-reach",
    says: "A conversation out of reach looks exactly like one that does not exist (T51, T52, T56).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      await stored(storage, aConversation("con_1", guest, { departmentId: "reception" }));
      await stored(storage, aConversation("con_2", guest, { departmentId: null }));
      const found = async (conversationId: string, hotels: ReadonlyMap<string, readonly string[] | "all">) => {
        const { state } = await storage.loadConversation({
          reach: { hotels },
          conversationId,
          client: null,
          template: null,
        });
        return state !== null;
      };
      assert.equal(await found("con_1", new Map([[HOTEL, ["restaurant", "reception"]]])), true);
      assert.equal(await found("con_1", new Map([[HOTEL, "all"]])), true);
      assert.equal(await found("con_2", new Map([[HOTEL, "all"]])), true);
      assert.equal(
        await found("con_1", new Map([[HOTEL, ["restaurant", "Reception"]]])),
        false,
        "ids are compared as they are",
      );
      assert.equal(await found("con_1", new Map([[OTHER_HOTEL, "all"]])), false);
      assert.equal(await found("con_1", new Map([[HOTEL, []]])), false);
      assert.equal(await found("con_1", new Map()), false);
      assert.equal(
        await found("con_2", new Map([[HOTEL, ["reception", ""]]])),
        false,
        "no department is none of theirs",
      );
      assert.equal(await found("con_nobody", new Map([[HOTEL, "all"]])), false);
    },
  },
  {
    id: "load/conversation-existing",
    says: "A reply that was given before is found by its author and the author's own id for it, wherever it stands.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 1 });
      await stored(storage, conversation, [
        anOutboundMessage("msg_1", conversation, 1, { clientMessageId: "client_1" }),
      ]);
      await stored(storage, aConversation("con_2", guest, { departmentId: "restaurant" }));
      const elsewhere = aConversation("con_3", await aKnownGuest(storage, { hotelId: OTHER_HOTEL }));
      await stored(storage, elsewhere);
      const existing = async (conversationId: string, authorId: string, clientMessageId: string) => {
        const client = { authorId, clientMessageId };
        const { state } = await storage.loadConversation({
          reach: "everything",
          conversationId,
          client,
          template: null,
        });
        assert.ok(state);
        return state.existing?.id ?? null;
      };
      assert.equal(await existing("con_1", "staff_1", "client_1"), "msg_1");
      assert.equal(await existing("con_2", "staff_1", "client_1"), "msg_1", "in whatever conversation of the hotel");
      assert.equal(await existing("con_1", "staff_2", "client_1"), null, "another author's ids are their own");
      assert.equal(await existing("con_1", "staff_1", "client_2"), null);
      assert.equal(await existing("con_3", "staff_1", "client_1"), null, "and another hotel's are too");
    },
  },
  {
    id: "load/send",
    says: "A send is given its message, its chat and its guest, in the order asked; what is not the hotel's is null.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const [first, second] = await queued(storage, guest, 2);
      assert.ok(first && second);
      const chat = { ...newChat(HOTEL, guest.phoneNumberId, guest.id), windowClosesAt: minutesAfterNoon(60) };
      await commit(storage, aCommand({ chat, guest: aGuestUpdate(guest.id, { name: "A guest" }) }));
      const { sends } = await storage.loadSends(HOTEL, [
        second.message.id,
        "msg_gone",
        first.message.id,
        second.message.id,
      ]);
      assert.deepEqual(
        sends.map((send) => send?.message.id ?? null),
        [second.message.id, null, first.message.id, second.message.id],
      );
      const [send] = sends;
      assert.deepEqual(send?.message, await messageOf(storage, second.message.id));
      assert.deepEqual(send.chat, { ...chat, version: 1 });
      assert.equal(send.guest.id, guest.id);
      assert.equal(send.guest.name, "A guest");
      assert.deepEqual(
        send.guest.addresses.map(({ value }) => value),
        ["12025550101"],
      );
      assert.deepEqual((await storage.loadSends(OTHER_HOTEL, [first.message.id])).sends, [null]);
    },
  },
  {
    id: "load/send-no-chat",
    says: "A send in a chat in which nothing else is stored is given a chat of version 0.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const [first] = await queued(storage, guest);
      const { sends } = await storage.loadSends(HOTEL, [first?.message.id ?? ""]);
      assert.deepEqual(sends[0]?.chat, newChat(HOTEL, guest.phoneNumberId, guest.id));
      assert.equal((await conversationOf(storage, first?.conversation.id ?? "")).version, 1);
    },
  },
];
