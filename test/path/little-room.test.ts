import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";
import { afterEach, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { ConversationManager, type Transport } from "../../src/index.js";
import { fakeWhatsApp } from "../../src/testing/index.js";
import { deliverer } from "../harness/deliverer.js";
import { APP_SECRET, delivery, eventually, hotels, VERIFY_TOKEN } from "../harness/hotel.js";
import { startHost } from "../harness/processes.js";
import { freshDatabase } from "../support/databases.js";

// A process that has little of what it needs: memory, and places for open files.

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const nowhere: Transport = {
  send: () =>
    Promise.resolve({ outcome: "rejected", failure: { code: "nowhere", message: "Nobody is there." }, retry: null }),
};

/** A database of a hotel's, in which nobody works. */
async function aDatabase() {
  const database = await freshDatabase();
  ends.push(() => database.drop());
  const desk = new ConversationManager({
    hotels,
    storage: postgresStorage(database.pool),
    transport: nowhere,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  });
  await desk.start({ migrate: true, work: false });
  ends.push(() => desk.stop());
  const left = async () => {
    const { rows } = await database.pool.query<{ n: number }>(
      `select ((select count(*) from belldesk.arrivals) + (select count(*) from belldesk.work where kind = 'inbound'))::int as n`,
    );
    return rows[0]?.n ?? -1;
  };
  const fake = await fakeWhatsApp({ appSecret: APP_SECRET, webhookUrl: "http://127.0.0.1:1/" });
  ends.push(() => fake.close());
  return { desk, left, url: database.url, pool: database.pool, graphUrl: fake.graphUrl };
}

const BACKLOG = 5_000;
const GUESTS = 250;

test("a process with 128 MB of memory works off what came in a night: 5,000 messages of 4 KB (F92)", async () => {
  const { desk, left, url, pool, graphUrl } = await aDatabase();
  const words = "The minibar hums. ".repeat(220);
  for (let at = 0; at < BACKLOG; at += 100) {
    const texts = Array.from({ length: 100 }, (_each, n) => ({
      from: `1202555${String((at + n) % GUESTS).padStart(4, "0")}`,
      wamid: `wamid.${String(at + n)}`,
      text: words,
    }));
    expect((await desk.receive(delivery(texts))).status).toBe(200);
  }
  expect(await left()).toBe(BACKLOG);
  const host = await startHost({ url, graphUrl }, { node: ["--max-old-space-size=128"] });
  ends.push(() => host.kill());
  await eventually("the night is worked off", async () => (await left()) === 0, 60_000);
  expect(host.child.exitCode).toBeNull();
  const { rows } = await pool.query<{ n: number }>(
    "select count(*)::int as n from belldesk.messages where direction = 'inbound'",
  );
  expect(rows[0]?.n).toBe(BACKLOG);
  expect(await host.stop()).toBe(0);
}, 120_000);

/** How many files a process has open. */
const openFiles = (pid: number): number => readdirSync(`/proc/${String(pid)}/fd`).length;
const mayOpen = (pid: number, files: number): number | null =>
  spawnSync("prlimit", ["--pid", String(pid), `--nofile=${String(files)}:`]).status;

test.runIf(process.platform === "linux")(
  "a process that may open no more files acknowledges nothing that it does not store, and goes on once it may (F93)",
  async () => {
    const { left, url, pool, graphUrl } = await aDatabase();
    const host = await startHost({ url, graphUrl, connections: 4 });
    ends.push(() => host.kill());
    const pid = host.child.pid ?? 0;
    const guests = deliverer(host.base);
    const says = (wamid: string) => [{ from: "12025550101", wamid, text: wamid }];
    await guests.deliver(says("wamid.before"));

    expect(mayOpen(pid, openFiles(pid) + 8)).toBe(0);
    const held: Socket[] = Array.from({ length: 40 }, () => {
      const socket = connect(Number(new URL(host.base).port), "127.0.0.1");
      socket.on("error", () => undefined);
      return socket;
    });
    await delay(500);
    const during = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => ((await guests.tryOnce(says(`wamid.${String(n)}`))) ? n : null)),
    );
    // There was no place for most of them.
    expect(during.filter((n) => n === null).length).toBeGreaterThan(0);
    expect(host.child.exitCode).toBeNull();

    for (const socket of held) socket.destroy();
    expect(mayOpen(pid, 1_024)).toBe(0);
    await Promise.all(Array.from({ length: 20 }, (_, n) => guests.deliver(says(`wamid.${String(n)}`))));
    const answer = await request(`${host.base}/webhooks/whatsapp`, { method: "GET", reset: true });
    await answer.body.dump();
    expect(answer.statusCode).toBeLessThan(500);
    await eventually("everything is worked", async () => (await left()) === 0, 60_000);
    const { rows } = await pool.query<{ n: number }>(
      "select count(*)::int as n from belldesk.messages where direction = 'inbound'",
    );
    expect(rows[0]?.n).toBe(21);
    expect(await host.stop()).toBe(0);
  },
  60_000,
);
