import { afterEach, expect, test } from "vitest";
import { postgresStorage, shiftClock } from "../../adapters/postgres/index.js";
import { ConversationManager, type SendResult, type Transport } from "../../src/index.js";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";
import { freshDatabase, type Database } from "../support/databases.js";

/** Milliseconds that WhatsApp asks to wait: less than a message may be old. */
const WAIT_MS = 60_000;
const calls: { readonly process: number; readonly attempt: number }[] = [];
let database: Database;
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A process of the hotel's. */
async function aProcess(number: number, answer: () => SendResult) {
  const transport: Transport = {
    send: () => {
      calls.push({ process: number, attempt: calls.length + 1 });
      return Promise.resolve(answer());
    },
  };
  const desk = new ConversationManager({
    hotels: hotels.map((hotel) => ({ ...hotel, departments: hotel.departments.slice(0, 1) })),
    storage: postgresStorage(database.pool),
    transport,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    work: { pollMs: 20 },
  });
  await desk.start({ migrate: true });
  return desk;
}

test("a message that waits to be tried again waits on after a restart: no sooner, in its place, and counted as before (F58)", async () => {
  database = await freshDatabase();
  ends.push(() => database.drop());
  const busy = (): SendResult => ({
    outcome: "rejected",
    failure: { code: "131056", message: "Too many messages to one guest." },
    retry: { afterMs: WAIT_MS },
  });
  const first = await aProcess(1, busy);
  await first.receive(delivery([{ from: "12025550101", wamid: "wamid.1", text: "hello" }]));
  const conversation = await eventually(
    "a conversation",
    async () => (await first.as(manager).conversations()).items[0],
  );
  const reply = (text: string) =>
    first.as(manager).reply(conversation.id, { clientMessageId: text, content: { type: "text", text } });
  const { id } = await reply("first");
  await reply("second");
  await eventually("it was tried", () => Promise.resolve(calls.length === 1));
  await eventually("that is written down", async () => (await attempts()).some(({ attempts: n }) => n === 1));
  const before = await attempts();
  await first.stop();

  const second = await aProcess(2, () => ({ outcome: "accepted", wamid: `wamid.sent.${String(calls.length)}` }));
  ends.push(() => second.stop());
  // Meanwhile it does what it has to do, and has looked.
  await second.receive(delivery([{ from: "12025550102", wamid: "wamid.2", text: "hello" }]));
  await eventually("another guest is heard", async () => (await second.as(manager).conversations()).items.length === 2);
  expect(calls.map(({ process }) => process)).toEqual([1]);
  expect(await attempts()).toEqual(before);

  await shiftClock(database.pool, WAIT_MS + 1_000);
  await eventually("both are sent", () => Promise.resolve(calls.length === 3), 60_000);
  const { items } = await second.as(manager).messages(conversation.id);
  await eventually("in order", async () => {
    const now = (await second.as(manager).messages(conversation.id)).items.filter(
      ({ direction }) => direction === "outbound",
    );
    return now.length === 2 && now.every(({ status }) => status === "sent");
  });
  const sent = (await second.as(manager).messages(conversation.id)).items.filter(
    ({ direction }) => direction === "outbound",
  );
  expect(sent.map(({ wamid }) => wamid).toReversed()).toEqual(["wamid.sent.2", "wamid.sent.3"]);
  expect(sent.at(-1)?.id).toBe(id);
  expect(items.length).toBeGreaterThan(0);
});

/** How often what waits was tried, and until when it waits. */
async function attempts(): Promise<readonly { readonly id: string; readonly attempts: number; readonly due: Date }[]> {
  const { rows } = await database.pool.query<{ id: string; attempts: number; due: Date }>(
    `select w.id, w.attempts, l.due_at as due from belldesk.work w
       join belldesk.lanes l using (hotel_id, kind, phone_number_id, guest_id)
      where w.kind = 'outbound' order by w.position`,
  );
  return rows;
}
