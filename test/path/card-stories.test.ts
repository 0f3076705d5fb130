import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { APP_SECRET, eventually, hotels, VERIFY_TOKEN } from "../harness/hotel.js";
import { freshDatabase } from "../support/databases.js";
import { aHotel, STORAGES, type Hotel, type Person } from "./stories.js";

const IDA: Person = { phone: "12025550117", bsuid: "US.117", name: "Ida Berg" };
const CARD = "4111111111111111";
const SPACED = "4111 1111 1111 1111";
const MASKED = "411111xxxxxx1111";

/** A guest writes a card's number wherever somebody can write; and so does the hotel in its phone app. @returns the guest's wamids */
async function saysItEverywhere(hotel: Hotel): Promise<readonly string[]> {
  const text = await hotel.writes(IDA, `Charge ${CARD}, cvv 987, please`);
  const media = { id: "9001", mime_type: "image/jpeg", sha256: "aGFzaA==" };
  const caption = await hotel.writes(IDA, { type: "image", image: { ...media, caption: `my card ${SPACED}` } });
  const answers = JSON.stringify({ flow_token: "flt_x", card: CARD, again: Number(CARD), room: "214" });
  const form = await hotel.writes(IDA, {
    type: "interactive",
    interactive: { type: "nfm_reply", nfm_reply: { name: "flow", body: "Sent", response_json: answers } },
  });
  const edit = await hotel.writes(IDA, {
    type: "edit",
    edit: { original_message_id: text, message: { type: "text", text: { body: `No, ${SPACED}` } } },
  });
  await hotel.echoes(IDA, `We charged ${CARD}.`);
  await hotel.delivers("history", {
    history: [
      {
        metadata: { phase: 1, chunk_order: 1, progress: 55 },
        threads: [
          {
            id: IDA.phone,
            context: { wa_id: IDA.phone },
            messages: [
              {
                from: IDA.phone,
                id: "wamid.old",
                timestamp: "1793448000",
                type: "text",
                text: { body: `It was ${SPACED}` },
                history_context: { status: "READ" },
              },
            ],
          },
        ],
      },
    ],
  });
  await hotel.delivers("a_field_of_next_year", { note: { body: `card ${CARD}` } });
  const bytes = Buffer.from(`{"entry":[{"text":{"body":"${CARD} ünï`);
  const signature = `sha256=${createHmac("sha256", APP_SECRET).update(bytes).digest("hex")}`;
  expect((await hotel.desk.receive({ body: bytes, signature })).status).toBe(200);
  return [text, caption, form, edit];
}

describe.each(STORAGES)("a guest who writes a card's number (%s)", (_, make) => {
  test("is read by staff without it, who are told why; the audit says that it was masked (T83, M20)", async () => {
    const { storage, end } = await make();
    const hotel = await aHotel(storage);
    try {
      const [text = "", caption = "", form = ""] = await saysItEverywhere(hotel);
      await hotel.settled();
      const { message } = await hotel.shows(text, ({ content }) => "text" in content && content.text.startsWith("No"));
      expect(message.content).toMatchObject({ type: "text", text: "No, 4111 11xx xxxx 1111" });
      const { steps, audit } = await hotel.staff().explain(message.id);
      expect(steps).toContainEqual(expect.objectContaining({ code: "card_masked", details: { cards: 1 } }));
      expect(audit.filter(({ action }) => action === "message.mask")).toHaveLength(2);
      expect((await hotel.shows(caption)).message.content).toMatchObject({ text: "my card 4111 11xx xxxx 1111" });
      const shown = JSON.stringify((await hotel.shows(form)).message.content);
      expect(shown.split(MASKED)).toHaveLength(3);
      expect(shown).toContain("214");
    } finally {
      await hotel.stop();
      await end();
    }
  });
});

/** Staff, and the host's own code, write a card's number wherever they can. */
async function hotelSaysItEverywhere(hotel: Hotel) {
  const wamid = await hotel.writes(IDA, "Which card have you got of me?");
  const { message: asked, conversation } = await hotel.shows(wamid);
  const staff = hotel.staff();
  const said = { clientMessageId: "r1", content: { type: "text", text: `You pay with ${CARD}, cvv 987` } } as const;
  const reply = await staff.reply(conversation.id, said);
  const again = await staff.reply(conversation.id, said);
  const noted = { clientMessageId: "n1", text: `Her card: ${SPACED}` };
  const note = await staff.note(conversation.id, noted);
  const notedAgain = await staff.note(conversation.id, noted);
  const media = { link: "https://hotel.example/bill-4111111111111111.pdf" };
  const caption = await staff.reply(conversation.id, {
    clientMessageId: "r2",
    content: { type: "document", text: `Charged to ${CARD}`, fileName: `${CARD}.pdf`, media },
  });
  await staff.transfer(conversation.id, { departmentId: "housekeeping", reason: `pays with ${CARD}` });
  return { conversation, asked, reply, again, note, notedAgain, caption };
}

describe.each(STORAGES)("a hotel that writes a card's number (%s)", (_, make) => {
  test("sends, notes and shows it masked, and the audit says so (T83, M20)", async () => {
    const { storage, end } = await make();
    const hotel = await aHotel(storage);
    try {
      const { conversation, reply, again, note, notedAgain, caption } = await hotelSaysItEverywhere(hotel);
      expect(reply.content).toEqual({ type: "text", text: `You pay with ${MASKED}, cvv xxx` });
      expect(note.content).toMatchObject({ text: "Her card: 4111 11xx xxxx 1111" });
      // An address is nobody's words, and would lead nowhere.
      expect(caption.content).toEqual({
        type: "document",
        text: `Charged to ${MASKED}`,
        fileName: `${MASKED}.pdf`,
        media: { link: `https://hotel.example/bill-${CARD}.pdf` },
      });
      // Asked for twice it is the same message, though it is stored otherwise than it was asked for.
      expect([again.id, notedAgain.id]).toEqual([reply.id, note.id]);
      const other = {
        clientMessageId: "r1",
        content: { type: "text", text: "You pay with 5555555555554444" },
      } as const;
      await expect(hotel.staff().reply(conversation.id, other)).rejects.toMatchObject({
        code: "client_message_reused",
      });
      for (const { id, of } of [
        { id: reply.id, of: 1 },
        { id: note.id, of: 1 },
        { id: caption.id, of: 2 },
      ]) {
        const { steps, audit } = await hotel.staff().explain(id);
        expect(steps).toContainEqual(expect.objectContaining({ code: "card_masked", details: { cards: of } }));
        expect(audit.filter(({ action }) => action === "message.mask")).toHaveLength(1);
      }
      const { items } = await hotel.staff().conversations();
      expect(items.map(({ lastMessagePreview }) => lastMessagePreview).join()).toContain(MASKED);
    } finally {
      await hotel.stop();
      await end();
    }
  });

  test("has it in no answer that is saved for many guests", async () => {
    const { storage, end } = await make();
    const hotel = await aHotel(storage);
    try {
      const hotelId = hotels[0]?.id ?? "";
      const saved = hotel.staff().createSavedReply({ hotelId, shortcut: "pay", texts: { en: `Pay to ${CARD}` } });
      await expect(saved).rejects.toMatchObject({ code: "request_invalid" });
    } finally {
      await hotel.stop();
      await end();
    }
  });
});

describe("a card's number in what the desk keeps, on PostgreSQL", () => {
  /** Everything that stands in any table, with what is kept as bytes read as text. */
  async function everything(pool: Awaited<ReturnType<typeof freshDatabase>>["pool"]): Promise<string> {
    const { rows } = await pool.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'belldesk'",
    );
    const dumps = await Promise.all(
      rows.map(async ({ name }) => {
        const { rows: own } = await pool.query<{ row: string }>(`select t::text as row from belldesk.${name} t`);
        return own.map(({ row }) => row).join("\n");
      }),
    );
    return dumps
      .join("\n")
      .replace(/\\+x((?:[0-9a-f]{2})+)/g, (_, hex: string) => Buffer.from(hex, "hex").toString("utf8"))
      .replace(/base64\W+([A-Za-z0-9+/=]+)/g, (_, base64: string) => Buffer.from(base64, "base64").toString("utf8"));
  }
  /** The card's code, and no instant's milliseconds. */
  const CODE = /(?<![.\d])987\b/;
  const kept = (dump: string) => dump.split(CARD).length - 1 + dump.split(SPACED).length - 1;

  test("nowhere: neither in what came, nor in messages, searches, previews or events (T83)", async () => {
    const { pool, drop } = await freshDatabase();
    const hotel = await aHotel(postgresStorage(pool));
    try {
      await saysItEverywhere(hotel);
      await hotel.settled();
      const dump = await eventually("what is unreadable is kept too", async () => {
        const all = await everything(pool);
        return all.includes("ünï") ? all : null;
      });
      expect(kept(dump)).toBe(0);
      expect(dump).not.toMatch(CODE);
      expect(dump.split(MASKED).length).toBeGreaterThan(5);
    } finally {
      await hotel.stop();
      await drop();
    }
  });

  test("nowhere of what the hotel says, nor where the host's own wish to say it waits (T83)", async () => {
    const { pool, drop } = await freshDatabase();
    const hotel = await aHotel(postgresStorage(pool));
    try {
      const { conversation } = await hotelSaysItEverywhere(hotel);
      // The host's own transaction is not over yet, but what it asked for stands in the table.
      const client = await pool.connect();
      await client.query("begin");
      await hotel.desk.enqueue(client, {
        type: "reply",
        hotelId: conversation.hotelId,
        conversationId: conversation.id,
        content: { type: "text", text: `The bill was paid with ${CARD}` },
      });
      const { rows } = await client.query<{ payload: string }>("select payload::text from belldesk.commands");
      await client.query("commit");
      client.release();
      expect(rows).toHaveLength(1);
      expect(rows[0]?.payload).toContain(MASKED);
      expect(rows[0]?.payload).not.toContain(CARD);
      const paid = await eventually("the host's message is said", async () => {
        const { items } = await hotel.staff().messages(conversation.id);
        return items.find(({ content }) => "text" in content && content.text.startsWith("The bill"));
      });
      const { audit } = await hotel.staff().explain(paid.id);
      expect(audit.filter(({ action }) => action === "message.mask")).toHaveLength(1);
      const dump = (await everything(pool)).replaceAll("https://hotel.example/bill-4111111111111111.pdf", "");
      expect(kept(dump)).toBe(0);
      expect(dump).not.toMatch(CODE);
    } finally {
      await hotel.stop();
      await drop();
    }
  });

  test("as it came, where the hotel has switched masking off", async () => {
    const { pool, drop } = await freshDatabase();
    const webhook = { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN, maskCardNumbers: false };
    const hotel = await aHotel(postgresStorage(pool), hotels, { webhook });
    try {
      const wamid = await hotel.writes(IDA, `Charge ${CARD}`);
      const { message } = await hotel.shows(wamid);
      expect(message.content).toMatchObject({ text: `Charge ${CARD}` });
      expect((await hotel.staff().explain(message.id)).steps.map(({ code }) => code)).not.toContain("card_masked");
      expect(kept(await everything(pool))).toBeGreaterThan(0);
    } finally {
      await hotel.stop();
      await drop();
    }
  });
});
