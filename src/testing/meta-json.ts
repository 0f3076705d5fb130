import type { ReportedStatus } from "../domain/delivery-status.js";
import { statusError, type Refusal } from "./fake/graph-error.js";
import type { MediaKind } from "./fake/media.js";
import type { FakeNumber } from "./fake/numbers.js";
import type { Accepted } from "./fake/sends.js";
import type { FakeTemplate, SentTemplate } from "./fake/templates.js";
import type { Told } from "./phones.js";

/** The JSON that the fake speaks, in the shapes of WhatsApp's documentation (September 2026). */

/** A send, as far as the fake reads it. */
export interface SendBody {
  readonly to?: string;
  readonly recipient?: string;
  readonly recipient_type?: string;
  readonly type?: string;
  readonly status?: string;
  readonly message_id?: string;
  readonly biz_opaque_callback_data?: string;
  readonly recipient_identity_key_hash?: string;
  readonly context?: { readonly message_id?: string };
  readonly text?: { readonly body: string };
  readonly reaction?: { readonly message_id: string; readonly emoji: string };
  readonly template?: SentTemplate;
  readonly interactive?: SentInteractive;
}

/** What is to be tapped or filled in, as far as a phone shows it. */
export interface SentInteractive {
  readonly type: string;
  readonly header?: { readonly type: string; readonly text?: string } & SentFiles;
  readonly body?: { readonly text: string };
  readonly footer?: { readonly text: string };
  readonly action?: {
    readonly button?: string;
    readonly buttons?: readonly { readonly reply: { readonly id: string; readonly title: string } }[];
    readonly sections?: readonly {
      readonly title?: string;
      readonly rows?: readonly { readonly id: string; readonly title: string; readonly description?: string }[];
    }[];
    readonly name?: string;
    readonly parameters?: {
      readonly display_text?: string;
      readonly url?: string;
      readonly flow_cta?: string;
      readonly flow_id?: string;
      readonly flow_name?: string;
      readonly flow_token?: string;
      readonly flow_action?: string;
      readonly flow_action_payload?: { readonly screen: string; readonly data?: Readonly<Record<string, unknown>> };
    };
  };
}

/** A file as it stands in a message: an id of it, or a link to it. */
export interface SentFile {
  readonly id?: string;
  readonly link?: string;
  readonly caption?: string;
  readonly filename?: string;
  readonly mime_type?: string;
  readonly voice?: boolean;
  readonly animated?: boolean;
}
export type SentFiles = Readonly<Partial<Record<MediaKind, SentFile>>>;

/** A phone as WhatsApp writes it: without `+`. */
export const digits = (address: string): string =>
  /^\+?[\d ()-]+$/.test(address) ? address.replaceAll(/\D/g, "") : address;

const account = (id: string, change: object, at?: Date) => ({
  object: "whatsapp_business_account",
  entry: [{ id, ...(at !== undefined && { time: Math.floor(at.getTime() / 1000) }), changes: [change] }],
});

type Field = "messages" | "smb_message_echoes" | "user_preferences";

const envelope = (number: FakeNumber, value: object, field: Field = "messages") =>
  account(number.account, {
    value: {
      messaging_product: "whatsapp",
      metadata: { display_phone_number: number.displayNumber, phone_number_id: number.phoneNumberId },
      ...value,
    },
    field,
  });

const contactOf = ({ name, username, waId, bsuid, identityKey }: Told) => ({
  profile: { name, ...(username !== undefined && { username }) },
  ...(waId !== undefined && { wa_id: waId }),
  ...(bsuid !== undefined && { user_id: bsuid }),
  ...(identityKey !== undefined && { identity_key_hash: identityKey }),
});

const seconds = (at: Date): string => String(Math.floor(at.getTime() / 1000));

export interface GuestMessage {
  /** What WhatsApp tells of who they are. */
  readonly guest: Told;
  readonly number: FakeNumber;
  readonly wamid: string;
  readonly at: Date;
  /** The type and what stands under its name. */
  readonly body: object;
  readonly quotes: string | undefined;
}

export const messageWebhook = ({ guest, number, wamid, at, body, quotes }: GuestMessage) =>
  envelope(number, {
    contacts: [contactOf(guest)],
    messages: [
      {
        ...(quotes !== undefined && { context: { from: number.displayNumber, id: quotes } }),
        ...(guest.waId !== undefined && { from: guest.waId }),
        ...(guest.bsuid !== undefined && { from_user_id: guest.bsuid }),
        id: wamid,
        timestamp: seconds(at),
        ...body,
      },
    ],
  });

/** What is written in the hotel's phone app. */
export const echoWebhook = ({ guest, number, wamid, at, body }: Omit<GuestMessage, "quotes">) =>
  envelope(
    number,
    {
      contacts: [contactOf(guest)],
      message_echoes: [
        {
          from: number.displayNumber,
          ...(guest.waId !== undefined && { to: guest.waId }),
          ...(guest.bsuid !== undefined && { to_user_id: guest.bsuid }),
          id: wamid,
          timestamp: seconds(at),
          ...body,
        },
      ],
    },
    "smb_message_echoes",
  );

export interface NumberChange {
  readonly number: FakeNumber;
  readonly wamid: string;
  readonly at: Date;
  /** What WhatsApp tells of who they were and who they are. */
  readonly before: Told;
  readonly after: Told;
}

/** WhatsApp's own word that somebody has another number; of one who hides the phone, that they have another id. */
export const numberChangeWebhook = ({ number, wamid, at, before, after }: NumberChange) => {
  const isHidden = before.waId === undefined || after.waId === undefined;
  const ids = {
    ...(after.bsuid !== undefined && { user_id: after.bsuid }),
    ...(before.bsuid !== undefined && { previous_user_id: before.bsuid }),
  };
  const system = isHidden
    ? { body: `User ${after.username ?? after.name} changed user id`, ...ids, type: "user_changed_user_id" }
    : {
        body: `User ${after.name} changed from ${before.waId} to ${after.waId}`,
        wa_id: after.waId,
        ...ids,
        type: "user_changed_number",
      };
  const from = isHidden ? {} : { from: before.waId };
  return envelope(number, {
    messages: [{ ...from, id: wamid, timestamp: seconds(at), type: "system", system }],
  });
};

export interface StatusReport {
  readonly about: Accepted;
  readonly number: FakeNumber;
  /** What WhatsApp tells of who they are, a number that was sent to aside. */
  readonly guest: Told;
  readonly status: ReportedStatus;
  readonly at: Date;
  /** Whether it tells what the message costs. */
  readonly isPriced: boolean;
  /** Why it failed, of one that did. */
  readonly failure: Refusal;
}

export const statusWebhook = ({ about, number, guest, status, at, isPriced, failure }: StatusReport) => {
  const { wamid, correlationId, address } = about;
  const { username: _, ...nameless } = guest;
  const sentTo = /^\+?[\d ()-]+$/.test(address) ? digits(address) : null;
  const phone = sentTo ?? guest.waId;
  // What failed and was sent to a phone tells of no id.
  const bsuid = status === "failed" && sentTo !== null ? undefined : guest.bsuid;
  return envelope(number, {
    ...(status !== "failed" && {
      contacts: [contactOf(status === "delivered" || status === "read" ? guest : nameless)],
    }),
    statuses: [
      {
        id: wamid,
        status,
        timestamp: seconds(at),
        ...(phone !== undefined && { recipient_id: phone }),
        ...(bsuid !== undefined && { recipient_user_id: bsuid }),
        ...(guest.identityKey !== undefined && { recipient_identity_key_hash: guest.identityKey }),
        ...(isPriced && { pricing: pricing(about.category) }),
        ...(correlationId !== null && { biz_opaque_callback_data: correlationId }),
        ...(status === "failed" && { errors: [statusError(failure)] }),
      },
    ],
  });
};

/** Prices of each message, as since October 2026. */
const pricing = (category: string) => ({ billable: true, pricing_model: "PMP", type: "regular", category });

/** Somebody stops marketing messages, or wants them again. */
export const preferenceWebhook = (number: FakeNumber, guest: Told, value: "stop" | "resume", at: Date) => {
  const { waId, bsuid } = guest;
  const preference = {
    ...(waId !== undefined && { wa_id: waId }),
    ...(bsuid !== undefined && { user_id: bsuid }),
    detail: `User requested to ${value} marketing messages`,
    category: "marketing_messages",
    value,
    timestamp: Math.floor(at.getTime() / 1000),
  };
  return envelope(number, { contacts: [contactOf(guest)], user_preferences: [preference] }, "user_preferences");
};

const templateNamed = ({ id, name, language }: FakeTemplate) => ({
  message_template_id: Number(id),
  message_template_name: name,
  message_template_language: language,
});

export const templateStatusWebhook = (of: string, template: FakeTemplate, more: object, at: Date) =>
  account(
    of,
    {
      value: {
        event: template.status,
        ...templateNamed(template),
        reason: "NONE",
        message_template_category: template.category,
        ...more,
      },
      field: "message_template_status_update",
    },
    at,
  );

export const templateCategoryWebhook = (of: string, template: FakeTemplate, previous: string, at: Date) =>
  account(
    of,
    {
      value: { ...templateNamed(template), previous_category: previous, new_category: template.category },
      field: "template_category_update",
    },
    at,
  );
