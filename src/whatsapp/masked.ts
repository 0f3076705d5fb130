import { maskCardNumbers } from "../domain/card-numbers.js";
import { isObject, type Json, type JsonObject } from "./json.js";

/** A value without card numbers, and how many were masked in it. */
export interface Masked<Value extends Json = Json> {
  readonly value: Value;
  readonly cards: number;
}

/**
 * Where Meta puts what people write: texts, captions, what a flow's form or a button says, an order's remark. Ids, phone numbers and times stand
 * under other names, and are never looked at. Source: WhatsApp "Messages webhook reference" (2026).
 */
const WRITTEN: ReadonlySet<string> = new Set(["body", "caption", "text", "title", "description", "filename"]);
/** A form's answers: JSON in a text, with a token of ours among them. */
const ANSWERS = { name: "response_json", token: "flow_token" };

/** Masks the card numbers in what people wrote. What has none comes back as the very same value. */
export function maskedJson<Value extends Json>(value: Value): Masked<Value> {
  let cards = 0;
  const clean = (given: Json, name: string): Json => {
    if (typeof given === "string")
      return name === ANSWERS.name ? answers(given) : WRITTEN.has(name) ? words(given) : given;
    if (Array.isArray(given))
      return same(
        given,
        (given as readonly Json[]).map((one) => clean(one, name)),
      );
    if (!isObject(given)) return given;
    let changed: Record<string, Json | undefined> | null = null;
    for (const key of Object.keys(given)) {
      const before = given[key];
      if (before === undefined) continue;
      const after = clean(before, key);
      if (after !== before) (changed ??= { ...given })[key] = after;
    }
    return changed ?? given;
  };
  const words = (text: string): string => {
    const masked = maskCardNumbers(text);
    cards += masked.cards;
    return masked.text;
  };
  const answers = (json: string): string => {
    try {
      const given = JSON.parse(json) as Json;
      const cleaned = everywhere(given);
      return cleaned === given ? json : JSON.stringify(cleaned);
    } catch {
      return words(json);
    }
  };
  /** All that somebody filled in is theirs, whatever the form calls it, and as a number too. */
  const everywhere = (given: Json): Json => {
    if (typeof given === "string") return words(given);
    if (typeof given === "number") {
      const written = String(given);
      const masked = words(written);
      return masked === written ? given : masked;
    }
    if (Array.isArray(given)) return same(given, (given as readonly Json[]).map(everywhere));
    if (!isObject(given)) return given;
    const entries = Object.entries(given).map(
      ([key, one]) => [key, one === undefined ? one : everywhere(one)] as const,
    );
    return entries.some(([key, one]) => one !== given[key]) ? Object.fromEntries(entries) : given;
  };
  return { value: clean(value, "") as Value, cards };
}

const same = (before: readonly Json[], after: readonly Json[]): readonly Json[] =>
  after.some((one, index) => one !== before[index]) ? after : before;

/** Of bytes that nobody could read: they are kept as they came, but for card numbers. */
export function maskedBytes(body: Uint8Array): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = bytes.toString("utf8");
  // What is no UTF-8 would not come back as it was.
  const encoding = Buffer.from(text, "utf8").equals(bytes) ? "utf8" : "latin1";
  const masked = maskCardNumbers(encoding === "utf8" ? text : bytes.toString(encoding));
  return masked.cards === 0 ? body : Buffer.from(masked.text, encoding);
}

/** What a leaf says of how many were masked before it was stored. */
export const CARDS = "maskedCards";
export const cardsOf = (leaf: JsonObject): number => (typeof leaf[CARDS] === "number" ? leaf[CARDS] : 0);
