import type { Address, GuestAddress } from "../domain/address.js";
import type { Attachment } from "../domain/attachment.js";
import type { AuditEntry } from "../domain/audit.js";
import type { ConsentEntry } from "../domain/consent.js";
import type { Conversation } from "../domain/conversation.js";
import type { DeskEvent } from "../domain/event.js";
import type { FlowMove } from "../domain/flow-move.js";
import type { FlowRun } from "../domain/flow-run.js";
import type { Guest } from "../domain/guest.js";
import type { Erasure, Prunable, PrivacyCounts } from "../domain/privacy.js";
import type { Prompt } from "../domain/prompt.js";
import type { GuestStay } from "../domain/stay.js";
import type { Task } from "../domain/task.js";
import type { Forgotten } from "./attachment-storage.js";
import type { AmendedMessage, Page } from "./read-storage.js";

/** What the desk asks of a database because of what the law wants: to forget a guest, to tell all that is kept of them, to keep nothing for ever. */
export interface PrivacyStorage {
  /**
   * How many rows of each table an erasure would take away or blank, and how many files; null when there is no such guest. Changes nothing.
   * @contract erase/count
   */
  countErasure(guest: HotelGuest): Promise<PrivacyCounts | null>;
  /**
   * Begins to erase a guest and everybody who is the same person, with its audit entry. From here on nobody finds them: who they are, their addresses, chats,
   * conversations, consents, stays and whatever was to be done for them are gone at once, nobody who has a lane of theirs in hand commits any more, nobody is
   * ever given one of their ids, and who writes from one of their addresses is a new guest. What WhatsApp reports of their messages is dropped. Where they
   * had said stop, so has whoever is given one of their addresses later.
   *
   * Tells `conversation.erased` of each conversation, and `guest.erased` last.
   * @returns null when there is no such guest
   * @contract erase/begin, erase/merged, erase/fenced, erase/anew, erase/stop, erase/reports
   */
  beginErasure(
    begin: HotelGuest & { readonly id: string; readonly audit: Omit<AuditEntry, "hotelId" | "at"> },
  ): Promise<BegunErasure | null>;
  /**
   * Erases more of what is left: at most so many rows of a table. Again and again until it is `done`; by whoever, also by several at the same moment. `waits`:
   * somebody is just writing something that may be of the guest's: go on in a moment. A file that nobody else's attachment names is forgotten with what is known of it.
   * An erasure that is done, or that there is none of, is `done`.
   * @contract erase/all, erase/acts, erase/other, erase/files, erase/again, erase/reasons
   */
  continueErasure(step: {
    readonly hotelId: string;
    readonly id: string;
    readonly limit: number;
  }): Promise<ErasureStep>;
  /** Erasures that are under way, the oldest first. @contract erase/unfinished */
  unfinishedErasures(query: {
    readonly limit: number;
  }): Promise<readonly { readonly hotelId: string; readonly id: string }[]>;
  /** A hotel's erasures by `at`, then id, the smallest first. @contract erase/list */
  erasures(query: {
    readonly hotelId: string;
    readonly after: { readonly at: Date; readonly id: string } | null;
    readonly limit: number;
  }): Promise<Page<Erasure, { readonly at: Date; readonly id: string }>>;
  /**
   * Remembers an erasure of another database, or of this one before it was restored: its hashes, and its wish for no offers. Nothing changes where it is known.
   * @param dryRun nothing is remembered
   * @returns guests who are back: by their id, or by an address that they had before it was asked for
   * @contract erase/reapply
   */
  reapplyErasure(erasure: Erasure, dryRun?: boolean): Promise<readonly string[]>;
  /**
   * What is kept of a guest and of everybody who is the same person, part after part (`EXPORTED`), each in an order that stays. Nothing of anybody else's.
   * null when there is no such guest.
   * @contract export/all, export/other, export/pages
   */
  personalData(query: PersonalDataQuery): Promise<PersonalData | null>;
  /**
   * Deletes, or counts, what is older than so many milliseconds by the storage's clock, at most so many things; of one hotel.
   * @contract prune/old, prune/waits, prune/open, prune/events, prune/again, audit/prune
   */
  prune(query: PruneQuery): Promise<Pruned>;
}

/** A guest of a hotel. */
export interface HotelGuest {
  readonly hotelId: string;
  readonly guestId: string;
}

/** An erasure that has begun, with what it has counted so far. */
export interface BegunErasure {
  readonly erasure: Erasure;
  readonly counts: PrivacyCounts;
  readonly events: readonly DeskEvent[];
}

/** A step of an erasure, and whether there is more to do. */
export interface ErasureStep {
  readonly state: "more" | "waits" | "done";
  readonly counts: PrivacyCounts;
  readonly files: Forgotten["files"];
  readonly events: readonly DeskEvent[];
}

/** The parts of what is kept of a guest, in the order in which they are told. */
export const EXPORTED = [
  "guest",
  "address",
  "formerAddress",
  "consent",
  "stay",
  "conversation",
  "message",
  "attachment",
  "prompt",
  "flowRun",
  "flowMove",
  "task",
] as const satisfies readonly StoredRecord["type"][];

/** Which page of what is kept of a guest. */
export interface PersonalDataQuery extends HotelGuest {
  readonly part: StoredRecord["type"];
  /** Where the page before ended; null for the first. */
  readonly after: string | null;
  readonly limit: number;
}

/** A page of it. */
export interface PersonalData {
  readonly now: Date;
  /** All who are one person, the one who stays first. */
  readonly guestIds: readonly string[];
  readonly records: readonly StoredRecord[];
  readonly next: string | null;
}

/** One record of it. */
export type StoredRecord =
  | { readonly type: "guest"; readonly guest: Omit<Guest, "addresses"> }
  | { readonly type: "address"; readonly guestId: string; readonly address: GuestAddress }
  | { readonly type: "formerAddress"; readonly guestId: string; readonly address: FormerAddressRecord }
  | { readonly type: "conversation"; readonly conversation: Conversation }
  | { readonly type: "message"; readonly message: AmendedMessage }
  | { readonly type: "attachment"; readonly attachment: Attachment }
  | { readonly type: "prompt"; readonly prompt: Prompt }
  | { readonly type: "flowRun"; readonly run: FlowRun }
  | { readonly type: "flowMove"; readonly move: FlowMove }
  | { readonly type: "consent"; readonly consent: ConsentEntry }
  | { readonly type: "stay"; readonly stay: GuestStay }
  | { readonly type: "task"; readonly task: Task };

export interface FormerAddressRecord extends Address {
  readonly firstSeenAt: Date;
  readonly endedAt: Date;
}

/** What is to be deleted of a hotel, and how much at once. */
export interface PruneQuery {
  readonly hotelId: string;
  readonly what: Prunable;
  readonly olderThanMs: number;
  readonly limit: number;
  /** Only counts, all of them. */
  readonly dryRun: boolean;
}

/** What was deleted. */
export interface Pruned {
  /** Whether there may be more. */
  readonly more: boolean;
  readonly counts: PrivacyCounts;
  readonly files: Forgotten["files"];
}
