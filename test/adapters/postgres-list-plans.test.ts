import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresStorage, type Queryable } from "../../adapters/postgres/index.js";
import type { ConversationQuery, Storage } from "../../src/index.js";
import { freshDatabase, type Database } from "../support/databases.js";

const HOTELS = 4;
const CONVERSATIONS = 5_000;
const RARE = 500;

interface Node {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Actual Rows"?: number;
  readonly "Actual Loops"?: number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly Node[];
}

/** A list of what few conversations are finds those by an index of their own, in a hotel with many others. */
describe("the lists of what staff have done", () => {
  let database: Database;
  let storage: Storage;
  let asked: { text: string; values: unknown[] }[] = [];

  beforeAll(async () => {
    database = await freshDatabase();
    const { pool } = database;
    await postgresStorage(pool).open({ migrate: true });
    const listening: Queryable = {
      query: (text, values = []) => {
        asked.push({ text, values });
        return pool.query(text, values);
      },
    };
    storage = postgresStorage(listening);
    await pool.query(`
      insert into belldesk.hotel_counters (hotel_id) select 'h' || h from generate_series(1, ${String(HOTELS)}) h;
      insert into belldesk.conversations (hotel_id, id, guest_id, phone_number_id, department_id, mode, status, speaker, version,
          last_seq, read_seq, created_at, last_message_at, last_message_preview, last_message_from, imported,
          assignee_id, priority, tags, snoozed_until)
        select 'h' || h, format('con_%s', n), format('gst_%s', n), '1', 'reception', 'service',
               case when n % 10 = 0 then 'open' else 'closed' end, 'human', 1, 0, 0, now(), now() - n * interval '1 minute', '', 'guest', false,
               case when n % ${String(RARE)} = 0 then 'staff_rare' when n % 10 = 0 and n % 250 <> 10 or n % 7 = 0 then 'staff_busy' end,
               case when n % ${String(RARE)} = 0 then 'urgent' else 'normal' end,
               case when n % ${String(RARE)} = 0 then array['vip', 'late'] when n % 3 = 0 then array['late'] else '{}' end,
               case when n % ${String(RARE)} = 0 then now() end
          from generate_series(1, ${String(HOTELS)}) h, generate_series(1, ${String(CONVERSATIONS)}) n;
      analyze;`);
  }, 120_000);
  afterAll(() => database.drop());

  /** How it looked at the conversations of one hotel: by what, and at how many. */
  async function looks(query: Partial<ConversationQuery>) {
    asked = [];
    const { items } = await storage.conversations({
      reach: "everything",
      hotelId: "h2",
      departmentId: null,
      status: null,
      after: null,
      limit: 5,
      ...query,
    });
    return { found: items.map(({ conversation: { id } }) => id), ...(await looked()) };
  }

  /** How what was asked just now looked at conversations. */
  async function looked() {
    const [list] = asked;
    if (list === undefined) throw new Error("nothing was asked");
    const { rows } = await database.pool.query<{ "QUERY PLAN": [{ Plan: Node }] }>(
      `explain (analyze, costs off, format json) ${list.text}`,
      list.values,
    );
    const nodes: Node[] = [];
    const walk = (node: Node): void => {
      nodes.push(node);
      node.Plans?.forEach(walk);
    };
    walk(rows[0]!["QUERY PLAN"][0].Plan);
    const own = nodes.filter((node) =>
      `${node["Relation Name"] ?? ""}${node["Index Name"] ?? ""}`.includes("conversations"),
    );
    return {
      statements: asked.length,
      by: [...new Set(own.flatMap((node) => node["Index Name"] ?? node["Node Type"]))],
      most: Math.max(
        ...own.map(
          (node) => ((node["Actual Rows"] ?? 0) + (node["Rows Removed by Filter"] ?? 0)) * (node["Actual Loops"] ?? 1),
        ),
      ),
    };
  }
  const RARES = [500, 1_000, 1_500, 2_000, 2_500].map((n) => `con_${String(n)}`);

  test.each<[string, Partial<ConversationQuery>, string]>([
    ["what one of staff sees to", { assigneeId: "staff_rare" }, "conversations_assigned"],
    ["what is urgent", { priority: "urgent" }, "conversations_pressing"],
    ["what has a tag", { tag: "vip" }, "conversations_tagged"],
    ["what is snoozed", { snoozed: true }, "conversations_snoozed"],
  ])("a page of %s is read by an index of its own, in one statement", async (_, query, index) => {
    const { found, statements, by, most } = await looks(query);
    expect(found).toEqual(RARES);
    expect(statements).toBe(1);
    expect(by).toContain(index);
    expect(by).not.toContain("Seq Scan");
    expect(most).toBeLessThanOrEqual(HOTELS * (CONVERSATIONS / RARE + 5));
  });

  test("how much each of staff has in hand is counted without looking at all that they ever had", async () => {
    asked = [];
    expect(await storage.loadStaff({ hotelId: "h2", staffIds: ["staff_rare", "nobody"] })).toEqual([
      CONVERSATIONS / RARE,
      0,
    ]);
    const { statements, by, most } = await looked();
    expect(statements).toBe(1);
    expect(by).toEqual(["conversations_in_hand"]);
    expect(most).toBeLessThanOrEqual(CONVERSATIONS / RARE);
  });

  test("a page of what stands open and nobody sees to is read without looking at all that is closed", async () => {
    const { found, by, most } = await looks({ assigneeId: null, status: "open" });
    expect(found).toHaveLength(5);
    expect(by).toContain("conversations_unassigned");
    expect(most).toBeLessThanOrEqual(HOTELS * 6);
  });
});

/** Stays of years, and a page of one day's. */
describe("a day's arrivals and departures", () => {
  const [DAYS, A_DAY] = [400, 30];
  test.each(["arrival", "departure"] as const)(
    "the %ss of a day are read by an index, and no other day's",
    async (of) => {
      const { pool, drop } = await freshDatabase();
      try {
        await postgresStorage(pool).open({ migrate: true });
        await pool.query(`
        insert into belldesk.stays (hotel_id, reservation_id, version, status, arrival, departure, state, created_at)
          select 'h' || h, format('R-%s-%s', lpad(d::text, 3, '0'), lpad(n::text, 3, '0')), 1,
                 case when n % 10 = 0 then 'cancelled' else 'out' end, (date '2026-01-01' + d)::text,
                 (date '2026-01-01' + d)::text || 'T11:00:00+01:00', '{"plan":[]}', now()
            from generate_series(1, ${String(HOTELS)}) h, generate_series(1, ${String(DAYS)}) d, generate_series(1, ${String(A_DAY)}) n;
        analyze;`);
        let asked: { text: string; values: unknown[] } | undefined;
        const storage = postgresStorage({
          query: (text, values = []) => {
            asked = { text, values };
            return pool.query(text, values);
          },
        });
        const query = { reach: "everything", hotelId: "h2", of, day: "2026-02-10", limit: 5 } as const;
        for (const after of [null, "R-040-020"]) {
          const { items } = await storage.staysOn({ ...query, after });
          expect(items).toHaveLength(5);
          const { rows } = await pool.query<{ "QUERY PLAN": [{ Plan: Node }] }>(
            `explain (analyze, costs off, format json) ${asked?.text ?? ""}`,
            asked?.values,
          );
          const nodes: Node[] = [];
          const walk = (node: Node): void => {
            nodes.push(node);
            node.Plans?.forEach(walk);
          };
          walk(rows[0]!["QUERY PLAN"][0].Plan);
          expect(nodes.flatMap((node) => node["Index Name"] ?? [])).toEqual([
            of === "arrival" ? "stays_arriving" : "stays_departing",
          ]);
          expect(nodes.map((node) => node["Node Type"])).toEqual(["Limit", "Index Scan"]);
          const most = Math.max(
            ...nodes.map((node) => (node["Actual Rows"] ?? 0) + (node["Rows Removed by Filter"] ?? 0)),
          );
          expect(most).toBeLessThanOrEqual(6);
        }
      } finally {
        await drop();
      }
    },
    60_000,
  );
});
