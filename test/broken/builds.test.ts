import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { afterAll, describe, expect, inject, test } from "vitest";
import { byTheDay } from "../support/by-the-day.js";
import { BROKEN_BUILDS, type BrokenBuild, type Checker, type NamedTest } from "./builds.js";

// The checkers are checked: the whole desk with one mistake in it, and the test or the count that has to notice.

const repository = resolve(import.meta.dirname, "../..");
const cache = join(repository, ".cache");
mkdirSync(cache, { recursive: true });
const workshop = mkdtempSync(join(cache, "broken-builds-"));
afterAll(() => {
  rmSync(workshop, { recursive: true, force: true });
});
/** Nothing that is broken here lies in them, and the Node versions in test/support alone are hundreds of megabytes. */
const LEFT_BEHIND = new Set(["node_modules", ".git", ".cache", ".data", "coverage", "docs"]);

/** A checkout with the mistake in it. */
function checkoutOf(build: BrokenBuild): string {
  const folder = join(workshop, String(BROKEN_BUILDS.indexOf(build)));
  const filter = (path: string): boolean => !LEFT_BEHIND.has(basename(path));
  for (const name of readdirSync(repository).filter(filter))
    cpSync(join(repository, name), join(folder, name), { recursive: true, filter });
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"), "junction");
  for (const { file, right, wrong } of build.edits) {
    const source = readFileSync(join(folder, file), "utf8");
    writeFileSync(
      join(folder, file),
      source.replace(right, () => wrong),
    );
  }
  return folder;
}

const node = (cwd: string, args: string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, args, { cwd, encoding: "utf8", env: { ...process.env, ...env }, timeout: 230_000 });

/** What the named test says there; empty when it passes. */
function complaints(folder: string, { file, title }: NamedTest): string[] {
  const report = join(folder, "report.json");
  const args = ["node_modules/vitest/vitest.mjs", "run", file, "-t", title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")];
  const servers = {
    TEST_POSTGRES_URL: inject("postgresUrl"),
    ...(inject("postgres14Url") !== null && { TEST_POSTGRES14_URL: inject("postgres14Url") ?? "" }),
  };
  const { stdout, stderr } = node(folder, [...args, "--reporter=json", `--outputFile.json=${report}`], servers);
  interface Report {
    testResults: { assertionResults: { status: string; fullName: string; failureMessages: string[] }[] }[];
  }
  try {
    const { testResults } = JSON.parse(readFileSync(report, "utf8")) as Report;
    return testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status, fullName }) => status === "failed" && fullName.includes(title))
      .flatMap(({ failureMessages }) => failureMessages);
  } catch (error) {
    throw new Error(`${stdout}\n${stderr}`, { cause: error });
  }
}

/** The count in what the program prints at its end. */
function counted(folder: string, { program: [name, ...args], finding }: Checker): number {
  const { stdout, stderr } = node(folder, ["--import", "./scripts/typescript.mjs", `test/chaos/${name}.ts`, ...args]);
  const [, count] = new RegExp(`\\b${finding}:? (\\d+)`).exec(stdout.replaceAll(":", " ")) ?? [];
  if (count === undefined) throw new Error(`${stdout}\n${stderr}`);
  return Number(count);
}

/** A third of those that a test notices, others each day. BUILDS=all (`npm run builds`) takes all of them, and those that a whole program has to run for. */
const isWhole = process.env["BUILDS"] === "all";
const programs = BROKEN_BUILDS.filter(({ noticedBy }) => "finding" in noticedBy);
const others = BROKEN_BUILDS.filter((build) => !programs.includes(build));
const taken = [...(isWhole ? programs : []), ...byTheDay(others, 3, isWhole)];

test("every mistake is made in what the desk still says, and says once", () => {
  const edits = BROKEN_BUILDS.flatMap((build) => build.edits);
  const astray = edits.filter(
    ({ file, right }) => readFileSync(join(repository, file), "utf8").split(right).length !== 2,
  );
  expect(astray).toEqual([]);
});

describe("a desk that is broken on purpose is noticed:", () => {
  test.each(taken.map((build) => [build.number, build.mistake, build] as const))(
    "%i. %s",
    (_number, _mistake, build) => {
      const folder = checkoutOf(build);
      const { noticedBy } = build;
      if ("finding" in noticedBy) {
        expect(counted(folder, noticedBy)).toBeGreaterThan(0);
        return;
      }
      const said = complaints(folder, noticedBy);
      expect(said).not.toEqual([]);
      // What is noticed is asserted, or waited for in vain; a mistake that is none does not run at all.
      expect(said.filter((text) => /^(AssertionError|Error: (It did not come about|promise))/.test(text))).not.toEqual(
        [],
      );
      expect(said.filter((text) => /^(SyntaxError|ReferenceError|TypeError)/.test(text))).toEqual([]);
    },
    240_000,
  );
});
