import type { Prunable, PrivacyStorage, Pruned } from "../../src/index.js";
import { messageDeletes } from "./erasure.js";
import { TABLES, RULES } from "./privacy-rules.js";
import { run, sought, type Queryable } from "./queryable.js";

/** Conversations whose messages go together. */
const CONVERSATIONS = 20;

interface Rows {
  readonly table: string;
  /** Of a row `t` of hotel `$1`, older than `$2`. */
  readonly where: string;
  /** By which the oldest come first, along an index. */
  readonly order: string;
}

/** Work that waits in the lane of a conversation `c`, or of its guest. */
const waits = (schema: string): string => `exists (
  select from unnest(array['inbound', 'outbound', 'media', 'timer', 'translation']) as k(kind)
    join ${schema}.lanes l on l.hotel_id = c.hotel_id and l.kind = k.kind and l.phone_number_id = c.phone_number_id and l.guest_id = c.guest_id
   where l.enqueued > l.done
) or exists (
  select from ${schema}.lanes l
   where l.hotel_id = c.hotel_id and l.kind = 'command' and l.phone_number_id = '' and l.guest_id = c.id and l.enqueued > l.done
) or exists (select from ${schema}.arrivals a where a.hotel_id = c.hotel_id and a.guest_id = c.guest_id)`;

/** Closed for so long, and shown in none that is still there. */
const dueConversations = (schema: string): string => `
  from ${schema}.conversations c
 where c.hotel_id = $1 and c.status = 'closed' and c.last_message_at < $2 and c.closed_at < $2
   and not exists (select from ${schema}.conversations n where n.hotel_id = c.hotel_id and n.id = c.continued_in)
   and not (${waits(schema)})`;

function rowsOf(
  schema: string,
): Readonly<Record<Exclude<Prunable, "conversations" | "erasures" | "auditEntries">, Rows>> {
  return {
    webhookAttempts: {
      table: "webhook_attempts",
      where: `t.received_at < $2 and not exists (select from ${schema}.work w where w.hotel_id = t.hotel_id and w.id = t.id)
        and not exists (select from ${schema}.arrivals a where a.hotel_id = t.hotel_id and a.id = t.id)`,
      order: "t.received_at",
    },
    dedupKeys: { table: "dedup_keys", where: "t.seen_at < $2", order: "t.seen_at" },
    events: {
      table: "events",
      // Who stands at the newest goes on from there, and a consumer from where it is.
      where: `t.at < $2 and t.seq < (select h.last_event from ${schema}.hotel_counters h where h.hotel_id = $1)
        and t.seq <= (select coalesce(min(coalesce(c.seq, 0)), ${String(Number.MAX_SAFE_INTEGER)})
                        from ${schema}.consumers known
                        left join ${schema}.consumers c on c.hotel_id = $1 and c.name = known.name
                       where known.hotel_id = '')`,
      order: "t.seq",
    },
    deadWork: { table: "work", where: "t.dead_at < $2", order: "t.dead_at" },
    timings: { table: "timings", where: "t.at < $2", order: "t.at" },
    stays: {
      table: "stays",
      where: `t.status in ('out', 'cancelled')
        and coalesce((left(t.departure, 10) || 'T23:59:59Z')::timestamptz, t.created_at) < $2 and not exists (
          select from unnest(array['timer', 'command']) as k(kind)
            join ${schema}.lanes l on l.hotel_id = t.hotel_id and l.kind = k.kind and l.phone_number_id = '' and l.guest_id = 'stay_' || t.reservation_id
           where l.enqueued > l.done)`,
      order: "t.reservation_id",
    },
  };
}

/** How what is old is deleted. */
export function pruneVerbs(db: Queryable, schema: string): Pick<PrivacyStorage, "prune"> {
  const call = <Row>(text: string, values: unknown[]) => run<Row>(db, text, values);
  const simple = rowsOf(schema);
  const done = (what: Prunable, count: number, more: boolean, files: Pruned["files"] = []): Pruned => ({
    more,
    counts: { [what]: count },
    files,
  });

  async function count(from: string, values: unknown[]): Promise<number> {
    const [row] = await call<{ count: string }>(`select count(*) as count ${from}`, values);
    return Number(row?.count ?? 0);
  }

  async function conversations(hotelId: string, before: Date, limit: number): Promise<Pruned> {
    const due = await call<{ id: string }>(
      `select c.id ${dueConversations(schema)} order by c.last_message_at, c.id limit ${String(CONVERSATIONS)}`,
      [hotelId, before],
    );
    if (due.length === 0) return done("conversations", 0, false);
    const ids = due.map(({ id }) => id);
    const page = await call<{ id: string; wamid: string | null }>(
      `select m.id, m.wamid from unnest($2::text[]) as c(id)
        cross join lateral (select m.id, m.wamid from ${schema}.messages m where m.hotel_id = $1 and m.conversation_id = c.id limit $3) m limit $3`,
      [hotelId, ids, limit],
    );
    if (page.length > 0) {
      const messageIds = page.map(({ id }) => id);
      const [row] = await call<{ files: string[] }>(`select ${schema}.prune_files_1($1, $2::text[]) as files`, [
        hotelId,
        messageIds,
      ]);
      const deletes = messageDeletes(schema);
      await call(
        `with ${deletes.map(({ sql }) => sql).join(", ")}, amendments as (
           delete from ${schema}.message_amendments t where t.hotel_id = $1 and t.wamid = any ($3::text[])
         ) select 1`,
        [hotelId, messageIds, page.flatMap(({ wamid }) => wamid ?? [])],
      );
      return done(
        "conversations",
        0,
        true,
        (row?.files ?? []).map((id) => ({ hotelId, id })),
      );
    }
    // Only what is still as it was: somebody may have opened one again.
    const of = TABLES.flatMap((table) => {
      const rule = RULES[table];
      if (rule.erase !== "rows") return [];
      const { way } = rule;
      if (way.by === "conversation")
        return [
          `gone_${table} as (delete from ${schema}.${table} t using gone g where t.hotel_id = $1 and t.${way.column} = g.id)`,
        ];
      if (way.by !== "run") return [];
      return [
        `gone_${table} as (delete from ${schema}.${table} t using gone g join ${schema}.flow_runs r on r.hotel_id = $1 and r.conversation_id = g.id
           where t.hotel_id = $1 and t.${way.column} = r.id)`,
      ];
    });
    const [row] = await call<{ count: string }>(
      `with due as materialized (
         select c.id ${dueConversations(schema)} and c.id = any ($3::text[])
            and not exists (select from ${schema}.messages m where m.hotel_id = c.hotel_id and m.conversation_id = c.id)
          order by c.id for update of c
       ), gone as (
         delete from ${schema}.conversations t using due where t.hotel_id = $1 and t.id = due.id returning t.id, t.phone_number_id, t.guest_id
       ), chats as (
         update ${schema}.chats t set current_conversation_id = null, version = t.version + 1 from gone g
          where t.hotel_id = $1 and t.phone_number_id = g.phone_number_id and t.current_conversation_id = g.id
       ), ${of.join(", ")}
       select count(*) as count from gone`,
      [hotelId, before, ids],
    );
    const gone = Number(row?.count ?? 0);
    return done("conversations", gone, gone > 0);
  }

  return {
    async prune({ hotelId: asked, what, olderThanMs, limit, dryRun }) {
      const hotelId = sought(asked);
      const [clock] = await call<{ before: Date }>(
        `select ${schema}.desk_now() - $1::double precision * interval '1 millisecond' as before`,
        [olderThanMs],
      );
      const before = clock?.before ?? new Date(0);
      switch (what) {
        case "conversations":
          if (dryRun) return done(what, await count(dueConversations(schema), [hotelId, before]), false);
          return conversations(hotelId, before, limit);
        case "auditEntries": {
          if (dryRun)
            return done(
              what,
              // The newest of them stays, as a proof of how old the others were.
              Math.max(
                0,
                (await count(`from ${schema}.audit_entries t where t.hotel_id = $1 and t.sealed_at < $2`, [
                  hotelId,
                  before,
                ])) - 1,
              ),
              false,
            );
          const [row] = await call<{ count: number }>(`select ${schema}.prune_audit_1($1, $2, $3) as count`, [
            hotelId,
            before,
            limit,
          ]);
          return done(what, row?.count ?? 0, row?.count === limit);
        }
        case "erasures": {
          const where = `from ${schema}.erasures t where t.hotel_id = $1 and t.done_at < $2`;
          if (dryRun) return done(what, await count(where, [hotelId, before]), false);
          const [row] = await call<{ count: string }>(
            `with gone as (
               delete from ${schema}.erasures t where t.ctid = any (array(select t.ctid ${where} limit 20)) and t.hotel_id = $1 returning t.id
             ), hashes as (
               delete from ${schema}.erasure_hashes h using gone where h.hotel_id = $1 and h.erasure_id = gone.id
             ), guests as (
               delete from ${schema}.erased_guests g using gone where g.hotel_id = $1 and g.erasure_id = gone.id
             ) select count(*) as count from gone`,
            [hotelId, before],
          );
          return done(what, Number(row?.count ?? 0), Number(row?.count ?? 0) === 20);
        }
        default: {
          const { table, where, order } = simple[what];
          if (dryRun)
            return done(
              what,
              await count(`from ${schema}.${table} t where t.hotel_id = $1 and ${where}`, [hotelId, before]),
              false,
            );
          const [row] = await call<{ count: string }>(
            `with gone as (
               delete from ${schema}.${table} t where t.ctid = any (array(
                 select t.ctid from ${schema}.${table} t where t.hotel_id = $1 and ${where} order by ${order} limit $3)) and t.hotel_id = $1
               returning 1
             ) select count(*) as count from gone`,
            [hotelId, before, limit],
          );
          return done(what, Number(row?.count ?? 0), Number(row?.count ?? 0) === limit);
        }
      }
    },
  };
}
