import {
  addressHash,
  addressKey,
  newChat,
  reaches,
  standingConsent,
  wamidHash,
  type Address,
  type Chat,
  type ConsentEntry,
  type Conversation,
  type Guest,
  type GuestAddress,
  type GuestMerge,
  type GuestState,
  type GuestUpdate,
  type InboundChat,
  type LaneChange,
  type NewGuest,
  type Reach,
  type RecipientQuery,
  type RecipientState,
} from "belldesk";
import { chatKey, some, type Database, type Hotel } from "./database.ts";
import { IN, list } from "./documents.ts";
import { messageOfClient } from "./messages.ts";
import { templateOf } from "./templates.ts";

/** How much Meta's clock and this one may differ where one says what came before the other. */
const CLOCKS_DIFFER_MS = 60_000;

/** The guest who stays where this one was merged, directly or through others. A merge is a pointer: to undo one nothing has to be moved. */
export function whoStays(hotel: Hotel, guestId: string): string {
  let id = guestId;
  for (let into = hotel.guests.get(id)?.mergedInto; into; into = hotel.guests.get(id)?.mergedInto) id = into;
  return id;
}

const WITH_MERGED = `
  with recursive people(id) as (
    select ?2 union select merged.id from people join guests as merged on merged.hotelId = ?1 and merged.mergedInto = people.id)
  select id from people`;

/** A guest and all that were merged into them, directly or through others. */
export const withMerged = ({ db, id }: Hotel, guestId: string): readonly string[] =>
  db.sql.all(WITH_MERGED, id, guestId).map((row) => row["id"] as string);

/** All who are the same person as this guest, the one who stays first. */
export const sameAs = (hotel: Hotel, guestId: string): readonly string[] => withMerged(hotel, whoStays(hotel, guestId));

/** A guest as others see them: with the addresses of those who were merged into them, as they were first seen. */
export function guestOf(hotel: Hotel, id: string): Guest | null {
  const guest = hotel.guests.get(id);
  if (guest === null) return null;
  const addresses = withMerged(hotel, id)
    .flatMap((each) => addressesOf(hotel, each))
    .sort((a, b) => a.firstSeenAt.getTime() - b.firstSeenAt.getTime());
  return { ...guest, addresses };
}

/** Those that came to a guest, and none of those of guests merged into them. */
export const addressesOf = (hotel: Hotel, guestId: string): readonly GuestAddress[] =>
  hotel.addresses.where("guestId = ?", guestId).map(({ guestId: _, ...address }) => address);

/** Who has an address; null when nobody does. */
export function holderOf(hotel: Hotel, address: Address): string | null {
  const held = hotel.addresses.get(addressKey(address));
  return held === null ? null : whoStays(hotel, held.guestId);
}

export const conversationsOf = (hotel: Hotel, guestIds: readonly string[]): readonly Conversation[] =>
  hotel.conversations.where(`guestId ${IN}`, list(guestIds));

/** Makes a guest of whom nothing is known yet; one who is there already, because an item is read again, stays as they are. */
function newGuest(hotel: Hotel, id: string): string {
  hotel.guests.add(id, { id, hotelId: hotel.id, name: null, username: null, mergedInto: null });
  return id;
}

/** Lets an address be a guest's from now on. Whoever had it keeps it among those that were theirs. */
function give(hotel: Hotel, guestId: string, { kind, value }: Address, evidence: string | null, now: Date): void {
  const key = addressKey({ kind, value });
  const before = hotel.addresses.get(key);
  if (before !== null) {
    const whose = whoStays(hotel, before.guestId);
    const passed = { kind, value, firstSeenAt: before.firstSeenAt, endedAt: now, endedBy: evidence ?? "" };
    hotel.formerAddresses.put(`${key} ${hotel.formerAddresses.count("true")} ${now.getTime()}`, {
      ...passed,
      guestId: whose,
    });
    hotel.addresses.remove(key);
  }
  hotel.addresses.put(key, { kind, value, evidence, firstSeenAt: now, retiredAt: null, guestId });
  keepStop(hotel, guestId, { kind, value }, now);
}

/** Marks since when an address has another in its place, once; null: it has none, after all. */
function retire(hotel: Hotel, address: Address, retiredAt: Date | null): void {
  const held = hotel.addresses.get(addressKey(address));
  if (held !== null)
    hotel.addresses.put(addressKey(address), { ...held, retiredAt: retiredAt && (held.retiredAt ?? retiredAt) });
}

/** Who had wanted no offers and was erased is sent none when their address comes back. */
function keepStop(hotel: Hotel, guestId: string, address: Address, now: Date): void {
  const stopped = hotel.erasures
    .all()
    .some(({ erasure }) => erasure.stopped && erasure.addresses.includes(addressHash(erasure.salt, address)));
  if (!stopped) return;
  const wish = { scope: "marketing", wish: "stop", source: "host", evidence: null } as const;
  const id = `cns_kept_${guestId}`;
  hotel.consents.add(id, { id, hotelId: hotel.id, guestId, ...wish, at: now, recordedAt: now });
}

/** Whether a message with this id was erased: what is reported of it waits for nobody. */
export const isErased = (hotel: Hotel, wamid: string): boolean =>
  hotel.erasures.all().some(({ erasure }) => erasure.wamids.includes(wamidHash(wamid)));

/**
 * Whose an item is: the guest's who has the first known of its addresses, or a new one's. What the item brings beside that
 * address, its guest learns. An item without addresses is nobody's.
 */
export function guestFor(hotel: Hotel, itemId: string, chat: InboundChat, now: Date): string {
  if (chat.addresses.length === 0) return "";
  const before = guestBefore(hotel, chat);
  if (before !== null) return before;
  const known = knownGuest(hotel, chat) ?? newGuest(hotel, chat.newGuestId);
  // What an address brings that came with a merge goes back with it.
  const guestId = whoStays(hotel, known);
  for (const address of chat.addresses) {
    const held = hotel.addresses.get(addressKey(address));
    if (held !== null && whoStays(hotel, held.guestId) === guestId) continue;
    if (held === null || hasPassed(held, chat)) give(hotel, known, address, itemId, now);
  }
  return guestId;
}

/** The guest to whom the first known of the addresses came; null when none is known, or a phone that has passed to somebody else. */
function knownGuest(hotel: Hotel, { addresses, sentAt }: InboundChat): string | null {
  const known = firstKnown(hotel, addresses);
  if (known === undefined) return null;
  if (known.kind !== "waId") return known.guestId;
  const holder = guestOf(hotel, whoStays(hotel, known.guestId));
  const isAnothers =
    addresses.some(isBsuid) && holder?.addresses.some((each) => isBsuid(each) && each.retiredAt === null);
  return isAnothers || isGivenUp(known, sentAt) ? null : known.guestId;
}

/**
 * The guest who had the phone last, when nothing but the phone says whose an item is and it was sent before the present holder
 * had it; else null, also when nobody had it before.
 */
function guestBefore(hotel: Hotel, { addresses, sentAt }: InboundChat): string | null {
  const known = firstKnown(hotel, addresses);
  if (known?.kind !== "waId" || addresses.some(isBsuid) || !isLate(known, sentAt)) return null;
  const [last] = hotel.formerAddresses
    .where("value = ?", known.value)
    .filter(({ kind }) => kind === "waId")
    .sort((a, b) => b.endedAt.getTime() - a.endedAt.getTime());
  return last === undefined ? null : whoStays(hotel, last.guestId);
}

const firstKnown = (hotel: Hotel, addresses: readonly Address[]) =>
  addresses.flatMap((address) => some(hotel.addresses.get(addressKey(address))))[0];

/** Only phones pass: Meta gives a BSUID to one person, and says so itself when it changes. */
const hasPassed = (held: GuestAddress, { addresses, sentAt }: InboundChat): boolean =>
  held.kind === "waId" && (isGivenUp(held, sentAt) || (!isLate(held, sentAt) && addresses.some(isBsuid)));

/** A message that was sent before its phone came to whoever has it says nothing about today. */
const isLate = ({ firstSeenAt }: GuestAddress, sentAt: Date): boolean =>
  sentAt.getTime() < firstSeenAt.getTime() - CLOCKS_DIFFER_MS;
const isGivenUp = ({ retiredAt }: GuestAddress, sentAt: Date): boolean => retiredAt !== null && retiredAt < sentAt;
const isBsuid = ({ kind }: Address): boolean => kind === "bsuid";

/** Keeps what a message taught about a guest. An address that somebody else has stays theirs, unless it is taken. */
export function learn(hotel: Hotel, update: GuestUpdate, now: Date): void {
  // It may have been decided before they were merged.
  const guestId = whoStays(hotel, update.id);
  const guest = hotel.guests.get(guestId);
  if (guest === null) return;
  const { name, username, language, addresses, retires } = update;
  hotel.guests.put(guestId, {
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

/** Makes a guest with an address that the hotel gave. */
export const makeGuest = (hotel: Hotel, { id, address }: NewGuest, now: Date): void =>
  give(hotel, newGuest(hotel, id), address, null, now);

/** Changes that make a guest with an address which somebody has: already, or by a change before. */
export function takenAddresses(hotel: Hotel, changes: readonly LaneChange[]): readonly number[] {
  const made = new Set<string>();
  return changes.flatMap(({ change: { newGuest: guest } }, index) => {
    if (guest === null) return [];
    const key = addressKey(guest.address);
    const isTaken = hotel.addresses.has(key) || made.has(key);
    made.add(key);
    return isTaken ? [index] : [];
  });
}

/** Changes that merge who is merged already, or into one who is, or undo what is not: by themselves, or after one another. */
export function impossibleMerges(hotel: Hotel, changes: readonly LaneChange[]): readonly number[] {
  const after = new Map<string, string | null>();
  const intoOf = (id: string) => (after.has(id) ? after.get(id) : hotel.guests.get(id)?.mergedInto);
  return changes.flatMap(({ change: { merge: asked } }, index) => {
    if (asked === null) return [];
    const { guestId, into } = asked;
    const isPossible =
      into === null
        ? typeof intoOf(guestId) === "string"
        : intoOf(guestId) === null && intoOf(into) === null && guestId !== into;
    if (isPossible) after.set(guestId, into);
    return isPossible ? [] : [index];
  });
}

/** Lets two guests be one, or two again. WhatsApp counts one window for one person: whoever stays goes on where either of the two stood. */
export function merge(hotel: Hotel, { guestId, into }: GuestMerge): void {
  const guest = hotel.guests.get(guestId);
  if (guest === null) return;
  hotel.guests.put(guestId, { ...guest, mergedInto: into });
  if (into === null) return;
  for (const merged of hotel.chats.where("guestId = ?", guestId)) {
    const key = chatKey(merged.phoneNumberId, into);
    const own = hotel.chats.get(key) ?? newChat(hotel.id, merged.phoneNumberId, into);
    const later = (name: "lastInboundAt" | "windowClosesAt" | "menuSentAt" | "awayUntil" | "staffWroteAt") =>
      laterOf(own[name], merged[name]);
    hotel.chats.put(key, {
      ...own,
      version: own.version + 1,
      currentConversationId: own.currentConversationId ?? merged.currentConversationId,
      lastInboundAt: later("lastInboundAt"),
      windowClosesAt: later("windowClosesAt"),
      menuSentAt: later("menuSentAt"),
      awayUntil: later("awayUntil"),
      staffWroteAt: later("staffWroteAt"),
    });
  }
}

const laterOf = (a: Date | null, b: Date | null): Date | null => (a === null || (b !== null && b > a) ? b : a);

/** A guest has no department: whoever sees a conversation of theirs sees them too. */
export const guestIsWithin = (reach: Reach, hotel: Hotel, guestId: string): boolean =>
  reaches(reach, hotel.id, null) ||
  conversationsOf(hotel, withMerged(hotel, guestId)).some(({ departmentId }) => reaches(reach, hotel.id, departmentId));

/** A guest as decisions about guests need them; null when there is none. */
export function guestState(hotel: Hotel, id: string): GuestState | null {
  const guest = guestOf(hotel, id);
  if (guest === null) return null;
  return {
    guest,
    merged: withMerged(hotel, id).flatMap((each) => (each === id ? [] : some(guestOf(hotel, each)))),
    conversations: conversationsOf(hotel, [id]).filter(({ status, continuedIn }) => {
      const next = continuedIn === null ? null : hotel.conversations.get(continuedIn);
      return status === "open" || (next !== null && next.guestId !== id);
    }),
    formerAddresses: hotel.formerAddresses
      .where("guestId = ?", id)
      .map(({ guestId: _, ...passed }) => ({ ...passed, heldBy: holderOf(hotel, passed) })),
  };
}

export function loadGuests(
  db: Database,
  { reach, guestIds }: { readonly reach: Reach; readonly guestIds: readonly string[] },
): { readonly now: Date; readonly guests: readonly (GuestState | null)[] } {
  const guests = guestIds.map((id) => {
    const found = db.all.guests.find(id);
    const hotel = found && db.hotel(found.hotelId);
    return hotel !== null && guestIsWithin(reach, hotel, id) ? guestState(hotel, id) : null;
  });
  return { now: db.now(), guests };
}

/** Guests who have, or had, one of the addresses. */
export function findGuests(
  db: Database,
  {
    reach,
    hotelId,
    addresses,
  }: { readonly reach: Reach; readonly hotelId: string; readonly addresses: readonly Address[] },
): readonly Guest[] {
  const hotel = db.hotel(hotelId);
  const holders = addresses.flatMap((address) => some(holderOf(hotel, address)));
  const former = addresses.flatMap(({ kind, value }) =>
    hotel.formerAddresses
      .where("value = ?", value)
      .flatMap((one) => (one.kind === kind ? [whoStays(hotel, one.guestId)] : [])),
  );
  const found = [...new Set([...holders, ...former])].filter((id) => guestIsWithin(reach, hotel, id));
  return found.flatMap((id) => some(guestOf(hotel, id)));
}

/** What writing to a guest first needs. */
export function loadRecipient(
  db: Database,
  { hotelId, to, reach, client, template }: RecipientQuery,
): { readonly now: Date; readonly state: RecipientState } {
  const hotel = db.hotel(hotelId);
  const asked = "guestId" in to ? whoStays(hotel, to.guestId) : holderOf(hotel, to);
  const guestId = asked !== null && "guestId" in to && !guestIsWithin(reach, hotel, asked) ? null : asked;
  const own = guestId === null ? [] : withMerged(hotel, guestId);
  const message = client && messageOfClient(hotel, client);
  const conversation = message && hotel.conversations.get(message.conversationId);
  const chats: readonly Chat[] = guestId === null ? [] : hotel.chats.where("guestId = ?", guestId);
  const state: RecipientState = {
    guest: guestId === null ? null : guestOf(hotel, guestId),
    chats,
    conversations: conversationsOf(hotel, own).filter(({ status, imported }) => status === "open" || imported),
    existing: message && conversation ? { message, guestId: whoStays(hotel, conversation.guestId) } : null,
    consents: standing(hotel, own),
    template: templateOf(hotel, template),
  };
  return { now: db.now(), state };
}

const saidBy = (hotel: Hotel, guestIds: readonly string[]): readonly ConsentEntry[] =>
  hotel.consents.where(`guestId ${IN}`, list(guestIds));

/** What counts of all that these guests said, who are one person. */
export const standing = (hotel: Hotel, guestIds: readonly string[]): readonly ConsentEntry[] =>
  some(standingConsent(saidBy(hotel, guestIds)));

/** All that a guest, and whoever turned out to be the same person, said about offers. */
export function consents(
  db: Database,
  { reach, guestId }: { readonly reach: Reach; readonly guestId: string },
): readonly ConsentEntry[] | null {
  const found = db.all.guests.find(guestId);
  const hotel = found && db.hotel(found.hotelId);
  if (hotel === null || !guestIsWithin(reach, hotel, guestId)) return null;
  return [...saidBy(hotel, sameAs(hotel, guestId))].sort(
    (a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1),
  );
}
