import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

/** A lane of commands, as a row `x`: it has no number, and its subject stands where another lane has its guest. */
const subjectsOf = (list: string): string =>
  `(select hotel as hotel, r.* from json_to_recordset(${list}) as r(subject text, seqs json) offset 0) x`;

/** What whoever reads shares, and whoever forgets a reader has alone. */
const readerLock = (schema: string): string =>
  `hashtextextended('${schema.replaceAll('"', "")}.reader.' || consumer, 7)`;

/** What the host plugs in: commands out of transactions of its own, and readers of the event log who keep their place. */
export const host: Migration = {
  id: 15,
  name: "host",
  breaking: false,
  sql: (schema) => `
    -- What the host asked for in a transaction of its own, and stands in no lane yet. Its insert touches this table alone, and nothing
    -- in it is unique but a number that the table gives: so a transaction that stays open holds nobody up, neither a lane nor the
    -- hotel's counter, and nobody holds it up. Whoever may insert here, and nothing else, may enqueue.
    create table ${schema}.commands (
      hotel_id text collate "C" not null,
      seq bigint generated always as identity,
      id text collate "C" not null,
      -- What it is about: commands with one subject keep their order.
      subject text collate "C" not null,
      payload text not null,
      primary key (hotel_id, seq)
    );

    -- Moves commands into their lanes, as take_in_1 does with what arrives: one caller at a time for a hotel, and waiting for nobody.
    create function ${schema}.take_in_commands_1() returns void language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      hotels text[];
      hotel text;
      -- [{ subject, seqs }]: the subjects whose lane is free, each with its commands in order.
      free json;
    begin
      -- A hotel may have commands before anything has happened in it. From one hotel to the next, along the index.
      with recursive askers as (
        (select c.hotel_id as id from ${schema}.commands c order by c.hotel_id limit 1)
        union all
        select (select c.hotel_id from ${schema}.commands c where c.hotel_id > h.id order by c.hotel_id limit 1)
          from askers h where h.id is not null
      )
      select coalesce(array_agg(h.id), '{}') into hotels from askers h where h.id is not null;
      foreach hotel in array hotels loop
        continue when not pg_try_advisory_xact_lock(hashtextextended('${schema.replaceAll('"', "")}.commands.' || hotel, 7));
        insert into ${schema}.hotel_counters (hotel_id)
          select hotel where not exists (select from ${schema}.hotel_counters c where c.hotel_id = hotel)
          on conflict do nothing;
        select coalesce(json_agg(subjects), '[]') into free from (
          select asked.*
            from (
              select first.subject, array_agg(first.seq order by first.seq) as seqs
                from (
                  select * from ${schema}.commands c
                   where c.hotel_id = hotel order by c.seq limit greatest(1000 / cardinality(hotels), 10)
                ) first
               group by 1
              offset 0
            ) asked
            left join lateral (
              select true as locked from ${schema}.lanes l
               where l.hotel_id = hotel and l.kind = 'command' and l.phone_number_id = '' and l.guest_id = asked.subject
                 for update skip locked
            ) own on true
           where own.locked or (
             select true from ${schema}.lanes l
              where l.hotel_id = hotel and l.kind = 'command' and l.phone_number_id = '' and l.guest_id = asked.subject
           ) is null
        ) subjects;

        insert into ${schema}.lanes (hotel_id, kind, phone_number_id, guest_id, enqueued, due_at)
          select x.hotel, 'command', '', x.subject, json_array_length(x.seqs), clock
            from ${subjectsOf("free")}
           order by x.subject
          on conflict (hotel_id, kind, phone_number_id, guest_id) do update
            set enqueued = lanes.enqueued + excluded.enqueued, due_at = coalesce(lanes.due_at, excluded.due_at);
        insert into ${schema}.work (hotel_id, kind, phone_number_id, guest_id, position, id, payload, created_at)
          select taken.hotel, 'command', '', taken.subject, taken.position, c.id, c.payload, clock
            from (
              select x.*, s.seq::bigint as seq, l.enqueued - json_array_length(x.seqs) + s.n as position
                from ${subjectsOf("free")}
                join ${schema}.lanes l
                  on l.hotel_id = x.hotel and l.kind = 'command' and l.phone_number_id = '' and l.guest_id = x.subject
               cross join lateral json_array_elements_text(x.seqs) with ordinality as s(seq, n)
              offset 0
            ) taken
           cross join lateral (
             select * from ${schema}.commands c where c.hotel_id = taken.hotel and c.seq = taken.seq offset 0
           ) c;
        delete from ${schema}.commands c
         where c.hotel_id = hotel and c.seq = any (array(
           select s.seq::bigint from json_to_recordset(free) as x(seqs json) cross join lateral json_array_elements_text(x.seqs) as s(seq)
         ));
      end loop;
    end $body$;

    create function ${schema}.claim_commands_1(lanes integer, items_per_lane integer, lease interval)
    returns table (
      now timestamptz, hotel_id text, phone_number_id text, guest_id text, epoch bigint,
      id text, "position" bigint, attempts integer, payload text, created_at timestamptz
    ) language plpgsql ${VERB} as $body$
    begin
      perform ${schema}.take_in_commands_1();
      return query select * from ${schema}.claim_1('command', lanes, items_per_lane, lease);
    end $body$;

    -- How far a reader of the event log is in each hotel. The row of the hotel '' says that there is such a reader.
    create table ${schema}.consumers (
      hotel_id text collate "C" not null,
      name text collate "C" not null,
      -- The number of the last event that was handled.
      seq bigint not null default 0,
      epoch bigint not null default 0,
      leased_until timestamptz,
      -- In somebody's hands: when the lease ends. After a failure: when it is tried again.
      due_at timestamptz not null,
      -- How often the next event was tried and failed, and the code of the last failure.
      failures integer not null default 0,
      code text,
      primary key (hotel_id, name)
    ) with (fillfactor = 50);

    -- A new reader begins at the beginning, or after what each hotel has told by now. A hotel that comes later is read from its
    -- beginning either way.
    create function ${schema}.open_consumer_1(consumer text, skips boolean) returns boolean language plpgsql ${VERB} as $body$
    declare
      clock timestamptz := ${schema}.desk_now();
    begin
      insert into ${schema}.consumers (hotel_id, name, due_at) values ('', consumer, 'infinity') on conflict do nothing;
      if not found then return false; end if;
      if skips then
        insert into ${schema}.consumers (hotel_id, name, seq, due_at)
          select h.hotel_id, consumer, h.last_event, clock from ${schema}.hotel_counters h order by h.hotel_id
          on conflict do nothing;
      end if;
      return true;
    end $body$;

    -- Takes the log of hotels that have news for a reader, the longest left alone first, each with its next events. A row of nulls where
    -- there is no such reader: nothing is stored for one who is forgotten at this moment.
    create function ${schema}.claim_events_1(consumer text, most integer, per_hotel integer, lease interval)
    returns table (
      hotel_id text, epoch bigint, failures integer, seq bigint, at timestamptz, conversation_id text, department_id text, body text
    ) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      chosen text[];
    begin
      perform pg_advisory_xact_lock_shared(${readerLock(schema)});
      if not exists (select from ${schema}.consumers c where c.hotel_id = '' and c.name = consumer) then
        return query select null::text, null::bigint, null::integer, null::bigint, null::timestamptz, null::text, null::text, null::text;
        return;
      end if;
      insert into ${schema}.consumers (hotel_id, name, due_at)
        select h.hotel_id, consumer, clock from ${schema}.hotel_counters h
         where h.last_event > 0 and not exists (
           select from ${schema}.consumers c where c.hotel_id = h.hotel_id and c.name = consumer
         )
         order by h.hotel_id
        on conflict do nothing;
      with due as materialized (
        select c.hotel_id, c.due_at
          from ${schema}.hotel_counters h
         cross join lateral (
           select c.hotel_id, c.due_at from ${schema}.consumers c
            where c.hotel_id = h.hotel_id and c.name = consumer and c.seq < h.last_event and c.due_at <= clock
              for update skip locked
         ) c
      )
      select coalesce(array_agg(d.hotel_id), '{}') into chosen
        from (select due.hotel_id from due order by due.due_at, due.hotel_id limit most) d;
      update ${schema}.consumers c
         set epoch = c.epoch + 1, leased_until = clock + lease, due_at = clock + lease
        from unnest(chosen) as x(hotel)
       where c.hotel_id = x.hotel and c.name = consumer;
      return query
        select c.hotel_id, c.epoch, c.failures, e.seq, e.at, e.conversation_id, e.department_id, e.body
          from unnest(chosen) as x(hotel)
          join ${schema}.consumers c on c.hotel_id = x.hotel and c.name = consumer
         cross join lateral (
           select * from ${schema}.events e where e.hotel_id = c.hotel_id and e.seq > c.seq order by e.seq limit per_hotel
         ) e
         order by c.hotel_id, e.seq;
    end $body$;

    -- Forgets a reader: first that there is one, so that whoever opens it anew meanwhile waits, then how far it was.
    create function ${schema}.forget_consumer_1(consumer text) returns boolean language plpgsql ${VERB} as $body$
    begin
      perform pg_advisory_xact_lock(${readerLock(schema)});
      delete from ${schema}.consumers c where c.hotel_id = '' and c.name = consumer;
      if not found then return false; end if;
      delete from ${schema}.consumers c using ${schema}.hotel_counters h where c.hotel_id = h.hotel_id and c.name = consumer;
      return true;
    end $body$;

    -- Stores a reader's place, which never moves back, and keeps the hotel's log in its hands (lease) or gives it back, due after a
    -- wait. False, and nothing, once somebody else has it.
    create function ${schema}.move_consumer_1(
      hotel text, consumer text, held bigint, place bigint, lease interval, wait interval, failed text
    ) returns boolean language plpgsql ${VERB} as $body$
    declare
      clock timestamptz := ${schema}.desk_now();
    begin
      update ${schema}.consumers c
         set seq = greatest(c.seq, place), leased_until = clock + lease, due_at = clock + coalesce(lease, wait),
             failures = case when place > c.seq then 0 else c.failures end + case when failed is null then 0 else 1 end,
             code = case when failed is not null then failed when place > c.seq then null else c.code end
       where c.hotel_id = hotel and c.name = consumer and c.epoch = held and c.leased_until is not null;
      return found;
    end $body$;
  `,
};
