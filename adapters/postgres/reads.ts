import {
  ConversationError,
  newChat,
  PRIORITIES,
  type AuditEntry,
  type Chat,
  type ChatState,
  type Conversation,
  type Guest,
  type AmendedMessage,
  type Page,
  type SendState,
  type Storage,
} from "../../src/index.js";
import { runOf, type RunRow } from "./flow-runs.js";
import { attachmentOn } from "./migrations/0020-media.js";
import { translationOn } from "./migrations/0022-translations.js";
import { standingConsents } from "./migrations/0008-consents.js";
import { DIRECTIONS, listed, listedOf, unreadIn, type ListedRow } from "./listed.js";
import { run, sought, soughtJson, type Queryable } from "./queryable.js";
import { inDepartment, isGuestReach, reachedHotels, reachJson } from "./reach.js";
import {
  amendmentOf,
  attachmentOf,
  translationOf,
  type TranslationRow,
  authorOf,
  chatOf,
  consentOf,
  conversationOf,
  date,
  eventOf,
  guestOf,
  guestStateOf,
  knownOf,
  messageOf,
  promptOf,
  type AmendmentRow,
  type AttachmentRow,
  type AuthorRow,
  type ChatRow,
  type ConsentRow,
  type ConversationRecord,
  type EventRow,
  type GuestRow,
  type GuestStateRow,
  type KnownRow,
  type MessageRow,
  type PromptRow,
} from "./rows.js";
import type { Reader } from "./row-security.js";
import { templateOf, type TemplateRow } from "./templates.js";

type Reads = Pick<
  Storage,
  | "loadChats"
  | "loadConversation"
  | "loadStaff"
  | "loadSends"
  | "conversations"
  | "counters"
  | "messages"
  | "message"
  | "events"
  | "audit"
  | "auditEntries"
>;

/** What the desk reads, each in one statement; the reach of whoever asks stands in its `where`. */
export function reads(db: Queryable, schema: string, within: Reader): Reads {
  const reached = reachedHotels(schema);

  const amendments = (message: string) => amendmentsOn(schema, message);
  const attachment = (message: string) => attachmentOn(schema, message);
  const translation = (message: string) => translationOn(schema, message);

  /** The desk's time, when there is no row to bring it. */
  async function clock(): Promise<Date> {
    const [row] = await run<{ now: Date }>(db, `select ${schema}.desk_now() as now`);
    if (row === undefined) throw new ConversationError("storage_failed");
    return date(row.now);
  }

  return {
    async loadChats(keys) {
      interface Row {
        now: Date;
        guest: GuestRow | null;
        guest_id: string;
        chat: ChatRow | null;
        conversations: ConversationRecord[];
        known: KnownRow[] | null;
        amendments: AmendmentRow[] | null;
        holders: GuestStateRow[] | null;
        prompts: PromptRow[];
        consents: ConsentRow[] | null;
        runs: RunRow[] | null;
      }
      if (keys.length === 0) return { now: await clock(), states: [] };
      const json = keys.map(({ hotelId, phoneNumberId, guestId, wamids, promptIds, addresses }, ord) => ({
        ord,
        hotel: hotelId,
        number: phoneNumberId,
        guest: guestId,
        wamids: unlessEmpty([...new Set(wamids)]),
        prompts: unlessEmpty(promptIds),
        addresses: unlessEmpty(addresses.map(({ kind, value }) => ({ kind, value }))),
      }));
      const rows = await run<Row>(db, `select * from ${schema}.load_chats_1($1)`, [soughtJson(json)]);
      const states = rows.map((row, index): ChatState => ({
        guest: row.guest === null ? nobody(keys[index]?.hotelId ?? "", row.guest_id) : guestOf(row.guest),
        chat: row.chat === null ? null : chatOf(row.chat),
        conversations: row.conversations.map(conversationOf),
        known: new Map((row.known ?? []).map((one) => [one.wamid, knownOf(one)])),
        amendments: (row.amendments ?? []).map(amendmentOf),
        holders: (row.holders ?? []).map(guestStateOf),
        consents: (row.consents ?? []).map(consentOf),
        prompts: row.prompts.map(promptOf),
        runs: (row.runs ?? []).map(runOf),
      }));
      return { now: rows[0] === undefined ? await clock() : date(rows[0].now), states };
    },

    async loadConversation({ reach, conversationId, client, template, answered }) {
      interface Row {
        answered: (AuthorRow & { seq: number }) | null;
        now: Date;
        conversation: ConversationRecord | null;
        chat: ChatRow | null;
        others: ConversationRecord[] | null;
        unread_continued: ConversationRecord[] | null;
        existing: MessageRow | null;
        consents: ConsentRow[] | null;
        template: TemplateRow | null;
        root: string | null;
        guest_name: string | null;
        guest_language: string | null;
        runs: RunRow[] | null;
      }
      const [row] = await run<Row>(
        within(reach, "hotels"),
        `with ${reached}
         select ${schema}.desk_now() as now, to_json(c) as conversation,
            (select to_json(h) from ${schema}.chats h
              where h.hotel_id = c.hotel_id and h.phone_number_id = c.phone_number_id and h.guest_id = who.root) as chat,
            (select json_agg(o) from unnest(${schema}.together_1(c.hotel_id, who.root)) as t(id)
              cross join lateral (
                select * from ${schema}.conversations o
                 where o.hotel_id = c.hotel_id and o.guest_id = t.id and o.status = 'open' offset 0
              ) o
              where o.id <> c.id) as others,
            (with recursive told as (
               select c.id
               union
               select o.id from told join ${schema}.conversations o on o.hotel_id = c.hotel_id and o.continued_in = told.id
             )
             select json_agg(o) from told
              cross join lateral (
                select * from ${schema}.conversations o where o.hotel_id = c.hotel_id and o.id = told.id offset 0
              ) o
              where o.id <> c.id and o.read_seq < o.last_seq) as unread_continued,
            (select to_json(m) from ${schema}.messages m
              where m.hotel_id = c.hotel_id and m.author_id = $3 and m.client_message_id = $4) as existing,
            ${standingConsents(schema, "c.hotel_id", `${schema}.together_1(c.hotel_id, who.root)`)} as consents,
            (select json_agg(r) from (
               select r.* from unnest(${schema}.together_1(c.hotel_id, who.root)) as t(id)
                cross join lateral (
                  select * from ${schema}.flow_runs r where r.hotel_id = c.hotel_id and r.guest_id = t.id and r.ended_at is null offset 0
                ) r
               union all
               select r.* from (
                 select * from ${schema}.flow_runs r where r.hotel_id = c.hotel_id and r.conversation_id = c.id
                  order by r.started_at desc, r.id desc limit 1
               ) r where r.ended_at is not null
             ) r) as runs,
            (select to_json(t) from ${schema}.templates t
              where t.hotel_id = c.hotel_id and t.name = $5 and t.language = $6 and t.definition is not null) as template, who.root,
            (select g.name from ${schema}.guests g where g.hotel_id = c.hotel_id and g.id = who.root) as guest_name,
            (select g.language from ${schema}.guests g where g.hotel_id = c.hotel_id and g.id = who.root) as guest_language,
            -- From the end of the conversation: what is looked at came after what the reader saw.
            (select to_json(m) from (
               select m.seq, m.author_kind, m.author_id, m.author_name from ${schema}.messages m
                where m.hotel_id = c.hotel_id and m.conversation_id = c.id and m.seq > $7 and m.direction = 'outbound'
                  and m.author_id is distinct from $8
                order by m.seq desc limit 1
             ) m) as answered
           from (select 1) one
           left join (
             select c.* from reached r join ${schema}.conversations c on c.hotel_id = r.hotel_id and c.id = $2
              where ${inDepartment("c.department_id")}
           ) c on true
           left join lateral (select ${schema}.root_1(c.hotel_id, c.guest_id) as root offset 0) who on true`,
        [
          reachJson(reach),
          sought(conversationId),
          client === null ? null : sought(client.authorId),
          client === null ? null : sought(client.clientMessageId),
          template === null ? null : sought(template.name),
          template === null ? null : sought(template.language),
          answered?.seq ?? null,
          answered === undefined ? null : sought(answered.by),
        ],
      );
      const now = row === undefined ? await clock() : date(row.now);
      if (row?.conversation == null) return { now, state: null };
      const conversation = conversationOf(row.conversation);
      return {
        now,
        state: {
          conversation,
          guestName: row.guest_name === null ? null : (JSON.parse(row.guest_name) as string),
          ...(row.guest_language !== null && { guestLanguage: row.guest_language }),
          chat: row.chat === null ? chatFor(conversation, row.root) : chatOf(row.chat),
          others: (row.others ?? []).map(conversationOf),
          unreadContinued: (row.unread_continued ?? []).map(conversationOf),
          consents: (row.consents ?? []).map(consentOf),
          runs: (row.runs ?? []).map(runOf),
          existing: row.existing === null ? null : messageOf(row.existing),
          template: row.template === null ? null : templateOf(row.template),
          ...(answered !== undefined && {
            answered: row.answered === null ? null : { seq: row.answered.seq, author: authorOf(row.answered) },
          }),
        },
      };
    },

    async loadStaff({ hotelId, staffIds }) {
      const rows = await run<{ open: string | number }>(
        db,
        `select (select count(*) from ${schema}.conversations c
                  where c.hotel_id = $1 and c.assignee_id = s.id and c.status = 'open') as open
           from json_array_elements_text($2::json) with ordinality as s(id, ord)
          order by s.ord`,
        [sought(hotelId), soughtJson(staffIds)],
      );
      return rows.map(({ open }) => Number(open));
    },

    async loadSends(hotelId, messageIds) {
      interface Row {
        now: Date;
        guest_id: string | null;
        message: MessageRow | null;
        chat: ChatRow | null;
        guest: GuestRow | null;
        consents: ConsentRow[] | null;
        conversation: ConversationRecord | null;
        template: TemplateRow | null;
      }
      const rows = await run<Row>(db, `select * from ${schema}.load_sends_1($1, $2)`, [
        sought(hotelId),
        soughtJson(messageIds),
      ]);
      const sends = rows.map(
        ({ guest_id, message, chat: known, guest, consents, conversation, template }): SendState | null => {
          const made = conversation === null ? null : chatFor(conversationOf(conversation), guest_id);
          const chat = known === null ? made : chatOf(known);
          return message === null || guest === null || chat === null
            ? null
            : {
                message: messageOf(message),
                chat,
                guest: guestOf(guest),
                consents: (consents ?? []).map(consentOf),
                template: template === null ? null : templateOf(template),
              };
        },
      );
      return { now: rows[0] === undefined ? await clock() : date(rows[0].now), sends };
    },

    async conversations({
      reach,
      hotelId,
      departmentId,
      status,
      assigneeId,
      priority,
      tag,
      snoozed,
      unread = false,
      waiting = false,
      after,
      limit,
    }) {
      interface Row extends ListedRow {
        now: Date;
      }
      const values: unknown[] = [
        reachJson(reach),
        hotelId === null ? null : sought(hotelId),
        departmentId === null ? null : sought(departmentId),
        status,
        after?.at ?? (waiting ? "-infinity" : "infinity"),
        after === null ? "" : sought(after.id),
        limit + 1,
      ];
      const value = (of: string): string => `$${String(values.push(sought(of)))}`;
      // Written out, so that the plan is made for those that were asked for: each has an index of its own.
      const filters = [
        ...(assigneeId === undefined
          ? []
          : [`c.assignee_id ${assigneeId === null ? "is null" : `= ${value(assigneeId)}`}`]),
        ...(priority === undefined ? [] : [`c.priority = '${PRIORITIES.find((one) => one === priority) ?? ""}'`]),
        ...(tag === undefined
          ? []
          : [`c.tags <> '{}' and ${schema}.tag_keys(c.hotel_id, c.tags) @> array[r.hotel_id || '/' || ${value(tag)}]`]),
        ...(snoozed === undefined ? [] : [`c.snoozed_until is ${snoozed ? "not " : ""}null`]),
        ...(assigneeId === null && status === "open" ? ["c.status = 'open'"] : []),
      ].map((filter) => ` and ${filter}`);
      const isGuests = isGuestReach(reach);
      const row = listed(schema, isGuests);
      const isListed = `${isGuests ? "true" : inDepartment("c.department_id")}
                   and ($3::text is null or c.department_id = $3) and ($4::text is null or c.status = $4)${filters.join("")}`;
      const order = waiting ? "c.waiting_since, c.id" : "c.last_message_at desc, c.id desc";
      const isAfter = waiting
        ? "(c.waiting_since, c.id) > ($5, $6) and c.waiting_since is not null and c.status = 'open'"
        : "(c.last_message_at, c.id) < ($5, $6)";
      // By the guest, whose conversations are few, and not down the hotel's list.
      const ofGuests = `select c.* from unnest(r.guests) as t(id)
                 cross join lateral (
                   select * from ${schema}.conversations c where c.hotel_id = r.hotel_id and c.guest_id = t.id and c.status = 'open'
                   union all
                   select * from ${schema}.conversations c where c.hotel_id = r.hotel_id and c.guest_id = t.id and c.status = 'closed'
                 ) c
                 where ${isListed} and ${isAfter}${unread ? ` and ${unreadIn(schema, "true")}` : ""}`;
      const rows = await run<Row>(
        within(reach),
        `with ${reached}
         select ${schema}.desk_now() as now, c.*, ${row.columns}
           from (
             select c.* from reached r
              cross join lateral (
                ${
                  isGuests
                    ? ofGuests
                    : unread
                      ? `-- What may be unread by itself, in order; and, few, what may be unread by what it continues.
                select c.* from (
                  (select c.* from ${schema}.conversations c
                    where c.hotel_id = r.hotel_id and c.read_seq < c.last_seq and ${isListed} and ${isAfter} and ${unreadIn(schema, "true")}
                    order by ${order} limit $7)
                  union
                  (select c.* from (
                     with recursive up as (
                       select o.continued_in as id from ${schema}.conversations o
                        where o.hotel_id = r.hotel_id and o.continued_in is not null and o.read_seq < o.last_seq
                       union
                       select n.continued_in from up join ${schema}.conversations n on n.hotel_id = r.hotel_id and n.id = up.id
                        where n.continued_in is not null
                     )
                     select up.id from up offset 0
                   ) up
                   cross join lateral (
                     select * from ${schema}.conversations c where c.hotel_id = r.hotel_id and c.id = up.id offset 0
                   ) c
                   where ${isListed} and ${isAfter} and ${unreadIn(schema, "true")})
                ) c`
                      : `select c.* from ${schema}.conversations c
                 where c.hotel_id = r.hotel_id and ${isListed} and ${isAfter}`
                }
                 order by ${order}
                 limit $7
              ) c
              where $2::text is null or r.hotel_id = $2
              order by ${order}
              limit $7
           ) c
           ${row.joins}
          order by ${order}`,
        values,
      );
      const now = rows[0] === undefined ? await clock() : date(rows[0].now);
      const items = rows.slice(0, limit).map((row) => listedOf(row, isGuests));
      const last = items.at(-1)?.conversation;
      const at = waiting ? last?.waitingSince : last?.lastMessageAt;
      const next = rows.length > limit && last !== undefined && at != null ? { at, id: last.id } : null;
      return { items, next, now };
    },

    async counters({ reach, hotelId }) {
      interface Row {
        hotel_id: string;
        department_id: string | null;
        open: string | number;
        unread: string | number;
        waiting: string | number;
        waiting_since: Date | null;
      }
      const rows = await run<Row>(
        within(reach),
        `with ${reached}
         select r.hotel_id, c.department_id, count(*) as open, count(*) filter (where c.unread) as unread,
                count(c.waiting_since) as waiting, min(c.waiting_since) as waiting_since
           from reached r
          cross join lateral (
            select c.department_id, c.waiting_since,
                   (c.read_seq < c.last_seq or exists (
                     select from ${schema}.conversations o where o.hotel_id = c.hotel_id and o.continued_in = c.id
                   )) and ${unreadIn(schema, "true")} is true as unread
              from ${schema}.conversations c
             where c.hotel_id = r.hotel_id and c.status = 'open' and ${inDepartment("c.department_id")}
          ) c
          where $2::text is null or r.hotel_id = $2
          group by r.hotel_id, c.department_id`,
        [reachJson(reach), hotelId === null ? null : sought(hotelId)],
      );
      return rows.map((row) => ({
        hotelId: row.hotel_id,
        departmentId: row.department_id,
        open: Number(row.open),
        unread: Number(row.unread),
        waiting: Number(row.waiting),
        waitingSince: row.waiting_since === null ? null : date(row.waiting_since),
      }));
    },

    async messages({ reach, conversationId, before, limit }) {
      const rows = await run<{
        found: boolean;
        message: MessageRow | null;
        amendments: AmendmentRow[] | null;
        attachment: AttachmentRow | null;
        translation: TranslationRow | null;
      }>(
        within(reach),
        `with recursive ${reached}, asked as (
           select c.hotel_id, c.id, c.guest_id, r.guests
             from reached r join ${schema}.conversations c on c.hotel_id = r.hotel_id and c.id = $2
            where ${inDepartment("c.department_id")} or c.guest_id = any (r.guests)
         ), told as (
           select hotel_id, id, guest_id, guests from asked
           union
           select o.hotel_id, o.id, o.guest_id, told.guests
             from told join ${schema}.conversations o on o.hotel_id = told.hotel_id and o.continued_in = told.id
         )
         select exists (select 1 from asked) as found, to_json(m.m) as message, ${amendments("m.m")} as amendments, ${attachment("m.m")} as attachment,
                ${translation("m.m")} as translation
           from (select 1) one
           left join lateral (
             select m from told join ${schema}.messages m on m.hotel_id = told.hotel_id and m.conversation_id = told.id
              where ($3::bigint is null or m.event_seq < $3)
                and (told.guests is null or told.guest_id = any (told.guests) and m.direction in (${DIRECTIONS}))
              order by m.event_seq desc limit $4
           ) m on true
          order by (m.m).event_seq desc`,
        [reachJson(reach), sought(conversationId), before, limit + 1],
      );
      if (rows[0]?.found !== true) return null;
      const found = rows.flatMap(({ message, amendments, attachment, translation }) =>
        message === null ? [] : [amended(message, amendments, attachment, translation)],
      );
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? (items.at(-1)?.eventSeq ?? null) : null };
    },

    async message({ reach, messageId }) {
      const [row] = await run<{
        message: MessageRow;
        amendments: AmendmentRow[] | null;
        attachment: AttachmentRow | null;
        translation: TranslationRow | null;
        received_at: Date | null;
        shown_in: string[];
      }>(
        within(reach),
        `with recursive ${reached}, asked as (
           select m.*, r.departments from reached r join ${schema}.messages m on m.hotel_id = r.hotel_id and m.id = $2
         ), shown_in as (
           select c.hotel_id, c.id, c.department_id, c.continued_in
             from asked m join ${schema}.conversations c on c.hotel_id = m.hotel_id and c.id = m.conversation_id
           union
           select n.hotel_id, n.id, n.department_id, n.continued_in
             from shown_in join ${schema}.conversations n on n.hotel_id = shown_in.hotel_id and n.id = shown_in.continued_in
         )
         select to_json(r) as message, ${amendments("r")} as amendments, ${attachment("r")} as attachment,
            ${translation("r")} as translation, a.received_at,
            (select json_agg(s.id) from shown_in s where s.hotel_id = r.hotel_id) as shown_in
           from asked r
           left join ${schema}.webhook_attempts a on a.hotel_id = r.hotel_id and a.id = r.attempt_id
          where exists (select 1 from shown_in s where s.hotel_id = r.hotel_id and ${inDepartment("s.department_id")})`,
        [reachJson(reach), sought(messageId)],
      );
      if (row === undefined) return null;
      const receivedAt = row.received_at === null ? null : date(row.received_at);
      return {
        message: amended(row.message, row.amendments, row.attachment, row.translation),
        receivedAt,
        shownIn: row.shown_in,
      };
    },

    async events({ hotelId, after, limit }) {
      const rows = await run<EventRow>(
        db,
        `select seq, at, conversation_id, department_id, body from ${schema}.events where hotel_id = $1 and seq > $2 order by seq limit $3`,
        [sought(hotelId), after, limit],
      );
      return rows.map((row) => eventOf(hotelId, row));
    },

    async audit({ hotelId, targetId }) {
      const rows = await run<AuditRow>(
        db,
        `select * from ${schema}.audit_entries where hotel_id = $1 and target_id = $2 order by at, id`,
        [sought(hotelId), sought(targetId)],
      );
      return rows.map(auditOf);
    },

    async auditEntries({ reach, hotelId, targetId, actorId, before, limit }): Promise<Page<AuditEntry>> {
      const rows = await run<AuditRow>(
        within(reach),
        `with ${reached}
         select a.* from reached r
          cross join lateral (
            select * from ${schema}.audit_entries a
             where a.hotel_id = r.hotel_id and (a.at, a.id) < ($2, $3)
               and ($4::text is null or a.target_id = $4) and ($5::text is null or a.actor_id = $5)
             order by a.at desc, a.id desc
             limit $6
          ) a
          where r.hotel_id = $7 and r.departments is null
          order by a.at desc, a.id desc`,
        [
          reachJson(reach),
          before?.at ?? "infinity",
          before === null ? "" : sought(before.id),
          targetId === null ? null : sought(targetId),
          actorId === null ? null : sought(actorId),
          limit + 1,
          sought(hotelId),
        ],
      );
      const items = rows.slice(0, limit).map(auditOf);
      const last = items.at(-1);
      return { items, next: rows.length > limit && last !== undefined ? { at: last.at, id: last.id } : null };
    },
  };
}

export interface AuditRow {
  hotel_id: string;
  id: string;
  actor_kind: AuditEntry["actor"]["kind"];
  actor_id: string;
  action: string;
  reason: string;
  target_kind: AuditEntry["target"]["kind"];
  target_id: string;
  at: Date | string;
}

export const auditOf = (row: AuditRow): AuditEntry => ({
  id: row.id,
  hotelId: row.hotel_id,
  actor: { kind: row.actor_kind, id: row.actor_id },
  action: row.action,
  reason: JSON.parse(row.reason) as string,
  target: { kind: row.target_kind, id: row.target_id },
  at: date(row.at),
});

const chatFor = ({ hotelId, phoneNumberId }: Conversation, guestId: string | null): Chat =>
  newChat(hotelId, phoneNumberId, guestId ?? "");

const unlessEmpty = <T>(list: readonly T[]): readonly T[] | null => (list.length === 0 ? null : list);

/** What was done to a message, by Meta's id of it. */
export const amendmentsOn = (schema: string, message: string): string => `(
           select json_agg(a) from ${schema}.message_amendments a
            where a.hotel_id = (${message}).hotel_id and a.wamid = (${message}).wamid)`;

export const amended = (
  row: MessageRow,
  amendments: readonly AmendmentRow[] | null,
  attachment: AttachmentRow | null = null,
  translation: TranslationRow | null = null,
): AmendedMessage => ({
  ...messageOf(row),
  amendments: (amendments ?? []).map(amendmentOf),
  ...(attachment !== null && { attachment: attachmentOf(attachment) }),
  ...(translation !== null && { translation: translationOf(translation) }),
});

/** A guest of whom nothing is stored: nobody, to whom what is about the account itself belongs. */
const nobody = (hotelId: string, id: string): Guest => ({
  id,
  hotelId,
  name: null,
  username: null,
  addresses: [],
  mergedInto: null,
});
