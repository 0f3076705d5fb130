import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { failpoint } from "../../src/failpoints.js";
import { ConversationError } from "../../src/index.js";
import { commit } from "./migrations/0003-commit.js";
import { host } from "./migrations/0015-host.js";
import { rememberAndClaim } from "./migrations/0002-remember-and-claim.js";
import { guests } from "./migrations/0007-guests.js";
import { deskWork } from "./migrations/0012-desk-work.js";
import { consents } from "./migrations/0008-consents.js";
import { templates } from "./migrations/0009-templates.js";
import { load } from "./migrations/0005-load.js";
import { reprocess } from "./migrations/0006-reprocess.js";
import { notes } from "./migrations/0013-notes.js";
import { search } from "./migrations/0014-search.js";
import { senders } from "./migrations/0011-senders.js";
import { sends } from "./migrations/0004-sends.js";
import { write } from "./migrations/0010-write.js";
import { times } from "./migrations/0018-times.js";
import { rowSecurity } from "./migrations/0016-row-security.js";
import { media } from "./migrations/0020-media.js";
import { live } from "./migrations/0019-live.js";
import { flows } from "./migrations/0021-flows.js";
import { translations } from "./migrations/0022-translations.js";
import { flowMoves } from "./migrations/0023-flow-moves.js";
import { stays } from "./migrations/0024-stays.js";
import { auditChain } from "./migrations/0025-audit-chain.js";
import { privacy } from "./migrations/0026-privacy.js";
import { unknownSends } from "./migrations/0027-unknown-sends.js";
import { staysByDay } from "./migrations/0028-stays-by-day.js";
import { guestsInAudit } from "./migrations/0029-guests-in-audit.js";
import { sendsInFewerLooks } from "./migrations/0030-sends-in-fewer-looks.js";
import { uncountedFailures } from "./migrations/0031-uncounted-failures.js";
import { keptPlaces } from "./migrations/0032-kept-places.js";
import { refusedSends } from "./migrations/0033-refused-sends.js";
import { accountPauses } from "./migrations/0034-account-pauses.js";
import { tables } from "./migrations/0001-tables.js";
import { run, schemaName, type Queryable } from "./queryable.js";

/** A numbered fact about the schema: never edited once released. */
export interface Migration {
  readonly id: number;
  readonly name: string;
  /** false: a process of the release before can keep running beside it. */
  readonly breaking: boolean;
  readonly sql: (schema: string) => string;
}

const MIGRATIONS: readonly Migration[] = [
  tables,
  rememberAndClaim,
  commit,
  sends,
  load,
  reprocess,
  guests,
  consents,
  templates,
  write,
  senders,
  deskWork,
  notes,
  search,
  host,
  rowSecurity,
  times,
  live,
  media,
  flows,
  translations,
  flowMoves,
  stays,
  auditChain,
  privacy,
  unknownSends,
  staysByDay,
  guestsInAudit,
  sendsInFewerLooks,
  uncountedFailures,
  keptPlaces,
  refusedSends,
  accountPauses,
];

/** Which schema `migrate` brings up to date. */
export interface MigrationOptions {
  /** Name of the schema; `"belldesk"` by default. */
  readonly schema?: string;
}

export const DEFAULT_SCHEMA = "belldesk";

const checksum = ({ sql }: Migration): string => createHash("sha256").update(sql("schema")).digest("hex");

/**
 * The SQL that brings the database up to date, for whoever may run DDL; empty when it is. It gives up whole when a table
 * that it changes stays in use: run it again then.
 */
export async function plan(db: Queryable, options: MigrationOptions = {}): Promise<string> {
  const schema = schemaName(options.schema ?? DEFAULT_SCHEMA);
  const pending = await pendingMigrations(db, schema);
  return pending.length === 0 ? "" : `begin;\n${script(schema, pending)}\ncommit;\n`;
}

/**
 * Brings the schema up to date. Any number of processes may do so at once: they wait for each other. A table that stays in
 * use is tried again for about a minute, and left to others in between.
 * @returns the names of the migrations that were run
 * @throws {ConversationError} `schema_newer`, `schema_changed`, `storage_unavailable`
 */
export async function migrate(db: Queryable, options: MigrationOptions = {}): Promise<readonly string[]> {
  const schema = schemaName(options.schema ?? DEFAULT_SCHEMA);
  const done: string[] = [];
  for (;;) {
    const [next] = await pendingMigrations(db, schema);
    if (next === undefined) return done;
    if (BELLDESK_FAILPOINTS) await failpoint("migrate.planned");
    // One message without parameters is one transaction. Whoever comes second waits, and finds it done.
    await apply(db, script(schema, [next]));
    if (BELLDESK_FAILPOINTS) await failpoint("migrate.applied");
    done.push(next.name);
  }
}

/** @throws {ConversationError} `schema_missing`, `schema_newer`, `schema_changed` */
export async function checkSchema(db: Queryable, options: MigrationOptions = {}): Promise<void> {
  const pending = await lacking(db, options);
  if (pending.length > 0) throw new ConversationError("schema_missing", { pending });
}

/** @returns the names of the migrations that the schema lacks @throws {ConversationError} `schema_newer`, `schema_changed` */
export async function lacking(db: Queryable, options: MigrationOptions = {}): Promise<readonly string[]> {
  const pending = await pendingMigrations(db, schemaName(options.schema ?? DEFAULT_SCHEMA));
  return pending.map(({ name }) => name);
}

interface Applied {
  readonly id: number;
  readonly name: string;
  readonly breaking: boolean;
  readonly checksum: string;
}

async function pendingMigrations(db: Queryable, schema: string): Promise<readonly Migration[]> {
  const [table] = await run<{ name: string | null }>(db, "select to_regclass($1)::text as name", [
    `${schema}.migrations`,
  ]);
  const applied =
    table?.name == null
      ? []
      : await run<Applied>(db, `select id, name, breaking, checksum from ${schema}.migrations order by id`);
  const ours = new Map(MIGRATIONS.map((migration) => [migration.id, migration]));
  for (const { id, name, breaking, checksum: stored } of applied) {
    const known = ours.get(id);
    if (known === undefined && breaking) throw new ConversationError("schema_newer", { migration: name });
    if (known !== undefined && checksum(known) !== stored)
      throw new ConversationError("schema_changed", { migration: name });
  }
  const done = new Set(applied.map(({ id }) => id));
  return MIGRATIONS.filter(({ id }) => !done.has(id));
}

/** A number of our own for the lock that migrating processes wait for. */
const LOCK = 0x62656c6c;
/**
 * How long a migration waits for a table that somebody's long transaction uses. Everything that comes to the table in this
 * time waits behind it, so this is half of what a webhook's answer may take by default.
 */
const TABLE_WAIT_MS = 1_000;
/** The first pause in which others may pass; each is twice as long as the one before, up to the longest. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
const ATTEMPTS = 10;
const LOCK_NOT_AVAILABLE = "55P03";

async function apply(db: Queryable, sql: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await run(db, sql);
      return;
    } catch (error) {
      const inUse = ConversationError.is(error) && error.details["sqlState"] === LOCK_NOT_AVAILABLE;
      if (!inUse || attempt === ATTEMPTS) throw error;
      await delay(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS));
    }
  }
}

function script(schema: string, pending: readonly Migration[]): string {
  const steps = pending.map(
    (migration) => `
do $migration$ begin
  if not exists (select 1 from ${schema}.migrations where id = ${String(migration.id)}) then
    execute $step$${migration.sql(schema)}$step$;
    insert into ${schema}.migrations (id, name, breaking, checksum, applied_at)
      values (${String(migration.id)}, '${migration.name}', ${String(migration.breaking)}, '${checksum(migration)}', now());
  end if;
end $migration$;`,
  );
  // Other migrations are waited for as long as they take, tables are not.
  return `select pg_advisory_xact_lock(${String(LOCK)});
set local lock_timeout = ${String(TABLE_WAIT_MS)};
create schema if not exists ${schema};
create table if not exists ${schema}.migrations (
  id integer primary key, name text not null, breaking boolean not null, checksum text not null, applied_at timestamptz not null
);${steps.join("")}`;
}
