import { afterEach, describe, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { ConversationManager, sign, type Transport } from "../../src/index.js";
import { APP_SECRET, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";
import { freshDatabase } from "../support/databases.js";

const nowhere: Transport = {
  send: () => Promise.resolve({ outcome: "unknown", failure: { code: "no_answer", message: "Nobody answers here." } }),
};

/** What no database can look up, or find by an index. */
const IMPOSSIBLE = ["\u0000", "a\u0000b", "\ud83d", "\udc00\ud800", "x".repeat(10_000)];

describe("ids that cannot be ids, in a signed webhook (F17, F24, T13)", () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  test("WhatsApp hears 200, and everybody else's messages are dealt with at once", async () => {
    const { pool, drop } = await freshDatabase();
    ends.push(drop);
    const desk = new ConversationManager({
      hotels,
      storage: postgresStorage(pool),
      transport: nowhere,
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { pollMs: 20, retryBaseMs: 1, retryCapMs: 5 },
    });
    await desk.start({ migrate: true });
    ends.push(() => desk.stop());

    const messages = IMPOSSIBLE.flatMap((id, n) => {
      const from = `1202555${String(1000 + n)}`;
      return [
        aText(from, `wamid.quotes.${String(n)}`, { context: { id } }),
        aTap(from, `wamid.taps.${String(n)}`, `${id}#1`),
        aText(from, id),
        aText(id, `wamid.from.${String(n)}`),
        aText(`1202556${String(1000 + n)}`, `wamid.plain.${String(n)}`),
      ];
    });
    const statuses = IMPOSSIBLE.flatMap((id) => [
      { id, status: "read", timestamp: "1794312000", recipient_id: "12025551000" },
      { id: "wamid.sent", status: "read", timestamp: "1794312000", biz_opaque_callback_data: id },
      {
        id: "wamid.sent",
        status: "failed",
        timestamp: "1794312000",
        errors: [{ code: id }],
        biz_opaque_callback_data: id,
      },
    ]);
    expect((await desk.receive(delivery({ messages, statuses }))).status).toBe(200);

    const staff = desk.as(manager);
    await eventually("ten guests are heard, five of them in both their messages", async () => {
      const { items } = await staff.conversations({ limit: 100 });
      return items.length === 2 * IMPOSSIBLE.length && items.reduce((sum, { unread }) => sum + unread, 0) === 15;
    });
    expect((await staff.dead()).items).toEqual([]);
    const { rows } = await pool.query<{ kind: string; count: string }>(
      "select kind, count(*) from belldesk.webhook_attempts where kind like 'malformed%' group by kind order by kind",
    );
    expect(rows).toEqual([
      { kind: "malformed_message", count: String(2 * IMPOSSIBLE.length) },
      { kind: "malformed_status", count: String(IMPOSSIBLE.length) },
    ]);
  });
});

const aText = (from: string, id: string, more: object = {}) => ({
  from,
  id,
  timestamp: String(Math.floor(Date.now() / 1000)),
  type: "text",
  text: { body: "hello" },
  ...more,
});

const aTap = (from: string, id: string, option: string) => ({
  ...aText(from, id),
  type: "interactive",
  interactive: { type: "button_reply", button_reply: { id: option, title: "Reception" } },
});

function delivery(value: object) {
  const metadata = { display_phone_number: "12025550190", phone_number_id: "200000000000001" };
  const change = { field: "messages", value: { messaging_product: "whatsapp", metadata, ...value } };
  const body = Buffer.from(
    JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "100000000000001", changes: [change] }] }),
  );
  return { body, signature: sign(body, APP_SECRET) };
}
