import { ConversationError, type LiveStorage, type LogPlace, type Revocations } from "../../src/index.js";
import { listed, listedOf, type ListedRow } from "./listed.js";
import { attachmentOn } from "./migrations/0020-media.js";
import { translationOn } from "./migrations/0022-translations.js";
import { run, sought, soughtJson, type Queryable } from "./queryable.js";
import { inDepartment, isGuestReach, reachedHotels, reachJson } from "./reach.js";
import { amended, amendmentsOn } from "./reads.js";
import type { Reader } from "./row-security.js";
import {
  date,
  eventOf,
  type AmendmentRow,
  type AttachmentRow,
  type TranslationRow,
  type EventRow,
  type Instant,
  type MessageRow,
} from "./rows.js";

interface PlaceRow {
  readonly hotel_id: string;
  readonly seq: string | number;
  readonly at: Instant;
}

const placeOf = ({ hotel_id, seq, at }: PlaceRow): LogPlace => ({ hotelId: hotel_id, seq: Number(seq), at: date(at) });

/** What whoever watches the desk live reads, each in one statement, which sees one moment. */
export function liveVerbs(db: Queryable, schema: string, within: Reader): LiveStorage {
  return {
    async snapshot({ reach, limit }) {
      interface Row {
        now: Date;
        items: ListedRow[] | null;
        places: PlaceRow[] | null;
      }
      const isGuests = isGuestReach(reach);
      const { columns, joins } = listed(schema, isGuests);
      const of = (order: string) => `order by ${order}.last_message_at desc, ${order}.id desc`;
      // A guest's are few, and found by the guest.
      const open = isGuests
        ? `select c.* from unnest(r.guests) as t(id)
               cross join lateral (
                 select * from ${schema}.conversations c where c.hotel_id = r.hotel_id and c.guest_id = t.id and c.status = 'open' offset 0
               ) c`
        : `select c.* from ${schema}.conversations c
                where c.hotel_id = r.hotel_id and c.status = 'open' and ${inDepartment("c.department_id")}`;
      const [row] = await run<Row>(
        within(reach),
        `with ${reachedHotels(schema)}
         select ${schema}.desk_now() as now,
            (select json_agg(x ${of("x")}) from (
               select c.*, ${columns}
                 from (
                   select c.* from reached r cross join lateral (${open} ${of("c")} limit $2) c ${of("c")} limit $2
                 ) c
                 ${joins}
             ) x) as items,
            (select json_agg(p) from ${schema}.log_places_1(array(select r.hotel_id from reached r)) p) as places`,
        [reachJson(reach), limit + 1],
      );
      if (row === undefined) throw new ConversationError("storage_failed");
      const items = (row.items ?? []).map((each) => listedOf(each, isGuests));
      return {
        now: date(row.now),
        items: items.slice(0, limit),
        more: items.length > limit,
        places: (row.places ?? []).map(placeOf),
      };
    },

    async news({ after, limit }) {
      interface Row {
        is_known: boolean;
        now: Date;
        head: string | number;
        events: EventRow[] | null;
        conversations: ListedRow[] | null;
        messages:
          | {
              message: MessageRow;
              amendments: AmendmentRow[] | null;
              attachment: AttachmentRow | null;
              translation: TranslationRow | null;
            }[]
          | null;
      }
      const { columns, joins } = listed(schema, true);
      // Of every list the rows are looked up one by one, by their key: the fences (offset 0) keep the planner from reading all that the
      // hotel has instead. No text of Meta's stands in the bodies that are looked into, and so nothing that PostgreSQL reads in no JSON.
      const [row] = await run<Row>(
        db,
        `with recursive known as materialized (
           select case when $2::bigint = 0
                    then coalesce((select e.seq from ${schema}.events e where e.hotel_id = $1 order by e.seq limit 1), 1) = 1
                    else exists (
                      select from ${schema}.events e
                       where e.hotel_id = $1 and e.seq = $2 and date_trunc('milliseconds', e.at) = $3::timestamptz
                    ) end as is_known
         ), told as materialized (
           select e.seq, e.at, e.conversation_id, e.department_id, e.body,
                  case when e.body ~ '^[{]"type" ?: ?"(message[.]|staff[.]|guest[.]|conversation[.](closed|reopened))' then e.body::json end as about
             from known
            cross join lateral (
              select * from ${schema}.events e where e.hotel_id = $1 and e.seq > $2 and known.is_known order by e.seq limit $4
            ) e
         ), onward as (
           select c.id, c.guest_id, c.continued_in
             from (
               select t.conversation_id as id from told t where t.conversation_id is not null
               union
               select t.about ->> 'leaves' from told t where t.about ->> 'leaves' is not null offset 0
             ) t
            cross join lateral (select * from ${schema}.conversations c where c.hotel_id = $1 and c.id = t.id offset 0) c
           union
           select n.id, n.guest_id, n.continued_in
             from onward
            cross join lateral (
              select * from ${schema}.conversations n where n.hotel_id = $1 and n.id = onward.continued_in offset 0
            ) n
         ), whose as (
           select o.guest_id as id from onward o
           union
           select g.id from told t cross join lateral (values (t.about ->> 'guestId'), (t.about ->> 'into'), (t.about ->> 'from')) as g(id)
            where g.id is not null
         ), people as (
           select distinct t.id from whose cross join lateral unnest(${schema}.together_1($1, ${schema}.root_1($1, whose.id))) as t(id)
         ), concerned as (
           select o.id from onward o
           union
           select c.id from people p
            cross join lateral (
              select * from ${schema}.conversations c where c.hotel_id = $1 and c.guest_id = p.id and c.status = 'open' offset 0
            ) c
         )
         select known.is_known, ${schema}.desk_now() as now,
            coalesce((select e.seq from ${schema}.events e where e.hotel_id = $1 order by e.seq desc limit 1), 0) as head,
            (select json_agg(t order by t.seq) from (
               select t.seq, t.at, t.conversation_id, t.department_id, t.body from told t
             ) t) as events,
            (select json_agg(x) from (
               select c.*, ${columns}
                 from concerned k
                cross join lateral (select * from ${schema}.conversations c where c.hotel_id = $1 and c.id = k.id offset 0) c
                 ${joins}
             ) x) as conversations,
            (select json_agg(json_build_object('message', to_json(m), 'amendments', ${amendmentsOn(schema, "m")},
                                               'attachment', ${attachmentOn(schema, "m")},
                                               'translation', ${translationOn(schema, "m")})) from (
               select m.*
                 from (select distinct t.about ->> 'messageId' as id from told t where t.about ->> 'messageId' is not null offset 0) t
                cross join lateral (select * from ${schema}.messages m where m.hotel_id = $1 and m.id = t.id offset 0) m
             ) m) as messages
           from known`,
        [sought(after.hotelId), after.seq, after.at, limit],
      );
      if (row === undefined) throw new ConversationError("storage_failed");
      if (!row.is_known) return null;
      const events = (row.events ?? []).map((each) => eventOf(after.hotelId, each));
      const last = events.at(-1);
      return {
        now: date(row.now),
        events,
        upTo: last === undefined ? after : { hotelId: after.hotelId, seq: last.seq, at: last.at },
        head: Number(row.head),
        conversations: (row.conversations ?? []).map((each) => ({
          ...listedOf(each, false),
          previewForGuest: !each.hides,
        })),
        messages: (row.messages ?? []).map(({ message, amendments, attachment, translation }) =>
          amended(message, amendments, attachment, translation),
        ),
      };
    },

    async heads(hotelIds) {
      const rows = await run<PlaceRow>(
        db,
        `select * from ${schema}.log_places_1(array(select json_array_elements_text($1::json)))`,
        [soughtJson([...new Set(hotelIds)])],
      );
      return rows.map(placeOf);
    },

    async revoke({ kind, id }) {
      await run(db, `select ${schema}.revoke_1($1, $2)`, [kind, id]);
    },

    async revocations({ after }): Promise<Revocations> {
      interface Row {
        newest: string | number;
        principals: { kind: "staff" | "guest"; id: string }[] | null;
      }
      const [row] = await run<Row>(
        db,
        `select n.newest,
            (select json_agg(json_build_object('kind', r.kind, 'id', r.principal_id) order by r.number) from (
               select r.* from ${schema}.revocations r where r.hotel_id = '' and r.number > $1::bigint
               union all
               -- A number that is still to come is of another time, before a backup was restored.
               select r.* from ${schema}.revocations r where r.hotel_id = '' and n.newest < $1
             ) r) as principals
           from (select coalesce(max(r.number), 0) as newest from ${schema}.revocations r where r.hotel_id = '' offset 0) n`,
        [after],
      );
      if (row === undefined) throw new ConversationError("storage_failed");
      return { upTo: Number(row.newest), principals: row.principals ?? [] };
    },
  };
}
