import type {
  Address,
  ChatKey,
  ChatState,
  Conversation,
  ConversationKey,
  ConversationState,
  GuestState,
  KnownMessage,
  Message,
  Prompt,
  SendState,
} from "../../src/index.js";
import { addressKey, ConversationError, newChat, reaches, templateNamed } from "../../src/index.js";
import { amendmentsOf } from "./amendments.js";
import { answeredIn } from "./answered.js";
import { standing } from "./consents.js";
import { andWhatFollows, withContinued } from "./continued.js";
import { guestState } from "./guests.js";
import { guestOf, holderOf, whoStays, withMerged } from "./identity.js";
import { lastRun, liveRuns } from "./runs.js";
import { chatKey, clientKey, conversationsOf, hotelOf, type HotelMemory, type Memory } from "./state.js";
import { templateOf } from "./templates.js";

/** What decisions about inbound items need. */
export function loadChats(
  memory: Memory,
  keys: readonly ChatKey[],
): { readonly now: Date; readonly states: readonly ChatState[] } {
  return { now: memory.clock.now(), states: keys.map((key) => chatState(hotelOf(memory, key.hotelId), key)) };
}

function chatState(hotel: HotelMemory, { phoneNumberId, wamids, promptIds, addresses, ...key }: ChatKey): ChatState {
  const guestId = whoStays(hotel, key.guestId);
  const guest = guestOf(hotel, guestId);
  if (guest === null) throw new ConversationError("storage_failed", { guestId });
  const guestIds = withMerged(hotel, guestId);
  const own = guestIds.flatMap((id) => conversationsOf(hotel, id));
  const known = new Map(wamids.flatMap((wamid) => knownEntry(hotel, own, wamid)));
  const chat = hotel.chats.get(chatKey(phoneNumberId, guestId)) ?? null;
  const prompts = promptsFor(hotel, own, guestIds, [...promptIds, chat?.ratingPromptId ?? ""]);
  const asked = [
    ...[...known.values()].filter(({ isOwn }) => isOwn),
    ...prompts.filter(({ kind }) => kind === "rating"),
  ].flatMap(({ conversationId }) => andWhatFollows(hotel, conversationId));
  const unasked = own.filter(
    (each) => each.status === "open" || (each.imported && each.phoneNumberId === phoneNumberId),
  );
  return {
    guest,
    chat,
    conversations: [...new Set([...unasked, ...asked])],
    known,
    amendments: [...new Set(wamids)].flatMap((wamid) => amendmentsOf(hotel, wamid)),
    consents: standing(hotel, guestIds),
    holders: holdersBeside(hotel, guestId, addresses),
    prompts,
    runs: liveRuns(hotel, guestIds),
  };
}

function knownEntry(
  hotel: HotelMemory,
  own: readonly Conversation[],
  wamid: string,
): readonly (readonly [string, KnownMessage])[] {
  const message = hotel.messages.get(hotel.messageByWamid.get(wamid) ?? "");
  const conversation = hotel.conversations.get(message?.conversationId ?? "");
  if (message === undefined || conversation === undefined) return [];
  const { id: messageId, conversationId, seq, direction, eventSeq, content } = message;
  const { departmentId } = conversation;
  const whose = { isOwn: own.includes(conversation), isImported: eventSeq < 0 };
  return [[wamid, { messageId, conversationId, seq, direction, departmentId, ...whose, type: content.type }]];
}

/** Other guests who have one of the addresses. */
function holdersBeside(hotel: HotelMemory, guestId: string, addresses: readonly Address[]): readonly GuestState[] {
  const holders = new Set(addresses.flatMap((address) => holderOf(hotel, address) ?? []));
  holders.delete(guestId);
  return [...holders].flatMap((id) => guestState(hotel, id) ?? []);
}

/** The prompts asked for, when they were put to this guest, and the newest of each conversation that waits for a choice. */
function promptsFor(
  hotel: HotelMemory,
  own: readonly Conversation[],
  guestIds: readonly string[],
  promptIds: readonly string[],
): readonly Prompt[] {
  const prompts = [...hotel.prompts.values()].filter(({ guestId }) => guestIds.includes(guestId));
  const undecided = own.filter(({ status, departmentId }) => status === "open" && departmentId === null);
  const newest = undecided.flatMap(({ id }) =>
    prompts
      .filter(({ conversationId, kind }) => conversationId === id && kind === "departmentMenu")
      .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
      .slice(0, 1),
  );
  return [...new Set([...prompts.filter(({ id }) => promptIds.includes(id)), ...newest])];
}

/** What a staff command needs. What is out of reach looks like what does not exist. */
export function loadConversation(
  memory: Memory,
  { reach, conversationId, client, template, answered }: ConversationKey,
): { readonly now: Date; readonly state: ConversationState | null } {
  const now = memory.clock.now();
  const found = findConversation(memory, conversationId);
  if (found === null || !reaches(reach, found.hotel.id, found.conversation.departmentId)) return { now, state: null };
  const { hotel, conversation } = found;
  const { phoneNumberId } = conversation;
  const guestId = whoStays(hotel, conversation.guestId);
  const guestIds = withMerged(hotel, guestId);
  const own = guestIds.flatMap((id) => conversationsOf(hotel, id));
  const existing = client && hotel.messageByClientId.get(clientKey(client.authorId, client.clientMessageId));
  const state: ConversationState = {
    conversation,
    guestName: hotel.guests.get(guestId)?.name ?? null,
    ...languageOf(hotel, guestId),
    chat: hotel.chats.get(chatKey(phoneNumberId, guestId)) ?? newChat(hotel.id, phoneNumberId, guestId),
    others: own.filter(({ id, status }) => status === "open" && id !== conversationId),
    unreadContinued: withContinued(hotel, conversation).filter(
      ({ id, readSeq, lastSeq }) => id !== conversation.id && readSeq < lastSeq,
    ),
    runs: [...liveRuns(hotel, guestIds), ...lastRun(hotel, conversationId)],
    consents: standing(hotel, guestIds),
    existing: hotel.messages.get(existing ?? "") ?? null,
    template: templateOf(hotel, template),
    ...(answered !== undefined && { answered: answeredIn(hotel, conversationId, answered) }),
  };
  return { now, state };
}

function languageOf(hotel: HotelMemory, guestId: string): Pick<ConversationState, "guestLanguage"> {
  const language = hotel.guests.get(guestId)?.language;
  return language === undefined ? {} : { guestLanguage: language };
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
    const guest = conversation && guestOf(hotel, whoStays(hotel, conversation.guestId));
    if (message === undefined || conversation === undefined || !guest) return null;
    const { phoneNumberId } = conversation;
    const chat = hotel.chats.get(chatKey(phoneNumberId, guest.id)) ?? newChat(hotelId, phoneNumberId, guest.id);
    const own = new Set((hotel.guests.get(conversation.guestId)?.addresses ?? []).map(addressKey));
    const isOwn = (address: Address) => own.has(addressKey(address));
    const addresses = [...guest.addresses.filter((one) => !isOwn(one)), ...guest.addresses.filter(isOwn)];
    const consents = standing(hotel, withMerged(hotel, guest.id));
    const template = templateOf(hotel, templateNamed(message.fallback?.content ?? message.content));
    return { message, chat, guest: { ...guest, addresses }, consents, template };
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
