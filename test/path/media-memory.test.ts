import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

/** In a process of its own: what this one holds is nobody's business. */
function run(what: "document" | "bomb"): Readonly<Record<string, unknown>> {
  const args = ["--expose-gc", "--import", "./scripts/typescript.mjs", "test/path/media-memory-run.ts", what];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: resolve(import.meta.dirname, "../.."),
    encoding: "utf8",
  });
  expect(status, stdout + stderr).toBe(0);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as Readonly<Record<string, unknown>>;
}

test("a document of 100 MB comes from WhatsApp into the store in 64 MB of memory", () => {
  const told = run("document");
  expect(told).toMatchObject({ small: "stored", state: "stored", left: 0 });
  expect(told["sizeBytes"]).toBeGreaterThan(99_000_000);
  expect(told["growthMb"]).toBeLessThanOrEqual(64);
}, 120_000);

test("an answer that unpacks to 200 MB is refused as it is: nobody asked for a packed one (F63)", () => {
  const told = run("bomb");
  expect(told).toMatchObject({ small: "stored", state: "unavailable", reason: "media_encoded", left: 0 });
  expect(told["growthMb"]).toBeLessThanOrEqual(64);
}, 120_000);
