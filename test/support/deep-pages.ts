import type pg from "pg";
import { postgresStorage, type Queryable } from "../../adapters/postgres/index.js";
import type { Storage } from "../../src/index.js";
import { soughtWords } from "../../src/index.js";

/** Rows of a page, as a staff page asks for them. */
const LIMIT = 50;
/** So many pages deep, or as deep as nine tenths of what there is. */
const DEEP = 10_000;
const HOTEL = "grand";
/** Events of a hotel that a search looks through at once. */
const STRETCH = 2 ** 14;

/** What a page cost: 8-kB blocks that PostgreSQL looked at, in memory or not. */
export interface PageCost {
  readonly list: string;
  readonly depth: number;
  readonly first: number;
  readonly deep: number;
}

/** One long conversation of so many messages, which staff have read, and a tenth as many that have one unread message. */
export async function fillDeep(db: pg.Pool, messages: number): Promise<void> {
  const start = "timestamptz '2020-01-01'";
  await db.query(`
    insert into belldesk.hotel_counters (hotel_id, last_event) values ('${HOTEL}', ${String(messages * 2)});
    insert into belldesk.guests (hotel_id, id, created_at) values ('${HOTEL}', 'gst_1', ${start});
    insert into belldesk.conversations (hotel_id, id, guest_id, phone_number_id, department_id, mode, status, speaker, version,
        last_seq, read_seq, created_at, last_message_at, last_message_preview, preview_message_id, last_message_from, waiting_since, closed_at, imported)
      select '${HOTEL}', case c when 0 then 'con' else format('con_%s', c) end, format('gst_%s', c), '2000', 'reception', 'service',
             'open', 'human', 1, case c when 0 then ${String(messages)} else 1 end, case c when 0 then ${String(messages)} else 0 end,
             ${start}, ${start} + c * interval '1 minute', 'Good morning', format('msg_%s', c + 1), 'guest',
             case when c > 0 then ${start} + c * interval '1 minute' end, null, false
        from generate_series(0, ${String(Math.floor(messages / 10))}) c`);
  for (let from = 1; from <= messages; from += 100_000) {
    await db.query(`
      insert into belldesk.messages (hotel_id, id, conversation_id, seq, event_seq, direction, author_kind, author_id, content,
          search_text, status, wamid, is_flow, reasons, sent_at, created_at)
        select '${HOTEL}', format('msg_%s', m), 'con', m, m, case m % 2 when 1 then 'inbound' else 'outbound' end,
               case m % 2 when 1 then 'guest' else 'staff' end, 'somebody', '{"type":"text","text":"Good morning, towels for room ' || m % 400 || ' please"}',
               format('good morning towels for room %s please', m % 400), case m % 2 when 1 then 'received' else 'read' end, format('wamid.%s', m),
               false, '[]', ${start} + m * interval '1 second', ${start} + m * interval '1 second'
          from generate_series(${String(from)}, ${String(Math.min(messages, from + 99_999))}) m`);
  }
  await db.query(`
    insert into belldesk.messages (hotel_id, id, conversation_id, seq, event_seq, direction, author_kind, author_id, content,
        search_text, status, wamid, is_flow, reasons, sent_at, created_at)
      select '${HOTEL}', format('one_%s', c), format('con_%s', c), 1, ${String(messages)} + c, 'inbound', 'guest', 'somebody',
             '{"type":"text","text":"Hello"}', 'hello', 'received', format('wamid.one.%s', c), false, '[]', ${start}, ${start}
        from generate_series(1, ${String(Math.floor(messages / 10))}) c`);
  await db.query("vacuum analyze");
}

/** What the first page of each list costs, and one deep in it. */
export async function deepPages(db: pg.Pool, messages: number): Promise<readonly PageCost[]> {
  const blocks = { read: 0 };
  const storage = explained(db, blocks);
  const reach = { hotels: new Map([[HOTEL, ["reception"]]] as const) };
  const all = { reach, hotelId: HOTEL, departmentId: null, status: null, limit: LIMIT };
  const conversations = Math.floor(messages / 10);
  const start = new Date("2020-01-01T00:00:00Z").getTime();
  const point = (minutes: number) => ({ at: new Date(start + minutes * 60_000), id: `con_${String(minutes)}` });
  const depthOf = (rows: number) => Math.min(DEEP * LIMIT, Math.floor(rows * 0.9));
  const words = soughtWords("towels pl");

  async function costs(list: string, rows: number, page: (deep: number | null) => Promise<number>): Promise<PageCost> {
    const cost = async (deep: number | null): Promise<number> => {
      blocks.read = 0;
      const found = await page(deep);
      if (found !== LIMIT) throw new Error(`a page of ${list} has ${String(found)} rows`);
      return blocks.read;
    };
    // What is looked at for the first time after a start is looked up in the catalogue as well.
    await cost(null);
    const depth = depthOf(rows);
    return { list, depth, first: await cost(null), deep: await cost(depth) };
  }

  return [
    await costs("messages", messages, async (deep) => {
      const before = deep === null ? null : messages - deep;
      return (await storage.messages({ reach, conversationId: "con", before, limit: LIMIT }))?.items.length ?? 0;
    }),
    await costs("conversations", conversations, async (deep) => {
      const after = deep === null ? null : point(conversations - deep);
      return (await storage.conversations({ ...all, after })).items.length;
    }),
    await costs("unread conversations", conversations, async (deep) => {
      const after = deep === null ? null : point(conversations - deep);
      return (await storage.conversations({ ...all, unread: true, after })).items.length;
    }),
    await costs("who waits", conversations, async (deep) => {
      const after = deep === null ? null : point(deep);
      return (await storage.conversations({ ...all, waiting: true, after })).items.length;
    }),
    // It looks at a stretch of history at once, so that a page costs by how much of that is written: here all of it.
    await costs("a search for common words", messages, async (deep) => {
      const before = { eventSeq: Math.ceil((messages - (deep ?? STRETCH)) / STRETCH) * STRETCH, id: "" };
      return (await storage.search({ reach, hotelId: HOTEL, departmentId: null, words, before, limit: LIMIT })).items
        .length;
    }),
  ];
}

/** A storage that counts what each of its statements looks at, by the plan that PostgreSQL carried out. */
function explained(db: pg.Pool, blocks: { read: number }): Storage {
  const counting: Queryable = {
    async query(text, values) {
      const { rows } = await db.query<{ "QUERY PLAN": readonly [{ readonly Plan: Buffers }] }>(
        `explain (analyze, buffers, timing off, format json) ${text}`,
        values,
      );
      const plan = rows[0]?.["QUERY PLAN"][0].Plan;
      blocks.read += (plan?.["Shared Hit Blocks"] ?? 0) + (plan?.["Shared Read Blocks"] ?? 0);
      return db.query(text, values);
    },
  };
  return postgresStorage(counting);
}

interface Buffers {
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
}
