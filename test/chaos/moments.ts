import pg from "pg";
import { ended } from "../harness/processes.js";
import { schemaDump } from "../support/schema-dump.js";
import { startOn, type Start } from "./starts.js";
import { until } from "./stay.js";

/** A moment of a start at which it can be held, so that it is broken exactly there. */
export interface Moment {
  readonly name: string;
  /**
   * `statement`: the process is about to send its nth statement, or has had all answers.
   * `lock`: its nth statement waits for another process's migration.
   * `inside`: the server is inside a migration, at the nth thing that it does there.
   */
  readonly at: "statement" | "lock" | "inside";
  readonly n: number;
  /** Migrations that are done for good by then. */
  readonly done: number;
}

/** A process held at a moment. */
export interface Held {
  readonly start: Start;
  /** Its connections to the database. */
  readonly pids: readonly number[];
  /** Lets it go on, and whoever waits behind it. */
  release(): Promise<void>;
}

/** A database on which every start can be held at every moment. */
export interface Stage {
  readonly url: string;
  /** The schema as others see it now. */
  dump(): Promise<string>;
  /** Empties it and starts a process that is held at that moment. */
  hold(moment: Moment): Promise<Held>;
  /** Empties it and lets one process start. @returns all its moments, and the schema after each migration, beginning with none */
  survey(): Promise<{ readonly moments: readonly Moment[]; readonly states: readonly string[] }>;
  /** Whether any of these connections is still there. */
  connected(pids: readonly number[]): Promise<boolean>;
  terminate(pids: readonly number[]): Promise<void>;
  /** Waits until this many wait for somebody's migration. */
  queued(count: number): Promise<void>;
  close(): Promise<void>;
}

/** The lock that migrations take; it stands in adapters/postgres/migrate.ts. */
export const MIGRATION_LOCK = 0x62656c6c;
/** What holds a start inside a migration. */
const STOP_LOCK = 1;

/**
 * The server comes by here at each command of a migration that defines something, at each statement that writes rows, and
 * when it commits. It counts with a sequence, which no rollback turns back, and waits where it is wanted to; outside of the
 * migration's own limit for locks, which is not what is tried here.
 */
const STOPS = `
  create schema stops;
  create sequence stops.counter;
  create table stops.wanted (n bigint);
  create table stops.seen (n bigint, name text, transaction xid8 default pg_current_xact_id());
  create function stops.come(name text) returns void language plpgsql set lock_timeout = 0 as $$
    declare place bigint := nextval('stops.counter');
    begin
      insert into stops.seen values (place, name);
      if exists (select 1 from stops.wanted where n = place) then
        perform pg_advisory_xact_lock(${String(STOP_LOCK)});
      end if;
    end $$;
  create function stops.wrote() returns trigger language plpgsql as $$ begin
    perform stops.come(format('is after %s %s', lower(tg_op), tg_relid::regclass));
    return null;
  end $$;
  create function stops.commits() returns trigger language plpgsql as $$ begin
    perform stops.come(format('commits %s', new.name));
    return null;
  end $$;
  create function stops.defined() returns event_trigger language plpgsql as $$
    declare made record; names text := '';
    begin
      if tg_tag = 'CREATE TRIGGER' then return; end if;
      if tg_event = 'ddl_command_end' then
        for made in select object_type, object_identity as name from pg_event_trigger_ddl_commands() loop
          names := names || ' ' || made.name;
          continue when made.object_type <> 'table';
          execute format('create or replace trigger stop_wrote after insert or update or delete on %s execute function stops.wrote()', made.name);
          continue when made.name not like '%.migrations';
          execute format('create constraint trigger stop_commits after insert on %s
                          initially deferred for each row execute function stops.commits()', made.name);
        end loop;
      end if;
      perform stops.come(case tg_event when 'ddl_command_end' then 'is after ' else 'is before ' end || lower(tg_tag) || names);
    end $$;
  create event trigger stop_before on ddl_command_start when tag in ('CREATE SCHEMA') execute function stops.defined();
  create event trigger stop_after on ddl_command_end execute function stops.defined();
`;

export async function stageOn(serverUrl: string, database: string): Promise<Stage> {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`create database ${database}`);
  await admin.end();
  const address = new URL(serverUrl);
  address.pathname = `/${database}`;
  const url = address.href;
  const pool = new pg.Pool({ connectionString: url, max: 2, application_name: "stage" });
  pool.on("error", () => undefined); // the database is dropped at the end
  await pool.query(STOPS);
  /** Whose session has the locks that hold a start. */
  const keeper = new pg.Client({ connectionString: url, application_name: "stage" });
  keeper.on("error", () => undefined); // the database is dropped at the end
  await keeper.connect();
  await keeper.query("select pg_advisory_lock($1)", [STOP_LOCK]);

  const dump = async (): Promise<string> => {
    const lines = (await schemaDump(pool)).split("\n");
    return lines.filter((line) => !/^ +CREATE (CONSTRAINT )?TRIGGER stop_/.test(line)).join("\n");
  };
  const empty = async (wanted: number | null): Promise<void> => {
    await pool.query("drop schema if exists belldesk cascade");
    await pool.query("delete from stops.seen; delete from stops.wanted; select setval('stops.counter', 1, false)");
    if (wanted !== null) await pool.query("insert into stops.wanted values ($1)", [wanted]);
  };
  const waitFor = async (lock: number): Promise<readonly number[]> => {
    const { rows } = await pool.query<{ pid: number }>(
      `select pid from pg_locks
        where locktype = 'advisory' and objid = $1 and not granted
          and database = (select oid from pg_database where datname = current_database())`,
      [lock],
    );
    return rows.map(({ pid }) => pid);
  };
  const connections = async (): Promise<readonly number[]> => {
    const { rows } = await pool.query<{ pid: number }>(
      "select pid from pg_stat_activity where datname = current_database() and application_name <> 'stage'",
    );
    return rows.map(({ pid }) => pid);
  };

  return {
    url,
    dump,

    async hold(moment) {
      await empty(moment.at === "inside" ? moment.n : null);
      const lock = moment.at === "lock" ? MIGRATION_LOCK : STOP_LOCK;
      let n = 0;
      let arrived: () => void = () => undefined;
      const asking = new Promise<void>((resolve) => (arrived = resolve));
      const start = startOn(url, (asked) => {
        n += 1;
        const here = moment.at !== "inside" && n === moment.n;
        if (here && moment.at === "statement") arrived();
        else if (here) void keeper.query("select pg_advisory_lock($1)", [lock]).then(() => asked.goOn());
        else asked.goOn();
      });
      void start.ended.then(arrived);
      const release = async (): Promise<void> => {
        start.goOn();
        await keeper.query("select pg_advisory_unlock_all()");
        // Had again once nobody is held by it any more.
        await keeper.query("select pg_advisory_lock($1)", [STOP_LOCK]);
      };
      try {
        if (moment.at === "statement") {
          await asking;
          return { start, pids: await connections(), release };
        }
        const pids = await until(async () => {
          const waiting = await waitFor(lock);
          return waiting.length > 0 && waiting;
        });
        return { start, pids, release };
      } catch (error) {
        await ended(start.child, "SIGKILL");
        await release();
        throw error;
      }
    },

    async survey() {
      await empty(null);
      const states: string[] = [];
      const moments: Moment[] = [];
      let n = 0;
      const look = async (start: Start, what: string): Promise<void> => {
        n += 1;
        const state = await dump();
        if (state !== states.at(-1)) states.push(state);
        const done = states.length - 1;
        const migrates = what.startsWith("select pg_advisory_xact_lock");
        const words = what.replace(/\s+/g, " ").slice(0, 60);
        moments.push({ name: what === "started" ? "has started" : `sends ${words}`, at: "statement", n, done });
        if (migrates) moments.push({ name: "waits for another's migration", at: "lock", n, done });
        start.goOn();
      };
      const { ended } = startOn(url, (start, what) => void look(start, what));
      if ((await ended) !== "started") throw new Error(`nobody can start here: ${await ended}`);
      const { rows } = await pool.query<{ n: number; name: string; done: number }>(
        "select n::int, name, (dense_rank() over (order by transaction))::int - 1 as done from stops.seen order by n",
      );
      return { moments: [...moments, ...rows.map((row) => ({ ...row, at: "inside" as const }))], states };
    },

    async connected(pids) {
      return (await connections()).some((pid) => pids.includes(pid));
    },
    async terminate(pids) {
      await pool.query("select pg_terminate_backend(pid) from unnest($1::int[]) pid", [pids]);
    },
    async queued(count) {
      await until(async () => (await waitFor(MIGRATION_LOCK)).length >= count);
    },
    async close() {
      await keeper.end();
      await pool.end();
    },
  };
}
