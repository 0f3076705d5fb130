// How long one guest waits for one 200 in an idle system: all contenders stand open beside one another, and are asked in turn.
//   npm run bench -- --only lone
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DOORS, street } from "./door.js";
import { posting } from "./posting.js";
import { atMost, figure, publish, quantile } from "./report.js";
import { webhook } from "./webhooks.js";

const { values: options } = parseArgs({
  options: { messages: { type: "string", default: "300" }, ...DOORS },
});
const messages = Number(options.messages);
/** So that each finds the system idle. */
const PAUSE_MS = 15;
const WARM = Math.ceil(messages / 3);

const place = await street(options);
const doors = [];
try {
  for (const contender of place.contenders) doors.push(await place.open(contender));
  const lines = doors.map((door) => ({ door, line: posting(door.port(), 1), took: [] as number[] }));
  for (let n = 0; n < WARM + messages; n++)
    for (const { door, line, took } of lines) {
      const one = webhook(`lone.${door.contender.name}`, n, 1000);
      await delay(PAUSE_MS);
      const from = performance.now();
      if (!(await line.post(one))) throw new Error(`${door.contender.name} did not take a message.`);
      if (n >= WARM) took.push(performance.now() - from);
    }
  const middle = (name: string) => quantile(lines.find(({ door }) => door.contender.name === name)?.took ?? [], 0.5);
  publish({
    title: "A lone message",
    about: `One webhook at a time, ${String(PAUSE_MS)} ms apart, ${String(messages)} to each contender in turn; milliseconds until its 200.`,
    tables: [
      {
        columns: ["contender", "ms, the median", "ms, 99 of 100 below"],
        rows: lines.map(({ door, took }) => [
          door.contender.name,
          figure(quantile(took, 0.5), 2),
          figure(quantile(took, 0.99), 2),
        ]),
      },
    ],
    goals: [atMost("a lone message, belldesk / one-insert", middle("belldesk") / middle("one-insert"), 1.2)],
    notes: [],
  });
  for (const { line } of lines) await line.close();
} finally {
  for (const door of doors) await door.close();
  await place.stop();
}
