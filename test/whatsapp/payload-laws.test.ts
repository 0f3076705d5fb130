import fc from "fast-check";
import { expect, test } from "vitest";
import { OUTBOUND_TYPES, type OutboundContent } from "../../src/domain/content.js";
import { ConversationError } from "../../src/errors.js";
import { payloadOf, WhatsAppPayloadBuilder } from "../../src/whatsapp/payload-builder.js";
import { OUTBOUND } from "./outbound-contents.js";
import { wrongWith } from "./payload-checker.js";

/** Mostly what fits, now and then a character more, nothing, or what tears a line open. */
const upTo = (most: number): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.string({ minLength: 1, maxLength: Math.min(most, 12), unit: fc.constantFrom("a", "b", "c", "é") }),
    },
    { weight: 2, arbitrary: fc.integer({ min: most - 1, max: most }).map((length) => "a".repeat(length)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("a".repeat(most + 1), "", " ", "a\nb", "a\n\n\nb", "a      b", " a", "👋"),
    },
  );
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const id = upTo(40);
const url = fc.oneof(
  { weight: 8, arbitrary: fc.webUrl({ validSchemes: ["https"] }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "http://hotel.example/",
      "https://203.0.113.7/",
      "https://localhost/",
      "hotel.example",
      "",
    ),
  },
);
const file = fc.oneof(
  id.map((one) => ({ id: one })),
  url.map((link) => ({ link })),
);
const degrees = (most: number) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.double({ min: -most, max: most, noNaN: true }) },
    { weight: 1, arbitrary: fc.double() },
  );
const picture = fc.record({ type: fc.constantFrom("image", "video"), media: file });
const paper = fc.record({ type: fc.constant("document"), media: file, fileName: maybe(id) });
const header = fc.oneof(upTo(60), picture, paper);
const frame = { header: maybe(header), footer: maybe(upTo(60)) };
const option = fc.record({
  id: upTo(256),
  title: fc.oneof({ weight: 9, arbitrary: upTo(20) }, { weight: 1, arbitrary: fc.constantFrom("*Yes*", "a_b_c") }),
});
const row = fc.record({
  id: upTo(200),
  title: upTo(24),
  description: maybe(upTo(72)),
  section: maybe(fc.constantFrom("A", "B")),
});
const texts = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 });
const place = { latitude: degrees(90), longitude: degrees(180) };
const face = {
  header: fc.record({ type: fc.constantFrom("image", "image", "image", "video"), link: url }),
  text: maybe(upTo(160)),
};
const link = fc.record({ label: upTo(20), url });

const shapes: Readonly<Record<OutboundContent["type"], Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  text: { text: upTo(4096), linkPreview: maybe(fc.boolean()) },
  image: { text: maybe(upTo(1024)), media: file },
  video: { text: maybe(upTo(1024)), media: file },
  audio: { voice: maybe(fc.boolean()), media: file },
  document: { text: maybe(upTo(1024)), fileName: maybe(id), media: file },
  sticker: { media: file },
  location: { ...place, text: maybe(id), address: maybe(id) },
  contacts: {
    cards: fc.array(
      fc.record({
        name: id,
        firstName: id,
        phones: fc.array(fc.record({ number: id }), { maxLength: 2 }),
        company: maybe(id),
      }),
      { maxLength: 3 },
    ),
  },
  reaction: { wamid: id, text: maybe(fc.constantFrom("👍", "❤️", "🇮🇹", "no", "👍👍")) },
  template: {
    name: fc.oneof(
      fc.constantFrom("arrival_reminder", "Arrival", ""),
      fc.integer({ min: 511, max: 513 }).map((n) => "a".repeat(n)),
    ),
    language: id,
    header: maybe(
      fc.oneof(
        fc.record({ type: fc.constant("text"), text: upTo(60), name: maybe(id) }),
        picture,
        paper,
        fc.record({ type: fc.constant("location"), ...place, name: id, address: id }),
      ),
    ),
    body: maybe(
      fc.array(fc.record({ text: upTo(1024), name: maybe(fc.constantFrom("a", "b", "c")) }), { maxLength: 3 }),
    ),
    buttons: maybe(
      fc.array(
        fc.oneof(
          fc.record({ type: fc.constant("quickReply"), index: fc.integer({ min: 0, max: 10 }), payload: upTo(128) }),
          fc.record({ type: fc.constant("url"), index: fc.integer({ min: 0, max: 10 }), text: upTo(2000) }),
          fc.record({ type: fc.constant("copyCode"), index: fc.integer({ min: 0, max: 10 }), code: upTo(15) }),
          fc.record({ type: fc.constant("flow"), index: fc.integer({ min: 0, max: 10 }), token: maybe(id) }),
        ),
        { maxLength: 4 },
      ),
    ),
  },
  buttons: { text: upTo(1024), ...frame, buttons: fc.array(option, { minLength: 1, maxLength: 4 }) },
  list: {
    text: upTo(4096),
    header: maybe(upTo(60)),
    footer: maybe(upTo(60)),
    button: upTo(20),
    rows: fc.array(row, { maxLength: 11 }),
  },
  linkButton: { text: upTo(1024), ...frame, label: upTo(20), url },
  form: {
    text: upTo(1024),
    ...frame,
    label: upTo(20),
    form: fc.oneof(fc.record({ id }), fc.record({ name: id })),
    token: maybe(id),
    draft: maybe(fc.boolean()),
    start: maybe(fc.oneof(fc.constant("endpoint"), fc.record({ screen: id, data: maybe(texts) }))),
  },
  locationRequest: { text: upTo(1024) },
  contactRequest: { text: upTo(1024) },
  addressRequest: {
    text: upTo(1024),
    ...frame,
    country: fc.constant("IN"),
    values: maybe(texts),
    savedAddresses: maybe(fc.array(fc.record({ id, values: texts }), { maxLength: 2 })),
    errors: maybe(texts),
  },
  callButton: {
    text: upTo(1024),
    label: maybe(upTo(20)),
    minutes: maybe(fc.integer({ min: 0, max: 43_201 })),
    payload: maybe(upTo(512)),
  },
  callPermissionRequest: { text: maybe(upTo(1024)) },
  product: { text: maybe(upTo(1024)), footer: maybe(upTo(60)), catalogId: id, productId: id },
  products: {
    text: upTo(1024),
    header: upTo(60),
    footer: maybe(upTo(60)),
    catalogId: id,
    sections: fc.array(
      fc.record({
        title: upTo(24),
        productIds: fc.oneof(
          fc.array(id, { maxLength: 3 }),
          fc.integer({ min: 29, max: 31 }).map((n) => Array<string>(n).fill("p")),
        ),
      }),
      { maxLength: 3 },
    ),
  },
  catalog: { text: upTo(1024), footer: maybe(upTo(60)), thumbnailProductId: maybe(id) },
  carousel: {
    text: upTo(1024),
    cards: fc.oneof(
      fc.array(fc.record({ ...face, button: link }), { maxLength: 11 }),
      fc.array(fc.record({ ...face, buttons: fc.array(option, { minLength: 1, maxLength: 2 }) }), { maxLength: 4 }),
    ),
  },
  productCarousel: { text: upTo(1024), catalogId: id, productIds: fc.array(id, { maxLength: 11 }) },
};

/** Without what is `undefined`, as JSON has it. */
const contentOf = (type: OutboundContent["type"]): fc.Arbitrary<OutboundContent> =>
  fc
    .record({ type: fc.constant(type), ...shapes[type] })
    .map((value) => JSON.parse(JSON.stringify(value)) as OutboundContent);

/** Every text in it, but for keys and for our own words. */
function words(value: unknown, key = ""): readonly string[] {
  if (typeof value === "string") return ["type", "start", "section", "messageId"].includes(key) ? [] : [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => words(inner, name));
}

const addresses = fc.constantFrom(
  { kind: "waId", value: "12025550101" } as const,
  { kind: "bsuid", value: "JP.9000" } as const,
);

test.each(OUTBOUND_TYPES)(
  "whatever %s is built satisfies WhatsApp's rules, whole; what does not is refused with field, limit and actual (S58)",
  (type) => {
    let built = 0;
    let refused = 0;
    fc.assert(
      fc.property(contentOf(type), addresses, upTo(512), fc.boolean(), (content, address, data, quotes) => {
        try {
          const builder = new WhatsAppPayloadBuilder(address).correlated(data);
          const payload = payloadOf(quotes ? builder.quoting("wamid.1") : builder, content);
          built++;
          const sent = JSON.parse(JSON.stringify(payload)) as unknown;
          expect(wrongWith(sent)).toEqual([]);
          const left = new Set(words(sent));
          expect(words(content).filter((word) => !left.has(word))).toEqual([]);
        } catch (error) {
          if (!ConversationError.is(error)) throw error;
          refused++;
          expect([error.code, Object.keys(error.details)]).toEqual(["payload_invalid", ["field", "limit", "actual"]]);
        }
      }),
      { numRuns: 300 },
    );
    // Neither all nor nothing, or nothing would be shown.
    expect([built > 5, refused > 5]).toEqual([true, true]);
  },
);

test("the rules written down a second time take every example, and notice what is wrong", () => {
  for (const { sent } of OUTBOUND) {
    const payload = { messaging_product: "whatsapp", recipient_type: "individual", to: "+12025550101", ...sent };
    expect(wrongWith(payload)).toEqual([]);
    expect(wrongWith({ ...payload, recipient: "JP.1" })).not.toEqual([]);
  }
  const interactive = (value: object) =>
    wrongWith({
      messaging_product: "whatsapp",
      recipient_type: "individual",
      to: "+1",
      type: "interactive",
      interactive: value,
    });
  const replies = (count: number) => ({
    type: "button",
    body: { text: "?" },
    action: {
      buttons: Array.from({ length: count }, (_, n) => ({ type: "reply", reply: { id: String(n), title: String(n) } })),
    },
  });
  expect(interactive(replies(3))).toEqual([]);
  expect(interactive(replies(4))).toEqual(["buttons: 4"]);
  expect(interactive({ ...replies(1), body: { text: "a".repeat(1_025) } })).toEqual(["body"]);
  expect(
    interactive({
      type: "location_request_message",
      body: { text: "?" },
      footer: { text: "x" },
      action: { name: "send_location" },
    }),
  ).toEqual(["request has no footer"]);
});
