import type { InboundItem, RememberOutcome } from "../../src/index.js";
import { ConversationError } from "../../src/index.js";
import { enqueue } from "./lanes.js";
import { hotelOf, type Memory } from "./state.js";
import { guestFor } from "./whose.js";

/** Remembers items, each dedup hash once per hotel; new ones become work in the lane of their chat. */
export function remember(
  memory: Memory,
  items: readonly InboundItem[],
  { dedupRetentionMs }: { readonly dedupRetentionMs: number },
): readonly RememberOutcome[] {
  const now = memory.clock.now();
  // What cannot be stored is found before anything is: a call that fails has remembered nothing.
  const outcomes = outcomesOf(memory, items, now, dedupRetentionMs);
  items.forEach((item, index) => {
    if (outcomes[index] === "duplicate") return;
    const { id, hotelId, dedupHash, kind, raw, chat } = item;
    const hotel = hotelOf(memory, hotelId);
    hotel.dedupHashes.add(dedupHash);
    hotel.dedupSeenAt.set(dedupHash, now.getTime());
    const outcome = outcomes[index] === "too_old" ? "too_old" : chat === null ? "kept" : "work";
    hotel.attempts.set(id, { kind, outcome, raw, receivedAt: now });
    if (chat === null || outcome === "too_old") return;
    const lane = {
      hotelId,
      kind: "inbound",
      phoneNumberId: chat.phoneNumberId,
      guestId: guestFor(hotel, id, chat, now),
    } as const;
    hotel.attempts.set(id, { kind, outcome, raw, receivedAt: now, guestId: lane.guestId });
    enqueue(hotel, lane, { id, kind: "inbound", attempts: 0, payload: raw, createdAt: now, urgent: false }, now);
  });
  return outcomes;
}

function outcomesOf(
  memory: Memory,
  items: readonly InboundItem[],
  now: Date,
  retentionMs: number,
): readonly RememberOutcome[] {
  const seen = new Set<string>();
  const taken = new Set<string>();
  return items.map(({ id, hotelId, dedupHash, chat }) => {
    const hotel = hotelOf(memory, hotelId);
    const hash = `${hotelId} ${dedupHash}`;
    if (seen.has(hash) || hotel.dedupHashes.has(dedupHash)) return "duplicate";
    seen.add(hash);
    if (taken.has(`${hotelId} ${id}`) || hotel.attempts.has(id))
      throw new ConversationError("storage_refused", { attemptId: id });
    taken.add(`${hotelId} ${id}`);
    if (chat?.isImported === true || chat === null) return "new";
    return now.getTime() - chat.sentAt.getTime() > retentionMs ? "too_old" : "new";
  });
}
