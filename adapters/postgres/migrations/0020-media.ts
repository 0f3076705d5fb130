import { GUEST_DIRECTIONS } from "../../../src/index.js";
import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

const ID = 'text collate "C"';
/** What was begun so long ago may have been swept away. */
const LATE = "interval '30 minutes'";

/** Which files there are, whose they are, and how much room they take. The bytes lie in a media store. */
export const media: Migration = {
  id: 20,
  name: "media",
  breaking: false,
  sql: (schema) => `
    create table ${schema}.attachments (
      hotel_id ${ID} not null,
      id ${ID} not null,
      conversation_id ${ID} not null,
      guest_id ${ID} not null,
      phone_number_id ${ID} not null,
      kind text not null check (kind in ('image', 'video', 'audio', 'document', 'sticker')),
      direction text not null check (direction in ('inbound', 'outbound')),
      -- JSON text: what the sender, or WhatsApp, says of it.
      said text not null,
      state text not null check (state in ('pending', 'stored', 'refused', 'quarantined', 'unavailable', 'discarded')),
      reason text,
      -- Where its bytes are, and what they were found to be, as the file says it.
      file_id ${ID},
      size_bytes bigint,
      mime_type text,
      width integer,
      height integer,
      thumbnail_id ${ID},
      purpose ${ID},
      forget_at timestamptz,
      created_at timestamptz not null,
      version integer not null,
      primary key (hotel_id, id)
    );
    -- All of a guest's, to be forgotten.
    create index attachments_guest on ${schema}.attachments (hotel_id, guest_id);
    -- What is to be forgotten next.
    create index attachments_forget on ${schema}.attachments (hotel_id, forget_at) where forget_at is not null;

    create table ${schema}.message_attachments (
      hotel_id ${ID} not null,
      message_id ${ID} not null,
      attachment_id ${ID} not null,
      primary key (hotel_id, message_id)
    );
    -- The messages that a file is of.
    create index message_attachments_of on ${schema}.message_attachments (hotel_id, attachment_id);

    create table ${schema}.files (
      hotel_id ${ID} not null,
      id ${ID} not null,
      sha256 text not null,
      size_bytes bigint not null,
      mime_type text not null,
      width integer,
      height integer,
      thumbnail_id ${ID},
      -- How many attachments name it.
      uses integer not null,
      stored_at timestamptz not null,
      primary key (hotel_id, id)
    );
    -- A hotel has a file once; what was held back as bytes of no type is another than what was taken for what it is.
    create unique index files_same on ${schema}.files (hotel_id, sha256, mime_type);
    -- Whether the bytes of a small picture are somebody's.
    create index files_thumbnail on ${schema}.files (hotel_id, thumbnail_id) where thumbnail_id is not null;

    -- Bytes: of the guest '' those of all files, each once; of any other those of their attachments.
    create table ${schema}.media_usage (
      hotel_id ${ID} not null,
      guest_id ${ID} not null,
      bytes bigint not null,
      primary key (hotel_id, guest_id)
    );

    -- By what id WhatsApp has a file from a number.
    create table ${schema}.media_uploads (
      hotel_id ${ID} not null,
      file_id ${ID} not null,
      phone_number_id ${ID} not null,
      media_id ${ID} not null,
      expires_at timestamptz not null,
      primary key (hotel_id, file_id, phone_number_id)
    );

    -- Lock order of what follows: lanes, attachments by id, the hotel's usage (after which nobody else of the hotel is about files), the rest, the
    -- hotel's counter last.

    -- Makes room for a file, which may be there already. file: { id, sha256, size, type, width, height, thumbnail }.
    -- flaw: whose room is full. Else the file that is there now.
    create function ${schema}.keep_file_1(hotel text, guest text, file text, quotas text, out flaw text, out kept ${schema}.files)
    language plpgsql ${VERB} as $body$
    declare
      x record;
      q record;
      total bigint;
      own bigint;
    begin
      select * into x from json_to_record(file::json) as x(id text, sha256 text, size bigint, type text, width integer, height integer, thumbnail text);
      select * into q from json_to_record(quotas::json) as x(hotel_bytes bigint, guest_bytes bigint);
      insert into ${schema}.media_usage as u values (hotel, '', 0) on conflict do nothing;
      select u.bytes into total from ${schema}.media_usage u where u.hotel_id = hotel and u.guest_id = '' for update;
      insert into ${schema}.media_usage as u values (hotel, guest, 0) on conflict do nothing;
      select u.bytes into own from ${schema}.media_usage u where u.hotel_id = hotel and u.guest_id = guest for update;
      select f.* into kept from ${schema}.files f where f.hotel_id = hotel and f.sha256 = x.sha256 and f.mime_type = x.type for update;
      if own + x.size > q.guest_bytes then
        flaw := 'quota_guest';
      elsif kept.id is null and total + x.size > q.hotel_bytes then
        flaw := 'quota_hotel';
      else
        if kept.id is null then
          insert into ${schema}.files values (hotel, x.id, x.sha256, x.size, x.type, x.width, x.height, x.thumbnail, 1, ${schema}.desk_now())
            returning * into kept;
          update ${schema}.media_usage u set bytes = u.bytes + x.size where u.hotel_id = hotel and u.guest_id = '';
        else
          update ${schema}.files f set uses = f.uses + 1 where f.hotel_id = hotel and f.id = kept.id;
        end if;
        update ${schema}.media_usage u set bytes = u.bytes + x.size where u.hotel_id = hotel and u.guest_id = guest;
      end if;
    end $body$;

    -- What there is to tell of attachments: for each message that one of them is of.
    create function ${schema}.tell_attachments_1(hotel text, ids text[], instead text)
    returns table (seq bigint, at timestamptz, conversation_id text, department_id text, body text) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      bodies text[];
      concerned text[];
    begin
      select array_agg(json_build_object('type', 'message.attachment', 'messageId', m.id, 'attachmentId', t.id, 'state', coalesce(instead, t.state))::text
                       order by t.id, m.id),
             array_agg(m.conversation_id order by t.id, m.id)
        into bodies, concerned
        from (
          select a.hotel_id, a.id, a.state from unnest(ids) as i(id)
           cross join lateral (select * from ${schema}.attachments a where a.hotel_id = hotel and a.id = i.id offset 0) a offset 0
        ) t
       cross join lateral (
         select l.message_id from ${schema}.message_attachments l where l.hotel_id = t.hotel_id and l.attachment_id = t.id offset 0
       ) l
       cross join lateral (
         select m.id, m.conversation_id from ${schema}.messages m where m.hotel_id = t.hotel_id and m.id = l.message_id offset 0
       ) m;
      return query select * from ${schema}.write_events_1(hotel, coalesce(bodies, '{}'), coalesce(concerned, '{}'));
    end $body$;

    -- fate: { state, reason, file }.
    create function ${schema}.settle_attachment_1(hotel text, lane text, work text, attachment text, fate text, quotas text, forget_ms double precision)
    returns table (outcome text, stored json, events json) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      x record;
      f record;
      a ${schema}.attachments;
      kept record;
      told json;
    begin
      select * into x from json_to_record(lane::json) as x(kind text, number text, guest text, epoch bigint);
      perform from ${schema}.lanes l
        where l.hotel_id = hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
          and l.epoch = x.epoch and l.leased_until > clock for update;
      if not found then
        return query select 'fenced', null::json, null::json;
        return;
      end if;
      select * into f from json_to_record(fate::json) as x(state text, reason text, file json);
      select * into a from ${schema}.attachments o where o.hotel_id = hotel and o.id = attachment for update;
      if a.state = 'pending' then
        if f.file is not null then
          select * into kept from ${schema}.keep_file_1(hotel, a.guest_id, f.file::text, quotas);
          if kept.flaw is not null then
            f.state := 'refused';
            f.reason := kept.flaw;
          end if;
        end if;
        if f.file is not null and f.state <> 'refused' then
          update ${schema}.attachments o
             set state = f.state, reason = f.reason, file_id = (kept.kept).id, size_bytes = (kept.kept).size_bytes, mime_type = (kept.kept).mime_type,
                 width = (kept.kept).width, height = (kept.kept).height, thumbnail_id = (kept.kept).thumbnail_id,
                 forget_at = coalesce(o.forget_at, clock + forget_ms * interval '1 millisecond'), version = o.version + 1
           where o.hotel_id = hotel and o.id = attachment;
        else
          update ${schema}.attachments o set state = f.state, reason = f.reason, forget_at = null, version = o.version + 1
           where o.hotel_id = hotel and o.id = attachment;
        end if;
      end if;
      delete from ${schema}.work w where w.hotel_id = hotel and w.id = work and w.dead_at is null;
      update ${schema}.lanes l
         set done = l.done + case when found then 1 else 0 end, leased_until = null,
             due_at = case when l.enqueued > l.done + case when found then 1 else 0 end then clock end
       where l.hotel_id = hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest;
      if a.state = 'pending' then
        select json_agg(e order by e.seq) into told from ${schema}.tell_attachments_1(hotel, array[attachment], null) e;
      end if;
      return query select 'settled', (select to_json(o) from ${schema}.attachments o where o.hotel_id = hotel and o.id = attachment), told;
    end $body$;

    -- added: { id, conversation, guest, number, kind, direction, said, purpose }.
    create function ${schema}.add_attachment_1(hotel text, added text, file text, quotas text, forget_ms double precision, since timestamptz, audit text)
    returns table (outcome text, stored json) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      kept record;
    begin
      if clock - since > ${LATE} then
        return query select 'late', null::json;
        return;
      end if;
      select * into kept from ${schema}.keep_file_1(hotel, added::json ->> 'guest', file, quotas);
      if kept.flaw is not null then
        return query select kept.flaw, null::json;
        return;
      end if;
      insert into ${schema}.attachments
        select hotel, x.id, x.conversation, x.guest, x.number, x.kind, x.direction, x.said, 'stored', null, (kept.kept).id, (kept.kept).size_bytes,
               (kept.kept).mime_type, (kept.kept).width, (kept.kept).height, (kept.kept).thumbnail_id, x.purpose,
               clock + forget_ms * interval '1 millisecond', clock, 1
          from json_to_record(added::json) as x(id text, conversation text, guest text, number text, kind text, direction text, said text, purpose text);
      perform ${schema}.write_audit_1(hotel, audit);
      return query select 'stored', (select to_json(o) from ${schema}.attachments o where o.hotel_id = hotel and o.id = added::json ->> 'id');
    end $body$;

    create function ${schema}.write_audit_1(hotel text, audit text) returns void language sql ${VERB} as $body$
      insert into ${schema}.audit_entries
        select hotel, x.id, x.actor_kind, x.actor_id, x.action, x.reason, x.target_kind, x.target_id, ${schema}.desk_now()
          from json_to_record(audit::json) as x(id text, actor_kind text, actor_id text, action text, reason text, target_kind text, target_id text)
        on conflict do nothing
    $body$;

    -- Gives back the room of attachments that are locked. @returns the bytes that nobody names any more
    create function ${schema}.let_go_1(hotel text, ids text[]) returns text[] language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      gone text[] := '{}';
      a record;
      f record;
    begin
      insert into ${schema}.media_usage values (hotel, '', 0) on conflict do nothing;
      perform from ${schema}.media_usage u where u.hotel_id = hotel and u.guest_id = '' for update;
      for a in
        select o.guest_id, o.file_id, o.size_bytes from unnest(ids) with ordinality as i(id, n)
         cross join lateral (select * from ${schema}.attachments o where o.hotel_id = hotel and o.id = i.id offset 0) o
         where o.file_id is not null order by i.n
      loop
        update ${schema}.media_usage u set bytes = u.bytes - a.size_bytes where u.hotel_id = hotel and u.guest_id = a.guest_id;
        update ${schema}.files f set uses = f.uses - 1 where f.hotel_id = hotel and f.id = a.file_id
          returning f.uses, f.size_bytes, f.thumbnail_id into f;
        if f.uses = 0 then
          delete from ${schema}.files f where f.hotel_id = hotel and f.id = a.file_id;
          delete from ${schema}.media_uploads u where u.hotel_id = hotel and u.file_id = a.file_id;
          update ${schema}.media_usage u set bytes = u.bytes - f.size_bytes where u.hotel_id = hotel and u.guest_id = '';
          gone := gone || a.file_id;
          if f.thumbnail_id is not null then gone := gone || f.thumbnail_id; end if;
        end if;
      end loop;
      return gone;
    end $body$;

    -- Forgets attachments that are locked.
    create function ${schema}.discard_1(hotel text, ids text[], why text) returns table (gone json, events json) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      files text[];
      own text[];
      told json;
    begin
      select array_agg(o.id order by o.id) into own from unnest(ids) as i(id)
       cross join lateral (select * from ${schema}.attachments o where o.hotel_id = hotel and o.id = i.id offset 0) o
       where o.state <> 'discarded';
      if own is null then
        return query select '[]'::json, '[]'::json;
        return;
      end if;
      files := ${schema}.let_go_1(hotel, own);
      update ${schema}.attachments o
         set state = 'discarded', reason = why, file_id = null, size_bytes = null, mime_type = null, width = null, height = null, thumbnail_id = null,
             forget_at = null, version = o.version + 1
        from unnest(own) as i(id)
       where o.hotel_id = hotel and o.id = i.id;
      select json_agg(e order by e.seq) into told from ${schema}.tell_attachments_1(hotel, own, null) e;
      return query select to_json(files), told;
    end $body$;

    create function ${schema}.change_attachment_1(hotel text, attachment text, why text, forget_ms double precision, because text, audit text)
    returns table (stored json, gone json, events json) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      d record;
    begin
      perform from ${schema}.attachments o where o.hotel_id = hotel and o.id = attachment for update;
      if not found then return; end if;
      update ${schema}.attachments o
         set purpose = why, version = o.version + 1,
             forget_at = case when forget_ms = 0 then o.forget_at else clock + forget_ms * interval '1 millisecond' end
       where o.hotel_id = hotel and o.id = attachment;
      if forget_ms = 0 then select * into d from ${schema}.discard_1(hotel, array[attachment], because);
      else select '[]'::json as gone, '[]'::json as events into d; end if;
      perform ${schema}.write_audit_1(hotel, audit);
      return query select (select to_json(o) from ${schema}.attachments o where o.hotel_id = hotel and o.id = attachment), d.gone, d.events;
    end $body$;

    -- Of one hotel.
    create function ${schema}.forget_due_1(hotel text, ids text[]) returns table (gone json, events json) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      own text[];
      a record;
    begin
      for a in
        select o.id, o.purpose from (
          select o.* from unnest(ids) as i(id)
           cross join lateral (select * from ${schema}.attachments o where o.hotel_id = hotel and o.id = i.id offset 0) o
           order by o.id offset 0
        ) x
        join ${schema}.attachments o on o.hotel_id = x.hotel_id and o.id = x.id
        -- Somebody may have said otherwise meanwhile.
        where o.forget_at <= clock order by o.id for update of o
      loop
        own := own || a.id;
        insert into ${schema}.audit_entries
          values (hotel, 'aud_' || a.id || '_forgotten', 'system', 'desk', 'attachment.forget', to_json(coalesce(a.purpose, 'expired'))::text,
                  'attachment', a.id, clock)
          on conflict do nothing;
      end loop;
      return query select * from ${schema}.discard_1(hotel, coalesce(own, '{}'), 'expired');
    end $body$;

    create function ${schema}.erase_attachments_1(hotel text, guest text) returns table (gone json, events json) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      people text[] := ${schema}.together_1(hotel, ${schema}.root_1(hotel, guest));
      own text[];
      files text[];
      told json;
    begin
      select array_agg(x.id order by x.id) into own from (
        select o.id from unnest(people) as p(id)
          join ${schema}.attachments o on o.hotel_id = hotel and o.guest_id = p.id order by o.id for update of o
      ) x;
      own := coalesce(own, '{}');
      files := ${schema}.let_go_1(hotel, own);
      -- Told last, when the counter may be locked, of what is still there to be found.
      select json_agg(e order by e.seq) into told from ${schema}.tell_attachments_1(hotel, own, 'discarded') e;
      delete from ${schema}.message_attachments l using unnest(own) as i(id) where l.hotel_id = hotel and l.attachment_id = i.id;
      delete from ${schema}.attachments o using unnest(own) as i(id) where o.hotel_id = hotel and o.id = i.id;
      delete from ${schema}.media_usage u using unnest(people) as p(id) where u.hotel_id = hotel and u.guest_id = p.id;
      return query select to_json(files), told;
    end $body$;

    create function ${schema}.put_upload_1(hotel text, file text, number text, media text, live_ms double precision) returns void
    language plpgsql ${VERB} as $body$
    begin
      delete from ${schema}.media_uploads u where u.hotel_id = hotel and u.file_id = file and u.phone_number_id = number;
      if media is null then return; end if;
      -- Nobody forgets the file before it is known by what id WhatsApp has it.
      perform from ${schema}.files f where f.hotel_id = hotel and f.id = file for share;
      if found then
        insert into ${schema}.media_uploads values (hotel, file, number, media, ${schema}.desk_now() + live_ms * interval '1 millisecond')
          on conflict (hotel_id, file_id, phone_number_id) do update set media_id = excluded.media_id, expires_at = excluded.expires_at;
      end if;
    end $body$;
  `,
};

/** The file of message `m`, as JSON; null where it has none. */
export const attachmentOn = (schema: string, message: string): string => `(
           select to_json(a) from (
             select l.hotel_id, l.attachment_id from ${schema}.message_attachments l
              where l.hotel_id = (${message}).hotel_id and l.message_id = (${message}).id offset 0
           ) l
           join ${schema}.attachments a on a.hotel_id = l.hotel_id and a.id = l.attachment_id)`;

const DIRECTIONS = GUEST_DIRECTIONS.map((direction) => `'${direction}'`).join(", ");

/**
 * The attachment `$2` within the reach `$1`, after `reached` of `reachedHotels`: whoever sees a message that it is of, or the conversation that it is for, or
 * one that goes on with it.
 */
export const reachedAttachment = (schema: string, inDepartment: string): string => `asked as (
           select a.*, r.departments, r.guests from reached r join ${schema}.attachments a on a.hotel_id = r.hotel_id and a.id = $2
         ), places as (
           select a.hotel_id, a.conversation_id as id, null::text as direction from asked a
           union
           select m.hotel_id, m.conversation_id, m.direction
             from asked a
             join ${schema}.message_attachments l on l.hotel_id = a.hotel_id and l.attachment_id = a.id
             join ${schema}.messages m on m.hotel_id = l.hotel_id and m.id = l.message_id
         ), shown_in as (
           select c.hotel_id, c.id, c.department_id, c.guest_id, c.continued_in, p.direction
             from places p join ${schema}.conversations c on c.hotel_id = p.hotel_id and c.id = p.id
           union
           select n.hotel_id, n.id, n.department_id, n.guest_id, n.continued_in, null
             from shown_in s join ${schema}.conversations n on n.hotel_id = s.hotel_id and n.id = s.continued_in
         ), seen as (
           select r.* from asked r
            where case when r.guests is null
                    then exists (select 1 from shown_in s where s.hotel_id = r.hotel_id and ${inDepartment})
                    else exists (select 1 from shown_in s where s.hotel_id = r.hotel_id and s.guest_id = any (r.guests) and s.direction in (${DIRECTIONS}))
                  end
         )`;
