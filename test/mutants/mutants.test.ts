import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { byTheDay } from "../support/by-the-day.js";
import { LEAST, PARTS } from "./parts.js";

const repository = resolve(import.meta.dirname, "../..");

/** What `npm run mutants` says of the smallest part, and how it ended. */
async function changed(...args: readonly string[]) {
  const child = spawn(
    process.execPath,
    ["--import", "./scripts/typescript.mjs", "test/mutants/main.ts", "--only", "lattice", ...args],
    { cwd: repository },
  );
  const ended = new Promise<number | null>((done) => child.once("exit", done));
  const [said, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [, noticed = NaN, changes = NaN] = (/^lattice: (\d+) of (\d+) changes/m.exec(said) ?? []).map(Number);
  return { status: await ended, share: (100 * noticed) / changes, changes, says: said + complaints };
}

/** The part's own tests and weaker ones, the ones and the others by the day; MUTANTS=all takes both. */
const TESTS = byTheDay(["its own", "weaker"] as const, 2, process.env["MUTANTS"] === "all");

test.each(TESTS)(
  "a desk that confuses what became of a message is noticed, whatever small thing makes it do so, by its own tests; by weaker ones it is not: %s",
  async (which) => {
    const isOwn = which === "its own";
    const tests = isOwn ? PARTS["lattice"]!.tests.join() : "test/mutants/weak.ts";
    const { changes, share, status, says } = await changed("--tests", tests);
    expect(changes, says).toBeGreaterThanOrEqual(4);
    expect(share >= LEAST, says).toBe(isOwn);
    expect(status).toBe(isOwn ? 0 : 1);
  },
  180_000,
);

test("each part is made of files that there are", () => {
  const named = Object.values(PARTS).flatMap(({ files, tests }) => [...files, ...tests]);
  expect(named.filter((file) => !existsSync(resolve(repository, file)))).toEqual([]);
});
