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
}, 60_000);
