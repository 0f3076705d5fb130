import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryMediaStore, memoryStorage } from "belldesk/memory";
import { cloudApi, ConversationManager } from "belldesk";
import { webSocketGateway } from "belldesk/websocket";
import { hotelApp } from "../../examples/express-hotel/app.js";
import { hotels, staffTokens } from "../../examples/express-hotel/hotels.js";
import { startSimulator } from "../../examples/express-hotel/simulator.js";
import { chromium as prepared } from "../../scripts/services/chromium.mjs";
import { aPdf, aPng } from "../support/files.js";

/** The runnable hotel's pages with a desk behind them: a file goes from a guest's phone to the staff's page, and one back. */

let browser: Browser;
let base: string;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  browser = await chromium.launch(prepared());
  ends.push(() => browser.close());
  const door = createServer();
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  const { port } = door.address() as AddressInfo;
  door.close();
  base = `http://127.0.0.1:${String(port)}`;
  const config = {
    port,
    dataDir: "",
    databaseUrl: null,
    redisUrl: null,
    appSecret: "demo-app-secret",
    verifyToken: "demo-verify-token",
    accessToken: "demo-access-token",
    graphUrl: null,
  };
  const simulator = await startSimulator({ ...config, dataDir: await folder() });
  ends.push(() => simulator.close());
  const desk = new ConversationManager({
    hotels: hotels(config.accessToken),
    storage: memoryStorage(),
    transport: cloudApi({ graphUrl: simulator.graphUrl }),
    webhook: { appSecrets: [config.appSecret], verifyToken: config.verifyToken },
    media: { store: memoryMediaStore() },
    floods: { commandsPerMinute: null },
  });
  const staff = staffTokens();
  const server = hotelApp(desk, simulator, staff).listen(port, "127.0.0.1");
  webSocketGateway(desk, {
    server,
    path: "/live",
    allowedOrigins: [base],
    authenticate: (_request, token) => staff.get(token ?? "") ?? null,
  });
  await desk.start();
  ends.push(async () => {
    await desk.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
}, 120_000);

afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

async function folder(): Promise<string> {
  const { mkdtemp, rm } = await import("node:fs/promises");
  const path = await mkdtemp("/tmp/belldesk-files-");
  ends.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

const act = (body: object) =>
  fetch(`${base}/simulator/guests/12025550101/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ hotel: "grand", ...body }),
  });

async function page(path: string): Promise<{ readonly page: Page; readonly problems: string[] }> {
  const problems: string[] = [];
  const opened = await browser.newPage();
  opened.on("pageerror", (error) => problems.push(error.message));
  opened.on("console", (message) => {
    // There is no street around this hotel: no clock to be moved, and no process to be killed.
    const isStreets = /\/simulator\/(clock|hotel-process)$/.test(message.location().url);
    if (message.type() === "error" && !isStreets) problems.push(message.text());
  });
  await opened.goto(base + path);
  return { page: opened, problems };
}

test("a guest's photo shows in the staff's page, and a PDF of the staff on the guest's phone (S16, S72)", async () => {
  expect((await act({ type: "text", text: "Hello" })).status).toBe(200);
  const phone = await page("/guest?hotel=grand&address=12025550101");
  await expect
    .poll(async () => (await act({ type: "list", title: "Reception" })).status, { timeout: 40_000 })
    .toBe(200);
  await phone.page
    .locator("#file")
    .setInputFiles({ name: "passport.png", mimeType: "image/png", buffer: aPng(7, 64, 64) });

  const staff = await page("/#demo-grand-reception");
  await staff.page.locator("#conversations button, #conversations li").first().click();
  const picture = staff.page.locator("#messages img.picture");
  await picture.waitFor();
  await expect
    .poll(() => picture.evaluate((image) => (image as unknown as { readonly naturalWidth: number }).naturalWidth))
    .toBe(64);

  await staff.page.locator("#file").setInputFiles({ name: "Invoice.pdf", mimeType: "application/pdf", buffer: aPdf() });
  await staff.page.getByRole("button", { name: "Send", exact: true }).click();
  await phone.page.locator("#messages li.theirs a.document", { hasText: "Invoice.pdf" }).waitFor();
  expect([...phone.problems, ...staff.problems]).toEqual([]);
}, 120_000);
