import type { Migration } from "../migrate.js";
import { reachedHotels } from "../reach.js";
import { VERB } from "./verb.js";

const ID = 'text collate "C"';

/** What guests want: the record that is only added to, and what counts of it. */
export const consents: Migration = {
  id: 8,
  name: "consents",
  breaking: false,
  sql: (schema) => `
    create table ${schema}.consents (
      hotel_id ${ID} not null,
      id ${ID} not null,
      guest_id ${ID} not null,
      scope text not null check (scope in ('marketing')),
      wish text not null check (wish in ('stop', 'resume')),
      source text not null check (source in ('keyword', 'preference', 'rejection', 'staff', 'host')),
      evidence ${ID},
      at timestamptz not null,
      recorded_at timestamptz not null
    );
    -- A guest's, the one that counts first: the newest, and of two at once the one that says stop.
    create index consents_standing on ${schema}.consents (hotel_id, guest_id, at desc, wish desc, id);
    alter table ${schema}.consents add primary key (hotel_id, id);

    create function ${schema}.load_consents_1(reach text, guest text)
    returns table (consents json) language sql stable ${VERB} as $body$
      with ${reachedHotels(schema)}
      select (select coalesce(json_agg(c order by c.at, c.id), '[]')
                from unnest(${schema}.together_1(g.hotel_id, ${schema}.root_1(g.hotel_id, g.id))) as t(id)
               cross join lateral (
                 select * from ${schema}.consents c where c.hotel_id = g.hotel_id and c.guest_id = t.id offset 0
               ) c)
        from reached r
        join ${schema}.guests g on g.hotel_id = r.hotel_id and g.id = guest
       where ${schema}.guest_reached_1(r.hotel_id, g.id, r.departments)
       limit 1
    $body$;

    -- Helpers of verbs: they run under the settings of their caller.

    -- WhatsApp refused a message because its guest wants no offers: noted once for each message. Whether it was news.
    create function ${schema}.record_rejection_1(hotel text, guest text, evidence text, at timestamptz) returns boolean language plpgsql as $body$
    declare
      clock timestamptz := ${schema}.desk_now();
    begin
      insert into ${schema}.consents
        values (hotel, 'cns_rejected_' || evidence, guest, 'marketing', 'stop', 'rejection', evidence, least(at, clock), clock)
        on conflict do nothing;
      return found;
    end $body$;

    -- The events of a message's new status: of one that was refused because its guest wants no offers also what is noted of that.
    create function ${schema}.status_events_1(hotel text, message text, status text, failure text, at timestamptz)
    returns text[] language plpgsql as $body$
    declare
      who text;
      told text[] := array[${schema}.status_event(message, status)];
    begin
      if status = 'failed' and ${schema}.failure_code(failure) = 'graph_131050' then
        select c.guest_id into who from ${schema}.messages m
          join ${schema}.conversations c on c.hotel_id = m.hotel_id and c.id = m.conversation_id
         where m.hotel_id = hotel and m.id = message;
        if ${schema}.record_rejection_1(hotel, who, message, at) then
          told := told || json_build_object('type', 'guest.consent', 'guestId', who, 'wish', 'stop', 'source', 'rejection')::text;
        end if;
      end if;
      return told;
    end $body$;
  `,
};

/** What counts of all that these guests of a hotel said, who are one person; null when they said nothing. */
export const standingConsents = (schema: string, hotel: string, guests: string): string => `(
               select json_agg(best) from (
                 select own.* from unnest(${guests}) as t(id)
                  cross join lateral (
                    select * from ${schema}.consents n
                     where n.hotel_id = ${hotel} and n.guest_id = t.id
                     order by n.at desc, n.wish desc, n.id limit 1
                  ) own
                  order by own.at desc, own.wish desc, own.id limit 1
               ) best)`;
