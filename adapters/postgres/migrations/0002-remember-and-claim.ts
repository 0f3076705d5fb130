import type { Migration } from "../migrate.js";
import { BY_INDEX } from "./by-index.js";

/**
 * Verbs are functions: one round trip, atomic, and each statement inside sees what committed before it began.
 * A verb that changes gets a new number, so that the release before can go on calling the old one.
 */
export const rememberAndClaim: Migration = {
  id: 2,
  name: "remember-and-claim",
  breaking: false,
  sql: (schema) => `
    -- Lock order: dedup keys, addresses, lanes, each sorted. items: [{ ord, hotel, id, hash, kind, number, addresses,
    -- sent_at, new_guest }], raws: the JSON texts in the same order.
    create function ${schema}.remember_1(items text, raws text, retention interval)
    returns table (ord integer, outcome text) language plpgsql ${BY_INDEX} as $body$
    #variable_conflict use_column
    declare
      at timestamptz := ${schema}.desk_now();
      fresh integer[];
      unknown record;
      address record;
      winner text;
      holder text;
      known jsonb;
    begin
      insert into ${schema}.hotel_counters (hotel_id)
        select distinct i.hotel from json_to_recordset(items::json) as i(hotel text)
         where not exists (select 1 from ${schema}.hotel_counters c where c.hotel_id = i.hotel)
         order by 1
        on conflict do nothing;

      with i as (
        select * from json_to_recordset(items::json) as i(ord integer, hotel text, hash text)
      ), added as (
        insert into ${schema}.dedup_keys (hotel_id, hash, seen_at)
          select i.hotel, decode(i.hash, 'hex'), at from i order by 1, 2
          on conflict do nothing
          returning hotel_id, hash
      )
      select coalesce(array_agg(firsts.ord), '{}') into fresh
        from (
          select min(i.ord) as ord
            from added join i on i.hotel = added.hotel_id and decode(i.hash, 'hex') = added.hash
           group by added.hotel_id, added.hash
        ) firsts;

      -- The first address of each item that is known names its guest.
      select coalesce(jsonb_object_agg(found.ord, found.guest_id), '{}') into known
        from (
          select distinct on (i.ord) i.ord, a.guest_id
            from json_to_recordset(items::json) as i(ord integer, hotel text, addresses json)
           cross join lateral json_array_elements(i.addresses) with ordinality as e(address, n)
            join ${schema}.guest_addresses a
              on a.hotel_id = i.hotel and a.kind = e.address ->> 'kind' and a.value = e.address ->> 'value'
           where i.ord = any (fresh)
           order by i.ord, e.n
        ) found;

      -- Nobody knows these yet, or somebody is just meeting them too: whoever inserts an address first keeps it, the
      -- other one waits here and reads whose it is. Phones first, so that both meet at the same row.
      for unknown in
        select i.ord, i.hotel, i.id, i.new_guest, i.addresses
          from json_to_recordset(items::json) as i(ord integer, hotel text, id text, new_guest text, addresses json, sent_at timestamptz)
         where i.ord = any (fresh) and i.new_guest is not null and not known ? i.ord::text and i.sent_at > at - retention
         order by i.hotel, i.addresses -> -1 ->> 'kind' desc, i.addresses -> -1 ->> 'value', i.ord
      loop
        winner := unknown.new_guest;
        for address in
          select e.address ->> 'kind' as kind, e.address ->> 'value' as value
            from json_array_elements(unknown.addresses) as e(address) order by 1 desc, 2
        loop
          insert into ${schema}.guest_addresses (hotel_id, kind, value, guest_id, evidence, first_seen_at)
            values (unknown.hotel, address.kind, address.value, winner, unknown.id, at)
            on conflict (hotel_id, kind, value) do update set guest_id = guest_addresses.guest_id
            returning guest_id into holder;
          if holder <> winner then
            -- This address belongs to somebody: what we have inserted for the new guest is theirs.
            if winner = unknown.new_guest then
              update ${schema}.guest_addresses set guest_id = holder
               where hotel_id = unknown.hotel and guest_id = unknown.new_guest;
              winner := holder;
            end if;
          end if;
        end loop;
        if winner = unknown.new_guest then
          insert into ${schema}.guests (hotel_id, id, created_at) values (unknown.hotel, winner, at) on conflict do nothing;
        end if;
        known := known || jsonb_build_object(unknown.ord::text, winner);
      end loop;

      insert into ${schema}.arrivals (hotel_id, phone_number_id, guest_id, id, created_at)
        select i.hotel, i.number, known ->> i.ord::text, i.id, at
          from json_to_recordset(items::json) as i(ord integer, hotel text, id text, number text, sent_at timestamptz)
         where i.ord = any (fresh) and i.number is not null and i.sent_at > at - retention
         order by i.ord;

      return query
        with i as (
          select i.*,
                 case when not i.ord = any (fresh) then 'duplicate'
                      when i.number is null then 'kept'
                      when i.sent_at > at - retention then 'work'
                      else 'too_old' end as result
            from json_to_recordset(items::json) as i(ord integer, hotel text, id text, kind text, number text, sent_at timestamptz)
        ), stored as (
          insert into ${schema}.webhook_attempts (hotel_id, id, kind, outcome, guest_id, raw, received_at)
            select i.hotel, i.id, i.kind, i.result, known ->> i.ord::text, r.raw, at
              from i join json_array_elements_text(raws::json) with ordinality as r(raw, n) on r.n = i.ord
             where i.result <> 'duplicate'
        )
        select i.ord, case when i.result in ('work', 'kept') then 'new' else i.result end from i order by i.ord;
    end $body$;

    -- Moves what has arrived into its lanes. One caller at a time for a hotel, so that two arrivals of a guest keep their
    -- order. It waits for nobody: a hotel in another caller's hands and a lane that is being committed are left for the
    -- next claim, or one slow commit would hold up every hotel. A claim takes in about a thousand, a fair part of each
    -- hotel's, so that it is over long before the leases it gives.
    create function ${schema}.take_in_1() returns void language plpgsql ${BY_INDEX} as $body$
    #variable_conflict use_column
    declare
      hotels text[];
      hotel text;
    begin
      select coalesce(array_agg(c.hotel_id), '{}') into hotels from ${schema}.hotel_counters c
       where exists (select 1 from ${schema}.arrivals a where a.hotel_id = c.hotel_id);
      foreach hotel in array hotels loop
        continue when not pg_try_advisory_xact_lock(hashtextextended('${schema.replaceAll('"', "")}.arrivals.' || hotel, 7));
        with first as materialized (
          select * from ${schema}.arrivals a
           where a.hotel_id = hotel order by a.seq limit greatest(1000 / cardinality(hotels), 10)
        ), chats as materialized (
          select distinct phone_number_id, guest_id from first
        ), free as materialized (
          select c.phone_number_id, c.guest_id
            from chats c
           cross join lateral (
             select 1 from ${schema}.lanes l
              where l.hotel_id = hotel and l.kind = 'inbound'
                and l.phone_number_id = c.phone_number_id and l.guest_id = c.guest_id
                for update skip locked
           ) l
          union all
          select c.phone_number_id, c.guest_id
            from chats c
           where not exists (
             select 1 from ${schema}.lanes l
              where l.hotel_id = hotel and l.kind = 'inbound'
                and l.phone_number_id = c.phone_number_id and l.guest_id = c.guest_id
           )
        ), taken as (
          delete from ${schema}.arrivals a
           using (
             select f.hotel_id, f.seq from first f
               join free on free.phone_number_id = f.phone_number_id and free.guest_id = f.guest_id
             offset 0
           ) f
           where a.hotel_id = f.hotel_id and a.seq = f.seq
          returning a.hotel_id, a.seq, a.phone_number_id, a.guest_id, a.id, a.created_at
        ), lanes as (
          insert into ${schema}.lanes (hotel_id, kind, phone_number_id, guest_id, enqueued, due_at)
            select hotel_id, 'inbound', phone_number_id, guest_id, count(*), min(created_at) from taken group by 1, 3, 4 order by 1, 3, 4
            on conflict (hotel_id, kind, phone_number_id, guest_id) do update
              set enqueued = lanes.enqueued + excluded.enqueued,
                  -- In somebody's hands, or waiting to be tried again: it comes due when that is over.
                  due_at = coalesce(lanes.due_at, greatest(excluded.due_at, lanes.waits_until))
            returning hotel_id, phone_number_id, guest_id, enqueued
        )
        insert into ${schema}.work (hotel_id, kind, phone_number_id, guest_id, position, id, created_at)
          select t.hotel_id, 'inbound', t.phone_number_id, t.guest_id,
                 l.enqueued + 1 - row_number() over (partition by t.hotel_id, t.phone_number_id, t.guest_id order by t.seq desc), t.id, t.created_at
            from taken t
            join lanes l on l.hotel_id = t.hotel_id and l.phone_number_id = t.phone_number_id and l.guest_id = t.guest_id;
      end loop;
    end $body$;

    -- Hotels in turn, the longest due first. A claimed lane comes due again when its lease ends.
    create function ${schema}.claim_1(wanted text, lanes integer, items_per_lane integer, lease interval)
    returns table (
      now timestamptz, hotel_id text, phone_number_id text, guest_id text, epoch bigint,
      id text, "position" bigint, attempts integer, payload text, created_at timestamptz
    ) language plpgsql ${BY_INDEX} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      taken json;
    begin
      if wanted = 'inbound' then perform ${schema}.take_in_1(); end if;
      with due as materialized (
        select l.hotel_id, l.phone_number_id, l.guest_id, l.due_at
          from ${schema}.hotel_counters h
         cross join lateral (
           select l.hotel_id, l.phone_number_id, l.guest_id, l.due_at
             from ${schema}.lanes l
            where l.hotel_id = h.hotel_id and l.kind = wanted and l.due_at <= clock
            order by l.due_at
            limit lanes
              for update skip locked
         ) l
      ), chosen as materialized (
        select turns.* from (
          select due.*, row_number() over (partition by due.hotel_id order by due.due_at) as turn from due
        ) turns
        order by turns.turn, turns.due_at limit lanes
      ), claimed as (
        update ${schema}.lanes l
           -- Emptied while it was in hands that then let it run out: there is nothing to hold.
           set epoch = l.epoch + 1,
               leased_until = case when l.enqueued > l.done then clock + lease end,
               due_at = case when l.enqueued > l.done then clock + lease end
          from chosen
         where l.hotel_id = chosen.hotel_id and l.kind = wanted
           and l.phone_number_id = chosen.phone_number_id and l.guest_id = chosen.guest_id
        returning l.hotel_id as hotel, l.phone_number_id as number, l.guest_id as guest, l.epoch
      )
      select coalesce(json_agg(claimed), '[]') into taken from claimed;

      -- In a statement of its own, which sees what the holder before did up to the moment the lane was locked: items
      -- it completed while the claim was looking for lanes are not handed out again.
      return query
        select clock, c.hotel, c.number, c.guest, c.epoch, w.id, w.position, w.attempts, w.payload, w.created_at
          from (select 1) one
          left join json_to_recordset(taken) as c(hotel text, number text, guest text, epoch bigint) on true
          left join lateral (
            select w.id, w.position, w.attempts, coalesce(w.payload, a.raw) as payload, w.created_at
              from ${schema}.work w
              left join ${schema}.webhook_attempts a on a.hotel_id = w.hotel_id and a.id = w.id and w.kind = 'inbound'
             where w.hotel_id = c.hotel and w.kind = wanted and w.phone_number_id = c.number
               and w.guest_id = c.guest and w.dead_at is null
             order by w.position
             limit items_per_lane
          ) w on true
         order by c.hotel, c.number, c.guest, w.position;
    end $body$;

    -- Milliseconds until the next lane comes due, and whether arrivals stand outside their lanes.
    create function ${schema}.next_due_1(wanted text)
    returns table (ms double precision, waiting boolean) language sql stable ${BY_INDEX} as $body$
      select (extract(epoch from min(l.due_at) - ${schema}.desk_now()) * 1000)::double precision, wanted = 'inbound' and bool_or(a.seq is not null)
        from ${schema}.hotel_counters h
        left join lateral (
          select l.due_at from ${schema}.lanes l
           where l.hotel_id = h.hotel_id and l.kind = wanted and l.due_at is not null and l.enqueued > l.done
           order by l.due_at limit 1
        ) l on true
        left join lateral (
          select a.seq from ${schema}.arrivals a where a.hotel_id = h.hotel_id order by a.seq limit 1
        ) a on true
    $body$;

    -- lanes: [{ ord, hotel, kind, number, guest, epoch }]
    create function ${schema}.renew_1(lanes text, lease interval)
    returns table (ord integer) language sql volatile ${BY_INDEX} as $body$
      with wanted as (
        select * from json_to_recordset(lanes::json) as w(ord integer, hotel text, kind text, number text, guest text, epoch bigint)
      ), locked as materialized (
        select w.ord, l.hotel_id, l.kind, l.phone_number_id, l.guest_id
          from wanted w
          join ${schema}.lanes l
            on l.hotel_id = w.hotel and l.kind = w.kind and l.phone_number_id = w.number and l.guest_id = w.guest
         where l.epoch = w.epoch and l.leased_until is not null
         order by l.hotel_id, l.kind, l.phone_number_id, l.guest_id
           for update of l
      )
      update ${schema}.lanes l
         set leased_until = ${schema}.desk_now() + lease, due_at = ${schema}.desk_now() + lease
        from locked k
       where l.hotel_id = k.hotel_id and l.kind = k.kind and l.phone_number_id = k.phone_number_id and l.guest_id = k.guest_id
      returning k.ord
    $body$;

    -- Gives lanes back undone.
    create function ${schema}.release_1(lanes text)
    returns void language sql volatile ${BY_INDEX} as $body$
      with wanted as (
        select * from json_to_recordset(lanes::json) as w(hotel text, kind text, number text, guest text, epoch bigint)
      ), locked as materialized (
        select l.hotel_id, l.kind, l.phone_number_id, l.guest_id
          from wanted w
          join ${schema}.lanes l
            on l.hotel_id = w.hotel and l.kind = w.kind and l.phone_number_id = w.number and l.guest_id = w.guest
         where l.epoch = w.epoch and l.leased_until is not null
         order by l.hotel_id, l.kind, l.phone_number_id, l.guest_id
           for update of l
      )
      update ${schema}.lanes l
         set leased_until = null, due_at = case when l.enqueued > l.done then ${schema}.desk_now() end
        from locked k
       where l.hotel_id = k.hotel_id and l.kind = k.kind and l.phone_number_id = k.phone_number_id and l.guest_id = k.guest_id
    $body$;
  `,
};
