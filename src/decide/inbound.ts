import type { Change } from "../domain/change.js";
import { newChat, type Chat } from "../domain/chat.js";
import { later } from "../domain/clocks.js";
import { contentLine, type MessageContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";
import type { Guest, GuestUpdate } from "../domain/guest.js";
import type { Hotel } from "../domain/hotel.js";
import type { InboundMessage } from "../domain/inbound-message.js";
import type { NewMessage } from "../domain/message.js";
import type { Prompt } from "../domain/prompt.js";
import type { Reason, ReasonCode } from "../domain/reason.js";
import { windowAfter } from "../domain/service-window.js";
import { preview } from "../domain/text.js";
import type { ChatState } from "../ports/storage.js";
import { continueIn } from "./continue-in.js";
import { conversationId, menuMessageId, messageId, promptId, sendWorkId } from "./ids.js";
import { departmentOptions, menuContent } from "./menu.js";
import { routeMessage, type Route } from "./routing.js";

export interface InboundInput {
  /** The work's id: the root of every id made here. */
  readonly workId: string;
  readonly phoneNumberId: string;
  readonly message: InboundMessage;
}

/** What a guest's message changes. Pure: the time is the database's, and everything else stands in `state`. */
export function decideInbound(state: ChatState, input: InboundInput, hotel: Hotel, now: Date): Change {
  const { workId, phoneNumberId, message } = input;
  const sentAt = earlier(message.sentAt, now);
  const route = routeMessage(state, message, hotel, now);
  const placed = place(state.guest, route, input, hotel, now);
  const settled = route.settles === null ? null : continueIn(route.settles, placed, now);
  const conversation = hear(settled?.into ?? placed, message.content, phoneNumberId, route, now);
  const received = receivedMessage(state.guest, conversation, input, sentAt, reasonsOf(route, conversation, now), now);

  const chat = state.chat ?? newChat(hotel.id, phoneNumberId, state.guest.id);
  const listened: Chat = {
    ...chat,
    currentConversationId: conversation.id,
    ...(opensWindow(message.content) && {
      lastInboundAt: later(sentAt, chat.lastInboundAt ?? sentAt),
      windowClosesAt: windowAfter(sentAt, chat.windowClosesAt),
    }),
  };

  const change: Change = {
    hotelId: hotel.id,
    guest: learned(state.guest, message, workId),
    chat: listened,
    conversations: settled === null ? [conversation] : [settled.from, conversation],
    messages: [received],
    prompts: [],
    participants:
      conversation.version === 0 && conversation.lastSeq === 1
        ? [{ conversationId: conversation.id, kind: "guest", id: state.guest.id, readSeq: 1 }]
        : [],
    events: [
      ...arrivalEvents(route, conversation),
      ...(settled === null ? [] : [settled.event]),
      about(conversation, { type: "message.received", messageId: received.id }),
    ],
    audit: [],
    work: [],
  };
  return route.menu === "none" ? change : withMenu(change, listened, conversation, route, input, hotel, now);
}

/** The conversation that the message goes into, before the message. */
function place(guest: Guest, { target }: Route, input: InboundInput, hotel: Hotel, now: Date): Conversation {
  switch (target.kind) {
    case "existing":
      return target.conversation;
    case "reopened":
      return { ...target.conversation, status: "open", closedAt: null, continuedIn: null };
    case "decided":
      return { ...target.conversation, departmentId: target.departmentId };
    case "new":
      return {
        id: conversationId(input.workId),
        hotelId: hotel.id,
        guestId: guest.id,
        phoneNumberId: input.phoneNumberId,
        departmentId: target.departmentId,
        mode: "service",
        status: "open",
        speaker: "bot",
        version: 0,
        lastSeq: 0,
        readSeq: 0,
        createdAt: now,
        lastMessageAt: now,
        lastMessagePreview: "",
        lastMessageFrom: "guest",
        lastGuestMessageAt: null,
        closedAt: null,
        continuedIn: null,
      };
  }
}

/** The conversation with one more message of the guest. The name of a department they chose is no news for a list. */
function hear(
  conversation: Conversation,
  content: MessageContent,
  phoneNumberId: string,
  route: Route,
  now: Date,
): Conversation {
  const isChoice = route.reasons.some((code) => CHOICES.has(code));
  const keepsPreview = isChoice && conversation.lastMessagePreview !== "";
  return {
    ...conversation,
    phoneNumberId,
    lastSeq: conversation.lastSeq + 1,
    lastMessageAt: now,
    lastMessagePreview: keepsPreview ? conversation.lastMessagePreview : preview(contentLine(content)),
    lastMessageFrom: "guest",
    lastGuestMessageAt: now,
  };
}

const CHOICES: ReadonlySet<ReasonCode> = new Set(["answered_prompt", "chose_by_number", "chose_by_name"]);

function receivedMessage(
  guest: Guest,
  conversation: Conversation,
  { workId, message }: InboundInput,
  sentAt: Date,
  reasons: readonly Reason[],
  now: Date,
): NewMessage {
  return {
    id: messageId(workId),
    hotelId: conversation.hotelId,
    conversationId: conversation.id,
    seq: conversation.lastSeq,
    direction: "inbound",
    author: { kind: "guest", id: guest.id },
    content: message.content,
    status: "received",
    failure: null,
    wamid: message.wamid,
    quotedWamid: message.quotedWamid,
    context: message.context,
    attemptId: workId,
    clientMessageId: null,
    flow: null,
    reasons,
    sentAt,
    createdAt: now,
  };
}

function withMenu(
  change: Change,
  chat: Chat,
  conversation: Conversation,
  route: Route,
  { workId, phoneNumberId }: InboundInput,
  hotel: Hotel,
  now: Date,
): Change {
  const id = promptId(workId);
  const options = departmentOptions(hotel, id);
  // A menu is the desk's own talk: it moves neither the preview nor who spoke last.
  const asked: Conversation = { ...conversation, lastSeq: conversation.lastSeq + 1 };
  const menu: NewMessage = {
    id: menuMessageId(workId),
    hotelId: hotel.id,
    conversationId: conversation.id,
    seq: asked.lastSeq,
    direction: "outbound",
    author: { kind: "bot", id: "desk" },
    content: menuContent(hotel, options, route.menu === "ask" ? hotel.texts.menu : hotel.texts.menuAgain),
    status: "queued",
    failure: null,
    wamid: null,
    quotedWamid: null,
    context: null,
    attemptId: null,
    clientMessageId: null,
    flow: null,
    reasons: [{ code: "department_menu", at: now, details: { promptId: id } }],
    sentAt: now,
    createdAt: now,
  };
  const prompt: Prompt = {
    id,
    hotelId: hotel.id,
    guestId: conversation.guestId,
    phoneNumberId,
    conversationId: conversation.id,
    messageId: menu.id,
    kind: "departmentMenu",
    options,
    createdAt: now,
  };
  return {
    ...change,
    chat: { ...chat, menuSentAt: now },
    conversations: change.conversations.map((other) => (other.id === asked.id ? asked : other)),
    messages: [...change.messages, menu],
    prompts: [prompt],
    events: [...change.events, about(asked, { type: "message.queued", messageId: menu.id })],
    work: [
      {
        id: sendWorkId(menu.id),
        kind: "outbound",
        phoneNumberId,
        guestId: conversation.guestId,
        payload: { messageId: menu.id },
      },
    ],
  };
}

function arrivalEvents({ target }: Route, conversation: Conversation): readonly NewEvent[] {
  switch (target.kind) {
    case "existing":
      return [];
    case "new":
      return [about(conversation, { type: "conversation.opened" })];
    case "reopened":
      return [about(conversation, { type: "conversation.reopened" })];
    case "decided":
      return [about(conversation, { type: "conversation.routed", fromDepartmentId: null })];
  }
}

/** What the message taught us about the guest; null when it was nothing new. */
function learned(guest: Guest, message: InboundMessage, evidence: string): GuestUpdate | null {
  const known = new Set(guest.addresses.map(({ kind, value }) => `${kind} ${value}`));
  const addresses = message.addresses.filter(({ kind, value }) => !known.has(`${kind} ${value}`));
  const name = message.profileName !== null && message.profileName !== guest.name ? message.profileName : null;
  if (addresses.length === 0 && name === null) return null;
  return { id: guest.id, name, addresses: addresses.map((address) => ({ ...address, evidence })) };
}

/**
 * Messages reset the service window; changes to a message do not, and whether a reaction does is not documented, so it
 * is taken not to: a window believed closed costs a template, one believed open costs an answer.
 */
const opensWindow = ({ type }: MessageContent): boolean => type !== "reaction" && type !== "edit" && type !== "revoke";

const reasonsOf = (route: Route, conversation: Conversation, at: Date): readonly Reason[] =>
  route.reasons.map((code) => ({ code, at, details: { conversationId: conversation.id } }));

const about = ({ id, departmentId }: Conversation, body: NewEvent["body"]): NewEvent => ({
  conversationId: id,
  departmentId,
  body,
});

const earlier = (a: Date, b: Date): Date => (a.getTime() <= b.getTime() ? a : b);
