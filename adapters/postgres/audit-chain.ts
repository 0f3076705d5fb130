import type { AuditEntry, AuditHead, AuditLink, AuditStorage, AuditToSeal, SealedAuditEntry } from "../../src/index.js";
import { run, sought, type Queryable } from "./queryable.js";
import { reachJson } from "./reach.js";
import { auditOf, type AuditRow } from "./reads.js";
import type { Reader } from "./row-security.js";
import { date, type Instant } from "./rows.js";

interface SealedRow extends AuditRow {
  readonly n: string;
  readonly actor_salt: string | null;
  readonly target_salt: string | null;
  readonly reason_salt: string | null;
  readonly actor_digest: string;
  readonly target_digest: string;
  readonly reason_digest: string;
  readonly hash: string;
  readonly sealed_at: Instant;
}

const sealedOf = (row: SealedRow): SealedAuditEntry => ({
  ...auditOf(row),
  n: Number(row.n),
  salts: { actor: row.actor_salt, target: row.target_salt, reason: row.reason_salt },
  digests: { actor: row.actor_digest, target: row.target_digest, reason: row.reason_digest },
  hash: row.hash,
  sealedAt: date(row.sealed_at),
});

const linkJson = ({ id, n, salts, digests, hash }: AuditLink) => ({
  id,
  n,
  actor_salt: salts.actor,
  actor_digest: digests.actor,
  target_salt: salts.target,
  target_digest: digests.target,
  reason_salt: salts.reason,
  reason_digest: digests.reason,
  hash,
});

/** The audit as a chain. */
export function auditChainVerbs(db: Queryable, schema: string, within: Reader): AuditStorage {
  return {
    async auditToSeal({ after, hotels, entries }) {
      interface Row extends AuditRow {
        readonly now: Instant;
        readonly version: string;
        readonly head_n: string;
        readonly head_hash: string;
      }
      // Time is that of the statement's beginning, and what it sees may have been sealed since.
      // From one hotel to the next, so that no more is read than is answered.
      const next = (behind: string) =>
        `(select a.hotel_id from ${schema}.audit_entries a where a.n is null and a.hotel_id > ${behind} order by a.hotel_id limit 1)`;
      const rows = await run<Row>(
        db,
        `with recursive waiting as (
           select ${next("coalesce($1::text, '')")} as hotel_id, 1 as place
           union all
           select ${next("w.hotel_id")}, w.place + 1 from waiting w where w.hotel_id is not null and w.place < $2
         )
         select a.*, greatest(${schema}.desk_now(), h.sealed_at) as now, coalesce(h.version, 0) as version, coalesce(h.n, 0) as head_n, coalesce(h.hash, '') as head_hash
           from waiting w
           left join ${schema}.audit_heads h on h.hotel_id = w.hotel_id
          cross join lateral (
            select * from ${schema}.audit_entries a where a.hotel_id = w.hotel_id and a.n is null order by a.seq limit $3
          ) a
          order by w.place, a.seq`,
        [after, hotels, entries],
      );
      const waiting = new Map<string, AuditToSeal & { readonly entries: AuditEntry[] }>();
      for (const row of rows) {
        const { hotel_id: hotelId, version, now, head_n: n, head_hash: hash } = row;
        const head = { n: Number(n), hash };
        const hotel = waiting.get(hotelId) ?? { hotelId, version: Number(version), now: date(now), head, entries: [] };
        hotel.entries.push(auditOf(row));
        waiting.set(hotelId, hotel);
      }
      return [...waiting.values()];
    },

    async sealAudit({ hotelId, version, sealedAt, links }) {
      if (links.length === 0) return true;
      const [row] = await run<{ sealed: boolean }>(db, `select ${schema}.seal_audit_1($1, $2, $3, $4) as sealed`, [
        sought(hotelId),
        version,
        sealedAt.toISOString(),
        JSON.stringify(links.map(linkJson)),
      ]);
      return row?.sealed === true;
    },

    async auditToAnchor({ after, limit }) {
      const rows = await run<{ hotel_id: string; n: string; hash: string; sealed_at: Instant }>(
        db,
        `select hotel_id, n, hash, sealed_at from ${schema}.audit_heads
          where anchored_n < n and hotel_id > coalesce($1::text, '') order by hotel_id limit $2`,
        [after, limit],
      );
      return rows.map(({ hotel_id, n, hash, sealed_at }): AuditHead => ({
        hotelId: hotel_id,
        n: Number(n),
        hash,
        at: date(sealed_at),
      }));
    },

    async auditAnchored({ hotelId, n }) {
      await run(db, `update ${schema}.audit_heads set anchored_n = $2 where hotel_id = $1 and anchored_n < $2`, [
        sought(hotelId),
        n,
      ]);
    },

    async sealedAudit({ reach, hotelId, after, limit }) {
      interface Row {
        readonly now: Instant;
        readonly kept_n: string | null;
        readonly kept_hash: string | null;
        readonly head_n: string | null;
        readonly head_hash: string | null;
        readonly unsealed: Instant | null;
        readonly entries: readonly SealedRow[] | null;
      }
      // A look at one hotel, not from hotel to hotel: it may have an audit, and have told nothing yet.
      const [row] = await run<Row>(
        within(reach),
        `select ${schema}.desk_now() as now, h.kept_n, h.kept_hash, h.n as head_n, h.hash as head_hash,
                (select a.at from ${schema}.audit_entries a where a.hotel_id = r.hotel_id and a.n is null order by a.seq limit 1) as unsealed,
                (select json_agg(a order by a.n) from (
                   select * from ${schema}.audit_entries a
                    where a.hotel_id = r.hotel_id and a.n > coalesce($3, h.kept_n) order by a.n limit $4
                 ) a) as entries
           from (select $2::text collate "C" as hotel_id
                  where $1::json is null
                     or exists (select from json_to_recordset($1::json) as x(hotel text, departments json, guest text)
                                 where x.hotel = $2 and x.departments is null and x.guest is null)) r
           left join ${schema}.audit_heads h on h.hotel_id = r.hotel_id`,
        [reachJson(reach), sought(hotelId), after, limit],
      );
      return {
        now: row === undefined ? new Date(0) : date(row.now),
        kept: { n: Number(row?.kept_n ?? 0), hash: row?.kept_hash ?? "" },
        head: { n: Number(row?.head_n ?? 0), hash: row?.head_hash ?? "" },
        unsealedSince: row?.unsealed == null ? null : date(row.unsealed),
        entries: (row?.entries ?? []).map(sealedOf),
      };
    },
  };
}
