import { afterEach, expect, test } from "vitest";
import type { PhoneMessage } from "../../src/testing/index.js";
import { FakeHotel, GUEST, NADIA, NUMBER, send } from "./fake-hotel.js";

/** What phones show, and how what guests do travels to the hotel. */

const hotel = new FakeHotel();
afterEach(() => hotel.close());

const textsHeard = (): string[] =>
  hotel.heard.flatMap(({ value }) => (value["messages"] ?? []).map((message: any) => String(message.text?.body)));

async function shownOf(body: object): Promise<PhoneMessage> {
  const whatsapp = await hotel.open();
  await whatsapp.guest(NADIA).says(NUMBER, "Hello");
  expect((await send(whatsapp, body)).status).toBe(200);
  return whatsapp.phone(GUEST, NUMBER).at(-1)!;
}

test.each<[string, object, Partial<PhoneMessage>]>([
  [
    "a list with sections",
    {
      type: "interactive",
      interactive: {
        type: "list",
        header: { type: "text", text: "Tonight" },
        body: { text: "What may it be?" },
        footer: { text: "Until ten" },
        action: {
          button: "Menu",
          sections: [
            { title: "Warm", rows: [{ id: "1", title: "Soup", description: "Of the day" }] },
            { title: "Cold", rows: [{ id: "2", title: "Salad" }] },
          ],
        },
      },
    },
    {
      type: "list",
      header: "Tonight",
      text: "What may it be?",
      footer: "Until ten",
      button: "Menu",
      options: [
        { id: "1", title: "Soup", description: "Of the day", section: "Warm" },
        { id: "2", title: "Salad", section: "Cold" },
      ],
    },
  ],
  [
    "a button that opens a page",
    {
      type: "interactive",
      interactive: {
        type: "cta_url",
        body: { text: "Our terrace" },
        action: { name: "cta_url", parameters: { display_text: "See it", url: "https://hotel.example/terrace" } },
      },
    },
    { text: "Our terrace", links: [{ title: "See it", url: "https://hotel.example/terrace" }] },
  ],
  [
    "a picture that lies elsewhere",
    { type: "image", image: { link: "https://hotel.example/pool.jpg", caption: "The pool" } },
    { type: "image", text: "The pool", file: { kind: "image", link: "https://hotel.example/pool.jpg" } },
  ],
  [
    "a place",
    { type: "location", location: { latitude: "41.9", longitude: 12.5, name: "Grand Hotel" } },
    { type: "location", place: { latitude: 41.9, longitude: 12.5, name: "Grand Hotel" } },
  ],
  [
    "a card",
    {
      type: "contacts",
      contacts: [{ name: { formatted_name: "Taxi", first_name: "Taxi" }, phones: [{ phone: "+39 06 3570" }] }],
    },
    { type: "contacts", cards: [{ name: "Taxi", phones: ["+39 06 3570"] }] },
  ],
])("a guest's phone shows %s as WhatsApp does", async (_, body, shown) => {
  expect(await shownOf(body)).toMatchObject(shown);
});

test("a template shows its header and footer filled in, what can be tapped, and where its links lead", async () => {
  const whatsapp = await hotel.open();
  const components = [
    { type: "HEADER", format: "TEXT", text: "Room {{1}}" },
    { type: "BODY", text: "It is ready, {{1}}." },
    { type: "FOOTER", text: "Grand Hotel" },
    {
      type: "BUTTONS",
      buttons: [
        { type: "QUICK_REPLY", text: "Thanks" },
        { type: "URL", text: "Key", url: "https://hotel.example/{{1}}" },
      ],
    },
  ] as const;
  whatsapp.template({ name: "ready", language: "en", components });
  const text = (words: string) => [{ type: "text", text: words }];
  const sent = await send(whatsapp, {
    type: "template",
    template: {
      name: "ready",
      language: { code: "en" },
      components: [
        { type: "header", parameters: text("204") },
        { type: "body", parameters: text("Nadia") },
        { type: "button", sub_type: "url", index: 1, parameters: text("a/b") },
      ],
    },
  });
  expect(sent.status).toBe(200);
  expect(whatsapp.phone(GUEST, NUMBER)).toMatchObject([
    {
      ...{ header: "Room 204", text: "It is ready, Nadia.", footer: "Grand Hotel" },
      options: [{ id: "Thanks", title: "Thanks" }],
      links: [{ title: "Key", url: "https://hotel.example/a%2Fb" }],
    },
  ]);
});

test("what a guest writes while the hotel is away comes in its order when it is back", async () => {
  let isAway = true;
  const webhookUrl = await hotel.listen(() => (isAway ? 503 : 200));
  const whatsapp = await hotel.open({ webhookUrl });
  const guest = whatsapp.guest(NADIA);
  const wanted = ["one", "two", "three", "four"];
  const written = Promise.all(wanted.map((words) => guest.says(NUMBER, words)));
  // Each is on the phone, none at the hotel.
  expect(whatsapp.phone(GUEST, NUMBER).map(({ status }) => status)).toEqual(wanted.map(() => "sent"));
  await expect.poll(() => hotel.bodies.length).toBeGreaterThan(1);
  isAway = false;
  const before = hotel.bodies.length;
  await written;
  const heard = textsHeard();
  expect(heard.slice(0, before).every((words) => words === "one")).toBe(true);
  expect([...new Set(heard)]).toEqual(wanted);
});

test("mishaps meet what guests do next, one each, and every try is written down", async () => {
  const whatsapp = await hotel.open();
  const guest = whatsapp.guest(NADIA);
  whatsapp.mishap({ kind: "twice" }, { kind: "answerLost" });
  const twice = await guest.says(NUMBER, "twice");
  const lost = await guest.says(NUMBER, "lost");
  await guest.says(NUMBER, "plain");
  expect(textsHeard()).toEqual(["twice", "twice", "lost", "lost", "plain"]);
  const tries = (wamid: string) =>
    whatsapp.deliveries.filter(({ wamids }) => wamids.includes(wamid)).map(({ status, isLost }) => [status, isLost]);
  expect([tries(twice), tries(lost)]).toEqual([
    [
      [200, false],
      [200, false],
    ],
    [
      [200, true],
      [200, false],
    ],
  ]);

  whatsapp.mishap({ kind: "overtaken", byMs: 60_000 });
  const overtaken = guest.says(NUMBER, "overtaken");
  await guest.says(NUMBER, "first");
  await overtaken;
  expect(textsHeard().slice(-2)).toEqual(["first", "overtaken"]);
  // Nobody comes after it: it is brought all the same.
  whatsapp.mishap({ kind: "overtaken", byMs: 20 });
  await guest.says(NUMBER, "alone");
  expect(textsHeard().at(-1)).toBe("alone");
});

test("a guest whose phone only gets messages opens the chat, and the hotel hears once that they were read", async () => {
  const whatsapp = await hotel.open({ reports: ["sent", "delivered", "read"], reportDelayMs: 0 });
  const guest = whatsapp.guest(NADIA);
  await guest.says(NUMBER, "Hello");
  guest.stands({ reports: ["sent"] });
  await send(whatsapp);
  const { wamid } = whatsapp.accepted[0]!;
  await expect.poll(() => hotel.ids).toContain(`${wamid} sent`);
  await guest.reads(NUMBER);
  await guest.reads(NUMBER);
  expect(hotel.ids.slice(1)).toEqual([`${wamid} sent`, `${wamid} delivered`, `${wamid} read`]);
  expect(whatsapp.phone(GUEST, NUMBER).at(-1)?.status).toBe("read");
});

test("a guest's file is on the phone, and can be looked at as long as WhatsApp has it", async () => {
  const whatsapp = await hotel.open();
  const guest = whatsapp.guest(NADIA);
  const about = await guest.says(NUMBER, "Look");
  await guest.sendsFile(
    NUMBER,
    { kind: "audio", bytes: Buffer.from("OggS"), mimeType: "audio/ogg", voice: true },
    { quotes: about },
  );
  const shown = whatsapp.phone(GUEST, NUMBER).at(-1)!;
  expect(shown).toMatchObject({ type: "audio", quotes: about, file: { kind: "audio", isVoice: true } });
  expect(whatsapp.file(shown.file!.id!)).toMatchObject({ mimeType: "audio/ogg", bytes: Buffer.from("OggS") });
  expect(whatsapp.file("1")).toBeNull();
});
