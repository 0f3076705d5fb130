/**
 * How WhatsApp names a guest. Since 2026 a webhook may carry only a business-scoped user id.
 * Values are Meta's own, opaque and never rewritten: `waId` is digits without `+`, a BSUID keeps its country prefix.
 */
export interface Address {
  readonly kind: AddressKind;
  readonly value: string;
}

/** By what a guest is known: a phone as WhatsApp writes it, or an id that WhatsApp made for one business or for linked ones. */
export type AddressKind = "bsuid" | "parentBsuid" | "waId";

/** An address with its evidence: which webhook said that it is this guest's, and when. */
export interface GuestAddress extends Address {
  /** Id of the webhook attempt that reported it; null when the host gave it. */
  readonly evidence: string | null;
  readonly firstSeenAt: Date;
  /** Since when the guest has another in its place: it still says who they are, and nothing is sent to it. */
  readonly retiredAt: Date | null;
}

/** One text for an address, for maps. */
export const addressKey = ({ kind, value }: Address): string => `${kind} ${value}`;

/** The order in which a webhook's addresses are looked up: the one least likely to pass to another person first. */
export const LOOKUP_ORDER: readonly AddressKind[] = ["bsuid", "parentBsuid", "waId"];

/**
 * The address a message is sent to. A phone where one is known, which also keeps it visible in webhooks;
 * else the BSUID, else the parent BSUID.
 * @param except kinds that cannot carry what is to be sent
 */
export function sendingAddress(
  addresses: readonly GuestAddress[],
  except: readonly AddressKind[] = [],
): Address | null {
  const of = (kind: AddressKind) =>
    except.includes(kind)
      ? undefined
      : addresses.findLast((address) => address.kind === kind && address.retiredAt === null);
  return of("waId") ?? of("bsuid") ?? of("parentBsuid") ?? null;
}
