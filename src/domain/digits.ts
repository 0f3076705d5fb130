/** Numbers that are one character, each the first of a run: what it counts from, and how many there are. */
const ENCLOSED: readonly (readonly [first: number, value: number, length: number])[] = [
  [0x2460, 1, 20], // ① to ⑳
  [0x2474, 1, 20], // ⑴ to ⒇
  [0x2488, 1, 20], // ⒈ to ⒛
  [0x24ea, 0, 1], // ⓪
  [0x24eb, 11, 10], // ⓫ to ⓴
  [0x24f5, 1, 10], // ⓵ to ⓾
  [0x24ff, 0, 1], // ⓿
  [0x2776, 1, 10], // ❶ to ❿
  [0x2780, 1, 10], // ➀ to ➉
  [0x278a, 1, 10], // ➊ to ➓
  [0x3251, 21, 15], // ㉑ to ㉟
  [0x32b1, 36, 15], // ㊱ to ㊿
  [0x1f51f, 10, 1], // 🔟
];

const DIGITS = /[\p{Nd}\p{No}\u{1f51f}]/gu;
const isDecimal = (code: number): boolean => /\p{Nd}/u.test(String.fromCodePoint(code));

/**
 * The digits of every script as 0 to 9: Arabic, Devanagari, full width and the rest. A number that is one character (②, 🔟)
 * becomes that number with a blank on either side, as two of them are two numbers and not one. Keycaps (3️⃣) keep their marks.
 */
export const plainDigits = (text: string): string =>
  text.replace(DIGITS, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    if (code < 0x80) return digit;
    if (isDecimal(code)) return String(valueOf(code));
    const run = ENCLOSED.find(([first, , length]) => code >= first && code < first + length);
    return run === undefined ? digit : ` ${String(code - run[0] + run[1])} `;
  });

/** The value of a character that is a decimal digit of any script; null for every other. */
export function decimalOf(character: string): number | null {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return code >= 0x30 && code <= 0x39 ? code - 0x30 : null;
  return isDecimal(code) ? valueOf(code) : null;
}

/** Unicode keeps the ten digits of a script together and in order, and gives every run of them whole tens. */
function valueOf(code: number): number {
  let before = 0;
  while (isDecimal(code - before - 1)) before++;
  return before % 10;
}
