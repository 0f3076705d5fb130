import type { Migration } from "../migrate.js";
import { rowsOf, VERB } from "./verb.js";

const ID = 'text collate "C"';

const STAY =
  "change integer, reservation text, version integer, status text, arrival text, departure text, room text, guest text, address_kind text, address text, language text, state text, created_at timestamptz";
const TASK =
  "change integer, id text, version integer, external text, conversation text, guest text, department text, status text, due_at timestamptz, asked text, state text, created_at timestamptz";

/** What is known of guests' stays, and what they asked for. */
export const stays: Migration = {
  id: 24,
  name: "stays",
  breaking: false,
  sql: (schema) => `
    create table ${schema}.stays (
      hotel_id ${ID} not null,
      reservation_id ${ID} not null,
      version integer not null,
      status text check (status in ('booked', 'inHouse', 'out', 'cancelled')),
      arrival text,
      departure text,
      room text,
      -- Whose it is, as the hotel's own system says: by the desk's id, or by an address.
      guest_id ${ID},
      address_kind ${ID},
      address ${ID},
      language text,
      -- JSON text: a name, by which events facts were told, and what the desk says about it by itself.
      state text not null,
      created_at timestamptz not null,
      primary key (hotel_id, reservation_id)
    );
    -- A person's stays.
    create index stays_of_guest on ${schema}.stays (hotel_id, guest_id) where guest_id is not null;
    create index stays_of_address on ${schema}.stays (hotel_id, address_kind, address) where address is not null;

    create table ${schema}.tasks (
      hotel_id ${ID} not null,
      id ${ID} not null,
      version integer not null,
      external_id ${ID},
      conversation_id ${ID} not null,
      guest_id ${ID} not null,
      department_id ${ID},
      status text not null check (status in ('asked', 'accepted', 'started', 'done', 'refused')),
      due_at timestamptz,
      -- JSON text, both: what the guest wants; and what was told of it.
      asked text not null,
      state text not null,
      created_at timestamptz not null,
      primary key (hotel_id, id)
    );
    create index tasks_external on ${schema}.tasks (hotel_id, external_id) where external_id is not null;
    create index tasks_of_conversation on ${schema}.tasks (hotel_id, conversation_id, created_at desc, id desc);

    -- A helper of commit_1. Lock order: stays by reservation, tasks by id. @returns the changes whose stays or tasks are not as they were read.
    create function ${schema}.stale_stays_1(hotel text, stays text, tasks text) returns integer[] language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    begin
      perform 1 from ${rowsOf("stays::json", "reservation text")}
        join ${schema}.stays s on s.hotel_id = x.hotel and s.reservation_id = x.reservation
       order by s.reservation_id for update of s;
      perform 1 from ${rowsOf("tasks::json", "id text")}
        join ${schema}.tasks t on t.hotel_id = x.hotel and t.id = x.id
       order by t.id for update of t;
      return (
        select array_agg(distinct found.change order by found.change) from (
          select x.change from ${rowsOf("stays::json", "change integer, reservation text, version integer")}
            left join ${schema}.stays s on s.hotel_id = x.hotel and s.reservation_id = x.reservation
           where coalesce(s.version, 0) <> x.version
          union all
          select x.change from ${rowsOf("tasks::json", "change integer, id text, version integer")}
            left join ${schema}.tasks t on t.hotel_id = x.hotel and t.id = x.id
           where coalesce(t.version, 0) <> x.version
          union all
          select twice.change from (
            select x.change, row_number() over (partition by x.reservation order by x.change) as n
              from json_to_recordset(stays::json) as x(change integer, reservation text)
            union all
            select x.change, row_number() over (partition by x.id order by x.change)
              from json_to_recordset(tasks::json) as x(change integer, id text)
          ) twice where twice.n > 1
        ) found
      );
    end $body$;

    -- A helper of commit_1, after stale_stays_1.
    create function ${schema}.put_stays_1(hotel text, stays text, tasks text) returns void language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    begin
      insert into ${schema}.stays
        select hotel, x.reservation, x.version + 1, x.status, x.arrival, x.departure, x.room, x.guest, x.address_kind, x.address, x.language,
               x.state, x.created_at
          from json_to_recordset(stays::json) as x(${STAY})
         where x.version = 0 order by x.reservation;
      update ${schema}.stays s
         set version = x.version + 1, status = x.status, arrival = x.arrival, departure = x.departure, room = x.room, guest_id = x.guest,
             address_kind = x.address_kind, address = x.address, language = x.language, state = x.state
        from ${rowsOf("stays::json", STAY)}
       where s.hotel_id = x.hotel and s.reservation_id = x.reservation and x.version > 0;
      insert into ${schema}.tasks
        select hotel, x.id, x.version + 1, x.external, x.conversation, x.guest, x.department, x.status, x.due_at, x.asked, x.state, x.created_at
          from json_to_recordset(tasks::json) as x(${TASK})
         where x.version = 0 order by x.id;
      update ${schema}.tasks t
         set version = x.version + 1, external_id = x.external, department_id = x.department, status = x.status, due_at = x.due_at, state = x.state
        from ${rowsOf("tasks::json", TASK)}
       where t.hotel_id = x.hotel and t.id = x.id and x.version > 0;
    end $body$;

    -- The stays of whoever is called "guest", or has the address.
    create function ${schema}.stays_of_1(hotel text, guest text, address_kind text, address text, most integer) returns setof ${schema}.stays
    language plpgsql stable ${VERB} as $body$
    #variable_conflict use_column
    declare
      person text := coalesce(${schema}.root_1(hotel, guest), (
        select ${schema}.root_1(hotel, a.guest_id) from ${schema}.guest_addresses a
         where a.hotel_id = hotel and a.kind = stays_of_1.address_kind and a.value = stays_of_1.address));
    begin
      return query
      select * from (
        select s.* from unnest(${schema}.together_1(hotel, person)) as t(id)
         cross join lateral (select * from ${schema}.stays s where s.hotel_id = hotel and s.guest_id = t.id offset 0) s
         where person is not null
        union
        select s.* from (select a.kind, a.value from ${schema}.guest_addresses a
                          where a.hotel_id = hotel and a.guest_id = any (${schema}.together_1(hotel, person)) and person is not null offset 0) a
         cross join lateral (
           select * from ${schema}.stays s where s.hotel_id = hotel and s.address_kind = a.kind and s.address = a.value offset 0
         ) s
        union
        select s.* from ${schema}.stays s
         where s.hotel_id = hotel and s.address_kind = stays_of_1.address_kind and s.address = stays_of_1.address
      ) s order by s.created_at desc, s.reservation_id desc limit most;
    end $body$;
  `,
};
