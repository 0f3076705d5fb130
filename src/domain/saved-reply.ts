/** What staff answer often, with places for what differs from guest to guest. */
export interface SavedReply {
  readonly id: string;
  readonly hotelId: string;
  /** null: for every department of the hotel. */
  readonly departmentId: string | null;
  /** What staff type to find it: 1 to 32 of a-z, 0-9, _ and -. One has it in each department, and one in the whole hotel. */
  readonly shortcut: string;
  /**
   * What it says, by BCP 47 language tag; at least one. A place for a value is written `{{guestName}}`: the name 1 to 64 of A-Z, a-z, 0-9 and _,
   * beginning with a letter. Any other braces are text.
   */
  readonly texts: Readonly<Record<string, string>>;
  /** The stored version this was read at; 0 when it is not stored yet. */
  readonly version: number;
  /** By the database's clock. */
  readonly updatedAt: Date;
}

/** Lists go on after this one, in order of shortcuts, then ids. */
export type SavedReplyKey = Pick<SavedReply, "shortcut" | "id">;

export const SHORTCUT = /^[a-z0-9][a-z0-9_-]{0,31}$/;
/** More languages than any hotel's staff has. */
export const SAVED_REPLY_LANGUAGES_MOST = 50;
/** UTF-16 units: as long as a text message may be, before its values stand in it. */
export const SAVED_REPLY_TEXT_MAX = 4_096;

/** A place for a value. */
export const PLACE = /\{\{\s*([A-Za-z][A-Za-z0-9_]{0,63})\s*\}\}/g;

/** The names of the values that a saved reply has places for, in any of its languages, in the order in which they stand. */
export const placeholdersOf = ({ texts }: Pick<SavedReply, "texts">): readonly string[] => [
  ...new Set(Object.values(texts).flatMap((text) => [...text.matchAll(PLACE)].map(([, name = ""]) => name))),
];
