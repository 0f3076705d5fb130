import pg from "pg";
import { afterEach, describe, expect, inject, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { anItem } from "../../src/testing/index.js";
import { postgresProtocol, startProxy } from "../harness/proxy.js";
import { freshDatabase } from "../support/databases.js";

const RETENTION = { dedupRetentionMs: 30 * 86_400_000 };
const DEADLINE_MS = 400;

describe("when the line to the database dies without a word (F12)", () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function hotel() {
    const database = await freshDatabase();
    ends.push(() => database.drop());
    const { hostname, port } = new URL(inject("postgresUrl"));
    const line = await startProxy({
      target: () => ({ host: hostname, port: Number(port) }),
      protocol: postgresProtocol,
    });
    const through = new URL(database.url);
    through.hostname = "127.0.0.1";
    through.port = String(line.port);
    const pool = new pg.Pool({ connectionString: through.href, max: 4 });
    pool.on("error", () => undefined);
    ends.push(async () => {
      await line.close();
      await pool.end();
    });
    const storage = postgresStorage(pool, { deadlineMs: DEADLINE_MS });
    await storage.open({ migrate: true });
    let n = 0;
    const remember = () => storage.remember([anItem(`itm_${String(++n)}`, new Date())], RETENTION);
    const stored = async () =>
      (await database.pool.query<{ n: number }>("select count(*)::int as n from belldesk.dedup_keys")).rows[0]?.n;
    return { line, pool, remember, stored };
  }
  const gaveUp = { code: "storage_unavailable", retryable: true };

  test("the statement on it is given up, and the next one goes, however many connections died with it", async () => {
    const { line, pool, remember, stored } = await hotel();
    // Each of the pool's connections has been used, and is idle.
    await Promise.all([remember(), remember(), remember(), remember()]);
    expect(pool.totalCount).toBe(4);
    line.abandon();
    await expect(remember()).rejects.toMatchObject(gaveUp);
    expect(await remember()).toEqual(["new"]);
    expect(await stored()).toBe(5);
    expect(pool.waitingCount).toBe(0);
  });

  test("while nobody answers at all, each is given up in its time, and nothing is left borrowed when the line is back", async () => {
    const { line, pool, remember } = await hotel();
    await remember();
    line.stall(true);
    const asked = Array.from({ length: 10 }, () => remember());
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(Array(10).fill("rejected"));
    line.stall(false);
    await expect.poll(() => remember().catch(() => null)).toEqual(["new"]);
    await expect.poll(() => [pool.waitingCount, pool.totalCount - pool.idleCount]).toEqual([0, 0]);
  });

  test("a connection that breaks while it is lent ends a statement and no process (pg#1324)", async () => {
    const { line, remember } = await hotel();
    await remember();
    line.stall(true);
    const asked = remember();
    line.cut();
    await expect(asked).rejects.toMatchObject(gaveUp);
    line.stall(false);
    expect(await remember()).toEqual(["new"]);
  });
});
