import type { HotelOptions } from "../../config/hotel.js";
import type { Address } from "../../domain/address.js";
import type { GuestsPort, KnownGuest } from "../../ports/guests.js";
import type { HotelsPort } from "../../ports/hotels.js";
import type { MediaStore } from "../../ports/media-store.js";
import type { Realtime } from "../../ports/realtime.js";
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
   * `"media"`: the transport carries files. `"reads"`: it tells WhatsApp what was read. `"examines"`: it asks WhatsApp how a number stands. `"changes"`: the hotels behind the port
   * can be changed. `"signed"`: the store of files makes addresses. `"tasks"`: the hotel's own system takes guests' requests.
   */
  readonly needs?: "concurrency" | "media" | "reads" | "examines" | "changes" | "signed" | "tasks";
  /** Tries it; rejects with what was broken. */
  readonly run: (subject: Subject) => Promise<void>;
}

/** What a case of the storage contract needs. */
export interface StorageUnderTest {
  /** Opened, and empty. */
  readonly storage: Storage;
  /** Moves the database's clock forward by so many milliseconds. No case waits for real time to pass. */
  readonly shiftClock: (ms: number) => Promise<void>;
}

/** A promise of the storage port, with how it is tried. */
export type StorageCase = ContractCase<StorageUnderTest>;

/** What a case of the transport contract needs. */
export interface TransportUnderTest {
  /**
   * Makes a transport that sends to this Graph API (`http://127.0.0.1:…`) and gives up a send after so many milliseconds. The
   * case closes it.
   */
  readonly open: (options: { readonly graphUrl: string; readonly deadlineMs: number }) => Transport;
}

/** A promise of the transport port, with how it is tried. */
export type TransportCase = ContractCase<TransportUnderTest>;

/** What a case of the realtime contract needs. */
export interface RealtimeUnderTest {
  /** Makes one process's end of a bus that nobody else is at. The case opens and closes it. */
  readonly join: () => Realtime;
  /** Takes the bus away from everybody: a server that is ended, or a line that is cut. Resolves when it is. */
  readonly leave: () => Promise<void>;
  /** Brings it back, empty. */
  readonly comeBack: () => Promise<void>;
}

/** A promise of the realtime port, with how it is tried. */
export type RealtimeCase = ContractCase<RealtimeUnderTest>;

/** What a case of the media store contract needs. */
export interface MediaStoreUnderTest {
  /** Opens a store in which nothing is. The case closes it. */
  readonly open: () => Promise<MediaStore>;
}

/** A promise of the media store port, with how it is tried. */
export type MediaStoreCase = ContractCase<MediaStoreUnderTest>;

/** What a case of the hotels contract needs. */
export interface HotelsUnderTest {
  /** Makes these the host's hotels, and no others. @returns the port to them */
  readonly open: (hotels: readonly HotelOptions[]) => Promise<HotelsPort>;
  /** Puts a hotel behind the opened port, in the place of the one with its id. Left out where hotels cannot change. */
  readonly put?: (hotel: HotelOptions) => Promise<void>;
  /** Takes a hotel out of the host's books. */
  readonly remove?: (hotelId: string) => Promise<void>;
}

/** A promise of the hotels port, with how it is tried. */
export type HotelsCase = ContractCase<HotelsUnderTest>;

/** What a case of the guests contract needs. */
export interface GuestsUnderTest {
  /** Empty books. @returns the port to them */
  readonly open: () => Promise<GuestsPort>;
  /** Writes into the books whom these addresses name in a hotel, in the place of whoever it was; null: nobody any more. */
  readonly put: (entry: {
    readonly hotelId: string;
    readonly addresses: readonly Address[];
    readonly guest: KnownGuest | null;
  }) => Promise<void>;
}

/** A promise of the guests port, with how it is tried. */
export type GuestsCase = ContractCase<GuestsUnderTest>;
