/** What a number's last digit has to be, by hand: every second from the right is doubled. */
export function checkDigit(body: string): string {
  const sum = Array.from(body)
    .reverse()
    .reduce((total, digit, place) => {
      const twice = place % 2 === 0 ? Number(digit) * 2 : Number(digit);
      return total + (twice > 9 ? twice - 9 : twice);
    }, 0);
  return String((10 - (sum % 10)) % 10);
}

const groupsOf = (card: string): readonly string[] =>
  card.length === 15
    ? [card.slice(0, 4), card.slice(4, 10), card.slice(10)]
    : card.length === 14
      ? [card.slice(0, 4), card.slice(4, 10), card.slice(10)]
      : (card.match(/.{1,4}/g) ?? []);

const inScript = (zero: number) => (text: string) =>
  text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));

/** The ways in which guests write one down. */
export const WRITTEN: readonly ((card: string) => string)[] = [
  (card) => card,
  (card) => groupsOf(card).join(" "),
  (card) => groupsOf(card).join("-"),
  (card) => groupsOf(card).join("."),
  (card) => groupsOf(card).join(" - "),
  (card) => groupsOf(card).join("\u00a0"),
  (card) => groupsOf(card).join("\u2009"),
  (card) => groupsOf(card).join("\n"),
  (card) => groupsOf(card).join("\u2013"),
  (card) => Array.from(card).join(" "),
  (card) => Array.from(card).join("\u200b"),
  (card) => groupsOf(card).join(" \u200d"),
  (card) => (card.length === 16 ? `${card.slice(0, 8)} ${card.slice(8)}` : card),
  (card) => inScript(0x0660)(card),
  (card) => inScript(0x06f0)(groupsOf(card).join(" ")),
  (card) => inScript(0x0966)(card),
  (card) => inScript(0xff10)(groupsOf(card).join("\u3000")),
  (card) => inScript(0x1d7ce)(card),
  (card) => card.replace(/\d/g, "$&\ufe0f\u20e3"),
  (card) => `\u202a${groupsOf(card).join(" ")}\u202c`,
];
export const AROUND: readonly (readonly [before: string, after: string])[] = [
  ["", ""],
  ["My card is ", ", thank you"],
  ["carta:", " scad. 04/29"],
  ["Visa", "exp 04/29"],
  ["Zimmer 214, Karte ", "."],
  ["1. ", "\n2. two nights"],
  ["Call +39 06 1234567. Card ", " please"],
  ["💳", "💳"],
];

/** The digits of a text, in whatever script. */
export const plain = (text: string) =>
  text
    .normalize("NFKC")
    .replace(/[^\p{Nd}x]/gu, "")
    .replace(/\p{Nd}/gu, digitOf);
const digitOf = (digit: string): string => {
  for (const zero of [0x30, 0x660, 0x6f0, 0x966]) {
    const value = (digit.codePointAt(0) ?? 0) - zero;
    if (value >= 0 && value < 10) return String(value);
  }
  return digit;
};
