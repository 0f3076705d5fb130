import {
  ConversationError,
  numberedMessage,
  sentAttachment,
  type Change,
  type CommitResult,
  type Conversation,
  type FlowRun,
  type LaneChange,
  type Message,
  type NewAttachment,
  type NewEvent,
} from "belldesk";
import { attach, putAttachment } from "./attachments.ts";
import { chatKey, lastSeq, some, tell, writeAudit, type Database, type Hotel } from "./database.ts";
import { enqueue, failItem, giveBack, held, isWork, itemsOf, removeItems } from "./lanes.ts";
import { messageOfClient, messageOfWamid } from "./messages.ts";
import { conversationsOf, impossibleMerges, learn, makeGuest, merge, takenAddresses } from "./people.ts";
import { joinEcho, overtaken, remark } from "./sends.ts";
import { learnTemplate } from "./templates.ts";

/** Stores changes of one hotel, all or nothing. Whoever writes holds the file's lock, so what was checked stays so until it is written. */
export function commit(db: Database, hotelId: string, changes: readonly LaneChange[]): CommitResult {
  const hotel = db.hotel(hotelId);
  const lost = indexesOf(changes, (change) => !holdsItsLane(db, change));
  if (lost.length > 0) return { outcome: "fenced", changes: lost };
  const stale = [...conflicts(hotel, changes)].sort((a, b) => a - b);
  if (stale.length > 0) return { outcome: "conflict", changes: stale };
  const now = db.now();
  const messages: Message[] = [];
  const events = changes.flatMap((laneChange) => {
    const { change } = laneChange;
    write(hotel, change, now);
    const joined = [
      ...change.messages.flatMap((message) => joinEcho(hotel, message, now)),
      ...change.remarks.flatMap((one) => remark(hotel, one)),
    ];
    messages.push(...change.messages.flatMap(({ id }) => some(hotel.messages.get(id))));
    return tell(hotel, [...change.events, ...joined, ...finishLane(hotel, laneChange, now)], now);
  });
  return { outcome: "committed", events, messages };
}

/** A lane's change counts only in its holder's hands, and only for the lane's first items. Timers come due in an order of their own. */
function holdsItsLane(db: Database, { lane: lease, completes, failed }: LaneChange): boolean {
  if (lease === null) return true;
  const handled = failed === null ? completes : [...completes, failed.workId];
  const lane = held(db, lease);
  if (lane === null) return false;
  const items = itemsOf(db, lane).map(({ id }) => id);
  return lane.kind === "timer"
    ? handled.every((id) => items.includes(id))
    : handled.every((id, index) => items[index] === id);
}

/**
 * The changes that meet somebody else's. Of two changes that meet each other only the later is named, so that the
 * other can be stored without it.
 */
function conflicts(hotel: Hotel, changes: readonly LaneChange[]): ReadonlySet<number> {
  const stale = new Set<number>();
  const carried = new Set<string>();
  const carry = (index: number, key: string, version: number, stored: { readonly version: number } | null): void => {
    if (carried.has(key) || version !== (stored?.version ?? 0)) stale.add(index);
    carried.add(key);
  };
  changes.forEach(({ change: { chat, conversations, runs, stays, tasks } }, index) => {
    if (chat !== null) {
      const key = chatKey(chat.phoneNumberId, chat.guestId);
      carry(index, `chat ${key}`, chat.version, hotel.chats.get(key));
    }
    for (const { id, version } of conversations)
      carry(index, `conversation ${id}`, version, hotel.conversations.get(id));
    for (const { id, version } of runs) carry(index, `run ${id}`, version, hotel.runs.get(id));
    for (const { reservationId: id, version } of stays) carry(index, `stay ${id}`, version, hotel.stays.get(id));
    for (const { id, version } of tasks) carry(index, `task ${id}`, version, hotel.tasks.get(id));
  });
  const others = [
    ...secondOpen(hotel, changes),
    ...secondRuns(hotel, changes),
    ...usedIds(hotel, changes),
    ...impossibleMerges(hotel, changes),
    ...takenAddresses(hotel, changes),
    ...overtaken(hotel, changes),
    ...ofErased(hotel, changes),
  ];
  return new Set([...stale, ...others]);
}

/** Changes that begin something for a guest who was erased meanwhile. */
const ofErased = (hotel: Hotel, changes: readonly LaneChange[]): readonly number[] =>
  indexesOf(changes, ({ change: { chat, conversations, consents, attachments } }) =>
    [...some(chat), ...conversations, ...consents, ...attachments].some(({ guestId }) =>
      hotel.erasedGuests.has(guestId),
    ),
  );

/** Changes that would leave a guest with two open conversations of one department and mode. */
function secondOpen(hotel: Hotel, changes: readonly LaneChange[]): readonly number[] {
  const guestIds = [...new Set(changes.flatMap(({ change }) => change.conversations.map(({ guestId }) => guestId)))];
  return second<Conversation>(
    guestIds.length === 0 ? [] : conversationsOf(hotel, guestIds),
    changes.map(({ change }) => change.conversations),
    ({ status, guestId, departmentId, mode }) =>
      status === "open" ? JSON.stringify([guestId, departmentId, mode]) : null,
  );
}

/** Changes that would leave two runs under way in one conversation. */
function secondRuns(hotel: Hotel, changes: readonly LaneChange[]): readonly number[] {
  const runs = changes.flatMap(({ change }) => change.runs);
  return second<FlowRun>(
    [...new Set(runs.map((run) => run.conversationId))].flatMap((id) => hotel.runs.where("conversationId = ?", id)),
    changes.map(({ change }) => change.runs),
    ({ endedAt, conversationId }) => (endedAt === null ? conversationId : null),
  );
}

/** Of what stands where only one may stand once the changes are stored, the later. @param placeOf null: in nobody's way */
function second<T extends { readonly id: string }>(
  stored: readonly T[],
  changes: readonly (readonly T[])[],
  placeOf: (one: T) => string | null,
): readonly number[] {
  const after = new Map(stored.map((one) => [one.id, { one, change: -1 }]));
  changes.forEach((ones, change) => {
    for (const one of ones) after.set(one.id, { one, change });
  });
  const taken = new Map<string, number>();
  return [...after.values()].flatMap(({ one, change }) => {
    const place = placeOf(one);
    if (place === null) return [];
    const other = taken.get(place);
    taken.set(place, Math.max(change, other ?? -1));
    return other === undefined ? [] : [Math.max(change, other)];
  });
}

/** Changes with a message whose sender, or WhatsApp, named it as another message is named already. */
function usedIds(hotel: Hotel, changes: readonly LaneChange[]): readonly number[] {
  const fresh = new Set<string>();
  return indexesOf(changes, ({ change }) => {
    const used = change.messages
      .filter(({ id }) => !hotel.messages.has(id))
      .flatMap(({ author, clientMessageId, wamid, importedPlace }) => {
        const client =
          clientMessageId !== null && author.kind !== "device" ? { authorId: author.id, clientMessageId } : null;
        const named = wamid === null ? null : messageOfWamid(hotel, wamid);
        const givesWay = importedPlace === null && named !== null && named.eventSeq < 0;
        return [
          ...some(client).map((key) => ({ key: JSON.stringify(key), taken: messageOfClient(hotel, key) !== null })),
          ...(wamid === null ? [] : [{ key: `wamid ${wamid}`, taken: named !== null && !givesWay }]),
        ];
      });
    const meets = used.some(({ key, taken }) => taken || fresh.has(key));
    for (const { key } of used) fresh.add(key);
    return meets;
  });
}

/** Where each message's event will stand in the hotel's log. */
function placesOf(hotel: Hotel, { events, messages }: Change): ReadonlyMap<string, number> {
  const first = lastSeq(hotel) + 1;
  const places = new Map(
    events.flatMap(({ body }, index) => some(numberedMessage(body)).map((id) => [id, first + index] as const)),
  );
  const untold = messages.find(({ id, importedPlace }) => importedPlace === null && !places.has(id));
  if (untold !== undefined) throw new ConversationError("internal", { messageWithoutEvent: untold.id });
  return places;
}

/** Writes all of a change but its events and its lane. */
function write(hotel: Hotel, change: Change, now: Date): void {
  const places = placesOf(hotel, change);
  if (change.newGuest !== null) makeGuest(hotel, change.newGuest, now);
  if (change.guest !== null) learn(hotel, change.guest, now);
  const { chat } = change;
  if (chat !== null) hotel.chats.put(chatKey(chat.phoneNumberId, chat.guestId), { ...chat, version: chat.version + 1 });
  for (const one of change.conversations) hotel.conversations.put(one.id, { ...one, version: one.version + 1 });
  if (change.merge !== null) merge(hotel, change.merge);
  for (const { importedPlace, ...message } of change.messages) {
    if (hotel.messages.has(message.id)) continue;
    if (importedPlace === null && message.wamid !== null)
      hotel.messages.removeWhere("wamid = ? and eventSeq < 0", message.wamid);
    hotel.messages.put(message.id, { ...message, eventSeq: importedPlace ?? places.get(message.id) ?? 0 });
  }
  for (const one of change.amendments) hotel.amendments.add(`${one.wamid} ${one.id}`, one);
  for (const one of change.attachments as readonly NewAttachment[]) putAttachment(hotel, one);
  for (const { id, content } of change.messages) attach(hotel, id, sentAttachment(content) ?? "");
  for (const one of change.prompts) hotel.prompts.add(one.id, one);
  for (const one of change.runs) hotel.runs.put(one.id, { ...one, version: one.version + 1 });
  for (const one of change.stays) hotel.stays.put(one.reservationId, { ...one, version: one.version + 1 });
  for (const one of change.tasks) hotel.tasks.put(one.id, { ...one, version: one.version + 1 });
  for (const one of change.moves) hotel.moves.add(JSON.stringify([one.runId, one.number]), one);
  for (const one of change.participants) {
    const key = JSON.stringify([one.conversationId, one.kind, one.id]);
    const readSeq = Math.max(one.readSeq, hotel.participants.get(key)?.readSeq ?? 0);
    hotel.participants.put(key, { ...one, readSeq });
  }
  for (const one of change.mentions) hotel.mentions.add(JSON.stringify([one.staffId, one.messageId]), one);
  for (const one of change.consents) hotel.consents.add(one.id, one);
  for (const one of change.timings) hotel.timings.add(JSON.stringify([one.conversationId, one.episode, one.kind]), one);
  for (const one of change.templates) learnTemplate(hotel, one, now);
  for (const one of change.audit) writeAudit(hotel, one);
  for (const { id, kind, phoneNumberId, guestId, payload, urgent = false, dueAt = null } of change.work) {
    const lane = { hotelId: hotel.id, kind, phoneNumberId, guestId };
    if (!isWork(hotel, id)) enqueue(hotel, lane, { id, payload: JSON.stringify(payload), urgent, dueAt }, now);
  }
}

/** Takes away what is completed, counts what failed, and gives the lane back. @returns what there is to tell about it */
function finishLane(hotel: Hotel, { lane: lease, completes, failed }: LaneChange, now: Date): readonly NewEvent[] {
  const lane = lease && held(hotel.db, lease);
  if (lane === null) return [];
  removeItems(hotel.db, lane, completes);
  const events = failed === null ? [] : failItem(hotel, lane, failed, now);
  giveBack(hotel.db, lane, now, { waitMs: failed?.retryInMs ?? 0 });
  return events;
}

const indexesOf = <T>(values: readonly T[], isWanted: (value: T) => boolean): readonly number[] =>
  values.flatMap((value, index) => (isWanted(value) ? [index] : []));
