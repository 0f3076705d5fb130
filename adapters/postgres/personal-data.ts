import type { PersonalData, PrivacyStorage, StoredRecord } from "../../src/index.js";
import { moveOf, runOf, type MoveRow, type RunRow } from "./flow-runs.js";
import { attachmentOn } from "./migrations/0020-media.js";
import { translationOn } from "./migrations/0022-translations.js";
import { run, sought, type Queryable } from "./queryable.js";
import { amended, amendmentsOn } from "./reads.js";
import {
  attachmentOf,
  consentOf,
  conversationOf,
  date,
  promptOf,
  type AmendmentRow,
  type AttachmentRow,
  type ConsentRow,
  type ConversationRecord,
  type GuestRow,
  type Instant,
  type MessageRow,
  type PromptRow,
  type TranslationRow,
} from "./rows.js";
import { stayOf, taskOf, type StayRow, type TaskRow } from "./stays.js";

interface Place {
  readonly conversation: string;
  /** Strictly after it; absent: from the beginning. */
  readonly after?: string;
}

interface Query {
  readonly hotelId: string;
  readonly people: readonly string[];
  readonly after: string | null;
  readonly limit: number;
}
type Page = Pick<PersonalData, "records" | "next">;

interface AddressRecord {
  kind: "bsuid" | "parentBsuid" | "waId";
  value: string;
  guest_id: string;
  evidence: string | null;
  first_seen_at: Instant;
  retired_at: Instant | null;
  ended_at: Instant;
}

/** What is kept of a guest, found from who they are: nothing is read but by their own ids and those of their conversations. */
export function personalDataReads(db: Queryable, schema: string): Pick<PrivacyStorage, "personalData"> {
  const call = <Row>(text: string, values: unknown[]) => run<Row>(db, text, values);

  /** Few enough to be told at once. */
  const whole =
    <Row>(sql: string, recordOf: (row: Row) => StoredRecord) =>
    async ({ hotelId, people }: Query): Promise<Page> => {
      const rows = await call<{ row: Row }>(sql, [hotelId, people]);
      return { records: rows.map(({ row }) => recordOf(row)), next: null };
    };

  /** In the order of an id of its own, which `sql` finds from `$3` on, `$4` at most. */
  const byId =
    <Row extends { id: string }>(sql: string, recordOf: (row: Row) => StoredRecord) =>
    async ({ hotelId, people, after, limit }: Query): Promise<Page> => {
      const rows = await call<{ row: Row }>(sql, [hotelId, people, after ?? "", limit]);
      const last = rows.at(-1);
      return {
        records: rows.map(({ row }) => recordOf(row)),
        next: rows.length < limit || last === undefined ? null : last.row.id,
      };
    };

  /** One conversation after the other. `sql` finds what is after `$3` in conversation `$2`, `$4` at most, each with its `place`. */
  const byConversation =
    <Row>(sql: string, recordOf: (row: Row) => StoredRecord) =>
    async ({ hotelId, people, after, limit }: Query): Promise<Page> => {
      const place = after === null ? null : (JSON.parse(after) as Place);
      const [found] = await call<{ id: string | null }>(
        `select min(c.id) as id from unnest($2::text[]) as p(id)
          cross join lateral (
            select c.id from ${schema}.conversations c where c.hotel_id = $1 and c.guest_id = p.id and c.status = 'open'
            union all
            select c.id from ${schema}.conversations c where c.hotel_id = $1 and c.guest_id = p.id and c.status = 'closed'
          ) c
          where $3::text is null or c.id >= $3 and ($4 or c.id > $3)`,
        [hotelId, people, place?.conversation ?? null, place?.after !== undefined],
      );
      const conversation = found?.id ?? null;
      if (conversation === null) return { records: [], next: null };
      const from = place?.conversation === conversation ? (place.after ?? null) : null;
      const rows = await call<{ row: Row; place: string }>(sql, [hotelId, conversation, from, limit]);
      const last = rows.at(-1);
      const isFull = rows.length === limit && last !== undefined;
      const next: Place = isFull ? { conversation, after: last.place } : { conversation };
      return { records: rows.map(({ row }) => recordOf(row)), next: JSON.stringify(next) };
    };

  const ofConversation = (table: string): string =>
    `select to_json(t) as row, t.id as place from ${schema}.${table} t
      where t.hotel_id = $1 and t.conversation_id = $2 and ($3::text is null or t.id > $3) order by t.id limit $4`;

  const parts: Readonly<Record<StoredRecord["type"], (query: Query) => Promise<Page>>> = {
    guest: whole<GuestRow>(
      `select to_json(g) as row from unnest($2::text[]) with ordinality as p(id, n)
         join ${schema}.guests g on g.hotel_id = $1 and g.id = p.id order by p.n`,
      ({ hotel_id, id, name, username, language, merged_into }) => ({
        type: "guest",
        guest: {
          id,
          hotelId: hotel_id,
          name,
          username,
          ...(language != null && { language }),
          mergedInto: merged_into,
        },
      }),
    ),
    address: whole<AddressRecord>(
      `select to_json(a) as row from unnest($2::text[]) with ordinality as p(id, n)
         join ${schema}.guest_addresses a on a.hotel_id = $1 and a.guest_id = p.id order by p.n, a.first_seen_at, a.kind, a.value`,
      ({ kind, value, guest_id, evidence, first_seen_at, retired_at }) => ({
        type: "address",
        guestId: guest_id,
        address: {
          kind,
          value,
          evidence,
          firstSeenAt: date(first_seen_at),
          retiredAt: retired_at === null ? null : date(retired_at),
        },
      }),
    ),
    formerAddress: whole<AddressRecord>(
      `select to_json(a) as row from unnest($2::text[]) with ordinality as p(id, n)
         join ${schema}.former_addresses a on a.hotel_id = $1 and a.guest_id = p.id order by p.n, a.ended_at, a.kind, a.value`,
      ({ kind, value, guest_id, first_seen_at, ended_at }) => ({
        type: "formerAddress",
        guestId: guest_id,
        address: { kind, value, firstSeenAt: date(first_seen_at), endedAt: date(ended_at) },
      }),
    ),
    consent: whole<ConsentRow>(
      `select to_json(c) as row from unnest($2::text[]) as p(id)
         join ${schema}.consents c on c.hotel_id = $1 and c.guest_id = p.id order by c.id`,
      (row) => ({ type: "consent", consent: consentOf(row) }),
    ),
    stay: whole<StayRow>(
      `select to_json(s) as row from (
         select s.* from unnest($2::text[]) as p(id) join ${schema}.stays s on s.hotel_id = $1 and s.guest_id = p.id
         union all
         select s.* from unnest($2::text[]) as p(id)
           join ${schema}.guest_addresses a on a.hotel_id = $1 and a.guest_id = p.id
           join ${schema}.stays s on s.hotel_id = $1 and s.address_kind = a.kind and s.address = a.value and s.guest_id is null
       ) s order by s.reservation_id`,
      (row) => ({ type: "stay", stay: stayOf(row) }),
    ),
    conversation: byId<ConversationRecord>(
      `select to_json(c) as row from (
         select c.* from unnest($2::text[]) as p(id) join ${schema}.conversations c on c.hotel_id = $1 and c.guest_id = p.id and c.status = 'open'
         union all
         select c.* from unnest($2::text[]) as p(id) join ${schema}.conversations c on c.hotel_id = $1 and c.guest_id = p.id and c.status = 'closed'
       ) c where c.id > $3 order by c.id limit $4`,
      (row) => ({ type: "conversation", conversation: conversationOf(row) }),
    ),
    message: byConversation<{
      message: MessageRow;
      amendments: AmendmentRow[] | null;
      attachment: AttachmentRow | null;
      translation: TranslationRow | null;
    }>(
      `select json_build_object('message', to_json(m), 'amendments', ${amendmentsOn(schema, "m")}, 'attachment', ${attachmentOn(schema, "m")},
                'translation', ${translationOn(schema, "m")}) as row, m.event_seq::text as place
         from (
           select * from ${schema}.messages m
            where m.hotel_id = $1 and m.conversation_id = $2 and ($3::text is null or m.event_seq > $3::bigint) order by m.event_seq limit $4
         ) m order by m.event_seq`,
      ({ message, amendments, attachment, translation }) => ({
        type: "message",
        message: amended(message, amendments, attachment, translation),
      }),
    ),
    attachment: byId<AttachmentRow>(
      `select to_json(a) as row from unnest($2::text[]) as p(id)
         join ${schema}.attachments a on a.hotel_id = $1 and a.guest_id = p.id where a.id > $3 order by a.id limit $4`,
      (row) => ({ type: "attachment", attachment: attachmentOf(row) }),
    ),
    prompt: byConversation<PromptRow>(ofConversation("prompts"), (row) => ({ type: "prompt", prompt: promptOf(row) })),
    flowRun: byConversation<RunRow>(ofConversation("flow_runs"), (row) => ({ type: "flowRun", run: runOf(row) })),
    flowMove: byConversation<MoveRow>(
      `select to_json(m) as row, json_build_array(m.run_id, m.n)::text as place
         from (select r.id from ${schema}.flow_runs r where r.hotel_id = $1 and r.conversation_id = $2 order by r.id) r
        cross join lateral (
          select * from ${schema}.flow_moves m where m.hotel_id = $1 and m.run_id = r.id offset 0
        ) m
        where $3::text is null or (m.run_id, m.n) > ((($3::text)::json ->> 0) collate "C", (($3::text)::json ->> 1)::integer)
        order by m.run_id, m.n limit $4`,
      (move) => {
        const { heard: _, ...recorded } = moveOf({ move, heard: null });
        return { type: "flowMove", move: recorded };
      },
    ),
    task: byConversation<TaskRow>(ofConversation("tasks"), (row) => ({ type: "task", task: taskOf(row) })),
  };

  return {
    async personalData({ hotelId, guestId, part, after, limit }) {
      const [row] = await call<{ now: Instant; root: string; guests: string[] }>(
        `select ${schema}.desk_now() as now, r.id as root, ${schema}.together_1($1, r.id) as guests
           from (select ${schema}.root_1($1, $2) as id where exists (select from ${schema}.guests g where g.hotel_id = $1 and g.id = $2)) r`,
        [sought(hotelId), sought(guestId)],
      );
      if (row === undefined) return null;
      const people = [row.root, ...row.guests.filter((id) => id !== row.root).toSorted()];
      const page = await parts[part]({ hotelId: sought(hotelId), people, after, limit });
      return { now: date(row.now), guestIds: people, ...page };
    },
  };
}
