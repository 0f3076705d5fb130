import fc from "fast-check";

/** Any UTF-16 there is: NUL, controls, halves of characters alone and in the wrong order. */
const codeUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
  .map((units) => String.fromCharCode(...units));

/** What guests write and what they should not: scripts, joined emoji, controls, halves of characters, heaps of marks. */
export const anyText = fc
  .array(
    fc.oneof(
      codeUnits,
      fc.string({ unit: "binary" }),
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(
        "👩‍👩‍👧‍👦",
        "🇮🇹",
        "🏳️‍🌈",
        "é",
        "مرحبا",
        "\u0000",
        "\\u0000",
        '\\"',
        "\ud83d",
        "\ude00",
        "\u202e",
        "\u2066",
        " ",
        "\n",
        "\t",
        "\u2028",
      ),
      fc.integer({ min: 1, max: 3_000 }).map((count) => `o${"\u0301".repeat(count)}`),
    ),
    { maxLength: 12 },
  )
  .chain((parts) => fc.integer({ min: 1, max: 20 }).map((times) => parts.join("").repeat(times)));
