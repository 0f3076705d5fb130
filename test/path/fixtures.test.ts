import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { ConversationManager, sign, type Transport } from "../../src/index.js";
import { APP_SECRET, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";
import { freshDatabase, type Database } from "../support/databases.js";
import { fixture, fixtureNames } from "../whatsapp/fixtures.js";

const nowhere: Transport = {
  send: () => Promise.resolve({ outcome: "accepted", wamid: `wamid.${String(Math.random())}` }),
};

describe("every webhook of the fixtures, delivered to a hotel", () => {
  let database: Database;
  let desk: ConversationManager;

  beforeAll(async () => {
    database = await freshDatabase();
    desk = new ConversationManager({
      hotels,
      storage: postgresStorage(database.pool),
      transport: nowhere,
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { pollMs: 20 },
    });
    await desk.start({ migrate: true });
  });
  afterAll(async () => {
    await desk.stop();
    await database.drop();
  });

  const deliver = async (name: string): Promise<number> => {
    const body = fixture("webhooks", name);
    return (await desk.receive({ body, signature: sign(body, APP_SECRET) })).status;
  };
  const count = async (sql: string): Promise<number> => {
    const { rows } = await database.pool.query<{ n: string }>(`select count(*) as n from ${sql}`);
    return Number(rows[0]?.n);
  };

  test("each is answered 200 and each of its items ends in a named outcome, once (I1, S47)", async () => {
    for (const name of fixtureNames("webhooks")) expect([name, await deliver(name)]).toEqual([name, 200]);
    const stored = await count("belldesk.webhook_attempts");
    expect(stored).toBeGreaterThanOrEqual(90);
    // An arrival leaves when its work is there, in one statement: looked at in this order, none slips through.
    const nothingWaits = async () =>
      (await count("belldesk.arrivals")) === 0 && (await count("belldesk.work where kind = 'inbound'")) === 0;
    await eventually("everything is processed", nothingWaits);

    // Delivered again, nothing happens again.
    const before = [await count("belldesk.messages where direction = 'inbound'"), await count("belldesk.events")];
    for (const name of fixtureNames("webhooks")) expect(await deliver(name)).toBe(200);
    await eventually("nothing waits", nothingWaits);
    expect(await count("belldesk.webhook_attempts")).toBe(stored);
    expect(await count("belldesk.messages where direction = 'inbound'")).toBe(before[0]);

    // Every item that is work became one message, and nothing is dead.
    expect(await count("belldesk.webhook_attempts where outcome = 'work'")).toBe(before[0]);
    expect((await desk.as(manager).dead()).items).toEqual([]);
  });

  test("what belongs to no number of ours stands aside, in no hotel (T11)", async () => {
    const { rows } = await database.pool.query<{ kind: string }>(
      "select distinct kind from belldesk.webhook_attempts where hotel_id = 'unrouted' order by kind",
    );
    expect(rows.map(({ kind }) => kind)).toContain("template");
    expect(await count("belldesk.messages where hotel_id = 'unrouted'")).toBe(0);
  });
});
