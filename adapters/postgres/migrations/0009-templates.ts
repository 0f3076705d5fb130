import type { Migration } from "../migrate.js";
import { VERB, rowsOf } from "./verb.js";

const ID = 'text collate "C"';

/**
 * A hotel's message templates. Of each part it is known as of when it was said, so that a webhook and a reading of the catalogue
 * come to the same in whatever order they are stored.
 */
export const templates: Migration = {
  id: 9,
  name: "templates",
  breaking: false,
  sql: (schema) => `
    create table ${schema}.templates (
      hotel_id ${ID} not null,
      name ${ID} not null,
      language ${ID} not null,
      meta_id ${ID},
      -- JSON text; null: told of, and in no answer until it is read.
      definition text,
      definition_at timestamptz,
      status text,
      status_at timestamptz,
      category text check (category in ('marketing', 'utility', 'authentication')),
      coming_category text check (coming_category in ('marketing', 'utility', 'authentication')),
      category_at timestamptz,
      quality text check (quality in ('green', 'yellow', 'red', 'unknown')),
      quality_at timestamptz,
      updated_at timestamptz not null,
      primary key (hotel_id, name, language),
      check (definition is null or status is not null and category is not null)
    );
    -- News of a quality may name a template by Meta's id alone.
    create index templates_meta on ${schema}.templates (hotel_id, meta_id) where meta_id is not null;

    -- templates: [{ ord, name, language, meta, definition, status, category, quality }]. Lock order: the hotel's templates, sorted.
    create function ${schema}.put_templates_1(hotel text, templates text, said_at timestamptz) returns integer
    language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
      gone integer;
    begin
      perform 1 from ${schema}.templates t where t.hotel_id = hotel order by t.name, t.language for update of t;
      insert into ${schema}.templates as t (hotel_id, name, language, meta_id, definition, definition_at, status, status_at,
          category, category_at, quality, quality_at, updated_at)
        select distinct on (x.name collate "C", x.language collate "C") hotel, x.name, x.language, x.meta, x.definition, said_at, x.status, said_at, x.category, said_at,
               x.quality, case when x.quality is not null then said_at end, clock
          from json_to_recordset(templates::json) as x(ord integer, name text, language text, meta text, definition text, status text,
            category text, quality text)
         order by x.name collate "C", x.language collate "C", x.ord desc
        on conflict (hotel_id, name, language) do update
          set meta_id = case when t.definition_at > said_at then t.meta_id else coalesce(excluded.meta_id, t.meta_id) end,
              definition = case when t.definition_at > said_at then t.definition else excluded.definition end,
              definition_at = greatest(t.definition_at, said_at),
              status = case when t.status_at > said_at then t.status else excluded.status end,
              status_at = greatest(t.status_at, said_at),
              category = case when t.category_at > said_at then t.category else excluded.category end,
              coming_category = case when t.category_at > said_at or t.coming_category <> excluded.category then t.coming_category end,
              category_at = greatest(t.category_at, said_at),
              quality = case when excluded.quality is null or t.quality_at > said_at then t.quality else excluded.quality end,
              quality_at = greatest(t.quality_at, excluded.quality_at),
              updated_at = clock;
      update ${schema}.templates t set status = 'deleted', status_at = said_at, updated_at = clock
       where t.hotel_id = hotel and t.status is distinct from 'deleted' and (t.status_at is null or t.status_at <= said_at)
         and not exists (
           select from json_to_recordset(templates::json) as x(name text, language text) where x.name = t.name and x.language = t.language);
      get diagnostics gone = row_count;
      return gone;
    end $body$;

    -- updates: [{ ord, meta, name, language, status, quality, category_told, category, coming, at }], of a commit.
    create function ${schema}.learn_templates_1(hotel text, clock timestamptz, updates text) returns void
    language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      told record;
    begin
      for told in
        select * from (select x.*, coalesce(x.name, (
                 select t.name from ${schema}.templates t where t.hotel_id = x.hotel and t.meta_id = x.meta order by t.name limit 1)) as named,
               coalesce(x.language, (
                 select t.language from ${schema}.templates t where t.hotel_id = x.hotel and t.meta_id = x.meta order by t.name limit 1)) as spoken
          from ${rowsOf("updates::json", "ord integer, meta text, name text, language text, status text, quality text, category_told boolean, category text, coming text, at timestamptz")}
        offset 0) found order by found.named collate "C", found.spoken collate "C", found.ord
      loop
        continue when told.named is null or told.spoken is null;
        insert into ${schema}.templates as t (hotel_id, name, language, meta_id, status, status_at, category, coming_category, category_at,
            quality, quality_at, updated_at)
          values (hotel, told.named, told.spoken, told.meta, told.status, case when told.status is not null then told.at end,
            told.category, case when told.category is not null then told.coming end, case when told.category is not null then told.at end,
            told.quality, case when told.quality is not null then told.at end, clock)
          on conflict (hotel_id, name, language) do update
            set meta_id = coalesce(t.meta_id, told.meta),
                status = case when told.status is null or t.status_at > told.at then t.status else told.status end,
                status_at = greatest(t.status_at, excluded.status_at),
                category = case when t.category_at > told.at then t.category else coalesce(told.category, t.category) end,
                coming_category = case when not told.category_told or coalesce(told.category, t.category) is null or t.category_at > told.at
                  then t.coming_category else told.coming end,
                category_at = case when told.category_told and coalesce(told.category, t.category) is not null
                  then greatest(t.category_at, told.at) else t.category_at end,
                quality = case when told.quality is null or t.quality_at > told.at then t.quality else told.quality end,
                quality_at = greatest(t.quality_at, excluded.quality_at),
                updated_at = clock;
      end loop;
    end $body$;

    -- The template that a message's content is of, as the catalogue has it. A content begins with these members, in this order.
    create function ${schema}.template_of_1(hotel text, content text) returns json language sql stable as $body$
      select to_json(t)
        from regexp_match(content, '^\\{"type":"template","name":"([A-Za-z0-9_-]+)","language":"([A-Za-z0-9_-]+)"') as named(m)
       cross join lateral (
         select * from ${schema}.templates t
          where t.hotel_id = hotel and t.name = named.m[1] and t.language = named.m[2] and t.definition is not null offset 0
       ) t
    $body$;
  `,
};
