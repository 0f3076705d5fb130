import type { Migration } from "../migrate.js";
import { rowsOf, VERB } from "./verb.js";

const ID = 'text collate "C"';

/** Where guests stand in flows. */
export const flows: Migration = {
  id: 21,
  name: "flows",
  breaking: false,
  sql: (schema) => `
    create table ${schema}.flow_runs (
      hotel_id ${ID} not null,
      id ${ID} not null,
      flow_id ${ID} not null,
      flow_version integer not null,
      guest_id ${ID} not null,
      phone_number_id ${ID} not null,
      conversation_id ${ID} not null,
      -- JSON text, as are the others: a step's name comes from the host's code.
      step text not null,
      status text not null check (status in ('running', 'waiting', 'handedOff', 'finished', 'stopped', 'failed', 'expired')),
      answers text not null,
      records text not null,
      state text not null,
      version integer not null,
      started_at timestamptz not null,
      ended_at timestamptz,
      primary key (hotel_id, id)
    );
    create unique index flow_runs_one_live on ${schema}.flow_runs (hotel_id, conversation_id) where ended_at is null;
    -- What a chat, or a command, is decided on.
    create index flow_runs_of_guest on ${schema}.flow_runs (hotel_id, guest_id) where ended_at is null;
    create index flow_runs_newest on ${schema}.flow_runs (hotel_id, conversation_id, started_at desc, id desc);
    -- By which versions runs are under way: those that a release does not have any more are looked for when it starts.
    create index flow_runs_versions on ${schema}.flow_runs (flow_id, flow_version, hotel_id, id) where ended_at is null;

    -- A helper of commit_1. runs: [{ change, id, flow, flow_version, guest, number, conversation, step, status, answers, records, state,
    -- version, started_at, ended_at }]. Lock order: the runs, by id. @returns the changes whose runs are not as they were read.
    create function ${schema}.stale_runs_1(hotel text, runs text) returns integer[] language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    begin
      perform 1 from ${rowsOf("runs::json", "id text")}
        join ${schema}.flow_runs r on r.hotel_id = x.hotel and r.id = x.id
       order by r.id for update of r;
      return (
        select array_agg(distinct found.change order by found.change) from (
          select x.change from ${rowsOf("runs::json", "change integer, id text, version integer")}
            left join ${schema}.flow_runs r on r.hotel_id = x.hotel and r.id = x.id
           where coalesce(r.version, 0) <> x.version
          union all
          select twice.change from (
            select x.change, row_number() over (partition by x.id order by x.change) as n
              from json_to_recordset(runs::json) as x(change integer, id text)
          ) twice where twice.n > 1
        ) found
      );
    end $body$;

    -- A helper of commit_1, after stale_runs_1, with what moved each run: [{ n, at, message, what }]. Whoever leaves a conversation leaves it before another comes.
    create function ${schema}.put_runs_1(hotel text, runs text) returns void language plpgsql ${VERB} as $body$
    #variable_conflict use_column
    begin
      for half in 1..2 loop
      update ${schema}.flow_runs r
         set flow_version = x.flow_version, conversation_id = x.conversation, phone_number_id = x.number, step = x.step, status = x.status,
             answers = x.answers, records = x.records, state = x.state, version = x.version + 1, ended_at = x.ended_at
        from ${rowsOf("runs::json", "id text, flow_version integer, conversation text, number text, step text, status text, answers text, records text, state text, version integer, ended_at timestamptz")}
       where r.hotel_id = x.hotel and r.id = x.id and x.version > 0 and (x.ended_at is not null) = (half = 1);
      end loop;
      insert into ${schema}.flow_runs
        select hotel, x.id, x.flow, x.flow_version, x.guest, x.number, x.conversation, x.step, x.status, x.answers, x.records, x.state, 1,
               x.started_at, x.ended_at
          from json_to_recordset(runs::json) as x(id text, flow text, flow_version integer, guest text, number text, conversation text,
            step text, status text, answers text, records text, state text, version integer, started_at timestamptz, ended_at timestamptz)
         where x.version = 0
         order by x.id;
      insert into ${schema}.flow_moves (hotel_id, run_id, n, conversation_id, at, message_id, what)
        select hotel, x.id, m.n, x.conversation, m.at, m.message, m.what
          from json_to_recordset(runs::json) as x(id text, conversation text, moves json)
         cross join lateral json_to_recordset(x.moves) as m(n integer, at timestamptz, message text, what text)
         order by x.id, m.n
        on conflict do nothing;
    end $body$;

    -- Runs under way of versions that are not among these: [{ flow, version }]. The longest known first.
    create function ${schema}.stray_runs_1(known text, after_hotel text, after_id text, most integer) returns setof ${schema}.flow_runs
    language plpgsql stable ${VERB} as $body$
    #variable_conflict use_column
    begin
      return query
      select r.* from ${schema}.flow_runs r
       where r.ended_at is null
         and not exists (select from json_to_recordset(known::json) as k(flow text, version integer)
                          where k.flow = r.flow_id and k.version = r.flow_version)
         and (after_id is null or (r.hotel_id, r.id) > (after_hotel, after_id))
       order by r.hotel_id, r.id limit most;
    end $body$;
  `,
};
