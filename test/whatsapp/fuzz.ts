// Bends the fixtures a hundred thousand times and counts what goes wrong. A failing run prints its seed and its case.
//   npm run fuzz
//   npm run fuzz -- --seed 7 --runs 1000000
import { parseArgs } from "node:util";
import { mutant, seeded, siblingsHurt, wrongWith } from "./mutants.js";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    runs: { type: "string", default: "100000" },
  },
});
const seed = Number(options.seed);
const runs = Number(options.runs);
console.log(`seed ${String(seed)}, ${String(runs)} runs`);

let found = 0;
for (let run = 0; run < runs && found < 5; run++) {
  // Each run has a seed of its own, so that one is repeated alone: --seed <that> --runs 1
  const random = seeded(seed + run);
  const body = mutant(random);
  const wrong = wrongWith(body) ?? siblingsHurt(random);
  if (wrong === null) continue;
  found += 1;
  console.log(`--seed ${String(seed + run)} --runs 1: ${wrong}\n${body.toString()}`);
}
console.log(found === 0 ? "nothing went wrong" : `${String(found)} went wrong`);
process.exitCode = found === 0 ? 0 : 1;
