import { addressKey, type Address } from "../domain/address.js";
import type { AmendingContent, MessageContent } from "../domain/content.js";
import { UNTOUCHED, type Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";
import type { Guest, GuestUpdate } from "../domain/guest.js";
import type { Hotel } from "../domain/hotel.js";
import type { InboundMessage } from "../domain/inbound-message.js";
import type { ChatState } from "../ports/work-storage.js";
import { firstEpisode, nextEpisode } from "./episode.js";
import { conversationId } from "./ids.js";
import type { Route } from "./routing.js";

/** The conversation that the message goes into, before the message. */
export function place(
  guest: Pick<Guest, "id">,
  { target }: Pick<Route, "target">,
  phoneNumberId: string,
  workId: string,
  hotel: Pick<Hotel, "id">,
  now: Date,
): Conversation {
  switch (target.kind) {
    case "existing":
      return target.conversation;
    case "reopened":
      return {
        ...target.conversation,
        status: "open",
        closedAt: null,
        continuedIn: null,
        episode: nextEpisode(target.conversation.episode, now),
      };
    case "decided":
      return { ...target.conversation, departmentId: target.departmentId };
    case "new":
      return {
        id: conversationId(workId),
        hotelId: hotel.id,
        guestId: guest.id,
        phoneNumberId,
        departmentId: target.departmentId,
        mode: target.mode ?? "service",
        status: "open",
        speaker: "bot",
        version: 0,
        lastSeq: 0,
        readSeq: 0,
        createdAt: now,
        lastMessageAt: now,
        lastMessagePreview: "",
        previewMessageId: null,
        lastMessageFrom: "guest",
        lastGuestMessageAt: null,
        waitingSince: null,
        episode: firstEpisode(now),
        closedAt: null,
        continuedIn: null,
        imported: false,
        ...UNTOUCHED,
      };
  }
}

/** What there is to tell about where a message came to. */
export function arrivalEvents({ target }: Route, conversation: Conversation): readonly NewEvent[] {
  switch (target.kind) {
    case "existing":
      return [];
    case "new":
      return [about(conversation, { type: "conversation.opened" })];
    case "reopened":
      return [about(conversation, { type: "conversation.reopened", leaves: target.conversation.continuedIn })];
    case "decided":
      return [about(conversation, { type: "conversation.routed", fromDepartmentId: null })];
  }
}

/**
 * What a message taught us about the guest; null when it was nothing new. Its addresses are known: whoever remembered it learned
 * them. A phone that the guest shares on request is proven to be theirs, which no other card is.
 * @param proven what a message of the guest's proves; nobody else's proves anything
 */
export function learned(
  state: ChatState,
  message: InboundMessage,
  evidence: string,
  proven: readonly Address[] = [],
): GuestUpdate | null {
  const { guest } = state;
  const known = new Set(guest.addresses.filter(({ retiredAt }) => retiredAt === null).map(addressKey));
  const addresses = proven
    .filter((address) => !known.has(addressKey(address)))
    .map((address) => ({ ...address, evidence, takes: !seenLater(state, address, message.sentAt) }));
  const name = message.profileName !== null && message.profileName !== guest.name ? message.profileName : null;
  const username = message.username !== null && message.username !== guest.username ? message.username : null;
  if (addresses.length === 0 && name === null && username === null) return null;
  return { id: guest.id, name, username, addresses, retires: [] };
}

/** The phones that a guest's message proves to be theirs. */
export const provenPhones = (content: MessageContent | AmendingContent): readonly Address[] =>
  content.type === "contacts"
    ? content.cards
        .filter(({ isOwn }) => isOwn)
        .flatMap(({ phones }) =>
          phones.flatMap(({ waId }) => (waId === undefined ? [] : [{ kind: "waId", value: waId }])),
        )
    : [];

/** Milliseconds by which WhatsApp's clock and the database's may differ. */
export const CLOCKS_DIFFER_MS = 60_000;

/** Whether somebody else was first seen with the address after that: late news takes nothing away. */
export const seenLater = ({ holders }: ChatState, address: Address, than: Date): boolean =>
  holders
    .flatMap(({ guest }) => guest.addresses)
    .some(
      (other) =>
        addressKey(other) === addressKey(address) && other.firstSeenAt.getTime() > than.getTime() + CLOCKS_DIFFER_MS,
    );

export const about = ({ id, departmentId }: Conversation, body: NewEvent["body"]): NewEvent => ({
  conversationId: id,
  departmentId,
  body,
});

export const earlier = (a: Date, b: Date): Date => (a.getTime() <= b.getTime() ? a : b);
