import { hasWritten, spokenTo, type Called } from "../decide/spelling.js";
import type { Address } from "../domain/address.js";
import type { GuestStay } from "../domain/stay.js";
import type { Storage } from "../ports/storage.js";
import type { RecipientQuery } from "../ports/work-storage.js";
import { phoneVariants } from "../whatsapp/phone.js";

/**
 * Whom an address names, who may be known to WhatsApp by another spelling of their phone: a hotel's own system writes Brazil's ninth digit, Argentina's 9 and
 * Mexico's 1 as it likes.
 * @returns `to`: by which they are spoken to
 */
export async function loadCalled(
  storage: Pick<Storage, "loadRecipient">,
  query: RecipientQuery,
): Promise<Called & { readonly now: Date }> {
  const { now, state } = await storage.loadRecipient(query);
  const asked: Called = { to: query.to, state };
  const others: Called[] = [];
  for (const to of spellingsOf("guestId" in query.to ? [] : [query.to]))
    others.push({ to, state: (await storage.loadRecipient({ ...query, to })).state });
  return { now, ...spokenTo(asked, others) };
}

/**
 * The stays of a person, those included that name another spelling of their phone, under which nobody ever wrote. The newest first.
 * @param most how many, at most
 */
export async function staysOfPerson(
  storage: Pick<Storage, "loadRecipient" | "staysOf">,
  hotelId: string,
  person: Address | { readonly guestId: string },
  most: number,
): Promise<readonly GuestStay[]> {
  const query = { hotelId, reach: "everything", client: null, template: null } as const;
  const own = await storage.staysOf({ hotelId, person, limit: most });
  const { state } = await storage.loadRecipient({ ...query, to: person });
  if (!hasWritten(state)) return own;
  const all = new Map(own.map((stay) => [stay.reservationId, stay]));
  for (const to of spellingsOf((state.guest?.addresses ?? []).filter(({ retiredAt }) => retiredAt === null))) {
    const { state: other } = await storage.loadRecipient({ ...query, to });
    if (hasWritten(other)) continue;
    for (const stay of await storage.staysOf({ hotelId, person: to, limit: most })) all.set(stay.reservationId, stay);
  }
  if (all.size === own.length) return own;
  return [...all.values()].sort(newestFirst).slice(0, most);
}

const spellingsOf = (addresses: readonly Address[]): readonly Address[] =>
  addresses.flatMap(({ kind, value }) =>
    kind === "waId" ? phoneVariants(value).map((other): Address => ({ kind, value: other })) : [],
  );

/** As the storage has them. */
const newestFirst = (a: GuestStay, b: GuestStay): number =>
  b.createdAt.getTime() - a.createdAt.getTime() || (a.reservationId < b.reservationId ? 1 : -1);
