import type { Migration } from "../migrate.js";
import { VERB, rowsOf } from "./verb.js";

/** Storing decisions: one statement for a batch of one hotel's changes, all or nothing. */
export const commit: Migration = {
  id: 3,
  name: "commit",
  breaking: false,
  sql: (schema) => `
    -- Lock order: inbound lanes, chats, conversations, guests, lanes of new work, the hotel's counter last; each sorted.
    -- Each list is a parameter of its own, so that none is read for another. "change" is the number of the change it belongs to.
    create function ${schema}.commit_1(hotel text, lanes text, completes text, failed text, chats text, conversations text, guests text,
      addresses text, messages text, prompts text, participants text, events text, audit text, work text)
    returns table (outcome text, changes integer[], first_event bigint, at timestamptz) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      stale integer[];
      base bigint;
      -- The work that is not stored yet.
      added json;
      count integer := json_array_length(events::json);
    begin
      perform 1 from ${rowsOf("lanes::json", "kind text, number text, guest text")}
        join ${schema}.lanes l
          on l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
       order by l.kind, l.phone_number_id, l.guest_id for update of l;
      select array_agg(x.change order by x.change) into stale
        from ${rowsOf("lanes::json", "change integer, kind text, number text, guest text, epoch bigint, last text, completed integer")}
        left join ${schema}.lanes l
          on l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
       where l.epoch is distinct from x.epoch or l.leased_until is null
          -- Only a lane's first items can be done: the last of them is as far from its beginning as there are of them.
          or x.completed > 0 and (select w.position from ${schema}.work w where w.hotel_id = x.hotel and w.id = x.last) is distinct from (
            select w.position from ${schema}.work w
             where w.hotel_id = x.hotel and w.kind = x.kind and w.phone_number_id = x.number and w.guest_id = x.guest and w.dead_at is null
             order by w.position offset x.completed - 1 limit 1);
      if stale is not null then
        return query select 'fenced', stale, null::bigint, clock;
        return;
      end if;

      perform 1 from ${rowsOf("chats::json", "number text, guest text")}
        join ${schema}.chats c
          on c.hotel_id = x.hotel and c.phone_number_id = x.number and c.guest_id = x.guest
       order by c.phone_number_id, c.guest_id for update of c;
      perform 1 from ${rowsOf("conversations::json", "id text")}
        join ${schema}.conversations c on c.hotel_id = x.hotel and c.id = x.id
       order by c.id for update of c;
      -- Version 0 says that it is not stored yet.
      select array_agg(distinct found.change order by found.change) into stale from (
        select x.change
          from ${rowsOf("chats::json", "change integer, number text, guest text, version integer")}
          left join ${schema}.chats c on c.hotel_id = x.hotel and c.phone_number_id = x.number and c.guest_id = x.guest
         where coalesce(c.version, 0) <> x.version
        union all
        select x.change
          from ${rowsOf("conversations::json", "change integer, id text, version integer")}
          left join ${schema}.conversations c on c.hotel_id = x.hotel and c.id = x.id
         where coalesce(c.version, 0) <> x.version
        union all
        -- The same thing twice in one batch: the first has it.
        select twice.change from (
          select x.change, row_number() over (partition by x.number, x.guest order by x.change) as n
            from json_to_recordset(chats::json) as x(change integer, number text, guest text)
          union all
          select x.change, row_number() over (partition by x.id order by x.change)
            from json_to_recordset(conversations::json) as x(change integer, id text)
        ) twice where twice.n > 1
      ) found;
      if stale is not null then
        return query select 'conflict', stale, null::bigint, clock;
        return;
      end if;

      insert into ${schema}.chats
        select hotel, x.number, x.guest, x.version + 1, x.current, x.last_inbound_at, x.window_closes_at, x.menu_sent_at
          from json_to_recordset(chats::json) as x(number text, guest text, version integer, current text,
            last_inbound_at timestamptz, window_closes_at timestamptz, menu_sent_at timestamptz)
         order by x.number, x.guest
        on conflict (hotel_id, phone_number_id, guest_id) do update
          set version = excluded.version, current_conversation_id = excluded.current_conversation_id,
              last_inbound_at = excluded.last_inbound_at, window_closes_at = excluded.window_closes_at,
              menu_sent_at = excluded.menu_sent_at;

      -- Whoever leaves a place, by closing or to another department, leaves it before anybody comes to it.
      update ${schema}.conversations c set status = 'closed'
        from (
          select stored.hotel_id, stored.id
            from ${rowsOf("conversations::json", "id text, department text, version integer")}
           cross join lateral (
             select * from ${schema}.conversations o where o.hotel_id = x.hotel and o.id = x.id offset 0
           ) stored
           where x.version > 0 and stored.status = 'open' and stored.department_id is distinct from x.department
          offset 0
        ) left_behind
       where c.hotel_id = left_behind.hotel_id and c.id = left_behind.id;
      for step in 1..2 loop
      update ${schema}.conversations c
         set phone_number_id = x.number, department_id = x.department, status = x.status, speaker = x.speaker,
             version = x.version + 1, last_seq = x.last_seq, read_seq = x.read_seq, last_message_at = x.last_message_at,
             last_message_preview = x.preview, last_message_from = x.last_from,
             last_guest_message_at = x.last_guest_message_at, closed_at = x.closed_at, continued_in = x.continued_in
        from ${rowsOf("conversations::json", "id text, number text, department text, status text, speaker text, version integer, last_seq integer, read_seq integer, last_message_at timestamptz, preview text, last_from text, last_guest_message_at timestamptz, closed_at timestamptz, continued_in text")}
       where c.hotel_id = x.hotel and c.id = x.id and x.version > 0 and (x.status = 'closed') = (step = 1);
      end loop;
      insert into ${schema}.conversations
        select hotel, x.id, x.guest, x.number, x.department, x.mode, x.status, x.speaker, 1, x.last_seq, x.read_seq, x.created_at,
               x.last_message_at, x.preview, x.last_from, x.last_guest_message_at, x.closed_at, x.continued_in
          from json_to_recordset(conversations::json) as x(id text, guest text, number text, department text, mode text,
            status text, speaker text, version integer, last_seq integer, read_seq integer, created_at timestamptz,
            last_message_at timestamptz, preview text, last_from text, last_guest_message_at timestamptz,
            closed_at timestamptz, continued_in text)
         where x.version = 0
         order by x.guest, x.id;

      perform 1 from ${rowsOf("guests::json", "id text")}
        join ${schema}.guests g on g.hotel_id = x.hotel and g.id = x.id
       order by g.id for update of g;
      update ${schema}.guests g set name = x.name, display_name = x.display_name
        from ${rowsOf("guests::json", "id text, name text, display_name text")}
       where g.hotel_id = x.hotel and g.id = x.id and x.name is not null;
      insert into ${schema}.guest_addresses
        select hotel, x.kind, x.value, x.guest, x.evidence, clock
          from json_to_recordset(addresses::json) as x(kind text, value text, guest text, evidence text)
         order by x.kind desc, x.value
        on conflict do nothing;

      delete from ${schema}.work w using ${rowsOf("completes::json", "id text")}
       where w.hotel_id = x.hotel and w.id = x.id;
      update ${schema}.work w
         set attempts = w.attempts + 1, code = x.code, dead_at = case when x.retry_ms is null then clock end
        from ${rowsOf("failed::json", "id text, code text, retry_ms double precision")}
       where w.hotel_id = x.hotel and w.id = x.id;
      update ${schema}.lanes l
         set done = l.done + x.done, leased_until = null,
             due_at = case when l.enqueued > l.done + x.done then clock + x.delay_ms * interval '1 millisecond' end
        from ${rowsOf("lanes::json", "kind text, number text, guest text, done integer, delay_ms double precision")}
       where l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest;

      select coalesce(json_agg(x), '[]') into added
        from ${rowsOf("work::json", "ord integer, id text, kind text, number text, guest text, payload text")}
       where not exists (select 1 from ${schema}.work o where o.hotel_id = x.hotel and o.id = x.id);
      insert into ${schema}.lanes (hotel_id, kind, phone_number_id, guest_id, enqueued, due_at)
        select hotel, x.kind, x.number, x.guest, count(*), clock
          from json_to_recordset(added) as x(kind text, number text, guest text) group by 1, 2, 3, 4 order by 2, 3, 4
        on conflict (hotel_id, kind, phone_number_id, guest_id) do update
          set enqueued = lanes.enqueued + excluded.enqueued, due_at = coalesce(lanes.due_at, greatest(excluded.due_at, lanes.waits_until));
      insert into ${schema}.work (hotel_id, kind, phone_number_id, guest_id, position, id, payload, created_at)
        select hotel, x.kind, x.number, x.guest,
               l.enqueued + 1 - row_number() over (partition by x.kind, x.number, x.guest order by x.ord desc), x.id, x.payload, clock
          from ${rowsOf("added", "ord integer, id text, kind text, number text, guest text, payload text")}
          join ${schema}.lanes l
            on l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest;

      insert into ${schema}.hotel_counters (hotel_id, last_event) values (hotel, count)
        on conflict (hotel_id) do update set last_event = hotel_counters.last_event + excluded.last_event
        returning last_event - count into base;

      insert into ${schema}.messages (hotel_id, id, conversation_id, seq, event_seq, direction, author_kind, author_id, author_name,
          content, search_text, status, failure, wamid, quoted_wamid, context, attempt_id, client_message_id, is_flow, flow_id, flow_step,
          flow_step_result, reasons, sent_at, created_at)
        select hotel, x.id, x.conversation, x.seq, base + x.event, x.direction, x.author_kind, x.author_id, x.author_name,
               x.content, x.search_text, x.status, x.failure, x.wamid, x.quoted, x.context, x.attempt, x.client, x.flow_id is not null, x.flow_id, x.flow_step,
               x.flow_result, x.reasons, x.sent_at, x.created_at
          from json_to_recordset(messages::json) as x(id text, conversation text, seq integer, event integer, direction text,
            author_kind text, author_id text, author_name text, content text, search_text text, status text, failure text,
            wamid text, quoted text, context text, attempt text, client text, flow_id text, flow_step text, flow_result text, reasons text,
            sent_at timestamptz, created_at timestamptz)
        on conflict (hotel_id, id) do nothing;
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
      insert into ${schema}.events
        select hotel, base + x.n, clock, x.conversation, x.department, x.body
          from json_to_recordset(events::json) as x(n integer, conversation text, department text, body text);
      insert into ${schema}.audit_entries
        select hotel, x.id, x.actor_kind, x.actor_id, x.action, x.reason, x.target_kind, x.target_id, x.at
          from json_to_recordset(audit::json) as x(id text, actor_kind text, actor_id text, action text, reason text,
            target_kind text, target_id text, at timestamptz)
        on conflict do nothing;

      return query select 'committed', null::integer[], base + 1, clock;
    end $body$;
  `,
};
