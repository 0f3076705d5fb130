import type { ReportedStatus } from "../domain/delivery-status.js";
import type { FakeGuestIdentity, PhoneMessage } from "./phones.js";
import type { Accepted } from "./fake-whatsapp.js";

/** The JSON that the fake speaks, in the shapes of WhatsApp's documentation (September 2026). */

/** A send, as far as the fake reads it. */
export interface SendBody {
  readonly to?: string;
  readonly recipient?: string;
  readonly type?: string;
  readonly status?: string;
  readonly biz_opaque_callback_data?: string;
  readonly context?: { readonly message_id?: string };
  readonly text?: { readonly body: string };
  readonly interactive?: {
    readonly type: string;
    readonly body?: { readonly text: string };
    readonly action?: {
      readonly button?: string;
      readonly buttons?: readonly { readonly reply: { readonly id: string; readonly title: string } }[];
      readonly sections?: readonly {
        readonly rows: readonly { readonly id: string; readonly title: string; readonly description?: string }[];
      }[];
    };
  };
}

/** What a phone shows of a send. */
export function bubbleOf({
  type = "unknown",
  text,
  interactive,
  context,
}: SendBody): Pick<PhoneMessage, "type" | "text" | "options" | "button" | "quotes"> {
  const quotes = context?.message_id;
  const quoting = quotes === undefined ? {} : { quotes };
  if (interactive === undefined) return { type, ...quoting, ...(text !== undefined && { text: text.body }) };
  const { body, action } = interactive;
  const options = action?.buttons?.map(({ reply }) => reply) ?? action?.sections?.flatMap(({ rows }) => rows) ?? [];
  return {
    type: interactive.type,
    options,
    ...quoting,
    ...(body !== undefined && { text: body.text }),
    ...(action?.button !== undefined && { button: action.button }),
  };
}

/** A phone as WhatsApp writes it: without `+`. */
export const digits = (address: string): string => address.replace(/^\+/, "");

const DISPLAY_NUMBER = "12025550190";
const ACCOUNT = "100000000000001";

const envelope = (phoneNumberId: string, value: object, field: "messages" | "smb_message_echoes" = "messages") => ({
  object: "whatsapp_business_account",
  entry: [
    {
      id: ACCOUNT,
      changes: [
        {
          value: {
            messaging_product: "whatsapp",
            metadata: { display_phone_number: DISPLAY_NUMBER, phone_number_id: phoneNumberId },
            ...value,
          },
          field,
        },
      ],
    },
  ],
});

const contactOf = ({ name, username, waId, bsuid }: FakeGuestIdentity) => ({
  profile: { name, ...(username !== undefined && { username }) },
  ...(waId !== undefined && { wa_id: waId }),
  ...(bsuid !== undefined && { user_id: bsuid }),
});

const seconds = (at: Date): string => String(Math.floor(at.getTime() / 1000));

export interface GuestMessage {
  /** What WhatsApp tells of who they are. */
  readonly guest: FakeGuestIdentity;
  readonly phoneNumberId: string;
  readonly wamid: string;
  readonly at: Date;
  /** The type and what stands under its name. */
  readonly body: object;
  readonly quotes: string | undefined;
}

export const messageWebhook = ({ guest, phoneNumberId, wamid, at, body, quotes }: GuestMessage) =>
  envelope(phoneNumberId, {
    contacts: [contactOf(guest)],
    messages: [
      {
        ...(quotes !== undefined && { context: { from: DISPLAY_NUMBER, id: quotes } }),
        ...(guest.waId !== undefined && { from: guest.waId }),
        ...(guest.bsuid !== undefined && { from_user_id: guest.bsuid }),
        id: wamid,
        timestamp: seconds(at),
        ...body,
      },
    ],
  });

/** What is written in the hotel's phone app. */
export const echoWebhook = ({ guest, phoneNumberId, wamid, at, body }: Omit<GuestMessage, "quotes">) =>
  envelope(
    phoneNumberId,
    {
      contacts: [contactOf(guest)],
      message_echoes: [
        {
          from: DISPLAY_NUMBER,
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
  readonly phoneNumberId: string;
  readonly wamid: string;
  readonly at: Date;
  /** What WhatsApp tells of who they were and who they are. */
  readonly before: FakeGuestIdentity;
  readonly after: FakeGuestIdentity;
}

/** WhatsApp's own word that somebody has another number; of one who hides the phone, that they have another id. */
export const numberChangeWebhook = ({ phoneNumberId, wamid, at, before, after }: NumberChange) => {
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
  return envelope(phoneNumberId, {
    messages: [{ ...from, id: wamid, timestamp: seconds(at), type: "system", system }],
  });
};

/** @param guest what WhatsApp tells of who they are, a number that was sent to aside */
export const statusWebhook = (
  { wamid, phoneNumberId, correlationId, address }: Accepted,
  guest: FakeGuestIdentity,
  status: ReportedStatus,
  at: Date,
) => {
  const { username: _, ...nameless } = guest;
  const phone = /^\+?\d+$/.test(address) ? digits(address) : guest.waId;
  return envelope(phoneNumberId, {
    ...(status !== "failed" && {
      contacts: [contactOf(status === "delivered" || status === "read" ? guest : nameless)],
    }),
    statuses: [
      {
        id: wamid,
        status,
        timestamp: seconds(at),
        ...(phone !== undefined && { recipient_id: phone }),
        ...(guest.bsuid !== undefined && { recipient_user_id: guest.bsuid }),
        ...(correlationId !== null && { biz_opaque_callback_data: correlationId }),
        ...(status === "failed" && {
          errors: [{ code: 131026, title: "Message undeliverable", message: "Message undeliverable" }],
        }),
      },
    ],
  });
};

export const errorBody = (code: number) => ({
  error: { message: `(#${String(code)}) Fake error`, type: "OAuthException", code, fbtrace_id: "fake" },
});
