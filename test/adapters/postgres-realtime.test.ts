import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { postgresRealtime, type PostgresRealtimeOptions } from "../../adapters/postgres/index.js";
import type { Realtime, RealtimeListener } from "../../src/index.js";
import { realtimeContract } from "../../src/testing/index.js";
import { postgresProtocol, startProxy, type Proxy } from "../harness/proxy.js";
import { freshDatabase, postgresServers, type Database } from "../support/databases.js";

/** Quick to come back, and quick to notice: what takes 5 s and more by default. */
const QUICK = { retryCapMs: 200, pulseMs: 300 };

async function aClient(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 });
  await client.connect();
  return client;
}

/** What a process heard, as it came. */
function ears() {
  const heard: string[] = [];
  const listener: RealtimeListener = {
    hinted: (hotelIds) => heard.push(...hotelIds),
    worked: () => heard.push("work"),
    revoked: () => heard.push("revoked"),
    signalled: ({ kind }) => heard.push(kind),
    missed: () => heard.push("missed"),
  };
  return { heard, listener };
}

describe.each(postgresServers())("a realtime on $name", ({ url: server }) => {
  let database: Database;
  let proxy: Proxy;
  let isAway = false;
  const open: Realtime[] = [];
  let channels = 0;
  beforeAll(async () => {
    database = await freshDatabase(server);
    const { hostname: host, port } = new URL(database.url);
    proxy = await startProxy({
      protocol: postgresProtocol,
      target: () => (isAway ? null : { host, port: Number(port) }),
    });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((realtime) => realtime.close()));
    isAway = false;
    proxy.stall(false);
  });
  afterAll(async () => {
    await proxy.close();
    await database.drop();
  });

  const throughProxy = (channel: string): string => {
    const url = new URL(database.url);
    url.port = String(proxy.port);
    url.searchParams.set("application_name", channel);
    return url.href;
  };
  const join = (channel: string, options: Partial<PostgresRealtimeOptions> = {}): Realtime => {
    const realtime = postgresRealtime({ connect: () => aClient(throughProxy(channel)), channel, ...QUICK, ...options });
    open.push(realtime);
    return realtime;
  };
  async function aProcess(channel: string, options: Partial<PostgresRealtimeOptions> = {}) {
    const { heard, listener } = ears();
    const realtime = join(channel, options);
    await realtime.open(listener);
    return { realtime, heard };
  }
  const fresh = () => `test_${String(++channels)}`;

  describe("keeps the contract", () => {
    for (const { id, says, run } of realtimeContract) {
      test(`${id}: ${says}`, () => {
        const channel = fresh();
        return run({
          join: () => join(channel),
          leave: () => {
            isAway = true;
            proxy.cut();
            return Promise.resolve();
          },
          comeBack: () => {
            isAway = false;
            return Promise.resolve();
          },
        });
      });
    }
  });

  test("finds that its connection was ended by the server, connects again and says what it missed (F71)", async () => {
    const channel = fresh();
    const [one, other] = [await aProcess(channel), await aProcess(channel)];
    const { rows } = await database.pool.query<{ ended: boolean }>(
      "select pg_terminate_backend(pid) as ended from pg_stat_activity where application_name = $1",
      [channel],
    );
    expect(rows).toEqual([{ ended: true }, { ended: true }]);
    await expect.poll(() => [one.heard, other.heard].every((heard) => heard.includes("missed"))).toBe(true);
    one.realtime.hint(["grand"]);
    await expect.poll(() => other.heard).toContain("grand");
  });

  test("finds a line that is dead at one end only by not hearing itself, and comes back over another (F72, F75)", async () => {
    const channel = fresh();
    const one = await aProcess(channel);
    const other = await aProcess(channel, { connect: () => aClient(database.url) });
    one.realtime.hint(["grand"]);
    await expect.poll(() => other.heard).toContain("grand");
    proxy.abandon();
    other.realtime.hint(["seaside"]);
    await expect.poll(() => one.heard, { timeout: 40_000 }).toContain("missed");
    other.realtime.hint(["annex"]);
    await expect.poll(() => one.heard).toContain("annex");
    expect(one.heard).not.toContain("seaside");
  });

  test("hints of a process that is cut off for a while come when it is back", async () => {
    const channel = fresh();
    const one = await aProcess(channel);
    const other = await aProcess(channel, { connect: () => aClient(database.url) });
    isAway = true;
    proxy.cut();
    for (const hotel of ["grand", "seaside", "grand"]) one.realtime.hint([hotel]);
    one.realtime.revoked();
    isAway = false;
    await expect.poll(() => other.heard).toEqual(expect.arrayContaining(["grand", "seaside", "revoked"]));
  });

  test("an attempt to connect that hangs does not keep it from closing, and leaves no connection behind", async () => {
    const channel = fresh();
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const { realtime } = await aProcess(channel, {
      connect: async () => {
        await held;
        return aClient(`${database.url}?application_name=${channel}`);
      },
    });
    await realtime.close();
    goOn();
    const connections = async () => {
      const { rows } = await database.pool.query("select 1 from pg_stat_activity where application_name = $1", [
        channel,
      ]);
      return rows.length;
    };
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect.poll(connections).toBe(0);
  });

  test("what it tells holds no transaction open, and no name of a guest is in a channel or a text", async () => {
    const channel = fresh();
    const spy = await aClient(database.url);
    const texts: string[] = [];
    spy.on("notification", ({ payload }) => texts.push(payload ?? ""));
    await spy.query(`listen ${channel}`);
    const { realtime } = await aProcess(channel);
    realtime.hint(["grand"]);
    realtime.work();
    await expect.poll(() => texts.some((text) => text.includes("grand"))).toBe(true);
    for (const text of texts)
      expect(
        Object.keys(JSON.parse(text) as object).filter((key) => !["from", "n", "hotels", "work"].includes(key)),
      ).toEqual([]);
    const { rows } = await database.pool.query(
      "select state from pg_stat_activity where query ilike '%pg_notify%' and pid <> pg_backend_pid() and state <> 'idle'",
    );
    expect(rows).toEqual([]);
    await spy.end();
  });
});

test("a channel that is no plain identifier is refused before anything is connected", () => {
  const connect = () => Promise.reject(new Error("nobody asked"));
  for (const channel of ["", 'x"; drop table guests', "Grand", "a".repeat(64)])
    expect(() => postgresRealtime({ connect, channel })).toThrow(expect.objectContaining({ code: "config_invalid" }));
});
