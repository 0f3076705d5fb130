import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, describe, expect, test } from "vitest";
import { deskRouter } from "../../adapters/express/index.js";
import { memoryStorage } from "../../adapters/memory/index.js";
import {
  ConversationError,
  ConversationManager,
  type ConversationManagerOptions,
  type LogFields,
  type Principal,
  type Transport,
} from "../../src/index.js";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";

const transport: Transport = {
  send: ({ correlationId }) => Promise.resolve({ outcome: "accepted", wamid: `wamid.${correlationId}` }),
};
const webhook = { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN };

describe("a listener of the host that fails", () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  test("costs no guest their message, and the host reads in the log where it failed but not what a guest said", async () => {
    const logged: LogFields[] = [];
    const log = (fields: LogFields) => void logged.push(fields);
    const desk = new ConversationManager({
      hotels,
      storage: memoryStorage(),
      transport,
      webhook,
      logger: { debug: log, info: log, warn: log, error: log },
    });
    await desk.start();
    ends.push(() => desk.stop());
    desk.on("message.received", function greeting() {
      throw new SyntaxError("Unexpected token: my secret diary");
    });
    desk.on("message.received", async function slowly() {
      await Promise.resolve();
      throw new RangeError("my secret diary");
    });
    await desk.receive(delivery([{ from: "12025550101", wamid: "wamid.1", text: "my secret diary" }]));
    await eventually("it is processed", async () => (await desk.as(manager).conversations()).items[0]);
    await eventually("both are logged", () => Promise.resolve(logged.filter(({ error }) => error).length === 2));
    expect(logged).toContainEqual({
      event: "message.received",
      error: "SyntaxError",
      stack: expect.stringContaining("greeting") as string,
    });
    expect(logged).toContainEqual({
      event: "message.received",
      error: "RangeError",
      stack: expect.stringContaining("manager.test.ts") as string,
    });
    expect(JSON.stringify(logged)).not.toContain("diary");
  });
});

describe("opening and closing", () => {
  function aDoor() {
    let open: () => void = () => undefined;
    const passed = new Promise<void>((resolve) => (open = resolve));
    return { passed, open: () => open() };
  }

  /** A desk on a storage whose doors open and close when the test says so. */
  function aDesk() {
    const storage = memoryStorage();
    const steps: string[] = [];
    const opening = aDoor();
    const closing = aDoor();
    const desk = new ConversationManager({
      hotels,
      transport,
      webhook,
      storage: {
        ...storage,
        open: async (how) => {
          await opening.passed;
          await storage.open(how);
          steps.push("opened");
        },
        claim: (claim) => {
          steps.push("claimed");
          return storage.claim(claim);
        },
        close: async () => {
          await closing.passed;
          await storage.close();
          steps.push("closed");
        },
      },
    });
    return { desk, steps, opening, closing };
  }
  const coded = (code: string) => expect.objectContaining({ code }) as Error;

  test("a desk that runs, or was stopped, is not started again, and says what to do", async () => {
    const { desk, opening, closing } = aDesk();
    opening.open();
    closing.open();
    await desk.start();
    await expect(desk.start()).rejects.toThrow(coded("already_started"));
    await desk.stop();
    await expect(desk.start()).rejects.toThrow(coded("already_started"));
  });

  test("a desk that is stopped while it opens does no work and closes its storage", async () => {
    const { desk, steps, opening, closing } = aDesk();
    closing.open();
    const starting = desk.start();
    const stopping = desk.stop();
    opening.open();
    await expect(starting).rejects.toThrow(coded("not_started"));
    await stopping;
    expect(desk.ready).toBe(false);
    expect(steps).toEqual(["opened", "closed"]);
  });

  test("a desk that could not open may try again, but not after it was stopped", async () => {
    let lost = true;
    const storage = memoryStorage();
    const desk = new ConversationManager({
      hotels,
      transport,
      webhook,
      storage: { ...storage, open: (how) => (lost ? Promise.reject(new Error("no database")) : storage.open(how)) },
    });
    await expect(desk.start()).rejects.toThrow("no database");
    lost = false;
    await desk.start();
    expect(desk.ready).toBe(true);
    await desk.stop();
  });

  test("who stops a desk that is stopping waits until it has drained", async () => {
    const { desk, steps, opening, closing } = aDesk();
    opening.open();
    await desk.start();
    const first = desk.stop();
    const second = desk.stop().then(() => steps.at(-1));
    closing.open();
    await first;
    expect(await second).toBe("closed");
  });
});

describe("a desk that is stopped while staff do something", () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** A desk in a host as the examples have it, whose storage takes nothing once it is closed, and loads no conversation when held. */
  async function aHost() {
    const storage = memoryStorage();
    const steps: string[] = [];
    const logged: LogFields[] = [];
    const log = (fields: LogFields) => void logged.push(fields);
    let held: Promise<void> | null = null;
    let release: () => void = () => undefined;
    let isLoading: () => void = () => undefined;
    const loading = new Promise<void>((resolve) => (isLoading = resolve));
    const desk = new ConversationManager({
      hotels,
      transport,
      webhook,
      logger: { debug: log, info: log, warn: log, error: log },
      storage: {
        ...storage,
        async loadConversation(key) {
          const loaded = await storage.loadConversation(key);
          if (held !== null) isLoading();
          await held;
          return loaded;
        },
        commit: (...change) =>
          steps.includes("closed") ? Promise.reject(new ConversationError("not_started")) : storage.commit(...change),
        async close() {
          steps.push("closed");
          await storage.close();
        },
      },
    });
    await desk.start();
    ends.push(() => desk.stop());
    const app = express().use("/api", deskRouter(desk, { authenticate: () => manager }));
    const server = app.listen(0, "127.0.0.1");
    await once(server, "listening");
    ends.push(() => server.close());
    await desk.receive(delivery([{ from: "12025550101", wamid: "wamid.1", text: "hello" }]));
    const { id } = await eventually("it is there", async () => (await desk.as(manager).conversations()).items[0]);
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api/conversations/${id}/close`;
    return {
      desk,
      storage,
      steps,
      logged,
      loading,
      /** Asks for it, and stands still within it. */
      closes() {
        held = new Promise((resolve) => (release = resolve));
        const headers = { "content-type": "application/json" };
        const asked = fetch(url, { method: "POST", headers, body: "{}" });
        const answered = asked.then(async (answer) => {
          steps.push("answered");
          return { status: answer.status, json: (await answer.json()) as { status?: string } };
        });
        return answered;
      },
      release: () => release(),
      async stops() {
        await desk.stop();
        steps.push("stopped");
        server.closeAllConnections();
      },
    };
  }

  test("does what was begun and answers it, and is stopped after that", async () => {
    const host = await aHost();
    const answered = host.closes();
    await host.loading;
    const stopping = host.stops();
    expect(host.desk.ready).toBe(false);
    expect(() => host.desk.as(manager)).toThrow("[not_started]");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(host.steps).toEqual([]);
    host.release();
    expect(await answered).toMatchObject({ status: 200, json: { status: "closed" } });
    await stopping;
    expect(host.steps.indexOf("closed")).toBeLessThan(host.steps.indexOf("stopped"));
    expect(host.logged).toEqual([]);
  });

  test("waits only so long for what does not end, and says so", async () => {
    const host = await aHost();
    const answered = host.closes().catch(() => "cut off");
    await host.loading;
    const since = performance.now();
    await host.stops();
    expect(performance.now() - since).toBeLessThan(15_000);
    expect(host.logged).toContainEqual({ code: "stopped_meanwhile", waitMs: 5_000 });
    expect(await answered).toBe("cut off");
    host.release();
  });
});

describe("what a host can get wrong", () => {
  test.each([
    ["nobody is asked about messages", {}, null],
    ["a classify is", { classify: () => Promise.resolve(null) }, "routing.deadlineMs"],
    [
      "a processor is",
      { processors: [{ name: "own", process: () => null }, "flow", "service", "fallback"] },
      "routing.deadlineMs",
    ],
  ] as const)("is how long is waited for the host, when %s", (_, routing, path) => {
    const made = () =>
      new ConversationManager({
        ...{ hotels, storage: memoryStorage(), transport, webhook, work: { leaseMs: 1_000 } },
        routing: { ...routing, deadlineMs: 1_000 },
      });
    if (path === null) expect(made).not.toThrow();
    else
      expect(made).toThrow(
        expect.objectContaining({
          code: "config_invalid",
          details: { issues: [{ path, message: "less than work.leaseMs" }] },
        }),
      );
  });

  test("in the options is told all at once, each with its path", () => {
    const wrong = {
      hotels: [{ ...hotels[0], timeZone: "Rome" }],
      webhook: { appSecrets: [], verifyToken: "short" },
      transport: {},
      logLevel: "debug",
    } as unknown as ConversationManagerOptions;
    const issues = (options: ConversationManagerOptions): unknown => {
      try {
        new ConversationManager(options);
      } catch (error) {
        const { code, details } = error as { code: string; details: { issues: { path: string }[] } };
        return [code, ...details.issues.map(({ path }) => path)];
      }
      return null;
    };
    expect(issues(wrong)).toEqual([
      "config_invalid",
      "webhook.appSecrets",
      "webhook.verifyToken",
      "",
      "hotels.0.timeZone",
      "storage",
      "transport",
    ]);
    expect(issues({} as ConversationManagerOptions)).toEqual([
      "config_invalid",
      "webhook",
      "hotels",
      "storage",
      "transport",
    ]);
  });

  test.each<[string, unknown]>([
    ["", null],
    ["", "anna"],
    ["kind", { id: "anna", role: "agent", hotels: {} }],
    ["kind", { kind: "visitor", id: "anna" }],
    ["hotelId", { kind: "guest", id: "anna", guestId: "gst_1" }],
    ["guestId", { kind: "guest", id: "anna", hotelId: "grand", guestId: "" }],
    ["id", { kind: "operator" }],
    ["name", { kind: "staff", id: "anna", name: 7, role: "agent", hotels: {} }],
    ["role", { kind: "staff", id: "anna", role: "boss", hotels: {} }],
    ["role", { kind: "staff", id: "anna", role: "constructor", hotels: {} }],
    ["hotels", { kind: "staff", id: "anna", role: "agent", hotels: ["grand"] }],
    ["hotels.grand", { kind: "staff", id: "anna", role: "agent", hotels: { grand: "reception" } }],
  ])("in a principal is told by the member that is wrong: %s of %j", async (member, principal) => {
    const desk = new ConversationManager({ hotels, storage: memoryStorage(), transport, webhook });
    await desk.start();
    try {
      expect(() => desk.as(principal as Principal)).toThrow(
        expect.objectContaining({
          code: "principal_invalid",
          details: { member, expected: expect.any(String) as string },
        }),
      );
    } finally {
      await desk.stop();
    }
  });
});
