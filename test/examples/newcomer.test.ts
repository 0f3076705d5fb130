import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { eventually } from "../harness/hotel.js";
import { RunnableHotel } from "../harness/runnable-hotel.js";
import { emptyDatabase } from "../support/databases.js";

const GUEST = "12025550101";
const RECEPTION = "demo-grand-reception";

describe.each(["PGlite on disk", "PostgreSQL"])("the path of a newcomer, on %s", (kind) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function open(): Promise<RunnableHotel> {
    const dataDir = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-hotel-"));
    ends.push(() => fs.rm(dataDir, { recursive: true, force: true }));
    const env: Record<string, string> = { DATA_DIR: dataDir };
    if (kind === "PostgreSQL") {
      const database = await emptyDatabase();
      ends.push(() => database.drop());
      env["DATABASE_URL"] = database.url;
    }
    const hotel = await RunnableHotel.open(env);
    ends.push(() => hotel.kill());
    return hotel;
  }

  /** Lets the database of a hotel on PostgreSQL store nothing until the function given back is called. */
  async function hold({ databaseUrl }: RunnableHotel): Promise<(() => Promise<void>) | null> {
    if (databaseUrl === null) return null;
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query("begin; lock table belldesk.dedup_keys in exclusive mode");
    return () => client.end();
  }

  test("a guest writes, chooses, reception answers, the phone shows it once with its ticks; a crash in between loses nothing", async () => {
    const hotel = await open();
    expect(hotel.output).toContain(`${hotel.base}/guest`);
    expect(hotel.output).toContain("demo-group-admin");

    // A guest writes and is asked for a department.
    await hotel.guestActs(GUEST, { hotel: "grand", type: "text", text: "Hello, is my room ready? 🛎️" });
    const menu = await eventually("the menu is on the phone", async () =>
      (await hotel.phone(GUEST, "grand")).find(({ type, status }) => type === "list" && status === "read"),
    );
    expect(menu.options?.map(({ title }) => title)).toEqual(["Reception", "Housekeeping", "Restaurant", "Maintenance"]);

    // The guest chooses; the process dies right after WhatsApp heard 200, and comes back.
    await hotel.guestActs(GUEST, { hotel: "grand", type: "list", title: "Reception" });
    await hotel.kill();
    await hotel.start();

    const conversation = await eventually(
      "reception sees it",
      async () => (await hotel.get("/api/conversations?hotel=grand", RECEPTION)).json.items[0],
      30_000,
    );
    expect(conversation).toMatchObject({
      hotelId: "grand",
      departmentId: "reception",
      guest: { name: "Guest 0101" },
      status: "open",
      mode: "service",
      lastMessagePreview: "Hello, is my room ready? 🛎️",
      unread: 2,
      window: { open: true },
    });

    // Others see nothing, and cannot tell it from what does not exist (T51, T52, T56).
    const messages = `/api/conversations/${String(conversation.id)}/messages`;
    for (const token of ["demo-grand-housekeeping", "demo-seaside-reception", "demo-seaside-manager"]) {
      expect((await hotel.get("/api/conversations", token)).json.items).toEqual([]);
      const foreign = await hotel.get(messages, token);
      const unknown = await hotel.get("/api/conversations/con_nothing/messages", token);
      expect([foreign.status, foreign.json]).toEqual([404, unknown.json]);
    }
    expect((await hotel.get(messages)).status).toBe(401);

    // Reception answers, twice under one id: it is one message.
    const answer = { clientMessageId: "answer-1", content: { type: "text", text: "It is! Welcome." } };
    const first = await hotel.post(messages, answer, RECEPTION);
    const again = await hotel.post(messages, answer, RECEPTION);
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.json.id).toBe(first.json.id);
    const other = await hotel.post(
      messages,
      { ...answer, content: { type: "text", text: "Something else" } },
      RECEPTION,
    );
    expect([other.status, other.json.error.code]).toEqual([409, "client_message_reused"]);

    // The phone shows it once, and the desk its ticks.
    await eventually(
      "the answer is read",
      async () => (await hotel.get(messages, RECEPTION)).json.items[0].status === "read",
    );
    const shown = (await hotel.phone(GUEST, "grand")).filter(({ from }) => from === "hotel");
    expect(shown.map(({ text, status }) => [text, status])).toEqual([
      ["Welcome to the Grand Hotel! Which department can help you?", "read"],
      ["It is! Welcome.", "read"],
    ]);
    const history = (await hotel.get(messages, RECEPTION)).json.items as {
      direction: string;
      content: { type: string; text: string };
    }[];
    expect(history.map(({ direction, content }) => [direction, content.type, content.text])).toEqual([
      ["outbound", "text", "It is! Welcome."],
      ["inbound", "choice", "Reception"],
      ["outbound", "list", "Welcome to the Grand Hotel! Which department can help you?"],
      ["inbound", "text", "Hello, is my room ready? 🛎️"],
    ]);

    // Why it stands where it stands.
    const why = await hotel.get(`/api/messages/${String(first.json.id)}/explain`, RECEPTION);
    expect(why.json.steps.map(({ code }: { code: string }) => code).slice(0, 3)).toEqual([
      "staff_reply",
      "send_intended",
      "send_accepted",
    ]);

    // Asked to end, it drains; opened again, everything is there.
    expect(await hotel.stop()).toBe(0);
    await hotel.start();
    expect((await hotel.get(messages, RECEPTION)).json.items).toHaveLength(4);
    expect(await hotel.phone(GUEST, "grand")).toHaveLength(4);
  }, 120_000);

  test("killed while a guest's message, an answer or its ticks are on their way, the hotel brings each of them when it is back, once", async () => {
    const hotel = await open();
    await hotel.guestActs(GUEST, { hotel: "grand", type: "text", text: "Good evening" });
    await eventually("the menu is there", async () => (await hotel.phone(GUEST, "grand"))[1]);

    // The guest's choice is on the phone and has not been answered 200: on PostgreSQL it cannot have been stored either.
    const held = await hold(hotel);
    const acted = hotel.guestActs(GUEST, { hotel: "grand", type: "list", title: "Reception" }).catch(() => "cut off");
    await eventually("the choice is on the phone", async () => (await hotel.phone(GUEST, "grand"))[2]);
    await hotel.kill();
    expect(held === null || (await acted) === "cut off").toBe(true);
    await held?.();
    await hotel.start();
    const { id } = await eventually(
      "reception sees the guest",
      async () => (await hotel.get("/api/conversations", RECEPTION)).json.items[0],
    );
    const messages = `/api/conversations/${String(id)}/messages`;

    // The answer has just come to the phone: what WhatsApp says of it has not been heard.
    await hotel.post(
      messages,
      { clientMessageId: "a", content: { type: "text", text: "Good evening! How can we help?" } },
      RECEPTION,
    );
    await eventually("the answer is on the phone", async () => (await hotel.phone(GUEST, "grand"))[3]);
    await hotel.kill();
    await hotel.start();
    const history = await eventually("its ticks are known", async () => {
      const { items } = (await hotel.get(messages, RECEPTION)).json;
      return items[0].status === "read" && (items as { direction: string; content: { text: string } }[]);
    });
    expect(history.map(({ direction, content }) => [direction, content.text])).toEqual([
      ["outbound", "Good evening! How can we help?"],
      ["inbound", "Reception"],
      ["outbound", "Welcome to the Grand Hotel! Which department can help you?"],
      ["inbound", "Good evening"],
    ]);
    const shown = await hotel.phone(GUEST, "grand");
    // Blue ticks are told once, when staff answer: a hotel that is killed then may not have told them.
    const told = /^guest (delivered|read)$/;
    expect(shown.map(({ from, status }) => `${from} ${status}`)).toEqual([
      expect.stringMatching(told),
      "hotel read",
      expect.stringMatching(told),
      "hotel read",
    ]);
  }, 120_000);
});
