// Measures what the desk is held to (numbers.ts), and notes what came out, of which `npm run tables` makes docs/reliability.md.
//   npm run reliability                     all of it: some hours
//   npm run reliability -- --only 3,14      some numbers
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { NUMBERS } from "./numbers.js";
import { noteMeasured, type Measured } from "./measured.js";

const { values: options } = parseArgs({ options: { only: { type: "string" } } });
const only = options.only?.split(",").map(Number);
const unknown = only?.filter((one) => NUMBERS.every(({ number }) => number !== one)) ?? [];
if (unknown.length > 0) throw new RangeError(`There is no number ${unknown.join(", ")}.`);

const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const wanted = NUMBERS.filter(({ number }) => only?.includes(number) ?? true);
const commands = [...new Set(wanted.flatMap(({ proofs }) => proofs))];
const folder = mkdtempSync(path.join(os.tmpdir(), "belldesk-reliability-"));
try {
  for (const [index, command] of commands.entries()) {
    console.log(`${String(index + 1)} of ${String(commands.length)}: ${command}`);
    const measured = await measure(command, path.join(folder, `${String(index)}.jsonl`));
    noteMeasured(command, measured);
    console.log(JSON.stringify(measured));
    if (!measured.good) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(command: string, file: string): Promise<Measured> {
  const since = performance.now();
  const child = spawn(command, { shell: true, stdio: "inherit", env: { ...process.env, FIGURES: file } });
  const [code] = (await once(child, "exit")) as [number | null];
  return {
    on: new Date().toISOString().slice(0, 10),
    commit,
    machine: `${String(os.availableParallelism())} cores, Node ${process.versions.node}`,
    seconds: Math.round((performance.now() - since) / 1_000),
    good: code === 0,
    figures: figuresIn(file),
  };
}

function figuresIn(file: string): Measured["figures"] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Measured["figures"][number]);
  } catch (error) {
    // A proof that counts nothing has written none.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
