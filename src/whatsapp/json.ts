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
  return given !== null && given !== "" && given.length <= ID_MAX && !/[\p{Cc}\p{Cs}]/u.test(given) ? given : null;
}

/** A text, also where a number stands in its place, as it does in some of Meta's payloads; null for anything else. */
export function text(value: Json | undefined): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : null;
}
