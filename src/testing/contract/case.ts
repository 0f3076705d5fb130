import type { Storage } from "../../ports/storage.js";
import type { Transport } from "../../ports/transport.js";

/**
 * One promise of a port, as data: run it in any test runner. It throws when the promise is broken.
 * Every case wants a subject of its own.
 */
export interface ContractCase<Subject> {
  /** The promise's name in the port's `@contract` tags, with more words after it where a promise has several cases. */
  readonly id: string;
  /** The promise as a sentence. */
  readonly says: string;
  /**
   * `"concurrency"`: callers meet at the same moment, and only a subject with several connections can really break it.
   * `"media"`: the transport carries files.
   */
  readonly needs?: "concurrency" | "media";
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

/** What a case of the transport contract needs. */
export interface TransportUnderTest {
  /**
   * Makes a transport that sends to this Graph API (`http://127.0.0.1:…`) and gives up a send after so many milliseconds. The
   * case closes it.
   */
  readonly open: (options: { readonly graphUrl: string; readonly deadlineMs: number }) => Transport;
}

export type TransportCase = ContractCase<TransportUnderTest>;
