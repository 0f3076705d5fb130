import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { ROUTES } from "../../src/http/routes.js";
import { manualClock } from "../../src/testing/index.js";
import { emptyDatabase } from "../support/databases.js";
import { ASKING } from "./requests.js";
import { runOracle, type OracleReport } from "./run.js";

const keys = ROUTES.map(({ method, path }) => `${method} ${path}`);

function judged({ wrongAllows, wrongDenies, routes }: OracleReport): void {
  expect(wrongAllows.slice(0, 3)).toEqual([]);
  expect(wrongDenies.slice(0, 3)).toEqual([]);
  expect([...routes].filter(([, { allowed, denied }]) => allowed === 0 || denied === 0)).toEqual([]);
}

describe("random requests of random principals", () => {
  test("know how to ask every route, with the permission that it needs", () => {
    expect(Object.keys(ASKING).sort()).toEqual([...keys].sort());
    for (const { method, path, permission } of ROUTES)
      expect(ASKING[`${method} ${path}`]?.permission, path).toBe(permission);
  });

  test("are judged by somebody of 60 lines who does not know the desk", () => {
    const source = readFileSync(resolve(import.meta.dirname, "oracle.ts"), "utf8");
    expect(source.trim().split("\n").length).toBeLessThanOrEqual(60);
    expect(source).not.toMatch(/\b(import|require)\b(?!ed)/);
  });

  test("let nobody see or do what is not theirs, and deny nobody what is, in memory (T51-T56, T58, T59, T64)", async () => {
    const storage = async () => {
      const made = memoryStorage({ clock: manualClock(new Date("2026-11-10T08:30:00Z")) });
      await made.open({ migrate: false });
      return made;
    };
    judged(await runOracle({ requests: 10_000, seed: 1, storage }));
  }, 120_000);

  test("let nobody see or do what is not theirs, and deny nobody what is, on PostgreSQL (T51-T56, T58, T59, T64)", async () => {
    const { pool, drop } = await emptyDatabase();
    let serial = 0;
    const storage = async () => {
      const made = postgresStorage(pool, { schema: `world_${String(++serial)}` });
      await made.open({ migrate: true });
      return made;
    };
    judged(await runOracle({ requests: 5_000, seed: 5, storage }));
    await drop();
  }, 400_000);
});
