import type { ButtonsContent, ListContent, ReactionContent, TextContent } from "./content.js";
import type { JsonValue } from "./json.js";
import type { OutboundFileReference, OutboundMediaReference, TemplateContent } from "./template.js";

/**
 * What staff and automated answers may send: a closed union, told apart by `type`. Kinds that guests send too have the same
 * `type` and the same names. How long anything may be stands in `whatsapp/limits.ts`; what breaks a limit is refused before
 * it is stored.
 */
export type OutboundContent =
  | OutboundTextContent
  | OutboundMediaContent
  | OutboundLocationContent
  | OutboundContactsContent
  | OutboundReactionContent
  | TemplateContent
  | ButtonsContent
  | ListContent
  | LinkButtonContent
  | FormContent
  | LocationRequestContent
  | ContactRequestContent
  | AddressRequestContent
  | CallButtonContent
  | CallPermissionRequestContent
  | ProductContent
  | ProductsContent
  | CatalogContent
  | CarouselContent
  | ProductCarouselContent;

/** Said once for each type, so that none can be forgotten. */
const TYPES: Readonly<Record<OutboundContent["type"], true>> = {
  text: true,
  image: true,
  video: true,
  audio: true,
  document: true,
  sticker: true,
  location: true,
  contacts: true,
  reaction: true,
  template: true,
  buttons: true,
  list: true,
  linkButton: true,
  form: true,
  locationRequest: true,
  contactRequest: true,
  addressRequest: true,
  callButton: true,
  callPermissionRequest: true,
  product: true,
  products: true,
  catalog: true,
  carousel: true,
  productCarousel: true,
};
/** The types of what a hotel can send. */
export const OUTBOUND_TYPES = Object.keys(TYPES) as readonly OutboundContent["type"][];

/** What a member of staff may answer with: a message to react to is named by the desk's own id. */
export type ReplyContent = Exclude<OutboundContent, OutboundReactionContent> | ReactionTo;
/** An emoji of the hotel on a message. */
export interface ReactionTo {
  readonly type: "reaction";
  readonly messageId: string;
  /** An emoji; absent to take it back. */
  readonly text?: string;
}

/** A text: 1 to 4,096 characters. */
export interface OutboundTextContent extends TextContent {
  /** Whether the guest's phone shows what stands behind the first link; not by default. */
  readonly linkPreview?: boolean;
}

/** A file to send. `text` is its caption. */
export type OutboundMediaContent =
  OutboundImageContent | OutboundVideoContent | OutboundAudioContent | OutboundDocumentContent | OutboundStickerContent;

/** A picture, with a text of up to 1,024 characters below it. */
export interface OutboundImageContent {
  readonly type: "image";
  readonly text?: string;
  readonly media: OutboundFileReference;
}
/** A video, with a text of up to 1,024 characters below it. */
export interface OutboundVideoContent {
  readonly type: "video";
  readonly text?: string;
  readonly media: OutboundFileReference;
}
/** A sound. */
export interface OutboundAudioContent {
  readonly type: "audio";
  /** Shown as recorded in the chat, which needs OGG with OPUS, mono; a file with sound in it by default. */
  readonly voice?: boolean;
  readonly media: OutboundFileReference;
}
/** A document, with a text of up to 1,024 characters below it. */
export interface OutboundDocumentContent {
  readonly type: "document";
  readonly text?: string;
  /** What the guest sees it called; a name that says nothing without it. */
  readonly fileName?: string;
  readonly media: OutboundFileReference;
}
/** A sticker. */
export interface OutboundStickerContent {
  readonly type: "sticker";
  readonly media: OutboundFileReference;
}

/** A place on the map. */
export interface OutboundLocationContent {
  readonly type: "location";
  /** Degrees, -90 to 90. */
  readonly latitude: number;
  /** Degrees, -180 to 180. */
  readonly longitude: number;
  /** The place's name. */
  readonly text?: string;
  readonly address?: string;
  /** Only places that guests send have one. */
  readonly url?: never;
}

/** Cards of people. */
export interface OutboundContactsContent {
  readonly type: "contacts";
  readonly cards: readonly OutboundContactCard[];
}
/** A card for the guest's address book. Beside the whole name it needs one of its parts. */
export interface OutboundContactCard {
  /** As it is shown, e.g. `"Taxi Roma"`. */
  readonly name: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly middleName?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  /** `waId`: the phone's digits, where it has WhatsApp: the card then offers to write there. */
  readonly phones: readonly { readonly number: string; readonly waId?: string; readonly label?: string }[];
  readonly emails?: readonly { readonly email: string; readonly label?: string }[];
  readonly links?: readonly { readonly url: string; readonly label?: string }[];
  readonly addresses?: readonly PostalAddress[];
  readonly company?: string;
  readonly department?: string;
  readonly jobTitle?: string;
  /** `YYYY-MM-DD`. */
  readonly birthday?: string;
  /** Only a guest's own card proves anything. */
  readonly isOwn?: never;
}
/** An address on a card. */
export interface PostalAddress {
  readonly street?: string;
  readonly city?: string;
  readonly state?: string;
  readonly zip?: string;
  readonly country?: string;
  /** ISO 3166-1 alpha-2. */
  readonly countryCode?: string;
  readonly label?: string;
}

/** An emoji of the hotel's on a message. `wamid` is Meta's id of that message. */
export interface OutboundReactionContent extends ReactionContent {
  /** The desk's own id of that message, where it has one. */
  readonly messageId?: string;
}

/** A picture, a film or a file above the words. */
export type MediaHeader =
  | { readonly type: "image" | "video"; readonly media: OutboundMediaReference }
  | { readonly type: "document"; readonly media: OutboundMediaReference; readonly fileName?: string };

/** What stands above the words, as text or as a file, and small below them. */
export interface Framed {
  readonly header?: string | MediaHeader;
  readonly footer?: string;
}

/** Words with a button that opens a web page. */
export interface LinkButtonContent extends Framed {
  readonly type: "linkButton";
  readonly text: string;
  /** What the button says. */
  readonly label: string;
  /** Begins with `https://` or `http://`; its host is a name, no IP number. */
  readonly url: string;
}

/** Words with a button that opens a form: a WhatsApp Flow of the account. */
export interface FormContent extends Framed {
  readonly type: "form";
  readonly text: string;
  /** What the button says: no emoji. */
  readonly label: string;
  readonly form: FormReference;
  /** Comes back with the answers: a secret of this one form, for this guest, that cannot be guessed. */
  readonly token?: string;
  /** Opens the form as it is being written, for trying it out. */
  readonly draft?: boolean;
  /** What it begins with; its first screen by default. */
  readonly start?: FormStart;
}
/** A form by Meta's id of it, or by its name. */
export type FormReference =
  { readonly id: string; readonly name?: never } | { readonly name: string; readonly id?: never };
/** A screen with what stands in it, or `"endpoint"`: what the hotel's own server answers. */
export type FormStart = "endpoint" | FormScreen;
/** The screen that a form opens with, and what it is filled with. */
export interface FormScreen {
  readonly screen: string;
  /** At least one member. */
  readonly data?: Readonly<Record<string, JsonValue>>;
}

/** Words with a button that sends where the guest is. */
export interface LocationRequestContent {
  readonly type: "locationRequest";
  readonly text: string;
}

/** Words with a button that shares the guest's own phone number. */
export interface ContactRequestContent {
  readonly type: "contactRequest";
  readonly text: string;
}

/** Asks for a postal address; WhatsApp has this for India alone. */
export interface AddressRequestContent extends Framed {
  readonly type: "addressRequest";
  readonly text: string;
  readonly country: "IN";
  /** What stands in the fields already, by WhatsApp's names of them. */
  readonly values?: Readonly<Record<string, string>>;
  /** Addresses to choose from. */
  readonly savedAddresses?: readonly SavedAddress[];
  /** What was wrong with the answer before, by field. */
  readonly errors?: Readonly<Record<string, string>>;
}
/** An address that the guest may pick. */
export interface SavedAddress {
  readonly id: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Words with a button that calls the hotel on WhatsApp. */
export interface CallButtonContent {
  readonly type: "callButton";
  readonly text: string;
  /** What the button says; WhatsApp's own words without it. */
  readonly label?: string;
  /** How long the button works; seven days by default. */
  readonly minutes?: number;
  /** Comes with the call. */
  readonly payload?: string;
}

/** Asks whether the hotel may call the guest. */
export interface CallPermissionRequestContent {
  readonly type: "callPermissionRequest";
  readonly text?: string;
}

/** One thing out of the hotel's catalogue. */
export interface ProductContent {
  readonly type: "product";
  readonly text?: string;
  readonly footer?: string;
  readonly catalogId: string;
  readonly productId: string;
}

/** Things out of the hotel's catalogue, under headings. */
export interface ProductsContent {
  readonly type: "products";
  readonly text: string;
  readonly header: string;
  readonly footer?: string;
  readonly catalogId: string;
  readonly sections: readonly ProductSection[];
}
/** Products below one title. */
export interface ProductSection {
  readonly title: string;
  readonly productIds: readonly string[];
}

/** Words with a button that opens the hotel's whole catalogue. */
export interface CatalogContent {
  readonly type: "catalog";
  readonly text: string;
  readonly footer?: string;
  /** Whose picture stands above the words; the first one's by default. */
  readonly thumbnailProductId?: string;
}

/** Cards to leaf through: with a link on each, or with buttons on each. */
export interface CarouselContent {
  readonly type: "carousel";
  readonly text: string;
  readonly cards: readonly LinkCard[] | readonly ReplyCard[];
}
/** A card of a carousel whose button opens a page. */
export interface LinkCard extends CardFace {
  readonly button: { readonly label: string; readonly url: string };
  readonly buttons?: never;
}
/** As many buttons on each card as on any other. */
export interface ReplyCard extends CardFace {
  readonly buttons: readonly { readonly id: string; readonly title: string }[];
  readonly button?: never;
}
/** What a card shows above its buttons. */
export interface CardFace {
  /** The same type on all cards, by a public `https://` address. */
  readonly header: { readonly type: "image" | "video"; readonly link: string };
  readonly text?: string;
}

/** Things out of the hotel's catalogue to leaf through. */
export interface ProductCarouselContent {
  readonly type: "productCarousel";
  readonly text: string;
  readonly catalogId: string;
  readonly productIds: readonly string[];
}

/** Whether it may only be sent while the service window is open: everything but a template. */
export const needsWindow = ({ type }: { readonly type: string }): boolean => type !== "template";
