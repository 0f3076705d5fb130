import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

/** Chats of the hotel in hand, with the hotel and their lanes' kind in each: fenced as `rowsOf` fences. */
const chatsOf = (list: string, columns: string): string =>
  `(select hotel as hotel, 'inbound' as kind, r.* from json_to_recordset(${list}) as r(number text, guest text, ${columns}) offset 0) x`;

/**
 * Verbs are functions: one round trip, atomic, and each statement inside sees what committed before it began.
 * A verb that changes gets a new number, so that the release before can go on calling the old one.
 */
export const rememberAndClaim: Migration = {
  id: 2,
  name: "remember-and-claim",
  breaking: false,
  sql: (schema) => `
    -- Lock order: dedup keys, addresses, each sorted. items: [{ ord, hotel, id, hash, kind, number, addresses, sent_at,
    -- new_guest }] by ord, raws: the JSON texts in the same order. Read once, into a list for each member.
    create function ${schema}.remember_1(items text, raws text, retention interval)
    returns table (ord integer, outcome text) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      at timestamptz := ${schema}.desk_now();
      hotels text[];
      ids text[];
      hashes text[];
      news text[];
      addresses json[];
      texts text[];
      fresh integer[];
      -- Whose each item is, as far as that is known.
      holders text[];
      unknown record;
      address record;
      winner text;
      holder text;
    begin
      select array_agg(i.hotel), array_agg(i.id), array_agg(i.hash), array_agg(i.addresses),
             -- A message that is too old for its dedup key to be known makes nobody a guest.
             array_agg(case when i.sent_at > at - retention then i.new_guest end)
        into hotels, ids, hashes, addresses, news
        from json_to_recordset(items::json) as i(hotel text, id text, hash text, addresses json, sent_at timestamptz, new_guest text);

      select array_agg(r) into texts from json_array_elements_text(raws::json) as r;

      insert into ${schema}.hotel_counters (hotel_id)
        select distinct h.id from unnest(hotels) as h(id)
         where not exists (select 1 from ${schema}.hotel_counters c where c.hotel_id = h.id)
         order by 1
        on conflict do nothing;

      with added as (
        insert into ${schema}.dedup_keys (hotel_id, hash, seen_at)
          select i.hotel, decode(i.hash, 'hex'), at from unnest(hotels, hashes) as i(hotel, hash) order by 1, 2
          on conflict do nothing
          returning hotel_id, encode(hash, 'hex') as hash
      )
      select coalesce(array_agg(firsts.ord), '{}') into fresh
        from (
          -- Of what came twice in one batch, the first.
          select min(keys.ord) as ord
            from (
              select hotel_id, hash, null::bigint as ord from added
              union all
              select * from unnest(hotels, hashes) with ordinality
            ) keys
           group by keys.hotel_id, keys.hash
          having bool_or(keys.ord is null)
        ) firsts;

      -- The first address of each item that is known names its guest. A phone alone does not, where its guest has a
      -- BSUID and the message brings another: phones are recycled.
      select array_agg(case when not found.by_phone or (
               select true from ${schema}.guest_addresses a
                where a.hotel_id = i.hotel and a.guest_id = found.guest_id and a.kind = 'bsuid' limit 1
             ) is null then found.guest_id end order by i.ord) into holders
        from unnest(hotels, addresses) with ordinality as i(hotel, addresses, ord)
        left join lateral (
          select a.guest_id, e.address ->> 'kind' = 'waId' and i.addresses -> 0 ->> 'kind' = 'bsuid' as by_phone
            from json_array_elements(i.addresses) with ordinality as e(address, n)
           cross join lateral (
             select guest_id from ${schema}.guest_addresses a
              where a.hotel_id = i.hotel and a.kind = e.address ->> 'kind' and a.value = e.address ->> 'value' offset 0
           ) a
           order by e.n limit 1
        ) found on i.ord = any (fresh);

      -- Nobody knows these yet, or somebody is just meeting them too: whoever inserts an address first keeps it, the
      -- other one waits here and reads whose it is. Phones first, so that both meet at the same row.
      for unknown in
        select i.ord, i.hotel, i.new_guest, i.addresses
          from unnest(hotels, news, holders, addresses) with ordinality as i(hotel, new_guest, holder, addresses, ord)
         where i.ord = any (fresh) and i.new_guest is not null and i.holder is null
         order by i.hotel, i.addresses -> -1 ->> 'kind' desc, i.addresses -> -1 ->> 'value', i.ord
      loop
        winner := unknown.new_guest;
        for address in
          select e.address ->> 'kind' as kind, e.address ->> 'value' as value
            from json_array_elements(unknown.addresses) as e(address) order by 1 desc, 2
        loop
          insert into ${schema}.guest_addresses (hotel_id, kind, value, guest_id, evidence, first_seen_at)
            values (unknown.hotel, address.kind, address.value, winner, ids[unknown.ord], at)
            on conflict (hotel_id, kind, value) do update set guest_id = guest_addresses.guest_id
            returning guest_id into holder;
          if holder <> winner then
            if address.kind = 'waId' and unknown.addresses -> 0 ->> 'kind' = 'bsuid' and (
              select bool_and(a.value <> unknown.addresses -> 0 ->> 'value') from ${schema}.guest_addresses a
               where a.hotel_id = unknown.hotel and a.guest_id = holder and a.kind = 'bsuid'
            ) then
              -- The phone has passed to somebody else, who has it from now on.
              update ${schema}.guest_addresses set guest_id = winner, evidence = ids[unknown.ord], first_seen_at = at
               where hotel_id = unknown.hotel and kind = address.kind and value = address.value;
              continue;
            end if;
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
        holders[unknown.ord] := winner;
      end loop;

      return query
        with i as (
          select i.*, holders[i.ord] as holder,
                 case when not i.ord = any (fresh) then 'duplicate'
                      when i.number is null then 'kept'
                      when i.sent_at > at - retention then 'work'
                      else 'too_old' end as result
            from json_to_recordset(items::json) as i(ord integer, hotel text, id text, kind text, number text, sent_at timestamptz)
        ), arrived as (
          insert into ${schema}.arrivals (hotel_id, phone_number_id, guest_id, id, created_at)
            select i.hotel, i.number, i.holder, i.id, at from i where i.result = 'work' order by i.ord
        ), stored as (
          insert into ${schema}.webhook_attempts (hotel_id, id, kind, outcome, guest_id, raw, received_at)
            select i.hotel, i.id, i.kind, i.result, i.holder, texts[i.ord], at from i where i.result <> 'duplicate'
        )
        select i.ord, case when i.result in ('work', 'kept') then 'new' else i.result end from i order by i.ord;
    end $body$;

    -- Moves what has arrived into its lanes. One caller at a time for a hotel, so that two arrivals of a guest keep their
    -- order. It waits for nobody: a hotel in another caller's hands and a lane that is being committed are left for the
    -- next claim, or one slow commit would hold up every hotel. A claim takes in about a thousand, a fair part of each
    -- hotel's, so that it is over long before the leases it gives.
    create function ${schema}.take_in_1() returns void language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      hotels text[];
      hotel text;
      -- [{ number, guest, seqs }]: the chats whose lane is free, each with its arrivals in order.
      free json;
    begin
      select coalesce(array_agg(c.hotel_id), '{}') into hotels from ${schema}.hotel_counters c
       where exists (select 1 from ${schema}.arrivals a where a.hotel_id = c.hotel_id);
      foreach hotel in array hotels loop
        continue when not pg_try_advisory_xact_lock(hashtextextended('${schema.replaceAll('"', "")}.arrivals.' || hotel, 7));
        select coalesce(json_agg(chats), '[]') into free from (
          select arrived.*
            from (
              select first.phone_number_id as number, first.guest_id as guest, array_agg(first.seq order by first.seq) as seqs
                from (
                  select * from ${schema}.arrivals a
                   where a.hotel_id = hotel order by a.seq limit greatest(1000 / cardinality(hotels), 10)
                ) first
               group by 1, 2
              offset 0
            ) arrived
            left join lateral (
              select true as locked from ${schema}.lanes l
               where l.hotel_id = hotel and l.kind = 'inbound' and l.phone_number_id = arrived.number and l.guest_id = arrived.guest
                 for update skip locked
            ) own on true
           where own.locked or (
             select true from ${schema}.lanes l
              where l.hotel_id = hotel and l.kind = 'inbound' and l.phone_number_id = arrived.number and l.guest_id = arrived.guest
           ) is null
        ) chats;

        insert into ${schema}.lanes (hotel_id, kind, phone_number_id, guest_id, enqueued, due_at)
          select x.hotel, x.kind, x.number, x.guest, json_array_length(x.seqs),
                 (select a.created_at from ${schema}.arrivals a where a.hotel_id = x.hotel and a.seq = (x.seqs ->> 0)::bigint)
            from ${chatsOf("free", "seqs json")}
           order by x.number, x.guest
          on conflict (hotel_id, kind, phone_number_id, guest_id) do update
            set enqueued = lanes.enqueued + excluded.enqueued,
                -- In somebody's hands, or waiting to be tried again: it comes due when that is over.
                due_at = coalesce(lanes.due_at, greatest(excluded.due_at, lanes.waits_until));
        insert into ${schema}.work (hotel_id, kind, phone_number_id, guest_id, position, id, created_at)
          select taken.hotel, taken.kind, taken.number, taken.guest, taken.position, a.id, a.created_at
            from (
              select x.*, s.seq::bigint as seq, l.enqueued - json_array_length(x.seqs) + s.n as position
                from ${chatsOf("free", "seqs json")}
                join ${schema}.lanes l
                  on l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
               cross join lateral json_array_elements_text(x.seqs) with ordinality as s(seq, n)
              offset 0
            ) taken
           cross join lateral (
             select * from ${schema}.arrivals a where a.hotel_id = taken.hotel and a.seq = taken.seq offset 0
           ) a;
        delete from ${schema}.arrivals a
         where a.hotel_id = hotel and a.seq = any (array(
           select s.seq::bigint from json_to_recordset(free) as c(seqs json) cross join lateral json_array_elements_text(c.seqs) as s(seq)
         ));
      end loop;
    end $body$;

    -- Hotels in turn, the longest due first. A claimed lane comes due again when its lease ends.
    create function ${schema}.claim_1(wanted text, lanes integer, items_per_lane integer, lease interval)
    returns table (
      now timestamptz, hotel_id text, phone_number_id text, guest_id text, epoch bigint,
      id text, "position" bigint, attempts integer, payload text, created_at timestamptz
    ) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      chosen json;
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
      )
      select coalesce(json_agg(chosen), '[]') into chosen from (
        select turns.hotel_id as hotel, wanted as kind, turns.phone_number_id as number, turns.guest_id as guest from (
          select due.*, row_number() over (partition by due.hotel_id order by due.due_at) as turn from due
        ) turns
        order by turns.turn, turns.due_at limit lanes
      ) chosen;
      update ${schema}.lanes l
         -- Emptied while it was in hands that then let it run out: there is nothing to hold.
         set epoch = l.epoch + 1,
             leased_until = case when l.enqueued > l.done then clock + lease end,
             due_at = case when l.enqueued > l.done then clock + lease end
        from (select c.* from json_to_recordset(chosen) as c(hotel text, kind text, number text, guest text) offset 0) c
       where l.hotel_id = c.hotel and l.kind = c.kind and l.phone_number_id = c.number and l.guest_id = c.guest;

      -- In a statement of its own, which sees what the holder before did up to the moment the lane was locked: items
      -- it completed while the claim was looking for lanes are not handed out again.
      return query
        select clock, l.hotel_id, l.phone_number_id, l.guest_id, l.epoch, w.id, w.position, w.attempts, w.payload, w.created_at
          from (select 1) one
          left join json_to_recordset(chosen) as c(hotel text, kind text, number text, guest text) on true
          left join ${schema}.lanes l
            on l.hotel_id = c.hotel and l.kind = c.kind and l.phone_number_id = c.number and l.guest_id = c.guest
          left join lateral (
            select w.id, w.position, w.attempts, coalesce(w.payload, a.raw) as payload, w.created_at
              from ${schema}.work w
              left join ${schema}.webhook_attempts a on a.hotel_id = w.hotel_id and a.id = w.id and w.kind = 'inbound'
             where w.hotel_id = c.hotel and w.kind = c.kind and w.phone_number_id = c.number
               and w.guest_id = c.guest and w.dead_at is null
             order by w.position
             limit items_per_lane
          ) w on true
         order by c.hotel, c.number, c.guest, w.position;
    end $body$;

    -- Milliseconds until the next lane comes due, and whether arrivals stand outside their lanes.
    create function ${schema}.next_due_1(wanted text)
    returns table (ms double precision, waiting boolean) language sql stable ${VERB} as $body$
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
    returns table (ord integer) language sql volatile ${VERB} as $body$
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
    returns void language sql volatile ${VERB} as $body$
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
