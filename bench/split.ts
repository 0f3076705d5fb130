// What a webhook costs before it is stored and when it is read, in units of `JSON.parse` of the same bytes. One run, all in turn.
// - at the door, where the loop stands still: the scan of its depth, the split, the raw text of each leaf;
// - validation: reading each leaf that is acted upon. Whoever decides parses the stored raw text for it, which is told apart.
//   npm run bench:split
//   npm run bench:split -- --rounds 41
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { readItem } from "../src/whatsapp/item.js";
import { splitWebhook } from "../src/whatsapp/webhook.js";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "21" } } });
const rounds = Number(options.rounds);

/** Of all fixtures together, the door and validation; of the largest body that Meta sends, how long the loop stands still. */
const AT_MOST = { fixtures: 3, batch: 4 };

const RECEIVED = new Date("2026-11-11T00:00:00Z");
const FOLDER = path.resolve(import.meta.dirname, "../test/fixtures/webhooks");
/** So that a round of the smallest is long enough to be measured. */
const TIMES = 200;

let kept = 0;
const parsed = (body: Buffer): void => {
  kept += Object.keys(JSON.parse(body.toString("utf8")) as object).length;
};
const split = (body: Buffer): void => {
  for (const { raw } of splitWebhook(body, RECEIVED)) kept += raw.length;
};
const rawsOf = (body: Buffer): readonly string[] =>
  splitWebhook(body, RECEIVED).flatMap(({ raw, chat }) => (chat === undefined ? [] : [raw]));
const read = (raws: readonly string[]): void => {
  for (const raw of raws) kept += readItem(raw).kind.length;
};
const parsedAgain = (raws: readonly string[]): void => {
  for (const raw of raws) kept += Object.keys(JSON.parse(raw) as object).length;
};

interface Cost {
  /** `JSON.parse` of the body. */
  readonly parse: number;
  readonly door: number;
  /** `JSON.parse` of the raw texts that are read. */
  readonly again: number;
  readonly validation: number;
}

/** Milliseconds for one call, in the round at the lower quarter: whoever else uses the machine only ever adds. */
function cost(bodies: readonly Buffer[], times: number): readonly Cost[] {
  const rows = bodies.map((body) => {
    const raws = rawsOf(body);
    const works = [() => parsed(body), () => split(body), () => parsedAgain(raws), () => read(raws)];
    return { works, took: works.map(() => [] as number[]) };
  });
  for (let round = 0; round < rounds + WARM_UP; round++)
    for (const { works, took } of rows)
      works.forEach((work, index) => {
        const ms = timed(work, times);
        if (round >= WARM_UP) took[index]?.push(ms);
      });
  return rows.map(({ took }) => {
    const [parse = NaN, door = NaN, again = NaN, reading = NaN] = took.map(low);
    return { parse, door, again, validation: reading - again };
  });
}
const WARM_UP = 5;

function timed(work: () => void, times: number): number {
  const start = performance.now();
  for (let i = 0; i < times; i++) work();
  return (performance.now() - start) / times;
}

const low = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 2] ?? NaN;

const files = fs.readdirSync(FOLDER).sort();
// As Meta sends them: without white space.
const bodies = files.map((file) =>
  Buffer.from(JSON.stringify(JSON.parse(fs.readFileSync(path.join(FOLDER, file), "utf8")))),
);
const costs = cost(bodies, TIMES);
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
const together = costs.map(({ parse, door, validation }) => (door + validation) / parse);
const order = together.map((ratio, index) => ({ ratio, file: files[index] })).sort((a, b) => b.ratio - a.ratio);
const all = mean(together);
console.log(`${String(files.length)} fixtures, each counted once, in units of JSON.parse:`);
console.log(`  at the door                ${mean(costs.map(({ parse, door }) => door / parse)).toFixed(2)}`);
console.log(
  `  validation                 ${mean(costs.map(({ parse, validation }) => validation / parse)).toFixed(2)}`,
);
console.log(`  together                   ${all.toFixed(2)}   (at most ${String(AT_MOST.fixtures)})`);
console.log(`  parsing the raw text again ${mean(costs.map(({ parse, again }) => again / parse)).toFixed(2)}`);
for (const { ratio, file } of order.slice(0, 3)) console.log(`  ${ratio.toFixed(2)} x  ${file ?? ""}`);

/** A thousand guests wrote in one delivery of three megabytes. */
const batch = Buffer.from(
  JSON.stringify({
    object: "whatsapp_business_account",
    entry: [
      {
        id: "100000000000001",
        changes: [
          {
            field: "messages",
            value: {
              messaging_product: "whatsapp",
              metadata: { display_phone_number: "12025550190", phone_number_id: "200000000000001" },
              contacts: Array.from({ length: 1_000 }, (_, n) => ({
                profile: { name: `Guest ${String(n)}` },
                wa_id: `1202555${String(n)}`,
                user_id: `US.9${String(n)}`,
              })),
              messages: Array.from({ length: 1_000 }, (_, n) => ({
                from: `1202555${String(n)}`,
                from_user_id: `US.9${String(n)}`,
                id: `wamid.HBgLRklYVFVSRZgtnj65lvVZ5jP00ZTe83Yd${String(n)}`,
                timestamp: "1794312000",
                type: "text",
                text: { body: "The heating in my room does not work. ".repeat(70) },
              })),
            },
          },
        ],
      },
    ],
  }),
);
const [blocked] = cost([batch], 1);
const { parse, door } = blocked!;
console.log(
  `a batch of 1000 messages, ${(batch.length / 1e6).toFixed(1)} MB: the loop stands still for ${door.toFixed(1)} ms, ` +
    `${(door / parse).toFixed(2)} x JSON.parse (at most ${String(AT_MOST.batch)})`,
);
if (kept === 0) throw new Error("nothing was measured");
process.exitCode = all <= AT_MOST.fixtures && door / parse <= AT_MOST.batch ? 0 : 1;
