import type { Address, GuestAddress } from "./address.js";

/** A person who writes to a hotel. Known by addresses, never by a phone number alone. */
export interface Guest {
  readonly id: string;
  readonly hotelId: string;
  /** The profile name the guest chose, exactly as received; null until one was seen. */
  readonly name: string | null;
  /** The name the guest chose for being found; it changes at will, is shown, and says nothing about who they are. */
  readonly username: string | null;
  /** BCP 47: what they said they speak, in a flow; absent while they said nothing. */
  readonly language?: string;
  /** Those of the guests that were merged into this one included. */
  readonly addresses: readonly GuestAddress[];
  /** The guest who this one turned out to be; null while it stands for itself. */
  readonly mergedInto: string | null;
}

/** What a webhook taught us about a guest. */
export interface GuestUpdate {
  readonly id: string;
  /** null leaves the stored name. */
  readonly name: string | null;
  /** null leaves the stored username. */
  readonly username: string | null;
  /** BCP 47; absent leaves the stored language. */
  readonly language?: string;
  readonly addresses: readonly NewAddress[];
  /** Addresses of this guest that another has taken the place of. */
  readonly retires: readonly Address[];
}

export interface NewAddress extends Address {
  readonly evidence: string;
  /** What to do when another guest of the hotel has it: leave it there, or take it, because Meta says whose it is now. */
  readonly takes: boolean;
}

/** A guest whom the hotel writes to before they ever wrote. */
export interface NewGuest {
  readonly id: string;
  /** Nobody's in the hotel; its evidence is null, because the hotel gave it. */
  readonly address: Address;
}

/**
 * Two guests are one person, or are not after all. The merged guest's addresses name the other from now on; no message
 * and no conversation moves, so that it can be undone.
 */
export interface GuestMerge {
  /** The guest that is merged, or comes back. */
  readonly guestId: string;
  /** The guest that stays; null when the merge is undone. */
  readonly into: string | null;
}
