import type { Prunable, Pruned, PruneQuery } from "../../src/index.js";
import { letGo } from "./attachments.js";
import { oldLinks, pruneAudit } from "./audit-chain.js";
import { forgetMessage, removeWhere } from "./erasure.js";
import { compareIds, hotelOf, messagesIn, type HotelMemory, type Memory } from "./state.js";

/** Deletes what is older than so much. */
export function prune(memory: Memory, { hotelId, what, olderThanMs, limit, dryRun }: PruneQuery): Pruned {
  const hotel = hotelOf(memory, hotelId);
  const before = memory.clock.now().getTime() - olderThanMs;
  if (what === "auditEntries") {
    const all = oldLinks(hotel, before).length;
    const pruned = dryRun ? all : pruneAudit(hotel, before, limit);
    return { more: !dryRun && all > pruned, counts: { [what]: pruned }, files: [] };
  }
  const old = OLD[what](hotel, before, memory);
  if (dryRun) return { more: false, counts: { [what]: old.length }, files: [] };
  const gone = old.slice(0, limit);
  const files = gone.flatMap((forget) => forget() ?? []);
  return { more: old.length > limit, counts: { [what]: gone.length }, files };
}

type Forget = () => Pruned["files"] | undefined;
/** What is old, the oldest first where that is said; each with how it is forgotten. */
type Old = (hotel: HotelMemory, before: number, memory: Memory) => readonly Forget[];

const inMap = <Value>(map: Map<string, Value>, isOld: (value: Value, key: string) => boolean): readonly Forget[] =>
  [...map].flatMap(([key, value]) =>
    isOld(value, key)
      ? [
          () => {
            map.delete(key);
            return undefined;
          },
        ]
      : [],
  );

const OLD: Readonly<Record<Exclude<Prunable, "auditEntries">, Old>> = {
  webhookAttempts: (hotel, before) => {
    const waits = new Set([...hotel.lanes.values()].flatMap(({ items }) => items.map(({ id }) => id)));
    return inMap(
      hotel.attempts,
      ({ receivedAt }, id) => receivedAt.getTime() < before && !waits.has(id) && !hotel.deadWork.has(id),
    );
  },
  dedupKeys: (hotel, before) =>
    [...hotel.dedupSeenAt].flatMap(([hash, at]) =>
      at < before
        ? [
            () => {
              hotel.dedupSeenAt.delete(hash);
              hotel.dedupHashes.delete(hash);
              return undefined;
            },
          ]
        : [],
    ),
  events: (hotel, before, memory) => {
    const unread = Math.min(
      ...[...memory.consumers.values()].map((places) => places.get(hotel.id)?.seq ?? 0),
      // Who stands at the newest goes on from there.
      hotel.events.length - 1,
    );
    return hotel.events.flatMap((event, index) =>
      event.seq <= unread && event.at.getTime() < before
        ? [
            () => {
              // Numbers stay where they are.
              Reflect.deleteProperty(hotel.events, index);
              return undefined;
            },
          ]
        : [],
    );
  },
  conversations: (hotel, before) =>
    [...hotel.conversations.values()]
      .filter(({ status, closedAt, lastMessageAt, continuedIn }) => {
        const onward = hotel.conversations.get(continuedIn ?? "");
        const isOld = closedAt !== null && Math.max(closedAt.getTime(), lastMessageAt.getTime()) < before;
        return status === "closed" && isOld && onward === undefined;
      })
      .filter(
        ({ id, guestId, phoneNumberId }) =>
          ![...hotel.lanes.values()].some(
            (lane) =>
              lane.items.length > 0 &&
              (lane.guestId === id || (lane.guestId === guestId && lane.phoneNumberId === phoneNumberId)),
          ),
      )
      .toSorted((a, b) => compareIds(a.id, b.id))
      .map(({ id, guestId }) => () => {
        const gone = messagesIn(hotel, id);
        const attached = new Set(gone.flatMap((message) => hotel.attachmentOfMessage.get(message.id) ?? []));
        for (const message of gone) {
          forgetMessage(hotel, message);
          if (message.wamid !== null) hotel.amendments.delete(message.wamid);
        }
        removeWhere(hotel.prompts, ({ conversationId }) => conversationId === id);
        removeWhere(hotel.participants, ({ conversationId }) => conversationId === id);
        removeWhere(hotel.tasks, ({ conversationId }) => conversationId === id);
        for (const [runId, run] of hotel.runs) {
          if (run.conversationId !== id) continue;
          hotel.runs.delete(runId);
          hotel.moves.delete(runId);
        }
        hotel.conversations.delete(id);
        hotel.conversationsOfGuest.get(guestId)?.delete(id);
        for (const [key, chat] of hotel.chats)
          if (chat.currentConversationId === id)
            hotel.chats.set(key, { ...chat, currentConversationId: null, version: chat.version + 1 });
        const named = new Set(hotel.attachmentOfMessage.values());
        return [...attached].flatMap((attachmentId) => {
          const one = hotel.attachments.get(attachmentId);
          if (one === undefined || named.has(attachmentId)) return [];
          hotel.attachments.delete(attachmentId);
          return letGo(hotel, one);
        });
      }),
  deadWork: (hotel, before) => inMap(hotel.deadWork, ({ dead }) => dead.deadAt.getTime() < before),
  timings: (hotel, before) => inMap(hotel.timings, ({ at }) => at.getTime() < before),
  stays: (hotel, before) => {
    const waits = new Set(
      [...hotel.lanes.values()].flatMap(({ guestId, items }) => (items.length > 0 ? [guestId] : [])),
    );
    return inMap(hotel.stays, ({ status, departure, createdAt, reservationId }) => {
      const ended = departure === null ? createdAt.getTime() : Date.parse(`${departure.slice(0, 10)}T23:59:59Z`);
      return (status === "out" || status === "cancelled") && ended < before && !waits.has(`stay_${reservationId}`);
    });
  },
  erasures: (hotel, before) =>
    [...hotel.erasures].flatMap(([id, { erasure }]) =>
      erasure.doneAt !== null && erasure.doneAt.getTime() < before
        ? [
            () => {
              hotel.erasures.delete(id);
              for (const guestId of erasure.guestIds) hotel.erasedGuests.delete(guestId);
              return undefined;
            },
          ]
        : [],
    ),
};
