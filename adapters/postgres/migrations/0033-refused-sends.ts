import type { Migration } from "../migrate.js";

/** A message that WhatsApp refuses in a report is work, added in the same statement: what may go in its place is seen to whatever dies next. */
export const refusedSends: Migration = {
  id: 33,
  name: "refused-sends",
  breaking: false,
  sql: (schema) => `
    -- The work is what domain/refusal.ts and decide/refused.ts say. It touches the table of commands alone, so that it holds nobody up.
    create or replace function ${schema}.status_events_1(hotel text, message text, status text, failure text, at timestamptz)
    returns text[] language plpgsql as $body$
    declare
      who text;
      why text;
      told text[] := array[${schema}.status_event(message, status)];
    begin
      if status <> 'failed' then return told; end if;
      case ${schema}.failure_code(failure)
        when 'graph_131047' then why := 'window';
        when 'graph_131062' then why := 'address';
        when 'graph_131050' then
          select c.guest_id into who from ${schema}.messages m
            join ${schema}.conversations c on c.hotel_id = m.hotel_id and c.id = m.conversation_id
           where m.hotel_id = hotel and m.id = message;
          -- A message may be there a moment longer than its conversation.
          if who is not null and ${schema}.record_rejection_1(hotel, who, message, at) then
            told := told || json_build_object('type', 'guest.consent', 'guestId', who, 'wish', 'stop', 'source', 'rejection')::text;
          end if;
        else null;
      end case;
      if why is not null then
        insert into ${schema}.commands (hotel_id, id, subject, payload)
          select hotel, 'refused_' || message, m.conversation_id,
                 json_build_object('type', 'refused', 'messageId', message, 'why', why)::text
            from ${schema}.messages m where m.hotel_id = hotel and m.id = message;
      end if;
      return told;
    end $body$;
  `,
};
