import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

/** Lets a process keep some of its places for what is urgent, and for hotels that have little in hand. */
export const keptPlaces: Migration = {
  id: 32,
  name: "kept-places",
  breaking: false,
  sql: (schema) => `
    -- As claim_outbound_1, but that it may leave what is not urgent: everybody's, or that of some hotels.
    -- Numbers first, in one order: two claims that meet share a number's tokens, and the second waits for a moment. Never for a lane.
    create function ${schema}.claim_outbound_2(
      lanes integer, lease interval, expire interval, probe interval, only_urgent boolean, only_urgent_of text[]
    )
    returns table (
      now timestamptz, hotel_id text, phone_number_id text, guest_id text, epoch bigint,
      id text, "position" bigint, attempts integer, payload text, created_at timestamptz
    ) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      -- [{ hotel_id, phone_number_id, spared, paused, probes, free }]: those that may send now, and how many messages each.
      numbers json;
      -- Lanes, a list for each of their columns.
      chosen record;
      holding record;
    begin
      with open as materialized (
        select n.hotel_id, n.phone_number_id, only_urgent or n.hotel_id = any (only_urgent_of) as spared, n.paused_until > clock as paused, n.probing and n.paused_until > clock is not true as probes,
               case when n.paused_until > clock then lanes
                    when n.probing then 1
                    when n.per_second is null then lanes
                    when ${schema}.tokens_of(n, clock) >= ${schema}.tokens_wanted(n.per_second) then floor(${schema}.tokens_of(n, clock))::integer
                    else 0 end as free
          from ${schema}.numbers n
         where exists (
           select from ${schema}.lanes l
            where l.hotel_id = n.hotel_id and l.kind = 'outbound' and l.phone_number_id = n.phone_number_id and l.due_at <= clock
              and l.urgent >= (only_urgent or n.hotel_id = any (only_urgent_of))
         )
         order by n.hotel_id, n.phone_number_id
           for update of n
      )
      select coalesce(json_agg(open), '[]') into numbers from open where open.free > 0;
      -- Seen after the numbers were had: whoever had them before has moved what they claimed. First in turn whatever is
      -- due, with as many to spare, since some may be in somebody's hands; then locked, which costs a write, no more of them
      -- than are wanted. Where many numbers send, each is looked at for some times its share: the rest is the next claim's.
      select array_agg(chosen.hotel_id) as hotels, array_agg(chosen.phone_number_id) as numbers, array_agg(chosen.guest_id) as guests,
             array_agg(chosen.paused) as paused, array_agg(chosen.probes) as probes
        into chosen
        from (
        select first.* from (
          select due.*, row_number() over (partition by due.hotel_id order by due.urgent desc, due.due_at) as turn from (
            select l.*, 'outbound' as kind, n.paused, n.probes, n.until
              from (
                select o.*, case when o.paused is true then clock - expire else clock end as until,
                       least(o.free, greatest(10, 4 * lanes / nullif(json_array_length(numbers), 0))) as most
                  from json_to_recordset(numbers) as o(hotel_id text, phone_number_id text, spared boolean, paused boolean, probes boolean, free integer)
                offset 0
              ) n
             cross join lateral (
               select l.hotel_id, l.phone_number_id, l.guest_id, l.due_at, l.urgent
                 from ${schema}.lanes l
                where l.hotel_id = n.hotel_id and l.kind = 'outbound' and l.phone_number_id = n.phone_number_id
                  -- Of a paused number only what has waited for too long.
                  and l.due_at <= n.until and l.urgent >= n.spared
                order by l.urgent desc, l.due_at
                limit n.most
             ) l
          ) due
          order by turn, due.due_at limit 2 * lanes
        ) first
        join ${schema}.lanes l
          on l.hotel_id = first.hotel_id and l.kind = first.kind and l.phone_number_id = first.phone_number_id and l.guest_id = first.guest_id
         and l.due_at <= first.until
        order by first.turn, first.due_at limit lanes
          for update of l skip locked
      ) chosen;
      update ${schema}.numbers n
         set tokens = case when n.per_second is null then n.tokens else ${schema}.tokens_of(n, clock) - c.taken end,
             -- Who waited for another's claim began before it.
             refilled_at = greatest(n.refilled_at, clock),
             paused_until = case when n.probing then clock + probe else n.paused_until end
        from (
          select c.hotel, c.number, count(*) as taken from unnest(chosen.hotels, chosen.numbers, chosen.paused) as c(hotel, number, paused)
           where c.paused is not true group by 1, 2 offset 0
        ) c
       where n.hotel_id = c.hotel and n.phone_number_id = c.number;
      with held as (
        update ${schema}.lanes l
           -- Emptied while it was in hands that then let it run out: there is nothing to hold.
           set epoch = l.epoch + 1,
               leased_until = case when l.enqueued > l.done then clock + lease end,
               due_at = case when l.enqueued > l.done then clock + lease end
          from (
            select 'outbound' as kind, u.* from unnest(chosen.hotels, chosen.numbers, chosen.guests, chosen.probes) as u(hotel, number, guest, probes) offset 0
          ) c
         where l.hotel_id = c.hotel and l.kind = c.kind and l.phone_number_id = c.number and l.guest_id = c.guest
        returning l.hotel_id, l.phone_number_id, l.guest_id, l.epoch, c.probes
      )
      select array_agg(held.hotel_id) as hotels, array_agg(held.phone_number_id) as numbers, array_agg(held.guest_id) as guests,
             array_agg(held.epoch) as epochs, array_agg(held.probes) as probes
        into holding from held;
      if true = any (holding.probes) then
        update ${schema}.numbers n set probe_guest = c.guest, probe_epoch = c.epoch, probe_until = n.paused_until
          from unnest(holding.hotels, holding.numbers, holding.guests, holding.epochs, holding.probes) as c(hotel, number, guest, epoch, probes)
         where c.probes and n.hotel_id = c.hotel and n.phone_number_id = c.number;
      end if;

      -- In a statement of its own, as for any other work.
      return query
        select clock, c.hotel, c.number, c.guest, c.epoch, w.id, w.position, w.attempts, w.payload, w.created_at
          from (select 1) one
          left join (
            select 'outbound' as kind, u.*
              from unnest(holding.hotels, holding.numbers, holding.guests, holding.epochs) as u(hotel, number, guest, epoch) offset 0
          ) c on true
          left join lateral (
            select * from (
              (select w.* from ${schema}.work w
                where w.hotel_id = c.hotel and w.kind = c.kind and w.phone_number_id = c.number
                  and w.guest_id = c.guest and w.dead_at is null and w.urgent
                order by w.position limit 1)
              union all
              (select w.* from ${schema}.work w
                where w.hotel_id = c.hotel and w.kind = c.kind and w.phone_number_id = c.number
                  and w.guest_id = c.guest and w.dead_at is null
                order by w.position limit 1)
            ) w order by w.urgent desc limit 1
          ) w on true
         order by c.hotel, c.number, c.guest;
    end $body$;
    `,
};
