import type { Failure } from "../domain/delivery-status.js";
import { ConversationError } from "../errors.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Transport } from "../ports/transport.js";
import { warnings } from "./warnings.js";
import { instead } from "./watching.js";

/**
 * A transport whose refusals are looked at for what is no message's fault and no time mends: WhatsApp's name, or that of a place where it
 * keeps files, leads into one's own network. Somebody may have bent it, so that it is an error in the log, once a minute while it goes on.
 */
export function alarmedTransport(transport: Transport, logger: DeskLogger): Transport {
  const alarm = warnings(logger, { level: "error" });
  async function heard<T extends { readonly outcome: string; readonly failure?: Failure }>(
    answer: Promise<T> | undefined,
  ): Promise<T> {
    const said = await (answer ?? Promise.reject(new ConversationError("internal")));
    if (said.failure?.code === "address_private")
      alarm(
        "address_private",
        "a name of WhatsApp's resolves to an address that is not public, and nothing is sent there or fetched: look at the DNS",
      );
    return said;
  }
  return instead(transport, {
    send: (message) => heard(transport.send(message)),
    ...(transport.uploadMedia !== undefined && { uploadMedia: (file) => heard(transport.uploadMedia?.(file)) }),
    ...(transport.downloadMedia !== undefined && { downloadMedia: (file) => heard(transport.downloadMedia?.(file)) }),
    ...(transport.markRead !== undefined && { markRead: (read) => heard(transport.markRead?.(read)) }),
  });
}
