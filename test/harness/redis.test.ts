import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startRedis, type OwnRedis } from "../../scripts/services/redis.mjs";

// Redis holds nothing that matters, because it does all of this.

describe("a Redis that", () => {
  let redis: OwnRedis;
  let clients: Redis[] = [];
  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    for (const client of clients) client.disconnect();
    clients = [];
    await redis.stop();
  });
  const connect = () => {
    const client = new Redis(redis.url, { commandTimeout: 300, maxRetriesPerRequest: null });
    client.on("error", () => undefined);
    clients.push(client);
    return client;
  };

  test("dies comes back empty (F68, F70)", async () => {
    const client = connect();
    await client.set("presence:con_1", "staff_1");
    await redis.crash();
    await expect.poll(() => client.get("presence:con_1").catch(() => "nobody answers"), { timeout: 40_000 }).toBeNull();
  });

  test("stands still answers nobody, and delivers what it was told when it goes on (M10, F69)", async () => {
    const [publisher, subscriber] = [connect(), connect()];
    const heard: string[] = [];
    subscriber.on("message", (_channel, hotel) => heard.push(hotel));
    await subscriber.subscribe("news");
    await redis.freeze();
    await expect(publisher.publish("news", "grand")).rejects.toThrow("timed out");
    expect(heard).toEqual([]);
    await redis.thaw();
    await expect.poll(() => heard).toEqual(["grand"]);
  });

  test("ends a subscriber's connection loses what is told meanwhile (M10, F71)", async () => {
    const [publisher, subscriber] = [connect(), connect()];
    const heard: string[] = [];
    subscriber.on("message", (_channel, hotel) => heard.push(hotel));
    await subscriber.subscribe("news");
    await publisher.call("CLIENT", "KILL", "TYPE", "pubsub");
    await publisher.publish("news", "grand");
    await expect
      .poll(async () => {
        await publisher.publish("news", "seaside");
        return heard.includes("seaside");
      })
      .toBe(true);
    expect(heard).not.toContain("grand");
  });
});
