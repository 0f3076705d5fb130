import type { Reach } from "../domain/access.js";
import type { DeskEvent } from "../domain/event.js";
import type { AmendedMessage, ConversationRow } from "./read-storage.js";

/** What whoever watches the desk live reads. Every verb is one statement and sees one moment of the database. */
export interface LiveStorage {
  /**
   * The newest open conversations within reach, and how far the log of each hotel within reach had got at that very moment: all that
   * the log tells later is not in them yet, and all that it told before is. A guest is shown no preview of a message that is not of
   * `GUEST_DIRECTIONS`.
   * @contract live/snapshot, live/snapshot-reach, live/snapshot-guest, live/snapshot-moment
   */
  snapshot(query: SnapshotQuery): Promise<Snapshot>;
  /**
   * What a hotel's log tells after an event, in order, at most `limit` of it, and what that is about as it stands now.
   * @returns null when the log does not have the event at `after` as it says: it was pruned, or the storage is another's, or an earlier one's
   * @contract live/news, live/news-about, live/news-continued, live/news-left, live/news-guest, live/news-merged, live/news-messages, live/news-note, live/news-lost
   */
  news(query: NewsQuery): Promise<News | null>;
  /** How far the log of each of these hotels has got. One that has told nothing is not answered. @contract live/heads */
  heads(hotelIds: readonly string[]): Promise<readonly LogPlace[]>;
  /**
   * Says that somebody's rights have changed, or are gone: whoever is connected as them has to show who they are again. However many
   * callers meet, whoever reads on by number misses none of them. What is older than a day may be forgotten.
   * @contract live/revoked, live/revoked-at-once, live/revoked-kept
   */
  revoke(principal: RevokedPrincipal): Promise<void>;
  /**
   * Whose rights have changed, by number, after one of them; with null none of them, only the number of the newest. A number that is
   * still to come is of another time, before a backup was restored: then they are all that are known.
   * @contract live/revoked, live/revoked-kept
   */
  revocations(query: { readonly after: number | null }): Promise<Revocations>;
}

/** An event of a hotel's log, by its number and its time: in another log the event of that number has another time. */
export interface LogPlace {
  readonly hotelId: string;
  /** 0 stands before the first event. */
  readonly seq: number;
  /** null where `seq` is 0. */
  readonly at: Date | null;
}

/** What somebody who goes live is shown first. */
export interface SnapshotQuery {
  readonly reach: Reach;
  /** Conversations, at most. */
  readonly limit: number;
}

/** Conversations and the places in the logs that belong to them, of one moment. */
export interface Snapshot {
  readonly now: Date;
  /** Newest message first. */
  readonly items: readonly ConversationRow[];
  /** Whether there are more than `items`. */
  readonly more: boolean;
  /** One for each hotel within reach that has told something. */
  readonly places: readonly LogPlace[];
}

/** From where a hotel's log is read on. */
export interface NewsQuery {
  readonly after: LogPlace;
  /** Events, at most. */
  readonly limit: number;
}

/** What a log tells, with what it is about as that is now. */
export interface News {
  readonly now: Date;
  readonly events: readonly DeskEvent[];
  /** The last of `events`; `after` when there are none. */
  readonly upTo: LogPlace;
  /** The number of the log's last event at that moment. */
  readonly head: number;
  /**
   * Conversations that may look different by what is told: those that it is about or that have left one, those that go on with them, and the open ones of the
   * same guests, whoever was merged into whom. Each once, in no order.
   */
  readonly conversations: readonly LiveConversation[];
  /** Messages that are told of. Each once, in no order. */
  readonly messages: readonly AmendedMessage[];
}

/** A conversation that is told of. */
export interface LiveConversation extends ConversationRow {
  /** Whether a guest may see what the preview shows: it is no note. */
  readonly previewForGuest: boolean;
}

/** A principal, by what the host calls them. */
export interface RevokedPrincipal {
  readonly kind: "staff" | "guest";
  readonly id: string;
}

/** Whose rights changed. */
export interface Revocations {
  /** Of the newest; what is asked for after it next time. */
  readonly upTo: number;
  readonly principals: readonly RevokedPrincipal[];
}
