import { afterEach, describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { ConversationManager, sign, type Transport } from "../../src/index.js";
import { APP_SECRET, delivery, eventually, GRAND_NUMBER, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";
import { freshDatabase } from "../support/databases.js";
import { postgresStorage } from "../../adapters/postgres/index.js";

// Meta's bodies have up to 3 MB, and what is signed may be anything.

const MB = 1_024 * 1_024;
const nowhere: Transport = {
  send: () =>
    Promise.resolve({ outcome: "rejected", failure: { code: "nowhere", message: "Nobody is there." }, retry: null }),
};
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function aDesk(storage = memoryStorage()) {
  const desk = new ConversationManager({
    hotels: hotels.map((hotel) => ({ ...hotel, departments: hotel.departments.slice(0, 1) })),
    storage,
    transport: nowhere,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    work: { pollMs: 20 },
  });
  await desk.start({ migrate: true });
  ends.push(() => desk.stop());
  return desk;
}
const signed = (text: string) => ({ body: Buffer.from(text), signature: sign(text, APP_SECRET) });

test("a thousand messages in one body of 2.5 MB are taken in time, kept in order, and hold up nothing else (F18)", async () => {
  const database = await freshDatabase();
  ends.push(() => database.drop());
  const desk = await aDesk(postgresStorage(database.pool));
  const words = "The minibar hums. ".repeat(110);
  const texts = Array.from({ length: 1_000 }, (_, n) => ({
    from: `1202555${String(n % 20).padStart(4, "0")}`,
    wamid: `wamid.${String(n).padStart(4, "0")}`,
    text: `${String(n)} ${words}`,
  }));
  const body = delivery(texts);
  expect(body.body.length).toBeGreaterThan(2 * MB);

  const [answer, other] = await Promise.all([
    desk.receive(body),
    desk.receive(delivery([{ from: "12025559999", wamid: "wamid.other", text: "hello" }])),
  ]);
  // Stored within the deadline after which Meta would hear 503.
  expect([answer.status, other.status]).toEqual([200, 200]);

  await eventually(
    "all are there",
    async () => {
      const { rows } = await database.pool.query<{ n: string }>(
        "select count(*) as n from belldesk.messages where direction = 'inbound'",
      );
      return Number(rows[0]?.n) === 1_001;
    },
    30_000,
  );
  const { rows } = await database.pool.query<{ order: readonly string[] }>(
    "select array_agg(wamid order by seq) as order from belldesk.messages where direction = 'inbound' group by hotel_id, conversation_id",
  );
  expect(rows).toHaveLength(21);
  for (const { order } of rows) expect(order).toEqual(order.toSorted());
}, 120_000);

describe("a body that is made to harm is answered soon, and the next guest is heard (T13)", () => {
  const inside = (value: string) =>
    `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":${value}}]}]}`;
  const keys = (n: number) =>
    `{${Array.from({ length: n }, (_, key) => `"k${String(key)}":${String(key)}`).join(",")}}`;
  test.each<[string, () => string]>([
    ["1,500,000 lists in each other", () => "[".repeat(1_500_000) + "]".repeat(1_500_000)],
    ["700,000 lists that nobody closes, in a message", () => inside("[".repeat(700_000))],
    ["150,000 keys in one object", () => inside(keys(150_000))],
    ["one key 300,000 times", () => inside(`{${'"a":1,'.repeat(300_000)}"a":2}`)],
    ["numbers beyond any number", () => inside(`[${"1e400,".repeat(200_000)}1e400]`)],
    ["integers of twenty-five digits", () => inside(`[${"9999999999999999999999999,".repeat(90_000)}1]`)],
    ["escapes to the end", () => inside(`"${String.raw`\ud83d`.repeat(400_000)}"`)],
    ["a million empty messages", () => inside(`{"messages":[${"{},".repeat(900_000)}{}]}`)],
    ["a million changes", () => `{"entry":[{"changes":[${"{},".repeat(900_000)}{}]}]}`],
    [
      "ten thousand messages, each with a number of 500 KB",
      () => inside(`{"metadata":{"phone_number_id":"${"1".repeat(500_000)}"},"messages":[${"{},".repeat(10_000)}{}]}`),
    ],
    [
      "ten thousand messages of one guest whose name has 500 KB",
      () =>
        inside(
          `{"contacts":[{"wa_id":"1","profile":{"name":"${"n".repeat(500_000)}"}}],"messages":[${'{"from":"1"},'.repeat(10_000)}{}]}`,
        ),
    ],
  ])("%s", async (_, make) => {
    const desk = await aDesk();
    const body = signed(make());
    const at = performance.now();
    const { status } = await desk.receive(body);
    expect(status).toBe(200);
    expect(performance.now() - at).toBeLessThan(5_000);
    expect((await desk.receive(delivery([{ from: "12025550101", wamid: "wamid.1", text: "hello" }]))).status).toBe(200);
    await eventually("the guest is heard", async () => (await desk.as(manager).conversations()).items.length === 1);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test("more than 3 MB is refused before it is read as anything", async () => {
    const desk = await aDesk();
    expect((await desk.receive(signed(inside(`"${"a".repeat(4 * MB)}"`)))).status).toBe(413);
  });
});

test("a guest whose text, caption and name are as long as a body may be is heard, whole, and the list stays short (T23)", async () => {
  const desk = await aDesk();
  const long = "Wi-Fi? ".repeat(100_000);
  const metadata = { display_phone_number: "12025550190", phone_number_id: GRAND_NUMBER };
  const message = { from: "12025550101", timestamp: String(Math.floor(Date.now() / 1_000)) };
  const contacts = [{ profile: { name: "Ida ".repeat(100_000) }, wa_id: "12025550101" }];
  const value = {
    messaging_product: "whatsapp",
    metadata,
    contacts,
    messages: [
      { ...message, id: "wamid.text", type: "text", text: { body: long } },
      {
        ...message,
        id: "wamid.caption",
        type: "document",
        document: { id: "1", mime_type: "application/pdf", sha256: "x", caption: long, filename: `${long}.pdf` },
      },
    ],
  };
  const text = JSON.stringify({
    object: "whatsapp_business_account",
    entry: [{ id: "1", changes: [{ field: "messages", value }] }],
  });
  expect((await desk.receive(signed(text))).status).toBe(200);
  const conversation = await eventually("both are there", async () => {
    const [one] = (await desk.as(manager).conversations()).items;
    return one !== undefined && (await desk.as(manager).messages(one.id)).items.length === 2 && one;
  });
  const said = (await desk.as(manager).messages(conversation.id)).items.map(({ content }) => content);
  expect(said.find(({ type }) => type === "text")).toEqual({ type: "text", text: long });
  expect(JSON.stringify(said)).toContain(long.trim());
  // What every row of a list holds.
  expect(conversation.lastMessagePreview.length).toBeLessThan(1_000);
  expect(conversation.guest.name?.length ?? 0).toBeLessThan(1_000);
});
