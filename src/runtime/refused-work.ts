import { setTimeout as delay } from "node:timers/promises";
import { resentMessageId } from "../decide/ids.js";
import { decideRefused, type RefusedPayload } from "../decide/refused.js";
import { backoffMs } from "../decide/send.js";
import { noChange, type Change } from "../domain/change.js";
import type { DeskEvent } from "../domain/event.js";
import type { ClaimedLane } from "../domain/lane.js";
import type { WorkItem } from "../domain/work.js";
import { ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import type { Random } from "../ports/random.js";
import type { Storage } from "../ports/storage.js";
import type { ConversationState } from "../ports/work-storage.js";
import { kindsOf, type Wake } from "./wake.js";

export interface RefusedWorkOptions {
  readonly storage: Pick<Storage, "loadSends" | "message" | "loadConversation" | "commit">;
  readonly random: Random;
  /** As in `SendPolicy`. */
  readonly maxAgeMs: number;
  readonly publish: (events: readonly DeskEvent[]) => void;
  readonly wake: Wake;
}

/** How often it is decided again because somebody changed the conversation meanwhile, and the milliseconds between. */
const ATTEMPTS = 10;
const AGAIN = { baseMs: 5, capMs: 200 };

/** Sees what may go in the place of a message that WhatsApp refused, in the commit that completes the work. */
export function refusedWork({ storage, random, maxAgeMs, publish, wake }: RefusedWorkOptions) {
  async function decide({ hotelId }: ClaimedLane, { messageId, why }: RefusedPayload): Promise<Change> {
    const { now, sends } = await storage.loadSends(hotelId, [messageId]);
    const [send = null] = sends;
    const state = send === null ? null : await showing(messageId);
    // Its guest was erased.
    if (send === null || state === null) return noChange(hotelId);
    // After the conversation, whose version then tells whether somebody sends it again just now.
    const copy = await storage.message({ reach: "everything", messageId: resentMessageId(messageId) });
    return decideRefused(send, state, { why, copied: copy !== null, maxAgeMs, now });
  }

  /** The conversation that shows the message now: the last of those that do. */
  async function showing(messageId: string): Promise<ConversationState | null> {
    const history = await storage.message({ reach: "everything", messageId });
    const conversationId = history?.shownIn.at(-1);
    if (conversationId === undefined) return null;
    const key = { reach: "everything", conversationId, client: null, template: null } as const;
    return (await storage.loadConversation(key)).state;
  }

  /** @throws {ConversationError} what the storage throws; `busy` */
  return async (lane: ClaimedLane, item: WorkItem, refused: RefusedPayload): Promise<void> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await delay(backoffMs(attempt, AGAIN, random()));
      const change = await decide(lane, refused);
      if (BELLDESK_FAILPOINTS) await failpoint("command.loaded");
      const result = await storage.commit(lane.hotelId, [{ change, lane, completes: [item.id], failed: null }]);
      if (result.outcome === "conflict") continue;
      if (result.outcome === "committed") {
        if (BELLDESK_FAILPOINTS) await failpoint("command.committed");
        publish(result.events);
        wake(...kindsOf(change.work));
      }
      // Fenced: the lane's next holder does it.
      return;
    }
    throw new ConversationError("busy");
  };
}
