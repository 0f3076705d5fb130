import express from "express";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { webhookRouter } from "../../adapters/express/index.js";
import { memoryStorage } from "../../adapters/memory/index.js";
import { serverFindings, type ServerFacts } from "../../adapters/postgres/examine.js";
import { embeddedStorage, migrate, postgresStorage, shiftClock } from "../../adapters/postgres/index.js";
import {
  CHECKS,
  cloudApi,
  ConversationError,
  ConversationManager,
  type ConversationManagerOptions,
  type DoctorOptions,
  type Finding,
  type HotelOptions,
  type Storage,
  WORK_KINDS,
} from "../../src/index.js";
import { fakeWhatsApp, type FakeWhatsApp } from "../../src/testing/index.js";
import { APP_SECRET, delivery, GRAND_NUMBER, hotels, VERIFY_TOKEN } from "../harness/hotel.js";
import { emptyDatabase, freshDatabase } from "../support/databases.js";

const ACCOUNT = "100000000000001";
const APP = "600000000000001";
const [grand] = hotels as readonly [HotelOptions];
const WEBHOOK = { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN, appId: APP };
const DAY_MS = 86_400_000;

/** Checks that failed somewhere below. */
const failed = new Set<string>();
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/webhooks/whatsapp`;
}

interface Around {
  readonly storage?: Storage;
  readonly hotel?: Partial<HotelOptions>;
  readonly webhook?: Partial<ConversationManagerOptions["webhook"]>;
}

/** A hotel with a WhatsApp that knows it. */
async function aHotel({ storage = memoryStorage(), hotel = {}, webhook = {} }: Around = {}) {
  const whatsapp = await fakeWhatsApp({ appSecret: APP_SECRET, webhookUrl: "http://127.0.0.1:9/" });
  ends.push(() => whatsapp.close());
  const desk = new ConversationManager({
    hotels: [{ ...grand, accountId: ACCOUNT, ...hotel }],
    storage,
    transport: cloudApi({ graphUrl: whatsapp.graphUrl, deadlineMs: 2_000 }),
    webhook: { ...WEBHOOK, ...webhook },
  });
  ends.push(() => desk.stop());
  return { whatsapp, desk };
}

async function findings(desk: ConversationManager, options: DoctorOptions = {}): Promise<readonly Finding[]> {
  const told: Finding[] = [];
  const found = await desk.doctor({ ...options, onFinding: (finding) => told.push(finding) });
  expect(told, "each is told as it is found").toEqual(found);
  for (const { check, level } of found) if (level === "problem" || level === "warning") failed.add(check);
  for (const { level, advice } of found)
    if (level !== "ok") expect(advice, "who hears of something hears what to do").not.toBeNull();
  const said = JSON.stringify(found);
  for (const secret of [APP_SECRET, VERIFY_TOKEN, "grand-token"]) expect(said).not.toContain(secret);
  return found;
}
const of = (found: readonly Finding[], check: string) =>
  found.filter((finding) => finding.check === check).map(({ level, says }) => ({ level, says }));
const levelOf = (found: readonly Finding[], check: string) => of(found, check).map(({ level }) => level);

describe("what the doctor finds (M24)", () => {
  test("a hotel in order, on a server that keeps what it is given: nothing is wrong", async () => {
    const { whatsapp, desk } = await aHotel();
    await desk.start({ work: false });
    const app = express().use("/webhooks/whatsapp", webhookRouter(desk));
    const found = await findings(desk, { webhookUrl: await listening(app as RequestListener) });
    expect(found.filter(({ level, check }) => level !== "ok" && check !== "memory.gone")).toEqual([]);
    expect(whatsapp.requests, "nothing was sent").toBe(0);
  });

  test("WhatsApp does not take the token any more, or not for long, or it may too little", async () => {
    const { whatsapp, desk } = await aHotel();
    whatsapp.app({ tokensEndAt: new Date(Date.now() + 3 * DAY_MS) });
    expect(levelOf(await findings(desk), "whatsapp.token")).toEqual(["warning"]);
    whatsapp.app({ tokensEndAt: null, scopes: ["whatsapp_business_management"] });
    expect(levelOf(await findings(desk), "whatsapp.token")).toEqual(["problem"]);
    whatsapp.revokeToken("grand-token");
    expect(levelOf(await findings(desk), "whatsapp.token")).toEqual(["problem"]);
  });

  test("a number that is deleted, blocked, of low quality, or of another account", async () => {
    const { whatsapp, desk } = await aHotel();
    const told = async (known: Parameters<FakeWhatsApp["number"]>[1]) => {
      whatsapp.number(GRAND_NUMBER, {
        gone: false,
        canSend: "AVAILABLE",
        quality: "GREEN",
        account: ACCOUNT,
        ...known,
      });
      return levelOf(await findings(desk), "whatsapp.number");
    };
    expect(await told({ gone: true })).toEqual(["problem"]);
    expect(await told({ canSend: "BLOCKED" })).toEqual(["problem"]);
    expect(await told({ canSend: "LIMITED" })).toEqual(["warning"]);
    expect(await told({ quality: "RED" })).toEqual(["warning"]);
    expect(await told({ account: "100000000000099" })).toEqual(["problem"]);
  });

  test("app secrets of another app: every one, or the old one only", async () => {
    const other = await aHotel({ webhook: { appSecrets: ["of-another-app"] } });
    expect(levelOf(await findings(other.desk), "whatsapp.secret")).toEqual(["problem"]);
    const rotated = await aHotel({ webhook: { appSecrets: [APP_SECRET, "of-last-year"] } });
    expect(levelOf(await findings(rotated.desk), "whatsapp.secret")).toEqual(["warning"]);
  });

  test("nobody, or another app, is subscribed to the account; the app is not subscribed to messages", async () => {
    const { whatsapp, desk } = await aHotel();
    whatsapp.app({ accounts: [] });
    expect(levelOf(await findings(desk), "whatsapp.subscription")).toEqual(["problem"]);
    whatsapp.app({ accounts: [ACCOUNT], fields: ["account_update"] });
    expect(levelOf(await findings(desk), "whatsapp.fields")).toEqual(["problem"]);
    whatsapp.app({ fields: ["messages"] });
    expect(levelOf(await findings(desk), "whatsapp.fields")).toEqual(["warning"]);
  });

  test("templates that WhatsApp has otherwise, and one that the hotel would send and cannot", async () => {
    const welcome = {
      id: "welcome",
      when: { on: "reservation_created" },
      templates: { en: { type: "template", name: "welcome", language: "en" } },
    } as const;
    const { whatsapp, desk } = await aHotel({ hotel: { stays: { messages: [welcome] } } });
    const components = [{ type: "BODY", text: "Welcome." }] as const;
    expect(levelOf(await findings(desk), "whatsapp.templates")).toEqual(["problem"]);
    whatsapp.template({ name: "welcome", language: "en", components }, ACCOUNT);
    expect(levelOf(await findings(desk), "whatsapp.templates"), "it is there, and the desk does not know it").toEqual([
      "warning",
    ]);
    await desk.start({ work: false });
    await desk.as({ kind: "operator", id: "op" }).syncTemplates("grand");
    expect(levelOf(await findings(desk), "whatsapp.templates")).toEqual(["ok"]);
  });

  test("a webhook behind a body parser, one that is not mounted, one with other secrets, and one that nobody listens at", async () => {
    const { desk } = await aHotel();
    await desk.start({ work: false });
    const knock = async (listener: RequestListener) => {
      const found = await findings(desk, { webhookUrl: await listening(listener), hotels: [] });
      return [...of(found, "webhook.handshake"), ...of(found, "webhook.door")].map(({ says }) => says);
    };
    const parsing = express().use(express.json()).use("/webhooks/whatsapp", webhookRouter(desk));
    expect(await knock(parsing as RequestListener)).toEqual([
      "The handshake is answered.",
      "A signed delivery is answered 500 (body_already_parsed).",
    ]);
    expect(await knock(express() as RequestListener)).toEqual([
      "The handshake is answered 404.",
      "A signed delivery is answered 404.",
    ]);
    const stranger = await aHotel({ webhook: { appSecrets: ["another-secret"], verifyToken: "another-token" } });
    await stranger.desk.start({ work: false });
    const strange = express().use("/webhooks/whatsapp", webhookRouter(stranger.desk));
    expect(await knock(strange as RequestListener)).toEqual([
      "The handshake is answered 403.",
      "A signed delivery is answered 401 (signature_invalid).",
    ]);
    const nobody = await findings(desk, { webhookUrl: "http://127.0.0.1:9/webhooks/whatsapp", hotels: [] });
    expect(levelOf(nobody, "webhook.door")).toEqual(["problem"]);
  });

  test("a proxy that writes JSON anew breaks every signature, and the doctor's knock too (T08)", async () => {
    const { desk } = await aHotel();
    await desk.start({ work: false });
    const rewriting: RequestListener = (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const body = text === "" ? text : JSON.stringify(JSON.parse(text));
        const signature = request.headers["x-hub-signature-256"] as string;
        void desk.receive({ body: Buffer.from(body), signature }).then(({ status, error }) => {
          response.writeHead(status).end(JSON.stringify({ error: { code: error?.code } }));
        });
      });
    };
    const found = await findings(desk, { webhookUrl: await listening(rewriting), hotels: [] });
    expect(of(found, "webhook.door")[0]?.says).toContain("signature_invalid");
  });

  test("a clock that is a day off, as the database and WhatsApp tell it", async () => {
    const database = await freshDatabase();
    ends.push(() => database.drop());
    await shiftClock(database.pool, DAY_MS);
    const { desk } = await aHotel({ storage: postgresStorage(database.pool) });
    const clocks = (await findings(desk)).filter(({ check }) => check === "clock");
    expect(clocks.map(({ about, level }) => [about, level])).toEqual([
      ["the database", "warning"],
      ["WhatsApp", "ok"],
    ]);
  });

  test("an unsafe server, a small pool, and a schema that is not there", async () => {
    const database = await emptyDatabase();
    ends.push(() => database.drop());
    const small = new pg.Pool({
      connectionString: database.url,
      max: 2,
      options:
        "-c synchronous_commit=off -c default_transaction_isolation=serializable -c default_transaction_read_only=on",
    });
    ends.push(() => small.end());
    const before = await aHotel({ storage: postgresStorage(small) });
    expect(levelOf(await findings(before.desk), "schema"), "nobody has migrated").toEqual(["problem"]);
    await migrate(database.pool);
    const found = await findings(before.desk, { hotels: [] });
    const problems = ["server", "fsync", "synchronous_commit", "isolation"].map((name) =>
      levelOf(found, `postgres.${name}`),
    );
    expect(problems).toEqual([["problem"], ["problem"], ["problem"], ["problem"]]);
    expect(levelOf(found, "postgres.pool")).toEqual(["warning"]);
    expect(levelOf(found, "postgres.idle_in_transaction")).toEqual(["warning"]);
  });

  test("a server in order, an old one, one whose connections are nearly gone, and a transaction that somebody forgot", () => {
    const well: ServerFacts = {
      version: 160_004,
      readOnly: false,
      fsync: "on",
      fullPageWrites: "on",
      synchronousCommit: "on",
      isolation: "read committed",
      idleInTransactionMs: 60_000,
      oldestTransactionMs: 20,
      connections: 12,
      maxConnections: 100,
    };
    expect(new Set(serverFindings(well).map(({ level }) => level))).toEqual(new Set(["ok"]));
    const wrong = (facts: Partial<ServerFacts>) => {
      const found = serverFindings({ ...well, ...facts }).filter(({ level }) => level !== "ok");
      for (const { check } of found) failed.add(check);
      return found.map(({ check }) => check);
    };
    expect(wrong({ version: 130_010 })).toEqual(["postgres.server"]);
    expect(wrong({ fullPageWrites: "off" })).toEqual(["postgres.fsync"]);
    expect(wrong({ connections: 95 })).toEqual(["postgres.connections"]);
    expect(wrong({ oldestTransactionMs: 3_600_000 })).toEqual(["postgres.old_transaction"]);
  });

  test("PGlite says that a power cut may lose what was acknowledged (design §5.15)", async () => {
    const folder = mkdtempSync(join(tmpdir(), "belldesk-doctor-"));
    ends.push(() => rm(folder, { recursive: true, force: true }));
    const { desk } = await aHotel({ storage: embeddedStorage({ dataDir: folder }) });
    expect(levelOf(await findings(desk, { hotels: [] }), "schema")).toEqual(["problem"]);
    await desk.start({ work: false, migrate: true });
    const found = await findings(desk, { hotels: [] });
    expect(levelOf(found, "pglite.power_loss")).toEqual(["warning"]);
    expect(found.filter(({ check }) => check.startsWith("postgres."))).toEqual([]);
  });

  test("a database that nobody reaches", async () => {
    const pool = new pg.Pool({ host: "127.0.0.1", port: 9 });
    ends.push(() => pool.end());
    const { desk } = await aHotel({ storage: postgresStorage(pool) });
    const found = await findings(desk);
    expect(found.map(({ check, level }) => [check, level])).toEqual([["storage", "problem"]]);
  });

  test("guests wait for a desk in which nobody works, a killed process left what it held, and work was set aside", async () => {
    let passedMs = 0;
    const storage = memoryStorage({ clock: { now: () => new Date(Date.now() + passedMs) } });
    const { desk } = await aHotel({ storage });
    await desk.start({ work: false });
    const claimed = async () => {
      const { lanes } = await storage.claim({ kind: "inbound", lanes: 1, itemsPerLane: 1, leaseMs: 8_000 });
      return lanes[0]!;
    };
    const work = async () =>
      (await findings(desk, { hotels: [] }))
        .filter(({ check, level }) => check.startsWith("work.") && level !== "ok")
        .map(({ check, about, level }) => [check, about, level]);
    for (const last of ["01", "02"]) {
      const body = delivery([{ from: `120255501${last}`, wamid: `wamid.${last}`, text: "Hello?" }]);
      expect((await desk.receive(body)).status).toBe(200);
    }
    expect(await work(), "it has only just come").toEqual([]);
    passedMs += 120_000;
    expect(await work()).toEqual([["work.waiting", "inbound", "warning"]]);

    const poisoned = await claimed();
    await storage.fail([{ lane: poisoned, workId: poisoned.items[0]!.id, code: "internal", retryInMs: null }]);
    await claimed();
    expect(await work(), "what waited is in somebody's hands now").toEqual([["work.dead", "inbound", "warning"]]);
    passedMs += 900_000;
    expect(await work()).toEqual([
      ["work.waiting", "inbound", "problem"],
      ["work.stuck", "inbound", "problem"],
      ["work.dead", "inbound", "warning"],
    ]);
  });

  test("a desk that was stopped, and a hotel that there is not, are refused", async () => {
    const { desk } = await aHotel();
    await expect(desk.doctor({ hotels: ["elsewhere"] })).rejects.toMatchObject({ code: "not_found" });
    await desk.stop();
    await expect(desk.doctor()).rejects.toMatchObject({ code: "not_started" });
  });

  test("WhatsApp out of reach is said, and hides nothing else", async () => {
    const { desk, whatsapp } = await aHotel();
    await whatsapp.close();
    const found = await findings(desk);
    expect(levelOf(found, "whatsapp.token")).toEqual(["unknown"]);
    expect(levelOf(found, "work.dead")).toEqual(["ok"]);
  });

  test("whatever the doctor looks at was found wrong in one of the stories above", () => {
    expect([...failed].toSorted()).toEqual(Object.keys(CHECKS).toSorted());
  });
});

describe("how a process is", () => {
  test("down before it starts and after it stops, ok between", async () => {
    const { desk } = await aHotel();
    expect(await desk.health()).toMatchObject({ status: "down", reasons: ["not_started"] });
    await desk.start({ work: false });
    const { status, work } = await desk.health();
    expect([status, work.map(({ due, dead }) => due + dead)]).toEqual(["ok", WORK_KINDS.map(() => 0)]);
    await desk.stop();
    expect((await desk.health()).status).toBe("down");
  });

  test("down while the database is gone, degraded while work waits", async () => {
    const now = new Date();
    let answers: () => ReturnType<Storage["pulse"]> = () =>
      Promise.reject(new ConversationError("storage_unavailable"));
    const storage = { ...memoryStorage(), pulse: () => answers() };
    const { desk } = await aHotel({ storage });
    await desk.start({ work: false });
    expect(await desk.health()).toEqual({ status: "down", reasons: ["storage_unavailable"], work: [] });
    const oldestDueAt = new Date(now.getTime() - 120_000);
    const kinds = [{ kind: "inbound", due: 2, oldestDueAt, abandoned: 1, dead: 0 }] as const;
    answers = () => Promise.resolve({ now, kinds, unknownSends: 0 });
    expect(await desk.health()).toMatchObject({ status: "degraded", reasons: ["work_waits", "work_stuck"] });
    answers = () => new Promise(() => undefined);
    expect(await desk.health(), "a database that says nothing").toMatchObject({
      status: "down",
      reasons: ["storage_timeout"],
    });
  });
});
