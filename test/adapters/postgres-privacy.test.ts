import { expect, test } from "vitest";
import { migrate } from "../../adapters/postgres/index.js";
import { PRIVACY } from "../../adapters/postgres/privacy.js";
import { freshDatabase } from "../support/databases.js";

test("every column says what it tells about a person, and no column is listed that does not exist (T87)", async () => {
  const { pool, drop } = await freshDatabase();
  try {
    await migrate(pool);
    const { rows } = await pool.query<{ column: string }>(
      `select table_name || '.' || column_name as column from information_schema.columns where table_schema = 'belldesk'`,
    );
    const listed = Object.entries(PRIVACY).flatMap(([table, columns]) =>
      Object.keys(columns).map((column) => `${table}.${column}`),
    );
    expect(listed.toSorted()).toEqual(rows.map(({ column }) => column).toSorted());
  } finally {
    await drop();
  }
});

test("ids are compared by their bytes, whatever the language of the database", async () => {
  const { pool, drop } = await freshDatabase();
  try {
    await migrate(pool);
    const { rows } = await pool.query(
      `select table_name, column_name from information_schema.columns
        where table_schema = 'belldesk' and data_type = 'text' and collation_name is distinct from 'C'
          and (column_name ~ '(^|_)id$' or column_name in ('wamid', 'quoted_wamid', 'value'))`,
    );
    expect(rows).toEqual([]);
  } finally {
    await drop();
  }
});
