import type { Erasure, PrivacyCounts, PrunePolicy } from "../domain/privacy.js";
import type { StoredRecord } from "../ports/privacy-storage.js";
import type { List, PageQuery } from "./desk-shapes.js";

/** Whom it is about: a guest's id, or one of the addresses that they have in a hotel now. */
export type GuestRef =
  | string
  /** Written in any way, with the country's code. */
  | { readonly hotel: string; readonly waId: string }
  | { readonly hotel: string; readonly bsuid: string };

/** How far long work is. */
export interface Progress {
  /** What is being done: a table's name, or `files`. */
  readonly what: string;
  /** Rows or files done so far, in all. */
  readonly done: number;
}

/** How something that takes a while is done. */
export interface LongWork {
  /** Only counts: nothing is changed. Default false. */
  readonly dryRun?: boolean;
  /** Called now and then, at the latest when it is done. What it throws ends the call; what was begun goes on by itself. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Why a guest is erased, and how. */
export interface EraseOptions extends LongWork {
  /** For the audit: why, without a word about who it is. */
  readonly reason: string;
}

/** What erasing a guest came to. */
export interface ErasureReport {
  /** null for a dry run. */
  readonly erasure: Erasure | null;
  readonly hotelId: string;
  readonly guestIds: readonly string[];
  readonly dryRun: boolean;
  /** What was erased, or would be; of an erasure that others did a part of, what was done here. */
  readonly counts: PrivacyCounts;
}

/** What of a guest is exported. */
export interface ExportOptions extends LongWork {
  /**
   * With the notes that staff wrote for one another. What is noted about a guest is personal data of theirs, which they may ask for; it may be about
   * colleagues and other guests too, so that somebody reads it before it leaves the house. Default false.
   */
  readonly notes?: boolean;
  /** With the bytes of files. Default true. */
  readonly files?: boolean;
}

/** What erasing again came to. */
export interface ReapplyReport {
  readonly dryRun: boolean;
  /** Erasures of the list. */
  readonly read: number;
  /** Guests who were back, and are erased again. */
  readonly erased: readonly ErasureReport[];
}

/** Of which hotel what is old is deleted. */
export interface PruneOptions extends LongWork {
  /** One hotel; all within reach by default. */
  readonly hotel?: string;
}

/** What was deleted. */
export interface PruneReport {
  readonly dryRun: boolean;
  readonly counts: PrivacyCounts;
}

/** The version of what `exportGuest` answers: it rises when a member changes its meaning or goes. */
export const GUEST_EXPORT_VERSION = 1;

/** One line of an export. The first is `export`, the last is `end`: without it the export broke off. */
export type ExportRecord =
  | {
      readonly type: "export";
      readonly version: typeof GUEST_EXPORT_VERSION;
      readonly hotelId: string;
      /** All who are one person. */
      readonly guestIds: readonly string[];
      readonly at: Date;
      readonly notes: boolean;
      readonly files: boolean;
    }
  | StoredRecord
  | FileRecord
  | { readonly type: "end"; readonly counts: PrivacyCounts };

/** A file, behind the record of its attachment. */
export interface FileRecord {
  readonly type: "file";
  readonly attachmentId: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** To be read before the next record is asked for, or not at all. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** What the law wants of whoever keeps what guests wrote: part of `Desk`. See `docs/privacy.md`. */
export interface PrivacyDesk {
  /**
   * Erases a guest from a hotel: all that is kept of them, and of everybody who turned out to be the same person, also the files. Resolves when nothing is left, or after
   * a minute (`doneAt: null`) while somebody's transaction, on the whole server, is open that may still write of them: then it is gone on with by itself.
   * Broken off, by a crash too, it is gone on with by itself. What was just on its way to WhatsApp is sent and not kept; who writes anew is a new guest.
   * A guest who had said that they want no offers is sent none later either, by a hash of the address.
   * @throws {ConversationError} `not_found`; `request_invalid` for an address that is none. A media store that fails throws nothing: the files go later, by themselves
   */
  eraseGuest(guest: GuestRef, options: EraseOptions): Promise<ErasureReport>;
  /**
   * All that is kept of a guest, and of everybody who turned out to be the same person, record by record, with the bytes of files. Nothing is held in memory
   * but the record that is told. Nothing of another guest's is in it.
   * @throws {ConversationError} `not_found`, `request_invalid`; while it is read also `media_store_unavailable`
   */
  exportGuest(guest: GuestRef, options?: ExportOptions): Promise<AsyncIterable<ExportRecord>>;
  /** A hotel's erasures, the oldest first: to be kept outside of the database, for `reapplyErasures`. @param query `limit` 1 to 100, 50 by default */
  erasures(hotelId: string, query?: PageQuery): Promise<List<Erasure>>;
  /**
   * After a backup was restored: erases again who is back in a hotel, and remembers again what WhatsApp may deliver once more. Who came after
   * their erasure stays. Again it changes nothing.
   * @param erasures as `erasures` answered them, those of other hotels are passed over
   */
  reapplyErasures(
    hotelId: string,
    erasures: Iterable<Erasure> | AsyncIterable<Erasure>,
    options?: LongWork,
  ): Promise<ReapplyReport>;
  /**
   * Deletes what is older than the policy says, by the database's clock, in small steps. Never an open conversation, and nothing that waits to be done. Again it
   * changes nothing.
   * @throws {ConversationError} `request_invalid` for an age that is none, and for `dedupKeys` below `webhook.dedupRetentionMs`
   */
  prune(policy: PrunePolicy, options?: PruneOptions): Promise<PruneReport>;
}
