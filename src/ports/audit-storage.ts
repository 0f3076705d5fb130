import type { Reach } from "../domain/access.js";
import type { AuditEntry, AuditHead, AuditLink, AuditPlace, SealedAuditEntry } from "../domain/audit.js";

/**
 * Each hotel's audit as a chain. Entries are written by the verbs that do what they tell of; whoever seals counts and hashes them, and
 * here is decided whose link counts.
 */
export interface AuditStorage {
  /**
   * Entries that are in no chain yet, in the order of their commits, with where the chain ends at that very moment: of the hotels behind
   * `after` by id, at most so many hotels, and the first so many entries of each.
   * @contract audit/seal, audit/seal-order, audit/seal-hotels
   */
  auditToSeal(query: {
    readonly after: string | null;
    readonly hotels: number;
    readonly entries: number;
  }): Promise<readonly AuditToSeal[]>;
  /**
   * Writes the next links of a hotel's chain, in order, without a hole.
   * @returns false, and nothing is written, when the chain or an entry is not as it was read: somebody else sealed, erased or pruned.
   *   Of any number that meet at one `version`, one is answered true
   * @contract audit/seal, audit/seal-once, audit/seal-at-once
   */
  sealAudit(sealed: {
    readonly hotelId: string;
    readonly version: number;
    readonly sealedAt: Date;
    readonly links: readonly AuditLink[];
  }): Promise<boolean>;
  /** Where chains end that are longer than what `auditAnchored` was told last: of hotels behind `after`, by id. @contract audit/anchor */
  auditToAnchor(query: { readonly after: string | null; readonly limit: number }): Promise<readonly AuditHead[]>;
  /** An anchor keeps this end of a hotel's chain. What is behind one that was told before changes nothing. @contract audit/anchor */
  auditAnchored(head: { readonly hotelId: string; readonly n: number }): Promise<void>;
  /**
   * A stretch of a hotel's chain by `n`, of one moment. Only reach over the whole hotel sees it: without, it is as if there were none.
   * @param query.after from the beginning of what is kept where it is null
   * @contract audit/sealed, audit/sealed-reach
   */
  sealedAudit(query: {
    readonly reach: Reach;
    readonly hotelId: string;
    readonly after: number | null;
    readonly limit: number;
  }): Promise<AuditStretch>;
}

/** Entries of a hotel that are in no chain yet, and the chain's end. */
export interface AuditToSeal {
  readonly hotelId: string;
  /** Of the chain: another as soon as anything of it changes. */
  readonly version: number;
  /** No earlier than when the last entry was sealed. */
  readonly now: Date;
  readonly head: AuditPlace;
  readonly entries: readonly AuditEntry[];
}

/** A page of a chain, with how the whole stood at that moment. */
export interface AuditStretch {
  readonly now: Date;
  /** The last entry that was pruned; before the first while none was. */
  readonly kept: AuditPlace;
  readonly head: AuditPlace;
  /** When the first of the entries was written that are in no chain yet; null: all are. */
  readonly unsealedSince: Date | null;
  readonly entries: readonly SealedAuditEntry[];
}
