import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConversationError } from "../../src/errors.js";
import { LIMITS } from "../../src/whatsapp/limits.js";
import { WhatsAppPayloadBuilder } from "../../src/whatsapp/payload-builder.js";
import { splitText } from "../../src/whatsapp/split-text.js";
import { anyText } from "../support/strings.js";

const graphemes = (text: string): string[] =>
  Array.from(new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text), ({ segment }) => segment);
const ink = (text: string): string => text.replace(/\s+/g, "");
const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

describe("an answer that is too long for one message is sent as several (S36)", () => {
  test("each ends where a sentence does", () => {
    const text = "Breakfast is at 7.30 a.m. in the garden. The pool opens at nine! Shall we wake you?";
    expect(splitText(text, 45)).toEqual([
      "Breakfast is at 7.30 a.m. in the garden.",
      "The pool opens at nine! Shall we wake you?",
    ]);
    expect(splitText("こんにちは。朝食は七時からです。", 10)).toEqual(["こんにちは。", "朝食は七時からです。"]);
  });

  test("a line's end is as good, and a sentence that ends exactly at the limit stays whole", () => {
    expect(splitText("- towels\n- soap\n\n  - slippers", 16)).toEqual(["- towels\n- soap", "- slippers"]);
    expect(splitText("Good night.   Sleep well.", 11)).toEqual(["Good night.", "Sleep well."]);
  });

  test("a long sentence is cut between words, and no address is cut behind its question mark", () => {
    expect(splitText("the lift beside the bar", 10)).toEqual(["the lift", "beside the", "bar"]);
    expect(splitText("see https://hotel.example/?Room=12 please", 30)).toEqual([
      "see",
      "https://hotel.example/?Room=12",
      "please",
    ]);
  });

  test("a word that is too long is cut between characters as readers count them", () => {
    expect(splitText("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 15)).toEqual(["👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"]);
    expect(splitText("abcde\u0301", 5)).toEqual(["abcd", "e\u0301"]);
  });

  test("what fits stays as it is, and what is blank is nothing to send", () => {
    expect(splitText("  hello\n")).toEqual(["  hello\n"]);
    expect(splitText("a".repeat(LIMITS.textBody))).toHaveLength(1);
    expect(splitText("a".repeat(LIMITS.textBody + 1))).toHaveLength(2);
    expect(splitText(`bye${" ".repeat(5_000)}`)).toEqual(["bye"]);
    expect(splitText("")).toEqual([]);
    expect(splitText(" \n".repeat(5_000))).toEqual([]);
  });

  test("one character that is longer than a message is refused, not broken", () => {
    const heap = `o${"\u0301".repeat(20)}`;
    const refused = () => splitText(`hi ${heap}`, 10);
    expect(refused).toThrow(ConversationError);
    expect(refused).toThrow(
      expect.objectContaining({ details: { field: "split.character", limit: 10, actual: 21 } }) as Error,
    );
    expect(() => splitText("hi", 0)).toThrow(ConversationError);
    expect(() => splitText("hi", NaN)).toThrow(ConversationError);
  });
});

describe("whatever is written", () => {
  const limits = fc.integer({ min: 1, max: 60 });
  const longest = (text: string) => Math.max(0, ...graphemes(text).map(({ length }) => length));
  const texts = fc.oneof(anyText, fc.string({ unit: "grapheme", maxLength: 300 }), fc.lorem({ maxCount: 60 }));

  test("each piece fits, none is blank, nothing but white space is lost, and no character is cut", () => {
    fc.assert(
      fc.property(texts, limits, (text, limit) => {
        fc.pre(longest(text) <= limit);
        const pieces = splitText(text, limit);
        expect(pieces.every((piece) => piece.length <= limit && piece.trim() !== "")).toBe(true);
        expect(ink(pieces.join(""))).toBe(ink(text));

        // Found one after the other, each begins and ends where a character of the whole does.
        const ends = new Set<number>([0]);
        let at = 0;
        for (const grapheme of graphemes(text)) ends.add((at += grapheme.length));
        let from = 0;
        for (const piece of pieces) {
          const start = text.indexOf(piece, from);
          expect(start).toBeGreaterThanOrEqual(from);
          expect(text.slice(from, start).trim()).toBe("");
          from = start + piece.length;
          expect([ends.has(start), ends.has(from)]).toEqual([true, true]);
        }
        expect(text.slice(from).trim()).toBe("");
      }),
      { numRuns: 500 },
    );
  });

  test("words that fit are never cut, and pieces give them back in order", () => {
    const word = fc.string({ unit: fc.constantFrom(..."abcXYZ019.,!?:-é👋".split("")), minLength: 1, maxLength: 12 });
    const space = fc.constantFrom(" ", "  ", "\n", "\n\n", "\t");
    const text = fc
      .array(fc.tuple(word, space), { maxLength: 60 })
      .map((parts) => parts.map(([one, gap]) => one + gap).join(""));
    fc.assert(
      fc.property(text, fc.integer({ min: 24, max: 80 }), (said, limit) => {
        expect(splitText(said, limit).flatMap(words)).toEqual(words(said));
      }),
    );
  });

  test("each piece is a text that WhatsApp takes", () => {
    const to = new WhatsAppPayloadBuilder({ kind: "waId", value: "12025550101" });
    const long = fc
      .lorem({ mode: "sentences", maxCount: 5 })
      .map((text) => `${text} `.repeat(Math.ceil(10_000 / text.length)));
    fc.assert(
      fc.property(long, (text) => {
        const pieces = splitText(text);
        expect(pieces.length).toBeGreaterThan(1);
        expect(pieces.map((piece) => to.text(piece))).toHaveLength(pieces.length);
        expect(pieces.every((piece) => piece.trimEnd().endsWith("."))).toBe(true);
        // White space at the end may be what a cut leaves out.
        expect(pieces.join(" ").trimEnd() === text.trimEnd()).toBe(true);
      }),
      { numRuns: 10 },
    );
  });
});
