import assert from "node:assert/strict";
import type { Address } from "../../domain/address.js";
import type { Reach } from "../../domain/access.js";
import type { Storage } from "../../ports/storage.js";
import type { RecipientState } from "../../ports/work-storage.js";
import {
  aCommand,
  aConversation,
  anInboundMessage,
  anOutboundMessage,
  bsuid,
  HOTEL,
  NUMBER,
  OTHER_HOTEL,
  phone,
  SECOND_NUMBER,
  within,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  atOnce,
  claim,
  collides,
  commit,
  completing,
  conflicts,
  eventsOf,
  guestStateOf,
  guestWrites,
  itemsOf,
  merge,
  messageOf,
  nowOf,
  stored,
  theGuest,
  writtenBy,
} from "./steps.js";
import { newChat } from "../../domain/chat.js";

const PHONE = phone("12025550101");
const NOBODY: RecipientState = {
  guest: null,
  chats: [],
  conversations: [],
  existing: null,
  consents: [],
  template: null,
};

const loaded = async (
  storage: Storage,
  to: Address | { readonly guestId: string },
  { hotelId = HOTEL, reach = "everything" }: { readonly hotelId?: string; readonly reach?: Reach } = {},
  clientMessageId: string | null = null,
): Promise<RecipientState> => {
  const client = clientMessageId === null ? null : { authorId: "staff_1", clientMessageId };
  const before = await nowOf(storage);
  const { now, state } = await storage.loadRecipient({ hotelId, to, reach, client, template: null });
  assert.ok(now >= before);
  return state;
};

const idsOf = (things: readonly { readonly id: string }[]): readonly string[] => things.map(({ id }) => id).sort();

/** Somebody is written to first: a guest who is new, and a conversation with them. */
const firstTo = (address: Address, n: number | string = 1) => {
  const newGuest = { id: `gst_new_${String(n)}`, address };
  return aCommand({ newGuest, conversations: [aConversation(`con_new_${String(n)}`, theGuest(newGuest.id))] });
};

export const recipientCases: readonly StorageCase[] = [
  {
    id: "load/recipient",
    says: "Who is written to is whoever has the address: with their chats on any number, and the conversations they are in.",
    async run({ storage }) {
      const id = await writtenBy(storage, "1", [bsuid("US.1"), PHONE]);
      await writtenBy(storage, "2", [phone("12025550102")]);
      const guest = theGuest(id);
      const chats = [NUMBER, SECOND_NUMBER].map((number) => newChat(HOTEL, number, id));
      const [chat, second] = chats;
      assert.ok(chat && second);
      const open = await stored(storage, aConversation("con_open", guest), [], { chat });
      const elsewhere = { ...guest, phoneNumberId: SECOND_NUMBER };
      await stored(storage, aConversation("con_other", elsewhere, { departmentId: null }), [], { chat: second });
      await stored(storage, aConversation("con_closed", guest, { status: "closed" }));
      await stored(storage, aConversation("con_old", elsewhere, { status: "closed", imported: true }));
      const state = await loaded(storage, PHONE);
      assert.deepEqual(state.guest, (await guestStateOf(storage, id)).guest);
      assert.deepEqual(
        state.chats.toSorted((a, b) => (a.phoneNumberId < b.phoneNumberId ? -1 : 1)),
        chats.map((each) => ({ ...each, version: 1 })),
      );
      assert.deepEqual(idsOf(state.conversations), ["con_old", "con_open", "con_other"]);
      assert.deepEqual(
        state.conversations.find((one) => one.id === "con_open"),
        open,
      );
      assert.equal(state.existing, null);
      assert.equal((await loaded(storage, bsuid("US.1"))).guest?.id, id);
      assert.equal((await loaded(storage, { guestId: id })).guest?.id, id);
      for (const to of [phone("12025550199"), bsuid(PHONE.value), { guestId: "gst_nobody" }, { guestId: PHONE.value }])
        assert.deepEqual(await loaded(storage, to), NOBODY);
      assert.deepEqual(await loaded(storage, PHONE, { hotelId: OTHER_HOTEL }), NOBODY, "another hotel knows nobody");
      assert.deepEqual(await loaded(storage, { guestId: id }, { hotelId: OTHER_HOTEL }), NOBODY);
      for (const odd of ["12025550101\u0000", "\ud83d"]) {
        assert.deepEqual(await loaded(storage, phone(odd)), NOBODY);
        assert.deepEqual(await loaded(storage, { guestId: odd }), NOBODY);
      }
    },
  },
  {
    id: "load/recipient-reach",
    says: "A guest asked for by id is there for whom one of their conversations is; an address is looked up whoever asks.",
    async run({ storage }) {
      const { id } = await aKnownGuest(storage);
      await stored(storage, aConversation("con_1", theGuest(id), { departmentId: "restaurant", status: "closed" }));
      const by = async (reach: Reach) => (await loaded(storage, { guestId: id }, { reach })).guest?.id ?? null;
      assert.equal(await by(within([HOTEL, ["restaurant"]])), id);
      assert.equal(await by(within([HOTEL, "all"])), id);
      const reception = within([HOTEL, ["reception"]]);
      for (const reach of [reception, within([OTHER_HOTEL, "all"]), within()]) assert.equal(await by(reach), null);
      assert.equal((await loaded(storage, PHONE, { reach: reception })).guest?.id, id);
    },
  },
  {
    id: "load/recipient-merged",
    says: "A guest who was merged is the one into whom, by address and by id, with what both are in.",
    async run({ storage }) {
      const first = await writtenBy(storage, "1", [PHONE]);
      const second = await writtenBy(storage, "2", [bsuid("US.2")]);
      await stored(storage, aConversation("con_1", theGuest(first)));
      await stored(storage, aConversation("con_2", theGuest(second), { departmentId: "restaurant" }), [], {
        chat: newChat(HOTEL, NUMBER, second),
      });
      await merge(storage, first, second);
      for (const to of [PHONE, { guestId: first }, { guestId: second }]) {
        const { guest, chats, conversations } = await loaded(storage, to);
        assert.equal(guest?.id, second);
        assert.deepEqual(guest.addresses.map(({ value }) => value).sort(), ["12025550101", "US.2"]);
        assert.deepEqual(
          chats.map(({ guestId }) => guestId),
          [second],
        );
        assert.deepEqual(idsOf(conversations), ["con_1", "con_2"]);
      }
      const reach = within([HOTEL, ["reception"]]);
      assert.equal(
        (await loaded(storage, { guestId: second }, { reach })).guest?.id,
        second,
        "by either's conversation",
      );
    },
  },
  {
    id: "load/recipient-existing",
    says: "The message that the same author sent before under this id comes along, with whose it is, whoever is written to.",
    async run({ storage }) {
      const first = await writtenBy(storage, "1", [PHONE]);
      const second = await writtenBy(storage, "2", [bsuid("US.2")]);
      const conversation = aConversation("con_1", theGuest(first), { lastSeq: 2 });
      await stored(storage, conversation, [
        anInboundMessage("msg_1", conversation, 1),
        anOutboundMessage("msg_2", conversation, 2, { clientMessageId: "mine" }),
      ]);
      const message = await messageOf(storage, "msg_2");
      assert.deepEqual((await loaded(storage, PHONE, {}, "mine")).existing, { message, guestId: first });
      assert.deepEqual((await loaded(storage, phone("12025550199"), {}, "mine")).existing?.guestId, first);
      assert.equal((await loaded(storage, PHONE, {}, "another")).existing, null);
      assert.equal((await loaded(storage, PHONE, { hotelId: OTHER_HOTEL }, "mine")).existing, null);
      const client = { authorId: "staff_2", clientMessageId: "mine" };
      const { state } = await storage.loadRecipient({
        hotelId: HOTEL,
        to: PHONE,
        reach: "everything",
        client,
        template: null,
      });
      assert.equal(state.existing, null, "another author's is another");
      await merge(storage, first, second);
      assert.equal((await loaded(storage, PHONE, {}, "mine")).existing?.guestId, second);
    },
  },
  {
    id: "commit/new-guest",
    says: "Whom a hotel writes to first is a guest from then on, known by that address without evidence: what they write is theirs.",
    async run({ storage }) {
      const before = await nowOf(storage);
      await commit(storage, firstTo(PHONE));
      const { guest } = await guestStateOf(storage, "gst_new_1");
      const [address] = guest.addresses;
      assert.ok(address && address.firstSeenAt >= before);
      assert.deepEqual(guest, {
        id: "gst_new_1",
        hotelId: HOTEL,
        name: null,
        username: null,
        mergedInto: null,
        addresses: [{ ...PHONE, evidence: null, firstSeenAt: address.firstSeenAt, retiredAt: null }],
      });
      assert.equal((await loaded(storage, PHONE)).guest?.id, "gst_new_1");
      // Their answer may bring what WhatsApp calls them besides.
      assert.equal(await writtenBy(storage, "1", [bsuid("US.1"), PHONE]), "gst_new_1");
      assert.equal((await loaded(storage, bsuid("US.1"))).guest?.id, "gst_new_1");
      await commit(storage, firstTo(bsuid("US.2"), 2));
      assert.equal(await writtenBy(storage, "2", [bsuid("US.2")]), "gst_new_2");
      assert.deepEqual(
        await storage.commit(OTHER_HOTEL, [
          aCommand({ ...firstTo(PHONE, 3).change, hotelId: OTHER_HOTEL, conversations: [] }),
        ]),
        {
          outcome: "committed",
          events: [],
          messages: [],
        },
      );
    },
  },
  {
    id: "commit/new-guest-known",
    says: "An address that somebody has makes nobody: a conflict, and nothing is stored.",
    async run({ storage }) {
      const known = await writtenBy(storage, "1", [PHONE]);
      const events = await eventsOf(storage);
      const change = firstTo(PHONE);
      conflicts(await storage.commit(HOTEL, [change]), [0], [change]);
      assert.equal((await loaded(storage, PHONE)).guest?.id, known);
      assert.deepEqual((await loaded(storage, PHONE)).conversations, []);
      assert.deepEqual(await loaded(storage, { guestId: "gst_new_1" }), NOBODY);
      assert.deepEqual(await eventsOf(storage), events);
      const pair = [firstTo(phone("12025550102"), 2), firstTo(phone("12025550102"), 3)];
      collides(await storage.commit(HOTEL, pair));
      assert.deepEqual(await loaded(storage, phone("12025550102")), NOBODY);
      // An address that was somebody's and is given up is theirs all the same.
      await commit(
        storage,
        aCommand({ guest: { id: known, name: null, username: null, addresses: [], retires: [PHONE] } }),
      );
      conflicts(await storage.commit(HOTEL, [change]), [0], [change]);
    },
  },
  {
    id: "commit/new-guest-at-once",
    says: "Many who write first to the same address, while its guest writes too, make one guest.",
    needs: "concurrency",
    async run({ storage }) {
      for (let round = 0; round < 5; round++) {
        const address = phone(`1202555020${String(round)}`);
        const results = await atOnce(6, async (n) => {
          const name = `${String(round)}_${String(n)}`;
          if (n === 0) {
            await guestWrites(storage, name, { chat: { addresses: [address], newGuestId: `gst_by_${name}` } });
            return null;
          }
          return (await storage.commit(HOTEL, [firstTo(address, name)])).outcome;
        });
        const { guest, conversations } = await loaded(storage, address);
        const stored = results.filter((outcome) => outcome === "committed").length;
        assert.ok(guest !== null && stored <= 1);
        assert.equal(conversations.length, stored, "who was too late has left nothing");
        const { lanes } = await claim(storage);
        assert.deepEqual(itemsOf(lanes), [[`${String(round)}_0`]]);
        const [lane] = lanes;
        assert.equal(lane?.guestId, guest.id);
        await commit(storage, completing(lane));
      }
    },
  },
];
