import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { cloudApi, ConversationManager } from "../../src/index.js";
import { admin, APP_SECRET, delivery, eventually, hotels, VERIFY_TOKEN } from "../harness/hotel.js";
import { freshDatabase } from "../support/databases.js";

test("an erasure whose process is killed in the middle is gone on with by the next, and nothing of the guest is left (M20)", async () => {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  const phone = "12025550143";
  const word = "aubergine";
  const started = async (): Promise<ConversationManager> => {
    const desk = new ConversationManager({
      hotels,
      storage: postgresStorage(database.pool),
      transport: cloudApi({ graphUrl: "http://127.0.0.1:9" }),
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { pollMs: 20 },
      retention: { everyMs: 100 },
    });
    await desk.start({ migrate: true });
    return desk;
  };
  /** Tables in which something of the guest stands. */
  const left = async (): Promise<readonly string[]> => {
    const { rows } = await database.pool.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'belldesk'",
    );
    const found: string[] = [];
    for (const { name } of rows) {
      const { rows: some } = await database.pool.query(
        `select from belldesk.${name} t where row_to_json(t)::text ~ $1 limit 1`,
        [`${phone}|${word}`],
      );
      if (some.length > 0) found.push(name);
    }
    return found;
  };
  const unfinished = async (): Promise<number> =>
    (await postgresStorage(database.pool).unfinishedErasures({ limit: 10 })).length;

  const before = await started();
  for (let n = 0; n < 20; n++)
    await before.receive(delivery([{ from: phone, wamid: `wamid.${String(n)}`, text: `${word} ${String(n)}` }]));
  await eventually("the guest is heard", async () => {
    const { rows } = await database.pool.query("select from belldesk.messages where direction = 'inbound'");
    return rows.length === 20;
  });
  await before.stop();

  const eraser = spawn(
    process.execPath,
    [join(import.meta.dirname, "../harness/eraser.mjs"), database.url, "grand", phone],
    {
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  expect(await once(eraser, "exit")).toEqual([null, "SIGKILL"]);
  expect(await unfinished()).toBe(1);
  expect(await left()).not.toEqual([]);

  const after = await started();
  try {
    await eventually("the erasure is through", async () => (await unfinished()) === 0);
    expect(await left()).toEqual([]);
    const [erasure] = (await after.as(admin).erasures("grand")).items;
    expect(erasure).toMatchObject({ hotelId: "grand" });
  } finally {
    await after.stop();
  }
}, 120_000);

test("a pruning whose process is killed in the middle leaves a hotel that works, and the next goes on with it (M20)", async () => {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  const { pool } = database;
  const started = async (retention: { readonly conversations?: number }): Promise<ConversationManager> => {
    const desk = new ConversationManager({
      hotels,
      storage: postgresStorage(pool),
      transport: {
        send: ({ correlationId }) => Promise.resolve({ outcome: "accepted", wamid: `wamid.${correlationId}` }),
      },
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { pollMs: 20 },
      retention: { everyMs: 100, pruneMs: 100, ...retention },
    });
    await desk.start({ migrate: true });
    return desk;
  };
  const count = async (from: string): Promise<number> => {
    const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from belldesk.${from}`);
    return rows[0]?.n ?? NaN;
  };
  const phones = ["12025550144", "12025550145"];
  const inbound = "messages where direction = 'inbound'";

  const before = await started({});
  for (const from of phones)
    for (let n = 0; n < 5; n++)
      await before.receive(delivery([{ from, wamid: `wamid.${from}.${String(n)}`, text: `hello ${String(n)}` }]));
  await eventually("both are heard", async () => (await count(inbound)) === 10);
  await eventually("nothing waits", async () => (await count("lanes where enqueued > done")) === 0);
  const { items } = await before.as(admin).conversations({ hotel: "grand" });
  const conversationId = items[0]?.id ?? "";
  await before.as(admin).close(conversationId);
  await before.stop();
  await pool.query(
    "update belldesk.conversations set closed_at = now() - interval '3 days', last_message_at = now() - interval '3 days' where status = 'closed'",
  );

  const pruner = spawn(
    process.execPath,
    [join(import.meta.dirname, "../harness/eraser.mjs"), database.url, "grand", "old"],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  expect(await once(pruner, "exit")).toEqual([null, "SIGKILL"]);
  // Its messages are gone already, and it is not.
  expect([await count(inbound), await count("conversations")]).toEqual([5, 2]);

  const after = await started({ conversations: 1 });
  try {
    // Whether it is gone by now or not, nobody who looks at it is told nonsense.
    const asked = await after
      .as(admin)
      .messages(conversationId)
      .catch((error: unknown) => error);
    expect(asked).toSatisfy(
      (answer: { readonly items?: readonly unknown[]; readonly code?: string }) =>
        answer.code === "not_found" || answer.items?.length === 0,
    );
    await eventually("the rest goes", async () => (await count("conversations")) === 1);
    expect(await count(inbound)).toBe(5);
    // Whose stay was pruned is a guest as before.
    for (const from of phones)
      await after.receive(delivery([{ from, wamid: `wamid.${from}.again`, text: "me again" }]));
    await eventually("both are heard", async () => (await count(inbound)) === 7);
  } finally {
    await after.stop();
  }
}, 120_000);
