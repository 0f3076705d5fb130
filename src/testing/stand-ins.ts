import type { JsonValue } from "../domain/json.js";

/** Milliseconds: dates longer ago than that are somebody's birthday, or lead to one. */
const YEAR_MS = 365 * 24 * 3_600_000;

/** Codes that are tried one by one. */
const CODES_MOST = 8;

/** What is put in place of what a guest said, or the host answered: the same for the same, of the same kind. */
export interface StandIns {
  /** @param shaped keeps the shape: `"Rm-12"` is `"Xx-11"` */
  text(original: string, shaped?: boolean): string;
  mail(original: string): string;
  phone(original: string): string;
  /** Days of the last year and of times to come are dates of a stay, and stay. @param choice of several, from 0 */
  date(iso: string, now: Date, choice?: number): string;
  /** All strings in a value. @param keeps codes that stay */
  json(value: JsonValue, now: Date, keeps?: ReadonlySet<string>): JsonValue;
  /** Which of its strings may stay, as the flow may go by them: none, one of those that look like a code and that no guest wrote, or all of those. */
  kept(value: JsonValue): readonly ReadonlySet<string>[];
}

/** @param words what guests said: none of it is a code of the host's */
export function standIns(words: readonly string[]): StandIns {
  const known = new Map<string, string>();
  const said = new Set(words.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u)));
  const once = (kind: string, original: string, make: (n: number) => string): string => {
    const key = `${kind} ${original}`;
    const made = known.get(key) ?? make([...known.keys()].filter((one) => one.startsWith(`${kind} `)).length + 1);
    known.set(key, made);
    return made;
  };
  const one: StandIns = {
    text: (original, shaped = false) =>
      shaped
        ? original
            .replace(/\p{Lu}/gu, "X")
            .replace(/\p{L}/gu, (letter) => (letter === "X" ? "X" : "x"))
            .replace(/\p{N}/gu, "1")
        : once("text", original, (n) => `Answer ${String(n)}`),
    mail: (original) => once("mail", original.toLowerCase(), (n) => `guest${String(n)}@example.com`),
    phone: (original) =>
      once("phone", original.replace(/\D/g, ""), (n) => `+1202555${String(100 + (n % 100)).padStart(4, "0")}`),
    date(iso, now, choice = 0) {
      if (now.getTime() - Date.parse(iso) < YEAR_MS) return iso;
      const [year = "1980"] = iso.split("-");
      const others = ["1980-01-01", "2000-01-01", `${year}-01-01`, `${year}-12-31`].filter((other) => other !== iso);
      return others[choice % others.length] ?? "1980-01-01";
    },
    json(value, now, keeps = new Set()) {
      if (typeof value === "string") {
        if (/^[^\s@]+@[^\s@]+$/.test(value)) return one.mail(value);
        if (/^\d{4}-\d{2}-\d{2}/.test(value)) return one.date(value.slice(0, 10), now);
        if (/^\+?[\d\s()./-]{7,}$/.test(value)) return one.phone(value);
        return value === "" || keeps.has(value) ? value : one.text(value);
      }
      // Numbers of so many digits are somebody's.
      if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) >= 1e6 ? 1_000_000 : value;
      if (Array.isArray(value)) return value.map((member: JsonValue) => one.json(member, now, keeps));
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, one.json(member, now, keeps)]));
    },
    kept(value) {
      const codes = [...new Set(stringsIn(value))].filter(
        (text) => /^[a-z][a-z0-9_-]{0,31}$/.test(text) && !said.has(text),
      );
      const single = codes.slice(0, CODES_MOST).map((code) => new Set([code]));
      return [new Set<string>(), ...single, ...(codes.length > 1 ? [new Set(codes)] : [])];
    },
  };
  return one;
}

const stringsIn = (value: JsonValue): readonly string[] =>
  typeof value === "string"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap((member: JsonValue) => stringsIn(member))
      : [];
