// One signed webhook, from bytes to what a host would act upon: the desk's door and reader beside two wrappers of the Cloud API, on the bodies
// of test/fixtures, each alike often, in turn.
//   npm run bench -- --only parse
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { readItem } from "../src/whatsapp/item.js";
import { sign, verifySignature } from "../src/whatsapp/signature.js";
import { splitWebhook } from "../src/whatsapp/webhook.js";
import { hasPeers } from "./door.js";
import { figure, median, publish, spread } from "./report.js";
import { APP_SECRET } from "./webhooks.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    times: { type: "string", default: "40" },
    peers: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
const times = Number(options.times);
const WARM_UP = 3;

/** From bytes to items; throws for what it refuses. @returns how many items it found */
type Parser = (body: Buffer, signature: string) => number | Promise<number>;

const RECEIVED = new Date();
const OWN: Readonly<Record<string, Parser>> = {
  "HMAC and JSON.parse"(body, signature) {
    if (verifySignature(body, signature, [APP_SECRET]) !== "valid") throw new Error("refused");
    return Object.keys(JSON.parse(body.toString("utf8")) as object).length > 0 ? 0 : 1;
  },
  belldesk(body, signature) {
    if (verifySignature(body, signature, [APP_SECRET]) !== "valid") throw new Error("refused");
    const leaves = splitWebhook(body, RECEIVED);
    // What is acted upon is read out of what was stored; the rest is kept as it came.
    for (const { raw, chat } of leaves) if (chat !== undefined) readItem(raw);
    return leaves.length;
  },
};
const theirs = hasPeers(options.peers)
  ? ((await import(new URL("peers/parse.mjs", import.meta.url).href)) as { PARSERS: Record<string, Parser> }).PARSERS
  : {};
const parsers = Object.entries({ ...OWN, ...theirs });

const FOLDER = path.resolve(import.meta.dirname, "../test/fixtures/webhooks");
// As Meta sends them: without white space.
const bodies = fs.readdirSync(FOLDER).map((file) => {
  const body = Buffer.from(JSON.stringify(JSON.parse(fs.readFileSync(path.join(FOLDER, file), "utf8"))));
  return { body, signature: sign(body, APP_SECRET), isText: file === "text.json" };
});

const understood = new Map<string, typeof bodies>();
for (const [name, parser] of parsers) {
  const taken = [];
  for (const one of bodies) {
    try {
      if ((await parser(one.body, one.signature)) > 0 || name === "HMAC and JSON.parse") taken.push(one);
    } catch {
      // It is counted as not understood.
    }
  }
  understood.set(name, taken);
}

const text = bodies.filter(({ isText }) => isText);
const everything = new Map<string, number[]>(parsers.map(([name]) => [name, []]));
const texts = new Map<string, number[]>(parsers.map(([name]) => [name, []]));
const microseconds = async (parser: Parser, of: typeof bodies, again: number) => {
  const from = performance.now();
  for (let n = 0; n < again; n++) for (const { body, signature } of of) await parser(body, signature);
  return ((performance.now() - from) * 1000) / (again * of.length);
};
for (let round = 0; round < rounds + WARM_UP; round++)
  for (const [name, parser] of parsers) {
    const all = await microseconds(parser, understood.get(name)!, times);
    const one = await microseconds(parser, text, times * 20);
    if (round < WARM_UP) continue;
    everything.get(name)!.push(all);
    texts.get(name)!.push(one);
  }
const base = median(texts.get("HMAC and JSON.parse")!);
publish({
  title: "Parse",
  about:
    `From signed bytes to what a host acts upon, microseconds a webhook, ${String(rounds)} rounds in turn. *A text*: one guest's text. *All*: of the ${String(bodies.length)} bodies of test/fixtures ` +
    "those that it hands on, which are not the same for all. The desk scans the depth, splits each body into items with their own keys and raw text, masks card numbers, and reads each item that is acted upon.",
  tables: [
    {
      columns: [
        "contender",
        "a text, µs",
        "of HMAC and JSON.parse",
        "all, µs",
        `handed on, of ${String(bodies.length)}`,
      ],
      rows: parsers.map(([name]) => [
        name,
        spread(texts.get(name)!, 1),
        figure(median(texts.get(name)!) / base, 2),
        spread(everything.get(name)!, 1),
        name === "HMAC and JSON.parse" ? "-" : String(understood.get(name)!.length),
      ]),
    },
  ],
  goals: [],
  notes:
    Object.keys(theirs).length > 0
      ? ["whatsapp-api-js hands on the first message of a webhook, and checks signatures by WebCrypto."]
      : [],
});
