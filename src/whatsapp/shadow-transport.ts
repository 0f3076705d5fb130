import type { OutgoingMessage, Transport } from "../ports/transport.js";

/** What a desk in the shadow of another system reads with, and whom it tells. */
export interface ShadowTransportOptions {
  /** With what files, templates and the numbers' state are read from WhatsApp, e.g. `cloudApi()`; nothing is read without it. */
  readonly reads?: Transport;
  /** Told of each message that would have been sent, once for each attempt, in place of sending it. What it throws is the message's failure. */
  readonly onSend: (message: OutgoingMessage) => void | Promise<void>;
}

/**
 * A transport that sends nothing, for a desk that gets the same webhooks as the system that still answers guests: no message, no file and no
 * blue tick leaves, whatever the desk decides. To the desk each message is accepted, so that it goes on as if guests had it. Give such a desk a
 * schema of its own (`postgresStorage(pool, { schema: "belldesk_shadow" })`): what stands in it was never said.
 */
export function shadowTransport({ reads, onSend }: ShadowTransportOptions): Transport {
  return {
    async send(message) {
      try {
        await onSend(message);
      } catch {
        return { outcome: "rejected", failure: UNTOLD, retry: null };
      }
      return { outcome: "accepted", wamid: `shadow.${message.correlationId}` };
    },
    uploadMedia: ({ sizeBytes }) => Promise.resolve({ outcome: "uploaded", mediaId: `shadow.${String(sizeBytes)}` }),
    markRead: () => Promise.resolve({ outcome: "marked" }),
    ...(reads?.templates && { templates: reads.templates.bind(reads) }),
    ...(reads?.downloadMedia && { downloadMedia: reads.downloadMedia.bind(reads) }),
    ...(reads?.examine && { examine: reads.examine.bind(reads) }),
    ...(reads?.close && { close: reads.close.bind(reads) }),
  };
}

const UNTOLD = { code: "shadow_untold", message: "Whoever compares did not take the message." };
