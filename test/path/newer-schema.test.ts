import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { check, violations } from "../chaos/checks.js";
import { startCluster, type Cluster } from "../chaos/cluster.js";
import { MIGRATION_LOCK } from "../chaos/moments.js";
import { starts } from "../chaos/starts.js";
import { settled, stay, until } from "../chaos/stay.js";

// There is no release before this one whose build could run here: this build is the older one, and the newer schema is forced.

/** As the next release would do it: one transaction under the lock of migrations, again when it loses a deadlock. */
const newer = (cluster: Cluster, id: number, breaking: boolean, sql: string) => {
  const migration = `
   select pg_advisory_xact_lock(${String(MIGRATION_LOCK)});
   ${sql}
   insert into belldesk.migrations (id, name, breaking, checksum, applied_at)
     values (${String(id)}, 'next-${String(id)}', ${String(breaking)}, 'x', now())`;
  return until(() => cluster.pool.query(migration));
};
/** One for each table whose rows the desk reads or writes as a whole. */
const ADDITIONS = `
  alter table belldesk.messages add column tone text;
  alter table belldesk.conversations add column mood text;
  alter table belldesk.chats add column language text;
  alter table belldesk.lanes add column weight integer;
  alter table belldesk.work add column shift text;
  create index messages_tone on belldesk.messages (hotel_id, tone) where tone is not null;
  create function belldesk.tones_1(hotel text) returns bigint language sql stable as
    $$ select count(*) from belldesk.messages where hotel_id = hotel and tone is not null $$;
`;

describe("a process of this release beside a newer schema", () => {
  let cluster: Cluster;
  let database: string;
  let url: string;

  beforeEach(async () => {
    database = `newer_${randomBytes(6).toString("hex")}`;
    const address = new URL(inject("postgresUrl"));
    address.pathname = `/${database}`;
    url = address.href;
    cluster = await startCluster({
      postgresUrl: inject("postgresUrl"),
      database,
      nodes: 2, // with the lease of a hotel: a shorter one could run out while a send waits for the migration's locks
      program: fileURLToPath(new URL("../harness/host.ts", import.meta.url)),
    });
  });
  afterEach(async () => {
    await cluster.close();
    const admin = new pg.Client({ connectionString: inject("postgresUrl") });
    await admin.connect();
    await admin.query(`drop database ${database} with (force)`);
    await admin.end();
  });

  test("guests who write while a newer release adds to the schema are answered, by the process that runs and by one that starts on it (F86, I1, I2, I15)", async () => {
    const [first, second] = cluster.nodes;
    await first!.start();
    await cluster.watch();
    const phones = Array.from({ length: 24 }, (_, n) => `1202666${String(1000 + n)}`);
    const stays = (from: number, to: number) =>
      Promise.all(phones.slice(from, to).map((phone, n) => stay(cluster, phone, n * 40)));
    const stored = async () => {
      const { rows } = await cluster.pool.query<{ n: number }>("select count(*)::int as n from belldesk.messages");
      return rows[0]?.n ?? 0;
    };

    // The first guest has been answered, so that whatever a connection remembers of the old schema, it does; others write.
    const before = await stays(0, 1);
    const beside = stays(1, 12);
    await until(async () => (await stored()) > 20);
    await newer(cluster, 9001, false, ADDITIONS);
    await second!.start();
    const after = stays(12, 24);

    const written = [before, await beside, await after].flat();
    await settled(cluster, phones);
    const { found } = await check(cluster, written);
    expect({ found, violations: violations(found) }).toMatchObject({
      found: { acknowledged: 72, stored: 72, unknown: 0 },
      violations: [],
    });
    expect(cluster.nodes.map(({ host }) => host?.child.exitCode)).toEqual([null, null]);
  });

  test("a process that starts on a schema which a newer release has broken is refused by name, and the one that runs goes on (F86)", async () => {
    const [first, second] = cluster.nodes;
    await first!.start();
    await cluster.watch();
    await newer(cluster, 9001, false, ADDITIONS);
    expect(await starts(url)).toBe("started");
    await newer(cluster, 9002, true, "");
    expect(await starts(url)).toBe("schema_newer");
    await expect(second!.start()).rejects.toThrow("schema_newer");
    const phone = "12026662000";
    const written = await stay(cluster, phone, 0);
    await settled(cluster, [phone]);
    expect(violations((await check(cluster, [written])).found)).toEqual([]);
  });
});
