import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { memoryStorage } from "../../adapters/memory/index.js";
import { manualClock, storageContract } from "../../src/testing/index.js";
import { MISTAKES, type Mistake } from "./broken-storages.js";

const repository = resolve(import.meta.dirname, "../..");
const workshop = mkdtempSync(join(tmpdir(), "belldesk-broken-storages-"));
afterAll(() => {
  rmSync(workshop, { recursive: true });
});

/** The memory storage with one mistake in it. */
async function broken([, file, right, wrong]: Mistake, index: number): Promise<typeof memoryStorage> {
  const folder = join(workshop, String(index));
  cpSync(join(repository, "adapters/memory"), folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const source = readFileSync(join(folder, name), "utf8");
    if (name === file) expect(source.split(right), `stands once in ${file}: ${right}`).toHaveLength(2);
    const mistaken = name === file ? source.replace(right, () => wrong) : source;
    writeFileSync(join(folder, name), mistaken.replaceAll("../../src/index.js", join(repository, "src/index.ts")));
  }
  const { memoryStorage: made } = (await import(join(folder, "index.ts"))) as { memoryStorage: typeof memoryStorage };
  return made;
}

async function brokenPromises(storage: typeof memoryStorage): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { id, run } of storageContract) {
    const clock = manualClock(new Date("2026-11-10T08:30:00Z"));
    const shiftClock = (ms: number): Promise<void> => {
      clock.advance(ms);
      return Promise.resolve();
    };
    await run({ storage: storage({ clock }), shiftClock }).catch((error: unknown) => {
      // A mistake that is none: the code does not run at all.
      if (error instanceof ReferenceError || error instanceof SyntaxError) throw error;
      failed.push(id);
    });
  }
  return failed;
}

describe("the storage contract notices", () => {
  test.each(
    MISTAKES.map((mistake, index) => ({
      mistake,
      index,
      promise: mistake[0],
      wrong: mistake[3] || `no ${mistake[2]}`,
    })),
  )("$promise broken by $wrong", async ({ mistake, index, promise }) => {
    const failed = await brokenPromises(await broken(mistake, index));
    expect(
      failed.filter((id) => id === promise || id.startsWith(`${promise}-`)),
      failed.join(),
    ).not.toEqual([]);
  });

  test("and has a mistake for every promise", () => {
    const noticed = new Set(MISTAKES.map(([promise]) => promise));
    const promises = storageContract.filter(
      ({ id }) => ![...noticed].some((promise) => id === promise || id.startsWith(`${promise}-`)),
    );
    expect(promises.map(({ id }) => id)).toEqual([]);
  });
});
