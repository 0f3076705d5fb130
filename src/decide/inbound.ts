import { noChange, type Change } from "../domain/change.js";
import { newChat, type Chat } from "../domain/chat.js";
import { later } from "../domain/clocks.js";
import { contentLine, type MessageContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { Guest } from "../domain/guest.js";
import type { Hotel } from "../domain/hotel.js";
import type { InboundMessage } from "../domain/inbound-message.js";
import { NOT_YET, type FlowMark, type NewMessage } from "../domain/message.js";
import type { Prompt } from "../domain/prompt.js";
import type { Reason, ReasonCode } from "../domain/reason.js";
import type { NewWork } from "../domain/work.js";
import { windowAfter, windowIsOpen } from "../domain/service-window.js";
import { preview } from "../domain/text.js";
import type { ChatState } from "../ports/work-storage.js";
import { amendmentsOn, contentAfter } from "./amend.js";
import { about, arrivalEvents, earlier, learned, place, provenPhones } from "./arrival.js";
import { looksAgain, toAssign } from "./assignment.js";
import { answeredByDesk, deskSays, heardIn, toldWhy } from "./automation.js";
import { awayFor } from "./away.js";
import { continueIn, woken } from "./continue-in.js";
import { saidConsent, withConsent } from "./consent.js";
import { asked as askedIn, waitedFor } from "./episode.js";
import { continuesImported } from "./imported.js";
import { awayMessageId, menuMessageId, messageId, promptId, sendWorkId } from "./ids.js";
import { menuContents, menuOptions, type MenuView } from "./menu.js";
import { menuTexts } from "./menu-texts.js";
import { routeMessage, type Route } from "./routing.js";

export interface InboundInput {
  /** The work's id: the root of every id made here. */
  readonly workId: string;
  readonly phoneNumberId: string;
  readonly message: InboundMessage<MessageContent>;
}

/** What a guest's message changes. Pure: the time is the database's, and everything else stands in `state`. */
export function decideInbound(state: ChatState, input: InboundInput, hotel: Hotel, now: Date): Change {
  return decideRouted(state, input, routeMessage(state, input.message, hotel, now), hotel, now);
}

/** What a guest's message changes, once it is known where it goes. @param flow which step of a flow it answers; no wish about offers is looked for then */
export function decideRouted(
  state: ChatState,
  input: InboundInput,
  route: Route,
  hotel: Hotel,
  now: Date,
  flow: FlowMark | null = null,
): Change {
  const { workId, phoneNumberId, message } = input;
  const sentAt = earlier(message.sentAt, now);
  const placed = place(state.guest, route, phoneNumberId, workId, hotel, now);
  const settled = route.settles === null ? null : continueIn(route.settles, placed, now, "guest");
  // WhatsApp keeps no order: it may have been edited or deleted before it came.
  const content = contentAfter(
    { direction: "inbound", content: message.content, sentAt },
    amendmentsOn(state, message.wamid),
  );
  const before = settled?.into ?? placed;
  const conversation = hear(before, content, phoneNumberId, messageId(workId), route, now);
  // Who chooses a department by its name has chosen it, whatever it is called.
  const said =
    isChoice(route) || flow !== null
      ? null
      : saidConsent(state, { workId, wamid: message.wamid, content, sentAt }, now);
  const codes = said === null ? route.reasons : [...route.reasons, said.reason];
  const reasons = codes.map((code) => reasonOf(code, conversation, flow, now));
  const received = { ...receivedMessage(state.guest, conversation, input, sentAt, reasons, now), flow };

  const comes = route.target.kind !== "existing" || settled !== null;

  const chat = state.chat ?? newChat(hotel.id, phoneNumberId, state.guest.id);
  const listened: Chat = {
    ...chat,
    currentConversationId: conversation.id,
    ratingPromptId: null,
    ...(opensWindow(message.content) && {
      lastInboundAt: later(sentAt, chat.lastInboundAt ?? sentAt),
      windowClosesAt: windowAfter(sentAt, chat.windowClosesAt),
    }),
  };

  const change: Change = {
    ...noChange(hotel.id),
    guest: learned(state, message, workId, provenPhones(message.content)),
    chat: listened,
    conversations: [
      ...(settled === null ? [] : [settled.from]),
      ...continuesImported(state, conversation),
      conversation,
    ],
    messages: [received],
    participants:
      conversation.version === 0 && conversation.lastSeq === 1
        ? [{ conversationId: conversation.id, kind: "guest", id: state.guest.id, readSeq: 1 }]
        : [],
    events: [
      ...arrivalEvents(route, conversation),
      ...(settled?.events ?? []),
      ...woken(before, "guest"),
      about(conversation, { type: "message.received", messageId: received.id }),
    ],
    work: comes || looksAgain(placed, now) ? toAssign(conversation, hotel, workId) : [],
  };
  const heard = heardIn(message.content, route.reasons.includes("answered_prompt"));
  // A question for a department is no answer to STOP, and neither are opening hours. The guest's next message is told them.
  if (said !== null) return withConsent(change, said, listened, conversation, workId, hotel, now);
  const answer = (before: Change): Change => {
    const told = withAway(before, listened, conversation, input, hotel, now);
    return route.menu === "none"
      ? told
      : withMenu(told, told.chat ?? listened, latest(told, conversation), route, input, hotel, {
          language: state.guest.language ?? null,
          now,
        });
  };
  return answeredByDesk(change, { workId, chat: listened, conversation, heard, now, answer });
}

const latest = ({ conversations }: Change, conversation: Conversation): Conversation =>
  conversations.find(({ id }) => id === conversation.id) ?? conversation;

/** Whoever writes while it is closed is told so, as the desk's own talk: they wait for staff all the same. */
function withAway(
  change: Change,
  chat: Chat,
  conversation: Conversation,
  { workId, message }: InboundInput,
  hotel: Hotel,
  now: Date,
): Change {
  // What came a day late could not be answered any more, and a flow knows itself what it says.
  const wrote = opensWindow(message.content) && windowIsOpen(chat.windowClosesAt, now);
  if (!wrote || conversation.mode === "flow") return change;
  const away = awayFor(chat, conversation.departmentId, hotel, now);
  if (away === "open") return change;
  if (away === "withheld") return { ...change, messages: toldWhy(change.messages, { code: "away_withheld", at: now }) };
  const details = { opens: away.opens?.toISOString() ?? "unknown" };
  const told = deskSays(change, conversation, {
    id: awayMessageId(workId),
    content: { type: "text", text: away.text },
    reason: { code: "away_message", at: now, details },
  });
  return { ...told.change, chat: { ...chat, awayUntil: later(away.until, chat.awayUntil ?? away.until) } };
}

/** The conversation with one more message of the guest. The name of a department they chose is no news for a list. */
function hear(
  conversation: Conversation,
  content: MessageContent,
  phoneNumberId: string,
  id: string,
  route: Route,
  now: Date,
): Conversation {
  const keepsPreview = isChoice(route) && conversation.lastMessagePreview !== "";
  return {
    ...conversation,
    phoneNumberId,
    lastSeq: conversation.lastSeq + 1,
    lastMessageAt: now,
    lastMessagePreview: keepsPreview ? conversation.lastMessagePreview : preview(contentLine(content)),
    previewMessageId: keepsPreview ? conversation.previewMessageId : id,
    lastMessageFrom: "guest",
    lastGuestMessageAt: now,
    snoozedUntil: null,
    waitingSince: conversation.waitingSince ?? now,
    episode: askedIn(conversation.episode, now),
  };
}

const CHOICES: ReadonlySet<ReasonCode> = new Set(["answered_prompt", "chose_by_number", "chose_by_name"]);
const isChoice = ({ reasons }: Route): boolean => reasons.some((code) => CHOICES.has(code));

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
  view: MenuView,
): Change {
  const { now } = view;
  const id = promptId(workId);
  const options = menuOptions(hotel, id, view);
  const texts = menuTexts(hotel, view.language);
  const contents = menuContents(hotel, options, route.menu === "ask" ? texts.menu : texts.menuAgain, view);
  // A menu is the desk's own talk: it moves neither the preview nor who spoke last.
  // But whoever is asked for a department does not wait for somebody: it is the hotel that waits.
  const asked: Conversation = {
    ...conversation,
    lastSeq: conversation.lastSeq + contents.length,
    waitingSince: null,
    episode: waitedFor(conversation.episode),
  };
  const menu = contents.map((content, part): NewMessage => ({
    id: menuMessageId(workId, part),
    hotelId: hotel.id,
    conversationId: conversation.id,
    seq: conversation.lastSeq + part + 1,
    direction: "outbound",
    author: { kind: "bot", id: "desk" },
    content,
    status: "queued",
    ...NOT_YET,
    reasons: [{ code: "department_menu", at: now, details: { promptId: id } }],
    sentAt: now,
    createdAt: now,
  }));
  const prompt: Prompt = {
    id,
    hotelId: hotel.id,
    guestId: conversation.guestId,
    phoneNumberId,
    conversationId: conversation.id,
    messageId: menuMessageId(workId, 0),
    kind: "departmentMenu",
    options,
    createdAt: now,
  };
  return {
    ...change,
    chat: { ...chat, menuSentAt: now },
    conversations: change.conversations.map((other) => (other.id === asked.id ? asked : other)),
    messages: [...toldWhy(change.messages, reasonOf("menu_sent", conversation, null, now)), ...menu],
    prompts: [prompt],
    events: [
      ...change.events,
      ...menu.map((message) => about(asked, { type: "message.queued", messageId: message.id })),
    ],
    work: [
      ...change.work,
      ...menu.map((message): NewWork => ({
        id: sendWorkId(message.id),
        kind: "outbound",
        phoneNumberId,
        guestId: conversation.guestId,
        payload: { messageId: message.id },
      })),
    ],
  };
}

/**
 * Messages reset the service window; changes to a message do not, and whether a reaction does is not documented, so it
 * is taken not to: a window believed closed costs a template, one believed open costs an answer. */
const opensWindow = (content: MessageContent): boolean => {
  switch (content.type) {
    case "system":
      return false;
    case "call":
      return content.direction === "fromGuest";
    default:
      return true;
  }
};

/** @param flow the one that the message is an answer to, or begins */
const reasonOf = (code: ReasonCode, { id: conversationId }: Conversation, flow: FlowMark | null, at: Date): Reason => ({
  code,
  at,
  details: { conversationId, ...(flow !== null && OF_FLOWS.has(code) && { flowId: flow.flowId }) },
});
const OF_FLOWS: ReadonlySet<ReasonCode> = new Set(["flow_started", "flow_answer"]);
