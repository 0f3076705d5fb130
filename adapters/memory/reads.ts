import type {
  AmendedMessage,
  AuditEntry,
  AuditQuery,
  Conversation,
  ConversationQuery,
  ConversationRow,
  DeskCounters,
  DeskEvent,
  GuestReach,
  KeptItem,
  MessageHistory,
  MessageQuery,
  Page,
  PagePoint,
  Reach,
} from "../../src/index.js";
import { GUEST_DIRECTIONS, reaches, UNROUTED_HOTEL_ID } from "../../src/index.js";
import { amended, amendmentsOf } from "./amendments.js";
import { andWhatFollows, withContinued } from "./continued.js";
import { whoStays, withMerged } from "./identity.js";
import { findConversation, findMessage } from "./loads.js";
import { chatKey, compareIds, hotelOf, messagesIn, type HotelMemory, type Memory } from "./state.js";

/**
 * Conversations within reach, the newest message first, or whoever has waited longest. A guest is shown no preview of what
 * staff say among themselves.
 */
export function conversations(
  memory: Memory,
  query: ConversationQuery,
): Page<ConversationRow> & { readonly now: Date } {
  const { reach, hotelId, departmentId, status, assigneeId, priority, tag, snoozed, after, limit } = query;
  const { unread = false, waiting = false } = query;
  const wanted = [...memory.hotels.values()]
    .filter((hotel) => hotelId === null || hotel.id === hotelId)
    .flatMap((hotel) => [...hotel.conversations.values()].map((conversation) => ({ hotel, conversation })))
    .filter(({ hotel, conversation }) => sees(reach, hotel, conversation))
    .filter(({ conversation }) => departmentId === null || conversation.departmentId === departmentId)
    .filter(({ conversation }) => status === null || conversation.status === status)
    .filter(({ conversation }) => assigneeId === undefined || conversation.assigneeId === assigneeId)
    .filter(({ conversation }) => priority === undefined || conversation.priority === priority)
    .filter(({ conversation }) => tag === undefined || conversation.tags.includes(tag))
    .filter(({ conversation }) => snoozed === undefined || (conversation.snoozedUntil !== null) === snoozed)
    .filter(({ hotel, conversation }) => !unread || unreadIn(hotel, conversation) > 0)
    .filter(({ conversation }) => !waiting || waitsSince(conversation) !== null);
  const { items, next } = waiting
    ? page(
        wanted,
        ({ conversation }) => ({ at: waitsSince(conversation) ?? conversation.createdAt, id: conversation.id }),
        after,
        limit,
        1,
      )
    : page(wanted, ({ conversation }) => ({ at: conversation.lastMessageAt, id: conversation.id }), after, limit);
  const rows = items.map(({ hotel, conversation }) => row(hotel, conversation, whoStays(hotel, conversation.guestId)));
  return { items: rows.map((each) => previewed(memory, reach, each)), next, now: memory.clock.now() };
}

/** Whether a conversation is within reach: by its department or, for a guest, by whose it is. */
const sees = (reach: Reach, hotel: HotelMemory, conversation: Conversation): boolean =>
  isGuests(reach) ? isTheirs(reach, hotel, conversation) : reaches(reach, hotel.id, conversation.departmentId);

const isGuests = (reach: Reach): reach is GuestReach => reach !== "everything" && "guest" in reach;

/** Whether a conversation is a guest's, or of somebody who turned out to be the same person. */
const isTheirs = ({ guest }: GuestReach, hotel: HotelMemory, { guestId }: Conversation): boolean =>
  guest.hotelId === hotel.id && withMerged(hotel, whoStays(hotel, guest.id)).includes(guestId);

function previewed(memory: Memory, reach: Reach, row: ConversationRow): ConversationRow {
  const { hotelId, previewMessageId } = row.conversation;
  if (!isGuests(reach) || previewMessageId === null) return row;
  const direction = hotelOf(memory, hotelId).messages.get(previewMessageId)?.direction;
  if (direction !== undefined && GUEST_DIRECTIONS.includes(direction)) return row;
  return { ...row, conversation: { ...row.conversation, lastMessagePreview: "" } };
}

const waitsSince = ({ status, waitingSince }: Conversation): Date | null => (status === "open" ? waitingSince : null);

const unreadIn = (hotel: HotelMemory, conversation: Conversation): number =>
  withContinued(hotel, conversation)
    .flatMap(({ id, readSeq }) => messagesIn(hotel, id).filter(({ seq }) => seq > readSeq))
    .filter(({ direction }) => direction === "inbound").length;

/** What stands open in each department within reach. */
export function counters(
  memory: Memory,
  { reach, hotelId }: { readonly reach: Reach; readonly hotelId: string | null },
): readonly DeskCounters[] {
  const counts = new Map<string, DeskCounters>();
  for (const hotel of memory.hotels.values()) {
    if (hotelId !== null && hotel.id !== hotelId) continue;
    for (const conversation of hotel.conversations.values()) {
      const { status, departmentId } = conversation;
      if (status !== "open" || !reaches(reach, hotel.id, departmentId)) continue;
      const key = JSON.stringify([hotel.id, departmentId]);
      const before = counts.get(key);
      const since = [before?.waitingSince ?? null, waitsSince(conversation)].filter((at) => at !== null);
      counts.set(key, {
        hotelId: hotel.id,
        departmentId,
        open: (before?.open ?? 0) + 1,
        unread: (before?.unread ?? 0) + (unreadIn(hotel, conversation) > 0 ? 1 : 0),
        waiting: (before?.waiting ?? 0) + (waitsSince(conversation) === null ? 0 : 1),
        waitingSince: since.sort((a, b) => a.getTime() - b.getTime())[0] ?? null,
      });
    }
  }
  return [...counts.values()];
}

/** How many open conversations each of staff sees to. */
export const loadStaff = (
  memory: Memory,
  { hotelId, staffIds }: { readonly hotelId: string; readonly staffIds: readonly string[] },
): readonly number[] =>
  staffIds.map(
    (staffId) =>
      [...hotelOf(memory, hotelId).conversations.values()].filter(
        ({ status, assigneeId }) => status === "open" && assigneeId === staffId,
      ).length,
  );

/** A conversation as lists show it. @param guestId whose it is now */
export const row = (hotel: HotelMemory, conversation: Conversation, guestId: string): ConversationRow => ({
  conversation,
  previewAmendments: amendmentsOf(hotel, hotel.messages.get(conversation.previewMessageId ?? "")?.wamid ?? null),
  guestId,
  guestName: hotel.guests.get(guestId)?.name ?? null,
  unread: unreadIn(hotel, conversation),
  windowClosesAt: hotel.chats.get(chatKey(conversation.phoneNumberId, guestId))?.windowClosesAt ?? null,
});

/** Messages of a conversation and of those it continues, newest first; for a guest, theirs of those that are theirs. */
export function messages(
  memory: Memory,
  { reach, conversationId, before, limit }: MessageQuery,
): Page<AmendedMessage, number> | null {
  const found = findConversation(memory, conversationId);
  if (found === null || !sees(reach, found.hotel, found.conversation)) return null;
  const older = withContinued(found.hotel, found.conversation)
    .filter((each) => !isGuests(reach) || isTheirs(reach, found.hotel, each))
    .flatMap(({ id }) => messagesIn(found.hotel, id))
    .filter(({ direction }) => !isGuests(reach) || GUEST_DIRECTIONS.includes(direction))
    .filter(({ eventSeq }) => before === null || eventSeq < before)
    .sort((a, b) => b.eventSeq - a.eventSeq);
  const items = older.slice(0, limit);
  return {
    items: items.map((each) => amended(found.hotel, each)),
    next: older.length > limit ? (items.at(-1)?.eventSeq ?? null) : null,
  };
}

/** One message, for whoever may see its conversation or one that goes on with it. */
export function message(
  memory: Memory,
  { reach, messageId }: { readonly reach: Reach; readonly messageId: string },
): MessageHistory | null {
  const found = findMessage(memory, messageId);
  if (found === null) return null;
  const { hotel, message } = found;
  const showing = andWhatFollows(hotel, message.conversationId);
  if (!showing.some(({ departmentId }) => reaches(reach, hotel.id, departmentId))) return null;
  const receivedAt = hotel.attempts.get(message.attemptId ?? "")?.receivedAt ?? null;
  return { message: amended(hotel, message), receivedAt, shownIn: showing.map(({ id }) => id) };
}

/** What happened in a hotel after an event number, in order. */
export const events = (
  memory: Memory,
  { hotelId, after, limit }: { readonly hotelId: string; readonly after: number; readonly limit: number },
): readonly DeskEvent[] => hotelOf(memory, hotelId).events.slice(after, after + limit);

/** What happened that is about no conversation, newest first. Only reach over a whole hotel sees it. */
export function operatorEvents(
  memory: Memory,
  { reach, before, limit }: { readonly reach: Reach; readonly before: PagePoint | null; readonly limit: number },
): Page<DeskEvent> {
  const all = [...memory.hotels.values()]
    .filter(({ id }) => reaches(reach, id, null))
    .flatMap((hotel) => hotel.events.filter(({ conversationId }) => conversationId === null));
  return page(
    all,
    ({ hotelId, seq, at }) => ({ at, id: `${hotelId}/${String(seq).padStart(20, "0")}` }),
    before,
    limit,
  );
}

/** The audit of one target, oldest first. */
export const audit = (
  memory: Memory,
  { hotelId, targetId }: { readonly hotelId: string; readonly targetId: string },
): readonly AuditEntry[] =>
  [...hotelOf(memory, hotelId).audit.values()]
    .filter(({ target }) => target.id === targetId)
    .sort((a, b) => a.at.getTime() - b.at.getTime());

/** A hotel's audit, newest first. It has no department, so only reach over the whole hotel sees it. */
export function auditEntries(memory: Memory, query: AuditQuery): Page<AuditEntry> {
  const { reach, hotelId, targetId, actorId, before, limit } = query;
  if (!reaches(reach, hotelId, null)) return { items: [], next: null };
  const wanted = [...hotelOf(memory, hotelId).audit.values()]
    .filter(({ target }) => targetId === null || target.id === targetId)
    .filter(({ actor }) => actorId === null || actor.id === actorId);
  return page(wanted, ({ at, id }) => ({ at, id }), before, limit);
}

/** Items that nobody acts upon, newest first. They have no department, so only reach over the whole hotel sees them. */
export function kept(
  memory: Memory,
  { reach, before, limit }: { readonly reach: Reach; readonly before: PagePoint | null; readonly limit: number },
): Page<KeptItem> {
  const all = [...memory.hotels.values()]
    .filter(({ id }) => reaches(reach, id, null))
    .flatMap((hotel) => [...hotel.attempts].map(([id, attempt]) => ({ id, hotelId: hotel.id, ...attempt })))
    // A hotel's delivery report is joined into its message; nobody's report is joined into nothing.
    .filter(({ hotelId, kind }) => kind !== "status" || hotelId === UNROUTED_HOTEL_ID)
    .flatMap(({ id, hotelId, kind, outcome, receivedAt }) =>
      outcome === "work" ? [] : [{ id, hotelId, kind, outcome, receivedAt }],
    );
  return page(all, ({ receivedAt, id }) => ({ at: receivedAt, id }), before, limit);
}

/** The values strictly after a point in falling order, or in rising order, and where the next page begins. */
export function page<T>(
  values: readonly T[],
  pointOf: (value: T) => PagePoint,
  after: PagePoint | null,
  limit: number,
  direction: 1 | -1 = -1,
): Page<T> {
  const rest = values
    .filter((value) => after === null || direction * compare(pointOf(value), after) > 0)
    .sort((a, b) => direction * compare(pointOf(a), pointOf(b)));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rest.length > limit && last !== undefined ? pointOf(last) : null };
}

const compare = (a: PagePoint, b: PagePoint): number => a.at.getTime() - b.at.getTime() || compareIds(a.id, b.id);
