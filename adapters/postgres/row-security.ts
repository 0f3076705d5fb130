import { ConversationError, type Reach } from "../../src/index.js";
import { isPool, withDeadline, type Pool, type PoolClient } from "./deadline.js";
import { DEFAULT_SCHEMA, type MigrationOptions } from "./migrate.js";
import { REACH_SETTING } from "./migrations/0016-row-security.js";
import { run, schemaName, type Queryable } from "./queryable.js";
import { reachJson } from "./reach.js";

/** As whom principals' reads are done where the database holds them within their reach too. */
export interface RowSecurityOptions {
  /**
   * The role as which principals' reads are done: it owns nothing, cannot log in, and the pool's user is a member of it.
   * `secureRows` gives it what it needs.
   */
  readonly role: string;
}

/** Where a read within `reach` is asked. @param of `"hotels"`: a command's, which looks at other departments of the hotel to decide */
export type Reader = (reach: Reach, of?: "departments" | "hotels") => Queryable;

/** Reads go where everything goes. */
export const readsAnywhere =
  (db: Queryable): Reader =>
  () =>
    db;

/**
 * Reads within a reach go through a transaction of their own, in which the database shows nothing beyond it: as a role that
 * policies hold, with the reach in a setting that ends with the transaction. What may see everything (the work, operators, the
 * host's own code) goes where everything goes. A read takes three round trips instead of one.
 * @throws {ConversationError} `config_invalid` for anything but a pool, and a role that is not a plain identifier
 */
export function securedReads(db: Queryable, pool: Queryable, { role }: RowSecurityOptions, deadlineMs: number): Reader {
  const as = roleName(role);
  if (!isPool(pool)) throw invalid("needs a pool, for transactions");
  return (reach, of = "departments") => {
    if (reach === "everything") return db;
    const begin = `begin read only; set local role ${as}; select set_config('${REACH_SETTING}', ${literal(reachJson(of === "hotels" ? widened(reach) : reach) ?? "[]")}, true)`;
    return withDeadline(transacting(pool, begin), deadlineMs);
  };
}

/** The same pool, whose connections put a transaction around each statement. One that fails is ended with its transaction. */
const transacting = (pool: Pool, begin: string): Pool => ({
  totalCount: pool.totalCount,
  query: (text, values) => pool.query(text, values),
  async connect(): Promise<PoolClient> {
    const client = await pool.connect();
    return {
      async query(text, values) {
        await client.query(begin);
        const result = await client.query(text, values);
        await client.query("commit");
        return result;
      },
      release: (error) => {
        client.release(error);
      },
      // The pool's own connections are watched where it lends them.
      on: () => undefined,
      ...(client.connection !== undefined && { connection: client.connection }),
    };
  },
});

const widened = (reach: Exclude<Reach, "everything">): Reach =>
  "guest" in reach ? reach : { hotels: new Map([...reach.hotels.keys()].map((hotel) => [hotel, "all"])) };

/** Text in SQL without a parameter, whatever is in it and however the server reads quotes. */
const literal = (text: string): string => `convert_from(decode('${Buffer.from(text).toString("hex")}', 'hex'), 'UTF8')`;

/** What is seen of each table, of a row's own: of any other table the rows of the hotels within reach. */
const SEES = (schema: string): Readonly<Record<string, string>> => {
  const whole = `hotel_id = any ((select ${schema}.reached_hotels_1(true))::text[])`;
  const place = `(hotel_id || '/' || department_id) = any ((select ${schema}.reached_places_1())::text[])`;
  const staffs = `(${whole} or ${schema}.message_reached_1(hotel_id, conversation_id, 'internal'))`;
  return {
    conversations: `(${whole} or ${place} or ${schema}.conversation_reached_1(hotel_id, id))`,
    messages: `(${whole} or ${schema}.message_reached_1(hotel_id, conversation_id, direction))`,
    events: `(${whole} or ${place})`,
    timings: `(${whole} or ${place})`,
    // Of staff alone, as what they note in a conversation is.
    attachments: `(${whole} or ${schema}.conversation_reached_1(hotel_id, conversation_id))`,
    // With the message that it is of, whose own policy says who sees that; and of staff alone.
    translations: `(${whole} or cardinality(${schema}.reached_guests_1()) = 0 and exists (select from ${schema}.messages m where m.hotel_id = translations.hotel_id and m.id = translations.message_id))`,
    files: whole,
    media_usage: whole,
    media_uploads: whole,
    unknown_sends: whole,
    mentions: staffs,
    flow_runs: staffs,
    tasks: staffs,
    stays: whole,
    flow_moves: staffs,
    conversation_participants: staffs,
    saved_replies: `(${whole} or ${place} or department_id is null and cardinality(${schema}.reached_guests_1()) = 0)`,
    audit_entries: whole,
    audit_heads: whole,
    commands: whole,
    consumers: whole,
    revocations: whole,
    work: whole,
    lanes: whole,
    numbers: whole,
    erasures: whole,
    erased_guests: whole,
    erasure_hashes: whole,
  };
};

/**
 * Turns row-level security on for `postgresStorage(pool, { rowSecurity: { role } })`: policies on every table of the desk, and the
 * right to read them for `role`, which has to be there already (`create role … nologin`, and `grant … to` the pool's user). For
 * whoever owns the tables; again after each migration, since a new table has no policy yet. Nobody but `role` is restricted.
 */
export async function secureRows(db: Queryable, options: MigrationOptions & RowSecurityOptions): Promise<void> {
  const schema = schemaName(options.schema ?? DEFAULT_SCHEMA);
  const as = roleName(options.role);
  const sees = SEES(schema);
  const tables = await tablesOf(db, schema);
  const policies = tables.map(({ name, hotel }) => {
    const table = `${schema}."${name}"`;
    if (!hotel) return `grant select on ${table} to ${as};`;
    const hotels = `hotel_id = any ((select ${schema}.reached_hotels_1(false))::text[])`;
    const reached = name in sees ? `${hotels} and ${sees[name] ?? "false"}` : hotels;
    // A policy holds whoever inherits from its role, too; and the desk's user, which may, is not to be held in its work.
    return `
      drop policy if exists belldesk_everybody on ${table};
      drop policy if exists belldesk_reach on ${table};
      create policy belldesk_everybody on ${table} using (true) with check (true);
      create policy belldesk_reach on ${table} as restrictive for select to ${as} using (current_user <> '${options.role}' or ${reached});
      alter table ${table} enable row level security;
      grant select on ${table} to ${as};`;
  });
  await run(db, `begin; grant usage on schema ${schema} to ${as};${policies.join("")} commit;`);
}

/** @throws {ConversationError} `config_invalid` when the role is held by nothing, or a table has no policy for it */
export async function checkRowSecurity(db: Queryable, options: MigrationOptions & RowSecurityOptions): Promise<void> {
  const schema = schemaName(options.schema ?? DEFAULT_SCHEMA);
  const [role] = await run<{ free: boolean; member: boolean }>(
    db,
    `select r.rolsuper or r.rolbypassrls or exists (select from pg_class c where c.relnamespace = $2::regnamespace and c.relowner = r.oid) as free,
            pg_has_role(current_user, r.oid, 'member') as member
       from pg_roles r where r.rolname = $1`,
    [options.role, schema],
  );
  if (role === undefined) throw invalid("there is no such role in the database");
  if (role.free) throw invalid("the role is held by no policy: it is a superuser, bypasses them, or owns tables");
  if (!role.member) throw invalid("the pool's user is no member of the role: grant it");
  const open = (await tablesOf(db, schema)).filter(({ hotel, roles }) => hotel && !roles.includes(options.role));
  if (open.length > 0) throw invalid(`run secureRows (again): no policy on ${open.map(({ name }) => name).join(", ")}`);
}

/** The tables, whether their rows are a hotel's, and the roles that a policy holds. */
const tablesOf = (db: Queryable, schema: string) =>
  run<{ readonly name: string; readonly hotel: boolean; readonly roles: readonly string[] }>(
    db,
    `select c.relname as name,
            exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'hotel_id' and not a.attisdropped) as hotel,
            (select coalesce(json_agg(r.rolname), '[]') from pg_policy p join pg_roles r on r.oid = any (p.polroles)
              where p.polrelid = c.oid and p.polname = 'belldesk_reach' and c.relrowsecurity) as roles
       from pg_class c where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') order by 1`,
    [schema],
  );

function roleName(role: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(role)) throw invalid("a role's name: a-z, 0-9 and _, beginning with a letter");
  return `"${role}"`;
}

const invalid = (message: string) =>
  new ConversationError("config_invalid", { issues: [{ path: "rowSecurity.role", message }] });
