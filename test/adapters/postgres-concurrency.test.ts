import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import type { ClaimedLane, Storage } from "../../src/index.js";
import {
  anItem,
  aReport,
  bsuid,
  DAY_MS,
  HOTEL,
  OTHER_HOTEL,
  OTHER_HOTELS_NUMBER,
  phone,
} from "../../src/testing/contract/builders.js";
import { intended, messageOf, sendingOne, settle, statusesIn } from "../../src/testing/contract/steps.js";
import { freshDatabase, type Database } from "../support/databases.js";

/** Forced interleavings: a transaction is held open at the point that matters, and another caller comes by. */
describe("callers who meet in PostgreSQL", () => {
  let database: Database;
  let storage: Storage;
  const clients: pg.Client[] = [];

  beforeEach(async () => {
    database = await freshDatabase();
    storage = postgresStorage(database.pool);
    await storage.open({ migrate: true });
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()));
    await database.drop();
  });

  /** A connection in a transaction of its own, and the storage on it. */
  async function inTransaction(): Promise<{ storage: Storage; commit: () => Promise<unknown>; pid: number }> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    clients.push(client);
    await client.query("begin");
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    return { storage: postgresStorage(client), commit: () => client.query("commit"), pid: rows[0]?.pid ?? 0 };
  }

  /** Waits until some connection waits for a lock. */
  async function somebodyWaits(): Promise<void> {
    for (;;) {
      const { rows } = await database.pool.query(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      if (rows.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const RETENTION = { dedupRetentionMs: 30 * DAY_MS };
  const remember = (on: Storage, ...ids: string[]) =>
    on.remember(
      ids.map((id) => anItem(id, new Date())),
      RETENTION,
    );
  const claim = (on: Storage) => on.claim({ kind: "inbound", lanes: 10, itemsPerLane: 10, leaseMs: 60_000 });
  const settled = (lane: ClaimedLane) => ({
    change: {
      hotelId: lane.hotelId,
      guest: null,
      chat: null,
      conversations: [],
      messages: [],
      prompts: [],
      participants: [],
      events: [],
      audit: [],
      work: [],
    },
    lane,
    completes: lane.items.map(({ id }) => id),
    failed: null,
  });

  test("two claimers never hold one lane, also while the first one's claim is not committed yet", async () => {
    await remember(storage, "itm_1");
    const first = await inTransaction();
    expect((await claim(first.storage)).lanes).toHaveLength(1);
    expect((await claim(storage)).lanes).toEqual([]);
    await first.commit();
    expect((await claim(storage)).lanes).toEqual([]);
  });

  test("two claimers never hold a lane that was there before they came, while one's claim is not committed yet", async () => {
    await remember(storage, "itm_1");
    const [lane] = (await claim(storage)).lanes;
    if (lane === undefined) throw new Error("no lane");
    await storage.release([lane]);
    const first = await inTransaction();
    expect((await claim(first.storage)).lanes).toHaveLength(1);
    expect((await claim(storage)).lanes).toEqual([]);
    await first.commit();
    expect((await claim(storage)).lanes).toEqual([]);
  });

  test("a message that is being remembered holds nobody up, and joins its lane once it is there", async () => {
    await remember(storage, "itm_1");
    const writer = await inTransaction();
    await remember(writer.storage, "itm_2");
    const before = await claim(storage);
    expect(before.lanes.map(({ items }) => items.map(({ id }) => id))).toEqual([["itm_1"]]);
    await writer.commit();
    // In hand: what arrives waits for its end.
    expect((await claim(storage)).lanes).toEqual([]);
    await storage.release(before.lanes);
    const { lanes } = await claim(storage);
    expect(lanes.map(({ items }) => items.map(({ id }) => id))).toEqual([["itm_1", "itm_2"]]);
  });

  test("a webhook is answered while the lane's last change is being committed, and is not forgotten (chat#928)", async () => {
    await remember(storage, "itm_1");
    const [lane] = (await claim(storage)).lanes;
    if (lane === undefined) throw new Error("no lane");
    const committing = await inTransaction();
    expect((await committing.storage.commit(HOTEL, [settled(lane)])).outcome).toBe("committed");
    // The change holds the lane; the message is remembered without waiting for it.
    expect(await remember(storage, "itm_2")).toEqual(["new"]);
    // Nor does a claim wait: it leaves the message for the next one, and says that this is soon.
    const early = await claim(storage);
    expect(early.lanes).toEqual([]);
    expect(early.nextDueInMs).toBeLessThan(100);
    await committing.commit();
    expect((await claim(storage)).lanes.flatMap(({ items }) => items.map(({ id }) => id))).toEqual(["itm_2"]);
  });

  test("a hotel whose change takes long to commit holds up no other hotel's guests", async () => {
    await remember(storage, "itm_g1");
    const [lane] = (await claim(storage)).lanes;
    if (lane === undefined) throw new Error("no lane");
    const slow = await inTransaction();
    expect((await slow.storage.commit(HOTEL, [settled(lane)])).outcome).toBe("committed");
    const seaside = (id: string) =>
      anItem(id, new Date(), { hotelId: OTHER_HOTEL, chat: { phoneNumberId: OTHER_HOTELS_NUMBER } });
    await storage.remember([anItem("itm_g2", new Date()), seaside("itm_s1")], RETENTION);
    expect((await claim(storage)).lanes.map(({ hotelId }) => hotelId)).toEqual([OTHER_HOTEL]);
    await slow.commit();
    expect((await claim(storage)).lanes.flatMap(({ items }) => items.map(({ id }) => id))).toEqual(["itm_g2"]);
  });

  test("a process that takes in a hotel's arrivals and freezes holds up no other process's hotels", async () => {
    await remember(storage, "itm_g1");
    const frozen = await inTransaction();
    expect((await claim(frozen.storage)).lanes).toHaveLength(1);
    await storage.remember(
      [anItem("itm_s1", new Date(), { hotelId: OTHER_HOTEL, chat: { phoneNumberId: OTHER_HOTELS_NUMBER } })],
      RETENTION,
    );
    expect((await claim(storage)).lanes.map(({ hotelId }) => hotelId)).toEqual([OTHER_HOTEL]);
    await frozen.commit();
  });

  test("a claim takes in a bounded part of a long night, and of each hotel's, so that it ends well before its lease", async () => {
    const night = (hotelId: string, phoneNumberId: string) =>
      Array.from({ length: 700 }, (_, n) =>
        anItem(`itm_${hotelId}_${String(n)}`, new Date(), { hotelId, chat: { phoneNumberId } }),
      );
    await storage.remember(night(HOTEL, anItem("itm", new Date()).chat?.phoneNumberId ?? ""), RETENTION);
    await storage.remember(night(OTHER_HOTEL, OTHER_HOTELS_NUMBER), RETENTION);
    const { lanes } = await claim(storage);
    expect(lanes.map(({ hotelId }) => hotelId).sort()).toEqual([HOTEL, OTHER_HOTEL].sort());
    const { rows } = await database.pool.query<{ n: string }>(
      "select count(*) as n from belldesk.arrivals group by hotel_id",
    );
    expect(rows.map(({ n }) => Number(n))).toEqual([200, 200]);
  });

  test("two processes that take in arrivals at once keep a guest's order", async () => {
    await remember(storage, "itm_1");
    const first = await inTransaction();
    const { lanes } = await claim(first.storage);
    expect(lanes.flatMap(({ items }) => items.map(({ id }) => id))).toEqual(["itm_1"]);
    await remember(storage, "itm_2");
    expect((await claim(storage)).lanes).toEqual([]);
    await first.commit();
    await storage.release(lanes);
    expect((await claim(storage)).lanes.map(({ items }) => items.map(({ id }) => id))).toEqual([["itm_1", "itm_2"]]);
  });

  test("a stale epoch is refused, also when the new holder claims at that very moment (F30)", async () => {
    await remember(storage, "itm_1");
    const { lanes } = await storage.claim({ kind: "inbound", lanes: 1, itemsPerLane: 1, leaseMs: 1 });
    const [frozen] = lanes;
    if (frozen === undefined) throw new Error("no lane");
    await new Promise((resolve) => setTimeout(resolve, 20));
    const heir = await inTransaction();
    expect((await claim(heir.storage)).lanes.map(({ epoch }) => epoch)).toEqual([frozen.epoch + 1]);
    const late = storage.commit(HOTEL, [settled(frozen)]);
    await somebodyWaits();
    await heir.commit();
    expect(await late).toEqual({ outcome: "fenced", changes: [0] });
  });

  test("two hotels' batches in opposite order do not deadlock", async () => {
    const both = (n: number) => {
      const grand = anItem(`itm_g${String(n)}`, new Date());
      const seaside = anItem(`itm_s${String(n)}`, new Date(), {
        hotelId: OTHER_HOTEL,
        chat: { phoneNumberId: OTHER_HOTELS_NUMBER },
      });
      return n % 2 === 0 ? [grand, seaside] : [seaside, grand];
    };
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, n) => storage.remember(both(n), RETENTION)));
    expect(outcomes.flat().every((outcome) => outcome === "new")).toBe(true);
    const { lanes } = await claim(storage);
    expect(lanes.map(({ items }) => items.length)).toEqual([10, 10]);
    const { rows } = await database.pool.query<{ deadlocks: string }>(
      "select deadlocks from pg_stat_database where datname = current_database()",
    );
    expect(Number(rows[0]?.deadlocks)).toBe(0);
  });

  test("commits over the same guests in opposite order do not deadlock", async () => {
    const guests = Array.from({ length: 12 }, (_, n) => String(12025550200 + n));
    for (let round = 0; round < 15; round++) {
      const items = guests.map((from, n) =>
        anItem(`itm_${String(round)}_${String(n)}`, new Date(), { chat: { addresses: [phone(from)] } }),
      );
      await storage.remember(items, RETENTION);
      const { lanes } = await storage.claim({ kind: "inbound", lanes: 20, itemsPerLane: 5, leaseMs: 60_000 });
      const halves = [lanes.slice(0, 6), lanes.slice(6)].map((half, n) =>
        (n === 0 ? half : half.toReversed()).map(settled),
      );
      const results = await Promise.all(halves.map((half) => storage.commit(HOTEL, half)));
      expect(results.map(({ outcome }) => outcome)).toEqual(["committed", "committed"]);
    }
    const { rows } = await database.pool.query<{ deadlocks: string }>(
      "select deadlocks from pg_stat_database where datname = current_database()",
    );
    expect(Number(rows[0]?.deadlocks)).toBe(0);
  });

  test("an event is never seen before one with a lower number (F74, M6)", async () => {
    const event = { conversationId: null, departmentId: null, body: { type: "conversation.opened" } } as const;
    const command = { ...settledNothing(), change: { ...settledNothing().change, events: [event] } };
    const slow = await inTransaction();
    await slow.storage.commit(HOTEL, [command]);
    const fast = storage.commit(HOTEL, [command]);
    await somebodyWaits();
    expect(await storage.events({ hotelId: HOTEL, after: 0, limit: 10 })).toEqual([]);
    await slow.commit();
    await fast;
    expect((await storage.events({ hotelId: HOTEL, after: 0, limit: 10 })).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test("the first message of a new guest, fifty times through two pools, makes one guest and one lane (F27, chatwoot#14071)", async () => {
    const other = new pg.Pool({ connectionString: database.url, max: 10 });
    other.on("error", () => undefined); // the database goes before its last connection
    try {
      const doors = [storage, postgresStorage(other)];
      await Promise.all(Array.from({ length: 50 }, (_, n) => remember(doors[n % 2] ?? storage, `itm_${String(n)}`)));
      const { rows } = await database.pool.query(
        "select (select count(*) from belldesk.guests) as guests, (select count(distinct guest_id) from belldesk.arrivals) as lanes",
      );
      expect(rows).toEqual([{ guests: "1", lanes: "1" }]);
    } finally {
      await other.end();
    }
  });

  test("a guest who is met at once by phone and by WhatsApp's own id is one guest, whoever comes first (F26, F27)", async () => {
    const phoneNumber = phone("12025550101");
    const both = [bsuid("US.1"), phoneNumber];
    const orders = [
      [[bsuid("US.1")], both],
      [both, [phoneNumber]],
      [[phoneNumber], both],
    ] as const;
    for (const [round, [first, second]] of orders.entries()) {
      const hotelId = `hotel_${String(round)}`;
      const item = (id: string, addresses: typeof both) =>
        anItem(id, new Date(), { hotelId, chat: { addresses: addresses, newGuestId: `gst_${id}` } });
      const meeting = await inTransaction();
      await meeting.storage.remember([item("itm_1", [...first])], RETENTION);
      const also = storage.remember([item("itm_2", [...second])], RETENTION);
      await somebodyWaits();
      await meeting.commit();
      expect(await also).toEqual(["new"]);
      const { rows } = await database.pool.query(
        `select (select json_agg(id) from belldesk.guests where hotel_id = $1) as guests,
                (select json_agg(distinct guest_id) from belldesk.guest_addresses where hotel_id = $1) as named`,
        [hotelId],
      );
      expect(rows).toEqual([{ guests: ["gst_itm_1"], named: ["gst_itm_1"] }]);
    }
  });

  describe("a delivery report that comes while its send is being recorded is never missed (F20)", () => {
    const sent = { kind: "sent", wamid: "wamid.1" } as const;
    const report = aReport("delivered", "wamid.1");

    test("the record first: the report waits for it and is applied", async () => {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      const recording = await inTransaction();
      await settle(recording.storage, sending, sent);
      const reporting = storage.applyStatuses([report]);
      await somebodyWaits();
      await recording.commit();
      expect((await reporting).outcomes).toEqual(["applied"]);
      expect((await messageOf(storage, sending.message.id)).status).toBe("delivered");
    });

    test("the report first: the record waits for it and joins it", async () => {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      const reporting = await inTransaction();
      expect((await reporting.storage.applyStatuses([report])).outcomes).toEqual(["parked"]);
      const recording = settle(storage, sending, sent);
      await somebodyWaits();
      await reporting.commit();
      expect(statusesIn(await recording, sending.message.id)).toEqual(["sent", "delivered"]);
      expect((await messageOf(storage, sending.message.id)).status).toBe("delivered");
    });
  });

  const settledNothing = () => ({
    change: {
      hotelId: HOTEL,
      guest: null,
      chat: null,
      conversations: [],
      messages: [],
      prompts: [],
      participants: [],
      events: [],
      audit: [],
      work: [],
    },
    lane: null,
    completes: [],
    failed: null,
  });
});
