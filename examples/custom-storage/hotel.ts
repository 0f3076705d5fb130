import { cloudApi, ConversationManager, sign, type StaffPrincipal, type Storage } from "belldesk";
import { sqliteStorage } from "./sqlite-storage.ts";

export const APP_SECRET = "a-test-secret";
export const NUMBER = "200000000000001";
export const rita: StaffPrincipal = { kind: "staff", id: "rita", role: "agent", hotels: { grand: "all" } };

/** A hotel with one department on a file, or on another storage. */
export const hotelOn = (on: string | Storage, graphUrl = "http://127.0.0.1:9"): ConversationManager =>
  new ConversationManager({
    hotels: [
      {
        id: "grand",
        timeZone: "Europe/Rome",
        numbers: [{ phoneNumberId: NUMBER, accessToken: "any" }],
        departments: [{ id: "reception", name: "Reception" }],
      },
    ],
    storage: typeof on === "string" ? sqliteStorage({ file: on }) : on,
    transport: cloudApi({ graphUrl }),
    webhook: { appSecrets: [APP_SECRET], verifyToken: "a-test-token" },
    work: { leaseMs: 2_000 }, // so that the tests wait no longer for what a killed process had in hand
  });

/** What WhatsApp delivers when a guest writes. */
export function written(from: string, text: string): { readonly body: string; readonly signature: string } {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const message = { from, id: `wamid.${from}.${text}`, timestamp, type: "text", text: { body: text } };
  const value = {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "12025550190", phone_number_id: NUMBER },
    contacts: [{ profile: { name: "Ines" }, wa_id: from }],
    messages: [message],
  };
  const entry = [{ id: "100000000000001", changes: [{ field: "messages", value }] }];
  const body = JSON.stringify({ object: "whatsapp_business_account", entry });
  return { body, signature: sign(body, APP_SECRET) };
}
