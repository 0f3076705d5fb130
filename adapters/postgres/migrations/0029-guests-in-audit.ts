import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

/**
 * What a guest did themselves, found by who they are: an erasure asks for it of each of its ids. Hotels have few staff with many entries
 * each, by which the index of all actors looks to PostgreSQL like no help, and the whole audit was read for each id.
 */
export const guestsInAudit: Migration = {
  id: 29,
  name: "guests-in-audit",
  breaking: false,
  sql: (schema) => `
    create index audit_entries_guest on ${schema}.audit_entries (hotel_id, actor_id) where actor_kind = 'guest';

    create or replace function ${schema}.blank_audit_1(hotel text, ids text[]) returns integer language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      own text[];
    begin
      insert into ${schema}.audit_heads (hotel_id) values (hotel) on conflict do nothing;
      update ${schema}.audit_heads h set version = h.version + 1 where h.hotel_id = hotel;
      select array_agg(distinct f.id) into own from (
        select a.id from unnest(ids) as i(id)
         cross join lateral (select a.id from ${schema}.audit_entries a where a.hotel_id = hotel and a.target_id = i.id and i.id <> '' offset 0) a
        union all
        select a.id from unnest(ids) as i(id)
         cross join lateral (
           select a.id from ${schema}.audit_entries a where a.hotel_id = hotel and a.actor_kind = 'guest' and a.actor_id = i.id and i.id <> '' offset 0
         ) a
      ) f;
      perform ${schema}.blank_entries_1(hotel, own);
      return coalesce(cardinality(own), 0);
    end $body$;

    -- What nothing calls: files go with their guest's erasure.
    drop function ${schema}.erase_attachments_1(text, text);
  `,
};
