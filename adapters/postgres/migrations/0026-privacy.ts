import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

const ID = 'text collate "C"';

/** What a commit fails with, as if by a constraint, when it is about a guest who was erased meanwhile. */
export const ERASED_CONFLICT = "guest_erased";

/** How a guest is erased: who they were is forgotten in one transaction, what is kept of them goes in small steps after it. */
export const privacy: Migration = {
  id: 26,
  name: "privacy",
  breaking: false,
  sql: (schema) => `
    -- What addresses of erased guests are hashed with.
    alter table ${schema}.settings add column erasure_salt text not null
      default replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');

    create table ${schema}.erasures (
      hotel_id ${ID} not null,
      id ${ID} not null,
      at timestamptz not null,
      done_at timestamptz,
      -- All who are one person.
      guests text[] not null,
      salt text not null,
      stopped boolean not null default false,
      -- What is needed to find the rest, and emptied when it is done: addresses as JSON text [{ kind, value }], and ids.
      addresses text not null default '[]',
      conversations text[] not null default '{}',
      reservations text[] not null default '{}',
      tasks text[] not null default '{}',
      -- The hotel's numbers behind which they wrote.
      numbers text[] not null default '{}',
      -- Whatever was being written of the guest when it began is written when no transaction below this one is open.
      mark bigint,
      round integer not null default 0,
      step integer not null default 0,
      -- How far the step has gone through its table.
      walked text not null default '',
      primary key (hotel_id, id)
    );
    create index erasures_open on ${schema}.erasures (at) where done_at is null;

    -- Whose id nobody ever has again.
    create table ${schema}.erased_guests (
      hotel_id ${ID} not null,
      guest_id ${ID} not null,
      erasure_id ${ID} not null,
      primary key (hotel_id, guest_id)
    );

    -- key: a dedup key; wamid: of a message; address: salted.
    create table ${schema}.erasure_hashes (
      hotel_id ${ID} not null,
      hash bytea not null,
      kind text not null check (kind in ('key', 'wamid', 'address')),
      erasure_id ${ID} not null,
      primary key (hotel_id, hash, erasure_id)
    );
    create index erasure_hashes_of on ${schema}.erasure_hashes (hotel_id, erasure_id);

    -- Both tables are only ever added to at their end: a page's first and last instant say enough.
    create index webhook_attempts_received on ${schema}.webhook_attempts using brin (received_at) with (autosummarize = on);
    create index dedup_keys_seen on ${schema}.dedup_keys using brin (seen_at) with (autosummarize = on);
    create index mentions_message on ${schema}.mentions (hotel_id, message_id);

    create function ${schema}.address_hash_1(salt text, kind text, value text) returns bytea language sql immutable as
      $$ select sha256(convert_to(salt || kind || ':' || value, 'UTF8')) $$;
    create function ${schema}.wamid_hash_1(wamid text) returns bytea language sql immutable as
      $$ select sha256(convert_to('wamid:' || wamid, 'UTF8')) $$;

    -- Whether JSON names one of these as a value, phones in whatever way they are written.
    create function ${schema}.names_1(written text, words text[]) returns boolean language sql immutable as $$
      select exists (
        select from unnest(words) as w(word) where strpos(translate(written, ' ()+-./', ''), '"' || translate(w.word, ' ()+-./', '') || '"') > 0)
    $$;

    -- Text in base64, as far as it is any: what is none has nothing in it to find.
    create function ${schema}.unpacked_1(packed text) returns bytea language plpgsql immutable as $body$
    begin
      return decode(left(packed, length(packed) / 4 * 4), 'base64');
    exception when others then
      return '';
    end $body$;

    -- Whether bytes have one of these in them.
    create function ${schema}.holds_1(bytes bytea, words text[]) returns boolean language sql immutable as
      $$ select exists (select from unnest(words) as w(word) where position(convert_to(w.word, 'UTF8') in bytes) > 0) $$;

    -- Whoever decided about a guest before they were erased decides again, and finds nobody.
    create function ${schema}.refuse_erased_1() returns trigger language plpgsql as $body$
    begin
      if exists (select from ${schema}.erased_guests e where e.hotel_id = new.hotel_id and e.guest_id = new.guest_id) then
        raise exception using errcode = 'unique_violation', constraint = '${ERASED_CONFLICT}', message = 'the guest was erased';
      end if;
      return new;
    end $body$;
    create trigger chats_not_erased before insert on ${schema}.chats for each row execute function ${schema}.refuse_erased_1();
    create trigger conversations_not_erased before insert on ${schema}.conversations for each row execute function ${schema}.refuse_erased_1();
    create trigger attachments_not_erased before insert on ${schema}.attachments for each row execute function ${schema}.refuse_erased_1();
    create trigger consents_not_erased before insert on ${schema}.consents for each row execute function ${schema}.refuse_erased_1();

    -- What WhatsApp reports of a message that was erased waits for nobody.
    create function ${schema}.refuse_erased_wamid_1() returns trigger language plpgsql as $body$
    begin
      if exists (select from ${schema}.erasure_hashes h where h.hotel_id = new.hotel_id and h.hash = ${schema}.wamid_hash_1(new.wamid)) then
        return null;
      end if;
      return new;
    end $body$;
    create trigger statuses_not_erased before insert on ${schema}.parked_statuses for each row execute function ${schema}.refuse_erased_wamid_1();

    -- Who wanted no offers is sent none when their address comes back: looked at when all of the transaction is there.
    create function ${schema}.keep_stop_1() returns trigger language plpgsql as $body$
    declare
      who text;
      clock timestamptz;
    begin
      if not exists (select from ${schema}.erasures e where e.hotel_id = new.hotel_id and e.stopped) then return null; end if;
      if not exists (
        select from ${schema}.erasure_hashes h
          join ${schema}.erasures e on e.hotel_id = h.hotel_id and e.id = h.erasure_id and e.stopped
         where h.hotel_id = new.hotel_id and h.hash in (
           select ${schema}.address_hash_1(s.salt, new.kind, new.value) from (
             select distinct o.salt from ${schema}.erasures o where o.hotel_id = new.hotel_id and o.stopped) s)
      ) then return null; end if;
      select a.guest_id into who from ${schema}.guest_addresses a
        where a.hotel_id = new.hotel_id and a.kind = new.kind and a.value = new.value;
      if who is null then return null; end if;
      clock := ${schema}.desk_now();
      insert into ${schema}.consents (hotel_id, id, guest_id, scope, wish, source, evidence, at, recorded_at)
        values (new.hotel_id, 'cns_kept_' || who, who, 'marketing', 'stop', 'host', null, clock, clock)
        on conflict do nothing;
      return null;
    end $body$;
    create constraint trigger addresses_keep_stop after insert on ${schema}.guest_addresses
      deferrable initially deferred for each row execute function ${schema}.keep_stop_1();
    create index erasures_stopped on ${schema}.erasures (hotel_id) where stopped;

    -- A message may be there a moment longer than its conversation.
    create or replace function ${schema}.status_events_1(hotel text, message text, status text, failure text, at timestamptz)
    returns text[] language plpgsql as $body$
    declare
      who text;
      told text[] := array[${schema}.status_event(message, status)];
    begin
      if status = 'failed' and ${schema}.failure_code(failure) = 'graph_131050' then
        select c.guest_id into who from ${schema}.messages m
          join ${schema}.conversations c on c.hotel_id = m.hotel_id and c.id = m.conversation_id
         where m.hotel_id = hotel and m.id = message;
        if who is not null and ${schema}.record_rejection_1(hotel, who, message, at) then
          told := told || json_build_object('type', 'guest.consent', 'guestId', who, 'wish', 'stop', 'source', 'rejection')::text;
        end if;
      end if;
      return told;
    end $body$;

    -- Of an erasure: the lanes that are a guest's own, or about something of theirs alone.
    create function ${schema}.lanes_of_1(hotel text, subjects text[]) returns table (kind text, number text, subject text)
    language sql stable ${VERB} as $body$
      with recursive numbers as (
        select k.kind, (select l.phone_number_id from ${schema}.lanes l
                         where l.hotel_id = hotel and l.kind = k.kind order by l.phone_number_id limit 1) as number
          from unnest(array['inbound', 'command', 'outbound', 'media', 'timer', 'assignment', 'translation']) as k(kind)
        union all
        select n.kind, (select l.phone_number_id from ${schema}.lanes l
                         where l.hotel_id = hotel and l.kind = n.kind and l.phone_number_id > n.number order by l.phone_number_id limit 1)
          from numbers n where n.number is not null
      )
      select n.kind, n.number, s.id from numbers n cross join unnest(subjects) as s(id) where n.number is not null
    $body$;

    -- Begins an erasure, or looks whether something was written of the guest while it began: who they are, what is to be done for them, and by what the
    -- rest is found, which is then kept in the erasure. Lock order: the erasure, lanes, conversations, guests, addresses, the hotel's counter last.
    create function ${schema}.gather_erasure_1(hotel text, erasure text)
    returns table (gone json, events json) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      e ${schema}.erasures;
      subjects text[];
      convs text[];
      departments text[];
      known json;
      words text[];
      counts jsonb := '{}';
      n bigint;
      base bigint;
      told json;
      w record;
    begin
      select * into e from ${schema}.erasures o where o.hotel_id = hotel and o.id = erasure for update;
      if not found or e.done_at is not null then return; end if;

      select coalesce(json_agg(json_build_object('kind', x.kind, 'value', x.value) order by x.kind, x.value), '[]') into known from (
        select j.kind, j.value from json_to_recordset(e.addresses::json) as j(kind text, value text)
        union
        select a.kind, a.value from unnest(e.guests) as g(id)
         cross join lateral (select * from ${schema}.guest_addresses a where a.hotel_id = hotel and a.guest_id = g.id offset 0) a
        union
        select f.kind, f.value from unnest(e.guests) as g(id)
         cross join lateral (select * from ${schema}.former_addresses f where f.hotel_id = hotel and f.guest_id = g.id offset 0) f
      ) x;
      e.addresses := known::text;
      select coalesce(array_agg(x.value), '{}') into words from json_to_recordset(known) as x(value text);
      words := words || e.guests;
      e.stopped := e.stopped or coalesce((
        select own.wish = 'stop' from unnest(e.guests) as g(id)
         cross join lateral (select * from ${schema}.consents c where c.hotel_id = hotel and c.guest_id = g.id offset 0) own
         order by own.at desc, own.wish desc, own.id limit 1), false);
      insert into ${schema}.erasure_hashes
        select distinct hotel, ${schema}.address_hash_1(e.salt, x.kind, x.value), 'address', erasure
          from json_to_recordset(known) as x(kind text, value text)
        on conflict do nothing;

      select e.reservations || coalesce(array_agg(s.reservation_id), '{}') into e.reservations from (
        select s.reservation_id from unnest(e.guests) as g(id)
         cross join lateral (select * from ${schema}.stays s where s.hotel_id = hotel and s.guest_id = g.id offset 0) s
        union
        select s.reservation_id from json_to_recordset(known) as x(kind text, value text)
         cross join lateral (
           select * from ${schema}.stays s where s.hotel_id = hotel and s.address_kind = x.kind and s.address = x.value offset 0) s
      ) s;
      select coalesce(array_agg(c.id order by c.id), '{}') into convs from unnest(e.guests) as g(id)
       cross join lateral (
         select o.id from ${schema}.conversations o where o.hotel_id = hotel and o.guest_id = g.id and o.status = 'open'
         union all
         select o.id from ${schema}.conversations o where o.hotel_id = hotel and o.guest_id = g.id and o.status = 'closed'
       ) c;
      e.conversations := e.conversations || convs;
      select array(
        select n.number from unnest(e.numbers) as n(number)
        union
        select o.phone_number_id from unnest(convs) as c(id)
         cross join lateral (select * from ${schema}.conversations o where o.hotel_id = hotel and o.id = c.id offset 0) o
      ) into e.numbers;
      select e.tasks || coalesce(array_agg(t.id), '{}') into e.tasks from unnest(convs) as c(id)
       cross join lateral (select * from ${schema}.tasks t where t.hotel_id = hotel and t.conversation_id = c.id offset 0) t;

      -- Nobody who has a lane of theirs in hand commits any more: the lane is gone, and so is what stood in it.
      subjects := e.guests || e.conversations || e.tasks || array(select 'stay_' || r.id from unnest(e.reservations) as r(id));
      perform from (select * from ${schema}.lanes_of_1(hotel, subjects) offset 0) x
        join ${schema}.lanes l on l.hotel_id = hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.subject
       order by l.kind, l.phone_number_id, l.guest_id for update of l;
      delete from ${schema}.work w using (select * from ${schema}.lanes_of_1(hotel, subjects) offset 0) x
       where w.hotel_id = hotel and w.kind = x.kind and w.phone_number_id = x.number and w.guest_id = x.subject;
      get diagnostics n = row_count;
      counts := counts || jsonb_build_object('work', n);
      delete from ${schema}.lanes l using (select * from ${schema}.lanes_of_1(hotel, subjects) offset 0) x
       where l.hotel_id = hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.subject;
      get diagnostics n = row_count;
      counts := counts || jsonb_build_object('lanes', n);
      -- Commands in lanes that others share: for addresses, for reservations that nobody had heard of.
      n := 0;
      for w in
        select o.kind, o.phone_number_id as number, o.guest_id as guest, o.position, o.dead_at is null as waits from ${schema}.work o
         where o.hotel_id = hotel and o.kind = 'command' and ${schema}.names_1(o.payload, words)
         order by 1, 2, 3, 4
      loop
        perform from ${schema}.lanes l
          where l.hotel_id = hotel and l.kind = w.kind and l.phone_number_id = w.number and l.guest_id = w.guest for update;
        delete from ${schema}.work o
         where o.hotel_id = hotel and o.kind = w.kind and o.phone_number_id = w.number and o.guest_id = w.guest and o.position = w.position;
        continue when not found;
        n := n + 1;
        continue when not w.waits;
        -- Whoever has it in hand finds that it is not his any more.
        update ${schema}.lanes l
           set done = l.done + 1, epoch = l.epoch + 1, leased_until = null,
               due_at = case when l.enqueued > l.done + 1 then clock end
         where l.hotel_id = hotel and l.kind = w.kind and l.phone_number_id = w.number and l.guest_id = w.guest;
      end loop;
      counts := counts || jsonb_build_object('work', (counts ->> 'work')::bigint + n);
      delete from ${schema}.arrivals a where a.hotel_id = hotel and a.guest_id = any (e.guests);
      get diagnostics n = row_count;
      counts := counts || jsonb_build_object('arrivals', n);
      delete from ${schema}.commands c
       where c.hotel_id = hotel and (c.subject = any (subjects) or ${schema}.names_1(c.payload, words));
      get diagnostics n = row_count;
      counts := counts || jsonb_build_object('commands', n);
      update ${schema}.numbers o set probe_guest = null, probe_epoch = null, probe_until = null
       where o.hotel_id = hotel and o.probe_guest = any (e.guests);

      delete from ${schema}.chats c using (
        select o.phone_number_id as number, o.guest_id as guest from unnest(e.guests) as g(id) cross join lateral ${schema}.chats_of_1(hotel, g.id) o
        offset 0
      ) x
       where c.hotel_id = hotel and c.phone_number_id = x.number and c.guest_id = x.guest;
      get diagnostics n = row_count;
      counts := counts || jsonb_build_object('chats', n);
      perform from unnest(convs) as x(id) join ${schema}.conversations c on c.hotel_id = hotel and c.id = x.id order by c.id for update of c;
      select array_agg(c.department_id order by x.n) into departments from unnest(convs) with ordinality as x(id, n)
        left join ${schema}.conversations c on c.hotel_id = hotel and c.id = x.id;
      -- One that goes on with another guest's, from before they were taken apart.
      update ${schema}.conversations c set continued_in = null from unnest(convs) as x(id) where c.hotel_id = hotel and c.continued_in = x.id;
      delete from ${schema}.conversations c using unnest(convs) as x(id) where c.hotel_id = hotel and c.id = x.id;
      get diagnostics n = row_count;
      counts := counts || jsonb_build_object('conversations', n);
      delete from ${schema}.stays s using unnest(e.reservations) as r(id) where s.hotel_id = hotel and s.reservation_id = r.id;
      get diagnostics n = row_count;
      counts := counts || jsonb_build_object('stays', n);
      delete from ${schema}.consents c using unnest(e.guests) as g(id) where c.hotel_id = hotel and c.guest_id = g.id;
      get diagnostics n = row_count;
      counts := counts || jsonb_build_object('consents', n);

      insert into ${schema}.erased_guests select hotel, g.id, erasure from unnest(e.guests) as g(id) order by g.id on conflict do nothing;
      delete from ${schema}.guests o using unnest(e.guests) as g(id) where o.hotel_id = hotel and o.id = g.id;
      get diagnostics n = row_count;
      counts := counts || jsonb_build_object('guests', n);
      delete from ${schema}.guest_addresses a using unnest(e.guests) as g(id) where a.hotel_id = hotel and a.guest_id = g.id;
      get diagnostics n = row_count;
      counts := counts || jsonb_build_object('guest_addresses', n);
      delete from ${schema}.former_addresses f using unnest(e.guests) as g(id) where f.hotel_id = hotel and f.guest_id = g.id;
      get diagnostics n = row_count;
      -- What others had before is their number no more, and was the guest's.
      delete from ${schema}.former_addresses f using (
        select x.kind, x.value from json_to_recordset(known) as x(kind text, value text)
         where not exists (select from ${schema}.guest_addresses a where a.hotel_id = hotel and a.kind = x.kind and a.value = x.value) offset 0
      ) x
       where f.hotel_id = hotel and f.kind = x.kind and f.value = x.value;
      counts := counts || jsonb_build_object('former_addresses', n);

      update ${schema}.erasures o
         set addresses = e.addresses, stopped = e.stopped, conversations = e.conversations, reservations = e.reservations, tasks = e.tasks, numbers = e.numbers
       where o.hotel_id = hotel and o.id = erasure;
      n := cardinality(convs) + case when e.round = 0 then 1 else 0 end;
      told := '[]';
      if n > 0 then
        insert into ${schema}.hotel_counters (hotel_id, last_event) values (hotel, n)
          on conflict (hotel_id) do update set last_event = hotel_counters.last_event + excluded.last_event
          returning last_event - n into base;
        with written as (
          insert into ${schema}.events (hotel_id, seq, at, conversation_id, department_id, body)
            select hotel, base + x.n, clock, x.id, x.department, '{"type":"conversation.erased"}'
              from unnest(convs, departments) with ordinality as x(id, department, n)
            union all
            select hotel, base + n, clock, null, null, json_build_object('type', 'guest.erased', 'guestId', e.guests[1])::text where e.round = 0
          returning seq, at, conversation_id, department_id, body
        )
        select json_agg(x order by x.seq) into told from written x;
      end if;
      return query select counts::json, told;
    end $body$;

    -- audit: as of write_audit_1. @returns nothing when there is no such guest
    create function ${schema}.begin_erasure_1(hotel text, erasure text, guest text, audit text)
    returns table (gone json, events json) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      root text := ${schema}.root_1(hotel, guest);
      people text[];
    begin
      perform from ${schema}.guests g where g.hotel_id = hotel and g.id = root for update;
      if not found then return; end if;
      -- The one who stays first.
      people := array[root] || array(select t.id from unnest(${schema}.together_1(hotel, root)) as t(id) where t.id <> root order by t.id);
      insert into ${schema}.erasures (hotel_id, id, at, guests, salt)
        select hotel, erasure, ${schema}.desk_now(), people, s.erasure_salt from ${schema}.settings s where s.singleton;
      perform ${schema}.write_audit_1(hotel, audit);
      return query select * from ${schema}.gather_erasure_1(hotel, erasure);
    end $body$;

    -- Lets go of the files of messages that no other message has. @returns the bytes that nobody names any more
    create function ${schema}.prune_files_1(hotel text, messages text[]) returns text[] language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      own text[];
      gone text[];
    begin
      with unlinked as (
        delete from ${schema}.message_attachments l using unnest(messages) as m(id) where l.hotel_id = hotel and l.message_id = m.id
        returning l.attachment_id
      )
      select coalesce(array_agg(distinct u.attachment_id), '{}') into own from unlinked u;
      select coalesce(array_agg(x.id order by x.id), '{}') into own from (
        select o.id from unnest(own) as i(id)
          join ${schema}.attachments o on o.hotel_id = hotel and o.id = i.id
         where not exists (select from ${schema}.message_attachments l where l.hotel_id = hotel and l.attachment_id = o.id)
         order by o.id for update of o
      ) x;
      gone := ${schema}.let_go_1(hotel, own);
      delete from ${schema}.attachments o using unnest(own) as i(id) where o.hotel_id = hotel and o.id = i.id;
      return gone;
    end $body$;

    -- Files of the guest's, at most so many: their rows, and what nobody else names of their bytes.
    create function ${schema}.erase_files_1(hotel text, people text[], most integer)
    returns table (ids text[], files text[]) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      own text[];
      gone text[];
    begin
      select coalesce(array_agg(x.id order by x.id), '{}') into own from (
        select o.id from unnest(people) as p(id)
          join ${schema}.attachments o on o.hotel_id = hotel and o.guest_id = p.id order by o.id limit most for update of o
      ) x;
      gone := ${schema}.let_go_1(hotel, own);
      delete from ${schema}.message_attachments l using unnest(own) as i(id) where l.hotel_id = hotel and l.attachment_id = i.id;
      delete from ${schema}.attachments o using unnest(own) as i(id) where o.hotel_id = hotel and o.id = i.id;
      if cardinality(own) < most then
        delete from ${schema}.media_usage u using unnest(people) as p(id) where u.hotel_id = hotel and u.guest_id = p.id;
      end if;
      return query select own, gone;
    end $body$;
  `,
};
