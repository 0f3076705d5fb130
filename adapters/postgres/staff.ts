import type { Participant, Storage } from "../../src/index.js";
import { run, sought } from "./queryable.js";
import { inDepartment, reachedHotels, reachJson } from "./reach.js";
import type { Reader } from "./row-security.js";
import { date, messageOf, type MessageRow } from "./rows.js";

type StaffReads = Pick<Storage, "participants" | "newestInbound" | "mentions">;

/** What staff read about one another: who has seen what, and who was named where. */
export function staffReads(within: Reader, schema: string): StaffReads {
  const reached = reachedHotels(schema);

  /** The conversation asked for, `$2`, and those that it continues. */
  const told = `with recursive ${reached}, asked as (
           select c.hotel_id, c.id from reached r join ${schema}.conversations c on c.hotel_id = r.hotel_id and c.id = $2
            where ${inDepartment("c.department_id")}
         ), told as (
           select hotel_id, id from asked
           union
           select o.hotel_id, o.id from told join ${schema}.conversations o on o.hotel_id = told.hotel_id and o.continued_in = told.id
         )`;

  return {
    async participants({ reach, conversationId }) {
      const rows = await run<{
        id: string;
        last_seq: number;
        participants: { kind: Participant["kind"]; participant_id: string; read_seq: number }[] | null;
        read_by_guest: number | null;
      }>(
        within(reach),
        `${told}
         select c.id, c.last_seq,
            (select json_agg(p) from ${schema}.conversation_participants p
              where p.hotel_id = told.hotel_id and p.conversation_id = told.id) as participants,
            (select m.seq from ${schema}.messages m
              where m.hotel_id = told.hotel_id and m.conversation_id = told.id and m.direction = 'outbound' and m.status in ('read', 'played')
              order by m.seq desc limit 1) as read_by_guest
           from told join ${schema}.conversations c on c.hotel_id = told.hotel_id and c.id = told.id`,
        [reachJson(reach), sought(conversationId)],
      );
      if (rows.length === 0) return null;
      return {
        conversations: rows.map(({ id, last_seq }) => ({ id, lastSeq: last_seq })),
        participants: rows.flatMap(({ id, participants, read_by_guest }) =>
          (participants ?? []).map(({ kind, participant_id, read_seq }) => ({
            conversationId: id,
            kind,
            id: participant_id,
            readSeq: kind === "guest" ? (read_by_guest ?? 0) : read_seq,
          })),
        ),
      };
    },

    async newestInbound({ reach, conversationId, upTo }) {
      const [row] = await run<{
        now: Date;
        hotel_id: string;
        conversation_id: string | null;
        seq: number;
        event_seq: string;
        guest_id: string;
        phone_number_id: string;
        wamid: string;
        sent_at: Date;
      }>(
        within(reach),
        // Of each conversation its newest one: messages_seq is read from its end.
        `${told}
         select ${schema}.desk_now() as now, a.hotel_id, m.*
           from asked a
           left join lateral (
             select c.id as conversation_id, c.guest_id, c.phone_number_id, m.seq, m.event_seq, m.wamid, m.sent_at
               from told join ${schema}.conversations c on c.hotel_id = told.hotel_id and c.id = told.id
              cross join lateral (
                select m.seq, m.wamid, m.sent_at, m.event_seq from ${schema}.messages m
                 where m.hotel_id = told.hotel_id and m.conversation_id = told.id and m.direction = 'inbound' and m.event_seq > 0
                   and m.wamid is not null and not starts_with(m.content, '{"type":"system"') and not starts_with(m.content, '{"type":"call"')
                   and (told.id <> a.id or $3::integer is null or m.seq <= $3)
                 order by m.seq desc limit 1
              ) m
              order by m.event_seq desc limit 1
           ) m on true`,
        [reachJson(reach), sought(conversationId), upTo],
      );
      if (row === undefined) return null;
      const { now, hotel_id, conversation_id, seq, event_seq, guest_id, phone_number_id, wamid, sent_at } = row;
      const message =
        conversation_id === null
          ? null
          : {
              conversationId: conversation_id,
              seq,
              eventSeq: Number(event_seq),
              guestId: guest_id,
              phoneNumberId: phone_number_id,
              wamid,
              sentAt: date(sent_at),
            };
      return { now: date(now), hotelId: hotel_id, message };
    },

    async mentions({ reach, staffId, unread, before, limit }) {
      const rows = await run<{
        hotel_id: string;
        message_id: string;
        conversation_id: string;
        at: Date;
        message: MessageRow;
        is_read: boolean;
        shown_in: string[];
      }>(
        within(reach),
        `with ${reached}
         select n.hotel_id, n.message_id, n.conversation_id, n.at, n.message, n.is_read,
            (with recursive shown_in as (
               select c.id, c.continued_in from ${schema}.conversations c where c.hotel_id = n.hotel_id and c.id = n.conversation_id
               union
               select o.id, o.continued_in from shown_in join ${schema}.conversations o on o.hotel_id = n.hotel_id and o.id = shown_in.continued_in
             )
             select json_agg(s.id) from shown_in s) as shown_in
           from (
             select n.* from reached r
              cross join lateral (
                select n.*, to_json(m) as message, coalesce(p.read_seq, 0) >= m.seq as is_read from ${schema}.mentions n
                  join ${schema}.messages m on m.hotel_id = n.hotel_id and m.id = n.message_id
                  left join ${schema}.conversation_participants p
                    on p.hotel_id = n.hotel_id and p.conversation_id = n.conversation_id and p.kind = 'staff' and p.participant_id = n.staff_id
                 where n.hotel_id = r.hotel_id and n.staff_id = $2
                   and ($3::timestamptz is null or (n.at, n.message_id) < ($3, $4))
                   and (not $5::boolean or coalesce(p.read_seq, 0) < m.seq)
                   and (r.departments is null or exists (
                     with recursive shown_in as (
                       select c.id, c.department_id, c.continued_in from ${schema}.conversations c
                        where c.hotel_id = n.hotel_id and c.id = n.conversation_id
                       union
                       select o.id, o.department_id, o.continued_in
                         from shown_in join ${schema}.conversations o on o.hotel_id = n.hotel_id and o.id = shown_in.continued_in
                     )
                     select from shown_in s where ${inDepartment("s.department_id")}))
                 order by n.at desc, n.message_id desc
                 limit $6
              ) n
              where r.guests is null -- what staff call to one another: a guest's is not even looked for
              order by n.at desc, n.message_id desc
              limit $6
           ) n
          order by n.at desc, n.message_id desc`,
        [
          reachJson(reach),
          sought(staffId),
          before?.at ?? null,
          before === null ? null : sought(before.id),
          unread,
          limit + 1,
        ],
      );
      const items = rows.slice(0, limit).map((row) => {
        const mention = {
          hotelId: row.hotel_id,
          staffId,
          messageId: row.message_id,
          conversationId: row.conversation_id,
          at: date(row.at),
        };
        return { mention, message: messageOf(row.message), read: row.is_read, shownIn: row.shown_in };
      });
      const last = items.at(-1)?.mention;
      return { items, next: rows.length > limit && last !== undefined ? { at: last.at, id: last.messageId } : null };
    },
  };
}
