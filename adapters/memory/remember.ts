import type { InboundItem, RememberOutcome } from "../../src/index.js";
import { ConversationError } from "../../src/index.js";
import { enqueue } from "./lanes.js";
import { addressKey, hotelOf, type HotelMemory, type Memory } from "./state.js";

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
    const outcome = outcomes[index] === "too_old" ? "too_old" : chat === null ? "kept" : "work";
    hotel.attempts.set(id, { kind, outcome, raw, receivedAt: now });
    if (chat === null || outcome === "too_old") return;
    const lane = {
      hotelId,
      kind: "inbound",
      phoneNumberId: chat.phoneNumberId,
      guestId: guestFor(hotel, item, chat, now),
    } as const;
    enqueue(hotel, lane, { id, kind: "inbound", attempts: 0, payload: raw, createdAt: now }, now);
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
    return chat !== null && now.getTime() - chat.sentAt.getTime() > retentionMs ? "too_old" : "new";
  });
}

/**
 * The guest who has the first known of the addresses; if none is known, or the phone has passed to somebody else, a new
 * one who has them all.
 */
function guestFor(hotel: HotelMemory, { id }: InboundItem, chat: NonNullable<InboundItem["chat"]>, now: Date): string {
  const { newGuestId, addresses } = chat;
  const [known] = addresses.filter((address) => hotel.guestByAddress.has(addressKey(address)));
  const holder = hotel.guests.get(hotel.guestByAddress.get(known ? addressKey(known) : "") ?? "");
  if (holder !== undefined) {
    const hasOwn = holder.addresses.some(({ kind }) => kind === "bsuid");
    if (known?.kind !== "waId" || addresses[0]?.kind !== "bsuid" || !hasOwn) return holder.id;
    const kept = holder.addresses.filter((address) => addressKey(address) !== addressKey(known));
    hotel.guests.set(holder.id, { ...holder, addresses: kept });
  }
  for (const address of addresses) hotel.guestByAddress.set(addressKey(address), newGuestId);
  hotel.guests.set(newGuestId, {
    id: newGuestId,
    hotelId: hotel.id,
    name: null,
    addresses: addresses.map((address) => ({ ...address, evidence: id, firstSeenAt: now })),
  });
  return newGuestId;
}
