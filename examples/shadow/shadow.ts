import { cloudApi, ConversationManager, shadowTransport, type ConversationManagerOptions } from "belldesk";
import type { RequestHandler } from "express";
import { comparison } from "./comparison.js";

/** Your desk beside the system that still answers: it gets the same webhooks, and sends nothing. */
export function shadowDesk(options: Omit<ConversationManagerOptions, "transport">, { reads = cloudApi() } = {}) {
  const compared = comparison();
  const transport = shadowTransport({ reads, onSend: compared.deskSent });
  const desk = new ConversationManager({ ...options, transport });

  /** Before the old webhook's handler, on the raw body (`express.raw({ type: "*\/*" })`): what answers Meta is the old one. */
  const mirror: RequestHandler = (request, _response, next) => {
    const delivery = { body: request.body as Uint8Array, signature: request.get("x-hub-signature-256") };
    desk.receive(delivery).then(({ status }) => {
      if (status !== 200) console.error("The desk did not take a webhook:", status);
    }, console.error);
    next();
  };
  return { desk, mirror, ...compared };
}
