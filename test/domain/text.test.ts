import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanText, foldText, preview, PREVIEW_GRAPHEME_BYTES, PREVIEW_GRAPHEMES } from "../../src/domain/text.js";
import { anyText } from "../support/strings.js";

const graphemes = (text: string): string[] =>
  [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)].map(({ segment }) => segment);
const bytes = (text: string): number => Buffer.byteLength(text, "utf8");

describe("a conversation's preview (S33)", () => {
  test("a short message is its own preview", () => {
    expect(preview("Is the pool open?")).toBe("Is the pool open?");
    expect(preview("")).toBe("");
  });

  test("lines become one line, and blanks at the ends go", () => {
    expect(preview("\n  Two towels,\r\n\tplease.\u2028Room\u00a0101 \n")).toBe("Two towels, please. Room 101");
    expect(preview(" \n\t ")).toBe("");
  });

  test("a long message is cut after 255 characters, as a reader counts them", () => {
    for (const character of ["a", "é", "e\u0301", "م", "字", "🇮🇹"]) {
      expect(preview(character.repeat(PREVIEW_GRAPHEMES + 1))).toBe(character.repeat(PREVIEW_GRAPHEMES));
    }
  });

  test("families, flags and skin tones are one character each, and shown whole", () => {
    for (const emoji of ["👩‍👩‍👧‍👦", "🏳️‍🌈", "🇧🇷", "👍🏽", "1️⃣", "👨🏽‍❤️‍💋‍👨🏿", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "नि"])
      expect(preview(emoji.repeat(300))).toBe(emoji.repeat(PREVIEW_GRAPHEMES));
  });

  test("Arabic keeps its vowel marks with its letters", () => {
    const greeting = "السَّلَامُ عَلَيْكُمْ ".repeat(30);
    const cut = preview(greeting);
    expect(greeting.startsWith(cut)).toBe(true);
    expect(graphemes(greeting).slice(0, graphemes(cut).length).join("")).toBe(cut);
  });

  test("halves of characters become the sign for them, and NUL goes", () => {
    expect(preview("half \ud83d of an emoji")).toBe("half \ufffd of an emoji");
    expect(preview("\udc00\ud800")).toBe("\ufffd\ufffd");
    expect(preview("before\u0000after")).toBe("beforeafter");
  });

  test("what would turn the line around does not reach it", () => {
    expect(preview("\u202egpj.exe\u2066 \u2069invoice\u009b")).toBe("gpj.exe invoice");
  });

  test("a letter heaped with ten thousand marks keeps some of them, and those after it are shown", () => {
    const cut = preview(`o${"\u0301".repeat(10_000)}`);
    expect(cut.startsWith("o\u0301\u0301")).toBe(true);
    expect(bytes(cut)).toBeLessThanOrEqual(PREVIEW_GRAPHEME_BYTES);
    expect(preview(`Hello z${"\u0352".repeat(10_000)} there`)).toMatch(/^Hello z\u0352+ there$/);
  });

  test("words that come after a page of nothing are still found", () => {
    expect(preview(`${"\u0000".repeat(5_000)}${" \n".repeat(5_000)}Good morning`)).toBe("Good morning");
    expect(preview(`é${"\n".repeat(9_000)}!`)).toBe("é !");
  });

  test("is as short as a host wants it, and cut between characters all the same", () => {
    expect(preview("Is the pool open?", 6)).toBe("Is the");
    expect(preview(`👨‍👩‍👧‍👦🇮🇹e\u0301!`, 3)).toBe(`👨‍👩‍👧‍👦🇮🇹e\u0301`);
  });

  test("whatever is written, the preview is one well-formed line within its limits", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const cut = preview(text);
        expect(graphemes(cut).length).toBeLessThanOrEqual(PREVIEW_GRAPHEMES);
        expect(bytes(cut)).toBeLessThanOrEqual(PREVIEW_GRAPHEMES * PREVIEW_GRAPHEME_BYTES);
        expect(cut.isWellFormed()).toBe(true);
        expect(cut).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
        expect(preview(cut)).toBe(cut.trim());
        expect(cut === "").toBe(cleanText(text).trim() === "");
      }),
    );
  });
});

describe("an answer compared with a department's name", () => {
  test("case, accents, width and punctuation do not matter", () => {
    for (const typed of [
      "Café Élysée",
      "CAFE ELYSEE",
      "cafe\u0301 e\u0301lyse\u0301e",
      "  *café* élysée!! ",
      "ＣＡＦＥ ＥＬＹＳＥＥ",
      "café\u0000 élysée",
    ]) {
      expect(foldText(typed)).toBe("cafe elysee");
    }
  });

  test("the four i's of Turkish are one, in either case", () => {
    expect(new Set(["Resepsiyon İ", "RESEPSİYON I", "resepsıyon i", "RESEPSIYON ı"].map(foldText))).toEqual(
      new Set(["resepsiyon i"]),
    );
  });

  test("a Greek word ends in one sigma, in either case and whatever comes after it", () => {
    expect(new Set(["Όροφος.Α", "ΌΡΟΦΟΣ.Α", "ΟΡΟΦΟΣ Α", "όροφος α"].map(foldText))).toEqual(new Set(["οροφοσ α"]));
  });

  test("a digit with its box around it is the digit", () => {
    expect(foldText("2️⃣")).toBe("2");
    expect(foldText("２.")).toBe("2");
  });

  test("other letters are other answers", () => {
    expect(foldText("Straße")).toBe(foldText("STRASSE"));
    expect(foldText("spa")).not.toBe(foldText("spä r"));
    expect(foldText("ресепшен")).toBe("ресепшен");
    expect(foldText("استقبال")).toBe("استقبال");
    expect(foldText("👍")).toBe("");
  });

  test("marks that are letters stay: Hindi keeps its vowels, Japanese its voice, Thai its tones", () => {
    expect(foldText("हाउसकीपिंग!")).toBe("हाउसकीपिंग");
    expect(foldText("ﾊﾞｽ")).toBe("バス");
    expect(foldText("ハス")).not.toBe(foldText("バス"));
    expect(foldText("ห้อง")).not.toBe(foldText("หอง"));
  });

  test("marks that people leave out go, and so does what cannot be seen", () => {
    expect(foldText("रिज़र्वेशन")).toBe(foldText("रिजर्वेशन"));
    expect(foldText("شَالُوم")).toBe("شالوم");
    expect(foldText("שָׁלוֹם")).toBe("שלום");
    expect(foldText("\u200fspa\u00ad\u200d")).toBe("spa");
  });

  test("what is typed for one letter in Arabic, Danish or Polish is that letter", () => {
    expect(foldText("المغسلة")).toBe(foldText("المغسله"));
    expect(foldText("أمتعــة")).toBe("امتعه");
    expect(foldText("کلید")).toBe(foldText("كليد"));
    expect(foldText("Smørrebrød")).toBe("smorrebrod");
    expect(foldText("ŁAZIENKA")).toBe("lazienka");
  });

  test("folding what is folded changes nothing", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(foldText(foldText(text))).toBe(foldText(text));
      }),
    );
  });
});
