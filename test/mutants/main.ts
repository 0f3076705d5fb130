// Changes the code of the parts in parts.ts, one small change at a time, and counts the changes that their tests notice (decision 0044).
//   npm run mutants                          every part; the page of what was found, RESULTS.md
//   npm run mutants -- --only signature,phone
//   npm run mutants -- --only lattice --tests test/mutants/weak.ts     with other tests than its own; no page
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LEAST, PARTS } from "./parts.js";

const { values: options } = parseArgs({ options: { only: { type: "string" }, tests: { type: "string" } } });
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Installed by scripts/ensure.mjs. */
const TOOL = fileURLToPath(new URL("tool/", import.meta.url));
const PAGE = fileURLToPath(new URL("RESULTS.md", import.meta.url));

const names = options.only?.split(",") ?? Object.keys(PARTS);
const unknown = names.filter((name) => !(name in PARTS));
if (unknown.length > 0)
  throw new RangeError(`No part is called ${unknown.join(", ")}: ${Object.keys(PARTS).join(", ")}.`);

interface Place {
  readonly line: number;
  readonly column: number;
}
/** @source https://github.com/stryker-mutator/mutation-testing-elements, the schema of reports (2) */
interface Report {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: string;
        readonly mutants: readonly {
          readonly status:
            "Killed" | "Timeout" | "Survived" | "NoCoverage" | "Ignored" | "CompileError" | "RuntimeError";
          readonly mutatorName: string;
          readonly replacement?: string;
          readonly location: { readonly start: Place; readonly end: Place };
        }[];
      }
    >
  >;
}

interface Found {
  readonly changes: number;
  readonly noticed: number;
  /** Each that nobody noticed: where, and what stood there afterwards. */
  readonly unnoticed: readonly string[];
}

/** Changes a part, in a copy of the checkout: one process of its own, which runs one test at a time. */
function changed(name: string): Found {
  const { files, tests } = PARTS[name]!;
  const folder = `.cache/mutants/${name}`;
  const report = `${ROOT}${folder}/report.json`;
  fs.rmSync(`${ROOT}${folder}`, { recursive: true, force: true });
  fs.mkdirSync(`${ROOT}${folder}`, { recursive: true });
  const settings = {
    plugins: ["@stryker-mutator/vitest-runner"],
    testRunner: "vitest",
    vitest: { configFile: "test/mutants/vitest.config.ts", related: false },
    coverageAnalysis: "perTest",
    mutate: files,
    ignorePatterns: ["/.cache", "/.data", "/bench", "/coverage", "/dist", "/docs", "/examples"],
    tempDirName: `${folder}/checkout`,
    concurrency: 1,
    // The compiler refuses some of the changes, and takes long to say so.
    checkers: [],
    disableTypeChecks: false,
    reporters: ["json"],
    jsonReporter: { fileName: report },
    // Some changes make a loop endless.
    timeoutMS: 10_000,
    thresholds: { break: null },
    logLevel: "warn",
    warnings: { slow: false },
    allowConsoleColors: false,
  };
  fs.writeFileSync(`${ROOT}${folder}/settings.json`, JSON.stringify(settings));
  const { status } = spawnSync(
    process.execPath,
    [`${TOOL}node_modules/@stryker-mutator/core/bin/stryker.js`, "run", `${folder}/settings.json`],
    {
      cwd: ROOT,
      stdio: ["ignore", 2, 2],
      env: { ...process.env, MUTANTS_TESTS: options.tests ?? tests.join(",") },
    },
  );
  if (status !== 0) throw new Error(`The tests of ${name} do not pass as the code is, or cannot be run.`);
  return found(JSON.parse(fs.readFileSync(report, "utf8")) as Report);
}

function found({ files }: Report): Found {
  const counted = Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants
      .filter(({ status }) => ["Killed", "RuntimeError", "Timeout", "Survived", "NoCoverage"].includes(status))
      .map((mutant) => ({ file, lines: source.split("\n"), ...mutant })),
  );
  const unnoticed = counted.filter(({ status }) => status === "Survived" || status === "NoCoverage");
  return {
    changes: counted.length,
    noticed: counted.length - unnoticed.length,
    unnoticed: unnoticed.map(
      ({ file, lines, status, mutatorName, replacement = "", location: { start, end } }) =>
        `${file}:${String(start.line)}:${String(start.column)} ${mutatorName}${status === "NoCoverage" ? ", which no test runs" : ""}: ` +
        `${(lines[start.line - 1] ?? "").slice(start.column - 1, start.line === end.line ? end.column - 1 : undefined)} -> ${replacement.replace(/\s+/g, " ")}`,
    ),
  };
}

/** Rounded down, so that no part is shown to have what it lacks. */
const share = ({ changes, noticed }: Found): number => Math.floor((1_000 * noticed) / changes) / 10;

/** The page's rows, each by its part's name. */
const rows = (): Map<string, string> =>
  new Map(
    fs.existsSync(PAGE)
      ? [...fs.readFileSync(PAGE, "utf8").matchAll(/^\| (\w+) +\| [^|]+\|[^|]+\|.+$/gm)].map(([row, name]) => [
          name!,
          row,
        ])
      : [],
  );

function write(name: string, one: Found): void {
  const day = new Date().toISOString().slice(0, 10);
  const known = rows().set(
    name,
    `| ${name} | ${PARTS[name]!.because} | ${String(one.changes)} | ${String(one.noticed)} | ${share(one).toFixed(1)} % | ${day} |`,
  );
  fs.writeFileSync(
    PAGE,
    `# What the tests notice

Written by \`npm run mutants\`. Each part's code is changed in one place, its tests run, and one of them has to fail; then in the next place, and so on. ${String(LEAST)} of a hundred
are the least; [parts.ts](parts.ts) says which code and which tests.

| part | what could go wrong unseen | changes | noticed | share | day |
| --- | --- | ---: | ---: | ---: | --- |
${Object.keys(PARTS)
  .flatMap((each) => known.get(each) ?? [])
  .join("\n")}
`,
  );
  spawnSync(process.execPath, ["node_modules/prettier/bin/prettier.cjs", "--log-level", "warn", "--write", PAGE], {
    cwd: ROOT,
    stdio: "inherit",
  });
}

for (const name of names) {
  console.error(`${name} ...`);
  const one = changed(name);
  for (const each of one.unnoticed) console.log(each);
  console.log(`${name}: ${String(one.noticed)} of ${String(one.changes)} changes noticed, ${share(one).toFixed(1)} %`);
  if (share(one) < LEAST) process.exitCode = 1;
  if (options.tests === undefined) write(name, one);
}
