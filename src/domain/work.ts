import type { Address } from "./address.js";
import type { JsonValue } from "./json.js";

/**
 * Everything the system does is one of these: `inbound` decides on a webhook's item, `command` does what the host asked for, `outbound`
 * sends a message, `timer` comes due, `assignment` finds somebody who sees to a conversation,
 * `translation` has a guest's message put into the staff's language.
 */
export const WORK_KINDS = ["inbound", "command", "outbound", "media", "timer", "assignment", "translation"] as const;
/** The kinds of work. */
export type WorkKind = (typeof WORK_KINDS)[number];

/**
 * One piece of work. It stands in a lane at `position`, and lanes are worked in order.
 * `id` is the root of every id that a decision about it makes, so deciding twice cannot act twice.
 */
export interface WorkItem {
  readonly id: string;
  readonly kind: WorkKind;
  readonly position: number;
  /** How often it was tried and failed. */
  readonly attempts: number;
  /** What it is about, as JSON text: an inbound item's raw leaf, an outbound message's `{ messageId }`. */
  readonly payload: string;
  readonly createdAt: Date;
}

/** Work that a decision asks for; it goes to the end of its lane, an urgent one before all that are not. */
export interface NewWork {
  readonly id: string;
  readonly kind: WorkKind;
  readonly phoneNumberId: string;
  readonly guestId: string;
  readonly payload: JsonValue;
  /** Of outbound work: somebody stands at a door and waits for it. Absent: as any other. */
  readonly urgent?: boolean;
  /** Of a timer, and of nothing else: when it comes due. Absent: at once. */
  readonly dueAt?: Date;
}

/** Something the host asked for in a transaction of its own; it goes to the end of its subject's lane. */
export interface NewCommand {
  readonly hotelId: string;
  /** Of the work, and unique in the hotel. */
  readonly id: string;
  /** Names what it is about; commands with one subject are worked in the order in which they become visible. */
  readonly subject: string;
  readonly payload: JsonValue;
}

/** Work that was given up: visible, and replayable once its cause is mended. */
export interface DeadWork {
  readonly id: string;
  readonly hotelId: string;
  readonly kind: WorkKind;
  /** The code of the last error. */
  readonly code: string;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly deadAt: Date;
}

/** An item of a webhook that nobody acts upon, without what stands in it: a list shows no guest's words. */
export interface KeptItem {
  /** Id of the webhook attempt. */
  readonly id: string;
  readonly hotelId: string;
  /** What it was found to be, e.g. `"group_message"`, `"malformed"`. */
  readonly kind: string;
  /** `too_old`: a message that came after its dedup key may be gone. `kept`: there is nobody to act upon it. */
  readonly outcome: "kept" | "too_old";
  readonly receivedAt: Date;
}

/** An item that may be understood by now, as it came. */
export interface RawItem {
  /** Id of the webhook attempt. */
  readonly id: string;
  readonly hotelId: string;
  readonly kind: string;
  readonly raw: string;
}

/**
 * One item of a webhook on its way into storage. `raw` is its JSON text as `JSON.stringify` writes it: NUL and lone
 * surrogates are escaped there, so any database can hold it.
 */
export interface InboundItem {
  /** Id of the webhook attempt, and of the work when there is some. */
  readonly id: string;
  readonly hotelId: string;
  /** SHA-256 of what makes the item one and the same, cut to 16 bytes, as hex. */
  readonly dedupHash: string;
  readonly raw: string;
  /** What the splitter found it to be, e.g. `"message"`, `"status"`, `"echo"`, `"unknown_field"`. */
  readonly kind: string;
  /** Set when somebody has to act upon it; null keeps it visibly aside. */
  readonly chat: InboundChat | null;
}

/** Whose chat an item belongs to. */
export interface InboundChat {
  /** Of an item about an account, that account's id. */
  readonly phoneNumberId: string;
  /** In lookup order. None: the item is about the account itself, and its lane has the guest `""`. */
  readonly addresses: readonly Address[];
  /** Meta's timestamp. An item older than the dedup keys live is stored and not acted upon, unless it is imported. */
  readonly sentAt: Date;
  /** It is an old message that WhatsApp brings on purpose. */
  readonly isImported?: boolean;
  /** The id a guest gets if none of the addresses is known. */
  readonly newGuestId: string;
}
