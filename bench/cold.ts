// How long it takes until a process has imported it: each in a process of its own that has just started, in turn. The core's own dependencies
// are what the built core imports at once, alone.
//   npm run bench -- --only import
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { hasPeers, PEER_PACKAGES } from "./door.js";
import { coreOf } from "./core.js";
import { atMost, publish, ratio, spread } from "./report.js";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "11" }, peers: { type: "boolean", default: false } },
});
const rounds = Number(options.rounds);
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const PEERS = fileURLToPath(new URL("peers/", import.meta.url));

interface Imported {
  readonly name: string;
  readonly modules: readonly string[];
  readonly from: string;
}

const { imports } = await coreOf();
const own = (name: string, ...modules: readonly string[]): Imported => ({ name, modules, from: ROOT });
const theirs = (name: string, ...modules: readonly string[]): Imported => ({ name, modules, from: PEERS });
const CORE = "belldesk (the core)";
const DEPENDENCIES = "the core's dependencies alone";
const imported: readonly Imported[] = [
  own(DEPENDENCIES, ...imports),
  own(CORE, "belldesk"),
  own("belldesk with express and postgres", "belldesk", "belldesk/express", "belldesk/postgres"),
  own("belldesk/client", "belldesk/client"),
  own("express and pg", "express", "pg"),
  ...(hasPeers(options.peers) ? PEER_PACKAGES.map(([name, ...packages]) => theirs(name, ...packages)) : []),
];

function milliseconds({ name, modules, from }: Imported): number {
  const program = `const from = performance.now();
    ${modules.map((one) => `await import(${JSON.stringify(one)});`).join(" ")}
    console.log("took", performance.now() - from); process.exit();`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: from,
    encoding: "utf8",
  });
  const took = /took ([\d.]+)/.exec(stdout)?.[1];
  if (took === undefined) throw new Error(`${name} is not imported: ${stderr}`);
  return Number(took);
}

const took = new Map<string, number[]>(imported.map(({ name }) => [name, []]));
for (let round = 0; round <= rounds; round++)
  for (const one of imported) {
    const ms = milliseconds(one);
    // The first finds the files on the disk, the others in memory.
    if (round > 0) took.get(one.name)!.push(ms);
  }
publish({
  title: "Cold import",
  about: `Milliseconds that \`import\` takes in a process that has just started, ${String(rounds)} rounds in turn. The core's dependencies are what the built core imports at once: ${imports.map((one) => `\`${one}\``).join(", ")}.`,
  tables: [{ columns: ["what", "ms"], rows: [...took].map(([name, ms]) => [name, spread(ms)]) }],
  goals: [atMost("the core, of its own dependencies alone", ratio(took.get(CORE)!, took.get(DEPENDENCIES)!), 1.5)],
  notes: [],
});
