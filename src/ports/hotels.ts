import type { Hotel } from "../domain/hotel.js";

/**
 * Hotels that live in the host's own tables. Asked often, so answer from a cache: a change is seen when the port says so.
 * Throwing means "cannot say right now": the webhook is answered 503 and Meta tries again.
 */
export interface HotelsPort {
  /** The hotel that owns a WhatsApp number, or null when no hotel here does. */
  byNumber(phoneNumberId: string): Promise<Hotel | null>;
  byId(hotelId: string): Promise<Hotel | null>;
  /**
   * The hotel that has a WhatsApp Business account (WABA) for itself; null when none has, or several share it. Without this
   * method what WhatsApp says about accounts goes to operators alone.
   */
  byAccount?(accountId: string): Promise<Hotel | null>;
}
