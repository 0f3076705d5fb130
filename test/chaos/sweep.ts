// Breaks the desk at every failpoint in every way, again and again, and counts what went wrong.
//   npm run sweep                                        each failpoint 20 times, each way
//   npm run sweep -- --resumes 60                         on a machine that does other things, too: within 60 s rather than 10
//   npm run sweep -- --times 1 --only inbound.committed,outbound.written --ways kill,freeze
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { buildBreakableHost } from "../../scripts/failpoint-build.mjs";
import { FAILPOINTS } from "../../src/failpoints.js";
import { sweep, WAYS, type Way } from "./break.js";
import { noteFigures } from "../../scripts/figures.js";

// What the build puts in place of it: in this process nothing breaks.
Object.assign(globalThis, { BELLDESK_FAILPOINTS: false });

const { values: options } = parseArgs({
  options: {
    times: { type: "string", default: "20" },
    only: { type: "string" },
    ways: { type: "string" },
    shards: { type: "string", default: "3" },
    lease: { type: "string", default: "1000" },
    resumes: { type: "string", default: "10" },
  },
});
const only = options.only?.split(",");
const ways = options.ways?.split(",");
const unknown = [
  ...(only ?? []).filter((name) => !(FAILPOINTS as readonly string[]).includes(name)),
  ...(ways ?? []).filter((way) => !Object.keys(WAYS).includes(way)),
];
if (unknown.length > 0) throw new RangeError(`No failpoint or way is called ${unknown.join(", ")}.`);

const postgres = await startPostgres({ durable: true });
const host = buildBreakableHost();
const folder = mkdtempSync(path.join(tmpdir(), "belldesk-sweep-"));
try {
  const report = await sweep({
    postgresUrl: postgres.url,
    program: host.program,
    failpoints: FAILPOINTS.filter((name) => only?.includes(name) ?? true),
    ways: (Object.keys(WAYS) as Way[]).filter((way) => ways?.includes(way) ?? true),
    times: Number(options.times),
    shards: Number(options.shards),
    leaseMs: Number(options.lease),
    resumesWithinMs: Number(options.resumes) * 1_000,
    mediaDir: path.join(folder, "media"),
    say: (line) => {
      console.log(line);
    },
  });
  console.log(report.text);
  noteFigures(report.figures);
  process.exitCode = report.good ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
  await postgres.stop();
}
// Not left to itself: Node 20 may spin for ever over sockets that were reset while it cleans up.
process.exit();
