// Guests write, staff answer, and everything around them fails, as a seed has planned it; then everything is counted.
//   npm run chaos -- --seed 7 --seconds 180 --nodes 2
//   npm run chaos:ci                       three fixed seeds, a minute each
// Leaves its plan and its history in .cache/. A failing run prints its seed and the smallest list of faults that still fails.
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildBreakableHost } from "../../scripts/failpoint-build.mjs";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { violations } from "./checks.js";
import { planOf, type Fault, type Plan } from "./plan.js";
import { runPlan, type ChaosResult } from "./run.js";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", multiple: true, default: [String(Math.floor(Math.random() * 1_000_000))] },
    seconds: { type: "string", default: "180" },
    nodes: { type: "string", default: "2" },
  },
});
/** How often a failing plan is tried again with half of its faults. */
const SMALLER_ATTEMPTS = 8;

const postgres = await startPostgres({ durable: true });
const host = buildBreakableHost();
let serial = 0;

async function tried(plan: Plan): Promise<{ readonly wrong: string; readonly result: ChaosResult | null }> {
  const history: string[] = [];
  const start = performance.now();
  try {
    const result = await runPlan(plan, {
      postgres,
      program: host.program,
      database: `chaos_${String(++serial)}`,
      note: (what) => history.push(`${String(Math.round(performance.now() - start))} ms ${what}`),
    });
    const wrong = violations(result.found).map((name) => `${name} ${String(result.found[name])}`);
    dump(plan, history);
    return { wrong: wrong.join(", "), result };
  } catch (error) {
    dump(plan, history);
    return { wrong: String(error), result: null };
  }
}

function dump(plan: Plan, history: readonly string[]): void {
  const file = path.join(".cache", `chaos-${String(plan.seed)}-${String(plan.faults.length)}.json`);
  fs.mkdirSync(".cache", { recursive: true });
  fs.writeFileSync(file, JSON.stringify({ plan, history }, null, 1));
  console.log(`plan and history: ${file}`);
}

/** Halves the faults while one half still fails. */
async function smallest(plan: Plan): Promise<readonly Fault[]> {
  let { faults } = plan;
  for (let attempt = 0; attempt < SMALLER_ATTEMPTS && faults.length > 1;) {
    const middle = Math.ceil(faults.length / 2);
    let smaller: readonly Fault[] | null = null;
    for (const half of [faults.slice(0, middle), faults.slice(middle)]) {
      attempt += 1;
      if ((await tried({ ...plan, faults: half })).wrong === "") continue;
      smaller = half;
      break;
    }
    if (smaller === null) break;
    faults = smaller;
  }
  return faults;
}

try {
  for (const seed of options.seed) {
    const plan = planOf({ seed: Number(seed), seconds: Number(options.seconds), nodes: Number(options.nodes) });
    const { wrong, result } = await tried(plan);
    console.log(`seed ${seed}, ${options.seconds} s, ${options.nodes} processes, ${String(plan.guests.length)} guests`);
    if (result !== null) {
      const { deliveries, faults, kills, found, quietSeconds } = result;
      console.log(`deliveries posted ${String(deliveries.posted)}, answered 200 ${String(deliveries.acknowledged)}`);
      console.log(
        `faults ${JSON.stringify(faults)}, processes killed ${String(kills)}, everything at rest ${quietSeconds.toFixed(1)} s after the last`,
      );
      console.log(JSON.stringify(found).replaceAll('"', "").replaceAll(",", ", "));
    }
    if (wrong === "") continue;
    process.exitCode = 1;
    console.log(`wrong with seed ${seed}: ${wrong}`);
    console.log(`smallest faults that fail: ${JSON.stringify(await smallest(plan))}`);
  }
} finally {
  host.remove();
  await postgres.stop();
}
// Not left to itself: Node 20 may spin for ever over sockets that were reset while it cleans up.
process.exit();
