import type {
  Change,
  CommitResult,
  Conversation,
  GuestUpdate,
  LaneChange,
  Message,
  NewEvent,
} from "../../src/index.js";
import { ConversationError, numberedMessage, sentAttachment } from "../../src/index.js";
import { putAmendment } from "./amendments.js";
import { attach, putAttachment } from "./attachments.js";
import { record } from "./consents.js";
import { give, holderOf, retire, whoStays } from "./identity.js";
import { enqueue, failItem, giveBack, held, isWork, removeItems } from "./lanes.js";
import { impossibleMerges, merge } from "./merges.js";
import { makeGuest, takenAddresses } from "./recipients.js";
import { overtaken, remark } from "./remarks.js";
import {
  chatKey,
  clientKeyOf,
  conversationsOf,
  dropMessage,
  hotelOf,
  importedOf,
  putConversation,
  putMessage,
  tell,
  writeAudit,
  type HotelMemory,
  type Memory,
} from "./state.js";
import { putMove, secondRuns } from "./runs.js";
import { joinEcho } from "./statuses.js";
import { learnTemplate } from "./templates.js";

/** Stores changes of one hotel, all or nothing: everything is checked before anything is written. */
export function commit(memory: Memory, hotelId: string, changes: readonly LaneChange[]): CommitResult {
  const hotel = hotelOf(memory, hotelId);
  const lost = indexesOf(changes, (change) => !holdsItsLane(memory, change));
  if (lost.length > 0) return { outcome: "fenced", changes: lost };
  const stale = [...conflicts(hotel, changes)].sort((a, b) => a - b);
  if (stale.length > 0) return { outcome: "conflict", changes: stale };
  const places = changes.map(({ change }) => placesOf(change));

  const now = memory.clock.now();
  const messages: Message[] = [];
  const events = changes.flatMap((laneChange, index) => {
    const { change } = laneChange;
    const first = hotel.events.length + 1;
    write(hotel, change, (id) => first + (places[index]?.get(id) ?? 0), now);
    const joined = [
      ...change.messages.flatMap((message) => joinEcho(hotel, message, now)),
      ...change.remarks.flatMap((one) => remark(hotel, one)),
    ];
    messages.push(...change.messages.flatMap(({ id }) => hotel.messages.get(id) ?? []));
    return tell(hotel, [...change.events, ...joined, ...finishLane(memory, hotel, laneChange, now)], now);
  });
  return { outcome: "committed", events, messages };
}

/** A lane's change counts only in its holder's hands, and only for the lane's first items. */
function holdsItsLane(memory: Memory, { lane: lease, completes, failed }: LaneChange): boolean {
  if (lease === null) return true;
  const handled = failed === null ? completes : [...completes, failed.workId];
  const lane = held(memory, lease);
  // Timers come due in an order of their own.
  if (lane?.kind === "timer") return handled.every((id) => lane.items.some((item) => item.id === id));
  return lane !== null && handled.every((id, index) => lane.items[index]?.id === id);
}

/**
 * The changes that meet somebody else's. Of two changes that meet each other only the later is named, so that the
 * other can be stored without it.
 */
function conflicts(hotel: HotelMemory, changes: readonly LaneChange[]): ReadonlySet<number> {
  const stale = new Set<number>();
  const carried = new Set<string>();
  const carry = (index: number, key: string, version: number, storedVersion: number | undefined): void => {
    if (carried.has(key) || version !== (storedVersion ?? 0)) stale.add(index);
    carried.add(key);
  };
  changes.forEach(({ change: { chat, conversations, runs, stays, tasks } }, index) => {
    if (chat !== null) {
      const key = chatKey(chat.phoneNumberId, chat.guestId);
      carry(index, `chat ${key}`, chat.version, hotel.chats.get(key)?.version);
    }
    for (const { id, version } of conversations)
      carry(index, `conversation ${id}`, version, hotel.conversations.get(id)?.version);
    for (const { id, version } of runs) carry(index, `run ${id}`, version, hotel.runs.get(id)?.version);
    for (const { reservationId, version } of stays)
      carry(index, `stay ${reservationId}`, version, hotel.stays.get(reservationId)?.version);
    for (const { id, version } of tasks) carry(index, `task ${id}`, version, hotel.tasks.get(id)?.version);
  });
  for (const index of secondRuns(hotel, changes)) stale.add(index);
  for (const index of [...secondOpen(hotel, changes), ...usedIds(hotel, changes), ...impossibleMerges(hotel, changes)])
    stale.add(index);
  for (const index of [...takenAddresses(hotel, changes), ...overtaken(hotel, changes)]) stale.add(index);
  for (const index of ofErased(hotel, changes)) stale.add(index);
  return stale;
}

/** Changes that begin something for a guest who was erased meanwhile. */
const ofErased = (hotel: HotelMemory, changes: readonly LaneChange[]): readonly number[] =>
  indexesOf(changes, ({ change: { chat, conversations, consents, attachments } }) =>
    [chat, ...conversations, ...consents, ...attachments].some((one) => hotel.erasedGuests.has(one?.guestId ?? "")),
  );

/** Changes that would leave a guest with two open conversations of one department and mode. */
function secondOpen(hotel: HotelMemory, changes: readonly LaneChange[]): readonly number[] {
  const after = new Map<string, readonly [conversation: Conversation, change: number]>();
  const guestIds = new Set(changes.flatMap(({ change }) => change.conversations.map(({ guestId }) => guestId)));
  for (const guestId of guestIds) {
    for (const conversation of conversationsOf(hotel, guestId)) after.set(conversation.id, [conversation, -1]);
  }
  changes.forEach(({ change }, index) => {
    for (const conversation of change.conversations) after.set(conversation.id, [conversation, index]);
  });
  const open = new Map<string, number>();
  const second: number[] = [];
  for (const [{ guestId, departmentId, mode, status }, change] of after.values()) {
    if (status !== "open") continue;
    const key = JSON.stringify([guestId, departmentId, mode]);
    const other = open.get(key);
    if (other !== undefined) second.push(Math.max(change, other));
    open.set(key, Math.max(change, other ?? -1));
  }
  return second;
}

/** Changes with a message whose sender, or WhatsApp, named it as another message is named already. */
function usedIds(hotel: HotelMemory, changes: readonly LaneChange[]): readonly number[] {
  const fresh = new Set<string>();
  return indexesOf(changes, ({ change }) => {
    const used = change.messages
      .filter(({ id }) => !hotel.messages.has(id))
      .flatMap((message) => {
        const client = clientKeyOf(message);
        const { wamid, importedPlace } = message;
        const givesWay = importedPlace === null && importedOf(hotel, wamid) !== null;
        return [
          ...(client === null ? [] : [{ key: `client ${client}`, taken: hotel.messageByClientId.has(client) }]),
          ...(wamid === null ? [] : [{ key: `wamid ${wamid}`, taken: hotel.messageByWamid.has(wamid) && !givesWay }]),
        ];
      });
    const meets = used.some(({ key, taken }) => taken || fresh.has(key));
    for (const { key } of used) fresh.add(key);
    return meets;
  });
}

/** Where each message's event stands among those of its change. */
function placesOf({ events, messages }: Change): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  events.forEach(({ body }, index) => {
    const messageId = numberedMessage(body);
    if (messageId !== null) places.set(messageId, index);
  });
  const untold = messages.find(({ id, importedPlace }) => importedPlace === null && !places.has(id));
  if (untold !== undefined) throw new ConversationError("internal", { messageWithoutEvent: untold.id });
  return places;
}

/** Writes all of a change but its events and its lane. */
function write(hotel: HotelMemory, change: Change, eventSeqOf: (messageId: string) => number, now: Date): void {
  const {
    guest,
    newGuest,
    chat,
    conversations,
    messages,
    amendments,
    prompts,
    runs,
    stays,
    tasks,
    moves,
    participants,
    mentions,
    consents,
    timings,
    templates,
    audit,
    work,
  } = change;
  if (newGuest !== null) makeGuest(hotel, newGuest, now);
  if (guest !== null) learn(hotel, guest, now);
  if (chat !== null) hotel.chats.set(chatKey(chat.phoneNumberId, chat.guestId), { ...chat, version: chat.version + 1 });
  for (const conversation of conversations)
    putConversation(hotel, { ...conversation, version: conversation.version + 1 });
  if (change.merge !== null) merge(hotel, change.merge);
  for (const { importedPlace, ...message } of messages) {
    const eventSeq = importedPlace ?? eventSeqOf(message.id);
    if (hotel.messages.has(message.id)) continue;
    const imported = importedPlace === null ? importedOf(hotel, message.wamid) : null;
    if (imported !== null) dropMessage(hotel, imported);
    putMessage(hotel, { ...message, eventSeq });
  }
  for (const amendment of amendments) putAmendment(hotel, amendment);
  for (const attachment of change.attachments) putAttachment(hotel, attachment);
  for (const { id, content } of messages) attach(hotel, id, sentAttachment(content) ?? "");
  for (const prompt of prompts) if (!hotel.prompts.has(prompt.id)) hotel.prompts.set(prompt.id, prompt);
  for (const run of runs) hotel.runs.set(run.id, { ...run, version: run.version + 1 });
  for (const stay of stays) hotel.stays.set(stay.reservationId, { ...stay, version: stay.version + 1 });
  for (const task of tasks) hotel.tasks.set(task.id, { ...task, version: task.version + 1 });
  for (const move of moves) putMove(hotel, move);
  for (const participant of participants) {
    const key = JSON.stringify([participant.conversationId, participant.kind, participant.id]);
    const readSeq = Math.max(participant.readSeq, hotel.participants.get(key)?.readSeq ?? 0);
    hotel.participants.set(key, { ...participant, readSeq });
  }
  for (const mention of mentions) {
    const key = JSON.stringify([mention.staffId, mention.messageId]);
    if (!hotel.mentions.has(key)) hotel.mentions.set(key, mention);
  }
  for (const entry of consents) record(hotel, entry);
  for (const timing of timings) {
    const key = JSON.stringify([timing.conversationId, timing.episode, timing.kind]);
    if (!hotel.timings.has(key)) hotel.timings.set(key, timing);
  }
  for (const update of templates) learnTemplate(hotel, update, now);
  for (const entry of audit) writeAudit(hotel, entry);
  for (const { id, kind, phoneNumberId, guestId, payload, urgent = false, dueAt } of work) {
    if (isWork(hotel, id)) continue;
    const lane = { hotelId: hotel.id, kind, phoneNumberId, guestId };
    const item = { id, kind, attempts: 0, payload: JSON.stringify(payload), createdAt: now, urgent };
    enqueue(hotel, lane, { ...item, ...(dueAt !== undefined && { dueAt }) }, now);
  }
}

/** Takes away what is completed, counts what failed, and gives the lane back. @returns what there is to tell about it */
function finishLane(
  memory: Memory,
  hotel: HotelMemory,
  { lane: lease, completes, failed }: LaneChange,
  now: Date,
): readonly NewEvent[] {
  const lane = lease && held(memory, lease);
  if (lane === null) return [];
  removeItems(lane, completes);
  const events = failed === null ? [] : failItem(hotel, lane, failed, now);
  giveBack(lane, now, { waitMs: failed?.retryInMs ?? 0 });
  return events;
}

/** Keeps what a message taught about a guest. An address that somebody else has stays theirs, unless it is taken. */
function learn(hotel: HotelMemory, { id, name, username, language, addresses, retires }: GuestUpdate, now: Date): void {
  // It may have been decided before they were merged.
  const guestId = whoStays(hotel, id);
  const guest = hotel.guests.get(guestId);
  if (guest === undefined) return;
  hotel.guests.set(guestId, {
    ...guest,
    name: name ?? guest.name,
    username: username ?? guest.username,
    ...(language !== undefined && { language }),
  });
  for (const address of addresses) {
    const holder = holderOf(hotel, address);
    if (holder === guestId) retire(hotel, address, null);
    else if (holder === null || address.takes) give(hotel, guestId, address, address.evidence, now);
  }
  for (const address of retires) if (holderOf(hotel, address) === guestId) retire(hotel, address, now);
}

const indexesOf = <T>(values: readonly T[], isWanted: (value: T) => boolean): readonly number[] =>
  values.flatMap((value, index) => (isWanted(value) ? [index] : []));
