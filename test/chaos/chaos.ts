// Guests write, send photos, walk through a flow and stay; staff answer and watch; and everything around them fails, as a seed has planned
// it. Then everything is counted, invariant by invariant.
//   npm run chaos -- --seed 7 --seconds 180 --nodes 2
//   npm run chaos -- --seconds 600         ten minutes, of a seed of its own
//   npm run chaos -- --previous HEAD~20    the last process runs what that commit was, beside the present ones
//   npm run chaos:ci                       three fixed seeds, a minute each
// Leaves its plan and its history in .cache/. A failing run prints its seed and the smallest list of faults that still fails.
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildBreakableHost } from "../../scripts/failpoint-build.mjs";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { startRedis } from "../../scripts/services/redis.mjs";
import { linesOf, wrongIn } from "./invariants.js";
import { planOf, type Fault, type Plan } from "./plan.js";
import { buildPrevious } from "./previous.js";
import { runPlan, type ChaosResult } from "./run.js";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", multiple: true, default: [String(Math.floor(Math.random() * 1_000_000))] },
    seconds: { type: "string", default: "180" },
    nodes: { type: "string", default: "2" },
    previous: { type: "string" },
    // How often a failing plan is tried again with half of its faults.
    smaller: { type: "string", default: "8" },
  },
});

const postgres = await startPostgres({ durable: true });
const redis = await startRedis();
const host = buildBreakableHost();
const previous = options.previous === undefined ? null : await buildPrevious(options.previous);
const files = fs.mkdtempSync(path.join(tmpdir(), "belldesk-chaos-"));
let serial = 0;

async function tried(plan: Plan): Promise<{ readonly wrong: string; readonly result: ChaosResult | null }> {
  const history: string[] = [];
  const start = performance.now();
  try {
    const database = `chaos_${String(++serial)}`;
    const result = await runPlan(plan, {
      postgres,
      redis,
      program: host.program,
      ...(previous !== null && { lastProgram: previous.program }),
      database,
      mediaDir: path.join(files, database),
      note: (what) => history.push(`${String(Math.round(performance.now() - start))} ms ${what}`),
    });
    dump(plan, [...history, ...result.examples]);
    return { wrong: wrongIn(result.found).join(", "), result };
  } catch (error) {
    dump(plan, [...history, error instanceof Error ? String(error.stack) : ""]);
    const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
    return { wrong: `${String(error)}${cause}`, result: null };
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
  for (let attempt = 0; attempt < Number(options.smaller) && faults.length > 1;) {
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
      const { deliveries, faults, kills } = result;
      console.log(`deliveries posted ${String(deliveries.posted)}, answered 200 ${String(deliveries.acknowledged)}`);
      console.log(`faults ${JSON.stringify(faults)}, processes killed ${String(kills)}`);
      for (const line of linesOf(result)) console.log(line);
    }
    if (wrong === "") continue;
    process.exitCode = 1;
    console.log(`wrong with seed ${seed}: ${wrong}`);
    for (const example of result?.examples ?? []) console.log(example);
    console.log(`smallest faults that fail: ${JSON.stringify(await smallest(plan))}`);
  }
} finally {
  previous?.remove();
  fs.rmSync(files, { recursive: true, force: true });
  await redis.stop();
  await postgres.stop();
}
// Not left to itself: Node 20 may spin for ever over sockets that were reset while it cleans up.
process.exit();
