import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { ConversationManager, sign, type Transport } from "../../src/index.js";
import {
  APP_SECRET,
  delivery,
  eventually,
  GRAND_NUMBER,
  hotels,
  manager,
  SEASIDE_NUMBER,
  VERIFY_TOKEN,
} from "../harness/hotel.js";
import { freshDatabase, type Database } from "../support/databases.js";

// What is signed and has come before, and what is signed and about somebody else: anybody who once saw a webhook can post it again.

const WEBHOOKS = 1_000;
const REPLAYS = 10;
const GRANDS_ACCOUNT = "100000000000001";

let database: Database;
let desk: ConversationManager;
const sent: string[] = [];
const transport: Transport = {
  send: ({ correlationId }) => {
    sent.push(correlationId);
    return Promise.resolve({ outcome: "accepted", wamid: `wamid.${correlationId}` });
  },
};

beforeAll(async () => {
  database = await freshDatabase();
  desk = new ConversationManager({
    hotels: hotels.map((hotel) => (hotel.id === "grand" ? { ...hotel, accountId: GRANDS_ACCOUNT } : hotel)),
    storage: postgresStorage(database.pool),
    transport,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    work: { pollMs: 20 },
  });
  await desk.start({ migrate: true });
});
afterAll(async () => {
  await desk.stop();
  await database.drop();
});

const count = async (sql: string): Promise<number> => {
  const { rows } = await database.pool.query<{ n: string }>(`select count(*) as n from ${sql}`);
  return Number(rows[0]?.n);
};
/** All that could tell that something happened. */
const stands = async () => ({
  attempts: await count("belldesk.webhook_attempts"),
  messages: await count("belldesk.messages"),
  conversations: await count("belldesk.conversations"),
  guests: await count("belldesk.guests"),
  events: await count("belldesk.events"),
  work: await count("belldesk.work"),
  sent: sent.length,
});
const settled = () =>
  eventually(
    "everything is processed",
    async () => (await count("belldesk.arrivals")) === 0 && (await count("belldesk.work")) === 0,
    30_000,
  );

test("a thousand webhooks that somebody replays ten times each are answered 200, and change nothing (T06)", async () => {
  const webhooks = Array.from({ length: WEBHOOKS }, (_, n) =>
    delivery([
      { from: `1202555${String(n % 50).padStart(4, "0")}`, wamid: `wamid.${String(n)}`, text: `message ${String(n)}` },
    ]),
  );
  for (let at = 0; at < WEBHOOKS; at += 50)
    await Promise.all(
      webhooks.slice(at, at + 50).map(async (one) => {
        expect((await desk.receive(one)).status).toBe(200);
      }),
    );
  await settled();
  const before = await stands();
  expect(before.messages).toBeGreaterThanOrEqual(WEBHOOKS);

  for (let again = 0; again < REPLAYS; again++)
    for (let at = 0; at < WEBHOOKS; at += 100)
      await Promise.all(
        webhooks.slice(at, at + 100).map(async (one) => {
          expect((await desk.receive(one)).status).toBe(200);
        }),
      );
  await settled();
  expect(await stands()).toEqual(before);
}, 120_000);

test("what is signed, and names a number or an account of somebody else, moves nothing that is not the number's (T11, T12)", async () => {
  const said = (accountId: string, number: string, wamid: string) => {
    const { body } = delivery([{ from: "12025550199", wamid, text: wamid, number }]);
    const named = Buffer.from(body.toString().replace(/"entry":\[\{"id":"\d+"/, `"entry":[{"id":"${accountId}"`));
    expect(named.toString()).toContain(`"id":"${accountId}"`);
    return desk.receive({ body: named, signature: sign(named, APP_SECRET) });
  };
  const before = await count("belldesk.messages where hotel_id = 'grand'");

  // Another tenant of the same app: a number of theirs, below an account of theirs, of the Grand's, and of nobody.
  for (let n = 0; n < 300; n++)
    expect(
      (
        await said(
          ["999999999999999", GRANDS_ACCOUNT, "1"][n % 3]!,
          `90000000000${String(n).padStart(4, "0")}`,
          `wamid.theirs.${String(n)}`,
        )
      ).status,
    ).toBe(200);
  // The Seaside's number below the Grand's account: the number says whose guest writes.
  expect((await said(GRANDS_ACCOUNT, SEASIDE_NUMBER, "wamid.seaside")).status).toBe(200);
  await settled();

  expect(await count("belldesk.messages where hotel_id = 'grand'")).toBe(before);
  expect(await count("belldesk.messages where hotel_id = 'seaside' and direction = 'inbound'")).toBe(1);
  expect(await count("belldesk.messages where hotel_id not in ('grand', 'seaside')")).toBe(0);
  expect(await count("belldesk.webhook_attempts where hotel_id = 'unrouted'")).toBe(300);
  // And the Grand's own number below a foreign account is the Grand's.
  expect((await said("999999999999999", GRAND_NUMBER, "wamid.grand")).status).toBe(200);
  await settled();
  expect(await count("belldesk.messages where hotel_id = 'grand' and wamid = 'wamid.grand'")).toBe(1);
  expect((await desk.as(manager).dead()).items).toEqual([]);
});
