import assert from "node:assert/strict";
import type { Address } from "../../domain/address.js";
import { anItem, bsuid, HOTEL, NUMBER, OTHER_HOTEL, phone } from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  ASKS_NOTHING,
  atOnce,
  chatOf,
  claim,
  claimOne,
  commit,
  completing,
  from,
  guestWrites,
  itemsOf,
  nowOf,
  remember,
} from "./steps.js";

/** Whose a message is: the guest behind its addresses. */
export const rememberGuestCases: readonly StorageCase[] = [
  {
    id: "remember/one-guest",
    says: "The first message of somebody unknown makes a guest with all its addresses, and the item as their evidence.",
    async run({ storage }) {
      const addresses = [bsuid("US.13491208655302741918"), phone("12025550101")];
      const before = await nowOf(storage);
      await guestWrites(storage, "itm_1", { chat: { addresses, newGuestId: "gst_1" } });
      const lane = await claimOne(storage);
      assert.equal(lane.guestId, "gst_1");
      const { states } = await storage.loadChats([{ ...lane, ...ASKS_NOTHING }]);
      const guest = states[0]?.guest;
      assert.equal(guest?.id, "gst_1");
      assert.equal(guest.hotelId, HOTEL);
      assert.deepEqual([guest.name, guest.username, guest.mergedInto], [null, null, null]);
      assert.deepEqual(
        new Set(guest.addresses.map(({ kind, value, evidence }) => `${kind} ${value} ${String(evidence)}`)),
        new Set(["bsuid US.13491208655302741918 itm_1", "waId 12025550101 itm_1"]),
      );
      for (const { firstSeenAt, retiredAt } of guest.addresses) assert.ok(firstSeenAt >= before && retiredAt === null);
    },
  },
  {
    id: "remember/one-guest-known-by-any",
    says: "A guest is found by any of their addresses: the first known in the order given says who it is.",
    async run({ storage }) {
      const now = await nowOf(storage);
      const [a, b, c] = [bsuid("US.1"), phone("12025550101"), phone("12025550102")];
      const writes = (id: string, ...addresses: readonly (typeof a)[]) =>
        anItem(id, now, { chat: { addresses, newGuestId: `gst_${id}` } });
      await remember(storage, writes("1", a, b), writes("2", c), writes("3", b));
      await remember(
        storage,
        writes("4", bsuid("US.unknown"), c, a),
        writes("5", a, c),
        writes("6", bsuid("US.9"), phone("12025550109")),
      );
      const { lanes } = await claim(storage);
      assert.deepEqual(
        new Map(lanes.map(({ guestId, items }) => [guestId, items.map(({ id }) => id).join()])),
        new Map([
          ["gst_1", "1,3,5"],
          ["gst_2", "2,4"],
          ["gst_6", "6"],
        ]),
      );
    },
  },
  {
    id: "remember/one-guest-recycled-phone",
    says: "A phone that comes with another BSUID than its guest's has passed to somebody else: a new guest, who has it from then on (F26).",
    async run({ storage }) {
      const number = phone("12025550101");
      const writes = async (id: string, ...addresses: readonly Address[]) => {
        await guestWrites(storage, id, { chat: { addresses, newGuestId: `gst_${id}` } });
        const lane = await claimOne(storage);
        await commit(storage, completing(lane));
        return lane.guestId;
      };
      assert.equal(await writes("1", bsuid("US.old"), number), "gst_1");
      assert.equal(await writes("2", bsuid("US.new"), number), "gst_2", "not by guess the one who had it");
      assert.equal(await writes("3", bsuid("US.new"), number), "gst_2");
      assert.equal(await writes("4", number), "gst_2", "the phone is theirs now");
      assert.equal(await writes("5", bsuid("US.old")), "gst_1", "who had it keeps their own id");
      const addressesOf = async (id: string) =>
        (await chatOf(storage, { id, hotelId: HOTEL, phoneNumberId: NUMBER })).guest.addresses
          .map(({ value, evidence }) => `${value} ${String(evidence)}`)
          .sort();
      assert.deepEqual(await addressesOf("gst_1"), ["US.old 1"], "nothing is sent to them by a phone they lost");
      assert.deepEqual(await addressesOf("gst_2"), ["12025550101 2", "US.new 2"]);
    },
  },
  {
    id: "remember/one-guest-same-phone",
    says: "A phone that comes with a first BSUID, or with a new one under the same parent BSUID, is its guest's still.",
    async run({ storage }) {
      const now = await nowOf(storage);
      const parent: Address = { kind: "parentBsuid", value: "US.ENT.1" };
      const writes = (id: string, ...addresses: readonly Address[]) =>
        anItem(id, now, { chat: { addresses, newGuestId: `gst_${id}` } });
      await remember(
        storage,
        writes("1", phone("12025550101")),
        writes("2", bsuid("US.2"), parent, phone("12025550102")),
      );
      await remember(storage, writes("3", bsuid("US.1"), phone("12025550101")));
      await remember(storage, writes("4", bsuid("US.4"), parent, phone("12025550102")));
      const { lanes } = await claim(storage);
      assert.deepEqual(new Set(itemsOf(lanes).map((ids) => ids.join())), new Set(["1,3", "2,4"]));
    },
  },
  {
    id: "remember/one-guest-recycled-phone-at-once",
    says: "The first messages of whoever has somebody's old phone now, in one call and at once, make one new guest (F26, F27).",
    needs: "concurrency",
    async run({ storage }) {
      const number = phone("12025550101");
      await guestWrites(storage, "itm_old", { chat: { addresses: [bsuid("US.old"), number] } });
      const now = await nowOf(storage);
      const item = (id: string) => anItem(id, now, { chat: { addresses: [bsuid("US.new"), number] } });
      await atOnce(10, (n) => remember(storage, item(`itm_${String(n)}_a`), item(`itm_${String(n)}_b`)));
      const { lanes } = await claim(storage);
      assert.deepEqual(
        lanes.map(({ items }) => items.length).sort((a, b) => a - b),
        [1, 20],
      );
    },
  },
  {
    id: "remember/one-guest-by-kind",
    says: "An address is its kind and its value: the same characters of another kind are another address.",
    async run({ storage }) {
      const now = await nowOf(storage);
      await remember(
        storage,
        anItem("itm_1", now, { chat: { addresses: [{ kind: "bsuid", value: "12025550101" }] } }),
        anItem("itm_2", now, { chat: { addresses: [{ kind: "waId", value: "12025550101" }] } }),
        anItem("itm_3", now, { chat: { addresses: [{ kind: "parentBsuid", value: "12025550101" }] } }),
      );
      assert.equal((await claim(storage)).lanes.length, 3);
    },
  },
  {
    id: "remember/one-guest-per-hotel",
    says: "A person who writes to two hotels is a guest of each, and neither knows of the other.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1", { chat: { newGuestId: "gst_1" } });
      await guestWrites(storage, "itm_2", { hotelId: OTHER_HOTEL, chat: { newGuestId: "gst_2" } });
      const { lanes } = await claim(storage);
      assert.deepEqual(
        new Map(lanes.map(({ hotelId, guestId }) => [hotelId, guestId])),
        new Map([
          [HOTEL, "gst_1"],
          [OTHER_HOTEL, "gst_2"],
        ]),
      );
    },
  },
  {
    id: "remember/one-guest-no-duplicates",
    says: "A duplicate makes no guest, whatever address it names.",
    async run({ storage }) {
      const item = await guestWrites(storage, "itm_1");
      const again = {
        ...item,
        id: "itm_again",
        chat: { ...item.chat, addresses: [phone("12025550199")], newGuestId: "gst_ghost" },
      };
      assert.deepEqual(await remember(storage, again as typeof item), ["duplicate"]);
      await guestWrites(storage, "itm_2", { chat: { addresses: [phone("12025550199")], newGuestId: "gst_2" } });
      const { lanes } = await claim(storage);
      assert.deepEqual(new Set(lanes.map(({ guestId }) => guestId)), new Set(["gst_itm_1", "gst_2"]));
    },
  },
  {
    id: "remember/one-guest-at-once",
    says: "An album of a brand-new guest, ten webhooks at once, makes one guest and ten messages (F27, chatwoot#14058).",
    needs: "concurrency",
    async run({ storage }) {
      for (let round = 0; round < 5; round++) {
        const waId = `1202555015${String(round)}`;
        await atOnce(10, (index) => guestWrites(storage, `itm_${String(round)}_${String(index)}`, from(waId)));
      }
      const { lanes } = await claim(storage);
      assert.deepEqual(
        lanes.map(({ items }) => items.length),
        [10, 10, 10, 10, 10],
      );
      assert.equal(new Set(lanes.map(({ guestId }) => guestId)).size, 5);
    },
  },
  {
    id: "remember/one-guest-crosswise",
    says: "Batches that name the same new guests in opposite order do not stand in each other's way.",
    needs: "concurrency",
    async run({ storage }) {
      const now = await nowOf(storage);
      const waIds = Array.from({ length: 20 }, (_, index) => `120255502${String(index).padStart(2, "0")}`);
      await atOnce(10, (caller) => {
        const items = waIds.map((waId) => anItem(`itm_${String(caller)}_${waId}`, now, from(waId)));
        return remember(storage, ...(caller % 2 === 0 ? items : items.reverse()));
      });
      const { lanes } = await claim(storage);
      assert.deepEqual(
        lanes.map(({ items }) => items.length),
        waIds.map(() => 10),
      );
    },
  },
];
