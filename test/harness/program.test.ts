import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "./hotel.js";
import { runProgram } from "./program.js";

/** A program of these lines. */
function program(...lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "belldesk-program-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = join(folder, "program.mjs");
  writeFileSync(file, lines.join("\n"));
  return file;
}

const lives = (pid: number): boolean => {
  try {
    // Whoever has ended, and was not waited for, is there by name alone.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  } catch {
    return false;
  }
};

test("a program that never ends is ended with all that it started, and the failure says where it was", async () => {
  const file = program(
    'import { spawn } from "node:child_process";',
    'const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);',
    "console.error(`counts rooms, with ${String(child.pid)}`);",
    "for (;;);",
  );
  const failure = await runProgram(file, [], { withinMs: 1_500 }).catch((error: unknown) => String(error));
  expect(failure).toMatch(/did not end within 1.5 s[^]*counts rooms, with \d+/);
  const pid = Number(/with (\d+)/.exec(failure)?.[1]);
  await eventually("what it started is gone", () => Promise.resolve(!lives(pid)));
}, 120_000);

test("a program that fails is told of with all that it said, one that ends well with what it printed", async () => {
  const fails = program('console.log("half");', 'console.error("no key");', "process.exitCode = 3;");
  await expect(runProgram(fails, [], { withinMs: 30_000 })).rejects.toThrow(/ended with 3[^]*half[^]*no key/);
  const ends = program('console.log("whole", process.argv[2]);');
  expect(await runProgram(ends, ["day"], { withinMs: 30_000 })).toBe("whole day\n");
}, 120_000);
