import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

/** How fast each number sends, and whether it may: what leaves is claimed by it, whichever process claims. */
export const senders: Migration = {
  id: 11,
  name: "senders",
  breaking: false,
  sql: (schema) => `
    -- From when on a guest may be sent more: 20 messages may be ahead of one in six seconds, 45 for what is urgent.
    create function ${schema}.pair_wait(pair_at timestamptz, urgent boolean) returns timestamptz language sql stable as
      $$ select pair_at - case when urgent then interval '264 seconds' else interval '114 seconds' end $$;

    -- An eighth of a second may gather: what is held up on its way to WhatsApp then still keeps the pace there.
    create function ${schema}.tokens_of(n ${schema}.numbers, clock timestamptz) returns double precision language sql stable as $$
      select least(greatest(1, n.per_second / 8), n.tokens + greatest(0, extract(epoch from clock - n.refilled_at)::double precision) * n.per_second)
    $$;

    -- So many have to be there before any is taken: a claim for each single message would cost more than the sends.
    create function ${schema}.tokens_wanted(per_second double precision) returns double precision language sql immutable as
      $$ select greatest(1, per_second / 20) $$;

    -- Numbers first, in one order: two claims that meet share a number's tokens, and the second waits for a moment. Never for a lane.
    create function ${schema}.claim_outbound_1(lanes integer, lease interval, expire interval, probe interval)
    returns table (
      now timestamptz, hotel_id text, phone_number_id text, guest_id text, epoch bigint,
      id text, "position" bigint, attempts integer, payload text, created_at timestamptz
    ) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      -- [{ hotel_id, phone_number_id, paused, probes, free }]: those that may send now, and how many messages each.
      numbers json;
      -- Lanes, a list for each of their columns.
      chosen record;
      holding record;
    begin
      with open as materialized (
        select n.hotel_id, n.phone_number_id, n.paused_until > clock as paused, n.probing and n.paused_until > clock is not true as probes,
               case when n.paused_until > clock then lanes
                    when n.probing then 1
                    when n.per_second is null then lanes
                    when ${schema}.tokens_of(n, clock) >= ${schema}.tokens_wanted(n.per_second) then floor(${schema}.tokens_of(n, clock))::integer
                    else 0 end as free
          from ${schema}.numbers n
         where exists (
           select from ${schema}.lanes l
            where l.hotel_id = n.hotel_id and l.kind = 'outbound' and l.phone_number_id = n.phone_number_id and l.due_at <= clock
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
                  from json_to_recordset(numbers) as o(hotel_id text, phone_number_id text, paused boolean, probes boolean, free integer)
                offset 0
              ) n
             cross join lateral (
               select l.hotel_id, l.phone_number_id, l.guest_id, l.due_at, l.urgent
                 from ${schema}.lanes l
                where l.hotel_id = n.hotel_id and l.kind = 'outbound' and l.phone_number_id = n.phone_number_id
                  -- Of a paused number only what has waited for too long.
                  and l.due_at <= n.until
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

    -- Milliseconds until a message may leave.
    create function ${schema}.next_send_1(expire interval) returns double precision language sql stable ${VERB} as $body$
      select (extract(epoch from min(greatest(first.due_at,
               case when n.paused_until > clock.now then least(n.paused_until, first.due_at + expire)
                    when n.probing or n.per_second is null then first.due_at
                    else n.refilled_at + greatest(0, (${schema}.tokens_wanted(n.per_second) - n.tokens) / n.per_second) * interval '1 second' end))
             - min(clock.now)) * 1000)::double precision
        from (select ${schema}.desk_now() as now) clock
       cross join ${schema}.numbers n
       cross join lateral (
         select min(l.due_at) as due_at from (values (true), (false)) as u(urgent)
          cross join lateral (
            select l.due_at from ${schema}.lanes l
             where l.hotel_id = n.hotel_id and l.kind = 'outbound' and l.phone_number_id = n.phone_number_id and l.urgent = u.urgent
               and l.due_at is not null and l.enqueued > l.done
             order by l.due_at limit 1
          ) l
       ) first
    $body$;

    -- paces: [{ hotel, number, per_second }]
    create function ${schema}.set_paces_1(paces text) returns void language sql volatile ${VERB} as $body$
      insert into ${schema}.numbers (hotel_id, phone_number_id, per_second, refilled_at)
        select x.hotel, x.number, x.per_second, ${schema}.desk_now()
          from json_to_recordset(paces::json) as x(hotel text, number text, per_second double precision)
         order by x.hotel, x.number
        on conflict (hotel_id, phone_number_id) do update set per_second = excluded.per_second
    $body$;

    -- What settlements stop and let go on: [{ number, guest, epoch, message, result, pause_of, pause_ms, pause_probing, pause_code }].
    -- Only the one that tries says anything of a number that pauses. Called before events are written. @returns what there is to tell
    create function ${schema}.pause_senders_1(hotel text, settlements text, clock timestamptz) returns text[] language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      n record;
      bodies text[] := '{}';
    begin
      for n in
        select o.phone_number_id, o.probing, p.ms, p.probe, p.code, p.accepted, p.untouched, coalesce(o.paused_until > o.probe_until, false) as asked
          from ${schema}.numbers o
         cross join lateral (
           select max(x.pause_ms) as ms, coalesce(bool_or(x.pause_probing), false) as probe,
                  (array_agg(x.pause_code order by x.pause_probing desc, x.pause_ms desc) filter (where x.pause_ms is not null))[1] as code,
                  coalesce(bool_or(tries.it and x.result = 'sent'), false) as accepted,
                  -- It never came to a call, so that the next may try.
                  coalesce(bool_or(tries.it and x.result <> 'sent' and not exists (
                    select from ${schema}.messages m where m.hotel_id = hotel and m.id = x.message and m.intent_epoch = x.epoch
                  )), false) as untouched
             from json_to_recordset(settlements::json)
                  as x(number text, guest text, epoch bigint, message text, result text,
                       pause_of text, pause_ms double precision, pause_probing boolean, pause_code text)
            cross join lateral (
              select o.probing and x.number = o.phone_number_id and x.guest = o.probe_guest and x.epoch = o.probe_epoch as it
            ) tries
            where x.number = o.phone_number_id or x.pause_of = 'hotel'
         ) p
         where o.hotel_id = hotel and (p.ms is not null or p.accepted or p.untouched)
         order by o.phone_number_id
           for update of o
      loop
        if n.ms is not null then
          update ${schema}.numbers o
             set paused_until = greatest(o.paused_until, clock + n.ms * interval '1 millisecond'),
                 probing = o.probing or n.probe,
                 paused_for = case when o.probing and not n.probe then o.paused_for else n.code end
           where o.hotel_id = hotel and o.phone_number_id = n.phone_number_id;
          if n.probe and not n.probing then
            bodies := bodies || json_build_object('type', 'sender.paused', 'phoneNumberId', n.phone_number_id, 'code', n.code)::text;
          end if;
        elsif n.accepted then
          -- What WhatsApp asked for in the meantime is waited for all the same.
          update ${schema}.numbers o
             set probing = false, probe_guest = null, probe_epoch = null, probe_until = null,
                 paused_until = case when n.asked then o.paused_until end, paused_for = case when n.asked then o.paused_for end
           where o.hotel_id = hotel and o.phone_number_id = n.phone_number_id;
          bodies := bodies || json_build_object('type', 'sender.resumed', 'phoneNumberId', n.phone_number_id)::text;
        elsif not n.asked then
          update ${schema}.numbers o set paused_until = clock where o.hotel_id = hotel and o.phone_number_id = n.phone_number_id;
        end if;
      end loop;
      return bodies;
    end $body$;

    -- @returns what there is to tell: nothing when it was not probing
    create function ${schema}.end_pause_1(hotel text, number text) returns text[] language plpgsql ${VERB} as $body$
    declare
      was boolean;
    begin
      select n.probing into was from ${schema}.numbers n where n.hotel_id = hotel and n.phone_number_id = number for update;
      update ${schema}.numbers n
         set paused_until = null, probing = false, paused_for = null, probe_guest = null, probe_epoch = null, probe_until = null
       where n.hotel_id = hotel and n.phone_number_id = number;
      return case when was then array[json_build_object('type', 'sender.resumed', 'phoneNumberId', number)::text] else '{}'::text[] end;
    end $body$;

    create function ${schema}.resume_1(hotel text, number text, audit text)
    returns table (seq bigint, at timestamptz, conversation_id text, department_id text, body text) language plpgsql ${VERB} as $body$
    declare
      bodies text[] := ${schema}.end_pause_1(hotel, number);
    begin
      insert into ${schema}.audit_entries
        select hotel, x.id, x.actor_kind, x.actor_id, x.action, x.reason, x.target_kind, x.target_id, ${schema}.desk_now()
          from json_to_record(audit::json) as x(id text, actor_kind text, actor_id text, action text, reason text, target_kind text, target_id text)
         where audit is not null;
      return query select * from ${schema}.write_events_1(hotel, bodies, array_fill(null::text, array[cardinality(bodies)]));
    end $body$;
  `,
};
