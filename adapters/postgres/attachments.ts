import {
  ConversationError,
  type AuditEntry,
  type Attachment,
  type AttachmentAdded,
  type AttachmentStorage,
  type Forgotten,
  type NewMediaFile,
} from "../../src/index.js";
import { laneJson } from "./batch.js";
import { reachedAttachment } from "./migrations/0020-media.js";
import { run, sought, soughtJson, type Queryable } from "./queryable.js";
import { inDepartment, reachedHotels, reachJson } from "./reach.js";
import { attachmentOf, date, eventOf, saidText, type AttachmentRow, type EventRow } from "./rows.js";
import type { Reader } from "./row-security.js";

interface ForgottenRow {
  gone: string[] | null;
  events: EventRow[] | null;
}

/** What the desk asks about files; each verb that writes is one function of the database. */
export function attachmentVerbs(db: Queryable, schema: string, within: Reader): AttachmentStorage {
  const forgotten = (hotelId: string, { gone, events }: ForgottenRow): Forgotten => ({
    files: (gone ?? []).map((id) => ({ hotelId, id })),
    events: (events ?? []).map((row) => eventOf(hotelId, row)),
  });
  const one = (rows: readonly { found: AttachmentRow | null }[]): Attachment | null =>
    rows[0]?.found == null ? null : attachmentOf(rows[0].found);

  return {
    async attachmentsKeptFor({ hotelId, guestId, conversationId, purposes }) {
      const rows = await run<{ id: string }>(
        db,
        `select a.id from ${schema}.attachments a
          where a.hotel_id = $1 and a.guest_id = $2 and a.conversation_id = $3 and a.state in ('pending', 'stored', 'quarantined')
            and a.purpose in (select json_array_elements_text($4::json))
          order by a.id`,
        [sought(hotelId), sought(guestId), sought(conversationId), soughtJson(purposes)],
      );
      return rows.map(({ id }) => id);
    },

    async loadAttachments(hotelId, ids) {
      const rows = await run<{ now: Date; ord: number | null; found: AttachmentRow | null }>(
        db,
        `select ${schema}.desk_now() as now, x.ord, to_json(a) as found
           from (select 1) one
           left join (
             select i.id, i.ord::integer as ord from json_array_elements_text($2::json) with ordinality as i(id, ord) offset 0
           ) x on true
           left join lateral (select * from ${schema}.attachments a where a.hotel_id = $1 and a.id = x.id offset 0) a on true
          order by x.ord`,
        [sought(hotelId), soughtJson(ids)],
      );
      const [first] = rows;
      if (first === undefined) throw new ConversationError("storage_failed");
      const found = rows.flatMap((row) => (row.ord === null ? [] : [row.found]));
      return { now: date(first.now), attachments: found.map((row) => (row === null ? null : attachmentOf(row))) };
    },

    async settleAttachment({ lane, workId, attachmentId, fate, quotas, forgetMs }) {
      const { hotelId } = lane;
      const file = "file" in fate ? fileJson(fate.file) : null;
      const reason = "reason" in fate ? fate.reason : null;
      const [row] = await run<{ outcome: string; stored: AttachmentRow | null; events: EventRow[] | null }>(
        db,
        `select * from ${schema}.settle_attachment_1($1, $2, $3, $4, $5, $6, $7)`,
        [
          hotelId,
          JSON.stringify(laneJson(lane)),
          workId,
          attachmentId,
          JSON.stringify({ state: fate.state, reason, file }),
          quotasJson(quotas),
          forgetMs,
        ],
      );
      if (row === undefined) throw new ConversationError("storage_failed");
      if (row.outcome === "fenced") return { outcome: "fenced" };
      const events = (row.events ?? []).map((each) => eventOf(hotelId, each));
      return { outcome: "settled", attachment: row.stored && attachmentOf(row.stored), events };
    },

    async addAttachment({ attachment, file, quotas, forgetMs, since, audit }): Promise<AttachmentAdded> {
      const { id, hotelId, conversationId, guestId, phoneNumberId, kind, direction, said, purpose } = attachment;
      const added = {
        id,
        conversation: conversationId,
        guest: guestId,
        number: phoneNumberId,
        kind,
        direction,
        said: saidText(said),
        purpose,
      };
      const [row] = await run<{ outcome: AttachmentAdded["outcome"]; stored: AttachmentRow | null }>(
        db,
        `select * from ${schema}.add_attachment_1($1, $2, $3, $4, $5, $6, $7)`,
        [
          hotelId,
          JSON.stringify(added),
          JSON.stringify(fileJson(file)),
          quotasJson(quotas),
          forgetMs,
          since,
          JSON.stringify(auditJson(audit)),
        ],
      );
      if (row === undefined) throw new ConversationError("storage_failed");
      if (row.outcome !== "stored") return { outcome: row.outcome };
      if (row.stored === null) throw new ConversationError("storage_failed");
      return { outcome: "stored", attachment: attachmentOf(row.stored) };
    },

    async attachment({ reach, id }) {
      return one(
        await run<{ found: AttachmentRow | null }>(
          within(reach),
          `with recursive ${reachedHotels(schema)}, ${reachedAttachment(schema, inDepartment("s.department_id"))}
           select to_json(a) as found from seen s join ${schema}.attachments a on a.hotel_id = s.hotel_id and a.id = s.id`,
          [reachJson(reach), sought(id)],
        ),
      );
    },

    async changeAttachment({ reach, id, purpose, forgetMs, because = "used", audit }) {
      const [place] = await run<{ hotel_id: string }>(
        within(reach),
        `with recursive ${reachedHotels(schema)}, ${reachedAttachment(schema, inDepartment("s.department_id"))}
         select hotel_id from seen`,
        [reachJson(reach), sought(id)],
      );
      if (place === undefined) return null;
      // What it is of never changes, and what is there no more is not found.
      const [row] = await run<ForgottenRow & { stored: AttachmentRow | null }>(
        db,
        `select * from ${schema}.change_attachment_1($1, $2, $3, $4, $5, $6)`,
        [place.hotel_id, id, purpose, forgetMs, because, JSON.stringify(auditJson(audit))],
      );
      if (row?.stored == null) return null;
      return { ...forgotten(place.hotel_id, row), attachment: attachmentOf(row.stored) };
    },

    async forgetDue({ limit }) {
      const due = await run<{ hotel_id: string; ids: string[] }>(
        db,
        `select d.hotel_id, json_agg(d.id) as ids from (
           select a.hotel_id, a.id from ${schema}.hotel_counters h
            cross join lateral (
              select * from ${schema}.attachments a
               where a.hotel_id = h.hotel_id and a.forget_at <= ${schema}.desk_now()
               order by a.forget_at, a.id limit $1
            ) a
            order by a.forget_at, a.id limit $1
         ) d group by d.hotel_id order by d.hotel_id`,
        [limit],
      );
      const all: Forgotten[] = [];
      for (const { hotel_id: hotelId, ids } of due) {
        const [row] = await run<ForgottenRow>(
          db,
          `select * from ${schema}.forget_due_1($1, array(select json_array_elements_text($2::json)))`,
          [hotelId, JSON.stringify(ids)],
        );
        if (row !== undefined) all.push(forgotten(hotelId, row));
      }
      return { files: all.flatMap(({ files }) => files), events: all.flatMap(({ events }) => events) };
    },

    async knownFiles({ hotelId, ids }) {
      const rows = await run<{ known: boolean }>(
        db,
        `select exists (select from ${schema}.files f where f.hotel_id = $1 and f.id = i.id)
             or exists (select from ${schema}.files f where f.hotel_id = $1 and f.thumbnail_id = i.id) as known
           from json_array_elements_text($2::json) with ordinality as i(id, ord) order by i.ord`,
        [sought(hotelId), soughtJson(ids)],
      );
      return rows.map(({ known }) => known);
    },

    async upload({ hotelId, fileId, phoneNumberId }) {
      const [row] = await run<{ media_id: string }>(
        db,
        `select u.media_id from ${schema}.media_uploads u
          where u.hotel_id = $1 and u.file_id = $2 and u.phone_number_id = $3 and u.expires_at > ${schema}.desk_now()`,
        [sought(hotelId), sought(fileId), sought(phoneNumberId)],
      );
      return row?.media_id ?? null;
    },

    async putUpload({ hotelId, fileId, phoneNumberId, mediaId, liveMs }) {
      await run(db, `select ${schema}.put_upload_1($1, $2, $3, $4, $5)`, [
        hotelId,
        fileId,
        phoneNumberId,
        mediaId,
        liveMs,
      ]);
    },
  };
}

const fileJson = ({ id, sha256, sizeBytes, mimeType, width, height, thumbnailId }: NewMediaFile) => ({
  id,
  sha256,
  size: sizeBytes,
  type: mimeType,
  width,
  height,
  thumbnail: thumbnailId,
});

const quotasJson = ({
  hotelBytes,
  guestBytes,
}: {
  readonly hotelBytes: number | null;
  readonly guestBytes: number | null;
}): string => JSON.stringify({ hotel_bytes: hotelBytes, guest_bytes: guestBytes });

const auditJson = ({ id, actor, action, reason, target }: Omit<AuditEntry, "hotelId" | "at">) => ({
  id,
  actor_kind: actor.kind,
  actor_id: actor.id,
  action,
  reason: JSON.stringify(reason),
  target_kind: target.kind,
  target_id: target.id,
});
