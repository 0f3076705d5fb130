import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresStorage, secureRows, type Queryable } from "../../adapters/postgres/index.js";
import { ConversationError, type GuestReach, type Reach, type Storage } from "../../src/index.js";
import { storageContract } from "../../src/testing/index.js";
import { aConversation, anInboundMessage, anItem, within } from "../../src/testing/contract/builders.js";
import { aKnownGuest, nowOf, remember, stored } from "../../src/testing/contract/steps.js";
import { runOracle } from "../oracle/run.js";
import { emptyDatabase, postgresServers, type Database } from "../support/databases.js";

/** Roles are the whole server's, and several test files use it at once. */
const PASSWORD = "desk";
const role = (database: string, name: string) => `${new URL(database).pathname.slice(1)}_${name}`;

describe.each(postgresServers())("row-level security on $name", ({ name, url }) => {
  let database: Database;
  let reader: string;
  /** The desk's own login, which owns nothing and is no superuser: as in production. */
  let pool: pg.Pool;
  let app: string;

  beforeAll(async () => {
    database = await emptyDatabase(url);
    reader = role(database.url, "reader");
    app = role(database.url, "app");
    await database.pool.query(
      `create role ${reader} nologin; create role ${app} login password '${PASSWORD}'; grant ${reader} to ${app}`,
    );
    const address = new URL(database.url);
    [address.username, address.password] = [app, PASSWORD];
    pool = new pg.Pool({ connectionString: address.href, max: 3 });
    pool.on("error", () => undefined);
  });
  afterAll(async () => {
    await pool.end();
    const { pool: owner } = database;
    await owner.query(`drop owned by ${reader}, ${app}; drop role ${reader}, ${app}`);
    await database.drop();
  });

  /** A schema of the owner's, in which the desk may do its work and no more. */
  async function aDesk(schema: string, secured = true): Promise<void> {
    await postgresStorage(database.pool, { schema }).open({ migrate: true });
    if (secured) await secureRows(database.pool, { schema, role: reader });
    await database.pool.query(
      `grant usage on schema ${schema} to ${app}; grant select, insert, update, delete on all tables in schema ${schema} to ${app}`,
    );
  }
  const securedStorage = (schema: string, on: Queryable = pool): Storage =>
    postgresStorage(on, { schema, rowSecurity: { role: reader } });

  /** Two hotels, and in the first two departments, each with a conversation. */
  async function filled(schema: string): Promise<Record<"anna" | "tom", string>> {
    const storage = postgresStorage(pool, { schema });
    const anna = await aKnownGuest(storage, { waId: "12025550101" });
    const tom = await aKnownGuest(storage, { waId: "12025550102" });
    const away = await aKnownGuest(storage, { hotelId: "seaside", waId: "12025550103" });
    for (const [id, guest, departmentId] of [
      ["con_reception", anna, "reception"],
      ["con_spa", tom, "spa"],
      ["con_away", away, "reception"],
    ] as const) {
      const conversation = aConversation(id, guest, { departmentId, lastSeq: 1 });
      await stored(storage, conversation, [anInboundMessage(`msg_${id}`, conversation, 1)]);
    }
    for (const hotelId of ["grand", "seaside"])
      await remember(storage, anItem(`kept_${hotelId}`, await nowOf(storage), { hotelId, chat: null }));
    return { anna: anna.id, tom: tom.id };
  }

  /** A build whose statements forget whose they are asked for: every read asks for everything. */
  const forgetful = (): Queryable =>
    new Proxy(pool, {
      get(target, member) {
        const value: unknown = Reflect.get(target, member);
        if (member === "connect")
          return async () => {
            const client = await target.connect();
            const query = client.query.bind(client) as (text: string, values?: unknown[]) => Promise<pg.QueryResult>;
            return Object.assign(Object.create(client) as pg.PoolClient, {
              on: client.on.bind(client),
              release: client.release.bind(client),
              query: (text: string, values?: unknown[]) =>
                query(
                  text,
                  values?.map((each, at) => (at === 0 && /reach|load_|find_|hotel_id in/.test(text) ? null : each)),
                ),
            });
          };
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });

  async function seen(storage: Storage, reach: Reach) {
    const { items } = await storage.conversations({
      reach,
      hotelId: null,
      departmentId: null,
      status: null,
      after: null,
      limit: 100,
    });
    const talks = ["con_reception", "con_spa", "con_away"];
    const pages = talks.map((conversationId) => storage.messages({ reach, conversationId, before: null, limit: 100 }));
    const messages = (await Promise.all(pages)).flatMap((page) => page?.items.map(({ id }) => id) ?? []);
    const told = await Promise.all(talks.map((id) => storage.message({ reach, messageId: `msg_${id}` })));
    const kept = await storage.kept({ reach, before: null, limit: 100 });
    return {
      conversations: items.map(({ conversation }) => conversation.id).sort(),
      messages: messages.sort(),
      told: told.flatMap((one) => one?.message.id ?? []).sort(),
      kept: kept.items.map(({ id }) => id).sort(),
    };
  }

  test("a build that forgets whom it asks for shows staff their departments, and guests what is theirs, all the same (T63)", async () => {
    await aDesk("forgetful");
    const { anna } = await filled("forgetful");
    const broken = securedStorage("forgetful", forgetful());
    await broken.open({ migrate: false });
    const nothing = { conversations: [], messages: [], told: [], kept: [] };
    const reception = {
      ...nothing,
      conversations: ["con_reception"],
      messages: ["msg_con_reception"],
      told: ["msg_con_reception"],
    };
    expect(await seen(broken, within(["grand", ["reception"]]))).toMatchObject({
      ...reception,
      kept: expect.any(Array) as string[],
    });
    expect(await seen(broken, within(["seaside", "all"]))).toEqual({
      conversations: ["con_away"],
      messages: ["msg_con_away"],
      told: ["msg_con_away"],
      kept: ["kept_seaside"],
    });
    expect(await seen(broken, within())).toEqual(nothing);
    const guest: GuestReach = { guest: { hotelId: "grand", id: anna } };
    expect((await seen(broken, guest)).messages).toEqual(["msg_con_reception"]);
    const asked = {
      reach: within(["seaside", "all"]),
      conversationId: "con_spa",
      client: null,
      template: null,
    } as const;
    expect((await broken.loadConversation(asked)).state, "a command's loads look no further than the hotel").toBeNull();

    const open = postgresStorage(forgetful(), { schema: "forgetful" });
    expect(
      (await seen(open, within(["grand", ["reception"]]))).conversations,
      "without it the mistake leaks",
    ).toHaveLength(3);
  });

  test("the role sees nothing without a reach, and the reach ends with its transaction, on every connection of the pool (T63)", async () => {
    await aDesk("alone");
    await filled("alone");
    const storage = securedStorage("alone");
    for (let round = 0; round < 10; round++)
      await Promise.all([1, 2, 3].map(() => seen(storage, within(["grand", "all"]))));
    const clients = await Promise.all([1, 2, 3].map(() => pool.connect()));
    for (const client of clients) {
      const { rows } = await client.query(
        "select current_user as who, current_setting('belldesk.reach', true) as reach",
      );
      expect(rows).toEqual([{ who: app, reach: expect.toSatisfy((one) => one === "" || one === null) as unknown }]);
      await client.query(`set role ${reader}`);
      for (const table of ["conversations", "messages", "guests", "webhook_attempts", "events", "work"])
        expect((await client.query(`select * from alone.${table}`)).rows, table).toEqual([]);
      await expect(client.query("update alone.conversations set status = 'open'")).rejects.toThrow("permission denied");
      await client.query("reset role");
      client.release();
    }
  });

  test("what staff say among themselves is not shown to a guest by the database either (T60)", async () => {
    await aDesk("notes");
    const { anna } = await filled("notes");
    await database.pool.query("update notes.messages set direction = 'internal' where id = 'msg_con_reception'");
    await database.pool.query(
      "update notes.conversations set preview_message_id = 'msg_con_reception', last_message_preview = 'a note' where id = 'con_reception'",
    );
    const guest: GuestReach = { guest: { hotelId: "grand", id: anna } };
    for (const storage of [
      securedStorage("notes"),
      postgresStorage(pool, { schema: "notes" }),
      securedStorage("notes", forgetful()),
    ])
      expect((await seen(storage, guest)).messages).toEqual([]);
    const query = { reach: guest, hotelId: null, departmentId: null, status: null, after: null, limit: 10 };
    const { items } = await postgresStorage(pool, { schema: "notes" }).conversations(query);
    expect(items.map(({ conversation }) => conversation.lastMessagePreview)).toEqual([""]);
  });

  test("what guests' messages say in the staff's language is staff's, not theirs", async () => {
    await aDesk("translated");
    const { anna } = await filled("translated");
    await postgresStorage(pool, { schema: "translated" }).putTranslation({
      ...{ hotelId: "grand", messageId: "msg_con_reception" },
      ...{ language: "en", of: "mark", text: "what staff read", from: "it" },
    });
    const client = await pool.connect();
    const seenBy = async (reach: object): Promise<number> => {
      await client.query(`begin; set local role ${reader}`);
      await client.query("select set_config('belldesk.reach', $1, true)", [JSON.stringify([reach])]);
      const { rows } = await client.query("select * from translated.translations");
      await client.query("rollback");
      return rows.length;
    };
    expect(await seenBy({ hotel: "grand", departments: [], guest: anna }), "a guest").toBe(0);
    expect(await seenBy({ hotel: "grand", departments: ["reception"] })).toBe(1);
    expect(await seenBy({ hotel: "grand", departments: ["spa"] })).toBe(0);
    client.release();
  });

  test("hosts that do not turn it on are held by nothing, whoever owns the tables", async () => {
    await aDesk("plain", false);
    await filled("plain");
    const { rows } = await database.pool.query(
      "select relname from pg_class where relnamespace = 'plain'::regnamespace and relrowsecurity",
    );
    expect(rows).toEqual([]);
    expect((await seen(postgresStorage(pool, { schema: "plain" }), "everything")).conversations).toHaveLength(3);
  });

  test("a set-up that would hold nothing is refused when the storage is opened", async () => {
    await aDesk("refused", false);
    const opened = (as: string) =>
      postgresStorage(pool, { schema: "refused", rowSecurity: { role: as } }).open({ migrate: false });
    const says = (message: RegExp) =>
      expect.objectContaining({
        code: "config_invalid",
        details: { issues: [{ path: "rowSecurity.role", message: expect.stringMatching(message) as string }] },
      });
    await expect(opened(reader)).rejects.toEqual(says(/run secureRows/));
    await expect(opened("nobody_at_all")).rejects.toEqual(says(/no such role/));
    await expect(opened(decodeURIComponent(new URL(url).username))).rejects.toEqual(says(/held by no policy/));
    expect(() => postgresStorage(pool, { rowSecurity: { role: 'x"; drop' } })).toThrow(ConversationError);
    expect(() => postgresStorage({ query: pool.query.bind(pool) }, { rowSecurity: { role: reader } })).toThrow(
      ConversationError,
    );
    await secureRows(database.pool, { schema: "refused", role: reader });
    await opened(reader);
    await database.pool.query("create table refused.newer (hotel_id text)");
    await expect(opened(reader)).rejects.toEqual(says(/newer/));
  });

  // Once is enough: what differs between servers stands above.
  const cases = storageContract.filter(
    ({ id }) =>
      name.endsWith("18") &&
      /^read\/(reach|guest|continued|unread|explain|kept-reach|mentions|participants|counters|audit|assignee|only-)|^times\/|^live\/snapshot|^saved\/|^stay\/on-day|^search\/|^guest\/(reach|find)|^load\/conversation-reach/.test(
        id,
      ),
  );
  let serial = 0;
  test.each(cases)("under it too: $id", async ({ run }) => {
    const schema = `case_${String(++serial)}`;
    await aDesk(schema);
    const storage = securedStorage(schema);
    await storage.open({ migrate: false });
    await run({
      storage,
      shiftClock: async (ms) => {
        await pool.query(`update ${schema}.settings set clock_offset = clock_offset + $1 * interval '1 millisecond'`, [
          ms,
        ]);
      },
    });
  });

  test("the oracle finds no wrong answer under it, and the work goes on (T51-T56, T63)", async () => {
    let world = 0;
    const storage = async () => {
      const schema = `oracle_${String(++world)}`;
      await aDesk(schema);
      const made = securedStorage(schema);
      await made.open({ migrate: false });
      return made;
    };
    const { wrongAllows, wrongDenies } = await runOracle({ requests: 300, seed: 3, storage });
    expect([...wrongAllows, ...wrongDenies]).toEqual([]);
  });
});
