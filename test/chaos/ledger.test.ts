import pg from "pg";
import { expect, test } from "vitest";
import { postgresStorage, shiftClock } from "../../adapters/postgres/index.js";
import { anItem } from "../../src/testing/index.js";
import { freshDatabase } from "../support/databases.js";
import { keepLedger, readLedger } from "./ledger.js";

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
