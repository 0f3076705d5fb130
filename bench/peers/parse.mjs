// What two wrappers of the Cloud API make of a signed webhook: `bench/parse.ts` calls these beside the desk's own.
import { normalizeWebhook, verifySignature } from "@kapso/whatsapp-cloud-api/server";
import { WhatsAppAPI } from "whatsapp-api-js";

const APP_SECRET = "bench-app-secret";
let heard = 0;
const whatsapp = new WhatsAppAPI({ token: "bench", appSecret: APP_SECRET, webhookVerifyToken: "bench", v: "v24.0" });
whatsapp.on.message = () => void (heard += 1);
whatsapp.on.status = () => void (heard += 1);

/** Each takes the bytes and the signature's header, throws for what it refuses, and says how many items it gave the host. */
export const PARSERS = {
  async "whatsapp-api-js"(body, signature) {
    const text = body.toString("utf8");
    const before = heard;
    await whatsapp.post(JSON.parse(text), text, signature);
    return heard - before;
  },
  kapso(body, signature) {
    if (!verifySignature({ appSecret: APP_SECRET, rawBody: body, signatureHeader: signature }))
      throw new Error("refused");
    const { messages, statuses, calls } = normalizeWebhook(JSON.parse(body.toString("utf8")));
    return messages.length + statuses.length + (calls?.length ?? 0);
  },
};
