import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ARRIVAL, eventually, hotels, post } from "../harness/hotel.js";
import { startHost, type HostProcess } from "../harness/processes.js";
import { freshDatabase } from "../support/databases.js";

/** 200 by `ROUNDS=200`. */
const ROUNDS = Number(process.env["ROUNDS"] ?? 20);
const MESSAGES = 50;

describe("two processes over one PostgreSQL", () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let hosts: HostProcess[] = [];

  beforeAll(async () => {
    database = await freshDatabase();
    // Nothing answers at the Graph URL: menus wait in their lanes, which must not hold anything up.
    const options = {
      url: database.url,
      graphUrl: "http://127.0.0.1:9",
      hotels: [{ ...hotels[0]!, templates: [ARRIVAL] }, hotels[1]!],
    };
    hosts = await Promise.all([startHost(options), startHost(options)]);
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.kill()));
    await database.drop();
  });

  const host = (n: number): string => {
    const { base } = hosts[n % hosts.length] ?? { base: "" };
    return base;
  };
  const stored = async (guestId: string | null, phone: string) => {
    const { rows } = await database.pool.query<{
      guests: string;
      conversations: string;
      messages: string;
      wamids: string;
    }>(
      `select count(distinct a.guest_id) as guests, count(distinct m.conversation_id) as conversations,
              count(m.id) as messages, count(distinct m.wamid) as wamids
         from belldesk.guest_addresses a
         left join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id
         left join belldesk.messages m on m.hotel_id = c.hotel_id and m.conversation_id = c.id and m.direction = 'inbound'
        where a.hotel_id = 'grand' and a.kind = 'waId' and a.value = $1`,
      [phone],
    );
    const [row] = rows;
    return (
      row && {
        guests: Number(row.guests),
        conversations: Number(row.conversations),
        messages: Number(row.messages),
        wamids: Number(row.wamids),
        guestId,
      }
    );
  };

  test(`${String(MESSAGES)} first messages of a new guest at once, ${String(ROUNDS)} rounds: one guest, one conversation, each message once (F14, F27, chatwoot#14071)`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const from = `1202555${String(2000 + round)}`;
      const statuses = await Promise.all(
        Array.from({ length: MESSAGES }, (_, n) =>
          post(host(n), [{ from, wamid: `wamid.r${String(round)}.${String(n)}`, text: `picture ${String(n)}` }]),
        ),
      );
      expect(new Set(statuses)).toEqual(new Set([200]));
      // Meta delivers some of them again.
      await Promise.all(
        [0, 7, 49].map((n) =>
          post(host(n + 1), [{ from, wamid: `wamid.r${String(round)}.${String(n)}`, text: `picture ${String(n)}` }]),
        ),
      );
      await eventually("all messages are stored", async () => (await stored(null, from))?.messages === MESSAGES);
      expect(await stored(null, from)).toEqual({
        guests: 1,
        conversations: 1,
        messages: MESSAGES,
        wamids: MESSAGES,
        guestId: null,
      });
    }
    const { rows } = await database.pool.query("select 1 from belldesk.guests");
    expect(rows).toHaveLength(ROUNDS);
  });

  test("what a guest posts one after the other's 200 keeps that order, whichever process hears it (I3, chatwoot#14778)", async () => {
    const guests = Array.from({ length: 5 }, (_, n) => `1202555${String(3000 + n)}`);
    const count = 30;
    await Promise.all(
      guests.map(async (from, g) => {
        for (let n = 0; n < count; n++) {
          expect(await post(host(n + g), [{ from, wamid: `wamid.o${String(g)}.${String(n)}`, text: String(n) }])).toBe(
            200,
          );
        }
      }),
    );
    for (const [g, from] of guests.entries()) {
      await eventually("all messages are stored", async () => (await stored(null, from))?.messages === count);
      const { rows } = await database.pool.query<{ wamid: string }>(
        "select wamid from belldesk.messages where wamid like $1 order by event_seq",
        [`wamid.o${String(g)}.%`],
      );
      expect(rows.map(({ wamid }) => wamid)).toEqual(
        Array.from({ length: count }, (_, n) => `wamid.o${String(g)}.${String(n)}`),
      );
      const { rows: seqs } = await database.pool.query<{ seq: string }>(
        "select m.seq from belldesk.messages m where conversation_id in (select conversation_id from belldesk.messages where wamid like $1) order by seq",
        [`wamid.o${String(g)}.%`],
      );
      expect(seqs.map(({ seq }) => Number(seq))).toEqual(seqs.map((_, index) => index + 1));
    }
  });

  test("both write first to somebody while they write too, 20 rounds: one guest, one conversation, each message once (F14)", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const phone = `1202555${String(4000 + round)}`;
      const writes = (n: number) =>
        fetch(`${host(n)}/api/conversations`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            // Each is clicked twice, and the second click is another process's.
            clientMessageId: `${phone} ${String(Math.floor(n / 2))}`,
            hotelId: "grand",
            departmentId: "reception",
            to: { waId: phone },
            content: { type: "template", name: "arrival", language: "en" },
          }),
        });
      const wrote = post(host(round), [{ from: phone, wamid: `wamid.w${String(round)}`, text: "hello" }]);
      const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => writes(n)));
      expect(await wrote).toBe(200);
      const messages = (await Promise.all(answers.map((answer) => answer.json()))) as { id: string }[];
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
      expect(new Set(messages.map(({ id }) => id)).size).toBe(4);
      await eventually("the guest's message is stored", async () => (await stored(null, phone))?.messages === 1);
      expect(await stored(null, phone)).toMatchObject({ guests: 1 });
      const { rows } = await database.pool.query<{ conversations: string; outbound: string; addresses: string }>(
        `select count(distinct m.conversation_id) as conversations, count(*) as outbound,
                (select count(*) from belldesk.guest_addresses a where a.value in ($1, 'US.' || $1)) as addresses
           from belldesk.messages m where m.client_message_id like $1 || ' %'`,
        [phone],
      );
      expect(rows).toEqual([{ conversations: "1", outbound: "4", addresses: "2" }]);
    }
  });

  test("every event of the hotel has its number, without holes (I12)", async () => {
    const { rows } = await database.pool.query<{ count: string; least: string; most: string }>(
      "select count(*), min(seq) as least, max(seq) as most from belldesk.events where hotel_id = 'grand'",
    );
    expect(Number(rows[0]?.least)).toBe(1);
    expect(Number(rows[0]?.count)).toBe(Number(rows[0]?.most));
  });
});
