// One guest writes 500 messages, as fast as they are taken: how fast they are handled beside as many of as many guests, and whether their order
// is kept. Out of order is what was handled after a message that was posted when it had been answered already.
//   npm run bench -- --only hot
import { parseArgs } from "node:util";
import type { Contender } from "./contenders.js";
import { DOORS, street, type Street } from "./door.js";
import { each, posting } from "./posting.js";
import { atLeast, atMost, median, publish, ratio, spread } from "./report.js";
import { webhook } from "./webhooks.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    messages: { type: "string", default: "500" },
    ...DOORS,
  },
});
const rounds = Number(options.rounds);
const messages = Number(options.messages);
/** Webhooks on their way at once: Meta does not wait for one answer before it sends the next. */
const AT_ONCE = 10;
const PATIENCE_S = 8;

interface Took {
  /** Handled in a second, from the first post until the last was handled. */
  readonly one: number;
  readonly many: number;
  readonly inverted: number;
  readonly missing: number;
}

/** Posts so many; what was handled meanwhile, with the moments of each. */
async function measure({ open }: Street, contender: Contender): Promise<Took> {
  const door = await open(contender);
  const line = posting(door.port(), AT_ONCE);
  let before = 0;
  const pass = async (name: string, guests: number) => {
    const posted: number[] = [];
    const answered: number[] = [];
    const from = performance.now();
    await each(messages, AT_ONCE, async (n) => {
      const one = webhook(name, n, guests);
      posted[n] = performance.now();
      if (!(await line.post(one))) throw new Error(`${contender.name} did not take a message.`);
      answered[n] = performance.now();
    });
    const { all } = await door.drained(before + messages, PATIENCE_S);
    const seconds = (performance.now() - from) / 1000;
    const handled = (await door.handled()).filter((wamid) => wamid.startsWith(`wamid.${name}.`));
    before = await door.count();
    const places = handled.map((wamid) => Number(wamid.split(".").at(-1)));
    return {
      perSecond: all ? messages / seconds : handled.length / seconds,
      missing: messages - handled.length,
      inverted: inversions(places, posted, answered),
    };
  };
  try {
    await pass("warm", messages);
    const many = await pass("many", messages);
    const one = await pass("one", 1);
    return { one: one.perSecond, many: many.perSecond, inverted: one.inverted, missing: one.missing };
  } finally {
    await line.close();
    await door.close();
  }
}

/** How many were handled before one that had been answered when they were posted. @param places numbers of messages, as they were handled */
function inversions(places: readonly number[], posted: readonly number[], answered: readonly number[]): number {
  let earliest = Infinity;
  let count = 0;
  for (const n of places.toReversed()) {
    if (posted[n]! > earliest) count += 1;
    earliest = Math.min(earliest, answered[n]!);
  }
  return count;
}

const place = await street(options, ({ handled }) => handled !== null);
try {
  const results = new Map<string, Took[]>(place.contenders.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++)
    for (const contender of place.contenders) {
      const took = await measure(place, contender);
      results.get(contender.name)!.push(took);
      console.error(`round ${String(round)} ${contender.name}: ${JSON.stringify(took)}`);
    }
  const of = (name: string, what: keyof Took) => results.get(name)!.map((one) => one[what]);
  publish({
    title: "One hot guest",
    about:
      `${String(messages)} messages of one guest, and as many of as many guests, ${String(AT_ONCE)} on their way at once: handled in a second, from the first post until the ` +
      `last is handled (${String(PATIENCE_S)} s at most); ${String(rounds)} rounds. Out of order is a message handled before one that had been answered when it was posted.`,
    tables: [
      {
        columns: ["contender", "one guest/s", "many guests/s", "of many", "out of order", "not handled"],
        rows: place.contenders.map(({ name }) => [
          name,
          spread(of(name, "one")),
          spread(of(name, "many")),
          ratio(of(name, "one"), of(name, "many")).toFixed(2),
          spread(of(name, "inverted")),
          spread(of(name, "missing")),
        ]),
      },
    ],
    goals: [
      atLeast("one guest's rate, of that of many", ratio(of("belldesk", "one"), of("belldesk", "many")), 0.33),
      atMost("the desk's messages out of order", median(of("belldesk", "inverted")), 0, 0),
    ],
    notes: [],
  });
} finally {
  await place.stop();
}
