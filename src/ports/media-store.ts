/**
 * Where the bytes of files lie: a folder, a bucket. It knows files by ids of the desk's and nothing else: no names, no guests, no types, no
 * quotas, and whether two files are the same is the desk's business. `mediaStoreContract` in `belldesk/testing` holds a store to what stands
 * here.
 *
 * What fails for a reason that can pass (a full disk, a bucket that is away) is thrown as `media_store_unavailable`, with
 * `details.failure` naming it in the machine's word (`"ENOSPC"`), and nothing is changed then. No error holds a path, an address or a byte
 * of a file.
 */
export interface MediaStore {
  /**
   * Stores a file whole, or nothing. Durable when it resolves. Until then, and when it is given up (by a throw, or by a process that is
   * killed), nobody can open any of it.
   *
   * The same id again, also at the same moment, harms nobody: it is the same file, so what is stored stays and `read` may be left
   * alone. Ids are made by the desk and are never used for another file.
   *
   * What `read` throws is thrown on as it is, and nothing is stored.
   *
   * @throws {ConversationError} `media_size_differs` when `read` yields another number of bytes than `sizeBytes`, or what is stored under
   *   the id has another size, `media_key_invalid` when the id is none that the desk makes, `media_store_unavailable`
   * @contract put/whole, put/empty, put/again, put/at-once, put/size, put/broken-off, put/unfinished, put/hotels, put/any-hotel, put/key
   */
  put(file: NewStoredFile): Promise<void>;
  /**
   * Opens a file, or the part of it that `range` names. Null where there is none, which is also the answer for any other hotel's id.
   *
   * @throws {ConversationError} `media_range_invalid` when the range begins behind the file's end, with `details.sizeBytes`;
   *   `media_key_invalid`, `media_store_unavailable`
   * @contract open/none, open/range, open/range-invalid, open/again, open/left
   */
  open(key: MediaKey, range?: MediaRange): Promise<StoredFile | null>;
  /**
   * Forgets a file. Where there is none nothing happens. Whoever has it open may read to its end or be cut off.
   *
   * @throws {ConversationError} `media_key_invalid`, `media_store_unavailable`
   * @contract delete/gone, delete/again, delete/other
   */
  delete(key: MediaKey): Promise<void>;
  /**
   * What is stored, page by page and in an order that stays: for the sweep that removes what no row of the desk's names. What comes or goes
   * meanwhile may be on a page or not; whatever was there all the time is on exactly one.
   *
   * @throws {ConversationError} `media_store_unavailable`
   * @contract list/pages, list/hotel, list/says
   */
  list(query: MediaListQuery): Promise<MediaPage>;
  /**
   * An address at which anybody who has it gets the file for so many seconds, with the headers that are asked for. Left out by stores that
   * serve nothing themselves. The address is a secret: it is given to whoever may have the file, and stands in no log.
   *
   * @contract signed/serves, signed/other
   */
  signedUrl?(key: MediaKey, options: SignedUrlOptions): Promise<string>;
  /**
   * Removes what puts of crashed processes left behind, and nothing that somebody still writes. Called now and then by the desk.
   * @returns how many were removed
   */
  sweep?(): Promise<number>;
  /** Lets go of what the store has opened by itself. Called by the desk's `stop()`; again is no mistake. */
  close?(): Promise<void>;
}

/** By what a file is found. */
export interface MediaKey {
  /**
   * The hotel's id, as the host's port of hotels has it: any text. A store refuses those that it cannot write in 200 plain characters as
   * `media_key_invalid`; what `HotelOptions` takes (64 letters, digits, `-` and `_`) it can.
   */
  readonly hotelId: string;
  /** One that the desk has made ({@link isMediaId}). Never a name that somebody gave. */
  readonly id: string;
}

/** A file to be kept. */
export interface NewStoredFile extends MediaKey {
  /** Exactly as many as `read` yields. */
  readonly sizeBytes: number;
  /** As it was found to be: for stores that keep it beside the bytes. */
  readonly mimeType: string;
  /** Called once at most. */
  readonly read: () => AsyncIterable<Uint8Array>;
}

/** From byte `start` to byte `end`, both counted from 0 and both included, as HTTP counts; an end behind the file's is its last byte. */
export interface MediaRange {
  readonly start: number;
  readonly end: number;
}

/** A file, or a range of it, that is being read. */
export interface StoredFile {
  /** Of the whole file, whatever the range is. */
  readonly sizeBytes: number;
  /**
   * The file or the range of it, to be read once. Leaving the loop lets go of it.
   * @throws {ConversationError} `media_store_unavailable` when it breaks off
   */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Lets go of a file that nobody reads. Again, or after reading, is no mistake. */
  readonly discard: () => void;
}

/** Which page of the files that are kept. */
export interface MediaListQuery {
  /** One hotel's; all when it is left out. */
  readonly hotelId?: string;
  /** Where the page before ended; null for the first. */
  readonly after: string | null;
  /** 1 to 1,000; a page may hold fewer although more follow. */
  readonly limit: number;
}

/** A page of them. */
export interface MediaPage {
  readonly items: readonly ListedFile[];
  /** To be given as `after` for the next page; null when this was the last. */
  readonly next: string | null;
}

/** A file that is kept. */
export interface ListedFile extends MediaKey {
  /** By the store's clock. */
  readonly storedAt: Date;
  readonly sizeBytes: number;
}

/** For how long an address is good, and how a browser shows what stands there. */
export interface SignedUrlOptions {
  /** Seconds, 1 to 604,800 (a week, which is what S3 signs for at most). */
  readonly expiresInS: number;
  /** As what the address answers it. */
  readonly mimeType: string;
  /** Made safe already (`shownName()`); null for none. */
  readonly fileName: string | null;
  /** Whether a browser shows it or saves it. */
  readonly disposition: "inline" | "attachment";
}

const MEDIA_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

/** Whether the desk makes such ids: 1 to 128 letters, digits, `-` and `_`, and no sign at the beginning. */
export const isMediaId = (id: string): boolean => MEDIA_ID.test(id);
