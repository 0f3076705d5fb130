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

    // Delivered again, nothing happens again: only of news about an account without a time nobody can tell.
    const stands = async () => ({
      attempts: await count("belldesk.webhook_attempts where guest_id is distinct from ''"),
      messages: await count("belldesk.messages where attempt_id is not null"),
      amendments: await count("belldesk.message_amendments"),
      guests: await count("belldesk.guests"),
      told: await count("belldesk.events where body not like '%message.status%' and body not like '%account.news%'"),
    });
    const before = await stands();
    for (const name of fixtureNames("webhooks")) expect(await deliver(name)).toBe(200);
    await eventually("nothing waits", nothingWaits);
    expect(await stands()).toEqual(before);

    // Every item that is work changed something or was known, and nothing is dead.
    expect((await desk.as(manager).dead()).items).toEqual([]);
    expect(before.amendments).toBeGreaterThanOrEqual(6);
  });

  test("what belongs to no number of ours stands aside, in no hotel (T11)", async () => {
    const { rows } = await database.pool.query<{ kind: string }>(
      "select distinct kind from belldesk.webhook_attempts where hotel_id = 'unrouted' order by kind",
    );
    expect(rows.map(({ kind }) => kind)).toContain("template");
    expect(await count("belldesk.messages where hotel_id = 'unrouted'")).toBe(0);
  });
});
