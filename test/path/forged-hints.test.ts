import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { redisRealtime } from "../../adapters/redis/index.js";
import { startRedis } from "../../scripts/services/redis.mjs";
import { mulberry32 } from "../chaos/plan.js";
import { receptionist } from "../harness/hotel.js";
import { aNode, type Node } from "../live/nodes.js";

// A Redis that others write to as well. Who can publish there can tell a process to look, and nothing else.

const FORGED = 10_000;
const SECRET_TEXT = "the minibar was robbed";

let redis: Awaited<ReturnType<typeof startRedis>>;
let client: Redis;
let forger: Redis;
let node: Node;
let reads = 0;

beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.url, { maxRetriesPerRequest: 1 });
  forger = new Redis(redis.url);
  const storage = memoryStorage();
  node = await aNode({
    storage: {
      ...storage,
      news: (asked) => {
        reads += 1;
        return storage.news(asked);
      },
    },
    manager: { realtime: redisRealtime(client) },
  });
});
afterAll(async () => {
  await node.end();
  client.disconnect();
  forger.disconnect();
  await redis.stop();
});

test("ten thousand forged texts bring no page anything but what is stored and theirs, and cost few reads (T62)", async () => {
  const page = await node.connects(receptionist);
  await page.hears("live");
  await node.writes("Good evening");

  const random = mulberry32(1);
  const oneOf = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const forged = (n: number): string =>
    oneOf([
      () => JSON.stringify({ from: `forger${String(n % 7)}`, n: n + 1, hotels: ["grand"] }),
      () =>
        JSON.stringify({
          from: "forger",
          n,
          hotels: ["grand", "seaside", "nowhere", "x".repeat(2_000)],
          work: true,
          revoked: true,
        }),
      () =>
        JSON.stringify({
          from: "forger",
          n,
          hotels: ["grand"],
          events: [{ type: "message.received", text: SECRET_TEXT }],
        }),
      () => JSON.stringify({ from: "forger", n, hotels: [{ id: "grand", text: SECRET_TEXT }] }),
      () => JSON.stringify({ from: "forger", n: -1, hotels: ["__proto__", "constructor"] }),
      () => `{"from":"forger","n":1,"__proto__":{"polluted":true},"hotels":["grand"]}`,
      () => SECRET_TEXT,
      () => "[".repeat(5_000),
      () => "",
    ])();
  const before = reads;
  const at = performance.now();
  for (let n = 0; n < FORGED; n += 500)
    await Promise.all(Array.from({ length: 500 }, (_, more) => forger.publish("belldesk", forged(n + more))));
  // What a guest writes then comes as ever.
  const wamid = await node.writes("Is anybody there?");
  await node.showing("Is anybody there?");
  const seconds = (performance.now() - at) / 1_000;

  expect(JSON.stringify(page.frames)).not.toContain(SECRET_TEXT);
  expect(wamid).not.toBe("");
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  // One look at a time, whatever it is told meanwhile.
  expect(reads - before, `${String(reads - before)} reads in ${seconds.toFixed(1)} s`).toBeLessThan(FORGED / 4);
  expect(page.isClosed()).toBe(false);
});
