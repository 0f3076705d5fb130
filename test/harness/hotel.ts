import { createHmac } from "node:crypto";
import type { HotelOptions, StaffPrincipal } from "belldesk";
import { watched } from "../support/canaries.js";

export const APP_SECRET = "test-app-secret";
export const VERIFY_TOKEN = "test-verify-token";
export const GRAND_NUMBER = "200000000000001";
export const SEASIDE_NUMBER = "200000000000002";

export const hotels: readonly HotelOptions[] = [
  {
    id: "grand",
    name: "Grand",
    timeZone: "Europe/Rome",
    numbers: [{ phoneNumberId: GRAND_NUMBER, accessToken: "grand-token" }],
    departments: [
      { id: "reception", name: "Reception" },
      { id: "housekeeping", name: "Housekeeping" },
    ],
  },
  {
    id: "seaside",
    name: "Seaside",
    timeZone: "America/Sao_Paulo",
    numbers: [{ phoneNumberId: SEASIDE_NUMBER, accessToken: "seaside-token" }],
    departments: [
      { id: "reception", name: "Reception" },
      { id: "restaurant", name: "Restaurant" },
    ],
  },
];

/** A template that has nothing to fill in, as the Graph API writes it. */
export const ARRIVAL = {
  name: "arrival",
  language: "en",
  status: "APPROVED",
  category: "UTILITY",
  components: [{ type: "BODY", text: "Your room is ready." }],
};

export const manager: StaffPrincipal = {
  kind: "staff",
  id: "staff_manager",
  role: "manager",
  hotels: { grand: "all", seaside: "all" },
};
export const admin: StaffPrincipal = { ...manager, id: "staff_admin", role: "admin" };
export const receptionist: StaffPrincipal = {
  kind: "staff",
  id: "staff_reception",
  role: "agent",
  hotels: { grand: ["reception"] },
};

/** A text of a guest as Meta delivers it. `text` is put into the JSON as it is, so it may hold escapes of its own. */
export interface GuestText {
  /** The digits of the guest's phone. */
  readonly from: string;
  readonly wamid: string;
  readonly text: string;
  readonly number?: string;
  /** Seconds. */
  readonly timestamp?: number;
  /** Replaces the message's JSON, for messages that Meta would never send. */
  readonly instead?: object;
}

/** One delivery with all these messages, signed. */
export function delivery(texts: readonly GuestText[]): { readonly body: Buffer; readonly signature: string } {
  const changes = texts.map(
    ({ from, wamid, text, number = GRAND_NUMBER, timestamp = Math.floor(Date.now() / 1000), instead }) => ({
      field: "messages",
      value: {
        messaging_product: "whatsapp",
        metadata: { display_phone_number: "12025550190", phone_number_id: number },
        contacts: [{ profile: { name: `Guest ${from.slice(-4)}` }, wa_id: from, user_id: `US.${from}` }],
        messages: [
          instead ?? {
            from,
            from_user_id: `US.${from}`,
            id: wamid,
            timestamp: String(timestamp),
            type: "text",
            text: { body: text },
          },
        ],
      },
    }),
  );
  return signed(changes);
}

/** One delivery of these changes, signed. */
export function signed(changes: readonly { readonly field: string; readonly value: object }[]): {
  readonly body: Buffer;
  readonly signature: string;
} {
  const body = Buffer.from(
    asMetaWrites({ object: "whatsapp_business_account", entry: [{ id: "100000000000001", changes }] }),
  );
  watched.webhook(body);
  return { body, signature: `sha256=${createHmac("sha256", APP_SECRET).update(body).digest("hex")}` };
}

/** JSON with everything beyond ASCII, and slashes, escaped: other bytes than `JSON.stringify` would write again. */
const asMetaWrites = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .replaceAll("/", "\\/");

/** Posts a delivery. @returns the HTTP status */
export async function post(base: string, texts: readonly GuestText[]): Promise<number> {
  const { body, signature } = delivery(texts);
  const headers = { "content-type": "application/json", "x-hub-signature-256": signature };
  const response = await fetch(`${base}/webhooks/whatsapp`, { method: "POST", body: new Uint8Array(body), headers });
  await response.arrayBuffer();
  return response.status;
}

/** Waits for something that has to become true; says what it was when it does not. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  withinMs = 60_000,
): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen;
    if (performance.now() > until) throw new Error(`It did not come about: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
