import type { Address } from "../../domain/address.js";
import type { ProductSection } from "../../domain/content.js";
import type { JsonValue } from "../../domain/json.js";
import type { OutboundFileReference } from "../../domain/template.js";
import { LIMITS } from "../limits.js";
import { filled, invalid, within } from "./checks.js";
import { catalogAction, mediaCards, productAction, productCards, productsAction, type Cards } from "./commerce.js";
import { cardsOf, type ContactCardOptions } from "./contacts.js";
import {
  addressAction,
  bodyOf,
  callAction,
  footed,
  formAction,
  framed,
  linkAction,
  listAction,
  optionalBody,
  replyButtons,
  type AddressOptions,
  type CallButton,
  type FormOptions,
  type Frame,
  type LinkButton,
  type ListSection,
  type ReplyButton,
  type TextFrame,
} from "./interactive.js";
import { captioned, documentOf, fileOf, type Caption, type DocumentOptions } from "./media.js";
import { placeOf, type Place } from "./place.js";
import { reactionOf } from "./reaction.js";
import type { AtLeastOne, OneToThree, TwoToTen, WhatsAppPayload } from "./shapes.js";
import { templateOf, type TemplateOptions } from "./template.js";

/** What every message of a builder carries beside what it says. */
interface Carried<Quotes extends boolean> {
  readonly quotes: Quotes;
  readonly members: WhatsAppPayload;
}

/**
 * Makes payloads that satisfy WhatsApp's limits, or throws; nothing is ever cut. Immutable: `quoting()`, `correlated()` and
 * `identified()` give a new builder. Lengths are in UTF-16 units (`string.length`); a text is never blank.
 *
 * Every method that is given more than WhatsApp takes throws a `ConversationError` with the code `payload_invalid` and
 * `details.field`, `details.limit` and `details.actual`. A field is named after Meta's, its `limit` is a number, or says in words
 * what the value has to be.
 */
export class WhatsAppPayloadBuilder<Quotes extends boolean = false> {
  readonly #to: Address;
  readonly #carried: Carried<Quotes>;

  /**
   * Begins a message to this address.
   * @param to a phone goes into `to`, a business-scoped id into `recipient`: never by luck
   * @param carried leave it out: `quoting()` and the like fill it in
   */
  constructor(to: Address, carried: Carried<Quotes> = { quotes: false as Quotes, members: {} }) {
    this.#to = to;
    this.#carried = carried;
  }

  /**
   * What tells WhatsApp that a guest's message was read, and those before it: no message, and it names no guest.
   * @param wamid Meta's id of a message of the last 30 days
   * @param options `typing`: shows that an answer is being written, until it comes or for 25 seconds
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Mark messages as read", "Typing indicators" (2026)
   */
  static markRead(wamid: string, { typing = false }: { readonly typing?: boolean } = {}): WhatsAppPayload {
    filled("message_id", wamid);
    return {
      messaging_product: "whatsapp",
      status: "read",
      message_id: wamid,
      ...(typing && { typing_indicator: { type: "text" } }),
    };
  }

  /**
   * Shows the message as an answer to another one; a reaction cannot be one. After 30 days the other is not shown.
   * @param wamid Meta's id of that message
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Contextual replies" (2026)
   */
  quoting(wamid: string): WhatsAppPayloadBuilder<true> {
    filled("context.message_id", wamid);
    return new WhatsAppPayloadBuilder(this.#to, {
      quotes: true,
      members: { ...this.#carried.members, context: { message_id: wamid } },
    });
  }

  /**
   * Data that comes back in every status of the message.
   * @param data 1–512 characters, not shown to the guest
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Send messages" (2026)
   */
  correlated(data: string): WhatsAppPayloadBuilder<Quotes> {
    within("biz_opaque_callback_data", data, LIMITS.callbackData);
    return this.#carrying({ biz_opaque_callback_data: data });
  }

  /**
   * Lets the message be delivered only as long as the guest's device is the one that this hash stands for; else it fails
   * with 137000. For door codes and invoices; the number's identity check has to be switched on.
   * @param keyHash as a webhook gave it: `identity_key_hash`
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Business phone numbers", on identity change (March 2026)
   */
  identified(keyHash: string): WhatsAppPayloadBuilder<Quotes> {
    filled("recipient_identity_key_hash", keyHash);
    return this.#carrying({ recipient_identity_key_hash: keyHash });
  }

  /**
   * A plain text. What is longer goes through `splitText`.
   * @param body 1–4096 characters
   * @param options `previewUrl`: shows what stands behind the first http(s) address
   * @throws {ConversationError} `payload_invalid`
   * @source https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages (2026)
   */
  text(body: string, { previewUrl = false }: { readonly previewUrl?: boolean } = {}): WhatsAppPayload {
    within("text.body", body, LIMITS.textBody);
    return this.#payload("text", previewUrl ? { body, preview_url: true } : { body });
  }

  /**
   * A picture: JPEG or PNG, up to 5 MB.
   * @param media by Meta's id, or by a public `https://` address that Meta fetches and keeps for 10 minutes; so in all files
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Image messages", "Media" (2026)
   */
  image(media: OutboundFileReference, options: Caption = {}): WhatsAppPayload {
    return this.#payload("image", captioned("image", media, options));
  }

  /**
   * A film: MP4 or 3GPP (H.264 and AAC), up to 16 MB.
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Video messages", "Media" (2026)
   */
  video(media: OutboundFileReference, options: Caption = {}): WhatsAppPayload {
    return this.#payload("video", captioned("video", media, options));
  }

  /**
   * Sound, up to 16 MB; it has no caption.
   * @param options `voice`: shown as recorded in the chat, which needs OGG with OPUS, mono (a play icon only up to 512 KB)
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Audio messages", "Media" (2026)
   */
  audio(media: OutboundFileReference, { voice = false }: { readonly voice?: boolean } = {}): WhatsAppPayload {
    return this.#payload("audio", { ...fileOf("audio", media), ...(voice && { voice }) });
  }

  /**
   * A file of text, PDF or Office, up to 100 MB.
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Document messages", "Media" (2026)
   */
  document(media: OutboundFileReference, options: DocumentOptions = {}): WhatsAppPayload {
    return this.#payload("document", documentOf("document", media, options));
  }

  /**
   * A WebP picture, up to 100 KB, 500 KB when it moves; it has no caption.
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Sticker messages", "Media" (2026)
   */
  sticker(media: OutboundFileReference): WhatsAppPayload {
    return this.#payload("sticker", fileOf("sticker", media));
  }

  /**
   * A place on the map.
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Location messages" (2026)
   */
  location(place: Place): WhatsAppPayload {
    return this.#payload("location", placeOf("location", place));
  }

  /**
   * Cards for the guest's address book.
   * @param cards 1–257, better few
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Contacts messages" (2026)
   */
  contacts(cards: AtLeastOne<ContactCardOptions>): WhatsAppPayload {
    return this.#payload("contacts", cardsOf(cards));
  }

  /**
   * An emoji on a message of the last 30 days that is no reaction itself. It quotes nothing.
   * @param wamid Meta's id of that message
   * @param emoji one; null takes it back
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Reaction messages" (2026)
   */
  reaction(this: WhatsAppPayloadBuilder, wamid: string, emoji: string | null): WhatsAppPayload {
    // Content out of a storage has no types that could have said so before.
    if (isQuoting(this.#carried)) throw invalid("context", "nothing quoted by a reaction", 1);
    return this.#payload("reaction", reactionOf(wamid, emoji));
  }

  /**
   * A template of the account: what may be sent at any time.
   * @param template `name`: 1–512 of `a-z`, `0-9` and `_`. Values have one line, no tab, no more than 4 spaces in a row, and
   *   1–60 characters in the header, 1–1024 in the body; all have a name, or none. Up to 10 buttons with a value: payloads
   *   of 1–128 characters, up to 2 ends of addresses of 1–2000, one code of 1–15
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Templates overview", "Template components" (2026)
   */
  template(template: TemplateOptions): WhatsAppPayload {
    return this.#payload("template", templateOf(template));
  }

  /**
   * A question that the guest answers with one tap.
   * @param body 1–1024 characters
   * @param buttons 1–3, with ids and titles that differ, and no markup in a title
   * @throws {ConversationError} `payload_invalid`
   * @source https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages (2026)
   */
  replyButtons(body: string, buttons: OneToThree<ReplyButton>, frame: Frame = {}): WhatsAppPayload {
    const said = { body: bodyOf(body, LIMITS.buttonBody) };
    return this.#interactive("button", { ...framed(frame), ...said, action: replyButtons(buttons) });
  }

  /**
   * A question whose options open in a list.
   * @param body 1–4096 characters
   * @param button 1–20 characters: what opens the list
   * @param sections 1–10, with 1–10 rows in all, whose ids differ
   * @throws {ConversationError} `payload_invalid`
   * @source https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-list-messages (2026)
   */
  list(body: string, button: string, sections: readonly ListSection[], frame: TextFrame = {}): WhatsAppPayload {
    const said = { body: bodyOf(body, LIMITS.listBody) };
    return this.#interactive("list", { ...framed(frame), ...said, action: listAction(button, sections) });
  }

  /**
   * Words with a button that opens a web page.
   * @param body 1–1024 characters
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Interactive call-to-action URL button messages" (2026)
   */
  linkButton(body: string, button: LinkButton, frame: Frame = {}): WhatsAppPayload {
    return this.#interactive("cta_url", { ...framed(frame), body: bodyOf(body), action: linkAction(button) });
  }

  /**
   * Words with a button that sends where the guest is: a `location` message comes back.
   * @param body 1–1024 characters
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Location request messages" (2026)
   */
  locationRequest(body: string): WhatsAppPayload {
    return this.#interactive("location_request_message", { body: bodyOf(body), action: { name: "send_location" } });
  }

  /**
   * Words with a button that shares the guest's own phone number: a `contacts` message comes back.
   * @param body 1–1024 characters
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Business-scoped user IDs" (2026)
   */
  contactRequest(body: string): WhatsAppPayload {
    return this.#interactive("request_contact_info", { body: bodyOf(body), action: { name: "request_contact_info" } });
  }

  /**
   * Asks for a postal address, in India.
   * @param body 1–1024 characters
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Address messages" (2026)
   */
  addressRequest(body: string, options: AddressOptions, frame: Frame = {}): WhatsAppPayload {
    return this.#interactive("address_message", {
      ...framed(frame),
      body: bodyOf(body),
      action: addressAction(options),
    });
  }

  /**
   * Words with a button that opens a form, which Meta calls a Flow.
   * @param body 1–1024 characters
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp Flows "Sending a Flow" (2025)
   */
  form(body: string, options: FormOptions, frame: Frame = {}): WhatsAppPayload {
    return this.#interactive("flow", { ...framed(frame), body: bodyOf(body), action: formAction(options) });
  }

  /**
   * Words with a button that calls the hotel on WhatsApp.
   * @param body 1–1024 characters
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Calling API", on call buttons (November 2025)
   */
  callButton(body: string, button: CallButton = {}): WhatsAppPayload {
    return this.#interactive("voice_call", { body: bodyOf(body), action: callAction(button) });
  }

  /**
   * Asks whether the hotel may call. A guest can be asked once in 24 hours and twice in 7 days; a call that was taken sets
   * that back.
   * @param body 1–1024 characters
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Calling API", on call permissions (November 2025)
   */
  callPermissionRequest(body?: string): WhatsAppPayload {
    const action = { name: "call_permission_request" };
    return this.#interactive("call_permission_request", { ...optionalBody(body), action });
  }

  /**
   * One thing out of a catalogue.
   * @param options `body`: 1–1024 characters; `footer`: 1–60
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Single-product messages" (2026)
   */
  product(
    catalogId: string,
    productId: string,
    { body, footer }: { readonly body?: string; readonly footer?: string } = {},
  ): WhatsAppPayload {
    const said = { ...optionalBody(body), ...footed(footer) };
    return this.#interactive("product", { ...said, action: productAction(catalogId, productId) });
  }

  /**
   * Things out of a catalogue, under headings.
   * @param body 1–1024 characters
   * @param sections 1–10, each with a title of 1–24 characters, and 1–30 things in all
   * @param frame needs a header
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Multi-product messages" (2026)
   */
  productList(
    body: string,
    catalogId: string,
    sections: AtLeastOne<ProductSection>,
    frame: TextFrame & { readonly header: string },
  ): WhatsAppPayload {
    const action = productsAction(catalogId, sections);
    return this.#interactive("product_list", { ...framed(frame), body: bodyOf(body), action });
  }

  /**
   * Words with a button that opens the whole catalogue.
   * @param body 1–1024 characters
   * @param options `thumbnailProductId`: whose picture stands above the words; `footer`: 1–60 characters
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Catalog messages" (2026)
   */
  catalog(
    body: string,
    { thumbnailProductId, footer }: { readonly thumbnailProductId?: string; readonly footer?: string } = {},
  ): WhatsAppPayload {
    const said = { body: bodyOf(body), ...footed(footer) };
    return this.#interactive("catalog_message", { ...said, action: catalogAction(thumbnailProductId) });
  }

  /**
   * Cards to leaf through, each with a picture or a film, and a link or buttons.
   * @param body 1–1024 characters
   * @param cards 2–10, all with a picture or all with a film, all with a link or all with as many buttons; their text has
   *   1–160 characters and up to 2 line breaks
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Interactive media carousel messages" (2025)
   */
  carousel(body: string, cards: Cards): WhatsAppPayload {
    return this.#interactive("carousel", { body: bodyOf(body), action: mediaCards(cards) });
  }

  /**
   * Things out of a catalogue to leaf through.
   * @param body 1–1024 characters
   * @param productIds 2–10
   * @throws {ConversationError} `payload_invalid`
   * @source WhatsApp "Interactive product carousel messages" (March 2026)
   */
  productCarousel(body: string, catalogId: string, productIds: TwoToTen<string>): WhatsAppPayload {
    return this.#interactive("carousel", { body: bodyOf(body), action: productCards(catalogId, productIds) });
  }

  #carrying(members: WhatsAppPayload): WhatsAppPayloadBuilder<Quotes> {
    const { quotes, members: before } = this.#carried;
    return new WhatsAppPayloadBuilder(this.#to, { quotes, members: { ...before, ...members } });
  }

  #interactive(type: string, rest: WhatsAppPayload): WhatsAppPayload {
    return this.#payload("interactive", { type, ...rest });
  }

  #payload(type: string, content: JsonValue): WhatsAppPayload {
    const { kind, value } = this.#to;
    const address = kind === "waId" ? { to: value.startsWith("+") ? value : `+${value}` } : { recipient: value };
    return {
      messaging_product: "whatsapp",
      recipient_type: "individual",
      ...address,
      ...this.#carried.members,
      type,
      [type]: content,
    };
  }
}

const isQuoting = ({ quotes }: Carried<boolean>): boolean => quotes;
