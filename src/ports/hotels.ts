import type { Hotel } from "../domain/hotel.js";

/**
 * Hotels that live in the host's own tables, added and changed while the desk runs. `hotelsContract` of `belldesk/testing` says whether
 * one is right; `completeHotel` makes a row of the host's a `Hotel`, with every default.
 *
 * **It need not cache.** The desk asks once for each number and hotel in `lookups.freshMs` (5 s by default), so whatever changes (a
 * number added or gone, a token rotated, a department renamed) is seen within that time, in every process. What is unknown is not
 * remembered: a number that is added is routed from its next webhook on.
 *
 * **It may fail.** An answer that takes longer than `lookups.deadlineMs` (1 s), a throw and a rejection are one: the port cannot say
 * right now. Then what it said last counts for up to `lookups.staleMs` (1 h) since it was asked, and it is asked again once a
 * second. Of what it never said, or too long ago, the desk knows nothing: a webhook is answered 503, so that Meta delivers it again and
 * nothing is lost or put aside as unrouted; work waits and is tried again; a command fails with `hotels_unavailable`. null, in
 * contrast, is an answer: nobody here has it.
 */
export interface HotelsPort {
  /**
   * The hotel that owns a WhatsApp number, or null when no hotel here does. Asked with whatever a signed webhook names, so any text.
   * @contract hotels/by-number, hotels/unknown, hotels/exact, hotels/added, hotels/changed, hotels/removed
   */
  byNumber(phoneNumberId: string): Promise<Hotel | null>;
  /** The same hotel by its id, or null. @contract hotels/by-id, hotels/unknown, hotels/exact, hotels/added, hotels/changed, hotels/removed */
  byId(hotelId: string): Promise<Hotel | null>;
  /**
   * The hotel that has a WhatsApp Business account (WABA) for itself; null when none has, or several share it. Without this
   * method what WhatsApp says about accounts goes to operators alone.
   * @contract hotels/account
   */
  byAccount?(accountId: string): Promise<Hotel | null>;
  /**
   * Keeps another access token for a number, which is answered from then on. Without this method the host does so by itself.
   * Nothing happens for a number that no hotel has.
   * @contract hotels/rotate
   */
  rotateToken?(phoneNumberId: string, accessToken: string): Promise<void>;
  /**
   * Every hotel with the account, also where several share it: what WhatsApp says of its templates changes each hotel's catalogue, and
   * what it asks of the account when one of them sends stops the numbers of each. Without this method only the catalogue of the hotel
   * that has it for itself, and the numbers of the hotel that was asked.
   * @contract hotels/account
   */
  inAccount?(accountId: string): Promise<readonly Hotel[]>;
}
