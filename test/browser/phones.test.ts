import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import axe from "axe-core";
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { chromium as prepared } from "../../scripts/services/chromium.mjs";
import { toPlain } from "../../src/index.js";
import { eventually } from "../harness/hotel.js";
import { RunnableHotel } from "../harness/runnable-hotel.js";
import { byTheDay } from "../support/by-the-day.js";
import { asShown } from "../support/messages.js";
import { xssPayloads } from "../support/xss.js";

/** The guests' page and the scenarios' of the runnable hotel, used as people use them. */

const RECEPTION = "demo-grand-reception";
let browser: Browser;
let context: BrowserContext;
let hotel: RunnableHotel;
let dataDir: string;
let problems: string[] = [];

beforeAll(async () => {
  dataDir = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-phones-"));
  [hotel, browser] = await Promise.all([RunnableHotel.open({ DATA_DIR: dataDir }), chromium.launch(prepared())]);
  context = await browser.newContext({ viewport: { width: 1250, height: 850 } });
  context.on("page", (page) => {
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("dialog", (dialog) => {
      problems.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(hotel.base)) problems.push(`a request to ${request.url()}`);
    });
  });
  await context.exposeFunction("hit", (what: string) => void problems.push(`ran ${what}`));
}, 120_000);
afterAll(async () => {
  await browser.close();
  await hotel.kill();
  await fs.rm(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const page of context.pages()) await page.close();
  problems = [];
});

let guests = 0;
const newNumber = (): string => String(447_700_900_501 + guests++);

/** As a browser hands it back; a text's lines are elements of their own. */
const flat = (text: string) => asShown(text).replaceAll("\n", "");

async function open(address: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${hotel.base}${address}`);
  return page;
}
const phoneOf = (address: string) => open(`/guest?hotel=grand&address=${address}`);

async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    `${axe.source}; axe.run()`,
  );
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" ")}`);
}

/** In every light, and as narrow as a phone. */
async function seesNothingWrong(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const)
    for (const width of [1250, 360]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 850 });
      expect([colorScheme, width, await violations(page)]).toEqual([colorScheme, width, []]);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1250, height: 850 });
}

async function says(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send", exact: true }).click();
}
const bubble = (page: Page, text: string) =>
  page.locator("#messages li", { has: page.locator(".text", { hasText: text }) }).last();
async function does(page: Page, text: string, act: string): Promise<void> {
  await bubble(page, text).getByRole("button", { name: "More about this message" }).click();
  await page.getByRole("dialog").getByRole("button", { name: act, exact: true }).click();
}
async function attaches(page: Page, what: string): Promise<void> {
  await page.getByRole("button", { name: "Attach", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: what, exact: true }).click();
}

const api = async (route: string, body?: object): Promise<any> =>
  (body === undefined ? await hotel.get(`/api${route}`, RECEPTION) : await hotel.post(`/api${route}`, body, RECEPTION))
    .json;

/** A guest comes to reception by their phone. @returns the conversation's id */
async function comesToReception(page: Page, address: string): Promise<string> {
  await says(page, `I am ${address}`);
  await page.getByRole("button", { name: "Departments" }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Reception/ })
    .click();
  const { id } = await eventually("reception sees the guest", async () =>
    (await api("/conversations?limit=100")).items.find(
      ({ guest, departmentId }: any) => guest.name === `Guest ${address.slice(-4)}` && departmentId === "reception",
    ),
  );
  return String(id);
}
const messagesOf = async (id: string): Promise<any[]> => (await api(`/conversations/${id}/messages?limit=100`)).items;
const newest = (id: string, what: string, isMeant: (message: any) => unknown) =>
  eventually(what, async () => (await messagesOf(id)).find((message) => isMeant(message)));
let answers = 0;
const staffSay = (id: string, content: object) =>
  api(`/conversations/${id}/messages`, { clientMessageId: `answer-${String(answers++)}`, content });

test("several guests have phones on one page: one is added, taken into the hand, remembered by the tab and put away", async () => {
  const page = await phoneOf(newNumber());
  const people = page.getByRole("list", { name: "Guests" }).getByRole("listitem");
  await page.getByText("New guest").click();
  await page.getByLabel("Name").fill("Chiara");
  await page.getByLabel("Writes to").selectOption("seaside");
  await page.getByRole("button", { name: "Give a phone" }).click();
  await expect.poll(() => people.count()).toBe(2);
  expect(await page.locator("guest-phone h2").textContent()).toBe("Seaside Hotel");
  await says(page, "Bom dia");
  await page.getByText("Welcome to the Seaside Hotel!").waitFor();

  await page.reload();
  await page.goto(`${hotel.base}/guest`);
  await page.getByText("Welcome to the Seaside Hotel!").waitFor();
  await people.first().getByRole("button").first().click();
  await page.getByText("Welcome to the Seaside Hotel!").waitFor({ state: "detached" });
  expect(await page.locator("guest-phone h2").textContent()).toBe("Grand Hotel");
  // Another tab is another pocket.
  const other = await open("/guest");
  expect(await other.getByRole("list", { name: "Guests" }).getByRole("listitem").count()).toBe(1);
  await page.getByRole("button", { name: "Put Chiara away" }).click();
  await expect.poll(() => people.count()).toBe(1);
  await seesNothingWrong(page);
  expect(problems).toEqual([]);
}, 120_000);

test("a guest sends all that a phone can: files of their own and samples, a place, a contact, and what WhatsApp keeps to itself", async () => {
  const address = newNumber();
  const page = await phoneOf(address);
  const id = await comesToReception(page, address);
  for (const [what, type] of [
    ["Photo", "image"],
    ["Voice message", "audio"],
    ["Video", "video"],
    ["Document", "document"],
    ["Sticker", "sticker"],
    ["Location", "location"],
    ["Contact", "contacts"],
    ["Poll (WhatsApp does not hand it over)", "unsupported"],
  ] as const) {
    await attaches(page, what);
    await newest(id, `the ${type} comes`, ({ content }) => content.type === type);
  }
  await page.getByLabel("Message", { exact: true }).fill("The shower, look");
  await page
    .getByLabel("File of your own")
    .setInputFiles({ name: "note.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4") });
  const sent = await newest(id, "the file comes", ({ content }) => content.fileName === "note.pdf");
  expect(sent.content.text).toBe("The shower, look");
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("");

  for (const picture of ["A photo", "A sticker"])
    await expect
      .poll(() =>
        page.getByAltText(picture).evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
      )
      .toBeGreaterThan(100);
  for (const sound of ["A voice message", "A video"])
    await expect
      .poll(() =>
        page.getByLabel(sound, { exact: true }).evaluate((media) => {
          const { duration, load, preload } = media as unknown as {
            duration: number;
            preload: string;
            load: () => void;
          };
          if (preload === "none") {
            (media as unknown as { preload: string }).preload = "auto";
            load.call(media);
          }
          return duration > 0;
        }),
      )
      .toBe(true);
  await page.getByText("Termini station").waitFor();
  await seesNothingWrong(page);
  expect(problems).toEqual([]);
}, 120_000);

test("a guest answers to one message, corrects one, deletes one and reacts, and staff see each", async () => {
  const address = newNumber();
  const page = await phoneOf(address);
  const id = await comesToReception(page, address);
  await staffSay(id, { type: "text", text: "Breakfast is from seven." });
  await page.getByText("Breakfast is from seven.").waitFor();

  await does(page, "Breakfast is from seven.", "Reply");
  await says(page, "Also on Sunday?");
  await page.locator("blockquote", { hasText: "Breakfast is from seven." }).waitFor();
  await newest(id, "the answer comes", ({ content }) => content.text === "Also on Sunday?");

  await does(page, "Also on Sunday?", "Edit");
  await says(page, "Also on Monday?");
  await newest(id, "it is corrected", ({ content }) => content.text === "Also on Monday?");
  await page.getByText("edited").waitFor();

  await does(page, "Breakfast is from seven.", "React with 👍");
  await newest(id, "the reaction comes", ({ reactions }) => reactions.length === 1);
  await does(page, "Breakfast is from seven.", "Take the reaction back");
  await newest(
    id,
    "it is gone",
    ({ content, reactions }) => content.text?.startsWith("Breakfast") && reactions.length === 0,
  );

  await does(page, "Also on Monday?", "Delete for everybody");
  await page.getByText("You deleted this message").waitFor();
  await newest(id, "it is deleted", ({ revokedAt }) => revokedAt !== null);

  await bubble(page, "Breakfast is from seven.").getByRole("button", { name: "More about this message" }).click();
  await seesNothingWrong(page);
  expect(problems).toEqual([]);
}, 120_000);

test("ticks, typing and receipts: a guest sees that the hotel writes and has read, and the hotel that the guest has", async () => {
  const address = newNumber();
  const page = await phoneOf(address);
  const id = await comesToReception(page, address);
  await page.getByLabel("The phone is").selectOption("delivered");
  await api(`/conversations/${id}/typing`, {});
  await page.getByText("typing…").waitFor();
  const { id: answer } = await staffSay(id, { type: "text", text: "Good evening." });
  await page.getByText("typing…").waitFor({ state: "detached" });
  await newest(id, "it has come", (message) => message.id === answer && message.status === "delivered");
  await page.getByRole("button", { name: "Read what is new" }).click();
  await newest(id, "it is read", (message) => message.id === answer && message.status === "read");
  await page.getByRole("button", { name: "Read what is new" }).waitFor({ state: "hidden" });

  await says(page, "Thank you");
  const { seq: thanks } = await newest(id, "it comes", ({ content }) => content.text === "Thank you");
  await bubble(page, "Thank you").locator(".ticks.delivered").waitFor();
  await api(`/conversations/${id}/read`, { seq: thanks });
  await bubble(page, "Thank you").locator(".ticks.read").waitFor();
  expect(problems).toEqual([]);
}, 120_000);

test("a template with buttons is tapped, and a link is shown and not gone to", async () => {
  const address = newNumber();
  const page = await phoneOf(address);
  const id = await comesToReception(page, address);
  const components = [
    { type: "HEADER", format: "TEXT", text: "Your stay" },
    { type: "BODY", text: "Will you come by car?" },
    { type: "FOOTER", text: "Grand Hotel" },
    {
      type: "BUTTONS",
      buttons: [
        { type: "QUICK_REPLY", text: "By car" },
        { type: "URL", text: "The way", url: "https://hotel.example/way" },
      ],
    },
  ];
  await hotel.post("/simulator/templates", { name: "by_car", language: "en_US", components });
  await hotel.post("/api/operator/templates/sync", { hotel: "grand" }, "demo-group-admin");
  await staffSay(id, { type: "template", name: "by_car", language: "en_US" });
  await page.getByText("Will you come by car?").waitFor();
  expect(await bubble(page, "Will you come by car?").locator(".header").textContent()).toBe("Your stay");
  await page.getByRole("button", { name: "The way" }).click();
  await page.getByRole("dialog").getByText("https://hotel.example/way").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "By car" }).click();
  await newest(id, "the choice comes", ({ content }) => content.type === "choice" && content.text === "By car");

  expect(problems).toEqual([]);
}, 120_000);

test("a guest checks in by a form of WhatsApp's own, on two screens that the hotel has filled", async () => {
  const page = await phoneOf(newNumber());
  await says(page, "check in by form");
  await page.getByText("booking number").waitFor();
  await says(page, "GH-1001");
  await page.getByText("family name").waitFor();
  await says(page, "Rossi");
  await bubble(page, "Is that right?").getByRole("button", { name: "Yes", exact: false }).first().click();
  await page.getByRole("button", { name: "Open the form" }).click();
  const form = page.getByRole("dialog");
  expect(await form.getByLabel("How many guests?").inputValue()).toBe("2");
  await form.getByLabel("When do you arrive?").selectOption("18:00");
  await seesNothingWrong(page);
  await form.getByRole("button", { name: "Next" }).click();
  await form.getByLabel(/What shall we prepare/).fill("A cot");
  await form.getByText("Nobody smokes in the rooms.").waitFor();
  await form.getByLabel("I agree to the house rules").check();
  await form.getByRole("button", { name: "Send", exact: true }).click();
  await form.waitFor({ state: "detached" });
  const summary = bubble(page, "A cot");
  await summary.waitFor();
  expect(await summary.locator(".text").textContent()).toContain("18:00");
  expect(problems).toEqual([]);
}, 120_000);

test("the world around is moved by buttons: faults, a username, another number, a day, a process that dies", async () => {
  const address = newNumber();
  const page = await phoneOf(address);
  const id = await comesToReception(page, address);
  await page.getByRole("button", { name: "Answer lost" }).click();
  await page.getByText("The next message: The hotel's 200 never comes back").waitFor();
  await says(page, "Only once, please");
  await bubble(page, "Only once, please").locator(".ticks.delivered").waitFor();
  await does(page, "Only once, please", "How it travelled");
  const tries = page.getByRole("dialog").getByRole("listitem");
  expect(await tries.allTextContents()).toEqual([
    expect.stringContaining("answered 200, which got lost"),
    expect.stringMatching(/answered 200$/),
  ]);
  await page.getByRole("button", { name: "Close" }).click();
  expect((await messagesOf(id)).filter(({ content }) => content.text === "Only once, please")).toHaveLength(1);

  await page.getByRole("button", { name: "Username only: hide the phone" }).click();
  await says(page, "Guess who");
  await newest(id, "it is the same guest", ({ content }) => content.text === "Guess who");
  await page.getByRole("button", { name: "Show the phone again" }).click();
  await page.getByLabel("New number").fill("447700900999");
  await page.getByRole("button", { name: "Change the number" }).click();
  await newest(id, "WhatsApp tells so", ({ content }) => content.type === "system" && content.changed === "number");
  await says(page, "My new number");
  await newest(id, "it goes on", ({ content }) => content.text === "My new number");
  await page.getByRole("list", { name: "Guests" }).getByText("447700900999").waitFor();

  await page.getByRole("button", { name: "Kill it" }).click();
  await page.getByText("Not there at the moment.").waitFor();
  await says(page, "Written meanwhile");
  await bubble(page, "Written meanwhile").locator(".ticks.sent").waitFor();
  await bubble(page, "Written meanwhile").locator(".ticks.delivered").waitFor({ timeout: 90_000 });
  await newest(id, "it has come", ({ content }) => content.text === "Written meanwhile");

  await page.getByRole("button", { name: "Let 26 hours pass" }).click();
  await page.getByText("26 hours have passed for the whole hotel.").waitFor();
  await page.getByText("26 h ahead of yours").waitFor();
  expect((await api("/conversations?limit=100")).items.find((one: any) => one.id === id).window.open).toBe(false);
  await says(page, "Good morning");
  await expect.poll(() => page.locator(".day").count()).toBe(2);
  expect(problems).toEqual([]);
}, 180_000);

/** Presses a scenario, and waits until each step of it is done. */
async function plays(scenario: Locator): Promise<void> {
  await scenario.getByRole("button").click();
  await scenario.getByText(/^(Done|It stopped here)\.$/).waitFor({ timeout: 200_000 });
  const states = await scenario
    .getByRole("listitem")
    .evaluateAll((items) => items.map((item: any) => [item.dataset.state, item.textContent]));
  expect(states.filter(([state]) => state !== "done")).toEqual([]);
}

test("each scenario is pressed, and seen through to its end", async () => {
  const page = await open("/scenarios");
  const scenarios = page.getByRole("article");
  await seesNothingWrong(page);
  const count = await scenarios.count();
  expect(count).toBe(5);
  for (let place = 0; place < count; place++) await plays(scenarios.nth(place));
  await seesNothingWrong(page);
  // What is to be looked at can be gone to.
  const [phone] = await Promise.all([
    context.waitForEvent("page"),
    page.getByRole("link", { name: "Ada's phone" }).first().click(),
  ]);
  await phone.getByText("Reception here: we see to it, Ada.").waitFor();
  expect(problems).toEqual([]);
}, 600_000);

test("guests check in in the morning, too, before rooms are ready", async () => {
  const clock = async (more?: object) => {
    const asked =
      more === undefined
        ? {}
        : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(more) };
    const answer = await fetch(`${hotel.base}/simulator/clock`, asked);
    return ((await answer.json()) as { readonly now: string }).now;
  };
  const hour = (now: string) =>
    Number(
      new Intl.DateTimeFormat("en", { timeZone: "Europe/Rome", hour: "2-digit", hourCycle: "h23" }).format(
        new Date(now),
      ),
    );
  await clock({ hours: (33 - hour(await clock())) % 24 || 24 });
  expect(hour(await clock())).toBe(9);
  const page = await open("/scenarios");
  await plays(page.getByRole("article").filter({ hasText: "Check-in from booking to key" }));
}, 300_000);

test("whatever hotel and staff write to harm, in every field that a phone shows, is a text and nothing else (T25)", async () => {
  const payloads = byTheDay(xssPayloads(), 5, process.env["HOSTILE"] === "all");
  expect(payloads.length).toBeGreaterThan(100);
  const page = await context.newPage();
  let items: object[] = [];
  await page.route("**/simulator/guests/*/messages?*", (route) =>
    route.fulfill({ json: { items, typing: false, guest: { name: evil } } }),
  );
  let evil = "Ada";
  await page.goto(`${hotel.base}/guest?hotel=grand&address=447700900998`);
  const at = "2026-11-27T09:00:00.000Z";
  const asked = await page.locator("#messages").getAttribute("id");
  expect(asked).toBe("messages");
  for (let from = 0; from < payloads.length; from += 300) {
    const some = payloads.slice(from, from + 300);
    evil = some[0] ?? "";
    items = some.map((p, place) => ({
      ...{
        wamid: `w${String(from + place)}`,
        from: "hotel",
        type: "interactive",
        status: "read",
        at,
        text: p,
        header: p,
        footer: p,
      },
      ...{
        button: p,
        options: [{ id: p, title: p, description: p, section: p }],
        links: [{ title: p, url: p }],
        reaction: p,
      },
      ...{ form: { title: p, id: p, asksHotel: false }, file: { kind: "document", id: p, name: p, link: p } },
      ...{ place: { latitude: 1, longitude: 2, name: p, address: p }, cards: [{ name: p, phones: [p] }] },
      quotes: `w${String(from + Math.max(0, place - 1))}`,
    }));
    const shown = page.locator("#messages .text");
    await expect.poll(() => shown.count(), { timeout: 40_000 }).toBe(some.length);
    await expect
      .poll(() => page.locator("#messages .header").last().textContent(), { timeout: 40_000 })
      .toBe(some.at(-1));
    expect(problems).toEqual([]);
    expect((await shown.allTextContents()).map(flat)).toEqual(some.map((text) => flat(toPlain(text))));
    const made = await page.evaluate<{ inside: number; foreign: string[] }>(`(() => {
      // Every list and every link is opened.
      for (const tap of document.querySelectorAll(".tap")) if (!tap.dataset.form) tap.click();
      const sheets = document.querySelectorAll("dialog");
      const inside = document.querySelectorAll("bdi *").length;
      const known = new Set(["DIV","SPAN","BDI","A","BUTTON","BLOCKQUOTE","UL","OL","LI","H2","H3","STRONG","EM","S","CODE","PRE"]);
      const foreign = [...document.querySelectorAll("#messages *, dialog *")].map(({ tagName }) => tagName).filter((name) => !known.has(name));
      for (const sheet of sheets) sheet.close();
      return { inside, foreign };
    })()`);
    expect(made).toEqual({ inside: 0, foreign: [] });
  }
  // A name of a file leads nowhere but to the simulator, and an address in a text to nothing that runs or knows the phone.
  const leads = await page
    .locator("#messages a")
    .evaluateAll((links) => links.map(({ href, rel }: any) => ({ href: String(href), rel: String(rel) })));
  const isFile = ({ href }: { href: string }) => href.startsWith(`${hotel.base}/simulator/files/`);
  const isTyped = ({ href, rel }: { href: string; rel: string }) =>
    /^(https?|mailto|tel):/.test(href) && rel === "noopener noreferrer nofollow";
  expect(leads.filter((lead) => !isFile(lead) && !isTyped(lead))).toEqual([]);
  expect(problems).toEqual([]);
}, 240_000);
