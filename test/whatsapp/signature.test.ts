import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { answerChallenge } from "../../src/whatsapp/challenge.js";
import { looksSigned, sign, verifySignature } from "../../src/whatsapp/signature.js";
import { fixture } from "./fixtures.js";

interface Vectors {
  readonly app_secret: string;
  readonly vectors: readonly { readonly name: string; readonly body: string; readonly header: string }[];
  readonly must_be_rejected: readonly { readonly why: string; readonly header: string | null }[];
}
const {
  app_secret: secret,
  vectors,
  must_be_rejected: rejected,
} = JSON.parse(fixture("signature", "vectors").toString()) as Vectors;
const valueOf = (header: string | null): string | undefined =>
  header?.startsWith("X-Hub-Signature-256: ") === true ? header.slice("X-Hub-Signature-256: ".length) : undefined;

describe("a webhook's signature (N1)", () => {
  test.each(vectors)("$name is accepted, over the bytes as they came", ({ body, header }) => {
    expect(verifySignature(Buffer.from(body), valueOf(header), [secret])).toBe("valid");
    expect(sign(body, secret)).toBe(valueOf(header));
  });

  test.each(rejected)("is refused: $why", ({ header }) => {
    const body = vectors[0]?.body ?? "";
    const given = valueOf(header);
    expect(verifySignature(Buffer.from(body), given, [secret])).toBe(given === undefined ? "missing" : "invalid");
  });

  test.each([
    ["63 digits", `sha256=${"a".repeat(63)}`],
    ["65 digits", `sha256=${"a".repeat(65)}`],
    ["upper case", null],
    ["trailing junk", null],
    ["a comma list", null],
    ["8 KB", `sha256=${"a".repeat(8_192)}`],
    ["not ASCII", `sha256=${"é".repeat(64)}`],
  ])("is refused: %s, without throwing (T03, M5)", (why, header) => {
    const body = Buffer.from("{}");
    const right = sign(body, secret);
    const variants: Record<string, string> = {
      "upper case": right.toUpperCase(),
      "trailing junk": `${right}zz`,
      "a comma list": `${right},${right}`,
    };
    expect(verifySignature(body, header ?? variants[why], [secret])).toBe("invalid");
  });

  test("is missing where there is none, which is told from one that is wrong", () => {
    for (const header of [undefined, ""]) expect(verifySignature(Buffer.from("{}"), header, [secret])).toBe("missing");
  });

  test("may be one by what it looks like, whatever it signs, before a byte of the body is read", () => {
    expect(looksSigned(`sha256=${"0a".repeat(32)}`)).toBe(true);
    for (const header of [undefined, "", "undefined", `sha256=${"a".repeat(63)}`, `sha1=${"a".repeat(40)}`])
      expect(looksSigned(header), header).toBe(false);
  });

  test("none of 50,000 that somebody without the secret made is accepted (T02)", () => {
    const body = fixture("webhooks", "text");
    let accepted = 0;
    for (let guess = 0; guess < 50_000; guess++) {
      const header =
        guess % 2 === 0 ? sign(body, `not-the-secret-${String(guess)}`) : `sha256=${randomBytes(32).toString("hex")}`;
      if (verifySignature(body, header, [secret]) === "valid") accepted += 1;
    }
    expect(accepted).toBe(0);
  });

  test("any changed byte is refused (T04)", () => {
    const body = Buffer.from('{"object":"whatsapp_business_account","entry":[]}');
    const header = sign(body, secret);
    for (let i = 0; i < body.length; i++) {
      const changed = Buffer.from(body);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(verifySignature(changed, header, [secret])).toBe("invalid");
    }
    expect(verifySignature(Buffer.concat([body, Buffer.from("\n")]), header, [secret])).toBe("invalid");
  });

  test("while a secret is rotated both are accepted; the old one no more once it is taken out (T08)", () => {
    const body = Buffer.from("{}");
    const old = sign(body, "old-secret");
    expect(verifySignature(body, old, ["new-secret", "old-secret"])).toBe("valid");
    expect(verifySignature(body, old, ["new-secret"])).toBe("invalid");
    expect(verifySignature(body, old, [])).toBe("invalid");
  });
});

describe("Meta's handshake (S92, T10)", () => {
  const ask = (query: string, token = "right-token") => answerChallenge(new URLSearchParams(query), token);
  const sound = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=right-token";

  test("is answered with the challenge", () => {
    expect(ask(sound)).toEqual({ status: 200, body: "1158201444" });
  });

  test.each([
    ["another token", "hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong-token"],
    ["no token", "hub.mode=subscribe&hub.challenge=1"],
    ["no challenge", "hub.mode=subscribe&hub.verify_token=right-token"],
    ["another mode", "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=right-token"],
    ["a script as challenge", "hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=right-token"],
    ["a long challenge", `hub.mode=subscribe&hub.challenge=${"1".repeat(257)}&hub.verify_token=right-token`],
    ["a token given twice", `${sound}&hub.verify_token=right-token`],
    ["a list", "hub.mode[]=subscribe&hub.challenge=1&hub.verify_token=right-token"],
  ])("is refused: %s", (_, query) => {
    expect(ask(query)).toEqual({ status: 403, body: "" });
  });

  test("never matches an empty token", () => {
    expect(ask("hub.mode=subscribe&hub.challenge=1&hub.verify_token=", "").status).toBe(403);
  });
});
