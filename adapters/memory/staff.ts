import type {
  ConversationParticipants,
  MentionQuery,
  MentionRow,
  Message,
  NewestInbound,
  NewestInboundQuery,
  Page,
  Participant,
  Reach,
} from "../../src/index.js";
import { reaches } from "../../src/index.js";
import { andWhatFollows, withContinued } from "./continued.js";
import { findConversation } from "./loads.js";
import { page } from "./reads.js";
import { messagesIn, type HotelMemory, type Memory } from "./state.js";

/** Who took part in a conversation and in those it continues. */
export function participants(
  memory: Memory,
  { reach, conversationId }: { readonly reach: Reach; readonly conversationId: string },
): ConversationParticipants | null {
  const found = findConversation(memory, conversationId);
  if (found === null || !reaches(reach, found.hotel.id, found.conversation.departmentId)) return null;
  const { hotel, conversation } = found;
  const chain = withContinued(hotel, conversation);
  const ids = new Set(chain.map(({ id }) => id));
  return {
    conversations: chain.map(({ id, lastSeq }) => ({ id, lastSeq })),
    participants: [...hotel.participants.values()]
      .filter((one) => ids.has(one.conversationId))
      .map((one) => (one.kind === "guest" ? { ...one, readSeq: readByGuest(hotel, one) } : one)),
  };
}

const READ: ReadonlySet<Message["status"]> = new Set<Message["status"]>(["read", "played"]);

const readByGuest = (hotel: HotelMemory, { conversationId }: Participant): number =>
  Math.max(
    0,
    ...messagesIn(hotel, conversationId)
      .filter(({ direction, status }) => direction === "outbound" && READ.has(status))
      .map(({ seq }) => seq),
  );

const NOTICES: ReadonlySet<Message["content"]["type"]> = new Set<Message["content"]["type"]>(["system", "call"]);

/** The newest of what a guest wrote. */
export function newestInbound(
  memory: Memory,
  { reach, conversationId, upTo }: NewestInboundQuery,
): NewestInbound | null {
  const found = findConversation(memory, conversationId);
  if (found === null || !reaches(reach, found.hotel.id, found.conversation.departmentId)) return null;
  const { hotel, conversation } = found;
  const [newest] = withContinued(hotel, conversation)
    .flatMap(({ id, guestId, phoneNumberId }) =>
      messagesIn(hotel, id)
        .filter(({ seq }) => id !== conversationId || upTo === null || seq <= upTo)
        .filter(
          ({ direction, eventSeq, content }) => direction === "inbound" && eventSeq > 0 && !NOTICES.has(content.type),
        )
        .flatMap(({ seq, eventSeq, wamid, sentAt }) =>
          wamid === null
            ? []
            : [{ eventSeq, message: { conversationId: id, seq, eventSeq, guestId, phoneNumberId, wamid, sentAt } }],
        ),
    )
    .sort((a, b) => b.eventSeq - a.eventSeq);
  return { now: memory.clock.now(), hotelId: hotel.id, message: newest?.message ?? null };
}

/** Notes that name a staff member, the newest first. */
export function mentions(memory: Memory, { reach, staffId, unread, before, limit }: MentionQuery): Page<MentionRow> {
  const rows = [...memory.hotels.values()].flatMap((hotel) =>
    [...hotel.mentions.values()]
      .filter((mention) => mention.staffId === staffId)
      .flatMap((mention): readonly MentionRow[] => {
        const message = hotel.messages.get(mention.messageId);
        const showing = andWhatFollows(hotel, mention.conversationId);
        if (message === undefined) return [];
        if (!showing.some(({ departmentId }) => reaches(reach, hotel.id, departmentId))) return [];
        const reader = hotel.participants.get(JSON.stringify([mention.conversationId, "staff", staffId]));
        const read = (reader?.readSeq ?? 0) >= message.seq;
        return [{ mention, message, read, shownIn: showing.map(({ id }) => id) }];
      })
      .filter(({ read }) => !unread || !read),
  );
  return page(rows, ({ mention: { at, messageId } }) => ({ at, id: messageId }), before, limit);
}
