import { addressKey, type Address } from "../domain/address.js";
import { newChat } from "../domain/chat.js";
import type { OutboundContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { NewGuest } from "../domain/guest.js";
import type { Hotel } from "../domain/hotel.js";
import type { Message } from "../domain/message.js";
import type { TemplateContent } from "../domain/template.js";
import { ConversationError } from "../errors.js";
import type { RecipientState } from "../ports/work-storage.js";
import { about, place } from "./arrival.js";
import type { Command } from "./command.js";
import { wroteUnasked } from "./episode.js";
import { guestId, messageId } from "./ids.js";
import { continuesImported } from "./imported.js";
import { isSameContent, isSameFallback, mayLeave, queued, type Queued } from "./outgoing.js";
import { withTemplate } from "./template.js";

export interface WriteInput {
  readonly clientMessageId: string | null;
  readonly departmentId: string;
  /** As WhatsApp writes it; an unknown one makes a guest. */
  readonly to: Address | { readonly guestId: string };
  /** null: the number from which the department speaks with the guest already, else the hotel's first. */
  readonly phoneNumberId: string | null;
  readonly content: OutboundContent;
  /** As in `Outgoing`. */
  readonly fallback: TemplateContent | null;
  readonly urgent: boolean;
  /** As in `Outgoing`. */
  readonly identityKeyHash: string | null;
}

export type WriteDecision =
  /** The same was written before. */
  { readonly kind: "existing"; readonly message: Message } | ({ readonly kind: "new" } & Queued);

/**
 * What it changes that a hotel writes to a guest who need not have written: it goes to the open conversation of the department
 * with the guest, or begins one. The guest's next message comes to the department that wrote last, and while the service
 * window is closed nothing but a template may go.
 * @throws {ConversationError} `client_message_reused`, `department_unknown`, `not_found` for a guest or a number that the hotel
 *   does not have, `number_unknown` for a hotel without any, `recipient_moved`, `window_closed`; as `withTemplate`
 */
export function decideWrite(state: RecipientState, input: WriteInput, hotel: Hotel, command: Command): WriteDecision {
  const { existing } = state;
  if (existing !== null) {
    if (!isSame(existing, state, input))
      throw new ConversationError("client_message_reused", { messageId: existing.message.id });
    return { kind: "existing", message: existing.message };
  }
  const { departmentId, content, fallback, urgent, clientMessageId, identityKeyHash } = input;
  if (!hotel.departments.some(({ id }) => id === departmentId))
    throw new ConversationError("department_unknown", { hotelId: hotel.id });

  const made = state.guest === null ? newGuest(input, command) : null;
  const guest = state.guest ?? made;
  if (guest === null) throw new ConversationError("not_found");
  hasNotMoved(state, input);

  const open = state.conversations.find(
    (one) => one.status === "open" && one.mode === "service" && one.departmentId === departmentId,
  );
  const phoneNumberId = numberFor(hotel, input, open);
  const chat =
    state.chats.find((one) => one.phoneNumberId === phoneNumberId) ?? newChat(hotel.id, phoneNumberId, guest.id);
  mayLeave(input, chat, command.now);

  const target =
    open === undefined ? ({ kind: "new", departmentId } as const) : ({ kind: "existing", conversation: open } as const);
  const before: Conversation = {
    ...place(guest, { target }, phoneNumberId, command.id, hotel, command.now),
    phoneNumberId,
  };
  const { by, now } = command;
  const episode = by.kind === "staff" ? wroteUnasked(before.episode, by.id, now) : before.episode;
  const details = { guestId: guest.id, departmentId, phoneNumberId };
  const outgoing = {
    ...withTemplate({ content, fallback }, { ...state, chat }, command.now),
    id: messageId(command.id),
    clientMessageId,
    urgent,
    quotedWamid: null,
    identityKeyHash,
    reasons: [{ code: "wrote_first", at: command.now, details }],
  } as const;
  const { message, conversation, change } = queued(
    { ...before, episode },
    chat,
    outgoing,
    "conversation.write",
    command,
  );
  const opened = open === undefined;
  return {
    kind: "new",
    message,
    conversation,
    change: {
      ...change,
      newGuest: made,
      conversations: [...continuesImported(state, conversation), conversation],
      participants: [
        ...(opened ? [{ conversationId: conversation.id, kind: "guest", id: guest.id, readSeq: 0 } as const] : []),
        ...change.participants,
      ],
      events: [...(opened ? [about(conversation, { type: "conversation.opened" })] : []), ...change.events],
    },
  };
}

/** Who did not exist before somebody wrote to their address; null for who was named by a guest's id. */
const newGuest = ({ to }: WriteInput, { id }: Command): NewGuest | null =>
  "guestId" in to ? null : { id: guestId(id), address: to };

/** An address that its guest has given up says who that was, and perhaps not whom the hotel means: nothing is sent elsewhere by itself. */
function hasNotMoved({ guest }: RecipientState, { to }: WriteInput): void {
  if (guest === null || "guestId" in to) return;
  const address = guest.addresses.find((one) => addressKey(one) === addressKey(to));
  if (address !== undefined && address.retiredAt !== null)
    throw new ConversationError("recipient_moved", { guestId: guest.id });
}

function numberFor({ numbers }: Hotel, { phoneNumberId }: WriteInput, open: Conversation | undefined): string {
  const has = (id: string | undefined): id is string => numbers.some((number) => number.phoneNumberId === id);
  if (phoneNumberId !== null) {
    if (!has(phoneNumberId)) throw new ConversationError("not_found");
    return phoneNumberId;
  }
  if (has(open?.phoneNumberId)) return open.phoneNumberId;
  const [first] = numbers;
  if (first === undefined) throw new ConversationError("number_unknown");
  return first.phoneNumberId;
}

/** Whether a message is what is asked for: by what was asked then, since a conversation may be elsewhere by now. */
function isSame(
  { message, guestId }: NonNullable<RecipientState["existing"]>,
  { guest }: RecipientState,
  { departmentId, phoneNumberId, content, fallback, identityKeyHash }: WriteInput,
): boolean {
  const asked = message.reasons.find(({ code }) => code === "wrote_first")?.details;
  return (
    asked !== undefined &&
    guestId === guest?.id &&
    asked["departmentId"] === departmentId &&
    (phoneNumberId === null || asked["phoneNumberId"] === phoneNumberId) &&
    isSameContent(message.content, content) &&
    isSameFallback(message, fallback) &&
    (message.context?.identityKeyHash ?? null) === identityKeyHash
  );
}
