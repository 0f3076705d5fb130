import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { context, type Plugin } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import type { memoryStorage } from "../../adapters/memory/index.js";
import { manualClock, storageContract } from "../../src/testing/index.js";
import { MISTAKES, type Mistake } from "./broken-storages.js";
import { heldAgainst, takenOf } from "./held-against.js";

const repository = resolve(import.meta.dirname, "../..");
const workshop = mkdtempSync(join(tmpdir(), "belldesk-broken-storages-"));
afterAll(() => {
  rmSync(workshop, { recursive: true });
});

/** The most asking case asks some 15,000 times of a storage that gives it nothing. */
const MOST_CALLS = 50_000;

const folder = join(repository, "adapters/memory");
const names = readdirSync(folder);

/** The mistake that the next build makes. */
let mistake: Mistake = { fails: ["none"], edits: [] };
const mistaken: Plugin = {
  name: "mistaken",
  setup(building) {
    building.onResolve({ filter: /\/src\/index\.js$/ }, () => ({
      path: join(repository, "src/index.ts"),
      external: true,
    }));
    building.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const name = basename(path);
      let contents = readFileSync(path, "utf8");
      for (const [, right, wrong] of mistake.edits.filter(([file]) => file === name)) {
        expect(contents.split(right), `stands once in ${name}: ${right}`).toHaveLength(2);
        contents = contents.replace(right, () => wrong);
      }
      return { contents, loader: "ts" };
    });
  },
};
/** Reads again only what the mistake is in; as one file, since loading it as many is what most of the time would go to. */
const builder = await context({
  entryPoints: [join(folder, "index.ts")],
  bundle: true,
  format: "esm",
  write: false,
  plugins: [mistaken],
});
afterAll(() => builder.dispose());

/** The memory storage with one mistake in it. */
async function broken(made: Mistake, index: number): Promise<typeof memoryStorage> {
  for (const [file] of made.edits) expect(names).toContain(file);
  mistake = made;
  const { outputFiles } = await builder.rebuild();
  const file = join(workshop, `${String(index)}.mjs`);
  writeFileSync(file, outputFiles[0]?.contents ?? "");
  const { memoryStorage: storage } = (await import(file)) as { memoryStorage: typeof memoryStorage };
  return storage;
}

/** Every one of the cases that fails. So does one that comes to no end: it waits for what never comes, or asks on and on. */
async function failing(storage: typeof memoryStorage, cases = storageContract): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { id, run } of cases) {
    const clock = manualClock(new Date("2026-11-10T08:30:00Z"));
    const shiftClock = (ms: number): Promise<void> => {
      clock.advance(ms);
      return Promise.resolve();
    };
    await ended(run({ storage: patient(storage({ clock })), shiftClock })).catch((error: unknown) => {
      // A mistake that is none: the code does not run at all.
      if (error instanceof ReferenceError || error instanceof SyntaxError || error instanceof TypeError) throw error;
      failed.push(id);
    });
  }
  return failed;
}

/** Nothing in memory waits for a timer or a socket: what has not come by the loop's next turn never comes. */
const ended = (running: Promise<void>): Promise<void> =>
  new Promise((resolve, reject) => {
    const turn = setImmediate(() => reject(new Error("The case waits for what never comes.")));
    void running.then(resolve, reject).finally(() => clearImmediate(turn));
  });

/** A storage that has enough of a case that asks without end, and so never lets the loop turn. */
function patient<Storage extends object>(storage: Storage): Storage {
  let calls = 0;
  return new Proxy(storage, {
    get(target, verb, receiver): unknown {
      calls += 1;
      if (calls > MOST_CALLS) throw new Error("The case asks without end.");
      return Reflect.get(target, verb, receiver);
    },
  });
}

describe("the storage contract notices", () => {
  test.each(
    takenOf(
      MISTAKES.map((mistake, index) => {
        const [, right, wrong] = mistake.edits.at(-1)!;
        return { mistake, index, first: mistake.fails[0], wrong: wrong || `no ${right}` };
      }),
      8,
    ),
  )("that $first is broken by $wrong, in the cases listed beside it and in no other", async ({ mistake, index }) => {
    const failed = await failing(await broken(mistake, index), heldAgainst(storageContract, mistake, index));
    expect(failed.toSorted()).toEqual(mistake.fails.toSorted());
  });
});

test("every case of the contract has a mistake that is made for it", () => {
  const noticed = new Set(MISTAKES.map(({ fails }) => fails[0]));
  expect(storageContract.map(({ id }) => id).filter((id) => !noticed.has(id))).toEqual([]);
});

test("the storage without a mistake breaks no case", async () => {
  expect(await failing(await broken({ fails: ["none"], edits: [] }, MISTAKES.length))).toEqual([]);
});
