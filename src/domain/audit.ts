import type { Principal } from "./principal.js";

/** One line of the append-only record: every command writes exactly one, in the commit that does it. */
export interface AuditEntry {
  readonly id: string;
  readonly hotelId: string;
  /** `id` is empty where a guest's was erased. */
  readonly actor: { readonly kind: Principal["kind"]; readonly id: string };
  /** What was done, e.g. `"conversation.transfer"`: the permission it needed. */
  readonly action: string;
  /** Why, as the actor gave it or as a reason code; never a guest's words. Empty where it was erased with what it was about. */
  readonly reason: string;
  readonly target: {
    readonly kind:
      | "conversation"
      | "message"
      | "guest"
      | "sender"
      | "work"
      | "savedReply"
      | "attachment"
      | "stay"
      | "task"
      | "erasure"
      | "hotel";
    /** Empty where what it was about was erased. */
    readonly id: string;
  };
  /** By the database's clock. */
  readonly at: Date;
}

/** What of an entry may be erased: it stands in the chain as a digest. */
export interface AuditParts<T> {
  readonly actor: T;
  readonly target: T;
  readonly reason: T;
}

/** What sealing adds to an entry, by which the chain of its hotel holds it. */
export interface AuditLink {
  /** The entry's. */
  readonly id: string;
  /** Its place in the chain: 1, 2, 3 ..., in the order in which entries were committed. */
  readonly n: number;
  /** 256 bits of chance for each part, in hex; null: the part was erased, and nobody can try what its digest was of. */
  readonly salts: AuditParts<string | null>;
  /** SHA-256 in hex. */
  readonly digests: AuditParts<string>;
  /** SHA-256 in hex, over the link before it, what of the entry stays, and the digests. */
  readonly hash: string;
}

/** An entry in the chain of its hotel. */
export interface SealedAuditEntry extends AuditEntry, AuditLink {
  /** By the database's clock, when whoever sealed it had read it. */
  readonly sealedAt: Date;
}

/** A place in a hotel's chain. `n` is 0, and `hash` empty, before the first entry. */
export interface AuditPlace {
  readonly n: number;
  readonly hash: string;
}

/** Where a hotel's chain ended at an instant: what is kept where nobody who may write to the database can write. */
export interface AuditHead extends AuditPlace {
  readonly hotelId: string;
  /** When its last entry was sealed. */
  readonly at: Date;
}
