import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/whatsapp/json.js";
import { contentOf } from "../../src/whatsapp/content.js";
import { messageContext } from "../../src/whatsapp/context.js";
import { readMessage } from "../../src/whatsapp/message.js";
import { readItem } from "../../src/whatsapp/item.js";
import { splitWebhook } from "../../src/whatsapp/webhook.js";
import { CONTENTS } from "./contents.js";
import { fixture, fixtureNames } from "./fixtures.js";

const messagesIn = (name: string) =>
  splitWebhook(fixture("webhooks", name), new Date("2026-11-11T00:00:00Z")).flatMap(({ raw, chat }) => {
    const item = chat === undefined ? null : readItem(raw);
    return item === null || item.kind === "account" ? [] : [item.content];
  });

describe("how a guest came to send it", () => {
  const contextOf = (name: string) =>
    splitWebhook(fixture("webhooks", name), new Date("2026-11-11T00:00:00Z")).map(
      ({ raw }) => readMessage(JSON.parse(raw) as Json).context,
    );

  test("is told for what was passed on, asked about a product, or came from an advertisement, and nothing else", () => {
    expect(contextOf("text_forwarded")).toEqual([{ forwarded: "yes" }]);
    expect(contextOf("text_frequently_forwarded")).toEqual([{ forwarded: "often" }]);
    expect(contextOf("text_referred_product")).toEqual([
      { product: { catalogId: "500000000000001", productId: "spa-day-01" } },
    ]);
    expect(contextOf("text_referral_ctwa")).toEqual([
      {
        referral: {
          source: "ad",
          id: "400000000000001",
          url: "https://fb.me/fixtureAd01",
          headline: "Autumn escape",
          text: "Three nights for two, sea view",
          clickId: "FIXTURECTWACLID0001",
        },
      },
    ]);
    for (const name of ["text", "text_reply_context", "interactive_list_reply"])
      expect(contextOf(name)).toEqual([null]);
  });

  test("is told in part where a part of it is odd", () => {
    const context = (message: object, contact: object = {}) =>
      messageContext(message as JsonObject, contact as JsonObject);
    expect(context({ context: { forwarded: "true", referred_product: { catalog_id: {} } }, referral: [] })).toBeNull();
    expect(
      context({ context: { forwarded: true }, referral: { source_type: "story", headline: 7, body: "Hello" } }),
    ).toEqual({ forwarded: "yes", referral: { source: "unknown", text: "Hello" } });
    expect(context({}, { identity_key_hash: "h4sh" })).toEqual({ identityKeyHash: "h4sh" });
    expect(context({}, { identity_key_hash: {} })).toBeNull();
  });
});

describe("what a guest's message says", () => {
  test("is written down for every fixture that holds one", () => {
    expect(Object.keys(CONTENTS).sort()).toEqual(
      fixtureNames("webhooks").filter((name) => messagesIn(name).length > 0),
    );
  });

  test.each(Object.entries(CONTENTS))("%s", (name, contents) => {
    expect(messagesIn(name)).toEqual(contents);
  });

  const says = (type: string, body: unknown, more: object = {}) =>
    contentOf({ type, [type]: body, ...more } as JsonObject);

  test("in a shape that is not the known one is unknown, never a guess", () => {
    for (const [type, body] of [
      ["text", { body: 7 }],
      ["text", null],
      ["image", { mime_type: "image/jpeg" }],
      ["image", { id: "a\u0000b", mime_type: "image/jpeg" }],
      ["audio", { id: "1", mime_type: "audio/ogg", voice: "yes" }],
      ["location", { latitude: 91, longitude: 0 }],
      ["location", { latitude: "north", longitude: 0 }],
      ["contacts", { name: "no list" }],
      ["reaction", { emoji: "👍" }],
      ["order", { catalog_id: "1", product_items: [{ quantity: 1 }] }],
      ["edit", { original_message_id: "wamid.1" }],
      ["revoke", {}],
      ["interactive", { type: "product" }],
      ["interactive", { type: "nfm_reply", nfm_reply: { response_json: { rating: 5 } } }],
      ["__proto__", {}],
      ["constructor", {}],
    ] as const)
      expect(says(type, body), `${type} ${JSON.stringify(body)}`).toEqual({ type: "unknown" });
  });

  test("as a number where WhatsApp writes one, be it a text or a number, is the same", () => {
    expect(says("location", { latitude: "41.5", longitude: "-2" })).toEqual({
      type: "location",
      latitude: 41.5,
      longitude: -2,
    });
    const item = { product_retailer_id: "spa", quantity: "2", item_price: "14.5", currency: "EUR" };
    expect(says("order", { catalog_id: 5, product_items: [item] })).toEqual({
      type: "order",
      catalogId: "5",
      items: [{ productId: "spa", quantity: 2, price: 14.5, currency: "EUR" }],
    });
    expect(says("unsupported", {}, { errors: [{ code: "131051" }] })).toEqual({ type: "unsupported", code: 131051 });
  });

  test("as a phone proves one only where the guest tapped to share it, whatever else the card says", () => {
    const card = (origin: unknown) => says("contacts", [{ origin, phones: [{ phone: "1", wa_id: "12025550101" }] }]);
    const isOwn = (origin: unknown) => {
      const content = card(origin);
      return content.type === "contacts" && content.cards[0]?.isOwn;
    };
    expect(["contact_request", "other", undefined, "CONTACT_REQUEST"].map(isOwn)).toEqual([true, false, false, false]);
  });

  test("in an edit of an edit, or of something that cannot be edited, is unknown", () => {
    for (const message of [
      { type: "edit", edit: { original_message_id: "wamid.0", message: { type: "text", text: { body: "x" } } } },
      { type: "reaction", reaction: { message_id: "wamid.0" } },
    ])
      expect(says("edit", { original_message_id: "wamid.1", message })).toEqual({
        type: "edit",
        wamid: "wamid.1",
        content: { type: "unknown" },
      });
  });

  test("until a call permission ends is left out where no calendar has the day", () => {
    const reply = { response: "accept", is_permanent: false, expiration_timestamp: 9e15 };
    expect(says("interactive", { type: "call_permission_reply", call_permission_reply: reply })).toEqual({
      type: "callPermissionReply",
      allowed: true,
      permanent: false,
      automatic: false,
    });
  });
});
