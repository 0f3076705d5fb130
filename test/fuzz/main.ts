// Bends whatever comes from outside, and counts what goes wrong. A failing run prints its seed and its case.
//   npm run fuzz                                             each target ten seconds
//   npm run fuzz -- --seconds 60 --target webhook --seed 7
//   npm run fuzz -- --target cards --seed 1234 --cases 1     one case again
import { parseArgs } from "node:util";
import { mulberry32 } from "../chaos/plan.js";
import { noteFigures } from "../../scripts/figures.js";
import { TARGETS, tried } from "./targets.js";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000_000)) },
    seconds: { type: "string", default: "10" },
    cases: { type: "string" },
    target: { type: "string", multiple: true },
  },
});
const unknown = options.target?.filter((name) => !(name in TARGETS)) ?? [];
if (unknown.length > 0)
  throw new RangeError(`No target is called ${unknown.join(", ")}: ${Object.keys(TARGETS).join(", ")}.`);
const first = Number(options.seed);
const most = options.cases === undefined ? Infinity : Number(options.cases);
console.log(`seed ${String(first)}`);

let wrong = 0;
let all = 0;
for (const [name, target] of Object.entries(TARGETS)) {
  if (options.target !== undefined && !options.target.includes(name)) continue;
  const until = performance.now() + Number(options.seconds) * 1_000;
  let cases = 0;
  let found = 0;
  // Each case has a seed of its own, so that one is repeated alone.
  for (let seed = first; cases < most && performance.now() < until && found < 3; seed++, cases++) {
    const said = await tried(target, seed, mulberry32);
    if (said === null) continue;
    found += 1;
    console.log(`--target ${name} --seed ${String(seed)} --cases 1: ${said}`);
  }
  wrong += found;
  all += cases;
  console.log(`${name}: ${String(cases)} cases, ${String(found)} went wrong`);
}
console.log(wrong === 0 ? "nothing went wrong" : `${String(wrong)} went wrong`);
noteFigures({ targets: Object.keys(TARGETS).length, cases: all, wrong });
process.exitCode = wrong === 0 ? 0 : 1;
