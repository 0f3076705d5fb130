/**
 * A client of the host's own, in whose transaction something is asked of the desk: whatever the host talks to its PostgreSQL with,
 * by its shape alone, so that none of them is a dependency. The host begins, commits and rolls back.
 */
export type HostClient = PgClient | PrismaClient | KnexClient | DrizzleClient;

/** `pg` (a Client or PoolClient), a transaction of PGlite, an EntityManager or QueryRunner of TypeORM. */
export interface PgClient {
  /** Runs one statement, with `$1`, `$2` in it for `values`. */
  query(text: string, values: unknown[]): PromiseLike<unknown>;
}

/** Prisma: what `$transaction(async (tx) => ...)` hands over. */
export interface PrismaClient {
  /** Runs one statement, with `$1`, `$2` in it for `values`. */
  $executeRawUnsafe(query: string, ...values: unknown[]): PromiseLike<unknown>;
}

/** Knex: a `Knex.Transaction`. */
export interface KnexClient {
  /** Runs one statement, with `?` in it for `bindings`. */
  raw(sql: string, bindings: readonly string[]): PromiseLike<unknown>;
}

/** Drizzle, from 0.33 on: what `db.transaction(async (tx) => ...)` hands over. It takes no parameters in a text. */
export interface DrizzleClient {
  /** Runs one statement as it stands. */
  execute(query: string): PromiseLike<unknown>;
}
