import { sign } from "belldesk";
import { deskClient, DeskError, type DeskClient } from "belldesk/client";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { startChain, type Chain } from "./chain.ts";
import { APP_SECRET, CHAIN } from "./hotels.ts";

const { DATABASE_URL = "", SECOND_DATABASE_URL = "", REDIS_URL = "" } = process.env;
assert.ok(
  DATABASE_URL && SECOND_DATABASE_URL && REDIS_URL,
  "They are two empty PostgreSQL databases and a Redis to test on.",
);
const [GRAND, SEASIDE] = CHAIN.flatMap(({ hotel }) => hotel.numbers.map(({ phoneNumberId }) => phoneNumberId)) as [
  string,
  string,
];
const INES = "12025550199";

/** Asks again until there is an answer, for a minute and a half. A process that is just being killed answers nobody. */
async function eventually<T>(what: string, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (const until = Date.now() + 90_000; Date.now() < until; await delay(100)) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
    }
  }
  throw new Error(`It never came: ${what}`);
}

const staffOf = ({ url }: Chain, hotelId: string): DeskClient =>
  deskClient({
    baseUrl: `${url}/hotels/${hotelId}/api`,
    token: `demo-${hotelId}`,
    live: { url: `${url.replace("http", "ws")}/hotels/${hotelId}/live` },
  });

test("a process is killed, then the other: its work goes on, staff's live line too, and no answer is sent twice", async (t) => {
  const chain = await startChain({ DATABASE_URL, SECOND_DATABASE_URL: "", REDIS_URL });
  t.after(() => chain.stop());
  const { whatsapp } = chain;
  const staff = staffOf(chain, "grand");
  t.after(() => staff.close());
  const told: string[] = [];
  let lost = 0;
  staff.onEvent((event) => {
    if (event.type === "message.received") told.push(event.messageId);
  });
  staff.subscribe(() => {
    if (staff.getState().connection.status === "offline") lost++;
  });
  staff.connect();
  await eventually("the line is live", () => staff.getState().connection.status === "live" || undefined);

  const guests = Array.from({ length: 20 }, (_, index) => `120255502${String(index).padStart(2, "0")}`);
  const writing = (round: string) => Promise.all(guests.map((guest) => whatsapp.guest(guest).says(GRAND, `${round}?`)));
  const answering = async (round: string) => {
    const { items } = await staff.api.conversations({ limit: 100 });
    for (const { id } of items) staff.open(id); // from here on they are kept up to date
    const content = { type: "text", text: `${round}.` } as const;
    await Promise.all(items.map(({ id }) => staff.api.reply(id, { clientMessageId: `${round} ${id}`, content })));
  };
  const answersTo = (guest: string, round: string) =>
    whatsapp.phone(guest, GRAND).filter(({ text }) => text === `${round}.`);
  /** What left is known; of what was in a socket when a process was killed, nobody knows: staff see that, and nobody sends it again. */
  const settled = (round: string) =>
    eventually(`every answer ${round} is sent, or of unknown fate`, () => {
      const statuses = Object.values(staff.getState().threads)
        .flatMap(({ messages }) => messages)
        .flatMap(({ content, status }) => (content.type === "text" && content.text === `${round}.` ? [status] : []));
      if (statuses.length < guests.length) return undefined;
      const without = guests.filter((guest) => answersTo(guest, round).length === 0);
      const underWay = statuses.filter((status) => status === "queued" || status === "sending");
      const unknown = statuses.filter((status) => status === "unknown");
      return (underWay.length === 0 && unknown.length === without.length) || undefined;
    });

  await writing("first");
  await eventually(
    "all are stored",
    async () => (await staff.api.conversations({ limit: 100 })).items.length === guests.length || undefined,
  );
  await answering("first");
  await eventually(
    "some are answered",
    () => guests.filter((guest) => answersTo(guest, "first").length > 0).length > 3 || undefined,
  );
  await chain.kill(0); // in the middle of sending
  await settled("first");

  await chain.start(0);
  const second = writing("second");
  await chain.kill(1); // in the middle of receiving: WhatsApp delivers again what it had no answer to
  await second;
  await eventually("all that guests wrote was told live", () => new Set(told).size === guests.length * 2 || undefined);
  assert.equal(told.length, new Set(told).size, "each once");
  assert.ok(lost > 0, "the line was lost, as one of the two had it");
  for (const guest of guests) assert.ok(answersTo(guest, "first").length <= 1, "an answer was sent twice");
});

test("two hotels live in two databases: what WhatsApp delivers for both at once each gets alone, and staff reach theirs", async (t) => {
  const chain = await startChain({ DATABASE_URL, SECOND_DATABASE_URL, REDIS_URL });
  t.after(() => chain.stop());
  const ines = chain.whatsapp.guest(INES);
  for (const number of [GRAND, SEASIDE]) await ines.says(number, "Hello!");
  const body = JSON.stringify({
    object: "whatsapp_business_account",
    entry: [GRAND, SEASIDE].map((number) => ({
      id: "100000000000001",
      changes: [{ field: "messages", value: written(number) }],
    })),
  });
  const headers = { "content-type": "application/json", "x-hub-signature-256": sign(body, APP_SECRET) };
  const answer = await fetch(`${chain.url}/webhooks/whatsapp`, { method: "POST", body, headers });
  assert.equal(answer.status, 200);

  for (const [hotelId, number, url] of [
    ["grand", GRAND, DATABASE_URL],
    ["seaside", SEASIDE, SECOND_DATABASE_URL],
  ] as const) {
    const staff = staffOf(chain, hotelId);
    const id = await eventually(`${hotelId} sees it`, async () => {
      const { items } = await staff.api.conversations({ limit: 100 });
      return items.find(({ lastMessagePreview }) => lastMessagePreview === `To ${number}`)?.id;
    });
    await staff.api.reply(id, { clientMessageId: "welcome", content: { type: "text", text: `From ${hotelId}` } });
    await eventually("the guest has the answer", () =>
      chain.whatsapp.phone(INES, number).find(({ text }) => text === `From ${hotelId}`),
    );
    const pool = new pg.Pool({ connectionString: url });
    const { rows } = await pool.query(
      "select distinct hotel_id from belldesk.messages where content like '%To 2%' or content like '%From %'",
    );
    assert.deepEqual(rows, [{ hotel_id: hotelId }]);
    const attempts = await pool.query(
      "select count(*)::int as n from belldesk.webhook_attempts where hotel_id = 'unrouted'",
    );
    assert.deepEqual(attempts.rows, [{ n: 0 }]);
    await pool.end();
  }
  const unsigned = { ...headers, "x-hub-signature-256": sign(`${body} `, APP_SECRET) };
  assert.equal(
    (await fetch(`${chain.url}/webhooks/whatsapp`, { method: "POST", body, headers: unsigned })).status,
    401,
  );
});

test("one command starts it all, and ends it all", async () => {
  const child = spawn(process.execPath, ["main.ts"], {
    cwd: import.meta.dirname,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (text: Buffer) => (printed += text.toString()));
  const url = await eventually("it says where it is", () => /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0]);
  for (const hotelId of ["grand", "seaside"]) {
    const headers = { authorization: `Bearer demo-${hotelId}` };
    assert.equal((await fetch(`${url}/hotels/${hotelId}/api/conversations`, { headers })).status, 200);
  }
  assert.equal((await fetch(`${url}/hotels/elsewhere/api/conversations`)).status, 404);
  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
});

const written = (number: string) => ({
  messaging_product: "whatsapp",
  metadata: { display_phone_number: "12025550190", phone_number_id: number },
  contacts: [{ profile: { name: "Ines" }, wa_id: INES }],
  messages: [
    {
      from: INES,
      id: `wamid.${number}`,
      timestamp: String(Math.floor(Date.now() / 1000)),
      type: "text",
      text: { body: `To ${number}` },
    },
  ],
});
