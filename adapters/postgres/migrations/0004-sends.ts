import type { Migration } from "../migrate.js";
import { nextTimer, VERB, rowsOf } from "./verb.js";

/** Of a lane `l` and what was sent from it, `x`: when its guest would have got all that, one message every six seconds. */
export const PACED = "case when x.paced then greatest(l.pair_at, clock) + interval '6 seconds' else l.pair_at end";
/** Of a lane `l`: whether something urgent stands in it yet. */
export const stillUrgent = (schema: string): string => `(l.urgent and exists (
               select from ${schema}.work w
                where w.hotel_id = l.hotel_id and w.kind = l.kind and w.phone_number_id = l.phone_number_id and w.guest_id = l.guest_id
                  and w.urgent and w.dead_at is null))`;

/** Sends, what becomes of them, and what WhatsApp reports about them. */
export const sends: Migration = {
  id: 4,
  name: "sends",
  breaking: false,
  sql: (schema) => `
    -- The lattice of domain/delivery-status.ts, lowest first.
    create function ${schema}.status_rank(status text) returns integer language sql immutable as
      $$ select array_position(array['queued', 'sending', 'unknown', 'sent', 'failed', 'delivered', 'read', 'played'], status) $$;

    -- Its words may hold what PostgreSQL reads in no JSON: a zero, half a character. A quote in them is escaped.
    create function ${schema}.failure_code(failure text) returns text language sql immutable as
      $$ select substring(failure from '"code":"([A-Za-z0-9_]+)"') $$;

    create function ${schema}.with_reason(reasons text, reason text) returns text language sql immutable as
      $$ select case when reasons = '[]' then '[' || reason || ']' else left(reasons, -1) || ',' || reason || ']' end $$;

    -- Numbers the status events of one hotel. Called last: it locks the hotel's counter.
    create function ${schema}.write_events_1(hotel text, bodies text[], conversations text[])
    returns table (seq bigint, at timestamptz, conversation_id text, department_id text, body text) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      base bigint;
      clock timestamptz := ${schema}.desk_now();
    begin
      if coalesce(array_length(bodies, 1), 0) = 0 then return; end if;
      insert into ${schema}.hotel_counters (hotel_id, last_event) values (hotel, array_length(bodies, 1))
        on conflict (hotel_id) do update set last_event = hotel_counters.last_event + excluded.last_event
        returning last_event - array_length(bodies, 1) into base;
      return query
        insert into ${schema}.events (hotel_id, seq, at, conversation_id, department_id, body)
          select hotel, base + e.n, clock, e.conversation, c.department_id, e.body
            from unnest(bodies, conversations) with ordinality as e(body, conversation, n)
            left join ${schema}.conversations c on c.hotel_id = hotel and c.id = e.conversation
           order by e.n
        returning events.seq, events.at, events.conversation_id, events.department_id, events.body;
    end $body$;

    -- Joins one report into one message; a fact that raises nothing still leaves its reason. Null when nothing rose. The caller
    -- holds the wamid's lock. One that another message has, whose echo was faster, is not recorded a second time.
    create function ${schema}.raise_status_1(hotel text, message text, reported text, reported_wamid text, reported_failure text,
      reported_billing text, why text, is_fact boolean)
    returns text language plpgsql ${VERB} as $body$
    declare
      before record;
    begin
      select m.status, m.conversation_id, m.wamid, m.billing into before from ${schema}.messages m
       where m.hotel_id = hotel and m.id = message for update;
      if not found then return null; end if;
      if before.wamid is null and reported_wamid is not null then
        insert into ${schema}.wamids values (hotel, reported_wamid, message) on conflict do nothing;
        if not found then reported_wamid := null; end if;
      end if;
      if ${schema}.status_rank(reported) <= ${schema}.status_rank(before.status) then
        if is_fact or (before.wamid is null and reported_wamid is not null) or (before.billing is null and reported_billing is not null) then
          update ${schema}.messages m
             set wamid = coalesce(m.wamid, reported_wamid), billing = coalesce(m.billing, reported_billing),
                 reasons = case when is_fact then ${schema}.with_reason(m.reasons, why) else m.reasons end
           where m.hotel_id = hotel and m.id = message;
        end if;
        return null;
      end if;
      update ${schema}.messages m
         set status = reported, wamid = coalesce(m.wamid, reported_wamid), billing = coalesce(m.billing, reported_billing),
             failure = case when reported in ('failed', 'unknown') then reported_failure end,
             reasons = ${schema}.with_reason(m.reasons, why)
       where m.hotel_id = hotel and m.id = message;
      if before.status = 'unknown' then
        -- Whoever has the lane locked gives it back by himself; waiting for him here could be a deadlock.
        update ${schema}.lanes l
           set held_for = null, waits_until = null,
               due_at = case when l.enqueued > l.done
                 then greatest(${schema}.desk_now(), l.not_before, ${schema}.pair_wait(l.pair_at, l.urgent)) end
          from (
            select o.hotel_id, o.kind, o.phone_number_id, o.guest_id
              from ${schema}.conversations c
              join ${schema}.lanes o
                on o.hotel_id = c.hotel_id and o.kind = 'outbound' and o.phone_number_id = c.phone_number_id and o.guest_id = c.guest_id
             where c.hotel_id = hotel and c.id = before.conversation_id and o.held_for = message and o.leased_until is null
            offset 0
               for update of o skip locked
          ) o
         where l.hotel_id = o.hotel_id and l.kind = o.kind and l.phone_number_id = o.phone_number_id and l.guest_id = o.guest_id;
      end if;
      return before.conversation_id;
    end $body$;

    create function ${schema}.status_event(message text, status text) returns text language sql immutable as
      $$ select json_build_object('type', 'message.status', 'messageId', message, 'status', status)::text $$;

    create function ${schema}.status_reason(status text, failure text, at timestamptz) returns text language sql immutable as $$
      select json_build_object('code', 'status_reported', 'at', at, 'details',
        case when failure is null then json_build_object('status', status)
             else json_build_object('status', status, 'failure', ${schema}.failure_code(failure)) end)::text
    $$;

    -- Reports of one hotel: [{ ord, wamid, status, correlation, failure, billing, at }]. Lock order: wamids, messages, counter.
    create function ${schema}.apply_statuses_1(hotel text, reports text)
    returns table (ord integer, outcome text, seq bigint, at timestamptz, conversation_id text, department_id text, body text)
    language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      r record;
      parked record;
      conversation text;
      bodies text[] := '{}';
      conversations text[] := '{}';
      outcomes text[] := '{}';
      told text[];
    begin
      -- Whoever records a wamid takes this lock too, so an early report and its message cannot miss each other (F20).
      perform pg_advisory_xact_lock(hashtextextended(w.wamid, 7)) from (
        select distinct x.wamid from json_to_recordset(reports::json) as x(wamid text) order by 1
      ) w;
      for r in
        select x.*, coalesce(own.id, named.id) as target
          from ${rowsOf("reports::json", "ord integer, wamid text, status text, correlation text, failure text, billing text, at timestamptz")}
          left join ${schema}.messages own on own.hotel_id = x.hotel and own.id = x.correlation and own.direction = 'outbound'
          left join ${schema}.wamids known on known.hotel_id = x.hotel and known.wamid = x.wamid
          left join ${schema}.messages named on named.hotel_id = x.hotel and named.id = known.message_id and named.direction = 'outbound'
         order by target, x.ord
      loop
        if r.target is null then
          insert into ${schema}.parked_statuses values (hotel, r.wamid, r.status, r.failure, r.billing, r.at, ${schema}.desk_now())
            on conflict (hotel_id, wamid, status) do update set billing = excluded.billing
              where parked_statuses.billing is null and excluded.billing is not null;
          outcomes[r.ord] := 'parked';
        else
          conversation := ${schema}.raise_status_1(hotel, r.target, r.status, r.wamid, r.failure, r.billing,
            ${schema}.status_reason(r.status, r.failure, ${schema}.desk_now()), false);
          outcomes[r.ord] := case when conversation is null then 'unchanged' else 'applied' end;
          if conversation is not null then
            told := ${schema}.status_events_1(hotel, r.target, r.status, r.failure, r.at);
            bodies := bodies || told;
            conversations := conversations || array_fill(conversation, array[cardinality(told)]);
          end if;
          -- By a correlation id the wamid may just have become known.
          for parked in
            delete from ${schema}.parked_statuses p where p.hotel_id = hotel and p.wamid = r.wamid
            returning p.status, p.failure, p.billing, p.at
          loop
            conversation := ${schema}.raise_status_1(hotel, r.target, parked.status, r.wamid, parked.failure, parked.billing,
              ${schema}.status_reason(parked.status, parked.failure, ${schema}.desk_now()), false);
            if conversation is not null then
              told := ${schema}.status_events_1(hotel, r.target, parked.status, parked.failure, parked.at);
              bodies := bodies || told;
              conversations := conversations || array_fill(conversation, array[cardinality(told)]);
            end if;
          end loop;
        end if;
      end loop;
      if 'parked' = any (outcomes) then
        -- WhatsApp delivers a webhook for seven days. Who has a report in hand that is just being joined is not waited for.
        delete from ${schema}.parked_statuses p using (
          select o.hotel_id, o.wamid, o.status from ${schema}.parked_statuses o
           where o.hotel_id = hotel and o.parked_at < ${schema}.desk_now() - interval '7 days'
           order by o.parked_at limit 1000
             for update skip locked
        ) old
         where p.hotel_id = old.hotel_id and p.wamid = old.wamid and p.status = old.status;
      end if;
      return query select o.n::integer, o.result, null::bigint, null::timestamptz, null::text, null::text, null::text
                     from unnest(outcomes) with ordinality as o(result, n);
      return query select null::integer, null::text, e.* from ${schema}.write_events_1(hotel, bodies, conversations) e;
    end $body$;

    -- sends: [{ ord, hotel, kind, number, guest, epoch, message, goes }]. A message leaves a minute before the window closes at the latest.
    -- Lock order: conversations of flows' messages, lanes, messages.
    create function ${schema}.intend_1(sends text) returns table (ord integer, outcome text) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      reason text := json_build_object('code', 'send_intended', 'at', clock)::text;
      -- Whether any is of a flow.
      of_flows boolean;
      -- The sends whose lanes are held: a list for each of their fields.
      held record;
    begin
      -- Whoever takes such a conversation over comes before or after this, never in the middle: nothing of a flow is intended once
      -- that is committed.
      perform 1
        from (
          select x.hotel, x.message from json_to_recordset(sends::json) as x(hotel text, message text) offset 0
        ) x
        join ${schema}.messages m on m.hotel_id = x.hotel and m.id = x.message and m.is_flow
        join ${schema}.conversations c on c.hotel_id = m.hotel_id and c.id = m.conversation_id
       order by c.hotel_id, c.id for share of c;
      of_flows := found;
      select array_agg(x.ord) as ords, array_agg(x.hotel) as hotels, array_agg(x.number) as numbers, array_agg(x.guest) as guests,
             array_agg(x.message) as messages, array_agg(x.epoch) as epochs,
             array_agg(x.goes = 'fallback') as fallbacks,
             array_agg(x.goes = 'content' and coalesce((
                 select h.window_closes_at - interval '1 minute' <= clock from ${schema}.chats h
                  where h.hotel_id = x.hotel and h.phone_number_id = x.number and h.guest_id = case
                    when (select g.merged_into is null from ${schema}.guests g where g.hotel_id = x.hotel and g.id = x.guest) is false
                    then ${schema}.root_1(x.hotel, x.guest) else x.guest end
               ), true)) as closed
        into held
        from (
          select x.* from json_to_recordset(sends::json)
                 as x(ord integer, hotel text, kind text, number text, guest text, epoch bigint, message text, goes text)
            join ${schema}.lanes l
              on l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
             and l.epoch = x.epoch and l.leased_until > clock
           order by l.hotel_id, l.kind, l.phone_number_id, l.guest_id for update of l
        ) x;
      -- In a statement of its own, which sees what the holders before did up to the moment the lanes were locked.
      return query
        with may as materialized (
          select x.* from unnest(held.ords, held.hotels, held.numbers, held.guests, held.messages, held.epochs, held.fallbacks, held.closed)
                  as x(ord, hotel, number, guest, message, epoch, fallback, closed)
            -- From a number that pauses only who tries whether it sends again, unless WhatsApp has asked for more time since.
            left join ${schema}.numbers n
              on n.hotel_id = x.hotel and n.phone_number_id = x.number and (n.probing or n.paused_until > clock)
             and (n.probing and n.probe_guest = x.guest and n.probe_epoch = x.epoch and n.paused_until <= n.probe_until) is not true
           where n.hotel_id is null
        ), gone as (
          update ${schema}.messages m
             set status = 'sending', intent_epoch = x.epoch, sent_fallback = x.fallback, reasons = ${schema}.with_reason(m.reasons, reason)
            from may x
           where m.hotel_id = x.hotel and m.id = x.message and m.status = 'queued' and not x.closed
             and not (m.is_flow and ${schema}.person_speaks(m.hotel_id, m.conversation_id))
          returning x.ord
        )
        select gone.ord, 'go' from gone
        union all
        select x.ord, case when s.person then 'personSpeaks' else 'windowClosed' end
          -- Nearly always none of them is looked at.
          from (select may.* from may where may.closed or of_flows offset 0) x
          join ${schema}.messages m on m.hotel_id = x.hotel and m.id = x.message and m.status = 'queued'
         cross join lateral (select m.is_flow and ${schema}.person_speaks(m.hotel_id, m.conversation_id) as person) s
         where x.closed or s.person;
    end $body$;

    -- Locks the lanes and the messages that settlements are of, and stores together what nearly all of them are: WhatsApp took what
    -- was just sent, its lane is still held, its number sends on, and nobody else knew of it. To the same effect as one by one.
    -- @returns which it stored, what there is to tell, and whether there is more to do
    create function ${schema}.settle_sent_1(hotel text, settlements text, clock timestamptz,
      out ords integer[], out bodies text[], out conversations text[], out more boolean)
    language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      -- The settlements, and those that are stored here: a list for each of their fields.
      given record;
      sent record;
      ended text[];
      pausing text[];
    begin
      select array_agg(x.ord) as ords, array_agg(x.number) as numbers, array_agg(x.guest) as guests, array_agg(x.epoch) as epochs,
             array_agg(x.work) as works, array_agg(x.message) as messages, array_agg(x.wamid) as wamids, array_agg(x.reason) as reasons,
             array_agg(x.paced) as paced, array_agg(x.is_free) as free, bool_or(x.pause_of is not null) as pauses
        into given
        from (
          select x.*, x.kind = 'outbound' and x.result = 'sent' and x.epoch = l.epoch and l.leased_until is not null
                      and coalesce(l.waits_until <= clock, true) as is_free
            from ${rowsOf("settlements::json", "ord integer, kind text, number text, guest text, epoch bigint, work text, message text, result text, wamid text, reason text, paced boolean, pause_of text")}
            join ${schema}.lanes l
              on l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
           order by l.kind, l.phone_number_id, l.guest_id for update of l
        ) x;
      pausing := array(
        select n.phone_number_id from ${schema}.numbers n where n.hotel_id = hotel and (n.probing or n.paused_until > clock)
      );
      select coalesce(array_agg(x.ord), '{}') as ords, array_agg(x.number) as numbers, array_agg(x.guest) as guests, array_agg(x.work) as works,
             array_agg(x.message) as messages, array_agg(x.wamid) as wamids, array_agg(x.reason) as reasons, array_agg(x.paced) as paced,
             coalesce(array_agg(x.conversation_id), '{}') as conversations,
             -- What status_event says, which for each message would be begun anew.
             coalesce(array_agg(json_build_object('type', 'message.status', 'messageId', x.message, 'status', 'sent')::text), '{}') as bodies
        into sent
        from (
          select x.*, m.conversation_id, m.status, m.intent_epoch
            from (
              select hotel as hotel, u.*, count(*) over (partition by u.message) as of_message, count(*) over (partition by u.wamid) as of_wamid
                from unnest(given.ords, given.numbers, given.guests, given.epochs, given.works, given.messages, given.wamids,
                       given.reasons, given.paced, given.free)
                     as u(ord, number, guest, epoch, work, message, wamid, reason, paced, is_free)
              offset 0
            ) x
            join ${schema}.messages m on m.hotel_id = x.hotel and m.id = x.message
           order by m.id for update of m
        ) x
       where x.is_free and x.number <> all (pausing) and x.of_message = 1 and x.of_wamid = 1
         and x.intent_epoch = x.epoch and x.status = 'sending'
         and not exists (select from ${schema}.parked_statuses p where p.hotel_id = x.hotel and p.wamid = x.wamid)
         and not exists (select from ${schema}.wamids known where known.hotel_id = x.hotel and known.wamid = x.wamid);
      ords := sent.ords;
      bodies := sent.bodies;
      conversations := sent.conversations;
      more := given.pauses is not false or pausing <> '{}' or cardinality(ords) < json_array_length(settlements::json);
      if cardinality(ords) = 0 then return; end if;
      insert into ${schema}.wamids select hotel, u.* from unnest(sent.wamids, sent.messages) as u(wamid, message);
      update ${schema}.messages m
         set status = 'sent', wamid = x.wamid, failure = null, reasons = ${schema}.with_reason(m.reasons, x.reason)
        from (select hotel as hotel, u.* from unnest(sent.messages, sent.wamids, sent.reasons) as u(message, wamid, reason) offset 0) x
       where m.hotel_id = x.hotel and m.id = x.message;
      with gone as (
        delete from ${schema}.work w
         using (select hotel as hotel, u.id from unnest(sent.works) as u(id) offset 0) x
         where w.hotel_id = x.hotel and w.id = x.id and w.dead_at is null
        returning w.id
      )
      select coalesce(array_agg(gone.id), '{}') into ended from gone;
      update ${schema}.lanes l
         set done = l.done + x.gone, pair_at = ${PACED}, urgent = ${stillUrgent(schema)}, leased_until = null, held_for = null, waits_until = clock,
             due_at = case when l.enqueued > l.done + x.gone
               then greatest(clock, l.not_before, ${schema}.pair_wait(${PACED}, ${stillUrgent(schema)})) end
        from (
          select hotel as hotel, 'outbound' as kind, u.*,
                 -- Nearly always all of them are.
                 case when cardinality(ended) = cardinality(sent.works) or u.work = any (ended) then 1 else 0 end as gone
            from unnest(sent.numbers, sent.guests, sent.works, sent.paced) as u(number, guest, work, paced) offset 0
        ) x
       where l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest;
    end $body$;

    -- Settlements of one hotel: [{ ord, kind, number, guest, epoch, work, message, result, wamid, failure, delay_ms, asked_ms, reason,
    -- paced, and those of pause_senders_1 }]. Lock order: wamids, lanes, messages, numbers, counter.
    create function ${schema}.settle_1(hotel text, settlements text)
    returns table (seq bigint, at timestamptz, conversation_id text, department_id text, body text) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      s record;
      parked record;
      held boolean;
      gone integer;
      was_urgent boolean;
      conversation text;
      stored integer[];
      more boolean;
      bodies text[];
      conversations text[];
      told text[];
      clock timestamptz := ${schema}.desk_now();
    begin
      perform pg_advisory_xact_lock(hashtextextended(w.wamid, 7)) from (
        select distinct x.wamid from json_to_recordset(settlements::json) as x(wamid text) where x.wamid is not null order by 1
      ) w;
      select t.ords, t.bodies, t.conversations, t.more into stored, bodies, conversations, more from ${schema}.settle_sent_1(hotel, settlements, clock) t;
      if not more then
        return query select * from ${schema}.write_events_1(hotel, bodies, conversations);
        return;
      end if;
      for s in
        select x.*, coalesce(l.epoch = x.epoch and l.leased_until is not null, false) as held
          from json_to_recordset(settlements::json) as x(ord integer, kind text, number text, guest text, epoch bigint, work text,
            message text, result text, wamid text, failure text, delay_ms double precision, asked_ms double precision, reason text, paced boolean)
          left join ${schema}.lanes l
            on l.hotel_id = hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
         where x.ord <> all (stored)
         order by x.message, x.ord
      loop
        gone := 0;
        was_urgent := false;
        if s.result = 'retry' and not s.held then
          -- Nothing left, says whoever intended it, after others have taken it for one of unknown fate.
          continue when not exists (
            select 1 from ${schema}.messages m
             where m.hotel_id = hotel and m.id = s.message and m.intent_epoch = s.epoch and m.status in ('sending', 'unknown')
          );
          s.result := 'failed';
          s.delay_ms := 0;
        end if;
        if s.result = 'retry' then
          update ${schema}.work set attempts = attempts + 1, code = ${schema}.failure_code(s.failure) where hotel_id = hotel and id = s.work
          returning urgent into was_urgent;
          update ${schema}.messages set reasons = ${schema}.with_reason(reasons, s.reason)
           where hotel_id = hotel and id = s.message;
          update ${schema}.messages set status = 'queued' where hotel_id = hotel and id = s.message and status = 'sending'
          returning messages.conversation_id into conversation;
          if found then
            bodies := bodies || ${schema}.status_event(s.message, 'queued');
            conversations := conversations || conversation;
          end if;
        else
          -- Facts: recorded whoever holds the lane now.
          conversation := ${schema}.raise_status_1(hotel, s.message, s.result, s.wamid, s.failure, null, s.reason, true);
          if conversation is not null then
            told := ${schema}.status_events_1(hotel, s.message, s.result, s.failure, clock);
            bodies := bodies || told;
            conversations := conversations || array_fill(conversation, array[cardinality(told)]);
          end if;
          for parked in
            delete from ${schema}.parked_statuses p where p.hotel_id = hotel and p.wamid = s.wamid
            returning p.status, p.failure, p.billing, p.at
          loop
            conversation := ${schema}.raise_status_1(hotel, s.message, parked.status, s.wamid, parked.failure, parked.billing,
              ${schema}.status_reason(parked.status, parked.failure, clock), false);
            if conversation is not null then
              told := ${schema}.status_events_1(hotel, s.message, parked.status, parked.failure, parked.at);
              bodies := bodies || told;
              conversations := conversations || array_fill(conversation, array[cardinality(told)]);
            end if;
          end loop;
          delete from ${schema}.work where hotel_id = hotel and id = s.work and dead_at is null returning urgent into was_urgent;
          get diagnostics gone = row_count;
          -- Somebody knew better already: there is nothing to wait for.
          if s.result = 'unknown' and not exists (
            select 1 from ${schema}.messages m where m.hotel_id = hotel and m.id = s.message and m.status = 'unknown'
          ) then
            s.delay_ms := 0;
            s.result := 'known';
          end if;
        end if;
        update ${schema}.lanes l
           set done = l.done + gone, pair_at = n.pair_at, not_before = n.not_before, urgent = n.urgent,
               leased_until = case when s.held then null else l.leased_until end,
               due_at = case when s.held and l.enqueued > l.done + gone
                               then greatest(case when n.urgent and not (s.result = 'retry' and was_urgent) then n.since else n.waits_until end,
                                      n.not_before, ${schema}.pair_wait(n.pair_at, n.urgent))
                             when s.held or (l.leased_until is null and l.enqueued <= l.done + gone) then null
                             -- A report may have come to it first, and left the end of the hold to whoever had the lane locked.
                             when l.leased_until is null and l.held_for = s.message and s.result <> 'unknown'
                               then greatest(clock, n.not_before, ${schema}.pair_wait(n.pair_at, n.urgent))
                             else l.due_at end,
               held_for = case when s.held then coalesce(n.kept, case when s.result = 'unknown' then s.message end)
                               when s.result = 'unknown' or l.held_for <> s.message then l.held_for end,
               waits_until = case when s.held then n.waits_until
                                  when l.held_for = s.message and s.result <> 'unknown' then null else l.waits_until end
          from (
            select o.hotel_id, o.kind, o.phone_number_id, o.guest_id, k.kept, k.since,
                   case when s.paced then greatest(o.pair_at, clock) + interval '6 seconds' else o.pair_at end as pair_at,
                   greatest(o.not_before, case when s.asked_ms > 0 then clock + s.asked_ms * interval '1 millisecond' end) as not_before,
                   greatest(case when k.kept is null or s.result <> 'unknown' then k.since + s.delay_ms * interval '1 millisecond' end,
                            case when k.keeps then o.waits_until end) as waits_until,
                   o.urgent and exists (
                     select from ${schema}.work w
                      where w.hotel_id = hotel and w.kind = s.kind and w.phone_number_id = s.number and w.guest_id = s.guest
                        and w.urgent and w.dead_at is null
                   ) as urgent
              from ${schema}.lanes o
             -- What is urgent has overtaken those who wait for another's fate: they wait on, for that one's alone.
             cross join lateral (select coalesce(was_urgent and o.waits_until > clock, false) as keeps) w
             cross join lateral (
               select w.keeps, case when w.keeps then o.held_for end as kept,
                      -- While the number pauses, what comes next has waited since it was written: its time runs out all the same.
                      coalesce(case when s.result not in ('retry', 'unknown') then (
                        select next.created_at from ${schema}.numbers n
                         cross join lateral (
                           select w.created_at from ${schema}.work w
                            where w.hotel_id = hotel and w.kind = s.kind and w.phone_number_id = s.number and w.guest_id = s.guest
                              and w.dead_at is null
                            order by w.urgent desc, w.position limit 1
                         ) next
                         where n.hotel_id = hotel and n.phone_number_id = s.number and (n.probing or n.paused_until > clock)
                      ) end, clock) as since
             ) k
             where o.hotel_id = hotel and o.kind = s.kind and o.phone_number_id = s.number and o.guest_id = s.guest
            offset 0
          ) n
         where l.hotel_id = n.hotel_id and l.kind = n.kind and l.phone_number_id = n.phone_number_id and l.guest_id = n.guest_id;
      end loop;
      told := ${schema}.pause_senders_1(hotel, settlements, clock);
      bodies := bodies || told;
      conversations := conversations || array_fill(null::text, array[cardinality(told)]);
      return query select * from ${schema}.write_events_1(hotel, bodies, conversations);
    end $body$;

    -- Failures of one hotel: [{ kind, number, guest, epoch, work, code, retry_ms }].
    create function ${schema}.fail_1(hotel text, failures text)
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
        select x.* from ${rowsOf("failures::json", "kind text, number text, guest text, epoch bigint, work text, code text, retry_ms double precision")}
          join ${schema}.lanes l
            on l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
         where l.epoch = x.epoch and l.leased_until is not null
         order by x.kind, x.number, x.guest
           for update of l
      loop
        update ${schema}.work set attempts = attempts + 1, code = f.code, dead_at = case when f.retry_ms is null then clock end
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

    -- Dead work goes to the end of its lane again.
    create function ${schema}.replay_1(wanted text, hotels text, audit text) returns boolean language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      w record;
      last bigint;
      clock timestamptz := ${schema}.desk_now();
    begin
      -- What arrived before stands before it, unless somebody else is just taking that in.
      perform ${schema}.take_in_1();
      select * into w from ${schema}.work
       where id = wanted and dead_at is not null
         and (hotels is null or hotel_id in (select json_array_elements_text(hotels::json)))
         for update;
      if not found then return false; end if;
      update ${schema}.lanes
         set enqueued = enqueued + 1, urgent = urgent or w.urgent,
             due_at = case when kind = 'timer' and leased_until is null then least(due_at, greatest(clock, waits_until))
                           else coalesce(due_at, greatest(clock, waits_until, not_before, ${schema}.pair_wait(pair_at, urgent))) end
       where hotel_id = w.hotel_id and kind = w.kind and phone_number_id = w.phone_number_id and guest_id = w.guest_id
      returning enqueued into last;
      update ${schema}.work set position = last, attempts = 0, code = null, dead_at = null
       where hotel_id = w.hotel_id and id = wanted;
      insert into ${schema}.audit_entries
        select w.hotel_id, x.id, x.actor_kind, x.actor_id, x.action, x.reason, x.target_kind, x.target_id, clock
          from json_to_record(audit::json) as x(id text, actor_kind text, actor_id text, action text, reason text, target_kind text, target_id text);
      return true;
    end $body$;
  `,
};
