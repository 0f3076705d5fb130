import type { Page, SearchPoint, SoughtWord, Storage } from "../../src/index.js";
import { run, sought, soughtJson } from "./queryable.js";
import { reachJson } from "./reach.js";
import { amended } from "./reads.js";
import type { Reader } from "./row-security.js";
import { guestOf, type AmendmentRow, type GuestRow, type MessageRow } from "./rows.js";

/** What is found by words, in one statement each. */
export function searchReads(within: Reader, schema: string): Pick<Storage, "search" | "searchGuests"> {
  return {
    async search({ reach, hotelId, departmentId, words, before, limit }) {
      interface Row {
        message: MessageRow | null;
        amendments: AmendmentRow[] | null;
        conversation: string;
        department: string | null;
        who: string;
        guest_name: string | null;
        next_seq: string | number | null;
        next_id: string | null;
      }
      const rows = await run<Row>(
        within(reach),
        `select to_json(h.m) as message, h.amendments, h.conversation, h.department, h.who, h.guest_name, s.next_seq, s.next_id
           from ${schema}.search_1($1, $2, $3, $4, $5, $6, $7) s
           left join lateral (
             select h.n, h.conversation, h.department, m, coalesce(who.id, h.guest) as who, who.name as guest_name, (
                      select json_agg(a) from ${schema}.message_amendments a where a.hotel_id = m.hotel_id and a.wamid = m.wamid
                    ) as amendments
               from (
                 select e.n, e.hit ->> 'message' as id, e.hit ->> 'conversation' as conversation, e.hit ->> 'department' as department,
                        e.hit ->> 'guest' as guest, ${schema}.root_1($2, e.hit ->> 'guest') as root
                   from json_array_elements(s.hits) with ordinality as e(hit, n)
                 offset 0
               ) h
              cross join lateral (select * from ${schema}.messages m where m.hotel_id = $2 and m.id = h.id offset 0) m
               left join lateral (select * from ${schema}.guests g where g.hotel_id = $2 and g.id = h.root offset 0) who on true
           ) h on true
          order by h.n`,
        [
          reachJson(reach),
          sought(hotelId),
          departmentId === null ? null : sought(departmentId),
          wordsJson(words),
          before?.eventSeq ?? null,
          before === null ? null : sought(before.id),
          limit + 1,
        ],
      );
      const found = rows.flatMap(({ message, amendments, ...row }) =>
        message === null
          ? []
          : [
              {
                message: amended(message, amendments),
                conversationId: row.conversation,
                departmentId: row.department,
                guestId: row.who,
                guestName: row.guest_name === null ? null : (JSON.parse(row.guest_name) as string),
              },
            ],
      );
      const items = found.slice(0, limit);
      const last = items.at(-1)?.message;
      const [{ next_seq, next_id } = { next_seq: null, next_id: null }] = rows;
      const stopped: SearchPoint | null = next_seq === null ? null : { eventSeq: Number(next_seq), id: next_id ?? "" };
      const full = last === undefined ? null : { eventSeq: last.eventSeq, id: last.id };
      return { items, next: found.length > limit ? full : stopped };
    },

    async searchGuests({ reach, hotelId, words, before, limit }): Promise<Page<GuestFound, string>> {
      if (words.length === 0) return { items: [], next: null };
      const rows = await run<{ guest: GuestRow }>(
        within(reach),
        `select guest from ${schema}.search_guests_1($1, $2, $3, $4, $5)`,
        [reachJson(reach), sought(hotelId), wordsJson(words), before === null ? null : sought(before), limit + 1],
      );
      const items = rows.slice(0, limit).map(({ guest }) => guestOf(guest));
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
  };
}

type GuestFound = ReturnType<typeof guestOf>;

const wordsJson = (words: readonly SoughtWord[]): string =>
  soughtJson(words.map(({ word, isPrefix }) => ({ word, prefix: isPrefix })));
