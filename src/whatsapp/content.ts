import { z } from "zod";
import type { ContactCard, EditContent, GuestContent, MediaReference } from "../domain/content.js";
import { isoOf } from "./instant.js";
import { id, member, text, type Json, type JsonObject } from "./json.js";

/**
 * Reads what a guest's message says. Text is taken exactly as it came. A type or a shape that is not known yet becomes
 * `unknown`, never a guess: its raw text stays stored, and a later release may understand it.
 * @source WhatsApp "Messages webhook reference" (September 2026)
 */
export function contentOf(message: JsonObject): GuestContent {
  const type = text(message["type"]) ?? "";
  const read = Object.hasOwn(READERS, type) ? READERS[type as keyof typeof READERS] : undefined;
  return read?.(message[type] ?? null, message) ?? UNKNOWN;
}

const UNKNOWN = { type: "unknown" } as const;

type Reader = (body: Json, message: JsonObject) => GuestContent | null;

/** One for each of Meta's types; null says that the shape is not the known one. */
const READERS = {
  // Nearly every message is one: by hand, which takes a tenth of the time.
  text: (body) => {
    const words = member(body, "body");
    return typeof words === "string" ? { type: "text", text: words } : null;
  },
  button: (body) =>
    read(TemplateButton, body, ({ payload, text: label }) => ({
      type: "choice",
      via: "templateButton",
      id: payload ?? label,
      text: label,
    })),
  interactive: (body) => interactive(body),
  image: (body) => read(Captioned, body, (file) => ({ type: "image", ...caption(file), media: mediaOf(file) })),
  video: (body) => read(Captioned, body, (file) => ({ type: "video", ...caption(file), media: mediaOf(file) })),
  audio: (body) => read(Audio, body, (file) => ({ type: "audio", voice: file.voice ?? false, media: mediaOf(file) })),
  document: (body) =>
    read(Document, body, (file) => ({
      type: "document",
      ...caption(file),
      ...(file.filename !== undefined && { fileName: file.filename }),
      media: mediaOf(file),
    })),
  sticker: (body) =>
    read(Sticker, body, (file) => ({ type: "sticker", animated: file.animated ?? false, media: mediaOf(file) })),
  location: (body) =>
    read(Location, body, ({ latitude, longitude, name, address, url }) => ({
      type: "location",
      latitude,
      longitude,
      ...(name !== undefined && { text: name }),
      ...(address !== undefined && { address }),
      ...(url !== undefined && { url }),
    })),
  contacts: (body) => read(Cards, body, (cards) => ({ type: "contacts", cards: cards.map(cardOf) })),
  reaction: (body) =>
    read(Reaction, body, ({ message_id: wamid, emoji }) => ({
      type: "reaction",
      wamid,
      // An empty emoji is how a business takes one back; a guest's phone leaves it out.
      ...(emoji !== undefined && emoji !== "" && { text: emoji }),
    })),
  order: (body) =>
    read(Order, body, ({ catalog_id: catalogId, text: words, product_items: items }) => ({
      type: "order",
      ...(words !== undefined && words !== "" && { text: words }),
      catalogId,
      items: items.map(({ product_retailer_id: productId, quantity, item_price: price, currency }) => ({
        productId,
        quantity,
        price,
        currency,
      })),
    })),
  edit: (body) => edit(body),
  revoke: (body) => read(Revoke, body, ({ original_message_id: wamid }) => ({ type: "revoke", wamid })),
  unsupported: (body, message) => {
    const kind = text(member(body, "type"));
    const [error] = Errors.safeParse(message["errors"]).data ?? [];
    return { type: "unsupported", ...(kind !== null && { kind }), ...(error !== undefined && { code: error.code }) };
  },
  request_welcome: () => ({ type: "welcome" }),
  media_placeholder: () => ({ type: "mediaPlaceholder" }),
} as const satisfies Record<string, Reader>;

function read<Shape extends z.ZodType>(
  shape: Shape,
  body: Json,
  content: (body: z.infer<Shape>) => GuestContent,
): GuestContent | null {
  const parsed = shape.safeParse(body);
  return parsed.success ? content(parsed.data) : null;
}

/** Meta sends numbers as texts, and texts as numbers, here and there. */
const Numeric = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)]).transform(Number);
const Id = z.unknown().transform((value, context) => {
  const known = id(value as Json);
  if (known !== null) return known;
  context.addIssue({ code: "custom", message: "not an id" });
  return z.NEVER;
});

const TemplateButton = z.object({ payload: z.string().optional(), text: z.string() });
const File = z.object({ id: Id, mime_type: z.string(), sha256: z.string().optional() });
const Captioned = File.extend({ caption: z.string().optional() });
const Audio = File.extend({ voice: z.boolean().optional() });
const Document = Captioned.extend({ filename: z.string().optional() });
const Sticker = File.extend({ animated: z.boolean().optional() });
const Location = z.object({
  latitude: Numeric.pipe(z.number().min(-90).max(90)),
  longitude: Numeric.pipe(z.number().min(-180).max(180)),
  name: z.string().optional(),
  address: z.string().optional(),
  url: z.string().optional(),
});
const Reaction = z.object({ message_id: Id, emoji: z.string().optional() });
const Revoke = z.object({ original_message_id: Id });
const Order = z.object({
  catalog_id: Id,
  text: z.string().optional(),
  product_items: z.array(
    z.object({ product_retailer_id: z.string(), quantity: Numeric, item_price: Numeric, currency: z.string() }),
  ),
});
const Card = z.object({
  name: z.object({ formatted_name: z.string() }).partial().optional(),
  phones: z.array(z.object({ phone: z.string(), wa_id: z.string() }).partial()).optional(),
  emails: z.array(z.object({ email: z.string() }).partial()).optional(),
  org: z.object({ company: z.string() }).partial().optional(),
  origin: z.string().optional(),
});

const Cards = z.array(Card);
const Errors = z.array(z.object({ code: Numeric }));

const mediaOf = ({ id: mediaId, mime_type: mimeType, sha256 }: z.infer<typeof File>): MediaReference => ({
  id: mediaId,
  mimeType,
  ...(sha256 !== undefined && { sha256 }),
});
const caption = ({ caption: words }: z.infer<typeof Captioned>) => (words === undefined ? {} : { text: words });

function cardOf({ name, phones = [], emails = [], org, origin }: z.infer<typeof Card>): ContactCard {
  return {
    ...(name?.formatted_name !== undefined && { name: name.formatted_name }),
    isOwn: origin === "contact_request",
    phones: phones.flatMap(({ phone, wa_id: waId }) => {
      const number = phone ?? waId;
      return number === undefined ? [] : [{ number, ...(waId !== undefined && { waId }) }];
    }),
    emails: emails.flatMap(({ email }) => email ?? []),
    ...(org?.company !== undefined && { company: org.company }),
  };
}

const Choice = z.object({ id: z.string(), title: z.string(), description: z.string().optional() });
const Interactive = z.discriminatedUnion("type", [
  z.object({ type: z.literal("button_reply"), button_reply: Choice }),
  z.object({ type: z.literal("list_reply"), list_reply: Choice }),
  z.object({
    type: z.literal("nfm_reply"),
    nfm_reply: z.object({ name: z.string().optional(), response_json: z.string() }),
  }),
  z.object({
    type: z.literal("call_permission_reply"),
    call_permission_reply: z.object({
      response: z.enum(["accept", "reject"]),
      is_permanent: z.boolean().optional(),
      expiration_timestamp: Numeric.optional(),
      response_source: z.string().optional(),
    }),
  }),
]);

function interactive(body: Json): GuestContent | null {
  return read(Interactive, body, (reply): GuestContent => {
    switch (reply.type) {
      case "button_reply":
        return { type: "choice", via: "button", id: reply.button_reply.id, text: reply.button_reply.title };
      case "list_reply": {
        const { id: rowId, title, description } = reply.list_reply;
        return {
          type: "choice",
          via: "list",
          id: rowId,
          text: title,
          ...(description !== undefined && { description }),
        };
      }
      case "nfm_reply": {
        const { name, response_json: answers } = reply.nfm_reply;
        return { type: "flowReply", form: FORMS.get(name ?? "") ?? "unknown", answers };
      }
      case "call_permission_reply": {
        const { response, is_permanent, expiration_timestamp, response_source } = reply.call_permission_reply;
        const until = expiration_timestamp === undefined ? null : isoOf(expiration_timestamp);
        return {
          type: "callPermissionReply",
          allowed: response === "accept",
          permanent: is_permanent ?? false,
          ...(until !== null && { until }),
          automatic: response_source === "automatic",
        };
      }
    }
  });
}

const FORMS: ReadonlyMap<string, "flow" | "address"> = new Map([
  ["flow", "flow"],
  ["address_message", "address"],
]);

/** An edit carries the whole new message, one level deep: an edit of an edit names the original again. */
function edit(body: Json): EditContent | null {
  const wamid = id(member(body, "original_message_id"));
  const message = member(body, "message");
  if (wamid === null || message === undefined || text(member(message, "type")) === null) return null;
  const content = contentOf(message as JsonObject);
  return { type: "edit", wamid, content: EDITED.has(content.type) ? (content as EditContent["content"]) : UNKNOWN };
}
const EDITED: ReadonlySet<string> = new Set<EditContent["content"]["type"]>([
  "text",
  "image",
  "video",
  "audio",
  "document",
  "sticker",
]);
