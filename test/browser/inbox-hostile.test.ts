import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defineFlow, isolate, keyword, toPlain } from "../../src/index.js";
import { shownName } from "../../src/media/names.js";
import { byTheDay } from "../support/by-the-day.js";
import { aPdf } from "../support/files.js";
import { asShown } from "../support/messages.js";
import { xssPayloads } from "../support/xss.js";
import { demoHotel, type DemoHotel } from "./demo-hotel.js";

/**
 * Whatever somebody writes into any field that the staff page shows is text there. The browser is told to ignore the page's policy:
 * nothing but the page itself holds a script back.
 */

const every = xssPayloads();
/** 500 of all kinds alike, with `HOSTILE=all` (`npm run hostile`): a fifth of them by the day. */
const PAYLOADS = byTheDay(
  Array.from({ length: 500 }, (_, index) => every[Math.floor((index * every.length) / 500)]!),
  5,
  process.env["HOSTILE"] === "all",
);
const now = () => String(Math.floor(Date.now() / 1_000));

/** A flow that is given so many answers, and waits for one more: a conversation is closed with its flow. */
const QUESTIONS = 50;
const inquiry = Array.from({ length: QUESTIONS + 1 }, (_, index) => `q${String(index)}`)
  .reduce(
    (flow, step) => flow.ask(step, { text: step }) as unknown as typeof flow,
    defineFlow({ id: "inquiry", version: 1, triggers: [keyword("ask me")] }),
  )
  .build();

let hotel: DemoHotel;
let page: Page;
/** What a page of harmless text does not do. */
const done: string[] = [];

beforeAll(async () => {
  hotel = await demoHotel({
    flows: [inquiry],
    translator: {
      translate: ({ text }) => Promise.resolve({ text: `${text} <img src=x onerror=hit(1)>`, from: "it" }),
    },
    hotels: [
      {
        ...{ id: "grand", timeZone: "Europe/Rome", staffLanguage: "en" },
        numbers: [{ phoneNumberId: "200000000000001", accessToken: "demo-access-token" }],
        accountId: "100000000000001",
        // One department: no guest is asked which.
        departments: [{ id: "reception", name: "Reception" }],
        templates: [
          { name: "hostile", language: "en", category: "UTILITY", components: [{ type: "BODY", text: "Dear {{1}}" }] },
        ],
      },
    ],
  });
  page = await hotel.open("demo-grand-manager", { bypassCSP: true, viewport: { width: 1280, height: 5_000 } });
  await page.locator("body.signed-in").waitFor();
  await page.exposeFunction("hit", (what: string) => void done.push(`ran ${what}`));
  page.on("framenavigated", (frame) => void done.push(`went to ${frame.url()}`));
  page.context().on("page", (opened) => void done.push(`opened ${opened.url()}`));
}, 120_000);
afterAll(() => hotel.close());

/** Guest `g<number>`, whose conversation holds one field of many messages. */
const guestOf = (number: number) => ({ wa_id: `1202556${String(number).padStart(4, "0")}` });

async function tells(guest: { wa_id: string }, messages: readonly object[], name: string): Promise<void> {
  const contacts = [{ ...guest, profile: { name } }];
  const from = { from: guest.wa_id, timestamp: now() };
  for (let at = 0; at < messages.length; at += 50)
    await hotel.deliver(
      messages.slice(at, at + 50).map((message, index) => ({
        ...{ id: `wamid.${guest.wa_id}.${String(at + index)}`, ...from },
        ...message,
      })),
      contacts,
    );
}

/** What may stand in the page: whatever else is there came out of a text. */
const ALLOWED = new Set(
  [
    ...[
      "html",
      "head",
      "meta",
      "title",
      "link",
      "script",
      "body",
      "header",
      "h1",
      "h2",
      "h3",
      "p",
      "main",
      "div",
      "span",
      "bdi",
      "nav",
      "ul",
      "ol",
      "li",
    ],
    ...[
      "button",
      "label",
      "select",
      "option",
      "input",
      "textarea",
      "form",
      "details",
      "summary",
      "dl",
      "dt",
      "dd",
      "table",
      "thead",
      "tbody",
      "tr",
      "th",
      "td",
    ],
    ...[
      "strong",
      "em",
      "s",
      "pre",
      "code",
      "blockquote",
      "a",
      "dialog",
      "kbd",
      "sign-in",
      "search-box",
      "connection-state",
    ],
    ...["conversation-list", "conversation-pane", "conversation-details", "message-history", "message-composer"],
  ].map((name) => name.toUpperCase()),
);

/** Touches all that is in the page, and says what should not be there. */
const wrong = (): Promise<string[]> =>
  page.evaluate(
    async (allowed) => {
      const { document, Event } = globalThis as any;
      const found: string[] = [];
      for (const element of document.querySelectorAll("*")) {
        if (!allowed.includes(element.nodeName)) found.push(element.outerHTML.slice(0, 200));
        for (const { name } of element.attributes)
          if (
            /^on|^style$|^srcdoc$|^formaction$/.test(name) &&
            !(name === "style" && element.id === "messages") &&
            !(name === "style" && element.id === "conversations")
          )
            found.push(`${name} of ${String(element.nodeName)}`);
        if (element.nodeName === "A" && !["https:", "http:", "mailto:", "tel:"].includes(element.protocol))
          found.push(element.outerHTML);
        const isOurs = element.closest("#tools") !== null;
        if (element.nodeName === "A" && !isOurs && element.rel !== "noopener noreferrer nofollow")
          found.push(element.outerHTML);
        if (element.nodeName === "SCRIPT" && element.getAttribute("src") !== "/assets/staff/main.js")
          found.push(element.outerHTML);
        if (element.closest("#messages") !== null)
          for (const type of ["mouseover", "pointerenter", "toggle", "animationstart", "error", "load"])
            element.dispatchEvent(new Event(type));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      return found;
    },
    [...ALLOWED],
  );

/** Scrolls through a list until all of these were read in what `selector` finds. @returns those that never were */
async function unseen(
  selector: string,
  wanted: readonly string[],
  scroller = "message-history .scroller",
  by = -0.6,
): Promise<string[]> {
  const missing = new Set(wanted);
  let step = by;
  for (let round = 0; round < 300 && missing.size > 0; round++) {
    const { found, isAtEnd } = await page.evaluate(
      async ({ scroller, selector, step }) => {
        const { document, requestAnimationFrame } = globalThis as any;
        const home = document.querySelector(scroller);
        const found = Array.from(document.querySelectorAll(selector), (one: any) => one.textContent as string);
        const before = home.scrollTop;
        home.scrollBy(0, step * home.clientHeight);
        // What came into view is drawn in the frame after the one in which it scrolled.
        for (let frame = 0; frame < 3; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
        return { found, isAtEnd: home.scrollTop === before };
      },
      { scroller, selector, step },
    );
    // A page as tall as this one shows more than a page of messages: what comes while it scrolls may be passed by.
    if (isAtEnd && round % 4 === 3) step = -step;
    for (const text of found) missing.delete(flat(text));
    expect(await wrong()).toEqual([]);
  }
  return [...missing];
}

/** As a browser hands it back, line feeds aside: a text node holds NUL, and what was parsed as HTML would not. */
const flat = (text: string) => asShown(text).replaceAll("\n", "");
const name = (text: string) => flat(isolate(text).slice(1, -1));
const words = (text: string) => flat(toPlain(text));

/** By the whole name: what stands after it may begin with a digit. */
const rowOf = (number: number) =>
  page.locator("#conversations button", {
    has: page.locator(".name", { hasText: new RegExp(`^Field ${String(number)}$`) }),
  });

/** Waits until the conversation stands in the list: whoever looked last may have left it far down. */
async function listed(number: number): Promise<void> {
  await expect
    .poll(
      async () => {
        await page.evaluate("document.querySelector('conversation-list .scroller').scrollTop = 0");
        return rowOf(number).count();
      },
      { timeout: 40_000 },
    )
    .toBe(1);
}

async function opened(number: number): Promise<void> {
  await listed(number);
  const { wa_id: phone } = guestOf(number);
  const id = (await hotel.as("demo-grand-manager").conversations({ hotel: "grand", limit: 100 })).items.find(
    (one) => one.guest.name === `Field ${String(number)}`,
  )?.id;
  expect(id, phone).toBeDefined();
  await rowOf(number).click();
  await page.locator("#messages > li").first().waitFor();
}

const text = (body: string) => ({ type: "text", text: { body } });

/** Opens what is known beside the conversation, or reads it anew. */
async function details(title: string): Promise<void> {
  const summary = page.locator("conversation-details summary", { hasText: new RegExp(`^${title}$`) });
  if (!(await summary.isVisible())) await page.getByRole("button", { name: "Details", exact: true }).click();
  if (await summary.evaluate((one) => (one as any).parentElement.open as boolean)) await summary.click();
  await summary.click();
}

const idOf = (payload: string) => (/^[\u0021-\u007e]{1,100}$/.test(payload) ? payload : "p1");

/** Each field that WhatsApp brings: a message that holds the payload there, and what has to be read of it. */
const FIELDS: readonly {
  readonly field: string;
  readonly message: (payload: string, index: number) => object;
  readonly shown: (payload: string) => string;
  readonly within: string;
}[] = [
  {
    field: "a text",
    message: text,
    shown: words,
    within: ".bubble > .text",
  },
  {
    field: "a caption",
    message: (payload, index) => ({
      type: "image",
      image: { id: String(index), mime_type: "image/png", sha256: "x", caption: payload },
    }),
    shown: words,
    within: ".bubble > .text",
  },
  {
    field: "a place",
    message: (payload) => ({
      type: "location",
      location: { latitude: 1, longitude: 2, name: payload, address: payload, url: payload },
    }),
    shown: name,
    within: ".bubble > bdi",
  },
  {
    field: "a contact",
    message: (payload) => ({
      type: "contacts",
      contacts: [
        {
          name: { formatted_name: payload, first_name: payload },
          phones: [{ phone: payload, type: payload }],
          emails: [{ email: payload }],
          org: { company: payload, title: payload },
          urls: [{ url: payload }],
          addresses: [{ street: payload, city: payload }],
        },
      ],
    }),
    shown: name,
    within: ".card bdi",
  },
  {
    field: "a button",
    message: (payload) => ({
      type: "interactive",
      interactive: { type: "button_reply", button_reply: { id: "x", title: payload } },
    }),
    shown: name,
    within: ".picked",
  },
  {
    field: "a row of a list",
    message: (payload) => ({
      type: "interactive",
      interactive: { type: "list_reply", list_reply: { id: "x", title: payload, description: payload } },
    }),
    shown: name,
    within: ".picked",
  },
  {
    field: "a form",
    message: (payload) => ({
      type: "interactive",
      interactive: {
        type: "nfm_reply",
        nfm_reply: { name: "flow", body: payload, response_json: JSON.stringify({ [payload]: payload }) },
      },
    }),
    shown: name,
    within: ".answers td",
  },
  {
    field: "an order",
    // What is no id by any reading is no order: it is kept aside, and not shown.
    message: (payload) => ({
      type: "order",
      order: {
        ...{ catalog_id: idOf(payload), text: payload },
        product_items: [{ product_retailer_id: idOf(payload), quantity: 1, item_price: 2, currency: "EUR" }],
      },
    }),
    shown: words,
    within: ".bubble > .text",
  },
  {
    field: "what WhatsApp says of a guest",
    message: (payload, index) => ({
      type: "system",
      system: { body: payload, type: index % 2 === 0 ? "user_identity_changed" : payload },
    }),
    shown: name,
    within: ".notice bdi",
  },
  {
    field: "what brought the guest, and what they quote",
    message: (payload, index) => ({
      ...text(`fine ${String(index)}`),
      context: {
        id: `wamid.${guestOf(9).wa_id}.${String(index - 1)}`,
        from: "1",
        referred_product: { catalog_id: payload, product_retailer_id: payload },
      },
      referral: { source_type: "ad", source_id: payload, source_url: payload, headline: payload, body: payload },
    }),
    shown: name,
    within: ".quote bdi",
  },
];

test.each(FIELDS.map((one, index) => ({ ...one, index })))(
  "$field",
  async ({ message, shown, within, index }) => {
    // Of whoever never wrote, WhatsApp's own words open no conversation.
    await tells(guestOf(index), [{ id: `wamid.first.${String(index)}`, ...text("fine") }], `Field ${String(index)}`);
    await tells(guestOf(index), PAYLOADS.map(message), `Field ${String(index)}`);
    await opened(index);
    expect(await unseen(`#messages ${within}`, PAYLOADS.map(shown))).toEqual([]);
    expect([done, hotel.problems]).toEqual([[], []]);
  },
  90_000,
);

test("a reaction", async () => {
  const guest = guestOf(0);
  const about = (index: number) => `wamid.${guest.wa_id}.${String(index)}`;
  const later = { from: guest.wa_id, timestamp: now() };
  for (let at = 0; at < PAYLOADS.length; at += 50)
    await hotel.deliver(
      PAYLOADS.slice(at, at + 50).map((payload, index) => ({
        ...{ id: `wamid.r${String(at + index)}`, ...later },
        ...{ type: "reaction", reaction: { message_id: about(at + index), emoji: payload } },
      })),
    );
  await opened(0);
  expect(await unseen("#messages .reaction bdi", PAYLOADS.map(name))).toEqual([]);
  expect([done, hotel.problems]).toEqual([[], []]);
}, 120_000);

test("what was edited, twice: what it says, and what it said before", async () => {
  const guest = guestOf(20);
  const ids = PAYLOADS.map((_, index) => `wamid.${guest.wa_id}.${String(index)}`);
  await tells(
    guest,
    PAYLOADS.map((_, index) => text(`fine ${String(index)}`)),
    "Field 20",
  );
  for (const round of [0, 1])
    await tells(
      guest,
      PAYLOADS.map((_, index) => ({
        id: `wamid.e${String(round)}.${String(index)}`,
        type: "edit",
        edit: {
          original_message_id: ids[index],
          message: text(PAYLOADS[(index + round) % PAYLOADS.length]!),
        },
      })),
      "Field 20",
    );
  await opened(20);
  expect(await unseen("#messages .bubble > .text", PAYLOADS.map(words))).toEqual([]);
  await page.evaluate("document.querySelector('message-history .scroller').scrollTop = 1e9");
  expect(await unseen("#messages .before s", PAYLOADS.map(name))).toEqual([]);
  expect([done, hotel.problems]).toEqual([[], []]);
}, 120_000);

test("names and previews of a list, tags, and what a search finds", async () => {
  const desk = hotel.as("demo-grand-manager");
  for (let at = 0; at < PAYLOADS.length; at += 50) {
    const some = PAYLOADS.slice(at, at + 50).map((payload, index) => ({ payload, number: 1_000 + at + index }));
    await hotel.deliver(
      some.map(({ payload, number }) => ({
        id: `wamid.n${String(number)}`,
        from: guestOf(number).wa_id,
        timestamp: now(),
        ...text(`looked${String(Math.floor(number / 100))} ${payload}`),
      })),
      some.map(({ payload, number }) => ({ ...guestOf(number), profile: { name: payload } })),
    );
  }
  await expect
    .poll(async () => (await desk.counters())[0]?.open, { timeout: 30_000 })
    .toBeGreaterThanOrEqual(PAYLOADS.length);
  const list: { id: string }[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const found = await desk.conversations({ status: "open", limit: 100, ...(cursor !== undefined && { cursor }) });
    list.push(...found.items);
    cursor = found.nextCursor;
  }
  const tags = PAYLOADS.map((payload) => payload.slice(0, 40));
  for (const [index, tag] of tags.entries())
    await desk.tag(list[index % list.length]!.id, { add: [tag] }).catch(() => undefined);
  await page.evaluate("document.querySelector('conversation-list .scroller').scrollTop = 0");
  // A longer name is cut at the door.
  const names = PAYLOADS.filter(({ length }) => length <= 256).map(name);
  expect(await unseen("#conversations .name", names, "conversation-list .scroller", 0.5)).toEqual([]);

  let hits = 0;
  for (let group = 10; group < 10 + PAYLOADS.length / 100; group++) {
    await page.locator("#search").fill(`looked${String(group)}`);
    await expect.poll(() => page.locator(".found .hit .line").count(), { timeout: 40_000 }).toBeGreaterThan(50);
    await expect.poll(() => page.locator(".found .line").first().textContent()).toContain(`looked${String(group)}`);
    hits += await page.locator(".found .hit .line").count();
    expect(await wrong()).toEqual([]);
  }
  expect(hits).toBe(PAYLOADS.length);
  await page.locator("#search").fill("hit");
  await page.locator(".found .hit .name").first().waitFor();
  expect(await wrong()).toEqual([]);
  await page.keyboard.press("Escape");
  expect([done, hotel.problems]).toEqual([[], []]);
}, 120_000);

test(
  "user names, in what a search finds and in what is known of a guest",
  async () => {
    const desk = hotel.as("demo-grand-manager");
    const usernames = PAYLOADS.map((payload) => payload.slice(0, 256));
    let messages = 0;
    const write = (phone: number, called: string, username: string) => {
      const guest = guestOf(phone);
      return hotel.deliver(
        [{ id: `wamid.u${String(messages++)}`, from: guest.wa_id, timestamp: now(), ...text("fine") }],
        [{ ...guest, profile: { name: called, username } }],
      );
    };
    for (const [index, username] of usernames.entries())
      await write(2_000 + index, `Named${String(100 + Math.floor(index / 20))}`, username);
    for (let at = 0; at < usernames.length; at += 20) {
      const called = `Named${String(100 + at / 20)}`;
      const shown = usernames.slice(at, at + 20).map((username) => name(`@${username}`));
      await expect
        .poll(async () => (await desk.searchGuests({ hotel: "grand", text: called })).items.length, { timeout: 40_000 })
        .toBe(shown.length);
      await page.locator("#search").fill(called);
      await expect
        .poll(() => page.locator(".found .hit .name").first().textContent(), { timeout: 30_000 })
        .toBe(called);
      const found = await page.locator(".found .hit .soft").allTextContents();
      expect(found.map(flat).toSorted()).toEqual(expect.arrayContaining(shown.toSorted()));
      expect(await wrong()).toEqual([]);
    }
    await page.keyboard.press("Escape");

    await write(40, "Field 40", "fine");
    await opened(40);
    const fact = page.locator("conversation-details dt:text-is('User name') + dd");
    for (const [index, username] of usernames.entries()) {
      await write(40, "Field 40", username);
      const known = async () => (await desk.searchGuests({ hotel: "grand", text: "Field 40" })).items[0]?.username;
      await expect.poll(known, { interval: 5 }).toBe(username);
      await details("Guest");
      await expect.poll(async () => flat((await fact.textContent()) ?? ""), { interval: 5 }).toBe(name(username));
      // What does harm while it stands there is told by itself.
      if (index % 20 === 0) expect(await wrong()).toEqual([]);
    }
    expect([done, hotel.problems]).toEqual([[], []]);
  },
  100_000 + PAYLOADS.length * 1_000,
);

test("the names of a guest's files", async () => {
  const guest = hotel.whatsapp.guest({ waId: guestOf(50).wa_id, name: "Field 50" });
  for (let at = 0; at < PAYLOADS.length; at += 20)
    await Promise.all(
      PAYLOADS.slice(at, at + 20).map((fileName, index) =>
        guest.sendsFile("200000000000001", {
          ...{ kind: "document", mimeType: "application/pdf", fileName },
          bytes: aPdf(`File ${String(at + index)}`),
        }),
      ),
    );
  await opened(50);
  expect(
    await unseen(
      "#messages .file .save bdi",
      PAYLOADS.map((payload) => name(shownName(payload, "pdf"))),
    ),
  ).toEqual([]);
  expect([done, hotel.problems]).toEqual([[], []]);
}, 240_000);

test("what a guest answers a flow", async () => {
  const answered = page.locator("conversation-details .answers td");
  // Not those of one kind one after the other: who says the same again and again is taken for a machine.
  const runs = PAYLOADS.length / QUESTIONS;
  for (let run = 0; run < runs; run++) {
    const number = 60 + run;
    const some = PAYLOADS.filter((_, index) => index % runs === run);
    await tells(guestOf(number), [text("ask me"), ...some.map(text)], `Field ${String(number)}`);
    await opened(number);
    await expect
      .poll(
        async () => {
          await details("Flow");
          await page.waitForTimeout(50);
          return (await answered.allTextContents()).map(flat);
        },
        { timeout: 40_000 },
      )
      .toEqual(some.map(name));
    expect(await wrong()).toEqual([]);
  }
  expect([done, hotel.problems]).toEqual([[], []]);
}, 120_000);

test("what staff write: answers, notes, templates, files, saved replies, and why they did something", async () => {
  const desk = hotel.as("demo-grand-manager");
  // By the simulated WhatsApp, which else would say that the window of a guest who never wrote is closed.
  await hotel.whatsapp.guest({ waId: guestOf(30).wa_id, name: "Field 30" }).says("200000000000001", "fine");
  await listed(30);
  const some = (await desk.conversations({ hotel: "grand", limit: 10 })).items.find(
    ({ guest }) => guest.name === "Field 30",
  );
  const id = some!.id;
  for (const [index, payload] of PAYLOADS.entries()) {
    const clientMessageId = String(index);
    await desk.note(id, { clientMessageId: `n${clientMessageId}`, text: payload });
    await desk.setPriority(id, { priority: index % 2 === 0 ? "high" : "normal", reason: payload.slice(0, 200) });
    await desk
      .reply(id, {
        clientMessageId: `t${clientMessageId}`,
        content: {
          type: "template",
          name: "hostile",
          language: "en",
          body: [{ text: payload.replaceAll(/\s+/g, " ").trim() || "x" }],
        },
      })
      .catch(() => undefined);
    await desk
      .reply(id, {
        clientMessageId: `b${clientMessageId}`,
        content: { type: "buttons", text: payload, buttons: [{ id: "a", title: payload.slice(0, 20).trim() || "x" }] },
      })
      .catch(() => undefined);
    await desk
      .createSavedReply({ hotelId: "grand", shortcut: `s${clientMessageId}`, texts: { en: payload } })
      .catch(() => undefined);
    const bytes = [aPdf(`Invoice ${clientMessageId}`)];
    const file = await desk.addFile(id, {
      kind: "document",
      contentType: "application/pdf",
      fileName: payload,
      bytes: once(bytes),
    });
    await desk.reply(id, {
      clientMessageId: `f${clientMessageId}`,
      content: { type: "document", media: { attachmentId: file.id } },
    });
  }
  await opened(30);
  // Whoever looked last may have left it far up.
  await expect
    .poll(async () => {
      await page.evaluate("document.querySelector('message-history .scroller').scrollTop = 1e9");
      return page.locator("#messages li.note").count();
    })
    .toBeGreaterThan(0);
  expect(await unseen("#messages .bubble > .text", PAYLOADS.map(words))).toEqual([]);
  expect(await page.locator("#messages .file").count()).toBeGreaterThan(0);

  await page.getByRole("button", { name: "Details", exact: true }).click();
  await page.getByText("Who did what").click();
  await expect.poll(() => page.locator(".section .steps li").count(), { timeout: 40_000 }).toBe(100);
  expect(await wrong()).toEqual([]);
  await page.getByRole("button", { name: "Saved replies" }).click();
  await expect.poll(() => page.locator("dialog li").count(), { timeout: 40_000 }).toBeGreaterThan(80);
  expect(await wrong()).toEqual([]);
  await page.keyboard.press("Escape");
  await page.getByLabel("Answer", { exact: true }).pressSequentially("/s1");
  await page.locator("#suggestions li").first().waitFor();
  expect(await wrong()).toEqual([]);
  expect([done, hotel.problems]).toEqual([[], []]);
}, 180_000);

async function* once<T>(items: readonly T[]): AsyncGenerator<T> {
  await Promise.resolve();
  yield* items;
}
