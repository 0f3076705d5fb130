import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { InboundItemContent } from "../../src/domain/inbound-message.js";
import { isTooDeep } from "../../src/whatsapp/depth.js";
import { readItem, rereadItem } from "../../src/whatsapp/item.js";
import type { Json } from "../../src/whatsapp/json.js";
import { readMessage } from "../../src/whatsapp/message.js";
import { canonical } from "../../src/whatsapp/leaf.js";
import { dedupHash, LEAF_KINDS, splitWebhook, type WebhookLeaf } from "../../src/whatsapp/webhook.js";
import { EXPECTED, RECEIVED } from "./expected.js";
import { fixture, fixtureNames } from "./fixtures.js";
import { OUTCOMES } from "./outcomes.js";

const split = (value: unknown) =>
  splitWebhook(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)), RECEIVED);
const said = (item: InboundItemContent) => (item.kind === "account" ? item.news.about : item.content.type);
const named = (leaf: WebhookLeaf): string =>
  leaf.chat
    ? `${leaf.kind}:${said(readItem(leaf.raw))}`
    : leaf.status
      ? `${leaf.kind}:${leaf.status.status}`
      : leaf.kind;
const messageOf = (name: string) => {
  const [leaf] = splitWebhook(fixture("webhooks", name), RECEIVED);
  if (leaf === undefined) throw new Error(`${name} holds nothing`);
  return readMessage(JSON.parse(leaf.raw) as Json);
};

/** A delivery with these items under `messages`. */
const delivery = (messages: readonly unknown[], contacts: readonly unknown[] = []) => ({
  object: "whatsapp_business_account",
  entry: [
    { id: "1", changes: [{ field: "messages", value: { metadata: { phone_number_id: "2000" }, contacts, messages } }] },
  ],
});
const aText = (id: string, body: string) => ({
  from: "12025550101",
  from_user_id: "US.1",
  id,
  timestamp: "1794312000",
  type: "text",
  text: { body },
});

describe("every webhook that WhatsApp sends ends in named outcomes (N2, S25)", () => {
  test("each of the 98 fixtures stands in the table once", () => {
    expect(fixtureNames("webhooks")).toHaveLength(98);
    expect(Object.keys(OUTCOMES).sort()).toEqual(fixtureNames("webhooks"));
  });

  test.each(Object.entries(OUTCOMES))("%s", (name, outcomes) => {
    const leaves = splitWebhook(fixture("webhooks", name), RECEIVED);
    expect(leaves.map(named)).toEqual(outcomes);
    for (const { raw, kind } of leaves) {
      expect(() => JSON.parse(raw) as unknown).not.toThrow();
      expect(LEAF_KINDS).toContain(kind);
    }
  });
});

describe("each fixture is understood whole (N2)", () => {
  test("and stands in the table once", () => {
    expect(Object.keys(EXPECTED).sort()).toEqual(fixtureNames("webhooks"));
  });

  test.each(Object.entries(EXPECTED))("%s", (name, expected) => {
    const leaves = splitWebhook(fixture("webhooks", name), RECEIVED).map(({ raw, ...leaf }) => ({
      ...leaf,
      ...(leaf.chat !== undefined && { item: readItem(raw) }),
    }));
    expect(leaves).toEqual(expected.map((leaf, index) => ({ dedupKey: leaves[index]?.dedupKey, ...leaf })));
  });

  test("and read again, as an older release has kept it, says the same", () => {
    for (const name of fixtureNames("webhooks"))
      for (const leaf of splitWebhook(fixture("webhooks", name), RECEIVED)) {
        const again = rereadItem("unknown_field", leaf.raw, RECEIVED);
        if (leaf.chat === undefined) expect(again, name).toBeNull();
        else expect(again, name).toEqual(leaf);
      }
  });
});

describe("what a guest sent", () => {
  test("a text comes back exactly as written, in any script", () => {
    const { content, profileName, addresses, sentAt } = messageOf("text_unicode");
    expect(content).toMatchObject({ text: expect.stringContaining("👋") as string });
    expect(profileName).not.toBeNull();
    expect(addresses.map(({ kind }) => kind)).toEqual(["bsuid", "waId"]);
    expect(sentAt).toEqual(new Date("2026-11-10T12:00:00Z"));
  });

  test("a tap on a button, a list row or a template's button is a choice with the id we gave it", () => {
    expect(messageOf("interactive_button_reply").content).toMatchObject({ type: "choice", via: "button" });
    expect(messageOf("interactive_list_reply")).toMatchObject({
      content: { type: "choice", via: "list", id: "svc:towels", text: "Fresh towels" },
      quotedWamid: expect.stringMatching(/^wamid\./) as string,
    });
    expect(messageOf("button_template_quick_reply").content).toMatchObject({ type: "choice", via: "templateButton" });
  });

  test("a guest without a phone is known by their WhatsApp id; with both, the id is looked up first (F26, chat#794)", () => {
    expect(messageOf("bsuid_only_text").addresses).toEqual([
      { kind: "bsuid", value: expect.stringMatching(/^[A-Z]{2}\./) as string },
    ]);
    expect(messageOf("text_pre_bsuid_shape").addresses.map(({ kind }) => kind)).toEqual(["waId"]);
    expect(messageOf("parent_bsuid_text").addresses.map(({ kind }) => kind)).toEqual(["bsuid", "parentBsuid"]);
  });

  test("the contact is matched by id, never by its place in the list", () => {
    const contacts = [
      { profile: { name: "Somebody else" }, wa_id: "12025550102", user_id: "US.2" },
      { profile: { name: "The sender" }, wa_id: "12025550101", user_id: "US.1" },
    ];
    const [leaf] = split(delivery([aText("wamid.1", "hi")], contacts));
    expect(readMessage(JSON.parse(leaf?.raw ?? "") as Json).profileName).toBe("The sender");
  });

  test("NUL and lone surrogates survive (T21, F24)", () => {
    const body = "a\u0000b \ud83d c \udc00\ud800";
    const [leaf] = split(delivery([aText("wamid.1", body)]));
    expect(leaf?.raw).not.toContain("\u0000");
    expect(leaf?.raw.isWellFormed()).toBe(true);
    expect(readMessage(JSON.parse(leaf?.raw ?? "") as Json).content).toEqual({ type: "text", text: body });
  });

  test.each([
    ["0", "2009-01-01T00:00:00Z"],
    ["-5", "2009-01-01T00:00:00Z"],
    ["1794312000000", RECEIVED.toISOString()],
    ["soon", RECEIVED.toISOString()],
    [1794312000, "2026-11-10T12:00:00Z"],
    [null, RECEIVED.toISOString()],
  ])("a timestamp of %j is taken as %s (F91)", (timestamp, instant) => {
    const [leaf] = split(delivery([{ ...aText("wamid.1", "hi"), timestamp }]));
    expect(leaf?.chat?.sentAt).toEqual(new Date(instant));
  });
});

describe("dedup keys", () => {
  test("are the same for a message however batches are cut, and differ between kinds (F16)", () => {
    const [alone] = split(delivery([aText("wamid.2", "hi")]));
    const [, beside] = split(delivery([aText("wamid.1", "ho"), aText("wamid.2", "hi")]));
    expect(alone?.dedupKey).toBe(beside?.dedupKey);
    expect(alone?.dedupKey).toBe("m:2000:wamid.2");
    expect(dedupHash("m:2000:wamid.2")).toMatch(/^[0-9a-f]{32}$/);
    const [echo] = splitWebhook(fixture("webhooks", "smb_message_echo_text"), RECEIVED);
    expect(echo?.dedupKey).toMatch(/^e:wamid\./);
  });

  test("of what has no id are its JSON with sorted keys, whatever stands in it", () => {
    const sorted = (value: unknown): string =>
      JSON.stringify(value, (_key, inner: unknown) =>
        typeof inner === "object" && inner !== null && !Array.isArray(inner)
          ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
          : inner,
      );
    expect(canonical(JSON.parse('{"b":[1,{"z":null,"a":1e400}],"__proto__":"x","a":"\\ud83d\\n\\"👋"}') as Json)).toBe(
      '{"__proto__":"x","a":"\\ud83d\\n\\"👋","b":[1,{"a":null,"z":null}]}',
    );
    // Names that are numbers stand first in any object, and in their own place here.
    const names = fc.string({ unit: "binary" }).filter((name) => !/^\d+$/.test(name));
    fc.assert(
      fc.property(
        fc.dictionary(names, fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.constant([null, true]))),
        (value) => {
          expect(canonical(value as Json)).toBe(sorted(value));
        },
      ),
    );
  });

  test("of account events name their content and time, in any order of keys", () => {
    const account = (value: object) =>
      split({ entry: [{ id: "9", time: 5, changes: [{ field: "account_update", value }] }] })[0]?.dedupKey;
    expect(account({ event: "A", x: 1 })).toBe(account({ x: 1, event: "A" }));
    expect(account({ event: "A" })).not.toBe(account({ event: "B" }));
  });
});

describe("no body can do harm", () => {
  test("any bytes give at least one leaf, and nothing throws (P1, T13, T18)", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.json().map((json) => Buffer.from(json)),
        ),
        (bytes) => {
          const leaves = splitWebhook(bytes, RECEIVED);
          expect(leaves.length).toBeGreaterThan(0);
          for (const { kind, raw } of leaves) {
            expect(LEAF_KINDS).toContain(kind);
            JSON.parse(raw);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("an odd message costs its siblings nothing (F17, frappe_whatsapp#252)", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 5 }), fc.nat(5), (odd, at) => {
        const sound = [aText("wamid.a", "one"), aText("wamid.b", "two"), aText("wamid.c", "three")];
        const mixed: unknown[] = [...sound];
        mixed.splice(Math.min(at, sound.length), 0, ...odd);
        const alone = split(delivery(sound));
        const beside = split(delivery(mixed));
        expect(beside).toHaveLength(sound.length + odd.length);
        for (const leaf of alone) expect(beside).toContainEqual(leaf);
      }),
      { numRuns: 500 },
    );
  });

  test("a body that nests too deep is kept as bytes, without recursion (M3, T13)", () => {
    const deep = Buffer.from(`{"entry":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`);
    const [leaf, second] = splitWebhook(deep, RECEIVED);
    expect(second).toBeUndefined();
    expect(leaf?.kind).toBe("malformed");
  });

  test("what stands in a text nests nothing, however it ends", () => {
    const words = ['"', "\\", '\\"', "\\\\", '"\\', ""].map((end) => "[".repeat(500) + end);
    expect(isTooDeep(JSON.stringify({ text: "[".repeat(500) + '\\"' + "{".repeat(500) }))).toBe(false);
    expect(isTooDeep(JSON.stringify(words))).toBe(false);
    for (const end of words) {
      const nested = (depth: number) => "[".repeat(depth) + JSON.stringify(end) + "]".repeat(depth);
      expect([isTooDeep(nested(64)), isTooDeep(nested(65)), isTooDeep(nested(3), 2)]).toEqual([false, true, true]);
    }
    expect(isTooDeep("[]".repeat(1_000))).toBe(false);
    expect(isTooDeep('"' + "[".repeat(100))).toBe(false);
  });

  test("what is cut off or no JSON is kept byte for byte", () => {
    const bytes = Buffer.from([0x7b, 0xff, 0x00, 0x22]);
    const [leaf] = splitWebhook(bytes, RECEIVED);
    const { base64 } = JSON.parse(leaf?.raw ?? "{}") as { base64: string };
    expect(Buffer.from(base64, "base64")).toEqual(bytes);
  });

  test("keys of prototypes stay data (T17, M4)", () => {
    const body =
      '{"entry":[{"id":"1","changes":[{"field":"__proto__","value":{"__proto__":{"polluted":1},"metadata":{"phone_number_id":"2"}}},{"field":"constructor","value":{}}]}]}';
    expect(split(body).map(({ kind }) => kind)).toEqual(["unknown_field", "unknown_field"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
