import {
  ConversationError,
  type AuditEntry,
  type SavedReply,
  type SavedReplyStored,
  type Storage,
} from "../../src/index.js";
import { constraintOf, run, sought, sqlState, type Queryable } from "./queryable.js";
import { reachedHotels, reachJson } from "./reach.js";
import type { Reader } from "./row-security.js";
import { date, type Instant } from "./rows.js";

type SavedReplyVerbs = Pick<Storage, "savedReplies" | "savedReply" | "putSavedReply" | "deleteSavedReply">;

interface Row {
  hotel_id: string;
  id: string;
  department_id: string | null;
  shortcut: string;
  texts: string;
  version: number;
  updated_at: Instant;
}

const replyOf = (row: Row): SavedReply => ({
  id: row.id,
  hotelId: row.hotel_id,
  departmentId: row.department_id,
  shortcut: row.shortcut,
  texts: JSON.parse(row.texts) as SavedReply["texts"],
  version: row.version,
  updatedAt: date(row.updated_at),
});

const auditJson = ({ id, actor, action, reason, target }: Omit<AuditEntry, "hotelId" | "at">): string =>
  JSON.stringify({
    id,
    actor_kind: actor.kind,
    actor_id: actor.id,
    action,
    reason: JSON.stringify(reason),
    target_kind: target.kind,
    target_id: target.id,
  });

/** What staff answer often. */
export function savedReplyVerbs(db: Queryable, schema: string, within: Reader): SavedReplyVerbs {
  const reached = reachedHotels(schema);
  const inDepartment = "(r.departments is null or s.department_id in (select json_array_elements_text(r.departments)))";
  return {
    async savedReplies({ reach, hotelId, departmentId, after, limit }) {
      if (reach !== "everything" && !("hotels" in reach && reach.hotels.has(hotelId))) return { items: [], next: null };
      const rows = await run<Row>(
        within(reach),
        `with reach as (select x.departments from json_to_record($1::json) as x(departments json))
         select s.* from ${schema}.saved_replies s cross join reach r
          where s.hotel_id = $2 and (s.department_id is null or ${inDepartment})
            and ($3::text is null or s.department_id is null or s.department_id = $3)
            and ($4::text is null or (s.shortcut, s.id) > ($4, $5))
          order by s.shortcut, s.id limit $6`,
        [
          JSON.stringify({ departments: departmentsOf(reach, hotelId) }),
          sought(hotelId),
          departmentId === null ? null : sought(departmentId),
          after === null ? null : sought(after.shortcut),
          sought(after?.id ?? ""),
          limit + 1,
        ],
      );
      const items = rows.slice(0, limit).map(replyOf);
      const last = items.at(-1);
      return {
        items,
        next: rows.length > limit && last !== undefined ? { shortcut: last.shortcut, id: last.id } : null,
      };
    },

    async savedReply({ reach, id }) {
      const [row] = await run<Row>(
        within(reach),
        `with ${reached} select s.* from reached r join ${schema}.saved_replies s on s.hotel_id = r.hotel_id and s.id = $2 where ${inDepartment}`,
        [reachJson(reach), sought(id)],
      );
      return row === undefined ? null : replyOf(row);
    },

    async putSavedReply({ reach, reply, audit }): Promise<SavedReplyStored> {
      const { id, hotelId, departmentId, shortcut, texts, version } = reply;
      const json = JSON.stringify({ id, department: departmentId, shortcut, texts: JSON.stringify(texts), version });
      try {
        const [row] = await run<{ outcome: SavedReplyStored["outcome"]; at: Date }>(
          db,
          `select * from ${schema}.put_saved_reply_1($1, $2, $3, $4)`,
          [hotelId, JSON.stringify(departmentsOf(reach, hotelId)), json, auditJson(audit)],
        );
        if (row === undefined) throw new ConversationError("storage_failed");
        return row.outcome === "stored" ? { outcome: "stored", at: date(row.at) } : { outcome: row.outcome };
      } catch (error) {
        // Somebody else took the shortcut, or the id, at the same moment.
        const cause = error instanceof Error ? error.cause : undefined;
        if (sqlState(cause) !== "23505") throw error;
        return { outcome: constraintOf(cause) === "saved_replies_shortcut" ? "taken" : "conflict" };
      }
    },

    async deleteSavedReply({ reach, id, audit }) {
      const [row] = await run<{ found: boolean }>(
        db,
        `with ${reached}, gone as (
           delete from ${schema}.saved_replies d using (
             select s.hotel_id, s.id from reached r join ${schema}.saved_replies s on s.hotel_id = r.hotel_id and s.id = $2
              where ${inDepartment}
           ) s where d.hotel_id = s.hotel_id and d.id = s.id
           returning d.hotel_id
         ), written as (
           insert into ${schema}.audit_entries
             select gone.hotel_id, x.id, x.actor_kind, x.actor_id, x.action, x.reason, x.target_kind, x.target_id, ${schema}.desk_now()
               from gone cross join json_to_record($3::json) as x(id text, actor_kind text, actor_id text, action text, reason text,
                 target_kind text, target_id text)
             on conflict do nothing
         )
         select exists (select from gone) as found`,
        [reachJson(reach), sought(id), auditJson(audit)],
      );
      return row?.found === true;
    },
  };
}

/** The departments of a hotel within reach; null: all. */
function departmentsOf(
  reach: Parameters<Storage["savedReplies"]>[0]["reach"],
  hotelId: string,
): readonly string[] | null {
  const departments = reach === "everything" ? "all" : "hotels" in reach ? (reach.hotels.get(hotelId) ?? []) : [];
  return departments === "all" ? null : departments;
}
