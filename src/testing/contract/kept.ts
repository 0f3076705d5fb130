import assert from "node:assert/strict";
import type { Reach } from "../../domain/access.js";
import { UNROUTED_HOTEL_ID } from "../../domain/hotel.js";
import type { PagePoint } from "../../ports/read-storage.js";
import type { Storage } from "../../ports/storage.js";
import { anItem, HOTEL, HOUR_MS, OTHER_HOTEL, SECOND_MS, within } from "./builders.js";
import type { StorageCase } from "./case.js";
import { guestWrites, nowOf, pagesOf, remember, RETENTION_MS } from "./steps.js";

const keptOf = async (storage: Storage, reach: Reach = "everything"): Promise<readonly string[]> =>
  (await storage.kept({ reach, before: null, limit: 100 })).items.map(({ id }) => id);

/** Something comes that is nobody's to act upon. */
const comes = (storage: Storage, id: string, hotelId = HOTEL, kind = "unknown_field") =>
  guestWrites(storage, id, { hotelId, kind, chat: null });

export const keptCases: readonly StorageCase[] = [
  {
    id: "read/kept",
    says: "What nobody acts upon is seen with its kind, outcome and instant, without its words; work and duplicates are not (S15).",
    async run({ storage, shiftClock }) {
      const before = await nowOf(storage);
      await comes(storage, "itm_group", HOTEL, "group_message");
      await guestWrites(storage, "itm_work");
      await shiftClock(SECOND_MS);
      const now = await nowOf(storage);
      const sentAt = new Date(now.getTime() - RETENTION_MS - HOUR_MS);
      const old = anItem("itm_old", now, { chat: { sentAt } });
      assert.deepEqual(await remember(storage, old, { ...old, id: "itm_again" }), ["too_old", "duplicate"]);
      const { items, next } = await storage.kept({ reach: "everything", before: null, limit: 10 });
      assert.equal(next, null);
      assert.deepEqual(
        items.map(({ receivedAt: _receivedAt, ...rest }) => rest),
        [
          { id: "itm_old", hotelId: HOTEL, kind: "message", outcome: "too_old" },
          { id: "itm_group", hotelId: HOTEL, kind: "group_message", outcome: "kept" },
        ],
      );
      const [newest, oldest] = items;
      assert.ok(newest && oldest && before <= oldest.receivedAt && oldest.receivedAt < newest.receivedAt);
      assert.ok(newest.receivedAt <= (await nowOf(storage)), "it is by the database's clock");
    },
  },
  {
    id: "read/kept-reports",
    says: "A hotel's delivery reports are joined into their messages and hide nothing; those of no known number are kept.",
    async run({ storage }) {
      await comes(storage, "itm_1", HOTEL, "status");
      await comes(storage, "itm_2", UNROUTED_HOTEL_ID, "status");
      await comes(storage, "itm_3", HOTEL, "malformed_status");
      assert.deepEqual(new Set(await keptOf(storage)), new Set(["itm_2", "itm_3"]));
    },
  },
  {
    id: "read/kept-reach",
    says: "What is kept belongs to no department: it is seen by whoever sees its whole hotel, and by nobody else.",
    async run({ storage }) {
      await comes(storage, "itm_1");
      await comes(storage, "itm_2", OTHER_HOTEL);
      await comes(storage, "itm_3", UNROUTED_HOTEL_ID);
      assert.deepEqual(new Set(await keptOf(storage)), new Set(["itm_1", "itm_2", "itm_3"]));
      assert.deepEqual(await keptOf(storage, within([HOTEL, "all"])), ["itm_1"]);
      assert.deepEqual(await keptOf(storage, within([HOTEL, ["reception"]])), []);
      assert.deepEqual(await keptOf(storage, within([HOTEL, []], ["nowhere", "all"])), []);
      assert.deepEqual(await keptOf(storage, within()), []);
    },
  },
  {
    id: "read/kept-pages",
    says: "Pages of what is kept put together are the whole list, the newest first, also where some came at the same moment.",
    async run({ storage, shiftClock }) {
      for (const id of ["itm_1", "itm_2"]) await comes(storage, id, OTHER_HOTEL);
      await shiftClock(SECOND_MS);
      const now = await nowOf(storage);
      const together = ["itm_3", "itm_4", "itm_5"].map((id) => anItem(id, now, { kind: "malformed", chat: null }));
      await remember(storage, ...together);
      const whole = await keptOf(storage);
      assert.deepEqual(whole.slice(0, 3), ["itm_5", "itm_4", "itm_3"]);
      assert.deepEqual(new Set(whole.slice(3)), new Set(["itm_1", "itm_2"]));
      for (const limit of [1, 2, 5]) {
        const pages = await pagesOf((before: PagePoint | null) => storage.kept({ reach: "everything", before, limit }));
        assert.deepEqual(
          pages.flat().map(({ id }) => id),
          whole,
        );
        assert.equal(pages.length, Math.ceil(5 / limit));
      }
    },
  },
];
