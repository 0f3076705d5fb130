import assert from "node:assert/strict";
import type { Reach } from "../../domain/access.js";
import { UNROUTED_HOTEL_ID } from "../../domain/hotel.js";
import type { PagePoint } from "../../ports/read-storage.js";
import type { Storage } from "../../ports/storage.js";
import { aCommand, HOTEL, HOUR_MS, OTHER_HOTEL, within } from "./builders.js";
import type { StorageCase } from "./case.js";
import { claimOne, commit, eventsOf, guestWrites, pagesOf } from "./steps.js";

/** Something happens that is about a conversation, or about none. */
const happens = (storage: Storage, conversationId: string | null, hotelId = HOTEL) =>
  commit(
    storage,
    aCommand({
      hotelId,
      events: [
        conversationId === null
          ? {
              conversationId,
              departmentId: null,
              body: { type: "account.news", news: { about: "review", accountId: "waba_1", decision: "APPROVED" } },
            }
          : { conversationId, departmentId: "reception", body: { type: "conversation.reopened", leaves: null } },
      ],
    }),
  );

const listed = async (storage: Storage, reach: Reach = "everything"): Promise<readonly string[]> =>
  (await storage.operatorEvents({ reach, before: null, limit: 100 })).items.map(
    ({ hotelId, seq }) => `${hotelId} ${String(seq)}`,
  );

export const operatorEventCases: readonly StorageCase[] = [
  {
    id: "read/operator-events",
    says: "What happened that is about no conversation comes newest first, as it was told.",
    async run({ storage, shiftClock }) {
      await happens(storage, null);
      await happens(storage, "con_1");
      await shiftClock(HOUR_MS);
      await happens(storage, null, OTHER_HOTEL);
      await shiftClock(HOUR_MS);
      await guestWrites(storage, "itm_1");
      const lane = await claimOne(storage);
      await storage.fail([{ lane, workId: "itm_1", code: "decision_failed", retryInMs: null }]);
      const { items, next } = await storage.operatorEvents({ reach: "everything", before: null, limit: 100 });
      const [first, , dead] = await eventsOf(storage);
      const [elsewhere] = await eventsOf(storage, OTHER_HOTEL);
      assert.deepEqual(items, [dead, elsewhere, first]);
      assert.equal(next, null);
    },
  },
  {
    id: "read/operator-events-reach",
    says: "It belongs to no department: whoever sees its whole hotel sees it, and nobody else.",
    async run({ storage }) {
      for (const hotelId of [HOTEL, OTHER_HOTEL, UNROUTED_HOTEL_ID]) await happens(storage, null, hotelId);
      assert.deepEqual(
        new Set(await listed(storage)),
        new Set([`${HOTEL} 1`, `${OTHER_HOTEL} 1`, `${UNROUTED_HOTEL_ID} 1`]),
      );
      assert.deepEqual(await listed(storage, within([HOTEL, "all"])), [`${HOTEL} 1`]);
      assert.deepEqual(await listed(storage, within([HOTEL, ["reception"]], [OTHER_HOTEL, []])), []);
      assert.deepEqual(await listed(storage, within()), []);
    },
  },
  {
    id: "read/operator-events-pages",
    says: "Its pages put together are the whole list, the greatest number first among what happened at the same moment.",
    async run({ storage }) {
      const news = (count: number, hotelId: string) =>
        aCommand({
          hotelId,
          events: Array.from({ length: count }, () => ({
            conversationId: null,
            departmentId: null,
            body: { type: "guest.changed", guestId: "gst_1", changed: "number" },
          })),
        });
      await commit(storage, news(11, HOTEL));
      await commit(storage, news(2, OTHER_HOTEL));
      const whole = await listed(storage);
      const ofHotel = (hotelId: string) => whole.filter((entry) => entry.startsWith(`${hotelId} `));
      assert.deepEqual(
        ofHotel(HOTEL),
        Array.from({ length: 11 }, (_, index) => `${HOTEL} ${String(11 - index)}`),
      );
      assert.deepEqual(ofHotel(OTHER_HOTEL), [`${OTHER_HOTEL} 2`, `${OTHER_HOTEL} 1`]);
      const turn = (limit: number) => (before: PagePoint | null) =>
        storage.operatorEvents({ reach: "everything", before, limit });
      for (const limit of [1, 4, 13]) {
        const pages = await pagesOf(turn(limit));
        assert.deepEqual(
          pages.flat().map(({ hotelId, seq }) => `${hotelId} ${String(seq)}`),
          whole,
        );
        assert.equal(pages.length, Math.ceil(13 / limit));
      }
      const { items, next } = await turn(4)(null);
      const last = items.at(-1);
      assert.ok(last);
      assert.deepEqual(next, { at: last.at, id: `${last.hotelId}/${String(last.seq).padStart(20, "0")}` });
    },
  },
];
