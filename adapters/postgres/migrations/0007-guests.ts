import type { Migration } from "../migrate.js";
import { reachedHotels } from "../reach.js";
import { VERB, rowsOf } from "./verb.js";

/** A merge that another one forestalled; the function that tries merges takes back what it did, and says which. */
const FORESTALLED = "BD001";

/** Who guests are: their addresses, those who turned out to be one person, and what is known of each. */
export const guests: Migration = {
  id: 7,
  name: "guests",
  breaking: false,
  sql: (schema) => `
    -- Helpers of verbs: they run under the settings of their caller.

    -- Who a guest turned out to be: the guest itself unless it was merged.
    create function ${schema}.root_1(hotel text, guest text) returns text language sql stable as $body$
      with recursive up as (
        select g.id, g.merged_into from ${schema}.guests g where g.hotel_id = hotel and g.id = guest
        union
        select g.id, g.merged_into from up join ${schema}.guests g on g.hotel_id = hotel and g.id = up.merged_into
      )
      select coalesce((select up.id from up where up.merged_into is null), guest)
    $body$;

    -- A guest and all that were merged into it, directly or through others.
    create function ${schema}.together_1(hotel text, guest text) returns text[] language sql stable as $body$
      with recursive down as (
        select guest collate "C" as id
        union
        select g.id from down join ${schema}.guests g on g.hotel_id = hotel and g.merged_into = down.id
      )
      select array_agg(down.id) from down
    $body$;

    -- A guest's chats, number after number: no index is kept for what only a merge asks.
    create function ${schema}.chats_of_1(hotel text, guest text) returns setof ${schema}.chats language sql stable as $body$
      with recursive numbers as (
        (select c.phone_number_id as number from ${schema}.chats c where c.hotel_id = hotel order by c.phone_number_id limit 1)
        union all
        select (select c.phone_number_id from ${schema}.chats c
                 where c.hotel_id = hotel and c.phone_number_id > n.number order by c.phone_number_id limit 1)
          from numbers n where n.number is not null
      )
      select c.* from numbers n
       cross join lateral (
         select * from ${schema}.chats c where c.hotel_id = hotel and c.phone_number_id = n.number and c.guest_id = guest offset 0
       ) c
    $body$;

    -- A merged guest's addresses are those that would come back.
    create function ${schema}.guest_json_1(hotel text, guest text) returns json language sql stable as $body$
      select ${guestJson(
        "g",
        `(
          select a.* from ${schema}.guest_addresses a where a.hotel_id = g.hotel_id and a.guest_id = any (t.ids)
          union
          select a.* from ${schema}.guest_addresses a where a.hotel_id = g.hotel_id and a.origin_id = any (t.ids)
        )`,
      )}
        from (select ${schema}.together_1(hotel, guest) as ids offset 0) t
       cross join lateral (select * from ${schema}.guests g where g.hotel_id = hotel and g.id = guest offset 0) g
    $body$;

    create function ${schema}.guest_state_1(hotel text, guest text) returns json language sql stable as $body$
      select json_build_object(
        'guest', ${schema}.guest_json_1(hotel, guest),
        'merged', (select coalesce(json_agg(${schema}.guest_json_1(hotel, m.id)), '[]')
                     from unnest(${schema}.together_1(hotel, guest)) as m(id) where m.id <> guest),
        'conversations', (select coalesce(json_agg(c), '[]') from (
           select c.* from ${schema}.conversations c where c.hotel_id = hotel and c.guest_id = guest and c.status = 'open'
           union all
           select c.* from ${schema}.conversations c
            where c.hotel_id = hotel and c.guest_id = guest and c.status = 'closed' and exists (
              select from ${schema}.conversations n where n.hotel_id = hotel and n.id = c.continued_in and n.guest_id <> guest)
         ) c),
        'former_addresses', (select coalesce(json_agg(json_build_object('kind', f.kind, 'value', f.value, 'first_seen_at', f.first_seen_at,
                                  'ended_at', f.ended_at, 'ended_by', f.ended_by, 'held_by', a.guest_id)), '[]')
           from ${schema}.former_addresses f
           left join ${schema}.guest_addresses a on a.hotel_id = f.hotel_id and a.kind = f.kind and a.value = f.value
          where f.hotel_id = hotel and f.guest_id = guest))
    $body$;

    -- Whether one of these departments has, or had, a conversation with a guest or one merged into it.
    create function ${schema}.guest_reached_1(hotel text, guest text, departments json) returns boolean language sql stable as $body$
      select departments is null or exists (
        select from unnest(${schema}.together_1(hotel, guest)) as t(id)
         cross join lateral (
           select c.department_id from ${schema}.conversations c where c.hotel_id = hotel and c.guest_id = t.id and c.status = 'open'
           union all
           select c.department_id from ${schema}.conversations c where c.hotel_id = hotel and c.guest_id = t.id and c.status = 'closed'
         ) c
         where c.department_id in (select json_array_elements_text(departments)))
    $body$;

    -- merges: [{ change, guest, target }], each after the ones before it. The changes whose merges are none, and then nothing is done.
    create function ${schema}.set_merged_1(hotel text, merges text) returns integer[] language plpgsql as $body$
    #variable_conflict use_column
    declare
      m record;
      stale integer[];
    begin
      for m in select * from json_to_recordset(merges::json) as x(change integer, guest text, target text) order by 1 loop
        update ${schema}.guests g set merged_into = m.target
         where g.hotel_id = hotel and g.id = m.guest and (g.merged_into is null) = (m.target is not null)
           and (m.target is null or exists (
             select from ${schema}.guests s where s.hotel_id = hotel and s.id = m.target and s.id <> m.guest and s.merged_into is null));
        if not found then stale := stale || m.change; end if;
      end loop;
      if stale is not null then raise exception using errcode = '${FORESTALLED}'; end if;
      return null;
    exception when sqlstate '${FORESTALLED}' then
      return stale;
    end $body$;

    -- What follows from the merges that were set: the addresses name the guest who stays, and of each number its chat knows what
    -- both knew. Undone, the addresses that were the guest's come back.
    create function ${schema}.join_merged_1(hotel text, merges text) returns void language plpgsql as $body$
    #variable_conflict use_column
    declare
      m record;
    begin
      for m in select * from json_to_recordset(merges::json) as x(change integer, guest text, target text) order by 1 loop
        if m.target is null then
          update ${schema}.guest_addresses a set guest_id = m.guest, origin_id = nullif(a.origin_id, m.guest)
           where a.hotel_id = hotel and a.origin_id = any (${schema}.together_1(hotel, m.guest));
        else
          update ${schema}.guest_addresses a set guest_id = m.target, origin_id = coalesce(a.origin_id, m.guest)
           where a.hotel_id = hotel and a.guest_id = m.guest;
          insert into ${schema}.chats
            (hotel_id, phone_number_id, guest_id, version, current_conversation_id, last_inbound_at, window_closes_at, menu_sent_at, away_until,
              staff_wrote_at)
            select c.hotel_id, c.phone_number_id, m.target, 1, c.current_conversation_id, c.last_inbound_at, c.window_closes_at, c.menu_sent_at,
                   c.away_until, c.staff_wrote_at
              from ${schema}.chats_of_1(hotel, m.guest) c
            on conflict (hotel_id, phone_number_id, guest_id) do update
              set current_conversation_id = coalesce(chats.current_conversation_id, excluded.current_conversation_id),
                  last_inbound_at = greatest(chats.last_inbound_at, excluded.last_inbound_at),
                  window_closes_at = greatest(chats.window_closes_at, excluded.window_closes_at),
                  menu_sent_at = greatest(chats.menu_sent_at, excluded.menu_sent_at),
                  away_until = greatest(chats.away_until, excluded.away_until),
                  staff_wrote_at = greatest(chats.staff_wrote_at, excluded.staff_wrote_at);
        end if;
      end loop;
    end $body$;

    -- addresses: [{ ord, kind, value, guest, evidence, takes, fresh }], retires: [{ ord, kind, value, guest }]. In the order in which
    -- remember_1 goes about addresses, so that both meet at the same row. "fresh" makes the guest, and fails when somebody has it.
    create function ${schema}.learn_addresses_1(hotel text, clock timestamptz, addresses text, retires text) returns void language plpgsql as $body$
    #variable_conflict use_column
    declare
      x record;
      has record;
    begin
      for x in
        select false as retires, a.* from json_to_recordset(addresses::json)
               as a(ord integer, kind text, value text, guest text, evidence text, takes boolean, fresh boolean)
        union all
        select true, a.ord, a.kind, a.value, a.guest, null, false, false from json_to_recordset(retires::json) as a(ord integer, kind text, value text, guest text)
        order by kind desc, value, ord, retires
      loop
        if x.fresh then
          insert into ${schema}.guests (hotel_id, id, created_at) values (hotel, x.guest, clock) on conflict do nothing;
          insert into ${schema}.guest_addresses (hotel_id, kind, value, guest_id, first_seen_at) values (hotel, x.kind, x.value, x.guest, clock);
          continue;
        end if;
        -- Whoever learns it may have been merged since.
        x.guest := ${schema}.root_1(hotel, x.guest);
        if x.retires then
          update ${schema}.guest_addresses set retired_at = clock
           where hotel_id = hotel and kind = x.kind and value = x.value and guest_id = x.guest and retired_at is null;
          continue;
        end if;
        insert into ${schema}.guest_addresses (hotel_id, kind, value, guest_id, evidence, first_seen_at)
          values (hotel, x.kind, x.value, x.guest, x.evidence, clock)
          on conflict (hotel_id, kind, value) do update
            set retired_at = case when guest_addresses.guest_id <> excluded.guest_id then guest_addresses.retired_at end
          returning guest_id into has;
        continue when has.guest_id = x.guest or not x.takes;
        insert into ${schema}.former_addresses
          select a.hotel_id, a.kind, a.value, a.guest_id, a.evidence, a.first_seen_at, clock, x.evidence from ${schema}.guest_addresses a
           where a.hotel_id = hotel and a.kind = x.kind and a.value = x.value
          on conflict do nothing;
        update ${schema}.guest_addresses set guest_id = x.guest, origin_id = null, evidence = x.evidence, first_seen_at = clock, retired_at = null
         where hotel_id = hotel and kind = x.kind and value = x.value;
      end loop;
    end $body$;

    create function ${schema}.load_guests_1(reach text, ids text)
    returns table (ord bigint, state json) language sql stable ${VERB} as $body$
      with ${reachedHotels(schema)}
      select k.n, s.state
        from json_array_elements_text(ids::json) with ordinality as k(id, n)
        left join lateral (
          select ${schema}.guest_state_1(r.hotel_id, g.id) as state
            from reached r
            join ${schema}.guests g on g.hotel_id = r.hotel_id and g.id = k.id
           where ${schema}.guest_reached_1(r.hotel_id, g.id, r.departments)
           limit 1
        ) s on true
    $body$;

    -- addresses: [{ kind, value }]
    create function ${schema}.find_guests_1(reach text, hotel text, addresses text)
    returns table (guest json) language sql stable ${VERB} as $body$
      with ${reachedHotels(schema)}
      select ${schema}.guest_json_1(found.hotel, found.id)
        from (
          select distinct x.hotel, ${schema}.root_1(x.hotel, a.guest_id) as id
            from ${rowsOf("addresses::json", "kind text, value text")}
           cross join lateral (
             select a.guest_id from ${schema}.guest_addresses a where a.hotel_id = x.hotel and a.kind = x.kind and a.value = x.value
             union
             select f.guest_id from ${schema}.former_addresses f where f.hotel_id = x.hotel and f.kind = x.kind and f.value = x.value
           ) a
        ) found
        join reached r on r.hotel_id = found.hotel
       where ${schema}.guest_reached_1(found.hotel, found.id, r.departments)
    $body$;
  `,
};

/** A row `of` guests as JSON, with the addresses that `addresses` selects. @param last which of them come last */
export function guestJson(of: string, addresses: string, last = "false"): string {
  return `json_build_object('hotel_id', ${of}.hotel_id, 'id', ${of}.id, 'name', ${of}.name, 'username', ${of}.username, 'language', ${of}.language,
               'merged_into', ${of}.merged_into, 'addresses', (
                 select coalesce(json_agg(json_build_object('kind', a.kind, 'value', a.value, 'evidence', a.evidence,
                                   'first_seen_at', a.first_seen_at, 'retired_at', a.retired_at) order by ${last}, a.first_seen_at, a.kind, a.value), '[]')
                   from ${addresses} a))`;
}
