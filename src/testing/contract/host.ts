import assert from "node:assert/strict";
import type { ClaimedEvents, EventClaim } from "../../ports/host-storage.js";
import type { Storage } from "../../ports/storage.js";
import { aCommand, HOTEL, OTHER_HOTEL, SECOND_MS } from "./builders.js";
import type { StorageCase } from "./case.js";
import { atOnce, claim, claimOne, commit, completing, eventsOf, itemsOf, LEASE_MS, nothingIsDue } from "./steps.js";

const enqueue = (storage: Storage, id: string, subject: string, hotelId = HOTEL) =>
  storage.enqueue(null, { hotelId, id, subject, payload: { type: "close", of: id } });

export const commandCases: readonly StorageCase[] = [
  {
    id: "enqueue/work",
    says: "What the host asks for is work in the lane of its subject, with all that was said, until it is completed.",
    async run({ storage }) {
      const payload = { type: "reply", words: 'It\'s "5 %" \0 \ud83d \\ 😀', list: [1, null, true], none: {} };
      await storage.enqueue(null, { hotelId: HOTEL, id: "cmd_1", subject: "con_1", payload });
      await nothingIsDue(storage);
      const { now, lanes } = await claim(storage, { kind: "command" });
      const [lane] = lanes;
      assert.ok(lane !== undefined && lanes.length === 1);
      assert.deepEqual([lane.hotelId, lane.phoneNumberId, lane.guestId], [HOTEL, "", "con_1"]);
      const [item] = lane.items;
      assert.deepEqual(JSON.parse(item?.payload ?? ""), payload);
      assert.deepEqual([item?.id, item?.kind, item?.attempts], ["cmd_1", "command", 0]);
      assert.ok((item?.createdAt ?? now) <= now);
      await commit(storage, completing(lane));
      await nothingIsDue(storage, "command");
    },
  },
  {
    id: "enqueue/order",
    says: "What is about one thing is worked in order by one holder, and what is about another at the same time.",
    async run({ storage }) {
      await enqueue(storage, "cmd_1", "con_1");
      await enqueue(storage, "cmd_2", "con_2");
      await enqueue(storage, "cmd_3", "con_1");
      const { lanes } = await claim(storage, { kind: "command", itemsPerLane: 1 });
      assert.deepEqual(itemsOf(lanes).flat().toSorted(), ["cmd_1", "cmd_2"]);
      await enqueue(storage, "cmd_4", "con_1");
      await nothingIsDue(storage, "command");
      for (const lane of lanes) await commit(storage, completing(lane));
      assert.deepEqual(itemsOf([await claimOne(storage, "command")]), [["cmd_3", "cmd_4"]]);
    },
  },
  {
    id: "enqueue/first-of-hotel",
    says: "A hotel in which nothing has happened yet may be asked for something first of all.",
    async run({ storage }) {
      assert.equal((await claim(storage, { kind: "command" })).nextDueInMs, null);
      await enqueue(storage, "cmd_1", "con_1", OTHER_HOTEL);
      const lane = await claimOne(storage, "command");
      assert.equal(lane.hotelId, OTHER_HOTEL);
      await commit(storage, completing(lane, 1, { hotelId: OTHER_HOTEL }));
      await nothingIsDue(storage, "command");
    },
  },
  {
    id: "enqueue/hotels",
    says: "Hotels are asked apart: one thing's name in two of them is two things, and so is an id (M14).",
    async run({ storage }) {
      await enqueue(storage, "cmd_1", "con_1");
      await enqueue(storage, "cmd_1", "con_1", OTHER_HOTEL);
      const { lanes } = await claim(storage, { kind: "command" });
      assert.deepEqual(lanes.map(({ hotelId }) => hotelId).toSorted(), [HOTEL, OTHER_HOTEL]);
      assert.deepEqual(itemsOf(lanes), [["cmd_1"], ["cmd_1"]]);
    },
  },
  {
    id: "enqueue/order-at-once",
    says: "However many ask and claim at once, each command is handed out once.",
    needs: "concurrency",
    async run({ storage }) {
      await atOnce(20, (n) => enqueue(storage, `cmd_${String(n)}`, `con_${String(n % 4)}`));
      const claims = await atOnce(8, () => claim(storage, { kind: "command" }));
      const again = await claim(storage, { kind: "command" });
      const all = [...claims, again].flatMap(({ lanes }) => itemsOf(lanes).flat());
      assert.deepEqual(all.toSorted(), Array.from({ length: 20 }, (_, n) => `cmd_${String(n)}`).toSorted());
    },
  },
];

/** So many things happen in a hotel. */
const happen = (storage: Storage, count: number, hotelId = HOTEL) =>
  commit(
    storage,
    aCommand({
      hotelId,
      events: Array.from({ length: count }, (_, n) => ({
        conversationId: `con_${String(n)}`,
        departmentId: "reception",
        body: { type: "conversation.read", readSeq: n },
      })),
    }),
  );

const NAME = "invoices";
const opened = (storage: Storage, from: "beginning" | "now" = "beginning", name = NAME) =>
  storage.openConsumer({ name, from });
async function claimEvents(storage: Storage, fields: Partial<EventClaim> = {}): Promise<readonly ClaimedEvents[]> {
  const claimed = await storage.claimEvents({ name: NAME, hotels: 10, events: 100, leaseMs: LEASE_MS, ...fields });
  assert.ok(claimed, "the consumer is known");
  return claimed;
}
const read = (claimed: readonly ClaimedEvents[]) =>
  claimed.map(({ hotelId, events }) => `${hotelId} ${events.map(({ seq }) => seq).join(" ")}`);

async function claimOneLog(storage: Storage, fields: Partial<EventClaim> = {}): Promise<ClaimedEvents> {
  const claimed = await claimEvents(storage, fields);
  const [log] = claimed;
  assert.ok(log !== undefined && claimed.length === 1, `one log has news, not ${String(claimed.length)}`);
  return log;
}

const move = (storage: Storage, consumer: ClaimedEvents, seq: number, failed: string | null = null, waitMs = 0) =>
  storage.moveConsumer({ consumer, seq, then: { kind: "giveBack", waitMs, failed } });

export const consumerCases: readonly StorageCase[] = [
  {
    id: "consume/open",
    says: "A consumer that is new begins with the first event of each hotel, and is made known once.",
    async run({ storage }) {
      await happen(storage, 2);
      assert.deepEqual(await atOnce(5, () => opened(storage)).then((all) => all.filter(Boolean)), [true]);
      await happen(storage, 1, OTHER_HOTEL);
      assert.deepEqual(read(await claimEvents(storage)).toSorted(), [`${HOTEL} 1 2`, `${OTHER_HOTEL} 1`]);
      assert.equal(await opened(storage, "now"), false);
    },
  },
  {
    id: "consume/from-now",
    says: "One that begins now reads nothing that was told before, and all of a hotel that comes later.",
    async run({ storage }) {
      await happen(storage, 3);
      assert.equal(await opened(storage, "now"), true);
      assert.deepEqual(await claimEvents(storage), []);
      await happen(storage, 2);
      await happen(storage, 1, OTHER_HOTEL);
      assert.equal(await opened(storage, "now"), false);
      assert.deepEqual(read(await claimEvents(storage)).toSorted(), [`${HOTEL} 4 5`, `${OTHER_HOTEL} 1`]);
    },
  },
  {
    id: "consume/order",
    says: "Events come as they were told, in order, and none twice once the place is stored (I12).",
    async run({ storage }) {
      await opened(storage);
      await happen(storage, 5);
      const seen = [];
      for (const expected of [2, 2, 1]) {
        const log = await claimOneLog(storage, { events: 2 });
        assert.equal(log.events.length, expected);
        seen.push(...log.events);
        assert.equal(await move(storage, log, log.events.at(-1)?.seq ?? 0), true);
      }
      assert.deepEqual(seen, await eventsOf(storage));
      assert.deepEqual(await claimEvents(storage), []);
    },
  },
  {
    id: "consume/one-holder",
    says: "A hotel's log is in one hand at a time, however many processes ask at once.",
    async run({ storage }) {
      await opened(storage);
      await happen(storage, 3);
      const claims = (await atOnce(8, () => claimEvents(storage))).flat();
      assert.deepEqual(read(claims), [`${HOTEL} 1 2 3`]);
      await happen(storage, 1);
      assert.deepEqual(await claimEvents(storage), []);
    },
  },
  {
    id: "consume/expired-lease",
    says: "The log of a process that died passes on when its lease is over: what it did not store comes again.",
    async run({ storage, shiftClock }) {
      await opened(storage);
      await happen(storage, 3);
      const dead = await claimOneLog(storage);
      await storage.moveConsumer({ consumer: dead, seq: 1, then: { kind: "hold", leaseMs: LEASE_MS } });
      await shiftClock(LEASE_MS + SECOND_MS);
      const log = await claimOneLog(storage);
      assert.deepEqual(read([log]), [`${HOTEL} 2 3`]);
      assert.ok(log.epoch > dead.epoch, "the epoch grows");
    },
  },
  {
    id: "consume/fenced",
    says: "A process that was frozen moves nothing once its log has passed on: neither back nor on.",
    async run({ storage, shiftClock }) {
      await opened(storage);
      await happen(storage, 4);
      const frozen = await claimOneLog(storage);
      await shiftClock(LEASE_MS + SECOND_MS);
      const log = await claimOneLog(storage);
      for (const seq of [1, 4]) {
        assert.equal(await move(storage, frozen, seq), false);
        const then = { kind: "hold", leaseMs: LEASE_MS } as const;
        assert.equal(await storage.moveConsumer({ consumer: frozen, seq, then }), false);
      }
      assert.deepEqual(await claimEvents(storage), []);
      assert.equal(await move(storage, log, 2), true);
      assert.equal(await move(storage, log, 3), false, "what was given back is nobody's");
      assert.deepEqual(read(await claimEvents(storage)), [`${HOTEL} 3 4`]);
    },
  },
  {
    id: "consume/place",
    says: "A place never moves back, whatever its holder says.",
    async run({ storage }) {
      await opened(storage);
      await happen(storage, 3);
      const log = await claimOneLog(storage);
      await storage.moveConsumer({ consumer: log, seq: 2, then: { kind: "hold", leaseMs: LEASE_MS } });
      assert.equal(await move(storage, log, 1), true);
      assert.deepEqual(read(await claimEvents(storage)), [`${HOTEL} 3`]);
    },
  },
  {
    id: "consume/renew",
    says: "A log that is held on stays with its holder, for as long as is said.",
    async run({ storage, shiftClock }) {
      await opened(storage);
      await happen(storage, 1);
      const log = await claimOneLog(storage);
      for (let time = 0; time < 3; time++) {
        await shiftClock(LEASE_MS - SECOND_MS);
        assert.deepEqual(await claimEvents(storage), []);
        assert.equal(
          await storage.moveConsumer({ consumer: log, seq: 0, then: { kind: "hold", leaseMs: LEASE_MS } }),
          true,
        );
      }
    },
  },
  {
    id: "consume/failed",
    says: "An event that failed comes again after its wait, first, and says how often it did; the other hotels go on.",
    async run({ storage, shiftClock }) {
      await opened(storage);
      await happen(storage, 3);
      for (const failures of [0, 1, 2]) {
        const log = await claimOneLog(storage);
        assert.deepEqual([read([log]), log.failures], [[`${HOTEL} ${failures === 0 ? "1 2 3" : "2 3"}`], failures]);
        assert.equal(await move(storage, log, 1, "handler_failed", 10 * SECOND_MS), true);
        assert.deepEqual(await claimEvents(storage), []);
        await happen(storage, 1, OTHER_HOTEL);
        const other = await claimOneLog(storage);
        assert.deepEqual([other.hotelId, other.failures], [OTHER_HOTEL, 0]);
        await move(storage, other, other.events[0]?.seq ?? 0);
        await shiftClock(11 * SECOND_MS);
      }
      const place = { name: NAME, hotelId: HOTEL, lastSeq: 3 };
      const placeOf = async () => (await storage.consumers()).find(({ hotelId }) => hotelId === HOTEL);
      assert.deepEqual(await placeOf(), { ...place, seq: 1, failures: 3, code: "handler_failed" });
      await move(storage, await claimOneLog(storage), 2);
      assert.deepEqual(await placeOf(), { ...place, seq: 2, failures: 0, code: null });
      assert.equal((await claimOneLog(storage)).failures, 0);
    },
  },
  {
    id: "consume/hotels-in-turn",
    says: "Hotels are read in turn: one that tells without end does not keep the others from being heard.",
    async run({ storage, shiftClock }) {
      await opened(storage);
      const hotels = ["a", "b", "c"];
      for (const hotelId of hotels) await happen(storage, 5, hotelId);
      const seen: string[] = [];
      for (let turn = 0; turn < 6; turn++) {
        const log = await claimOneLog(storage, { hotels: 1, events: 1 });
        seen.push(log.hotelId);
        await shiftClock(SECOND_MS);
        await move(storage, log, log.events[0]?.seq ?? 0);
      }
      assert.deepEqual(seen.slice(0, 3).toSorted(), hotels);
      assert.deepEqual(seen.slice(3), seen.slice(0, 3));
    },
  },
  {
    id: "consume/names",
    says: "Each name has a place of its own, and holds nobody else up.",
    async run({ storage }) {
      await opened(storage);
      await opened(storage, "beginning", "mailing");
      await happen(storage, 2);
      await move(storage, await claimOneLog(storage), 2);
      assert.deepEqual(read(await claimEvents(storage, { name: "mailing" })), [`${HOTEL} 1 2`]);
      assert.deepEqual(await claimEvents(storage), []);
    },
  },
  {
    id: "consume/places",
    says: "How far each consumer is can be seen, also where it has not come to a hotel yet.",
    async run({ storage }) {
      assert.deepEqual(await storage.consumers(), []);
      await opened(storage);
      await opened(storage, "beginning", "a-mailing");
      assert.deepEqual(await storage.consumers(), []);
      await happen(storage, 2);
      await happen(storage, 1, OTHER_HOTEL);
      const claimed = await claimEvents(storage);
      const grand = claimed.find(({ hotelId }) => hotelId === HOTEL);
      assert.ok(grand);
      await move(storage, grand, 1);
      const still = { failures: 0, code: null };
      assert.deepEqual(await storage.consumers(), [
        { name: "a-mailing", hotelId: HOTEL, seq: 0, lastSeq: 2, ...still },
        { name: "a-mailing", hotelId: OTHER_HOTEL, seq: 0, lastSeq: 1, ...still },
        { name: NAME, hotelId: HOTEL, seq: 1, lastSeq: 2, ...still },
        { name: NAME, hotelId: OTHER_HOTEL, seq: 0, lastSeq: 1, ...still },
      ]);
    },
  },
  {
    id: "consume/forget",
    says: "A consumer that is forgotten is seen no more, has nothing in hand, and is new when it is opened again; the others stay.",
    async run({ storage }) {
      await happen(storage, 3);
      await happen(storage, 1, OTHER_HOTEL);
      const claim = { name: NAME, hotels: 10, events: 100, leaseMs: LEASE_MS };
      assert.equal(await storage.claimEvents(claim), null);
      assert.equal(await storage.forgetConsumer(NAME), false);
      await opened(storage);
      await opened(storage, "beginning", "a-mailing");
      for (const log of await claimEvents(storage, { name: "a-mailing" })) await move(storage, log, 1);
      const held = (await claimEvents(storage)).find(({ hotelId }) => hotelId === HOTEL);
      assert.ok(held);
      await storage.moveConsumer({ consumer: held, seq: 2, then: { kind: "hold", leaseMs: LEASE_MS } });

      assert.deepEqual(await atOnce(3, () => storage.forgetConsumer(NAME)).then((all) => all.filter(Boolean)), [true]);
      assert.equal(await storage.claimEvents(claim), null);
      assert.equal(await move(storage, held, 3), false);
      assert.deepEqual(
        (await storage.consumers()).map(({ name, hotelId, seq }) => [name, hotelId, seq]),
        [
          ["a-mailing", HOTEL, 1],
          ["a-mailing", OTHER_HOTEL, 1],
        ],
      );

      assert.equal(await opened(storage), true);
      assert.deepEqual(read(await claimEvents(storage)).toSorted(), [`${HOTEL} 1 2 3`, `${OTHER_HOTEL} 1`]);
      assert.deepEqual(read(await claimEvents(storage, { name: "a-mailing" })), [`${HOTEL} 2 3`]);
    },
  },
];
