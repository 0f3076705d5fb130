import { expect, onTestFinished, test } from "vitest";
import { postgresStorage, type Queryable } from "../../adapters/postgres/index.js";
import { admin, eventually } from "../harness/hotel.js";
import { freshDatabase } from "../support/databases.js";
import { noteFigures } from "../../scripts/figures.js";
import { aHotel } from "./stories.js";

/** 100,000 by `MESSAGES=100000`. */
const MESSAGES = Number(process.env["MESSAGES"] ?? 5_000);
const PHONE = "12025550146";

/** What one step may take away: a page of messages with all that stands beside each, or of what a walk has gone through. */
const ROWS_MOST = 12_000;
/** Rows that one statement answers, or is given, at most. */
const ANSWERS_MOST = 10_000;
const HEAP_MOST = 64 * 1_024 * 1_024;

test("a guest who wrote for years is erased in steps that stay small, however much they wrote (M20)", async () => {
  const { pool, drop } = await freshDatabase();
  onTestFinished(() => drop());
  let [answers, statements] = [0, 0];
  const watched: Queryable = {
    async query(text: string, values?: unknown[]) {
      const answer: { readonly rows?: unknown[] } = await pool.query(text, values);
      // A migration is many statements, and answers otherwise.
      const rows = answer.rows ?? [];
      statements += 1;
      const given = (values ?? []).flatMap((value) => (Array.isArray(value) ? [value.length] : []));
      // What is told of the erasure itself, at its end, has a hash of each message.
      if (!text.includes("encode(h.hash, 'hex')")) answers = Math.max(answers, rows.length, ...given);
      return { rows };
    },
  };
  const hotel = await aHotel(postgresStorage(watched), undefined, { audit: { sealMs: 200 } });
  try {
    await hotel.writes({ phone: PHONE, name: "Vera" }, "the first of many");
    await hotel.settled();
    // As if they had written since then: half of it answered, and some of that in the audit still.
    await pool.query(
      `insert into belldesk.messages (hotel_id, id, conversation_id, seq, event_seq, direction, author_kind, author_id, content, search_text,
           status, wamid, attempt_id, is_flow, reasons, sent_at, created_at)
         select m.hotel_id, 'msg_many_' || n, m.conversation_id, 1000 + n, -n, case n % 2 when 0 then 'inbound' else 'outbound' end,
                case n % 2 when 0 then 'guest' else 'staff' end, 'somebody', '{"type":"text","text":"vera ' || n || '"}', 'vera ' || n,
                case n % 2 when 0 then 'received' else 'read' end, 'wamid.many.' || n, 'itm_many_' || n, false, '[]', m.sent_at, m.created_at
           from (select * from belldesk.messages where direction = 'inbound' limit 1) m, generate_series(1, $1::int) n`,
      [MESSAGES],
    );
    await pool.query(
      `insert into belldesk.wamids select hotel_id, wamid, id from belldesk.messages where id like 'msg_many_%'`,
    );
    await pool.query(
      `insert into belldesk.webhook_attempts (hotel_id, id, kind, outcome, guest_id, raw, received_at)
         select a.hotel_id, 'itm_many_' || n, 'message', 'work', a.guest_id, '{"from":"${PHONE}","n":' || n || '}', now()
           from (select * from belldesk.guest_addresses where value = $2 limit 1) a, generate_series(1, $1::int) n`,
      [MESSAGES, PHONE],
    );
    await pool.query(
      `insert into belldesk.audit_entries (hotel_id, id, actor_kind, actor_id, action, reason, target_kind, target_id, at)
         select hotel_id, 'aud_' || id, 'staff', 'staff_1', 'conversation.reply', '"reply"', 'message', id, now()
           from belldesk.messages where id like 'msg_many_%' and direction = 'outbound' and seq % 50 = 1`,
    );
    await pool.query(
      "vacuum analyze belldesk.messages, belldesk.wamids, belldesk.webhook_attempts, belldesk.audit_entries",
    );

    await eventually("the audit is sealed", async () => {
      const { rows } = await pool.query("select from belldesk.audit_entries where n is null");
      return rows.length === 0;
    });
    [answers, statements] = [0, 0];
    global.gc?.();
    const heap = process.memoryUsage().heapUsed;
    let [done, most, heapMost] = [0, 0, 0];
    const began = performance.now();
    const { counts } = await hotel.desk.as(admin).eraseGuest(
      { hotel: "grand", waId: PHONE },
      {
        reason: "asked for it",
        onProgress: (progress) => {
          most = Math.max(most, progress.done - done);
          done = progress.done;
          heapMost = Math.max(heapMost, process.memoryUsage().heapUsed - heap);
        },
      },
    );
    noteFigures({
      ...{ messages: MESSAGES, statements, "seconds in all": Math.round((performance.now() - began) / 1_000) },
      ...{ "rows of a step, at most": most, "MB of heap": Math.round(heapMost / 1_048_576) },
    });
    // After a minute the sweep helps: what it takes away is in its own count.
    expect(counts["messages"]).toBeGreaterThan(Math.min(MESSAGES, 5_000));
    await eventually("nothing is left to do", async () => {
      const { rows } = await pool.query("select from belldesk.erasures where done_at is null");
      return rows.length === 0;
    });
    for (const table of ["messages", "wamids", "message_words", "webhook_attempts"]) {
      const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from belldesk.${table}`);
      expect([table, rows[0]?.n]).toEqual([table, 0]);
    }
    const { rows: audit } = await pool.query(
      `select from belldesk.audit_entries where target_id like 'msg_%' or reason like '%reply%' limit 1`,
    );
    expect(audit).toEqual([]);
    expect(most).toBeLessThanOrEqual(ROWS_MOST);
    expect(answers).toBeLessThanOrEqual(ANSWERS_MOST);
    expect(heapMost).toBeLessThan(HEAP_MOST);
  } finally {
    await hotel.stop();
  }
}, 900_000);
