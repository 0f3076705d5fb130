import type { Migration } from "../migrate.js";
import { VERB } from "./verb.js";

/** What decisions about inbound items and sends need: one read for a batch, planned once a connection. */
export const load: Migration = {
  id: 5,
  name: "load",
  breaking: false,
  sql: (schema) => `
    -- keys: [{ ord, hotel, number, guest, wamids, prompts }]. Each member is looked up by an index of its own. The fences
    -- (offset 0) keep the planner from reading all that a hotel has once, to look each key up in that.
    create function ${schema}.load_chats_1(keys text)
    returns table (now timestamptz, guest json, chat json, conversations json, quoted json, prompts json)
    language sql stable ${VERB} as $body$
      select ${schema}.desk_now(), ${guestJson(schema, "k.hotel", "k.guest")},
             (select to_json(c) from ${schema}.chats c
               where c.hotel_id = k.hotel and c.phone_number_id = k.number and c.guest_id = k.guest),
             (select coalesce(json_agg(c), '[]') from (
                select c.* from ${schema}.conversations c
                 where c.hotel_id = k.hotel and c.guest_id = k.guest and c.status = 'open'
                union all
                select c.* from (
                  -- Those that are quoted, and what goes on with them.
                  with recursive named as (
                    select (m ->> 'conversation_id') collate "C" as id from json_array_elements(q.quoted) m
                    union
                    select next.continued_in from named
                     cross join lateral (
                       select c.continued_in from ${schema}.conversations c
                        where c.hotel_id = k.hotel and c.id = named.id and c.continued_in is not null offset 0
                     ) next
                  ) select id from named
                ) named
                 cross join lateral (
                   select * from ${schema}.conversations c where c.hotel_id = k.hotel and c.id = named.id offset 0
                 ) c
                 where c.status = 'closed'
              ) c),
             q.quoted,
             (select coalesce(json_agg(p), '[]') from (
                select id from json_array_elements_text(k.prompts) as asked(id)
                union
                select (select n.id from ${schema}.prompts n
                         where n.hotel_id = c.hotel_id and n.conversation_id = c.id order by n.created_at desc limit 1)
                  from ${schema}.conversations c
                 where c.hotel_id = k.hotel and c.guest_id = k.guest and c.status = 'open' and c.department_id is null
              ) named
               cross join lateral (
                 select * from ${schema}.prompts p where p.hotel_id = k.hotel and p.id = named.id offset 0
               ) p
               where p.guest_id = k.guest)
        from json_to_recordset(keys::json) as k(ord integer, hotel text, number text, guest text, wamids json, prompts json)
       cross join lateral (
         select coalesce(json_agg(json_build_object('wamid', m.wamid, 'conversation_id', m.conversation_id)), '[]') as quoted
           from json_array_elements_text(k.wamids) as w(wamid)
          cross join lateral (
             select * from ${schema}.messages m where m.hotel_id = k.hotel and m.wamid = w.wamid offset 0
           ) m
           join ${schema}.conversations c on c.hotel_id = m.hotel_id and c.id = m.conversation_id and c.guest_id = k.guest
       ) q
       order by k.ord
    $body$;

    create function ${schema}.load_sends_1(hotel text, ids text)
    returns table (now timestamptz, message json, conversation json, chat json, guest json) language sql stable ${VERB} as $body$
      select ${schema}.desk_now(), to_json(m), to_json(c), to_json(h), ${guestJson(schema, "c.hotel_id", "c.guest_id")}
        from json_array_elements_text(ids::json) with ordinality as k(id, n)
        left join lateral (select * from ${schema}.messages m where m.hotel_id = hotel and m.id = k.id offset 0) m on true
        left join ${schema}.conversations c on c.hotel_id = m.hotel_id and c.id = m.conversation_id
        left join ${schema}.chats h on h.hotel_id = c.hotel_id and h.phone_number_id = c.phone_number_id and h.guest_id = c.guest_id
       order by k.n
    $body$;
  `,
};

const guestJson = (schema: string, hotel: string, guest: string): string => `(
               select json_build_object('hotel_id', g.hotel_id, 'id', g.id, 'name', g.name, 'addresses', coalesce((
                        select json_agg(json_build_object('kind', a.kind, 'value', a.value, 'evidence', a.evidence, 'first_seen_at', a.first_seen_at)
                                        order by a.first_seen_at, a.kind, a.value)
                          from ${schema}.guest_addresses a where a.hotel_id = g.hotel_id and a.guest_id = g.id), '[]'))
                 from ${schema}.guests g where g.hotel_id = ${hotel} and g.id = ${guest})`;
