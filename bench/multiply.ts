// Makes a database of the desk's many times as large: each row of each table again and again, with other ids, numbers and hashes, so that what
// refers to a row refers to its copy. Keys and indexes are taken off meanwhile, and made again in the order in which they were made first.
import type pg from "pg";

interface Column {
  readonly table: string;
  readonly column: string;
}

/** What is one for a hotel, or for the database, and stays. */
const ONCE = [
  "settings",
  "hotel_counters",
  "migrations",
  "numbers",
  "consumers",
  "message_words",
  "commands",
  "arrivals",
  "audit_heads",
];
/** What names a row, here or elsewhere. */
const IDS = /(^|_)(id|wamid)$|^(evidence|value)$/;
/** Ids that name nothing that is copied. */
const SHARED = new Set([
  "hotel_id",
  "phone_number_id",
  "department_id",
  "author_id",
  "staff_id",
  "assignee_id",
  "actor_id",
  "flow_id",
]);
/** Numbers of the hotel's events. */
const EVENTS = new Set(["events.seq", "messages.event_seq"]);

/** @param copies besides what is there, 1 to 998: a copy's phones have its number behind them, three digits */
export async function multiply(db: pg.ClientBase, copies: number): Promise<void> {
  await db.query("set synchronous_commit = off; set maintenance_work_mem = '1GB'; set work_mem = '256MB'");
  // Rows are as they are, and nobody is told of them.
  await db.query("set session_replication_role = replica");
  const { rows: columns } = await db.query<Column>(`
    select c.relname as table, a.attname as column from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relkind = 'r' and c.relnamespace = 'belldesk'::regnamespace and a.attnum > 0 and not a.attisdropped and a.attidentity = ''
     order by c.relname, a.attnum`);
  const tables = [...new Set(columns.map(({ table }) => table))].filter((table) => !ONCE.includes(table));
  const {
    rows: [{ span } = { span: 0 }],
  } = await db.query<{ span: number }>("select max(last_event)::int as span from belldesk.hotel_counters");
  const { rows: indexes } = await db.query<{ name: string; table: string; makes: string; isKey: boolean }>(
    `
    select i.relname as name, t.relname as table, k.oid is not null as "isKey",
           case when k.oid is null then pg_get_indexdef(i.oid)
                else format('alter table belldesk.%I add constraint %I %s', t.relname, k.conname, pg_get_constraintdef(k.oid)) end as makes
      from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
      left join pg_constraint k on k.conindid = i.oid and k.contype in ('p', 'u')
     where t.relnamespace = 'belldesk'::regnamespace and t.relname = any($1)
     order by i.oid`,
    [[...tables, "message_words"]],
  );
  for (const { name, table, isKey } of indexes)
    await db.query(
      isKey ? `alter table belldesk."${table}" drop constraint "${name}"` : `drop index belldesk."${name}"`,
    );

  for (const table of tables) {
    const own = columns.filter((one) => one.table === table).map(({ column }) => column);
    const values = own.map((column) => copied(table, column, span)).join(", ");
    await db.query(`
      create temporary table of_table as select * from belldesk."${table}";
      insert into belldesk."${table}" (${own.map((column) => `"${column}"`).join(", ")})
        select ${values} from generate_series(1, ${String(copies)}) as k, of_table as o;
      drop table of_table`);
  }
  // As the trigger writes them.
  await db.query(`
    truncate belldesk.message_words;
    insert into belldesk.message_words (hotel_id, event_seq, message_id, words)
      select n.hotel_id, n.event_seq, n.id, array_to_tsvector(array(
               select k.key || w.word from unnest(string_to_array(n.search_text, ' ')) as w(word) where w.word <> ''))
        from belldesk.messages n
       cross join lateral (select belldesk.words_key_1(n.hotel_id, belldesk.stretch_1(n.event_seq)) as key offset 0) k
       where n.search_text <> '';
    update belldesk.hotel_counters set last_event = last_event * ${String(copies + 1)}`);
  for (const { makes } of indexes) await db.query(makes);
  await db.query("vacuum analyze");
  await db.query("checkpoint");
  await db.query("set session_replication_role = origin");
}

/** What a copy has in a column, in SQL: `o` is the row, `k` the number of the copy. */
function copied(table: string, column: string, span: number): string {
  const it = `o."${column}"`;
  if (table === "dedup_keys" && column === "hash") return `sha256(${it} || k::text::bytea)`;
  if (EVENTS.has(`${table}.${column}`)) return `${it} + k * ${String(span)}`;
  if (table === "guest_addresses" && column === "value") return `${it} || lpad(k::text, 3, '0')`;
  if (IDS.test(column) && !SHARED.has(column)) return `${it} || '.' || k::text`;
  return it;
}
