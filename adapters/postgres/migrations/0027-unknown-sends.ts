import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

const ID = 'text collate "C"';

/**
 * Which sends are of unknown fate right now, beside the messages: an index of `messages` by their status would have each of them entered anew in
 * every index, every time that it is raised.
 */
export const unknownSends: Migration = {
  id: 27,
  name: "unknown-sends",
  breaking: false,
  sql: (schema) => `
    create table ${schema}.unknown_sends (
      hotel_id ${ID} not null,
      message_id ${ID} not null,
      primary key (hotel_id, message_id)
    );

    create function ${schema}.note_unknown_send_1() returns trigger language plpgsql ${VERB} as $body$
    begin
      if new.status = 'unknown' then
        insert into ${schema}.unknown_sends values (new.hotel_id, new.id) on conflict do nothing;
      else
        delete from ${schema}.unknown_sends u where u.hotel_id = old.hotel_id and u.message_id = old.id;
      end if;
      return null;
    end $body$;
    create trigger message_of_unknown_fate after update of status on ${schema}.messages
      for each row when ((old.status = 'unknown') <> (new.status = 'unknown')) execute function ${schema}.note_unknown_send_1();

    insert into ${schema}.unknown_sends select hotel_id, id from ${schema}.messages where status = 'unknown';
  `,
};
