import type {
  AmendedMessage,
  AuditEntry,
  Conversation,
  ConversationQuery,
  ConversationRow,
  DeskEvent,
  KeptItem,
  MessageHistory,
  MessageQuery,
  Page,
  PagePoint,
  Reach,
} from "../../src/index.js";
import { reaches, UNROUTED_HOTEL_ID } from "../../src/index.js";
import { amended, amendmentsOf } from "./amendments.js";
import { andWhatFollows, withContinued } from "./continued.js";
import { whoStays } from "./identity.js";
import { findConversation, findMessage } from "./loads.js";
import { chatKey, compareIds, hotelOf, messagesIn, type HotelMemory, type Memory } from "./state.js";

/** Conversations within reach, the newest message first. */
export function conversations(
  memory: Memory,
  query: ConversationQuery,
): Page<ConversationRow> & { readonly now: Date } {
  const { reach, hotelId, departmentId, status, after, limit } = query;
  const wanted = [...memory.hotels.values()]
    .filter((hotel) => hotelId === null || hotel.id === hotelId)
    .flatMap((hotel) => [...hotel.conversations.values()].map((conversation) => ({ hotel, conversation })))
    .filter(({ hotel, conversation }) => reaches(reach, hotel.id, conversation.departmentId))
    .filter(({ conversation }) => departmentId === null || conversation.departmentId === departmentId)
    .filter(({ conversation }) => status === null || conversation.status === status);
  const { items, next } = page(
    wanted,
    ({ conversation }) => ({ at: conversation.lastMessageAt, id: conversation.id }),
    after,
    limit,
  );
  const rows = items.map(({ hotel, conversation }) => row(hotel, conversation, whoStays(hotel, conversation.guestId)));
  return { items: rows, next, now: memory.clock.now() };
}

const row = (hotel: HotelMemory, conversation: Conversation, guestId: string): ConversationRow => ({
  conversation,
  previewAmendments: amendmentsOf(hotel, hotel.messages.get(conversation.previewMessageId ?? "")?.wamid ?? null),
  guestId,
  guestName: hotel.guests.get(guestId)?.name ?? null,
  unread: withContinued(hotel, conversation)
    .flatMap(({ id, readSeq }) => messagesIn(hotel, id).filter(({ seq }) => seq > readSeq))
    .filter(({ direction }) => direction === "inbound").length,
  windowClosesAt: hotel.chats.get(chatKey(conversation.phoneNumberId, guestId))?.windowClosesAt ?? null,
});

/** Messages of a conversation and of those it continues, newest first. */
export function messages(
  memory: Memory,
  { reach, conversationId, before, limit }: MessageQuery,
): Page<AmendedMessage, number> | null {
  const found = findConversation(memory, conversationId);
  if (found === null || !reaches(reach, found.hotel.id, found.conversation.departmentId)) return null;
  const older = withContinued(found.hotel, found.conversation)
    .flatMap(({ id }) => messagesIn(found.hotel, id))
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

/** The greatest values strictly below a point, in falling order, and where the next page begins. */
export function page<T>(
  values: readonly T[],
  pointOf: (value: T) => PagePoint,
  after: PagePoint | null,
  limit: number,
): Page<T> {
  const rest = values
    .filter((value) => after === null || compare(pointOf(value), after) < 0)
    .sort((a, b) => compare(pointOf(b), pointOf(a)));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rest.length > limit && last !== undefined ? pointOf(last) : null };
}

const compare = (a: PagePoint, b: PagePoint): number => a.at.getTime() - b.at.getTime() || compareIds(a.id, b.id);
