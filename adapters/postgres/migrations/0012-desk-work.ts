import type { Migration } from "../migrate.js";

/** What staff do with a conversation, and how the lists find it by that. */
export const deskWork: Migration = {
  id: 12,
  name: "desk-work",
  breaking: false,
  sql: (schema) => `
    -- Whether no flow may say anything in a conversation any more.
    create function ${schema}.person_speaks(hotel text, conversation text) returns boolean language sql stable as $$
      select exists (select from ${schema}.conversations c where c.hotel_id = hotel and c.id = conversation and c.speaker = 'human')
    $$;

    -- Every index begins with the hotel; in this one every key does.
    create function ${schema}.tag_keys(hotel text, tags text[]) returns text[] language sql immutable as
      $$ select coalesce(array_agg(hotel || '/' || t.tag), '{}') from unnest(tags) as t(tag) $$;

    create index conversations_assigned on ${schema}.conversations (hotel_id, assignee_id, last_message_at desc, id desc)
      where assignee_id is not null;
    create index conversations_pressing on ${schema}.conversations (hotel_id, priority, last_message_at desc, id desc)
      where priority <> 'normal';
    create index conversations_snoozed on ${schema}.conversations (hotel_id, last_message_at desc, id desc)
      where snoozed_until is not null;
    create index conversations_tagged on ${schema}.conversations using gin (${schema}.tag_keys(hotel_id, tags))
      where tags <> '{}';
    -- How much each of staff has in hand.
    create index conversations_in_hand on ${schema}.conversations (hotel_id, assignee_id)
      where status = 'open' and assignee_id is not null;
    -- What stands open and nobody sees to, which is little of all that there is.
    create index conversations_unassigned on ${schema}.conversations (hotel_id, last_message_at desc, id desc)
      where status = 'open' and assignee_id is null;
  `,
};
