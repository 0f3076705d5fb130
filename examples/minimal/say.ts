import { sign } from "belldesk";

/** A guest's text as Meta delivers it, to try the webhook by hand. */
const { APP_SECRET = "", PORT = "3000" } = process.env;
const message = {
  from: "12025550101",
  id: `wamid.${String(Date.now())}`,
  timestamp: String(Math.floor(Date.now() / 1000)),
  type: "text",
  text: { body: process.argv[2] ?? "Hello, is my room ready?" },
};
const value = {
  messaging_product: "whatsapp",
  metadata: { display_phone_number: "12025550190", phone_number_id: "200000000000001" },
  contacts: [{ profile: { name: "Ines" }, wa_id: message.from }],
  messages: [message],
};
const entry = [{ id: "100000000000001", changes: [{ field: "messages", value }] }];
const body = JSON.stringify({ object: "whatsapp_business_account", entry });
const answer = await fetch(`http://127.0.0.1:${PORT}/webhooks/whatsapp`, {
  method: "POST",
  body,
  headers: { "content-type": "application/json", "x-hub-signature-256": sign(body, APP_SECRET) },
});
console.log(answer.status, await answer.text());
