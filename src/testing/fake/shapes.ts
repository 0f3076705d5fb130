import { z } from "zod";

/**
 * The bodies of sends as WhatsApp's documentation has them (November 2025 to September 2026), read apart from the SDK's own
 * builder, so that one finds the other's mistakes. A key that is not documented is refused, as Meta refuses it.
 * Lengths are in UTF-16 units: the unit is not documented.
 */

/** A text that says something. @param max characters */
export const said = (max = Infinity) =>
  z
    .string()
    .max(max)
    .refine((text) => text.trim() !== "", { error: "must not be empty" });

/** What comes back from a tap. @param max characters */
export const identifier = (max: number) =>
  said(max).refine((id) => id === id.trim(), { error: "must not begin or end with a space" });

/** An issue that a missing key would give. */
export const missing = (ctx: z.core.$RefinementCtx, path: string, message = "is required") => {
  ctx.addIssue({ code: "custom", path: [path], message, params: { missing: true } });
};

export const httpUrl = (max = Infinity) =>
  z
    .string()
    .max(max)
    .refine((url) => /^https?:$/.test(schemeOf(url)), { error: "must be a link that begins with http:// or https://" });

const schemeOf = (url: string): string => (URL.canParse(url) ? new URL(url).protocol : "");

/** A file by its id or by a link to it, and whatever else its kind has. */
const file = <Shape extends z.ZodRawShape>(more: Shape) =>
  z
    .strictObject({ id: z.string().min(1).optional(), link: httpUrl().optional(), ...more })
    .superRefine((value, ctx) => {
      const { id, link } = value as { readonly id?: string; readonly link?: string };
      if (id === undefined && link === undefined) missing(ctx, "id", "or a link is required");
      if (id !== undefined && link !== undefined)
        ctx.addIssue({ code: "custom", path: ["link"], message: "must not stand beside an id" });
    });

const caption = z.string().max(1024).optional();

export const image = file({ caption });
export const video = file({ caption });
export const audio = file({ voice: z.boolean().optional() });
export const document = file({ caption, filename: z.string().min(1).optional() });
export const sticker = file({});

export const text = z.strictObject({ body: said(4096), preview_url: z.boolean().optional() });

/** Degrees, as a number or as text. @param limit the most to either side */
const degrees = (limit: number) =>
  z
    .union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)])
    .refine((value) => Math.abs(Number(value)) <= limit, { error: `must be between -${limit} and ${limit}` });

export const location = z.strictObject({
  latitude: degrees(90),
  longitude: degrees(180),
  name: z.string().optional(),
  address: z.string().optional(),
});

const word = z.string().optional();

const card = z.strictObject({
  name: z
    .strictObject({
      formatted_name: said(),
      first_name: word,
      last_name: word,
      middle_name: word,
      suffix: word,
      prefix: word,
    })
    .superRefine(({ formatted_name: _, ...parts }, ctx) => {
      if (!Object.values(parts).some((part) => part !== undefined && part !== ""))
        missing(ctx, "first_name", "or another part of the name is required");
    }),
  addresses: z
    .array(
      z.strictObject({
        street: word,
        city: word,
        state: word,
        zip: word,
        country: word,
        country_code: word,
        type: word,
      }),
    )
    .optional(),
  birthday: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .optional(),
  emails: z.array(z.strictObject({ email: word, type: word })).optional(),
  org: z.strictObject({ company: word, department: word, title: word }).optional(),
  phones: z.array(z.strictObject({ phone: word, wa_id: word, type: word })).optional(),
  urls: z.array(z.strictObject({ url: word, type: word })).optional(),
});

export const contacts = z.array(card).min(1).max(257);

/** An empty emoji takes the reaction back. */
export const reaction = z.strictObject({ message_id: z.string().min(1), emoji: z.string() });

const named = { parameter_name: z.string().min(1).optional() };

const parameter = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string(), ...named }),
  z.strictObject({
    type: z.literal("currency"),
    currency: z.strictObject({ fallback_value: z.string(), code: z.string(), amount_1000: z.number() }),
    ...named,
  }),
  z.strictObject({
    type: z.literal("date_time"),
    date_time: z.looseObject({ fallback_value: z.string() }),
    ...named,
  }),
  z.strictObject({ type: z.literal("image"), image: file({}) }),
  z.strictObject({ type: z.literal("video"), video: file({}) }),
  z.strictObject({ type: z.literal("document"), document: file({ filename: word }) }),
  z.strictObject({ type: z.literal("location"), location }),
  z.strictObject({ type: z.literal("payload"), payload: z.string().min(1).max(256) }),
  z.strictObject({ type: z.literal("coupon_code"), coupon_code: z.string().min(1).max(15) }),
  z.strictObject({ type: z.literal("action"), action: z.looseObject({}) }),
]);

const parameters = z.array(parameter).optional();

const component = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("header"), parameters }),
  z.strictObject({ type: z.literal("body"), parameters }),
  z.strictObject({
    type: z.literal("button"),
    sub_type: z.string().min(1),
    index: z.union([z.string().regex(/^\d$/), z.number().int().min(0).max(9)]),
    parameters,
  }),
  // Their parts are not looked into.
  z.looseObject({ type: z.enum(["carousel", "limited_time_offer", "order_details"]) }),
]);

export const template = z.strictObject({
  name: z
    .string()
    .max(512)
    .regex(/^[a-z0-9_]+$/),
  language: z.strictObject({ code: z.string().min(1), policy: z.literal("deterministic").optional() }),
  components: z.array(component).optional(),
});
