import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { shiftClock } from "../../adapters/postgres/index.js";
import { startCluster, type Cluster } from "../chaos/cluster.js";
import { assigningHotels, stayWithDesk } from "../chaos/desk-day.js";
import { alive } from "../chaos/break.js";
import { conversationWith, settled } from "../chaos/stay.js";
import { photoOf } from "../chaos/files.js";
import { eventually, GRAND_NUMBER, signed } from "../harness/hotel.js";

// A process on a machine whose clock is a day off, ahead or behind, beside one that is off the other way: the database's clock decides,
// so that nothing is early or late (F89).

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const OFF_MS = 26 * HOUR_MS;
const PROGRAM = join(import.meta.dirname, "../harness/host.ts");

/** A hotel's backend as two processes over a database of its own. */
async function hotelWith(name: string, clocksOffMs: readonly number[], flow = false) {
  const folder = mkdtempSync(join(tmpdir(), "belldesk-clocks-"));
  const cluster = await startCluster({
    postgresUrl: inject("postgresUrl"),
    database: `clocks_${name}_${String(process.pid)}`,
    nodes: 2,
    program: PROGRAM,
    clocksOffMs,
    hosts: {
      hotels: assigningHotels,
      mediaDir: join(folder, "media"),
      settings: { audit: { sealMs: 300 } },
      flow,
    },
  });
  await Promise.all(cluster.nodes.map(alive));
  return {
    cluster,
    close: async () => {
      await cluster.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A day of three guests, in which the desk does whatever it does by itself. */
async function aDay(cluster: Cluster): Promise<void> {
  const phones = ["12025550111", "12025550112", "12025550113"];
  await Promise.all(phones.map((phone) => stayWithDesk(cluster, phone, 0)));
  await settled(cluster, phones);
  await eventually("the audit is sealed", async () => {
    const { rows } = await cluster.pool.query("select from belldesk.audit_entries where sealed_at is null");
    return rows.length === 0;
  });
}

/** Each instant that the database holds, in a column or inside a JSON text, by its name and how many tenths of an hour after `since` it is. */
async function instantsOf({ pool }: Cluster, since: number): Promise<ReadonlySet<string>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'belldesk' and tablename <> 'migrations'",
  );
  const found = new Set<string>();
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(`select row_to_json(t)::text as row from belldesk.${name} t`);
    for (const { row } of rows)
      for (const [, field = "", at = ""] of row.matchAll(INSTANT))
        found.add(`${name} ${field} ${((Date.parse(at) - since) / HOUR_MS).toFixed(1).replace("-0.0", "0.0")}`);
  }
  return found;
}
const INSTANT = /(\w+)\\*":\s*\\*"(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-][\d:]+))/g;

test("a day at two processes whose clocks are 52 hours apart leaves the instants in the database that one with right clocks does", async () => {
  const [right, off] = await Promise.all([hotelWith("right", [0, 0]), hotelWith("off", [OFF_MS, -OFF_MS])]);
  try {
    const since = Date.now();
    await Promise.all([aDay(right.cluster), aDay(off.cluster)]);
    const [expected, seen] = await Promise.all([instantsOf(right.cluster, since), instantsOf(off.cluster, since)]);
    expect([...seen].toSorted()).toEqual([...expected].toSorted());
    expect(seen).toContain("chats window_closes_at 24.0");
    expect(seen).toContain("audit_entries sealed_at 0.0");
    expect(seen.size).toBeGreaterThanOrEqual(30);
  } finally {
    await Promise.all([right.close(), off.close()]);
  }
}, 120_000);

describe("at two processes whose clocks are a day off", () => {
  let hotel: Awaited<ReturnType<typeof hotelWith>>;
  let cluster: Cluster;
  beforeAll(async () => {
    hotel = await hotelWith("day", [OFF_MS, -OFF_MS], true);
    ({ cluster } = hotel);
  }, 120_000);
  afterAll(() => hotel.close());

  const bases = () => cluster.nodes.map(({ host }) => host?.base ?? "");
  const asked = (base: string, path: string, body?: object) =>
    fetch(`${base}/api/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json", ...(path.startsWith("operator/") && { "x-role": "admin" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const replies = async (base: string, conversationId: string): Promise<number> => {
    const content = { type: "text", text: "Until two o'clock, gladly." };
    const { status } = await asked(base, `conversations/${conversationId}/messages`, {
      clientMessageId: `answer-${String(Math.random())}`,
      content,
    });
    return status;
  };
  /** Milliseconds since 1970, by the database's clock. */
  const now = async (): Promise<number> => {
    const { rows } = await cluster.pool.query<{ now: Date }>("select belldesk.desk_now() as now");
    return rows[0]?.now.getTime() ?? NaN;
  };

  interface Said {
    readonly text?: string;
    readonly wamid?: string;
    readonly agoMs?: number;
    /** The business-scoped id that WhatsApp names beside the phone; none by default. */
    readonly bsuid?: string;
  }
  async function says(base: string, phone: string, said: Said = {}): Promise<string> {
    const { text = "Good evening", agoMs = 0, bsuid, wamid = `wamid.${phone}.${String(Math.random())}` } = said;
    const timestamp = String(Math.floor(((await now()) - agoMs) / 1_000));
    const value = {
      messaging_product: "whatsapp",
      metadata: { display_phone_number: "12025550190", phone_number_id: GRAND_NUMBER },
      contacts: [{ profile: { name: "Guest" }, wa_id: phone, ...(bsuid !== undefined && { user_id: bsuid }) }],
      messages: [
        {
          from: phone,
          ...(bsuid !== undefined && { from_user_id: bsuid }),
          id: wamid,
          timestamp,
          type: "text",
          text: { body: text },
        },
      ],
    };
    const { body, signature } = signed([{ field: "messages", value }]);
    const headers = { "content-type": "application/json", "x-hub-signature-256": signature };
    const answer = await fetch(`${base}/webhooks/whatsapp`, { method: "POST", body: new Uint8Array(body), headers });
    expect(answer.status).toBe(200);
    return wamid;
  }
  const one = async <Row extends object>(sql: string, values: readonly unknown[]): Promise<Row | null> =>
    (await cluster.pool.query<Row>(sql, [...values])).rows[0] ?? null;
  const guestOf = (wamid: string) =>
    eventually("the message is there", () =>
      one<{ guest: string }>(
        `select c.guest_id as guest from belldesk.messages m
           join belldesk.conversations c on c.hotel_id = m.hotel_id and c.id = m.conversation_id where m.wamid = $1`,
        [wamid],
      ),
    );

  const atReception = async (base: string, phone: string): Promise<string> => {
    await says(base, phone);
    await says(base, phone, { text: "Reception" });
    return conversationWith(cluster, phone);
  };

  test("a phone that has passed to another guest is theirs, whichever process hears them", async () => {
    const [first = "", second = ""] = bases();
    for (const [n, base] of [first, second].entries()) {
      const phone = `1202555013${String(n)}`;
      const before = await guestOf(await says(first, phone, { bsuid: `US.before${String(n)}` }));
      const after = await guestOf(await says(second, phone, { bsuid: `US.after${String(n)}` }));
      expect(after).not.toEqual(before);
      // WhatsApp names the phone alone.
      expect(await guestOf(await says(base, phone))).toEqual(after);
    }
  });

  test("a message of hours less than the dedup horizon is answered at either, one of hours more is kept aside", async () => {
    for (const [n, base] of bases().entries()) {
      const phone = `1202555014${String(n)}`;
      await guestOf(await says(base, phone, { agoMs: 30 * DAY_MS - 13 * HOUR_MS }));
      const old = await says(base, phone, { agoMs: 30 * DAY_MS + 13 * HOUR_MS });
      const kept = await one<{ outcome: string }>(
        "select outcome from belldesk.webhook_attempts where raw like '%' || $1 || '%'",
        [old],
      );
      expect(kept).toEqual({ outcome: "too_old" });
    }
  });

  test("a link to a file opens at either process until it is over, and at neither after", async () => {
    const phone = "12025550150";
    const photo = { kind: "image", mimeType: "image/png", bytes: photoOf(phone) } as const;
    await cluster.fake.guest(phone).sendsFile(GRAND_NUMBER, photo);
    const { id } = await eventually("the photo is stored", () =>
      one<{ id: string }>("select id from belldesk.attachments where state = 'stored'", []),
    );
    const links = await Promise.all(
      bases().map(async (base) => (await (await asked(base, `attachments/${id}/url`, {})).json()) as { url: string }),
    );
    const opened = async () =>
      Promise.all(
        bases().flatMap((base) =>
          links.map(async ({ url }) => {
            const { status, body } = await asked(base, url);
            await body?.cancel();
            return status;
          }),
        ),
      );
    expect(await opened()).toEqual([200, 200, 200, 200]);
    await shiftClock(cluster.pool, HOUR_MS);
    expect(await opened()).toEqual([404, 404, 404, 404]);
  });

  test("a guest who chose nothing is asked again after two minutes, not before, and what is put off comes back when it was to", async () => {
    const [first = "", second = ""] = bases();
    const phone = "12025550170";
    const conversation = await atReception(first, "12025550171");
    const until = new Date((await now()) + HOUR_MS).toISOString();
    expect((await asked(second, `conversations/${conversation}/snooze`, { until })).status).toBe(200);
    const snoozed = () =>
      one<{ until: Date | null }>("select snoozed_until as until from belldesk.conversations where id = $1", [
        conversation,
      ]);
    const menus = async () => {
      const { rows } = await cluster.pool.query(
        `select from belldesk.messages m join belldesk.conversations c on c.hotel_id = m.hotel_id and c.id = m.conversation_id
           join belldesk.guest_addresses a on a.hotel_id = c.hotel_id and a.guest_id = c.guest_id and a.value = $1
          where m.direction = 'outbound'`,
        [phone],
      );
      return rows.length;
    };
    await guestOf(await says(first, phone));
    expect(await menus()).toBe(1);
    for (const base of bases()) await guestOf(await says(base, phone, { text: "Hello?" }));
    expect(await menus()).toBe(1);
    await shiftClock(cluster.pool, 3 * MINUTE_MS);
    for (const base of bases()) await guestOf(await says(base, phone, { text: "Anybody?" }));
    expect(await menus()).toBe(2);
    expect(await snoozed()).toEqual({ until: new Date(until) });
    await shiftClock(cluster.pool, HOUR_MS);
    await eventually("it comes back", async () => (await snoozed())?.until === null);
  });

  test("a guest who leaves a flow's question is reminded after half an hour, not before", async () => {
    const began = await Promise.all(
      bases().map(async (base, n) => {
        const phone = `1202555016${String(n)}`;
        await guestOf(await says(base, phone, { text: "check in" }));
        return phone;
      }),
    );
    const told = async (): Promise<readonly number[]> =>
      Promise.all(
        began.map(async (phone) => {
          const { rows } = await cluster.pool.query(
            `select from belldesk.guest_addresses a
               join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id
               join belldesk.messages m on m.hotel_id = c.hotel_id and m.conversation_id = c.id and m.direction = 'outbound'
              where a.value = $1`,
            [phone],
          );
          return rows.length;
        }),
      );
    await eventually("both are asked", async () => (await told()).every((count) => count === 1));
    await shiftClock(cluster.pool, 28 * MINUTE_MS);
    // Both processes have looked at their timers meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await told()).toEqual([1, 1]);
    await shiftClock(cluster.pool, 3 * MINUTE_MS);
    await eventually("both are reminded", async () => (await told()).every((count) => count === 2));
  }, 120_000);

  test("how long a guest waited, and who waits, is the same at either process", async () => {
    const [first = "", second = ""] = bases();
    const from = new Date((await now()) - MINUTE_MS).toISOString();
    const conversation = await atReception(first, "12025550180");
    await shiftClock(cluster.pool, 10 * MINUTE_MS);
    expect(await replies(second, conversation)).toBe(202);
    const row = await eventually("it is timed", () =>
      one<{ ms: number }>(
        `select (extract(epoch from t.at - t.since) * 1000)::int as ms from belldesk.timings t
          where t.conversation_id = $1 and t.kind = 'firstResponse'`,
        [conversation],
      ),
    );
    expect(row.ms).toBeGreaterThanOrEqual(10 * MINUTE_MS);
    expect(row.ms).toBeLessThan(11 * MINUTE_MS);
    const to = new Date((await now()) + MINUTE_MS).toISOString();
    const [one_, other] = await Promise.all(
      bases().map(
        async (base) => (await asked(base, `times?hotel=grand&from=${from}&to=${to}`)).json() as Promise<object>,
      ),
    );
    expect(one_).toEqual(other);
    expect(JSON.stringify(one_)).toContain(String(row.ms));
  });

  test("a closed conversation is kept for the days that the hotel says, at either process, and goes after them", async () => {
    const closed = await atReception(bases()[0] ?? "", "12025550185");
    expect((await asked(bases()[1] ?? "", `conversations/${closed}/close`, {})).status).toBe(200);
    const isThere = async (): Promise<boolean> =>
      (await one("select id from belldesk.conversations where id = $1", [closed])) !== null;
    const prunes = async (): Promise<void> => {
      for (const base of bases())
        expect((await asked(base, "operator/prune", { policy: { conversations: 3 } })).status).toBe(200);
    };
    await shiftClock(cluster.pool, 3 * DAY_MS - 10 * MINUTE_MS);
    await prunes();
    expect(await isThere()).toBe(true);
    await shiftClock(cluster.pool, 20 * MINUTE_MS);
    await eventually("what was to be done for it is done, and it goes", async () => {
      await prunes();
      return !(await isThere());
    });
  }, 120_000);

  test("staff answer within the day that a guest's window is open, at either, and neither lets them answer after it", async () => {
    const began = await Promise.all(bases().map((base, n) => atReception(base, `1202555012${String(n)}`)));
    for (const base of bases()) for (const one of began) expect(await replies(base, one)).toBe(202);
    await shiftClock(cluster.pool, 23 * HOUR_MS);
    for (const base of bases()) for (const one of began) expect(await replies(base, one)).toBe(202);
    await shiftClock(cluster.pool, HOUR_MS + MINUTE_MS);
    for (const base of bases()) for (const one of began) expect(await replies(base, one)).toBe(409);
  }, 120_000);
});
