import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

/** What WhatsApp asks of an account stops the numbers of each hotel in it. */
export const accountPauses: Migration = {
  id: 34,
  name: "account-pauses",
  breaking: false,
  sql: (schema) => `
    -- All of a hotel's numbers that are known, as a settlement of its own does. stops: as pause_senders_1 reads settlements.
    create function ${schema}.pause_hotel_1(hotel text, stops text)
    returns table (seq bigint, at timestamptz, conversation_id text, department_id text, body text) language plpgsql ${VERB} as $body$
    declare
      bodies text[] := ${schema}.pause_senders_1(hotel, stops, ${schema}.desk_now());
    begin
      return query select * from ${schema}.write_events_1(hotel, bodies, array_fill(null::text, array[cardinality(bodies)]));
    end $body$;
  `,
};
