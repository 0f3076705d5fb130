import { noChange, type Change } from "../domain/change.js";
import { later } from "../domain/clocks.js";
import { contentLine, isAmending } from "../domain/content.js";
import { UNTOUCHED, type Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";
import type { Hotel } from "../domain/hotel.js";
import type { ImportedMessage } from "../domain/inbound-message.js";
import type { NewMessage } from "../domain/message.js";
import { preview } from "../domain/text.js";
import type { ChatState } from "../ports/work-storage.js";
import { saidConsent } from "./consent.js";
import { amendmentOf, amendmentsOn, contentAfter, decideAmendment, understanding, type AmendInput } from "./amend.js";
import { firstEpisode } from "./episode.js";
import { importedConversationId, messageId } from "./ids.js";
import { earlier, learned } from "./arrival.js";

export interface ImportedInput {
  readonly workId: string;
  readonly phoneNumberId: string;
  readonly message: ImportedMessage;
}

/**
 * What an old message out of the phone app changes: it stands before everything the desk has seen itself, by its own time, in a
 * closed conversation that the guest's first one goes on with. It wakes nobody: no event, nothing unread, no menu, no window. Only
 * what it does to a message that came live is told, and to how much is unread where staff marked the old ones unread themselves.
 */
export function decideImported(state: ChatState, input: ImportedInput, hotel: Hotel, now: Date): Change {
  const { workId, phoneNumberId, message } = input;
  const { content } = message;
  const at = earlier(message.sentAt, now);
  const amend: AmendInput = { workId, message, by: message.from, at };
  const guest = learned(state, message, workId);
  // The message that it changes is among the old ones too, and comes before it or after.
  const cameLive = (wamid: string): boolean => state.known.get(wamid)?.isImported === false;
  if (isAmending(content))
    return { ...decideAmendment(state, amendmentOf(state, content, amend), cameLive(content.wamid)), guest };
  const understood = understanding(state, content, amend);
  if (understood !== null) return { ...decideAmendment(state, understood, cameLive(message.wamid)), guest };
  if (state.known.has(message.wamid)) return { ...noChange(hotel.id), guest };

  // What they said to the hotel before it came here holds here too, as long as they say nothing newer.
  const said =
    message.from === "guest" ? saidConsent(state, { workId, wamid: message.wamid, content, sentAt: at }, now) : null;
  const id = importedConversationId(phoneNumberId, state.guest.id);
  const before = state.conversations.find((conversation) => conversation.id === id) ?? empty(state, input, hotel, now);
  const seq = before.lastSeq + 1;
  const imported: NewMessage = {
    id: messageId(workId),
    hotelId: hotel.id,
    conversationId: id,
    seq,
    direction: message.from === "guest" ? "inbound" : "outbound",
    author: message.from === "guest" ? { kind: "guest", id: state.guest.id } : { kind: "device" },
    content,
    status: message.from === "guest" ? "received" : message.status,
    fallback: null,
    failure: message.status === "failed" && message.from === "device" ? NOT_DELIVERED : null,
    billing: null,
    wamid: message.wamid,
    quotedWamid: message.quotedWamid,
    context: message.context,
    attemptId: workId,
    clientMessageId: null,
    flow: null,
    importedPlace: placeOf(at, seq),
    reasons: [{ code: "imported", at: now }, ...(said === null ? [] : [{ code: said.reason, at: now }])],
    sentAt: at,
    createdAt: now,
  };
  const isUnread = before.readSeq < before.lastSeq;
  const isNewest = before.lastSeq === 0 || at.getTime() >= before.lastMessageAt.getTime();
  const line = contentLine(contentAfter(imported, amendmentsOn(state, message.wamid)));
  const conversation: Conversation = {
    ...before,
    lastSeq: seq,
    readSeq: isUnread ? before.readSeq : seq,
    lastMessageAt: later(at, before.lastMessageAt),
    ...(isNewest && {
      lastMessagePreview: preview(line),
      previewMessageId: imported.id,
      lastMessageFrom: message.from === "guest" ? ("guest" as const) : ("staff" as const),
    }),
  };
  const consents = said === null ? [] : [said.entry];
  const events = isUnread && imported.direction === "inbound" ? [stillUnread(conversation)] : [];
  return { ...noChange(hotel.id), guest, conversations: [conversation], messages: [imported], events, consents };
}

/** One more is unread: whoever sees the number hears of it. */
const stillUnread = ({ id, departmentId, readSeq }: Conversation): NewEvent => ({
  conversationId: id,
  departmentId,
  body: { type: "conversation.unread", readSeq },
});

const empty = (state: ChatState, { phoneNumberId }: ImportedInput, hotel: Hotel, now: Date): Conversation => ({
  id: importedConversationId(phoneNumberId, state.guest.id),
  hotelId: hotel.id,
  guestId: state.guest.id,
  phoneNumberId,
  departmentId: null,
  mode: "service",
  status: "closed",
  speaker: "human",
  version: 0,
  lastSeq: 0,
  readSeq: 0,
  createdAt: now,
  lastMessageAt: new Date(0),
  lastMessagePreview: "",
  previewMessageId: null,
  lastMessageFrom: "guest",
  lastGuestMessageAt: null,
  waitingSince: null,
  episode: firstEpisode(now),
  closedAt: now,
  continuedIn: goesOn(state)?.id ?? null,
  imported: true,
  ...UNTOUCHED,
});

/** The conversation that the guest is in. */
const goesOn = ({ chat, conversations }: ChatState): Conversation | undefined => {
  const open = conversations.filter(({ status }) => status === "open");
  return open.find(({ id }) => id === chat?.currentConversationId) ?? open[0];
};

/** The old messages that a conversation goes on with, when they are the beginning of none yet. */
export const continuesImported = (
  { conversations }: Pick<ChatState, "conversations">,
  { id, phoneNumberId }: Conversation,
): readonly Conversation[] =>
  conversations
    .filter((one) => one.imported && one.continuedIn === null && one.phoneNumberId === phoneNumberId)
    .map((one) => ({ ...one, continuedIn: id }));

/** Seconds and then the order of arrival, far below the first event's number; a safe integer until the year 2106. */
const placeOf = (at: Date, seq: number): number =>
  Math.floor(at.getTime() / 1_000) * 2 ** 20 + (seq % 2 ** 20) - 2 ** 52;

const NOT_DELIVERED = { code: "not_delivered", message: "The phone app could not deliver it." };
