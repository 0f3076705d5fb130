// Pages and programs watch the desk on two processes while guests and staff write, lines are cut or die without a word, Redis is killed,
// stopped and emptied, and processes are killed; then what each was told is held against the log, and what it shows against a client that
// begins then.
//   npm run chaos:live                          200 clients, 5,000 events, 500 lines, 10 times Redis, 5 processes
//   npm run chaos:live -- --seed 7 --clients 20 --events 300 --disconnects 20 --outages 2 --kills 1
// Leaves its history in .cache/.
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { startRedis } from "../../scripts/services/redis.mjs";
import { liveViolations } from "./live-checks.js";
import { livePlanOf } from "./live-plan.js";
import { runLive } from "./live-run.js";
import { noteFigures } from "../../scripts/figures.js";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    clients: { type: "string", default: "200" },
    guests: { type: "string", default: "48" },
    events: { type: "string", default: "5000" },
    disconnects: { type: "string", default: "500" },
    outages: { type: "string", default: "10" },
    kills: { type: "string", default: "5" },
  },
});
const plan = livePlanOf({
  seed: Number(options.seed),
  clients: Number(options.clients),
  guests: Number(options.guests),
  events: Number(options.events),
  disconnects: Number(options.disconnects),
  outages: Number(options.outages),
  kills: Number(options.kills),
});

const postgres = await startPostgres();
const redis = await startRedis();
const history: string[] = [];
const start = performance.now();
try {
  const { found, cuts, faults, threads, seconds, quietSeconds } = await runLive(plan, {
    postgresUrl: postgres.url,
    redis,
    database: "live",
    note: (what) => history.push(`${String(Math.round(performance.now() - start))} ms ${what}`),
  });
  fs.mkdirSync(".cache", { recursive: true });
  const file = path.join(".cache", `live-${options.seed}.json`);
  fs.writeFileSync(file, JSON.stringify({ plan, history, found }));
  const { examples, ...counted } = found;
  console.log(
    `seed ${options.seed}: ${options.clients} clients, ${String(found.events)} events, ${String(cuts)} connections lost, ` +
      `${seconds.toFixed(0)} s, all known ${quietSeconds.toFixed(1)} s later; history: ${file}`,
  );
  const told = (counts: object) => JSON.stringify(counts).replaceAll('"', "").replaceAll(",", ", ");
  console.log(`faults ${told(faults)}`);
  console.log(`found ${told(counted)}, threads ${told(threads)}`);
  noteFigures({
    clients: Number(options.clients),
    "connections lost": cuts,
    ...counted,
    "seconds until all was known": Number(quietSeconds.toFixed(1)),
  });
  const wrong = [
    ...liveViolations(found),
    ...(threads.wrong > 0 ? [`threads: ${String(threads.wrong)}`] : []),
    ...(found.due === 0 ? ["nothing was to be told"] : []),
    ...(cuts < Number(options.disconnects) ? [`${String(cuts)} connections lost`] : []),
  ];
  if (wrong.length > 0) {
    process.exitCode = 1;
    console.log(`wrong with seed ${options.seed}: ${wrong.join(", ")}\n${examples.join("\n")}`);
  }
} catch (error) {
  process.exitCode = 1;
  console.log(history.slice(-20).join("\n"));
  console.log(error);
} finally {
  await redis.stop();
  await postgres.stop();
}
// Not left to itself: Node 20 may spin for ever over sockets that were reset while it cleans up.
process.exit();
