import type { GuestAddress } from "../domain/address.js";
import type { ShownMessage } from "../domain/amendment.js";
import type { AuditEntry, AuditPlace, SealedAuditEntry } from "../domain/audit.js";
import type { ReplyContent } from "../domain/content.js";
import type { ConsentEntry } from "../domain/consent.js";
import type { Conversation, ConversationMode, ConversationStatus, Priority } from "../domain/conversation.js";
import type { Approval, FlowAnswers, FlowHandoffReason, FlowRunStatus, StepRecord } from "../domain/flow-run.js";
import type { JsonValue } from "../domain/json.js";
import type { Guest } from "../domain/guest.js";
import type { Message } from "../domain/message.js";
import type { ReasonCode } from "../domain/reason.js";
import type { SavedReply } from "../domain/saved-reply.js";
import type { GuestStay, PmsOutcome } from "../domain/stay.js";
import type { Task } from "../domain/task.js";
import type { ServiceWindow } from "../domain/service-window.js";
import type { TemplateContent } from "../domain/template.js";
import type { Stay } from "../ports/guests.js";
import type { MediaRange } from "../ports/media-store.js";
import type { MediaKind } from "../media/verdict.js";

// What staff ask the desk with (desk-api.ts), and what it shows them.

/** What of a file is opened. */
export interface OpenOptions {
  /** The small picture of it, where there is one; the file itself by default. */
  readonly thumbnail?: boolean;
  /** Some of its bytes; all of them by default. */
  readonly range?: MediaRange;
}

/** A file that was opened, to be read once. */
export interface OpenedFile {
  /** Names its bytes: another file has another. */
  readonly id: string;
  /** What it was found to be, whatever its sender said. */
  readonly mimeType: string;
  /** A name that is safe to be shown and saved under. */
  readonly fileName: string;
  /** For a `Content-Disposition` header. */
  readonly disposition: string;
  /** Of the whole file, whatever the range is. */
  readonly sizeBytes: number;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Lets go of a file that nobody reads. */
  readonly discard: () => void;
}

/** Where a page finds a file for a few minutes. */
export interface AttachmentLink {
  /** Whole, or below the place where the desk's API is mounted (`attachments/…`). */
  readonly url: string;
  readonly expiresAt: Date;
}

/** A file to be put there. */
export interface NewFile {
  /** As what it will be sent. */
  readonly kind: MediaKind;
  /** What it is said to be; null: nobody says. */
  readonly contentType: string | null;
  /** A text to be shown, no path. */
  readonly fileName?: string | null;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** What became of reading a hotel's templates. */
export interface TemplatesRead {
  /** How many the catalogue has now. */
  readonly read: number;
  /** How many had no name or language that could be read. */
  readonly unread: number;
  /** How many it had before and has no more. */
  readonly deleted: number;
}

/** Who a guest is, as staff see them. */
export interface GuestView {
  readonly id: string;
  readonly hotelId: string;
  readonly name: string | null;
  readonly username: string | null;
  /** BCP 47: what they said they speak, in a flow; null while they said nothing. */
  readonly language: string | null;
  readonly addresses: readonly GuestAddress[];
  /** The guest who this one turned out to be. */
  readonly mergedInto: string | null;
  /** Guests that turned out to be this one. */
  readonly merged: readonly { readonly id: string; readonly name: string | null }[];
  /**
   * Who they may be besides, for a person to decide. `formerPhone`: who has a phone now that was theirs. `likePhone`: whose
   * phone may be the same in another national spelling.
   */
  readonly maybeSame: readonly { readonly guestId: string; readonly why: "formerPhone" | "likePhone" }[];
  /** Where the host's guests port knows them to stay now, or next; null when it knows of none, or could not say. */
  readonly stay: Stay | null;
  /** Who they are by the host's books; null when those do not know them, or could not be asked. */
  readonly known: { readonly name: string | null; readonly language: string | null; readonly vip: boolean } | null;
}

/** What a guest wants, and everything they said about it. */
export interface GuestConsents {
  /** `stopped`: the guest wants no offers. `allowed`: nothing is known against them; that they once agreed is the host's to know. */
  readonly marketing: "allowed" | "stopped";
  /** All that was ever said, oldest first. */
  readonly entries: readonly ConsentEntry[];
}

/** What a command about a conversation may say. */
export interface Seen {
  /**
   * The version that whoever asks has before them. When the conversation is another by now, the command changes nothing and is
   * answered `conversation_changed`, unless what it wants is so already. Without it, the command is about whatever there is now.
   */
  readonly version?: number;
}

/** What a command about a conversation may say, with why it is done. */
export interface Why extends Seen {
  /** For the audit, 1 to 200 characters; a code for the command by default. */
  readonly reason?: string;
}

/** Which page of a list. `limit` is 1 to 100; 50 by default. */
export interface PageQuery {
  /** Where the page before ended; opaque. */
  readonly cursor?: string;
  readonly limit?: number;
}

/** Which conversations to list; without any filter, all within reach. */
export interface ConversationsQuery extends PageQuery {
  readonly hotel?: string;
  readonly department?: string;
  readonly status?: ConversationStatus;
  /** The id of one of staff; null for those that nobody sees to. */
  readonly assignee?: string | null;
  readonly priority?: Priority;
  readonly tag?: string;
  /**
   * Only those that are snoozed, or only those that are not. Without it, the list of open ones leaves them out, and a list of
   * whatever status has them.
   */
  readonly snoozed?: boolean;
  /** true: only those with something unread. */
  readonly unread?: boolean;
  /** true: only open ones whose guest waits for an answer, who has waited longest first. */
  readonly waiting?: boolean;
}

/** Which stretch of a hotel's audit. */
export interface AuditExportQuery extends PageQuery {
  readonly hotel: string;
}

/** Which hotel's audit is verified. */
export interface AuditVerifyQuery {
  readonly hotel: string;
  /**
   * For how many days entries have to be kept. Without it nothing may have been pruned.
   */
  readonly keptForDays?: number;
}

/** A stretch of a hotel's audit. */
export interface AuditPage extends List<SealedAuditEntry> {
  readonly hotelId: string;
  /** The last entry that was pruned: the first that is left follows it. */
  readonly kept: AuditPlace;
  /** The last entry. */
  readonly head: AuditPlace;
  /** Since when entries stand that are not sealed yet; null: all are. */
  readonly unsealedSince: Date | null;
}

/** What is looked for in a hotel's messages. */
export interface SearchText extends PageQuery {
  readonly hotel: string;
  /** What somebody typed. Its first words count, a dozen of them. */
  readonly text: string;
  readonly department?: string;
}

/** A message that was found. */
export interface FoundMessage {
  readonly messageId: string;
  readonly hotelId: string;
  /** The conversation that shows it: its own, or the last one in reach that goes on with it. */
  readonly conversationId: string;
  readonly departmentId: string | null;
  readonly guest: { readonly id: string; readonly name: string | null };
  readonly direction: Message["direction"];
  readonly at: Date;
  /** What it shows, in one line. */
  readonly line: string;
}

/** A guest who was found. */
export type FoundGuest = Pick<Guest, "id" | "hotelId" | "name" | "username">;

/** Which page of a hotel's audit; `target` and `actor` are ids. */
export interface AuditListQuery extends PageQuery {
  readonly hotel: string;
  readonly target?: string;
  readonly actor?: string;
}

/** A year's report at most, and a day. */
export const PERIOD_MOST_DAYS = 366;

/** Of which period, and of what in it. */
export interface PeriodQuery {
  readonly hotel?: string;
  readonly department?: string;
  /** The host's id of one of staff: what they answered and closed, and who waits in what they see to. */
  readonly staff?: string;
  readonly from: Date;
  /** Before this instant. */
  readonly to: Date;
}

/** A page of a list. */
export interface List<T> {
  readonly items: readonly T[];
  /** null on the last page. */
  readonly nextCursor: string | null;
}

/** A conversation as lists show it. */
export interface ConversationSummary {
  readonly id: string;
  readonly hotelId: string;
  readonly departmentId: string | null;
  readonly guest: { readonly id: string; readonly name: string | null };
  readonly status: ConversationStatus;
  readonly mode: ConversationMode;
  readonly speaker: Conversation["speaker"];
  readonly assigneeId: string | null;
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly snoozedUntil: Date | null;
  /** For a command's `version`. */
  readonly version: number;
  readonly lastMessageAt: Date;
  readonly lastMessagePreview: string;
  readonly unread: number;
  /** Since when the guest waits for an answer; null while nothing is unanswered. */
  readonly waitingSince: Date | null;
  /** Whether WhatsApp lets a free-form message leave now, and until when. */
  readonly window: ServiceWindow;
}

/** What is answered to a guest. */
export interface Reply {
  /** The sender's own id for the message, 1 to 128 characters; a UUID is a good one. */
  readonly clientMessageId: string;
  readonly content: ReplyContent;
  /**
   * A template that goes in its place when the service window closes before it could leave, or was closed already; without one the
   * message then fails with `window_closed`.
   */
  readonly fallback?: TemplateContent;
  /**
   * It leaves before whatever else waits for the number and for this guest, and may use the burst that WhatsApp grants to one
   * guest: for a door code, not for a newsletter. Default `false`.
   */
  readonly urgent?: boolean;
  /**
   * It is delivered only while the guest's WhatsApp is the one that has this mark, which their messages carry
   * (`context.identityKeyHash`); else it fails with `graph_137000`: they have another device, or their number has become somebody else's. For door codes
   * and invoices. The number's identity check has to be switched on at WhatsApp.
   */
  readonly identityKeyHash?: string;
  /** The id of a message of the guest to quote. */
  readonly quotes?: string;
  /**
   * The number of the newest message that its author has seen. When somebody else has answered since, a colleague, a bot or the hotel's
   * phone, nothing is stored, and `answered_meanwhile` says who. Sent again with a `seenSeq` that covers that answer, it goes.
   */
  readonly seenSeq?: number;
}

/** Which page of the saved replies; with `department`, only those that it can use. */
export interface SavedRepliesQuery extends PageQuery {
  readonly department?: string;
}

/** A text that staff use again and again. */
export interface NewSavedReply extends Pick<SavedReply, "hotelId" | "shortcut" | "texts"> {
  /** For every department without it. */
  readonly departmentId?: string | null;
  readonly reason?: string;
}

/** What is left out stays as it is. */
export interface SavedReplyChange extends Partial<Pick<SavedReply, "departmentId" | "shortcut" | "texts">> {
  /** The one that it was read at. */
  readonly version: number;
  readonly reason?: string;
}

/** What staff decide when a flow asks them. */
export interface DecideApproval extends Why {
  /** The approval's id, as `flowRun` has it: one that was asked earlier is refused. */
  readonly approvalId: string;
  readonly approved: boolean;
}

/** Which flow begins, and with what. */
export interface StartFlow extends Why {
  readonly flowId: string;
  /** What the flow begins with, at most 20 members. */
  readonly given?: Readonly<Record<string, JsonValue>>;
}

/** Which run's past is made again. */
export interface ReplayFlow {
  /** Of an earlier run of the conversation, as its messages name it (`flow.runId`); the newest by default. */
  readonly runId?: string;
}

/** One guest on their way through a flow, as staff see it. */
export interface FlowRunView {
  readonly id: string;
  readonly flowId: string;
  readonly version: number;
  readonly conversationId: string;
  readonly status: FlowRunStatus;
  /** Where it is. */
  readonly step: string;
  readonly answers: FlowAnswers;
  readonly given: Readonly<Record<string, JsonValue>>;
  /** Each step that it came to, in order. */
  readonly steps: readonly StepRecord[];
  /** Why a person has it; null when none has. */
  readonly why: FlowHandoffReason | null;
  /** What staff are asked to decide, or were asked last; null when nothing was. */
  readonly approval: Approval | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

/** What staff say among themselves. */
export interface Note {
  /** The author's own id for the note, 1 to 128 characters. */
  readonly clientMessageId: string;
  /** 1 to 4,096 UTF-16 units. */
  readonly text: string;
  /** Ids of staff members, as their principals have them; at most 20. */
  readonly mentions?: readonly string[];
}

/** Which page of the notes that mention somebody; `unread: true`: only those not read yet. */
export interface MentionsQuery extends PageQuery {
  readonly unread?: boolean;
}

/** A note that mentions somebody. */
export interface MentionView {
  readonly at: Date;
  /** Whether they have read the conversation as far as to the note. */
  readonly read: boolean;
  /** Ids of the conversations that show it: its own, and those that go on with that one. In no order. */
  readonly shownIn: readonly string[];
  readonly message: ShownMessage;
}

/** Who is written to: a phone, a business-scoped id as WhatsApp gave it, or a guest who is known. */
export type Recipient =
  /** Written in any way, with the country's code; digits alone begin with it. */
  { readonly waId: string } | { readonly bsuid: string } | { readonly guestId: string };

/** Which arrivals, or departures. */
export interface StaysOnDayQuery extends PageQuery {
  readonly hotelId: string;
  /** `YYYY-MM-DD`; today by the hotel's clock by default. */
  readonly day?: string;
}

/** A stay that begins or ends on a day. */
export interface StayOnDay {
  readonly stay: GuestStay;
  /** The guest's open conversation with the newest message, of those within reach; null: there is none. */
  readonly conversationId: string | null;
}

/** What became of an event, and the stay or the request as it is with it. */
export interface PmsAnswer {
  readonly outcome: PmsOutcome;
  readonly stay: GuestStay | null;
  readonly task: Task | null;
}

/** Something that a guest asks the house for. */
export interface NewTask {
  /** Whoever asks calls it so, 1 to 250 characters: a flow's `idempotencyKey`, a click's own id. */
  readonly key: string;
  /** `"housekeeping"`, `"maintenance"`: 1 to 64 of a-z, A-Z, 0-9, _ and -, beginning with a letter. */
  readonly kind: string;
  /** In the guest's words, at most 1,000 UTF-16 units. */
  readonly what: string;
  readonly room?: string;
  readonly when?: string;
  /** Of photos of the guest's own, at most 10. */
  readonly attachmentIds?: readonly string[];
  /** Who sees to it; the conversation's by default. */
  readonly departmentId?: string;
  /** BCP 47, in which the guest is told of it; the hotel's by default. */
  readonly language?: string;
  /** Milliseconds in which it should be done, from 1,000 to 30 days: staff are told when it is not. */
  readonly dueInMs?: number;
  /** For the audit. */
  readonly reason?: string;
}

/** What a hotel writes first. */
export interface FirstMessage {
  /** The sender's own id for the message, 1 to 128 characters; without one, each call is a new message. */
  readonly clientMessageId?: string;
  readonly hotelId: string;
  readonly departmentId: string;
  readonly to: Recipient;
  /** Which of the hotel's numbers it leaves from; else the one from which the department speaks with the guest, else its first. */
  readonly phoneNumberId?: string;
  /** A reaction belongs to a message, so that it is an answer. */
  readonly content: Exclude<ReplyContent, { readonly type: "reaction" }>;
  /** As in `Reply`. */
  readonly fallback?: TemplateContent;
  /** As in `Reply`. */
  readonly urgent?: boolean;
  /** As in `Reply`. */
  readonly identityKeyHash?: string;
}

/** How a failed message is sent again. `mayDouble`: also one of unknown fate, which the guest may then have twice. */
export interface Resend {
  /** The sender's own id for the new message, 1 to 128 characters. */
  readonly clientMessageId?: string;
  readonly mayDouble?: boolean;
  /** As in `Reply`; else what the failed message had. */
  readonly fallback?: TemplateContent;
  /** As in `Reply`, whatever the failed message was. */
  readonly urgent?: boolean;
  /** As in `Reply`; else what the failed message had. null: whoever has the guest's WhatsApp now may have it. */
  readonly identityKeyHash?: string | null;
  readonly reason?: string;
}

/** How what stands aside is read again; `dryRun` only counts. */
export interface Reprocess {
  readonly dryRun?: boolean;
  /** Called now and then with how many were read. */
  readonly onProgress?: (progress: { readonly done: number }) => void;
}

/** Every step of a message. */
export interface Explanation {
  readonly messageId: string;
  readonly conversationId: string;
  readonly steps: readonly ExplanationStep[];
  /** Of the message itself. */
  readonly audit: readonly AuditEntry[];
  /**
   * What was done since, oldest first, to the conversations that show the message: its own, and those that go on with that. The newest
   * fifty, without who read it when. Empty for whoever may not read the hotel's audit (`audit.list`).
   */
  readonly conversationAudit: readonly AuditEntry[];
}

/** One step: when, why, and what that means in words. */
export interface ExplanationStep {
  readonly at: Date;
  readonly code: ReasonCode | "received";
  readonly says: string;
  readonly details?: Readonly<Record<string, string | number>>;
}
