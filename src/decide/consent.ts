import type { AccountNews } from "../domain/account.js";
import { noChange, type Change } from "../domain/change.js";
import type { Chat } from "../domain/chat.js";
import { mayMarket, type ConsentEntry, type ConsentWish } from "../domain/consent.js";
import { consentWord } from "../domain/consent-words.js";
import type { MessageContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";
import type { Guest } from "../domain/guest.js";
import type { Hotel } from "../domain/hotel.js";
import type { ReasonCode } from "../domain/reason.js";
import { windowIsOpen } from "../domain/service-window.js";
import type { ChatState, GuestState, KnownMessage } from "../ports/work-storage.js";
import { about, earlier } from "./arrival.js";
import { answeredByDesk, deskSays } from "./automation.js";
import { auditOf, type Command } from "./command.js";
import { waitedFor } from "./episode.js";
import { confirmationId, consentId, rejectionId } from "./ids.js";

/** A message of a guest's that says STOP or START. */
export interface SaidConsent {
  readonly entry: ConsentEntry;
  /** Whether something else holds from now on, which the guest is told. */
  readonly changes: boolean;
  readonly reason: Extract<ReasonCode, "consent_stopped" | "consent_resumed">;
}

export interface SaidInput {
  readonly workId: string;
  readonly wamid: string;
  readonly content: MessageContent;
  /** Not after `now`. */
  readonly sentAt: Date;
}

/** What a guest's message says about offers; null for nearly every message, which is about something else. */
export function saidConsent(state: ChatState, input: SaidInput, now: Date): SaidConsent | null {
  const wish = wishIn(input.content);
  const allowed = mayMarket(state.consents);
  // Nothing was stopped, so START is a word like any other.
  if (wish === null || (wish === "resume" && allowed)) return null;
  const entry: ConsentEntry = {
    ...entryOf(state.guest, wish),
    id: consentId(input.workId),
    source: "keyword",
    evidence: input.wamid,
    at: input.sentAt,
    recordedAt: now,
  };
  return {
    entry,
    changes: mayMarket([...state.consents, entry]) !== allowed,
    reason: wish === "stop" ? "consent_stopped" : "consent_resumed",
  };
}

/** A tap on "Stop" or "Start" below a question of the hotel's is about what it asks: only a template's button speaks of offers. */
function wishIn(content: MessageContent): ConsentWish | null {
  const isSaid = content.type === "text" || (content.type === "choice" && content.via === "templateButton");
  const word = isSaid ? consentWord(content.text) : null;
  return word === "start" ? "resume" : word;
}

/** The change of the message that said so, with the wish in it, and one answer when it makes a difference. */
export function withConsent(
  change: Change,
  { entry, changes }: SaidConsent,
  chat: Chat,
  conversation: Conversation,
  workId: string,
  hotel: Hotel,
  now: Date,
): Change {
  const noted: Change = {
    ...change,
    consents: [...change.consents, entry],
    events: [...change.events, about(conversation, consentEvent(entry))],
  };
  // The message may have come a day late, and an answer that could not leave any more would fail in front of staff.
  if (!changes || !windowIsOpen(chat.windowClosesAt, now)) return noted;
  const answer = (before: Change) => withConfirmation(before, entry.wish, conversation, workId, hotel, now);
  const heard = { words: entry.wish, led: false };
  return answeredByDesk(noted, { workId, chat, conversation, heard, now, answer });
}

/** Like the menu, it is the desk's own talk: it moves neither the preview nor who spoke last, and may come while a person speaks. */
function withConfirmation(
  change: Change,
  wish: ConsentWish,
  before: Conversation,
  workId: string,
  hotel: Hotel,
  now: Date,
): Change {
  // Whoever gets this answer waits for nobody, unless they did before.
  const since = (at: Date | null) => (at?.getTime() === now.getTime() ? null : at);
  const waitingSince = since(before.waitingSince);
  const episode = since(before.episode.askedAt) === null ? waitedFor(before.episode) : before.episode;
  const answered = { ...before, waitingSince, episode };
  return deskSays(change, answered, {
    id: confirmationId(workId),
    content: { type: "text", text: wish === "stop" ? hotel.texts.consentStopped : hotel.texts.consentResumed },
    reason: { code: "consent_confirmed", at: now, details: { consentId: consentId(workId) } },
  }).change;
}

/** The change of an edit, with the wish in it when the message says STOP or START now: who mistyped it means it all the same. */
export function withEditedConsent(
  change: Change,
  state: ChatState,
  input: SaidInput,
  { conversationId, departmentId }: KnownMessage,
  hotel: Hotel,
  now: Date,
): Change {
  const said = saidConsent(state, input, now);
  if (said === null) return change;
  const conversation = [...change.conversations, ...state.conversations].find(({ id }) => id === conversationId);
  const { chat } = state;
  if (conversation?.status === "open" && chat !== null)
    return withConsent(change, said, chat, conversation, input.workId, hotel, now);
  const event = { conversationId, departmentId, body: consentEvent(said.entry) };
  return { ...change, consents: [...change.consents, said.entry], events: [...change.events, event] };
}

export interface PreferenceInput {
  readonly workId: string;
  readonly news: AccountNews;
  /** Not after now; null when WhatsApp does not say. */
  /** Not after `now`. */
  readonly saidAt: Date;
}

/** The guest moved WhatsApp's own switch for offers: noted, told, and not answered, for they wrote nothing. */
export function decidePreference(state: ChatState, { workId, news, saidAt }: PreferenceInput, now: Date): Change {
  const { guest, chat, conversations } = state;
  const change = noChange(guest.hotelId);
  if (news.about !== "preference" || news.category !== MARKETING || news.wish === "unknown") return change;
  const entry: ConsentEntry = {
    ...entryOf(guest, news.wish),
    id: consentId(workId),
    source: "preference",
    evidence: workId,
    at: saidAt,
    recordedAt: now,
  };
  const open = conversations.filter(({ status }) => status === "open");
  const current = open.find(({ id }) => id === chat?.currentConversationId) ?? open[0];
  return { ...change, consents: [entry], events: [told(entry, current)] };
}

/** The only category there is. Source: WhatsApp webhook reference, `user_preferences` (2026). */
const MARKETING = "marketing_messages";

/** What changes when somebody at the hotel, or the host, was told what a guest wants. Nobody is written to. */
export function decideConsent({ guest, conversations }: GuestState, wish: ConsentWish, command: Command): Change {
  const { id, by, now } = command;
  const entry: ConsentEntry = {
    ...entryOf(guest, wish),
    id: consentId(id),
    source: by.kind === "system" ? "host" : "staff",
    evidence: null,
    at: now,
    recordedAt: now,
  };
  const [current] = conversations
    .filter(({ status }) => status === "open")
    .sort((a, b) => b.lastMessageAt.getTime() - a.lastMessageAt.getTime());
  return {
    ...noChange(guest.hotelId),
    consents: [entry],
    events: [told(entry, current)],
    audit: [auditOf(command, "guest.consent", guest.hotelId, { kind: "guest", id: guest.id })],
  };
}

/**
 * What a refused offer says about its guest (`isOptOut`): they told WhatsApp, and the desk did not hear of it. Storages write
 * the same where a report or a settlement brings the refusal, once for each message.
 * @param evidence our id of the message
 */
export const rejectedConsent = (
  guest: Pick<Guest, "id" | "hotelId">,
  evidence: string,
  at: Date,
  now: Date,
): ConsentEntry => ({
  ...entryOf(guest, "stop"),
  id: rejectionId(evidence),
  source: "rejection",
  evidence,
  at: earlier(at, now),
  recordedAt: now,
});

const entryOf = ({ id, hotelId }: Pick<Guest, "id" | "hotelId">, wish: ConsentWish) =>
  ({ hotelId, guestId: id, scope: "marketing", wish }) as const;

const consentEvent = ({ guestId, wish, source }: ConsentEntry): NewEvent["body"] => ({
  type: "guest.consent",
  guestId,
  wish,
  source,
});

/** Where the guest is spoken with, so that its department hears of it; else those of the whole hotel do. */
const told = (entry: ConsentEntry, conversation: Conversation | undefined): NewEvent =>
  conversation === undefined
    ? { conversationId: null, departmentId: null, body: consentEvent(entry) }
    : about(conversation, consentEvent(entry));
