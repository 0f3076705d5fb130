import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { ConversationManager, sign, webhookHandler, type LogFields, type Logger } from "../../src/index.js";
import { warnings } from "../../src/runtime/warnings.js";
import { APP_SECRET, delivery, hotels, VERIFY_TOKEN } from "../harness/hotel.js";

let lines: { readonly level: string; readonly fields: LogFields; readonly message: string }[];
const line = (level: string) => (fields: LogFields, message: string) => void lines.push({ level, fields, message });
const logger: Logger = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
const warned = () => lines.map(({ level, fields }) => [level, fields] as const);

beforeEach(() => {
  lines = [];
});

describe("a warning", () => {
  test("is one line a minute for each code, with how many were held back, whatever the wall clock does", () => {
    let now = 5_000;
    const warn = warnings(logger, { now: () => now });
    for (let n = 0; n < 1_000; n++) warn("signature_invalid", "Compare the secrets.");
    warn("number_unrouted", "No hotel has it.", { phoneNumberId: "999" });
    now += 59_999;
    warn("signature_invalid", "Compare the secrets.");
    expect(warned()).toEqual([
      ["warn", { code: "signature_invalid", heldBack: 0 }],
      ["warn", { code: "number_unrouted", phoneNumberId: "999", heldBack: 0 }],
    ]);
    now += 1;
    warn("signature_invalid", "Compare the secrets.");
    now += 60_000;
    warn("signature_invalid", "Compare the secrets.");
    expect(warned().slice(2)).toEqual([
      ["warn", { code: "signature_invalid", heldBack: 1_000 }],
      ["warn", { code: "signature_invalid", heldBack: 0 }],
    ]);
  });
});

describe("a hotel that is set up wrongly reads why in its log, and no guest's words or secrets", () => {
  let desk: ConversationManager;
  beforeEach(async () => {
    desk = new ConversationManager({
      hotels,
      storage: memoryStorage(),
      transport: { send: () => Promise.reject(new Error("Nobody answers here.")) },
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      logger,
    });
    await desk.start({ work: false });
  });
  afterEach(() => desk.stop());

  const PHONE = "12025550101";
  const WORDS = "the guest's own words";
  const text = (wamid: string, more: object = {}) => ({ from: PHONE, wamid, text: WORDS, ...more });
  const unreadable = Buffer.from(WORDS);
  const ARRIVALS: readonly [says: string, body: Buffer, signature: string | undefined, fields: LogFields][] = [
    ["another app secret", delivery([text("w1")]).body, sign("x", "another secret"), { code: "signature_invalid" }],
    ["a proxy that drops the signature", delivery([text("w1")]).body, undefined, { code: "signature_missing" }],
    [
      "a number that no hotel has",
      delivery([text("w1", { number: "999" }), text("w2", { number: "999" })]).body,
      "signed",
      { code: "number_unrouted", phoneNumberId: "999" },
    ],
    [
      "a message of last year",
      delivery([text("w1", { timestamp: 1_600_000_000 })]).body,
      "signed",
      { code: "message_too_old", phoneNumberId: "200000000000001" },
    ],
    ["a body that is no JSON", unreadable, "signed", { code: "body_unreadable" }],
  ];

  test.each(ARRIVALS)("%s", async (_, body, signature, fields) => {
    const given = { body, signature: signature === "signed" ? sign(body, APP_SECRET) : signature };
    for (let n = 0; n < 3; n++) await desk.receive(given);
    expect(warned()).toEqual([["warn", { ...fields, heldBack: 0 }]]);
    for (const hidden of [WORDS, PHONE, APP_SECRET]) expect(JSON.stringify(lines)).not.toContain(hidden);
  });

  test("another verify token", async () => {
    const hook = webhookHandler(desk);
    const shake = (token: string) =>
      hook(new Request(`http://hotel.invalid/?hub.mode=subscribe&hub.challenge=7&hub.verify_token=${token}`));
    expect((await shake(VERIFY_TOKEN)).status).toBe(200);
    expect((await hook(new Request("http://hotel.invalid/"))).status).toBe(403);
    expect(lines).toEqual([]);
    for (let n = 0; n < 3; n++) expect((await shake("a wrong one")).status).toBe(403);
    expect(warned()).toEqual([["warn", { code: "challenge_refused", heldBack: 0 }]]);
    expect(JSON.stringify(lines)).not.toContain("a wrong one");
  });

  test("and nothing when all is well", async () => {
    const { body, signature } = delivery([text("w1")]);
    const request = { method: "POST", body: Readable.toWeb(Readable.from([body])), duplex: "half" };
    const headers = { "x-hub-signature-256": signature };
    const init = { ...request, headers } as unknown as RequestInit;
    expect((await webhookHandler(desk)(new Request("http://hotel.invalid/", init))).status).toBe(200);
    expect(lines).toEqual([]);
  });
});
