import {
  addressHash,
  addressKey,
  erasedKeys,
  laneKey,
  wamidHash,
  type Address,
  type Amendment,
  type AuditEntry,
  type BegunErasure,
  type Conversation,
  type Erasure,
  type ErasureStep,
  type HotelGuest,
  type Message,
  type NewEvent,
  type PrivacyCounts,
} from "../../src/index.js";
import { blankAudit } from "./audit-chain.js";
import { letGo } from "./attachments.js";
import { standing } from "./consents.js";
import { whoStays, withMerged } from "./identity.js";
import {
  clientKeyOf,
  compareIds,
  dropMessage,
  hotelOf,
  tell,
  writeAudit,
  type HotelMemory,
  type Memory,
} from "./state.js";

/** What an address is hashed with: a database makes its own. */
const SALT = "memory";
/** For so long WhatsApp may deliver something again, with as much again to spare. */
const DELIVERED_MS = 14 * 24 * 60 * 60 * 1_000;

/** All who are the same person, the one who stays first; null when there is no such guest. */
export function peopleOf(hotel: HotelMemory, guestId: string): readonly string[] | null {
  if (!hotel.guests.has(guestId)) return null;
  const root = whoStays(hotel, guestId);
  return [
    root,
    ...withMerged(hotel, root)
      .filter((id) => id !== root)
      .toSorted(compareIds),
  ];
}

/** How much an erasure would take away. */
export function countErasure(memory: Memory, { hotelId, guestId }: HotelGuest): PrivacyCounts | null {
  const hotel = hotelOf(memory, hotelId);
  const people = peopleOf(hotel, guestId);
  if (people === null) return null;
  const conversations = conversationsWith(hotel, people);
  const own = ofConversations(hotel, conversations);
  const attachments = [...hotel.attachments.values()].filter((one) => people.includes(one.guestId));
  const files = new Set(attachments.flatMap(({ file }) => file?.id ?? []));
  const nobodyElses = [...files].filter(
    (id) => hotel.files.get(id)?.uses === attachments.filter(({ file }) => file?.id === id).length,
  );
  return {
    guests: people.length,
    guest_addresses: addressesOf(hotel, people).length,
    conversations: conversations.length,
    messages: own.messages.length,
    attachments: attachments.length,
    consents: [...hotel.consents.values()].filter((one) => people.includes(one.guestId)).length,
    stays: reservationsOf(hotel, people, addressesOf(hotel, people)).length,
    tasks: [...hotel.tasks.values()].filter((one) => own.ids.has(one.conversationId)).length,
    flow_runs: [...hotel.runs.values()].filter((one) => own.ids.has(one.conversationId)).length,
    files: nobodyElses.length,
  };
}

/** Forgets who a guest is, and what was to be done for them. */
export function beginErasure(
  memory: Memory,
  {
    hotelId,
    guestId,
    id,
    audit,
  }: HotelGuest & { readonly id: string; readonly audit: Omit<AuditEntry, "hotelId" | "at"> },
): BegunErasure | null {
  const hotel = hotelOf(memory, hotelId);
  const people = peopleOf(hotel, guestId);
  if (people === null) return null;
  const now = memory.clock.now();
  writeAudit(hotel, { ...audit, hotelId, at: now });
  const addresses = addressesOf(hotel, people);
  const conversations = conversationsWith(hotel, people);
  const reservations = reservationsOf(hotel, people, addresses);
  const erasure: Erasure = {
    id,
    hotelId,
    at: now,
    doneAt: null,
    guestIds: people,
    salt: SALT,
    addresses: addresses.map((address) => addressHash(SALT, address)).toSorted(compareIds),
    stopped: standing(hotel, people)[0]?.wish === "stop",
    hashes: [],
    wamids: [],
  };
  hotel.erasures.set(id, { erasure, open: { addresses, conversations, reservations } });

  const tasks = [...hotel.tasks.values()].filter((one) =>
    conversations.some(({ id: of }) => of === one.conversationId),
  );
  const subjects = new Set([
    ...people,
    ...conversations.map((one) => one.id),
    ...tasks.map((one) => one.id),
    ...reservations.map((one) => `stay_${one}`),
  ]);
  const words = [...people, ...addresses.map(({ value }) => value)];
  const named = (json: string) => words.some((word) => bare(json).includes(`"${bare(word)}"`));
  for (const lane of [...hotel.lanes.values()]) {
    if (subjects.has(lane.guestId)) hotel.lanes.delete(laneKey(lane));
    else if (lane.kind === "command" && lane.items.some(({ payload }) => named(payload))) {
      // Whoever has it in hand finds that it is not his any more.
      lane.items = lane.items.filter(({ payload }) => !named(payload));
      lane.epoch += 1;
      lane.leasedUntil = null;
      lane.dueAt = lane.items.length === 0 ? null : now.getTime();
    }
  }
  for (const [workId, { lane, item }] of hotel.deadWork)
    if (subjects.has(lane.guestId) || (lane.kind === "command" && named(item.payload))) hotel.deadWork.delete(workId);
  for (const sender of hotel.senders.values())
    if (sender.probe !== null && people.includes(sender.probe.guestId)) sender.probe = null;

  removeWhere(hotel.chats, ({ guestId: of }) => people.includes(of));
  removeWhere(hotel.consents, ({ guestId: of }) => people.includes(of));
  for (const reservation of reservations) hotel.stays.delete(reservation);
  for (const one of conversations) hotel.conversations.delete(one.id);
  for (const one of [...hotel.conversations.values()])
    if (conversations.some(({ id: of }) => of === one.continuedIn))
      hotel.conversations.set(one.id, { ...one, continuedIn: null });
  for (const of of people) {
    hotel.erasedGuests.add(of);
    hotel.guests.delete(of);
    hotel.formerAddresses.delete(of);
    hotel.conversationsOfGuest.delete(of);
  }
  removeWhere(hotel.guestByAddress, (of) => people.includes(of));
  // What others had before is their number no more, and was the guest's.
  for (const [of, passed] of hotel.formerAddresses)
    hotel.formerAddresses.set(
      of,
      passed.filter((one) => hotel.guestByAddress.has(addressKey(one)) || !addresses.some(isLike(one))),
    );

  const told: readonly NewEvent[] = [
    ...conversations.map((one) => ({
      conversationId: one.id,
      departmentId: one.departmentId,
      body: { type: "conversation.erased" } as const,
    })),
    { conversationId: null, departmentId: null, body: { type: "guest.erased", guestId: people[0] ?? guestId } },
  ];
  return {
    erasure,
    counts: { guests: people.length, conversations: conversations.length },
    events: tell(hotel, told, now),
  };
}

/** Erases more of what is left. */
export function continueErasure(
  memory: Memory,
  { hotelId, id, limit }: { readonly hotelId: string; readonly id: string; readonly limit: number },
): ErasureStep {
  const hotel = hotelOf(memory, hotelId);
  const now = memory.clock.now();
  const stored = hotel.erasures.get(id);
  if (stored?.open == null) return { state: "done", counts: {}, files: [], events: [] };
  const { erasure, open } = stored;
  const { addresses, conversations, reservations } = open;
  const { guestIds: people } = erasure;

  const { messages, ids } = ofConversations(hotel, conversations);
  const page = messages.slice(0, limit);
  const numbers = [...new Set(conversations.map(({ phoneNumberId }) => phoneNumberId))];
  const keys = page.flatMap(({ wamid, direction, sentAt }) =>
    wamid === null || now.getTime() - sentAt.getTime() > DELIVERED_MS
      ? []
      : erasedKeys({ wamid, direction, phoneNumberIds: numbers, addresses }),
  );
  // A reaction or an edit that came by itself, which WhatsApp may deliver again as well.
  for (const { guestId, id: wamid, by, at } of [...hotel.amendments.values()].flat())
    if (people.includes(guestId) && now.getTime() - at.getTime() <= DELIVERED_MS)
      keys.push(...erasedKeys({ wamid, direction: saidBy(by), phoneNumberIds: numbers, addresses }));
  for (const key of keys) {
    hotel.dedupHashes.add(key);
    hotel.dedupSeenAt.set(key, now.getTime());
  }
  const wamids = page.flatMap(({ wamid }) => (wamid === null ? [] : [wamidHash(wamid)]));
  const known = {
    ...erasure,
    hashes: [...new Set([...erasure.hashes, ...keys])].toSorted(compareIds),
    wamids: [...new Set([...erasure.wamids, ...wamids])].toSorted(compareIds),
  };
  hotel.erasures.set(id, { erasure: known, open });
  const targets = new Set(page.flatMap((message) => [message.id, `snd_${message.id}`, message.attemptId ?? ""]));
  for (const message of page) forgetMessage(hotel, message);
  if (messages.length > limit) {
    blankAudit(hotel, targets);
    return { state: "more", counts: { messages: page.length }, files: [], events: [] };
  }

  for (const [runId, run] of hotel.runs) {
    if (!ids.has(run.conversationId)) continue;
    hotel.runs.delete(runId);
    hotel.moves.delete(runId);
  }
  for (const [taskId, task] of hotel.tasks) {
    if (!ids.has(task.conversationId)) continue;
    hotel.tasks.delete(taskId);
    targets.add(taskId);
  }
  removeWhere(hotel.prompts, ({ conversationId }) => ids.has(conversationId));
  removeWhere(hotel.participants, ({ conversationId }) => ids.has(conversationId));
  const attachments = [...hotel.attachments.values()].filter((one) => people.includes(one.guestId));
  const files = attachments.flatMap((one) => letGo(hotel, one));
  for (const one of attachments) {
    hotel.attachments.delete(one.id);
    targets.add(one.id);
  }
  removeWhere(hotel.attachmentOfMessage, (of) => targets.has(of));
  for (const of of people) hotel.mediaUsage.delete(of);
  const words = [...people, ...addresses.map(({ value }) => value)];
  removeWhere(hotel.attempts, ({ guestId, raw, kind }) =>
    guestId === undefined ? isAbout(raw, kind, words) : people.includes(guestId),
  );
  for (const [wamid, stories] of hotel.amendments)
    hotel.amendments.set(
      wamid,
      stories.filter(({ guestId }) => !people.includes(guestId)),
    );
  for (const wamid of hotel.parkedReports.keys())
    if (words.some((word) => unpacked(wamid.replace(/^wamid\./, "")).includes(word))) hotel.parkedReports.delete(wamid);
  hotel.events.forEach((event, index) => {
    const { body } = event;
    if ("reservationId" in body && reservations.includes(body.reservationId))
      hotel.events[index] = { ...event, body: { ...body, reservationId: "erased" } };
  });
  blankAudit(hotel, new Set([...targets, ...people, ...ids, ...reservations]));
  hotel.erasures.set(id, { erasure: { ...known, doneAt: now }, open: null });
  return {
    state: "done",
    counts: { messages: page.length, attachments: attachments.length, files: files.length },
    files,
    events: [],
  };
}

/** Erasures that are under way. */
export const unfinishedErasures = (
  memory: Memory,
  { limit }: { readonly limit: number },
): readonly { readonly hotelId: string; readonly id: string }[] =>
  [...memory.hotels.values()]
    .flatMap((hotel) => [...hotel.erasures.values()])
    .filter(({ open }) => open !== null)
    .map(({ erasure }) => erasure)
    .toSorted(inTime)
    .slice(0, limit)
    .map(({ hotelId, id }) => ({ hotelId, id }));

/** A hotel's erasures. */
export function erasures(
  memory: Memory,
  {
    hotelId,
    after,
    limit,
  }: {
    readonly hotelId: string;
    readonly after: { readonly at: Date; readonly id: string } | null;
    readonly limit: number;
  },
) {
  const all = [...hotelOf(memory, hotelId).erasures.values()].map(({ erasure }) => erasure).toSorted(inTime);
  const later = all.filter((one) => after === null || inTime(one, after) > 0);
  const items = later.slice(0, limit);
  const last = items.at(-1);
  return { items, next: later.length > limit && last !== undefined ? { at: last.at, id: last.id } : null };
}

/** Remembers an erasure that is not known here. @returns guests who are back */
export function reapplyErasure(memory: Memory, erasure: Erasure, dryRun = false): readonly string[] {
  const hotel = hotelOf(memory, erasure.hotelId);
  if (!dryRun && !hotel.erasures.has(erasure.id))
    hotel.erasures.set(erasure.id, { erasure: { ...erasure, doneAt: erasure.at }, open: null });
  for (const key of dryRun ? [] : erasure.hashes) {
    hotel.dedupHashes.add(key);
    hotel.dedupSeenAt.set(key, memory.clock.now().getTime());
  }
  const back = [...hotel.guests.values()].filter(
    ({ id, addresses }) =>
      erasure.guestIds.includes(id) ||
      addresses.some(
        (one) => one.firstSeenAt <= erasure.at && erasure.addresses.includes(addressHash(erasure.salt, one)),
      ),
  );
  return [...new Set(back.map(({ id }) => whoStays(hotel, id)))].toSorted(compareIds);
}

const inTime = (a: { readonly at: Date; readonly id: string }, b: { readonly at: Date; readonly id: string }): number =>
  a.at.getTime() - b.at.getTime() || compareIds(a.id, b.id);

export const conversationsWith = (hotel: HotelMemory, people: readonly string[]): readonly Conversation[] =>
  [...hotel.conversations.values()]
    .filter(({ guestId }) => people.includes(guestId))
    .toSorted((a, b) => compareIds(a.id, b.id));

function ofConversations(hotel: HotelMemory, conversations: readonly Conversation[]) {
  const ids = new Set(conversations.map(({ id }) => id));
  return { ids, messages: [...hotel.messages.values()].filter(({ conversationId }) => ids.has(conversationId)) };
}

function addressesOf(hotel: HotelMemory, people: readonly string[]): readonly Address[] {
  const held = people.flatMap((id) => hotel.guests.get(id)?.addresses ?? []);
  const former = people.flatMap((id) => hotel.formerAddresses.get(id) ?? []);
  const all = [...held, ...former].map(({ kind, value }) => ({ kind, value }));
  return [...new Map(all.map((one) => [addressKey(one), one])).values()];
}

export const reservationsOf = (
  hotel: HotelMemory,
  people: readonly string[],
  addresses: readonly Address[],
): readonly string[] =>
  [...hotel.stays.values()].flatMap(({ guest, reservationId }) =>
    guest !== null && ("guestId" in guest ? people.includes(guest.guestId) : addresses.some(isLike(guest)))
      ? [reservationId]
      : [],
  );

export function forgetMessage(hotel: HotelMemory, message: Message): void {
  dropMessage(hotel, message);
  const client = clientKeyOf(message);
  if (client !== null) hotel.messageByClientId.delete(client);
  hotel.intents.delete(message.id);
  hotel.translations.delete(message.id);
  hotel.attachmentOfMessage.delete(message.id);
  removeWhere(hotel.mentions, ({ messageId }) => messageId === message.id);
}

const saidBy = (by: Amendment["by"]): Message["direction"] => (by === "guest" ? "inbound" : "outbound");

/** Phones are written in many ways. */
const bare = (text: string): string => text.replace(/[ ()+\-./]/g, "");
const unpacked = (base64: string): string => Buffer.from(base64, "base64").toString("latin1");

/** Whether an item that was taken for nobody's names one of these. */
function isAbout(raw: string, kind: string, words: readonly string[]): boolean {
  if (words.some((word) => bare(raw).includes(`"${bare(word)}"`))) return true;
  const packed = /"base64":"([^"]*)"/.exec(raw)?.[1];
  return kind === "malformed" && packed !== undefined && words.some((word) => unpacked(packed).includes(word));
}

const isLike =
  (one: Address) =>
  (other: Address): boolean =>
    addressKey(one) === addressKey(other);

export function removeWhere<Key, Value>(map: Map<Key, Value>, isGone: (value: Value) => boolean): void {
  for (const [key, value] of map) if (isGone(value)) map.delete(key);
}
