import { parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/max";

/**
 * Other spellings under which WhatsApp may know the same subscriber; none for most countries, and for what is no phone.
 * They are for looking somebody up: what Meta has reported is never rewritten.
 */
export function phoneVariants(waId: string): readonly string[] {
  for (const [spelling, other] of SPELLINGS) if (spelling.test(waId)) return [waId.replace(spelling, other)];
  return [];
}

/** Each of a pair leads to the other, and the other back. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  // Brazil's mobiles have got a ninth digit, a 9 after the area code, and WhatsApp often knows them by the eight. Eight
  // digits that begin with 2 to 5 are a landline's, which has no other spelling.
  [/^55([1-9][1-9])9([6-9]\d{7})$/, "55$1$2"],
  [/^55([1-9][1-9])([6-9]\d{7})$/, "55$19$2"],
  // Argentina's mobiles have a 9 after the country's code when they are called from abroad. No area code begins with a 9.
  [/^549([1-3]\d{9})$/, "54$1"],
  [/^54([1-3]\d{9})$/, "549$1"],
  // Mexico's mobiles had a 1 after the country's code until 2019. No area code begins with a 1.
  [/^521([2-9]\d{9})$/, "52$1"],
  [/^52([2-9]\d{9})$/, "521$1"],
];

/**
 * A phone as people write it, as digits with the country's code: what WhatsApp calls a `wa_id`, unless it knows the
 * subscriber by another spelling. null for what is no phone number.
 * @param country ISO 3166-1 alpha-2, of a phone without its country's code; without it such a phone is none, because it
 *   would be somebody's in another country. One that nobody knows is as none
 */
export function waIdOf(phone: string, country?: string): string | null {
  // What comes along when a phone is copied out of a page or a card.
  const written = phone
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .trim()
    .replace(/^tel:/i, "");
  const parsed = read(written, country);
  if (parsed === undefined || parsed.ext !== undefined) return null;
  const digits = parsed.number.slice(1);
  // By its length, not by its digits: numbering plans grow, and what is known of them here is as old as the release. They
  // know one of the spellings only.
  const couldBe = (waId: string) => read(`+${waId}`)?.isPossible() === true;
  return couldBe(digits) || phoneVariants(digits).some(couldBe) ? digits : null;
}

const read = (phone: string, country?: string) =>
  parsePhoneNumberFromString(phone, {
    extract: false,
    ...(country !== undefined && { defaultCountry: country as CountryCode }),
  });
