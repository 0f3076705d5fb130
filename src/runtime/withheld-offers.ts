import { offersWaitUntil } from "../domain/failure-wait.js";
import { codeOf } from "../errors.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Storage } from "../ports/storage.js";
import type { SendState } from "../ports/work-storage.js";

/** How many of a conversation's newest messages are looked at for an offer that WhatsApp has withheld. Ours. */
const LOOKED_AT = 100;

/**
 * Tells before when WhatsApp wants no offer to a message's guest, as far as the newest messages tell of the conversations that show it;
 * null: at once. undefined: nobody can say now.
 */
export const withheldOffers =
  (storage: Pick<Storage, "messages">, logger: DeskLogger) =>
  async ({ message, chat }: SendState): Promise<Date | null | undefined> => {
    try {
      const shownIn = new Set([message.conversationId, chat.currentConversationId ?? message.conversationId]);
      const newest = await Promise.all(
        [...shownIn].map((conversationId) =>
          storage.messages({ reach: "everything", conversationId, before: null, limit: LOOKED_AT }),
        ),
      );
      return offersWaitUntil(newest.flatMap((page) => page?.items ?? []));
    } catch (error) {
      logger.warn({ messageId: message.id, code: codeOf(error) }, "whether an offer may leave could not be found out");
      return undefined;
    }
  };
