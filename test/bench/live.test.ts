import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

// A little of `npm run bench:live`: that every contender tells all of its sockets, not how fast.

test("the desk and those it is measured beside tell every socket the same, and say what an idle one costs", () => {
  const size = ["--sockets", "40", "--events", "5", "--idle", "60"];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "./scripts/typescript.mjs", "bench/live.ts", ...size],
    { cwd: resolve(import.meta.dirname, "../.."), encoding: "utf8" },
  );
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/One event of \d{3,} bytes to 40 sockets/);
  for (const contender of ["belldesk", "ws", "socket.io"])
    expect(stdout.match(new RegExp(`^\\| ${contender} \\| -?[\\d.]+ `, "gm"))).toHaveLength(2);
}, 120_000);
