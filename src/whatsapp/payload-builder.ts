/** What leaves for WhatsApp, as Meta writes it. The files in `payload/` each know one part of it. */
export { WhatsAppPayloadBuilder } from "./payload/builder.js";
export { graphPayload } from "./payload/outgoing.js";
export { checkContent, payloadOf, uploaded } from "./payload/content.js";
export type { Cards, CardWithReplies } from "./payload/commerce.js";
export type { ContactCardOptions } from "./payload/contacts.js";
export type {
  AddressOptions,
  CallButton,
  FormOptions,
  Frame,
  LinkButton,
  ListRow,
  ListSection,
  ReplyButton,
  TextFrame,
} from "./payload/interactive.js";
export type { Caption, DocumentOptions } from "./payload/media.js";
export type { Place } from "./payload/place.js";
export type { AtLeastOne, OneToThree, TwoToTen, WhatsAppPayload } from "./payload/shapes.js";
export type { TemplateOptions } from "./payload/template.js";
