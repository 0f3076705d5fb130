import assert from "node:assert/strict";
import {
  anItem,
  aConversation,
  anInboundMessage,
  DAY_MS,
  HOTEL,
  OTHER_HOTEL,
  SECOND_NUMBER,
  HOUR_MS,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  atOnce,
  claim,
  claimOne,
  commit,
  completing,
  from,
  guestWrites,
  itemsOf,
  nothingIsDue,
  nowOf,
  remember,
  RETENTION_MS,
  stored,
} from "./steps.js";

export const rememberCases: readonly StorageCase[] = [
  {
    id: "remember/once",
    says: "A webhook that is delivered again is a duplicate, and makes no second work.",
    async run({ storage }) {
      const item = anItem("itm_1", await nowOf(storage));
      assert.deepEqual(await remember(storage, item), ["new"]);
      assert.deepEqual(await remember(storage, { ...item, id: "itm_1_again" }), ["duplicate"]);
      assert.deepEqual(await remember(storage, item), ["duplicate"], "also when the same call is made again");
      assert.deepEqual(itemsOf((await claim(storage)).lanes), [["itm_1"]]);
    },
  },
  {
    id: "remember/once-in-a-batch",
    says: "The same message twice in one call is remembered once.",
    async run({ storage }) {
      const now = await nowOf(storage);
      const item = anItem("itm_1", now);
      const other = anItem("itm_2", now);
      const outcomes = await remember(storage, item, { ...item, id: "itm_1_again" }, other);
      assert.deepEqual(outcomes, ["new", "duplicate", "new"]);
      assert.deepEqual(itemsOf((await claim(storage)).lanes), [["itm_1", "itm_2"]]);
    },
  },
  {
    id: "remember/once-across-batches",
    says: "Messages are told apart one by one, however webhooks cut them into batches (F16).",
    async run({ storage }) {
      const now = await nowOf(storage);
      const [a, b, c] = [anItem("itm_a", now), anItem("itm_b", now), anItem("itm_c", now)];
      assert.deepEqual(await remember(storage, a, b), ["new", "new"]);
      assert.deepEqual(await remember(storage, { ...b, id: "itm_b_again" }, c), ["duplicate", "new"]);
      assert.deepEqual(itemsOf((await claim(storage)).lanes), [["itm_a", "itm_b", "itm_c"]]);
    },
  },
  {
    id: "remember/once-after-work",
    says: "A message that was dealt with long ago is still a duplicate.",
    async run({ storage, shiftClock }) {
      const item = await guestWrites(storage, "itm_1");
      await commit(storage, completing(await claimOne(storage)));
      await shiftClock(RETENTION_MS - HOUR_MS);
      assert.deepEqual(await remember(storage, { ...item, id: "itm_1_again" }), ["duplicate"]);
      await nothingIsDue(storage);
    },
  },
  {
    id: "remember/once-per-hotel",
    says: "What one hotel has seen is news to another.",
    async run({ storage }) {
      const item = await guestWrites(storage, "itm_1");
      assert.deepEqual(await remember(storage, { ...item, id: "itm_2", hotelId: OTHER_HOTEL }), ["new"]);
      const { lanes } = await claim(storage);
      assert.deepEqual(new Set(lanes.map(({ hotelId }) => hotelId)), new Set([HOTEL, OTHER_HOTEL]));
    },
  },
  {
    id: "remember/once-at-once",
    says: "The same webhook posted fifty times at once is new for exactly one caller (F14).",
    needs: "concurrency",
    async run({ storage }) {
      const item = anItem("itm", await nowOf(storage));
      const outcomes = await atOnce(50, (index) => remember(storage, { ...item, id: `itm_${String(index)}` }));
      assert.equal(outcomes.flat().filter((outcome) => outcome === "new").length, 1);
      assert.equal(itemsOf((await claim(storage)).lanes).flat().length, 1);
    },
  },
  {
    id: "remember/order",
    says: "What a guest writes is worked in the order in which it was remembered, within a call and from call to call.",
    async run({ storage }) {
      const now = await nowOf(storage);
      const ids = ["itm_c", "itm_a", "itm_e", "itm_b"];
      await remember(storage, ...ids.map((id) => anItem(id, now)));
      await guestWrites(storage, "itm_d");
      const { items } = await claimOne(storage);
      assert.deepEqual(
        items.map(({ id }) => id),
        [...ids, "itm_d"],
      );
      const [first = 0] = items.map(({ position }) => position);
      assert.deepEqual(
        items.map(({ position }) => position - first),
        [0, 1, 2, 3, 4],
        "positions count without holes",
      );
    },
  },
  {
    id: "remember/order-by-arrival",
    says: "Arrival makes the order, never Meta's timestamps, which have whole seconds and lie (F19).",
    async run({ storage }) {
      const now = await nowOf(storage);
      const earlier = new Date(now.getTime() - HOUR_MS);
      await remember(storage, anItem("itm_1", now), anItem("itm_2", earlier, { chat: { sentAt: earlier } }));
      assert.deepEqual(itemsOf((await claim(storage)).lanes), [["itm_1", "itm_2"]]);
    },
  },
  {
    id: "remember/order-one-lane-each",
    says: "Guests do not wait for each other: each guest, and each number a guest writes to, is a lane of its own.",
    async run({ storage }) {
      const now = await nowOf(storage);
      await remember(
        storage,
        anItem("itm_a1", now, from("12025550101")),
        anItem("itm_b1", now, from("12025550102")),
        anItem("itm_a2", now, from("12025550101")),
        anItem("itm_a3", now, from("12025550101", SECOND_NUMBER)),
        anItem("itm_b2", now, from("12025550102")),
      );
      const { lanes } = await claim(storage);
      assert.deepEqual(
        new Set(itemsOf(lanes).map((ids) => ids.join())),
        new Set(["itm_a1,itm_a2", "itm_a3", "itm_b1,itm_b2"]),
      );
      const [toFirst, toSecond] = ["itm_a1", "itm_a3"].map((id) => lanes.find(({ items }) => items[0]?.id === id));
      assert.equal(toFirst?.guestId, toSecond?.guestId, "it is one guest behind both numbers");
      assert.equal(toSecond?.phoneNumberId, SECOND_NUMBER);
    },
  },
  {
    id: "remember/order-at-once",
    says: "Of webhooks posted one after the other's answer the order is kept while other guests write at the same time.",
    needs: "concurrency",
    async run({ storage }) {
      await atOnce(8, async (guest) => {
        for (let index = 0; index < 5; index++) {
          await guestWrites(storage, `itm_${String(guest)}_${String(index)}`, from(`1202555010${String(guest)}`));
        }
      });
      const { lanes } = await claim(storage);
      assert.equal(lanes.length, 8);
      for (const { items } of lanes) {
        assert.deepEqual(
          items.map(({ id }) => id.split("_").at(-1)),
          ["0", "1", "2", "3", "4"],
        );
      }
    },
  },
  {
    id: "remember/too-old",
    says: "An item older than dedup keys live is kept and not acted upon: no work, no guest, and again it is a duplicate.",
    async run({ storage }) {
      const now = await nowOf(storage);
      const ago = (ms: number) => ({ chat: { sentAt: new Date(now.getTime() - ms), newGuestId: `gst_${String(ms)}` } });
      const old = anItem("itm_old", now, ago(RETENTION_MS + HOUR_MS));
      assert.deepEqual(await remember(storage, old), ["too_old"]);
      assert.deepEqual(await remember(storage, { ...old, id: "itm_old_again" }), ["duplicate"]);
      await nothingIsDue(storage);
      assert.deepEqual(await remember(storage, anItem("itm_recent", now, ago(RETENTION_MS - HOUR_MS))), ["new"]);
      assert.equal((await claimOne(storage)).guestId, `gst_${String(RETENTION_MS - HOUR_MS)}`);
    },
  },
  {
    id: "remember/too-old-imported",
    says: "An old message that WhatsApp brings on purpose is acted upon, however old it is.",
    async run({ storage }) {
      const now = await nowOf(storage);
      const sentAt = new Date(now.getTime() - 6 * RETENTION_MS);
      const item = anItem("itm_old", now, { kind: "history", chat: { sentAt, isImported: true } });
      assert.deepEqual(await remember(storage, item), ["new"]);
      assert.deepEqual(itemsOf((await claim(storage)).lanes), [["itm_old"]]);
    },
  },
  {
    id: "remember/too-old-by-its-clock",
    says: "Age is counted by the database's clock, with the retention the caller gives.",
    async run({ storage, shiftClock }) {
      const item = anItem("itm_1", await nowOf(storage));
      await shiftClock(2 * DAY_MS);
      assert.deepEqual(await storage.remember([item], { dedupRetentionMs: DAY_MS }), ["too_old"]);
    },
  },
  {
    id: "remember/kept",
    says: "An item is given back as it was remembered: raw JSON byte for byte, NUL and lone surrogates escaped in it (S39).",
    async run({ storage }) {
      const text = 'NUL \u0000, half an emoji \ud83d, "quotes", \\, ünï, 😀, </script>';
      const raw = JSON.stringify({ id: "wamid.1", text: { body: text } });
      const before = await nowOf(storage);
      await guestWrites(storage, "itm_1", { raw });
      const { kind, items } = await claimOne(storage);
      const [item] = items;
      assert.equal(kind, "inbound");
      assert.equal(item?.payload, raw);
      assert.equal(item.kind, "inbound");
      assert.equal(item.attempts, 0);
      assert.ok(
        item.createdAt >= before && item.createdAt <= (await nowOf(storage)),
        "it was made by the database's clock",
      );
    },
  },
  {
    id: "remember/kept-aside",
    says: "An item that is nobody's to act upon is new once, and makes neither guest nor work.",
    async run({ storage }) {
      const item = anItem("itm_1", await nowOf(storage), { kind: "unknown_field", chat: null });
      assert.deepEqual(await remember(storage, item), ["new"]);
      assert.deepEqual(await remember(storage, { ...item, id: "itm_2" }), ["duplicate"]);
      await nothingIsDue(storage);
    },
  },
  {
    id: "remember/kept-receipt",
    says: "A message can tell when its webhook was stored, however much later it was decided.",
    async run({ storage, shiftClock }) {
      const before = await nowOf(storage);
      await guestWrites(storage, "itm_1");
      const after = await nowOf(storage);
      await shiftClock(HOUR_MS);
      const lane = await claimOne(storage);
      const guest = { id: lane.guestId, hotelId: HOTEL, phoneNumberId: lane.phoneNumberId };
      const conversation = aConversation("con_1", guest, { lastSeq: 1 });
      await stored(storage, conversation, [
        anInboundMessage("msg_1", conversation, 1, { attemptId: "itm_1", createdAt: await nowOf(storage) }),
      ]);
      const history = await storage.message({ reach: "everything", messageId: "msg_1" });
      assert.ok(history?.receivedAt && history.receivedAt >= before && history.receivedAt <= after);
    },
  },
  {
    id: "remember/all-or-nothing",
    says: "A call that fails has remembered nothing: neither the item whose id is taken nor those beside it.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      const now = await nowOf(storage);
      const good = anItem("itm_2", now, from("12025550102"));
      const sameId = { ...anItem("itm_3", now, from("12025550103")), id: "itm_1" };
      await assert.rejects(remember(storage, good, sameId));
      assert.deepEqual(itemsOf((await claim(storage)).lanes), [["itm_1"]]);
      assert.deepEqual(await remember(storage, good), ["new"]);
      assert.deepEqual(await remember(storage, { ...sameId, id: "itm_3" }), ["new"]);
    },
  },
];
