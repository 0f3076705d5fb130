import pg from "pg";
import { expect, test } from "vitest";
import { postgresStorage, shiftClock } from "../../adapters/postgres/index.js";
import { anItem } from "../../src/testing/index.js";
import { freshDatabase } from "../support/databases.js";
import { interruptedBy, keepLedger, readLedger } from "./ledger.js";

test("the ledger tells what a lane's holder completes from what somebody does whose lane has passed on (F30)", async () => {
  const database = await freshDatabase();
  const [frozen, heir] = ["host 1", "host 2"].map(
    (name) => new pg.Pool({ connectionString: database.url, application_name: name }),
  ) as [pg.Pool, pg.Pool];
  try {
    const storage = postgresStorage(frozen);
    await storage.open({ migrate: true });
    await keepLedger(database.pool);
    await storage.remember([anItem("itm_1", new Date())], { dedupRetentionMs: 86_400_000 });
    const claim = { kind: "inbound", lanes: 1, itemsPerLane: 1, leaseMs: 1_000 } as const;
    expect((await storage.claim(claim)).lanes).toHaveLength(1);
    await shiftClock(database.pool, 2_000);
    expect((await postgresStorage(heir).claim(claim)).lanes).toHaveLength(1);

    // What a commit without a fence would do.
    const complete = (pool: pg.Pool) => pool.query("update belldesk.lanes set done = done + 1");
    await complete(heir);
    expect(await readLedger(database.pool)).toEqual({ commits: 1, stale: 0 });
    await complete(frozen);
    expect(await readLedger(database.pool)).toEqual({ commits: 2, stale: 1 });
  } finally {
    await Promise.all([frozen.end(), heir.end()]);
    await database.drop();
  }
});

test("a send that nobody can tell of is put down to what came between its intent and that, and to nothing else", async () => {
  const database = await freshDatabase();
  try {
    await postgresStorage(database.pool).open({ migrate: true });
    await keepLedger(database.pool);
    await database.pool.query(`insert into ledger.sends values
      ('of the killed', 'host 1', to_timestamp(10), 'host 2', to_timestamp(20)),
      ('of who stood still', 'host 2', to_timestamp(10), 'host 2', to_timestamp(20)),
      ('before', 'host 2', to_timestamp(1), 'host 2', to_timestamp(2)),
      ('after', 'host 2', to_timestamp(30), 'host 2', to_timestamp(31)),
      ('of another', 'host 3', to_timestamp(10), 'host 2', to_timestamp(20)),
      ('when nobody had a database', 'host 3', to_timestamp(40), 'host 3', to_timestamp(50)),
      ('known', 'host 2', to_timestamp(10), null, null)`);
    const interruptions = [
      { of: "host 2", from: 15_000, until: 16_000 },
      { of: null, from: 45_000, until: 46_000 },
    ];
    expect([...(await interruptedBy(database.pool, ["host 1"], interruptions))].sort()).toEqual([
      "of the killed",
      "of who stood still",
      "when nobody had a database",
    ]);
    expect(await interruptedBy(database.pool, [])).toEqual(new Set());
  } finally {
    await database.drop();
  }
});
