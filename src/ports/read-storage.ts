import type { Reach } from "../domain/access.js";
import type { Address } from "../domain/address.js";
import type { Amendment } from "../domain/amendment.js";
import type { Attachment } from "../domain/attachment.js";
import type { AuditEntry } from "../domain/audit.js";
import type { ConsentEntry } from "../domain/consent.js";
import type { Conversation, ConversationStatus, Priority } from "../domain/conversation.js";
import type { DeskEvent } from "../domain/event.js";
import type { FlowRecord } from "../domain/flow-move.js";
import type { Guest } from "../domain/guest.js";
import type { Mention } from "../domain/mention.js";
import type { Message } from "../domain/message.js";
import type { Participant } from "../domain/participant.js";
import type { SoughtWord } from "../domain/search.js";
import type { Translation } from "../domain/translation.js";
import type { Sender } from "../domain/sender.js";
import type { DeadWork, KeptItem } from "../domain/work.js";

/** What is read within the reach of whoever asks: the query itself holds the rights. */
export interface ReadStorage {
  /**
   * Guests of a hotel within reach who have, or had, one of these addresses; in no order, each once. One that was merged is
   * answered as the one into whom.
   * @contract guest/find
   */
  findGuests(query: {
    readonly reach: Reach;
    readonly hotelId: string;
    readonly addresses: readonly Address[];
  }): Promise<readonly Guest[]>;
  /**
   * All that was ever said about offers to a guest, by `at`, then id, the smallest first, that of everybody who turned out to be
   * the same person included: merged guests are answered alike. null when there is no such guest, or out of reach (as `loadGuests`).
   * @contract consent/history, consent/merged, consent/reach
   */
  consents(query: { readonly reach: Reach; readonly guestId: string }): Promise<readonly ConsentEntry[] | null>;
  /** The numbers that ever had something to send, by hotel, then number. Only reach over a whole hotel sees them. @contract sender/list */
  senders(query: { readonly reach: Reach }): Promise<readonly Sender[]>;

  /**
   * Conversations within reach by `lastMessageAt`, then id, the greatest first; those that are asked for because somebody waits
   * by `waitingSince`, then id, the smallest first, which is then what a point's `at` is. Within a guest's reach are theirs and those of
   * whoever turned out to be the same person (the guest into whom they were merged, and all merged into that one). A guest is shown
   * no preview of a message that is not of `GUEST_DIRECTIONS`.
   * @contract read/conversations, read/assignee, read/priority, read/tag, read/snoozed, read/reach, read/pages, read/unread, read/only-unread, read/only-waiting, read/guest, read/guest-merged, read/guest-notes
   */
  conversations(query: ConversationQuery): Promise<Page<ConversationRow> & { readonly now: Date }>;
  /**
   * What stands open in each department within reach that has something open, and in what has none yet. In no order.
   * @contract read/counters
   */
  counters(query: { readonly reach: Reach; readonly hotelId: string | null }): Promise<readonly DeskCounters[]>;
  /**
   * How long first responses and resolutions took that ended from `from` until before `to` (`Timing.at`), in all, in each department and by
   * each of staff: those within reach by their department. What a timing's `openMs` says is how long it took, else all from `since` to `at`. Beside them who has waited for the first word of the staff since then:
   * open conversations whose episode was asked in that time and not answered (`askedAt`, `answeredAt`), by the department that they are
   * with and by who sees to them. What nobody of staff did, and nobody sees to, counts for none of staff. In no order.
   * Of the questions for a rating (`surveyed`) those that were asked then are told, with what they were answered (`rated`) by now.
   * A median or 90th percentile between two values is as far between them (as `percentile_cont`); all in whole milliseconds.
   * @contract times/period, times/open-hours, times/groups, times/filters, times/waiting, times/ratings, times/reach
   */
  times(query: TimesQuery): Promise<DeskTimes>;
  /**
   * Messages of a hotel that have all these words (`contentWords`) in what they show, by `eventSeq`, then id, the greatest first.
   * What they show is made of their own content, sent or not, and of what was done to them; so one that was deleted has no words.
   * A message is within reach when its conversation is, or one that goes on with it, and in a department when one of these is. It
   * is told with the last of these that is within reach and in the department. Without words nothing is found.
   *
   * A page may hold fewer than were asked for, or none, and still say where the next one begins: nobody waits for a search
   * through all that a large hotel ever wrote.
   * @contract search/words, search/shown, search/reach, search/continued, search/pages, search/merged
   */
  search(query: SearchQuery): Promise<Page<SearchHit, SearchPoint>>;
  /**
   * Guests of a hotel within reach (as `loadGuests`) whose name and username together have all these words (`nameWords`), by id,
   * the greatest first. One that was merged is answered as the one into whom.
   * @contract search/guests, search/guests-reach
   */
  searchGuests(query: GuestSearchQuery): Promise<Page<Guest, string>>;
  /**
   * Messages of a conversation and of those it continues, however many in a row, by `eventSeq`, the greatest first, each with
   * its amendments, in no order. null when the conversation is out of reach or does not exist. A guest sees those of
   * `GUEST_DIRECTIONS` alone, and of conversations that are within their reach. No other verb shows a guest anything.
   * @contract read/messages, read/continued, read/amended, read/guest, read/guest-continued, read/guest-notes, read/guest-nothing-else
   */
  messages(query: MessageQuery): Promise<Page<AmendedMessage, number> | null>;
  /**
   * One message, with what is known of the webhook behind it. It is within reach when its conversation is, or one that
   * goes on with it, so that whoever sees it in a list can ask about it.
   * @contract read/explain
   */
  message(query: { readonly reach: Reach; readonly messageId: string }): Promise<MessageHistory | null>;
  /**
   * A run of a flow in a conversation with all that moved it (`Change.moves`), each move once, and what the guest's message said
   * that moved it, as it was stored first, unless they deleted it: the run asked for, else the one under way, else the newest. `record` is null where there
   * is no such run there; all is null when the conversation is out of reach or does not exist. No guest sees any.
   * @contract flow/record, flow/record-reach
   */
  flowRecord(query: FlowRecordQuery): Promise<{ readonly record: FlowRecord | null } | null>;
  /**
   * Who took part in a conversation and in those it continues, and how far each has read them; a participant of two of them stands in
   * both. null when the conversation is out of reach or does not exist.
   * @contract read/participants
   */
  participants(query: {
    readonly reach: Reach;
    readonly conversationId: string;
  }): Promise<ConversationParticipants | null>;
  /**
   * The newest of what a guest wrote in a conversation, or in one that it continues: no old message out of the phone app, no
   * word of WhatsApp's about the guest, and no call. null when the conversation is out of reach or does not exist.
   * @contract read/newest-inbound
   */
  newestInbound(query: NewestInboundQuery): Promise<NewestInbound | null>;
  /**
   * Notes that name a staff member, by `at`, then message id, the greatest first. Each is within reach when its conversation is, or
   * one that goes on with it; it has been read when its reader has read its conversation as far as to it.
   * @contract read/mentions
   */
  mentions(query: MentionQuery): Promise<Page<MentionRow>>;
  /** What happened in a hotel after an event number, in order. @contract read/events */
  events(query: {
    readonly hotelId: string;
    readonly after: number;
    readonly limit: number;
  }): Promise<readonly DeskEvent[]>;
  /**
   * What happened in hotels that is about no conversation, by `at`, then number, the greatest first. Only reach over a whole
   * hotel sees it. A point's id is the number, in twenty digits, after the hotel's id and a slash.
   * @contract read/operator-events
   */
  operatorEvents(query: {
    readonly reach: Reach;
    readonly before: PagePoint | null;
    readonly limit: number;
  }): Promise<Page<DeskEvent>>;
  /** The audit of one target, oldest first. @contract read/audit */
  audit(query: { readonly hotelId: string; readonly targetId: string }): Promise<readonly AuditEntry[]>;
  /** A hotel's audit by `at`, then id, the greatest first. Only reach over the whole hotel sees it. @contract read/audit-list */
  auditEntries(query: AuditQuery): Promise<Page<AuditEntry>>;
  /** Dead work by `deadAt`, then id, the greatest first. It has no department: only reach over a whole hotel sees it. @contract work/dead */
  dead(query: {
    readonly reach: Reach;
    readonly before: PagePoint | null;
    readonly limit: number;
  }): Promise<Page<DeadWork>>;
  /**
   * Remembered items that are nobody's work, by `receivedAt`, then id, the greatest first: those without a chat and those
   * too old. A `status` of a hotel is not among them, because it is joined into its message; one of the hotel
   * `unrouted` is. Like dead work they have no department: only reach over a whole hotel sees them.
   * @contract read/kept
   */
  kept(query: {
    readonly reach: Reach;
    readonly before: PagePoint | null;
    readonly limit: number;
  }): Promise<Page<KeptItem>>;
}

/** A message with what was done to it since. */
export type AmendedMessage = Message & {
  readonly amendments: readonly Amendment[];
  /** Its file; absent where it has none. */
  readonly attachment?: Attachment;
  /** Absent where it has none. */
  readonly translation?: Translation;
};

/** Where a page begins: strictly after this point, in the list's order. Keys only; rights are applied again each time. */
export interface PagePoint {
  readonly at: Date;
  readonly id: string;
}

/** A page of a list. */
export interface Page<T, P = PagePoint> {
  readonly items: readonly T[];
  /** null on the last page, also when that is full. */
  readonly next: P | null;
}

/** Which page of the conversations, by whom. */
export interface ConversationQuery {
  readonly reach: Reach;
  readonly hotelId: string | null;
  readonly departmentId: string | null;
  readonly status: ConversationStatus | null;
  /** Only those that this one of staff sees to; null: those that nobody does. */
  readonly assigneeId?: string | null;
  readonly priority?: Priority;
  /** Only those with this tag, as `tagOf` writes it. */
  readonly tag?: string;
  /** Only those that stay out of the open list for a while, or only the others. */
  readonly snoozed?: boolean;
  /** true: only those with something unread. */
  readonly unread?: boolean;
  /** true: only open ones whose guest waits for an answer. */
  readonly waiting?: boolean;
  readonly after: PagePoint | null;
  readonly limit: number;
}

/** What stands open in a department; null: in none yet. */
export interface DeskCounters {
  readonly hotelId: string;
  readonly departmentId: string | null;
  /** Open conversations. */
  readonly open: number;
  /** Those of them with something unread. */
  readonly unread: number;
  /** Those of them whose guest waits for an answer. */
  readonly waiting: number;
  /** Since when the one waits who has waited longest; null when nobody does. */
  readonly waitingSince: Date | null;
}

/** Of which period response times are asked for, by whom. */
export interface TimesQuery {
  readonly reach: Reach;
  readonly hotelId: string | null;
  readonly departmentId: string | null;
  /** Only what this one of staff answered or closed, and who waits for them. */
  readonly staffId: string | null;
  readonly from: Date;
  /** Before this instant. */
  readonly to: Date;
}

/** How long guests waited, in all, by department and by who answered. */
export interface DeskTimes {
  readonly all: TimesOf;
  /** Where there is something to tell; `departmentId` null: of no department yet. */
  readonly departments: readonly (TimesOf & { readonly hotelId: string; readonly departmentId: string | null })[];
  readonly staff: readonly (TimesOf & { readonly hotelId: string; readonly staffId: string })[];
}

/** How long guests waited. */
export interface TimesOf {
  /** From when the guest asked until staff first answered, once for each episode of a conversation; in opening hours, where there are such. */
  readonly firstResponse: Durations;
  /** From when a conversation was opened (again) until it was closed; in opening hours, where there are such. */
  readonly resolution: Durations;
  /** Of what guests were asked in the period, whenever they answered. */
  readonly rating: RatingOf;
  /** Conversations in which staff have still to answer for the first time. */
  readonly waiting: number;
  /** Of the resolutions, those in which the guest had asked and nobody of staff answered. */
  readonly resolvedUnanswered: number;
}

/** What guests said of it. */
export interface RatingOf {
  readonly asked: number;
  readonly answered: number;
  /** Stars, to hundredths; null where nobody answered. */
  readonly average: number | null;
  /** How many gave one star, two, and so on to five. */
  readonly scores: readonly [number, number, number, number, number];
}

/** Whole milliseconds; null where there are none. */
export interface Durations {
  readonly count: number;
  readonly meanMs: number | null;
  readonly medianMs: number | null;
  /** Nine of ten took at most this long. */
  readonly p90Ms: number | null;
}

/** Which page of a hotel's audit, by whom. */
export interface AuditQuery {
  readonly reach: Reach;
  readonly hotelId: string;
  readonly targetId: string | null;
  readonly actorId: string | null;
  readonly before: PagePoint | null;
  readonly limit: number;
}

/** Which words are looked for, by whom. */
export interface SearchQuery {
  readonly reach: Reach;
  readonly hotelId: string;
  readonly departmentId: string | null;
  readonly words: readonly SoughtWord[];
  /** Strictly before this one in time; null begins with the newest. */
  readonly before: SearchPoint | null;
  readonly limit: number;
}

/** Where a page of found messages begins. Two imported ones may have one `eventSeq`. */
export interface SearchPoint {
  readonly eventSeq: number;
  readonly id: string;
}

/** A message that was found. */
export interface SearchHit {
  readonly message: AmendedMessage;
  /** The conversation that shows it. */
  readonly conversationId: string;
  readonly departmentId: string | null;
  /** As in `ConversationRow`. */
  readonly guestId: string;
  readonly guestName: string | null;
}

/** Which words of names are looked for, by whom. */
export interface GuestSearchQuery {
  readonly reach: Reach;
  readonly hotelId: string;
  readonly words: readonly SoughtWord[];
  /** Only those with a smaller id. */
  readonly before: string | null;
  readonly limit: number;
}

/** A conversation as lists show it. */
export interface ConversationRow {
  readonly conversation: Conversation;
  /** What was done to the message that the preview shows. In no order. */
  readonly previewAmendments: readonly Amendment[];
  /** Who it is with: the guest of the conversation, or the one into whom they were merged, whose name and window these are. */
  readonly guestId: string;
  /** null until a profile name was seen. */
  readonly guestName: string | null;
  /** Guest messages after `readSeq`, those of the conversations it continues included, each after its own. */
  readonly unread: number;
  /** Of the chat with the conversation's number; null before the guest ever wrote there. */
  readonly windowClosesAt: Date | null;
}

/** Which page of a conversation's messages, by whom. */
export interface MessageQuery {
  readonly reach: Reach;
  readonly conversationId: string;
  /** Messages with a smaller `eventSeq` only; null begins with the newest. */
  readonly before: number | null;
  readonly limit: number;
}

/** A message with whence it came and where it is shown. */
export interface MessageHistory {
  readonly message: AmendedMessage;
  /** When the webhook attempt behind an inbound message was stored; null for outbound messages. */
  readonly receivedAt: Date | null;
  /** Ids of the conversations that show it: its own, and those that go on with that one after the other. In no order. */
  readonly shownIn: readonly string[];
}

/** Who took part in a conversation, and in those it continues. */
export interface ConversationParticipants {
  /** The conversation, and those it continues, however many in a row. In no order. */
  readonly conversations: readonly { readonly id: string; readonly lastSeq: number }[];
  /** In no order. */
  readonly participants: readonly Participant[];
}

/** Which run's past, by whom; null: the newest. */
export interface FlowRecordQuery {
  readonly reach: Reach;
  readonly conversationId: string;
  readonly runId: string | null;
}

/** The guest's newest message of which conversation, by whom. */
export interface NewestInboundQuery {
  readonly reach: Reach;
  readonly conversationId: string;
  /** In the conversation itself up to this number only; null: to its end. Those it continues are always looked through whole. */
  readonly upTo: number | null;
}

/** The guest's newest message of a conversation. */
export interface NewestInbound {
  readonly now: Date;
  readonly hotelId: string;
  /** null: the guest wrote nothing there. */
  readonly message: {
    readonly conversationId: string;
    readonly seq: number;
    readonly eventSeq: number;
    /** Of its conversation. */
    readonly guestId: string;
    readonly phoneNumberId: string;
    readonly wamid: string;
    /** By WhatsApp's clock. */
    readonly sentAt: Date;
  } | null;
}

/** Which page of the notes that mention somebody, by whom. */
export interface MentionQuery {
  readonly reach: Reach;
  /** Whose. */
  readonly staffId: string;
  /** true: only those that have not been read. */
  readonly unread: boolean;
  /** A point's id is the message's. */
  readonly before: PagePoint | null;
  readonly limit: number;
}

/** A note that mentions somebody. */
export interface MentionRow {
  readonly mention: Mention;
  /** The note. */
  readonly message: Message;
  readonly read: boolean;
  /** Ids of the conversations that show it, as in `MessageHistory`. */
  readonly shownIn: readonly string[];
}
