import { decimalOf } from "./digits.js";

/** A text without its card numbers, and how many were masked. */
export interface MaskedText {
  readonly text: string;
  readonly cards: number;
}

/**
 * Which first digits a scheme issues, and how many digits its cards have. Source: the ranges that the schemes publish, as they are listed
 * under ISO/IEC 7812 "issuer identification number" (2026). Left out on purpose: Visa's old numbers of 13 digits and Maestro's of 12 to 15,
 * which nobody issues any more and phone numbers look like.
 */
const SCHEMES: readonly (readonly [first: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [16, 19]], // Visa
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]], // Mastercard
  [/^3[47]/, [15]], // American Express
  [/^3(?:0[0-5]|095|6|[89])/, [14]], // Diners Club
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]], // JCB
  [/^6(?:011|4[4-9]|5)/, [16, 17, 18, 19]], // Discover
  [/^(?:62|81)/, [16, 17, 18, 19]], // UnionPay
  [/^(?:50(?:18|20|38)|5893|6304|67(?:59|6[1-3]))/, [16, 17, 18, 19]], // Maestro
  [/^(?:60|82|508)/, [16]], // RuPay, Hipercard
  [/^(?:50[69]|6277|636[23])/, [16]], // Elo
  [/^220[0-4]/, [16, 17, 18, 19]], // Mir
  [/^9792/, [16]], // Troy
];
const FEWEST = 14;
const MOST = 19;

/** Nobody sees these, or they only dress a digit up: a number goes on across them. */
const UNSEEN = String.raw`\p{Cf}\p{Mn}\p{Me}`;
/** What people write between the groups of a number. */
const BETWEEN = String.raw`\s\p{Pd}.,·•_|\/\\`;
const RUN = new RegExp(String.raw`\p{Nd}(?:[${UNSEEN}${BETWEEN}]{0,5}\p{Nd}){${String(FEWEST - 1)},}`, "gu");
/** The digits of a group, the longest of which are American Express's; longer ones, put together, are two numbers and not one. */
const LONGEST_GROUP = 6;
/** Of sixteen digits that are written in two halves. */
const HALF = 8;

/** First and last digits that stay: what a receipt may show. Source: PCI DSS 4.0, requirement 3.4.1. */
const KEPT = { first: 6, last: 4 };
const MASK = "x";

/** An IBAN's groups look like a card's. Source: ISO 13616; 34 characters at most. */
const IBAN = /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?: ?[A-Z\d]){11,30}(?![\p{L}\p{N}])/gu;

/** What a card's three or four digits are called in the languages that hotels' guests write. */
const CODE_WORDS =
  "cvv2?|cvc2?|cvn|csc|cid|cv2|ccv|security code|sicherheitscode|prüfziffer|prüfnummer|codice(?: di)? sicurezza|" +
  "código(?: de)? (?:seguridad|segurança)|codigo(?: de)? (?:seguridad|seguranca)|code(?: de)? sécurité|cryptogramme";
const NAMED_CODE = new RegExp(
  String.raw`(?<!\p{L})(?:${CODE_WORDS})(?!\p{L})[^\p{Nd}]{0,20}(\p{Nd}{3,4})(?!\p{Nd})`,
  "giu",
);
/** The code as it is written down behind a card, its month and year, without a word. */
const BARE_CODE =
  /^[\s,;:/|.\p{Pd}]{1,6}(?:\p{Nd}{1,2}\s?[/.\p{Pd} ]\s?(?:\p{Nd}{4}|\p{Nd}{2})[\s,;:/|.\p{Pd}]{1,6})?(\p{Nd}{3,4})(?!\p{Nd})/u;
/** Characters before and behind a card in which its code is looked for. */
const NEAR = 100;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** A digit of a run: where it stands, and what is seen between it and the one before; null for the first. */
interface Digit extends Span {
  readonly value: number;
  readonly gap: string | null;
}

/**
 * Masks card numbers, but for their first six and last four digits, and the security codes beside them: in digits of any script, in groups,
 * with blanks, dots or what nobody sees between. What only looks like one, by its length, its issuer or its check digit, is left.
 * A text without one comes back as it is, to the letter.
 */
export function maskCardNumbers(text: string): MaskedText {
  const cards = cardsIn(text);
  if (cards.length === 0) return { text, cards: 0 };
  const covered = [...cards.flatMap(({ hidden }) => hidden), ...codesNear(text, cards)];
  let masked = "";
  let at = 0;
  for (const { from, to } of covered.toSorted((a, b) => a.from - b.from)) {
    if (from < at) continue;
    masked += text.slice(at, from) + MASK;
    at = to;
  }
  return { text: masked + text.slice(at), cards: cards.length };
}

interface Card extends Span {
  /** The digits that nobody may see. */
  readonly hidden: readonly Span[];
}

function cardsIn(text: string): readonly Card[] {
  const cards: Card[] = [];
  for (const { 0: run, index } of text.matchAll(RUN)) cards.push(...cardsOf(digitsOf(run, index)));
  if (cards.length === 0) return cards;
  const accounts = accountsIn(text);
  return cards.filter((card) => !accounts.some(({ from, to }) => card.from >= from && card.to <= to));
}

function digitsOf(run: string, index: number): readonly Digit[] {
  const digits: Digit[] = [];
  let gap: string | null = null;
  let from = index;
  for (const character of run) {
    const to = from + character.length;
    const value = decimalOf(character);
    if (value !== null) {
      digits.push({ value, from, to, gap });
      gap = "";
    } else if (!UNSEEN_ONE.test(character)) gap = (gap ?? "") + character;
    from = to;
  }
  return digits;
}
const UNSEEN_ONE = new RegExp(`[${UNSEEN}]`, "u");
const begins = ({ gap }: Digit): boolean => gap !== "";

/** Where cards overlap, one of them only seems to be one; both are masked, since nobody can say which. */
function cardsOf(digits: readonly Digit[]): readonly Card[] {
  const found: (readonly [start: number, end: number])[] = [];
  const values = digits.map(({ value }) => value).join("");
  digits.forEach((digit, start) => {
    if (!begins(digit)) return;
    for (let length = FEWEST; length <= MOST && start + length <= digits.length; length++) {
      const end = start + length;
      const next = digits[end];
      if (next !== undefined && !begins(next)) continue;
      if (isNumber(values.slice(start, end)) && isWritten(digits.slice(start, end))) found.push([start, end]);
    }
  });
  const merged: [start: number, end: number][] = [];
  for (const [start, end] of found) {
    const last = merged.at(-1);
    if (last !== undefined && start < last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged.map(([start, end]) => {
    const own = digits.slice(start, end);
    return { from: own[0]?.from ?? 0, to: own.at(-1)?.to ?? 0, hidden: own.slice(KEPT.first, -KEPT.last) };
  });
}

/** Whether some scheme would issue this number. */
const isNumber = (number: string): boolean =>
  SCHEMES.some(([first, lengths]) => lengths.includes(number.length) && first.test(number)) && passesLuhn(number);

/** In one piece, or in groups as people write them; dots beside commas stand in coordinates and amounts. */
function isWritten(digits: readonly Digit[]): boolean {
  const starts = digits.flatMap((digit, index) => (begins(digit) && index > 0 ? [index] : []));
  const groups = [...starts, digits.length].map((end, index) => end - (starts[index - 1] ?? 0));
  const gaps = digits
    .slice(1)
    .map(({ gap }) => gap ?? "")
    .join("");
  if (gaps.includes(".") && gaps.includes(",")) return false;
  return groups.length === 1 || groups.every((length) => length <= LONGEST_GROUP || length === HALF);
}

/** The check digit. Source: ISO/IEC 7812-1, annex B. */
function passesLuhn(number: string): boolean {
  let sum = 0;
  for (let index = number.length - 1, doubled = false; index >= 0; index--, doubled = !doubled) {
    const digit = Number(number[index]) * (doubled ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}

function accountsIn(text: string): readonly Span[] {
  const accounts: Span[] = [];
  for (const { 0: written, index } of text.matchAll(IBAN)) {
    const account = written.replaceAll(" ", "");
    if (isAccount(account)) accounts.push({ from: index, to: index + written.length });
  }
  return accounts;
}

/** Source: ISO 7064, MOD 97-10, letters as 10 to 35. */
function isAccount(iban: string): boolean {
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4))
    for (const digit of String(parseInt(character, 36))) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1;
}

function codesNear(text: string, cards: readonly Card[]): readonly Span[] {
  const codes: Span[] = [];
  for (const { from, to } of cards) {
    const near = { from: Math.max(0, from - NEAR), to: to + NEAR };
    for (const { 0: all, 1: code = "", index } of text.slice(near.from, near.to).matchAll(NAMED_CODE))
      codes.push(...digitsOf(code, near.from + index + all.length - code.length));
    const bare = BARE_CODE.exec(text.slice(to, near.to));
    if (bare?.[1] !== undefined) codes.push(...digitsOf(bare[1], to + bare[0].length - bare[1].length));
  }
  return codes;
}
