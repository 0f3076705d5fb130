import { createHmac } from "node:crypto";

export const APP_SECRET = "bench-app-secret";
export const HOTEL = "grand";
export const NUMBER = "200000000000001";
export const DEPARTMENT = { id: "reception", name: "Reception" };

export interface SignedWebhook {
  readonly body: string;
  readonly signature: string;
}

export interface GuestText {
  /** The guest's number in the run: phone and user id follow from it. */
  readonly guest: number;
  /** Which of the guests that bench/multiply.ts made of this one; the guest itself by default. */
  readonly copy?: number;
  readonly wamid: string;
  readonly text: string;
}

interface Who {
  readonly guest: number;
  readonly copy?: number;
}
const behind = ({ guest, copy = 0 }: Who): string =>
  `${String(guest)}${copy === 0 ? "" : String(copy).padStart(3, "0")}`;
const phoneOf = (who: Who): string => `1202555${behind(who)}`;
const userIdOf = (who: Who): string => `US.9000000000000${behind(who)}`;

/** Message number `n` of a run, from one of `guests` guests, as Meta would deliver it. */
export const webhook = (run: string, n: number, guests: number): SignedWebhook =>
  delivery(NUMBER, [
    {
      guest: 10_000 + (n % guests),
      wamid: `wamid.${run}.${String(n)}`,
      text: `Message ${String(n)}: could somebody look at the heating in my room, please?`,
    },
  ]);

/** What guests wrote to a number, in one delivery of Meta's. */
export function delivery(number: string, texts: readonly GuestText[]): SignedWebhook {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const body = JSON.stringify({
    object: "whatsapp_business_account",
    entry: [
      {
        id: "100000000000001",
        changes: [
          {
            field: "messages",
            value: {
              messaging_product: "whatsapp",
              metadata: { display_phone_number: "12025550190", phone_number_id: number },
              contacts: texts.map((who) => ({
                profile: { name: `Guest ${String(who.guest)}` },
                wa_id: phoneOf(who),
                user_id: userIdOf(who),
              })),
              messages: texts.map((one) => ({
                from: phoneOf(one),
                from_user_id: userIdOf(one),
                id: one.wamid,
                timestamp,
                type: "text",
                text: { body: one.text },
              })),
            },
          },
        ],
      },
    ],
  });
  return { body, signature: `sha256=${createHmac("sha256", APP_SECRET).update(body).digest("hex")}` };
}
