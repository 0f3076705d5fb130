import type { Storage } from "../../ports/storage.js";

/**
 * One promise of a port, as data: run it in any test runner. It throws when the promise is broken.
 * Every case wants a subject of its own.
 */
export interface ContractCase<Subject> {
  /** The promise's name in the port's `@contract` tags, with more words after it where a promise has several cases. */
  readonly id: string;
  /** The promise as a sentence. */
  readonly says: string;
  /** Callers meet at the same moment: only a subject with several connections can really break it. */
  readonly needs?: "concurrency";
  readonly run: (subject: Subject) => Promise<void>;
}

/** What a case of the storage contract needs. */
export interface StorageUnderTest {
  /** Opened, and empty. */
  readonly storage: Storage;
  /** Moves the database's clock forward by so many milliseconds. No case waits for real time to pass. */
  readonly shiftClock: (ms: number) => Promise<void>;
}

export type StorageCase = ContractCase<StorageUnderTest>;
