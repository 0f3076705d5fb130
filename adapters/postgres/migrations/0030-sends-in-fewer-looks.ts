import type { Migration } from "../migrate.js";
import { guestJson } from "./0007-guests.js";
import { standingConsents } from "./0008-consents.js";
import { PACED, stillUrgent } from "./0004-sends.js";
import { rowsOf, VERB } from "./verb.js";

/**
 * A send is looked up and settled as before, in fewer looks: a guest who is nobody but themselves is read once, with nothing begun for
 * those who turned out to be several; and a message whose send ended as nearly all do is written without being locked first.
 * Source: `npm run bench:sends`, where loading and settling were two thirds of what a send costs PostgreSQL.
 */
export const sendsInFewerLooks: Migration = {
  id: 30,
  name: "sends-in-fewer-looks",
  breaking: false,
  sql: (schema) => `
    create or replace function ${schema}.load_sends_1(hotel text, ids text)
    returns table (now timestamptz, guest_id text, message json, conversation json, chat json, guest json, consents json, template json)
    language plpgsql stable ${VERB} as $body$
    #variable_conflict use_column
    declare
      clock timestamptz := ${schema}.desk_now();
    begin
      return query
      select clock, who.id, to_json(m), case when h.hotel_id is null then to_json(c) end, to_json(h),
             case when who.alone then ${guestJson("g", `(select * from ${schema}.guest_addresses a where a.hotel_id = g.hotel_id and a.guest_id = g.id offset 0)`)}
                  else (select ${guestJson(
                    "o",
                    `(
                      select a.* from unnest(together.ids) as t(id)
                       cross join lateral (
                         select * from ${schema}.guest_addresses a where a.hotel_id = o.hotel_id and a.guest_id = t.id offset 0
                       ) a
                    )`,
                    "coalesce(a.origin_id, a.guest_id) = c.guest_id",
                  )}
                          from ${schema}.guests o where o.hotel_id = c.hotel_id and o.id = who.id) end,
             case when who.alone then (
                    select json_agg(own) from (
                      select * from ${schema}.consents n
                       where n.hotel_id = c.hotel_id and n.guest_id = c.guest_id
                       order by n.at desc, n.wish desc, n.id limit 1
                    ) own)
                  else ${standingConsents(schema, "c.hotel_id", "together.ids")} end,
             case when starts_with(coalesce(m.fallback, m.content), '{"type":"template"')
               then ${schema}.template_of_1(hotel, coalesce(m.fallback, m.content)) end
        from json_array_elements_text(ids::json) with ordinality as k(id, n)
        left join lateral (select * from ${schema}.messages m where m.hotel_id = hotel and m.id = k.id offset 0) m on true
        left join ${schema}.conversations c on c.hotel_id = m.hotel_id and c.id = m.conversation_id
        left join lateral (select * from ${schema}.guests g where g.hotel_id = c.hotel_id and g.id = c.guest_id offset 0) g on true
       cross join lateral (
         select g.merged_into is null and not exists (select from ${schema}.guests o where o.hotel_id = c.hotel_id and o.merged_into = c.guest_id) as alone,
                case when g.merged_into is null then c.guest_id else ${schema}.root_1(c.hotel_id, c.guest_id) end as id
         offset 0
       ) who
       cross join lateral (select case when not who.alone then ${schema}.together_1(c.hotel_id, who.id) end as ids offset 0) together
        left join ${schema}.chats h on h.hotel_id = c.hotel_id and h.phone_number_id = c.phone_number_id and h.guest_id = who.id
       order by k.n;
    end $body$;

    -- Locks the lanes that settlements are of, and stores together what nearly all of them are: WhatsApp took what was just sent, its lane is
    -- still held, its number sends on, and nobody else knew of it. To the same effect as one by one.
    -- @returns which it stored, what there is to tell, and whether there is more to do
    create or replace function ${schema}.settle_sent_1(hotel text, settlements text, clock timestamptz,
      out ords integer[], out bodies text[], out conversations text[], out more boolean)
    language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    declare
      -- The settlements, and those that are stored here: a list for each of their fields.
      given record;
      sent record;
      ended text[];
      pausing text[];
    begin
      select array_agg(x.ord) as ords, array_agg(x.number) as numbers, array_agg(x.guest) as guests, array_agg(x.epoch) as epochs,
             array_agg(x.work) as works, array_agg(x.message) as messages, array_agg(x.wamid) as wamids, array_agg(x.reason) as reasons,
             array_agg(x.paced) as paced, array_agg(x.is_free) as free, bool_or(x.pause_of is not null) as pauses
        into given
        from (
          select x.*, x.kind = 'outbound' and x.result = 'sent' and x.epoch = l.epoch and l.leased_until is not null
                      and coalesce(l.waits_until <= clock, true) as is_free
            from ${rowsOf("settlements::json", "ord integer, kind text, number text, guest text, epoch bigint, work text, message text, result text, wamid text, reason text, paced boolean, pause_of text")}
            join ${schema}.lanes l
              on l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest
           order by l.kind, l.phone_number_id, l.guest_id for update of l
        ) x;
      pausing := array(
        select n.phone_number_id from ${schema}.numbers n where n.hotel_id = hotel and (n.probing or n.paused_until > clock)
      );
      -- In the order of their ids, one after the other, as whoever locks several does.
      with x as materialized (
        select y.* from (
          select hotel as hotel, u.*, count(*) over (partition by u.message) as of_message, count(*) over (partition by u.wamid) as of_wamid
            from unnest(given.ords, given.numbers, given.guests, given.epochs, given.works, given.messages, given.wamids,
                   given.reasons, given.paced, given.free)
                 as u(ord, number, guest, epoch, work, message, wamid, reason, paced, is_free)
          offset 0
        ) y
         where y.is_free and y.number <> all (pausing) and y.of_message = 1 and y.of_wamid = 1
           and not exists (select from ${schema}.parked_statuses p where p.hotel_id = y.hotel and p.wamid = y.wamid offset 0)
           and not exists (select from ${schema}.wamids known where known.hotel_id = y.hotel and known.wamid = y.wamid offset 0)
         order by y.message collate "C"
      ), gone as (
        update ${schema}.messages m
           set status = 'sent', wamid = x.wamid, failure = null, reasons = ${schema}.with_reason(m.reasons, x.reason)
          from x
         where m.hotel_id = x.hotel and m.id = x.message and m.intent_epoch = x.epoch and m.status = 'sending'
        returning x.ord, x.number, x.guest, x.work, x.message, x.wamid, x.paced, m.conversation_id
      )
      select coalesce(array_agg(x.ord), '{}') as ords, array_agg(x.number) as numbers, array_agg(x.guest) as guests, array_agg(x.work) as works,
             array_agg(x.message) as messages, array_agg(x.wamid) as wamids, array_agg(x.paced) as paced,
             coalesce(array_agg(x.conversation_id), '{}') as conversations,
             -- What status_event says, which for each message would be begun anew.
             coalesce(array_agg(json_build_object('type', 'message.status', 'messageId', x.message, 'status', 'sent')::text), '{}') as bodies
        into sent from gone x;
      ords := sent.ords;
      bodies := sent.bodies;
      conversations := sent.conversations;
      more := given.pauses is not false or pausing <> '{}' or cardinality(ords) < json_array_length(settlements::json);
      if cardinality(ords) = 0 then return; end if;
      insert into ${schema}.wamids select hotel, u.* from unnest(sent.wamids, sent.messages) as u(wamid, message);
      with gone as (
        delete from ${schema}.work w
         using (select hotel as hotel, u.id from unnest(sent.works) as u(id) offset 0) x
         where w.hotel_id = x.hotel and w.id = x.id and w.dead_at is null
        returning w.id
      )
      select coalesce(array_agg(gone.id), '{}') into ended from gone;
      update ${schema}.lanes l
         set done = l.done + x.gone, pair_at = ${PACED}, urgent = ${stillUrgent(schema)}, leased_until = null, held_for = null, waits_until = clock,
             due_at = case when l.enqueued > l.done + x.gone
               then greatest(clock, l.not_before, ${schema}.pair_wait(${PACED}, ${stillUrgent(schema)})) end
        from (
          select hotel as hotel, 'outbound' as kind, u.*,
                 -- Nearly always all of them are.
                 case when cardinality(ended) = cardinality(sent.works) or u.work = any (ended) then 1 else 0 end as gone
            from unnest(sent.numbers, sent.guests, sent.works, sent.paced) as u(number, guest, work, paced) offset 0
        ) x
       where l.hotel_id = x.hotel and l.kind = x.kind and l.phone_number_id = x.number and l.guest_id = x.guest;
    end $body$;
    `,
};
