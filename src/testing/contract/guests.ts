import assert from "node:assert/strict";
import type { Reach } from "../../domain/access.js";
import type { Address } from "../../domain/address.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  aGuestUpdate,
  aNewAddress,
  bsuid,
  HOTEL,
  NOON,
  OTHER_HOTEL,
  phone,
  SECOND_MS,
  SECOND_NUMBER,
  within,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  chatOf,
  commit,
  conversationOf,
  guestStateOf,
  merge,
  nowOf,
  stored,
  theGuest,
  unmerge,
  writtenBy,
} from "./steps.js";

const idsOf = (things: readonly { readonly id: string }[]): readonly string[] => things.map(({ id }) => id).sort();

/** Which of these guests are within reach, in the order asked. */
const seen = async (storage: Storage, reach: Reach, guestIds: readonly string[]): Promise<readonly (string | null)[]> =>
  (await storage.loadGuests({ reach, guestIds })).guests.map((state) => state?.guest.id ?? null);

const found = async (storage: Storage, addresses: readonly Address[], reach: Reach = "everything", hotelId = HOTEL) =>
  idsOf(await storage.findGuests({ reach, hotelId, addresses }));

export const guestCases: readonly StorageCase[] = [
  {
    id: "guest/load",
    says: "Guests come in the order asked, each as they are; who does not exist is null.",
    async run({ storage }) {
      const before = await nowOf(storage);
      const first = await writtenBy(storage, "1", [bsuid("US.1"), phone("12025550101")]);
      const name = "Zoë \u0000 \ud83d 👩‍👩‍👧";
      const username = "zoë.\u0000\ud83d";
      await commit(storage, aCommand({ guest: aGuestUpdate(first, { name, username }) }));
      const elsewhere = await aKnownGuest(storage, { hotelId: OTHER_HOTEL });
      const { now, guests } = await storage.loadGuests({
        reach: "everything",
        guestIds: [elsewhere.id, "gst_nobody", first, elsewhere.id],
      });
      assert.ok(now >= before);
      assert.deepEqual(
        guests.map((state) => state?.guest.id ?? null),
        [elsewhere.id, null, first, elsewhere.id],
      );
      const state = guests[2];
      assert.deepEqual([state?.merged, state?.conversations, state?.formerAddresses], [[], [], []]);
      assert.deepEqual(state?.guest, (await chatOf(storage, theGuest(first))).guest);
      const { addresses, ...guest } = state.guest;
      assert.deepEqual(guest, { id: first, hotelId: HOTEL, name, username, mergedInto: null });
      assert.equal(addresses.length, 2);
    },
  },
  {
    id: "guest/load-in-order",
    says: "A guest's addresses stand in the order in which they were first seen: the newest phone is the last.",
    async run({ storage, shiftClock }) {
      const phones = ["12025550109", "12025550101", "12025550105"];
      await writtenBy(storage, "1", [bsuid("US.1")]);
      for (const [index, value] of phones.entries()) {
        await shiftClock(SECOND_MS);
        await writtenBy(storage, `by_${String(index)}`, [bsuid("US.1"), phone(value)]);
      }
      await shiftClock(SECOND_MS);
      const other = await writtenBy(storage, "2", [phone("12025550103")]);
      const values = async () => (await guestStateOf(storage, "gst_1")).guest.addresses.map(({ value }) => value);
      assert.deepEqual(await values(), ["US.1", ...phones]);
      await shiftClock(SECOND_MS);
      await commit(
        storage,
        aCommand({ guest: aGuestUpdate("gst_1", { addresses: [aNewAddress(bsuid("US.0"), "4")] }) }),
      );
      await merge(storage, other, "gst_1");
      assert.deepEqual(await values(), ["US.1", ...phones, "12025550103", "US.0"], "those of merged guests among them");
    },
  },
  {
    id: "guest/load-conversations",
    says: "With a guest come their own open conversations, and closed ones that another guest's goes on with.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      const closed = { status: "closed", closedAt: NOON } as const;
      await stored(storage, aConversation("con_other", other));
      const open = await stored(storage, aConversation("con_open", guest));
      await stored(storage, aConversation("con_flow", guest, { mode: "flow", phoneNumberId: SECOND_NUMBER }));
      await stored(storage, aConversation("con_closed", guest, closed));
      await stored(
        storage,
        aConversation("con_own", guest, { ...closed, departmentId: "spa", continuedIn: "con_open" }),
      );
      await stored(storage, aConversation("con_gone_on", guest, { ...closed, continuedIn: "con_other" }));
      await merge(storage, guest.id, other.id);
      const { conversations } = await guestStateOf(storage, guest.id);
      assert.deepEqual(idsOf(conversations), ["con_flow", "con_gone_on", "con_open"]);
      assert.deepEqual(
        conversations.find(({ id }) => id === "con_open"),
        open,
      );
      assert.deepEqual(idsOf((await guestStateOf(storage, other.id)).conversations), ["con_other"], "each their own");
    },
  },
  {
    id: "guest/load-merged",
    says: "A merged guest is answered as themself, with the addresses that would come back; who stays names all that were merged.",
    async run({ storage }) {
      const [first, second, third] = [
        await writtenBy(storage, "1", [phone("12025550101")]),
        await writtenBy(storage, "2", [phone("12025550102")]),
        await writtenBy(storage, "3", [phone("12025550103")]),
      ];
      await merge(storage, first, second);
      await merge(storage, second, third);
      const told = async (id: string) => {
        const { guest, merged } = await guestStateOf(storage, id);
        return {
          mergedInto: guest.mergedInto,
          addresses: guest.addresses.map(({ value }) => value).sort(),
          merged: idsOf(merged),
        };
      };
      assert.deepEqual(await told(first), { mergedInto: second, addresses: ["12025550101"], merged: [] });
      assert.deepEqual(await told(second), {
        mergedInto: third,
        addresses: ["12025550101", "12025550102"],
        merged: [first],
      });
      assert.deepEqual(await told(third), {
        mergedInto: null,
        addresses: ["12025550101", "12025550102", "12025550103"],
        merged: [first, second],
      });
      const { merged } = await guestStateOf(storage, third);
      assert.deepEqual(
        merged.find(({ id }) => id === first),
        (await guestStateOf(storage, first)).guest,
      );
    },
  },
  {
    id: "guest/load-holders",
    says: "Whoever has an address now that was a guest's is named, in place of a merged guest the one who stays.",
    async run({ storage }) {
      const number = phone("12025550101");
      const first = await writtenBy(storage, "1", [bsuid("US.1"), number]);
      const second = await writtenBy(storage, "2", [bsuid("US.2"), number]);
      const third = await writtenBy(storage, "3", [bsuid("US.3")]);
      const heldBy = async () => (await guestStateOf(storage, first)).formerAddresses.map((former) => former.heldBy);
      assert.deepEqual(await heldBy(), [second]);
      await merge(storage, second, third);
      assert.deepEqual(await heldBy(), [third]);
      await unmerge(storage, second);
      assert.deepEqual(await heldBy(), [second]);
    },
  },
  {
    id: "guest/reach",
    says: "Staff see guests of whom they see a conversation, or whose hotel they see whole; others look like nobody (T51, T52).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const silent = await aKnownGuest(storage, { waId: "12025550102" });
      const undecided = await aKnownGuest(storage, { waId: "12025550103" });
      const elsewhere = await aKnownGuest(storage, { hotelId: OTHER_HOTEL });
      await stored(storage, aConversation("con_1", guest, { status: "closed", closedAt: NOON }));
      await stored(storage, aConversation("con_2", undecided, { departmentId: null }));
      await stored(storage, aConversation("con_3", elsewhere));
      const all = [guest, silent, undecided, elsewhere];
      const addresses = ["12025550101", "12025550102", "12025550103"].map(phone);
      const sees = async (reach: Reach) => {
        const loaded = await seen(
          storage,
          reach,
          all.map(({ id }) => id),
        );
        const ids = loaded.filter((id) => id !== null);
        const found = [HOTEL, OTHER_HOTEL].map((hotelId) => storage.findGuests({ reach, hotelId, addresses }));
        assert.deepEqual(idsOf((await Promise.all(found)).flat()), ids.toSorted(), "both say the same");
        return ids;
      };
      assert.deepEqual(await sees("everything"), idsInOrder(all));
      assert.deepEqual(await sees(within([HOTEL, "all"])), idsInOrder([guest, silent, undecided]));
      assert.deepEqual(await sees(within([HOTEL, ["spa", "reception"]])), [guest.id]);
      assert.deepEqual(await sees(within([HOTEL, ["spa", "Reception", ""]])), []);
      assert.deepEqual(await sees(within([HOTEL, []], [OTHER_HOTEL, ["reception"]])), [elsewhere.id]);
      assert.deepEqual(await sees(within()), []);
    },
  },
  {
    id: "guest/reach-merged",
    says: "Who sees a conversation of a merged guest sees the guest who stays, and not the other way round.",
    async run({ storage }) {
      const [first, second, third] = [
        await aKnownGuest(storage),
        await aKnownGuest(storage, { waId: "12025550102" }),
        await aKnownGuest(storage, { waId: "12025550103" }),
      ];
      await stored(storage, aConversation("con_1", first));
      await stored(storage, aConversation("con_3", third, { departmentId: "spa" }));
      await merge(storage, first.id, second.id);
      await merge(storage, second.id, third.id);
      const ids = [first.id, second.id, third.id];
      assert.deepEqual(await seen(storage, within([HOTEL, ["reception"]]), ids), ids);
      assert.deepEqual(await seen(storage, within([HOTEL, ["spa"]]), ids), [null, null, third.id]);
      await unmerge(storage, second.id);
      assert.deepEqual(await seen(storage, within([HOTEL, ["reception"]]), ids), [first.id, second.id, null]);
      assert.equal((await conversationOf(storage, "con_1")).guestId, first.id, "no conversation has moved");
    },
  },
  {
    id: "guest/find",
    says: "A guest of the hotel is found by an address they have or had, of its kind, and comes once however many fit.",
    async run({ storage }) {
      const number = phone("12025550101");
      const first = await writtenBy(storage, "1", [bsuid("US.1"), number, phone("12025550104")]);
      const second = await writtenBy(storage, "2", [bsuid("US.2"), number]);
      await commit(storage, aCommand({ guest: aGuestUpdate(first, { retires: [phone("12025550104")] }) }));
      await aKnownGuest(storage, { hotelId: OTHER_HOTEL });
      assert.deepEqual(await found(storage, [bsuid("US.1")]), [first]);
      assert.deepEqual(await found(storage, [phone("12025550104")]), [first], "also by one that they gave up");
      assert.deepEqual(await found(storage, [number, bsuid("US.1"), bsuid("US.2")]), [first, second]);
      assert.deepEqual(await found(storage, [number]), [first, second]);
      assert.deepEqual(await found(storage, [phone("US.1"), bsuid(number.value), phone("12025550199")]), []);
      assert.deepEqual(await found(storage, []), []);
      assert.deepEqual(await found(storage, [bsuid("US.1")], "everything", OTHER_HOTEL), []);
      const [guest] = await storage.findGuests({ reach: "everything", hotelId: HOTEL, addresses: [bsuid("US.2")] });
      assert.deepEqual(guest, (await guestStateOf(storage, second)).guest);
    },
  },
  {
    id: "guest/find-merged",
    says: "By what a merged guest has or had the guest who stays is found.",
    async run({ storage }) {
      const number = phone("12025550101");
      const first = await writtenBy(storage, "1", [bsuid("US.1"), number]);
      const second = await writtenBy(storage, "2", [bsuid("US.2"), number]);
      const third = await writtenBy(storage, "3", [phone("12025550103")]);
      await merge(storage, first, third);
      assert.deepEqual(await found(storage, [bsuid("US.1"), phone("12025550103")]), [third]);
      assert.deepEqual(await found(storage, [number]), [second, third].sort());
    },
  },
];

const idsInOrder = (guests: readonly { readonly id: string }[]): readonly string[] => guests.map(({ id }) => id);
