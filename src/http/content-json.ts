import type {
  AmendingContent,
  FormContent,
  Framed,
  MediaHeader,
  MediaReference,
  MessageContent,
  OutboundReactionContent,
} from "../domain/content.js";
import type { OutboundFileReference, TemplateButton, TemplateContent, TemplateHeader } from "../domain/template.js";
import { given } from "./given.js";

/**
 * What a message says, as pages get it. Of a guest's file, what it is said to be, of the hotel's, the public address that it
 * was sent by: where a file lies with Meta is no page's matter, and neither is the secret of a form.
 */
export type ContentJson = Shown<MessageContent>;

type Shown<Content> = Content extends { readonly media: MediaReference }
  ? Omit<Content, "media"> & { readonly mimeType: string }
  : Content extends { readonly media: OutboundFileReference }
    ? Omit<Content, "media"> & LinkJson
    : Content extends TemplateContent
      ? TemplateJson
      : Content extends AmendingContent
        ? Omit<OutboundReactionContent, "wamid">
        : Content extends FormContent
          ? Headed<Omit<Content, "token">>
          : Headed<Content>;
type Headed<Content> = Content extends { readonly header?: string | MediaHeader }
  ? MediaHeader extends NonNullable<Content["header"]>
    ? Omit<Content, "header"> & { readonly header?: string | MediaHeaderJson }
    : Content
  : Content;

interface LinkJson {
  readonly link?: string;
}
interface MediaHeaderJson extends LinkJson {
  readonly type: MediaHeader["type"];
  readonly fileName?: string;
}
interface TemplateJson extends Omit<TemplateContent, "header" | "buttons"> {
  readonly header?: Exclude<TemplateHeader, { readonly media: unknown }> | MediaHeaderJson;
  readonly buttons?: readonly TemplateButtonJson[];
}
type TemplateButtonJson =
  | Exclude<TemplateButton, { readonly type: "flow" }>
  | Omit<Extract<TemplateButton, { readonly type: "flow" }>, "token">;

export function contentJson(content: MessageContent): ContentJson {
  switch (content.type) {
    case "text":
      return { type: content.type, text: content.text, ...("linkPreview" in content && given(content, "linkPreview")) };
    case "choice":
      return { type: content.type, via: content.via, id: content.id, ...given(content, "text", "description") };
    case "image":
      return { type: content.type, ...given(content, "text"), ...fileJson(content.media) };
    case "video":
      return { type: content.type, ...given(content, "text"), ...fileJson(content.media) };
    case "document":
      return { type: content.type, ...given(content, "text", "fileName"), ...fileJson(content.media) };
    case "audio":
      return { type: content.type, voice: content.voice ?? false, ...fileJson(content.media) };
    case "sticker":
      return {
        type: content.type,
        ...("animated" in content && given(content, "animated")),
        ...fileJson(content.media),
      };
    case "location":
      return { type: content.type, ...given(content, "latitude", "longitude", "text", "address", "url") };
    case "contacts":
      return { type: content.type, cards: content.cards } as ContentJson;
    case "order":
      return { type: content.type, ...given(content, "text", "catalogId", "items") };
    case "flowReply":
      return { type: content.type, form: content.form, answers: content.answers };
    case "callPermissionReply":
      return { type: content.type, ...given(content, "allowed", "permanent", "until", "automatic") };
    case "unsupported":
      return { type: content.type, ...given(content, "kind", "code") };
    case "system":
      return { type: content.type, ...given(content, "changed", "text") };
    case "call":
      return { type: content.type, ...given(content, "direction", "outcome", "seconds") };
    case "welcome":
    case "mediaPlaceholder":
    case "revoked":
    case "unseen":
    case "unknown":
      return { type: content.type };
    case "note":
      return { type: content.type, text: content.text, mentions: content.mentions };
    case "reaction":
      return { type: content.type, ...given(content, "messageId", "text") };
    case "template":
      return templateJson(content);
    case "buttons":
      return { type: content.type, text: content.text, buttons: content.buttons, ...frameJson(content) };
    case "list":
      return { type: content.type, ...given(content, "text", "button", "rows", "header", "footer") };
    case "linkButton":
      return { type: content.type, ...given(content, "text", "label", "url"), ...frameJson(content) };
    case "form":
      return {
        type: content.type,
        ...given(content, "text", "label", "form", "draft", "start"),
        ...frameJson(content),
      };
    case "addressRequest":
      return {
        type: content.type,
        ...given(content, "text", "country", "values", "savedAddresses", "errors"),
        ...frameJson(content),
      };
    case "locationRequest":
    case "contactRequest":
      return { type: content.type, text: content.text };
    case "callButton":
      return { type: content.type, ...given(content, "text", "label", "minutes", "payload") };
    case "callPermissionRequest":
      return { type: content.type, ...given(content, "text") };
    case "product":
      return { type: content.type, ...given(content, "text", "footer", "catalogId", "productId") };
    case "products":
      return { type: content.type, ...given(content, "text", "header", "footer", "catalogId", "sections") };
    case "catalog":
      return { type: content.type, ...given(content, "text", "footer", "thumbnailProductId") };
    case "carousel":
      return { type: content.type, text: content.text, cards: content.cards };
    case "productCarousel":
      return { type: content.type, ...given(content, "text", "catalogId", "productIds") };
  }
}

/** Guests' files have a kind, the hotel's an address or nothing that a page could use. */
const fileJson = (media: MediaReference | OutboundFileReference): { readonly mimeType: string } | LinkJson =>
  "mimeType" in media ? { mimeType: media.mimeType } : media.link === undefined ? {} : { link: media.link };

const mediaHeaderJson = (header: MediaHeader): MediaHeaderJson => ({
  type: header.type,
  ...given(header.media, "link"),
  ...(header.type === "document" && given(header, "fileName")),
});

const frameJson = ({ header, footer }: Framed): { header?: string | MediaHeaderJson; footer?: string } => ({
  ...(header !== undefined && { header: typeof header === "string" ? header : mediaHeaderJson(header) }),
  ...(footer !== undefined && { footer }),
});

const templateJson = ({ header, buttons, ...content }: TemplateContent): TemplateJson => ({
  type: content.type,
  ...given(content, "name", "language", "body", "text"),
  ...(header !== undefined && { header: "media" in header ? mediaHeaderJson(header) : header }),
  ...(buttons !== undefined && {
    buttons: buttons.map((button) => (button.type === "flow" ? given(button, "type", "index", "data") : button)),
  }),
});
