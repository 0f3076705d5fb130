import { describe, expect, test } from "vitest";
import type { AccountNews } from "../../src/domain/account.js";
import type { InboundItemContent } from "../../src/domain/inbound-message.js";
import { readItem, rereadItem } from "../../src/whatsapp/item.js";
import { splitWebhook, type WebhookLeaf } from "../../src/whatsapp/webhook.js";

const RECEIVED = new Date("2026-11-11T00:00:00Z");
const METADATA = { display_phone_number: "12025550190", phone_number_id: "2000" };
const split = (field: string, value: object, entry: object = {}): readonly WebhookLeaf[] =>
  splitWebhook(
    Buffer.from(JSON.stringify({ entry: [{ id: "1000", ...entry, changes: [{ field, value }] }] })),
    RECEIVED,
  );
const ofNumber = (field: string, value: object) => split(field, { metadata: METADATA, ...value });
const readAll = (leaves: readonly WebhookLeaf[]): readonly InboundItemContent[] =>
  leaves.filter(({ chat }) => chat !== undefined).map(({ raw }) => readItem(raw));
const newsOf = (field: string, value: object): AccountNews => {
  const [item] = readAll(split(field, value));
  if (item?.kind !== "account") throw new Error(`${field} is no news`);
  return item.news;
};
const kinds = (leaves: readonly WebhookLeaf[]) =>
  leaves.map(({ kind, chat }) => (chat === undefined ? kind : `${kind}!`));

describe("what WhatsApp says about an account", () => {
  const template = {
    message_template_id: 800000000000001,
    message_template_name: "late",
    message_template_language: "en",
  };
  const known = { about: "template", templateId: "800000000000001", name: "late", language: "en" };
  const NEWS: readonly (readonly [string, object, object])[] = [
    [
      "message_template_status_update",
      { ...template, event: "REJECTED", reason: "INVALID_FORMAT" },
      { ...known, status: "REJECTED", reason: "INVALID_FORMAT" },
    ],
    [
      "message_template_status_update",
      { ...template, event: "REJECTED", reason: "NONE", rejection_info: { reason: "Too vague" } },
      { ...known, status: "REJECTED", reason: "Too vague" },
    ],
    // As Meta's own example has it: a quality update under the name of a status update.
    [
      "message_template_status_update",
      { ...template, previous_quality_score: "GREEN", new_quality_score: "YELLOW" },
      { ...known, quality: { before: "GREEN", now: "YELLOW" } },
    ],
    [
      "message_template_quality_update",
      { ...template, new_quality_score: "RED" },
      { ...known, quality: { now: "RED" } },
    ],
    [
      "template_category_update",
      { ...template, correct_category: "MARKETING", new_category: "UTILITY", category_update_timestamp: 1794400000 },
      { ...known, category: { before: "UTILITY", now: "MARKETING", coming: true } },
    ],
    [
      "phone_number_quality_update",
      {
        display_phone_number: "+1 202-555-0190",
        event: "ONBOARDING",
        old_limit: "TIER_NOT_SET",
        current_limit: "TIER_1K",
      },
      {
        about: "number",
        displayNumber: "12025550190",
        event: "ONBOARDING",
        limit: { before: "TIER_NOT_SET", now: "TIER_1K" },
      },
    ],
    [
      "business_username_update",
      { display_phone_number: "12025550190", username: "grand", status: "approved" },
      { about: "username", displayNumber: "12025550190", username: "grand", status: "approved" },
    ],
    ["business_username_updates", { status: "deleted" }, { about: "username", status: "deleted" }],
    [
      "business_capability_update",
      { max_daily_conversations_per_business: 2000, max_phone_numbers_per_business: 25 },
      { about: "limit", conversationsPerDay: "2000", numbers: 25 },
    ],
    [
      "business_capability_update",
      { max_daily_conversations_per_business: "TIER_10K", max_phone_numbers_per_waba: "3" },
      { about: "limit", conversationsPerDay: "TIER_10K", numbers: 3 },
    ],
    [
      "account_update",
      {
        event: "ACCOUNT_RESTRICTION",
        restriction_info: [{ restriction_type: "RESTRICTED_X", expiration: 1794400000 }],
      },
      {
        about: "account",
        event: "ACCOUNT_RESTRICTION",
        details: { restriction_info: [{ restriction_type: "RESTRICTED_X", expiration: 1794400000 }] },
      },
    ],
    [
      "account_alerts",
      {
        entity_type: "BUSINESS",
        entity_id: 1,
        alert_info: {
          alert_severity: "CRITICAL",
          alert_status: "ACTIVE",
          alert_type: "OBA_REJECTED",
          alert_description: "No.",
        },
      },
      { about: "alert", severity: "CRITICAL", status: "ACTIVE", type: "OBA_REJECTED", text: "No." },
    ],
    ["account_review_update", { decision: "APPROVED" }, { about: "review", decision: "APPROVED" }],
    [
      "security",
      { display_phone_number: "12025550190", event: "PIN_CHANGED", requester: "7" },
      { about: "security", displayNumber: "12025550190", event: "PIN_CHANGED" },
    ],
    // Known to be about the account, in a shape that is not: as it came.
    [
      "payment_configuration_update",
      { configuration_name: "x" },
      { about: "other", field: "payment_configuration_update", details: {} },
    ],
    [
      "phone_number_name_update",
      { decision: "APPROVED" },
      { about: "other", field: "phone_number_name_update", details: { decision: "APPROVED" } },
    ],
    [
      "account_review_update",
      { decision: { of: "the board" } },
      { about: "other", field: "account_review_update", details: {} },
    ],
    [
      "message_template_status_update",
      { event: "APPROVED" },
      { about: "other", field: "message_template_status_update", details: { event: "APPROVED" } },
    ],
  ];
  test.each(NEWS)("in %s: %j", (field, value, expected) => {
    expect(newsOf(field, value)).toEqual({ accountId: "1000", ...expected });
  });

  test("in the field of forms is kept aside, and can be read", () => {
    const [leaf] = split("flows", { event: "FLOW_STATUS_CHANGE" });
    expect(leaf).toMatchObject({ kind: "flow" });
    expect(leaf?.chat).toBeUndefined();
    expect(readItem(leaf!.raw)).toEqual({
      kind: "account",
      news: { about: "other", accountId: "1000", field: "flows", details: { event: "FLOW_STATUS_CHANGE" } },
      at: null,
    });
  });

  test("without a time may be told again: nobody can know whether it is the same once more", () => {
    const state = { event: "DISABLED_UPDATE" };
    expect(split("account_update", state)[0]?.dedupKey).toBeNull();
    const [one, two] = [5, 6].map((time) => split("account_update", state, { time })[0]?.dedupKey);
    expect(one).toMatch(/^account:account_update:1000:5:/);
    expect(two).not.toBe(one);
    const stop = { value: "stop", category: "marketing_messages", user_id: "US.1" };
    const wish = (element: object) => ofNumber("user_preferences", { user_preferences: [element] })[0]?.dedupKey;
    expect(wish(stop)).toBeNull();
    expect(wish({ ...stop, timestamp: 1794312000 })).not.toBe(wish({ ...stop, timestamp: 1794312001 }));
  });

  test("tells each guest's wish by itself, also one that is not known yet", () => {
    const wishes = ["stop", "resume", "signup"].map((value) => ({ value, category: "marketing_messages" }));
    const items = readAll(ofNumber("user_preferences", { user_preferences: [...wishes, {}, 7] }));
    expect(items.map((item) => item.kind === "account" && item.news)).toEqual(
      [["stop"], ["resume"], ["unknown"], ["unknown", "unknown"]].map(([wish, category = "marketing_messages"]) => ({
        about: "preference",
        accountId: "1000",
        category,
        wish,
      })),
    );
  });

  test("that names no account is kept aside", () => {
    expect(kinds(split("account_update", { event: "X" }, { id: "" }))).toEqual(["account"]);
    expect(kinds(split("account_update", { event: "X", waba_info: { waba_id: 77 } }, { id: "" }))).toEqual([
      "account!",
    ]);
  });
});

describe("what somebody wrote in the phone app", () => {
  const aText = { type: "text", text: { body: "hi" }, timestamp: "1794312000" };

  test("goes to its recipient, by the phone alone where nothing else is told", () => {
    const [item] = readAll(
      ofNumber("smb_message_echoes", { message_echoes: [{ ...aText, id: "wamid.1", to: "34600" }] }),
    );
    expect(item).toMatchObject({ kind: "echo", addresses: [{ kind: "waId", value: "34600" }], profileName: null });
  });

  test("is kept aside when it went to nobody, to a group, or has no id", () => {
    const echoes = [
      { ...aText, id: "wamid.1" },
      { ...aText, id: "wamid.2", to: "34600", group_id: "g" },
      { to: "34600" },
      "x",
    ];
    expect(kinds(ofNumber("smb_message_echoes", { message_echoes: echoes }))).toEqual([
      "malformed_message",
      "group_message",
      "malformed_message",
      "malformed_message",
    ]);
  });
});

describe("the phone app's old messages", () => {
  const aText = { type: "text", text: { body: "hi" }, timestamp: "1790000000" };
  const chunk = (...threads: readonly unknown[]) => ofNumber("history", { history: [{ threads }] });
  const from = (...threads: readonly unknown[]) =>
    readAll(chunk(...threads)).map((item) =>
      item.kind === "history" ? [item.from, item.status, item.addresses] : item,
    );

  test("are the guest's or the hotel's, whoever the thread names and however", () => {
    const user = { user_id: "US.1", parent_user_id: "US.ENT.1", username: "lara" };
    const addresses = [
      { kind: "bsuid", value: "US.1" },
      { kind: "parentBsuid", value: "US.ENT.1" },
    ];
    expect(
      from({
        context: user,
        messages: [
          { ...aText, id: "wamid.1", from_user_id: "US.1", history_context: { status: "DELIVERED" } },
          { ...aText, id: "wamid.2", from: "12025550190", history_context: { status: "PENDING" } },
          { ...aText, id: "wamid.3", from: "12025550199", to_user_id: "US.1", history_context: { status: "ERROR" } },
          { ...aText, id: "wamid.4", history_context: { status: "LOST" } },
        ],
      }),
    ).toEqual([
      ["guest", "delivered", addresses],
      ["device", "sent", addresses],
      ["device", "failed", addresses],
      ["guest", "sent", addresses],
    ]);
    expect(from({ id: "34600", messages: [{ ...aText, id: "wamid.1", from: "34600", to: "12025550190" }] })).toEqual([
      ["guest", "sent", [{ kind: "waId", value: "34600" }]],
    ]);
    expect(from({ messages: [{ ...aText, id: "wamid.1", from: "12025550190", to: "34600" }] })).toEqual([
      ["device", "sent", [{ kind: "waId", value: "34600" }]],
    ]);
  });

  test("come with the guest's username, and are acted upon however old they are", () => {
    const leaves = chunk({
      context: { wa_id: "34600", username: "lara" },
      messages: [{ ...aText, id: "wamid.1", from: "34600" }],
    });
    expect(leaves[0]?.chat).toMatchObject({ sentAt: new Date(1790000000_000), isImported: true });
    expect(readAll(leaves)[0]).toMatchObject({ username: "lara", sentAt: new Date(1790000000_000) });
  });

  test("that are files come twice under one id, as a placeholder and by themselves: both are told", () => {
    const image = {
      id: "wamid.1",
      from: "34600",
      timestamp: "1790000000",
      type: "image",
      image: { id: "1", mime_type: "image/png" },
    };
    const contacts = [{ wa_id: "34600", profile: { name: "Lara" } }];
    const [late] = ofNumber("history", { contacts, messages: [image] });
    const [placeholder] = chunk({ id: "34600", messages: [{ ...image, type: "media_placeholder" }] });
    expect([late?.dedupKey, placeholder?.dedupKey]).toEqual([
      "h:2000:wamid.1:image",
      "h:2000:wamid.1:media_placeholder",
    ]);
    expect(readItem(late!.raw)).toMatchObject({
      from: "guest",
      profileName: "Lara",
      content: { type: "image" },
    });
  });

  test("that are files of the hotel's go to the guest's chat, though the hotel stands among the contacts", () => {
    const contacts = [
      { wa_id: "12025550190", user_id: "US.0", profile: { name: "The hotel" } },
      { wa_id: "34600", user_id: "ES.1", profile: { name: "Lara" } },
    ];
    const file = {
      id: "wamid.1",
      from: "12025550190",
      to: "34600",
      type: "image",
      image: { id: "1", mime_type: "image/png" },
    };
    expect(readAll(ofNumber("history", { contacts, messages: [file] }))).toMatchObject([
      {
        from: "device",
        profileName: "Lara",
        addresses: [
          { kind: "bsuid", value: "ES.1" },
          { kind: "waId", value: "34600" },
        ],
      },
    ]);
  });

  test("that are odd, or threads that are, cost the others nothing, and nothing is lost", () => {
    const sound = { ...aText, id: "wamid.1", from: "34600" };
    const leaves = chunk(
      "x",
      { id: "34600", messages: [7, sound, { ...sound, group_id: "g" }] },
      { id: "34600", messages: {} },
    );
    expect(kinds(leaves)).toEqual(["history", "malformed_message", "history!", "group_message", "history"]);
    expect(kinds(ofNumber("history", { history: [{}, 5] }))).toEqual(["history", "history"]);
  });

  test("may be declined, fail, or be on their way", () => {
    const news = (element: object) => readAll(ofNumber("history", { history: [element] }));
    const told = (event: string, percent?: number) => [
      {
        kind: "account",
        news: { about: "history", accountId: "1000", event, ...(percent !== undefined && { percent }) },
        at: null,
      },
    ];
    expect(news({ errors: [{ code: 2593109 }] })).toEqual(told("declined"));
    expect(news({ errors: [{ code: "2593108" }] })).toEqual(told("failed"));
    expect(news({ metadata: { progress: "100" }, threads: [] })).toEqual(told("progress", 100));
    expect(news({ metadata: { progress: 101 } })).toEqual(told("progress"));
  });
});

describe("a call", () => {
  const call = { id: "wacid.1", event: "terminate", timestamp: "1794312000" };
  const read = (more: object) => readAll(ofNumber("calls", { calls: [{ ...call, ...more }] }))[0];

  test("is the guest's, whoever called", () => {
    expect(read({ direction: "BUSINESS_INITIATED", from: "12025550190", to: "34600", status: "FAILED" })).toMatchObject(
      {
        addresses: [{ kind: "waId", value: "34600" }],
        content: { type: "call", direction: "toGuest", outcome: "failed" },
      },
    );
    expect(read({ from: "12025550190", to: "34600", duration: "0" })).toMatchObject({
      addresses: [{ kind: "waId", value: "34600" }],
      content: { type: "call", direction: "toGuest", outcome: "unknown" },
    });
    expect(read({ from_user_id: "US.1", duration: "7", status: "COMPLETED" })).toMatchObject({
      addresses: [{ kind: "bsuid", value: "US.1" }],
      content: { type: "call", direction: "fromGuest", outcome: "completed", seconds: 7 },
    });
  });

  test("that nobody spoke in has no length", () => {
    expect(read({ from: "34600", duration: 0 })).not.toHaveProperty("content.seconds");
  });

  test("that rings, or is of nobody's, is kept aside", () => {
    const calls = [{ ...call, event: "connect", from: "34600" }, call, { event: "terminate", from: "34600" }, null];
    expect(kinds(ofNumber("calls", { calls }))).toEqual(["call", "call", "call", "call"]);
  });
});

describe("a change of a guest's", () => {
  const system = (system: object, more: object = {}) =>
    readAll(
      ofNumber("messages", { messages: [{ id: "wamid.1", type: "system", timestamp: "1794312000", system, ...more }] }),
    )[0];

  test("in the older shapes is known by what they have", () => {
    expect(system({ type: "customer_changed_number", wa_id: "34601" }, { from: "34600" })).toMatchObject({
      addresses: [{ kind: "waId", value: "34600" }],
      became: [{ kind: "waId", value: "34601" }],
      content: { type: "system", changed: "number" },
    });
    expect(system({ type: "user_changed_number", wa_id: "34601", user_id: "US.2" })).toMatchObject({
      addresses: [
        { kind: "bsuid", value: "US.2" },
        { kind: "waId", value: "34601" },
      ],
    });
    expect(system({ type: "customer_identity_changed", identity: { hash: "x" } }, { from: "34600" })).toMatchObject({
      addresses: [{ kind: "waId", value: "34600" }],
      became: [],
      content: { changed: "identity" },
    });
    expect(system({ type: "user_changed_mind" }, { from: "34600" })).toMatchObject({ content: { changed: "unknown" } });
  });

  test("does not take the new id for the one to look up", () => {
    expect(system({ previous_user_id: "US.1", user_id: "US.2" }, { from_user_id: "US.2" })).toMatchObject({
      addresses: [{ kind: "bsuid", value: "US.1" }],
      became: [{ kind: "bsuid", value: "US.2" }],
    });
  });

  test("of nobody's is kept aside", () => {
    expect(kinds(ofNumber("messages", { messages: [{ id: "wamid.1", type: "system", system: {} }] }))).toEqual([
      "malformed_message",
    ]);
    expect(kinds(ofNumber("user_id_update", { user_id_update: [{ detail: "x" }, null] }))).toEqual([
      "malformed_message",
      "malformed_message",
    ]);
  });
});

describe("what is only listened to", () => {
  test("is kept one by one", () => {
    const standby = {
      messages: [{ id: "wamid.1" }, {}],
      message_echoes: [{ id: "wamid.2" }],
      statuses: [{ id: "wamid.3" }],
    };
    expect(kinds(ofNumber("standby", { standby }))).toEqual(["standby", "standby", "standby", "standby"]);
    expect(kinds(ofNumber("standby", { standby: "x" }))).toEqual(["standby"]);
  });

  test("keeps the contact it came with, to be understood later", () => {
    const contacts = [{ wa_id: "34600", profile: { name: "Lara" } }];
    const message = { id: "wamid.1", type: "text", from: "34600", group_id: "g" };
    for (const leaf of [
      ...ofNumber("messages", { contacts, messages: [message] }),
      ...ofNumber("standby", { standby: { contacts, messages: [message] } }),
      ...ofNumber("messages", {
        contacts,
        statuses: [{ id: "1", recipient_type: "group", recipient_participant_id: "34600" }],
      }),
    ])
      expect(JSON.parse(leaf.raw), leaf.kind).toMatchObject({
        contact: contacts[0],
        metadata: METADATA,
        entryId: "1000",
      });
  });

  test("what should be a list and is none is kept, beside what is sound", () => {
    const statuses = [{ id: "wamid.1", status: "read", timestamp: "1794312000", recipient_id: "34600" }];
    expect(kinds(ofNumber("messages", { messages: { 0: "x" }, statuses }))).toEqual(["malformed", "status"]);
  });
});

describe("what an older release kept aside", () => {
  const head = { field: "messages", entryId: "1000", metadata: METADATA };
  const message = { id: "wamid.1", type: "system", from: "34600", timestamp: "1794312000", system: {} };
  const reread = (kind: string, raw: unknown) => rereadItem(kind, JSON.stringify(raw), RECEIVED);

  test("is what this release would have made of it", () => {
    expect(reread("system", { ...head, message })).toMatchObject({ kind: "system", dedupKey: "m:2000:wamid.1" });
    expect(reread("unknown_field", { field: "account_alerts", entryId: "1000", time: "5", value: {} })).toMatchObject({
      kind: "account",
      chat: { lane: "1000", addresses: [] },
    });
    const update = { user_id: { previous: "US.1", current: "US.2" } };
    const value = { metadata: METADATA, user_id_update: [update] };
    const [alone] = ofNumber("user_id_update", { user_id_update: [update] });
    expect(reread("user_id_update", { field: "user_id_update", entryId: "1000", time: "", value })).toEqual(alone);
  });

  test("stays aside while there is nothing to act upon, or several things at once", () => {
    expect(reread("malformed", { base64: "AAAA" })).toBeNull();
    expect(reread("unknown_field", { field: "brand_new", entryId: "1000", value: {} })).toBeNull();
    expect(reread("group_message", { ...head, message: { ...message, type: "text", group_id: "g" } })).toBeNull();
    expect(rereadItem("unknown_field", "no JSON", RECEIVED)).toBeNull();
    const two = { metadata: METADATA, calls: ["1", "2"].map((id) => ({ id, event: "terminate", from: "34600" })) };
    expect(reread("unknown_field", { field: "calls", entryId: "1000", value: two })).toBeNull();
  });
});

describe("what is not what it is called", () => {
  test("is refused with a TypeError, whatever it is", () => {
    const message = { id: "wamid.1", type: "text", from: "34600" };
    const raws = [
      "",
      "7",
      "null",
      "[]",
      "{}",
      JSON.stringify({ field: "messages", entryId: "1", metadata: METADATA, message: { ...message, group_id: "g" } }),
      JSON.stringify({ field: "messages", entryId: "1", metadata: {}, message }),
      JSON.stringify({ field: "messages", entryId: "1", metadata: METADATA, message: { ...message, from: "" } }),
      JSON.stringify({ field: "messages", entryId: "", value: {} }),
    ];
    for (const raw of raws) expect(() => readItem(raw), raw).toThrow(TypeError);
  });
});
