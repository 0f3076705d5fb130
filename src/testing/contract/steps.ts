import assert from "node:assert/strict";
import type { Address } from "../../domain/address.js";
import type { Change, LaneChange } from "../../domain/change.js";
import type { Conversation } from "../../domain/conversation.js";
import type { DeskEvent } from "../../domain/event.js";
import type { ClaimedLane } from "../../domain/lane.js";
import type { Message, NewMessage } from "../../domain/message.js";
import type { Reason, ReasonCode } from "../../domain/reason.js";
import type { InboundChat, InboundItem, WorkKind } from "../../domain/work.js";
import type { AmendedMessage, Page } from "../../ports/read-storage.js";
import type { Storage } from "../../ports/storage.js";
import type {
  ChatKey,
  ChatState,
  ClaimOptions,
  CommitResult,
  GuestState,
  SettledResult,
  Settlement,
} from "../../ports/work-storage.js";
import {
  aConversation,
  aCommand,
  anItem,
  anOutboundMessage,
  DAY_MS,
  HOTEL,
  messageEvent,
  MINUTE_MS,
  NOON,
  NUMBER,
  OTHER_HOTEL,
  OTHER_HOTELS_NUMBER,
  phone,
  sendWork,
  type GuestOfHotel,
  type ItemFields,
} from "./builders.js";

export const LEASE_MS = MINUTE_MS;
export const RETENTION_MS = 30 * DAY_MS;

/** The database's clock. */
export const nowOf = async (storage: Storage): Promise<Date> => (await storage.loadChats([])).now;

export const remember = (storage: Storage, ...items: readonly InboundItem[]) =>
  storage.remember(items, { dedupRetentionMs: RETENTION_MS });

/** A guest writes: one new item, remembered. Without a phone it is always the same guest. */
export async function guestWrites(storage: Storage, id: string, fields: ItemFields = {}): Promise<InboundItem> {
  const item = anItem(id, await nowOf(storage), fields);
  assert.deepEqual(await remember(storage, item), ["new"]);
  return item;
}

/** The fields of an item that a guest with this phone wrote. */
export const from = (waId: string, phoneNumberId = NUMBER): ItemFields => ({
  chat: { addresses: [phone(waId)], phoneNumberId },
});

export const claim = (storage: Storage, options: Partial<ClaimOptions> = {}) =>
  storage.claim({ kind: "inbound", lanes: 100, itemsPerLane: 100, leaseMs: LEASE_MS, ...options });

/** Claims the only lane that is due. */
export async function claimOne(storage: Storage, kind: WorkKind = "inbound", itemsPerLane = 100): Promise<ClaimedLane> {
  const { lanes } = await claim(storage, { kind, itemsPerLane });
  const [lane] = lanes;
  assert.ok(lane !== undefined && lanes.length === 1, `one lane of ${kind} work is due, not ${String(lanes.length)}`);
  return lane;
}

export async function nothingIsDue(storage: Storage, kind: WorkKind = "inbound"): Promise<void> {
  assert.deepEqual(itemsOf((await claim(storage, { kind })).lanes), [], `no lane of ${kind} work is due`);
}

export const itemsOf = (lanes: readonly ClaimedLane[]): readonly (readonly string[])[] =>
  lanes.map(({ items }) => items.map(({ id }) => id));

/** Commits what completes the first `count` items of a lane, all by default, and nothing else unless given. */
export const completing = (lane: ClaimedLane, count = lane.items.length, change: Partial<Change> = {}): LaneChange => ({
  ...aCommand({ hotelId: lane.hotelId, ...change }),
  lane,
  completes: lane.items.slice(0, count).map(({ id }) => id),
});

type Committed = Extract<CommitResult, { outcome: "committed" }>;

export async function commit(storage: Storage, ...changes: readonly LaneChange[]): Promise<Committed> {
  const result = await storage.commit(changes[0]?.change.hotelId ?? HOTEL, changes);
  assert.equal(result.outcome, "committed");
  return result;
}

/** A guest whose first message was dealt with: known by a phone, with nothing left to do. */
export async function aKnownGuest(
  storage: Storage,
  { hotelId = HOTEL, waId = "12025550101" }: { readonly hotelId?: string; readonly waId?: string } = {},
): Promise<GuestOfHotel> {
  const phoneNumberId = hotelId === OTHER_HOTEL ? OTHER_HOTELS_NUMBER : NUMBER;
  const id = `first_${hotelId}_${waId}`;
  await guestWrites(storage, id, { hotelId, chat: { addresses: [phone(waId)], phoneNumberId } });
  // What a case claims is not to wait for the number's pace, unless it says so.
  await storage.setPaces([{ hotelId, phoneNumberId, perSecond: null }]);
  const { lanes } = await claim(storage);
  const lane = lanes.find(({ items }) => items.some((item) => item.id === id));
  assert.ok(lane !== undefined, "the lane of a new guest is due");
  await commit(storage, completing(lane));
  return { id: lane.guestId, hotelId, phoneNumberId };
}

/** Somebody with these addresses writes, and that is dealt with. @returns the guest whose it was */
export async function writtenBy(
  storage: Storage,
  id: string,
  addresses: readonly Address[],
  chat: Partial<InboundChat> = {},
): Promise<string> {
  await guestWrites(storage, id, { chat: { newGuestId: `gst_${id}`, ...chat, addresses } });
  const lane = await claimOne(storage);
  await commit(storage, completing(lane));
  return lane.guestId;
}

/** A guest of the first hotel, for builders. */
export const theGuest = (id: string): GuestOfHotel => ({ id, hotelId: HOTEL, phoneNumberId: NUMBER });

export async function guestStateOf(storage: Storage, guestId: string): Promise<GuestState> {
  const { guests } = await storage.loadGuests({ reach: "everything", guestIds: [guestId] });
  const [state] = guests;
  assert.ok(state, `there is a guest ${guestId}`);
  return state;
}

/** A guest's addresses, each with its evidence, in order. */
export const addressesOf = async (storage: Storage, guestId: string): Promise<readonly string[]> =>
  (await guestStateOf(storage, guestId)).guest.addresses
    .map(({ value, evidence }) => `${value} ${String(evidence)}`)
    .sort();

/** Two guests turn out to be one. */
export const merge = (storage: Storage, guestId: string, into: string) =>
  commit(storage, aCommand({ merge: { guestId, into } }));

/** And are two after all. */
export const unmerge = (storage: Storage, guestId: string) =>
  commit(storage, aCommand({ merge: { guestId, into: null } }));

/** Stores a conversation with its messages, each with its event. @returns it as it is stored now */
export async function stored(
  storage: Storage,
  conversation: Conversation,
  messages: readonly NewMessage[] = [],
  more: Partial<Change> = {},
): Promise<Conversation> {
  const told = messages.filter(({ importedPlace }) => importedPlace === null);
  const events = [...told.map((message) => messageEvent(message, conversation)), ...(more.events ?? [])];
  const change = { hotelId: conversation.hotelId, ...more, conversations: [conversation], messages, events };
  await commit(storage, aCommand(change));
  return { ...conversation, version: conversation.version + 1 };
}

/** A message that waits to be sent. */
export interface Queued {
  readonly guest: GuestOfHotel;
  readonly conversation: Conversation;
  readonly message: NewMessage;
}

/** Staff answer a guest: conversation `con_1`, messages `msg_1` and so on, with their work. */
export async function queued(storage: Storage, guest: GuestOfHotel, count = 1): Promise<readonly Queued[]> {
  const conversation = aConversation(`con_${guest.id}`, guest, { lastSeq: count });
  const messages = Array.from({ length: count }, (_, index) =>
    anOutboundMessage(`msg_${guest.id}_${String(index + 1)}`, conversation, index + 1),
  );
  const work = messages.map((message) => sendWork(message, guest));
  const now = await stored(storage, conversation, messages, { work });
  return messages.map((message) => ({ guest, conversation: now, message }));
}

/** A message in the hands of somebody who sends it, at any point before its intent. */
export interface Sending extends Queued {
  readonly lane: ClaimedLane;
  readonly workId: string;
}

/** Staff answer a new guest, and somebody claims the first message. `count` messages in all. */
export async function sendingOne(storage: Storage, count = 1, hotelId = HOTEL, waId = "12025550101"): Promise<Sending> {
  const guest = await aKnownGuest(storage, { hotelId, waId });
  const [first] = await queued(storage, guest, count);
  assert.ok(first !== undefined);
  return { ...first, ...(await claimedSend(storage)) };
}

export async function claimedSend(storage: Storage): Promise<Pick<Sending, "lane" | "workId">> {
  const lane = await claimOne(storage, "outbound", 1);
  const [item] = lane.items;
  assert.ok(item !== undefined, "a claimed lane has an item");
  return { lane, workId: item.id };
}

/** Makes the intent durable: from here on the message may have touched a socket. */
export async function intended(storage: Storage, { lane, message }: Sending): Promise<void> {
  assert.deepEqual(await storage.intend([{ lane, messageId: message.id, as: "windowless" }]), ["go"]);
}

const aReason = (code: ReasonCode): Reason => ({ code, at: NOON });

const REASON_OF: Record<SettledResult["kind"], ReasonCode> = {
  sent: "send_accepted",
  failed: "send_rejected",
  unknown: "send_unknown",
  retry: "send_retried",
};

export const FAILURE = { code: "graph_131000", message: "WhatsApp could not take the message." };

export const settlement = ({ lane, workId, message }: Sending, result: SettledResult): Settlement => ({
  lane,
  workId,
  messageId: message.id,
  result,
  reason: aReason(REASON_OF[result.kind]),
  paced: false,
  pause: null,
});

export const settle = (
  storage: Storage,
  sending: Sending,
  result: SettledResult,
  more: Partial<Settlement> = {},
): Promise<readonly DeskEvent[]> => storage.settle([{ ...settlement(sending, result), ...more }]);

/** A message of which WhatsApp said that it has it. */
export async function sentOne(storage: Storage, wamid: string, hotelId = HOTEL): Promise<Sending> {
  const sending = await sendingOne(storage, 1, hotelId);
  await intended(storage, sending);
  await settle(storage, sending, { kind: "sent", wamid });
  return sending;
}

export async function messageOf(storage: Storage, messageId: string): Promise<Message> {
  const { amendments: _amendments, ...message } = await amendedMessageOf(storage, messageId);
  return message;
}

export async function amendedMessageOf(storage: Storage, messageId: string): Promise<AmendedMessage> {
  const history = await storage.message({ reach: "everything", messageId });
  assert.ok(history !== null, `message ${messageId} is stored`);
  return history.message;
}

/** A message as it is stored when it was committed like this. */
export function asStored({ importedPlace: _importedPlace, ...message }: NewMessage, eventSeq: number): Message {
  return { ...message, eventSeq };
}

export const reasonsOf = ({ reasons }: Message): readonly ReasonCode[] => reasons.map(({ code }) => code);

export const eventsOf = (storage: Storage, hotelId = HOTEL): Promise<readonly DeskEvent[]> =>
  storage.events({ hotelId, after: 0, limit: 1_000 });

/** The statuses that a message's events tell, in order. */
export const statusesIn = (events: readonly DeskEvent[], messageId: string): readonly string[] =>
  events.flatMap(({ body }) => (body.type === "message.status" && body.messageId === messageId ? [body.status] : []));

export async function conversationOf(storage: Storage, conversationId: string): Promise<Conversation> {
  const { state } = await storage.loadConversation({
    reach: "everything",
    conversationId,
    client: null,
    template: null,
  });
  assert.ok(state !== null, `conversation ${conversationId} is stored`);
  return state.conversation;
}

/** What happens when the same is asked by many at once. */
export const atOnce = <T>(times: number, ask: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => ask(index)));

/** The changes that met somebody else's; where there is one change, it is told apart. */
export function conflicts(result: CommitResult, stale: readonly number[], of: readonly LaneChange[]): void {
  assert.equal(result.outcome, "conflict");
  if (of.length === 1 || result.changes.length > 0) assert.deepEqual(result.changes, stale);
}

/** Two changes that cannot both be stored: at least one of them is not blamed, so that it can be stored alone. */
export function collides(result: CommitResult): void {
  assert.equal(result.outcome, "conflict");
  assert.ok(result.changes.length < 2, "not both are to blame");
}

/** The messages of a conversation by id, the oldest first. */
export async function messagesIn(storage: Storage, conversationId: string): Promise<readonly string[]> {
  const page = await storage.messages({ reach: "everything", conversationId, before: null, limit: 100 });
  return page?.items.map(({ id }) => id).reverse() ?? [];
}

/** What a chat key asks for beside the chat. */
export const ASKS_NOTHING = { wamids: [], promptIds: [], addresses: [] } as const;

/** What decisions need of the chat with this guest. */
export async function chatOf(storage: Storage, guest: GuestOfHotel, asks: Partial<ChatKey> = {}): Promise<ChatState> {
  const key = { hotelId: guest.hotelId, phoneNumberId: guest.phoneNumberId, guestId: guest.id };
  const { states } = await storage.loadChats([{ ...key, ...ASKS_NOTHING, ...asks }]);
  const [state] = states;
  assert.ok(state !== undefined && states.length === 1);
  return state;
}

/** Turns pages to the last; one that never comes breaks the promise that there is a last. */
export async function pagesOf<T, P>(
  turn: (from: P | null) => Promise<Page<T, P> | null>,
): Promise<readonly (readonly T[])[]> {
  const pages: (readonly T[])[] = [];
  let from: P | null = null;
  do {
    const page: Page<T, P> | null = await turn(from);
    assert.ok(page !== null && pages.length < 100, "there is a last page");
    pages.push(page.items);
    from = page.next;
  } while (from !== null);
  return pages;
}
