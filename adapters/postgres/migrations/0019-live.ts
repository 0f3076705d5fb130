import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

/**
 * How long it is kept whose rights have changed. Whoever is connected is looked after twice a second, and a client leaves a
 * connection that says nothing for two pings: a process that stood still for a day has nobody left whom it could be late for.
 */
const KEPT = "interval '1 day'";

/** What whoever watches the desk live reads. */
export const live: Migration = {
  id: 19,
  name: "live",
  breaking: false,
  sql: (schema) => `
    -- How far the logs of hotels have got, as of the statement that asks: it is stable, so it looks at what that looks at. Also
    -- for whoever does not see the last event itself: number and time say nothing about it.
    create function ${schema}.log_places_1(hotels text[]) returns table (hotel_id text, seq bigint, at timestamptz)
    language sql stable security definer set search_path to pg_catalog, pg_temp set enable_seqscan to off as $body$
      select e.hotel_id, e.seq, e.at
        from unnest(hotels) as x(hotel)
       cross join lateral (
         select e.hotel_id, e.seq, e.at from ${schema}.events e where e.hotel_id = x.hotel order by e.seq desc limit 1
       ) e
    $body$;

    -- Whose rights have changed, whatever hotel they work for: all of them stand under the hotel '', which nobody is of.
    create table ${schema}.revocations (
      hotel_id text collate "C" not null,
      number bigint not null,
      kind text not null check (kind in ('staff', 'guest')),
      principal_id text collate "C" not null,
      at timestamptz not null,
      primary key (hotel_id, number)
    );
    -- What is old enough to be forgotten.
    create index revocations_at on ${schema}.revocations (hotel_id, at);

    -- One after the other: nobody who asks for what came after a number finds a smaller one later. The newest always stays, so
    -- that numbers never begin again.
    create function ${schema}.revoke_1(principal_kind text, principal text) returns void language plpgsql ${VERB} as $body$
    declare
      clock timestamptz := ${schema}.desk_now();
    begin
      perform pg_advisory_xact_lock(hashtextextended('${schema.replaceAll('"', "")}.revocations', 7));
      insert into ${schema}.revocations (hotel_id, number, kind, principal_id, at)
        select '', coalesce((select max(r.number) from ${schema}.revocations r where r.hotel_id = ''), 0) + 1, principal_kind, principal, clock;
      delete from ${schema}.revocations r where r.hotel_id = '' and r.at < clock - ${KEPT};
    end $body$;
  `,
};
