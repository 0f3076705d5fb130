import { Cluster, Redis } from "ioredis";
import { createClient, createCluster } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { redisRealtime, type RedisClient, type RedisRealtimeOptions } from "../../adapters/redis/index.js";
import type { Realtime, RealtimeListener, Signal } from "../../src/index.js";
import { realtimeContract } from "../../src/testing/index.js";
import { startRedis, startRedisCluster, startRedisSentinel, type OwnRedis } from "../../scripts/services/redis.mjs";
import { startProxy, type Protocol, type Proxy } from "../harness/proxy.js";

/** Nothing is looked at: it is only cut, stalled and abandoned. */
const redisProtocol: Protocol = {
  requests: () => () => true,
  answers: () => () => true,
  isGreeting: () => false,
};

/** Quick to come back, and quick to notice: what takes 5 s and more by default. */
const QUICK = { retryCapMs: 200, pulseMs: 300 };

const typing: Signal = {
  hotelId: "grand",
  conversationId: "con_1",
  kind: "typing",
  by: { kind: "staff", id: "staff_anna", name: null },
  connectionId: "7f3c",
};

/** What a process heard, as it came. */
function ears() {
  const heard: string[] = [];
  const listener: RealtimeListener = {
    hinted: (hotelIds) => heard.push(...hotelIds),
    worked: () => heard.push("work"),
    revoked: () => heard.push("revoked"),
    signalled: ({ kind }) => heard.push(kind),
    missed: () => heard.push("missed"),
  };
  return { heard, listener };
}

interface Made {
  readonly client: RedisClient;
  readonly end: () => unknown;
}

async function ofIoredis(url: string): Promise<Made> {
  const client = new Redis(url, { maxRetriesPerRequest: 1, retryStrategy: () => 50 });
  client.on("error", () => undefined);
  await new Promise((resolve) => client.once("ready", resolve));
  return { client, end: () => client.disconnect() };
}

async function ofNodeRedis(url: string): Promise<Made> {
  const client = createClient({ url, socket: { reconnectStrategy: 50 } });
  client.on("error", () => undefined);
  await client.connect();
  return { client, end: () => client.destroy() };
}

describe.each([
  ["ioredis", ofIoredis],
  ["node-redis", ofNodeRedis],
])("a realtime on Redis by %s", (_, make) => {
  let redis: OwnRedis;
  let proxy: Proxy;
  let isAway = false;
  let channels = 0;
  const ends: (() => unknown)[] = [];
  beforeAll(async () => {
    redis = await startRedis();
    const { hostname: host, port } = new URL(redis.url);
    proxy = await startProxy({
      protocol: redisProtocol,
      target: () => (isAway ? null : { host, port: Number(port) }),
    });
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    isAway = false;
    proxy.stall(false);
  });
  afterAll(async () => {
    await proxy.close();
    await redis.stop();
  });

  const throughProxy = () => `redis://127.0.0.1:${String(proxy.port)}`;
  const fresh = () => `test:${String(++channels)}`;
  async function aClient(url: string): Promise<RedisClient> {
    const { client, end } = await make(url);
    ends.push(end);
    return client;
  }
  function join(client: RedisClient, options: RedisRealtimeOptions): Realtime {
    const realtime = redisRealtime(client, { ...QUICK, ...options });
    ends.push(() => realtime.close());
    return realtime;
  }
  async function aProcess(channel: string, url = redis.url) {
    const { heard, listener } = ears();
    const realtime = join(await aClient(url), { channel });
    await realtime.open(listener);
    return { realtime, heard };
  }
  const admin = async () => {
    const client = new Redis(redis.url);
    ends.push(() => client.disconnect());
    return Promise.resolve(client);
  };

  describe("keeps the contract", () => {
    for (const { id, says, run } of realtimeContract) {
      test(`${id}: ${says}`, async () => {
        const channel = fresh();
        const client = await aClient(throughProxy());
        await run({
          join: () => join(client, { channel }),
          leave: () => {
            isAway = true;
            proxy.cut();
            return Promise.resolve();
          },
          comeBack: () => {
            isAway = false;
            return Promise.resolve();
          },
        });
      });
    }
  });

  test("is killed and comes back empty: everybody is told and hears the others again (F68, F70)", async () => {
    const channel = fresh();
    const [one, other] = [await aProcess(channel), await aProcess(channel)];
    await redis.crash();
    await expect
      .poll(() => [one, other].every(({ heard }) => heard.includes("missed")), { timeout: 40_000 })
      .toBe(true);
    one.realtime.hint(["grand"]);
    await expect.poll(() => other.heard, { timeout: 40_000 }).toContain("grand");
  });

  test("is emptied: nobody notices (F70)", async () => {
    const channel = fresh();
    const [one, other] = [await aProcess(channel), await aProcess(channel)];
    one.realtime.hint(["annex"]);
    await expect.poll(() => other.heard).toContain("annex");
    other.heard.length = 0;
    await (await admin()).flushall();
    one.realtime.hint(["grand"]);
    await expect.poll(() => other.heard).toEqual(["grand"]);
    expect(await (await admin()).dbsize()).toBe(0);
  });

  test("ends who listens: they are told that they missed something (F71)", async () => {
    const channel = fresh();
    const [one, other] = [await aProcess(channel), await aProcess(channel)];
    await (await admin()).call("CLIENT", "KILL", "TYPE", "pubsub");
    one.realtime.hint(["grand"]);
    await expect.poll(() => other.heard).toContain("missed");
    one.realtime.hint(["seaside"]);
    await expect.poll(() => other.heard).toContain("seaside");
  });

  test("stands still: who tells something goes on at once, and what was told comes late or is missed, which harms nobody (F69)", async () => {
    const channel = fresh();
    const [one, other] = [await aProcess(channel), await aProcess(channel)];
    await redis.freeze();
    try {
      const at = performance.now();
      for (let n = 0; n < 100; n++) {
        one.realtime.hint(["grand"]);
        one.realtime.signal(typing);
      }
      expect(performance.now() - at).toBeLessThan(100);
      await expect.poll(() => one.heard).toContain("grand");
      // Long enough that both find the line dead.
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expect(other.heard).not.toContain("grand");
    } finally {
      await redis.thaw();
    }
    await expect.poll(() => other.heard, { timeout: 40_000 }).toContain("missed");
    one.realtime.hint(["seaside"]);
    await expect.poll(() => other.heard, { timeout: 40_000 }).toContain("seaside");
  }, 120_000);

  test("cannot be reached by one process: that one finds it out by not hearing itself, and the others go on (F72)", async () => {
    const channel = fresh();
    const one = await aProcess(channel, throughProxy());
    const [other, third] = [await aProcess(channel), await aProcess(channel)];
    proxy.stall(true);
    other.realtime.hint(["grand"]);
    await expect.poll(() => third.heard).toContain("grand");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    proxy.stall(false);
    await expect.poll(() => one.heard, { timeout: 40_000 }).toContain("missed");
    other.realtime.hint(["seaside"]);
    await expect.poll(() => one.heard, { timeout: 40_000 }).toContain("seaside");
  }, 120_000);

  test("cuts off who does not read fast enough: they are told that they missed something (F73)", async () => {
    const channel = fresh();
    const slow = await aProcess(channel, throughProxy());
    const quick = await aProcess(channel);
    const client = await admin();
    await client.config("SET", "client-output-buffer-limit", "pubsub 64kb 32kb 1");
    try {
      proxy.stall(true);
      // Of a process that has many hotels, and whose every number comes: only who is cut off misses any.
      for (let n = 1; n <= 300; n++)
        await client.publish(channel, JSON.stringify({ from: "a busy process", n, hotels: ["x".repeat(50_000)] }));
      proxy.stall(false);
      await expect.poll(() => slow.heard, { timeout: 40_000 }).toContain("missed");
    } finally {
      await client.config("SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60");
    }
    quick.realtime.hint(["grand"]);
    await expect.poll(() => slow.heard, { timeout: 40_000 }).toContain("grand");
  }, 120_000);

  test("leaves no connection behind when a desk closes, nor after many reconnections", async () => {
    const channel = fresh();
    const { realtime, heard } = await aProcess(channel);
    const client = await admin();
    for (let n = 1; n <= 5; n++) {
      await client.call("CLIENT", "KILL", "TYPE", "pubsub");
      await expect
        .poll(() => heard.filter((what) => what === "missed").length, { timeout: 40_000 })
        .toBeGreaterThanOrEqual(n);
    }
    const listening = async () => (await client.pubsub("NUMSUB", channel))[1];
    await expect.poll(listening).toBe(1);
    await realtime.close();
    await expect.poll(listening).toBe(0);
  });
});

test("a master that dies is replaced by its Sentinel: everybody is told that they missed something, and hears the others again (F68)", async () => {
  const { sentinel, name, master, stop } = await startRedisSentinel();
  const made = Array.from({ length: 2 }, () => {
    const client = new Redis({
      sentinels: [sentinel],
      name,
      maxRetriesPerRequest: 1,
      retryStrategy: () => 50,
      sentinelRetryStrategy: () => 50,
    });
    client.on("error", () => undefined);
    const { heard, listener } = ears();
    return { client, realtime: redisRealtime(client, QUICK), heard, listener };
  });
  try {
    await Promise.all(made.map(({ realtime, listener }) => realtime.open(listener)));
    made[0]!.realtime.hint(["grand"]);
    for (const { heard } of made) await expect.poll(() => heard, { timeout: 40_000 }).toContain("grand");
    await master.stop();
    for (const { heard } of made) await expect.poll(() => heard, { timeout: 40_000 }).toContain("missed");
    // What is told just as a line is replaced is missed; what is told after that is heard.
    for (const { heard } of made)
      await expect
        .poll(
          () => {
            made[1]!.realtime.hint(["seaside"]);
            return heard;
          },
          { timeout: 40_000, interval: 200 },
        )
        .toContain("seaside");
  } finally {
    await Promise.all(made.map(({ realtime }) => realtime.close()));
    for (const { client } of made) client.disconnect();
    await stop();
  }
}, 120_000);

describe("a realtime on a cluster of three", () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  test("reaches everybody whichever node they listen at, and finds that one of them ended a listener (F71)", async () => {
    const made = Array.from({ length: 4 }, () => {
      const client = new Cluster(cluster.nodes.map((url) => ({ host: "127.0.0.1", port: Number(new URL(url).port) })));
      client.on("error", () => undefined);
      const { heard, listener } = ears();
      return { client, realtime: redisRealtime(client, QUICK), heard, listener };
    });
    const admins = cluster.nodes.map((url) => new Redis(url));
    try {
      await Promise.all(made.map(({ realtime, listener }) => realtime.open(listener)));
      made[0]!.realtime.hint(["grand"]);
      for (const { heard } of made) await expect.poll(() => heard, { timeout: 40_000 }).toContain("grand");
      for (const admin of admins) await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
      made[1]!.realtime.hint(["annex"]);
      for (const { heard } of made)
        await expect.poll(() => heard.includes("annex") || heard.includes("missed"), { timeout: 40_000 }).toBe(true);
      // Said again: the first may have been said while one of them was still on its way back.
      const again = () => made[2]!.realtime.hint(["seaside"]);
      for (const { heard } of made) await expect.poll(() => (again(), heard), { timeout: 40_000 }).toContain("seaside");
    } finally {
      await Promise.all(made.map(({ realtime }) => realtime.close()));
      for (const { client } of made) client.disconnect();
      for (const admin of admins) admin.disconnect();
    }
  }, 120_000);

  test("reaches everybody by node-redis, too, and listeners that a node ended hear again", async () => {
    const made = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const client = createCluster({ rootNodes: cluster.nodes.map((url) => ({ url })) });
        client.on("error", () => undefined);
        await client.connect();
        const { heard, listener } = ears();
        return { client, realtime: redisRealtime(client, QUICK), heard, listener };
      }),
    );
    const admins = cluster.nodes.map((url) => new Redis(url));
    try {
      await Promise.all(made.map(({ realtime, listener }) => realtime.open(listener)));
      made[0]!.realtime.hint(["grand"]);
      for (const { heard } of made) await expect.poll(() => heard, { timeout: 40_000 }).toContain("grand");
      for (const admin of admins) await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
      // Said again and again: a cluster's client comes back by itself and tells nobody of what it missed, which the log has.
      const again = () => made[1]!.realtime.hint(["annex"]);
      for (const { heard } of made) await expect.poll(() => (again(), heard), { timeout: 30_000 }).toContain("annex");
    } finally {
      await Promise.all(made.map(({ realtime }) => realtime.close()));
      for (const { client } of made) client.destroy();
      for (const admin of admins) admin.disconnect();
    }
  }, 120_000);
});
