import { noChange, type Change } from "../domain/change.js";
import type { Amendment } from "../domain/amendment.js";
import { isAmending, type AmendingContent } from "../domain/content.js";
import type { NewEvent } from "../domain/event.js";
import type { NewMessage } from "../domain/message.js";
import type { Hotel } from "../domain/hotel.js";
import type { AccountItem, GuestMessage, InboundItemContent } from "../domain/inbound-message.js";
import type { Reason } from "../domain/reason.js";
import type { ChatState } from "../ports/work-storage.js";
import { amendmentOf, decideAmendment, understanding, unseen, type AmendInput } from "./amend.js";
import { decidePreference, withEditedConsent } from "./consent.js";
import { decideEcho } from "./echo.js";
import { decideGuestChange } from "./guest.js";
import { decideImported } from "./imported.js";
import { maskedAuditId, messageId } from "./ids.js";
import { earlier, learned, provenPhones } from "./arrival.js";
import { decideInbound, type InboundInput } from "./inbound.js";
import { maskedEntry } from "./masked.js";
import { decideRated, ratingIn } from "./rating.js";
import { templateUpdates } from "./template.js";

export interface ItemInput {
  /** The work's id: the root of every id made here. */
  readonly workId: string;
  readonly phoneNumberId: string;
  readonly item: Exclude<InboundItemContent, AccountItem>;
}

/** What a guest's message changes that a flow takes for itself; null for one that is routed to a department. */
export type FlowListener = (state: ChatState, input: InboundInput, hotel: Hotel, now: Date) => Change | null;

const noFlows: FlowListener = () => null;

/** What an item of a webhook changes, whatever it is. Pure: the time is the database's, and everything else stands in `state`. */
export function decideItem(
  state: ChatState,
  input: ItemInput,
  hotel: Hotel,
  now: Date,
  flows: FlowListener = noFlows,
): Change {
  const change = withMaskedCards(decided(state, input, hotel, now, flows), state, input, now);
  return { ...change, events: [...change.events, ...calledAnew(state, change)] };
}

/** Staff see on the message why there are no digits, and the audit that they were never stored (T83). */
function withMaskedCards(change: Change, state: ChatState, { workId, item }: ItemInput, now: Date): Change {
  const { maskedCards: cards, wamid } = item;
  if (cards === undefined) return change;
  const added = change.messages.find((message) => message.wamid === wamid);
  const id = added?.id ?? state.known.get(targetOf(item))?.messageId ?? messageId(workId);
  const reason: Reason = { code: "card_masked", at: now, details: { cards } };
  const masked = maskedEntry(id, state.guest, maskedAuditId(workId), now);
  const messages = change.messages.map((one) => (one === added ? { ...one, reasons: [...one.reasons, reason] } : one));
  return { ...change, messages, audit: [...change.audit, masked] };
}

/** Meta's id of the message that the words stand on. */
const targetOf = ({ wamid, content }: ItemInput["item"]): string => (content.type === "edit" ? content.wamid : wamid);

/**
 * Lists show what a guest is called, so that it is told when that changes. What is told of one of their conversations, or of them,
 * says so too; but they may have done nothing that is told: reacted to what the desk never saw, written what it knows already.
 */
function calledAnew({ guest, conversations }: ChatState, change: Change): readonly NewEvent[] {
  const name = change.guest?.name ?? null;
  const own = new Set([...conversations, ...change.conversations].map(({ id }) => id));
  const isTold = change.events.some(({ conversationId, body }) =>
    conversationId === null ? "guestId" in body && body.guestId === guest.id : own.has(conversationId),
  );
  if (name === null || isTold) return [];
  const body = { type: "guest.changed", guestId: guest.id, changed: "name" } as const;
  return [{ conversationId: null, departmentId: null, body }];
}

function decided(
  state: ChatState,
  { workId, phoneNumberId, item }: ItemInput,
  hotel: Hotel,
  now: Date,
  flows: FlowListener,
): Change {
  switch (item.kind) {
    case "message":
      return decideGuestMessage(state, workId, phoneNumberId, item, hotel, now, flows);
    case "echo":
      return decideEcho(state, { workId, phoneNumberId, message: item }, hotel, now);
    case "history":
      return decideImported(state, { workId, phoneNumberId, message: item }, hotel, now);
    case "system":
      return decideGuestChange(state, { workId, message: item }, now);
  }
}

/** A message that changes another one, or comes a second time, is not routed. */
function decideGuestMessage(
  state: ChatState,
  workId: string,
  phoneNumberId: string,
  message: GuestMessage,
  hotel: Hotel,
  now: Date,
  flows: FlowListener,
): Change {
  const { content, wamid } = message;
  const input: AmendInput = { workId, message, by: "guest", at: earlier(message.sentAt, now) };
  const guest = learned(state, message, workId, provenPhones(content));
  if (isAmending(content)) {
    const amendment = amendmentOf(state, content, input);
    // An edit of what the desk never saw holds words that nobody has read; a deletion or a reaction shows nothing.
    if (content.type !== "edit" || state.known.has(amendment.wamid)) {
      const decided = decideAmendment(state, amendment, true);
      const change = { ...decided, guest, amendments: [...decided.amendments, ...readAtLast(state, content, input)] };
      const target = state.known.get(amendment.wamid);
      if (content.type !== "edit" || target?.isOwn !== true) return change;
      const said = { workId, wamid, content: content.content, sentAt: input.at };
      return withEditedConsent(change, state, said, target, hotel, now);
    }
    const edited = { ...state, amendments: [...state.amendments, amendment] };
    const change = decideInbound(
      edited,
      { workId, phoneNumberId, message: unseen(message, amendment.wamid) },
      hotel,
      now,
    );
    return { ...change, messages: explained(change.messages, amendment, now), amendments: [amendment] };
  }
  // The hotel called: nothing that the guest wrote, and nothing to ask a department for.
  if (content.type === "call" && content.direction === "toGuest")
    return decideEcho(state, { workId, phoneNumberId, message: { ...message, kind: "echo" } }, hotel, now);
  // What came with the old messages first is heard now that it comes live, and stands in their place no more.
  if (state.known.get(wamid)?.isImported !== true) {
    const understood = understanding(state, content, input);
    if (understood !== null) return { ...decideAmendment(state, understood, true), guest };
    if (state.known.has(wamid)) return { ...noChange(hotel.id), guest };
  }
  const heard = { workId, phoneNumberId, message: { ...message, content } };
  const rating = ratingIn(state, content, hotel);
  if (rating !== null) return decideRated(state, heard, rating, hotel, now);
  return flows(state, heard, hotel, now) ?? decideInbound(state, heard, hotel, now);
}

/** It was stored as a message that nobody could read, and turns out to be none: its place says so, and is not read again. */
function readAtLast(state: ChatState, { type }: AmendingContent, input: AmendInput): readonly Amendment[] {
  const understood = understanding(state, { type: "unsupported", kind: type }, input);
  return understood === null ? [] : [understood];
}

const explained = (messages: readonly NewMessage[], { wamid }: Amendment, now: Date): readonly NewMessage[] =>
  messages.map((one) =>
    one.wamid === wamid ? { ...one, reasons: [...one.reasons, { code: "edits_unknown", at: now }] } : one,
  );

/**
 * What is said about an account is told, to whoever sees the whole hotel; what a guest wants is noted too, and what is said about a
 * template changes the catalogue.
 * @param state the guest's, when it is a guest's wish; null for any other news
 */
export function decideNews(
  hotelId: string,
  { workId, item: { news, at } }: { readonly workId: string; readonly item: AccountItem },
  state: ChatState | null,
  now: Date,
): Change {
  const saidAt = earlier(at ?? now, now);
  const change = state === null ? noChange(hotelId) : decidePreference(state, { workId, news, saidAt }, now);
  const templates = news.about === "template" ? templateUpdates(news, saidAt) : [];
  const body = { type: "account.news", news: state === null ? news : { ...news, guestId: state.guest.id } } as const;
  return { ...change, templates, events: [{ conversationId: null, departmentId: null, body }, ...change.events] };
}
