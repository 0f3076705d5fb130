import type { Migration } from "../migrate.js";
import { reachedHotels } from "../reach.js";
import { standingConsents } from "./0008-consents.js";
import { VERB } from "./verb.js";

/** What a commit fails with, as if by a constraint, when a message does not stand where somebody took it to stand. */
export const STATUS_CONFLICT = "messages_status";

/** Writing to guests first, and what people say became of messages. */
export const write: Migration = {
  id: 10,
  name: "write",
  breaking: false,
  sql: (schema) => `
    -- remarks: [{ ord, message, was, becomes, failure, reason }]. A helper of commit_1, which has locked all but messages and the
    -- hotel's counter by then. The messages that stand elsewhere now, in the order given.
    create function ${schema}.remark_1(hotel text, remarks text)
    returns table (message text, status text, conversation text) language plpgsql as $body$
    #variable_conflict use_column
    declare
      r record;
      stands text;
    begin
      perform 1 from ${schema}.messages m
        join (select distinct x.message from json_to_recordset(remarks::json) as x(message text) offset 0) x on m.id = x.message
       where m.hotel_id = hotel order by m.id for update of m;
      for r in
        select x.* from json_to_recordset(remarks::json)
               as x(ord integer, message text, was text, becomes text, failure text, reason text)
         order by x.ord
      loop
        select m.status into stands from ${schema}.messages m where m.hotel_id = hotel and m.id = r.message;
        if stands is distinct from r.was then
          raise exception using errcode = 'unique_violation', constraint = '${STATUS_CONFLICT}', message = 'a message stands elsewhere by now';
        end if;
        if r.becomes is null then
          update ${schema}.messages m set reasons = ${schema}.with_reason(m.reasons, r.reason) where m.hotel_id = hotel and m.id = r.message;
        else
          message := r.message;
          status := r.becomes;
          conversation := ${schema}.raise_status_1(hotel, r.message, r.becomes, null, r.failure, null, r.reason, false);
          if conversation is not null then return next; end if;
        end if;
      end loop;
    end $body$;

    -- Who has an address, or is called "wanted" within reach; and the message that the author sent before.
    create function ${schema}.load_recipient_1(reach text, hotel text, address_kind text, address text, wanted text, author text, client text,
      template_name text, template_language text)
    returns table (now timestamptz, guest json, chats json, conversations json, existing json, existing_guest text, consents json,
      template json)
    language sql stable ${VERB} as $body$
      with ${reachedHotels(schema)}
      select ${schema}.desk_now(), case when who.id is not null then ${schema}.guest_json_1(hotel, who.id) end,
             (select coalesce(json_agg(c), '[]') from ${schema}.chats_of_1(hotel, who.id) c where who.id is not null),
             (select coalesce(json_agg(c), '[]') from unnest(${schema}.together_1(hotel, who.id)) as t(id)
               cross join lateral (
                 select * from ${schema}.conversations c where c.hotel_id = hotel and c.guest_id = t.id and c.status = 'open'
                 union all
                 select * from ${schema}.conversations c where c.hotel_id = hotel and c.guest_id = t.id and c.imported and c.status <> 'open'
               ) c
               where who.id is not null),
             to_json(m), case when c.guest_id is not null then ${schema}.root_1(hotel, c.guest_id) end,
             case when who.id is not null then ${standingConsents(schema, "hotel", `${schema}.together_1(hotel, who.id)`)} end,
             (select to_json(t) from ${schema}.templates t
               where t.hotel_id = hotel and t.name = template_name and t.language = template_language and t.definition is not null)
        from (select 1) one
        left join lateral (
          select ${schema}.root_1(hotel, found.id) as id from (
            select a.guest_id as id from ${schema}.guest_addresses a
             where a.hotel_id = hotel and a.kind = address_kind and a.value = address
            union all
            select g.id from reached r join ${schema}.guests g on g.hotel_id = r.hotel_id and g.id = wanted
             where r.hotel_id = hotel and ${schema}.guest_reached_1(hotel, ${schema}.root_1(hotel, g.id), r.departments)
          ) found limit 1
        ) who on true
        left join lateral (
          select * from ${schema}.messages m where m.hotel_id = hotel and m.author_id = author and m.client_message_id = client offset 0
        ) m on true
        left join ${schema}.conversations c on c.hotel_id = m.hotel_id and c.id = m.conversation_id
    $body$;
  `,
};
