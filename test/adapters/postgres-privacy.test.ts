import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { RULES } from "../../adapters/postgres/privacy-rules.js";
import { PRIVACY } from "../../adapters/postgres/privacy.js";
import { EXPORTED } from "../../src/index.js";
import { freshDatabase } from "../support/databases.js";

test("every column says what it tells about a person, and no column is listed that does not exist (T87)", async () => {
  const { pool, drop } = await freshDatabase();
  try {
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

test("every table says what an erasure does with it, every telling column of what stays why, and the document has them all (M20)", () => {
  const document = readFileSync(new URL("../../docs/privacy.md", import.meta.url), "utf8");
  const words = { rows: "deleted", blank: "blanked", kept: "kept" } as const;
  expect(Object.keys(RULES).toSorted()).toEqual(Object.keys(PRIVACY).toSorted());
  for (const [table, rule] of Object.entries(RULES)) {
    const exported = rule.exported === null ? "" : `\`${rule.exported}\``;
    const row = [...document.matchAll(/^\| (?<cells>.*) \|$/gm)]
      .map(({ groups }) => groups!["cells"]!.split(" | ").map((cell) => cell.trim()))
      .find(([name, erased]) => name === `\`${table}\`` && Object.values(words).some((word) => word === erased));
    expect(row, table).toEqual([`\`${table}\``, words[rule.erase], exported]);
    const telling = Object.entries(PRIVACY[table as keyof typeof PRIVACY]).filter(([, of]) => of !== "none");
    if (rule.erase === "rows" || telling.length === 0) continue;
    const set: object = rule.erase === "blank" ? rule.set : {};
    for (const [column] of telling) expect({ ...set, ...rule.kept }, `${table}.${column}`).toHaveProperty(column);
  }
});

test("what is told of a guest is all that tells something of them, but for what says why not (T87)", () => {
  const told = new Set(Object.values(RULES).map(({ exported }) => exported));
  expect([...told].filter((part) => part !== null).toSorted()).toEqual([...EXPORTED].toSorted());
  for (const [table, rule] of Object.entries(RULES)) {
    if (rule.erase === "rows" && rule.exported === null) expect(rule.unexported, table).toBeTypeOf("string");
  }
});
