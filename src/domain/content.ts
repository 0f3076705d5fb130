import { OUTBOUND_TYPES, type Framed, type OutboundContent } from "./outbound-content.js";

export { OUTBOUND_TYPES } from "./outbound-content.js";
export type * from "./outbound-content.js";

/** Whether the hotel can send it. */
export const isOutbound = (content: MessageContent): content is OutboundContent =>
  (OUTBOUND_TYPES as readonly string[]).includes(content.type);

/**
 * What a message says: a closed union, told apart by `type`. Text is data: given back exactly as received, with NUL and
 * lone surrogates. Whatever else a guest's phone wrote (numbers, names of files, ids) is as it came too: to be shown, never
 * to be believed. Optional members are absent when WhatsApp did not send them.
 */
export type MessageContent = GuestMessageContent | NoticeContent | OutboundContent | NoteContent;

/** What guests send: messages, and what changes messages. */
export type GuestContent = GuestMessageContent | AmendingContent;

/** What a guest's message holds. */
export type GuestMessageContent =
  | TextContent
  | ChoiceContent
  | MediaContent
  | LocationContent
  | ContactsContent
  | OrderContent
  | FlowReplyContent
  | CallPermissionContent
  | UnsupportedContent
  | PlainKindContent;

/** A text, exactly as it was written. */
export interface TextContent {
  readonly type: "text";
  readonly text: string;
}

/** A guest tapped a button or a row. */
export interface ChoiceContent {
  readonly type: "choice";
  readonly via: "button" | "list" | "templateButton";
  /** The id that we gave the option; the guest's phone is not ours, so it is looked up, never believed. */
  readonly id: string;
  /** The label the guest saw. */
  readonly text: string;
  /** The line below the label of a row. */
  readonly description?: string;
}

/** A file. `text` is its caption. */
export type MediaContent = ImageContent | VideoContent | AudioContent | DocumentContent | StickerContent;

/** A picture, with the text below it. */
export interface ImageContent {
  readonly type: "image";
  readonly text?: string;
  readonly media: MediaReference;
}
/** A video, with the text below it. */
export interface VideoContent {
  readonly type: "video";
  readonly text?: string;
  readonly media: MediaReference;
}
/** A sound. */
export interface AudioContent {
  readonly type: "audio";
  /** Recorded in the chat; else a file with sound in it. */
  readonly voice: boolean;
  readonly media: MediaReference;
}
/** A document, with the text below it. */
export interface DocumentContent {
  readonly type: "document";
  readonly text?: string;
  /** The guest's own name for it. A text to be shown: no path. */
  readonly fileName?: string;
  readonly media: MediaReference;
}
/** A sticker. */
export interface StickerContent {
  readonly type: "sticker";
  readonly animated: boolean;
  readonly media: MediaReference;
}

/** A file that lies with Meta, for seven days after its webhook. */
export interface MediaReference {
  readonly id: string;
  /** What the sender's phone says it is. */
  readonly mimeType: string;
  /** SHA-256 of the file, as base64. */
  readonly sha256?: string;
}

/** A place, chosen on a map or where the guest stands. */
export interface LocationContent {
  readonly type: "location";
  /** Degrees, -90 to 90. */
  readonly latitude: number;
  /** Degrees, -180 to 180. */
  readonly longitude: number;
  /** The place's name. */
  readonly text?: string;
  readonly address?: string;
  readonly url?: string;
}

/** Cards of people. */
export interface ContactsContent {
  readonly type: "contacts";
  readonly cards: readonly ContactCard[];
}
/** A card of a person. */
export interface ContactCard {
  /** As the card writes it; a card may have none. */
  readonly name?: string;
  /**
   * The guest tapped "share my phone": this is their own number. Any other card may be anybody's.
   * Source: WhatsApp "Business-scoped user IDs" (2026), `origin: "contact_request"`.
   */
  readonly isOwn: boolean;
  readonly phones: readonly { readonly number: string; readonly waId?: string }[];
  readonly emails: readonly string[];
  readonly company?: string;
}

/** What is done to another message, and is none itself. */
export type AmendingContent = ReactionContent | EditContent | RevokeContent;
/** Whether it is about another message, and none of its own. */
export const isAmending = (content: MessageContent | AmendingContent): content is AmendingContent =>
  content.type === "reaction" || content.type === "edit" || content.type === "revoke";

/** An emoji on another message, or its removal. */
export interface ReactionContent {
  readonly type: "reaction";
  /** Meta's id of the message it hangs on. */
  readonly wamid: string;
  /** Absent: the guest took it back. */
  readonly text?: string;
}

/** What a guest put into the basket of a catalogue. */
export interface OrderContent {
  readonly type: "order";
  /** What the guest wrote beside it. */
  readonly text?: string;
  readonly catalogId: string;
  readonly items: readonly OrderItem[];
}
/** A piece of a guest's order. */
export interface OrderItem {
  readonly productId: string;
  readonly quantity: number;
  /** What the guest's phone says the piece costs, in units of `currency` and not in cents; never a price to charge. */
  readonly price: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** A form that was filled in. */
export interface FlowReplyContent {
  readonly type: "flowReply";
  readonly form: "flow" | "address" | "unknown";
  /** The form's answers as JSON text, exactly as they came: parse and validate them with the form's own schema. */
  readonly answers: string;
}

/** Whether the hotel may call the guest. */
export interface CallPermissionContent {
  readonly type: "callPermissionReply";
  readonly allowed: boolean;
  /** Whether it holds until it is taken back. */
  readonly permanent: boolean;
  /** ISO 8601; absent when it does not end. */
  readonly until?: string;
  /** WhatsApp gave it because the guest called, nobody tapped. */
  readonly automatic: boolean;
}

/** The guest changed an earlier message within its first quarter of an hour. */
export interface EditContent {
  readonly type: "edit";
  /** Meta's id of the earlier message. */
  readonly wamid: string;
  /** What it says now. */
  readonly content: TextContent | MediaContent | PlainKindContent;
}

/** The guest deleted an earlier message for everybody. */
export interface RevokeContent {
  readonly type: "revoke";
  /** Meta's id of the earlier message. */
  readonly wamid: string;
}

/** Something that WhatsApp does not hand over: a poll, a message seen once, a file that is too large. */
export interface UnsupportedContent {
  readonly type: "unsupported";
  /** What it was, where WhatsApp says so: `"poll"`, `"edit"` and the like. */
  readonly kind?: string;
  /** WhatsApp's error code: 131051 not supported, 131052 file not to be had, 131060 only to be read in the phone app. */
  readonly code?: number;
}

/**
 * `welcome`: the guest opened the chat for the first time (no longer sent since March 2026). `mediaPlaceholder`: an old
 * message's file, which comes later or not at all. `revoked`: deleted for everybody; its words are not shown. `unseen`: what
 * a message said before it was edited, where only the edit came. `unknown`: a type, or a shape of one, that did not exist when this was built; its raw JSON stands in the webhook attempt.
 */
export interface PlainKindContent {
  readonly type: "welcome" | "mediaPlaceholder" | "revoked" | "unseen" | "unknown";
}
/** Content of which only the type is known. */
export const plainKind = (type: PlainKindContent["type"]): PlainKindContent => ({ type });

/** What staff say among themselves about a guest: it is shown beside the messages, and never sent. */
export interface NoteContent {
  readonly type: "note";
  readonly text: string;
  /** Ids of the staff members whom it is meant for, each once; empty for whoever reads it. */
  readonly mentions: readonly string[];
}

/** What WhatsApp itself tells in a chat. */
export type NoticeContent = SystemContent | CallContent;

/** Something about the guest changed. */
export interface SystemContent {
  readonly type: "system";
  /** `number`: the phone. `userId`: the business-scoped id. `identity`: the guest's device or keys. */
  readonly changed: "number" | "userId" | "identity" | "unknown";
  /** In WhatsApp's words, which may name the guest and both numbers. */
  readonly text?: string;
}

/** A call that has ended, or was never taken. */
export interface CallContent {
  readonly type: "call";
  readonly direction: "fromGuest" | "toGuest";
  readonly outcome: "completed" | "failed" | "unknown";
  /** Seconds; absent when nobody spoke. */
  readonly seconds?: number;
}

/** What asks the guest to choose. */
export type QuestionContent = ButtonsContent | ListContent;

/** A question with one to three buttons. */
export interface ButtonsContent extends Framed {
  readonly type: "buttons";
  readonly text: string;
  readonly buttons: readonly { readonly id: string; readonly title: string }[];
}

/** A question with up to ten rows behind a button. */
export interface ListContent {
  readonly type: "list";
  readonly text: string;
  readonly button: string;
  readonly rows: readonly {
    readonly id: string;
    readonly title: string;
    readonly description?: string;
    /** The heading it stands under, with the rows beside it that name the same; all rows name one, or none. */
    readonly section?: string;
  }[];
  readonly header?: string;
  readonly footer?: string;
}

/** The words of a message, or null when it has none: what a search finds. */
export function contentText(content: MessageContent): string | null {
  switch (content.type) {
    case "document":
      return content.text ?? content.fileName ?? null;
    case "contacts":
      return content.cards.map(({ name }) => name).find((name) => name !== undefined) ?? null;
    default:
      return "text" in content ? (content.text ?? null) : null;
  }
}

/** What is a message in words, whatever else stands beside them; of any other kind a line says what it is. */
const TALK: ReadonlySet<MessageContent["type"]> = new Set<MessageContent["type"]>([
  "text",
  "choice",
  "buttons",
  "list",
  "template",
  "linkButton",
  "form",
  "locationRequest",
  "contactRequest",
  "addressRequest",
  "callButton",
  "callPermissionRequest",
  "product",
  "products",
  "catalog",
  "carousel",
  "productCarousel",
  "note",
]);

/** One line for a list: the words, or the kind in brackets; of a template whose words are not known, its name. */
export function contentLine(content: MessageContent): string {
  const words = contentText(content);
  const kind = `[${content.type === "template" ? content.name : content.type}]`;
  if (words === null) return kind;
  return TALK.has(content.type) ? words : `${kind} ${words}`;
}
