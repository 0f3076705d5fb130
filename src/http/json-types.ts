import type { GuestAddress } from "../domain/address.js";
import type { Reaction } from "../domain/amendment.js";
import type { Attachment } from "../domain/attachment.js";
import type { AuditEntry, AuditPlace, SealedAuditEntry } from "../domain/audit.js";
import type { Conversation, ConversationMode, ConversationStatus, Priority } from "../domain/conversation.js";
import type { Billing, Failure } from "../domain/delivery-status.js";
import type { EventBody } from "../domain/event.js";
import type { Author, FlowMark, Message } from "../domain/message.js";
import type { Participant } from "../domain/participant.js";
import type { Score } from "../domain/rating.js";
import type { SavedReply } from "../domain/saved-reply.js";
import type { GuestStay, PmsOutcome, StayPlan } from "../domain/stay.js";
import type { Task } from "../domain/task.js";
import type { Template } from "../domain/template.js";
import type { KeptItem, WorkKind } from "../domain/work.js";
import type { ErrorCode, ErrorDetails } from "../errors.js";
import type { ConsentEntry } from "../domain/consent.js";
import type { ReplayGap } from "../flow/replay.js";
import type { DeskCounters, DeskTimes } from "../ports/read-storage.js";
import type {
  FlowRunView,
  ExplanationStep,
  FoundGuest,
  FoundMessage,
  GuestConsents,
  GuestView,
  TemplatesRead,
} from "../runtime/desk-shapes.js";
import type { Erasure } from "../domain/privacy.js";
import type { ErasureReport, PruneReport, ReapplyReport } from "../runtime/privacy-api.js";
import type { TypingShown } from "../runtime/receipts.js";
import type { ContentJson } from "./content-json.js";
import type { AuditVerdict } from "../runtime/audit-verify.js";

/** The JSON that `deskRouter` and `deskHandler` send: types for a front end. Times are ISO 8601 in UTC. */

/** A page of a list. */
export interface ListJson<Item> {
  readonly items: readonly Item[];
  /** For `?cursor=`; null on the last page. */
  readonly nextCursor: string | null;
}

/** A conversation as lists show it. Instants are ISO 8601. */
export interface ConversationSummaryJson {
  readonly id: string;
  readonly hotelId: string;
  /** null while the guest has not chosen a department. */
  readonly departmentId: string | null;
  readonly guest: { readonly id: string; readonly name: string | null };
  readonly status: ConversationStatus;
  readonly mode: ConversationMode;
  readonly speaker: Conversation["speaker"];
  /** Who of staff sees to it; null while nobody does. */
  readonly assigneeId: string | null;
  readonly priority: Priority;
  readonly tags: readonly string[];
  /** Until when it stays out of the open list; null when it is there. */
  readonly snoozedUntil: string | null;
  /** For the `version` of a command. */
  readonly version: number;
  readonly lastMessageAt: string;
  /** One line. */
  readonly lastMessagePreview: string;
  /** How many messages of the guest staff have not seen. */
  readonly unread: number;
  /** Since when the guest waits for an answer; null while nothing is unanswered. */
  readonly waitingSince: string | null;
  /** Whether WhatsApp lets a free-form message leave now, and until when. */
  readonly window:
    { readonly open: true; readonly closesAt: string } | { readonly open: false; readonly closesAt: string | null };
}

/** What stands open, by hotel and department (null: none yet). */
export interface CountersJson {
  readonly items: readonly (Omit<DeskCounters, "waitingSince"> & { readonly waitingSince: string | null })[];
}

/** How long first responses and resolutions took. */
export type TimesJson = DeskTimes;

/** A message that was found, and the conversation to open. */
export interface FoundMessageJson extends Omit<FoundMessage, "at"> {
  readonly at: string;
}
/** A guest who was found. */
export type FoundGuestJson = FoundGuest;

/** Who did what, to what, and why. */
export interface AuditEntryJson extends Omit<AuditEntry, "at"> {
  readonly at: string;
}

/** An entry with what proves it. */
export interface SealedAuditEntryJson extends Omit<SealedAuditEntry, "at" | "sealedAt"> {
  readonly at: string;
  readonly sealedAt: string;
}

/** A stretch of a hotel's audit in the order of its commits. */
export interface AuditExportJson extends ListJson<SealedAuditEntryJson> {
  readonly hotelId: string;
  readonly kept: AuditPlace;
  readonly head: AuditPlace;
  readonly unsealedSince: string | null;
}

/** Whether a hotel's audit holds. */
export type AuditVerdictJson = AuditVerdict;

/** A stay of a guest, by the hotel's own system, and what the desk said about it by itself. */
export interface StayJson extends Pick<
  GuestStay,
  "reservationId" | "status" | "arrival" | "departure" | "room" | "roomReady" | "guestName" | "language"
> {
  readonly messages: readonly StayMessageJson[];
}

/** What a rule of the hotel wants said; `says` is `why` in words. */
export interface StayMessageJson extends Omit<StayPlan, "dueAt" | "goAt" | "at"> {
  readonly says: string | null;
  readonly dueAt: string;
  readonly goAt: string;
  readonly at: string;
}

/** A stay that begins or ends on a day. */
export interface StayOnDayJson extends Omit<StayJson, "messages"> {
  /** Of the guest, open and within reach, with the newest message; null: there is none. */
  readonly conversationId: string | null;
}

/** A guest's stays. */
export interface StaysJson {
  readonly items: readonly StayJson[];
}

/** A request of a guest's. `lateAt`: when staff were told that it is late. */
export interface TaskJson extends Pick<
  Task,
  | "id"
  | "externalId"
  | "conversationId"
  | "departmentId"
  | "kind"
  | "what"
  | "room"
  | "when"
  | "attachmentIds"
  | "status"
  | "note"
> {
  readonly dueAt: string | null;
  readonly lateAt: string | null;
  readonly createdAt: string;
}

/** What a guest asked for, newest first. */
export interface TasksJson {
  readonly items: readonly TaskJson[];
}

/** What became of an event of the hotel's own system, and the stay or the request as it is with it. */
export interface PmsAnswerJson {
  readonly outcome: PmsOutcome;
  readonly stay: StayJson | null;
  readonly task: TaskJson | null;
}

/** What a command answers. */
/** `run` is null where no flow ever ran. Instants are ISO 8601. */
export interface FlowRunJson {
  readonly run:
    | (Omit<FlowRunView, "startedAt" | "endedAt"> & { readonly startedAt: string; readonly endedAt: string | null })
    | null;
}

/** Each past state of a run, made again. `replay` is null where no flow ever ran. */
export interface FlowReplayJson {
  readonly replay: {
    /** As it is. */
    readonly run: NonNullable<FlowRunJson["run"]>;
    /** By number, from 1. */
    readonly states: readonly {
      readonly number: number;
      readonly at: string;
      /** `by`: `begin`, `heard`, `performed`, `timer`, `resume` and the like. */
      readonly moved: { readonly by: string; readonly messageId: string | null };
      /** As it was then. */
      readonly run: NonNullable<FlowRunJson["run"]>;
      /** What the guest had in front of them. */
      readonly question: {
        readonly promptId: string;
        readonly options: readonly { readonly id: string; readonly value: string; readonly title: string }[];
      } | null;
      readonly said: readonly { readonly messageId: string; readonly step: string }[];
    }[];
    /** `after` of the next page; null on the last. */
    readonly next: number | null;
    /** The first move that could not be made again; null: all could. */
    readonly gap: { readonly number: number; readonly code: ReplayGap } | null;
  } | null;
}

/** What a command answers. */
export interface ConversationJson {
  readonly id: string;
  readonly hotelId: string;
  readonly departmentId: string | null;
  readonly guest: { readonly id: string };
  readonly status: ConversationStatus;
  readonly mode: ConversationMode;
  readonly speaker: Conversation["speaker"];
  readonly assigneeId: string | null;
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly snoozedUntil: string | null;
  readonly version: number;
  readonly lastMessageAt: string;
  readonly lastMessagePreview: string;
  /** Everything up to this message has been seen by staff. */
  readonly readSeq: number;
  /** Number of its newest message. */
  readonly lastSeq: number;
  readonly closedAt: string | null;
  /** Since it was opened (again). `answeredAt` without `askedAt`: staff wrote first. */
  readonly episode: {
    readonly number: number;
    readonly startedAt: string;
    readonly askedAt: string | null;
    readonly answeredAt: string | null;
    readonly answeredBy: string | null;
  };
  /** What the guest was asked last about it, one to five stars; null: they were not. */
  readonly rating: {
    readonly askedAt: string;
    readonly staffId: string | null;
    readonly score: Score | null;
    readonly ratedAt: string | null;
  } | null;
  /** The conversation that goes on with this matter. */
  readonly continuedIn: string | null;
}

/** A file of a message, or one to be sent. */
export interface AttachmentJson {
  readonly id: string;
  readonly conversationId: string;
  readonly kind: Attachment["kind"];
  readonly direction: Attachment["direction"];
  /** Only what is `stored` is opened. */
  readonly state: Attachment["state"];
  /** Why it is not there; null where it is, or is on its way. */
  readonly reason: string | null;
  /** Safe to be shown, and to save it under; null where it has none. */
  readonly fileName: string | null;
  /** What it was found to be; before that, what its sender says. */
  readonly mimeType: string | null;
  readonly sizeBytes: number | null;
  /** Pixels of a picture. */
  readonly width: number | null;
  readonly height: number | null;
  readonly hasThumbnail: boolean;
  /** What it is kept for. */
  readonly purpose: string | null;
  /** When it is forgotten; null: not by itself. */
  readonly forgetAt: string | null;
  readonly createdAt: string;
}

/** An address of a file: a secret. */
export interface LinkJson {
  /** Whole, or below the place where the API is mounted. */
  readonly url: string;
  readonly expiresAt: string;
}

/** What staff read of a guest's text in their own language; `text` is null where there is no translation. */
export interface TranslationJson {
  /** BCP 47. */
  readonly language: string;
  readonly text: string | null;
  readonly from: string | null;
}

/** A message as staff and guests see it now. Instants are ISO 8601. */
export interface MessageJson {
  readonly id: string;
  readonly conversationId: string;
  /** Its place in the conversation, from 1 without holes. */
  readonly seq: number;
  readonly direction: Message["direction"];
  readonly author: Author;
  /** What it says now; `{ type: "revoked" }` when it was deleted for everybody. */
  readonly content: ContentJson;
  /** What it said before, oldest first, each with the time since when it said so; empty unless it was edited. */
  readonly versions: readonly { readonly content: ContentJson; readonly at: string }[];
  /** What was to be sent, where the service window had closed and the template in `content` was sent in its place; else null. */
  readonly insteadOf: ContentJson | null;
  /** When it was deleted for everybody; null as long as it stands. */
  readonly revokedAt: string | null;
  readonly reactions: readonly (Omit<Reaction, "at"> & { readonly at: string })[];
  /** Its file; null where it has none. */
  readonly attachment: AttachmentJson | null;
  /** WhatsApp's id of it, by which others quote it; null for a note, and until WhatsApp has taken it. */
  readonly wamid: string | null;
  /** The `wamid` of the message that it quotes or answers, which may be none that is shown here; null where it quotes none, and once it was deleted. */
  readonly quotes: string | null;
  /**
   * What it says in the staff's language, where somebody translated it, beside what it says itself; null where nobody did (yet). `text` is null where the
   * translator gave no answer, `from` where it did not say out of what. No guest is told.
   */
  readonly translation: TranslationJson | null;
  /** How a guest came to send it, where WhatsApp tells. */
  readonly context: Message["context"];
  /**
   * The step of a flow that it belongs to, and what became of the step with it; null for what is no flow's. `runId` is null where no run is
   * known. No guest is told.
   */
  readonly flow: (Omit<FlowMark, "runId"> & { readonly runId: string | null }) | null;
  /** `"received"` for what a guest wrote, `"noted"` for a note. */
  readonly status: Message["status"];
  readonly failure: Failure | null;
  /** The message that was sent in its place, because it had failed or nobody could say; null as long as none was. */
  readonly resentAs: string | null;
  /** What WhatsApp said it costs; null before, and for what a guest wrote. */
  readonly billing: Billing | null;
  readonly clientMessageId: string | null;
  readonly sentAt: string;
  readonly createdAt: string;
}

/** Every step of a message. Instants are ISO 8601. */
export interface ExplanationJson {
  readonly messageId: string;
  readonly conversationId: string;
  /** Oldest first. */
  readonly steps: readonly (Omit<ExplanationStep, "at"> & { readonly at: string })[];
  /** Of the message itself. */
  readonly audit: readonly DoneJson[];
  /** What was done since to the conversations that show it; empty for whoever may not read the hotel's audit. */
  readonly conversationAudit: readonly (DoneJson & { readonly conversationId: string })[];
}

/** What was done, by whom, when and why. */
export type DoneJson = Pick<AuditEntry, "actor" | "action" | "reason"> & { readonly at: string };

/** Who a guest is, by what evidence, and who else they may be. */
export interface GuestJson extends Omit<GuestView, "addresses"> {
  /** What WhatsApp knows them by. */
  readonly addresses: readonly GuestAddressJson[];
}
/** By what a guest is known, and since when. Instants are ISO 8601. */
export interface GuestAddressJson extends Omit<GuestAddress, "firstSeenAt" | "retiredAt"> {
  readonly firstSeenAt: string;
  /** Since when the guest has another in its place; null while it is used. */
  readonly retiredAt: string | null;
}

/** Guests who have, or had, a phone number. */
export interface GuestsJson {
  readonly items: readonly GuestJson[];
}

/** What a guest said about offers, and what counts of it. */
export interface ConsentsJson {
  readonly marketing: GuestConsents["marketing"];
  /** All that was ever said, oldest first. */
  readonly items: readonly ConsentJson[];
}
/** What a guest once said about offers. Instants are ISO 8601. */
export interface ConsentJson extends Omit<ConsentEntry, "hotelId" | "at" | "recordedAt"> {
  /** When the guest said it. */
  readonly at: string;
  /** When the desk heard of it. */
  readonly recordedAt: string;
}

/** A note that mentions whoever asks. */
export interface MentionJson {
  readonly at: string;
  readonly read: boolean;
  /** Ids of the conversations that show it. */
  readonly shownIn: readonly string[];
  readonly message: MessageJson;
}

/** Who took part in a conversation, and in those it continues. */
export interface ParticipantsJson {
  readonly items: readonly Participant[];
}

/** What staff answer often. */
export interface SavedReplyJson extends Omit<SavedReply, "updatedAt"> {
  /** The names of the values that it has places for. */
  readonly placeholders: readonly string[];
  readonly updatedAt: string;
}

/** Whether the guest sees that somebody writes; else why not. */
export type TypingJson = TypingShown;

/** Something that happened and is about no conversation. `type` says what the rest is. */
export type OperatorEventJson = EventBody & {
  readonly hotelId: string;
  /** Its place among everything that happened in the hotel. */
  readonly seq: number;
  readonly at: string;
};

/** Work that was given up. */
export interface SendersJson {
  readonly items: readonly SenderJson[];
}

/** A number as what sends. */
export interface SenderJson {
  readonly hotelId: string;
  /** Meta's id of the number. */
  readonly phoneNumberId: string;
  /** Messages a second; null: as fast as it goes. */
  readonly perSecond: number | null;
  /** Why it sends nothing until then; `probing`: one message goes first then. */
  readonly pause: { readonly until: string; readonly probing: boolean; readonly code: string } | null;
  /** Chats with messages that wait. */
  readonly waiting: number;
}

/** Work that was given up. Instants are ISO 8601. */
export interface DeadWorkJson {
  readonly id: string;
  readonly hotelId: string;
  readonly kind: WorkKind;
  /** The code of the last error. */
  readonly code: string;
  readonly attempts: number;
  readonly createdAt: string;
  readonly deadAt: string;
}

/** What a webhook brought and nobody acts upon: what it says stays in the database. */
export interface KeptItemJson {
  readonly id: string;
  readonly hotelId: string;
  readonly kind: string;
  readonly outcome: KeptItem["outcome"];
  readonly receivedAt: string;
}

/** A message template, and what has to be filled in. */
export type TemplateJson = Omit<Template, "updatedAt"> & {
  readonly updatedAt: string;
  /** Whether WhatsApp sends it now, as far as is known. */
  readonly sendable: boolean;
};

/** What reading the templates from WhatsApp came to. */
export type TemplatesReadJson = TemplatesRead;

/** What became of reading again what stood aside. */
export interface ReprocessedJson {
  /** How much was looked at. */
  readonly read: number;
  /** How much of it is work now. */
  readonly understood: number;
}

/** The body of every answer that is not a success. */
export interface ErrorJson {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly details?: ErrorDetails };
}

/** An erasure, with instants as text. */
export type ErasureJson = Omit<Erasure, "at" | "doneAt"> & { readonly at: string; readonly doneAt: string | null };
/** What erasing a guest came to. Instants are ISO 8601. */
export type ErasureReportJson = Omit<ErasureReport, "erasure"> & { readonly erasure: ErasureJson | null };
/** What erasing again came to. Instants are ISO 8601. */
export type ReapplyJson = Omit<ReapplyReport, "erased"> & { readonly erased: readonly ErasureReportJson[] };
export type PruneJson = PruneReport;
