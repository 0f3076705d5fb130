import { noChange, type Change } from "../domain/change.js";
import { newChat } from "../domain/chat.js";
import { later } from "../domain/clocks.js";
import { contentLine, isAmending, type MessageContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { Hotel } from "../domain/hotel.js";
import type { EchoMessage, InboundMessage } from "../domain/inbound-message.js";
import type { NewMessage } from "../domain/message.js";
import { preview } from "../domain/text.js";
import type { ChatState } from "../ports/work-storage.js";
import {
  amendmentOf,
  amendmentsOn,
  contentAfter,
  decideAmendment,
  understanding,
  unseen,
  type AmendInput,
} from "./amend.js";
import { answered, firstResponse, inOpenHours } from "./episode.js";
import { messageId } from "./ids.js";
import { continuesImported } from "./imported.js";
import { about, arrivalEvents, CLOCKS_DIFFER_MS, earlier, learned, place } from "./arrival.js";
import { routeEcho } from "./routing.js";

export interface EchoInput {
  readonly workId: string;
  readonly phoneNumberId: string;
  readonly message: EchoMessage;
}

/**
 * What somebody at the hotel changes who writes in the phone app: a message of the hotel that has been sent already. Like any
 * staff answer it makes people speak here; it opens no window. One of our own sends that comes back is no news.
 */
export function decideEcho(
  state: ChatState,
  { workId, phoneNumberId, message: echo }: EchoInput,
  hotel: Hotel,
  now: Date,
): Change {
  const { content } = echo;
  const at = earlier(echo.sentAt, now);
  const input: AmendInput = { workId, message: echo, by: "device", at };
  const guest = learned(state, echo, workId);
  const amendment = isAmending(content) ? amendmentOf(state, content, input) : understanding(state, content, input);
  // An edit of what the desk never saw is shown as it says now; a deletion or a reaction shows nothing.
  if (amendment !== null && (content.type !== "edit" || state.known.has(amendment.wamid)))
    return { ...decideAmendment(state, amendment, true), guest };
  const before = state.known.get(echo.wamid);
  if (before !== undefined && !before.isImported) return { ...noChange(hotel.id), guest };

  const message = messageOf(echo);
  const amendments = [...amendmentsOn(state, message.wamid), ...(amendment === null ? [] : [amendment])];
  const route = routeEcho(state, message, hotel, now);
  const placed = place(state.guest, route, phoneNumberId, workId, hotel, now);
  const seq = placed.lastSeq + 1;
  const echoed: NewMessage = {
    id: messageId(workId),
    hotelId: hotel.id,
    conversationId: placed.id,
    seq,
    direction: "outbound",
    author: { kind: "device" },
    content: message.content,
    status: "sent",
    fallback: null,
    failure: null,
    billing: null,
    wamid: message.wamid,
    quotedWamid: message.quotedWamid,
    context: message.context,
    attemptId: workId,
    clientMessageId: null,
    flow: null,
    importedPlace: null,
    reasons: [
      { code: "device_echo", at: now, details: { conversationId: placed.id } },
      ...(amendment === null ? [] : [{ code: "edits_unknown", at: now } as const]),
    ],
    sentAt: at,
    createdAt: now,
  };
  const heard: Conversation = { ...placed, phoneNumberId, speaker: "human", lastSeq: seq };
  // One that comes late answers nothing that the guest wrote since.
  const { lastGuestMessageAt } = placed;
  const isLate = lastGuestMessageAt !== null && at.getTime() < lastGuestMessageAt.getTime() - CLOCKS_DIFFER_MS;
  const conversation: Conversation = isLate
    ? { ...heard, readSeq: placed.readSeq === placed.lastSeq ? seq : placed.readSeq }
    : {
        ...heard,
        readSeq: seq,
        lastMessageAt: now,
        lastMessagePreview: preview(contentLine(contentAfter(echoed, amendments))),
        previewMessageId: echoed.id,
        lastMessageFrom: "staff",
        waitingSince: null,
        episode: answered(placed, null, now),
      };
  const chat = state.chat ?? newChat(hotel.id, phoneNumberId, state.guest.id);
  return {
    ...noChange(hotel.id),
    guest,
    chat: {
      ...chat,
      currentConversationId: conversation.id,
      ratingPromptId: null,
      staffWroteAt: later(at, chat.staffWroteAt ?? at),
    },
    conversations: [...continuesImported(state, conversation), conversation],
    messages: [echoed],
    amendments: amendment === null ? [] : [amendment],
    participants:
      route.target.kind === "new"
        ? [{ conversationId: conversation.id, kind: "guest", id: state.guest.id, readSeq: 0 }]
        : [],
    timings: inOpenHours(firstResponse(placed, conversation), hotel),
    events: [
      ...arrivalEvents(route, conversation),
      about(conversation, { type: "message.echoed", messageId: echoed.id }),
    ],
  };
}

/** What is stored: the echo itself, or the message that it edits. */
const messageOf = (echo: EchoMessage): InboundMessage<MessageContent> =>
  isAmending(echo.content) ? unseen(echo, echo.content.wamid) : { ...echo, content: echo.content };
