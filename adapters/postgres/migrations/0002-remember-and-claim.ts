import type { Migration } from "../migrate.js";
import { nextTimer, VERB } from "./verb.js";

/**
 * Verbs are functions: one round trip, atomic, and each statement inside sees what committed before it began.
 * A verb that changes gets a new number, so that the release before can go on calling the old one.
 */
export const rememberAndClaim: Migration = {
  id: 2,
  name: "remember-and-claim",
  breaking: false,
  sql: (schema) => `
    -- Whose each item is whose outcome is 'work'; puts those into the arrivals. It runs under the settings of its caller.
    create function ${schema}.place_1(at timestamptz, hotels text[], ids text[], numbers text[], bsuids text[], sent_at timestamptz[],
      newcomers text[], outcomes text[], item integer[], address_kind text[], address text[])
    returns text[] language plpgsql as $body$
    #variable_conflict use_column
    declare
      -- Whose each item is, as far as that is known, and where its addresses begin and end.
      holders text[];
      -- Whose the address that names the guest was before a merge; what is learned by it goes back with it.
      origins text[];
      lows integer[];
      highs integer[];
      -- Which of them bring an address that is not their guest's yet.
      strange boolean[];
      met record;
      winner text;
      origin text;
      has record;
    begin
      -- The first address of each item that is known names its guest. A phone alone does not, where its guest has a BSUID
      -- and the message brings another, or where the guest had given it up by then: phones are recycled. And where the guest got
      -- it only after the message was sent, it is whoever's had it before.
      select array_agg(case when known.late then coalesce((
                   select ${schema}.root_1(f.hotel_id, f.guest_id) from ${schema}.former_addresses f
                    where f.hotel_id = hotels[known.item] and f.kind = 'waId' and f.value = known.value
                    order by f.ended_at desc limit 1
                 ), known.guest)
                 when known.by is distinct from 'waId' or not (
                 bsuids[known.item] is not null and exists (
                   select from ${schema}.guest_addresses a
                    where a.hotel_id = hotels[known.item] and a.guest_id = known.guest and a.kind = 'bsuid' and a.retired_at is null
                 ) or coalesce(sent_at[known.item] > known.given_up, false)
               ) then known.guest end order by known.item),
             array_agg(known.origin order by known.item),
             array_agg(known.strange and not (known.late and exists (
                   select from ${schema}.former_addresses f
                    where f.hotel_id = hotels[known.item] and f.kind = 'waId' and f.value = known.value offset 0
                 )) order by known.item),
             array_agg(known.low order by known.item), array_agg(known.high order by known.item)
        into holders, origins, strange, lows, highs
        from (
          select k.item, k.low, k.high, k.strange, (k.first).kind as by, (k.first).value, (k.first).origin_id as origin, (k.first).retired_at as given_up,
                 -- Without addresses it is nobody's.
                 case when k.nobodys then '' else (k.first).guest_id end as guest,
                 (k.first).kind = 'waId' and bsuids[k.item] is null
                   and coalesce(sent_at[k.item] < (k.first).first_seen_at - interval '1 minute', false) as late
            from (
          select e.item, min(e.n) as low, max(e.n) as high,
                 bool_or(a.guest_id is null and e.kind is not null) or min(a.guest_id) <> max(a.guest_id) as strange,
                 bool_and(e.kind is null) and outcomes[e.item] = 'work' as nobodys,
                 (array_agg(a.found order by e.n) filter (where a.guest_id is not null))[1] as first
            from unnest(item, address_kind, address) with ordinality as e(item, kind, value, n)
            left join lateral (
              select a.guest_id, a as found from ${schema}.guest_addresses a
               where a.hotel_id = hotels[e.item] and a.kind = e.kind and a.value = e.value offset 0
            ) a on outcomes[e.item] = 'work'
           group by e.item
            ) k
        ) known;

      -- Nobody knows these yet, or somebody is just meeting them too: whoever inserts an address first keeps it, the
      -- other one waits here and reads whose it is. Phones, which come last, first, so that both meet at the same row.
      if true = any (strange) or array_position(holders, null) is not null then
      for met in
        select i.ord, i.hotel, i.bsuid, i.sent_at, i.newcomer, i.holder, case when i.holder is not null then i.origin end as origin
          from unnest(hotels, bsuids, sent_at, newcomers, holders, origins, outcomes, strange, highs)
               with ordinality as i(hotel, bsuid, sent_at, newcomer, holder, origin, outcome, strange, high, ord)
         where i.outcome = 'work' and (i.strange or i.holder is null)
         order by i.hotel, address_kind[i.high] desc, address[i.high], i.ord
      loop
        winner := coalesce(met.holder, met.newcomer);
        origin := met.origin;
        for n in reverse highs[met.ord]..lows[met.ord] loop
          insert into ${schema}.guest_addresses (hotel_id, kind, value, guest_id, origin_id, evidence, first_seen_at)
            values (met.hotel, address_kind[n], address[n], winner, origin, ids[met.ord], at)
            on conflict (hotel_id, kind, value) do update set guest_id = guest_addresses.guest_id
            returning guest_id, origin_id, first_seen_at, retired_at into has;
          continue when has.guest_id = winner;
          if address_kind[n] = 'waId' and (
            met.sent_at > has.retired_at
            or met.bsuid is not null and (met.holder is not null or (
              select bool_and(a.value <> met.bsuid) from ${schema}.guest_addresses a
               where a.hotel_id = met.hotel and a.guest_id = has.guest_id and a.kind = 'bsuid' and a.retired_at is null
            ))
          ) then
            -- The phone does not say whose this is. It has passed to somebody else, who has it from now on, unless this comes late.
            continue when not coalesce(met.sent_at > has.retired_at, false) and met.sent_at <= has.first_seen_at - interval '1 minute';
            insert into ${schema}.former_addresses
              select a.hotel_id, a.kind, a.value, a.guest_id, a.evidence, a.first_seen_at, at, ids[met.ord] from ${schema}.guest_addresses a
               where a.hotel_id = met.hotel and a.kind = address_kind[n] and a.value = address[n]
              on conflict do nothing;
            update ${schema}.guest_addresses set guest_id = winner, origin_id = origin, evidence = ids[met.ord], first_seen_at = at, retired_at = null
             where hotel_id = met.hotel and kind = address_kind[n] and value = address[n];
          elsif winner = met.newcomer then
            -- This address belongs to somebody: what we have inserted for the new guest is theirs.
            update ${schema}.guest_addresses set guest_id = has.guest_id, origin_id = has.origin_id
             where hotel_id = met.hotel and guest_id = met.newcomer;
            winner := has.guest_id;
            origin := has.origin_id;
          end if;
        end loop;
        if winner = met.newcomer then
          insert into ${schema}.guests (hotel_id, id, created_at) values (met.hotel, winner, at) on conflict do nothing;
        end if;
        holders[met.ord] := winner;
      end loop;
      end if;

      insert into ${schema}.arrivals (hotel_id, phone_number_id, guest_id, id, created_at)
        select i.hotel, i.number, i.holder, i.id, at
          from unnest(hotels, numbers, holders, ids, outcomes) with ordinality as i(hotel, number, holder, id, outcome, ord)
         where i.outcome = 'work' order by i.ord;
      return holders;
    end $body$;

    -- Each list is a parameter of its own; those of the items are in one order, and so are those of their addresses, where
    -- "item" says whose each is. PostgreSQL reads an array several times faster than the same in JSON.
    -- Lock order: dedup keys, addresses, each sorted. The outcomes, in the items' order.
    create function ${schema}.remember_1(retention interval, raws bytea, hotels text[], ids text[], kinds text[], numbers text[], bsuids text[],
      sent_at timestamptz[], newcomers text[], item integer[], address_kind text[], address text[], hashes text[], raw_ends integer[], aging timestamptz[])
    returns text[] language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      at timestamptz := ${schema}.desk_now();
      added record;
      fresh integer[];
      outcomes text[];
      holders text[];
    begin
      insert into ${schema}.hotel_counters (hotel_id)
        select h.id from (select distinct h.id from unnest(hotels) as h(id) offset 0) h
         where not exists (select 1 from ${schema}.hotel_counters c where c.hotel_id = h.id)
         order by 1
        on conflict do nothing;

      with added as (
        insert into ${schema}.dedup_keys (hotel_id, hash, seen_at)
          select i.hotel, decode(i.hash, 'hex'), at from unnest(hotels, hashes) as i(hotel, hash) order by 1, 2
          on conflict do nothing
          returning hotel_id, hash
      )
      select count(*) as count, array_agg(a.hotel_id) as hotels, array_agg(encode(a.hash, 'hex')) as hashes into added from added a;
      -- Nearly always all of them are, and "fresh" stays null.
      if added.count < cardinality(ids) then
        select coalesce(array_agg(firsts.ord), '{}') into fresh
          from (
            -- Of what came twice in one batch, the first.
            select min(keys.ord) as ord
              from (
                select hotel_id, hash, null::bigint as ord from unnest(added.hotels, added.hashes) as a(hotel_id, hash)
                union all
                select * from unnest(hotels, hashes) with ordinality
              ) keys
             group by keys.hotel_id, keys.hash
            having bool_or(keys.ord is null)
          ) firsts;
      end if;

      select array_agg(case when fresh is not null and not o.ord = any (fresh) then 'duplicate'
                            when o.number is null then 'kept'
                            -- Null: old, and brought on purpose.
                            when o.aging is null or o.aging > at - retention then 'work'
                            else 'too_old' end order by o.ord) into outcomes
        from unnest(numbers, aging) with ordinality as o(number, aging, ord);

      holders := ${schema}.place_1(at, hotels, ids, numbers, bsuids, sent_at, newcomers, outcomes, item, address_kind, address);
      insert into ${schema}.webhook_attempts (hotel_id, id, kind, outcome, guest_id, raw, received_at)
        select i.hotel, i.id, i.kind, i.outcome, i.holder,
               convert_from(substring(raws from i.low + 1 for i.high - i.low), 'UTF8'), at
          from unnest(hotels, ids, kinds, outcomes, holders, array[0] || raw_ends, raw_ends) as i(hotel, id, kind, outcome, holder, low, high)
         where i.outcome <> 'duplicate';
      return outcomes;
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
      -- What arrived, chat by chat and each chat's in order: a list for each field. "many" is how many of its chat there are, "nth" which.
      arrived record;
      -- The chats whose lane is free, in the same order; and how far each then reaches.
      free record;
      ends bigint[];
    begin
      select coalesce(array_agg(c.hotel_id), '{}') into hotels from ${schema}.hotel_counters c
       where exists (select 1 from ${schema}.arrivals a where a.hotel_id = c.hotel_id);
      foreach hotel in array hotels loop
        continue when not pg_try_advisory_xact_lock(hashtextextended('${schema.replaceAll('"', "")}.arrivals.' || hotel, 7));
        select array_agg(x.seq) as seqs, array_agg(x.phone_number_id) as numbers, array_agg(x.guest_id) as guests, array_agg(x.id) as ids,
               array_agg(x.created_at) as ats, array_agg(x.chat) as chats, array_agg(x.nth) as nths, array_agg(x.many) as manys
          into arrived
          from (
            select first.*, dense_rank() over (order by first.phone_number_id, first.guest_id) as chat,
                   row_number() over (partition by first.phone_number_id, first.guest_id order by first.seq) as nth,
                   count(*) over (partition by first.phone_number_id, first.guest_id) as many
              from (
                select * from ${schema}.arrivals a
                 where a.hotel_id = hotel order by a.seq limit greatest(1000 / cardinality(hotels), 10)
              ) first
             order by first.phone_number_id, first.guest_id, first.seq
          ) x;
        continue when arrived.seqs is null;
        select array_agg(x.chat order by x.chat) as chats, array_agg(x.number order by x.chat) as numbers,
               array_agg(x.guest order by x.chat) as guests, array_agg(x.at order by x.chat) as ats, array_agg(x.many order by x.chat) as manys
          into free
          from (
            select hotel as hotel, 'inbound' as kind, u.*
              from unnest(arrived.chats, arrived.numbers, arrived.guests, arrived.ats, arrived.nths, arrived.manys)
                   as u(chat, number, guest, at, nth, many)
             where u.nth = 1 offset 0
          ) x
          left join lateral (
            select true as locked from ${schema}.lanes l
             where l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
               for update skip locked
          ) own on true
         where own.locked or (
           select true from ${schema}.lanes l
            where l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
         ) is null;
        continue when free.chats is null;

        with put as (
          insert into ${schema}.lanes (hotel_id, kind, phone_number_id, guest_id, enqueued, due_at)
            select hotel, 'inbound', x.number, x.guest, x.many, x.at
              from unnest(free.chats, free.numbers, free.guests, free.manys, free.ats) as x(chat, number, guest, many, at)
             order by x.chat
            on conflict (hotel_id, kind, phone_number_id, guest_id) do update
              set enqueued = lanes.enqueued + excluded.enqueued,
                  -- In somebody's hands, or waiting to be tried again: it comes due when that is over.
                  due_at = coalesce(lanes.due_at, greatest(excluded.due_at, lanes.waits_until))
          returning phone_number_id, guest_id, enqueued
        )
        select array_agg(put.enqueued order by put.phone_number_id, put.guest_id) into ends from put;
        with placed as (
          insert into ${schema}.work (hotel_id, kind, phone_number_id, guest_id, position, id, created_at)
            select hotel, 'inbound', x.number, x.guest, ends[x.place] - x.many + x.nth, x.id, x.at
              from (
                select u.*, case when cardinality(free.chats) = arrived.chats[cardinality(arrived.chats)] then u.chat
                                 else array_position(free.chats, u.chat) end as place
                  from unnest(arrived.chats, arrived.numbers, arrived.guests, arrived.ids, arrived.ats, arrived.nths, arrived.manys)
                       as u(chat, number, guest, id, at, nth, many)
              ) x
             where x.place is not null
        )
        delete from ${schema}.arrivals a
         where a.hotel_id = hotel and a.seq = any (array(
           select u.seq from unnest(arrived.seqs, arrived.chats) as u(seq, chat)
            where cardinality(free.chats) = arrived.chats[cardinality(arrived.chats)] or u.chat = any (free.chats)
         ));
      end loop;
    end $body$;

    -- Hotels in turn, the longest due first. A claimed lane comes due again when its lease ends. Outbound lanes: claim_outbound_1.
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
            where l.hotel_id = h.hotel_id and l.kind = wanted and l.kind <> 'outbound' and l.due_at <= clock
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
            (select w.id, w.position, w.attempts, coalesce(w.payload, a.raw) as payload, w.created_at, w.due_at
               from ${schema}.work w
               left join ${schema}.webhook_attempts a on a.hotel_id = w.hotel_id and a.id = w.id and w.kind = 'inbound'
              where wanted <> 'timer' and w.hotel_id = c.hotel and w.kind = c.kind and w.phone_number_id = c.number
                and w.guest_id = c.guest and w.dead_at is null
              order by w.position
              limit items_per_lane)
            union all
            -- Of timers those that are due, as they come due.
            (select w.id, w.position, w.attempts, w.payload, w.created_at, w.due_at
               from ${schema}.work w
              where wanted = 'timer' and w.hotel_id = c.hotel and w.kind = c.kind and w.phone_number_id = c.number
                and w.guest_id = c.guest and w.dead_at is null and coalesce(w.due_at, '-infinity') <= clock
              order by w.due_at nulls first, w.position
              limit items_per_lane)
          ) w on true
         order by c.hotel, c.number, c.guest, w.due_at nulls first, w.position;
    end $body$;

    -- Milliseconds until the next lane comes due, and whether arrivals stand outside their lanes.
    create function ${schema}.next_due_1(wanted text)
    returns table (ms double precision, waiting boolean) language sql stable ${VERB} as $body$
      select (extract(epoch from min(l.due_at) - ${schema}.desk_now()) * 1000)::double precision, wanted = 'inbound' and bool_or(a.seq is not null)
        from ${schema}.hotel_counters h
        left join lateral (
          select l.due_at from ${schema}.lanes l
           where l.hotel_id = h.hotel_id and l.kind = wanted and l.kind <> 'outbound' and l.due_at is not null and l.enqueued > l.done
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
         set leased_until = null,
             due_at = case when l.enqueued > l.done
               then greatest(${schema}.desk_now(), case when l.kind = 'timer' then ${nextTimer(schema, "l")} end) end
        from locked k
       where l.hotel_id = k.hotel_id and l.kind = k.kind and l.phone_number_id = k.phone_number_id and l.guest_id = k.guest_id
    $body$;
  `,
};
