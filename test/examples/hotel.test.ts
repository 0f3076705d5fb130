import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { deskClient, openConversations } from "belldesk/client";
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

test("a hotel that cannot open says what to set, and a simulator that cannot act says why", async () => {
  const dataDir = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-hotel-"));
  const unset = { DATABASE_URL: "", WHATSAPP_GRAPH_URL: "" };
  const hotel = await RunnableHotel.open({ DATA_DIR: dataDir, ...unset });
  try {
    const taken = await hotel.failToOpen({ DATA_DIR: path.join(dataDir, "another") });
    expect([taken.code, taken.output]).toEqual([1, expect.stringContaining("PORT=3001 npm start")]);
    const locked = await hotel.failToOpen({ PORT: "0" });
    expect([locked.code, locked.output]).toEqual([1, expect.stringContaining(`DATA_DIR (now ${dataDir})`)]);
    const odd = await hotel.failToOpen({ PORT: "abc" });
    expect([odd.code, odd.output]).toEqual([1, "PORT is not a port number: abc\n"]);

    const route = `/simulator/guests/${GUEST}/messages`;
    const headers = { "content-type": "application/json" };
    const broken = await fetch(`${hotel.base}${route}`, { method: "POST", headers, body: "{" });
    expect([broken.status, await broken.json()]).toMatchObject([400, { error: { code: "request_invalid" } }]);
    const nothing = await fetch(`${hotel.base}${route}`, { method: "POST" });
    expect([nothing.status, await nothing.json()]).toMatchObject([400, { error: { code: "request_invalid" } }]);
    expect(await hotel.get(route)).toMatchObject({ status: 400, json: { error: { code: "request_invalid" } } });
    const coded = async (at: string, body: string) => {
      const { status, headers: said, ...answer } = await hotel.send(at, body);
      expect([at, said["content-type"]]).toEqual([at, expect.stringContaining("application/json")]);
      expect(Object.keys(answer.json.error)).toEqual(["code", "message"]);
      return [status, answer.json.error.code];
    };
    const guests = "/simulator/guests/%E0%A4%A/messages";
    for (const at of [guests, `${guests}?hotel=grand`, "/assets/%E0%A4%A", "/simulator/templates/%E0%A4%A/status"])
      expect(await coded(at, `{"hotel":"grand","text":"Hello"}`)).toEqual([400, "request_invalid"]);
    const long = `{"hotel":"grand","text":"${"x".repeat(200_000)}"}`;
    for (const at of ["/simulator/clock", "/simulator/line", "/simulator/front-desk/books"])
      expect(await coded(at, long)).toEqual([413, "body_too_large"]);
    for (const at of ["/simulator/clock", "/simulator/front-desk/books"])
      expect(await coded(at, "{")).toEqual([400, "request_invalid"]);
    expect(await coded("/simulator/front-desk/day", `{"guests":5}`)).toEqual([500, "internal"]);
    const wrong = [
      { text: 7 },
      { text: ["Hello"] },
      { text: { body: "Hello" } },
      { text: null },
      { type: 5 },
      { type: "list", id: 5 },
      { type: "reaction", wamid: "w", emoji: 5 },
      { type: "location", latitude: "here" },
      { type: "contacts", contacts: [{ name: "Ada" }] },
      { type: "image", base64: 5 },
      { type: "form", wamid: "w", answers: [] },
      { hotel: ["grand"], text: "Hello" },
    ];
    for (const act of wrong)
      expect(await coded(route, JSON.stringify({ hotel: "grand", ...act }))).toEqual([400, "request_invalid"]);
    expect(await hotel.phone(GUEST, "grand")).toEqual([]);
    for (const nowhere of ["ritz", "constructor"])
      expect(await hotel.get(`${route}?hotel=${nowhere}`)).toMatchObject({
        status: 404,
        json: { error: { code: "not_found" } },
      });
  } finally {
    await hotel.kill();
    await fs.rm(dataDir, { recursive: true, force: true });
  }
}, 120_000);

const nowhere = (): never => {
  throw new Error("There is none here.");
};
test("where no WebSocket gets through, a staff page hears of what a guest writes as a stream, and answers by requests", async () => {
  const dataDir = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-hotel-"));
  const hotel = await RunnableHotel.open({ DATA_DIR: dataDir });
  const client = deskClient({
    baseUrl: `${hotel.base}/api`,
    token: "demo-grand-manager",
    WebSocket: class {
      readonly none = nowhere();
    },
    live: { retry: { baseMs: 10, maxMs: 50 } },
  });
  try {
    expect((await fetch(`${hotel.base}/live`)).status).toBe(401);
    client.connect();
    await eventually("it is live", () => Promise.resolve(client.getState().connection.status === "live"));
    await hotel.guestActs(GUEST, { hotel: "grand", type: "text", text: "Hello?" });
    const { id } = await eventually("it is shown", () => Promise.resolve(openConversations(client.getState())[0]));
    client.open(id);
    client.reply(id, "Good evening.");
    await eventually("the answer is shown", () =>
      Promise.resolve(client.getState().threads[id]?.messages.some(({ status }) => status === "read")),
    );
  } finally {
    client.close();
    await hotel.kill();
    await fs.rm(dataDir, { recursive: true, force: true });
  }
}, 120_000);

test("what is not signed by the app is refused before anything is read, and who has no token may read what the API is (T01)", async () => {
  const dataDir = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-hotel-"));
  const hotel = await RunnableHotel.open({ DATA_DIR: dataDir });
  try {
    const unsigned = await hotel.post("/webhooks/whatsapp", { object: "whatsapp_business_account", entry: [] });
    expect([unsigned.status, unsigned.json.error.code]).toEqual([401, "signature_missing"]);
    const shake = (token: string) =>
      fetch(`${hotel.base}/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`);
    const right = await shake("demo-verify-token");
    expect([right.status, await right.text()]).toEqual([200, "1158201444"]);
    expect((await shake("another-token")).status).toBe(403);
    const described = await fetch(`${hotel.base}/api/openapi.json`);
    const { servers, paths } = (await described.json()) as { servers: object[]; paths: object };
    expect([described.status, servers]).toEqual([200, [{ url: "/api" }]]);
    expect(Object.keys(paths)).toContain("/conversations/{id}/messages");
    const nowhere = await hotel.get("/api/nothing", RECEPTION);
    expect([nowhere.status, nowhere.json.error.code]).toEqual([404, "not_found"]);
  } finally {
    await hotel.kill();
    await fs.rm(dataDir, { recursive: true, force: true });
  }
}, 120_000);

test("reception writes to a guest who never wrote, with a template that the hotel has from the beginning; one that Meta approves later is read by an admin", async () => {
  const dataDir = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-hotel-"));
  const hotel = await RunnableHotel.open({ DATA_DIR: dataDir });
  try {
    const names = async () =>
      (await hotel.get("/api/templates?hotel=grand", RECEPTION)).json.items.map(({ name }: { name: string }) => name);
    expect(await names()).toEqual(["arrival_reminder", "weekend_offer"]);
    const first = { hotelId: "grand", departmentId: "reception", to: { waId: GUEST } };
    const body = [
      { name: "first_name", text: "Ines" },
      { name: "hour", text: "15:00" },
    ];
    const arrival = { type: "template", name: "arrival_reminder", language: "en_US", body };
    expect((await hotel.post("/api/conversations", { ...first, content: arrival }, RECEPTION)).status).toBe(202);
    await eventually("the first is on the phone", async () => (await hotel.phone(GUEST, "grand")).length === 1);
    const thanks = { name: "thanks", language: "en_US", components: [{ type: "BODY", text: "Thank you!" }] };
    await hotel.post("/simulator/templates", thanks);
    const read = await hotel.post("/api/operator/templates/sync", { hotel: "grand" }, "demo-group-admin");
    expect([read.status, read.json]).toEqual([200, { read: 3, unread: 0, deleted: 0 }]);
    // Neither the catalogue nor Meta forgets them when the hotel comes back.
    await hotel.kill();
    await hotel.start();
    expect(await names()).toEqual(["arrival_reminder", "thanks", "weekend_offer"]);
    const content = { type: "template", name: "thanks", language: "en_US" };
    expect((await hotel.post("/api/conversations", { ...first, content }, RECEPTION)).status).toBe(202);
    await eventually("both are on the phone", async () => {
      const texts = (await hotel.phone(GUEST, "grand")).map(({ text }) => text);
      return texts.join() === "Hello Ines, your room is ready from 15:00.,Thank you!";
    });
  } finally {
    await hotel.kill();
    await fs.rm(dataDir, { recursive: true, force: true });
  }
}, 120_000);
