import { createHmac } from "node:crypto";

export const APP_SECRET = "bench-app-secret";
export const HOTEL = "grand";
export const NUMBER = "200000000000001";
export const DEPARTMENT = { id: "reception", name: "Reception" };

export interface SignedWebhook {
  readonly body: string;
  readonly signature: string;
}

/** Message number `n` of a run, from one of `guests` guests, as Meta would deliver it. */
export function webhook(run: string, n: number, guests: number): SignedWebhook {
  const guest = 10_000 + (n % guests);
  const phone = `1202555${String(guest)}`;
  const userId = `US.9000000000000${String(guest)}`;
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
              metadata: { display_phone_number: "12025550190", phone_number_id: NUMBER },
              contacts: [{ profile: { name: `Guest ${String(guest)}` }, wa_id: phone, user_id: userId }],
              messages: [
                {
                  from: phone,
                  from_user_id: userId,
                  id: `wamid.${run}.${String(n)}`,
                  timestamp: String(Math.floor(Date.now() / 1000)),
                  type: "text",
                  text: { body: `Message ${String(n)}: could somebody look at the heating in my room, please?` },
                },
              ],
            },
          },
        ],
      },
    ],
  });
  return { body, signature: `sha256=${createHmac("sha256", APP_SECRET).update(body).digest("hex")}` };
}
