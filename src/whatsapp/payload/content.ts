import type { z } from "zod";
import { sentAttachment } from "../../domain/attachment.js";
import type { ListContent, OutboundContent, ProductSection } from "../../domain/content.js";
import { ConversationError } from "../../errors.js";
import { WhatsAppPayloadBuilder } from "./builder.js";
import { invalid } from "./checks.js";
import type { Cards } from "./commerce.js";
import type { ContactCardOptions } from "./contacts.js";
import { OwnContent } from "./content-schema.js";
import type { ListSection, ReplyButton } from "./interactive.js";
import type { AtLeastOne, OneToThree, TwoToTen, WhatsAppPayload } from "./shapes.js";

/**
 * Our content as WhatsApp's payload. Content comes from storage and from the network, where nobody counts for us: the
 * builder counts again what its types would have counted.
 * @throws {ConversationError} `payload_invalid`
 */
export function payloadOf(builder: WhatsAppPayloadBuilder<boolean>, content: OutboundContent): WhatsAppPayload {
  switch (content.type) {
    case "text":
      return builder.text(content.text, { previewUrl: content.linkPreview ?? false });
    case "image":
      return builder.image(content.media, captionOf(content));
    case "video":
      return builder.video(content.media, captionOf(content));
    case "audio":
      return builder.audio(content.media, { voice: content.voice ?? false });
    case "document": {
      const { fileName } = content;
      return builder.document(content.media, { ...captionOf(content), ...(fileName !== undefined && { fileName }) });
    }
    case "sticker":
      return builder.sticker(content.media);
    case "location": {
      const { latitude, longitude, text, address } = content;
      const named = { ...(text !== undefined && { name: text }), ...(address !== undefined && { address }) };
      return builder.location({ latitude, longitude, ...named });
    }
    case "contacts":
      return builder.contacts(content.cards as readonly ContactCardOptions[] as AtLeastOne<ContactCardOptions>);
    case "reaction":
      // It refuses by itself what quotes.
      return (builder as WhatsAppPayloadBuilder).reaction(content.wamid, content.text ?? null);
    case "template":
      return builder.template(content);
    case "buttons":
      return builder.replyButtons(content.text, content.buttons as unknown as OneToThree<ReplyButton>, content);
    case "list":
      return builder.list(content.text, content.button, sectionsOf(content), content);
    case "linkButton":
      return builder.linkButton(content.text, content, content);
    case "form":
      return builder.form(content.text, content, content);
    case "locationRequest":
      return builder.locationRequest(content.text);
    case "contactRequest":
      return builder.contactRequest(content.text);
    case "addressRequest":
      return builder.addressRequest(content.text, content, content);
    case "callButton":
      return builder.callButton(content.text, content);
    case "callPermissionRequest":
      return builder.callPermissionRequest(content.text);
    case "product": {
      const { catalogId, productId, text, footer } = content;
      const said = { ...(text !== undefined && { body: text }), ...(footer !== undefined && { footer }) };
      return builder.product(catalogId, productId, said);
    }
    case "products":
      return builder.productList(
        content.text,
        content.catalogId,
        content.sections as AtLeastOne<ProductSection>,
        content,
      );
    case "catalog":
      return builder.catalog(content.text, content);
    case "carousel":
      return builder.carousel(content.text, content.cards as unknown as Cards);
    case "productCarousel":
      return builder.productCarousel(
        content.text,
        content.catalogId,
        content.productIds as unknown as TwoToTen<string>,
      );
  }
}

/**
 * Checks content before anything is stored: its limits, and what the types of a host that has none would have refused.
 * @param quoting whether it is to quote a message
 * @throws {ConversationError} `payload_invalid`
 */
export function checkContent(content: OutboundContent, quoting = false): void {
  const builder = new WhatsAppPayloadBuilder({ kind: "waId", value: "0" });
  const sent = () => (sentAttachment(content) === null ? content : uploaded(content, "0"));
  let odd: Error | null = null;
  try {
    payloadOf(quoting ? builder.quoting("0") : builder, sent());
  } catch (error) {
    if (ConversationError.is(error)) throw error;
    // What is missing, or of another type, was read as if it were there: the shape says where.
    odd = error as Error;
  }
  const { error } = OwnContent.safeParse(content);
  if (error !== undefined) throw invalid(...whereOdd(error.issues));
  if (odd !== null) throw odd;
}

/** The first place at which a shape is none of ours, in words of its own alone, and how many there are. */
function whereOdd(issues: readonly z.core.$ZodIssue[]): [field: string, limit: string, actual: number] {
  const [first] = issues;
  const unknown =
    first?.code === "unrecognized_keys" ? first.keys.filter((key) => /^\w{1,40}$/.test(key)).slice(0, 1) : [];
  const path = [...(first?.path ?? []), ...unknown].map(String);
  return [["content", ...path].join("."), unknown.length > 0 ? "no such member" : "as its type says", issues.length];
}

/** The same with a file of the desk's by the id that WhatsApp has given it. */
export const uploaded = (content: OutboundContent, mediaId: string): OutboundContent =>
  "media" in content ? { ...content, media: { id: mediaId } } : content;

const captionOf = ({ text }: { readonly text?: string }) => (text === undefined ? {} : { caption: text });

/** Rows side by side under the same heading are a section. */
function sectionsOf({ rows }: ListContent): readonly ListSection[] {
  const sections: { title?: string; rows: ListContent["rows"][number][] }[] = [];
  for (const row of rows) {
    const last = sections.at(-1);
    if (last !== undefined && last.title === row.section) last.rows.push(row);
    else sections.push({ ...(row.section !== undefined && { title: row.section }), rows: [row] });
  }
  return sections;
}
