import { once } from "node:events";
import fs from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import axe from "axe-core";
import express from "express";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { simulatorRouter } from "../../examples/express-hotel/simulator.js";
import { chromium as prepared } from "../../scripts/services/chromium.mjs";
import type { ConversationSummaryJson, MessageJson } from "../../src/index.js";
import type { ServerFrame } from "../../src/live/protocol.js";
import { fakeWhatsApp, type FakeWhatsApp } from "../../src/testing/index.js";

/** The pages before an API that answers with given messages: what they show of each kind, whatever the desk makes of it. */

const PAGES = path.resolve(import.meta.dirname, "../../examples/express-hotel/public");
const CLIENT = path.resolve(import.meta.dirname, "../../dist/client.js");
const MARKUP = path.resolve(import.meta.dirname, "../../dist/markup.js");
const GRAND = "200000000000001";
const NOON = "2026-11-10T12:00:00.000Z";
const EVIL = '<img src=x onerror="alert(1)">';

let browser: Browser;
let base: string;
let whatsapp: FakeWhatsApp;
const ends: (() => Promise<unknown>)[] = [];
const problems: string[] = [];
const told = new Set<WebSocket>();
const say = (socket: WebSocket, ...frames: readonly ServerFrame[]) => {
  socket.send(JSON.stringify(frames));
};
/** What the page has is worth nothing any more: it reads everything again. */
let again = (): void => undefined;
let messages: MessageJson[] = [];

beforeAll(async () => {
  browser = await chromium.launch(prepared());
  ends.push(() => browser.close());
  const app = express();
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  whatsapp = await fakeWhatsApp({ appSecret: "secret", webhookUrl: `${base}/hook`, reports: [] });
  ends.push(() => whatsapp.close());

  const conversation: ConversationSummaryJson = {
    id: "con_1",
    hotelId: "grand",
    departmentId: "reception",
    guest: { id: "gst_1", name: "Nadia" },
    status: "open",
    mode: "service",
    speaker: "bot",
    assigneeId: null,
    priority: "normal",
    tags: [],
    snoozedUntil: null,
    version: 1,
    lastMessageAt: NOON,
    lastMessagePreview: "hello",
    unread: 0,
    waitingSince: null,
    window: { open: true, closesAt: NOON },
  };
  const whole = [
    { type: "snapshot", items: [conversation], last: true, more: false },
    { type: "live", cursors: { grand: "1" } },
  ] as const;
  const sockets = new WebSocketServer({ server, path: "/live" });
  sockets.on("connection", (socket) => {
    told.add(socket);
    say(socket, { type: "welcome", version: 1, connectionId: "me", pingMs: 60_000 }, ...whole);
  });
  again = () => {
    for (const socket of told) say(socket, { type: "resync_required", hotelIds: ["grand"] }, ...whole);
  };
  ends.push(async () => {
    for (const socket of told) socket.terminate();
    await new Promise((resolve) => sockets.close(resolve));
  });
  app.post("/hook", (_request, response) => response.end());
  app.use("/simulator", simulatorRouter(whatsapp));
  app.get("/assets/client.js", (_request, response) => response.sendFile(CLIENT));
  app.get("/assets/markup.js", (_request, response) => response.sendFile(MARKUP));
  app.use("/assets", express.static(PAGES, { index: false }));
  for (const [address, file] of [
    ["/", "staff.html"],
    ["/guest", "guest.html"],
  ] as const)
    app.get(address, (_request, response) => response.type("html").send(fs.readFileSync(path.join(PAGES, file))));
  app.get("/demo/staff", (_request, response) =>
    response.json({
      items: [{ token: "t", id: "t", name: "Reception", role: "agent", hotels: { grand: ["reception"] } }],
      hotels: [{ id: "grand", name: "Grand Hotel", departments: [{ id: "reception", name: "Reception" }] }],
    }),
  );
  app.get("/api/conversations", (_request, response) => response.json({ items: [conversation], nextCursor: null }));
  app.get("/api/conversations/:id/messages", (_request, response) =>
    response.json({ items: messages, nextCursor: null }),
  );
}, 120_000);
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function openPage(address: string): Promise<Page> {
  const page = await browser.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("dialog", (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`${base}${address}`);
  return page;
}
async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate<{ violations: { id: string }[] }>(`${axe.source}; axe.run()`);
  return found.violations.map(({ id }) => id);
}

let seq = 0;
const aMessage = (content: MessageJson["content"], extra: Partial<MessageJson> = {}): MessageJson => ({
  id: `msg_${String(++seq)}`,
  conversationId: "con_1",
  seq,
  direction: "inbound",
  author: { kind: "guest", id: "gst_1" },
  content,
  versions: [],
  flow: null,
  insteadOf: null,
  revokedAt: null,
  reactions: [],
  attachment: null,
  wamid: null,
  quotes: null,
  translation: null,
  context: null,
  status: "received",
  failure: null,
  resentAs: null,
  billing: null,
  clientMessageId: null,
  sentAt: NOON,
  createdAt: NOON,
  ...extra,
});

test("staff see what was edited, deleted and reacted to, who wrote on the hotel's phone, what changed and who called", async () => {
  const text = (words: string) => ({ type: "text", text: words }) as const;
  const edited = aMessage(text("at eight"), {
    versions: [
      { content: text(`at six ${EVIL}`), at: NOON },
      { content: text("at seven"), at: NOON },
    ],
    reactions: [
      { by: "guest", emoji: EVIL, at: NOON },
      { by: "device", emoji: "👍", at: NOON },
    ],
  });
  messages = [
    edited,
    aMessage({ type: "revoked" }, { revokedAt: NOON }),
    aMessage(text("We found your key"), { direction: "outbound", author: { kind: "device" }, status: "delivered" }),
    aMessage({ type: "system", changed: "number", text: `User ${EVIL} changed` }),
    aMessage({ type: "call", direction: "fromGuest", outcome: "failed" }),
    aMessage({ type: "call", direction: "fromGuest", outcome: "completed", seconds: 125 }),
    aMessage({ type: "call", direction: "toGuest", outcome: "completed", seconds: 9 }),
    aMessage({ type: "call", direction: "toGuest", outcome: "failed" }),
    aMessage({ type: "mediaPlaceholder" }),
  ].toReversed();
  const staff = await openPage("/#t");
  await staff.getByRole("navigation").getByRole("button").click();
  const bubbles = staff.locator("#messages > li:not(.day)");
  await bubbles.nth(8).waitFor();
  const without = (shown: string | null) =>
    shown?.replaceAll(/Nov 10/g, "10 Nov").replaceAll(/\d\d:\d\d( [AP]M)?/g, "(time)");
  const texts = async () =>
    (await staff.locator("#messages .bubble, #messages .notice:not(.day)").allTextContents()).map(without);
  expect(await texts()).toEqual([
    `at eightbefore, 10 Nov, (time): at sevenbefore, 10 Nov, (time): at six ${EVIL}The guest: ${EVIL}The hotel's phone: 👍edited (time) `,
    "Deleted(time) ",
    "The hotel's phoneWe found your key(time) ✓✓ delivered",
    `The guest has another number, (time)User ${EVIL} changed`,
    "Missed call, (time)",
    "Call, 2 min, (time)",
    "Call, 9 s, (time)",
    "Call, not answered, (time)",
    "A file of before, which has not come(time) ",
  ]);
  expect(await bubbles.first().locator("s").allTextContents()).toEqual(["at seven", `at six ${EVIL}`]);
  expect(await staff.locator("#messages img").count()).toBe(0);
  expect(await violations(staff)).toEqual([]);

  // Deleted while they look, it is gone with all that it said before.
  messages = [{ ...edited, content: { type: "revoked" }, versions: [], reactions: [], revokedAt: NOON }];
  again();
  await expect.poll(texts, { timeout: 40_000 }).toEqual(["Deleted(time) "]);
  await staff.getByText("Online: everything was read anew").waitFor();
  await staff.setViewportSize({ width: 360, height: 640 });
  expect(await staff.evaluate("document.documentElement.scrollWidth <= 360")).toBe(true);
  expect(problems).toEqual([]);
}, 120_000);

test("a guest's phone shows what the guest and the hotel's phone did, by the simulator's routes", async () => {
  const post = async (route: string, body: object) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${base}/simulator${route}`, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: response.status, json: (await response.json()) as { wamid: string; error?: { code: string } } };
  };
  const acts = (act: object) => post("/guests/12025550101/messages", { hotel: "grand", ...act });
  const phone = await openPage("/guest?hotel=grand&address=12025550101");
  const wrong = (await acts({ type: "text", text: "at six" })).json.wamid;
  const gone = (await acts({ type: "text", text: "not for you" })).json.wamid;
  const echo = await post("/hotel-phone/messages", { hotel: "grand", to: "12025550101", text: "We found your key" });
  expect(echo.status).toBe(200);
  const { wamid } = echo.json;
  expect((await acts({ type: "edit", wamid: wrong, text: "at seven" })).status).toBe(200);
  expect((await acts({ type: "revoke", wamid: gone })).status).toBe(200);
  expect((await acts({ type: "reaction", wamid, emoji: "👍" })).status).toBe(200);

  await phone.getByText("👍").waitFor();
  expect(await phone.locator("#messages .text").allTextContents()).toEqual(["at seven", "We found your key"]);
  expect(await phone.locator("#messages li").first().locator(".foot").textContent()).toMatch(/^edited /);
  await phone.getByText("You deleted this message").waitFor();
  expect(await violations(phone)).toEqual([]);
  await acts({ type: "reaction", wamid, emoji: null });
  await phone.getByText("👍").waitFor({ state: "detached" });
  await whatsapp.hotelPhone(GRAND).deletes(wamid);
  await phone.getByText("The hotel deleted this message").waitFor();

  for (const act of [
    { type: "edit", wamid: gone, text: "?" },
    { type: "revoke", wamid: "wamid.none" },
    { type: "reaction", wamid: wrong, emoji: "👍" },
  ])
    expect(await acts(act)).toMatchObject({ status: 422, json: { error: { code: "message_unknown" } } });
  for (const [body, status] of [
    [{ hotel: "grand", to: "12025550101" }, 400],
    [{ hotel: "grand", text: "hi" }, 400],
    [{ hotel: "ritz", to: "12025550101", text: "hi" }, 404],
  ] as const)
    expect((await post("/hotel-phone/messages", body)).status).toBe(status);
  expect(problems).toEqual([]);
}, 120_000);
