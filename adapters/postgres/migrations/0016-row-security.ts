import { GUEST_DIRECTIONS } from "../../../src/index.js";
import type { Migration } from "../migrate.js";

/** What the reading transaction may see, as `reachJson` writes it. Nothing is set in any other, and nothing is nothing. */
export const REACH_SETTING = "belldesk.reach";
const REACH = `json_to_recordset(coalesce(nullif(current_setting('${REACH_SETTING}', true), ''), '[]')::json) as x(hotel text, departments json, guest text)`;

/** What policies of row-level security ask, where a host turns it on with `secureRows`. Without that nothing calls it. */
export const rowSecurity: Migration = {
  id: 16,
  name: "row-security",
  breaking: false,
  sql: (schema) => `
    -- The hotels within reach of which anything is seen, or all of it.
    create function ${schema}.reached_hotels_1(wholly boolean) returns text[] language sql stable as $body$
      select coalesce(array_agg(x.hotel), '{}') from ${REACH} where not wholly or x.departments is null
    $body$;

    -- The departments within reach, each behind its hotel and a slash, which no id of a hotel has.
    create function ${schema}.reached_places_1() returns text[] language sql stable as $body$
      select coalesce(array_agg(x.hotel || '/' || d.id), '{}')
        from ${REACH} cross join lateral json_array_elements_text(coalesce(x.departments, '[]')) as d(id)
    $body$;

    -- They look at rows which whoever asks does not see: as whoever made them, and at nothing that another schema put in the way.

    -- A guest within reach and all who are the same person, each behind the hotel and a slash.
    create function ${schema}.reached_guests_1() returns text[] language sql stable security definer set search_path to pg_catalog, pg_temp as $body$
      select coalesce(array_agg(x.hotel || '/' || t.id), '{}')
        from ${REACH} cross join lateral unnest(${schema}.together_1(x.hotel, ${schema}.root_1(x.hotel, x.guest))) as t(id)
       where x.guest is not null
    $body$;

    -- Whether a conversation is a department's within reach, or one that goes on with it is; or, for a guest, is theirs.
    create function ${schema}.conversation_reached_1(hotel text, conversation text) returns boolean
    language sql stable security definer set search_path to pg_catalog, pg_temp as $body$
      with recursive onward as (
        select c.id, c.department_id, c.guest_id, c.continued_in from ${schema}.conversations c where c.hotel_id = hotel and c.id = conversation
        union
        select n.id, n.department_id, n.guest_id, n.continued_in
          from onward join ${schema}.conversations n on n.hotel_id = hotel and n.id = onward.continued_in
      )
      select exists (
        select from onward o
         where hotel || '/' || o.department_id = any (${schema}.reached_places_1())
            or o.id = conversation and hotel || '/' || o.guest_id = any (${schema}.reached_guests_1()))
    $body$;

    -- Whether a message of such a conversation is for these eyes.
    create function ${schema}.message_reached_1(hotel text, conversation text, direction text) returns boolean language sql stable as $body$
      select ${schema}.conversation_reached_1(hotel, conversation)
         and (direction in (${GUEST_DIRECTIONS.map((each) => `'${each}'`).join(", ")}) or cardinality(${schema}.reached_guests_1()) = 0)
    $body$;
  `,
};
