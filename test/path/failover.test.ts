import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { startPostgres, startStandby } from "../../scripts/services/postgres.mjs";
import { ConversationManager, type Transport } from "../../src/index.js";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";
import { postgresProtocol, startProxy, type Proxy } from "../harness/proxy.js";

// A server and a replica that it waits for, and an address that leads to whichever serves.

const accepting: Transport = {
  send: ({ correlationId }) => Promise.resolve({ outcome: "accepted", wamid: `wamid.${correlationId}` }),
};
let primary: Awaited<ReturnType<typeof startPostgres>>;
let standby: Awaited<ReturnType<typeof startStandby>>;
let proxy: Proxy;
let serving: string | null;
let pool: pg.Pool;
let desk: ConversationManager;

const on = async (url: string, statement: string): Promise<readonly unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
};

beforeAll(async () => {
  primary = await startPostgres({ durable: true });
  standby = await startStandby(primary.url);
  await on(primary.url, "alter system set synchronous_standby_names = 'standby'");
  await on(primary.url, "select pg_reload_conf()");
  serving = primary.url;
  proxy = await startProxy({
    protocol: postgresProtocol,
    target: () => (serving === null ? null : { host: "127.0.0.1", port: Number(new URL(serving).port) }),
  });
  pool = new pg.Pool({
    connectionString: `postgres://postgres@127.0.0.1:${String(proxy.port)}/postgres`,
    max: 5,
    connectionTimeoutMillis: 1_000,
  });
  pool.on("error", () => undefined);
  desk = new ConversationManager({
    hotels,
    storage: postgresStorage(pool),
    transport: accepting,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN, deadlineMs: 1_000 },
    work: { pollMs: 50, leaseMs: 2_000 },
  });
  await desk.start({ migrate: true });
}, 120_000);
afterAll(async () => {
  await desk.stop();
  await pool.end();
  await proxy.close();
  await standby.stop();
  await primary.stop();
});

test("guests who write while the database fails over hear 503, and all that was acknowledged is there afterwards, worked once and in order (F06, F13)", async () => {
  const acknowledged: string[] = [];
  let serial = 0;
  const writes = async () => {
    const wamid = `wamid.${String(++serial).padStart(4, "0")}`;
    const at = performance.now();
    const { status } = await desk.receive(delivery([{ from: "12025550101", wamid, text: wamid }]));
    expect([200, 503]).toContain(status);
    expect(performance.now() - at).toBeLessThan(3_000);
    if (status === 200) acknowledged.push(wamid);
    return status;
  };
  for (let n = 0; n < 50; n++) expect(await writes()).toBe(200);

  // The server ends; the address leads nowhere, then to a replica that does not write yet, then to one that does.
  await primary.stop();
  serving = null;
  expect(await writes()).toBe(503);
  serving = standby.url;
  for (let n = 0; n < 3; n++) expect(await writes()).toBe(503);
  expect((await desk.health()).status).toBe("down");
  await on(standby.url, "select pg_promote()");
  await eventually("the desk is there again", async () => (await writes()) === 200, 60_000);
  for (let n = 0; n < 50; n++) expect(await writes()).toBe(200);

  await eventually(
    "everything is worked",
    async () => {
      const [rest] = await on(
        standby.url,
        "select (select count(*) from belldesk.work)::int + (select count(*) from belldesk.arrivals)::int as n",
      );
      return (rest as { n: number }).n === 0;
    },
    20_000,
  );
  const rows = (await on(
    standby.url,
    "select wamid from belldesk.messages where direction = 'inbound' order by seq",
  )) as readonly { wamid: string }[];
  const stored = rows.map(({ wamid }) => wamid);
  expect(acknowledged.filter((wamid) => !stored.includes(wamid))).toEqual([]);
  expect(new Set(stored).size).toBe(stored.length);
  expect(stored).toEqual(stored.toSorted());
  expect((await desk.as(manager).conversations()).items).toHaveLength(1);
  expect((await desk.as(manager).dead()).items).toEqual([]);
}, 120_000);
