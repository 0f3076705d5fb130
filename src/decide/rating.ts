import { noChange, type Change } from "../domain/change.js";
import { newChat, type Chat } from "../domain/chat.js";
import { later } from "../domain/clocks.js";
import type { MessageContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { Timing } from "../domain/episode.js";
import type { Hotel } from "../domain/hotel.js";
import { NOT_YET, type NewMessage } from "../domain/message.js";
import { optionId, promptOf, type RatingPrompt } from "../domain/prompt.js";
import { SCORES, type Rating, type Score } from "../domain/rating.js";
import { windowAfter } from "../domain/service-window.js";
import { ConversationError } from "../errors.js";
import type { ChatState, ConversationState } from "../ports/work-storage.js";
import { about, earlier, learned } from "./arrival.js";
import { answerTo, bestOf, type ChoiceQuestion } from "./choices.js";
import { auditOf, unchanged, type Command, type Decision } from "./command.js";
import { auditId, messageId, promptId, sendWorkId } from "./ids.js";
import type { InboundInput } from "./inbound.js";
import { mayLeave } from "./outgoing.js";

/** In every language. */
const stars = (score: Score): string => "\u2605".repeat(score);

/**
 * Asks the guest how it was, once for each time that the conversation was opened: asked again, nothing changes. It opens nothing and
 * moves no list; until somebody writes something else, a typed number answers it as a tap does.
 * @throws {ConversationError} `window_closed`; `conversation_imported`; `conversation_closed` where another conversation goes on with it
 */
export function decideAskRating({ conversation, chat }: ConversationState, hotel: Hotel, command: Command): Decision {
  const { id, hotelId, guestId, phoneNumberId, episode, continuedIn } = conversation;
  const { now } = command;
  if (conversation.imported) throw new ConversationError("conversation_imported", { continuedIn });
  if (continuedIn !== null) throw new ConversationError("conversation_closed", { continuedIn });
  if (conversation.rating?.episode === episode.number) return unchanged(conversation);

  const prompt: RatingPrompt = {
    id: promptId(command.id),
    hotelId,
    guestId,
    phoneNumberId,
    conversationId: id,
    messageId: messageId(command.id),
    kind: "rating",
    options: SCORES.map((score, index) => ({ id: optionId(promptId(command.id), index), score, title: stars(score) })),
    createdAt: now,
  };
  const [content] = bestOf(questionOf(prompt, hotel)).contents;
  if (content === undefined) throw new ConversationError("internal");
  mayLeave({ content, fallback: null }, chat, now);

  const rating: Rating = {
    promptId: prompt.id,
    episode: episode.number,
    askedAt: now,
    staffId: conversation.assigneeId ?? episode.answeredBy,
    score: null,
    ratedAt: null,
  };
  const asked = appended({ ...conversation, rating });
  const message: NewMessage = {
    ...messageIn(asked, prompt.messageId, content, now),
    direction: "outbound",
    author: { kind: "bot", id: "desk" },
    status: "queued",
    reasons: [{ code: "rating_asked", at: now, details: { promptId: prompt.id } }],
  };
  return {
    conversation: asked,
    change: {
      ...noChange(hotelId),
      chat: { ...chat, ratingPromptId: prompt.id },
      conversations: [asked],
      messages: [message],
      prompts: [prompt],
      timings: [{ ...timing(asked, rating), kind: "surveyed", since: now, at: now, score: null }],
      events: [
        about(asked, { type: "message.queued", messageId: message.id }),
        about(asked, { type: "conversation.ratingAsked" }),
      ],
      audit: [auditOf(command, "conversation.askRating", hotelId, { kind: "conversation", id })],
      work: [
        { id: sendWorkId(message.id), kind: "outbound", phoneNumberId, guestId, payload: { messageId: message.id } },
      ],
    },
  };
}

export interface GivenRating {
  readonly conversation: Conversation;
  readonly promptId: string;
  readonly score: Score;
}

/**
 * The rating that a guest's message gives: a tap on any question for one, however old, or the number or stars of the one that they were
 * asked last, when nothing was said since. null for anything else.
 */
export function ratingIn(state: ChatState, content: MessageContent, hotel: Hotel): GivenRating | null {
  if (content.type !== "choice" && content.type !== "text") return null;
  const asked = content.type === "choice" ? promptOf(content.id) : (state.chat?.ratingPromptId ?? null);
  const prompt = state.prompts.find((one) => one.kind === "rating" && one.id === asked);
  if (prompt?.kind !== "rating") return null;
  const conversation = state.conversations.find(({ id }) => id === prompt.conversationId);
  const answer = answerTo(questionOf(prompt, hotel), content);
  const option = prompt.options.find(({ id }) => id === answer?.id);
  return conversation === undefined || option === undefined
    ? null
    : { conversation, promptId: prompt.id, score: option.score };
}

/**
 * What it changes that a guest rates a conversation: it has its rating, once, by what they said first, and the message stands at its
 * end, read. It opens nothing, nobody waits for an answer, and the guest goes on in whatever they had in hand. A tap on a question that a newer
 * one took the place of rates nothing.
 */
export function decideRated(
  state: ChatState,
  { workId, phoneNumberId, message }: InboundInput,
  { conversation: before, promptId: asked, score }: GivenRating,
  hotel: Hotel,
  now: Date,
): Change {
  const { rating } = before;
  const counts = rating !== null && rating.promptId === asked && rating.score === null;
  const conversation = appended(counts ? { ...before, rating: { ...rating, score, ratedAt: now } } : before);
  const sentAt = earlier(message.sentAt, now);
  const received: NewMessage = {
    ...messageIn(conversation, messageId(workId), message.content, now),
    direction: "inbound",
    author: { kind: "guest", id: state.guest.id },
    status: "received",
    wamid: message.wamid,
    quotedWamid: message.quotedWamid,
    context: message.context,
    attemptId: workId,
    reasons: [{ code: counts ? "rated" : "rated_before", at: now, details: { conversationId: conversation.id } }],
    sentAt,
  };
  const chat: Chat = state.chat ?? newChat(hotel.id, phoneNumberId, state.guest.id);
  return {
    ...noChange(hotel.id),
    guest: learned(state, message, workId),
    chat: {
      ...chat,
      lastInboundAt: later(sentAt, chat.lastInboundAt ?? sentAt),
      windowClosesAt: windowAfter(sentAt, chat.windowClosesAt),
      ratingPromptId: null,
    },
    conversations: [conversation],
    messages: [received],
    timings: counts ? [{ ...timing(conversation, rating), kind: "rated", since: rating.askedAt, at: now, score }] : [],
    events: [
      about(conversation, { type: "message.received", messageId: received.id }),
      ...(counts ? [about(conversation, { type: "conversation.rated", score })] : []),
    ],
    audit: counts
      ? [
          {
            id: auditId(workId),
            hotelId: hotel.id,
            actor: { kind: "guest", id: state.guest.id },
            action: "conversation.rate",
            reason: "rated",
            target: { kind: "conversation", id: conversation.id },
            at: now,
          },
        ]
      : [],
  };
}

/** A rating that a flow asked for, in the conversation in which it did: counted as one that staff asked for, once for each time that it was opened. */
export function ratedInFlow(
  before: Conversation,
  { promptId: asked, score, askedAt }: { readonly promptId: string; readonly score: Score; readonly askedAt: Date },
  workId: string,
  now: Date,
): Pick<Change, "timings" | "events" | "audit"> & { readonly conversation: Conversation } {
  const { id, hotelId, guestId, episode, assigneeId } = before;
  if (before.rating?.episode === episode.number) return { conversation: before, timings: [], events: [], audit: [] };
  const staffId = assigneeId ?? episode.answeredBy;
  const rating: Rating = { promptId: asked, episode: episode.number, askedAt, staffId, score, ratedAt: now };
  const conversation: Conversation = { ...before, rating };
  const of = timing(conversation, rating);
  return {
    conversation,
    timings: [
      { ...of, kind: "surveyed", since: askedAt, at: askedAt, score: null },
      { ...of, kind: "rated", since: askedAt, at: now, score },
    ],
    events: [about(conversation, { type: "conversation.rated", score })],
    audit: [
      {
        id: auditId(`${workId}:rated`),
        hotelId,
        actor: { kind: "guest", id: guestId },
        action: "conversation.rate",
        reason: "rated",
        target: { kind: "conversation", id },
        at: now,
      },
    ],
  };
}

const questionOf = ({ options }: RatingPrompt, { texts }: Hotel): ChoiceQuestion => ({
  text: texts.rating,
  button: texts.ratingButton,
  options,
});

/** With one more message, which is no news for a list, and nothing to read where all had been read. */
const appended = (conversation: Conversation): Conversation => ({
  ...conversation,
  lastSeq: conversation.lastSeq + 1,
  readSeq: conversation.readSeq === conversation.lastSeq ? conversation.lastSeq + 1 : conversation.readSeq,
});

const messageIn = (
  { id: conversationId, hotelId, lastSeq }: Conversation,
  id: string,
  content: MessageContent,
  now: Date,
) => ({
  id,
  hotelId,
  conversationId,
  seq: lastSeq,
  content,
  ...NOT_YET,
  sentAt: now,
  createdAt: now,
});

const timing = (
  { hotelId, id, departmentId }: Conversation,
  { episode, staffId }: Rating,
): Omit<Timing, "kind" | "since" | "at" | "score"> => ({
  hotelId,
  conversationId: id,
  episode,
  departmentId,
  staffId,
  openMs: null,
  unanswered: false,
});
