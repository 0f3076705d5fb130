import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

const ID = 'text collate "C"';

/** Whom staff named in notes, which are messages themselves; and what staff answer often. */
export const notes: Migration = {
  id: 13,
  name: "notes",
  breaking: false,
  sql: (schema) => `
    create table ${schema}.mentions (
      hotel_id ${ID} not null,
      staff_id ${ID} not null,
      message_id ${ID} not null,
      conversation_id ${ID} not null,
      at timestamptz not null,
      primary key (hotel_id, staff_id, message_id)
    );
    -- A staff member's own, the newest first.
    create index mentions_list on ${schema}.mentions (hotel_id, staff_id, at desc, message_id desc);

    create table ${schema}.saved_replies (
      hotel_id ${ID} not null,
      id ${ID} not null,
      -- Null: for every department.
      department_id ${ID},
      shortcut ${ID} not null,
      -- JSON text: by language.
      texts text not null,
      version integer not null,
      updated_at timestamptz not null,
      primary key (hotel_id, id)
    );
    create unique index saved_replies_shortcut on ${schema}.saved_replies (hotel_id, shortcut, coalesce(department_id, ''));

    -- reply: { id, department, shortcut, texts, version }. departments: those within reach, null for all. Lock order: the reply alone.
    create function ${schema}.put_saved_reply_1(hotel text, departments text, reply text, audit text) returns table (outcome text, at timestamptz)
    language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      asked record;
      stored record;
    begin
      select * into asked from json_to_record(reply::json) as x(id text, department text, shortcut text, texts text, version integer);
      select s.version, s.department_id into stored from ${schema}.saved_replies s where s.hotel_id = hotel and s.id = asked.id for update;
      if asked.version > 0 and (stored.version is null or json_typeof(departments::json) <> 'null' and (
           stored.department_id is null or stored.department_id not in (select json_array_elements_text(departments::json)))) then
        return query select 'missing', null::timestamptz;
        return;
      end if;
      if coalesce(stored.version, 0) <> asked.version then
        return query select 'conflict', null::timestamptz;
        return;
      end if;
      if exists (
        select from ${schema}.saved_replies s
         where s.hotel_id = hotel and s.shortcut = asked.shortcut and coalesce(s.department_id, '') = coalesce(asked.department, '')
           and s.id <> asked.id
      ) then
        return query select 'taken', null::timestamptz;
        return;
      end if;
      if asked.version = 0 then
        insert into ${schema}.saved_replies values (hotel, asked.id, asked.department, asked.shortcut, asked.texts, 1, clock);
      else
        update ${schema}.saved_replies s
           set department_id = asked.department, shortcut = asked.shortcut, texts = asked.texts, version = asked.version + 1, updated_at = clock
         where s.hotel_id = hotel and s.id = asked.id;
      end if;
      insert into ${schema}.audit_entries
        select hotel, x.id, x.actor_kind, x.actor_id, x.action, x.reason, x.target_kind, x.target_id, clock
          from json_to_record(audit::json) as x(id text, actor_kind text, actor_id text, action text, reason text, target_kind text, target_id text)
        on conflict do nothing;
      -- A hotel in which nothing has happened yet is found by it.
      insert into ${schema}.hotel_counters (hotel_id, last_event) values (hotel, 0) on conflict do nothing;
      return query select 'stored', clock;
    end $body$;
  `,
};
