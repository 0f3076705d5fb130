import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { ConversationManager, sign, webhookHandler, type Storage, type Transport } from "../../src/index.js";
import { mulberry32 } from "../chaos/plan.js";
import { APP_SECRET, delivery, hotels, VERIFY_TOKEN } from "../harness/hotel.js";
import { noteFigures } from "../../scripts/figures.js";

// A webhook that somebody without the app's secret sends, or changes on its way.

/** 100,000 by `FORGED=100000`. */
const FORGED = Number(process.env["FORGED"] ?? 3_000);
const nowhere: Transport = {
  send: () =>
    Promise.resolve({ outcome: "rejected", failure: { code: "nowhere", message: "Nobody is there." }, retry: null }),
};

/** Everything that the storage was asked since it was opened, but for what the desk asks by itself. */
const remembered: string[] = [];
const storage: Storage = new Proxy(memoryStorage(), {
  get(target, verb: string) {
    const found = Reflect.get(target, verb) as unknown;
    if (typeof found !== "function") return found;
    return (...given: unknown[]) => {
      if (/^(remember|applyStatuses|park)/.test(verb)) remembered.push(verb);
      return (found as (...given: unknown[]) => unknown).apply(target, given);
    };
  },
});
const desk = new ConversationManager({
  ...{ hotels, storage, transport: nowhere },
  webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  floods: { unsignedPerMinute: null },
});
beforeAll(() => desk.start());
afterAll(() => desk.stop());

const handle = webhookHandler(desk);
const posted = async (body: Uint8Array, signature: string | null): Promise<number> => {
  const headers = {
    "content-type": "application/json",
    ...(signature !== null && { "x-hub-signature-256": signature }),
  };
  const { status } = await handle(
    new Request("https://hotel.example/webhooks/whatsapp", { method: "POST", headers, body: Buffer.from(body) }),
  );
  return status;
};

type Forgery = (body: Buffer, right: string, random: (most: number) => number) => readonly [Buffer, string | null];

const flipped = (bytes: Buffer, at: number, bit: number): Buffer => {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ (1 << bit);
  return changed;
};
const digitAt = (header: string, at: number): string => {
  const place = "sha256=".length + at;
  const other = header[place] === "0" ? "1" : "0";
  return header.slice(0, place) + other + header.slice(place + 1);
};

const FORGERIES: Readonly<Record<string, Forgery>> = {
  "a bit of the body": (body, right, random) => [flipped(body, random(body.length), random(8)), right],
  "a digit of the signature": (body, right, random) => [body, digitAt(right, random(64))],
  "the end of the body": (body, right, random) => [body.subarray(0, random(body.length)), right],
  "something behind the body": (body, right, random) => [
    Buffer.concat([body, Buffer.alloc(1 + random(9), " ")]),
    right,
  ],
  "the end of the signature": (body, right, random) => [body, right.slice(0, random(right.length))],
  "something behind the signature": (body, right, random) => [body, right + "0zZ,; ".charAt(random(6)) + right],
  "another's secret": (body, _, random) => [body, sign(body, `secret ${String(random(1e9))}`)],
  "another body's signature": (body, _, random) => [body, sign(`${String(random(1e9))}${String(body)}`, APP_SECRET)],
  "capital letters": (body, right) => [body, right.toUpperCase()],
  "another algorithm": (body, right) => [body, right.replace("sha256", "sha1")],
  "no signature": (body) => [body, null],
  "nothing in it": (body) => [body, ""],
};

test(`of ${FORGED.toLocaleString("en")} webhooks that were forged or changed none is accepted, none upsets the desk, and nothing is asked of the storage (T01, T02, T04)`, async () => {
  const random = mulberry32(17);
  const below = (most: number) => Math.floor(random() * most);
  const ways = Object.entries(FORGERIES);
  const answered = new Map<string, number>();
  for (let n = 0; n < FORGED; n++) {
    const { body } = delivery([{ from: "12025550117", wamid: `wamid.forged.${String(n)}`, text: "Good evening" }]);
    const [way, forge] = ways[n % ways.length]!;
    const [forged, signature] = forge(body, sign(body, APP_SECRET), below);
    const status = await posted(forged, signature);
    answered.set(`${way}: ${String(status)}`, (answered.get(`${way}: ${String(status)}`) ?? 0) + 1);
  }
  const statuses = [...answered.keys()].map((key) => Number(key.split(": ")[1]));
  expect(
    statuses.filter((status) => status < 400 || status >= 500),
    JSON.stringify([...answered]),
  ).toEqual([]);
  expect(remembered).toEqual([]);
  noteFigures({ forged: FORGED, accepted: 0, "answered 5xx": 0, "asked of the storage": remembered.length });
  // Whoever has the secret is heard.
  const { body } = delivery([{ from: "12025550117", wamid: "wamid.right", text: "Good evening" }]);
  expect(await posted(body, sign(body, APP_SECRET))).toBe(200);
  expect(remembered).not.toEqual([]);
}, 300_000);
