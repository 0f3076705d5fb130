import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresStorage, type Queryable } from "../../adapters/postgres/index.js";
import type { Storage } from "../../src/index.js";
import { soughtWords } from "../../src/index.js";
import { deepPages, fillDeep } from "../support/deep-pages.js";
import { freshDatabase, type Database } from "../support/databases.js";

/** As many blocks more as a deep page may look at. */
const DEEPER = 1.2;

describe("a page deep in a long history", () => {
  const MESSAGES = Number(process.env["DEEP_PAGES"] ?? 50_000); // `npm run deep-pages` takes a million
  let database: Database;
  beforeAll(async () => {
    database = await freshDatabase();
    await postgresStorage(database.pool).open({ migrate: true });
    await fillDeep(database.pool, MESSAGES);
  }, 900_000);
  afterAll(() => database.drop(), 900_000);

  test("costs what the first one costs: of messages, of conversations, of who waits, of what was looked for (S61)", async () => {
    const costs = await deepPages(database.pool, MESSAGES);
    expect(costs.length).toBeGreaterThan(0);
    for (const { list, first, deep } of costs)
      expect({ list, deep }).toEqual({ list, deep: Math.min(deep, first * DEEPER) });
  }, 900_000);
});

describe("what a staff page asks for", () => {
  let database: Database;
  let storage: Storage;
  let statements = 0;
  beforeAll(async () => {
    database = await freshDatabase();
    const counting: Queryable = {
      query(text, values) {
        statements += 1;
        return database.pool.query(text, values);
      },
    };
    storage = postgresStorage(counting);
    await storage.open({ migrate: true });
  });
  afterAll(() => database.drop());

  const reach = { hotels: new Map([["grand", ["reception"]]] as const) };
  const all = { reach, hotelId: "grand", departmentId: null, status: null, after: null, limit: 100 };
  const words = soughtWords("towels");
  const asked: Readonly<Record<string, () => Promise<unknown>>> = {
    conversations: () => storage.conversations(all),
    unread: () => storage.conversations({ ...all, unread: true }),
    waiting: () => storage.conversations({ ...all, waiting: true }),
    counters: () => storage.counters({ reach, hotelId: null }),
    messages: () => storage.messages({ reach, conversationId: "con", before: null, limit: 100 }),
    search: () => storage.search({ reach, hotelId: "grand", departmentId: null, words, before: null, limit: 100 }),
    guests: () => storage.searchGuests({ reach, hotelId: "grand", words, before: null, limit: 100 }),
    audit: () =>
      storage.auditEntries({ reach, hotelId: "grand", targetId: null, actorId: null, before: null, limit: 100 }),
  };

  test.each([1, 100, 1_000])("is two statements at most where there are %i conversations", async (conversations) => {
    await database.pool.query(
      "truncate belldesk.messages, belldesk.message_words, belldesk.conversations, belldesk.guests, belldesk.hotel_counters",
    );
    await fillDeep(database.pool, conversations * 10);
    for (const [what, ask] of Object.entries(asked)) {
      statements = 0;
      await ask();
      expect({ what, few: statements >= 1 && statements <= 2, statements }).toMatchObject({ what, few: true });
    }
  });
});
