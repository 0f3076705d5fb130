import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { startEngine, type Engine } from "../../adapters/postgres/embedded.js";
import { postgresStorage, shiftClock, type Queryable } from "../../adapters/postgres/index.js";
import { storageContract } from "../../src/testing/contract/storage.js";
import { freshDatabase, postgresServers } from "../support/databases.js";

/** A database of the file's own; each case finds it as it was before the first. */
interface Place {
  readonly db: Queryable;
  readonly close: () => Promise<void>;
}

const onServer = async (url: string): Promise<Place> => {
  const { pool, drop } = await freshDatabase(url);
  return { db: pool, close: drop };
};

const embedded = async (): Promise<Place> => {
  const dataDir = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-embedded-"));
  const engine: Engine = await startEngine(dataDir);
  return {
    db: engine,
    async close() {
      await engine.end();
      await fs.rm(dataDir, { recursive: true, force: true });
    },
  };
};

/** Cases in which callers meet run where they can: PGlite has one connection. */
const everyCase = storageContract;
const loneCases = storageContract.filter(({ needs }) => needs !== "concurrency");

type Row = readonly [name: string, cases: typeof storageContract, open: () => Promise<Place>];

const places: readonly Row[] = [
  ...postgresServers().map(({ name, url }): Row => [name, everyCase, () => onServer(url)]),
  ["PGlite in a worker thread", loneCases, embedded],
];

const SCHEMA = "belldesk";

describe.each(places)("the storage contract on %s", (_, cases, open) => {
  let place: Place;
  let empty: () => Promise<void>;
  beforeAll(async () => {
    place = await open();
    await postgresStorage(place.db, { schema: SCHEMA }).open({ migrate: true });
    empty = await emptying(place.db);
  });
  afterAll(() => place.close());

  for (const { id, says, run } of cases) {
    test(`${id}: ${says}`, async () => {
      await empty();
      const storage = postgresStorage(place.db, { schema: SCHEMA });
      await storage.open({ migrate: false });
      await run({ storage, shiftClock: (ms) => shiftClock(place.db, ms, { schema: SCHEMA }) });
    });
  }
});

/** After so many cases the tables are made anew: what cases delete stays in their pages. */
const CASES_A_TRUNCATE = 50;

/** What makes a schema as its migrations left it, in a fraction of the time that they take. */
async function emptying(db: Queryable): Promise<() => Promise<void>> {
  const named = async (text: string): Promise<readonly string[]> => {
    const { rows } = (await db.query(text, [SCHEMA])) as { rows: { name: string }[] };
    return rows.map(({ name }) => `${SCHEMA}.${name}`);
  };
  const tables = await named(
    "select tablename as name from pg_tables where schemaname = $1 and tablename not in ('settings', 'migrations')",
  );
  const sequences = await named("select sequencename as name from pg_sequences where schemaname = $1");
  // What guards the audit stands aside for it.
  const anew = `do $$ begin
    set local session_replication_role = replica;
    truncate ${tables.join(", ")} restart identity;
  end $$`;
  // A truncated table and each of its indexes is a new file, which is a hundred times what deleting a few rows takes.
  const deleted = `do $$ begin
    set local session_replication_role = replica; -- in whatever order, whoever refers to whom
    ${tables.map((table) => `delete from ${table};`).join("\n    ")}
    ${sequences.map((sequence) => `perform setval('${sequence}', 1, false);`).join("\n    ")}
  end $$`;
  let emptied = 0;
  return async () => {
    await db.query(emptied++ % CASES_A_TRUNCATE === 0 ? anew : deleted);
    await db.query(`update ${SCHEMA}.settings set clock_offset = '0'`);
  };
}
