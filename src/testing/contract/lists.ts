import assert from "node:assert/strict";
import type { AuditQuery, ConversationQuery, DeskCounters, PagePoint } from "../../ports/read-storage.js";
import type { Storage } from "../../ports/storage.js";
import type { Reach } from "../../domain/access.js";
import {
  aCommand,
  aConversation,
  anAuditEntry,
  anInboundMessage,
  anOutboundMessage,
  HOTEL,
  minutesAfterNoon,
  NOON,
  OTHER_HOTEL,
  within,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, commit, conversationOf, pagesOf, stored } from "./steps.js";

const list = (storage: Storage, query: Partial<ConversationQuery>) =>
  storage.conversations({
    reach: "everything",
    hotelId: null,
    departmentId: null,
    status: null,
    after: null,
    limit: 100,
    ...query,
  });
const listed = async (storage: Storage, query: Partial<ConversationQuery>): Promise<readonly string[]> =>
  (await list(storage, query)).items.map(({ conversation }) => conversation.id);

const closed = { status: "closed", closedAt: NOON } as const;

/**
 * Of five conversations three have something unread: a guest's message, one that is answered, and what `con_5` continues. In the
 * others a bot spoke last, and staff have read all there is.
 */
async function unreadOnes(storage: Storage): Promise<void> {
  const guest = await aKnownGuest(storage);
  const seen = { lastSeq: 2, readSeq: 1 };
  const first = aConversation("con_1", guest, { departmentId: "d1", lastSeq: 1, lastMessageAt: minutesAfterNoon(1) });
  await stored(storage, first, [anInboundMessage("msg_1", first, 1)]);
  const bot = aConversation("con_2", guest, { ...seen, departmentId: "d2", lastMessageAt: minutesAfterNoon(2) });
  await stored(storage, bot, [anInboundMessage("msg_2", bot, 1), anOutboundMessage("msg_3", bot, 2)]);
  const answered = aConversation("con_3", guest, {
    departmentId: "d3",
    lastSeq: 2,
    lastMessageAt: minutesAfterNoon(3),
  });
  await stored(storage, answered, [anInboundMessage("msg_4", answered, 1), anOutboundMessage("msg_5", answered, 2)]);
  const read = aConversation("con_4", guest, {
    departmentId: "d4",
    lastSeq: 1,
    readSeq: 1,
    lastMessageAt: minutesAfterNoon(4),
  });
  await stored(storage, read, [anInboundMessage("msg_6", read, 1)]);
  const last = aConversation("con_5", guest, { departmentId: "d5", lastMessageAt: minutesAfterNoon(5) });
  const middle = aConversation("con_6", guest, { ...closed, departmentId: "d6", continuedIn: "con_5" });
  const begun = aConversation("con_7", guest, { ...closed, departmentId: "d7", continuedIn: "con_6", lastSeq: 1 });
  await stored(storage, last);
  await stored(storage, middle);
  await stored(storage, begun, [anInboundMessage("msg_7", begun, 1)]);
}

const counted = async (
  storage: Storage,
  reach: Reach,
  hotelId: string | null = null,
): Promise<readonly DeskCounters[]> =>
  (await storage.counters({ reach, hotelId })).toSorted((a, b) =>
    `${a.hotelId} ${String(a.departmentId)}` < `${b.hotelId} ${String(b.departmentId)}` ? -1 : 1,
  );

export const listCases: readonly StorageCase[] = [
  {
    id: "read/only-unread",
    says: "A list of what is unread holds what counts something unread, by itself or by what it continues, and pages of it are the whole (S48).",
    async run({ storage }) {
      await unreadOnes(storage);
      assert.deepEqual(await listed(storage, { unread: true, status: "open" }), ["con_5", "con_3", "con_1"]);
      assert.deepEqual(await listed(storage, { unread: true, departmentId: "d5" }), ["con_5"]);
      assert.deepEqual(await listed(storage, { unread: true, reach: within([HOTEL, ["d1", "d2", "d5"]]) }), [
        "con_5",
        "con_1",
      ]);
      assert.deepEqual(await listed(storage, { unread: true, hotelId: OTHER_HOTEL }), []);
      const pages = await pagesOf((after: PagePoint | null) =>
        list(storage, { unread: true, status: "open", after, limit: 1 }),
      );
      assert.deepEqual(
        pages.flat().map(({ conversation }) => conversation.id),
        ["con_5", "con_3", "con_1"],
      );
      await stored(storage, { ...(await conversationOf(storage, "con_7")), readSeq: 1 });
      assert.deepEqual(await listed(storage, { unread: true }), ["con_3", "con_1"]);
    },
  },
  {
    id: "read/only-waiting",
    says: "A list of who waits begins with the guest who has waited longest, and holds nobody who was answered or whose matter is closed.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const minutes = [3, 1, null, 2, 2];
      for (const [index, minute] of minutes.entries()) {
        await stored(
          storage,
          aConversation(`con_${String(index)}`, guest, {
            departmentId: `d${String(index)}`,
            lastMessageAt: minutesAfterNoon(10 - index),
            waitingSince: minute === null ? null : minutesAfterNoon(minute),
          }),
        );
      }
      await stored(storage, aConversation("con_closed", guest, { ...closed, waitingSince: NOON }));
      const whole = ["con_1", "con_3", "con_4", "con_0"];
      assert.deepEqual(await listed(storage, { waiting: true }), whole);
      for (const limit of [1, 2, 4]) {
        const pages = await pagesOf((after: PagePoint | null) => list(storage, { waiting: true, after, limit }));
        assert.deepEqual(
          pages.flat().map(({ conversation }) => conversation.id),
          whole,
        );
        assert.equal(pages.length, Math.ceil(4 / limit), "the last page says that it is the last");
      }
      assert.deepEqual(await listed(storage, { waiting: true, reach: within([HOTEL, ["d0", "d3"]]) }), [
        "con_3",
        "con_0",
      ]);
      assert.deepEqual(await listed(storage, { waiting: true, unread: true }), []);
      assert.deepEqual(await listed(storage, { waiting: true, reach: within([OTHER_HOTEL, "all"]) }), []);
      const first = await conversationOf(storage, "con_1");
      await stored(storage, { ...first, waitingSince: null });
      assert.deepEqual(await listed(storage, { waiting: true }), whole.slice(1));
    },
  },
  {
    id: "read/counters",
    says: "Counters tell of each department within reach how much is open, how much of that is unread, how many guests wait and since when.",
    async run({ storage }) {
      await unreadOnes(storage);
      const elsewhere = await aKnownGuest(storage, { hotelId: OTHER_HOTEL });
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      const waits = (minute: number) => ({ waitingSince: minutesAfterNoon(minute) });
      const late = aConversation("con_late", other, { departmentId: "d3", ...waits(4), lastSeq: 1 });
      await stored(storage, late, [anInboundMessage("msg_late", late, 1)]);
      await stored(storage, aConversation("con_none", other, { departmentId: null, ...waits(9) }));
      await stored(storage, aConversation("con_longer", other, { departmentId: "d4", ...waits(2) }));
      await stored(
        storage,
        aConversation("con_closed", other, { ...closed, ...waits(1), departmentId: "d4", mode: "flow" }),
      );
      const another = await aKnownGuest(storage, { waId: "12025550103" });
      await stored(storage, aConversation("con_shorter", another, { departmentId: "d4", ...waits(3) }));
      await stored(storage, aConversation("con_seaside", elsewhere));

      const of = (
        departmentId: string | null,
        open: number,
        unread: number,
        waiting = 0,
        minute: number | null = null,
      ) => ({
        hotelId: HOTEL,
        departmentId,
        open,
        unread,
        waiting,
        waitingSince: minute === null ? null : minutesAfterNoon(minute),
      });
      const grand = [
        of("d1", 1, 1),
        of("d2", 1, 0),
        of("d3", 2, 2, 1, 4),
        of("d4", 3, 0, 2, 2),
        of("d5", 1, 1),
        of(null, 1, 0, 1, 9),
      ];
      const seaside = { ...of("reception", 1, 0), hotelId: OTHER_HOTEL };
      assert.deepEqual(await counted(storage, "everything"), [...grand, seaside]);
      assert.deepEqual(await counted(storage, "everything", HOTEL), grand);
      assert.deepEqual(await counted(storage, within([HOTEL, ["d3", "d9"]])), [of("d3", 2, 2, 1, 4)]);
      assert.deepEqual(await counted(storage, within([HOTEL, "all"]), OTHER_HOTEL), []);
      assert.deepEqual(await counted(storage, within([HOTEL, []])), []);
    },
  },
  {
    id: "read/audit-list",
    says: "A hotel's audit is read newest first by whoever sees the whole of it, of one target or one actor if asked for, page by page (S55, I20).",
    async run({ storage }) {
      const by = (id: string) => ({ actor: { kind: "staff" as const, id } });
      const entries = [
        anAuditEntry("aud_1", "con_1", { at: minutesAfterNoon(1), reason: "NUL \u0000 ünï", ...by("staff_1") }),
        anAuditEntry("aud_4", "con_2", { at: minutesAfterNoon(2), ...by("staff_1") }),
        anAuditEntry("aud_2", "con_1", { at: minutesAfterNoon(2), ...by("staff_2") }),
        anAuditEntry("aud_3", "con_1", { at: minutesAfterNoon(3), ...by("staff_2") }),
      ];
      await commit(storage, aCommand({ audit: entries }));
      await commit(
        storage,
        aCommand({ hotelId: OTHER_HOTEL, audit: [anAuditEntry("aud_9", "con_1", { hotelId: OTHER_HOTEL })] }),
      );
      const read = (query: Partial<AuditQuery> = {}) =>
        storage.auditEntries({
          reach: "everything",
          hotelId: HOTEL,
          targetId: null,
          actorId: null,
          before: null,
          limit: 100,
          ...query,
        });
      const ids = async (query: Partial<AuditQuery> = {}) => (await read(query)).items.map(({ id }) => id);
      const newestFirst = [entries[3], entries[1], entries[2], entries[0]];
      assert.deepEqual(await read(), { items: newestFirst, next: null });
      for (const limit of [1, 2, 3]) {
        const pages = await pagesOf((before: PagePoint | null) => read({ before, limit }));
        assert.deepEqual(pages.flat(), newestFirst);
        assert.equal(pages.length, Math.ceil(4 / limit));
      }
      assert.deepEqual(await ids({ targetId: "con_1" }), ["aud_3", "aud_2", "aud_1"]);
      assert.deepEqual(await ids({ actorId: "staff_1" }), ["aud_4", "aud_1"]);
      assert.deepEqual(await ids({ actorId: "staff_1", targetId: "con_1" }), ["aud_1"]);
      assert.deepEqual(await ids({ hotelId: OTHER_HOTEL, reach: within([OTHER_HOTEL, "all"]) }), ["aud_9"]);
      assert.deepEqual(await ids({ reach: within([OTHER_HOTEL, "all"]) }), []);
      assert.deepEqual(await ids({ reach: within([HOTEL, ["reception"]]) }), []);
      assert.deepEqual(await ids({ targetId: "con_\u0000" }), []);
    },
  },
];
