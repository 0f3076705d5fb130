import type { AmendedMessage, Amendment, Conversation, Message } from "belldesk";
import { some, type Hotel } from "./database.ts";

/** An author's own id of a message names it. What was typed on the hotel's phone has none. */
export function messageOfClient(
  hotel: Hotel,
  { authorId, clientMessageId }: { readonly authorId: string; readonly clientMessageId: string },
): Message | null {
  const sent = hotel.messages.where("clientMessageId = ?", clientMessageId);
  return sent.find(({ author }) => author.kind !== "device" && author.id === authorId) ?? null;
}

/** Of two with one of Meta's ids, which an imported one and what takes its place may be for a moment, the newer. */
export const messageOfWamid = (hotel: Hotel, wamid: string): Message | null =>
  hotel.messages.where("wamid = ? order by rowid desc limit 1", wamid)[0] ?? null;

export const messagesIn = (hotel: Hotel, conversationId: string): readonly Message[] =>
  hotel.messages.where("conversationId = ?", conversationId);

/** What was done to a message, in whatever chat, whether that is there or still to come: Meta's id says which it is. */
export const amendmentsOf = (hotel: Hotel, wamid: string | null): readonly Amendment[] =>
  wamid === null ? [] : hotel.amendments.where("wamid = ?", wamid);

/** A message with what was done to it, its file, and its translation. */
export function amended(hotel: Hotel, message: Message): AmendedMessage {
  const fileId = hotel.messageFiles.get(message.id)?.attachmentId;
  const attachment = fileId === undefined ? null : hotel.attachments.get(fileId);
  const translation = hotel.translations.get(message.id);
  return {
    ...message,
    amendments: amendmentsOf(hotel, message.wamid),
    ...(attachment !== null && { attachment }),
    ...(translation !== null && { translation }),
  };
}

const BEFORE = `
  id in (with recursive chain(id) as (
    select ? union select earlier.id from chain
    join conversations as earlier on earlier.hotelId = c.hotelId and earlier.continuedIn = chain.id) select id from chain)`;

/** A conversation and all that it continues, however many in a row. */
export const withContinued = (hotel: Hotel, { id }: Conversation): readonly Conversation[] =>
  hotel.conversations.where(BEFORE, id);

/** A conversation and all that go on with it, one after the other. */
export function andWhatFollows(hotel: Hotel, conversationId: string): readonly Conversation[] {
  const chain = new Map<string, Conversation>();
  let next = hotel.conversations.get(conversationId);
  while (next !== null && !chain.has(next.id)) {
    chain.set(next.id, next);
    next = next.continuedIn === null ? null : hotel.conversations.get(next.continuedIn);
  }
  return [...chain.values()];
}

/** Conversations each once. */
export const distinct = (conversations: readonly Conversation[]): readonly Conversation[] => [
  ...new Map(conversations.map((each) => [each.id, each])).values(),
];

export const conversationOf = (hotel: Hotel, messageId: string): Conversation | null =>
  some(hotel.messages.get(messageId)).flatMap(({ conversationId }) =>
    some(hotel.conversations.get(conversationId)),
  )[0] ?? null;
