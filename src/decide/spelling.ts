import { addressKey, type Address } from "../domain/address.js";
import type { RecipientState } from "../ports/work-storage.js";

/** Somebody as one address names them. */
export interface Called {
  readonly to: Address | { readonly guestId: string };
  readonly state: RecipientState;
}

/**
 * By which address somebody is spoken to whose phone has two national spellings (`phoneVariants`): by the one that was asked for, unless whoever
 * has that has never written, or there is nobody, and somebody wrote under the other. WhatsApp itself calls them so. Two guests of whom each has
 * written stay two, and nobody is merged and learns an address by it.
 * @param others under the other spellings
 */
export function spokenTo(asked: Called, others: readonly Called[]): Called {
  // What was sent before is looked for where it went then.
  const { existing } = asked.state;
  if (existing !== null) return [asked, ...others].find(({ state }) => state.guest?.id === existing.guestId) ?? asked;
  if (hasWritten(asked.state)) return asked;
  const [only, ...more] = others.filter(({ to, state }) => hasWritten(state) && isTheirs(to, state));
  return only !== undefined && more.length === 0 ? only : asked;
}

/** Whether WhatsApp has ever said anything of somebody. Whom the hotel alone wrote to is known by what the hotel calls them. */
export const hasWritten = ({ guest, chats }: Pick<RecipientState, "guest" | "chats">): boolean =>
  guest !== null &&
  (guest.addresses.some(({ evidence }) => evidence !== null) ||
    chats.some(({ lastInboundAt }) => lastInboundAt !== null));

/** Not one that they have given up. */
const isTheirs = (to: Called["to"], { guest }: RecipientState): boolean =>
  "guestId" in to ||
  guest?.addresses.some((one) => addressKey(one) === addressKey(to) && one.retiredAt === null) === true;
