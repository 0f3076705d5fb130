import type { Migration } from "../migrate.js";

const ID = 'text collate "C"';

/** What moved each run of a flow, so that each of its past states can be made again. Written by put_runs_1. */
export const flowMoves: Migration = {
  id: 23,
  name: "flow-moves",
  breaking: false,
  sql: (schema) => `
    create table ${schema}.flow_moves (
      hotel_id ${ID} not null,
      run_id ${ID} not null,
      n integer not null,
      conversation_id ${ID} not null,
      at timestamptz not null,
      -- The guest's message that moved it: what it says stands there alone.
      message_id ${ID},
      -- JSON text.
      what text not null,
      primary key (hotel_id, run_id, n)
    );
  `,
};
