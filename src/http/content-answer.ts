import { z } from "zod";
import { AnyJson } from "../json-schemas.js";

/** What a message says, as answers have it: `ContentJson` of `content-json.ts`, for whoever reads it without TypeScript. */

const words = { text: z.string() };
const optionalWords = { text: z.string().exactOptional() };
const optional = z.string().exactOptional();
/** Of a guest's file what it is said to be, of the hotel's the public address it was sent by. */
const file = { mimeType: z.string().exactOptional(), link: z.string().exactOptional() };
const place = { latitude: z.number(), longitude: z.number() };
const texts = z.record(z.string(), z.string());
const data = z.record(z.string(), AnyJson);
const option = { id: z.string(), title: z.string() };
const link = { label: z.string(), url: z.string() };

const mediaHeader = z.strictObject({
  type: z.enum(["image", "video", "document"]),
  link: optional,
  fileName: optional,
});
const frame = { header: z.union([z.string(), mediaHeader]).exactOptional(), footer: optional };

const card = z.strictObject({
  name: optional,
  firstName: optional,
  lastName: optional,
  middleName: optional,
  prefix: optional,
  suffix: optional,
  /** Of a guest's card: the guest tapped "share my phone", so it is their own. */
  isOwn: z.boolean().exactOptional(),
  phones: z.array(z.strictObject({ number: z.string(), waId: optional, label: optional })),
  emails: z.array(z.union([z.string(), z.strictObject({ email: z.string(), label: optional })])).exactOptional(),
  links: z.array(z.strictObject({ url: z.string(), label: optional })).exactOptional(),
  addresses: z
    .array(
      z.strictObject({
        street: optional,
        city: optional,
        state: optional,
        zip: optional,
        country: optional,
        countryCode: optional,
        label: optional,
      }),
    )
    .exactOptional(),
  company: optional,
  department: optional,
  jobTitle: optional,
  birthday: optional,
});

const value = { text: z.string(), name: optional };
const index = z.int();
const template = z.strictObject({
  type: z.literal("template"),
  name: z.string(),
  language: z.string(),
  header: z
    .union([
      z.strictObject({ type: z.literal("text"), ...value }),
      mediaHeader,
      z.strictObject({ type: z.literal("location"), ...place, name: z.string(), address: z.string() }),
    ])
    .exactOptional(),
  body: z.array(z.strictObject(value)).exactOptional(),
  buttons: z
    .array(
      z.discriminatedUnion("type", [
        z.strictObject({ type: z.literal("quickReply"), index, payload: z.string() }),
        z.strictObject({ type: z.literal("url"), index, text: z.string() }),
        z.strictObject({ type: z.literal("copyCode"), index, code: z.string() }),
        z.strictObject({ type: z.literal("flow"), index, data: data.exactOptional() }),
      ]),
    )
    .exactOptional(),
  text: optional,
});

const face = {
  header: z.strictObject({ type: z.enum(["image", "video"]), link: z.string() }),
  ...optionalWords,
};

export const ContentAnswer = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), ...words, linkPreview: z.boolean().exactOptional() }),
  z.strictObject({
    type: z.literal("choice"),
    via: z.enum(["button", "list", "templateButton"]),
    id: z.string(),
    ...words,
    description: optional,
  }),
  z.strictObject({ type: z.literal("image"), ...optionalWords, ...file }),
  z.strictObject({ type: z.literal("video"), ...optionalWords, ...file }),
  z.strictObject({ type: z.literal("audio"), voice: z.boolean(), ...file }),
  z.strictObject({ type: z.literal("document"), ...optionalWords, fileName: optional, ...file }),
  z.strictObject({ type: z.literal("sticker"), animated: z.boolean().exactOptional(), ...file }),
  z.strictObject({ type: z.literal("location"), ...place, ...optionalWords, address: optional, url: optional }),
  z.strictObject({ type: z.literal("contacts"), cards: z.array(card) }),
  z.strictObject({
    type: z.literal("order"),
    ...optionalWords,
    catalogId: z.string(),
    items: z.array(
      z.strictObject({ productId: z.string(), quantity: z.number(), price: z.number(), currency: z.string() }),
    ),
  }),
  z.strictObject({ type: z.literal("flowReply"), form: z.enum(["flow", "address", "unknown"]), answers: z.string() }),
  z.strictObject({
    type: z.literal("callPermissionReply"),
    allowed: z.boolean(),
    permanent: z.boolean(),
    until: optional,
    automatic: z.boolean(),
  }),
  z.strictObject({ type: z.literal("unsupported"), kind: optional, code: z.number().exactOptional() }),
  z.strictObject({ type: z.enum(["welcome", "mediaPlaceholder", "revoked", "unseen", "unknown"]) }),
  z.strictObject({
    type: z.literal("system"),
    changed: z.enum(["number", "userId", "identity", "unknown"]),
    ...optionalWords,
  }),
  z.strictObject({
    type: z.literal("call"),
    direction: z.enum(["fromGuest", "toGuest"]),
    outcome: z.enum(["completed", "failed", "unknown"]),
    seconds: z.number().exactOptional(),
  }),
  z.strictObject({ type: z.literal("reaction"), messageId: optional, ...optionalWords }),
  z.strictObject({ type: z.literal("note"), ...words, mentions: z.array(z.string()) }),
  template,
  z.strictObject({ type: z.literal("buttons"), ...words, ...frame, buttons: z.array(z.strictObject(option)) }),
  z.strictObject({
    type: z.literal("list"),
    ...words,
    header: optional,
    footer: optional,
    button: z.string(),
    rows: z.array(z.strictObject({ ...option, description: optional, section: optional })),
  }),
  z.strictObject({ type: z.literal("linkButton"), ...words, ...frame, ...link }),
  z.strictObject({
    type: z.literal("form"),
    ...words,
    ...frame,
    label: z.string(),
    form: z.union([z.strictObject({ id: z.string() }), z.strictObject({ name: z.string() })]),
    draft: z.boolean().exactOptional(),
    start: z
      .union([z.literal("endpoint"), z.strictObject({ screen: z.string(), data: data.exactOptional() })])
      .exactOptional(),
  }),
  z.strictObject({ type: z.literal("locationRequest"), ...words }),
  z.strictObject({ type: z.literal("contactRequest"), ...words }),
  z.strictObject({
    type: z.literal("addressRequest"),
    ...words,
    ...frame,
    country: z.literal("IN"),
    values: texts.exactOptional(),
    savedAddresses: z.array(z.strictObject({ id: z.string(), values: texts })).exactOptional(),
    errors: texts.exactOptional(),
  }),
  z.strictObject({
    type: z.literal("callButton"),
    ...words,
    label: optional,
    minutes: z.number().exactOptional(),
    payload: optional,
  }),
  z.strictObject({ type: z.literal("callPermissionRequest"), ...optionalWords }),
  z.strictObject({
    type: z.literal("product"),
    ...optionalWords,
    footer: optional,
    catalogId: z.string(),
    productId: z.string(),
  }),
  z.strictObject({
    type: z.literal("products"),
    ...words,
    header: z.string(),
    footer: optional,
    catalogId: z.string(),
    sections: z.array(z.strictObject({ title: z.string(), productIds: z.array(z.string()) })),
  }),
  z.strictObject({ type: z.literal("catalog"), ...words, footer: optional, thumbnailProductId: optional }),
  z.strictObject({
    type: z.literal("carousel"),
    ...words,
    cards: z.union([
      z.array(z.strictObject({ ...face, button: z.strictObject(link) })),
      z.array(z.strictObject({ ...face, buttons: z.array(z.strictObject(option)) })),
    ]),
  }),
  z.strictObject({
    type: z.literal("productCarousel"),
    ...words,
    catalogId: z.string(),
    productIds: z.array(z.string()),
  }),
]);
