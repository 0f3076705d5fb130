import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { postgresStorage } from "../../adapters/postgres/index.js";
import {
  contentText,
  ConversationError,
  ConversationManager,
  type LaneChange,
  type Storage,
  type Transport,
} from "../../src/index.js";
import { admin, APP_SECRET, delivery, eventually, hotels, VERIFY_TOKEN, type GuestText } from "../harness/hotel.js";
import { freshDatabase } from "../support/databases.js";

const nowhere: Transport = {
  send: () => Promise.resolve({ outcome: "unknown", failure: { code: "no_answer", message: "Nobody answers here." } }),
};
const ATTEMPTS = 3;
const grand = hotels.slice(0, 1);

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function open(storage: Storage): Promise<ConversationManager> {
  const desk = new ConversationManager({
    hotels: grand,
    storage,
    transport: nowhere,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    work: { pollMs: 20, retryBaseMs: 20, retryCapMs: 100, attempts: ATTEMPTS },
  });
  await desk.start({ migrate: true });
  ends.push(() => desk.stop());
  return desk;
}

const phone = (n: number): string => `1202556${String(1000 + n)}`;
const aText = (n: number, text: string): GuestText => ({ from: phone(n), wamid: `wamid.${text}`, text });
/** A hundred guests who write at once, the one in the middle of them this. */
const hundred = (text: string): readonly GuestText[] =>
  Array.from({ length: 100 }, (_, n) => aText(n, n === 50 ? text : `plain ${String(n)}`));

/** What guests wrote, conversation by conversation, in order. */
async function heard(desk: ConversationManager): Promise<readonly (readonly string[])[]> {
  const staff = desk.as(admin);
  const ids: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await staff.conversations(cursor === undefined ? { limit: 100 } : { limit: 100, cursor });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  return Promise.all(
    ids.map(async (id) => {
      const { items } = await staff.messages(id);
      const inbound = items.filter(({ direction }) => direction === "inbound");
      return inbound.map(({ content }) => contentText(content) ?? "").reverse();
    }),
  );
}

const says = (change: LaneChange, word: string): boolean =>
  change.change.messages.some(({ content }) => contentText(content)?.includes(word) === true);

/** A storage that refuses each commit in which somebody says "poison". */
function poisoned(refusal: () => ConversationError | null): { readonly storage: Storage; readonly sizes: number[] } {
  const storage = memoryStorage();
  const sizes: number[] = [];
  return {
    sizes,
    storage: {
      ...storage,
      commit: (hotelId, changes) => {
        const error = changes.some((change) => says(change, "poison")) ? refusal() : null;
        if (error === null) return storage.commit(hotelId, changes);
        sizes.push(changes.length);
        return Promise.reject(error);
      },
    },
  };
}

describe("a guest whose chat is held by somebody's open transaction", () => {
  test("waits for it, in order, and nobody else does (F09, F17)", async () => {
    const { pool, drop } = await freshDatabase();
    ends.push(drop);
    const desk = await open(postgresStorage(pool));
    await desk.receive(delivery([aText(1, "first"), aText(2, "second")]));
    await eventually("both are known", async () => (await heard(desk)).length === 2);

    const other = await pool.connect();
    ends.push(() => {
      other.release(true);
      return Promise.resolve();
    });
    await other.query("begin");
    const { rowCount } = await other.query(
      `select from belldesk.chats c join belldesk.guest_addresses a on a.hotel_id = c.hotel_id and a.guest_id = c.guest_id
        where a.value = $1 for update of c`,
      [phone(1)],
    );
    expect(rowCount).toBe(1);

    // When the guest and another one write in one webhook, and the guest once more.
    expect((await desk.receive(delivery([aText(1, "A1"), aText(2, "B1")]))).status).toBe(200);
    expect((await desk.receive(delivery([aText(1, "A2")]))).status).toBe(200);

    // Then the other one is heard while the guest waits, and whoever writes meanwhile is heard at once.
    const isHeard = (...texts: string[]) =>
      eventually(texts.join(), async () => (await heard(desk)).some((all) => all.join() === texts.join()));
    await isHeard("second", "B1");
    for (let n = 0; n < 3; n++) {
      await desk.receive(delivery([aText(3, `C${String(n)}`)]));
      await isHeard(...Array.from({ length: n + 1 }, (_, m) => `C${String(m)}`));
    }
    expect(await heard(desk)).toContainEqual(["first"]);

    // And the guest is heard when the transaction is over: no message is lost, and none has passed another.
    await other.query("rollback");
    await isHeard("first", "A1", "A2");
    expect((await desk.as(admin).dead()).items).toEqual([]);
  }, 120_000);
});

describe("a batch that takes longer than the host lets a statement take", () => {
  test("is taken up chat by chat, and a chat that takes too long message by message (F09)", async () => {
    const { pool, url, drop } = await freshDatabase();
    ends.push(drop);
    const storage = postgresStorage(pool);
    const slow = new pg.Pool({ connectionString: url, max: 1, options: "-c statement_timeout=1" });
    slow.on("error", () => undefined);
    ends.push(() => slow.end());
    /** As PostgreSQL says it. */
    const cutOff = postgresStorage(slow);
    const desk = await open({
      ...storage,
      commit: async (hotelId, changes) => {
        const messages = changes.flatMap(({ change }) => change.messages).length;
        // More than two at once are too many for this database: each takes longer than it may.
        if (messages > 2) for (;;) await cutOff.pulse();
        return storage.commit(hotelId, changes);
      },
    });
    const texts = [
      ...[0, 1, 2, 3, 4].map((n) => aText(1, `A${String(n)}`)),
      ...[2, 3, 4].map((n) => aText(n, `B${String(n)}`)),
    ];
    await desk.receive(delivery(texts));
    await eventually("all are heard", async () => {
      const all = await heard(desk);
      return all.length === 4 && all.some((own) => own.join() === "A0,A1,A2,A3,A4");
    });
    expect((await desk.as(admin).dead()).items).toEqual([]);
  });
});

describe("one guest among a hundred whose message cannot be stored", () => {
  test.each(["storage_refused", "storage_failed"] as const)(
    "stands visibly aside after its tries, and the other 99 are heard: %s (F17, F23)",
    async (code) => {
      let broken = true;
      const { storage, sizes } = poisoned(() => (broken ? new ConversationError(code) : null));
      const desk = await open(storage);
      expect((await desk.receive(delivery(hundred("poison")))).status).toBe(200);

      const one = await eventually("it is given up", async () => (await desk.as(admin).dead()).items[0]);
      expect(one).toMatchObject({ hotelId: "grand", kind: "inbound", code, attempts: ATTEMPTS });
      expect((await heard(desk)).flat().toSorted()).toEqual(
        hundred("poison")
          .map(({ text }) => text)
          .filter((text) => text !== "poison")
          .toSorted(),
      );
      // It was looked for by halving, and blamed alone.
      expect(sizes.length).toBeLessThan(40);
      expect(sizes.filter((size) => size === 1).length).toBe(ATTEMPTS);

      // And its guest goes on: what they write next is heard, and then what stood aside.
      await desk.receive(delivery([aText(50, "still here")]));
      await eventually("they are heard", async () => (await heard(desk)).some(([text]) => text === "still here"));
      broken = false;
      await desk.as(admin).replay(one.id, { reason: "mended" });
      await eventually("it is heard", async () => (await heard(desk)).flat().includes("poison"));
    },
  );

  test.each(["storage_busy", "storage_timeout"] as const)(
    "waits as long as it takes, and the other 99 do not: %s (F09, F17)",
    async (code) => {
      let held = true;
      const { storage, sizes } = poisoned(() => (held ? new ConversationError(code) : null));
      const desk = await open(storage);
      expect((await desk.receive(delivery(hundred("poison")))).status).toBe(200);
      await eventually("99 are heard", async () => (await heard(desk)).length === 99);
      await desk.receive(delivery([aText(50, "and another thing")]));
      // Many more failures than make work dead.
      const alone = () => sizes.filter((size) => size === 1).length;
      await eventually("it was tried often", () => Promise.resolve(alone() > 3 * ATTEMPTS));
      // Others are not asked to share its failures again.
      expect(sizes.length - alone()).toBe(1);
      expect((await desk.as(admin).dead()).items).toEqual([]);

      held = false;
      await eventually("the guest is heard, in order", async () =>
        (await heard(desk)).some((all) => all.join() === "poison,and another thing"),
      );
    },
  );

  test("that it had to wait counts nothing when it cannot be decided afterwards: it has all of its tries", async () => {
    const waits = Array.from({ length: 4 * ATTEMPTS }, () => "storage_busy" as const);
    const refusals = [...waits, ...Array.from({ length: ATTEMPTS - 1 }, () => "storage_refused" as const)];
    const { storage } = poisoned(() => {
      const code = refusals.shift();
      return code === undefined ? null : new ConversationError(code);
    });
    const desk = await open(storage);
    await desk.receive(delivery([aText(1, "poison")]));
    await eventually("it is heard", async () => (await heard(desk)).flat().includes("poison"));
    expect((await desk.as(admin).dead()).items).toEqual([]);
  });
});

describe("when all of a hotel's chats are held, or the database is away", () => {
  test("they are tried a few at a time, and all are heard when it is over", async () => {
    const storage = memoryStorage();
    let held = true;
    let tried = 0;
    let [atOnce, most] = [0, 0];
    const desk = await open({
      ...storage,
      commit: async (hotelId, changes) => {
        if (!held) return storage.commit(hotelId, changes);
        tried += 1;
        most = Math.max(most, (atOnce += 1));
        await new Promise((resolve) => setTimeout(resolve, 50));
        atOnce -= 1;
        throw new ConversationError("storage_busy");
      },
    });
    await desk.receive(delivery(hundred("plain 50")));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(tried).toBeGreaterThan(3);
    expect(most).toBeLessThan(5);
    held = false;
    await eventually("all are heard", async () => (await heard(desk)).length === 100);
    expect((await desk.as(admin).dead()).items).toEqual([]);
  });

  test("a database that is away is not asked for each chat: nothing is halved, and all are heard when it is back (F09)", async () => {
    const storage = memoryStorage();
    let away = true;
    const sizes: number[] = [];
    const desk = await open({
      ...storage,
      commit: (hotelId, changes) => {
        if (!away) return storage.commit(hotelId, changes);
        sizes.push(changes.length);
        return Promise.reject(new ConversationError("storage_unavailable"));
      },
    });
    await desk.receive(delivery(hundred("plain 50")));
    await eventually("it was tried", () => Promise.resolve(sizes.length > 2));
    expect(new Set(sizes)).toEqual(new Set([100]));
    away = false;
    await eventually("all are heard", async () => (await heard(desk)).length === 100);
  });
});
