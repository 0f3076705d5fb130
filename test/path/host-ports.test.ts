import { afterEach, describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import {
  completeHotel,
  ConversationManager,
  type ConversationManagerOptions,
  type GuestsPort,
  type HotelOptions,
  type HotelsPort,
  reveal,
  type OutgoingMessage,
} from "../../src/index.js";
import {
  admin,
  APP_SECRET,
  delivery,
  eventually,
  GRAND_NUMBER,
  hotels,
  receptionist,
  VERIFY_TOKEN,
} from "../harness/hotel.js";

const FRESH_MS = 50;
const oneDepartment = hotels.map((hotel) => ({ ...hotel, departments: hotel.departments.slice(0, 1) }));
const coded = (code: string) => expect.objectContaining({ code }) as Error;

describe("a host that keeps hotels and guests in its own tables", () => {
  let desk: ConversationManager | null = null;
  afterEach(async () => {
    await desk?.stop();
    desk = null;
  });

  /** The host's tables, and what it takes to reach them. */
  const table = (rows: readonly HotelOptions[]) => {
    const host = { rows, down: false, hangs: false };
    const find = (has: (hotel: HotelOptions) => boolean) => {
      if (host.hangs) return new Promise<never>(() => undefined);
      if (host.down) return Promise.reject(new Error("the host's database is down"));
      const row = host.rows.find(has);
      return Promise.resolve(row === undefined ? null : completeHotel(row));
    };
    const port: HotelsPort = {
      byId: (id) => find((hotel) => hotel.id === id),
      byNumber: (number) => find((hotel) => hotel.numbers.some(({ phoneNumberId }) => phoneNumberId === number)),
    };
    return { host, port };
  };
  const sent: OutgoingMessage[] = [];
  async function open(
    options: Pick<ConversationManagerOptions, "hotels" | "guests"> & Partial<ConversationManagerOptions>,
    freshMs = FRESH_MS,
  ) {
    sent.length = 0;
    const manager = new ConversationManager({
      storage: memoryStorage(),
      transport: {
        send: (message) => {
          sent.push(message);
          return Promise.resolve({ outcome: "accepted", wamid: `w.${message.correlationId}` });
        },
      },
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { pollMs: 10, retryBaseMs: 5, retryCapMs: 20 },
      outbound: { retryBaseMs: 5, retryCapMs: 20 },
      lookups: { freshMs, deadlineMs: 100 },
      ...options,
    });
    await manager.start();
    desk = manager;
    return manager;
  }
  const writes = (manager: ConversationManager, from: string, number = GRAND_NUMBER) =>
    manager.receive(delivery([{ from, wamid: `wamid.${from}`, text: "hello", number }]));
  const conversationOf = (manager: ConversationManager, from: string) =>
    eventually("the guest is heard", async () => {
      const { items } = await manager.as(admin).conversations();
      return items.find(({ guest }) => guest.name === `Guest ${from.slice(-4)}`);
    });

  test("a webhook of a number that is not known yet is answered 503 while the tables cannot be reached, and nothing of it is put aside", async () => {
    const { host, port } = table(oneDepartment);
    host.down = true;
    const manager = await open({ hotels: port });
    expect(await writes(manager, "12025550101")).toMatchObject({ status: 503, error: { code: "hotels_unavailable" } });
    expect((await manager.as({ kind: "operator", id: "op" }).kept()).items).toEqual([]);
    host.down = false;
    expect((await writes(manager, "12025550101")).status).toBe(200);
    await conversationOf(manager, "12025550101");
  });

  test("guests of a hotel that is known are heard and answered while the tables cannot be reached", async () => {
    const { host, port } = table(oneDepartment);
    const manager = await open({ hotels: port });
    expect((await writes(manager, "12025550101")).status).toBe(200);
    await conversationOf(manager, "12025550101");
    host.down = true;
    await new Promise((resolve) => setTimeout(resolve, 2 * FRESH_MS));
    expect((await writes(manager, "12025550102")).status).toBe(200);
    const { id } = await conversationOf(manager, "12025550102");
    await manager.as(admin).reply(id, { clientMessageId: "1", content: { type: "text", text: "welcome" } });
    await eventually("it leaves", () => Promise.resolve(sent.length > 0));
  });

  test("a hotel that is added is heard from its first webhook on, and a rotated token is sent with within the time that is stated", async () => {
    const { host, port } = table(oneDepartment.slice(1));
    const manager = await open({ hotels: port });
    await writes(manager, "12025550100");
    host.rows = oneDepartment;
    expect((await writes(manager, "12025550101")).status).toBe(200);
    const { id } = await conversationOf(manager, "12025550101");
    const says = (text: string) =>
      manager.as(admin).reply(id, { clientMessageId: text, content: { type: "text", text } });
    await says("one");
    await eventually("it leaves", () => Promise.resolve(sent.length === 1));
    host.rows = oneDepartment.map((hotel) => ({
      ...hotel,
      numbers: hotel.numbers.map((number) => ({ ...number, accessToken: "rotated" })),
    }));
    await new Promise((resolve) => setTimeout(resolve, FRESH_MS));
    await says("two");
    await eventually("it leaves too", () => Promise.resolve(sent.length === 2));
    expect(sent.map(({ number }) => reveal(number.accessToken))).toEqual(["grand-token", "rotated"]);
  });

  test("tables that hang keep no one waiting who writes to a guest: the guest is shown so by what was known of the hotel", async () => {
    const { host, port } = table(oneDepartment.map((hotel) => ({ ...hotel, readReceipts: "whenRead" as const })));
    const shown: boolean[] = [];
    const manager = await open({
      hotels: port,
      transport: {
        send: () => Promise.resolve({ outcome: "accepted", wamid: "wamid.out" }),
        markRead({ typing }) {
          shown.push(typing);
          return Promise.resolve({ outcome: "marked" });
        },
      },
    });
    await writes(manager, "12025550101");
    const { id } = await conversationOf(manager, "12025550101");
    await manager.as(admin).typing(id);
    await eventually("the guest sees it", () => Promise.resolve(shown.includes(true)));
    await writes(manager, "12025550102");
    const other = await conversationOf(manager, "12025550102");
    host.hangs = true;
    await new Promise((resolve) => setTimeout(resolve, 2 * FRESH_MS));
    const late = new Promise((resolve) => setTimeout(resolve, 5_000, "late"));
    expect(await Promise.race([manager.as(admin).typing(other.id), late])).toEqual({ shown: true });
    // Nor whoever stops the desk.
    await manager.as(admin).markRead(other.id);
    expect(await Promise.race([manager.stop(), late])).toBeUndefined();
  });

  test("a host that says it has rotated a token is not kept waiting for it", async () => {
    const { host, port } = table(oneDepartment);
    const manager = await open({ hotels: port }, 300_000);
    await writes(manager, "12025550101");
    const { id } = await conversationOf(manager, "12025550101");
    host.rows = oneDepartment.map((hotel) => ({
      ...hotel,
      numbers: hotel.numbers.map((number) => ({ ...number, accessToken: "rotated" })),
    }));
    await manager.rotateToken({ phoneNumberId: GRAND_NUMBER });
    await manager.as(admin).reply(id, { clientMessageId: "1", content: { type: "text", text: "hello" } });
    await eventually("it leaves", () => Promise.resolve(sent.length === 1));
    expect(reveal(sent[0]?.number.accessToken ?? "")).toBe("rotated");
  });

  const stay = { reservationId: "R-7", room: "204", from: "2026-11-09", to: "2026-11-12" };
  const guestOf = async (manager: ConversationManager, from: string) => (await conversationOf(manager, from)).guest.id;

  test("staff see where a guest stays, whoever may see the guest, and nobody else does", async () => {
    const asked: unknown[] = [];
    const guests: GuestsPort = {
      find(query) {
        asked.push(query);
        return Promise.resolve({ name: "Tom O'Brien", language: "en", vip: true, stay });
      },
    };
    const manager = await open({ hotels: oneDepartment, guests });
    await writes(manager, "12025550101");
    const id = await guestOf(manager, "12025550101");
    expect(asked).toEqual([]);
    expect(await manager.as(receptionist).guest(id)).toMatchObject({
      stay,
      known: { name: "Tom O'Brien", language: "en", vip: true },
    });
    expect(asked).toHaveLength(1);
    const elsewhere = { ...receptionist, hotels: { seaside: "all" } } as const;
    await expect(manager.as(elsewhere).guest(id)).rejects.toThrow(coded("not_found"));
    expect(asked).toHaveLength(1);
  });

  test("books that hang cost staff a moment and guests nothing", async () => {
    const manager = await open({ hotels: oneDepartment, guests: { find: () => new Promise(() => undefined) } });
    const since = performance.now();
    await writes(manager, "12025550101");
    const id = await guestOf(manager, "12025550101");
    expect(await manager.as(receptionist).guest(id)).toMatchObject({ name: "Guest 0101", stay: null, known: null });
    expect(performance.now() - since).toBeLessThan(2_000);
  });

  test("a port that is none is refused before anything starts, and so is a time for which an answer counts that is shorter than fresh", () => {
    const wrong = {
      hotels: { byNumber: () => Promise.resolve(null) },
      guests: {},
      lookups: { freshMs: 10, staleMs: 5 },
    };
    const options = {
      storage: memoryStorage(),
      transport: { send: () => Promise.reject(new Error()) },
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      ...wrong,
    } as unknown as ConversationManagerOptions;
    expect(() => new ConversationManager(options)).toThrow(
      expect.objectContaining({
        code: "config_invalid",
        details: {
          issues: [
            {
              path: "lookups.staleMs",
              message: "at least freshMs",
              unit: "milliseconds",
              range: "1 to 604,800,000",
              default: "3600000",
            },
            { path: "hotels", message: "a hotels port: byNumber and byId" },
            { path: "guests", message: "a guests port: find" },
          ],
        },
      }) as Error,
    );
  });
});
