import assert from "node:assert/strict";
import { newChat } from "../../domain/chat.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  aGuestUpdate,
  anInboundMessage,
  anOutboundMessage,
  aPrompt,
  HOTEL,
  minutesAfterNoon,
  NOON,
  NUMBER,
  OTHER_HOTEL,
  phone,
  bsuid,
  type GuestOfHotel,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, chatOf, commit, guestStateOf, merge, messagesIn, stored, unmerge, writtenBy } from "./steps.js";

const idsOf = (things: readonly { readonly id: string }[]): readonly string[] => things.map(({ id }) => id).sort();

interface Two {
  readonly first: GuestOfHotel;
  readonly second: GuestOfHotel;
}

/** Two guests, each with an open conversation with reception and a chat; the first is merged into the second. */
async function merged(storage: Storage): Promise<Two> {
  const first = await aKnownGuest(storage);
  const second = await aKnownGuest(storage, { waId: "12025550102" });
  const ofFirst = aConversation("con_1", first, { lastSeq: 1 });
  const ofSecond = aConversation("con_2", second, { lastSeq: 1 });
  const chat = (guest: GuestOfHotel, minutes: number) => ({
    ...newChat(HOTEL, NUMBER, guest.id),
    windowClosesAt: minutesAfterNoon(minutes),
  });
  await stored(storage, ofFirst, [anInboundMessage("msg_1", ofFirst, 1)], { chat: chat(first, 60) });
  await stored(storage, ofSecond, [anInboundMessage("msg_2", ofSecond, 1)], { chat: chat(second, 90) });
  await commit(storage, aCommand({ guest: aGuestUpdate(first.id, { name: "First" }) }));
  await commit(storage, aCommand({ guest: aGuestUpdate(second.id, { name: "Second" }) }));
  await merge(storage, first.id, second.id);
  return { first, second };
}

/** What is asked for as the merged guest's is answered as the one's who stays. */
export const mergedLoadCases: readonly StorageCase[] = [
  {
    id: "load/chat-holders",
    says: "With a chat come the other guests who have one of the addresses that its messages name, each once, as they are.",
    async run({ storage }) {
      const number = phone("12025550101");
      const former = await writtenBy(storage, "1", [bsuid("US.1"), number]);
      const holder = await writtenBy(storage, "2", [bsuid("US.2"), number]);
      const guest = await writtenBy(storage, "3", [bsuid("US.3")]);
      await writtenBy(storage, "4", [bsuid("US.4")]);
      const elsewhere = await aKnownGuest(storage, { hotelId: OTHER_HOTEL, waId: "12025550105" });
      const addresses = [bsuid("US.3"), bsuid("US.2"), number, phone("12025550105"), bsuid("US.nobody")];
      const key = { id: guest, hotelId: HOTEL, phoneNumberId: NUMBER };
      const holders = async (of = key) => (await chatOf(storage, of, { addresses })).holders;
      assert.deepEqual(await holders(), [await guestStateOf(storage, holder)]);
      assert.deepEqual(await holders({ ...key, id: holder }), [await guestStateOf(storage, guest)]);
      assert.deepEqual((await chatOf(storage, key)).holders, [], "those asked for only");
      assert.deepEqual((await chatOf(storage, elsewhere, { addresses })).holders, []);
      await merge(storage, holder, former);
      assert.deepEqual(await holders(), [await guestStateOf(storage, former)], "a merged guest is the one into whom");
      await unmerge(storage, holder);
      await merge(storage, holder, guest);
      assert.deepEqual(await holders(), [], "and whoever was merged into this guest is nobody else");
    },
  },
  {
    id: "load/chat-merged",
    says: "The chat of a merged guest is that of the guest who stays, with all that stands in the chats of both.",
    async run({ storage }) {
      const { first, second } = await merged(storage);
      const undecided = aConversation("con_3", first, { departmentId: null });
      const closed = aConversation("con_4", first, { status: "closed", closedAt: NOON, lastSeq: 1 });
      await stored(storage, undecided, [], { prompts: [aPrompt("prm_1", undecided)] });
      await stored(storage, closed, [anInboundMessage("msg_4", closed, 1)], { prompts: [aPrompt("prm_2", closed)] });
      const asks = {
        wamids: ["wamid.msg_1", "wamid.msg_2", "wamid.msg_4"],
        promptIds: ["prm_2"],
        addresses: [phone("12025550101"), phone("12025550102")],
      };
      const state = await chatOf(storage, first, asks);
      assert.deepEqual(state.guest, (await guestStateOf(storage, second.id)).guest);
      assert.equal(state.guest.name, "Second");
      assert.deepEqual(state.chat, {
        ...newChat(HOTEL, NUMBER, second.id),
        windowClosesAt: minutesAfterNoon(90),
        version: 2,
      });
      assert.deepEqual(idsOf(state.conversations), ["con_1", "con_2", "con_3", "con_4"]);
      assert.deepEqual(
        new Map([...state.known].map(([wamid, { conversationId, isOwn }]) => [wamid, [conversationId, isOwn]])),
        new Map([
          ["wamid.msg_1", ["con_1", true]],
          ["wamid.msg_2", ["con_2", true]],
          ["wamid.msg_4", ["con_4", true]],
        ]),
      );
      assert.deepEqual(idsOf(state.prompts), ["prm_1", "prm_2"]);
      assert.deepEqual(state.holders, []);
      const asked = await chatOf(storage, second, asks);
      assert.deepEqual([asked.guest, asked.chat], [state.guest, state.chat]);
      assert.deepEqual(idsOf(asked.conversations), idsOf(state.conversations), "asked for as the one or as the other");
      assert.deepEqual(idsOf(asked.prompts), idsOf(state.prompts));
      await unmerge(storage, first.id);
      const apart = await chatOf(storage, second, asks);
      assert.deepEqual(idsOf(apart.conversations), ["con_2"]);
      assert.deepEqual(apart.known.get("wamid.msg_4")?.isOwn, false);
      assert.deepEqual(idsOf((await chatOf(storage, first, asks)).conversations), ["con_1", "con_3", "con_4"]);
    },
  },
  {
    id: "load/conversation-guest",
    says: "A command is given the guest's name: that of who they turned out to be, where they were merged.",
    async run({ storage }) {
      const nameIn = async (conversationId: string) => {
        const key = { reach: "everything", conversationId, client: null, template: null } as const;
        return (await storage.loadConversation(key)).state?.guestName;
      };
      const ana = await aKnownGuest(storage);
      const nobody = await aKnownGuest(storage, { waId: "12025550102" });
      await stored(storage, aConversation("con_1", ana), [], { guest: aGuestUpdate(ana.id, { name: "Ana" }) });
      await stored(storage, aConversation("con_2", nobody));
      assert.equal(await nameIn("con_1"), "Ana");
      assert.equal(await nameIn("con_2"), null, "no name was seen");
      await merge(storage, nobody.id, ana.id);
      assert.equal(await nameIn("con_2"), "Ana", "a merged guest is called as who they turned out to be");
    },
  },
  {
    id: "load/chat-merged-through-others",
    says: "Who was merged into somebody who was merged is the guest who stays in the end.",
    async run({ storage }) {
      const { first, second } = await merged(storage);
      const third = await aKnownGuest(storage, { waId: "12025550103" });
      await merge(storage, second.id, third.id);
      for (const guest of [first, second, third]) {
        const state = await chatOf(storage, guest);
        assert.equal(state.guest.id, third.id);
        assert.deepEqual([state.chat?.guestId, idsOf(state.conversations)], [third.id, ["con_1", "con_2"]]);
      }
    },
  },
  {
    id: "load/chat-merged-continued",
    says: "A conversation that another guest's goes on with, since they were merged, is followed and found like any other.",
    async run({ storage }) {
      const { first, second } = await merged(storage);
      const { state } = await storage.loadConversation({
        reach: "everything",
        conversationId: "con_1",
        client: null,
        template: null,
      });
      assert.ok(state);
      const closed = { status: "closed", closedAt: NOON, continuedIn: "con_2" } as const;
      await stored(storage, { ...state.conversation, ...closed });
      assert.deepEqual(await messagesIn(storage, "con_2"), ["msg_1", "msg_2"]);
      const command = await storage.loadConversation({
        reach: "everything",
        conversationId: "con_2",
        client: null,
        template: null,
      });
      assert.deepEqual(idsOf(command.state?.unreadContinued ?? []), ["con_1"]);
      const { conversations } = await chatOf(storage, second, { wamids: ["wamid.msg_1"] });
      assert.deepEqual(idsOf(conversations), ["con_1", "con_2"]);
      const history = await storage.message({ reach: "everything", messageId: "msg_1" });
      assert.deepEqual(new Set(history?.shownIn), new Set(["con_1", "con_2"]));
      const { items } = await storage.conversations({
        reach: "everything",
        hotelId: HOTEL,
        departmentId: null,
        status: "open",
        after: null,
        limit: 10,
      });
      assert.deepEqual(
        items.map(({ conversation, unread }) => [conversation.id, unread]),
        [["con_2", 2]],
      );
      assert.deepEqual(idsOf((await guestStateOf(storage, first.id)).conversations), ["con_1"]);
    },
  },
  {
    id: "load/conversation-merged",
    says: "A command about a merged guest's conversation is given the chat of who stays, and the others of both.",
    async run({ storage }) {
      const { first, second } = await merged(storage);
      await stored(storage, aConversation("con_3", second, { departmentId: "spa", phoneNumberId: "another" }));
      const loaded = async (conversationId: string) => {
        const { state } = await storage.loadConversation({
          reach: "everything",
          conversationId,
          client: null,
          template: null,
        });
        assert.ok(state);
        return state;
      };
      const ofFirst = await loaded("con_1");
      assert.equal(ofFirst.conversation.guestId, first.id);
      assert.deepEqual(ofFirst.chat, {
        ...newChat(HOTEL, NUMBER, second.id),
        windowClosesAt: minutesAfterNoon(90),
        version: 2,
      });
      assert.deepEqual(idsOf(ofFirst.others), ["con_2", "con_3"]);
      assert.deepEqual(idsOf((await loaded("con_2")).others), ["con_1", "con_3"]);
      await stored(storage, aConversation("con_4", first, { departmentId: "bar", phoneNumberId: "a third" }));
      assert.deepEqual((await loaded("con_4")).chat, newChat(HOTEL, "a third", second.id));
    },
  },
  {
    id: "load/send-merged",
    says: "What staff write in a merged guest's conversation is sent to the guest who stays, in their window, and where that conversation's own guest is found first.",
    async run({ storage }) {
      const { first, second } = await merged(storage);
      const conversation = aConversation("con_3", first, { departmentId: "spa", lastSeq: 1 });
      await stored(storage, conversation, [anOutboundMessage("msg_3", conversation, 1)]);
      const { sends } = await storage.loadSends(HOTEL, ["msg_3"]);
      assert.equal(sends[0]?.message.id, "msg_3");
      const { guest } = await guestStateOf(storage, second.id);
      const own = new Set((await guestStateOf(storage, first.id)).guest.addresses.map(({ value }) => value));
      const isOwn = ({ value }: { readonly value: string }) => own.has(value);
      assert.ok(own.size > 0);
      assert.deepEqual(sends[0].guest, {
        ...guest,
        addresses: [...guest.addresses.filter((one) => !isOwn(one)), ...guest.addresses.filter(isOwn)],
      });
      assert.deepEqual(sends[0].chat, {
        ...newChat(HOTEL, NUMBER, second.id),
        windowClosesAt: minutesAfterNoon(90),
        version: 2,
      });
    },
  },
  {
    id: "read/conversations-merged",
    says: "A list shows a merged guest's conversation under the name of the guest who stays, and with their window.",
    async run({ storage }) {
      const { first, second } = await merged(storage);
      const rows = async () => {
        const { items } = await storage.conversations({
          reach: "everything",
          hotelId: HOTEL,
          departmentId: null,
          status: null,
          after: null,
          limit: 10,
        });
        return new Map(
          items.map(({ conversation, ...row }) => [conversation.id, [row.guestId, row.guestName, row.windowClosesAt]]),
        );
      };
      assert.deepEqual(
        await rows(),
        new Map([
          ["con_1", [second.id, "Second", minutesAfterNoon(90)]],
          ["con_2", [second.id, "Second", minutesAfterNoon(90)]],
        ]),
      );
      await unmerge(storage, first.id);
      assert.deepEqual((await rows()).get("con_1"), [first.id, "First", minutesAfterNoon(60)]);
    },
  },
];
