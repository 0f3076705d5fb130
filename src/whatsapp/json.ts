/** Parsed JSON of somebody else. Read by key with `Object.hasOwn`, never merged into anything of ours. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A member of an object, undefined where there is none. */
export const member = (value: Json | undefined, key: string): Json | undefined =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

export const list = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : [];

/** Ours: several times what any id of Meta's has, and short enough to be found by an index of any database. */
const ID_MAX = 512;

/**
 * An id, which is looked up and compared; null for what cannot be one. Whoever signs a webhook may put anything in the
 * place of an id, and databases refuse NUL and half characters in a text.
 */
export function id(value: Json | undefined): string | null {
  const given = text(value);
  if (given === null || given === "" || given.length > ID_MAX) return null;
  // Nearly every id is plain: the second question is a slow one.
  return PLAIN.test(given) || !UNSTORABLE.test(given) ? given : null;
}

const PLAIN = /^[ -~]*$/;
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;

/** A text, also where a number stands in its place, as it does in some of Meta's payloads; null for anything else. */
export function text(value: Json | undefined): string | null {
  if (typeof value === "string") return value;
  // What is too large for a number is none: no JSON text can say it again.
  return typeof value === "number" && Number.isFinite(value) ? String(value) : null;
}

/** A number, also where a text of digits stands in its place; null for anything else. */
export function numeric(value: Json | undefined): number | null {
  const given = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof given === "number" && Number.isFinite(given) ? given : null;
}

/** While it is being made: many times as fast as putting spreads together. */
export type Writable<T> = { -readonly [Name in keyof T]: T[Name] };
