// Staff write, a fifth of the calls to WhatsApp fails in every way there is, and the two processes that send are killed again
// and again; then WhatsApp's own log is compared with what the database holds.
//   npm run chaos:sends                                     5,000 sends, 30 kills
//   npm run chaos:sends -- --sends 250 --kills 3 --seed 1
// Leaves its evidence in .cache/.
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildBreakableHost } from "../../scripts/failpoint-build.mjs";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { sendViolations } from "./sends-checks.js";
import { sendsPlanOf } from "./sends-plan.js";
import { runSends } from "./sends-run.js";
import { noteFigures } from "../../scripts/figures.js";

const { values: options } = parseArgs({
  options: {
    sends: { type: "string", default: "5000" },
    kills: { type: "string", default: "30" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
  },
});
const plan = sendsPlanOf({ seed: Number(options.seed), sends: Number(options.sends), kills: Number(options.kills) });

const postgres = await startPostgres({ durable: true });
const host = buildBreakableHost();
const history: string[] = [];
const start = performance.now();
try {
  const result = await runSends(plan, {
    postgresUrl: postgres.url,
    program: host.program,
    database: "sends",
    note: (what) => history.push(`${String(Math.round(performance.now() - start))} ms ${what}`),
  });
  const { found, figures, faults, kills, seconds, evidence } = result;
  fs.mkdirSync(".cache", { recursive: true });
  const file = path.join(".cache", `sends-${options.seed}.json`);
  fs.writeFileSync(file, JSON.stringify({ plan, history, evidence }));
  console.log(
    `seed ${options.seed}: ${options.sends} sends to ${String(plan.chats.length)} guests, ${String(kills)} kills, ` +
      `${seconds.toFixed(0)} s; evidence: ${file}`,
  );
  const told = (counts: object) => JSON.stringify(counts).replaceAll('"', "").replaceAll(",", ", ");
  console.log(`figures ${told(figures)}`);
  console.log(`faults ${told(faults)}`);
  console.log(`found ${told(found)}`);
  // With what may be: whoever reads that no call came before its time also reads how many were on their way by then.
  const { unknown, unknownLeft, inTheAir, inTheAirMs, unheard } = figures;
  noteFigures({ sends: Number(options.sends), kills, ...found, unknown, unknownLeft, inTheAir, inTheAirMs, unheard });
  const wrong = [
    ...sendViolations(found),
    ...Object.keys(faults).flatMap((kind) => (faults[kind] === 0 ? [`no fault of kind ${kind}`] : [])),
    ...(kills === plan.kills.length ? [] : [`${String(kills)} kills instead of ${String(plan.kills.length)}`]),
  ];
  if (wrong.length > 0) {
    process.exitCode = 1;
    console.log(`wrong with seed ${options.seed}: ${wrong.join(", ")}`);
  }
} catch (error) {
  process.exitCode = 1;
  console.log(history.slice(-20).join("\n"));
  console.log(error);
} finally {
  await postgres.stop();
}
// Not left to itself: Node 20 may spin for ever over sockets that were reset while it cleans up.
process.exit();
