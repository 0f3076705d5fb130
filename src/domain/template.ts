import type { JsonValue } from "./json.js";

/** A template of the account, filled in: what may be sent while the service window is closed. */
export interface TemplateContent {
  readonly type: "template";
  /** As approved, e.g. `"arrival_reminder"`. */
  readonly name: string;
  /** As approved, e.g. `"en_US"`. */
  readonly language: string;
  readonly header?: TemplateHeader;
  /** In the template's order. */
  readonly body?: readonly TemplateText[];
  /** One for each button that takes a value, by the button's place. */
  readonly buttons?: readonly TemplateButton[];
  /** What the guest reads, for staff; the desk fills it in from its catalogue. */
  readonly text?: string;
}

/** The value of one placeholder. */
export interface TemplateText {
  readonly text: string;
  /** Of a template with named placeholders. */
  readonly name?: string;
}

/** What a template's header is filled with. */
export type TemplateHeader =
  | ({ readonly type: "text" } & TemplateText)
  | {
      readonly type: "image" | "video" | "document";
      readonly media: OutboundMediaReference;
      readonly fileName?: string;
    }
  | {
      readonly type: "location";
      readonly latitude: number;
      readonly longitude: number;
      readonly name: string;
      readonly address: string;
    };

/** `index`: the button's place in the template, from 0. */
export type TemplateButton =
  /** What comes back when the guest taps it. */
  | { readonly type: "quickReply"; readonly index: number; readonly payload: string }
  /** What is put in the place of the placeholder at the end of the button's address. */
  | { readonly type: "url"; readonly index: number; readonly text: string }
  | { readonly type: "copyCode"; readonly index: number; readonly code: string }
  | {
      readonly type: "flow";
      readonly index: number;
      readonly token?: string;
      readonly data?: Readonly<Record<string, JsonValue>>;
    };

/** A file to send: one that lies with Meta, or one that Meta fetches from a public address. */
export type OutboundMediaReference =
  | { readonly id: string; readonly link?: never; readonly attachmentId?: never }
  /** A public `https://` address. */
  | { readonly link: string; readonly id?: never; readonly attachmentId?: never };

/** A file that is a message of its own: as above, or one that the desk keeps, which it gives to WhatsApp when the message leaves. */
export type OutboundFileReference =
  OutboundMediaReference | { readonly attachmentId: string; readonly id?: never; readonly link?: never };

/** Which template: a name stands for one in each language. */
export interface TemplateKey {
  readonly name: string;
  readonly language: string;
}

/** `authentication` templates carry one-time codes; `marketing` ones are subject to the guest's wish and to caps. */
export const TEMPLATE_CATEGORIES = ["marketing", "utility", "authentication"] as const;
/** As what WhatsApp counts a template. */
export type TemplateCategory = (typeof TEMPLATE_CATEGORIES)[number];

/**
 * Where a template stands with Meta. `approved` and `flagged` (its quality is low) can be sent, no other. A word of Meta's that did
 * not exist when this was built is kept, in lower case.
 */
export type TemplateStatus = KnownTemplateStatus | (Lowercase<string> & {});
/** The states of a template that the desk knows by name. */
export const TEMPLATE_STATUSES = [
  "approved",
  "flagged",
  "paused",
  "disabled",
  "rejected",
  "pending",
  "inAppeal",
  "archived",
  "limitExceeded",
  "locked",
  "pendingDeletion",
  "deleted",
] as const;
/** The states of a template that the desk knows by name. */
export type KnownTemplateStatus = (typeof TEMPLATE_STATUSES)[number];
/** What guests make of a template, as WhatsApp says. */
export type TemplateQuality = "green" | "yellow" | "red" | "unknown";

/** A template as whoever fills it in has to know it. */
export interface TemplateDefinition extends TemplateKey {
  /** Meta's id; null where a file names none. */
  readonly metaId: string | null;
  readonly category: TemplateCategory;
  readonly status: TemplateStatus;
  /** null: not known. */
  readonly quality: TemplateQuality | null;
  /** Whether its placeholders are numbers, `{{1}}`, or names, `{{first_name}}`. */
  readonly parameters: "positional" | "named";
  readonly header: TemplateHeaderSlot | null;
  readonly body: TemplateBody;
  readonly footer: string | null;
  /** By their places. */
  readonly buttons: readonly TemplateButtonSlot[];
  /** What it has that this release cannot fill in, in Meta's words: `"CAROUSEL"`, `"OTP"`. It is shown, and not sent. */
  readonly unsupported: readonly string[];
}

/** A template of a hotel, as it is stored. */
export interface Template extends TemplateDefinition {
  readonly hotelId: string;
  /** What Meta has announced to make of its category. */
  readonly comingCategory: TemplateCategory | null;
  /** By the database's clock. */
  readonly updatedAt: Date;
}

/** A text of a template, with its gaps. */
export interface TemplateBody {
  readonly text: string;
  /** What stands between the braces, each once: `["1", "2"]` in rising order, or names in the order in which they appear. */
  readonly placeholders: readonly string[];
}

/** `placeholder`: what stands between the braces; null: there is nothing to fill in. */
export type TemplateHeaderSlot =
  | { readonly type: "text"; readonly text: string; readonly placeholder: string | null }
  | { readonly type: "image" | "video" | "document" | "location" };

/** A button, and by its type what it takes. */
export type TemplateButtonSlot =
  /** May take the payload that comes back. */
  | { readonly type: "quickReply"; readonly label: string }
  /** Takes the end of its address when that has a placeholder. */
  | { readonly type: "url"; readonly label: string; readonly url: string; readonly placeholder: string | null }
  /** Takes the code. */
  | { readonly type: "copyCode"; readonly label: string }
  /** May take the form's token and data. */
  | { readonly type: "flow"; readonly label: string }
  /** Take nothing. */
  | { readonly type: "phone" | "contactInfo" | "catalog" | "call" | "unknown"; readonly label: string };

/** What WhatsApp told about a template: each of `status`, `quality` and `category` counts unless a later one was told. */
export interface TemplateUpdate {
  readonly metaId: string;
  /** null where WhatsApp did not name it: its id says which it is. */
  readonly key: TemplateKey | null;
  readonly status: TemplateStatus | null;
  readonly quality: TemplateQuality | null;
  /** `now` null: as it was. `coming` null: nothing is announced any more. */
  readonly category: { readonly now: TemplateCategory | null; readonly coming: TemplateCategory | null } | null;
  /** By Meta's clock, to the second, and never later than the database's. */
  readonly at: Date;
}

/** The template that a content is of; null when it is of none. */
export function templateNamed(content: { readonly type: string }): TemplateKey | null {
  if (content.type !== "template") return null;
  const { name, language } = content as TemplateContent;
  return { name, language };
}

/** Where values go: `{{1}}`, `{{first_name}}`. The first group is what stands between the braces. */
export const PLACEHOLDER = /\{\{\s*(\w+)\s*\}\}/g;

/** What stands between the braces of a text, each once. */
export function placeholdersIn(text: string): readonly string[] {
  const found = [...new Set([...text.matchAll(PLACEHOLDER)].map(([, name = ""]) => name))];
  return found.every(isNumber) ? found.sort((a, b) => Number(a) - Number(b)) : found;
}

/** Whether a placeholder is a place, not a name. */
export const isNumber = (placeholder: string): boolean => /^\d+$/.test(placeholder);
