import { characterAt, characterBefore, isWord } from "./letters.js";

/** Where an address leads. */
export interface LinkTarget {
  /** Begins with `https:`, `http:`, `mailto:` or `tel:`. ASCII. */
  readonly href: string;
  /** Of a web address the host and port that a browser goes to, in ASCII (`xn--` and all); null of other addresses. */
  readonly host: string | null;
}

/** What looks like an address in a text. */
export interface FoundLink {
  /** Where it ends in the text; it needs no second look before that. */
  readonly end: number;
  /** Null when it is to stay text. */
  readonly target: LinkTarget | null;
}

/** In UTF-16 units. Longer than any address that people send each other; what is longer stays text. */
const WEB_MAX = 2048;
/** E.164 has 15 digits; the rest is for what people put between them. */
const PHONE_MAX = 32;
/** RFC 5321: 64 before the @, 255 after it. */
const MAIL_MAX = 320;

const PHONE_MIN_DIGITS = 3;

/** Before an address these belong to it, as in `javascript://https://`. */
const JOINS = "/:@=.&?#%+-\\";

/** At the end of an address these belong to the sentence. */
const ENDS_SENTENCE = ".,;:!?'*_~|}";
const BRACKETS: Readonly<Record<string, string>> = { ")": "(", "]": "[" };

/**
 * The address that begins at `start`, as far as it reaches; null when none does. The text has to show its scheme. A web
 * address begins with its host (no `https://good@evil`) and hides nothing where it ends, mail is an address alone (no `?bcc=`),
 * a phone number is digits (no `*#06#`).
 */
export function linkAt(text: string, start: number): FoundLink | null {
  // One look at a letter says no to nearly every place.
  const read = READERS[text.charAt(start)];
  if (read === undefined) return null;
  const before = characterBefore(text, start);
  return isWord(before) || (before !== "" && JOINS.includes(before)) ? null : read(text, start);
}

type Reader = (text: string, start: number) => FoundLink | null;
const READERS: Readonly<Partial<Record<string, Reader>>> = {
  h: webAt,
  H: webAt,
  m: mailAt,
  M: mailAt,
  t: phoneAt,
  T: phoneAt,
};

/** Where the text says one of these at `start`, in any case, what comes after it. */
function after(text: string, start: number, ...schemes: readonly string[]): number | null {
  const scheme = schemes.find((one) => text.slice(start, start + one.length).toLowerCase() === one);
  return scheme === undefined ? null : start + scheme.length;
}

function webAt(text: string, start: number): FoundLink | null {
  const authority = after(text, start, "https://", "http://");
  if (authority === null) return null;
  const first = characterAt(text, authority);
  if (!isWord(first) && first !== "[") return null;

  const whole = extent(text, authority, Infinity, isInAddress);
  const end = withoutSentence(text, authority, whole);
  const address = text.slice(start, end);
  // Whatever stands before an @ would be taken for the host, and is not.
  const poses = /^[^/\\?#]*@/.test(address.slice(authority - start)) || goesOnUnseen(text, whole);
  if (poses || address.length > WEB_MAX || !URL.canParse(address)) return { end: whole, target: null };
  const { href, host } = new URL(address);
  return { end, target: { href, host } };
}

function mailAt(text: string, start: number): FoundLink | null {
  const local = after(text, start, "mailto:");
  if (local === null) return null;
  const at = extent(text, local, MAIL_MAX, (character) => /[\w.+-]/.test(character));
  if (at === local || text.charAt(at) !== "@") return null;
  let end = extent(text, at + 1, MAIL_MAX, (character) => /[A-Za-z0-9.-]/.test(character));
  while (".-".includes(text.charAt(end - 1))) end--;
  if (end <= at + 1 || end - local > MAIL_MAX || isGluedTo(text, end, "@%")) return null;
  return { end, target: { href: `mailto:${text.slice(local, end)}`, host: null } };
}

function phoneAt(text: string, start: number): FoundLink | null {
  const number = after(text, start, "tel:");
  if (number === null) return null;
  const first = text.charAt(number) === "+" ? number + 1 : number;
  let end = extent(text, first, PHONE_MAX, (character) => /[0-9().-]/.test(character));
  while (end > first && !/[0-9]/.test(text.charAt(end - 1))) end--;
  const digits = text.slice(first, end).replace(/[^0-9]/g, "");
  if (digits.length < PHONE_MIN_DIGITS || end - number > PHONE_MAX || isGluedTo(text, end, "#@+;")) return null;
  // A code for the telephone exchange; a star alone is a marker.
  if (/^\*[\w#*]/.test(text.slice(end, end + 2))) return null;
  return { end, target: { href: `tel:${text.slice(number, end)}`, host: null } };
}

/** Where the characters that `belongs` knows end. Looked for as far as `most`, and one further. */
function extent(text: string, start: number, most: number, belongs: (character: string) => boolean): number {
  let end = start;
  while (end - start <= most) {
    const character = characterAt(text, end);
    if (character === "" || !belongs(character)) break;
    end += character.length;
  }
  return end;
}

/** Letters and digits of any script, and what ASCII has but for quotes; nothing invisible, nothing that turns the line around. */
const isInAddress = (character: string): boolean =>
  character < "\u0080" ? /[!#-;=?-_a-~]/.test(character) : isWord(character);

/** Whether nothing but what is not seen keeps an address apart from more of it: `https://goo` and a soft hyphen and `gle.com`. */
function goesOnUnseen(text: string, end: number): boolean {
  let next = end;
  while (UNSEEN.test(characterAt(text, next))) next += characterAt(text, next).length;
  return next !== end && isInAddress(characterAt(text, next));
}

const UNSEEN = /\p{Cf}/u;

/** Whether what follows says that the address goes on, in a way that we do not follow. */
const isGluedTo = (text: string, end: number, more: string): boolean => {
  const next = characterAt(text, end);
  return next !== "" && (isWord(next) || more.includes(next));
};

/** The end without a full stop, a marker or a closing bracket that nothing in the address opens. */
function withoutSentence(text: string, start: number, longest: number): number {
  const surplus: Record<string, number> = {};
  const count = (character: string) => {
    let found = 0;
    for (let i = start; i < longest; i++) if (text.charAt(i) === character) found++;
    return found;
  };
  let end = longest;
  for (; end > start; end--) {
    const last = text.charAt(end - 1);
    if (ENDS_SENTENCE.includes(last)) continue;
    const opens = BRACKETS[last];
    if (opens === undefined) break;
    surplus[last] ??= count(last) - count(opens);
    if (surplus[last] <= 0) break;
    surplus[last]--;
  }
  return end;
}
