import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { run } from "../../adapters/postgres/queryable.js";
import { staticHotels } from "../../src/config/hotel.js";
import {
  ConversationError,
  ConversationManager,
  type HotelsPort,
  type Storage,
  type Transport,
  type WebhookDelivery,
} from "../../src/index.js";
import {
  APP_SECRET,
  admin,
  delivery,
  eventually,
  GRAND_NUMBER,
  hotels,
  signed,
  VERIFY_TOKEN,
} from "../harness/hotel.js";

const SEASIDE = "200000000000002";
const oneDepartment = hotels.map((hotel) => ({ ...hotel, departments: hotel.departments.slice(0, 1) }));
const accepting: Transport = {
  send: ({ correlationId }) => Promise.resolve({ outcome: "accepted", wamid: `w.${correlationId}` }),
};
const down = () => Promise.reject(new ConversationError("storage_unavailable"));

/** What PostgreSQL would make of an error of its own, as the storage throws it. */
const refusedWith = (code: string): Promise<Error> =>
  run({ query: () => Promise.reject(Object.assign(new Error("no"), { code })) }, "select").then(
    () => new Error("it was not refused"),
    (error: unknown) => error as Error,
  );

describe("when a part of the house fails", () => {
  let desk: ConversationManager | null = null;
  afterEach(async () => {
    await desk?.stop();
    desk = null;
  });

  async function open(storage: Storage, extra: { readonly hotels?: HotelsPort; readonly transport?: Transport } = {}) {
    desk = new ConversationManager({
      hotels: oneDepartment,
      transport: accepting,
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { pollMs: 10, retryBaseMs: 5, retryCapMs: 10 },
      outbound: { retryBaseMs: 5, retryCapMs: 10 },
      ...extra,
      storage,
    });
    await desk.start();
    return desk;
  }
  const conversationOf = (manager: ConversationManager, hotelId: string) =>
    eventually(
      `a conversation of ${hotelId}`,
      async () => (await manager.as(admin).conversations({ hotel: hotelId })).items[0],
    );

  test("what one webhook brings keeps its order when the first of it could not be stored, and WhatsApp brings it again (F14)", async () => {
    const storage = memoryStorage();
    let failures = 1;
    const manager = await open({
      ...storage,
      remember: (items, options) => (failures-- > 0 ? down() : storage.remember(items, options)),
    });
    // More than are stored at once.
    const texts = Array.from({ length: 150 }, (_, n) => ({
      from: "12025550101",
      wamid: `wamid.${String(n)}`,
      text: `number ${String(n)}`,
    }));

    expect((await manager.receive(delivery(texts))).status).toBe(503);
    expect((await manager.receive(delivery(texts))).status).toBe(200);

    const { id } = await conversationOf(manager, "grand");
    const desk = manager.as(admin);
    const stored = await eventually("all are there", async () => {
      const newest = await desk.messages(id, { limit: 100 });
      const older =
        newest.nextCursor === null ? [] : (await desk.messages(id, { limit: 100, cursor: newest.nextCursor })).items;
      const inbound = [...newest.items, ...older].filter(({ direction }) => direction === "inbound");
      return inbound.length === texts.length ? inbound : null;
    });
    expect(stored.map(({ wamid }) => wamid).reverse()).toEqual(texts.map(({ wamid }) => wamid));
  });

  test.each(["57014", "58030", "XX000", "42501", "08006"])(
    "a database that fails with %s for a moment is answered 503, and the message is there when Meta delivers it again (F09)",
    async (sqlState) => {
      const error = await refusedWith(sqlState);
      const storage = memoryStorage();
      let failures = 1;
      const manager = await open({
        ...storage,
        remember: (items, options) => (failures-- > 0 ? Promise.reject(error) : storage.remember(items, options)),
      });
      const message = delivery([{ from: "12025550101", wamid: "wamid.1", text: "help" }]);
      expect((await manager.receive(message)).status).toBe(503);
      expect((await manager.receive(message)).status).toBe(200);
      await conversationOf(manager, "grand");
    },
  );

  test("what the database can never hold is kept aside as bytes, and the others go through (F17)", async () => {
    const error = await refusedWith("22021");
    const storage = memoryStorage();
    const kinds: string[] = [];
    const manager = await open({
      ...storage,
      remember: (items, options) => {
        if (items.some(({ raw, kind }) => kind !== "malformed" && raw.includes("poison"))) return Promise.reject(error);
        kinds.push(...items.map(({ kind }) => kind));
        return storage.remember(items, options);
      },
    });
    const texts = ["one", "poison", "three"].map((text, n) => ({ from: `1202555010${String(n)}`, wamid: text, text }));
    expect((await manager.receive(delivery(texts))).status).toBe(200);
    expect(kinds.filter((kind) => kind === "malformed")).toHaveLength(1);
    await eventually("the others are there", async () => (await manager.as(admin).conversations()).items.length === 2);
  });

  /** What WhatsApp reports of a message. */
  const report = (wamid: string) =>
    signed([
      {
        field: "messages",
        value: {
          messaging_product: "whatsapp",
          metadata: { display_phone_number: "12025550190", phone_number_id: GRAND_NUMBER },
          statuses: [{ id: wamid, status: "delivered", timestamp: "1794312000", recipient_id: "12025550101" }],
        },
      },
    ]);
  const FOUR = ["one", "poison", "three", "four"];
  /** Four webhooks at once, which share a statement. */
  const answers = async (manager: ConversationManager, webhook: (text: string, n: number) => WebhookDelivery) =>
    Promise.all(FOUR.map(async (text, n) => (await manager.receive(webhook(text, n))).status));

  test.each(["XX000", "P0001"])(
    "a message that the database fails on with %s costs its own webhook its answer, and the others that came with it nothing",
    async (sqlState) => {
      const error = await refusedWith(sqlState);
      const storage = memoryStorage();
      let broken = true;
      let together = 0;
      const manager = await open({
        ...storage,
        remember: (items, options) => {
          together = Math.max(together, items.length);
          return broken && items.some(({ raw }) => raw.includes("poison"))
            ? Promise.reject(error)
            : storage.remember(items, options);
        },
      });
      const from = (n: number) => `1202555010${String(n)}`;
      const webhook = (text: string, n: number) => delivery([{ from: from(n), wamid: text, text }]);
      expect(await answers(manager, webhook)).toEqual([200, 503, 200, 200]);
      expect(together).toBe(4);
      const known = async () => (await manager.as(admin).conversations()).items.length;
      await eventually("the others are there", async () => (await known()) === 3);

      broken = false;
      expect((await manager.receive(webhook("poison", 1))).status).toBe(200);
      await eventually("it is there when it comes again", async () => (await known()) === 4);
    },
  );

  test("what stands behind it in its webhook waits with it, so that it comes in its order (F14)", async () => {
    const error = await refusedWith("XX000");
    const storage = memoryStorage();
    let broken = true;
    const manager = await open({
      ...storage,
      remember: (items, options) =>
        broken && items.some(({ raw }) => raw.includes("poison"))
          ? Promise.reject(error)
          : storage.remember(items, options),
    });
    const texts = [...FOUR, "five"].map((text) => ({ from: "12025550101", wamid: text, text }));
    const both = await Promise.all([
      manager.receive(delivery(texts)),
      manager.receive(delivery([{ from: "12025550102", wamid: "other", text: "other" }])),
    ]);
    expect(both.map(({ status }) => status)).toEqual([503, 200]);
    broken = false;
    expect((await manager.receive(delivery(texts))).status).toBe(200);
    await eventually("all are there, in order", async () => {
      const { items } = await manager.as(admin).conversations();
      const own = await Promise.all(items.map(async ({ id }) => (await manager.as(admin).messages(id)).items));
      const heard = own.map((all) =>
        all
          .filter(({ direction }) => direction === "inbound")
          .map(({ wamid }) => wamid)
          .reverse()
          .join(),
      );
      return heard.includes("one,poison,three,four,five") && heard.includes("other");
    });
  });

  test.each(["XX000", "P0001", "22021"])(
    "a report of a message that the database fails on with %s costs its own webhook at most, and the others are joined",
    async (sqlState) => {
      const error = await refusedWith(sqlState);
      const isRefused = sqlState === "22021";
      const storage = memoryStorage();
      let broken = true;
      const joined = new Set<string>();
      const manager = await open({
        ...storage,
        applyStatuses: (updates) => {
          if (broken && updates.some(({ wamid }) => wamid === "poison")) return Promise.reject(error);
          for (const { wamid } of updates) joined.add(wamid);
          return storage.applyStatuses(updates);
        },
      });
      expect(await answers(manager, report)).toEqual([200, isRefused ? 200 : 503, 200, 200]);
      expect([...joined].toSorted()).toEqual(["four", "one", "three"]);
      // What can never be held stands aside, once, where somebody sees it; anything else is joined when it comes again.
      const aside = async () => (await manager.as(admin).kept()).items.map(({ kind }) => kind);
      expect(await aside()).toEqual(isRefused ? ["malformed_status"] : []);
      if (isRefused) {
        expect((await manager.receive(report("poison"))).status).toBe(200);
        expect(await aside()).toEqual(["malformed_status"]);
      }
      broken = false;
      expect((await manager.receive(report("poison"))).status).toBe(200);
      expect(joined.has("poison")).toBe(true);
    },
  );

  test("a hotel that the host cannot look up holds up no other, and its messages wait for it (F25)", async () => {
    const sound = staticHotels(oneDepartment);
    let broken = true;
    const port: HotelsPort = {
      ...sound,
      byId: (id) => (broken && id === "grand" ? Promise.reject(new Error("the host's database")) : sound.byId(id)),
    };
    const manager = await open(memoryStorage(), { hotels: port });
    await manager.receive(
      delivery([
        { from: "12025550101", wamid: "wamid.g", text: "to the Grand" },
        { from: "12025550102", wamid: "wamid.s", text: "to the Seaside", number: SEASIDE },
      ]),
    );
    await conversationOf(manager, "seaside");
    expect((await manager.as(admin).conversations({ hotel: "grand" })).items).toEqual([]);
    broken = false;
    await conversationOf(manager, "grand");
  });

  test("a chat that cannot be loaded stands aside alone", async () => {
    const storage = memoryStorage();
    const manager = await open({
      ...storage,
      loadChats: (keys) =>
        keys.some(({ phoneNumberId }) => phoneNumberId === SEASIDE)
          ? Promise.reject(new ConversationError("storage_failed"))
          : storage.loadChats(keys),
    });
    await manager.receive(
      delivery([
        { from: "12025550101", wamid: "wamid.g", text: "to the Grand" },
        { from: "12025550102", wamid: "wamid.s", text: "to the Seaside", number: SEASIDE },
      ]),
    );
    await conversationOf(manager, "grand");
    await eventually(
      "it is set aside",
      async () => (await manager.as({ kind: "operator", id: "operator" }).dead()).items[0],
    );
  });

  test("a storage that goes away between loading and sending ends no process: what may go goes later, what came too late fails", async () => {
    let shiftMs = 0;
    const now = () => new Date(Date.now() + shiftMs);
    const storage = memoryStorage({ clock: { now } });
    let hold = true;
    let outage: "to come" | "now" | "over" = "to come";
    const sent: string[] = [];
    const manager = await open(
      {
        ...storage,
        claim: (options) =>
          options.kind === "outbound" && hold
            ? Promise.resolve({ now: now(), lanes: [], nextDueInMs: 10 })
            : storage.claim(options),
        loadSends: async (hotelId, ids) => {
          const loaded = await storage.loadSends(hotelId, ids);
          if (outage === "to come") {
            outage = "now";
            setTimeout(() => (outage = "over"), 200);
          }
          return loaded;
        },
        intend: (sends) => (outage === "now" ? delay(5).then(down) : storage.intend(sends)),
        settle: (settlements) => (outage === "now" ? down() : storage.settle(settlements)),
      },
      {
        transport: {
          send: ({ correlationId }) => {
            sent.push(correlationId);
            return Promise.resolve({ outcome: "accepted", wamid: correlationId });
          },
        },
      },
    );
    const asked = async (from: string, known: readonly string[]) => {
      const timestamp = Math.floor(now().getTime() / 1000);
      await manager.receive(delivery([{ from, wamid: from, text: "hello", timestamp }]));
      const { id } = await eventually("a conversation", async () =>
        (await manager.as(admin).conversations()).items.find((one) => !known.includes(one.id)),
      );
      return {
        id,
        answer: await manager
          .as(admin)
          .reply(id, { clientMessageId: id, content: { type: "text", text: "Good evening" } }),
      };
    };
    const late = await asked("12025550101", []);
    shiftMs = 24 * 3_600_000;
    const inTime = await asked("12025550102", [late.id]);
    hold = false;
    const becomes = (id: string, status: string) =>
      eventually(status, async () => (await manager.as(admin).messages(id)).items[0]?.status === status);
    await becomes(inTime.id, "sent");
    await becomes(late.id, "failed");
    expect(sent).toEqual([inTime.answer.id]);
  });

  test("an outcome that cannot be recorded at once is recorded later, and another hotel's send in flight keeps its own", async () => {
    const storage = memoryStorage();
    let hold = true;
    let failures = 3;
    const sends: string[] = [];
    const manager = await open(
      {
        ...storage,
        claim: (options) =>
          options.kind === "outbound" && hold
            ? Promise.resolve({ now: new Date(), lanes: [], nextDueInMs: 10 })
            : storage.claim(options),
        settle: (settlements) =>
          failures > 0 && settlements.some(({ lane }) => lane.hotelId === "grand")
            ? (failures--, down())
            : storage.settle(settlements),
      },
      {
        transport: {
          send: async ({ content, correlationId }) => {
            const text = "text" in content ? content.text : "";
            sends.push(text);
            if (text !== "to the sea" || sends.filter((one) => one === text).length > 1)
              return { outcome: "accepted", wamid: correlationId };
            await delay(300);
            return { outcome: "rejected", failure: { code: "graph_130429", message: "slow" }, retry: { afterMs: 10 } };
          },
        },
      },
    );
    await manager.receive(
      delivery([
        { from: "12025550101", wamid: "wamid.g", text: "to the Grand" },
        { from: "12025550102", wamid: "wamid.s", text: "to the Seaside", number: SEASIDE },
      ]),
    );
    const grand = await conversationOf(manager, "grand");
    const seaside = await conversationOf(manager, "seaside");
    for (const [{ id }, text] of [[grand, "to the city"] as const, [seaside, "to the sea"] as const])
      await manager.as(admin).reply(id, { clientMessageId: id, content: { type: "text", text } });
    hold = false;
    for (const { id } of [grand, seaside])
      await eventually("it is sent", async () => (await manager.as(admin).messages(id)).items[0]?.status === "sent");
    expect(sends.toSorted()).toEqual(["to the city", "to the sea", "to the sea"]);
  });
});
