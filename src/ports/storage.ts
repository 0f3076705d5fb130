import type { Reach } from "../domain/access.js";
import type { AuditEntry } from "../domain/audit.js";
import type { LaneChange } from "../domain/change.js";
import type { Chat } from "../domain/chat.js";
import type { Conversation, ConversationStatus } from "../domain/conversation.js";
import type { StatusUpdate, Failure } from "../domain/delivery-status.js";
import type { DeskEvent } from "../domain/event.js";
import type { Guest } from "../domain/guest.js";
import type { ClaimedLane, LaneLease } from "../domain/lane.js";
import type { Message } from "../domain/message.js";
import type { Prompt } from "../domain/prompt.js";
import type { Reason } from "../domain/reason.js";
import type { DeadWork, InboundItem, WorkKind } from "../domain/work.js";

/**
 * What the desk asks of a database: intents in our words, no SQL, no transaction handle. Every verb is atomic, every
 * promise is a case of the contract in `belldesk/testing`, named by `@contract`.
 *
 * Every verb may throw `storage_unavailable` (retryable: nothing is known to have happened), and every other error
 * means that nothing did. Every instant it takes or gives is by the database's own clock unless a field says otherwise.
 */
export interface Storage {
  /**
   * Makes ready for work. Refuses an absent or old schema with `schema_missing` unless `migrate` is true, and one
   * that a newer release changed incompatibly with `schema_newer`.
   */
  open(options: { readonly migrate: boolean }): Promise<void>;
  /** Lets go of what `open` took. What the host gave (a pool) stays the host's. */
  close(): Promise<void>;

  /**
   * Remembers items of webhooks: durable when it resolves, each dedup hash once per hotel, however many callers meet.
   * A new item with a chat becomes `inbound` work at the end of its chat's lane, in the order given; if none of its
   * addresses is known, a guest is made for them (again once, however many callers meet).
   * @returns one outcome for each item, in the order given
   * @contract remember/once, remember/order, remember/one-guest, remember/too-old, remember/kept, remember/all-or-nothing
   */
  remember(items: readonly InboundItem[], options: { readonly dedupRetentionMs: number }): Promise<readonly RememberOutcome[]>;

  /**
   * Joins delivery reports into the messages they are about, by correlation id, else by wamid. A report of an unknown
   * wamid is parked and joined when that wamid is recorded. Message statuses only rise; a rise writes an event.
   * @returns one outcome for each update in the order given, and the events written
   * @contract status/lattice, status/parked, status/correlation, status/event, status/foreign-hotel
   */
  applyStatuses(updates: readonly StatusUpdate[]): Promise<{ readonly outcomes: readonly StatusOutcome[]; readonly events: readonly DeskEvent[] }>;

  /**
   * Takes due lanes of one kind for `leaseMs`, at most `lanes` of them, hotels in turn, the longest due first. A lane
   * is in one hand at a time; a claim after its lease has run out gets a higher epoch.
   * @contract claim/one-holder, claim/order, claim/fair, claim/expired-lease, claim/not-due
   */
  claim(options: ClaimOptions): Promise<Claim>;
  /** Prolongs leases by `leaseMs` from now. @returns for each lane whether it is still this holder's @contract lease/renew */
  renew(lanes: readonly LaneLease[], leaseMs: number): Promise<readonly boolean[]>;
  /** Gives lanes back undone; they are due at once. A stale epoch is ignored. @contract lease/release */
  release(lanes: readonly LaneLease[]): Promise<void>;

  /** What decisions about inbound items need, for each chat asked for, in one batched read. @contract load/chat */
  loadChats(keys: readonly ChatKey[]): Promise<{ readonly now: Date; readonly states: readonly ChatState[] }>;
  /** What a staff command needs; null when it is out of reach or does not exist, which look the same. @contract load/conversation */
  loadConversation(key: ConversationKey): Promise<{ readonly now: Date; readonly state: ConversationState | null }>;
  /** What sends need, for each message id, in the order given; null when it is gone. @contract load/send */
  loadSends(hotelId: string, messageIds: readonly string[]): Promise<{ readonly now: Date; readonly sends: readonly (SendState | null)[] }>;

  /**
   * Stores changes of one hotel, all or nothing. Chats and conversations must still have the version they carry
   * (stored with the next one), lanes the epoch; ids stored before are not stored twice. Gives each event the hotel's
   * next number, without holes, and each message the number of its event; gives the lanes back.
   * @contract commit/whole, commit/conflict, commit/fenced, commit/one-open, commit/client-id, commit/numbers, commit/failed-work, commit/lane
   */
  commit(hotelId: string, changes: readonly LaneChange[]): Promise<CommitResult>;

  /**
   * Makes durable that these messages are about to touch a socket: `sending`. Only for a lane still held, a message
   * still `queued`. @returns for each whether it may be sent
   * @contract send/intend, send/intend-fenced
   */
  intend(sends: readonly SendIntent[]): Promise<readonly boolean[]>;
  /**
   * Records what became of sends and gives their lanes back. `sent`, `failed` and `unknown` are facts: they are
   * recorded even when the lane has passed on. Parked reports of a recorded wamid are joined.
   * @returns the events written
   * @contract send/settle, send/settle-late, send/retry, send/hold, status/parked
   */
  settle(settlements: readonly Settlement[]): Promise<readonly DeskEvent[]>;
  /** Work of any kind that failed outside a change: due again later, or set aside as dead with an event. @contract work/retry, work/dead */
  fail(failures: readonly WorkFailure[]): Promise<readonly DeskEvent[]>;

  /** Conversations within reach, the newest message first. @contract read/conversations, read/reach, read/pages, read/unread */
  conversations(query: ConversationQuery): Promise<Page<ConversationRow> & { readonly now: Date }>;
  /** Messages of a conversation and of those it continues, newest first. @contract read/messages, read/continued */
  messages(query: MessageQuery): Promise<Page<Message, number> | null>;
  /** One message, with what is known of the webhook or sends behind it. @contract read/explain */
  message(query: { readonly reach: Reach; readonly messageId: string }): Promise<MessageHistory | null>;
  /** What happened in a hotel after an event number, in order. @contract read/events */
  events(query: { readonly hotelId: string; readonly after: number; readonly limit: number }): Promise<readonly DeskEvent[]>;
  /** The audit of one target, oldest first. @contract read/audit */
  audit(query: { readonly hotelId: string; readonly targetId: string }): Promise<readonly AuditEntry[]>;
  /** Dead work within reach, newest first. @contract work/dead */
  dead(query: { readonly reach: Reach; readonly before: PagePoint | null; readonly limit: number }): Promise<Page<DeadWork>>;
  /** Puts dead work at the end of its lane again, with its audit entry; false when it is not there, or out of reach. @contract work/replay */
  replay(query: { readonly reach: Reach; readonly workId: string; readonly audit: Omit<AuditEntry, "hotelId" | "at"> }): Promise<boolean>;
}

/** `new`: work for somebody, or kept aside when the item has no chat. `too_old`: kept and not acted upon. */
export type RememberOutcome = "new" | "duplicate" | "too_old";
/** `parked`: no message with this wamid yet. */
export type StatusOutcome = "applied" | "unchanged" | "parked";

export interface ClaimOptions {
  readonly kind: WorkKind;
  readonly lanes: number;
  readonly itemsPerLane: number;
  readonly leaseMs: number;
}

export interface Claim {
  readonly now: Date;
  readonly lanes: readonly ClaimedLane[];
  /** Milliseconds until the next lane of this kind comes due (0: some are due now), null when no lane has work. */
  readonly nextDueInMs: number | null;
}

export interface ChatKey {
  readonly hotelId: string;
  readonly phoneNumberId: string;
  readonly guestId: string;
  /** Meta's ids of messages that the items quote. */
  readonly quotedWamids: readonly string[];
  /** Ids of prompts whose options came back. */
  readonly promptIds: readonly string[];
}

export interface ChatState {
  readonly guest: Guest;
  /** null when nothing happened in it yet. */
  readonly chat: Chat | null;
  /** The guest's open conversations with the hotel, on any of its numbers, and any closed one that a quoted message stands in. */
  readonly conversations: readonly Conversation[];
  /** wamid to conversation id, for those that are messages of this guest. */
  readonly quoted: ReadonlyMap<string, string>;
  /** The prompts asked for that were put to this guest, and the newest prompt of each undecided conversation. */
  readonly prompts: readonly Prompt[];
}

export interface ConversationKey {
  readonly reach: Reach;
  readonly conversationId: string;
  /** Asks for the message that this author sent before under this id. */
  readonly client: { readonly authorId: string; readonly clientMessageId: string } | null;
}

export interface ConversationState {
  readonly conversation: Conversation;
  readonly chat: Chat;
  /** The guest's other open conversations with the hotel. */
  readonly others: readonly Conversation[];
  /** The message asked for by client id, in whatever conversation of the hotel it stands. */
  readonly existing: Message | null;
}

export interface SendState {
  readonly message: Message;
  readonly chat: Chat;
  readonly guest: Guest;
}

export type CommitResult =
  | { readonly outcome: "committed"; readonly events: readonly DeskEvent[]; readonly messages: readonly Message[] }
  /** Nothing was stored. Indexes of the changes whose versions are no longer the stored ones; load and decide those again. Empty: it cannot be told which. */
  | { readonly outcome: "conflict"; readonly changes: readonly number[] }
  /** Nothing was stored. Indexes of the changes whose lanes have passed on; drop those. */
  | { readonly outcome: "fenced"; readonly changes: readonly number[] };

export interface SendIntent {
  readonly lane: LaneLease;
  readonly messageId: string;
}

export interface Settlement {
  readonly lane: LaneLease;
  readonly workId: string;
  readonly messageId: string;
  readonly result: SettledResult;
  readonly reason: Reason;
}

export type SettledResult =
  | { readonly kind: "sent"; readonly wamid: string }
  | { readonly kind: "failed"; readonly failure: Failure }
  /** Holds the lane's followers for `holdMs`. */
  | { readonly kind: "unknown"; readonly failure: Failure; readonly holdMs: number }
  /** Back to `queued`, due again after `delayMs`. */
  | { readonly kind: "retry"; readonly failure: Failure; readonly delayMs: number };

export interface WorkFailure {
  readonly lane: LaneLease;
  readonly workId: string;
  readonly code: string;
  /** null sets it aside as dead. */
  readonly retryInMs: number | null;
}

/** Where a page begins: strictly after this point, in the list's order. Keys only; rights are applied again each time. */
export interface PagePoint {
  readonly at: Date;
  readonly id: string;
}

export interface Page<T, P = PagePoint> {
  readonly items: readonly T[];
  /** null on the last page. */
  readonly next: P | null;
}

export interface ConversationQuery {
  readonly reach: Reach;
  readonly hotelId: string | null;
  readonly departmentId: string | null;
  readonly status: ConversationStatus | null;
  readonly after: PagePoint | null;
  readonly limit: number;
}

export interface ConversationRow {
  readonly conversation: Conversation;
  readonly guestName: string | null;
  /** Guest messages that staff have not seen, those of the conversations it continues included. */
  readonly unread: number;
  readonly windowClosesAt: Date | null;
}

export interface MessageQuery {
  readonly reach: Reach;
  readonly conversationId: string;
  /** Messages with a smaller `eventSeq` only; null begins with the newest. */
  readonly before: number | null;
  readonly limit: number;
}

export interface MessageHistory {
  readonly message: Message;
  /** When the webhook attempt behind an inbound message was stored; null for outbound messages. */
  readonly receivedAt: Date | null;
}
