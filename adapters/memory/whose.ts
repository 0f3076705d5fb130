import type { Address, GuestAddress, InboundChat } from "../../src/index.js";
import { addressKey } from "../../src/index.js";
import { give, guestOf, holderOf, isSame, newGuest, whoStays } from "./identity.js";
import type { HotelMemory } from "./state.js";

/** How much Meta's clock and the database's may differ where one says what came before the other. */
const CLOCKS_DIFFER_MS = 60_000;

/**
 * Whose an item is: the guest's who has the first known of its addresses, or a new one's. What the item brings beside that
 * address, its guest learns. An item without addresses is nobody's.
 */
export function guestFor(hotel: HotelMemory, itemId: string, chat: InboundChat, now: Date): string {
  if (chat.addresses.length === 0) return "";
  const before = guestBefore(hotel, chat);
  if (before !== null) return before;
  const known = knownGuest(hotel, chat) ?? newGuest(hotel, chat.newGuestId);
  // What an address brings that came with a merge goes back with it.
  const guestId = whoStays(hotel, known);
  for (const address of chat.addresses) {
    const holder = holderOf(hotel, address);
    if (holder === guestId) continue;
    if (holder === null || hasPassed(held(hotel, holder, address), chat)) give(hotel, known, address, itemId, now);
  }
  return guestId;
}

/**
 * The guest to whom the first known of the addresses came, who may be merged by now; null when none is known, or a phone that
 * has passed to somebody else.
 */
function knownGuest(hotel: HotelMemory, { addresses, sentAt }: InboundChat): string | null {
  const known = firstKnown(hotel, addresses);
  const holder = known && guestOf(hotel, holderOf(hotel, known) ?? "");
  if (known === undefined || !holder) return null;
  const cameTo = hotel.guestByAddress.get(addressKey(known)) ?? holder.id;
  if (known.kind !== "waId") return cameTo;
  const isAnothers =
    addresses.some(isBsuid) && holder.addresses.some((each) => isBsuid(each) && each.retiredAt === null);
  return isAnothers || isGivenUp(held(hotel, holder.id, known), sentAt) ? null : cameTo;
}

/**
 * The guest who had the phone last, when nothing but the phone says whose an item is and it was sent before the present holder
 * had it; else null, also when nobody had it before.
 */
function guestBefore(hotel: HotelMemory, { addresses, sentAt }: InboundChat): string | null {
  const known = firstKnown(hotel, addresses);
  if (known?.kind !== "waId" || addresses.some(isBsuid)) return null;
  const address = held(hotel, holderOf(hotel, known) ?? "", known);
  if (address === undefined || !isLate(address, sentAt)) return null;
  const former = [...hotel.formerAddresses].flatMap(([id, passed]) =>
    passed.filter(isSame(known)).map(({ endedAt }) => ({ id, endedAt })),
  );
  const [last] = former.sort((a, b) => b.endedAt.getTime() - a.endedAt.getTime());
  return last === undefined ? null : whoStays(hotel, last.id);
}

const firstKnown = (hotel: HotelMemory, addresses: readonly Address[]): Address | undefined =>
  addresses.find((address) => holderOf(hotel, address) !== null);

/**
 * Whether an address that somebody has is the item's guest's by now. Only phones pass: Meta gives a BSUID to one person,
 * and says so itself when it changes.
 */
function hasPassed(address: GuestAddress | undefined, { addresses, sentAt }: InboundChat): boolean {
  if (address?.kind !== "waId") return false;
  if (isGivenUp(address, sentAt)) return true;
  return !isLate(address, sentAt) && addresses.some(isBsuid);
}

/** A message that was sent before its phone came to whoever has it says nothing about today. */
const isLate = (address: GuestAddress, sentAt: Date): boolean =>
  sentAt.getTime() < address.firstSeenAt.getTime() - CLOCKS_DIFFER_MS;

const isGivenUp = (address: GuestAddress | undefined, sentAt: Date): boolean =>
  address !== undefined && address.retiredAt !== null && address.retiredAt < sentAt;

const isBsuid = ({ kind }: Address): boolean => kind === "bsuid";

const held = (hotel: HotelMemory, guestId: string, address: Address): GuestAddress | undefined =>
  guestOf(hotel, guestId)?.addresses.find(isSame(address));
