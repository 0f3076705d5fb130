/** A staff member whom a colleague named in a note, so that they find it. */
export interface Mention {
  readonly hotelId: string;
  readonly staffId: string;
  /** The note. */
  readonly messageId: string;
  readonly conversationId: string;
  /** By the database's clock. */
  readonly at: Date;
}

/** Most staff members that one note names: a shift, not a mailing list. */
export const MENTIONS_MAX = 20;
/** The longest note, in UTF-16 units: as long as a text message may be. */
export const NOTE_TEXT_MAX = 4_096;
