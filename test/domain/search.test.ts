import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFound, nameWords, soughtWords, wordsOf } from "../../src/domain/search.js";
import { anyText } from "../support/strings.js";

const finds = (text: string, sought: string): boolean => isFound(wordsOf(text), soughtWords(sought));
const findsName = (name: string, sought: string): boolean => isFound(nameWords(name), soughtWords(sought));

describe("the words of what a guest wrote", () => {
  test.each([
    ["Late check-in, room 214!", ["late", "check", "in", "room", "214"]],
    ["LATE late Läte", ["late"]],
    ["it's “quoted”…", ["it", "s", "quoted"]],
    ["+39 055 123", ["39", "055", "123"]],
    ["غرفة ٢١٤", ["غرفه", "٢١٤"]],
    ["कमरा चाहिए", ["कमरा", "चाहिए"]],
    ["", []],
    ["🥐 !?\u0000", []],
  ])("%j", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test("are pairs of characters where nobody writes a space, also in the middle of others", () => {
    expect(wordsOf("朝ごはん")).toEqual(["朝ご", "ごは", "はん", "ん"]);
    expect(wordsOf("room3号室")).toEqual(["room3", "号室", "室"]);
    expect(finds("朝ごはんは何時ですか", "ごはん")).toBe(true);
    expect(finds("朝ごはんは何時ですか", "何時 朝")).toBe(true);
    expect(finds("朝ごはんは何時ですか", "晩ごはん")).toBe(false);
    expect(finds("ขอผ้าเช็ดตัวเพิ่ม", "ผ้าเช็ดตัว")).toBe(true);
  });

  test("find a text when all of them stand in it, the last as far as it was typed", () => {
    expect(finds("Could we have dinner late?", "late dinner")).toBe(true);
    expect(finds("Could we have dinner late?", "late din")).toBe(true);
    expect(finds("Could we have dinner late?", "din late")).toBe(false);
    expect(finds("Could we have dinner late?", "lunch late")).toBe(false);
    expect(finds("Could we have dinner late?", " ")).toBe(false);
  });

  test("find a text by itself and by its beginnings, whatever it is", () => {
    fc.assert(
      fc.property(anyText, fc.nat(20), (text, length) => {
        const words = wordsOf(text);
        fc.pre(words.length > 0);
        expect(finds(text, text)).toBe(true);
        expect(finds(text.toUpperCase().toLowerCase(), text.toUpperCase().toLowerCase())).toBe(true);
        const begun = Array.from(words[0] ?? "")
          .slice(0, length + 1)
          .join("");
        expect(isFound(words, [{ word: begun, isPrefix: true }])).toBe(true);
        for (const word of words) expect(word).toMatch(/^[\p{L}\p{N}\p{M}]{1,128}$/u);
      }),
      { numRuns: 500 },
    );
  });

  test("are not endless, whatever somebody sends", () => {
    const words = wordsOf(Array.from({ length: 5_000 }, (_, n) => `w${String(n)}`).join(" "));
    expect(words).toHaveLength(1_000);
    expect(wordsOf("x".repeat(10_000))).toEqual(["x".repeat(64)]);
    expect(finds("x".repeat(10_000), "x".repeat(9_000))).toBe(true);
    expect(soughtWords(Array.from({ length: 100 }, (_, n) => `w${String(n)}`).join(" "))).toHaveLength(12);
  });
});

describe("the words of a guest's name", () => {
  test("find them by any part of it", () => {
    for (const part of ["ada", "lovelace", "love", "ace", "velac", "king ada", "lace kin"])
      expect(findsName("Ada Lovelace-King", part)).toBe(true);
    for (const other of ["adam", "lovelaces", "adaking", "kin lace x"])
      expect(findsName("Ada Lovelace-King", other)).toBe(false);
    expect(findsName("田中大輔", "大輔")).toBe(true);
    expect(findsName("田中大輔", "中")).toBe(true);
  });
});
