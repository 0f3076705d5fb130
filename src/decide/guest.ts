import { addressKey, type Address } from "../domain/address.js";
import type { AuditEntry } from "../domain/audit.js";
import { noChange, type Change } from "../domain/change.js";
import type { Chat } from "../domain/chat.js";
import type { Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";
import type { NewAddress } from "../domain/guest.js";
import type { GuestChange } from "../domain/inbound-message.js";
import type { NewMessage } from "../domain/message.js";
import { ConversationError } from "../errors.js";
import type { ChatState, GuestState } from "../ports/work-storage.js";
import { auditOf, type Command } from "./command.js";
import { continueIn } from "./continue-in.js";
import { auditId, messageId } from "./ids.js";
import { about, earlier, seenLater } from "./arrival.js";

export interface GuestChangeInput {
  readonly workId: string;
  readonly message: GuestChange;
}

/**
 * What changes when WhatsApp says that a guest's number or id changed: one guest and one history, with a new address and the
 * old one retired. Somebody who has the new business-scoped id is this guest, who wrote with it before we heard of it, and is
 * merged. Who has only the new phone is somebody else, who had it before: it passes.
 */
export function decideGuestChange(state: ChatState, input: GuestChangeInput, now: Date): Change {
  const { workId, message } = input;
  const { guest } = state;
  const { changed } = message.content;
  const told = toldIn(state, input, now);
  if (changed !== "number" && changed !== "userId") return told;

  const twin = state.holders.find(({ guest: holder }) =>
    holder.addresses.some((address) => address.kind === "bsuid" && isAmong(address, message.became)),
  );
  const held = twin?.guest.addresses ?? [];
  const addresses = message.became
    .filter((address) => !isAmong(address, held))
    .map((address): NewAddress => ({
      kind: address.kind,
      value: address.value,
      evidence: workId,
      takes: !seenLater(state, address, message.sentAt),
    }));
  const became = new Set(message.became.map(({ kind }) => kind));
  const retires = guest.addresses.filter((address) => {
    if (isAmong(address, message.became)) return false;
    // With the number every number and id that was theirs ends, also when the new id is not told; else what is named.
    if (changed === "number" && (address.kind === "waId" ? became.has("waId") : address.kind === "bsuid")) return true;
    return became.has(address.kind) && isAmong(address, message.addresses);
  });
  // Nobody was known by the old address: what is known of them came with the new one.
  const { name = null, username = null } = guest.name === null ? (twin?.guest ?? {}) : {};
  const change: Change = {
    ...told,
    guest: { id: guest.id, name, username, addresses, retires },
    events: [
      ...told.events,
      { conversationId: null, departmentId: null, body: { type: "guest.changed", guestId: guest.id, changed } },
    ],
  };
  if (twin === undefined) return change;
  const joined = join(twin, { guest, conversations: replacing(state.conversations, told.conversations) }, now);
  const audit: AuditEntry = {
    id: auditId(workId),
    hotelId: guest.hotelId,
    actor: { kind: "system", id: "whatsapp" },
    action: "guest.merge",
    reason: changed === "number" ? "number_changed" : "user_id_changed",
    target: { kind: "guest", id: twin.guest.id },
    at: now,
  };
  return {
    ...change,
    chat: inFlow(state, twin, joined.conversations) ?? change.chat,
    merge: { guestId: twin.guest.id, into: guest.id },
    conversations: replacing(told.conversations, joined.conversations),
    events: [...change.events, ...joined.events],
    audit: [audit],
  };
}

/**
 * Whose newest talk is with a flow goes on in that: what they were asked there is what they answer next. @param joined conversations that are another's by now
 * @returns null where it stays as it is
 */
function inFlow({ chat, conversations }: ChatState, twin: GuestState, joined: readonly Conversation[]): Chat | null {
  if (chat === null) return null;
  const isOver = (id: string): boolean => joined.some((one) => one.id === id && one.status !== "open");
  const [newest] = twin.conversations
    .filter(({ id, status, phoneNumberId }) => status === "open" && phoneNumberId === chat.phoneNumberId && !isOver(id))
    .sort((a, b) => b.lastMessageAt.getTime() - a.lastMessageAt.getTime());
  if (newest?.mode !== "flow" || newest.speaker !== "bot") return null;
  const current = conversations.find(({ id, status }) => id === chat.currentConversationId && status === "open");
  const isNewer = current === undefined || current.lastMessageAt.getTime() < newest.lastMessageAt.getTime();
  return isNewer ? { ...chat, currentConversationId: newest.id } : null;
}

/** The notice in the conversation the guest is in, which staff have read if they had read everything. Nowhere when there is none. */
function toldIn(state: ChatState, { workId, message }: GuestChangeInput, now: Date): Change {
  const { guest, chat, conversations, known } = state;
  const change = noChange(guest.hotelId);
  const open = conversations.filter(({ status }) => status === "open");
  const conversation = open.find(({ id }) => id === chat?.currentConversationId) ?? open[0];
  if (conversation === undefined || known.has(message.wamid)) return change;
  const seq = conversation.lastSeq + 1;
  const readSeq = conversation.readSeq === conversation.lastSeq ? seq : conversation.readSeq;
  const notice: NewMessage = {
    id: messageId(workId),
    hotelId: guest.hotelId,
    conversationId: conversation.id,
    seq,
    direction: "inbound",
    author: { kind: "guest", id: guest.id },
    content: message.content,
    status: "received",
    fallback: null,
    failure: null,
    billing: null,
    wamid: message.wamid,
    quotedWamid: null,
    context: null,
    attemptId: workId,
    clientMessageId: null,
    flow: null,
    importedPlace: null,
    reasons: [{ code: "guest_changed", at: now, details: { conversationId: conversation.id } }],
    sentAt: earlier(message.sentAt, now),
    createdAt: now,
  };
  return {
    ...change,
    conversations: [{ ...conversation, lastSeq: seq, readSeq }],
    messages: [notice],
    events: [about(conversation, { type: "message.received", messageId: notice.id })],
  };
}

/**
 * What changes when staff say that two guests are one person.
 * @throws {ConversationError} `merge_impossible`
 */
export function decideMerge(from: GuestState, into: GuestState, command: Command): Change {
  for (const { guest } of [from, into]) if (guest.mergedInto !== null) throw impossible(guest.mergedInto);
  if (from.guest.id === into.guest.id || from.guest.hotelId !== into.guest.hotelId) throw impossible(null);
  const { hotelId, id } = from.guest;
  return {
    ...noChange(hotelId),
    merge: { guestId: id, into: into.guest.id },
    ...join(from, into, command.now),
    audit: [auditOf(command, "guest.merge", hotelId, { kind: "guest", id })],
  };
}

/**
 * What changes when they are two after all. Neither's words are shown in the other's conversation any more: what had gone on with
 * one is a conversation of its own again, open unless its guest has another open one with the department.
 * @param from the guest into whom the other was merged
 * @throws {ConversationError} `merge_impossible`
 */
export function decideUnmerge(merged: GuestState, from: GuestState, command: Command): Change {
  const { hotelId, id, mergedInto } = merged.guest;
  if (mergedInto === null || mergedInto !== from.guest.id) throw impossible(mergedInto);
  const parted = [...partedFrom(merged), ...partedFrom(from)];
  // Where that is a third guest's, nothing else tells of it.
  const hadGoneOnIn = new Map(
    [...merged.conversations, ...from.conversations].map(({ id, continuedIn }) => [id, continuedIn]),
  );
  const previews = new Set(parted.map(({ previewMessageId }) => previewMessageId).filter((one) => one !== null));
  // What the other's list entry showed of it goes with it.
  const bare = [...merged.conversations, ...from.conversations]
    .filter((one) => one.status === "open" && one.previewMessageId !== null && previews.has(one.previewMessageId))
    .map((one): Conversation => ({ ...one, lastMessagePreview: "", previewMessageId: null }));
  return {
    ...noChange(hotelId),
    merge: { guestId: id, into: null },
    conversations: [...parted, ...bare],
    events: [
      ...parted.map((one) =>
        about(
          one,
          one.status === "open"
            ? { type: "conversation.reopened", leaves: hadGoneOnIn.get(one.id) ?? null }
            : { type: "conversation.closed", continuedIn: null, leaves: hadGoneOnIn.get(one.id) ?? null },
        ),
      ),
      { conversationId: null, departmentId: null, body: { type: "guest.unmerged", guestId: id, from: mergedInto } },
    ],
    audit: [auditOf(command, "guest.merge", hotelId, { kind: "guest", id })],
  };
}

/** The conversations that another guest's had gone on with, on their own again. */
function partedFrom({ conversations }: GuestState): readonly Conversation[] {
  const open = conversations.filter(({ status }) => status === "open");
  const parted: Conversation[] = [];
  for (const one of conversations) {
    if (one.status === "open") continue;
    const taken = [...open, ...parted].some(
      ({ status, departmentId, mode }) => status === "open" && departmentId === one.departmentId && mode === one.mode,
    );
    const closed = { ...one, continuedIn: null };
    parted.push(one.imported || taken ? closed : { ...closed, status: "open", closedAt: null });
  }
  return parted;
}

/** A department has one open conversation with a guest: where both have one, that of the guest who stays goes on with the other's. */
function join(
  from: Pick<GuestState, "guest" | "conversations">,
  into: Pick<GuestState, "guest" | "conversations">,
  now: Date,
): Pick<Change, "conversations" | "events"> {
  const conversations: Conversation[] = [];
  const events: NewEvent[] = [];
  for (const other of from.conversations) {
    const own = into.conversations.find(
      ({ status, departmentId, mode }) =>
        status === "open" && departmentId === other.departmentId && mode === other.mode,
    );
    if (other.status !== "open" || own === undefined) continue;
    const continued = continueIn(other, own, now, "guest");
    conversations.push(continued.from, continued.into);
    events.push(...continued.events);
  }
  const { id: guestId } = from.guest;
  events.push({
    conversationId: null,
    departmentId: null,
    body: { type: "guest.merged", guestId, into: into.guest.id },
  });
  return { conversations, events };
}

const impossible = (mergedInto: string | null) => new ConversationError("merge_impossible", { mergedInto });

const isAmong = (address: Address, list: readonly Address[]): boolean =>
  list.some((other) => addressKey(other) === addressKey(address));

function replacing(before: readonly Conversation[], after: readonly Conversation[]): readonly Conversation[] {
  const changed = new Map(after.map((one) => [one.id, one]));
  return [
    ...before.map((one) => changed.get(one.id) ?? one),
    ...after.filter(({ id }) => !before.some((b) => b.id === id)),
  ];
}
