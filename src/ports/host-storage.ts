import type { Reach } from "../domain/access.js";
import type { AuditEntry } from "../domain/audit.js";
import type { ConsumerLease, ConsumerPlace } from "../domain/consumer.js";
import type { DeskEvent } from "../domain/event.js";
import type { SavedReply, SavedReplyKey } from "../domain/saved-reply.js";
import type { Template, TemplateDefinition, TemplateKey } from "../domain/template.js";
import type { Page } from "./read-storage.js";

/** What a hotel keeps with the desk beside its conversations: templates, saved replies, and how far its consumers have read. */
export interface HostStorage {
  /**
   * Stores a hotel's whole catalogue as it was at an instant: those that it has and that are not among these are `deleted` from
   * then on. Of each template the definition, the status, the category and the quality count when nothing later was said of them,
   * by this verb or by `commit`; an unknown quality or id of Meta's says nothing. Of two with one name and language the last counts.
   * @returns how many became `deleted`
   * @contract templates/put, templates/put-later, templates/put-gone
   */
  putTemplates(catalogue: {
    readonly hotelId: string;
    readonly templates: readonly TemplateDefinition[];
    readonly at: Date;
  }): Promise<{ readonly deleted: number }>;
  /** Templates of a hotel by name, then language, for whoever reaches any department of it. @contract templates/list, templates/reach */
  templates(query: TemplateQuery): Promise<Page<Template, TemplateKey>>;

  /**
   * Saved replies of a hotel by shortcut, then id: those for every department, for whoever reaches any of them, and those of departments
   * within reach. @contract saved/list, saved/reach
   */
  savedReplies(query: SavedReplyQuery): Promise<Page<SavedReply, SavedReplyKey>>;
  /** One, by its id; null when there is none, or its department, or for every department the whole hotel, is out of reach. @contract saved/reach */
  savedReply(query: { readonly reach: Reach; readonly id: string }): Promise<SavedReply | null>;
  /**
   * Stores one with the version after the one it carries (0: it must not exist yet), with its audit entry. `missing`: it does not exist, or what is stored is
   * out of reach. `conflict`: another version is stored. `taken`: another one of the department, or of the whole hotel, has its shortcut.
   * However many callers meet, one of them has it. @contract saved/put, saved/taken
   */
  putSavedReply(put: PutSavedReply): Promise<SavedReplyStored>;
  /** Takes one away, with its audit entry; false when it is not there (any more), or out of reach. @contract saved/delete */
  deleteSavedReply(query: {
    readonly reach: Reach;
    readonly id: string;
    readonly audit: Omit<AuditEntry, "hotelId" | "at">;
  }): Promise<boolean>;
  /**
   * Makes a consumer known, once: a reader of the event logs of all hotels whose place is stored. It begins at the beginning of each
   * log, or with `from: "now"` after what is told by then; a hotel whose first event comes later is read from its beginning.
   * @returns false when it was known, and nothing changes
   * @contract consume/open, consume/from-now
   */
  openConsumer(consumer: { readonly name: string; readonly from: "beginning" | "now" }): Promise<boolean>;
  /**
   * Takes hotels that have told something after the consumer's place in their log, at most `hotels` of them, the longest left alone
   * first, each with its next events in order, at most `events`. A hotel's log is in one hand at a time for one consumer; every
   * claim gives it a higher epoch, and others may have it when its lease has run out.
   * @returns null when there is no consumer of that name: it was never opened, or was forgotten
   * @contract consume/order, consume/one-holder, consume/expired-lease, consume/hotels-in-turn, consume/names, consume/forget
   */
  claimEvents(claim: EventClaim): Promise<readonly ClaimedEvents[] | null>;
  /**
   * Stores a consumer's place, up to and with event `seq`. It never moves back. Then the log is held for another `leaseMs`, or given
   * back, due after a wait; with a failure's code, how often the next event failed is counted, until it is handled.
   * @returns false, and nothing is stored, when the log is not in this holder's hands any more
   * @contract consume/place, consume/fenced, consume/failed, consume/renew
   */
  moveConsumer(move: ConsumerMove): Promise<boolean>;
  /**
   * Forgets a consumer and its places. Whoever has a log of it in hand has it no more; opened again, the name is new.
   * @returns false when there was none of that name
   * @contract consume/forget
   */
  forgetConsumer(name: string): Promise<boolean>;
  /** How far each consumer is in each hotel that has told something, by name, then hotel. @contract consume/places */
  consumers(): Promise<readonly ConsumerPlace[]>;
}

/** Which consumer wants events, of how many hotels and how many of each at most, and for how many milliseconds it holds them. */
export interface EventClaim {
  readonly name: string;
  readonly hotels: number;
  readonly events: number;
  readonly leaseMs: number;
}

/** A hotel's log in the caller's hands. */
export interface ClaimedEvents extends ConsumerLease {
  /** The next ones, in order; never empty. */
  readonly events: readonly DeskEvent[];
  /** How often the first of them was tried and failed. */
  readonly failures: number;
}

/** How far a consumer has come with a hotel. */
export interface ConsumerMove {
  readonly consumer: ConsumerLease;
  /** Everything up to and with this one is handled. */
  readonly seq: number;
  readonly then:
    | { readonly kind: "hold"; readonly leaseMs: number }
    /** `failed`: the code of what the next event failed with; null when nothing did. */
    | { readonly kind: "giveBack"; readonly waitMs: number; readonly failed: string | null };
}

/** Which page of a hotel's templates, by whom. */
export interface TemplateQuery {
  readonly reach: Reach;
  readonly hotelId: string;
  /** Only those after this one. */
  readonly after: TemplateKey | null;
  readonly limit: number;
}

/** Which page of a hotel's saved replies, by whom. */
export interface SavedReplyQuery {
  readonly reach: Reach;
  readonly hotelId: string;
  /** Only those that this department can use: its own, and those for every one. null: all within reach. */
  readonly departmentId: string | null;
  readonly after: SavedReplyKey | null;
  readonly limit: number;
}

/** A saved reply as it should be stored, with its entry of the audit. */
export interface PutSavedReply {
  readonly reach: Reach;
  readonly reply: Omit<SavedReply, "updatedAt">;
  readonly audit: Omit<AuditEntry, "hotelId" | "at">;
}

/** What storing it came to. */
export type SavedReplyStored =
  { readonly outcome: "stored"; readonly at: Date } | { readonly outcome: "missing" | "conflict" | "taken" };
