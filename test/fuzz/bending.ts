import { AWKWARD_TEXTS } from "../support/awkward-texts.js";

/** Numbers in [0, 1) that a seed determines. */
export type Random = () => number;

export const oneOf = <T>(random: Random, all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
const upTo = (random: Random, most: number): number => Math.floor(random() * (most + 1));

const PIECES = [
  " ",
  "  ",
  "\n",
  "\t",
  "0",
  "9",
  "a",
  "Z",
  ".",
  ",",
  "-",
  "/",
  "\\",
  "'",
  '"',
  "`",
  "*",
  "_",
  "~",
  "{",
  "}",
  "<",
  ">",
  "&",
  "%",
  "=",
  "#",
  "@",
  ":",
  ";",
  "\u0000",
  "\ud83d",
  "\ude00",
  "\u202e",
  "\u200d",
  "👩‍👩‍👧",
  "é",
  "ß",
  "İ",
  "中",
  "م",
];

/** A text of at most so many UTF-16 units: pieces, awkward texts, and what is repeated often. */
export function aText(random: Random, most: number): string {
  let text = "";
  for (let parts = 1 + upTo(random, 6); parts > 0; parts--) {
    const piece = random() < 0.5 ? oneOf(random, PIECES) : oneOf(random, AWKWARD_TEXTS);
    text += piece.repeat(random() < 0.2 ? 1 + upTo(random, most) : 1 + upTo(random, 3)).slice(0, most);
  }
  return text.slice(0, most);
}

/** A text with one to four changes: something left out, put in, doubled, turned or cut off. */
export function bent(random: Random, text: string): string {
  let now = text;
  for (let times = 1 + upTo(random, 3); times > 0; times--) {
    const at = upTo(random, now.length);
    const end = Math.min(now.length, at + upTo(random, 6));
    switch (upTo(random, 6)) {
      case 0:
        now = now.slice(0, at) + now.slice(end);
        break;
      case 1:
        now = now.slice(0, at) + aText(random, 20) + now.slice(at);
        break;
      case 2:
        now = now.slice(0, at) + now.slice(at, end).repeat(1 + upTo(random, 200)) + now.slice(end);
        break;
      case 3:
        now = now.slice(0, at) + String.fromCharCode(now.charCodeAt(at) ^ (1 << upTo(random, 7))) + now.slice(at + 1);
        break;
      case 4:
        now = now.slice(0, at);
        break;
      case 5:
        now = random() < 0.5 ? now.toUpperCase() : Array.from(now).reverse().join("");
        break;
      default:
        now = now + now.slice(at);
    }
  }
  return now.slice(0, 20_000);
}

/** Bytes with one to six changes. */
export function bentBytes(random: Random, bytes: Uint8Array): Uint8Array {
  let now = Buffer.from(bytes);
  for (let times = 1 + upTo(random, 5); times > 0; times--) {
    const at = upTo(random, Math.max(0, now.length - 1));
    switch (upTo(random, 4)) {
      case 0:
        now = Buffer.concat([now.subarray(0, at), now.subarray(at + 1 + upTo(random, 12))]);
        break;
      case 1:
        now = Buffer.concat([now.subarray(0, at), Buffer.from(aText(random, 30)), now.subarray(at)]);
        break;
      case 2:
        for (let n = at; n < Math.min(now.length, at + 4); n++)
          now[n] = oneOf(random, [0, 0x7f, 0x80, 0xff, upTo(random, 255)]);
        break;
      case 3:
        now = now.subarray(0, at);
        break;
      default:
        now = Buffer.concat([now, now.subarray(at, at + upTo(random, 200))]);
    }
  }
  return new Uint8Array(now);
}

/** A value in which one to three members are something else, gone, or there besides. Keys of prototypes are own members, as JSON has them. */
export function bentJson(random: Random, value: unknown): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  for (let times = 1 + upTo(random, 2); times > 0; times--) {
    const places: object[] = [];
    const collect = (inner: unknown): void => {
      if (typeof inner !== "object" || inner === null) return;
      places.push(inner);
      Object.values(inner).forEach(collect);
    };
    collect(copy);
    if (places.length === 0) return junk(random);
    const place = oneOf(random, places);
    const names = Object.keys(place);
    const name =
      random() < 0.7 && names.length > 0
        ? oneOf(random, names)
        : oneOf(random, ["__proto__", "constructor", "", "toString", "0", "id"]);
    if (random() < 0.15) Reflect.deleteProperty(place, name);
    else
      Object.defineProperty(place, name, { value: junk(random), configurable: true, enumerable: true, writable: true });
  }
  return copy;
}

function junk(random: Random, depth = 0): unknown {
  switch (upTo(random, depth > 3 ? 7 : 9)) {
    case 0:
      return null;
    case 1:
      return oneOf(random, [0, -1, 1.5, 1e21, -0, Number.MAX_SAFE_INTEGER + 2, 1e308]);
    case 2:
      return random() < 0.5;
    case 3:
      return "x".repeat(upTo(random, 5_000));
    case 4:
      return JSON.parse('{"__proto__":{"polluted":true}}');
    case 5:
      return [];
    case 6:
    case 7:
      return aText(random, 60);
    case 8:
      return Array.from({ length: upTo(random, 4) }, () => junk(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: upTo(random, 4) }, () => [aText(random, 12), junk(random, depth + 1)]),
      );
  }
}

/** What was made, for whoever looks at what went wrong. */
export const textOf = (made: unknown): string =>
  made instanceof Uint8Array
    ? Buffer.from(made).toString("base64")
    : JSON.stringify(made, (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
      ).slice(0, 4_000);
