import {
  addressKey,
  ConversationError,
  newChat,
  reaches,
  templateNamed,
  type Address,
  type ChatKey,
  type ChatState,
  type Conversation,
  type ConversationKey,
  type ConversationState,
  type FlowRun,
  type GuestState,
  type KnownMessage,
  type Prompt,
  type SendState,
} from "belldesk";
import { chatKey, some, type Database, type Hotel } from "./database.ts";
import { IN, list } from "./documents.ts";
import { amendmentsOf, andWhatFollows, distinct, messageOfClient, messageOfWamid, withContinued } from "./messages.ts";
import {
  addressesOf,
  conversationsOf,
  guestOf,
  guestState,
  holderOf,
  standing,
  whoStays,
  withMerged,
} from "./people.ts";
import { templateOf } from "./templates.ts";

/** What decisions about inbound items need. */
export function loadChats(
  db: Database,
  keys: readonly ChatKey[],
): { readonly now: Date; readonly states: readonly ChatState[] } {
  return { now: db.now(), states: keys.map((key) => chatState(db.hotel(key.hotelId), key)) };
}

function chatState(hotel: Hotel, { phoneNumberId, wamids, promptIds, addresses, ...key }: ChatKey): ChatState {
  const guestId = whoStays(hotel, key.guestId);
  const guest = guestOf(hotel, guestId);
  if (guest === null) throw new ConversationError("storage_failed", { guestId });
  const guestIds = withMerged(hotel, guestId);
  const own = conversationsOf(hotel, guestIds);
  const known = new Map(wamids.flatMap((wamid) => knownMessage(hotel, own, wamid)));
  const chat = hotel.chats.get(chatKey(phoneNumberId, guestId));
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
    conversations: distinct([...unasked, ...asked]),
    known,
    amendments: [...new Set(wamids)].flatMap((wamid) => amendmentsOf(hotel, wamid)),
    consents: standing(hotel, guestIds),
    holders: holdersBeside(hotel, guestId, addresses),
    prompts,
    runs: liveRuns(hotel, guestIds),
  };
}

function knownMessage(
  hotel: Hotel,
  own: readonly Conversation[],
  wamid: string,
): readonly (readonly [string, KnownMessage])[] {
  const message = messageOfWamid(hotel, wamid);
  const conversation = message && hotel.conversations.get(message.conversationId);
  if (message === null || conversation === null) return [];
  const { id: messageId, conversationId, seq, direction, eventSeq, content } = message;
  const { departmentId } = conversation;
  const whose = { isOwn: own.some(({ id }) => id === conversationId), isImported: eventSeq < 0 };
  return [[wamid, { messageId, conversationId, seq, direction, departmentId, ...whose, type: content.type }]];
}

/** Other guests who have one of the addresses. */
function holdersBeside(hotel: Hotel, guestId: string, addresses: readonly Address[]): readonly GuestState[] {
  const holders = new Set(addresses.flatMap((address) => some(holderOf(hotel, address))));
  holders.delete(guestId);
  return [...holders].flatMap((id) => some(guestState(hotel, id)));
}

/** The prompts asked for, when they were put to this guest, and the newest of each conversation that waits for a choice. */
function promptsFor(
  hotel: Hotel,
  own: readonly Conversation[],
  guestIds: readonly string[],
  promptIds: readonly string[],
): readonly Prompt[] {
  const asked = hotel.prompts.where(`guestId ${IN} and id ${IN}`, list(guestIds), list(promptIds));
  const newest = own
    .filter(({ status, departmentId }) => status === "open" && departmentId === null)
    .flatMap(({ id }) =>
      hotel.prompts
        .where(`conversationId = ? and guestId ${IN}`, id, list(guestIds))
        .filter(({ kind }) => kind === "departmentMenu")
        .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
        .slice(0, 1),
    );
  return [...new Map([...asked, ...newest].map((prompt) => [prompt.id, prompt])).values()];
}

/** What guests are on their way through. */
const liveRuns = (hotel: Hotel, guestIds: readonly string[]): readonly FlowRun[] =>
  hotel.runs.where(`guestId ${IN} and endedAt is null`, list(guestIds));

/** The newest run of a conversation, when it is over. */
export const lastRun = (hotel: Hotel, conversationId: string): readonly FlowRun[] =>
  hotel.runs
    .where("conversationId = ? order by startedAt desc, id desc limit 1", conversationId)
    .filter(({ endedAt }) => endedAt !== null);

/** What a staff command needs. What is out of reach looks like what does not exist. */
export function loadConversation(
  db: Database,
  { reach, conversationId, client, template, answered }: ConversationKey,
): { readonly now: Date; readonly state: ConversationState | null } {
  const now = db.now();
  const found = db.all.conversations.find(conversationId);
  if (found === null || !reaches(reach, found.hotelId, found.value.departmentId)) return { now, state: null };
  const { value: conversation, hotelId } = found;
  const hotel = db.hotel(hotelId);
  const { phoneNumberId } = conversation;
  const guestId = whoStays(hotel, conversation.guestId);
  const guestIds = withMerged(hotel, guestId);
  const guest = hotel.guests.get(guestId);
  const state: ConversationState = {
    conversation,
    guestName: guest?.name ?? null,
    ...(guest?.language !== undefined && { guestLanguage: guest.language }),
    chat: hotel.chats.get(chatKey(phoneNumberId, guestId)) ?? newChat(hotelId, phoneNumberId, guestId),
    others: conversationsOf(hotel, guestIds).filter(({ id, status }) => status === "open" && id !== conversationId),
    unreadContinued: withContinued(hotel, conversation).filter(
      ({ id, readSeq, lastSeq }) => id !== conversationId && readSeq < lastSeq,
    ),
    runs: [...liveRuns(hotel, guestIds), ...lastRun(hotel, conversationId)],
    consents: standing(hotel, guestIds),
    existing: client && messageOfClient(hotel, client),
    template: templateOf(hotel, template),
    ...(answered !== undefined && { answered: answeredIn(hotel, conversationId, answered) }),
  };
  return { now, state };
}

/** The newest answer after a message that somebody else gave. */
function answeredIn(
  hotel: Hotel,
  conversationId: string,
  { seq: after, by }: NonNullable<ConversationKey["answered"]>,
): NonNullable<ConversationState["answered"]> | null {
  const newest = hotel.messages
    .where("conversationId = ? and direction = 'outbound' and seq > ? order by seq desc", conversationId, after)
    .find(({ author }) => author.kind === "device" || author.id !== by);
  return newest === undefined ? null : { seq: newest.seq, author: newest.author };
}

/** What sends need. */
export function loadSends(
  db: Database,
  hotelId: string,
  messageIds: readonly string[],
): { readonly now: Date; readonly sends: readonly (SendState | null)[] } {
  const hotel = db.hotel(hotelId);
  const sends = messageIds.map((id): SendState | null => {
    const message = hotel.messages.get(id);
    const conversation = message && hotel.conversations.get(message.conversationId);
    const guest = conversation && guestOf(hotel, whoStays(hotel, conversation.guestId));
    if (message === null || conversation === null || guest === null) return null;
    const { phoneNumberId } = conversation;
    const own = new Set(addressesOf(hotel, conversation.guestId).map(addressKey));
    const isOwn = (address: Address) => own.has(addressKey(address));
    return {
      message,
      chat: hotel.chats.get(chatKey(phoneNumberId, guest.id)) ?? newChat(hotelId, phoneNumberId, guest.id),
      guest: {
        ...guest,
        addresses: [...guest.addresses.filter((one) => !isOwn(one)), ...guest.addresses.filter(isOwn)],
      },
      consents: standing(hotel, withMerged(hotel, guest.id)),
      template: templateOf(hotel, templateNamed(message.fallback?.content ?? message.content)),
    };
  });
  return { now: db.now(), sends };
}

/** How many open conversations each of staff sees to. */
export const loadStaff = (
  db: Database,
  { hotelId, staffIds }: { readonly hotelId: string; readonly staffIds: readonly string[] },
): readonly number[] =>
  staffIds.map((id) => db.hotel(hotelId).conversations.count("assigneeId = ? and status = 'open'", id));

/** Runs under way of versions that are not among those known. */
export function strayRuns(
  db: Database,
  {
    known,
    after,
    limit,
  }: {
    readonly known: readonly { readonly flowId: string; readonly version: number }[];
    readonly after: { readonly hotelId: string; readonly id: string } | null;
    readonly limit: number;
  },
): readonly FlowRun[] {
  const names = list(known.map(({ flowId, version }) => JSON.stringify([flowId, version])));
  const sql = `endedAt is null and (hotelId, id) > (?, ?)
    and json_array(doc ->> '$.flowId', doc ->> '$.flowVersion') not ${IN} order by hotelId, id limit ?`;
  return db.all.runs.select(sql, after?.hotelId ?? "", after?.id ?? "", names, limit);
}
