import type { Migration } from "../migrate.js";
import { guestJson } from "./0007-guests.js";
import { standingConsents } from "./0008-consents.js";
import { VERB } from "./verb.js";

/** What decisions about inbound items and sends need: one read for a batch, planned once a connection. */
export const load: Migration = {
  id: 5,
  name: "load",
  breaking: false,
  sql: (schema) => `
    -- keys: [{ ord, hotel, number, guest, wamids, prompts, addresses }], lists that are empty null, so that nothing is begun for
    -- them. Each member is looked up by an index of its own. The fences (offset 0) keep the planner from reading all that a hotel
    -- has once, to look each key up in that. "who" is the guest whom the key's one was merged into, "together" that guest with all
    -- who were.
    create function ${schema}.load_chats_1(keys text)
    returns table (now timestamptz, guest_id text, guest json, chat json, conversations json, known json, amendments json, holders json, prompts json, consents json, runs json)
    language plpgsql stable ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
    begin
      return query
      select clock, who.id, ${guestOf(schema, "k.hotel", "who.id", "together.ids")},
             (select to_json(c) from ${schema}.chats c
               where c.hotel_id = k.hotel and c.phone_number_id = k.number and c.guest_id = who.id),
             (select coalesce(json_agg(c), '[]') from (
                select c.* from unnest(together.ids) as t(id)
                 cross join lateral (
                   select * from ${schema}.conversations c
                    where c.hotel_id = k.hotel and c.guest_id = t.id and c.status = 'open' offset 0
                 ) c
                union all
                select c.* from (select where q.known is not null or imported.ids <> '{}' or rated.ids <> '{}' offset 0) any_named
                 cross join lateral (
                  -- Those that known messages stand in and that ratings are asked for, what goes on with them, and the imported one.
                  with recursive named as (
                    (select (m ->> 'conversation_id') collate "C" as id from json_array_elements(q.known) m
                      where (m ->> 'is_own')::boolean
                     union all
                     select * from unnest(imported.ids)
                     union all
                     select * from unnest(rated.ids))
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
             q.known,
             case when k.wamids is not null then (select json_agg(a)
                from json_array_elements_text(k.wamids) as w(wamid)
               cross join lateral (
                  select * from ${schema}.message_amendments a where a.hotel_id = k.hotel and a.wamid = w.wamid offset 0
                ) a
             ) end,
             case when k.addresses is not null then (select json_agg(${schema}.guest_state_1(k.hotel, h.id)) from (
                select distinct ${schema}.root_1(k.hotel, a.guest_id) as id
                  from json_to_recordset(k.addresses) as x(kind text, value text)
                 cross join lateral (
                   select a.guest_id from ${schema}.guest_addresses a where a.hotel_id = k.hotel and a.kind = x.kind and a.value = x.value offset 0
                 ) a
                 where a.guest_id <> all (together.ids)
              ) h) end,
             (select coalesce(json_agg(p), '[]') from (
                select id from json_array_elements_text(k.prompts) as asked(id)
                union
                select rated.prompt where rated.prompt is not null
                union
                select (select n.id from ${schema}.prompts n
                         where n.hotel_id = c.hotel_id and n.conversation_id = c.id and n.kind = 'departmentMenu' order by n.created_at desc limit 1)
                  from unnest(together.ids) as t(id)
                 cross join lateral (
                   select * from ${schema}.conversations c
                    where c.hotel_id = k.hotel and c.guest_id = t.id and c.status = 'open' and c.department_id is null offset 0
                 ) c
              ) named
               cross join lateral (
                 select * from ${schema}.prompts p where p.hotel_id = k.hotel and p.id = named.id offset 0
               ) p
               where p.guest_id = any (together.ids)),
             ${standingConsents(schema, "k.hotel", "together.ids")},
             ${liveRuns(schema, "k.hotel", "together.ids")}
        from json_to_recordset(keys::json)
             as k(ord integer, hotel text, number text, guest text, wamids json, prompts json, addresses json)
        ${merged(schema, "k.hotel", "k.guest")}
       cross join lateral (
         select array(
           select c.id from unnest(together.ids) as t(id)
            cross join lateral (
              select c.id from ${schema}.conversations c
               where c.hotel_id = k.hotel and c.guest_id = t.id and c.phone_number_id = k.number
                 and c.imported offset 0
            ) c) as ids offset 0
       ) imported
       cross join lateral (
         select last.prompt, array(
           select p.conversation_id from (
             select id from json_array_elements_text(k.prompts) as asked(id)
             union
             select last.prompt where last.prompt is not null
           ) named
            cross join lateral (
              select p.conversation_id from ${schema}.prompts p
               where p.hotel_id = k.hotel and p.id = named.id and p.kind = 'rating' and p.guest_id = any (together.ids) offset 0
            ) p) as ids
           from (
             select (select c.rating_prompt_id from ${schema}.chats c
                      where c.hotel_id = k.hotel and c.phone_number_id = k.number and c.guest_id = who.id) as prompt offset 0
           ) last offset 0
       ) rated
       cross join lateral (
         select case when k.wamids is not null then (
         select json_agg(json_build_object('wamid', m.wamid, 'id', m.id, 'conversation_id', m.conversation_id, 'seq', m.seq,
                                    'direction', m.direction, 'content', m.content, 'imported', m.event_seq < 0,
                                    'department_id', c.department_id, 'is_own', c.guest_id = any (together.ids)))
           from json_array_elements_text(k.wamids) as w(wamid)
          cross join lateral (
             select m.* from ${schema}.wamids known
               join ${schema}.messages m on m.hotel_id = known.hotel_id and m.id = known.message_id
              where known.hotel_id = k.hotel and known.wamid = w.wamid offset 0
           ) m
           cross join lateral (
             select c.guest_id, c.department_id from ${schema}.conversations c
              where c.hotel_id = k.hotel and c.id = m.conversation_id offset 0
           ) c
         ) end as known offset 0
       ) q
       order by k.ord;
    end $body$;

    -- The conversation stands in for a chat that there is none of.
    create function ${schema}.load_sends_1(hotel text, ids text)
    returns table (now timestamptz, guest_id text, message json, conversation json, chat json, guest json, consents json, template json)
    language plpgsql stable ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
    begin
      return query
      select clock, who.id, to_json(m), case when h.hotel_id is null then to_json(c) end, to_json(h), ${guestOf(schema, "c.hotel_id", "who.id", "together.ids", "coalesce(a.origin_id, a.guest_id) = c.guest_id")},
             ${standingConsents(schema, "c.hotel_id", "together.ids")},
             case when starts_with(coalesce(m.fallback, m.content), '{"type":"template"')
               then ${schema}.template_of_1(hotel, coalesce(m.fallback, m.content)) end
        from json_array_elements_text(ids::json) with ordinality as k(id, n)
        left join lateral (select * from ${schema}.messages m where m.hotel_id = hotel and m.id = k.id offset 0) m on true
        left join ${schema}.conversations c on c.hotel_id = m.hotel_id and c.id = m.conversation_id
        ${merged(schema, "c.hotel_id", "c.guest_id")}
        left join ${schema}.chats h on h.hotel_id = c.hotel_id and h.phone_number_id = c.phone_number_id and h.guest_id = who.id
       order by k.n;
    end $body$;
  `,
};

/** The runs that guests are on their way through. */
const liveRuns = (schema: string, hotel: string, guests: string): string => `(
               select json_agg(r) from unnest(${guests}) as t(id)
                cross join lateral (
                  select * from ${schema}.flow_runs r where r.hotel_id = ${hotel} and r.guest_id = t.id and r.ended_at is null offset 0
                ) r)`;

/** Joins "who" a guest turned out to be, and "together" all that did. Functions are called only for those who were merged. */
const merged = (schema: string, hotel: string, guest: string): string => `left join lateral (
          select g.merged_into from ${schema}.guests g where g.hotel_id = ${hotel} and g.id = ${guest} offset 0
        ) own on true
       cross join lateral (
         select case when own.merged_into is null then ${guest} else ${schema}.root_1(${hotel}, ${guest}) end as id offset 0
       ) who
       cross join lateral (
         select case when exists (select from ${schema}.guests g where g.hotel_id = ${hotel} and g.merged_into = who.id)
                     then ${schema}.together_1(${hotel}, who.id) else array[who.id] end as ids offset 0
       ) together`;

/** A guest who stands for itself, with the addresses of all that were merged into it. */
const guestOf = (schema: string, hotel: string, guest: string, together: string, last?: string): string => `(
               select ${guestJson(
                 "g",
                 `(
                   select a.* from unnest(${together}) as t(id)
                    cross join lateral (
                      select * from ${schema}.guest_addresses a where a.hotel_id = g.hotel_id and a.guest_id = t.id offset 0
                    ) a
                 )`,
                 last,
               )}
                 from ${schema}.guests g where g.hotel_id = ${hotel} and g.id = ${guest})`;
