import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { cloudApi } from "../../src/index.js";
import { transportContract } from "../../src/testing/index.js";
import { EDITED_FILES, TRANSPORT_MISTAKES, type TransportMistake } from "./broken-transports.js";
import { heldAgainst, takenOf } from "./held-against.js";

const repository = resolve(import.meta.dirname, "../..");
const workshop = mkdtempSync(join(tmpdir(), "belldesk-broken-transports-"));
symlinkSync(join(repository, "node_modules"), join(workshop, "node_modules"));
afterAll(() => {
  rmSync(workshop, { recursive: true });
});

/** `cloudApi` with one mistake in it. */
async function broken({ edits }: TransportMistake, index: number): Promise<typeof cloudApi> {
  const folder = join(workshop, String(index), "whatsapp");
  cpSync(join(repository, "src/whatsapp"), folder, { recursive: true });
  for (const name of EDITED_FILES) {
    let source = readFileSync(join(folder, name), "utf8");
    for (const [, right, wrong] of edits.filter(([file]) => file === name)) {
      expect(source.split(right), `stands once in ${name}: ${right}`).toHaveLength(2);
      source = source.replace(right, () => wrong);
    }
    writeFileSync(join(folder, name), source);
  }
  for (const name of ["domain", "ports", "errors.ts", "failpoints.ts", "json-schemas.ts"])
    cpSync(join(repository, "src", name), join(workshop, String(index), name), { recursive: true });
  const { cloudApi: made } = (await import(join(folder, "cloud-api.ts"))) as { cloudApi: typeof cloudApi };
  return made;
}

/** Every case that fails. They share nothing, so they run at once. */
async function failing(open: typeof cloudApi, cases = transportContract): Promise<readonly string[]> {
  const outcomes = await Promise.allSettled(cases.map(({ run }) => run({ open })));
  return outcomes.flatMap((outcome, index) => {
    if (outcome.status === "fulfilled") return [];
    // A mistake that is none: the code does not run at all.
    if (outcome.reason instanceof ReferenceError || outcome.reason instanceof SyntaxError) throw outcome.reason;
    return [cases[index]!.id];
  });
}

/** Where the machine does other things, too, a case may miss its own deadline; a mistake is one each time. */
const AGAIN = { retry: 2 };

describe("the transport contract notices", () => {
  // Some at once: nearly all of their time is waiting for deadlines.
  test.concurrent.each(
    takenOf(
      TRANSPORT_MISTAKES.map((mistake, index) => {
        const [, right, wrong] = mistake.edits.at(-1)!;
        return { mistake, index, first: mistake.fails[0], wrong: wrong || `no ${right}` };
      }),
      3,
    ),
  )(
    "that $first is broken by $wrong, in the cases listed beside it and in no other",
    AGAIN,
    async ({ mistake, index }) => {
      const failed = await failing(await broken(mistake, index), heldAgainst(transportContract, mistake, index));
      expect(failed.toSorted()).toEqual(mistake.fails.toSorted());
    },
  );
});

test("every case of the contract has a mistake that is made for it", () => {
  const noticed = new Set(TRANSPORT_MISTAKES.map(({ fails }) => fails[0]));
  expect(transportContract.map(({ id }) => id).filter((id) => !noticed.has(id))).toEqual([]);
});

test("the transport without a mistake breaks no case", async () => {
  expect(await failing(await broken({ fails: ["none"], edits: [] }, TRANSPORT_MISTAKES.length))).toEqual([]);
});
