import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
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

test("a desk that confuses what became of a message is noticed, whatever small thing makes it do so; by weaker tests it is not", async () => {
  const whole = await changed("--tests", PARTS["lattice"]!.tests.join());
  expect(whole.changes, whole.says).toBeGreaterThanOrEqual(4);
  expect(whole.share, whole.says).toBeGreaterThanOrEqual(LEAST);
  expect(whole.status).toBe(0);

  const weak = await changed("--tests", "test/mutants/weak.ts");
  expect(weak.changes, weak.says).toBe(whole.changes);
  expect(weak.share).toBeLessThan(LEAST);
  expect(weak.status).toBe(1);
}, 180_000);

test("each part is made of files that there are", () => {
  const named = Object.values(PARTS).flatMap(({ files, tests }) => [...files, ...tests]);
  expect(named.filter((file) => !existsSync(resolve(repository, file)))).toEqual([]);
});
