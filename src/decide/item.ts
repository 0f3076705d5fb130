import { noChange, type Change } from "../domain/change.js";
import type { AccountNews } from "../domain/account.js";
import type { Amendment } from "../domain/amendment.js";
import { isAmending, type AmendingContent } from "../domain/content.js";
import type { NewMessage } from "../domain/message.js";
import type { Hotel } from "../domain/hotel.js";
import type { AccountItem, GuestMessage, InboundItemContent } from "../domain/inbound-message.js";
import type { ChatState } from "../ports/storage.js";
import { amendmentOf, decideAmendment, understanding, unseen, type AmendInput } from "./amend.js";
import { decideEcho } from "./echo.js";
import { decideGuestChange } from "./guest.js";
import { decideImported } from "./imported.js";
import { earlier, learned, provenPhones } from "./arrival.js";
import { decideInbound } from "./inbound.js";

export interface ItemInput {
  /** The work's id: the root of every id made here. */
  readonly workId: string;
  readonly phoneNumberId: string;
  readonly item: Exclude<InboundItemContent, AccountItem>;
}

/** What an item of a webhook changes, whatever it is. Pure: the time is the database's, and everything else stands in `state`. */
export function decideItem(
  state: ChatState,
  { workId, phoneNumberId, item }: ItemInput,
  hotel: Hotel,
  now: Date,
): Change {
  switch (item.kind) {
    case "message":
      return decideGuestMessage(state, workId, phoneNumberId, item, hotel, now);
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
): Change {
  const { content, wamid } = message;
  const input: AmendInput = { workId, message, by: "guest", at: earlier(message.sentAt, now) };
  const guest = learned(state, message, workId, provenPhones(content));
  if (isAmending(content)) {
    const amendment = amendmentOf(state, content, input);
    // An edit of what the desk never saw holds words that nobody has read; a deletion or a reaction shows nothing.
    if (content.type !== "edit" || state.known.has(amendment.wamid)) {
      const change = decideAmendment(state, amendment, true);
      return { ...change, guest, amendments: [...change.amendments, ...readAtLast(state, content, input)] };
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
  return decideInbound(state, { workId, phoneNumberId, message: { ...message, content } }, hotel, now);
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
 * What is said about an account is told, to whoever sees the whole hotel.
 * @param guestId whose wish it is, when it is a guest's
 */
export const decideNews = (hotelId: string, news: AccountNews, guestId: string | null): Change => ({
  ...noChange(hotelId),
  events: [
    {
      conversationId: null,
      departmentId: null,
      body: { type: "account.news", news: guestId === null ? news : { ...news, guestId } },
    },
  ],
});
