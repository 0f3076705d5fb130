import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { memoryBus, memoryRealtime } from "../../adapters/memory/index.js";
import { postgresRealtime, postgresStorage } from "../../adapters/postgres/index.js";
import { redisRealtime } from "../../adapters/redis/index.js";
import { startRedis } from "../../scripts/services/redis.mjs";
import { ConversationManager, type DeskEvent, type Realtime, type Transport } from "../../src/index.js";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";
import { freshDatabase, type Database } from "../support/databases.js";

const transport: Transport = {
  send: ({ correlationId }) => Promise.resolve({ outcome: "accepted", wamid: `wamid.${correlationId}` }),
};
/** Nobody waits for it in these tests: what comes within them was told. */
const NEVER_MS = 60_000;

let database: Database;
let redis: Awaited<ReturnType<typeof startRedis>>;
const ends: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  [database, redis] = await Promise.all([freshDatabase(), startRedis()]);
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(async () => {
  await Promise.all([database.drop(), redis.stop()]);
});

function aRedis(): Redis {
  const client = new Redis(redis.url, { maxRetriesPerRequest: 1 });
  client.on("error", () => undefined);
  ends.push(() => {
    client.disconnect();
    return Promise.resolve();
  });
  return client;
}

let guests = 0;
const aGuest = () => `120255502${String(++guests).padStart(2, "0")}`;

/** A process of the desk. */
async function aProcess({
  realtime,
  work,
  pollMs = NEVER_MS,
}: {
  realtime?: Realtime;
  work: boolean;
  pollMs?: number;
}) {
  const pool = new pg.Pool({ connectionString: database.url, max: 5 });
  pool.on("error", () => undefined);
  const desk = new ConversationManager({
    hotels,
    storage: postgresStorage(pool),
    transport,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    work: { pollMs },
    ...(realtime !== undefined && { realtime }),
  });
  ends.push(async () => {
    await desk.stop();
    await pool.end();
  });
  await desk.start({ migrate: true, work });
  return desk;
}

/** A guest writes to one process, and staff look there until it shows. @returns milliseconds */
async function answered(desk: ConversationManager, withinMs: number): Promise<number> {
  const from = aGuest();
  const at = performance.now();
  await desk.receive(delivery([{ from, wamid: `wamid.${from}`, text: "hello" }]));
  await eventually(
    "the message shows and the menu was sent",
    async () => {
      const { rows } = await database.pool.query(
        `select 1 from belldesk.messages i join belldesk.messages o using (hotel_id, conversation_id)
          where i.wamid = $1 and o.direction = 'outbound' and o.wamid is not null`,
        [`wamid.${from}`],
      );
      return rows.length > 0;
    },
    withinMs,
  );
  return performance.now() - at;
}

describe.each<[string, () => () => Realtime]>([
  [
    "memory",
    () => {
      const bus = memoryBus();
      return () => memoryRealtime(bus);
    },
  ],
  [
    "PostgreSQL",
    () => () =>
      postgresRealtime({
        connect: async () => {
          const client = new pg.Client(database.url);
          await client.connect();
          return client;
        },
      }),
  ],
  ["Redis", () => () => redisRealtime(aRedis())],
])("with a bus in %s", (_, aBus) => {
  test("a message that a process without workers hears is handled by another at once", async () => {
    const join = aBus();
    const worker = await aProcess({ realtime: join(), work: true });
    const door = await aProcess({ realtime: join(), work: false });
    const times: number[] = [];
    for (let n = 0; n < 10; n++) times.push(await answered(door, 5_000));
    expect(times.toSorted((a, b) => a - b)[5]).toBeLessThan(500);
    expect(worker.ready).toBe(true);
  });

  test("what staff write in a process without workers is sent, and who consumes the log in another hears of it", async () => {
    const join = aBus();
    const consumed: DeskEvent[] = [];
    const worker = await aProcess({ realtime: join(), work: true });
    worker.consume("crm", (event) => consumed.push(event), { from: "now" });
    const door = await aProcess({ realtime: join(), work: false });
    await answered(door, 5_000);
    const { items } = await door.as(manager).conversations();
    const sent = await door.as(manager).reply(items[0]!.id, {
      clientMessageId: `c${String(guests)}`,
      content: { type: "text", text: "Good evening." },
    });
    await eventually(
      "it is sent",
      async () => {
        const { rows } = await database.pool.query(
          "select 1 from belldesk.messages where id = $1 and wamid is not null",
          [sent.id],
        );
        return rows.length > 0;
      },
      5_000,
    );
    await eventually(
      "it is consumed",
      () => Promise.resolve(consumed.some(({ body }) => body.type === "message.queued" && body.messageId === sent.id)),
      5_000,
    );
  });
});

test("without a bus, or with one that is away, a message is handled within the poll (F68)", async () => {
  const bus = memoryBus();
  bus.weather({ away: true });
  await aProcess({ realtime: memoryRealtime(bus), work: true, pollMs: 300 });
  const door = await aProcess({ realtime: memoryRealtime(bus), work: false });
  const alone = await aProcess({ work: false });
  // The worker looks for messages, then for what is to be sent.
  expect(await answered(door, 5_000)).toBeLessThan(2_000);
  expect(await answered(alone, 5_000)).toBeLessThan(2_000);
});

test("a bus that drops, doubles and delays loses no message and doubles none", async () => {
  const bus = memoryBus();
  bus.weather({ lost: 0.4, doubled: 0.4, delayMs: 50 });
  const consumed: DeskEvent[] = [];
  const worker = await aProcess({ realtime: memoryRealtime(bus), work: true, pollMs: 300 });
  worker.consume("pms", (event) => consumed.push(event), { from: "now" });
  const door = await aProcess({ realtime: memoryRealtime(bus), work: false });
  for (let n = 0; n < 20; n++) {
    if (n === 10) bus.cut();
    await answered(door, 5_000);
  }
  const received = () => consumed.filter(({ body }) => body.type === "message.received");
  await eventually("all are consumed", () => Promise.resolve(received().length >= 20), 60_000);
  expect(new Set(received().map(({ seq }) => seq)).size).toBe(received().length);
});

test("a Redis that dies, stands still and is emptied delays a message, and costs none (F68, F69, F70)", async () => {
  const worker = await aProcess({ realtime: redisRealtime(aRedis()), work: true, pollMs: 300 });
  const door = await aProcess({ realtime: redisRealtime(aRedis()), work: false });
  await answered(door, 5_000);
  await redis.crash();
  await answered(door, 5_000);
  await redis.freeze();
  try {
    const at = performance.now();
    const from = aGuest();
    const { status } = await door.receive(delivery([{ from, wamid: `wamid.${from}`, text: "hello" }]));
    expect(status).toBe(200);
    expect(performance.now() - at).toBeLessThan(1_000);
    await answered(door, 5_000);
  } finally {
    await redis.thaw();
  }
  await aRedis().flushall();
  await answered(door, 5_000);
  expect(worker.ready).toBe(true);
}, 120_000);

test("a realtime that cannot be opened or closed keeps the desk from nothing", async () => {
  const broken: Realtime = {
    open: () => Promise.reject(new Error("no bus")),
    close: () => Promise.reject(new Error("no bus")),
    hint: () => undefined,
    work: () => undefined,
    revoked: () => undefined,
    signal: () => undefined,
  };
  const desk = await aProcess({ realtime: broken, work: true });
  expect(await answered(desk, 5_000)).toBeLessThan(2_000);
  await desk.stop();
});
