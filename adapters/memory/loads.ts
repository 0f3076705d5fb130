import type {
  ChatKey,
  ChatState,
  Conversation,
  ConversationKey,
  ConversationState,
  Message,
  Prompt,
  SendState,
} from "../../src/index.js";
import { ConversationError, newChat, reaches } from "../../src/index.js";
import { andWhatFollows, withContinued } from "./continued.js";
import { chatKey, clientKey, conversationsOf, hotelOf, type HotelMemory, type Memory } from "./state.js";

/** What decisions about inbound items need. */
export function loadChats(
  memory: Memory,
  keys: readonly ChatKey[],
): { readonly now: Date; readonly states: readonly ChatState[] } {
  return { now: memory.clock.now(), states: keys.map((key) => chatState(hotelOf(memory, key.hotelId), key)) };
}

function chatState(hotel: HotelMemory, { phoneNumberId, guestId, quotedWamids, promptIds }: ChatKey): ChatState {
  const guest = hotel.guests.get(guestId);
  if (guest === undefined) throw new ConversationError("storage_failed", { guestId });
  const own = conversationsOf(hotel, guestId);
  const quoted = new Map(quotedWamids.flatMap((wamid) => quotedEntry(hotel, own, wamid)));
  const inQuotes = new Set(
    [...quoted.values()].flatMap((conversationId) => andWhatFollows(hotel, conversationId).map(({ id }) => id)),
  );
  return {
    guest,
    chat: hotel.chats.get(chatKey(phoneNumberId, guestId)) ?? null,
    conversations: own.filter(({ id, status }) => status === "open" || inQuotes.has(id)),
    quoted,
    prompts: promptsFor(hotel, own, guestId, promptIds),
  };
}

function quotedEntry(
  hotel: HotelMemory,
  own: readonly Conversation[],
  wamid: string,
): readonly (readonly [string, string])[] {
  const message = hotel.messages.get(hotel.messageByWamid.get(wamid) ?? "");
  return message !== undefined && own.some(({ id }) => id === message.conversationId)
    ? [[wamid, message.conversationId]]
    : [];
}

/** The prompts asked for, when they were put to this guest, and the newest of each conversation that waits for a choice. */
function promptsFor(
  hotel: HotelMemory,
  own: readonly Conversation[],
  guestId: string,
  promptIds: readonly string[],
): readonly Prompt[] {
  const prompts = [...hotel.prompts.values()].filter((prompt) => prompt.guestId === guestId);
  const undecided = own.filter(({ status, departmentId }) => status === "open" && departmentId === null);
  const newest = undecided.flatMap(({ id }) =>
    prompts
      .filter(({ conversationId }) => conversationId === id)
      .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
      .slice(0, 1),
  );
  return [...new Set([...prompts.filter(({ id }) => promptIds.includes(id)), ...newest])];
}

/** What a staff command needs. What is out of reach looks like what does not exist. */
export function loadConversation(
  memory: Memory,
  { reach, conversationId, client }: ConversationKey,
): { readonly now: Date; readonly state: ConversationState | null } {
  const now = memory.clock.now();
  const found = findConversation(memory, conversationId);
  if (found === null || !reaches(reach, found.hotel.id, found.conversation.departmentId)) return { now, state: null };
  const { hotel, conversation } = found;
  const { guestId, phoneNumberId } = conversation;
  const existing = client && hotel.messageByClientId.get(clientKey(client.authorId, client.clientMessageId));
  const state: ConversationState = {
    conversation,
    chat: hotel.chats.get(chatKey(phoneNumberId, guestId)) ?? newChat(hotel.id, phoneNumberId, guestId),
    others: conversationsOf(hotel, guestId).filter(({ id, status }) => status === "open" && id !== conversationId),
    unreadContinued: withContinued(hotel, conversation).filter(
      ({ id, readSeq, lastSeq }) => id !== conversation.id && readSeq < lastSeq,
    ),
    existing: hotel.messages.get(existing ?? "") ?? null,
  };
  return { now, state };
}

/** What sends need. */
export function loadSends(
  memory: Memory,
  hotelId: string,
  messageIds: readonly string[],
): { readonly now: Date; readonly sends: readonly (SendState | null)[] } {
  const hotel = hotelOf(memory, hotelId);
  const sends = messageIds.map((id): SendState | null => {
    const message = hotel.messages.get(id);
    const conversation = message && hotel.conversations.get(message.conversationId);
    const guest = conversation && hotel.guests.get(conversation.guestId);
    if (message === undefined || conversation === undefined || guest === undefined) return null;
    const { phoneNumberId, guestId } = conversation;
    const chat = hotel.chats.get(chatKey(phoneNumberId, guestId)) ?? newChat(hotelId, phoneNumberId, guestId);
    return { message, chat, guest };
  });
  return { now: memory.clock.now(), sends };
}

export interface FoundConversation {
  readonly hotel: HotelMemory;
  readonly conversation: Conversation;
}

/** A conversation by its id alone, as a staff page asks for it: rights are the caller's next question. */
export function findConversation(memory: Memory, id: string): FoundConversation | null {
  for (const hotel of memory.hotels.values()) {
    const conversation = hotel.conversations.get(id);
    if (conversation !== undefined) return { hotel, conversation };
  }
  return null;
}

export function findMessage(
  memory: Memory,
  id: string,
): { readonly hotel: HotelMemory; readonly message: Message } | null {
  for (const hotel of memory.hotels.values()) {
    const message = hotel.messages.get(id);
    if (message !== undefined) return { hotel, message };
  }
  return null;
}
