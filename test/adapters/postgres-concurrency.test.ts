import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postgresStorage, shiftClock } from "../../adapters/postgres/index.js";
import { decideReply } from "../../src/decide/reply.js";
import { newChat, type ClaimedLane, type StaffPrincipal, type Storage } from "../../src/index.js";
import {
  aCommand,
  aConversation,
  anEcho,
  anInboundMessage,
  anItem,
  aReport,
  bsuid,
  DAY_MS,
  HOTEL,
  messageEvent,
  OTHER_HOTEL,
  OTHER_HOTELS_NUMBER,
  phone,
} from "../../src/testing/contract/builders.js";
import {
  aKnownGuest,
  claimedSend,
  claimOne,
  commit,
  completing,
  FAILURE,
  intended,
  LEASE_MS,
  messageOf,
  sendingOne,
  settle,
  statusesIn,
  stored,
} from "../../src/testing/contract/steps.js";
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
  async function inTransaction(): Promise<{
    storage: Storage;
    query: (text: string, values: unknown[]) => Promise<unknown>;
    commit: () => Promise<unknown>;
  }> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    clients.push(client);
    await client.query("begin");
    return {
      storage: postgresStorage(client),
      query: (text, values) => client.query(text, values),
      commit: () => client.query("commit"),
    };
  }

  /** Waits until this many connections wait for a lock. */
  async function somebodyWaits(atLeast = 1): Promise<void> {
    for (;;) {
      const { rows } = await database.pool.query(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      if (rows.length >= atLeast) return;
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
    ...aCommand({ hotelId: lane.hotelId }),
    lane,
    completes: lane.items.map(({ id }) => id),
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

  describe("callers who want the same things in opposite order wait for each other and never deadlock", () => {
    let refusals: string[];
    let witnessed: Storage;

    beforeEach(() => {
      refusals = [];
      // The storage runs a statement again that a deadlock broke, so it is counted where it happens.
      witnessed = postgresStorage({
        query: (text, values) =>
          database.pool.query(text, values).catch((error: unknown) => {
            refusals.push((error as { code: string }).code);
            throw error;
          }),
      });
    });

    /** While somebody holds what stands in the middle, one caller begins at the one end and another at the other. */
    async function meet<T>(
      free: () => Promise<unknown>,
      one: () => Promise<T>,
      other: () => Promise<T>,
    ): Promise<readonly T[]> {
      const first = one();
      await somebodyWaits();
      const second = other();
      await somebodyWaits(2);
      await free();
      const results = await Promise.all([first, second]);
      expect(refusals).toEqual([]);
      return results;
    }

    const HOTELS = ["grand", "metropol", "seaside"] as const;

    test("two deliveries of the same messages of several hotels", async () => {
      const webhook = (delivery: string, hotels: readonly string[]) =>
        hotels.map((hotelId) =>
          anItem(`${delivery}_${hotelId}`, new Date(), { hotelId, dedupHash: "0".repeat(32), chat: null }),
        );
      // The hotels are known, so that nobody waits for one.
      for (const hotelId of HOTELS) {
        await storage.remember([anItem(`first_${hotelId}`, new Date(), { hotelId, chat: null })], RETENTION);
      }
      const middle = await inTransaction();
      await middle.storage.remember(webhook("held", ["metropol"]), RETENTION);
      const outcomes = await meet(
        middle.commit,
        () => witnessed.remember(webhook("one", HOTELS), RETENTION),
        () => witnessed.remember(webhook("other", HOTELS.toReversed()), RETENTION),
      );
      expect(outcomes).toEqual([
        ["new", "duplicate", "new"],
        ["duplicate", "duplicate", "duplicate"],
      ]);
    });

    const PHONES = ["12025550101", "12025550102", "12025550103"] as const;
    test.each([
      ["three new guests of a hotel", PHONES.map((from) => ({ hotelId: HOTEL, from }))],
      ["a new guest of three hotels", HOTELS.map((hotelId) => ({ hotelId, from: PHONES[0] }))],
    ])("two webhooks with messages of %s", async (_, guests) => {
      const webhook = (id: string, whose: typeof guests) =>
        whose.map(({ hotelId, from }) =>
          anItem(`${id}_${hotelId}_${from}`, new Date(), { hotelId, chat: { addresses: [phone(from)] } }),
        );
      for (const { hotelId } of guests) {
        await storage.remember([anItem(`first_${hotelId}`, new Date(), { hotelId, chat: null })], RETENTION);
      }
      const middle = await inTransaction();
      await middle.storage.remember(webhook("held", guests.slice(1, 2)), RETENTION);
      const outcomes = await meet(
        middle.commit,
        () => witnessed.remember(webhook("one", guests), RETENTION),
        () => witnessed.remember(webhook("other", guests.toReversed()), RETENTION),
      );
      expect(outcomes.flat()).toEqual(Array(6).fill("new"));
      const { rows } = await database.pool.query("select count(*) as guests from belldesk.guests");
      expect(rows).toEqual([{ guests: "3" }]);
    });

    test("a process that froze and its heir, who commit changes of the same guests", async () => {
      await storage.remember(
        PHONES.map((from) => anItem(`itm_${from}`, new Date(), { chat: { addresses: [phone(from)] } })),
        RETENTION,
      );
      const frozen = await storage.claim({ kind: "inbound", lanes: 10, itemsPerLane: 10, leaseMs: 1 });
      await new Promise((resolve) => setTimeout(resolve, 20));
      const heir = await claim(storage);
      const inOrder = ({ lanes }: { lanes: readonly ClaimedLane[] }) =>
        lanes.toSorted((a, b) => (a.guestId < b.guestId ? -1 : 1));
      const [, between] = inOrder(heir);
      const middle = await inTransaction();
      await middle.query("select 1 from belldesk.lanes where guest_id = $1 for update", [between?.guestId]);
      const results = await meet(
        middle.commit,
        () => witnessed.commit(HOTEL, inOrder(heir).map(settled)),
        () => witnessed.commit(HOTEL, inOrder(frozen).toReversed().map(settled)),
      );
      expect(results).toMatchObject([{ outcome: "committed" }, { outcome: "fenced", changes: [0, 1, 2] }]);
    });

    test.each(["assignment", "timer"] as const)(
      "whoever works a lane (%s), and guests whose messages bring it work",
      async (kind) => {
        const guests = [await aKnownGuest(storage), await aKnownGuest(storage, { waId: "12025550102" })] as const;
        const [asked, between] = [
          await stored(storage, aConversation("con_1", guests[0])),
          await stored(storage, aConversation("con_2", guests[1])),
        ];
        const work = (id: string) => ({ id, kind, phoneNumberId: "", guestId: "reception", payload: null });
        await commit(storage, aCommand({ work: [work("work_1")] }));
        const lane = await claimOne(storage, kind);

        const middle = await inTransaction();
        await middle.query("select 1 from belldesk.conversations where id = $1 for update", [between.id]);
        const results = await meet(
          middle.commit,
          () => witnessed.commit(HOTEL, [aCommand({ conversations: [asked, between], work: [work("work_2")] })]),
          () => witnessed.commit(HOTEL, [completing(lane, 1, { conversations: [asked] })]),
        );
        expect(results).toMatchObject([{ outcome: "committed" }, { outcome: "conflict", changes: [0] }]);
      },
    );
  });

  test("a report that finds the lane locked leaves the end of its hold to whoever has it: the next messages go at once", async () => {
    const frozen = await sendingOne(storage, 2);
    await intended(storage, frozen);
    await shiftClock(database.pool, LEASE_MS + 1_000);
    const heir = await claimedSend(storage);
    await settle(storage, { ...frozen, ...heir }, { kind: "unknown", failure: FAILURE, holdMs: 15_000 });

    // The one who froze wakes up with WhatsApp's answer, and is just recording it when the guest's phone reports.
    const late = await inTransaction();
    await late.query("select 1 from belldesk.lanes where hotel_id = $1 and kind = 'outbound' for update", [HOTEL]);
    await storage.applyStatuses([aReport("delivered", "wamid_1", { correlationId: frozen.message.id })]);
    await settle(late.storage, frozen, { kind: "sent", wamid: "wamid_1" });
    await late.commit();
    expect((await claimedSend(storage)).workId).not.toBe(frozen.workId);
  });

  test("a claim that began earlier and came later gives its number no time back that another's claim has counted (F49)", async () => {
    const { lane } = await sendingOne(storage);
    await sendingOne(storage, 1, HOTEL, "12025550102");
    await storage.setPaces([{ hotelId: HOTEL, phoneNumberId: lane.phoneNumberId, perSecond: 80 }]);
    await shiftClock(database.pool, LEASE_MS);
    const countedAt = async () =>
      (await database.pool.query<{ at: Date }>("select refilled_at as at from belldesk.numbers")).rows[0]?.at ?? NaN;
    const claim = { kind: "outbound", lanes: 1, itemsPerLane: 1, leaseMs: LEASE_MS } as const;
    const early = await inTransaction();
    await early.query("select pg_sleep(0.01)", []);
    expect((await storage.claim(claim)).lanes).toHaveLength(1);
    const before = await countedAt();
    expect((await early.storage.claim(claim)).lanes).toHaveLength(1);
    await early.commit();
    expect(await countedAt()).toEqual(before);
  });

  test("an event is never seen before one with a lower number (F74, M6)", async () => {
    const event = { conversationId: null, departmentId: null, body: { type: "conversation.opened" } } as const;
    const command = aCommand({ events: [event] });
    const slow = await inTransaction();
    await slow.storage.commit(HOTEL, [command]);
    const fast = storage.commit(HOTEL, [command]);
    await Promise.race([somebodyWaits(), fast]);
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

  describe("somebody writes in the phone app while WhatsApp speaks of it", () => {
    const theirs = aConversation(
      "con_9",
      { id: "gst_9", hotelId: HOTEL, phoneNumberId: "200000000000001" },
      { lastSeq: 1 },
    );
    const echo = anEcho("msg_9", theirs, 1, { wamid: "wamid.1" });
    const telling = aCommand({ conversations: [theirs], messages: [echo], events: [messageEvent(echo, theirs)] });
    const report = aReport("delivered", "wamid.1");

    test("the echo first: the report waits for it and is applied (F20)", async () => {
      const writing = await inTransaction();
      await writing.storage.commit(HOTEL, [telling]);
      const reporting = storage.applyStatuses([report]);
      await somebodyWaits();
      await writing.commit();
      expect((await reporting).outcomes).toEqual(["applied"]);
      expect((await messageOf(storage, "msg_9")).status).toBe("delivered");
    });

    test("the report first: the echo waits for it and joins it (F20)", async () => {
      const reporting = await inTransaction();
      expect((await reporting.storage.applyStatuses([report])).outcomes).toEqual(["parked"]);
      const writing = storage.commit(HOTEL, [telling]);
      await somebodyWaits();
      await reporting.commit();
      expect(await writing).toMatchObject({ outcome: "committed", messages: [{ status: "delivered" }] });
    });

    test("an echo that is faster than the answer to its own send costs the others in that settlement nothing", async () => {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      const writing = await inTransaction();
      await writing.storage.commit(HOTEL, [telling]);
      const recording = settle(storage, sending, { kind: "sent", wamid: "wamid.1" });
      await somebodyWaits();
      await writing.commit();
      expect(statusesIn(await recording, sending.message.id)).toEqual(["sent"]);
      expect((await messageOf(storage, sending.message.id)).wamid).toBeNull();
    });
  });

  describe("guests turn out to be one", () => {
    const PHONES = ["12025550101", "12025550102"] as const;
    const [one, other] = PHONES.map((value) => `gst_${value}`) as [string, string];
    const merge = (guestId: string, into: string) => aCommand({ merge: { guestId, into } });

    beforeEach(async () => {
      const items = PHONES.map((value) =>
        anItem(`itm_${value}`, new Date(), { chat: { addresses: [phone(value)], newGuestId: `gst_${value}` } }),
      );
      await storage.remember(items, RETENTION);
    });

    test("by two people at once, each into the other: the second one's is a conflict, not a circle", async () => {
      const first = await inTransaction();
      expect((await first.storage.commit(HOTEL, [merge(one, other)])).outcome).toBe("committed");
      const second = storage.commit(HOTEL, [merge(other, one)]);
      await somebodyWaits();
      await first.commit();
      expect(await second).toEqual({ outcome: "conflict", changes: [0] });
    });

    test("while a message of theirs is decided: it is decided again, about the guest who stays", async () => {
      const number = anItem("itm", new Date()).chat?.phoneNumberId ?? "";
      const chat = (guestId: string, version: number) => ({ ...newChat(HOTEL, number, guestId), version });
      await storage.commit(HOTEL, [aCommand({ chat: chat(one, 0) }), aCommand({ chat: chat(other, 0) })]);
      const first = await inTransaction();
      expect((await first.storage.commit(HOTEL, [merge(one, other)])).outcome).toBe("committed");
      const decided = [aCommand({ chat: chat(one, 1) }), aCommand({ chat: chat(other, 1) })];
      const late = storage.commit(HOTEL, decided);
      await somebodyWaits();
      await first.commit();
      expect(await late).toEqual({ outcome: "conflict", changes: [0, 1] });
    });
  });

  test("of two who answer at the same moment, having seen the same, one is stored, and the other hears who was faster (P)", async () => {
    await remember(storage, "itm_1");
    const [lane] = (await claim(storage)).lanes;
    if (lane === undefined) throw new Error("no lane");
    const guest = { id: lane.guestId, hotelId: HOTEL, phoneNumberId: lane.phoneNumberId };
    const made = aConversation("con_1", guest, { lastSeq: 1 });
    const asked = anInboundMessage("msg_1", made, 1);
    const told = { conversations: [made], messages: [asked], events: [messageEvent(asked, made)] };
    expect((await storage.commit(HOTEL, [aCommand(told)])).outcome).toBe("committed");

    const staff = (id: string): StaffPrincipal => ({ kind: "staff", id, role: "agent", hotels: { [HOTEL]: "all" } });
    const answers = async (on: Storage, id: string) => {
      const key = { reach: "everything", conversationId: "con_1", client: null, template: null } as const;
      const { now, state } = await on.loadConversation({ ...key, answered: { seq: 1, by: id } });
      if (state === null) throw new Error("no conversation");
      const chat = { ...state.chat, windowClosesAt: new Date(now.getTime() + DAY_MS) };
      const input = {
        clientMessageId: `by ${id}`,
        content: { type: "text", text: `from ${id}` },
        fallback: null,
        urgent: false,
        quotedWamid: null,
        identityKeyHash: null,
      } as const;
      const command = { id: `c_${id}`, by: staff(id), reason: "reply", now };
      const decision = decideReply({ ...state, chat }, input, command);
      if (decision.kind === "existing" || decision.change === null) throw new Error("nothing to store");
      return aCommand(decision.change);
    };

    // Both have decided on what they saw. The first is in the middle of its commit when the second begins.
    const anna = await answers(storage, "anna");
    const ben = await answers(storage, "ben");
    const first = await inTransaction();
    expect((await first.storage.commit(HOTEL, [anna])).outcome).toBe("committed");
    const second = storage.commit(HOTEL, [ben]);
    await somebodyWaits();
    await first.commit();
    expect(await second).toEqual({ outcome: "conflict", changes: [0] });
    // Deciding again, it sees the first: nothing of it was stored.
    await expect(answers(storage, "ben")).rejects.toMatchObject({
      code: "answered_meanwhile",
      details: { seq: 2, by: { kind: "staff", id: "anna" } },
    });
    const page = await storage.messages({ reach: "everything", conversationId: "con_1", before: null, limit: 10 });
    expect(page?.items.map(({ content }) => content)).toEqual([{ type: "text", text: "from anna" }, asked.content]);
  });
});
