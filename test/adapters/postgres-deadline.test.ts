import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import pg from "pg";
import { afterEach, describe, expect, inject, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { anItem } from "../../src/testing/index.js";
import { postgresProtocol, startProxy } from "../harness/proxy.js";
import { freshDatabase } from "../support/databases.js";

const RETENTION = { dedupRetentionMs: 30 * 86_400_000 };
const DEADLINE_MS = 400;
/** ReadyForQuery, and then what PostgreSQL says before it ends a connection. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const GOODBYE = errorResponse({
  S: "FATAL",
  V: "FATAL",
  C: "57P01",
  M: "terminating connection due to administrator command",
});

function errorResponse(fields: Readonly<Record<string, string>>): Buffer {
  const body = Buffer.from(
    `${Object.entries(fields)
      .map(([name, value]) => `${name}${value}\0`)
      .join("")}\0`,
  );
  const head = Buffer.from("E\0\0\0\0");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

describe("when the line to the database dies without a word (F12)", () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function hotel({ connectionTimeoutMillis = 0, deadlineMs = DEADLINE_MS } = {}) {
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
    const pool = new pg.Pool({ connectionString: through.href, max: 4, connectionTimeoutMillis });
    pool.on("error", () => undefined);
    ends.push(async () => {
      await line.close();
      await pool.end();
    });
    const storage = postgresStorage(pool, { deadlineMs });
    await storage.open({ migrate: true });
    let n = 0;
    const remember = () => storage.remember([anItem(`itm_${String(++n)}`, new Date())], RETENTION);
    const stored = async () =>
      (await database.pool.query<{ n: number }>("select count(*)::int as n from belldesk.dedup_keys")).rows[0]?.n;
    const opens = () => storage.open({ migrate: true });
    return { line, database, pool, opens, remember, stored };
  }
  /** A server that lets each connection in and ends it in the same breath: "ready" and "goodbye" come in one packet. */
  async function poolWhoseLinesEnd() {
    const database = await freshDatabase();
    ends.push(() => database.drop());
    const { hostname, port: serverPort } = new URL(inject("postgresUrl"));
    const server = createServer((client) => {
      const upstream = connect(Number(serverPort), hostname);
      for (const socket of [client, upstream]) socket.on("error", () => undefined);
      client.pipe(upstream);
      upstream.on("data", (chunk) => {
        const isReady = chunk.subarray(-READY.length).equals(READY);
        client.write(isReady ? Buffer.concat([chunk, GOODBYE]) : chunk);
        if (isReady) client.end();
      });
      client.on("close", () => upstream.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const through = new URL(database.url);
    through.hostname = "127.0.0.1";
    through.port = String(port);
    const pool = new pg.Pool({ connectionString: through.href, max: 2 });
    pool.on("error", () => undefined);
    ends.push(async () => {
      await pool.end();
      server.close();
    });
    return pool;
  }
  const gaveUp = { code: "storage_timeout", retryable: true };

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

  test("a process that is just starting says so in its time, and starts when it is asked again", async () => {
    const { line, opens } = await hotel();
    line.abandon();
    await expect(opens()).rejects.toMatchObject(gaveUp);
    await opens();
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

  test("a connection that the server ends in the moment in which it opens ends no process (F11)", async () => {
    const pool = await poolWhoseLinesEnd();
    const storage = postgresStorage(pool, { deadlineMs: 5_000 });
    const uncaught: unknown[] = [];
    const note = (error: unknown) => uncaught.push(error);
    process.prependListener("uncaughtException", note);
    ends.push(() => process.off("uncaughtException", note));

    const asked = await Promise.allSettled(
      [1, 2].map((n) => storage.remember([anItem(`itm_${String(n)}`, new Date())], RETENTION)),
    );
    expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(uncaught).toEqual([]);
  });

  test("a connection that breaks while it is lent ends a statement and no process (pg#1324)", async () => {
    const { line, remember } = await hotel();
    await remember();
    line.stall(true);
    const asked = remember();
    line.cut();
    await expect(asked).rejects.toMatchObject({ code: "storage_unavailable", retryable: true });
    line.stall(false);
    expect(await remember()).toEqual(["new"]);
  });

  test("connections that were being made when it died are given up by the pool, which has places for others then", async () => {
    const { line, pool, remember } = await hotel({ connectionTimeoutMillis: 300 });
    line.cut();
    line.stall(true);
    expect((await Promise.allSettled(Array.from({ length: 8 }, () => remember()))).map(({ status }) => status)).toEqual(
      Array(8).fill("rejected"),
    );
    // Those on their way stay dead; new ones are let through.
    line.abandon();
    line.stall(false);
    await expect.poll(() => remember().catch(() => null), { timeout: 40_000 }).toEqual(["new"]);
    await expect.poll(() => pool.waitingCount).toBe(0);
  });

  test("connections that are thrown away are cut off: one that waits for a goodbye would keep the process from ending", async () => {
    const { line, pool, remember } = await hotel();
    const sockets: Socket[] = [];
    pool.on("connect", (client) =>
      sockets.push((client as unknown as { connection: { stream: Socket } }).connection.stream),
    );
    await Promise.all([remember(), remember(), remember(), remember()]);
    line.abandon();
    await expect(remember()).rejects.toMatchObject(gaveUp);
    await remember();
    expect(sockets.filter(({ destroyed }) => !destroyed)).toHaveLength(pool.totalCount);
  });

  test("a lock that is never given is waited for at most 5 s, so that what was given up does not go on waiting", async () => {
    const { database, remember } = await hotel({ deadlineMs: 60_000 });
    const other = await database.pool.connect();
    await other.query("begin; lock table belldesk.dedup_keys in exclusive mode");
    await expect(remember()).rejects.toMatchObject({
      code: "storage_busy",
      retryable: true,
      details: { sqlState: "55P03" },
    });
    await other.query("rollback");
    other.release();
    expect(await remember()).toEqual(["new"]);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
    "%d milliseconds are no deadline",
    (deadlineMs) => {
      const pool = { query: () => Promise.resolve({ rows: [] }) };
      expect(() => postgresStorage(pool, { deadlineMs })).toThrow(expect.objectContaining({ code: "config_invalid" }));
    },
  );
});
