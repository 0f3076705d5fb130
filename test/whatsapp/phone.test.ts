import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { phoneVariants, waIdOf } from "../../src/whatsapp/phone.js";

describe("one subscriber, two spellings (pains H)", () => {
  test.each([
    // Brazil: the ninth digit of mobiles.
    ["5531987654321", "553187654321"],
    ["5511976543210", "551176543210"],
    ["5584999998888", "558499998888"],
    // Argentina: the 9 of mobiles.
    ["5491123456789", "541123456789"],
    ["5493512345678", "543512345678"],
    // Mexico: the 1 of mobiles.
    ["5215512345678", "525512345678"],
    ["5213312345678", "523312345678"],
  ])("%s and %s are found under each other", (one, other) => {
    expect(phoneVariants(one)).toEqual([other]);
    expect(phoneVariants(other)).toEqual([one]);
  });

  test.each([
    ["a landline in Brazil, which never got a ninth digit", "551132654321"],
    ["a Brazilian number whose eight digits would be a landline's", "5511932654321"],
    ["a Brazilian number of a wrong length", "55319876543210"],
    ["an Argentine number of a wrong length", "54912345678"],
    ["a Mexican number of a wrong length", "52551234567"],
    ["an American number", "12025550101"],
    ["an American number that looks like a national one of Mexico", "15215512345"],
    ["an Argentine number behind another digit", "15491123456789"],
    ["a Mexican number behind another digit", "15215512345678"],
    ["a Brazilian number behind another digit", "15531987654321"],
    ["a British number", "447700900103"],
    ["a business-scoped id, also one with a phone's digits (builderbot#1233)", "BR.5531987654321"],
    ["a phone with a plus", "+5531987654321"],
    ["digits of another script", "٥٥٣١٩٨٧٦٥٤٣٢١"],
    ["two numbers in two lines", "5531987654321\n5531987654321"],
    ["nothing", ""],
  ])("%s has no other: %j", (_, waId) => {
    expect(phoneVariants(waId)).toEqual([]);
  });

  test("a spelling leads to the other and back, and never to a third", () => {
    const phones = fc
      .tuple(fc.constantFrom("55", "549", "54", "521", "52", "1", "44"), fc.stringMatching(/^\d{8,11}$/))
      .map(([country, rest]) => country + rest);
    fc.assert(
      fc.property(phones, (waId) => {
        for (const other of phoneVariants(waId)) {
          expect(other).not.toBe(waId);
          expect(phoneVariants(other)).toEqual([waId]);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a phone as people write it", () => {
  test.each([
    ["+1 (202) 555-0190", undefined, "12025550190"],
    ["+34 600 12 34 56", undefined, "34600123456"],
    ["600 12 34 56", "ES", "34600123456"],
    ["0034 600 123 456", "ES", "34600123456"],
    ["07700 900103", "GB", "447700900103"],
    ["+44 7700 900103", "ES", "447700900103"],
    // Italy keeps the zero.
    ["06 12345678", "IT", "390612345678"],
    ["011 15-2345-6789", "AR", "5491123456789"],
    // Spellings that WhatsApp uses, and the numbering plan knows no more, or not yet.
    ["+52 1 55 1234 5678", undefined, "5215512345678"],
    ["+52 55 1234 5678", undefined, "525512345678"],
    ["+55 31 8765-4321", undefined, "553187654321"],
    ["(31) 98765-4321", "BR", "5531987654321"],
    // As it comes out of a page, a card or another keyboard.
    [" tel:+34600123456 ", undefined, "34600123456"],
    ["\u202a+34 600\u00a0123\u00a0456\u202c", undefined, "34600123456"],
    ["＋34 600123456", undefined, "34600123456"],
  ] as const)("%j in %s is %s", (phone, country, waId) => {
    expect(waIdOf(phone, country)).toBe(waId);
  });

  test.each([
    // A national number without its country would be somebody's in another one (one_fm#6523).
    ["600 12 34 56", undefined],
    ["12025550190", undefined],
    ["0034 600 123 456", undefined],
    ["+34 600", undefined],
    ["112", "ES"],
    ["call +34 600 123 456", undefined],
    ["+34600tel:123456", undefined],
    ["+34 600 123 456 or the desk", undefined],
    ["+1 202 555 0190 ext. 5", undefined],
    ["US.90000000000000000101", "US"],
    ["+999 123 456 789", undefined],
    [`+${"1".repeat(500)}`, undefined],
    ["", "ES"],
    ["\u0000", "ES"],
    ["\ud83d", undefined],
    ["011 555 0134", "XX"],
  ] as const)("%j in %s is none", (phone, country) => {
    expect(waIdOf(phone, country)).toBeNull();
  });

  test("never throws, and gives nothing but digits", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.constantFrom(undefined, "ES" as const, "BR" as const),
        (text, country) => {
          expect(waIdOf(text, country) ?? "0").toMatch(/^\d+$/);
        },
      ),
      { numRuns: 500 },
    );
  });
});
