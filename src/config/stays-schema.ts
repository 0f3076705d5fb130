import { z } from "zod";
import { PMS_KINDS } from "../domain/stay.js";
import { TASK_STATUSES } from "../domain/task.js";
import { LIMITS } from "../whatsapp/limits.js";

const DAY_MS = 24 * 60 * 60_000;
const YEAR_MS = 366 * DAY_MS;
/** Ours: a hotel that says more about one stay would be written off as a pest. */
const MESSAGES_MAX = 50;

const span = (most: number) => z.int().min(0).max(most);
const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "HH:MM");
/** Days are written by it: `pt-BR`, or as WhatsApp writes it, `pt_BR`. */
const Tag = z.string().refine(isTag, "a language tag such as it, pt-BR or pt_BR");
const Text = z
  .string()
  .max(LIMITS.textBody)
  .refine((value) => value.trim() !== "", "must say something");
const Template = z.looseObject({ type: z.literal("template"), name: z.string().min(1), language: z.string().min(1) });
const anchored = { ms: span(YEAR_MS) };
const Anchor = z.enum(["arrival", "departure"]);

const Message = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "1 to 64 of a-z, 0-9, _ and -, beginning with a letter or digit"),
    when: z.union([
      z.strictObject({ on: z.enum(PMS_KINDS), afterMs: span(YEAR_MS).optional() }),
      z.strictObject({ before: Anchor, ...anchored }),
      z.strictObject({ after: Anchor, ...anchored }),
    ]),
    department: z.string().min(1).max(64).optional(),
    templates: z.record(Tag, Template).optional(),
    texts: z.record(Tag, Text).optional(),
    lateMs: span(YEAR_MS).optional(),
    offer: z.boolean().optional(),
    quiet: z.boolean().optional(),
  })
  .refine(
    ({ texts = {}, templates = {} }) => Object.keys(texts).length + Object.keys(templates).length > 0,
    "says nothing: texts, templates, or both",
  );

const Update = z.strictObject({ texts: z.record(Tag, Text), templates: z.record(Tag, Template).optional() });

const Stays = z.strictObject({
  checkInAt: Time.optional(),
  checkOutAt: Time.optional(),
  gapMs: span(7 * DAY_MS).optional(),
  arrivalSoonMs: span(YEAR_MS).optional(),
  departureSoonMs: span(YEAR_MS).optional(),
  messages: z
    .array(Message)
    .max(MESSAGES_MAX)
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, "two messages have the same id")
    .optional(),
  taskUpdates: z.partialRecord(z.enum(TASK_STATUSES).exclude(["asked"]), Update.nullable()).optional(),
});

/** What a hotel says by itself about stays, taken as it is once nothing is wrong with it. */
export const StaysSchema = z.custom<object>().superRefine((stays, context) => {
  const result = Stays.safeParse(stays);
  for (const { path, message } of result.error?.issues ?? [])
    context.addIssue({ code: "custom", path: [...path], message });
});

function isTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll("_", "-")).length === 1;
  } catch {
    return false;
  }
}
