import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readMeasured, reliabilityRows } from "../reliability/measured.js";
import { NUMBERS } from "../reliability/numbers.js";
import { titlesIn } from "./coverage.js";

const repository = join(import.meta.dirname, "../..");
const { scripts } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const commands = NUMBERS.flatMap(({ number, proofs }) => proofs.map((command) => ({ number, command })));

describe("the numbers that the desk is held to", () => {
  test("are 29, each with a command that measures it", () => {
    expect(NUMBERS.map(({ number }) => number)).toEqual(Array.from({ length: 29 }, (_, index) => index + 1));
    expect(NUMBERS.filter(({ proofs }) => proofs.length === 0)).toEqual([]);
  });

  test.each(commands)("$number: there is what `$command` runs", ({ command }) => {
    const [, script] = /^npm run (\S+)/.exec(command) ?? [];
    if (script !== undefined) {
      expect(Object.keys(scripts)).toContain(script);
      return;
    }
    const [, files = "", title] = /npx vitest run ([^"]+?)(?: -t "(.+)")?$/.exec(command) ?? [];
    const named = files.split(" ");
    expect(named.filter((file) => !existsSync(join(repository, file)))).toEqual([]);
    if (title !== undefined)
      expect(named.flatMap((file) => [...titlesIn(file)]).filter((each) => each.includes(title))).not.toEqual([]);
  });

  test("say what they came to, and none was measured by a command that none asks for", () => {
    const measured = readMeasured();
    const asked = new Set(commands.map(({ command }) => command));
    expect(Object.keys(measured).filter((command) => !asked.has(command))).toEqual([]);
    for (const [number, , , , verdict] of reliabilityRows(measured))
      expect(verdict, number).toMatch(/^(met|met in part|not met|open)\b/);
  });
});
