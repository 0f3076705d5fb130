import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { migrate, plan, postgresStorage, type Queryable } from "../../adapters/postgres/index.js";
import { ConversationError, ConversationManager } from "../../src/index.js";
import { anItem } from "../../src/testing/contract/builders.js";
import { MIGRATION_LOCK } from "../chaos/moments.js";
import { admin, APP_SECRET, eventually, hotels, VERIFY_TOKEN } from "../harness/hotel.js";
import { emptyDatabase, postgresServers, type Database } from "../support/databases.js";
import { schemaDump } from "../support/schema-dump.js";

const EVERYTHING = [
  "tables",
  "remember-and-claim",
  "commit",
  "sends",
  "load",
  "reprocess",
  "guests",
  "consents",
  "templates",
  "write",
  "senders",
  "desk-work",
  "notes",
  "search",
  "host",
  "row-security",
  "times",
  "live",
  "media",
  "flows",
  "translations",
  "flow-moves",
  "stays",
  "audit-chain",
  "privacy",
  "unknown-sends",
  "stays-by-day",
  "guests-in-audit",
  "sends-in-fewer-looks",
  "uncounted-failures",
  "kept-places",
  "refused-sends",
  "account-pauses",
];
/** The schema as text. A new migration writes it anew: `npx vitest run test/adapters/postgres-migrations -u`. */
const GOLDEN = "../fixtures/schema.txt";
const RETENTION = { dedupRetentionMs: 30 * 86_400_000 };

describe.each(postgresServers())("the schema on $name", ({ url }) => {
  let database: Database;
  let db: pg.Pool;
  const clients: pg.Client[] = [];

  beforeEach(async () => {
    database = await emptyDatabase(url);
    db = database.pool;
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()));
    await database.drop();
  });

  async function connect(address = database.url): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: address });
    client.on("error", () => undefined); // one is killed on purpose
    await client.connect();
    clients.push(client);
    return client;
  }

  const open = (on: Queryable, mayMigrate: boolean) => postgresStorage(on).open({ migrate: mayMigrate });
  const refusal = (promise: Promise<unknown>) =>
    promise.then(
      () => null,
      (error: unknown) => (ConversationError.is(error) ? { code: error.code, details: error.details } : error),
    );

  test("a database without the schema is refused by name, and left as it was", async () => {
    expect(await refusal(open(db, false))).toEqual({ code: "schema_missing", details: { pending: EVERYTHING } });
    const { rows } = await db.query("select 1 from pg_namespace where nspname = 'belldesk'");
    expect(rows).toEqual([]);
  });

  test("an old schema is refused with what it lacks, and opened after the migration", async () => {
    await open(db, true);
    await db.query("delete from belldesk.migrations where name = any ('{load,sends-in-fewer-looks}')");
    await db.query("drop function belldesk.load_chats_1, belldesk.load_sends_1");
    expect(await refusal(open(db, false))).toEqual({
      code: "schema_missing",
      details: { pending: ["load", "sends-in-fewer-looks"] },
    });
    expect(await migrate(db)).toEqual(["load", "sends-in-fewer-looks"]);
    await open(db, false);
    await expect(await schemaDump(db)).toMatchFileSnapshot(GOLDEN);
  });

  test("an audit that was written before it was a chain is numbered in its order, sealed, and holds (T88, M22)", async () => {
    /** The release before: it knows nothing of a chain. */
    const before: Queryable = {
      query: (text: string, values?: unknown[]) =>
        text.includes("'audit-chain'") ? Promise.reject(new Error("no such migration yet")) : db.query(text, values),
    };
    await expect(migrate(before)).rejects.toThrow();
    const entries = Array.from({ length: 50 }, (_, n) => ({
      id: `aud_${String(n)}`,
      hotel: n % 3 === 0 ? "other" : "grand",
      // Written in another order than the ids', some at the same instant.
      at: new Date(Date.UTC(2026, 0, 1, 0, Math.floor(((n * 7) % 50) / 2))),
    }));
    for (const { id, hotel, at } of entries)
      await db.query(
        `insert into belldesk.audit_entries (hotel_id, id, actor_kind, actor_id, action, reason, target_kind, target_id, at)
           values ($1, $2, 'staff', 'staff_1', 'conversation.close', '"done"', 'conversation', 'con_1', $3)`,
        [hotel, id, at],
      );
    expect(await migrate(db)).toEqual(EVERYTHING.slice(EVERYTHING.indexOf("audit-chain")));
    const inOrder = entries
      .toSorted((a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1))
      .map(({ id }) => id);
    const { rows } = await db.query<{ id: string }>("select id from belldesk.audit_entries order by seq");
    expect(rows.map(({ id }) => id)).toEqual(inOrder);

    const desk = new ConversationManager({
      hotels,
      storage: postgresStorage(db),
      transport: { send: () => Promise.resolve({ outcome: "accepted", wamid: "wamid.1" }) },
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      audit: { sealMs: 100 },
    });
    await desk.start();
    try {
      await eventually("the old entries are sealed", async () => {
        const { rows: open_ } = await db.query("select from belldesk.audit_entries where n is null");
        return open_.length === 0;
      });
      const own = inOrder.filter((id) => entries.some((entry) => entry.id === id && entry.hotel === "grand"));
      const { rows: chain } = await db.query<{ id: string }>(
        "select id from belldesk.audit_entries where hotel_id = 'grand' order by n",
      );
      expect(chain.map(({ id }) => id)).toEqual(own);
      expect(await desk.as(admin).verifyAudit({ hotel: "grand" })).toMatchObject({ holds: true, entries: own.length });
    } finally {
      await desk.stop();
    }
  });

  test("the plan is SQL that an administrator can run by hand, and then nothing is left to plan", async () => {
    const sql = await plan(db);
    await db.query(sql);
    await open(db, false);
    await expect(await schemaDump(db)).toMatchFileSnapshot(GOLDEN);
    expect(await plan(db)).toBe("");
    expect(await migrate(db)).toEqual([]);
  });

  test("a schema that a newer release changed incompatibly is refused, one it only added to is used", async () => {
    await open(db, true);
    const later = (id: number, breaking: boolean) =>
      db.query("insert into belldesk.migrations values ($1, 'from-the-future', $2, 'x', now())", [id, breaking]);
    await later(9001, false);
    await open(db, false);
    await open(db, true);
    await later(9002, true);
    const newer = { code: "schema_newer", details: { migration: "from-the-future" } };
    expect(await refusal(open(db, false))).toEqual(newer);
    expect(await refusal(open(db, true))).toEqual(newer);
  });

  test("a migration that was edited after the database ran it is refused", async () => {
    await open(db, true);
    await db.query("update belldesk.migrations set checksum = 'another' where name = 'commit'");
    const changed = { code: "schema_changed", details: { migration: "commit" } };
    expect(await refusal(open(db, false))).toEqual(changed);
    expect(await refusal(open(db, true))).toEqual(changed);
  });

  test("every hotel has the same schema, whichever PostgreSQL it runs on and whatever its schema is called (I15)", async () => {
    expect(await schemaDump(db)).toBe("");
    await migrate(db);
    await expect(await schemaDump(db)).toMatchFileSnapshot(GOLDEN);
    await migrate(db, { schema: "hotel_desk" });
    await expect(await schemaDump(db, "hotel_desk")).toMatchFileSnapshot(GOLDEN);
  });

  test("eight connections of one process that migrate together all find the golden schema (F83, I15)", async () => {
    const together = await Promise.all(Array.from({ length: 8 }, () => connect()));
    await Promise.all(together.map((client) => open(client, true)));
    await expect(await schemaDump(db)).toMatchFileSnapshot(GOLDEN);
  });

  test("a process that is killed while it migrates leaves nothing half done (F84)", async () => {
    const other = await connect();
    await other.query("begin");
    await other.query("select pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
    const victim = await connect();
    const { rows } = await victim.query<{ pid: number }>("select pg_backend_pid() as pid");
    const migrating = refusal(migrate(victim));
    await waits(db, rows[0]?.pid ?? 0);
    await db.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    expect(await migrating).toMatchObject({ code: "storage_unavailable" });
    await other.query("rollback");
    expect(await refusal(open(db, false))).toMatchObject({ code: "schema_missing", details: { pending: EVERYTHING } });
    expect(await migrate(db)).toEqual(EVERYTHING);
    await expect(await schemaDump(db)).toMatchFileSnapshot(GOLDEN);
  });

  test("guests write on while a migration waits for a long transaction, and it is done when that ends (F85)", async () => {
    await open(db, true);
    await db.query("delete from belldesk.migrations where name = any ('{load,sends-in-fewer-looks}')");
    await db.query("drop function belldesk.load_chats_1, belldesk.load_sends_1");
    // No migration yet changes a table that another made. This one does, by force.
    await db.query(
      `create function alters() returns trigger language plpgsql as
         $$ begin lock table belldesk.arrivals in access exclusive mode; return new; end $$;
       create trigger alters before insert on belldesk.migrations for each row execute function alters()`,
    );
    const report = await connect();
    await report.query("begin; select count(*) from belldesk.arrivals");
    const guest = await connect();
    const migrating = await connect();
    const { rows } = await migrating.query<{ pid: number }>("select pg_backend_pid() as pid");
    const migrated = migrate(migrating);
    await waits(db, rows[0]?.pid ?? 0);
    // It stands behind the migration now, and passes when that steps aside: the report is open until the end.
    expect(await postgresStorage(guest).remember([anItem("itm_1", new Date())], RETENTION)).toEqual(["new"]);
    await report.query("commit");
    expect(await migrated).toEqual(["load", "sends-in-fewer-looks"]);
  });

  test("a migration that fails in the middle leaves nothing behind", async () => {
    await db.query("create schema belldesk; create table belldesk.audit_entries (mine text)");
    expect(await refusal(migrate(db))).toMatchObject({ code: "storage_failed", details: { sqlState: "42P07" } });
    const { rows } = await db.query("select table_name from information_schema.tables where table_schema = 'belldesk'");
    expect(rows).toEqual([{ table_name: "audit_entries" }]);
  });

  test("two installations share a database under different names and know nothing of each other", async () => {
    const [one, two] = ["one", "two"].map((schema) => postgresStorage(db, { schema }));
    await one?.open({ migrate: true });
    expect(await refusal(two?.open({ migrate: false }) ?? Promise.resolve())).toMatchObject({ code: "schema_missing" });
    await two?.open({ migrate: true });
    const item = anItem("itm_1", new Date());
    expect(await one?.remember([item], RETENTION)).toEqual(["new"]);
    expect(await two?.remember([item], RETENTION)).toEqual(["new"]);
  });

  test("a name that is not a plain identifier never reaches SQL", () => {
    for (const schema of ['x"; drop schema public; --', "Belldesk", "", "1st", "a".repeat(64), "a.b"]) {
      expect(() => postgresStorage(db, { schema })).toThrow(expect.objectContaining({ code: "config_invalid" }));
    }
  });

  test("a database user without DDL rights runs the desk, and cannot migrate it", async () => {
    await migrate(db);
    const role = `desk_${Math.random().toString(36).slice(2, 10)}`;
    await db.query(
      `create role ${role} login password 'pw';
       grant usage on schema belldesk to ${role};
       grant select, insert, update, delete on all tables in schema belldesk to ${role}`,
    );
    const address = new URL(database.url);
    address.username = role;
    address.password = "pw";
    const client = await connect(address.href);
    const storage = postgresStorage(client);
    await storage.open({ migrate: false });
    expect(await storage.remember([anItem("itm_1", new Date())], RETENTION)).toEqual(["new"]);
    const { lanes } = await storage.claim({ kind: "inbound", lanes: 1, itemsPerLane: 1, leaseMs: 1_000 });
    expect(lanes).toHaveLength(1);
    expect(await refusal(migrate(client, { schema: "another" }))).toMatchObject({ details: { sqlState: "42501" } });
    await db.query(`drop owned by ${role}; drop role ${role}`);
  });
});

/** Waits until a connection waits for a lock. */
async function waits(db: Queryable, pid: number): Promise<void> {
  for (;;) {
    const { rows } = await db.query("select 1 from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'", [
      pid,
    ]);
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
