import { DEFAULT_SCHEMA, type MigrationOptions } from "./migrate.js";
import { run, schemaName, type Queryable } from "./queryable.js";

/** Moves the desk's clock by so many milliseconds for every process on this database, for tests and demonstrations: a day passes at once. */
export async function shiftClock(db: Queryable, ms: number, options: MigrationOptions = {}): Promise<void> {
  const schema = schemaName(options.schema ?? DEFAULT_SCHEMA);
  await run(db, `update ${schema}.settings set clock_offset = clock_offset + $1 * interval '1 millisecond'`, [ms]);
}
