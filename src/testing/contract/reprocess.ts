import assert from "node:assert/strict";
import { plainKind } from "../../domain/content.js";
import { UNROUTED_HOTEL_ID } from "../../domain/hotel.js";
import type { InboundItem } from "../../domain/work.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  anAmendment,
  anInboundMessage,
  anItem,
  HOTEL,
  HOUR_MS,
  NUMBER,
  OTHER_HOTEL,
  phone,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  addressesOf,
  aKnownGuest,
  atOnce,
  claim,
  claimOne,
  commit,
  completing,
  from,
  guestWrites,
  itemsOf,
  merge,
  nothingIsDue,
  nowOf,
  remember,
  RETENTION_MS,
  stored,
  theGuest,
} from "./steps.js";

/** An item that stands aside, and what it turns out to be. */
async function keptOne(storage: Storage, id: string, waId = "12025550101"): Promise<InboundItem> {
  const now = await nowOf(storage);
  await remember(storage, anItem(id, now, { kind: "unknown_field", chat: null }));
  return anItem(id, now, from(waId));
}

/** A guest's message that nobody could read, dealt with. @returns the item it came in */
async function unreadOne(storage: Storage, id: string, waId = "12025550101"): Promise<InboundItem> {
  const item = await guestWrites(storage, id, from(waId));
  const lane = await claimOne(storage);
  const conversation = aConversation(`con_${id}`, theGuest(lane.guestId), { lastSeq: 1 });
  const content = plainKind("unknown");
  const message = anInboundMessage(`msg_${id}`, conversation, 1, { content, attemptId: id });
  await stored(storage, conversation, [message]);
  await commit(storage, completing(lane));
  return item;
}

const listed = async (storage: Storage, after: string | null = null, limit = 100): Promise<readonly string[]> =>
  (await storage.rawItems({ after, limit })).map(({ id }) => id);

export const reprocessCases: readonly StorageCase[] = [
  {
    id: "reprocess/kept",
    says: "What stood aside is worked on once it is understood, as if it had just come: by whom it is, and after what waits.",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      const ofKnown = await keptOne(storage, "itm_1");
      const ofStranger = await keptOne(storage, "itm_2", "12025550102");
      const ofNobody = await keptOne(storage, "itm_3");
      const news = { ...ofNobody, chat: { ...ofNobody.chat, phoneNumberId: "waba_1", addresses: [] } } as InboundItem;
      await shiftClock(HOUR_MS);
      await guestWrites(storage, "itm_4");
      assert.deepEqual(await storage.reprocess([ofStranger, ofKnown, news]), [true, true, true]);
      const { lanes, now } = await claim(storage);
      assert.deepEqual(
        new Map(lanes.map(({ guestId, items }) => [guestId, items.map(({ id }) => id)])),
        new Map([
          [guest.id, ["itm_4", "itm_1"]],
          ["gst_itm_2", ["itm_2"]],
          ["", ["itm_3"]],
        ]),
      );
      const item = lanes.find(({ guestId }) => guestId === "gst_itm_2")?.items[0];
      assert.deepEqual([item?.payload, item?.kind, item?.attempts], [ofStranger.raw, "inbound", 0]);
      assert.ok(item && now.getTime() - item.createdAt.getTime() < HOUR_MS, "it is work since now");
      assert.deepEqual(await addressesOf(storage, "gst_itm_2"), ["12025550102 itm_2"]);
      assert.deepEqual((await storage.kept({ reach: "everything", before: null, limit: 10 })).items, []);
      assert.deepEqual(await listed(storage), []);
    },
  },
  {
    id: "reprocess/kept-only",
    says: "What is still not understood, what came too late, what was dealt with and what was never remembered stays as it is.",
    async run({ storage }) {
      const now = await nowOf(storage);
      const kept = await keptOne(storage, "itm_kept");
      const sentAt = new Date(now.getTime() - RETENTION_MS - HOUR_MS);
      const old = anItem("itm_old", now, { chat: { sentAt } });
      assert.deepEqual(await remember(storage, old), ["too_old"]);
      const done = await guestWrites(storage, "itm_done");
      await commit(storage, completing(await claimOne(storage)));
      const answers = await storage.reprocess([
        { ...kept, chat: null },
        old,
        done,
        anItem("itm_gone", now),
        { ...kept, hotelId: OTHER_HOTEL },
      ]);
      assert.deepEqual(answers, [false, false, false, false, false]);
      await nothingIsDue(storage);
      const { items } = await storage.kept({ reach: "everything", before: null, limit: 10 });
      assert.deepEqual(
        new Set(items.map(({ id, kind }) => `${id} ${kind}`)),
        new Set(["itm_kept unknown_field", "itm_old message"]),
      );
      assert.deepEqual(await storage.reprocess([]), []);
    },
  },
  {
    id: "reprocess/unknown-message",
    says: "A message that nobody could read is worked on again, in the chat of whoever its guest is by now.",
    async run({ storage }) {
      const item = await unreadOne(storage, "itm_1");
      const into = await aKnownGuest(storage, { waId: "12025550102" });
      await merge(storage, "gst_itm_1", into.id);
      assert.deepEqual(await storage.reprocess([item]), [true]);
      const lane = await claimOne(storage);
      assert.equal(lane.guestId, into.id);
      assert.deepEqual(itemsOf([lane]), [["itm_1"]]);
      assert.deepEqual([lane.phoneNumberId, lane.items[0]?.payload], [NUMBER, item.raw]);
    },
  },
  {
    id: "reprocess/unknown-message-only",
    says: "A message that was understood is left alone, and so is one of another hotel.",
    async run({ storage }) {
      const unread = await unreadOne(storage, "itm_1");
      const read = await guestWrites(storage, "itm_2");
      const lane = await claimOne(storage);
      const conversation = aConversation("con_2", theGuest(lane.guestId), { lastSeq: 1, departmentId: "spa" });
      await stored(storage, conversation, [anInboundMessage("msg_2", conversation, 1, { attemptId: "itm_2" })]);
      await commit(storage, completing(lane));
      const elsewhere = { ...unread, hotelId: OTHER_HOTEL };
      assert.deepEqual(await storage.reprocess([read, elsewhere, { ...unread, chat: null }]), [false, false, false]);
      await nothingIsDue(storage);
    },
  },
  {
    id: "reprocess/once",
    says: "What is work is not made work again, while it waits and when it was given up.",
    async run({ storage }) {
      const kept = await keptOne(storage, "itm_1", "12025550101");
      assert.deepEqual(await storage.reprocess([kept, kept]), [true, false]);
      assert.deepEqual(await storage.reprocess([kept]), [false]);
      const first = await claimOne(storage);
      assert.deepEqual(itemsOf([first]), [["itm_1"]]);
      await commit(storage, completing(first));
      assert.deepEqual(await storage.reprocess([kept]), [false], "nor when it was dealt with");

      const unread = await unreadOne(storage, "itm_2", "12025550102");
      assert.deepEqual(await storage.reprocess([unread, unread]), [true, false]);
      assert.deepEqual(await storage.reprocess([unread]), [false]);
      const lane = await claimOne(storage);
      assert.deepEqual(itemsOf([lane]), [["itm_2"]]);
      assert.deepEqual(await storage.reprocess([unread]), [false], "nor while it is in somebody's hands");
      await storage.fail([{ lane, workId: "itm_2", code: "decision_failed", retryInMs: null }]);
      assert.deepEqual(await storage.reprocess([unread]), [false], "it is replayed as dead work");
      await nothingIsDue(storage);
    },
  },
  {
    id: "reprocess/once-at-once",
    says: "However many ask at the same moment, it is work once.",
    needs: "concurrency",
    async run({ storage }) {
      const kept = await keptOne(storage, "itm_1", "12025550101");
      const unread = await unreadOne(storage, "itm_2", "12025550102");
      const answers = await atOnce(10, () => storage.reprocess([kept, unread]));
      for (const place of [0, 1]) assert.equal(answers.filter((answer) => answer[place]).length, 1);
      const { lanes } = await claim(storage);
      assert.deepEqual(new Set(itemsOf(lanes).map((ids) => ids.join())), new Set(["itm_1", "itm_2"]));
    },
  },
  {
    id: "reprocess/list",
    says: "What may be understood by now is listed by its id: what stands aside, and messages that nobody could read.",
    async run({ storage }) {
      const aside = (id: string, hotelId = HOTEL, kind = "unknown_field") =>
        guestWrites(storage, id, { hotelId, kind, chat: null });
      await aside("itm_b");
      const { raw } = await aside("itm_C", OTHER_HOTEL, "malformed");
      await aside("itm_a", UNROUTED_HOTEL_ID, "message");
      await aside("itm_report", HOTEL, "status");
      await aside("itm_stray_report", UNROUTED_HOTEL_ID, "status");
      const now = await nowOf(storage);
      const sentAt = new Date(now.getTime() - RETENTION_MS - HOUR_MS);
      await remember(storage, anItem("itm_old", now, { chat: { sentAt } }));
      await guestWrites(storage, "itm_waiting", { chat: { addresses: [phone("12025550109")] } });
      await commit(storage, completing(await claimOne(storage)));
      await unreadOne(storage, "itm_B");
      const whole = ["itm_B", "itm_C", "itm_a", "itm_b"];
      assert.deepEqual(await listed(storage), whole);
      assert.deepEqual(await listed(storage, null, 3), whole.slice(0, 3));
      assert.deepEqual(await listed(storage, "itm_C"), ["itm_a", "itm_b"]);
      assert.deepEqual(await listed(storage, "itm_b"), []);
      const [item] = await storage.rawItems({ after: "itm_B", limit: 1 });
      assert.deepEqual(item, { id: "itm_C", hotelId: OTHER_HOTEL, kind: "malformed", raw });
    },
  },
  {
    id: "reprocess/list-understood",
    says: "A message that was understood since is not listed again; an edit or a reaction says nothing of that.",
    async run({ storage }) {
      await unreadOne(storage, "itm_1", "12025550101");
      await unreadOne(storage, "itm_2", "12025550102");
      const content = { type: "text", text: "Good evening" } as const;
      const first = theGuest("gst_itm_1");
      const amendments = [
        anAmendment("wamid.x", "wamid.msg_itm_1", first, { act: { kind: "understood", content } }),
        anAmendment("wamid.y", "wamid.msg_itm_2", theGuest("gst_itm_2")),
      ];
      await commit(storage, aCommand({ amendments }));
      assert.deepEqual(await listed(storage), ["itm_2"]);
    },
  },
];
