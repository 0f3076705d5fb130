import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

const ID = 'text collate "C"';

/** What guests' messages say in the staff's language, beside them. */
export const translations: Migration = {
  id: 22,
  name: "translations",
  breaking: false,
  sql: (schema) => `
    create table ${schema}.translations (
      hotel_id ${ID} not null,
      message_id ${ID} not null,
      language text not null,
      -- Of what words it was made.
      mark text not null,
      -- JSON text; null: the translator gave no answer.
      words text,
      source text,
      created_at timestamptz not null,
      primary key (hotel_id, message_id)
    );

    -- Keeps a message's translation: { message, language, mark, words, source }. "known": there is such a message.
    -- Lock order: the translation, the hotel's counter.
    create function ${schema}.put_translation_1(hotel text, translation text)
    returns table (known boolean, events json) language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      x record;
      concerned text;
    begin
      select * into x from json_to_record(translation::json) as x(message text, language text, mark text, words text, source text);
      select m.conversation_id into concerned from ${schema}.messages m where m.hotel_id = hotel and m.id = x.message;
      if concerned is null then
        return query select false, null::json;
        return;
      end if;
      insert into ${schema}.translations as t values (hotel, x.message, x.language, x.mark, x.words, x.source, ${schema}.desk_now())
        on conflict (hotel_id, message_id) do update
          set language = excluded.language, mark = excluded.mark, words = excluded.words, source = excluded.source, created_at = excluded.created_at
          where (t.language, t.mark, t.words, t.source) is distinct from (excluded.language, excluded.mark, excluded.words, excluded.source);
      if not found then
        return query select true, null::json;
        return;
      end if;
      return query select true, json_agg(e order by e.seq) from ${schema}.write_events_1(hotel,
        array[json_build_object('type', 'message.translated', 'messageId', x.message)::text], array[concerned]) e;
    end $body$;
  `,
};

/** The translation of message \`m\`, as JSON; null where it has none. */
export const translationOn = (schema: string, message: string): string => `(
           select to_json(t) from (
             select * from ${schema}.translations t where t.hotel_id = (${message}).hotel_id and t.message_id = (${message}).id offset 0
           ) t)`;
