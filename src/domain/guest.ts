import type { Address, GuestAddress } from "./address.js";

/** A person who writes to a hotel. Known by addresses, never by a phone number alone. */
export interface Guest {
  readonly id: string;
  readonly hotelId: string;
  /** The profile name the guest chose, exactly as received; null until one was seen. */
  readonly name: string | null;
  readonly addresses: readonly GuestAddress[];
}

/** What a message taught us about a guest. Addresses that another guest already has are left with that guest. */
export interface GuestUpdate {
  readonly id: string;
  /** null leaves the stored name. */
  readonly name: string | null;
  readonly addresses: readonly (Address & { readonly evidence: string })[];
}
