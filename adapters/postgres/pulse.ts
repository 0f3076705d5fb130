import { WORK_KINDS, type Pulse, type WorkKind } from "../../src/index.js";
import { run, type Queryable } from "./queryable.js";
import { date, type Instant } from "./rows.js";

/** So many of a hotel's lanes of a kind are counted: a backlog is looked at often, and has to cost no more for being one. */
const COUNTED = 10_000;

/**
 * How the work of all hotels stands, in one statement, along the indexes by which it is claimed. What has arrived and stands in no lane
 * yet is due where its lane would be: it has none, or an empty one that nobody holds.
 */
export async function pulse(db: Queryable, schema: string): Promise<Pulse> {
  interface Row {
    now: Instant;
    kind: WorkKind | null;
    due: number;
    oldest: Instant | null;
    abandoned: number;
    dead: number;
    unknown: number;
  }
  const rows = await run<Row>(
    db,
    `with moment as materialized (select ${schema}.desk_now() as now),
     standing as (
       select l.kind, l.due_at, l.leased_until is not null as abandoned
         from moment
        cross join ${schema}.hotel_counters h
        cross join unnest($1::text[]) as k(kind)
        cross join lateral (
          select l.kind, l.due_at, l.leased_until from ${schema}.lanes l
           where l.hotel_id = h.hotel_id and l.kind = k.kind and l.kind <> 'outbound' and l.due_at <= moment.now and l.enqueued > l.done
           order by l.due_at limit $2
        ) l
       union all
       select 'outbound', l.due_at, l.leased_until is not null
         from moment
        cross join ${schema}.numbers n
        cross join unnest(array[true, false]) as u(urgent)
        cross join lateral (
          select l.due_at, l.leased_until from ${schema}.lanes l
           where l.hotel_id = n.hotel_id and l.phone_number_id = n.phone_number_id and l.kind = 'outbound' and l.urgent = u.urgent
             and l.due_at <= moment.now and l.enqueued > l.done
           order by l.due_at limit $2
        ) l
       union all
       select 'inbound', min(a.created_at), false
         from ${schema}.hotel_counters h
        cross join lateral (
          select * from ${schema}.arrivals a where a.hotel_id = h.hotel_id order by a.seq limit $2
        ) a
        where not exists (
          select from ${schema}.lanes l
           where l.hotel_id = a.hotel_id and l.kind = 'inbound' and l.phone_number_id = a.phone_number_id and l.guest_id = a.guest_id
             and l.due_at is not null
          offset 0
        )
        group by a.hotel_id, a.phone_number_id, a.guest_id
       union all
       select distinct on (c.hotel_id, c.subject) 'command', moment.now, false
         from moment
        cross join (select * from ${schema}.commands c order by c.hotel_id, c.seq limit $2) c
        where not exists (
          select from ${schema}.lanes l
           where l.hotel_id = c.hotel_id and l.kind = 'command' and l.phone_number_id = '' and l.guest_id = c.subject
             and l.due_at is not null
          offset 0
        )
     ), counted as (
       select kind, 1 as due, due_at, abandoned::integer as abandoned, 0 as dead from standing
       union all
       select w.kind, 0, null, 0, 1
         from ${schema}.hotel_counters h
        cross join lateral (
          select w.kind from ${schema}.work w
           where w.hotel_id = h.hotel_id and w.dead_at is not null
           order by w.dead_at desc, w.id desc limit $2
        ) w
     ), unknown as (
       select count(*)::integer as sends from ${schema}.hotel_counters h
        cross join lateral (select from ${schema}.unknown_sends u where u.hotel_id = h.hotel_id limit $2) u
     )
     select moment.now, unknown.sends as unknown, c.kind, coalesce(sum(c.due), 0)::integer as due, min(c.due_at) as oldest,
            coalesce(sum(c.abandoned), 0)::integer as abandoned, coalesce(sum(c.dead), 0)::integer as dead
       from moment cross join unknown left join counted c on true
      group by moment.now, unknown.sends, c.kind`,
    [WORK_KINDS.filter((kind) => kind !== "outbound"), COUNTED],
  );
  const [{ now, unknown } = { now: new Date(0), unknown: 0 }] = rows;
  return {
    now: date(now),
    unknownSends: unknown,
    kinds: WORK_KINDS.map((kind) => {
      const { due, oldest, abandoned, dead } = rows.find((row) => row.kind === kind) ?? NONE;
      return { kind, due, oldestDueAt: oldest === null ? null : date(oldest), abandoned, dead };
    }),
  };
}

const NONE = { due: 0, oldest: null, abandoned: 0, dead: 0 } as const;
