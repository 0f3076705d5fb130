import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

// A little of `npm run bench:sends`: that every contender does its work, not how fast.

test("the desk and those it is measured beside send guests the same messages, each once, the desk's in order", () => {
  const size = ["--rounds", "1", "--numbers", "4", "--guests", "12", "--messages", "228", "--seconds", "1"];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "./scripts/typescript.mjs", "bench/sends.ts", ...size],
    { cwd: resolve(import.meta.dirname, "../.."), encoding: "utf8" },
  );
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toContain("Everything arrived once from each contender.");
  for (const contender of ["undici", "bullmq-bare", "bullmq", "belldesk"])
    expect(stdout).toMatch(new RegExp(`^\\| ${contender} \\| [\\d,]+ \\|`, "m"));
  expect(stdout).toContain("4 numbers at 80 a second each");
}, 120_000);
