import { z } from "zod";
import { PRUNABLE, type Prunable } from "../domain/privacy.js";
import { MEDIA_TYPES, mediaLimits } from "../media/limits.js";

/** What the desk and a hotel may say of files, and of how long things are kept. */

export const MediaLimitsSchema = z.strictObject(
  Object.fromEntries(
    Object.entries<number>({ ...mediaLimits }).map(([name, most]) => [name, z.int().min(1).max(most).optional()]),
  ),
);

export const MediaTypesSchema = z
  .array(z.string().refine((type) => MEDIA_TYPES.some((one) => one === type), `one of ${MEDIA_TYPES.join(", ")}`))
  .min(1)
  .max(MEDIA_TYPES.length);

export const Bytes = z.int().min(0).nullable();

export const MediaRetentionSchema = z.record(
  z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/),
  z.union([z.literal("discard"), z.number().min(0).max(36_500), z.null()]),
);

/** One age for everything that can be pruned. */
export const agesOf = <T>(age: T): Record<Prunable, T> =>
  Object.fromEntries(PRUNABLE.map((what) => [what, age])) as Record<Prunable, T>;
