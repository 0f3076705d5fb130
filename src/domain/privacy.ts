/** How many of each kind of thing: rows by their table's name, and `files` of the media store. */
export type PrivacyCounts = Readonly<Record<string, number>>;

/**
 * One erasure, as it outlives the guest: ids that lead to nothing any more, and hashes. Kept outside of the database it erases the guest again
 * after an older backup was restored.
 */
export interface Erasure {
  readonly id: string;
  readonly hotelId: string;
  /** When it was asked for, by the database's clock. */
  readonly at: Date;
  /** When nothing was left; null while it is under way. */
  readonly doneAt: Date | null;
  /** Whose ids it were: all who were one person. */
  readonly guestIds: readonly string[];
  /** What the addresses are hashed with, as hex. */
  readonly salt: string;
  /**
   * Hashes of the addresses, as hex: `sha256(salt, kind, ":", value)`. Phones are few enough to be tried one after the other by whoever has the salt,
   * so that these are pseudonyms, not anonymous.
   */
  readonly addresses: readonly string[];
  /** Whether the guest had said that they want no more offers. */
  readonly stopped: boolean;
  /** Dedup hashes, as hex, of what WhatsApp may deliver again. */
  readonly hashes: readonly string[];
  /** Hashes of WhatsApp's ids of the messages, as hex: what it reports of them is dropped. */
  readonly wamids: readonly string[];
}

/** What can be pruned, each by an age in days; what is left out is kept. */
export interface PrunePolicy {
  /** Webhooks as they came, once what is in them is done. What nobody understood yet (kept items) goes as well, and is not read again then. */
  readonly webhookAttempts?: number;
  /** Hashes by which WhatsApp's redelivery is known. Never younger than `webhook.dedupRetentionMs`. */
  readonly dedupKeys?: number;
  /** The event log; who reads it from further back is told to start over. What a consumer has not read stays. */
  readonly events?: number;
  /** Closed conversations with their messages, files, runs and requests, so long after they closed. */
  readonly conversations?: number;
  readonly auditEntries?: number;
  /** Work that was given up. */
  readonly deadWork?: number;
  /** What response times are counted from. */
  readonly timings?: number;
  /** Stays, so long after they ended or were cancelled. */
  readonly stays?: number;
  /** Erasures that are done, with their hashes: as long as the oldest backup that may be restored. */
  readonly erasures?: number;
}
/** All that may be deleted by its age, in the order in which it is. */
export const PRUNABLE = [
  "webhookAttempts",
  "dedupKeys",
  "events",
  "conversations",
  "auditEntries",
  "deadWork",
  "timings",
  "stays",
  "erasures",
] as const satisfies readonly (keyof PrunePolicy)[];
/** What may be deleted by its age. */
export type Prunable = (typeof PRUNABLE)[number];

/**
 * Days, where one hotel keeps something longer or shorter than the desk's policy says, as the law of its country may want it; null: for good. How long
 * redelivery is known is the desk's alone.
 */
export type HotelRetention = Readonly<Partial<Record<Exclude<Prunable, "dedupKeys">, number | null>>>;

/** The policy of one hotel: the desk's, and what it has otherwise. */
export const policyFor = (policy: PrunePolicy, own: HotelRetention = {}): PrunePolicy =>
  policyOf({ ...policy, ...Object.fromEntries(Object.entries(own).map(([what, days]) => [what, days ?? undefined])) });

/** A policy of what is given. */
export const policyOf = (ages: Readonly<Partial<Record<Prunable, number | undefined>>>): PrunePolicy =>
  Object.fromEntries(PRUNABLE.flatMap((what) => (ages[what] === undefined ? [] : [[what, ages[what]]])));
