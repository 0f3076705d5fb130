import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { postgresStorage } from "../../adapters/postgres/index.js";
import {
  ConversationError,
  ConversationManager,
  type DeskEvent,
  type LogFields,
  type Storage,
} from "../../src/index.js";
import { aCommand } from "../../src/testing/index.js";
import type { ConsumerProcessOptions } from "../harness/consumer.js";
import { APP_SECRET, eventually, hotels, VERIFY_TOKEN } from "../harness/hotel.js";
import { ended } from "../harness/processes.js";
import { freshDatabase } from "../support/databases.js";

/** So many things happen in a hotel. */
const happen = (storage: Storage, count: number, hotelId = "grand") =>
  storage.commit(hotelId, [
    aCommand({
      hotelId,
      events: Array.from({ length: count }, (_, n) => ({
        conversationId: `con_${String(n)}`,
        departmentId: "reception",
        body: { type: "conversation.reopened", leaves: null },
      })),
    }),
  ]);
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, n) => first + n);
const coded = (code: string) => expect.objectContaining({ code }) as Error;

describe("a consumer of the event log", () => {
  const desks: ConversationManager[] = [];
  afterEach(async () => {
    await Promise.all(desks.splice(0).map((desk) => desk.stop()));
  });

  function aDesk(storage: Storage, logged: LogFields[] = []): ConversationManager {
    const log = (fields: LogFields) => void logged.push(fields);
    const desk = new ConversationManager({
      hotels,
      storage,
      transport: { send: () => Promise.resolve({ outcome: "unknown", failure: { code: "none", message: "none" } }) },
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { pollMs: 10, retryBaseMs: 1, retryCapMs: 5 },
      logger: { debug: log, info: log, warn: log, error: log },
    });
    desks.push(desk);
    return desk;
  }

  test("hears everything from the beginning, in order in each hotel, each with its key, and goes on where it stood", async () => {
    const storage = memoryStorage();
    await happen(storage, 150);
    await happen(storage, 3, "seaside");
    const heard: string[] = [];
    const hear = (_: DeskEvent, { key }: { readonly key: string }) => void heard.push(key);
    const first = aDesk(storage);
    first.consume("invoices", hear);
    await first.start();
    await eventually("all are heard", () => Promise.resolve(heard.length === 153));
    await first.stop();
    const of = (hotel: string) => heard.filter((key) => key.startsWith(`${hotel}/`));
    expect(of("grand")).toEqual(upTo(150).map((seq) => `grand/${String(seq)}`));
    expect(of("seaside")).toEqual(upTo(3).map((seq) => `seaside/${String(seq)}`));

    const second = aDesk(storage);
    await second.start();
    second.consume("invoices", hear);
    await happen(storage, 2);
    await eventually("the next ones too", () => Promise.resolve(heard.length === 155));
    expect(heard.slice(153)).toEqual(["grand/151", "grand/152"]);
  });

  test("that begins now hears nothing old", async () => {
    const storage = memoryStorage();
    await happen(storage, 5);
    const heard: number[] = [];
    const desk = aDesk(storage);
    await desk.start();
    desk.consume("mailing", ({ seq }) => void heard.push(seq), { from: "now" });
    await eventually("it is known", async () => (await desk.consumers()).length === 1);
    await happen(storage, 1);
    await eventually("what is new is heard", () => Promise.resolve(heard.length > 0));
    expect(heard).toEqual([6]);
  });

  test("that nobody needs is forgotten, once whoever reads has stopped; who reads in another process begins anew", async () => {
    const storage = memoryStorage();
    await happen(storage, 2);
    const heard: string[] = [];
    const logged: LogFields[] = [];
    const [desk, other] = [aDesk(storage), aDesk(storage, logged)];
    await desk.start();
    const consumer = desk.consume("mailing", ({ seq }) => void heard.push(`here ${String(seq)}`));
    await eventually("all are heard", () => Promise.resolve(heard.length === 2));
    await expect(desk.forgetConsumer("mailing")).rejects.toMatchObject({ code: "config_invalid" });
    await consumer.stop();
    expect(await desk.forgetConsumer("mailing")).toBe(true);
    expect(await desk.forgetConsumer("mailing")).toBe(false);
    expect(await desk.consumers()).toEqual([]);

    await other.start();
    other.consume("mailing", ({ seq }) => void heard.push(`there ${String(seq)}`), { from: "now" });
    await eventually("it is known", async () => (await desk.consumers()).length === 1);
    expect(await desk.forgetConsumer("mailing")).toBe(true);
    await eventually("it is known again", async () => (await desk.consumers()).length === 1);
    await happen(storage, 1);
    await eventually("what is new is heard", () => Promise.resolve(heard.length > 2));
    expect(heard).toEqual(["here 1", "here 2", "there 3"]);
    expect(logged).toMatchObject([{ consumer: "mailing" }]);
  });

  test("whose handler throws gets the event again and skips none, while other hotels go on; the log says where, and not what", async () => {
    const storage = memoryStorage();
    await happen(storage, 4);
    await happen(storage, 4, "seaside");
    const logged: LogFields[] = [];
    const heard: string[] = [];
    const desk = aDesk(storage, logged);
    await desk.start();
    let mended = false;
    desk.consume("invoices", async function billing({ hotelId, seq }, { attempt }) {
      await Promise.resolve();
      if (hotelId === "grand" && seq === 3 && !mended) throw new RangeError(`my secret diary ${String(attempt)}`);
      heard.push(`${hotelId}/${String(seq)} ${String(attempt)}`);
    });
    const failures = () => logged.filter(({ consumer, seq }) => consumer === "invoices" && seq === 3);
    await eventually("it failed three times", () => Promise.resolve(failures().length >= 3));
    expect(heard.filter((key) => key.startsWith("seaside"))).toEqual(upTo(4).map((n) => `seaside/${String(n)} 1`));
    expect(heard.filter((key) => key.startsWith("grand"))).toEqual(["grand/1 1", "grand/2 1"]);
    const stuck = (await desk.consumers()).find(({ hotelId }) => hotelId === "grand");
    expect(stuck).toMatchObject({ name: "invoices", seq: 2, lastSeq: 4, code: "handler_failed" });
    expect(stuck?.failures).toBeGreaterThanOrEqual(3);
    mended = true;
    await eventually("it goes on", () => Promise.resolve(heard.some((key) => key.startsWith("grand/4"))));
    expect(heard.filter((key) => key.startsWith("grand/3"))).toHaveLength(1);
    expect(failures().map(({ attempt }) => attempt)).toEqual(upTo(failures().length));
    expect(failures()[0]).toMatchObject({
      hotelId: "grand",
      error: "RangeError",
      stack: expect.stringContaining("billing") as string,
    });
    expect(JSON.stringify(logged)).not.toContain("diary");
  });

  test("whose storage fails for a moment misses nothing", async () => {
    const storage = memoryStorage();
    await happen(storage, 20);
    let failures = 6;
    const failing =
      <Asked, Result>(verb: (asked: Asked) => Promise<Result>) =>
      (asked: Asked): Promise<Result> =>
        failures-- > 0 ? Promise.reject(new ConversationError("storage_unavailable")) : verb(asked);
    const heard: number[] = [];
    const desk = aDesk({
      ...storage,
      openConsumer: failing<Parameters<Storage["openConsumer"]>[0], boolean>((asked) => storage.openConsumer(asked)),
      claimEvents: failing((asked) => storage.claimEvents(asked)),
      moveConsumer: failing((asked) => storage.moveConsumer(asked)),
    });
    desk.consume("invoices", ({ seq }) => void heard.push(seq));
    await desk.start();
    await eventually("all are heard", () => Promise.resolve(heard.length >= 20));
    expect(heard).toEqual(upTo(20));
  });

  test("that is stopped ends the event in hand, stores its place, and takes no other", async () => {
    const storage = memoryStorage();
    await happen(storage, 5);
    const heard: number[] = [];
    let goOn: () => void = () => undefined;
    const desk = aDesk(storage);
    await desk.start();
    const consumer = desk.consume("invoices", async ({ seq }) => {
      heard.push(seq);
      if (seq === 2) await new Promise<void>((resolve) => (goOn = resolve));
    });
    await eventually("it is at the second", () => Promise.resolve(heard.length === 2));
    const stopping = consumer.stop();
    await delay(30);
    expect(heard).toEqual([1, 2]);
    goOn();
    await stopping;
    expect(heard).toEqual([1, 2]);
    expect(await desk.consumers()).toMatchObject([{ seq: 2, lastSeq: 5 }]);
    desk.consume("invoices", ({ seq }) => void heard.push(seq));
    await eventually("its successor goes on", () => Promise.resolve(heard.length === 5));
    expect(heard).toEqual(upTo(5));
  });

  test("is not read by a process that does no work, and has a name that is its own in a process", async () => {
    const storage = memoryStorage();
    await happen(storage, 1);
    const desk = aDesk(storage);
    const heard: number[] = [];
    desk.consume("invoices", ({ seq }) => void heard.push(seq));
    await desk.start({ work: false });
    await delay(50);
    expect(heard).toEqual([]);
    expect(() => desk.consume("invoices", () => undefined)).toThrow(coded("config_invalid"));
    expect(() => desk.consume("In voices", () => undefined)).toThrow(coded("config_invalid"));
    await desk.stop();
    expect(() => desk.consume("mailing", () => undefined)).toThrow(coded("not_started"));
  });
});

describe("processes that share a consumer's name, over one PostgreSQL", () => {
  const LEASE_MS = 1_000;
  const children: ChildProcess[] = [];
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => ended(child, "SIGKILL")));
    await database.drop();
  });

  async function open() {
    database = await freshDatabase();
    const storage = postgresStorage(database.pool);
    await storage.open({ migrate: true });
    await database.pool.query("create table handled (n bigserial, who text, hotel text, seq bigint, key text)");
    return storage;
  }
  async function start(options: Omit<ConsumerProcessOptions, "url" | "leaseMs">): Promise<ChildProcess> {
    const program = fileURLToPath(new URL("../harness/consumer.ts", import.meta.url));
    const argument = JSON.stringify({ ...options, url: database.url, leaseMs: LEASE_MS });
    const child = spawn(process.execPath, ["--import", "./scripts/typescript.mjs", program, argument], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    children.push(child);
    // One that dies soon may never say that it is ready.
    await Promise.race([once(child, "message"), once(child, "exit")]);
    return child;
  }
  async function handled(hotel = "grand") {
    const { rows } = await database.pool.query<{ who: string; seq: string }>(
      "select who, seq from handled where hotel = $1 order by n",
      [hotel],
    );
    return rows.map(({ who, seq }) => ({ who, seq: Number(seq) }));
  }
  const all = (last: number, hotel = "grand") =>
    eventually(`${hotel} is read to its end`, async () => {
      const seqs = (await handled(hotel)).map(({ seq }) => seq);
      const { rows } = await database.pool.query("select 1 from belldesk.consumers where hotel_id = $1 and seq = $2", [
        hotel,
        last,
      ]);
      return rows.length === 1 && seqs.includes(last) && seqs;
    });

  test("one dies five times between having handled an event and having stored its place: it is handled again, none is lost, none out of order", async () => {
    const storage = await open();
    await happen(storage, 40);
    for (let death = 1; death <= 5; death++) {
      const child = await start({ who: String(death), diesAt: death * 8 - 1 });
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      expect(child.signalCode).toBe("SIGKILL");
      await happen(storage, 1);
    }
    await start({ who: "last" });
    const seqs = await all(45);
    expect([...new Set(seqs)]).toEqual(upTo(45));
    // In each process's hands the log was read in order, from a place that was not yet stored: never over an event.
    const notes = await handled();
    for (const who of new Set(notes.map((note) => note.who))) {
      const own = notes.filter((note) => note.who === who).map(({ seq }) => seq);
      expect(own).toEqual(upTo(own.at(-1)!, own[0]));
    }
    const first = notes.find(({ who }) => who === "last")!;
    expect(first.seq).toBeLessThanOrEqual(40);
    expect(notes.filter(({ seq }) => seq === 39).length).toBeGreaterThan(1);
  }, 120_000);

  test("one that was frozen in the middle of an event moves the place nowhere when it wakes: its successor's stands (M16)", async () => {
    const storage = await open();
    await happen(storage, 10);
    const frozen = await start({ who: "frozen", waitsAt: 4 });
    await eventually("it is at the fourth", async () => (await handled()).length === 4);
    frozen.kill("SIGSTOP");
    await start({ who: "successor" });
    await all(10);
    frozen.kill("SIGCONT");
    frozen.send("go on");
    await happen(storage, 5);
    await all(15);
    expect(await ended(frozen, "SIGTERM")).toBe(0);
    const notes = await handled();
    expect(
      notes
        .filter(({ who }) => who === "successor")
        .map(({ seq }) => seq)
        .slice(0, 10),
    ).toEqual(upTo(10));
    // It stopped with the event that it was in the middle of: nothing was handled out of order but that one.
    const seqs = notes.slice(4).map(({ seq }) => seq);
    expect(seqs).toEqual(upTo(15));
    const { rows } = await database.pool.query("select seq from belldesk.consumers where hotel_id = 'grand'");
    expect(rows).toEqual([{ seq: "15" }]);
  }, 120_000);

  test("two that live share the hotels, and each event is handled once, in order", async () => {
    const storage = await open();
    await Promise.all([start({ who: "a" }), start({ who: "b" })]);
    const many = Array.from({ length: 6 }, (_, n) => `hotel-${String(n)}`);
    for (let round = 0; round < 30; round++) await Promise.all(many.map((hotel) => happen(storage, 10, hotel)));
    for (const hotel of many) expect(await all(300, hotel)).toEqual(upTo(300));
  }, 120_000);
});
