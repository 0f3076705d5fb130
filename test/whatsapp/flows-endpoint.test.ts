import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConversationError } from "../../src/errors.js";
import { openFlowToken, sealFlowToken, type FlowTokenOf } from "../../src/runtime/flow-token.js";
import { flowPhone } from "../../src/testing/index.js";
import { newFlowKeys, readFlowKeys } from "../../src/whatsapp/flow-keys.js";
import { openFlowRequest } from "../../src/whatsapp/flows-endpoint.js";
import type { JsonObject } from "../../src/whatsapp/json.js";

interface Vector {
  readonly name: string;
  readonly body: string;
  readonly asked: JsonObject;
  readonly answer: JsonObject;
  readonly sealed: string;
}
const file = JSON.parse(readFileSync(new URL("../fixtures/flow-endpoint/vectors.json", import.meta.url), "utf8")) as {
  readonly passphrase: string;
  readonly privateKey: string;
  readonly otherPrivateKey: string;
  readonly vectors: readonly Vector[];
  readonly foreign: Vector;
};
const { passphrase } = file;
const [ours, other] = readFlowKeys([
  { key: file.privateKey, passphrase },
  { key: file.otherPrivateKey, passphrase },
]);
if (ours === undefined || other === undefined) throw new Error("the vectors have no keys");

const KINDS: Readonly<Record<string, object>> = {
  "a health check": { kind: "ping", version: "3.0" },
  "a form that is opened": { kind: "screen", action: "init", screen: null, data: {}, token: "token-1" },
  "a screen that is filled in": {
    kind: "screen",
    action: "submit",
    version: "4.0",
    screen: "ROOM",
    data: { nights: 3, name: "محمد" },
  },
  "a screen that is gone back to": { kind: "screen", action: "back", screen: "ROOM", data: {} },
  "a phone that could make nothing of an answer": { kind: "refused", error: "INVALID_SCREEN_TRANSITION" },
};

describe("what another program encrypted as WhatsApp does", () => {
  test.each(file.vectors)("is read and answered as it reads it: $name", ({ name, body, answer, sealed }) => {
    const opened = openFlowRequest(Buffer.from(body), [ours]);
    expect(opened?.question).toMatchObject(KINDS[name] ?? { kind: "not expected" });
    expect(opened?.seal(answer)).toBe(sealed);
  });

  test("for the key that came after, or before, is read as long as the host has it", () => {
    const body = Buffer.from(file.foreign.body);
    expect(openFlowRequest(body, [ours])).toBeNull();
    expect(openFlowRequest(body, [ours, other])?.question.kind).toBe("ping");
    expect(openFlowRequest(body, [other, ours])?.question.kind).toBe("ping");
  });

  test("with one bit of it changed, in any of its parts, is read by nobody (T73)", () => {
    const { body } = file.vectors[2]!;
    const sent = JSON.parse(body) as Record<string, string>;
    for (const part of Object.keys(sent)) {
      const bytes = Buffer.from(sent[part]!, "base64");
      for (let at = 0; at < bytes.length; at += 7) {
        const changed = Buffer.from(bytes);
        changed[at] = changed[at]! ^ 1;
        const forged = JSON.stringify({ ...sent, [part]: changed.toString("base64") });
        expect(openFlowRequest(Buffer.from(forged), [ours])).toBeNull();
      }
    }
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["a list", "[]"],
    ["no base64", JSON.stringify({ ...JSON.parse(file.foreign.body), initial_vector: "not base64!" })],
    ["half a vector", JSON.stringify({ ...JSON.parse(file.foreign.body), initial_vector: "AAAAAAAAAAAAAAAA" })],
    ["less than a tag", JSON.stringify({ ...JSON.parse(file.foreign.body), encrypted_flow_data: "AAAA" })],
    ["a bomb of brackets", "[".repeat(100_000)],
  ])("is not read from %s", (_, body) => {
    expect(openFlowRequest(Buffer.from(body), [ours, other])).toBeNull();
  });
});

describe("what a phone may send that is the guest's, and not WhatsApp's", () => {
  const opened = async (question: object) => {
    const keys = await KEYS;
    const { body } = await flowPhone({ publicKey: keys.publicKey, appSecret: "x" }).asks(question);
    return openFlowRequest(Buffer.from(body), readFlowKeys([{ key: keys.privateKey, passphrase: PASSPHRASE }]));
  };

  test("is data, however it is nested or named", async () => {
    const deep = Array.from({ length: 100 }).reduce<unknown>((inner) => [inner], 1);
    expect(await opened({ action: "INIT", data: { deep } })).toBeNull();
    const question = (
      await opened(JSON.parse('{"action":"INIT","data":{"__proto__":{"isAdmin":true},"a":1}}') as object)
    )?.question;
    expect(question).toMatchObject({ kind: "screen", data: { a: 1 } });
    expect(JSON.stringify(question)).not.toContain("isAdmin");
  });

  test.each([{}, { action: 7 }, { action: "toString" }, { action: "INIT ", data: 1 }])(
    "asks for nothing that there is: %j",
    async (question) => {
      expect((await opened(question))?.question).toEqual({ kind: "unknown" });
    },
  );

  test("of any JSON is read as something, and never throws", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom("action", "screen", "data", "flow_token", "version"), fc.jsonValue()),
        async (asked) => {
          expect(await opened(asked)).not.toBeNull();
        },
      ),
      { numRuns: 100 },
    );
  });

  test("of any bytes is nothing, and never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 400 }),
          fc.json().map((json) => Buffer.from(json)),
        ),
        (bytes) => {
          expect(openFlowRequest(bytes, [ours])).toBeNull();
        },
      ),
      { numRuns: 500 },
    );
  });
});

const PASSPHRASE = "between the two of us";
const KEYS = newFlowKeys({ passphrase: PASSPHRASE });

describe("keys", () => {
  test("are made for WhatsApp to take and for the host to keep under a passphrase", async () => {
    const { publicKey, privateKey } = await KEYS;
    expect(publicKey).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(privateKey).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    const key = createPrivateKey({ key: privateKey, passphrase: PASSPHRASE });
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(2048);
    await expect(newFlowKeys({ passphrase: "short" })).rejects.toMatchObject({ code: "config_invalid" });
  });

  test("that are none are refused, without a word of what stands in them", async () => {
    const { privateKey, publicKey } = await KEYS;
    for (const [key, wrong] of [
      [privateKey, "not what it was sealed with"],
      [privateKey],
      [publicKey],
      ["secret nonsense"],
    ] as const) {
      const given = wrong === undefined ? { key } : { key, passphrase: wrong };
      const error = refusal(() => readFlowKeys([given]));
      expect(error).toMatchObject({ code: "config_invalid", details: { issues: [{ path: "privateKeys.0" }] } });
      expect(JSON.stringify(error.details)).not.toContain(wrong ?? "nonsense");
    }
    expect(refusal(() => readFlowKeys([])).code).toBe("config_invalid");
  });
});

describe("a form's token (T73)", () => {
  const secrets = ["an old secret, of thirty-two letters or more"] as const;
  const of: FlowTokenOf = {
    hotelId: "grand",
    guestId: "gst_1",
    promptId: "prm_1",
    expiresAt: new Date("2026-11-12T12:00:00Z"),
  };
  const before = new Date("2026-11-12T11:59:59.999Z");

  test("says to us whose form it is, until it expires, and is the same for the same form", () => {
    const token = sealFlowToken(secrets, of);
    expect(openFlowToken(secrets, token, before)).toEqual(of);
    expect(openFlowToken(secrets, token, of.expiresAt)).toBeNull();
    expect(sealFlowToken(secrets, of)).toBe(token);
    expect(token).not.toBe(sealFlowToken(secrets, { ...of, guestId: "gst_2" }));
    expect(Buffer.from(token, "base64url").toString("latin1")).not.toContain("gst_1");
  });

  test("outlives the next secret, and not the one after", () => {
    const token = sealFlowToken(secrets, of);
    expect(openFlowToken(["the next secret", ...secrets], token, before)).toEqual(of);
    expect(openFlowToken(["the next secret"], token, before)).toBeNull();
  });

  test("is not made by changing another one, or by trying", () => {
    const token = sealFlowToken(secrets, of);
    for (let at = 0; at < token.length; at++) {
      const changed = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
      expect(openFlowToken(secrets, changed, before)).toBeNull();
    }
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.constant("a".repeat(10_000))), (text) => {
        expect(openFlowToken(secrets, text, before)).toBeNull();
      }),
    );
    expect(openFlowToken(secrets, `${token}=`, before)).toBeNull();
    expect(openFlowToken(secrets, ` ${token}`, before)).toBeNull();
  });
});

function refusal(run: () => unknown): ConversationError {
  try {
    run();
  } catch (error) {
    if (ConversationError.is(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
