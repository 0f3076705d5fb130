import type { DeadWork, DeskEvent, KeptItem, Page, RawItem, Storage } from "../../src/index.js";
import { run, sought, type Queryable } from "./queryable.js";
import { reachedHotels, reachJson } from "./reach.js";
import { UNKNOWN_CONTENT } from "./migrations/0006-reprocess.js";
import type { Reader } from "./row-security.js";
import { date, eventOf, type EventRow } from "./rows.js";

/** What stands visibly aside: work that was given up, what webhooks brought that nobody acts upon, and what is about no conversation. */
export function asideReads(
  db: Queryable,
  schema: string,
  within: Reader,
): Pick<Storage, "dead" | "kept" | "rawItems" | "operatorEvents"> {
  const reached = reachedHotels(schema);

  return {
    async dead({ reach, before, limit }): Promise<Page<DeadWork>> {
      interface Row {
        id: string;
        hotel_id: string;
        kind: DeadWork["kind"];
        code: string | null;
        attempts: number;
        created_at: Date;
        dead_at: Date;
      }
      const rows = await run<Row>(
        within(reach),
        `with ${reached}
         select w.* from reached r
          cross join lateral (
            select id, hotel_id, kind, code, attempts, created_at, dead_at from ${schema}.work w
             where w.hotel_id = r.hotel_id and w.dead_at is not null
               and ($2::timestamptz is null or (w.dead_at, w.id) < ($2, $3))
             order by w.dead_at desc, w.id desc
             limit $4
          ) w
          where r.departments is null
          order by w.dead_at desc, w.id desc
          limit $4`,
        [reachJson(reach), before?.at ?? null, before === null ? null : sought(before.id), limit + 1],
      );
      const items = rows.slice(0, limit).map((row) => ({
        id: row.id,
        hotelId: row.hotel_id,
        kind: row.kind,
        code: row.code ?? "internal",
        attempts: row.attempts,
        createdAt: date(row.created_at),
        deadAt: date(row.dead_at),
      }));
      const last = items.at(-1);
      return { items, next: rows.length > limit && last !== undefined ? { at: last.deadAt, id: last.id } : null };
    },

    async kept({ reach, before, limit }): Promise<Page<KeptItem>> {
      interface Row {
        id: string;
        hotel_id: string;
        kind: string;
        outcome: KeptItem["outcome"];
        received_at: Date;
      }
      const rows = await run<Row>(
        within(reach),
        `with ${reached}
         select a.* from reached r
          cross join lateral (
            select id, hotel_id, kind, outcome, received_at from ${schema}.webhook_attempts a
             where a.hotel_id = r.hotel_id and a.outcome <> 'work' and (a.kind <> 'status' or a.hotel_id = 'unrouted')
               and ($2::timestamptz is null or (a.received_at, a.id) < ($2, $3))
             order by a.received_at desc, a.id desc
             limit $4
          ) a
          where r.departments is null
          order by a.received_at desc, a.id desc
          limit $4`,
        [reachJson(reach), before?.at ?? null, before === null ? null : sought(before.id), limit + 1],
      );
      const items = rows.slice(0, limit).map(({ id, hotel_id, kind, outcome, received_at }) => ({
        id,
        hotelId: hotel_id,
        kind,
        outcome,
        receivedAt: date(received_at),
      }));
      const last = items.at(-1);
      return { items, next: rows.length > limit && last !== undefined ? { at: last.receivedAt, id: last.id } : null };
    },

    async rawItems({ after, limit }): Promise<readonly RawItem[]> {
      interface Row {
        id: string;
        hotel_id: string;
        kind: string;
        raw: string;
      }
      const rows = await run<Row>(
        db,
        `select a.id, a.hotel_id, a.kind, a.raw
           from (
             select h.hotel_id, found.id from ${schema}.hotel_counters h
              cross join lateral (
                (select a.id from ${schema}.webhook_attempts a
                  where a.hotel_id = h.hotel_id and a.outcome = 'kept' and a.kind <> 'status' and ($1::text is null or a.id > $1)
                  order by a.id limit $2)
                union
                (select m.attempt_id from ${schema}.messages m
                  where m.hotel_id = h.hotel_id and m.content = ${UNKNOWN_CONTENT} and m.attempt_id is not null
                    and ($1::text is null or m.attempt_id > $1)
                    and exists (select from ${schema}.webhook_attempts a where a.hotel_id = m.hotel_id and a.id = m.attempt_id offset 0)
                    and not exists (
                      select from ${schema}.message_amendments a
                       where a.hotel_id = m.hotel_id and a.wamid = m.wamid and starts_with(a.act, '{"kind":"understood"')
                      offset 0)
                  -- A limit that is not known beforehand: it is read in order, however few of them seem to be wanted.
                  order by m.attempt_id limit (select $2::bigint))
              ) found
              order by found.id, h.hotel_id
              limit $2
           ) first
          cross join lateral (
            select * from ${schema}.webhook_attempts a where a.hotel_id = first.hotel_id and a.id = first.id offset 0
          ) a
          order by a.id, a.hotel_id`,
        [after === null ? null : sought(after), limit],
      );
      return rows.map(({ id, hotel_id, kind, raw }) => ({ id, hotelId: hotel_id, kind, raw }));
    },

    async operatorEvents({ reach, before, limit }): Promise<Page<DeskEvent>> {
      const point = `(e.hotel_id || '/' || lpad(e.seq::text, 20, '0')) collate "C"`;
      const rows = await run<EventRow & { hotel_id: string; point: string }>(
        within(reach),
        `with ${reached}
         select e.* from reached r
          cross join lateral (
            select e.*, ${point} as point from ${schema}.events e
             where e.hotel_id = r.hotel_id and e.conversation_id is null
               and ($2::timestamptz is null or e.at <= $2 and (e.at < $2 or ${point} < $3))
             order by e.at desc, e.seq desc
             limit $4
          ) e
          where r.departments is null
          order by e.at desc, e.point desc
          limit $4`,
        [reachJson(reach), before?.at ?? null, before === null ? null : sought(before.id), limit + 1],
      );
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map((row) => eventOf(row.hotel_id, row)),
        next: rows.length > limit && last !== undefined ? { at: date(last.at), id: last.point } : null,
      };
    },
  };
}
