import { z } from "zod";
import { reveal, Secret, secret } from "../domain/secret.js";
import { hintsFor } from "./table.js";

/** Where, what is wrong, and what fits there: never what was given, which may be a secret. */
export interface Issue {
  readonly [member: string]: string;
  readonly path: string;
  readonly message: string;
}

/** @returns null when there were problems, which are added to `issues` */
export function check<T>(schema: z.ZodType<T>, value: unknown, at: readonly string[], issues: Issue[]): T | null {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const hints = hintsFor(schema);
  for (const { path, message } of result.error.issues)
    issues.push({ path: [...at, ...path].map(String).join("."), message, ...hints(path) });
  return null;
}

/** What a schema takes: the compiler holds the options above to it. */
export type Accepted<Schema extends z.ZodType> = DeepReadonly<z.input<Schema>>;
type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export const HOUR_MS = 60 * 60 * 1000;
export const DAY_MS = 24 * HOUR_MS;

export const Id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "1 to 64 of a-z, 0-9, _ and -, beginning with a letter or digit");
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.trim() !== "", "must say something");
/** From here on it is a `Secret`, whichever it was given. */
export const secretText = (min: number, message: string) =>
  z
    .custom<string | Secret>(
      (value) => (typeof value === "string" || Secret.is(value)) && reveal(value).length >= min,
      message,
    )
    .transform(secret);
export const whole = (min: number, max: number) => z.int().min(min).max(max);

export const unique = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** Without the members that say nothing. */
export const present = <T>(record: Readonly<Record<string, T | undefined>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(record).filter((member): member is [string, T] => member[1] !== undefined));
