import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import axe from "axe-core";
import { cloudApi, ConversationManager, sign, type Desk, type ConversationManagerOptions } from "belldesk";
import { memoryMediaStore, memoryStorage } from "belldesk/memory";
import type { FakeWhatsApp } from "belldesk/testing";
import { webSocketGateway } from "belldesk/websocket";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { hotelApp } from "../../examples/express-hotel/app.js";
import { readyFlows } from "../../examples/express-hotel/flows.js";
import { hotels, NUMBERS, staffTokens } from "../../examples/express-hotel/hotels.js";
import { demoPms } from "../../examples/express-hotel/pms.js";
import { startSimulator } from "../../examples/express-hotel/simulator.js";
import { chromium as prepared } from "../../scripts/services/chromium.mjs";

const SECRET = "demo-app-secret";

/** The runnable hotel in this process, in memory, with a browser beside it: one for all tests of a file. */
export interface DemoHotel {
  readonly base: string;
  readonly desk: ConversationManager;
  readonly whatsapp: FakeWhatsApp;
  /** What no page should do: an error, a dialog, a request to elsewhere. */
  readonly problems: string[];
  /** A desk as one of the demo's staff sees it. */
  as(token: string): Desk;
  /** A guest of `grand` does something on the phone. @returns its wamid */
  guestActs(address: string, act: object): Promise<string>;
  /** Meta delivers messages as one webhook: as Meta writes them, without the envelope. */
  deliver(messages: readonly object[], contacts?: readonly object[]): Promise<void>;
  /** The staff page, as whoever has the token; the sign-in without one. */
  open(token?: string, options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
}

export async function demoHotel(options: Partial<ConversationManagerOptions> = {}): Promise<DemoHotel> {
  const ends: (() => Promise<unknown>)[] = [];
  const browser: Browser = await chromium.launch(prepared());
  ends.push(() => browser.close());
  const dataDir = await mkdtemp(path.join(os.tmpdir(), "belldesk-inbox-"));
  ends.push(() => rm(dataDir, { recursive: true, force: true }));
  const port = await freePort();
  const base = `http://127.0.0.1:${String(port)}`;
  const config = {
    ...{ port, dataDir, databaseUrl: null, redisUrl: null, graphUrl: null },
    ...{ appSecret: SECRET, verifyToken: "demo-verify-token", accessToken: "demo-access-token" },
  };
  const whatsapp = await startSimulator(config);
  ends.push(() => whatsapp.close());
  const pms = demoPms((event) => desk.pms.apply(event));
  const desk: ConversationManager = new ConversationManager({
    hotels: hotels(config.accessToken),
    storage: memoryStorage(),
    transport: cloudApi({ graphUrl: whatsapp.graphUrl }),
    webhook: { appSecrets: [SECRET], verifyToken: config.verifyToken },
    media: { store: memoryMediaStore() },
    flows: readyFlows(pms.port, (conversationId, task) =>
      desk.as({ kind: "system", id: "flows" }).createTask(conversationId, task),
    ),
    tasks: pms.tasks,
    floods: { commandsPerMinute: null },
    ...options,
  });
  const staff = staffTokens();
  const server = hotelApp(desk, whatsapp, staff, pms).listen(port, "127.0.0.1");
  // Where everything is one process, what it does for seconds on end is no reason to drop whoever waits.
  server.keepAliveTimeout = 120_000;
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
  await desk.as({ kind: "system", id: "tests" }).syncTemplates("grand");

  const problems: string[] = [];
  return {
    base,
    desk,
    whatsapp,
    problems,
    as: (token) => desk.as(staff.get(token)!),
    guestActs: async (address, act) => {
      const response = await post(`${base}/simulator/guests/${address}/messages`, { hotel: "grand", ...act });
      const json = (await response.json()) as { readonly wamid: string };
      if (!response.ok) throw new Error(`The guest could not act: ${JSON.stringify(json)}`);
      return json.wamid;
    },
    deliver: async (messages, contacts = []) => {
      const metadata = { display_phone_number: "390000000001", phone_number_id: NUMBERS["grand"] };
      const value = { messaging_product: "whatsapp", metadata, contacts, messages };
      const body = JSON.stringify({
        object: "whatsapp_business_account",
        entry: [{ id: "100000000000001", changes: [{ field: "messages", value }] }],
      });
      const response = await fetch(`${base}/webhooks/whatsapp`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-hub-signature-256": sign(body, SECRET) },
        body,
      });
      if (response.status !== 200) throw new Error(`The webhook was answered ${String(response.status)}.`);
    },
    open: async (token, context) => {
      const page = await (await browser.newContext(context)).newPage();
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("dialog", (dialog) => {
        problems.push(`a dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on("request", (request) => {
        if (!request.url().startsWith(base) && !request.url().startsWith("blob:"))
          problems.push(`a request to ${request.url()}`);
      });
      page.on("console", (message) => {
        // What a page is refused by its own policy, or by the desk.
        if (message.type() === "error" && !message.text().includes("Failed to load resource"))
          problems.push(message.text());
      });
      await page.goto(`${base}/${token === undefined ? "" : `#${token}`}`);
      return page;
    },
    close: async () => {
      for (const end of ends.reverse()) await end();
    },
  };
}

/** What axe finds wrong with a page as it stands, each with the elements. */
export async function violations(page: Page): Promise<string[]> {
  // axe is put into the page by the browser itself, which the page's own policy does not concern.
  const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    `${axe.source}; axe.run()`,
  );
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}

const post = (url: string, body: object) =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

async function freePort(): Promise<number> {
  const door = createServer().listen(0, "127.0.0.1");
  await once(door, "listening");
  const { port } = door.address() as AddressInfo;
  door.close();
  return port;
}
