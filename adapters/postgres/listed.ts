import { GUEST_DIRECTIONS, type ConversationRow } from "../../src/index.js";
import { amendmentOf, conversationOf, date, type AmendmentRow, type ConversationRecord, type Instant } from "./rows.js";

/** A conversation as lists show it: its own columns and those of `listed`. */
export interface ListedRow extends ConversationRecord {
  readonly who: string | null;
  readonly guest_name: string | null;
  readonly unread: string | number;
  readonly window_closes_at: Instant | null;
  readonly amendments: readonly AmendmentRow[] | null;
  readonly hides: boolean;
}

export const DIRECTIONS = GUEST_DIRECTIONS.map((direction) => `'${direction}'`).join(", ");

/** What a guest wrote and staff have not seen, in conversation `c` and those that it continues, each after its own mark. */
export const unreadIn = (schema: string, what: "count(*)" | "true"): string => `(with recursive told as (
               select c.id, c.read_seq
               union
               select o.id, o.read_seq from told join ${schema}.conversations o on o.hotel_id = c.hotel_id and o.continued_in = told.id
             )
             select ${what} from told
               join ${schema}.messages m
                 on m.hotel_id = c.hotel_id and m.conversation_id = told.id and m.seq > told.read_seq and m.direction = 'inbound' limit 1)`;

/**
 * Whether a guest is not shown what the preview of conversation `c` shows: something that staff said among themselves, which
 * row-level security hides.
 */
const hidesPreview = (
  schema: string,
): string => `(c.preview_message_id is not null and not exists (select from ${schema}.messages p
               where p.hotel_id = c.hotel_id and p.id = c.preview_message_id and p.direction in (${DIRECTIONS})))`;

/**
 * Of conversation `c` what lists show beside it, and the joins that it takes.
 * @param hides whether it is said of a preview that a guest is not to see it
 */
export const listed = (schema: string, hides: boolean) => ({
  columns: `who.id as who, who.name as guest_name, h.window_closes_at,
            ${unreadIn(schema, "count(*)")} as unread,
            (select json_agg(a)
               from (select p.wamid from ${schema}.messages p where p.hotel_id = c.hotel_id and p.id = c.preview_message_id offset 0) p
               join ${schema}.message_amendments a on a.hotel_id = c.hotel_id and a.wamid = p.wamid) as amendments,
            ${hides ? hidesPreview(schema) : "false"} as hides`,
  // Conversation by conversation (offset 0): nobody knows how few they are, and a plan for many would read whole tables.
  joins: `left join lateral (select * from ${schema}.guests g where g.hotel_id = c.hotel_id and g.id = c.guest_id offset 0) g on true
           left join lateral (
             select * from ${schema}.guests who
              where who.hotel_id = c.hotel_id
                and who.id = case when g.merged_into is null then g.id else ${schema}.root_1(g.hotel_id, g.id) end
             offset 0
           ) who on true
           left join lateral (
             select * from ${schema}.chats h
              where h.hotel_id = c.hotel_id and h.phone_number_id = c.phone_number_id and h.guest_id = coalesce(who.id, c.guest_id)
             offset 0
           ) h on true`,
});

/** @param forGuest without the preview that hides from a guest */
export const listedOf = (row: ListedRow, forGuest: boolean): ConversationRow => ({
  conversation: forGuest && row.hides ? { ...conversationOf(row), lastMessagePreview: "" } : conversationOf(row),
  previewAmendments: (row.amendments ?? []).map(amendmentOf),
  guestId: row.who ?? row.guest_id,
  guestName: row.guest_name === null ? null : (JSON.parse(row.guest_name) as string),
  unread: Number(row.unread),
  windowClosesAt: row.window_closes_at === null ? null : date(row.window_closes_at),
});
