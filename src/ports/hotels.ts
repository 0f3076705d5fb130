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
  /** Keeps another access token for a number, which is answered from then on. Without this method the host does so by itself. */
  rotateToken?(phoneNumberId: string, accessToken: string): Promise<void>;
  /**
   * Every hotel with the account, also where several share it: what WhatsApp says of its templates changes each hotel's catalogue.
   * Without this method only that of the hotel that has it for itself.
   */
  inAccount?(accountId: string): Promise<readonly Hotel[]>;
}
