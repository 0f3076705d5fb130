import { createServer } from "node:http";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { Pool } from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { localFiles } from "../../adapters/local-files/index.js";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { redisLimits, redisRealtime } from "../../adapters/redis/index.js";
import { startRedis, type OwnRedis } from "../../scripts/services/redis.mjs";
import {
  cloudApi,
  ConversationManager,
  defineFlow,
  keyword,
  type Erasure,
  type Logger,
  type ShownMessage,
} from "../../src/index.js";
import { fakeWhatsApp } from "../../src/testing/index.js";
import {
  admin,
  APP_SECRET,
  eventually,
  GRAND_NUMBER,
  hotels,
  manager,
  signed,
  VERIFY_TOKEN,
} from "../harness/hotel.js";
import { freshDatabase, type Database } from "../support/databases.js";
import { aPng } from "../support/files.js";

/** Words that stand for one guest, and nowhere else. */
const CANARIES = {
  phone: "393477712345",
  bsuid: "IT.77712345999",
  name: "Zanzibar Quetzal",
  text: "kookaburra",
  caption: "wombat",
  file: "numbat.png",
  note: "quokka",
  answer: "bandicoot",
  stay: "Echidna",
  task: "cassowary",
  edit: "thylacine",
  reason: "goanna",
  command: "lorikeet",
  reservation: "RES-platypus",
  kept: "bilby",
} as const;
/** And by which bytes a file of theirs is known. */
const PICTURE = aPng(77);

const flow = defineFlow({ id: "allergies", version: 1, triggers: [keyword("allergies")] })
  .ask("what", { text: "What may you not eat?" })
  .build();

let closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});

interface Delivered {
  readonly body: Buffer;
  readonly signature: string;
}

/** A whole hotel on PostgreSQL, with files in a folder and Redis between its processes. */
async function aWholeHotel() {
  const database: Database = await freshDatabase();
  closing.push(database.drop);
  const redisServer: OwnRedis = await startRedis();
  closing.push(() => redisServer.stop());
  const redis = new Redis(redisServer.url);
  closing.push(() => {
    redis.disconnect();
    return Promise.resolve();
  });
  const folder = await mkdtemp(join(tmpdir(), "belldesk-erasure-"));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  const logged: string[] = [];
  const log = (fields: unknown, message: unknown): void => {
    logged.push(JSON.stringify([fields, message]));
  };
  const logger: Logger = { debug: log, info: log, warn: log, error: log };

  let desk: ConversationManager | null = null;
  const webhooks: Delivered[] = [];
  const door = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const delivered = { body: Buffer.concat(chunks), signature: String(request.headers["x-hub-signature-256"]) };
      webhooks.push(delivered);
      void desk?.receive(delivered).then(({ status }) => response.writeHead(status).end());
    });
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  closing.push(() => new Promise((resolve) => door.close(resolve)));
  const webhookUrl = `http://127.0.0.1:${String((door.address() as AddressInfo).port)}/`;
  const fake = await fakeWhatsApp({ appSecret: APP_SECRET, webhookUrl, reports: ["sent", "delivered", "read"] });
  const [grand] = hotels;
  const made = new ConversationManager({
    hotels: [{ ...grand!, departments: grand!.departments.slice(0, 1) }],
    storage: postgresStorage(database.pool),
    transport: cloudApi({ graphUrl: fake.graphUrl }),
    realtime: redisRealtime(redis),
    sharedLimits: redisLimits(redis),
    media: { store: localFiles({ folder: join(folder, "media") }), tempDir: join(folder, "temp") },
    flows: [flow],
    logger,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    work: { pollMs: 10 },
  });
  desk = made;
  await made.start({ migrate: true });
  closing.push(async () => {
    await fake.close();
    await made.stop();
  });
  const staff = () => made.as(manager);

  /** What staff see of a message. */
  const sees = (fits: (message: ShownMessage) => boolean) =>
    eventually("staff see it", async () => {
      for (const { id, guest } of (await staff().conversations({ limit: 100 })).items) {
        const { items } = await staff().messages(id, { limit: 100 });
        const found = items.find(fits);
        if (found !== undefined) return { message: found, conversationId: id, guestId: guest.id };
      }
      return null;
    });

  /** Everything that lies anywhere: the database's rows, the folder's files and their names, Redis, the log. */
  async function everything(): Promise<string> {
    const rows = await dumpOf(database.pool);
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = await Promise.all(
      names
        .filter((one) => one.isFile())
        .map(async (one) => `${one.name} ${(await readFile(join(one.parentPath, one.name))).toString("latin1")}`),
    );
    const keys: string[] = [];
    for (const key of await redis.keys("*")) keys.push(key, JSON.stringify(await redis.dump(key)));
    return [JSON.stringify(rows), ...files, ...keys, ...logged].join("\n");
  }

  return { desk: made, fake, staff, sees, webhooks, pool: database.pool, everything, folder };
}
type WholeHotel = Awaited<ReturnType<typeof aWholeHotel>>;

type Dump = Readonly<Record<string, readonly object[]>>;
const TABLES = `select tablename as name from pg_tables where schemaname = 'belldesk' order by 1`;

/** Every row of every table, as a dump of the data holds them. */
async function dumpOf(pool: Pool): Promise<Dump> {
  const { rows } = await pool.query<{ name: string }>(TABLES);
  const dump: Record<string, readonly object[]> = {};
  for (const { name } of rows)
    dump[name] = (await pool.query<{ row: object }>(`select to_json(t) as row from belldesk.${name} t`)).rows.map(
      ({ row }) => row,
    );
  return dump;
}

/** Puts a dump in the place of what is there, as a restored backup does. */
async function restore(pool: Pool, dump: Dump): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin; set local session_replication_role = replica");
    for (const [name, rows] of Object.entries(dump)) {
      await client.query(`delete from belldesk.${name}`);
      await client.query(
        `insert into belldesk.${name} overriding system value select * from json_populate_recordset(null::belldesk.${name}, $1)`,
        [JSON.stringify(rows)],
      );
    }
    await client.query("commit");
  } finally {
    client.release();
  }
}

/** Which canaries stand in a text: also as the base64 in which WhatsApp's ids hold a phone. */
function canariesIn(text: string): readonly string[] {
  const found = Object.entries(CANARIES).filter(([, word]) => text.includes(word));
  const packed = [0, 1, 2].flatMap((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(CANARIES.phone)]);
    // Only the letters that depend on nothing beside it.
    return text.includes(bytes.toString("base64").slice(shift === 0 ? 0 : 4, 12)) ? [`phone in base64`] : [];
  });
  const picture = text.includes(PICTURE.toString("latin1")) ? ["picture"] : [];
  return [...found.map(([name]) => name), ...packed, ...picture];
}

/** A guest of whom there is one of everything. @returns their id, once all is done */
async function aCanary(hotel: WholeHotel) {
  const { desk, fake, staff, sees } = hotel;
  const guest = fake.guest({ waId: CANARIES.phone, bsuid: CANARIES.bsuid, name: CANARIES.name });
  const wamid = await guest.says(GRAND_NUMBER, `My ${CANARIES.text} is tired`);
  const { conversationId, guestId } = await sees((one) => one.wamid === wamid);
  await guest.edits(GRAND_NUMBER, wamid, `My ${CANARIES.edit} is tired`);
  const sent = await guest.sendsFile(GRAND_NUMBER, {
    kind: "document",
    bytes: PICTURE,
    mimeType: "image/png",
    caption: `The ${CANARIES.caption}`,
    fileName: CANARIES.file,
  });
  await sees((one) => one.wamid === sent && one.attachment !== undefined && one.attachment.state !== "pending");
  await guest.sendsFile(GRAND_NUMBER, { kind: "image", bytes: PICTURE, mimeType: "image/png", caption: "again" });
  await eventually("the picture is stored", async () => {
    const { items } = await staff().messages(conversationId, { limit: 100 });
    return items.some(({ attachment }) => attachment?.state === "stored");
  });
  // As WhatsApp itself makes its ids: with the phone in them.
  const packed = Buffer.from(`\u001c\u0018\u000c${CANARIES.phone}\u0015\u0002`).toString("base64");
  const own = signed([
    {
      field: "messages",
      value: {
        messaging_product: "whatsapp",
        metadata: { display_phone_number: "12025550190", phone_number_id: GRAND_NUMBER },
        contacts: [{ profile: { name: CANARIES.name }, wa_id: CANARIES.phone, user_id: CANARIES.bsuid }],
        messages: [
          {
            from: CANARIES.phone,
            from_user_id: CANARIES.bsuid,
            id: `wamid.${packed}`,
            timestamp: String(Math.floor(Date.now() / 1_000)),
            type: "text",
            text: { body: "one more" },
          },
        ],
      },
    },
  ]);
  hotel.webhooks.push(own);
  expect((await desk.receive(own)).status).toBe(200);
  await sees((one) => one.wamid === `wamid.${packed}`);
  await guest.sends(GRAND_NUMBER, "future", { words: CANARIES.kept });
  await staff().note(conversationId, {
    clientMessageId: "n1",
    text: `Beware of the ${CANARIES.note}`,
    mentions: ["ben"],
  });
  await staff().createTask(conversationId, { key: "t1", kind: "housekeeping", what: `a ${CANARIES.task}` });
  await desk.pms.apply({
    kind: "reservation_created",
    hotelId: "grand",
    reservationId: CANARIES.reservation,
    eventId: "pms-1",
    version: 1,
    guest: { waId: CANARIES.phone },
    guestName: CANARIES.stay,
  });
  await staff().setConsent(guestId, { wish: "stop", reason: `a ${CANARIES.reason} said so` });
  await guest.says(GRAND_NUMBER, "allergies");
  await eventually("the flow asks", () =>
    Promise.resolve(
      fake.phone(CANARIES.phone, GRAND_NUMBER).some((one) => JSON.stringify(one).includes("may you not eat")),
    ),
  );
  const answered = await guest.says(GRAND_NUMBER, `No ${CANARIES.answer}`);
  await sees((one) => one.wamid === answered);
  await staff().reply(conversationId, { clientMessageId: "r1", content: { type: "text", text: "Noted." } });
  await eventually("it is read", async () =>
    (await staff().messages(conversationId, { limit: 100 })).items.some(({ status }) => status === "read"),
  );
  await fake.settled();
  return { guest, guestId, conversationId };
}

describe("a guest who is erased", () => {
  test("is nowhere any more: not in the database, the files, Redis or the log, and no webhook brings them back (T85, N12, M20)", async () => {
    const hotel = await aWholeHotel();
    const { desk, fake, pool, webhooks, everything } = hotel;
    const { guestId } = await aCanary(hotel);
    const other = fake.guest({ waId: "12025550188", name: "Somebody Else" });
    const others = await other.says(GRAND_NUMBER, "I stay");
    await hotel.sees((one) => one.wamid === others);
    const before = canariesIn(await everything());
    expect([...before].sort()).toEqual(
      [...Object.keys(CANARIES).filter((name) => name !== "command"), "phone in base64", "picture"].sort(),
    );
    const backup = await dumpOf(pool);

    await desk.enqueue(null, {
      type: "write",
      hotelId: "grand",
      departmentId: "reception",
      to: { waId: `+39 347 771 2345` },
      content: { type: "text", text: CANARIES.command },
    });
    const counted = await desk.as(admin).eraseGuest(guestId, { reason: "asked for it", dryRun: true });
    expect(counted.counts).toMatchObject({ guests: 1, stays: 1, tasks: 1, files: 1 });
    const progress: number[] = [];
    const report = await desk
      .as(admin)
      .eraseGuest(
        { hotel: "grand", waId: "+39 347 771 2345" },
        { reason: "asked for it", onProgress: ({ done }) => progress.push(done) },
      );
    expect(report.erasure?.doneAt).toBeInstanceOf(Date);
    expect(report.guestIds).toEqual([guestId]);
    expect(progress.length).toBeGreaterThan(3);
    expect(canariesIn(await everything())).toEqual([]);

    // All that WhatsApp ever delivered, and more of what became of the messages.
    for (const { body, signature } of [...webhooks]) await desk.receive({ body, signature });
    for (const accepted of fake.accepted) await fake.report(accepted, "read");
    await fake.settled();
    await eventually("all of it is decided", async () => {
      const { rows } = await pool.query(
        `select from belldesk.work where dead_at is null and kind = 'inbound' union all select from belldesk.arrivals`,
      );
      return rows.length === 0;
    });
    expect(canariesIn(await everything())).toEqual([]);
    expect((await desk.as(admin).audit({ hotel: "grand", limit: 100 })).items.map(({ action }) => action)).toContain(
      "guest.erase",
    );
    expect((await hotel.sees((one) => one.wamid === others)).message.content).toEqual({ type: "text", text: "I stay" });

    // A backup from before comes back, and the list is gone through.
    const list: Erasure[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await desk.as(admin).erasures("grand", cursor === undefined ? {} : { cursor });
      list.push(...page.items);
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    const kept = JSON.parse(JSON.stringify(list)) as (Omit<Erasure, "at"> & { at: string })[];
    expect(canariesIn(JSON.stringify(kept))).toEqual([]);
    await restore(pool, backup);
    expect(canariesIn(await everything())).toContain("text");
    const read = kept.map((one) => ({ ...one, at: new Date(one.at), doneAt: null }));
    expect(await desk.as(admin).reapplyErasures("grand", read, { dryRun: true })).toMatchObject({
      read: 1,
      erased: [{ guestIds: [guestId], dryRun: true }],
    });
    const reapplied = await desk.as(admin).reapplyErasures("grand", read);
    expect(reapplied.erased.map(({ guestIds }) => guestIds)).toEqual([[guestId]]);
    for (const { body, signature } of [...webhooks]) await desk.receive({ body, signature });
    expect(canariesIn(await everything())).toEqual([]);
    expect((await desk.as(admin).reapplyErasures("grand", read)).erased).toEqual([]);
  }, 120_000);
});
