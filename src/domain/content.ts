/**
 * What a message says. Text is data: given back exactly as received, with NUL and lone surrogates.
 * Kinds without a shape of their own yet are shown as their kind; their raw JSON stands in the webhook attempt.
 */
export type MessageContent = TextContent | ChoiceContent | ButtonsContent | ListContent | OtherContent;

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
}

/** A question with one to three buttons. */
export interface ButtonsContent {
  readonly type: "buttons";
  readonly text: string;
  readonly buttons: readonly { readonly id: string; readonly title: string }[];
}

/** A question with up to ten rows behind a button. */
export interface ListContent {
  readonly type: "list";
  readonly text: string;
  readonly button: string;
  readonly rows: readonly { readonly id: string; readonly title: string; readonly description?: string }[];
}

export interface OtherContent {
  readonly type: OtherKind;
  /** The text that came with it: a caption, a location's name, a file's name. */
  readonly text?: string;
}

/** Meta's message types that are kept raw. `"unknown"` is a type that did not exist when this was built. */
export const OTHER_KINDS = [
  "image",
  "video",
  "audio",
  "document",
  "sticker",
  "location",
  "contacts",
  "reaction",
  "order",
  "flowReply",
  "callPermissionReply",
  "edit",
  "revoke",
  "unsupported",
  "welcome",
  "unknown",
] as const;
export type OtherKind = (typeof OTHER_KINDS)[number];

/** What staff and automated answers may send. */
export type OutboundContent = TextContent | ButtonsContent | ListContent;
export const OUTBOUND_TYPES = ["text", "buttons", "list"] as const satisfies readonly OutboundContent["type"][];

const isText = (content: MessageContent): content is TextContent | ChoiceContent | ButtonsContent | ListContent =>
  content.type === "text" || content.type === "choice" || content.type === "buttons" || content.type === "list";

/** The words of a message, or null when it has none. */
export const contentText = (content: MessageContent): string | null => content.text ?? null;

/** One line for a list: the words, or the kind in brackets. */
export function contentLine(content: MessageContent): string {
  if (isText(content)) return content.text;
  return content.text === undefined ? `[${content.type}]` : `[${content.type}] ${content.text}`;
}
