import type { FormReference, FormStart, Framed, SavedAddress } from "../../domain/content.js";
import type { JsonValue } from "../../domain/json.js";
import { hasMarkup } from "../../domain/text.js";
import { LIMITS } from "../limits.js";
import { count, filled, identifier, invalid, namedWebAddress, unique, whole, within } from "./checks.js";
import { mediaHeader } from "./media.js";
import { optional, type OneToThree, type WhatsAppPayload } from "./shapes.js";

/** Above the body, as 1–60 characters or as a file, and below it, in 1–60 characters. */
export type Frame = Framed;
/** Above the body and below it, both 1–60 characters. */
export interface TextFrame {
  readonly header?: string;
  readonly footer?: string;
}

/** A button that answers. */
export interface ReplyButton {
  /** Comes back when the guest taps it: 1–256 characters, no space at either end. */
  readonly id: string;
  /** 1–20 characters; below a question without markup (`*bold*`). */
  readonly title: string;
}

/** An option of a list. */
export interface ListRow {
  /** Comes back when the guest picks it: 1–200 characters, no space at either end. */
  readonly id: string;
  /** 1–24 characters. */
  readonly title: string;
  /** 1–72 characters. */
  readonly description?: string;
}

/** Options of a list below one title. */
export interface ListSection {
  /** 1–24 characters; needed when there is more than one section. */
  readonly title?: string;
  readonly rows: readonly ListRow[];
}

/** A button that opens a page. */
export interface LinkButton {
  /** 1–20 characters. */
  readonly label: string;
  /** Begins with `https://` or `http://`; its host is a name, no IP number. */
  readonly url: string;
}

/** A button that opens a native form. */
export interface FormOptions {
  /** Which form: by its id, or by its name. */
  readonly form: FormReference;
  /** What the button says: 1–20 characters, no emoji. */
  readonly label: string;
  /** Comes back with the answers; a secret that cannot be guessed, for one guest and one form. */
  readonly token?: string;
  /** Opens the form as it is being written. */
  readonly draft?: boolean;
  /** A screen with its data, or `"endpoint"`; the form's first screen by default. */
  readonly start?: FormStart;
}

/** What a guest is asked for when asked for an address. */
export interface AddressOptions {
  /** WhatsApp has no other country. */
  readonly country: "IN";
  /** What stands in the fields already, by WhatsApp's names of them. */
  readonly values?: Readonly<Record<string, string>>;
  /** Addresses that the guest may pick. */
  readonly savedAddresses?: readonly SavedAddress[];
  /** What was wrong with the answer before, by field. */
  readonly errors?: Readonly<Record<string, string>>;
}

/** A button that calls the hotel by WhatsApp. */
export interface CallButton {
  /** What the button says: 1–20 characters; WhatsApp's own words by default. */
  readonly label?: string;
  /** How long it works, in minutes: 1–43,200 (30 days); seven days by default. */
  readonly minutes?: number;
  /** Comes with the call: 1–512 characters. */
  readonly payload?: string;
}

/** `{ text }`, whose length is checked. */
export function bodyOf(text: string, limit: number = LIMITS.interactiveBody): { readonly text: string } {
  within("interactive.body", text, limit);
  return { text };
}
export const optionalBody = (text: string | undefined): WhatsAppPayload =>
  text === undefined ? {} : { body: bodyOf(text) };

export function framed({ header, footer }: Frame): WhatsAppPayload {
  if (typeof header === "string") within("interactive.header", header, LIMITS.header);
  return {
    ...(header !== undefined && {
      header: typeof header === "string" ? { type: "text", text: header } : mediaHeader("interactive.header", header),
    }),
    ...footed(footer),
  };
}
export function footed(footer: string | undefined): WhatsAppPayload {
  if (footer === undefined) return {};
  within("interactive.footer", footer, LIMITS.footer);
  return { footer: { text: footer } };
}

export function replyButtons(buttons: OneToThree<ReplyButton>): WhatsAppPayload {
  const all = buttons as readonly ReplyButton[];
  count("interactive.buttons", all.length, LIMITS.buttons);
  all.forEach(checkReply);
  for (const { title } of all) if (hasMarkup(title)) throw invalid("button.title", "no markup", title.length);
  unique(
    "button.id",
    all.map(({ id }) => id),
  );
  unique(
    "button.title",
    all.map(({ title }) => title),
  );
  return { buttons: all.map(({ id, title }) => ({ type: "reply", reply: { id, title } })) };
}
export function checkReply({ id, title }: ReplyButton): void {
  identifier("button.id", id, LIMITS.buttonId);
  within("button.title", title, LIMITS.buttonTitle);
}

export function listAction(button: string, sections: readonly ListSection[]): WhatsAppPayload {
  within("list.button", button, LIMITS.listButton);
  count("list.sections", sections.length, LIMITS.sections);
  const rows = sections.flatMap((section) => section.rows);
  count("list.rows", rows.length, LIMITS.rows);
  for (const { title, rows: own } of sections) {
    if (title !== undefined) within("section.title", title, LIMITS.sectionTitle);
    else if (sections.length > 1) throw invalid("section.title", LIMITS.sectionTitle, 0);
    count("section.rows", own.length, LIMITS.rows);
  }
  for (const { id, title, description } of rows) {
    identifier("row.id", id, LIMITS.rowId);
    within("row.title", title, LIMITS.rowTitle);
    if (description !== undefined) within("row.description", description, LIMITS.rowDescription);
  }
  unique(
    "row.id",
    rows.map(({ id }) => id),
  );
  return {
    button,
    sections: sections.map(({ title, rows: own }) => ({
      ...optional("title", title),
      rows: own.map(({ id, title: label, description }) => ({
        id,
        title: label,
        ...optional("description", description),
      })),
    })),
  };
}

export function linkAction({ label, url }: LinkButton): WhatsAppPayload {
  within("link.label", label, LIMITS.linkLabel);
  namedWebAddress("link.url", url);
  return { name: "cta_url", parameters: { display_text: label, url } };
}

/** Meta's version of messages that open a form. Source: Flows "Sending a Flow". */
const FORM_MESSAGE_VERSION = "3";

export function formAction({ form, label, token, draft = false, start }: FormOptions): WhatsAppPayload {
  within("form.label", label, LIMITS.formLabel);
  if (EMOJI.test(label)) throw invalid("form.label", "no emoji", label.length);
  if (token !== undefined) filled("form.token", token);
  return {
    name: "flow",
    parameters: {
      flow_message_version: FORM_MESSAGE_VERSION,
      ...formOf(form),
      flow_cta: label,
      ...optional("flow_token", token),
      ...(draft && { mode: "draft" }),
      ...(start !== undefined && startOf(start)),
    },
  };
}
function formOf({ id, name }: FormReference): WhatsAppPayload {
  if (id === undefined) {
    filled("form.name", name);
    return { flow_name: name };
  }
  filled("form.id", id);
  return { flow_id: id };
}
function startOf(start: FormStart): WhatsAppPayload {
  if (start === "endpoint") return { flow_action: "data_exchange" };
  const { screen, data } = start;
  filled("form.screen", screen);
  if (data !== undefined && Object.keys(data).length === 0) throw invalid("form.data", "at least one member", 0);
  return { flow_action: "navigate", flow_action_payload: { screen, ...optional<"data", JsonValue>("data", data) } };
}

/** What a phone draws as a picture: what is one by itself, and what a selector or a keycap makes one of. */
const EMOJI = /\p{Emoji_Presentation}|\ufe0f|\u20e3/u;

export const addressAction = ({ country, values, savedAddresses, errors }: AddressOptions): WhatsAppPayload => ({
  name: "address_message",
  parameters: {
    country,
    ...optional<"values", JsonValue>("values", values),
    ...(savedAddresses !== undefined && {
      saved_addresses: savedAddresses.map(({ id, values: value }) => {
        filled("address.saved.id", id);
        return { id, value };
      }),
    }),
    ...optional<"validation_errors", JsonValue>("validation_errors", errors),
  },
});

export function callAction({ label, minutes, payload }: CallButton): WhatsAppPayload {
  if (label !== undefined) within("call.label", label, LIMITS.callLabel);
  if (minutes !== undefined) whole("call.minutes", minutes, LIMITS.callMinutes, 1);
  if (payload !== undefined) within("call.payload", payload, LIMITS.callPayload);
  const parameters = {
    ...optional("display_text", label),
    ...optional("ttl_minutes", minutes),
    ...optional("payload", payload),
  };
  return { name: "voice_call", ...(Object.keys(parameters).length > 0 && { parameters }) };
}
