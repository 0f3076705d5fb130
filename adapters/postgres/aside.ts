import type { DeadWork, KeptItem, Page, Storage } from "../../src/index.js";
import { run, sought, type Queryable } from "./queryable.js";
import { reachedHotels, reachJson } from "./reach.js";
import { date } from "./rows.js";

/** What stands visibly aside: work that was given up, and what webhooks brought that nobody acts upon. */
export function asideReads(db: Queryable, schema: string): Pick<Storage, "dead" | "kept"> {
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
        db,
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
        db,
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
  };
}
