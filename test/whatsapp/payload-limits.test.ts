import { describe, expect, test } from "vitest";
import type { LinkCard, OutboundContent, ProductSection } from "../../src/domain/content.js";
import type { TemplateButton } from "../../src/domain/template.js";
import { ConversationError } from "../../src/errors.js";
import { LIMITS } from "../../src/whatsapp/limits.js";
import {
  checkContent,
  WhatsAppPayloadBuilder,
  type ContactCardOptions,
  type ListRow,
  type ReplyButton,
} from "../../src/whatsapp/payload-builder.js";

const to = new WhatsAppPayloadBuilder({ kind: "waId", value: "12025550101" });
const a = (length: number): string => "a".repeat(length);
const many = <T>(length: number, make: (n: number) => T): T[] => Array.from({ length }, (_, n) => make(n));
const file = { id: "9" };
const button = (extra: Partial<ReplyButton> = {}): ReplyButton => ({ id: "b1", title: "Yes", ...extra });
const row = (n: number, extra: Partial<ListRow> = {}): ListRow => ({
  id: `r${String(n)}`,
  title: `Row ${String(n)}`,
  ...extra,
});
const card = (extra: Partial<LinkCard> = {}): LinkCard => ({
  header: { type: "image", link: "https://hotel.example/a.png" },
  button: { label: "Book", url: "https://hotel.example/a" },
  ...extra,
});
const replies = (...buttons: readonly ReplyButton[]) => ({ header: card().header, buttons });
const section = (extra: Partial<ProductSection> = {}): ProductSection => ({ title: "T", productIds: ["p"], ...extra });
const template = (extra: object) => checkContent({ type: "template", name: "t", language: "en", ...extra });
const templateButtons = (...buttons: readonly TemplateButton[]) => template({ buttons });
const products = (...sections: readonly ProductSection[]) =>
  checkContent({ type: "products", text: "?", header: "H", catalogId: "1", sections });
const carousel = (cards: readonly object[]) => checkContent({ type: "carousel", text: "?", cards } as OutboundContent);
const taxi: ContactCardOptions = { name: "Taxi", firstName: "Taxi" };

function refusal(build: () => unknown): unknown {
  try {
    build();
    return "accepted";
  } catch (error) {
    return ConversationError.is(error) ? { code: error.code, ...error.details } : error;
  }
}
const refused = (field: string, limit: number | string, actual: number) => ({
  code: "payload_invalid",
  field,
  limit,
  actual,
});

type Limit = keyof typeof LIMITS;

/** Which limit, its number in the fact sheet, the field that is named, and something of that size. */
const MOST: readonly [Limit, number, string, (n: number) => unknown][] = [
  ["textBody", 4096, "text.body", (n) => to.text(a(n))],
  ["callbackData", 512, "biz_opaque_callback_data", (n) => to.correlated(a(n))],
  ["caption", 1024, "image.caption", (n) => to.image(file, { caption: a(n) })],
  ["caption", 1024, "video.caption", (n) => to.video(file, { caption: a(n) })],
  ["caption", 1024, "document.caption", (n) => to.document(file, { caption: a(n) })],
  ["contacts", 257, "contacts", (n) => to.contacts([taxi, ...many(n - 1, () => taxi)])],
  ["latitude", 90, "location.latitude", (n) => to.location({ latitude: n, longitude: 0 })],
  ["longitude", 180, "location.longitude", (n) => to.location({ latitude: 0, longitude: n })],
  ["header", 60, "interactive.header", (n) => to.replyButtons("?", [button()], { header: a(n) })],
  ["header", 60, "interactive.header", (n) => to.list("?", "Open", [{ rows: [row(1)] }], { header: a(n) })],
  ["header", 60, "interactive.header", (n) => to.productList("?", "1", [section()], { header: a(n) })],
  ["footer", 60, "interactive.footer", (n) => to.linkButton("?", card().button, { footer: a(n) })],
  ["footer", 60, "interactive.footer", (n) => to.product("1", "p", { footer: a(n) })],
  ["footer", 60, "interactive.footer", (n) => to.catalog("?", { footer: a(n) })],
  ["buttonBody", 1024, "interactive.body", (n) => to.replyButtons(a(n), [button()])],
  [
    "buttons",
    3,
    "interactive.buttons",
    (n) =>
      checkContent({
        type: "buttons",
        text: "?",
        buttons: many(n, (i) => ({ id: `b${String(i)}`, title: String(i) })),
      }),
  ],
  ["buttonId", 256, "button.id", (n) => to.replyButtons("?", [button({ id: a(n) })])],
  ["buttonTitle", 20, "button.title", (n) => to.replyButtons("?", [button({ title: a(n) })])],
  ["listBody", 4096, "interactive.body", (n) => to.list(a(n), "Open", [{ rows: [row(1)] }])],
  ["listButton", 20, "list.button", (n) => to.list("?", a(n), [{ rows: [row(1)] }])],
  ["rows", 10, "list.rows", (n) => to.list("?", "Open", [{ rows: many(n, row) }])],
  [
    "rows",
    10,
    "list.rows",
    (n) =>
      to.list("?", "Open", [
        { title: "A", rows: many(5, row) },
        { title: "B", rows: many(n - 5, (i) => row(10 + i)) },
      ]),
  ],
  [
    "sections",
    10,
    "list.sections",
    (n) =>
      to.list(
        "?",
        "Open",
        many(n, (i) => ({ title: "S", rows: [row(i)] })),
      ),
  ],
  ["sectionTitle", 24, "section.title", (n) => to.list("?", "Open", [{ title: a(n), rows: [row(1)] }])],
  ["rowId", 200, "row.id", (n) => to.list("?", "Open", [{ rows: [row(1, { id: a(n) })] }])],
  ["rowTitle", 24, "row.title", (n) => to.list("?", "Open", [{ rows: [row(1, { title: a(n) })] }])],
  ["rowDescription", 72, "row.description", (n) => to.list("?", "Open", [{ rows: [row(1, { description: a(n) })] }])],
  ["interactiveBody", 1024, "interactive.body", (n) => to.linkButton(a(n), card().button)],
  ["interactiveBody", 1024, "interactive.body", (n) => to.form(a(n), { form: { id: "1" }, label: "Open" })],
  ["interactiveBody", 1024, "interactive.body", (n) => to.locationRequest(a(n))],
  ["interactiveBody", 1024, "interactive.body", (n) => to.contactRequest(a(n))],
  ["interactiveBody", 1024, "interactive.body", (n) => to.addressRequest(a(n), { country: "IN" })],
  ["interactiveBody", 1024, "interactive.body", (n) => to.callButton(a(n))],
  ["interactiveBody", 1024, "interactive.body", (n) => to.callPermissionRequest(a(n))],
  ["interactiveBody", 1024, "interactive.body", (n) => to.product("1", "p", { body: a(n) })],
  ["interactiveBody", 1024, "interactive.body", (n) => to.productList(a(n), "1", [section()], { header: "H" })],
  ["interactiveBody", 1024, "interactive.body", (n) => to.catalog(a(n))],
  ["interactiveBody", 1024, "interactive.body", (n) => to.carousel(a(n), [card(), card()])],
  ["interactiveBody", 1024, "interactive.body", (n) => to.productCarousel(a(n), "1", ["p", "q"])],
  ["linkLabel", 20, "link.label", (n) => to.linkButton("?", { ...card().button, label: a(n) })],
  ["formLabel", 20, "form.label", (n) => to.form("?", { form: { name: "f" }, label: a(n) })],
  ["callLabel", 20, "call.label", (n) => to.callButton("?", { label: a(n) })],
  ["callPayload", 512, "call.payload", (n) => to.callButton("?", { payload: a(n) })],
  ["callMinutes", 43_200, "call.minutes", (n) => to.callButton("?", { minutes: n })],
  ["productSections", 10, "products.sections", (n) => products(...many(n, () => section()))],
  ["products", 30, "products", (n) => products(section({ productIds: many(n, String) }))],
  [
    "products",
    30,
    "products",
    (n) => products(section({ productIds: many(20, String) }), section({ productIds: many(n - 20, String) })),
  ],
  ["productSectionTitle", 24, "section.title", (n) => products(section({ title: a(n) }))],
  ["cards", 10, "carousel.cards", (n) => carousel(many(n, () => card()))],
  [
    "cards",
    10,
    "carousel.cards",
    (n) => checkContent({ type: "productCarousel", text: "?", catalogId: "1", productIds: many(n, String) }),
  ],
  ["cardBody", 160, "card.body", (n) => to.carousel("?", [card({ text: a(n) }), card()])],
  [
    "cardLineBreaks",
    2,
    "card.body.lineBreaks",
    (n) => to.carousel("?", [card(), card({ text: `a${"\nb".repeat(n)}` })]),
  ],
  ["buttonId", 256, "button.id", (n) => carousel([replies(button({ id: a(n) })), replies(button())])],
  [
    "buttonTitle",
    20,
    "button.title",
    (n) => carousel([replies(button({ title: a(n) })), replies(button({ id: "b" }))]),
  ],
  ["linkLabel", 20, "link.label", (n) => carousel([card(), card({ button: { ...card().button, label: a(n) } })])],
  ["templateName", 512, "template.name", (n) => template({ name: a(n) })],
  ["templateHeader", 60, "template.header.text", (n) => template({ header: { type: "text", text: a(n) } })],
  ["templateBody", 1024, "template.body.text", (n) => template({ body: [{ text: "x" }, { text: a(n) }] })],
  ["templateSpaces", 4, "template.body.text.spaces", (n) => template({ body: [{ text: `a ${" ".repeat(n - 1)}b` }] })],
  [
    "templateButtons",
    10,
    "template.buttons",
    (n) => templateButtons(...many(n, (index) => ({ type: "quickReply", index: index % 10, payload: "p" }) as const)),
  ],
  [
    "templateUrls",
    2,
    "template.buttons.url",
    (n) => templateButtons(...many(n, (index) => ({ type: "url", index, text: "x" }) as const)),
  ],
  ["templateUrl", 2000, "template.button.url", (n) => templateButtons({ type: "url", index: 0, text: a(n) })],
  [
    "templateCopyCodes",
    1,
    "template.buttons.copyCode",
    (n) => templateButtons(...many(n, (index) => ({ type: "copyCode", index, code: "x" }) as const)),
  ],
  ["templateCopyCode", 15, "template.button.code", (n) => templateButtons({ type: "copyCode", index: 0, code: a(n) })],
  [
    "templatePayload",
    128,
    "template.button.payload",
    (n) => templateButtons({ type: "quickReply", index: 0, payload: a(n) }),
  ],
];

describe("limits are held at n-1 and n, and refused at n+1 with field, limit and actual (S36, I19)", () => {
  test.each(MOST)("%s, %d: %s", (name, limit, field, build) => {
    expect(LIMITS[name]).toBe(limit);
    expect(refusal(() => build(limit - 1))).toBe("accepted");
    expect(refusal(() => build(limit))).toBe("accepted");
    expect(refusal(() => build(limit + 1))).toEqual(refused(field, limit, limit + 1));
  });

  test("no limit is without a line in that table", () => {
    const held = new Set<Limit>([...MOST.map(([name]) => name), "cardsLeast"]);
    expect(Object.keys(LIMITS).filter((name) => !held.has(name as Limit))).toEqual([]);
  });

  const LEAST: readonly [string, number, (n: number) => unknown][] = [
    ["carousel.cards", 2, (n) => carousel(many(n, () => card()))],
    [
      "carousel.cards",
      2,
      (n) => checkContent({ type: "productCarousel", text: "?", catalogId: "1", productIds: many(n, String) }),
    ],
    ["interactive.buttons", 1, (n) => checkContent({ type: "buttons", text: "?", buttons: many(n, () => button()) })],
    [
      "list.sections",
      1,
      (n) =>
        to.list(
          "?",
          "Open",
          many(n, () => ({ rows: [row(1)] })),
        ),
    ],
    ["list.rows", 1, (n) => to.list("?", "Open", [{ rows: many(n, row) }])],
    [
      "section.rows",
      1,
      (n) =>
        to.list("?", "Open", [
          { title: "A", rows: [row(1)] },
          { title: "B", rows: many(n, () => row(2)) },
        ]),
    ],
    ["contacts", 1, (n) => checkContent({ type: "contacts", cards: many(n, () => ({ ...taxi, phones: [] })) })],
    ["products.sections", 1, (n) => products(...many(n, () => section()))],
    ["section.products", 1, (n) => products(section(), section({ productIds: many(n, String) }))],
    [
      "card.buttons",
      1,
      (n) => carousel([replies(...many(n, () => button({ id: "1" }))), replies(...many(n, () => button({ id: "2" })))]),
    ],
    ["call.minutes", 1, (n) => to.callButton("?", { minutes: n })],
    ["template.button.index", 0, (index) => templateButtons({ type: "url", index, text: "x" })],
  ];
  test.each(LEAST)("at least: %s, %d", (field, limit, build) => {
    expect(refusal(() => build(limit))).toBe("accepted");
    expect(refusal(() => build(limit - 1))).toEqual(refused(field, limit, limit - 1));
  });

  test("degrees go as far to the other side, and a place that is no number is none", () => {
    for (const [latitude, longitude] of [
      [-90, -180],
      [90, 180],
    ] as const)
      expect(refusal(() => to.location({ latitude, longitude }))).toBe("accepted");
    expect(refusal(() => to.location({ latitude: -90.5, longitude: 0 }))).toEqual(
      refused("location.latitude", 90, -90.5),
    );
    expect(refusal(() => to.location({ latitude: 0, longitude: NaN }))).toEqual(
      refused("location.longitude", 180, NaN),
    );
  });

  test("a place among buttons is a whole number, up to the tenth", () => {
    const at = (index: number) => refusal(() => templateButtons({ type: "quickReply", index, payload: "p" }));
    expect([at(8), at(9)]).toEqual(["accepted", "accepted"]);
    expect(at(10)).toEqual(refused("template.button.index", 9, 10));
    expect(at(0.5)).toEqual(refused("template.button.index", "a whole number", 0.5));
    expect(refusal(() => to.callButton("?", { minutes: 1.5 }))).toEqual(refused("call.minutes", "a whole number", 1.5));
  });

  test("lengths are counted in UTF-16 units, so never too long whatever WhatsApp counts", () => {
    expect(refusal(() => to.text("👋".repeat(2_048)))).toBe("accepted");
    expect(refusal(() => to.text("👋".repeat(2_049)))).toEqual(refused("text.body", 4096, 4098));
  });
});

describe("what says nothing is refused, white space too", () => {
  const BLANK: readonly [string, (blank: string) => unknown][] = [
    ["text.body", (s) => to.text(s)],
    ["context.message_id", (s) => to.quoting(s)],
    ["biz_opaque_callback_data", (s) => to.correlated(s)],
    ["recipient_identity_key_hash", (s) => to.identified(s)],
    ["message_id", (s) => WhatsAppPayloadBuilder.markRead(s)],
    ["image.id", (s) => to.image({ id: s })],
    ["audio.link", (s) => to.audio({ link: s })],
    ["video.caption", (s) => to.video(file, { caption: s })],
    ["document.filename", (s) => to.document(file, { fileName: s })],
    [
      "interactive.header.document.filename",
      (s) => to.linkButton("?", card().button, { header: { type: "document", media: file, fileName: s } }),
    ],
    ["location.name", (s) => to.location({ latitude: 0, longitude: 0, name: s })],
    ["location.address", (s) => to.location({ latitude: 0, longitude: 0, address: s })],
    ["contact.name.formatted_name", (s) => to.contacts([{ ...taxi, name: s }])],
    ["contact.name.first_name", (s) => to.contacts([{ ...taxi, firstName: s }])],
    ["contact.phone.phone", (s) => to.contacts([{ ...taxi, phones: [{ number: s }] }])],
    ["contact.email.email", (s) => to.contacts([{ ...taxi, emails: [{ email: s }] }])],
    ["contact.url", (s) => to.contacts([{ ...taxi, links: [{ url: s }] }])],
    ["contact.address.city", (s) => to.contacts([{ ...taxi, addresses: [{ city: s }] }])],
    ["contact.org.company", (s) => to.contacts([{ ...taxi, company: s }])],
    ["reaction.message_id", (s) => to.reaction(s, "👍")],
    ["reaction.emoji", (s) => to.reaction("wamid.1", s)],
    ["template.language", (s) => template({ language: s })],
    ["template.name", (s) => template({ name: s })],
    ["template.header.text", (s) => template({ header: { type: "text", text: s } })],
    ["template.body.text", (s) => template({ body: [{ text: s }] })],
    ["template.body.name", (s) => template({ body: [{ text: "x", name: s }] })],
    [
      "template.header.location.name",
      (s) => template({ header: { type: "location", latitude: 0, longitude: 0, name: s, address: "x" } }),
    ],
    ["template.button.payload", (s) => templateButtons({ type: "quickReply", index: 0, payload: s })],
    ["template.button.url", (s) => templateButtons({ type: "url", index: 0, text: s })],
    ["template.button.code", (s) => templateButtons({ type: "copyCode", index: 0, code: s })],
    ["template.button.token", (s) => templateButtons({ type: "flow", index: 0, token: s })],
    ["interactive.body", (s) => to.replyButtons(s, [button()])],
    ["interactive.header", (s) => to.replyButtons("?", [button()], { header: s })],
    ["interactive.footer", (s) => to.replyButtons("?", [button()], { footer: s })],
    ["button.id", (s) => to.replyButtons("?", [button({ id: s })])],
    ["button.title", (s) => to.replyButtons("?", [button({ title: s })])],
    ["list.button", (s) => to.list("?", s, [{ rows: [row(1)] }])],
    ["row.description", (s) => to.list("?", "Open", [{ rows: [row(1, { description: s })] }])],
    ["link.label", (s) => to.linkButton("?", { ...card().button, label: s })],
    ["link.url", (s) => to.linkButton("?", { ...card().button, url: s })],
    ["form.id", (s) => to.form("?", { form: { id: s }, label: "x" })],
    ["form.name", (s) => to.form("?", { form: { name: s }, label: "x" })],
    ["form.token", (s) => to.form("?", { form: { id: "1" }, label: "x", token: s })],
    ["form.screen", (s) => to.form("?", { form: { id: "1" }, label: "x", start: { screen: s } })],
    ["address.saved.id", (s) => to.addressRequest("?", { country: "IN", savedAddresses: [{ id: s, values: {} }] })],
    ["call.label", (s) => to.callButton("?", { label: s })],
    ["call.payload", (s) => to.callButton("?", { payload: s })],
    ["interactive.body", (s) => to.callPermissionRequest(s)],
    ["product.catalog", (s) => to.product(s, "p")],
    ["product.id", (s) => to.product("1", s)],
    ["product.catalog", (s) => to.productList("?", s, [section()], { header: "H" })],
    ["product.id", (s) => products(section({ productIds: [s] }))],
    ["section.title", (s) => products(section({ title: s }))],
    ["product.id", (s) => to.catalog("?", { thumbnailProductId: s })],
    ["product.id", (s) => to.productCarousel("?", "1", ["p", s])],
    ["card.header.image.link", (s) => to.carousel("?", [card(), card({ header: { type: "image", link: s } })])],
    ["card.body", (s) => to.carousel("?", [card(), card({ text: s })])],
  ];
  test.each(BLANK)("%s", (field, build) => {
    expect(refusal(() => build(""))).toEqual(refused(field, "not blank", 0));
    expect(refusal(() => build(" \n\t "))).toEqual(refused(field, "not blank", 4));
  });
});

describe("what a value has to be is said in words", () => {
  const WORDS: readonly [string, string, number, () => unknown][] = [
    ["button.id", "unique", 1, () => to.replyButtons("?", [button(), button({ title: "No" })])],
    ["button.title", "unique", 1, () => to.replyButtons("?", [button(), button({ id: "b2" })])],
    ...["*Yes*", "_Yes_", "~Yes~", "`Yes`", "Say *yes* now"].map((title): (typeof WORDS)[number] => [
      "button.title",
      "no markup",
      title.length,
      () => to.replyButtons("?", [button({ title })]),
    ]),
    ["row.id", "unique", 1, () => to.list("?", "Open", [{ rows: [row(1), row(1)] }])],
    [
      "template.button.index",
      "unique",
      1,
      () => templateButtons(...many(2, () => ({ type: "quickReply", index: 0, payload: "p" }) as const)),
    ],
    ["template.body.name", "unique", 1, () => template({ body: many(2, () => ({ text: "x", name: "n" })) })],
    ["card.button.id", "unique", 1, () => carousel([replies(button()), replies(button())])],
    ["button.id", "no space at either end", 3, () => to.replyButtons("?", [button({ id: " b1" })])],
    ["row.id", "no space at either end", 3, () => to.list("?", "Open", [{ rows: [row(1, { id: "r1\n" })] }])],
    ["template.body.name", "all or none", 1, () => template({ body: [{ text: "x", name: "n" }, { text: "y" }] })],
    ["template.name", "a-z, 0-9 and _", 7, () => template({ name: "Arrival" })],
    ["template.body.text", "no line break and no tab", 3, () => template({ body: [{ text: "a\nb" }] })],
    ["template.body.text", "no line break and no tab", 3, () => template({ body: [{ text: "a\tb" }] })],
    [
      "template.header.text",
      "no line break and no tab",
      4,
      () => template({ header: { type: "text", text: "a\r\nb" } }),
    ],
    [
      "template.button.url",
      "no line break and no tab",
      3,
      () => templateButtons({ type: "url", index: 0, text: "a\nb" }),
    ],
    [
      "card.header",
      "the same on every card",
      2,
      () => carousel([card(), card({ header: { type: "video", link: "https://hotel.example/a.mp4" } })]),
    ],
    ["card.buttons", "the same on every card", 2, () => carousel([card(), replies(button())])],
    [
      "card.buttons",
      "the same on every card",
      2,
      () => carousel([replies(button({ id: "1" })), replies(button({ id: "2" }), button({ id: "3" }))]),
    ],
    [
      "contact.name",
      "a part of the name beside the whole",
      0,
      () => checkContent({ type: "contacts", cards: [{ name: "Taxi", phones: [] }] }),
    ],
    ["contact.birthday", "YYYY-MM-DD", 10, () => to.contacts([{ ...taxi, birthday: "28/02/1990" }])],
    ["form.label", "no emoji", 7, () => to.form("?", { form: { id: "1" }, label: "Open 👍" })],
    [
      "form.data",
      "at least one member",
      0,
      () => to.form("?", { form: { id: "1" }, label: "x", start: { screen: "S", data: {} } }),
    ],
    ["reaction.emoji", "one emoji", 2, () => to.reaction("wamid.1", "👍👍")],
    ["reaction.emoji", "one emoji", 6, () => to.reaction("wamid.1", "thanks")],
    ["reaction.emoji", "one emoji", 1, () => to.reaction("wamid.1", "5")],
  ];
  test.each(WORDS)("%s: %s", (field, limit, actual, build) => {
    expect(refusal(build)).toEqual(refused(field, limit, actual));
  });

  test("a second section needs a title", () => {
    expect(refusal(() => to.list("?", "Open", [{ rows: [row(1)] }, { rows: [row(2)] }]))).toEqual(
      refused("section.title", 24, 0),
    );
  });

  test("every emoji there is can be a reaction", () => {
    for (const emoji of ["👍", "❤️", "❤", "👍🏽", "👩‍👩‍👧‍👦", "🇮🇹", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "5️⃣", "☑️"])
      expect(refusal(() => to.reaction("wamid.1", emoji))).toBe("accepted");
  });

  test("a button leads to a web page with a name, and Meta fetches from nowhere but https", () => {
    const link = (url: string) => refusal(() => to.linkButton("?", { label: "Pay", url }));
    for (const url of ["https://hotel.example/x?y=1", "http://hotel.example", "HTTPS://münchen.example/ä"])
      expect(link(url)).toBe("accepted");
    const wrong = [
      "https://203.0.113.7/pay",
      "http://0x7f.1/",
      "http://2130706433/",
      "https://[::1]/",
      "ftp://hotel.example",
      "javascript:alert(1)",
      "hotel.example",
      "https://hotel.example/a b",
      " https://hotel.example",
    ];
    for (const url of wrong)
      expect(link(url)).toEqual(refused("link.url", "http:// or https:// and the name of a host", url.length));

    const image = (url: string) => refusal(() => to.image({ link: url }));
    expect(image("https://hotel.example/a.png?v=2")).toBe("accepted");
    expect(image("https://198.96.1.7/a.png")).toBe("accepted");
    const own = [
      "https://localhost/a.png",
      "https://files.localhost./a.png",
      "https://127.0.0.1:8443/a.png",
      "https://0x7f.1/a.png",
      "https://10.0.0.8/a.png",
      "https://169.254.169.254/latest",
      "https://[::1]/a.png",
      "https://[::ffff:10.0.0.8]/a.png",
    ];
    for (const url of ["http://hotel.example/a.png", "file:///etc/passwd", "data:image/png;base64,AA==", ...own]) {
      expect(image(url)).toEqual(refused("image.link", "a public https:// address", url.length));
      const framed = () => to.linkButton("?", card().button, { header: { type: "document", media: { link: url } } });
      expect(refusal(framed)).toMatchObject({ field: "interactive.header.document.link" });
      const header = () => template({ header: { type: "image", media: { link: url } } });
      expect(refusal(header)).toMatchObject({ field: "template.header.image.link" });
      const faced = () => to.carousel("?", [card(), card({ header: { type: "image", link: url } })]);
      expect(refusal(faced)).toMatchObject({ field: "card.header.image.link" });
    }

    const onCard = (url: string) => refusal(() => to.contacts([{ ...taxi, links: [{ url }] }]));
    expect(onCard("http://203.0.113.7/")).toBe("accepted");
    expect(onCard("mailto:taxi@hotel.example")).toEqual(refused("contact.url", "http:// or https://", 25));
  });

  test("an error holds no word of what was to be sent", () => {
    const secret = "the door code is 1234";
    const errors = [
      () => to.text(secret.repeat(300)),
      () => to.linkButton("?", { label: "Pay", url: secret }),
      () => template({ body: [{ text: `${secret}\n` }] }),
      () => to.reaction("wamid.1", secret),
    ].map((build) => JSON.stringify(refusal(build)));
    expect(errors.filter((error) => error.includes("door") || error.includes("1234"))).toEqual([]);
  });
});
