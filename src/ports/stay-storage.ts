import type { Reach } from "../domain/access.js";
import type { Address } from "../domain/address.js";
import type { GuestStay } from "../domain/stay.js";
import type { Task } from "../domain/task.js";
import type { Page } from "./read-storage.js";

/** Which stays of a hotel, on a day. */
export interface StaysOnQuery {
  readonly reach: Reach;
  readonly hotelId: string;
  readonly of: "arrival" | "departure";
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** Those after this reservation; null: from the first. */
  readonly after: string | null;
  /** How many at most. */
  readonly limit: number;
}

/** What is known of guests' stays, and what they asked for. Both are stored by `commit`. */
export interface StayStorage {
  /** A reservation of a hotel; null when nothing was told of it. @contract stay/commit, stay/load */
  loadStay(query: {
    readonly hotelId: string;
    readonly reservationId: string;
  }): Promise<{ readonly now: Date; readonly stay: GuestStay | null }>;
  /**
   * The stays of a person in a hotel: those that name an address which is theirs now, or them by id, or a guest who was merged with
   * them. Somebody whom the hotel does not know has those that name the same address. By `createdAt`, then reservation, the newest first; at
   * most `limit`.
   * @contract stay/of-guest, stay/of-address, stay/of-merged
   */
  staysOf(query: {
    readonly hotelId: string;
    readonly person: Address | { readonly guestId: string };
    readonly limit: number;
  }): Promise<readonly GuestStay[]>;
  /**
   * The stays of a hotel that begin, or end, on a day: those whose arrival, or departure, begins with it; cancelled ones are none. By
   * reservation, the smallest first. Of a hotel out of reach there are none; within it, who may see which, the caller knows.
   * @contract stay/on-day, stay/on-day-pages, stay/on-day-reach
   */
  staysOn(query: StaysOnQuery): Promise<Page<GuestStay, string>>;
  /** A task of a hotel by the desk's id, else by what the hotel's own system calls it. @contract task/commit, task/load */
  loadTask(query: {
    readonly hotelId: string;
    readonly taskId: string;
  }): Promise<{ readonly now: Date; readonly task: Task | null }>;
  /** The tasks of a conversation, by `createdAt`, then id, the newest first; at most `limit`. @contract task/of-conversation */
  tasksOf(query: {
    readonly hotelId: string;
    readonly conversationId: string;
    readonly limit: number;
  }): Promise<readonly Task[]>;
}
