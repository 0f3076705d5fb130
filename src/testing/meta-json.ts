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

const DISPLAY_NUMBER = "12025550190";
const ACCOUNT = "100000000000001";

const envelope = (phoneNumberId: string, value: object) => ({
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
          field: "messages",
        },
      ],
    },
  ],
});

const contactOf = ({ name, waId, bsuid }: FakeGuestIdentity) => ({
  profile: { name },
  ...(waId !== undefined && { wa_id: waId }),
  ...(bsuid !== undefined && { user_id: bsuid }),
});

const seconds = (at: Date): string => String(Math.floor(at.getTime() / 1000));

export interface GuestMessage {
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

export const statusWebhook = (
  { wamid, phoneNumberId, correlationId }: Accepted,
  guest: FakeGuestIdentity,
  status: ReportedStatus,
  at: Date,
) =>
  envelope(phoneNumberId, {
    ...(status !== "failed" && { contacts: [contactOf(guest)] }),
    statuses: [
      {
        id: wamid,
        status,
        timestamp: seconds(at),
        ...(guest.waId !== undefined && { recipient_id: guest.waId }),
        ...(guest.bsuid !== undefined && { recipient_user_id: guest.bsuid }),
        ...(correlationId !== null && { biz_opaque_callback_data: correlationId }),
        ...(status === "failed" && {
          errors: [{ code: 131026, title: "Message undeliverable", message: "Message undeliverable" }],
        }),
      },
    ],
  });

export const errorBody = (code: number) => ({
  error: { message: `(#${String(code)}) Fake error`, type: "OAuthException", code, fbtrace_id: "fake" },
});
