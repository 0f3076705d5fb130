import { describe, expect, test } from "vitest";
import { REQUIREMENTS, requirementsOf } from "./asvs.js";
import { ROWS, rowsOf, titleOf } from "./coverage.js";

describe("what can go wrong, and who may try what", () => {
  test("has a row for each of 96 faults and 96 threats, in order, each with its tests", () => {
    const names = ["F", "T"].flatMap((kind) =>
      Array.from({ length: 96 }, (_, n) => `${kind}${String(n + 1).padStart(2, "0")}`),
    );
    expect(ROWS.map(({ name }) => name)).toEqual(names);
    expect(ROWS.filter(({ proofs }) => proofs.length === 0).map(({ name }) => name)).toEqual([]);
  });

  test("names no test that is gone", () => {
    const gone = ROWS.flatMap(({ name, proofs }) =>
      proofs.filter((proof) => titleOf(proof) === null).map(({ file, test }) => `${name} ${file}: ${test}`),
    );
    expect(gone).toEqual([]);
  });

  test("notices a test that is gone, a file that is gone, and a title that is of several", () => {
    const [row] = rowsOf(
      [
        "F01 Something.",
        "  test/house/coverage.test.ts: names no test that is g",
        "  test/house/coverage.test.ts: names no test that was",
        "  test/house/gone.test.ts: names no test",
        "  test/house/coverage.test.ts: n",
        "  contract: remember/once, remember/never",
      ].join("\n"),
    );
    const found = row?.proofs.map(titleOf);
    expect(found?.map((title) => title !== null)).toEqual([true, false, false, false, true, false]);
    expect(() => rowsOf("F01 Something.\nwhat is no row")).toThrow(SyntaxError);
  });
});

describe("the requirements of ASVS 5.0", () => {
  test("stand once and in order, each with rows that have tests", () => {
    const place = (id: string) =>
      id
        .slice(1)
        .split(".")
        .reduce((sum, part) => 100 * sum + Number(part), 0);
    const places = REQUIREMENTS.map(({ id }) => place(id));
    expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
    const names = new Set(ROWS.map(({ name }) => name));
    expect(REQUIREMENTS.flatMap(({ rows }) => rows).filter((row) => !names.has(row))).toEqual([]);
  });

  test("have a form", () => {
    expect(() => requirementsOf("V1.2 | too short | T01")).toThrow(SyntaxError);
    expect(() => requirementsOf("V1.2.4 | nothing proves it | ")).toThrow(SyntaxError);
  });
});
