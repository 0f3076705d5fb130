import { inspect, format } from "node:util";
import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import {
  cloudApi,
  completeHotel,
  ConversationError,
  ConversationManager,
  reveal,
  Secret,
  secret,
  sign,
  verifySignature,
  type HotelOptions,
} from "../../src/index.js";
import { staticHotels } from "../../src/config/hotel.js";

const TOKEN = "EAAB-canary-of-a-token";
const APP_SECRET = "canary-of-an-app-secret";
const VERIFY_TOKEN = "canary-of-a-verify-token";
const CURSOR_SECRET = "canary-of-a-cursor-secret-of-32-characters";
const CANARY = /canary/;

const hotel: HotelOptions = {
  id: "grand",
  timeZone: "Europe/Rome",
  numbers: [{ phoneNumberId: "2000", accessToken: TOKEN }],
  departments: [{ id: "reception", name: "Reception" }],
};

/** What somebody prints by accident. */
function printed(value: unknown): string {
  const cause = new Error("it failed", { cause: value });
  const json = (what: unknown) => {
    try {
      return JSON.stringify(what);
    } catch {
      return "";
    }
  };
  return [
    inspect(value, { depth: 20, showHidden: true }),
    inspect(value, { depth: 20, getters: true, customInspect: false }),
    format("%s %o %O %j", value, value, value, value),
    json(value),
    json({ ...(value as object) }),
    inspect(cause, { depth: 20, showHidden: true }),
    inspect(new AggregateError([value], "several"), { depth: 20 }),
  ].join("\n");
}

describe("a secret", () => {
  test("is printed by nothing that prints, and gives back its text to whoever asks for it by name (T81)", () => {
    const kept = secret(TOKEN);
    const everything = [
      printed(kept),
      printed({ deep: [kept, new Map([["token", kept]]), new Set([kept])] }),
      String(kept),
      // What somebody without types writes.
      [kept, ""].join(""),
      JSON.stringify(structuredClone({ kept })),
      inspect(structuredClone({ kept }), { showHidden: true }),
      Object.keys(kept).join(),
      Reflect.ownKeys(kept).map(String).join(),
    ];
    expect(everything.join("\n")).not.toMatch(CANARY);
    expect(reveal(kept)).toBe(TOKEN);
    expect(reveal(TOKEN)).toBe(TOKEN);
    expect(secret(kept)).toBe(kept);
  });

  test("says of itself that it is one, wherever it is printed, and nothing more", () => {
    const kept = secret(TOKEN);
    expect([String(kept), inspect(kept), inspect([kept])]).toEqual(["[secret]", "[secret]", "[ [secret] ]"]);
    expect(JSON.stringify({ token: kept })).toBe('{"token":"[secret]"}');
    expect(Reflect.ownKeys(Object.assign({}, kept))).toEqual([]);
    expect(Reflect.get(kept, Symbol.for("belldesk.Secret"))).toBe(true);
    for (const none of [null, undefined, 7, {}]) expect(Secret.is(none)).toBe(false);
  });

  test("is known as one across copies of the package, and nobody makes another of it", () => {
    const copy = { [Symbol.for("belldesk.Secret")]: true, reveal: () => TOKEN };
    expect(Secret.is(copy)).toBe(true);
    expect(Secret.is(TOKEN)).toBe(false);
    expect(() => Object.assign(secret(TOKEN), { reveal: () => "another" })).toThrow(TypeError);
  });
});

describe("from the moment that options are read", () => {
  const options = {
    hotels: [hotel],
    storage: memoryStorage(),
    transport: cloudApi({ appSecret: APP_SECRET }),
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    cursorSecrets: [CURSOR_SECRET],
  };

  test("neither the desk nor its hotels print a token or a secret, however deep somebody looks", async () => {
    const desk = new ConversationManager(options);
    const port = staticHotels([hotel]);
    await port.rotateToken?.("2000", `${TOKEN}-rotated`);
    for (const value of [desk, completeHotel(hotel), port, await port.byId("grand"), options.transport])
      expect(printed(value)).not.toMatch(CANARY);
    await desk.start();
    expect(printed(desk)).not.toMatch(CANARY);
    await desk.stop();
  });

  test("options that are wrong are told without the secrets in them", () => {
    const wrong = { ...options, webhook: { appSecrets: ["canary"], verifyToken: "canary" }, cursorSecrets: ["canary"] };
    let thrown: unknown;
    try {
      new ConversationManager(wrong);
    } catch (error) {
      thrown = error;
    }
    expect(ConversationError.is(thrown) && thrown.details["issues"]).toHaveLength(3);
    expect(printed(thrown)).not.toMatch(CANARY);
  });

  test("a host may give a text or a secret", async () => {
    const kept = { ...hotel, numbers: [{ phoneNumberId: "2000", accessToken: secret(TOKEN) }] };
    expect(reveal((await staticHotels([kept]).byNumber("2000"))?.numbers[0]?.accessToken ?? "")).toBe(TOKEN);
    const webhook = { appSecrets: [secret(APP_SECRET)], verifyToken: secret(VERIFY_TOKEN) };
    const desk = new ConversationManager({
      ...options,
      hotels: [kept],
      webhook,
      cursorSecrets: [secret(CURSOR_SECRET)],
    });
    const query = { "hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1" };
    expect(desk.challenge(new URLSearchParams(query)).status).toBe(200);
    const body = Buffer.from("{}");
    expect(verifySignature(body, sign(body, APP_SECRET), [secret(APP_SECRET)])).toBe("valid");
  });
});
