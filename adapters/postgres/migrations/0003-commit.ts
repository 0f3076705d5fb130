import type { Migration } from "../migrate.js";
import { nextTimer, VERB, rowsOf } from "./verb.js";

/** Storing decisions: one statement for a batch of one hotel's changes, all or nothing. */
export const commit: Migration = {
  id: 3,
  name: "commit",
  breaking: false,
  sql: (schema) => `
    -- Lock order: wamids, the lanes in hand and those of timers, assignments and commands that get work, chats, conversations, runs of flows, stays, tasks, guests, addresses, lanes of new work, messages, templates, the hotel's counter last;
    -- each sorted. Each list is a parameter of its own, so that none is read for another. "change" is the number of the change it
    -- belongs to. "rises" are the events of echoes that joined what was parked under them and of messages whose status a person told,
    -- "joined" those echoes. "named" are the messages that come live with a wamid.
    create function ${schema}.commit_1(hotel text, lanes text, completes text, failed text, chats text, conversations text, guests text,
      addresses text, retires text, merges text, messages text, named text, echoes text, amendments text, remarks text, prompts text, participants text, events text,
      audit text, work text, consents text, templates text, mentions text, timings text, runs text,
        attachments text, attached text, stays text, tasks text)
    returns table (outcome text, changes integer[], first_event bigint, at timestamptz, rises json, joined json)
    language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      stale integer[];
      base bigint;
      -- The work that is not stored yet.
      added json;
      count integer := json_array_length(events::json);
      -- Of the chats and conversations that are written, what is looked at more than once: a list for each field.
      talks record;
      places record;
      leaves boolean;
      -- The chats and guests that are written, those of merges included.
      touched record;
      people json := guests::json;
      moved json;
      parked record;
      conversation text;
      bodies text[] := '{}';
      told text[];
      concerned text[] := '{}';
      rises json;
      joined json;
    begin
      if echoes <> '[]' then
        -- A report that comes just now, and whoever is about to record the wamid, waits.
        perform pg_advisory_xact_lock(hashtextextended(w.wamid, 7)) from (
          select distinct x.wamid from json_to_recordset(echoes::json) as x(wamid text, locked boolean) where x.locked order by 1
        ) w;
      end if;
      -- Who fires a timer, assigns, or does a command, has the lane when they come to the conversation: so whoever comes from there has it too.
      perform 1 from (
          select hotel as hotel, r.* from (
            select * from json_to_recordset(lanes::json) as r(kind text, number text, guest text)
            union all
            select * from json_to_recordset(work::json) as r(kind text, number text, guest text) where r.kind in ('timer', 'assignment', 'command')
          ) r offset 0
        ) x
        join ${schema}.lanes l
          on l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
       order by l.kind, l.phone_number_id, l.guest_id for update of l;
      select array_agg(x.change order by x.change) into stale
        from ${rowsOf("lanes::json", "change integer, kind text, number text, guest text, epoch bigint, last text, completed integer")}
        left join ${schema}.lanes l
          on l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
       where l.epoch is distinct from x.epoch or l.leased_until is null
          -- Only a lane's first items can be done: the last of them is as far from its beginning as there are of them. Timers come
          -- due in an order of their own: the last of them has to stand there still.
          or x.completed > 0 and x.kind = 'timer' and not exists (
            select from ${schema}.work w where w.hotel_id = x.hotel and w.id = x.last and w.dead_at is null)
          or x.completed > 0 and x.kind <> 'timer' and (select w.position from ${schema}.work w where w.hotel_id = x.hotel and w.id = x.last) is distinct from (
            select w.position from ${schema}.work w
             where w.hotel_id = x.hotel and w.kind = x.kind and w.phone_number_id = x.number and w.guest_id = x.guest and w.dead_at is null
             order by w.position offset x.completed - 1 limit 1);
      if stale is not null then
        return query select 'fenced', stale, null::bigint, clock, null::json, null::json;
        return;
      end if;

      select array_agg(x.change) as changes, array_agg(x.number) as numbers, array_agg(x.guest) as guests, array_agg(x.version) as versions
        into talks
        from json_to_recordset(chats::json) as x(change integer, number text, guest text, version integer);
      select array_agg(x.change) as changes, array_agg(x.id) as ids, array_agg(x.version) as versions, array_agg(x.department) as departments,
             bool_or(x.version = 0) as begins, bool_or(x.version > 0 and x.status = 'closed') as closes
        into places
        from json_to_recordset(conversations::json) as x(change integer, id text, version integer, department text, status text);
      select talks.numbers, talks.guests into touched;
      if merges <> '[]' then
        select json_agg(u) into people from (
          select x.id from json_to_recordset(guests::json) as x(id text)
          union
          select p.id from json_to_recordset(merges::json) as x(guest text, target text) cross join lateral (values (x.guest), (x.target)) as p(id)
        ) u;
        select coalesce(json_agg(json_build_object('number', c.phone_number_id, 'guest', c.guest_id)), '[]') into moved from (
          select distinct c.phone_number_id, c.guest_id
            from json_to_recordset(merges::json) as x(guest text, target text)
           cross join lateral (values (x.guest), (coalesce(x.target, ${schema}.root_1(hotel, x.guest)))) as p(id)
           cross join lateral ${schema}.chats_of_1(hotel, p.id) c
        ) c;
        select array_agg(u.number) as numbers, array_agg(u.guest) as guests into touched from (
          select x.number, x.guest from unnest(talks.numbers, talks.guests) as x(number, guest)
          union
          select x.number, x.guest from json_to_recordset(moved) as x(number text, guest text)
        ) u;
      end if;
      perform 1 from (select hotel as hotel, u.* from unnest(touched.numbers, touched.guests) as u(number, guest) offset 0) x
        join ${schema}.chats c
          on c.hotel_id = x.hotel and c.phone_number_id = x.number and c.guest_id = x.guest
       order by c.phone_number_id, c.guest_id for update of c;
      perform 1 from (select hotel as hotel, u.* from unnest(places.ids) as u(id) offset 0) x
        join ${schema}.conversations c on c.hotel_id = x.hotel and c.id = x.id
       order by c.id for update of c;
      if runs <> '[]' then
        stale := ${schema}.stale_runs_1(hotel, runs);
        if stale is not null then
          return query select 'conflict', stale, null::bigint, clock, null::json, null::json;
          return;
        end if;
      end if;
      if stays <> '[]' or tasks <> '[]' then
        stale := ${schema}.stale_stays_1(hotel, stays, tasks);
        if stale is not null then
          return query select 'conflict', stale, null::bigint, clock, null::json, null::json;
          return;
        end if;
      end if;
      perform 1 from ${rowsOf("people", "id text")}
        join ${schema}.guests g on g.hotel_id = x.hotel and g.id = x.id
       order by g.id for update of g;
      -- Version 0 says that it is not stored yet. The same thing twice in one batch: the first has it.
      select array_agg(x.change) filter (where coalesce(c.version, 0) <> x.version or x.nth > 1) into stale
        from (
          select hotel as hotel, u.*, row_number() over (partition by u.number, u.guest order by u.change) as nth
            from unnest(talks.changes, talks.numbers, talks.guests, talks.versions) as u(change, number, guest, version)
          offset 0
        ) x
        left join ${schema}.chats c on c.hotel_id = x.hotel and c.phone_number_id = x.number and c.guest_id = x.guest;
      select stale || array_agg(x.change) filter (where coalesce(c.version, 0) <> x.version or x.nth > 1),
             bool_or(c.status = 'open' and c.department_id is distinct from x.department)
        into stale, leaves
        from (
          select hotel as hotel, u.*, row_number() over (partition by u.id order by u.change) as nth
            from unnest(places.changes, places.ids, places.versions, places.departments) as u(change, id, version, department)
          offset 0
        ) x
        left join ${schema}.conversations c on c.hotel_id = x.hotel and c.id = x.id;
      if stale is not null then
        stale := array(select distinct u.change from unnest(stale) as u(change) order by 1);
      end if;
      if stale is not null then
        return query select 'conflict', stale, null::bigint, clock, null::json, null::json;
        return;
      end if;
      if merges <> '[]' then
        stale := ${schema}.set_merged_1(hotel, merges);
        if stale is not null then
          return query select 'conflict', stale, null::bigint, clock, null::json, null::json;
          return;
        end if;
      end if;

      insert into ${schema}.chats
        select hotel, x.number, x.guest, x.version + 1, x.current, x.last_inbound_at, x.window_closes_at, x.menu_sent_at, x.rating_prompt,
               x.away_until, x.staff_wrote_at, x.automated_since, x.automated_count, x.automated_row, x.automated_at, x.automated_heard
          from json_to_recordset(chats::json) as x(number text, guest text, version integer, current text,
            last_inbound_at timestamptz, window_closes_at timestamptz, menu_sent_at timestamptz, rating_prompt text,
            away_until timestamptz, staff_wrote_at timestamptz, automated_since timestamptz, automated_count integer, automated_row integer,
            automated_at timestamptz, automated_heard integer)
         order by x.number, x.guest
        on conflict (hotel_id, phone_number_id, guest_id) do update
          set version = excluded.version, current_conversation_id = excluded.current_conversation_id,
              last_inbound_at = excluded.last_inbound_at, window_closes_at = excluded.window_closes_at,
              menu_sent_at = excluded.menu_sent_at, rating_prompt_id = excluded.rating_prompt_id,
              away_until = excluded.away_until, staff_wrote_at = excluded.staff_wrote_at,
              automated_since = excluded.automated_since, automated_count = excluded.automated_count,
              automated_row = excluded.automated_row, automated_at = excluded.automated_at, automated_heard = excluded.automated_heard;

      -- Whoever leaves a place, by closing or to another department, leaves it before anybody comes to it.
      if leaves then
        update ${schema}.conversations c set status = 'closed'
          from (
            select stored.hotel_id, stored.id
              from (select hotel as hotel, u.* from unnest(places.ids, places.departments) as u(id, department) offset 0) x
             cross join lateral (
               select * from ${schema}.conversations o where o.hotel_id = x.hotel and o.id = x.id offset 0
             ) stored
             where stored.status = 'open' and stored.department_id is distinct from x.department
            offset 0
          ) left_behind
         where c.hotel_id = left_behind.hotel_id and c.id = left_behind.id;
      end if;
      for step in 1..2 loop
      continue when step = 1 and not coalesce(places.closes, false);
      update ${schema}.conversations c
         set phone_number_id = x.number, department_id = x.department, status = x.status, speaker = x.speaker,
             version = x.version + 1, last_seq = x.last_seq, read_seq = x.read_seq, last_message_at = x.last_message_at,
             last_message_preview = x.preview, preview_message_id = x.preview_message_id, last_message_from = x.last_from, imported = x.imported,
             last_guest_message_at = x.last_guest_message_at, waiting_since = x.waiting_since, closed_at = x.closed_at, continued_in = x.continued_in,
             assignee_id = x.assignee, priority = x.priority, tags = x.tags, snoozed_until = x.snoozed_until,
             episode = x.episode, episode_at = x.episode_at, asked_at = x.asked_at, answered_at = x.answered_at, answered_by = x.answered_by, rating = x.rating
        from ${rowsOf("conversations::json", "id text, number text, department text, status text, speaker text, version integer, last_seq integer, read_seq integer, last_message_at timestamptz, preview text, preview_message_id text, last_from text, last_guest_message_at timestamptz, waiting_since timestamptz, closed_at timestamptz, continued_in text, imported boolean, assignee text, priority text, tags text[], snoozed_until timestamptz, episode integer, episode_at timestamptz, asked_at timestamptz, answered_at timestamptz, answered_by text, rating text")}
       where c.hotel_id = x.hotel and c.id = x.id and x.version > 0 and (x.status = 'closed') = (step = 1);
      end loop;
      if places.begins then
      insert into ${schema}.conversations
        select hotel, x.id, x.guest, x.number, x.department, x.mode, x.status, x.speaker, 1, x.last_seq, x.read_seq, x.created_at,
               x.last_message_at, x.preview, x.preview_message_id, x.last_from, x.last_guest_message_at, x.waiting_since, x.closed_at, x.continued_in, x.imported,
               x.assignee, x.priority, x.tags, x.snoozed_until, x.episode, x.episode_at, x.asked_at, x.answered_at, x.answered_by, x.rating
          from json_to_recordset(conversations::json) as x(id text, guest text, number text, department text, mode text,
            status text, speaker text, version integer, last_seq integer, read_seq integer, created_at timestamptz,
            last_message_at timestamptz, preview text, preview_message_id text, last_from text, last_guest_message_at timestamptz, waiting_since timestamptz,
            closed_at timestamptz, continued_in text, imported boolean, assignee text, priority text, tags text[], snoozed_until timestamptz,
            episode integer, episode_at timestamptz, asked_at timestamptz, answered_at timestamptz, answered_by text, rating text)
         where x.version = 0
         order by x.guest, x.id;
      end if;

      if runs <> '[]' then perform ${schema}.put_runs_1(hotel, runs); end if;
      if stays <> '[]' or tasks <> '[]' then perform ${schema}.put_stays_1(hotel, stays, tasks); end if;

      update ${schema}.guests g
         set name = coalesce(x.name, g.name), display_name = coalesce(x.display_name, g.display_name), username = coalesce(x.username, g.username), language = coalesce(x.language, g.language),
             name_words = coalesce(x.name_words, g.name_words), username_words = coalesce(x.username_words, g.username_words)
        from (
          select x.*, ${schema}.root_1(x.hotel, x.id) as root
            from ${rowsOf("guests::json", "id text, name text, display_name text, username text, language text, name_words text, username_words text")}
           where x.name is not null or x.username is not null or x.language is not null
          offset 0
        ) x
       where g.hotel_id = x.hotel and g.id = x.root;
      if addresses <> '[]' or retires <> '[]' then perform ${schema}.learn_addresses_1(hotel, clock, addresses, retires); end if;
      if merges <> '[]' then
        -- What was decided about either of them before is decided again.
        update ${schema}.chats c set version = c.version + 1
          from ${rowsOf("moved", "number text, guest text")}
         where c.hotel_id = x.hotel and c.phone_number_id = x.number and c.guest_id = x.guest;
        perform ${schema}.join_merged_1(hotel, merges);
      end if;

      delete from ${schema}.work w using ${rowsOf("completes::json", "id text")}
       where w.hotel_id = x.hotel and w.id = x.id;
      update ${schema}.work w
         set attempts = w.attempts + 1, code = x.code, dead_at = case when x.retry_ms is null then clock end
        from ${rowsOf("failed::json", "id text, code text, retry_ms double precision")}
       where w.hotel_id = x.hotel and w.id = x.id;
      update ${schema}.lanes l
         set done = l.done + x.done, leased_until = null,
             due_at = case when l.enqueued > l.done + x.done then greatest(clock + x.delay_ms * interval '1 millisecond',
               case when l.kind = 'timer' then ${nextTimer(schema, "l")} end) end,
             waits_until = case when l.kind = 'timer' then clock + x.delay_ms * interval '1 millisecond' else l.waits_until end
        from ${rowsOf("lanes::json", "kind text, number text, guest text, done integer, delay_ms double precision")}
       where l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest;

      select coalesce(json_agg(x), '[]') into added
        from ${rowsOf("work::json", "ord integer, id text, kind text, number text, guest text, payload text, urgent boolean, due_at timestamptz")}
       where not exists (select 1 from ${schema}.work o where o.hotel_id = x.hotel and o.id = x.id);
      insert into ${schema}.lanes (hotel_id, kind, phone_number_id, guest_id, enqueued, due_at, urgent)
        select hotel, x.kind, x.number, x.guest, count(*), min(coalesce(x.due_at, clock)), bool_or(x.urgent)
          from json_to_recordset(added) as x(kind text, number text, guest text, urgent boolean, due_at timestamptz) group by 1, 2, 3, 4 order by 2, 3, 4
        on conflict (hotel_id, kind, phone_number_id, guest_id) do update
          set enqueued = lanes.enqueued + excluded.enqueued, urgent = lanes.urgent or excluded.urgent,
              -- What is urgent waits for nobody but WhatsApp.
              due_at = case when excluded.urgent and lanes.leased_until is null
                              then least(lanes.due_at, greatest(excluded.due_at, lanes.not_before, ${schema}.pair_wait(lanes.pair_at, true)))
                            -- A timer may come due before those that stand there.
                            when lanes.kind = 'timer' and lanes.leased_until is null
                              then least(lanes.due_at, greatest(excluded.due_at, lanes.waits_until))
                            else coalesce(lanes.due_at, greatest(excluded.due_at, lanes.waits_until, lanes.not_before,
                                   ${schema}.pair_wait(lanes.pair_at, lanes.urgent))) end;
      insert into ${schema}.numbers (hotel_id, phone_number_id, refilled_at)
        select distinct hotel, x.number, clock from json_to_recordset(added) as x(kind text, number text)
         where x.kind = 'outbound' and not exists (
           select from ${schema}.numbers n where n.hotel_id = hotel and n.phone_number_id = x.number
         )
         order by 2
        on conflict do nothing;
      insert into ${schema}.work (hotel_id, kind, phone_number_id, guest_id, position, id, payload, created_at, urgent, due_at)
        select hotel, x.kind, x.number, x.guest,
               l.enqueued + 1 - row_number() over (partition by x.kind, x.number, x.guest order by x.ord desc), x.id, x.payload, clock, x.urgent, x.due_at
          from ${rowsOf("added", "ord integer, id text, kind text, number text, guest text, payload text, urgent boolean, due_at timestamptz")}
          join ${schema}.lanes l
            on l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest;

      if named <> '[]' then
        -- What was imported before it came live is stored no more.
        with given_way as (
          delete from ${schema}.messages m
           using (
             select old.hotel_id, old.id
               from ${rowsOf("named::json", "message text, wamid text")}
              cross join lateral (
                 select known.message_id from ${schema}.wamids known where known.hotel_id = x.hotel and known.wamid = x.wamid offset 0
               ) known
              cross join lateral (
                 select old.* from ${schema}.messages old where old.hotel_id = x.hotel and old.id = known.message_id offset 0
               ) old
              where old.event_seq < 0 and not exists (
                select from ${schema}.messages o where o.hotel_id = x.hotel and o.id = x.message offset 0)
              order by old.id offset 0
           ) old
           where m.hotel_id = old.hotel_id and m.id = old.id
          returning m.wamid
        )
        delete from ${schema}.wamids known where known.hotel_id = hotel and known.wamid = any (array(select given_way.wamid from given_way));
      end if;
      if amendments <> '[]' then
        insert into ${schema}.message_amendments
          select hotel, x.wamid, x.id, x.guest, x.by, x.act, x.at, x.attempt, x.words
            from json_to_recordset(amendments::json) as x(wamid text, id text, guest text, by text, act text, at timestamptz, attempt text, words text)
           order by x.wamid, x.id
          on conflict do nothing;
        -- A message is found by what it shows.
        update ${schema}.messages m set search_text = said.words
          from (
            select x.hotel, known.message_id, x.by, last.words
              from ${rowsOf("amendments::json", "wamid text, id text, by text, words text")}
             cross join lateral (
                select known.message_id from ${schema}.wamids known where known.hotel_id = x.hotel and known.wamid = x.wamid offset 0
              ) known
             cross join lateral ${lastWords(schema, "x.hotel", "x.wamid", "x.by")} last
             where x.words is not null and x.id = last.id
             order by x.wamid offset 0
          ) said
         where m.hotel_id = said.hotel and m.id = said.message_id and (m.direction = 'inbound') = (said.by = 'guest');
      end if;

      if remarks <> '[]' then
        for parked in select * from ${schema}.remark_1(hotel, remarks) loop
          bodies := bodies || ${schema}.status_event(parked.message, parked.status);
          concerned := concerned || parked.conversation;
        end loop;
      end if;
      if templates <> '[]' then perform ${schema}.learn_templates_1(hotel, clock, templates); end if;

      insert into ${schema}.hotel_counters (hotel_id, last_event) values (hotel, count)
        on conflict (hotel_id) do update set last_event = hotel_counters.last_event + excluded.last_event
        returning last_event - count into base;

      with added as (
      insert into ${schema}.messages (hotel_id, id, conversation_id, seq, event_seq, direction, author_kind, author_id, author_name,
          content, fallback, search_text, status, failure, billing, wamid, quoted_wamid, context, attempt_id, client_message_id, is_flow, flow_id, flow_run_id, flow_step,
          flow_step_result, reasons, sent_at, created_at)
        select hotel, x.id, x.conversation, x.seq, coalesce(x.place, base + x.event), x.direction, x.author_kind, x.author_id, x.author_name,
               x.content, x.fallback,
               -- It may have been changed before it came.
               coalesce((select last.words from ${lastWords(schema, "hotel", "x.wamid", "case x.direction when 'inbound' then 'guest' else 'device' end")} last), x.search_text), x.status, x.failure, x.billing, x.wamid, x.quoted, x.context, x.attempt, x.client, x.flow_id is not null, x.flow_id, x.flow_run, x.flow_step,
               x.flow_result, x.reasons, x.sent_at, x.created_at
          from json_to_recordset(messages::json) as x(id text, conversation text, seq integer, event integer, place bigint, direction text,
            author_kind text, author_id text, author_name text, content text, fallback text, search_text text, status text, failure text, billing text,
            wamid text, quoted text, context text, attempt text, client text, flow_id text, flow_run text, flow_step text, flow_result text, reasons text,
            sent_at timestamptz, created_at timestamptz)
        on conflict (hotel_id, id) do nothing
        returning id, wamid
      )
      insert into ${schema}.wamids select hotel, added.wamid, added.id from added where added.wamid is not null;
      insert into ${schema}.prompts
        select hotel, x.id, x.guest, x.number, x.conversation, x.message, x.kind, x.options, x.created_at
          from json_to_recordset(prompts::json) as x(id text, guest text, number text, conversation text, message text,
            kind text, options text, created_at timestamptz)
        on conflict do nothing;
      insert into ${schema}.conversation_participants
        select distinct on (x.conversation, x.kind, x.id) hotel, x.conversation, x.kind, x.id, x.read_seq, clock
          from json_to_recordset(participants::json) as x(conversation text, kind text, id text, read_seq integer)
         order by x.conversation, x.kind, x.id, x.read_seq desc
        on conflict (hotel_id, conversation_id, kind, participant_id) do update
          set read_seq = greatest(conversation_participants.read_seq, excluded.read_seq);
      if consents <> '[]' then
        insert into ${schema}.consents
          select hotel, x.id, x.guest, x.scope, x.wish, x.source, x.evidence, x.at, x.recorded_at
            from json_to_recordset(consents::json) as x(id text, guest text, scope text, wish text, source text, evidence text,
              at timestamptz, recorded_at timestamptz)
           order by x.id
          on conflict do nothing;
      end if;
      if mentions <> '[]' then
        insert into ${schema}.mentions
          select hotel, x.staff, x.message, x.conversation, x.at
            from json_to_recordset(mentions::json) as x(staff text, message text, conversation text, at timestamptz)
           order by x.staff, x.message
          on conflict do nothing;
      end if;
      if attachments <> '[]' then
        insert into ${schema}.attachments (hotel_id, id, conversation_id, guest_id, phone_number_id, kind, direction, said, state, reason, purpose, created_at, version)
          select hotel, x.id, x.conversation, x.guest, x.number, x.kind, x.direction, x.said, x.state, x.reason, x.purpose, x.created_at, 1
            from json_to_recordset(attachments::json) as x(id text, conversation text, guest text, number text, kind text, direction text, said text,
              state text, reason text, purpose text, created_at timestamptz)
           order by x.id
          on conflict do nothing;
      end if;
      if attached <> '[]' then
        insert into ${schema}.message_attachments
          select x.hotel, x.message, a.id from ${rowsOf("attached::json", "message text, attachment text")}
           cross join lateral (select a.id from ${schema}.attachments a where a.hotel_id = x.hotel and a.id = x.attachment offset 0) a
           order by x.message
          on conflict do nothing;
      end if;
      if timings <> '[]' then
        insert into ${schema}.timings
          select hotel, x.conversation, x.episode, x.kind, x.department, x.staff, x.since, x.at, x.unanswered, x.score, x.open_ms
            from json_to_recordset(timings::json) as x(conversation text, episode integer, kind text, department text, staff text,
              since timestamptz, at timestamptz, unanswered boolean, score smallint, open_ms bigint)
           order by x.conversation, x.episode, x.kind
          on conflict do nothing;
      end if;
      insert into ${schema}.events
        select hotel, base + x.n, clock, x.conversation, x.department, x.body
          from json_to_recordset(events::json) as x(n integer, conversation text, department text, body text);
      insert into ${schema}.audit_entries
        select hotel, x.id, x.actor_kind, x.actor_id, x.action, x.reason, x.target_kind, x.target_id, x.at
          from json_to_recordset(audit::json) as x(id text, actor_kind text, actor_id text, action text, reason text,
            target_kind text, target_id text, at timestamptz)
        on conflict do nothing;

      if echoes <> '[]' then
        for parked in
          delete from ${schema}.parked_statuses p using ${rowsOf("echoes::json", "wamid text, message text")}
           where p.hotel_id = x.hotel and p.wamid = x.wamid
          returning x.wamid, x.message, p.status, p.failure, p.billing, p.at
        loop
          conversation := ${schema}.raise_status_1(hotel, parked.message, parked.status, parked.wamid, parked.failure, parked.billing,
            ${schema}.status_reason(parked.status, parked.failure, clock), false);
          if conversation is not null then
            told := ${schema}.status_events_1(hotel, parked.message, parked.status, parked.failure, parked.at);
            bodies := bodies || told;
            concerned := concerned || array_fill(conversation, array[cardinality(told)]);
          end if;
        end loop;
        select json_agg(m) into joined
          from ${rowsOf("echoes::json", "message text")} join ${schema}.messages m on m.hotel_id = x.hotel and m.id = x.message;
      end if;
      if bodies <> '{}' then
        select json_agg(e order by e.seq) into rises from ${schema}.write_events_1(hotel, bodies, concerned) e;
      end if;
      return query select 'committed', null::integer[], base + 1, clock, rises, joined;
    end $body$;
  `,
};

/**
 * The words that a message has by what was done to it, by whoever may: none once it was deleted, else those of its last edit, else
 * those that could not be read at first.
 */
const lastWords = (schema: string, hotel: string, wamid: string, by: string): string => `(
               select a.id, a.words from ${schema}.message_amendments a
                where a.hotel_id = ${hotel} and a.wamid = ${wamid} and a.by = ${by} and a.words is not null
                order by starts_with(a.act, '{"kind":"revoked"') desc, starts_with(a.act, '{"kind":"edited"') desc, a.at desc, a.id desc
                limit 1)`;
