import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

/** What a message says that this release could not read when it came, exactly as it is stored. */
export const UNKNOWN_CONTENT = `'{"type":"unknown"}'`;

/** Work again of what was remembered before it could be understood. */
export const reprocess: Migration = {
  id: 6,
  name: "reprocess",
  breaking: false,
  sql: (schema) => `
    -- The lists are those of remember_1. Lock order: attempts, addresses, each sorted. Which items are work now, in their order.
    create function ${schema}.reprocess_1(hotels text[], ids text[], kinds text[], numbers text[], bsuids text[],
      sent_at timestamptz[], newcomers text[], item integer[], address_kind text[], address text[])
    returns boolean[] language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      at timestamptz := ${schema}.desk_now();
      waiting text[];
      outcomes text[];
      holders text[];
    begin
      perform 1 from unnest(hotels, ids) as i(hotel, id)
        join ${schema}.webhook_attempts a on a.hotel_id = i.hotel and a.id = i.id
       order by a.hotel_id, a.id for update of a;
      waiting := array(select r.hotel_id || '/' || r.id from ${schema}.arrivals r where r.hotel_id = any (hotels) and r.id = any (ids));
      select array_agg(case when i.number is not null and i.n = 1 and not i.hotel || '/' || i.id = any (waiting)
                              and not exists (select from ${schema}.work w where w.hotel_id = i.hotel and w.id = i.id)
                              and (i.outcome = 'kept' or i.outcome = 'work' and exists (
                                select from ${schema}.messages m
                                 where m.hotel_id = i.hotel and m.attempt_id = i.id and m.content = ${UNKNOWN_CONTENT}
                              )) then 'work' else 'left' end order by i.ord) into outcomes
        from (
          select x.*, a.outcome, row_number() over (partition by x.hotel, x.id order by x.ord) as n
            from unnest(hotels, ids, numbers) with ordinality as x(hotel, id, number, ord)
            left join lateral (
              select a.outcome from ${schema}.webhook_attempts a where a.hotel_id = x.hotel and a.id = x.id offset 0
            ) a on true
        ) i;

      holders := ${schema}.place_1(at, hotels, ids, numbers, bsuids, sent_at, newcomers, outcomes, item, address_kind, address);
      update ${schema}.webhook_attempts a set outcome = 'work', kind = i.kind, guest_id = i.holder
        from (
          select * from unnest(hotels, ids, kinds, holders, outcomes) as x(hotel, id, kind, holder, outcome) where x.outcome = 'work' offset 0
        ) i
       where a.hotel_id = i.hotel and a.id = i.id;
      return (select array_agg(o.outcome = 'work' order by o.ord) from unnest(outcomes) with ordinality as o(outcome, ord));
    end $body$;
  `,
};
