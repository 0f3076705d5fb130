import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import type { Conversation, LogPlace, Storage } from "../../src/index.js";
import { aCommand, aConversation, anOutboundMessage, messageEvent } from "../../src/testing/index.js";
import { HOTEL, within } from "../../src/testing/contract/builders.js";
import { aKnownGuest, conversationOf, stored } from "../../src/testing/contract/steps.js";
import { freshDatabase, type Database } from "../support/databases.js";

const BEGINNING: LogPlace = { hotelId: HOTEL, seq: 0, at: null };
const GRAND = within([HOTEL, "all"]);

/** Forced interleavings: a transaction or a statement is held open at the point that matters, and others come by. */
describe("whoever watches live while others write", () => {
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

  async function connected(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    clients.push(client);
    return client;
  }

  async function somebodyWaits(): Promise<void> {
    for (;;) {
      const { rows } = await database.pool.query(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      if (rows.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const happens = (on: Storage, ...workIds: readonly string[]) =>
    on.commit(HOTEL, [
      aCommand({
        events: workIds.map((workId) => ({
          conversationId: null,
          departmentId: null,
          body: { type: "work.dead", workId, code: "internal" },
        })),
      }),
    ]);
  async function heard(after: LogPlace = BEGINNING) {
    const news = await storage.news({ after, limit: 10 });
    return {
      upTo: news?.upTo,
      head: news?.head,
      told: news?.events.map(
        ({ seq, body }) => `${String(seq)} ${body.type === "work.dead" ? body.workId : body.type}`,
      ),
    };
  }

  test.each([
    ["commit", ["1 itm_0", "2 itm_early", "3 itm_late"]],
    ["rollback", ["1 itm_0", "2 itm_late"]],
  ] as const)(
    "nobody hears of what comes later before what is being written first: after its %s nothing is missed (F74)",
    async (ending, everything) => {
      await happens(storage, "itm_0");
      const writer = await connected();
      await writer.query("begin");
      await happens(postgresStorage(writer), "itm_early");
      const later = happens(storage, "itm_late");
      await somebodyWaits();

      const before = await heard();
      expect(before).toMatchObject({ told: ["1 itm_0"], head: 1, upTo: { seq: 1 } });
      expect(await storage.heads([HOTEL])).toEqual([before.upTo]);
      expect((await storage.snapshot({ reach: GRAND, limit: 1 })).places).toEqual([before.upTo]);
      await writer.query(ending);
      await later;

      expect((await heard(before.upTo)).told).toEqual(everything.slice(1));
      expect((await heard()).told).toEqual(everything);
    },
  );

  test("what is committed while a snapshot is read is not in it, and is told after it (F81)", async () => {
    const guest = await aKnownGuest(storage);
    const before = await stored(storage, aConversation("con_1", guest));
    await happens(storage, "itm_0");
    // The places are looked up when the gate opens, after what stands open, and all the same as of the statement's beginning.
    await database.pool.query(`
      alter function belldesk.log_places_1(text[]) rename to log_places_behind_the_gate;
      create function belldesk.log_places_1(hotels text[]) returns table (hotel_id text, seq bigint, at timestamptz)
      language plpgsql stable as $$ begin
        perform pg_advisory_xact_lock_shared(81);
        return query select * from belldesk.log_places_behind_the_gate(hotels);
      end $$;`);
    const gate = await connected();
    await gate.query("select pg_advisory_lock(81)");
    const reading = storage.snapshot({ reach: GRAND, limit: 10 });
    await somebodyWaits();
    const answered: Conversation = { ...before, lastSeq: 1 };
    const message = anOutboundMessage("msg_1", answered, 1);
    const change = { conversations: [answered], messages: [message], events: [messageEvent(message, answered)] };
    expect(await storage.commit(HOTEL, [aCommand(change)])).toMatchObject({ outcome: "committed" });
    await gate.query("select pg_advisory_unlock(81)");

    const { items, places } = await reading;
    expect(items.map(({ conversation }) => conversation)).toEqual([before]);
    expect(places).toMatchObject([{ seq: 1 }]);
    const news = await storage.news({ after: places[0] ?? BEGINNING, limit: 10 });
    expect(news?.events.map(({ seq, body }) => [seq, body.type])).toEqual([[2, "message.queued"]]);
    expect(news?.conversations.map(({ conversation }) => conversation)).toEqual([
      await conversationOf(storage, "con_1"),
    ]);
  });

  test("somebody's rights that are being taken away are not passed over by what is taken away later (T58)", async () => {
    const writer = await connected();
    await writer.query("begin");
    await postgresStorage(writer).revoke({ kind: "staff", id: "staff_early" });
    const later = storage.revoke({ kind: "staff", id: "staff_late" });
    await somebodyWaits();
    const { upTo, principals } = await storage.revocations({ after: 0 });
    expect(principals).toEqual([]);
    await writer.query("commit");
    await later;
    expect((await storage.revocations({ after: upTo })).principals.map(({ id }) => id)).toEqual([
      "staff_early",
      "staff_late",
    ]);
  });

  test("those whose rights changed more than a day ago are forgotten, whoever was told since", async () => {
    for (const id of ["staff_1", "staff_2"]) await storage.revoke({ kind: "staff", id });
    await database.pool.query("update belldesk.revocations set at = at - interval '25 hours'");
    await storage.revoke({ kind: "staff", id: "staff_3" });
    const { rows } = await database.pool.query("select hotel_id, number, principal_id from belldesk.revocations");
    expect(rows).toEqual([{ hotel_id: "", number: "3", principal_id: "staff_3" }]);
  });

  test("what a live connection reads is one statement each, so that it sees one moment", async () => {
    let statements = 0;
    const counting = postgresStorage({
      query: (text, values) => {
        statements += 1;
        return database.pool.query(text, values);
      },
    });
    await happens(storage, "itm_0");
    await counting.snapshot({ reach: GRAND, limit: 10 });
    await counting.news({ after: BEGINNING, limit: 10 });
    await counting.heads([HOTEL]);
    await counting.revoke({ kind: "guest", id: "gst_1" });
    await counting.revocations({ after: 0 });
    expect(statements).toBe(5);
  });

  test("a place leads on whatever fraction of a second the database keeps beside what the desk tells", async () => {
    await happens(storage, "itm_0", "itm_1");
    await database.pool.query(
      "update belldesk.events set at = date_trunc('milliseconds', at) + interval '999 microseconds'",
    );
    const [place] = (await storage.news({ after: BEGINNING, limit: 1 }))?.events ?? [];
    const after = JSON.parse(JSON.stringify({ hotelId: HOTEL, seq: place?.seq, at: place?.at })) as LogPlace;
    expect((await heard({ ...after, at: new Date(after.at ?? 0) })).told).toEqual(["2 itm_1"]);
  });
});
