import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { Cluster, Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { deskRouter, webhookRouter } from "../../adapters/express/index.js";
import { memoryStorage } from "../../adapters/memory/index.js";
import { redisLimits, type RedisClient } from "../../adapters/redis/index.js";
import { startRedis, startRedisCluster, type OwnRedis } from "../../scripts/services/redis.mjs";
import {
  answerDesk,
  ConversationManager,
  deskHandler,
  webhookHandler,
  type ConversationManagerOptions,
  type LogFields,
  type Principal,
  type SharedLimits,
  type Transport,
} from "../../src/index.js";
import { networkOf } from "../../src/runtime/floods.js";
import { APP_SECRET, delivery, hotels, manager, receptionist, VERIFY_TOKEN } from "../harness/hotel.js";

const nowhere: Transport = {
  send: () =>
    Promise.resolve({ outcome: "rejected", failure: { code: "nowhere", message: "Nobody is there." }, retry: null }),
};

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function aDesk(options: Partial<ConversationManagerOptions> = {}) {
  const logged: LogFields[] = [];
  const log = (fields: LogFields) => void logged.push(fields);
  const desk = new ConversationManager({
    hotels,
    storage: memoryStorage(),
    transport: nowhere,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    logger: { debug: log, info: log, warn: log, error: log },
    ...options,
  });
  await desk.start();
  ends.push(() => desk.stop());
  return { desk, logged };
}

const principals: Readonly<Record<string, Principal>> = {
  boss: manager,
  desk: receptionist,
  code: { kind: "system", id: "pms" },
};

/** A hotel on Express. `ip` reads the header that the host's own proxy sets, where there is one. */
async function aHotel(options: Partial<ConversationManagerOptions>, hasProxy = false) {
  const { desk, logged } = await aDesk(options);
  let asked = 0;
  const ip = hasProxy
    ? { ip: ({ headers }: { headers: NodeJS.Dict<string | string[]> }) => String(headers["x-real-ip"]) }
    : {};
  const app = express();
  app.use("/hook", webhookRouter(desk, ip));
  app.use(
    "/api",
    deskRouter(desk, {
      ...ip,
      authenticate: ({ headers }) => {
        asked += 1;
        return principals[String(headers.authorization)] ?? null;
      },
    }),
  );
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return { base, logged, asked: () => asked };
}

let wamids = 0;
const aSigned = () => delivery([{ from: "12025550101", wamid: `wamid.${String(++wamids)}`, text: "hello" }]);
async function hook(base: string, headers: Record<string, string> = {}, body: Uint8Array = aSigned().body) {
  const response = await fetch(`${base}/hook`, { method: "POST", headers, body: new Uint8Array(body) });
  const text = await response.text();
  return { status: response.status, retryAfter: response.headers.get("retry-after"), text };
}
const signed = (base: string, headers: Record<string, string> = {}) => {
  const { body, signature } = aSigned();
  return hook(base, { ...headers, "x-hub-signature-256": signature }, body);
};
const many = async <T>(count: number, run: (n: number) => Promise<T>): Promise<readonly T[]> => {
  const results: T[] = [];
  for (let n = 0; n < count; n++) results.push(await run(n));
  return results;
};

describe("the webhook", () => {
  test("refuses an address that sends what WhatsApp did not sign, and a forged header does not make it another (T20)", async () => {
    const { base, logged } = await aHotel({ floods: { unsignedPerMinute: 10 } });
    const forged = (n: number) => ({
      "x-forwarded-for": `203.0.113.${String(n)}`,
      "x-real-ip": `203.0.113.${String(n)}`,
      forwarded: `for=203.0.113.${String(n)}`,
    });
    const answers = await many(15, (n) => hook(base, forged(n)));
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array<number>(10).fill(401),
      ...Array<number>(5).fill(429),
    ]);
    const { text, retryAfter } = answers[14]!;
    expect(JSON.parse(text)).toMatchObject({ error: { code: "too_many_requests" } });
    expect(Number(retryAfter)).toBeGreaterThan(0);
    expect(Number(retryAfter)).toBeLessThanOrEqual(60);
    expect(logged.filter(({ code }) => code === "unsigned_flood")).toHaveLength(1);
    expect(JSON.stringify(logged)).not.toContain("127.0.0.1");
  });

  test("never refuses what is signed, also from the same address as a flood (S13, T20)", async () => {
    const { base } = await aHotel({ floods: { unsignedPerMinute: 5 } });
    const wrong = `sha256=${"0".repeat(64)}`;
    // Whoever forges signatures is found out by reading, each time, and is no reason to refuse a signed one.
    const forged = await many(20, () => hook(base, { "x-hub-signature-256": wrong }));
    expect(new Set(forged.map(({ status }) => status))).toEqual(new Set([401]));
    expect((await hook(base)).status).toBe(429);
    const good = await many(20, () => signed(base));
    expect(new Set(good.map(({ status }) => status))).toEqual(new Set([200]));
  });

  test("refuses an unsigned body before it has come", async () => {
    const { base } = await aHotel({ floods: { unsignedPerMinute: 1 } });
    expect((await hook(base)).status).toBe(401);
    const { port } = new URL(base);
    const request = httpRequest({ port, path: "/hook", method: "POST", headers: { "content-length": "3000000" } });
    request.on("error", () => undefined);
    request.write("x");
    const [response] = (await once(request, "response")) as [{ statusCode: number }];
    expect(response.statusCode).toBe(429);
    request.destroy();
  });

  test("lets nobody guess the verify token", async () => {
    const { base } = await aHotel({ floods: { unsignedPerMinute: 5 } });
    const shake = async (token: string) =>
      (await fetch(`${base}/hook?hub.mode=subscribe&hub.challenge=1&hub.verify_token=${token}`)).status;
    expect(await shake(VERIFY_TOKEN)).toBe(200);
    expect(await many(7, (n) => shake(`guess-${String(n)}`))).toEqual([403, 403, 403, 403, 403, 429, 429]);
    expect((await signed(base)).status).toBe(200);
  });

  test("knows addresses apart where the host says how: those behind its proxy, by their networks", async () => {
    const { base } = await aHotel({ floods: { unsignedPerMinute: 3 } }, true);
    const from = (ip: string) => hook(base, { "x-real-ip": ip }).then(({ status }) => status);
    expect(await many(4, () => from("203.0.113.7"))).toEqual([401, 401, 401, 429]);
    expect(await from("::ffff:203.0.113.7")).toBe(429);
    expect(await from("203.0.113.8")).toBe(401);
    expect(await many(4, (n) => from(`2001:db8:1:2::${String(n + 1)}`))).toEqual([401, 401, 401, 429]);
    expect(await from("2001:db8:1:3::1")).toBe(401);
  });
});

describe("the staff API", () => {
  const get = async (base: string, who: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${base}/api/conversations`, { headers: { authorization: who, ...headers } });
    await response.arrayBuffer();
    return { status: response.status, retryAfter: response.headers.get("retry-after") };
  };
  const command = async (base: string, who: string) => {
    const headers = { authorization: who, "content-type": "application/json" };
    const response = await fetch(`${base}/api/conversations/con_1/read`, { method: "POST", headers, body: "{}" });
    return { status: response.status, json: (await response.json()) as object };
  };

  test("asks nobody who is there after an address was nobody too often", async () => {
    const { base, asked } = await aHotel({ floods: { unauthenticatedPerMinute: 5 } }, true);
    const attacker = { "x-real-ip": "203.0.113.7" };
    const answers = await many(8, (n) => get(base, `guess-${String(n)}`, attacker));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect(Number(answers[7]!.retryAfter)).toBeGreaterThan(0);
    expect(asked()).toBe(5);
    expect((await get(base, "boss", { "x-real-ip": "203.0.113.8" })).status).toBe(200);
  });

  test("refuses nobody for what came over a proxy that the host did not tell of", async () => {
    const { base } = await aHotel({ floods: { unauthenticatedPerMinute: 5 } });
    const answers = await many(8, () => get(base, "nobody", { "x-forwarded-for": "203.0.113.7" }));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect((await get(base, "boss")).status).toBe(200);
  });

  test("does so many commands of one principal in a minute, and their colleagues' and the host's own besides", async () => {
    const { base } = await aHotel({ floods: { commandsPerMinute: 5 } });
    const answers = await many(7, () => command(base, "desk"));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 429, 429]);
    expect(answers[6]!.json).toMatchObject({ error: { code: "too_many_requests" } });
    expect((await get(base, "desk")).status).toBe(200);
    expect((await command(base, "boss")).status).toBe(404);
    expect(new Set((await many(8, () => command(base, "code"))).map(({ status }) => status))).not.toContain(429);
  });

  test.each([
    ["ahead", 26],
    ["back", -26],
  ])("refuses nobody for longer than a minute where the process's clock is set %s by a day (F89)", async (_, hours) => {
    const { base } = await aHotel({ floods: { commandsPerMinute: 5 } });
    await many(3, () => command(base, "desk"));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hours * 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    const answers = await many(7, () => command(base, "desk"));
    const refused = answers.at(-1)!;
    expect(refused.status).toBe(429);
    expect(refused.json).toMatchObject({ error: { details: { retryAfterMs: expect.any(Number) } } });
    const { error } = refused.json as { error: { details: { retryAfterMs: number } } };
    expect(error.details.retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  test("limits nothing where the host wants no limits", async () => {
    const none = { unsignedPerMinute: null, unauthenticatedPerMinute: null, commandsPerMinute: null };
    const { base } = await aHotel({ floods: none }, true);
    const address = { "x-real-ip": "203.0.113.7" };
    const statuses = [
      ...(await many(400, () => get(base, "nobody", address))).map(({ status }) => status),
      ...(await many(100, () => hook(base, address))).map(({ status }) => status),
    ];
    expect(new Set(statuses)).toEqual(new Set([401]));
  });
});

test("handlers that speak Request and Response refuse floods by the address that the host tells", async () => {
  const { desk } = await aDesk({ floods: { unsignedPerMinute: 2, unauthenticatedPerMinute: 2 } });
  const ip = ({ headers }: Request) => headers.get("x-real-ip");
  const headers = { "x-real-ip": "203.0.113.7" };
  const receive = webhookHandler(desk, { ip });
  const unsigned = () => receive(new Request("http://hotel/hook", { method: "POST", headers, body: "{}" }));
  expect((await many(3, unsigned)).map(({ status }) => status)).toEqual([401, 401, 429]);
  const api = deskHandler(desk, { authenticate: () => null, ip });
  const answers = await many(3, () => api(new Request("http://hotel/conversations", { headers })));
  expect(answers.map((answer) => answer?.status)).toEqual([401, 401, 429]);
  expect(answers[2]?.headers.get("retry-after")).toMatch(/^\d+$/);
});

test.each([
  ["a public address", "8.8.8.8", [401, 401, 429]],
  ["a public address on an IPv6 socket", "::ffff:8.8.8.8", [401, 401, 429]],
  ["this machine", "127.0.0.1", [401, 401, 401]],
  ["this machine on an IPv6 socket", "::ffff:127.0.0.1", [401, 401, 401]],
  ["a network of the host's own", "10.0.0.7", [401, 401, 401]],
  ["no socket", undefined, [401, 401, 401]],
])("at the other end of the socket, %s (%s) is answered %j", async (_, peer, statuses) => {
  const { desk } = await aDesk({ floods: { unauthenticatedPerMinute: 2 } });
  const asks = () =>
    answerDesk(desk, {
      method: "GET",
      path: "/conversations",
      query: new URLSearchParams(),
      contentType: null,
      peer,
      authenticate: () => Promise.resolve(null),
      readBody: () => Promise.resolve(Buffer.alloc(0)),
    });
  expect((await many(3, asks)).map((answer) => answer?.status)).toEqual(statuses);
});

test.each([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["2001:DB8:0001:0002:ffff::1", "2001:db8:1:2"],
  ["2001:db8:1:2::", "2001:db8:1:2"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["no address", "no address"],
])("the network of %s is %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

describe("limits that all processes count together", () => {
  let redis: OwnRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  async function ofIoredis(): Promise<RedisClient> {
    const client = new Redis(redis.url, { maxRetriesPerRequest: 1 });
    client.on("error", () => undefined);
    ends.push(() => {
      client.disconnect();
    });
    await once(client, "ready");
    return client;
  }
  async function ofNodeRedis(): Promise<RedisClient> {
    const client = createClient({ url: redis.url });
    client.on("error", () => undefined);
    await client.connect();
    ends.push(() => {
      client.destroy();
    });
    return client;
  }

  test.each([
    ["ioredis", ofIoredis],
    ["node-redis", ofNodeRedis],
  ])("are counted by %s, in a window that ends, and emptied with Redis (F70)", async (_, make) => {
    const client = await make();
    const [one, other] = [redisLimits(client, { prefix: "a" }), redisLimits(client, { prefix: "a" })];
    const limit = { count: 3, windowMs: 2_000 };
    expect([await one.count("x", limit), await other.count("x", limit), await one.count("x", limit)]).toEqual([
      0, 0, 0,
    ]);
    const ms = await other.count("x", limit);
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(2_000);
    expect(await one.count("y", limit)).toBe(0);
    await expect.poll(() => one.count("x", limit), { timeout: 40_000, interval: 300 }).toBe(0);
    const admin = new Redis(redis.url);
    ends.push(() => {
      admin.disconnect();
    });
    await many(4, () => one.count("z", limit));
    await admin.flushall();
    expect(await one.count("z", limit)).toBe(0);
  });

  test("a principal who is over the limit in one process is soon refused in another", async () => {
    const sharedLimits = redisLimits(await ofIoredis());
    const [here, there] = await Promise.all([
      aHotel({ sharedLimits, floods: { commandsPerMinute: 20 } }),
      aHotel({ sharedLimits, floods: { commandsPerMinute: 20 } }),
    ]);
    const command = async (base: string) => {
      const headers = { authorization: "desk", "content-type": "application/json" };
      return (await fetch(`${base}/api/conversations/con_1/read`, { method: "POST", headers, body: "{}" })).status;
    };
    expect(new Set(await many(15, () => command(here.base)))).toEqual(new Set([404]));
    const elsewhere = await many(15, () => command(there.base));
    expect(elsewhere.slice(0, 5)).toEqual([404, 404, 404, 404, 404]);
    expect(elsewhere.at(-1)).toBe(429);
  });

  test("while Redis hangs or is away nobody waits, and each process counts by itself (F68, F69)", async () => {
    const sharedLimits = redisLimits(await ofIoredis());
    const { base } = await aHotel({ sharedLimits, floods: { commandsPerMinute: 10 } });
    const command = async () => {
      const headers = { authorization: "desk", "content-type": "application/json" };
      return (await fetch(`${base}/api/conversations/con_1/read`, { method: "POST", headers, body: "{}" })).status;
    };
    await redis.freeze();
    try {
      const at = performance.now();
      expect(await many(12, command)).toEqual([...Array<number>(10).fill(404), 429, 429]);
      expect(performance.now() - at).toBeLessThan(2_000);
    } finally {
      await redis.thaw();
    }
  });

  test.each([
    [
      "ioredis",
      () =>
        new Redis("redis://127.0.0.1:1", { maxRetriesPerRequest: null }).on("error", () => undefined) as RedisClient,
      (client: RedisClient) => "disconnect" in client && client.disconnect(),
    ],
    [
      "node-redis",
      () => {
        const client = createClient({ url: "redis://127.0.0.1:1" });
        client.on("error", () => undefined);
        // Rejects when the test is over.
        client.connect().catch(() => undefined);
        return client;
      },
      (client: RedisClient) => "destroy" in client && client.destroy(),
    ],
  ])(
    "nothing waits in %s for a Redis that is away, to be counted when that is long over (F68)",
    async (_, make, end) => {
      const client = make();
      ends.push(() => end(client));
      const limits = redisLimits(client);
      const counted = limits.count("x", { count: 1, windowMs: 60_000 }).then(
        () => "counted",
        () => "refused",
      );
      const late = new Promise((resolve) => setTimeout(resolve, 200, "waits"));
      expect(await Promise.race([counted, late])).toBe("refused");
    },
  );

  test("a counter that throws or never answers is no reason for anything", async () => {
    for (const sharedLimits of [
      { count: () => Promise.reject(new Error("away")) },
      { count: () => new Promise<number>(() => undefined) },
    ] satisfies SharedLimits[]) {
      const { base } = await aHotel({ sharedLimits, floods: { unsignedPerMinute: 3 } });
      expect((await many(4, () => hook(base))).map(({ status }) => status)).toEqual([401, 401, 401, 429]);
    }
  });

  test("are counted in a cluster", async () => {
    const cluster = await startRedisCluster();
    ends.push(() => cluster.stop());
    const client = new Cluster(cluster.nodes.map((url) => ({ host: "127.0.0.1", port: Number(new URL(url).port) })));
    ends.push(() => {
      client.disconnect();
    });
    await once(client, "ready");
    const limits = redisLimits(client);
    for (const key of ["a", "b", "c", "d"]) {
      const answers = await many(3, () => limits.count(key, { count: 2, windowMs: 60_000 }));
      expect(answers.map((ms) => ms > 0)).toEqual([false, false, true]);
    }
  }, 120_000);
});
