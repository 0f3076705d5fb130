import type { Migration } from "../migrate.js";

const ID = 'text collate "C"';

/** How long first responses and resolutions took, and how guests say it was: facts that are only added to. */
export const times: Migration = {
  id: 18,
  name: "times",
  breaking: false,
  sql: (schema) => `
    create table ${schema}.timings (
      hotel_id ${ID} not null,
      conversation_id ${ID} not null,
      -- The conversation's episode.
      episode integer not null,
      kind text not null check (kind in ('firstResponse', 'resolution', 'surveyed', 'rated')),
      department_id ${ID},
      staff_id ${ID},
      since timestamptz not null,
      at timestamptz not null,
      -- Of a resolution: the guest had asked, and nobody of staff had answered.
      unanswered boolean not null,
      -- Of a rating: 1 to 5.
      score smallint,
      -- What of it was in opening hours; null: all.
      open_ms bigint,
      primary key (hotel_id, conversation_id, episode, kind)
    );
    -- What ended in a period. A report reads nothing else of them.
    create index timings_period on ${schema}.timings (hotel_id, at) include (kind, department_id, staff_id, since, unanswered, open_ms);
    -- Who has not had a word of the staff yet.
    create index conversations_asked on ${schema}.conversations (hotel_id, asked_at)
      where status = 'open' and answered_at is null and asked_at is not null;
  `,
};
