import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { deskClient, openConversations } from "belldesk/client";
import { expect, test } from "vitest";
import { eventually } from "../harness/hotel.js";
import { RunnableHotel } from "../harness/runnable-hotel.js";

const GUEST = "12025550101";
const RECEPTION = "demo-grand-reception";

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
