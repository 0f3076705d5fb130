import type { Migration } from "../migrate.js";
import { rowsOf, VERB } from "./verb.js";

const ID = 'text collate "C"';

/** How links are handed over. */
const LINK =
  "id text, n bigint, actor_salt text, actor_digest text, target_salt text, target_digest text, reason_salt text, reason_digest text, hash text";

/** What nobody changes in an entry, whatever is done with it. */
const STAYS = ["hotel_id", "id", "actor_kind", "action", "target_kind", "at", "seq"];
/** What a link adds to it. */
const SEALED = ["n", "actor_digest", "target_digest", "reason_digest", "hash", "sealed_at"];

const row = (of: string, columns: readonly string[]): string =>
  `(${columns.map((column) => `${of}.${column}`).join(", ")})`;

/**
 * The audit of each hotel as a chain, and no way to change it but three: an entry is sealed, what it holds of a person is blanked, and
 * the beginning is pruned. The chain is counted and hashed by whoever seals; here stands whose link counts.
 */
export const auditChain: Migration = {
  id: 25,
  name: "audit-chain",
  breaking: false,
  sql: (schema) => `
    alter table ${schema}.audit_entries
      -- In the order in which entries were written. Of two that are not written at the same moment, it is that of their commits.
      add column seq bigint,
      -- Its place in the chain, from 1 without holes; null until it is sealed.
      add column n bigint,
      add column actor_salt text,
      add column actor_digest text,
      add column target_salt text,
      add column target_digest text,
      add column reason_salt text,
      add column reason_digest text,
      add column hash text,
      add column sealed_at timestamptz;
    update ${schema}.audit_entries a set seq = o.seq
      from (select e.hotel_id, e.id, row_number() over (order by e.at, e.id) as seq from ${schema}.audit_entries e) o
     where a.hotel_id = o.hotel_id and a.id = o.id;
    alter table ${schema}.audit_entries alter column seq set not null;
    alter table ${schema}.audit_entries alter column seq add generated always as identity;
    select setval(pg_get_serial_sequence('${schema}.audit_entries', 'seq'), (select count(*) + 1 from ${schema}.audit_entries), false);
    create unique index audit_entries_chain on ${schema}.audit_entries (hotel_id, n) where n is not null;
    create index audit_entries_unsealed on ${schema}.audit_entries (hotel_id, seq) where n is null;

    -- Where each hotel's chain ends and begins. Locked before any of its entries by whoever changes those.
    create table ${schema}.audit_heads (
      hotel_id ${ID} primary key,
      -- Raised by all that changes entries, so that nobody seals what has been blanked since it was read.
      version bigint not null default 0,
      n bigint not null default 0,
      hash text not null default '',
      sealed_at timestamptz,
      -- The last that was pruned: its hash is what the first that is left follows.
      kept_n bigint not null default 0,
      kept_hash text not null default '',
      -- Up to where the anchor has it.
      anchored_n bigint not null default 0
    );
    create index audit_heads_unanchored on ${schema}.audit_heads (hotel_id) where anchored_n < n;

    -- @returns whether the links were written: false when the chain, or an entry, is not as it was read
    create function ${schema}.seal_audit_1(hotel text, was bigint, sealed timestamptz, links text) returns boolean language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    begin
      insert into ${schema}.audit_heads (hotel_id) values (hotel) on conflict do nothing;
      perform from ${schema}.audit_heads h where h.hotel_id = hotel and h.version = was for update;
      if not found then return false; end if;
      if json_array_length(links::json) <> (
        select count(*) from ${rowsOf("links::json", LINK)}
          join ${schema}.audit_entries a on a.hotel_id = x.hotel and a.id = x.id
         where a.n is null
      ) then return false; end if;
      update ${schema}.audit_entries a
         set n = x.n, actor_salt = x.actor_salt, actor_digest = x.actor_digest, target_salt = x.target_salt, target_digest = x.target_digest,
             reason_salt = x.reason_salt, reason_digest = x.reason_digest, hash = x.hash, sealed_at = sealed
        from ${rowsOf("links::json", LINK)}
       where a.hotel_id = x.hotel and a.id = x.id;
      update ${schema}.audit_heads h
         set version = h.version + 1, n = x.n, hash = x.hash, sealed_at = sealed
        from (select l.n, l.hash from json_to_recordset(links::json) as l(n bigint, hash text) order by l.n desc limit 1) x
       where h.hotel_id = hotel;
      return true;
    end $body$;

    create function ${schema}.blank_entries_1(hotel text, entries text[]) returns void language sql ${VERB} as $body$
      update ${schema}.audit_entries a
         set reason = '""', reason_salt = null, target_id = '', target_salt = null,
             actor_id = case when a.actor_kind = 'guest' then '' else a.actor_id end,
             actor_salt = case when a.actor_kind = 'guest' then null else a.actor_salt end
        from unnest(entries) as i(id)
       where a.hotel_id = hotel and a.id = i.id
    $body$;

    -- Blanks whatever a hotel's audit holds of a person: the reason and the target of entries about any of the ids, and the actor of
    -- those that a guest of one of them wrote. What a salt was kept for is nobody's to guess at without it.
    -- @returns how many entries were blanked
    create function ${schema}.blank_audit_1(hotel text, ids text[]) returns integer language plpgsql ${VERB} as $body$
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
         cross join lateral (select a.id, a.actor_kind from ${schema}.audit_entries a where a.hotel_id = hotel and a.actor_id = i.id and i.id <> '' offset 0) a
         where a.actor_kind = 'guest'
      ) f;
      perform ${schema}.blank_entries_1(hotel, own);
      return coalesce(cardinality(own), 0);
    end $body$;

    -- Takes away entries from the beginning of the chain that were sealed before an instant, at most so many. The newest of them stays,
    -- without what it held of a person: as old as it is, by the chain, was all that is gone. @returns how many
    create function ${schema}.prune_audit_1(hotel text, before timestamptz, most integer) returns integer language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      head record;
      last record;
      gone record;
    begin
      select h.kept_n into head from ${schema}.audit_heads h where h.hotel_id = hotel for update;
      if not found then return 0; end if;
      select a.id, a.n into last from (
        select * from ${schema}.audit_entries a where a.hotel_id = hotel and a.n > head.kept_n and a.n <= head.kept_n + most + 1 order by a.n offset 0
      ) a where a.sealed_at < before order by a.n desc limit 1;
      if not found then return 0; end if;
      select a.n, a.hash into gone from ${schema}.audit_entries a where a.hotel_id = hotel and a.n = last.n - 1;
      if not found then return 0; end if;
      update ${schema}.audit_heads h set version = h.version + 1, kept_n = gone.n, kept_hash = gone.hash where h.hotel_id = hotel;
      delete from ${schema}.audit_entries a where a.hotel_id = hotel and a.n > head.kept_n and a.n <= gone.n;
      perform ${schema}.blank_entries_1(hotel, array[last.id]);
      return gone.n - head.kept_n;
    end $body$;

    create function ${schema}.guard_audit_1() returns trigger language plpgsql as $body$
    begin
      if tg_op = 'DELETE' then
        -- What the chain no longer begins with is pruned.
        if exists (select from ${schema}.audit_heads h where h.hotel_id = old.hotel_id and h.kept_n >= old.n) then return old; end if;
      elsif tg_op = 'UPDATE' then
        if ${row("new", STAYS)} is not distinct from ${row("old", STAYS)}
           and (new.actor_id = old.actor_id or new.actor_id = '' and new.actor_salt is null)
           and (new.target_id = old.target_id or new.target_id = '' and new.target_salt is null)
           and (new.reason = old.reason or new.reason = '""' and new.reason_salt is null)
           and (old.n is null or ${row("new", SEALED)} is not distinct from ${row("old", SEALED)})
        then return new; end if;
      end if;
      raise exception 'belldesk: the audit is only added to; see docs/audit.md' using errcode = 'insufficient_privilege';
    end $body$;
    create trigger audit_entries_guard before update or delete on ${schema}.audit_entries
      for each row execute function ${schema}.guard_audit_1();
    create trigger audit_entries_whole before truncate on ${schema}.audit_entries
      for each statement execute function ${schema}.guard_audit_1();
  `,
};
