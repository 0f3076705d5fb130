import { ConversationError, type Finding } from "../../src/index.js";
import { checkSchema } from "./migrate.js";
import { run, type Queryable } from "./queryable.js";

/** What the server says of itself. Milliseconds, but for what is named otherwise. */
export interface ServerFacts {
  /** As `server_version_num` has it: 160004 is 16.4. */
  readonly version: number;
  readonly readOnly: boolean;
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly synchronousCommit: string;
  readonly isolation: string;
  /** 0: never. */
  readonly idleInTransactionMs: number;
  /** Since when the oldest transaction of this database is open. */
  readonly oldestTransactionMs: number;
  readonly connections: number;
  readonly maxConnections: number;
}

const FACTS = `
  select current_setting('server_version_num')::int as version,
    (pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean) as "readOnly",
    current_setting('fsync') as fsync,
    current_setting('full_page_writes') as "fullPageWrites",
    current_setting('synchronous_commit') as "synchronousCommit",
    current_setting('default_transaction_isolation') as isolation,
    (select setting::int from pg_settings where name = 'idle_in_transaction_session_timeout') as "idleInTransactionMs",
    coalesce((select round(1000 * extract(epoch from max(clock_timestamp() - xact_start)))::float8 from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()), 0) as "oldestTransactionMs",
    (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as connections,
    current_setting('max_connections')::int as "maxConnections"`;

/** What the desk is written and tested for. */
const OLDEST_VERSION = 140_000;
/** Where the desk's loops, its door and a page of staff's no longer wait for one another. */
const POOL_LEAST = 5;
/** Five minutes: the desk's own transactions last for a statement. */
const OLD_TRANSACTION_MS = 300_000;
/** Share of the server's connections from which on the next process may get none. */
const CONNECTIONS_MOST = 0.9;

/**
 * Looks at the server, the schema and the pool, and changes nothing.
 * @param poolSize connections that the pool may open; null where `db` is no pool
 */
export async function examine(db: Queryable, schema: string, poolSize: number | null): Promise<readonly Finding[]> {
  const [facts] = await run<ServerFacts>(db, FACTS);
  if (facts === undefined) throw new ConversationError("storage_failed");
  return [await schemaFinding(db, schema), ...serverFindings(facts), ...poolFindings(poolSize)];
}

async function schemaFinding(db: Queryable, schema: string): Promise<Finding> {
  try {
    await checkSchema(db, { schema });
    return { check: "schema", level: "ok", says: "The schema is that of this release.", advice: null };
  } catch (error) {
    if (!ConversationError.is(error) || !error.code.startsWith("schema_")) throw error;
    return { check: "schema", level: "problem", says: error.says, advice: "Run `npx belldesk migrate`." };
  }
}

/** What the server's settings mean for what the desk promises. */
export function serverFindings(facts: ServerFacts): readonly Finding[] {
  const { version, readOnly, fsync, fullPageWrites, synchronousCommit, isolation } = facts;
  const { idleInTransactionMs, oldestTransactionMs, connections, maxConnections } = facts;
  const major = String(Math.floor(version / 10_000));
  return [
    readOnly
      ? {
          check: "postgres.server",
          level: "problem",
          says: "The server takes no writes: it is a standby, or default_transaction_read_only is on.",
          advice: "Connect to the primary.",
        }
      : version < OLDEST_VERSION
        ? {
            check: "postgres.server",
            level: "problem",
            says: `The server is PostgreSQL ${major}; the desk needs 14 or newer.`,
            advice: "Upgrade the server.",
          }
        : { check: "postgres.server", level: "ok", says: `PostgreSQL ${major}, and it takes writes.`, advice: null },
    fsync === "on" && fullPageWrites === "on"
      ? { check: "postgres.fsync", level: "ok", says: "fsync and full_page_writes are on.", advice: null }
      : {
          check: "postgres.fsync",
          level: "problem",
          says: `${fsync === "on" ? "full_page_writes" : "fsync"} is off: a crash of the machine can lose acknowledged messages, or the whole database.`,
          advice: "Set fsync = on and full_page_writes = on, and reload the server.",
        },
    synchronousCommit === "off"
      ? {
          check: "postgres.synchronous_commit",
          level: "problem",
          says: "synchronous_commit is off: WhatsApp hears 200 before its message is durable, and a crash of the server loses it.",
          advice: "Set synchronous_commit = on for the desk's user: alter role ... set synchronous_commit = on.",
        }
      : {
          check: "postgres.synchronous_commit",
          level: "ok",
          says: `synchronous_commit is ${synchronousCommit}.`,
          advice: null,
        },
    isolation === "read committed"
      ? { check: "postgres.isolation", level: "ok", says: "Transactions read what is committed.", advice: null }
      : {
          check: "postgres.isolation",
          level: "problem",
          says: `default_transaction_isolation is ${isolation}: the desk's statements wait for each other and would then fail.`,
          advice:
            "Set default_transaction_isolation = 'read committed' for the desk's user: alter role ... set default_transaction_isolation = 'read committed'.",
        },
    idleInTransactionMs > 0
      ? {
          check: "postgres.idle_in_transaction",
          level: "ok",
          says: `A forgotten transaction ends after ${String(idleInTransactionMs)} ms.`,
          advice: null,
        }
      : {
          check: "postgres.idle_in_transaction",
          level: "warning",
          says: "idle_in_transaction_session_timeout is off: a transaction that a host's process forgot keeps its locks for ever, and guests wait behind them.",
          advice:
            "Set idle_in_transaction_session_timeout, to a minute say, for every user that writes to the desk's database.",
        },
    oldestTransactionMs < OLD_TRANSACTION_MS
      ? { check: "postgres.old_transaction", level: "ok", says: "No transaction is open for long.", advice: null }
      : {
          check: "postgres.old_transaction",
          level: "warning",
          says: `A transaction has been open for ${String(Math.round(oldestTransactionMs / 60_000))} minutes: as long as it is, nothing is cleaned up, and the desk becomes slower.`,
          advice:
            "Find it: select pid, usename, state, xact_start from pg_stat_activity order by xact_start; then end it.",
        },
    connections < CONNECTIONS_MOST * maxConnections
      ? {
          check: "postgres.connections",
          level: "ok",
          says: `${String(connections)} of ${String(maxConnections)} connections are taken.`,
          advice: null,
        }
      : {
          check: "postgres.connections",
          level: "warning",
          says: `${String(connections)} of ${String(maxConnections)} connections are taken: the next process may get none.`,
          advice:
            "Make pools smaller, put a pooler (PgBouncer, by transaction) before the server, or raise max_connections.",
        },
  ];
}

function poolFindings(size: number | null): readonly Finding[] {
  if (size === null) return [];
  return [
    size >= POOL_LEAST
      ? { check: "postgres.pool", level: "ok", says: `The pool may open ${String(size)} connections.`, advice: null }
      : {
          check: "postgres.pool",
          level: "warning",
          says: `The pool may open ${String(size)} connections: webhooks wait for the work's statements, and it for them.`,
          advice: `Give it ${String(POOL_LEAST)} or more: new Pool({ max: 10 }).`,
        },
  ];
}
