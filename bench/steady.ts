// How long webhooks wait for their 200 while they come as they do in a busy hour: so many a second, whoever is ready or not.
//   npm run bench -- --only steady
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DOORS, street } from "./door.js";
import { posting } from "./posting.js";
import { atMost, figure, publish, quantile } from "./report.js";
import { webhook } from "./webhooks.js";

const { values: options } = parseArgs({
  options: { rate: { type: "string", default: "200" }, seconds: { type: "string", default: "20" }, ...DOORS },
});
const [rate, seconds] = [Number(options.rate), Number(options.seconds)];
/** Of the time, what is not counted: code is compiled, and pools fill. */
const WARM = 0.2;
/** As many as Meta's servers are taken to hold open. */
const CONNECTIONS = 50;
const GUESTS = 1_000;

const place = await street(options);
const took = new Map<string, readonly number[]>();
try {
  for (const contender of place.contenders) {
    const door = await place.open(contender);
    const line = posting(door.port(), CONNECTIONS);
    const all = Array.from({ length: Math.ceil(rate * seconds * (1 + WARM)) }, (_, n) =>
      webhook(`steady.${contender.name}`, n, GUESTS),
    );
    const found: number[] = [];
    const posted: Promise<void>[] = [];
    const start = performance.now();
    for (const [n, one] of all.entries()) {
      // From when it was due: whoever is slow now keeps those after it waiting, too.
      const due = start + (n * 1_000) / rate;
      const early = due - performance.now();
      if (early > 1) await delay(early);
      posted.push(
        line.post(one).then((isTaken) => {
          if (!isTaken) throw new Error(`${contender.name} did not take a message.`);
          if (n >= all.length - rate * seconds) found.push(performance.now() - due);
        }),
      );
    }
    await Promise.all(posted);
    took.set(contender.name, found);
    await line.close();
    await door.close();
  }
  const own = took.get("belldesk") ?? [];
  publish({
    title: "A busy hour",
    about: `${String(rate)} webhooks a second for ${String(seconds)} s, each posted when it is due, whether those before it were answered or not; milliseconds from then until its 200.`,
    tables: [
      {
        columns: ["contender", "ms, the median", "ms, 99 of 100 below"],
        rows: [...took].map(([name, found]) => [
          name,
          figure(quantile(found, 0.5), 1),
          figure(quantile(found, 0.99), 1),
        ]),
      },
    ],
    goals: [
      atMost("ms until the 200, the median", quantile(own, 0.5), 20, 1),
      atMost("ms until the 200, 99 of 100", quantile(own, 0.99), 100, 1),
    ],
    notes: [],
  });
} finally {
  await place.stop();
}
