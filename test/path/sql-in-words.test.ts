import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { ConversationError, type Storage } from "../../src/index.js";
import { manager } from "../harness/hotel.js";
import { freshDatabase, type Database } from "../support/databases.js";
import { SQL_TEXTS } from "../support/awkward-texts.js";
import { aHotel, type Hotel } from "./stories.js";

// The same guests write the same to two hotels: one on PostgreSQL, one that knows no SQL.

let database: Database;
let both: readonly Hotel[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  const storages: readonly Storage[] = [postgresStorage(database.pool), memoryStorage()];
  both = await Promise.all(storages.map((storage) => aHotel(storage)));
});
afterAll(async () => {
  for (const hotel of both) await hotel.stop();
  await database.drop();
});

/** What somebody is answered, in no order, without the ids that each hotel gives, or the code of why not. */
const outcome = async (asked: Promise<unknown>): Promise<unknown> => {
  try {
    const text = JSON.stringify(await asked, (key, value: unknown) =>
      /id$|Ids$|At$|cursor|version|seq|since/i.test(key) || key === "at" ? undefined : value,
    );
    const answer = JSON.parse(text) as { readonly items?: readonly unknown[] } | readonly unknown[];
    const items = Array.isArray(answer)
      ? (answer as readonly unknown[])
      : (answer as { items?: readonly unknown[] }).items;
    return items === undefined ? answer : items.map((item) => JSON.stringify(item)).toSorted();
  } catch (error) {
    if (ConversationError.is(error)) return error.code;
    throw error;
  }
};

test("words that are SQL are found, kept and shown as words, in every text, filter and cursor (T24)", async () => {
  const count = async () => {
    const { rows } = await database.pool.query<{ tables: number; messages: number }>(
      `select (select count(*) from pg_tables where schemaname = 'belldesk')::int as tables,
              (select count(*) from belldesk.messages where direction = 'inbound')::int as messages`,
    );
    return rows[0];
  };
  const before = await count();
  const phones = SQL_TEXTS.map((_, n) => `1202555${String(n).padStart(4, "0")}`);
  for (const hotel of both) {
    await Promise.all(SQL_TEXTS.map((text, n) => hotel.writes({ phone: phones[n]!, name: text }, text)));
    await hotel.settled();
  }

  for (const text of SQL_TEXTS) {
    const answers = await Promise.all(
      both.map(async (hotel) => {
        const staff = hotel.staff(manager);
        return Promise.all([
          outcome(staff.search({ hotel: "grand", text, limit: 100 })),
          outcome(staff.searchGuests({ hotel: "grand", text, limit: 100 })),
          outcome(staff.findGuests({ hotel: "grand", phone: text })),
          outcome(staff.conversations({ hotel: text })),
          outcome(staff.conversations({ department: text })),
          outcome(staff.conversations({ assignee: text })),
          outcome(staff.conversations({ cursor: text })),
          outcome(staff.audit({ hotel: "grand", actor: text })),
          outcome(staff.messages(text)),
          outcome(staff.guest(text)),
          outcome(staff.explain(text)),
          outcome(staff.transfer(text, { departmentId: text })),
        ]);
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
  }

  const after = await count();
  expect(after?.tables).toBe(before?.tables);
  expect(after?.messages).toBe(SQL_TEXTS.length);
  const { rows } = await database.pool.query<{ n: number }>("select count(*)::int as n from belldesk.guests");
  expect(rows[0]?.n).toBe(SQL_TEXTS.length);
}, 120_000);
