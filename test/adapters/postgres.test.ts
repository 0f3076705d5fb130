import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, inject, test } from "vitest";
import { startEngine, type Engine } from "../../adapters/postgres/embedded.js";
import { postgresStorage, shiftClock, type Queryable } from "../../adapters/postgres/index.js";
import { storageContract } from "../../src/testing/contract/storage.js";
import { freshDatabase } from "../support/databases.js";

/** A database of the file's own; each case gets a schema in it. */
interface Place {
  readonly db: Queryable;
  /** Whether callers can really meet in it. */
  readonly concurrent: boolean;
  close(): Promise<void>;
}

const onServer = async (url?: string): Promise<Place> => {
  const { pool, drop } = await freshDatabase(url);
  return { db: pool, concurrent: true, close: drop };
};

const embedded = async (): Promise<Place> => {
  const dataDir = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-embedded-"));
  const engine: Engine = await startEngine(dataDir);
  return {
    db: engine,
    concurrent: false,
    async close() {
      await engine.end();
      await fs.rm(dataDir, { recursive: true, force: true });
    },
  };
};

const places: readonly [string, () => Promise<Place>][] = [
  ["the newest PostgreSQL", () => onServer()],
  ...(inject("postgres14Url") === null
    ? []
    : ([["PostgreSQL 14", () => onServer(inject("postgres14Url") ?? undefined)]] as [string, () => Promise<Place>][])),
  ["PGlite in a worker thread", embedded],
];

describe.each(places)("the storage contract on %s", (_, open) => {
  let place: Place;
  let serial = 0;
  beforeAll(async () => {
    place = await open();
  });
  afterAll(() => place.close());

  for (const { id, says, needs, run } of storageContract) {
    test(`${id}: ${says}`, async ({ skip }) => {
      // One connection cannot meet itself; the case runs where callers can.
      if (needs === "concurrency" && !place.concurrent) skip("needs several connections");
      const schema = `case_${String(++serial)}`;
      const storage = postgresStorage(place.db, { schema });
      await storage.open({ migrate: true });
      await run({ storage, shiftClock: (ms) => shiftClock(place.db, ms, { schema }) });
    });
  }
});

