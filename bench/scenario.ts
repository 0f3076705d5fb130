// How many steps of a scripted conversation a second takes on memory: a step is an act of a guest's, with all that it leads to. Measured
// on the processor's clock, beside how often a step asks the storage. What is measured is built: npm run build.
//   npm run bench:scenario
//   npm run bench:scenario -- --scripts 50
import { parseArgs } from "node:util";
import { defineFlow, keyword } from "belldesk";
import { memoryStorage } from "belldesk/memory";
import { scenario } from "belldesk/testing";
import { publish, spread } from "./report.js";

const { values: options } = parseArgs({
  options: { scripts: { type: "string", default: "60" }, rounds: { type: "string", default: "3" } },
});
const scripts = Number(options.scripts);
const rounds = Number(options.rounds);
/** Of one script. */
const GUESTS = 3;

const flow = defineFlow({ id: "stay", version: 1, triggers: [keyword("go")] })
  .ask("name", { text: "Name?" })
  .ask("nights", { kind: "nights", text: "Nights?" })
  .choose("breakfast", { text: "Breakfast?", options: { yes: "Yes", no: "No" } })
  .perform("room", () => 12)
  .ask("mail", { kind: "email", text: "Mail?" })
  .say("done", "Done.")
  .build();

interface Walked {
  readonly steps: number;
  /** Of the processor: what else the machine does at the same time does not count. */
  readonly cpuMs: number;
  readonly verbs: number;
}

/** So many scripts, one after the other. */
async function walked(): Promise<Walked> {
  let verbs = 0;
  let steps = 0;
  const begun = process.cpuUsage();
  for (let script = 0; script < scripts; script++) {
    const stay = scenario({
      flows: [flow],
      storage: (clock) =>
        new Proxy(memoryStorage({ clock }), {
          get(target, verb, receiver) {
            const value: unknown = Reflect.get(target, verb, receiver);
            if (typeof value === "function") verbs += 1;
            return value;
          },
        }),
    });
    for (let n = 0; n < GUESTS; n++) {
      const guest = stay.guest(`Guest ${String(n)}`);
      for (const text of ["go", "Anna", "3"]) await guest.says(text);
      await guest.taps("Yes");
      await guest.says("anna@example.com");
      steps += 5;
    }
  }
  return { steps, cpuMs: cpuMs(begun), verbs };
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}

await walked();
const took: Walked[] = [];
for (let round = 0; round < rounds; round++) took.push(await walked());
publish({
  title: "Flow steps",
  about: `Scripted guests walk a flow of six steps by \`scenario()\` of belldesk/testing, on memory: a step is an act of a guest's, from the webhook to what the phone shows. By the processor's clock, ${String(rounds)} rounds of ${String(scripts * GUESTS * 5)} steps.`,
  tables: [
    {
      columns: ["what", "measured"],
      rows: [
        ["steps a second of processor time", spread(took.map(({ steps, cpuMs: ms }) => steps / (ms / 1_000)))],
        [
          "verbs of the storage a step",
          spread(
            took.map(({ steps, verbs }) => verbs / steps),
            1,
          ),
        ],
      ],
    },
  ],
  goals: [],
  notes: [],
});
