// What a page of a long conversation takes, the first and one a thousand pages deep, beside the same by OFFSET.
//   npm run bench -- --only pages
import { parseArgs } from "node:util";
import pg from "pg";
import { startPostgres } from "../scripts/services/postgres.mjs";
import { fill, houseOf, manager } from "./house.js";
import { atMost, figure, publish, quantile } from "./report.js";
import { HOTEL } from "./webhooks.js";

const { values: options } = parseArgs({
  options: {
    depth: { type: "string", default: "1000" },
    limit: { type: "string", default: "50" },
    times: { type: "string", default: "300" },
  },
});
const depth = Number(options.depth);
const limit = Number(options.limit);
const times = Number(options.times);

const postgres = await startPostgres({ durable: true });
const pool = new pg.Pool({ connectionString: postgres.url, max: 10 });
pool.on("error", () => undefined);
const desk = houseOf(pool);
try {
  await desk.start({ migrate: true });
  console.error(`one guest writes ${String((depth + 1) * limit)} messages ...`);
  await fill(desk, { guests: 1, each: (depth + 1) * limit, run: "pages" });
  await pool.query("vacuum analyze");
  const staff = desk.as(manager);
  const [conversation] = (await staff.conversations()).items;
  const read = (cursor: string | undefined) =>
    staff.messages(conversation!.id, { limit, ...(cursor !== undefined && { cursor }) });
  let deep: string | undefined;
  for (let page = 1; page < depth; page++) deep = (await read(deep)).nextCursor ?? undefined;
  const offset = (rows: number) =>
    pool.query(
      "select * from belldesk.messages where hotel_id = $1 and conversation_id = $2 order by event_seq desc offset $3 limit $4",
      [HOTEL, conversation!.id, rows, limit],
    );
  const asked: Readonly<Record<string, () => Promise<{ readonly length: number }>>> = {
    "the desk, page 1": async () => (await read(undefined)).items,
    [`the desk, page ${String(depth)}`]: async () => (await read(deep)).items,
    "OFFSET, page 1": async () => (await offset(0)).rows,
    [`OFFSET, page ${String(depth)}`]: async () => (await offset((depth - 1) * limit)).rows,
  };
  const took = new Map<string, number[]>(Object.keys(asked).map((name) => [name, []]));
  for (let n = 0; n < times + 10; n++)
    for (const [name, ask] of Object.entries(asked)) {
      const from = performance.now();
      const { length } = await ask();
      if (length !== limit) throw new Error(`${name} has ${String(length)} rows`);
      if (n >= 10) took.get(name)!.push(performance.now() - from);
    }
  const of = (name: string) => quantile(took.get(name)!, 0.5);
  const [first, last, offsetFirst, offsetLast] = Object.keys(asked).map(of) as [number, number, number, number];
  publish({
    title: "Page depth",
    about: `A conversation of ${figure((depth + 1) * limit)} messages, pages of ${String(limit)}, by \`messages()\` and its cursor, from PostgreSQL to what a page shows; ${String(times)} times in turn. Beside it the bare statement with OFFSET, which reads rows and shows none.`,
    tables: [
      {
        columns: ["what", "ms, the median", "ms, 99 of 100 below"],
        rows: [...took].map(([name, all]) => [name, figure(quantile(all, 0.5), 2), figure(quantile(all, 0.99), 2)]),
      },
    ],
    goals: [atMost(`page ${String(depth)} / page 1`, last / first, 1.2)],
    notes: [`OFFSET: page ${String(depth)} takes ${figure(offsetLast / offsetFirst, 1)} times as long as page 1.`],
  });
} finally {
  await desk.stop();
  await pool.end();
  await postgres.stop();
}
