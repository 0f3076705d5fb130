import { afterEach, describe, expect, test } from "vitest";
import { cloudApi, ConversationManager } from "../../src/index.js";
import { postgresStorage, shiftClock } from "../../adapters/postgres/index.js";
import { fakeWhatsApp, type FakeWhatsApp } from "../../src/testing/index.js";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";
import { freshDatabase, type Database } from "../support/databases.js";

const GUEST = "12025550101";
const HOUR_MS = 3_600_000;

/** A hotel in this process, its database, and a WhatsApp that does as it is told. */
class Hotel {
  private constructor(
    readonly desk: ConversationManager,
    readonly fake: FakeWhatsApp,
    readonly database: Database,
    private readonly door: Server,
  ) {}

  static async open(graphUrl?: string): Promise<Hotel> {
    const database = await freshDatabase();
    let desk: ConversationManager | null = null;
    const door = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const signature = request.headers["x-hub-signature-256"];
        void desk
          ?.receive({ body: Buffer.concat(chunks), signature: typeof signature === "string" ? signature : undefined })
          .then(({ status }) => {
            response.writeHead(status).end();
          });
      });
    });
    await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
    const webhookUrl = `http://127.0.0.1:${String((door.address() as AddressInfo).port)}/`;
    // Nothing is reported by itself: each test says what WhatsApp reports, and when.
    const fake = await fakeWhatsApp({ appSecret: APP_SECRET, webhookUrl, reports: [], window: "open" });
    desk = new ConversationManager({
      hotels: hotels.map((hotel) => ({ ...hotel, departments: hotel.departments.slice(0, 1) })),
      storage: postgresStorage(database.pool),
      transport: cloudApi({ graphUrl: graphUrl ?? fake.graphUrl, deadlineMs: 300 }),
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { pollMs: 50 },
      outbound: { retryBaseMs: 20, retryCapMs: 50 },
    });
    await desk.start({ migrate: true });
    return new Hotel(desk, fake, database, door);
  }

  async close(): Promise<void> {
    await this.fake.close();
    await this.desk.stop();
    await new Promise((resolve) => this.door.close(resolve));
    await this.database.drop();
  }

  async conversation(): Promise<string> {
    await this.desk.receive(delivery([{ from: GUEST, wamid: `wamid.${String(Math.random())}`, text: "hello" }]));
    const found = await eventually(
      "a conversation",
      async () => (await this.desk.as(manager).conversations()).items[0],
    );
    return found.id;
  }

  async say(conversationId: string, text: string): Promise<string> {
    const { id } = await this.desk
      .as(manager)
      .reply(conversationId, { clientMessageId: `client-${text}`, content: { type: "text", text } });
    return id;
  }

  async message(conversationId: string, id: string) {
    const { items } = await this.desk.as(manager).messages(conversationId);
    return items.find((message) => message.id === id);
  }

  async becomes(conversationId: string, id: string, status: string) {
    return eventually(`the message is ${status}`, async () => {
      const message = await this.message(conversationId, id);
      return message?.status === status && message;
    });
  }
}

describe("an answer reaches the guest once, or staff see that it did not", () => {
  let hotel: Hotel | null = null;
  afterEach(async () => {
    await hotel?.close();
    hotel = null;
  });

  test("WhatsApp took it and never answered: it is not sent again, and its status webhook settles it (F44, F45, camel#4280)", async () => {
    hotel = await Hotel.open();
    const conversation = await hotel.conversation();
    // Whoever tried again would meet silence again, and WhatsApp would have it twice.
    const silence = { kind: "silence" } as const;
    hotel.fake.fail(silence, silence, silence, silence);
    const id = await hotel.say(conversation, "Your room is ready");
    const unknown = await hotel.becomes(conversation, id, "unknown");
    expect(unknown.failure?.code).toBe("no_answer");
    expect(hotel.fake.accepted).toHaveLength(1);

    const [taken] = hotel.fake.accepted;
    if (taken) await hotel.fake.report(taken, "delivered");
    const settled = await hotel.becomes(conversation, id, "delivered");
    expect(settled).toMatchObject({ wamid: taken?.wamid, failure: null });
    expect(hotel.fake.requests).toBe(1);
    expect(settled.reasons.map(({ code }) => code)).toEqual([
      "staff_reply",
      "send_intended",
      "send_unknown",
      "status_reported",
    ]);
  });

  test("a status that is faster than the answer to the send is not lost (F20)", async () => {
    hotel = await Hotel.open();
    const conversation = await hotel.conversation();
    hotel.fake.fail({ kind: "silence" });
    const id = await hotel.say(conversation, "quick");
    const taken = await eventually("WhatsApp has it", () => Promise.resolve(hotel?.fake.accepted[0]));
    await hotel.fake.report(taken, "read");
    await hotel.becomes(conversation, id, "read");
    expect(hotel.fake.requests).toBe(1);
  });

  test("a refused connection is tried again until it goes (F46)", async () => {
    // A port that nobody listens on yet.
    const reserved = createServer();
    await new Promise<void>((resolve) => reserved.listen(0, "127.0.0.1", resolve));
    const { port } = reserved.address() as AddressInfo;
    await new Promise((resolve) => reserved.close(resolve));
    hotel = await Hotel.open(`http://127.0.0.1:${String(port)}`);
    const conversation = await hotel.conversation();
    const id = await hotel.say(conversation, "patience");
    await eventually("it was tried and failed", async () => {
      const message = await hotel?.message(conversation, id);
      return message?.reasons.some(({ code }) => code === "send_retried");
    });
    const late = await fakeWhatsApp({
      appSecret: APP_SECRET,
      webhookUrl: "http://127.0.0.1:9/",
      reports: [],
      port,
      window: "open",
    });
    try {
      await hotel.becomes(conversation, id, "sent");
      expect(late.accepted).toHaveLength(1);
    } finally {
      await late.close();
    }
  });

  test("a throttled send waits as long as WhatsApp says, and its followers wait behind it in order (F49, PraisonAI#2909)", async () => {
    hotel = await Hotel.open();
    const conversation = await hotel.conversation();
    hotel.fake.fail({ kind: "error", status: 429, code: 130429, retryAfter: 1 });
    const first = await hotel.say(conversation, "first");
    const second = await hotel.say(conversation, "second");
    await hotel.becomes(conversation, second, "sent");
    expect(hotel.fake.accepted.map(({ correlationId }) => correlationId)).toEqual([first, second]);
    const { reasons = [] } = (await hotel.message(conversation, first)) ?? {};
    const at = (code: string) => reasons.findLast((reason) => reason.code === code)?.at.getTime() ?? 0;
    expect(at("send_accepted") - at("send_retried")).toBeGreaterThanOrEqual(1_000 - 50);
  });

  test("what WhatsApp refuses for good fails visibly with what to do, and the next one goes (F50, F56)", async () => {
    hotel = await Hotel.open();
    const conversation = await hotel.conversation();
    hotel.fake.fail({ kind: "error", status: 400, code: 131026 });
    const refused = await hotel.say(conversation, "refused");
    const next = await hotel.say(conversation, "next");
    const failed = await hotel.becomes(conversation, refused, "failed");
    expect(failed.failure).toMatchObject({ code: "graph_131026" });
    await hotel.becomes(conversation, next, "sent");
    expect(hotel.fake.requests).toBe(2);
  });

  test("a closed window is refused at once, and one that closes in the queue fails before the network (F57, S52, chatwoot#9516)", async () => {
    hotel = await Hotel.open();
    const conversation = await hotel.conversation();
    hotel.fake.fail({ kind: "error", status: 429, code: 130429, retryAfter: 3_000 });
    const waiting = await hotel.say(conversation, "waiting");
    await eventually("it waits", async () =>
      (await hotel?.message(conversation, waiting))?.reasons.some(({ code }) => code === "send_retried"),
    );
    await shiftClock(hotel.database.pool, 24 * HOUR_MS);
    const failed = await hotel.becomes(conversation, waiting, "failed");
    expect(failed.failure?.code).toBe("window_closed");
    expect(hotel.fake.requests).toBe(1);
    await expect(hotel.say(conversation, "too late")).rejects.toMatchObject({ code: "window_closed" });
    expect((await hotel.desk.as(manager).conversations()).items[0]?.window.open).toBe(false);
  });
});
