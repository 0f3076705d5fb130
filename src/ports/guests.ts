import type { Address } from "../domain/address.js";

/**
 * Who guests are, by the host's own books (its PMS, its bookings): optional, and shown to staff. `guestsContract` of `belldesk/testing`
 * says whether one is right.
 *
 * It is asked when a member of staff looks at a guest, and before a menu is shown to one of whom the desk does not know what language they speak
 * (`KnownGuest.language`): that message waits for it, within `routing.deadlineMs`, and no other guest's. An answer counts for `lookups.freshMs` (5 s by default); when the port throws, or takes longer than `lookups.deadlineMs` (1 s), what
 * it said last counts for up to `lookups.staleMs` (1 h), and else the guest is shown without. What it says is kept in the process's
 * memory, for a thousand guests at most, and nowhere else: the desk neither stores nor logs it.
 */
export interface GuestsPort {
  /**
   * Who has one of these addresses, for this hotel; null for nobody it knows. When several have, whoever stays there now.
   * @param query `addresses` in the order in which they were first seen; phones are digits with the country's code
   * @contract guests/known, guests/any-address, guests/unknown, guests/hotel, guests/changed, guests/exact
   */
  find(query: { readonly hotelId: string; readonly addresses: readonly Address[] }): Promise<KnownGuest | null>;
}

/** What the host knows about somebody. Other members are not shown. */
export interface KnownGuest {
  /** As staff call them. */
  readonly name?: string;
  /** BCP 47, e.g. `"pt-BR"`: what the menu is shown in, unless the guest has said themselves what they speak. */
  readonly language?: string;
  readonly vip?: boolean;
  /** The stay that they are in, else the next one. */
  readonly stay?: Stay;
}

/** A guest's stay, as the host's books have it. */
export interface Stay {
  readonly reservationId: string;
  readonly room?: string;
  /** First and last day at the hotel, `YYYY-MM-DD` by its own calendar. */
  readonly from: string;
  readonly to: string;
}
