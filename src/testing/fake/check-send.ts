import { z } from "zod";
import type { SendBody } from "../meta-json.js";
import type { Refusal } from "./graph-error.js";
import { interactive } from "./interactive-shapes.js";
import { audio, contacts, document, image, location, reaction, sticker, template, text, video } from "./shapes.js";

const TYPES: Readonly<Record<string, z.ZodType>> = {
  text,
  image,
  video,
  audio,
  document,
  sticker,
  location,
  contacts,
  reaction,
  template,
  interactive,
};

/** A phone with its country, however it is written down; a business-scoped id or a parent's. */
const phone = z
  .string()
  .regex(/^\+?[\d ()-]+$/)
  .refine((to) => /^\d{7,15}$/.test(to.replace(/\D/g, "")), { error: "must have 7 to 15 digits" });
const scopedId = z.string().regex(/^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/);

const common = {
  messaging_product: z.literal("whatsapp"),
  recipient_type: z.enum(["individual", "group"]).optional(),
  to: phone.optional(),
  recipient: scopedId.optional(),
  type: z.string().optional(),
  context: z.strictObject({ message_id: z.string().min(1) }).optional(),
  biz_opaque_callback_data: z.string().max(512).optional(),
  recipient_identity_key_hash: z.string().min(1).optional(),
  messaging_account_id: z.string().min(1).optional(),
  paid_messaging_account_id: z.string().min(1).optional(),
};

/** A whole send, by its type: made once, since making one takes longer than using it. */
const SENDS = new Map(Object.entries(TYPES).map(([type, body]) => [type, z.strictObject({ ...common, [type]: body })]));

/**
 * What Meta says to the shape of a send, before it looks at who it is for: 131051 for a type that it does not have, 100 for
 * a key, 131008 for what is missing and 131009 for a value or a length.
 * @returns null when it is well made
 */
export function checkShape(body: unknown): Refusal | null {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    return { code: 100, details: "The body is not a JSON object." };
  const { type = "text", recipient_type: kind } = body as SendBody;
  const send = SENDS.get(type);
  if (send === undefined) return { code: 131051, details: "Unsupported message type." };
  const { success, error } = send.safeParse(body);
  if (!success) return refusalOf(error.issues, body);
  const { to, recipient, context } = body as SendBody;
  if (to === undefined && recipient === undefined) return { code: 131008, details: "to: or a recipient is required." };
  if (kind === "group") return { code: 131020, details: "There is no such group." };
  if (type === "reaction" && context !== undefined)
    return { code: 131009, details: "context: must not stand beside a reaction." };
  return null;
}

/** The first issue that Meta would name: a key it does not know, then what is missing, then what is wrong. */
function refusalOf(issues: readonly z.core.$ZodIssue[], body: object): Refusal {
  for (const issue of issues)
    if (issue.code === "unrecognized_keys") {
      const where = issue.path.length === 0 ? "" : ` on param "${named(issue.path)}"`;
      return { code: 100, details: `Unexpected key "${issue.keys[0] ?? ""}"${where}.` };
    }
  const gone = issues.find((issue) => isMissing(issue, body));
  if (gone !== undefined) return { code: 131008, details: `${named(gone.path)}: is required.` };
  const [wrong] = issues;
  return { code: 131009, details: wrong === undefined ? "" : `${named(wrong.path)}: ${wrong.message}.` };
}

const named = (path: readonly PropertyKey[]): string => path.map(String).join(".");

function isMissing(issue: z.core.$ZodIssue, body: object): boolean {
  if (issue.code === "custom") return issue.params?.["missing"] === true;
  let value: unknown = body;
  for (const key of issue.path) value = (value as Readonly<Record<PropertyKey, unknown>> | undefined | null)?.[key];
  return value === undefined;
}

const markRead = z.strictObject({
  messaging_product: z.literal("whatsapp"),
  status: z.literal("read"),
  message_id: z.string().min(1),
  typing_indicator: z.strictObject({ type: z.literal("text") }).optional(),
});

/** What Meta says to the shape of a body that marks a message as read. @returns null when it is well made */
export function checkMarkRead(body: unknown): Refusal | null {
  const { success, error } = markRead.safeParse(body);
  return success ? null : refusalOf(error.issues, body as object);
}
