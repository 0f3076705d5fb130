import type { Migration } from "../migrate.js";
import { reachedHotels } from "../reach.js";
import { VERB } from "./verb.js";

const ID = 'text collate "C"';

/**
 * Events of a hotel whose messages are looked through at once, as a power of two: some four thousand messages. The longer, the more
 * has to be sorted for a common word; the shorter, the more often a rare one is looked up.
 */
const STRETCH_BITS = 14;
/** The same of imported messages, whose places count 2^20 a second: 24 days. */
const IMPORTED_BITS = 41;
/** A page of a search that finds little ends after so many stretches, or so many messages that have the words and are out of reach. */
const STRETCHES = 500;
const LOOKED_AT = 20_000;
/** Hexadecimal digits, of which each lexeme begins with so many: they say in which hotel and stretch. */
const KEY_DIGITS = 12;

/**
 * What messages and guests are found by.
 *
 * The words of messages stand in a table of their own: a message is changed with each report of its delivery, and none of that is
 * to write an index of words. The index is PostgreSQL's own for words (GIN), in which a word is a few bytes for each message. It knows
 * no order and no hotel, so each word begins with a key of the hotel and of a stretch of its history. A search goes from stretch to
 * stretch, the newest first, until its page is full: it never reads or sorts all that a common word was ever said in. And what is
 * written stands together at the end of the index, where it is in memory.
 */
export const search: Migration = {
  id: 14,
  name: "search",
  breaking: false,
  sql: (schema) => `
    create table ${schema}.message_words (
      hotel_id ${ID} not null,
      event_seq bigint not null,
      message_id ${ID} not null,
      words tsvector not null,
      primary key (hotel_id, event_seq, message_id)
    );
    -- What is to be indexed gathers on eight pages and is entered together, so that a word that many said is entered once. A search
    -- reads those pages too, once for each stretch; with the default of 4 MB it would read hundreds, and some commit would enter them all.
    create index message_words_found on ${schema}.message_words using gin (words) with (fastupdate = on, gin_pending_list_limit = 64);

    -- Which stretch of a hotel's history an event stands in, and the first number of that.
    create function ${schema}.stretch_1(event_seq bigint) returns bigint language sql immutable as
      $$ select case when event_seq < 0 then event_seq >> ${String(IMPORTED_BITS)} else event_seq >> ${String(STRETCH_BITS)} end $$;
    create function ${schema}.stretch_begin_1(event_seq bigint) returns bigint language sql immutable as $$
      select case when event_seq < 0 then (event_seq >> ${String(IMPORTED_BITS)}) << ${String(IMPORTED_BITS)}
                  else (event_seq >> ${String(STRETCH_BITS)}) << ${String(STRETCH_BITS)} end $$;
    create function ${schema}.words_key_1(hotel text, stretch bigint) returns text language sql immutable as
      $$ select left(md5(hotel || ' ' || stretch::text), ${String(KEY_DIGITS)}) $$;
    -- Words with a space between them, as the index holds them.
    create function ${schema}.lexemes_1(key text, words text) returns tsvector language sql immutable as $$
      select coalesce((select array_to_tsvector(array_agg(key || w.word)) from unnest(string_to_array(words, ' ')) as w(word) where w.word <> ''), '')
    $$;
    -- Words that are looked for, all of them: [{ word, prefix }].
    create function ${schema}.sought_1(key text, words json) returns tsquery language sql immutable as $$
      select string_agg('''' || replace(replace(key || x.word, '\\', '\\\\'), '''', '''''') || '''' || case when x.prefix then ':*' else '' end, ' & ')::tsquery
        from json_to_recordset(words) as x(word text, prefix boolean)
    $$;

    -- Whoever writes a message's words, now or later, writes these.
    create function ${schema}.index_messages_1() returns trigger language plpgsql as $body$
    begin
      insert into ${schema}.message_words
        -- What lexemes_1 says, which for each message would be begun anew.
        select n.hotel_id, n.event_seq, n.id, array_to_tsvector(array(
                 select k.key || w.word from unnest(string_to_array(n.search_text, ' ')) as w(word) where w.word <> ''))
          from new_messages n
         cross join lateral (select ${schema}.words_key_1(n.hotel_id, ${schema}.stretch_1(n.event_seq)) as key offset 0) k
         where n.search_text <> '';
      return null;
    end $body$;
    create trigger messages_indexed after insert on ${schema}.messages
      referencing new table as new_messages for each statement execute function ${schema}.index_messages_1();
    create function ${schema}.index_message_1() returns trigger language plpgsql ${VERB} as $body$
    begin
      if old.search_text <> '' then
        delete from ${schema}.message_words w where w.hotel_id = old.hotel_id and w.event_seq = old.event_seq and w.message_id = old.id;
      end if;
      if tg_op = 'UPDATE' and new.search_text <> '' then
        insert into ${schema}.message_words values (new.hotel_id, new.event_seq, new.id,
          ${schema}.lexemes_1(${schema}.words_key_1(new.hotel_id, ${schema}.stretch_1(new.event_seq)), new.search_text));
      end if;
      return null;
    end $body$;
    create trigger message_reindexed after update of search_text on ${schema}.messages
      for each row when (old.search_text is distinct from new.search_text) execute function ${schema}.index_message_1();
    create trigger message_unindexed after delete on ${schema}.messages
      for each row execute function ${schema}.index_message_1();

    create function ${schema}.search_1(reach text, hotel text, department text, words text, before_seq bigint, before_id text, wanted integer)
    returns table (hits json, next_seq bigint, next_id text) language plpgsql stable ${VERB} as $body$
    #variable_conflict use_column
    declare
      departments json;
      -- What is before this, and since when.
      until_seq bigint := coalesce(before_seq, ${String(Number.MAX_SAFE_INTEGER)});
      until_id text := coalesce(before_id, '');
      newest bigint;
      since bigint;
      query tsquery;
      more json;
      looked integer := 0;
      saw integer;
      stretches integer := 0;
    begin
      hits := '[]';
      if words = '[]' then return; end if;
      if reach is not null then
        select x.departments into departments from json_to_recordset(reach::json) as x(hotel text, departments json) where x.hotel = search_1.hotel;
        if not found then return; end if;
      end if;
      loop
        select w.event_seq into newest from ${schema}.message_words w
         where w.hotel_id = search_1.hotel and (w.event_seq, w.message_id) < (until_seq, until_id)
         order by w.event_seq desc, w.message_id desc limit 1;
        if newest is null then exit; end if;
        since := ${schema}.stretch_begin_1(newest);
        query := ${schema}.sought_1(${schema}.words_key_1(search_1.hotel, ${schema}.stretch_1(newest)), search_1.words::json);
        with found as materialized (
          select w.event_seq, w.message_id
            from (select * from ${schema}.message_words w where w.words @@ query offset 0) w
           where w.hotel_id = search_1.hotel and w.event_seq >= since and (w.event_seq, w.message_id) < (until_seq, until_id)
        )
        select (select count(*) from found),
               (select json_agg(json_build_object('message', h.message_id, 'conversation', h.conversation, 'department', h.department, 'guest', h.guest))
                  from (
                    select f.message_id, s.id as conversation, s.department_id as department, s.guest_id as guest
                      from (select * from found f order by f.event_seq desc, f.message_id desc offset 0) f
                     cross join lateral (
                       select m.conversation_id from ${schema}.messages m where m.hotel_id = search_1.hotel and m.id = f.message_id offset 0
                     ) m
                     cross join lateral (
                       with recursive showing as (
                         select c.id, c.department_id, c.guest_id, c.continued_in, array[c.id] as path
                           from ${schema}.conversations c where c.hotel_id = search_1.hotel and c.id = m.conversation_id
                         union all
                         select n.id, n.department_id, n.guest_id, n.continued_in, o.path || n.id
                           from showing o join ${schema}.conversations n on n.hotel_id = search_1.hotel and n.id = o.continued_in
                          where n.id <> all (o.path)
                       )
                       select o.id, o.department_id, o.guest_id from showing o
                        where (departments is null or o.department_id in (select json_array_elements_text(departments)))
                          and (search_1.department is null or o.department_id = search_1.department)
                        order by cardinality(o.path) desc limit 1
                     ) s
                     limit wanted - json_array_length(hits)
                  ) h)
          into saw, more;
        if more is not null then
          select json_agg(e order by n) into hits from (
            select * from json_array_elements(hits) with ordinality as a(e, n)
            union all
            select s.e, s.n + json_array_length(hits) from json_array_elements(more) with ordinality as s(e, n)
          ) joined;
        end if;
        looked := looked + saw;
        stretches := stretches + 1;
        until_seq := since;
        until_id := '';
        if json_array_length(hits) >= wanted then exit; end if;
        if looked >= ${String(LOOKED_AT)} or stretches >= ${String(STRETCHES)} then
          next_seq := since;
          next_id := '';
          exit;
        end if;
      end loop;
      return next;
    end $body$;

    -- Nobody's name is in two stretches: a guest stands in their hotel alone.
    create function ${schema}.guest_lexemes_1(hotel text, name_words text, username_words text) returns tsvector language sql immutable as $$
      select ${schema}.lexemes_1(left(md5(hotel), ${String(KEY_DIGITS)}), coalesce(name_words, '') || ' ' || coalesce(username_words, ''))
    $$;
    create index guests_found on ${schema}.guests using gin (${schema}.guest_lexemes_1(hotel_id, name_words, username_words))
      with (fastupdate = off) where name_words is not null or username_words is not null;

    create function ${schema}.search_guests_1(reach text, hotel text, words text, before text, wanted integer)
    returns table (guest json) language sql stable ${VERB} as $body$
      with ${reachedHotels(schema)}, found as (
        select distinct case when g.merged_into is null then g.id else ${schema}.root_1(g.hotel_id, g.id) end collate "C" as id
          from (
            select * from ${schema}.guests g
             where ${schema}.guest_lexemes_1(g.hotel_id, g.name_words, g.username_words)
                     @@ (select ${schema}.sought_1(left(md5($2), ${String(KEY_DIGITS)}), $3::json))
               and (g.name_words is not null or g.username_words is not null)
            offset 0
          ) g
         where g.hotel_id = $2
      )
      select ${schema}.guest_json_1($2, f.id)
        from (select f.id from found f where $4 is null or f.id < $4 order by f.id desc offset 0) f
        join reached r on r.hotel_id = $2
       where ${schema}.guest_reached_1($2, f.id, r.departments)
       limit $5
    $body$;
  `,
};
