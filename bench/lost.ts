// What is lost when the process is killed in the middle of webhooks: those answered before, and those that Meta delivers again because they
// were not. Beside it what each contender guarantees by its code.
//   npm run bench -- --only lost
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Contender } from "./contenders.js";
import { DOORS, street, type Street } from "./door.js";
import { each, posting } from "./posting.js";
import { atMost, publish } from "./report.js";
import { webhook } from "./webhooks.js";

const { values: options } = parseArgs({
  options: {
    kills: { type: "string", default: "3" },
    /** Webhooks before each kill, in a second. */
    rate: { type: "string", default: "400" },
    seconds: { type: "string", default: "2" },
    ...DOORS,
  },
});
const kills = Number(options.kills);
const rate = Number(options.rate);
const seconds = Number(options.seconds);
const CONNECTIONS = 20;
const GUESTS = 200;
/** The desk's lease is 8 s: what a killed process had in hand is another's then. */
const PATIENCE_S = 15;

interface Count {
  readonly answered: number;
  readonly answeredLost: number;
  readonly again: number;
  readonly againLost: number;
  readonly twice: number;
}

async function measure({ open }: Street, contender: Contender): Promise<Count> {
  const door = await open(contender);
  const answered = new Set<string>();
  const again = new Set<string>();
  try {
    for (let kill = 1; kill <= kills; kill++) {
      const line = posting(door.port(), CONNECTIONS);
      const name = `kill${String(kill)}`;
      const from = performance.now();
      let isDead = false;
      const unanswered: number[] = [];
      const load = each(Math.floor(rate * seconds * 2), CONNECTIONS, async (n) => {
        await delay(Math.max(0, from + (n / rate) * 1000 - performance.now()));
        if (isDead) return;
        const id = `wamid.${name}.${String(n)}`;
        if (await line.post(webhook(name, n, GUESTS))) answered.add(id);
        else {
          again.add(id);
          unanswered.push(n);
        }
      });
      await delay(seconds * 1000);
      await door.kill();
      isDead = true;
      await load;
      await line.close();
      await door.again();
      // As Meta does: what it got no 200 for comes again.
      const retry = posting(door.port(), 1);
      for (const n of unanswered)
        if (!(await retry.post(webhook(name, n, GUESTS)))) throw new Error(`${contender.name} did not take it again.`);
      await retry.close();
    }
    await door.drained(answered.size + again.size, PATIENCE_S);
    const handled = await door.handled();
    const known = new Set(handled);
    const lost = (ids: ReadonlySet<string>) => [...ids].filter((id) => !known.has(id)).length;
    return {
      answered: answered.size,
      answeredLost: lost(answered),
      again: again.size,
      againLost: lost(again),
      twice: handled.length - known.size,
    };
  } finally {
    await door.close();
  }
}

const place = await street(options);
try {
  const counts = new Map<string, Count>();
  for (const contender of place.contenders) {
    if (contender.handled === null) continue;
    const count = await measure(place, contender);
    counts.set(contender.name, count);
    console.error(`${contender.name}: ${JSON.stringify(count)}`);
  }
  const ofAll = (lost: number, all: number) => `${String(lost)} of ${String(all)}`;
  publish({
    title: "What each guarantees, and what is lost at a SIGKILL",
    about:
      `The process is killed ${String(kills)} times with \`kill -9\` under ${String(rate)} webhooks a second and started again; what it had not answered is delivered again, as Meta does. ` +
      `${String(PATIENCE_S)} s after the last start it is counted what was handled.`,
    tables: [
      {
        columns: [
          "contender",
          "durable before the 200",
          "one of two deliveries",
          "order",
          "answered and lost",
          "delivered again and lost",
          "handled twice",
        ],
        rows: place.contenders.map(({ name, durable, dedup, order }) => {
          const count = counts.get(name);
          const measured =
            count === undefined
              ? ["all: it keeps nothing", "-", "-"]
              : [ofAll(count.answeredLost, count.answered), ofAll(count.againLost, count.again), String(count.twice)];
          return [name, durable, dedup, order, ...measured];
        }),
      },
    ],
    goals: [
      atMost("answered by the desk, and lost", counts.get("belldesk")!.answeredLost, 0, 0),
      atMost("delivered to the desk again, and lost", counts.get("belldesk")!.againLost, 0, 0),
    ],
    notes: [
      "Lost by BuilderBot is also what waited in its queue, at ten messages a second, when the process ended; and what it had not got to when it was counted.",
    ].filter(() => counts.has("builderbot")),
  });
} finally {
  await place.stop();
}
