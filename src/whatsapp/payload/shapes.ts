import type { JsonValue } from "../../domain/json.js";

// Unions of tuples, since an optional element could be `undefined` in a host that is compiled less strictly.

/** One to three, so a fourth button is a compile error before it is a Graph API error. */
export type OneToThree<T> = readonly [T] | readonly [T, T] | readonly [T, T, T];
/** Two to ten. */
export type TwoToTen<T> =
  | readonly [T, T]
  | readonly [T, T, T]
  | readonly [T, T, T, T]
  | readonly [T, T, T, T, T]
  | readonly [T, T, T, T, T, T]
  | readonly [T, T, T, T, T, T, T]
  | readonly [T, T, T, T, T, T, T, T]
  | readonly [T, T, T, T, T, T, T, T, T]
  | readonly [T, T, T, T, T, T, T, T, T, T];
/** A list that is not empty. */
export type AtLeastOne<T> = readonly [T, ...T[]];

/** One of these members at least, and any of the others. */
export type AnyOf<T> = { [K in keyof T]-?: Required<Pick<T, K>> & Partial<Omit<T, K>> }[keyof T];

/** A request body for `POST /{number}/messages`, ready for `JSON.stringify`. */
export type WhatsAppPayload = Readonly<Record<string, JsonValue>>;

/** A member under Meta's name for it, if there is a value. */
export const optional = <Name extends string, Value extends JsonValue>(
  name: Name,
  value: Value | undefined,
): Readonly<Partial<Record<Name, Value>>> =>
  Object.fromEntries(value === undefined ? [] : [[name, value]]) as Readonly<Partial<Record<Name, Value>>>;
