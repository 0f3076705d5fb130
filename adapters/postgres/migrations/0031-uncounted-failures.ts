import type { Migration } from "../migrate.js";
import { nextTimer, rowsOf, VERB } from "./verb.js";

/** A failure need not count: what waits for somebody else's system is not given up for having waited. */
export const uncountedFailures: Migration = {
  id: 31,
  name: "uncounted-failures",
  breaking: false,
  sql: (schema) => `
    create or replace function ${schema}.fail_1(hotel text, failures text)
    returns table (seq bigint, at timestamptz, conversation_id text, department_id text, body text) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      f record;
      gone integer;
      bodies text[] := '{}';
      conversations text[] := '{}';
      clock timestamptz := ${schema}.desk_now();
    begin
      for f in
        select x.* from ${rowsOf("failures::json", "kind text, number text, guest text, epoch bigint, work text, code text, retry_ms double precision, counts boolean")}
          join ${schema}.lanes l
            on l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
         where l.epoch = x.epoch and l.leased_until is not null
         order by x.kind, x.number, x.guest
           for update of l
      loop
        update ${schema}.work set attempts = attempts + coalesce(f.counts, true)::int, code = f.code, dead_at = case when f.retry_ms is null then clock end
         where hotel_id = hotel and id = f.work and dead_at is null;
        -- Somebody may have finished it meanwhile.
        gone := case when found and f.retry_ms is null then 1 else 0 end;
        if gone = 1 then
          bodies := bodies || json_build_object('type', 'work.dead', 'workId', f.work, 'code', f.code)::text;
          conversations := conversations || null::text;
        end if;
        update ${schema}.lanes l
           set done = l.done + gone, leased_until = null,
               urgent = l.urgent and exists (
                 select from ${schema}.work w
                  where w.hotel_id = hotel and w.kind = f.kind and w.phone_number_id = f.number and w.guest_id = f.guest
                    and w.urgent and w.dead_at is null
               ),
               due_at = case when l.enqueued > l.done + gone then greatest(clock + coalesce(f.retry_ms, 0) * interval '1 millisecond',
                 case when l.kind = 'timer' then ${nextTimer(schema, "l")} end) end,
               waits_until = case when l.kind = 'timer' then clock + coalesce(f.retry_ms, 0) * interval '1 millisecond' else l.waits_until end
         where l.hotel_id = hotel and l.kind = f.kind and l.phone_number_id = f.number and l.guest_id = f.guest;
      end loop;
      return query select * from ${schema}.write_events_1(hotel, bodies, conversations);
    end $body$;
  `,
};
