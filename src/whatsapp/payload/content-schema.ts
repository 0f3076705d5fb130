import { z } from "zod";
import { AnyJson, Id } from "../../json-schemas.js";

/**
 * What staff may send, as a body or a host without types has it: strict, so that a misspelt member is no message that says less. How
 * long and how many anything may be is counted by the payload builder, which names the limit.
 */

const file = { media: z.union([z.strictObject({ id: z.string() }), z.strictObject({ link: z.string() })]) };
/** A file of a message of its own may be one of the desk's. */
const ownFile = {
  media: z.union([
    z.strictObject({ id: z.string() }),
    z.strictObject({ link: z.string() }),
    z.strictObject({ attachmentId: Id.min(1).max(200) }),
  ]),
};
const words = { text: z.string() };
const optionalWords = { text: z.string().optional() };
const place = { latitude: z.number(), longitude: z.number() };
const footer = { footer: z.string().optional() };
const fileName = { fileName: z.string().optional() };
const label = z.string().optional();
const texts = z.record(z.string(), z.string());
const data = z.record(z.string(), AnyJson);

const pictureHeader = z.strictObject({ type: z.enum(["image", "video"]), ...file });
const documentHeader = z.strictObject({ type: z.literal("document"), ...file, ...fileName });
const mediaHeader = z.discriminatedUnion("type", [pictureHeader, documentHeader]);
const frame = { header: z.union([z.string(), mediaHeader]).optional(), ...footer };
const textFrame = { header: z.string().optional(), ...footer };

const option = { id: z.string(), title: z.string() };
const link = { label: z.string(), url: z.string() };

const card = z.strictObject({
  name: z.string(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  middleName: z.string().optional(),
  prefix: z.string().optional(),
  suffix: z.string().optional(),
  phones: z.array(z.strictObject({ number: z.string(), waId: z.string().optional(), label })).default([]),
  emails: z.array(z.strictObject({ email: z.string(), label })).optional(),
  links: z.array(z.strictObject({ url: z.string(), label })).optional(),
  addresses: z
    .array(
      z.strictObject({
        street: z.string().optional(),
        city: z.string().optional(),
        state: z.string().optional(),
        zip: z.string().optional(),
        country: z.string().optional(),
        countryCode: z.string().optional(),
        label,
      }),
    )
    .optional(),
  company: z.string().optional(),
  department: z.string().optional(),
  jobTitle: z.string().optional(),
  birthday: z.string().optional(),
});

const value = { text: z.string(), name: z.string().optional() };
const index = z.int();
/** `text` is left out: what the guest reads is the template's, and nobody's to write. */
export const Template = z.strictObject({
  type: z.literal("template"),
  name: z.string(),
  language: z.string(),
  header: z
    .discriminatedUnion("type", [
      z.strictObject({ type: z.literal("text"), ...value }),
      pictureHeader,
      documentHeader,
      z.strictObject({ type: z.literal("location"), ...place, name: z.string(), address: z.string() }),
    ])
    .optional(),
  body: z.array(z.strictObject(value)).optional(),
  buttons: z
    .array(
      z.discriminatedUnion("type", [
        z.strictObject({ type: z.literal("quickReply"), index, payload: z.string() }),
        z.strictObject({ type: z.literal("url"), index, text: z.string() }),
        z.strictObject({ type: z.literal("copyCode"), index, code: z.string() }),
        z.strictObject({ type: z.literal("flow"), index, token: z.string().optional(), data: data.optional() }),
      ]),
    )
    .optional(),
});

const cardHeader = z.strictObject({ type: z.enum(["image", "video"]), link: z.string() });
const face = { header: cardHeader, ...optionalWords };

const kinds = [
  z.strictObject({ type: z.literal("text"), ...words, linkPreview: z.boolean().optional() }),
  z.strictObject({ type: z.literal("image"), ...optionalWords, ...ownFile }),
  z.strictObject({ type: z.literal("video"), ...optionalWords, ...ownFile }),
  z.strictObject({ type: z.literal("audio"), voice: z.boolean().optional(), ...ownFile }),
  z.strictObject({ type: z.literal("document"), ...optionalWords, ...fileName, ...ownFile }),
  z.strictObject({ type: z.literal("sticker"), ...ownFile }),
  z.strictObject({ type: z.literal("location"), ...place, ...optionalWords, address: z.string().optional() }),
  z.strictObject({ type: z.literal("contacts"), cards: z.array(card) }),
  z.strictObject({
    type: z.literal("buttons"),
    ...words,
    ...frame,
    buttons: z.array(z.strictObject(option)).min(1).max(3),
  }),
  z.strictObject({
    type: z.literal("list"),
    ...words,
    ...textFrame,
    button: z.string(),
    rows: z
      .array(z.strictObject({ ...option, description: z.string().optional(), section: z.string().optional() }))
      .min(1)
      .max(10),
  }),
  z.strictObject({ type: z.literal("linkButton"), ...words, ...frame, ...link }),
  z.strictObject({
    type: z.literal("form"),
    ...words,
    ...frame,
    label: z.string(),
    form: z.union([z.strictObject({ id: z.string() }), z.strictObject({ name: z.string() })]),
    token: z.string().optional(),
    draft: z.boolean().optional(),
    start: z.union([z.literal("endpoint"), z.strictObject({ screen: z.string(), data: data.optional() })]).optional(),
  }),
  z.strictObject({ type: z.literal("locationRequest"), ...words }),
  z.strictObject({ type: z.literal("contactRequest"), ...words }),
  z.strictObject({
    type: z.literal("addressRequest"),
    ...words,
    ...frame,
    country: z.literal("IN"),
    values: texts.optional(),
    savedAddresses: z.array(z.strictObject({ id: z.string(), values: texts })).optional(),
    errors: texts.optional(),
  }),
  z.strictObject({
    type: z.literal("callButton"),
    ...words,
    label,
    minutes: z.number().optional(),
    payload: z.string().optional(),
  }),
  z.strictObject({ type: z.literal("callPermissionRequest"), ...optionalWords }),
  z.strictObject({
    type: z.literal("product"),
    ...optionalWords,
    ...footer,
    catalogId: z.string(),
    productId: z.string(),
  }),
  z.strictObject({
    type: z.literal("products"),
    ...words,
    header: z.string(),
    ...footer,
    catalogId: z.string(),
    sections: z.array(z.strictObject({ title: z.string(), productIds: z.array(z.string()) })),
  }),
  z.strictObject({ type: z.literal("catalog"), ...words, ...footer, thumbnailProductId: z.string().optional() }),
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
] as const;

const onMessage = { type: z.literal("reaction"), ...optionalWords };
/** As a body has it: a message to react to is named by the desk's own id. */
export const Content = z.discriminatedUnion("type", [
  ...kinds,
  z.strictObject({ ...onMessage, messageId: Id.min(1).max(200) }),
  Template,
]);

/** As the desk has it before it is stored: it has looked up what is reacted to, and what a template says. */
export const OwnContent = z.discriminatedUnion("type", [
  ...kinds,
  z.strictObject({ ...onMessage, wamid: z.string(), messageId: z.string().nullable().optional() }),
  Template.extend(optionalWords),
]);
