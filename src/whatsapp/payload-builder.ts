import type { Address } from "../domain/address.js";
import type { OutboundContent } from "../domain/content.js";
import type { JsonValue } from "../domain/json.js";
import { ConversationError } from "../errors.js";
import { LIMITS } from "./limits.js";

/** One to three, so a fourth button is a compile error before it is a Graph API error. */
export type OneToThree<T> = readonly [T] | readonly [T, T] | readonly [T, T, T];

export interface ReplyButton {
  /** Comes back when the guest taps it: 1–256 characters, no space at either end. */
  readonly id: string;
  /** 1–20 characters. */
  readonly title: string;
}

export interface ListRow {
  /** Comes back when the guest picks it: 1–200 characters, no space at either end. */
  readonly id: string;
  /** 1–24 characters. */
  readonly title: string;
  /** 1–72 characters. */
  readonly description?: string;
}

export interface ListSection {
  /** 1–24 characters; needed when there is more than one section. */
  readonly title?: string;
  readonly rows: readonly ListRow[];
}

export interface Frame {
  /** 1–60 characters, above the body. */
  readonly header?: string;
  /** 1–60 characters, below the body. */
  readonly footer?: string;
}

/** A request body for `POST /{number}/messages`, ready for `JSON.stringify`. */
export type WhatsAppPayload = Readonly<Record<string, JsonValue>>;

/**
 * Makes payloads that satisfy WhatsApp's limits, or throws; nothing is ever cut. Immutable: `quoting()` and
 * `correlated()` give a new builder. Lengths are in UTF-16 units (`string.length`).
 */
export class WhatsAppPayloadBuilder {
  readonly #to: Address;
  readonly #extra: WhatsAppPayload;

  /** @param to a phone goes into `to`, a business-scoped id into `recipient`: never by luck */
  constructor(to: Address, extra: WhatsAppPayload = {}) {
    this.#to = to;
    this.#extra = extra;
  }

  /** Shows the message as an answer to another one. @param wamid Meta's id of that message */
  quoting(wamid: string): WhatsAppPayloadBuilder {
    within("context.message_id", wamid, Infinity);
    return new WhatsAppPayloadBuilder(this.#to, { ...this.#extra, context: { message_id: wamid } });
  }

  /** Data that comes back in every status of the message. @param data 1–512 characters, not shown to the guest */
  correlated(data: string): WhatsAppPayloadBuilder {
    within("biz_opaque_callback_data", data, LIMITS.callbackData);
    return new WhatsAppPayloadBuilder(this.#to, { ...this.#extra, biz_opaque_callback_data: data });
  }

  /**
   * A plain text.
   * @param body 1–4096 characters
   * @throws {ConversationError} `payload_invalid`, with `details.field`, `details.limit` and `details.actual`
   * @source https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages (2026)
   */
  text(body: string, { previewUrl = false }: { readonly previewUrl?: boolean } = {}): WhatsAppPayload {
    within("text.body", body, LIMITS.textBody);
    return this.#payload("text", previewUrl ? { body, preview_url: true } : { body });
  }

  /**
   * A question that the guest answers with one tap.
   * @param body 1–1024 characters
   * @param buttons 1–3, with ids and titles that differ
   * @throws {ConversationError} `payload_invalid`, with `details.field`, `details.limit` and `details.actual`
   * @source https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages (2026)
   */
  replyButtons(body: string, buttons: OneToThree<ReplyButton>, frame: Frame = {}): WhatsAppPayload {
    within("interactive.body", body, LIMITS.buttonBody);
    count("interactive.buttons", buttons.length, LIMITS.buttons);
    for (const { id, title } of buttons) {
      identifier("button.id", id, LIMITS.buttonId);
      within("button.title", title, LIMITS.buttonTitle);
    }
    unique(
      "button.id",
      buttons.map(({ id }) => id),
    );
    unique(
      "button.title",
      buttons.map(({ title }) => title),
    );
    const action = { buttons: buttons.map(({ id, title }) => ({ type: "reply", reply: { id, title } })) };
    return this.#payload("interactive", { type: "button", ...framed(frame), body: { text: body }, action });
  }

  /**
   * A question whose options open in a list.
   * @param body 1–4096 characters
   * @param button 1–20 characters: what opens the list
   * @param sections 1–10, with 1–10 rows in all, whose ids differ
   * @throws {ConversationError} `payload_invalid`, with `details.field`, `details.limit` and `details.actual`
   * @source https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-list-messages (2026)
   */
  list(body: string, button: string, sections: readonly ListSection[], frame: Frame = {}): WhatsAppPayload {
    within("interactive.body", body, LIMITS.listBody);
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
    const action = {
      button,
      sections: sections.map(({ title, rows: own }) => ({
        ...(title !== undefined && { title }),
        rows: own.map(({ id, title: label, description }) => ({
          id,
          title: label,
          ...(description !== undefined && { description }),
        })),
      })),
    };
    return this.#payload("interactive", { type: "list", ...framed(frame), body: { text: body }, action });
  }

  #payload(type: string, content: JsonValue): WhatsAppPayload {
    const { kind, value } = this.#to;
    const address = kind === "waId" ? { to: value.startsWith("+") ? value : `+${value}` } : { recipient: value };
    return {
      messaging_product: "whatsapp",
      recipient_type: "individual",
      ...address,
      ...this.#extra,
      type,
      [type]: content,
    };
  }
}

/** Our content as WhatsApp's payload. @throws {ConversationError} `payload_invalid` */
export function payloadOf(builder: WhatsAppPayloadBuilder, content: OutboundContent): WhatsAppPayload {
  switch (content.type) {
    case "text":
      return builder.text(content.text);
    case "buttons":
      return builder.replyButtons(content.text, content.buttons as unknown as OneToThree<ReplyButton>);
    case "list":
      return builder.list(content.text, content.button, [{ rows: content.rows }]);
  }
}

/** Checks content before anything is stored. @throws {ConversationError} `payload_invalid` */
export function checkContent(content: OutboundContent): void {
  payloadOf(new WhatsAppPayloadBuilder({ kind: "waId", value: "0" }), content);
}

const framed = ({ header, footer }: Frame): WhatsAppPayload => {
  if (header !== undefined) within("interactive.header", header, LIMITS.header);
  if (footer !== undefined) within("interactive.footer", footer, LIMITS.footer);
  return {
    ...(header !== undefined && { header: { type: "text", text: header } }),
    ...(footer !== undefined && { footer: { text: footer } }),
  };
};

/** Not empty, not only white space, and not longer than `limit`. */
function within(field: string, value: string, limit: number): void {
  if (value.trim() === "" || value.length > limit) throw invalid(field, limit, value.length);
}

function identifier(field: string, value: string, limit: number): void {
  within(field, value, limit);
  if (value.trim() !== value) throw invalid(field, "no space at either end", value.length);
}

function count(field: string, actual: number, limit: number): void {
  if (actual < 1 || actual > limit) throw invalid(field, limit, actual);
}

function unique(field: string, values: readonly string[]): void {
  const different = new Set(values).size;
  if (different !== values.length) throw invalid(field, "unique", values.length - different);
}

const invalid = (field: string, limit: number | string, actual: number): ConversationError =>
  new ConversationError("payload_invalid", { field, limit: limit === Infinity ? "not empty" : limit, actual });
