import pg from "pg";
import { afterEach, expect, inject, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { ConversationManager, type Transport } from "../../src/index.js";
import { APP_SECRET, delivery, eventually, hotels, VERIFY_TOKEN } from "../harness/hotel.js";
import { postgresProtocol, startProxy } from "../harness/proxy.js";
import { freshDatabase } from "../support/databases.js";

// A webhook is stored, and the process does not learn of it.

const nowhere: Transport = {
  send: ({ correlationId }) => Promise.resolve({ outcome: "accepted", wamid: `wamid.${correlationId}` }),
};
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A hotel whose line to the database can be broken, and the database itself. */
async function aHotel(deadlineMs: number) {
  const { pool, url, drop } = await freshDatabase();
  ends.push(drop);
  const { hostname, port } = new URL(inject("postgresUrl"));
  const proxy = await startProxy({
    target: () => ({ host: hostname, port: Number(port) }),
    protocol: postgresProtocol,
  });
  ends.push(() => proxy.close());
  const through = new URL(url);
  [through.hostname, through.port] = ["127.0.0.1", String(proxy.port)];
  const own = new pg.Pool({ connectionString: through.href, max: 4 });
  own.on("error", () => undefined);
  ends.push(() => own.end());
  const desk = new ConversationManager({
    hotels,
    storage: postgresStorage(own),
    transport: nowhere,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN, deadlineMs },
    work: { pollMs: 50 },
  });
  await desk.start({ migrate: true, work: false });
  ends.push(() => desk.stop());
  const stored = async () => {
    const { rows } = await pool.query<{ n: number }>("select count(*)::int as n from belldesk.webhook_attempts");
    return rows[0]?.n;
  };
  return { desk, proxy, stored };
}
const aWebhook = (wamid: string) => delivery([{ from: "12025550101", wamid, text: "hello" }]);

test("a webhook whose commit is not confirmed is answered 503, is there, and is known when it comes again (F05, M7)", async () => {
  const { desk, proxy, stored } = await aHotel(2_000);
  expect((await desk.receive(aWebhook("wamid.1"))).status).toBe(200);
  proxy.dropNextAnswer(/remember/);
  expect((await desk.receive(aWebhook("wamid.2"))).status).toBe(503);
  expect(await stored()).toBe(2);
  expect((await desk.receive(aWebhook("wamid.2"))).status).toBe(200);
  expect(await stored()).toBe(2);
});

test("a webhook whose commit takes longer than Meta waits is answered 503 in time, and is known when it comes again (F07)", async () => {
  const { desk, proxy, stored } = await aHotel(300);
  expect((await desk.receive(aWebhook("wamid.1"))).status).toBe(200);
  proxy.slow(400);
  const at = performance.now();
  expect((await desk.receive(aWebhook("wamid.2"))).status).toBe(503);
  expect(performance.now() - at).toBeLessThan(700);
  await eventually("it is stored all the same", async () => (await stored()) === 2);
  proxy.slow(0);
  await eventually("the line is fast again", async () => (await desk.receive(aWebhook("wamid.2"))).status === 200);
  expect(await stored()).toBe(2);
});
