import type { Attachment } from "../domain/attachment.js";
import type { ShownMessage } from "../domain/amendment.js";
import type { AuditEntry } from "../domain/audit.js";
import type { ConsentWish } from "../domain/consent.js";
import type { Conversation, Priority } from "../domain/conversation.js";
import type { DeskEvent } from "../domain/event.js";
import type { Participant } from "../domain/participant.js";
import type { FlowReplay } from "../flow/replay.js";
import type { SavedReply } from "../domain/saved-reply.js";
import type { Sender } from "../domain/sender.js";
import type { GuestStay } from "../domain/stay.js";
import type { Task } from "../domain/task.js";
import type { Template } from "../domain/template.js";
import type { DeadWork, KeptItem } from "../domain/work.js";
import type { DeskCounters, DeskTimes } from "../ports/read-storage.js";
import type { TemplatesJson } from "../whatsapp/template-json.js";
import type { PmsEvent } from "./pms-event.js";
import type { PrivacyDesk } from "./privacy-api.js";
import type { TypingShown } from "./receipts.js";
import type { AuditVerdict } from "./audit-verify.js";
import type {
  AttachmentLink,
  AuditExportQuery,
  AuditListQuery,
  AuditPage,
  AuditVerifyQuery,
  ConversationSummary,
  ConversationsQuery,
  DecideApproval,
  Explanation,
  FirstMessage,
  FlowRunView,
  FoundGuest,
  FoundMessage,
  GuestConsents,
  GuestView,
  List,
  MentionView,
  MentionsQuery,
  NewFile,
  NewSavedReply,
  NewTask,
  Note,
  OpenOptions,
  OpenedFile,
  PageQuery,
  PeriodQuery,
  PmsAnswer,
  ReplayFlow,
  Reply,
  Reprocess,
  Resend,
  SavedRepliesQuery,
  SavedReplyChange,
  SearchText,
  Seen,
  StartFlow,
  StayOnDay,
  StaysOnDayQuery,
  TemplatesRead,
  Why,
} from "./desk-shapes.js";

/**
 * The desk as one principal sees it: everything a staff page can do. What is out of the principal's reach is answered
 * `not_found`, exactly like what does not exist. Get one from `ConversationManager.as(principal)`.
 */
export interface Desk extends PrivacyDesk {
  /** Conversations, the one with the newest message first. @param query `limit` 1 to 100, 50 by default */
  conversations(query?: ConversationsQuery): Promise<List<ConversationSummary>>;
  /** What stands open in each department, and in none yet: how much is unread, how many wait, and since when. In no order. */
  counters(query?: { readonly hotel?: string }): Promise<readonly DeskCounters[]>;
  /**
   * Messages of a hotel in which all words of `text` stand, newest first; the last word may be the beginning of one. Case, accents and
   * width do not matter, and what is between words is not looked for. A message is found by what it shows now. A page may hold
   * fewer than `limit`, or none, and still have a next one: a search does not go through all of a large hotel's history at once.
   * @param query `limit` 1 to 100, 50 by default
   */
  search(query: SearchText): Promise<List<FoundMessage>>;
  /**
   * Guests of a hotel by name and username, the newest first: all words of `text`, of which each may be the end of one of theirs and
   * the last any part.
   * @param query `limit` 1 to 100, 50 by default
   */
  searchGuests(query: Omit<SearchText, "department">): Promise<List<FoundGuest>>;
  /**
   * Who did what in a hotel and why, newest first. For managers and admins of the whole hotel; to anybody else it is empty.
   * @param query `target` and `actor` are ids; `limit` 1 to 100, 50 by default
   */
  audit(query: AuditListQuery): Promise<List<AuditEntry>>;
  /**
   * A hotel's audit in the order in which it was committed, with what proves it (`docs/audit.md`): for whoever checks it elsewhere, with
   * `verifyAudit` or a program of their own. What was done a moment ago is not in it yet. For admins of the whole hotel; to anybody else it is empty.
   * @param query `limit` 1 to 1,000, 500 by default
   */
  exportAudit(query: AuditExportQuery): Promise<AuditPage>;
  /**
   * Reads a hotel's audit whole, and says whether it is what was sealed, and what the anchor keeps. For admins of the whole hotel.
   * @throws {ConversationError} `not_found` for a hotel out of reach, and one of which no audit is known; what the anchor throws
   */
  verifyAudit(query: AuditVerifyQuery): Promise<AuditVerdict>;
  /**
   * How long guests waited for the first word of the staff, and matters for their end: of what ended from `from` until before `to`, in all, in each
   * department and by each of staff. A first response is counted from when the guest asked until the desk took the first answer of a person, be
   * it in the phone app; once each time that a conversation is opened (again). What staff write first answers nothing. A resolution
   * is counted from when the conversation was opened (again) until it was closed, unless another goes on with it. Who waits now since then, is counted
   * beside them. For managers and admins.
   * @throws {ConversationError} `request_invalid` for no period, or one of more than 366 days
   */
  times(query: PeriodQuery): Promise<DeskTimes>;
  /** A conversation's messages and those of the ones it continues, newest first. @param query `limit` 1 to 100, 50 by default */
  messages(conversationId: string, query?: PageQuery): Promise<List<ShownMessage>>;
  /**
   * Answers the guest. The same `clientMessageId` with the same content again is the same message.
   * With `seenSeq` of two who answer at once the second sees the first.
   * @throws {ConversationError} `window_closed`, `conversation_closed`, `client_message_reused`, `payload_invalid`; `answered_meanwhile`,
   *   with `details.seq` and `details.by` (`kind`, `id`)
   */
  reply(conversationId: string, reply: Reply): Promise<ShownMessage>;
  /**
   * Writes to a guest who need not have written before; who is not known yet becomes a guest. It goes to the department's open
   * conversation with the guest, or begins one, to whichever of the guest's addresses answers go to. An address is looked up as it
   * is, once a phone's writing is made one; a phone under which nobody ever wrote in its other national spelling too (Brazil, Argentina, Mexico). The same
   * `clientMessageId` with the same content and recipient again is the same message.
   * @throws {ConversationError} `window_closed` for anything but a template while the guest's service window is closed,
   *   `recipient_moved` for an address that its guest has given up, `department_unknown`, `client_message_reused`,
   *   `request_invalid` for what is no address, `payload_invalid`
   */
  write(message: FirstMessage): Promise<ShownMessage>;
  /**
   * Sends a failed message again, as a new one at the end of the conversation that shows it: once, however often it is asked for.
   * @param options `mayDouble` has to be true for a message of unknown fate, which the guest may have already; `fallback` names a template
   *   for one that had none, or another
   * @returns the new message @throws {ConversationError} `resend_impossible`, `resend_may_double`, `window_closed`,
   *   `conversation_closed`, `client_message_reused`; `resend_too_early`, with `details.until` (ISO 8601), as long as WhatsApp asks to
   *   wait: a day where it withheld a marketing message (131049), less for other codes
   */
  resend(messageId: string, options?: Resend): Promise<ShownMessage>;
  /**
   * Says what became of a message of unknown fate, by what somebody knows; what waits behind it goes. What WhatsApp reports
   * later still counts. @throws {ConversationError} `resolve_impossible`
   */
  resolve(messageId: string, as: { readonly as: "sent" | "failed"; readonly reason?: string }): Promise<ShownMessage>;
  /**
   * Notes something for colleagues, in the history at its place. It is never sent and no guest sees it; it changes neither what the list
   * shows nor what is unread, nor who speaks. Whom it mentions finds it in `mentions`. The same `clientMessageId` with the same text and
   * mentions again is the same note. A closed conversation takes notes too.
   * @throws {ConversationError} `client_message_reused`, `request_invalid`, `conversation_imported`; `conversation_closed` where another
   *   conversation goes on with it
   */
  note(conversationId: string, note: Note): Promise<ShownMessage>;
  /** Notes that mention this principal, the newest first. @param query `unread` only those not read yet; `limit` 1 to 100, 50 by default */
  mentions(query?: MentionsQuery): Promise<List<MentionView>>;
  /**
   * Who took part in a conversation, and in those it continues, and how far each has read. A guest's marker is what WhatsApp reported, which
   * reports nothing where the guest wants it so.
   */
  participants(conversationId: string): Promise<readonly Participant[]>;
  /**
   * Shows the guest that somebody writes, until the answer comes or for 25 seconds. To be called while somebody types, on each key if need be:
   * WhatsApp is told once in 20 seconds. It marks what the guest wrote as read, so that it does nothing where the hotel's `readReceipts` are
   * `"never"`, and says so. Best effort: nothing waits for it, and a failure is only logged.
   */
  typing(conversationId: string): Promise<TypingShown>;
  /**
   * Marks the guest's messages up to number `seq` as seen by staff; all that are there without it. Never moves back. It moves the desk's
   * marker and the reader's own; with `readReceipts: "whenRead"` the guest's ticks turn blue.
   */
  markRead(conversationId: string, options?: { readonly seq?: number }): Promise<Conversation>;
  /**
   * Puts what stands in a conversation from number `seq` on back among what is unread, for everybody; without it, the guest's newest message.
   * Whoever read it has still read it, and WhatsApp is told nothing.
   */
  markUnread(conversationId: string, options?: { readonly seq?: number }): Promise<Conversation>;
  /** Gives the matter to another department. Where that has an open conversation with the guest, this one closes and continues there. */
  transfer(
    conversationId: string,
    to: Seen & { readonly departmentId: string; readonly reason?: string },
  ): Promise<Conversation>;
  /** Closes a conversation. What the guest writes next begins another, or opens it again by quoting it. */
  close(conversationId: string, options?: Why): Promise<Conversation>;
  /**
   * Asks the guest how it was: a list of one to five stars, as the hotel's `texts.rating` has it, once for each time that the conversation was opened;
   * asked again, nothing changes. The first answer counts, by a tap, or typed before anything else is said. It opens nothing and nobody waits for an
   * answer. Reports tell it (`times`).
   * @throws {ConversationError} `window_closed`, `conversation_imported`, `conversation_changed`; `conversation_closed` where another conversation
   *   goes on with it
   */
  askRating(conversationId: string, options?: Why): Promise<Conversation>;
  /** Opens it again. Where the department has another open conversation with the guest, this one continues there instead. */
  reopen(conversationId: string, options?: Why): Promise<Conversation>;
  /**
   * Says who of staff sees to the conversation. Everybody may take what nobody has; giving it to somebody else, and taking it from
   * whoever has it, takes `conversation.assignOthers`. Being transferred ends it, being closed does not.
   * @param to `assigneeId` is the host's id of one of staff, 1 to 200 characters; without it, whoever asks
   * @throws {ConversationError} `conversation_taken`, `assignment_forbidden`, `conversation_closed`, `conversation_changed`
   */
  assign(conversationId: string, to?: Why & { readonly assigneeId?: string }): Promise<Conversation>;
  /** Nobody sees to it any more. @throws {ConversationError} `conversation_taken`, `conversation_changed` */
  unassign(conversationId: string, options?: Why): Promise<Conversation>;
  /** Says how urgent a conversation is. */
  setPriority(conversationId: string, to: Why & { readonly priority: Priority }): Promise<Conversation>;
  /**
   * Adds tags and takes others away. A tag is 1 to 40 characters and has one spelling, however it is typed (`tagOf`).
   * @throws {ConversationError} `tags_too_many` for more than 20, `request_invalid`, `conversation_changed`
   */
  tag(
    conversationId: string,
    tags: Why & { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): Promise<Conversation>;
  /**
   * Keeps it out of the open list until then, a year at most, or until the guest writes or somebody transfers or closes it.
   * @throws {ConversationError} `request_invalid`, `conversation_closed`, `conversation_changed`
   */
  snooze(conversationId: string, options: Why & { readonly until: Date }): Promise<Conversation>;
  /** Puts it back into the open list. */
  unsnooze(conversationId: string, options?: Why): Promise<Conversation>;
  /**
   * A person speaks from now on: no message of a flow leaves any more. What WhatsApp has already stays there; what was queued
   * fails, with `person_speaks`. @throws {ConversationError} `conversation_closed`, `conversation_changed`
   */
  takeover(conversationId: string, options?: Why): Promise<Conversation>;
  /**
   * The bot may speak again. A flow that is under way there goes on where it was, and asks its question once more.
   * @throws {ConversationError} `conversation_closed`, `conversation_changed`
   */
  giveback(conversationId: string, options?: Why): Promise<Conversation>;
  /**
   * Begins a flow with the guest of a conversation, in a conversation of the flow's beside it, in which the bot speaks; in the
   * conversation itself where that is a flow's. `given`: what the flow finds in its context's `given`.
   * @returns the conversation in which it runs
   * @throws {ConversationError} `flow_unknown`; `flow_running` with `details.flowId`; `window_closed` where it begins with what only an
   *   open service window carries; `conversation_imported`, `conversation_changed`
   */
  startFlow(conversationId: string, options: StartFlow): Promise<Conversation>;
  /** Ends the flow that is under way in a conversation, which closes. @throws {ConversationError} `conversation_changed` */
  stopFlow(conversationId: string, options?: Why): Promise<Conversation>;
  /**
   * Decides what a flow asks staff (`approval` of `flowRun`). The first decision counts; the same again, by whomever, changes nothing.
   * @throws {ConversationError} `approval_over` when it is not asked any more or was decided otherwise, with `details.outcome`; `flow_version_gone`; `conversation_changed`
   */
  decideApproval(conversationId: string, options: DecideApproval): Promise<Conversation>;
  /** How far the guest is in the flow of a conversation: the newest that ran there; null when none did. */
  flowRun(conversationId: string): Promise<FlowRunView | null>;
  /**
   * Each past state of a run: where it was, what had been answered and what it said, after each thing that moved it. They are made again from what was recorded,
   * by the flows of this release; nothing is sent, and the host is not called. What cannot be made again is told (`gap`), and not guessed.
   * @returns null when no flow ran there
   */
  replayFlow(conversationId: string, options?: ReplayFlow): Promise<FlowReplay | null>;
  /**
   * What the guest's stays are by the hotel's own system, the newest first, and what the desk said about each by itself, or did not, and
   * why (`STAY_REASONS`).
   */
  stays(conversationId: string): Promise<readonly GuestStay[]>;
  /**
   * Who comes to a hotel on a day, by reservation; whoever was cancelled does not. Staff of some departments see those guests with whom one of
   * theirs has an open conversation, so that a page may hold fewer than it was asked for. Of a hotel out of reach there are none.
   * @throws {ConversationError} `request_invalid` for what is no day
   */
  arrivals(query: StaysOnDayQuery): Promise<List<StayOnDay>>;
  /** Who goes on a day, as `arrivals`. */
  departures(query: StaysOnDayQuery): Promise<List<StayOnDay>>;
  /** What was asked for in a conversation, and what became of it, the newest first. */
  tasks(conversationId: string): Promise<readonly Task[]>;
  /**
   * Asks for something to be done for the guest of a conversation: the host's tasks port is called, where there is one, and the guest told
   * what becomes of it. Asked again with the same `key`, it is the same request.
   * @throws {ConversationError} `request_invalid`, `department_unknown`, `conversation_imported`; `not_found` for an attachment that is not the guest's
   */
  createTask(conversationId: string, task: NewTask): Promise<Task>;
  /**
   * Takes in what the hotel's own system tells of a reservation, or of a request, in whatever order and however often it comes: `repeated`
   * and `stale` events change nothing. For the host, and admins of the whole hotel. Also `manager.pms.apply`.
   * @throws {ConversationError} `request_invalid`; `not_found` for a hotel or a request that there is not: a request is looked for for two seconds,
   *   since one may be told of before the desk has stored what the hotel's own system calls it
   */
  applyPms(event: PmsEvent): Promise<PmsAnswer>;
  /** What is known of a file. */
  attachment(attachmentId: string): Promise<Attachment>;
  /**
   * Opens a file that is stored, whole or a part of it. What is not looked into yet, or was found to be dangerous, is opened by nobody.
   * @throws {ConversationError} `attachment_not_there`, with `details.state` and `details.reason`; `media_range_invalid`, `media_store_missing`,
   *   `media_store_unavailable`
   */
  openAttachment(attachmentId: string, options?: OpenOptions): Promise<OpenedFile>;
  /**
   * An address at which whoever has it gets the file, for a while: the media store's own where it signs any, else one below the place where the desk's API is mounted. It is a
   * secret, and stands in no log.
   * @param options `expiresInS` 1 to 3,600, 300 by default; `thumbnail` for the small picture
   * @throws {ConversationError} `attachment_not_there`, `request_invalid`
   */
  attachmentUrl(
    attachmentId: string,
    options?: { readonly expiresInS?: number; readonly thumbnail?: boolean },
  ): Promise<AttachmentLink>;
  /**
   * Puts a file there to send to a guest: it is looked into as what comes is, by the limits of what goes out, and nothing of what is refused is kept. `reply` sends it by its
   * id, also more than once.
   * @throws {ConversationError} `file_refused`, with `details.reason`; `media_store_missing`, `media_store_unavailable`, `scanner_unavailable`
   */
  addFile(conversationId: string, file: NewFile): Promise<Attachment>;
  /**
   * Says what a file is kept for, which decides how long (`media.retention`): `"identity"` for an identity document, of which nothing is kept once it has been used; null for
   * nothing in particular.
   */
  keepAttachment(
    attachmentId: string,
    options: { readonly purpose: string | null; readonly reason?: string },
  ): Promise<Attachment>;
  /** Forgets a file: its bytes and its small picture are gone, and the audit keeps that they are, and who wanted it. */
  discardAttachment(attachmentId: string, options?: { readonly reason?: string }): Promise<Attachment>;
  /** Why a message stands where it stands, what became of it, and what staff did to its conversation since, oldest first. */
  explain(messageId: string): Promise<Explanation>;
  /** Who a guest is, by what evidence, and who else they may be. */
  guest(guestId: string): Promise<GuestView>;
  /**
   * Guests of a hotel who have or had a phone number, written in any way. National variants of it count too (Brazil,
   * Argentina, Mexico), so that more than one person may be found. @throws {ConversationError} `request_invalid` for what is
   * no phone number
   */
  findGuests(query: { readonly hotel: string; readonly phone: string }): Promise<readonly GuestView[]>;
  /**
   * Says that two guests are one person. What WhatsApp brings from now on goes to `into`, and staff answer both under one name;
   * no message moves, and `unmergeGuests` undoes it. @returns the guest that stays
   * @throws {ConversationError} `merge_impossible` when they are one already, or one of them was merged before
   */
  mergeGuests(merge: { readonly guestId: string; readonly into: string; readonly reason?: string }): Promise<GuestView>;
  /** Undoes it. @returns the guest that comes back @throws {ConversationError} `merge_impossible` when they were not merged */
  unmergeGuests(merge: { readonly guestId: string; readonly reason?: string }): Promise<GuestView>;
  /** What a guest, and whoever turned out to be the same person, said about offers, and what counts of it. */
  consents(guestId: string): Promise<GuestConsents>;
  /**
   * Notes what a guest said to somebody at the hotel, or to the host: no more offers, or offers again. Nobody is written to.
   * @param consent `reason` is for the audit: how the guest said it
   */
  setConsent(
    guestId: string,
    consent: { readonly wish: ConsentWish; readonly reason?: string },
  ): Promise<GuestConsents>;
  /** A hotel's message templates by name, then language. @param query `limit` 1 to 100, 50 by default */
  templates(hotelId: string, query?: PageQuery): Promise<List<Template>>;
  /**
   * Reads a hotel's templates and stores them: from WhatsApp, through the transport, or from JSON that somebody has. Those that it
   * has no more are `deleted` from then on. JSON does not overrule what WhatsApp itself said of a template.
   * @param json as Graph answers `GET /{WABA}/message_templates`, or the array in it
   * @throws {ConversationError} `template_source_missing`, with `details.missing`; `request_invalid` for JSON that is none; what the transport throws
   */
  syncTemplates(hotelId: string, json?: TemplatesJson): Promise<TemplatesRead>;
  /**
   * What staff answer often, by shortcut: for every department of a hotel, and for those that this principal reaches. `fillSavedReply` puts the
   * values in. @param query `department` only what it can use; `limit` 1 to 100, 50 by default
   */
  savedReplies(hotelId: string, query?: SavedRepliesQuery): Promise<List<SavedReply>>;
  /** @throws {ConversationError} `request_invalid`, `shortcut_taken`, `department_unknown` */
  createSavedReply(reply: NewSavedReply): Promise<SavedReply>;
  /** @throws {ConversationError} as `createSavedReply`; `saved_reply_changed` when `version` is no longer the stored one */
  changeSavedReply(id: string, change: SavedReplyChange): Promise<SavedReply>;
  /** Deletes a saved reply. */
  deleteSavedReply(id: string, options?: { readonly reason?: string }): Promise<void>;
  /** What happened that is about no conversation, newest first: news about the account, guests that changed, dead work. */
  operatorEvents(query?: PageQuery): Promise<List<DeskEvent>>;
  /** The numbers that send: how fast, why one does not, and how many chats wait for it. */
  senders(): Promise<readonly Sender[]>;
  /**
   * Ends the pause of a number that WhatsApp refused, once what it refused was mended: a token rotated, a payment made. What
   * waits is sent in order.
   */
  resumeSender(phoneNumberId: string, options?: { readonly reason?: string }): Promise<void>;
  /** Work that was given up, newest first. */
  dead(query?: PageQuery): Promise<List<DeadWork>>;
  /** Puts dead work into its lane again. */
  replay(workId: string, options?: { readonly reason?: string }): Promise<void>;
  /**
   * What WhatsApp delivered and nobody acts upon, newest first: unknown, unreadable, too old, or of no known number.
   * What stands in it is not shown. @param query `limit` 1 to 100, 50 by default
   */
  kept(query?: PageQuery): Promise<List<KeptItem>>;
  /**
   * Reads what stands aside again, and messages of unknown content: after an upgrade this release may understand what the one
   * before could not. What is understood is worked on as if it had just come, by its own timestamps.
   * @param options `dryRun`: only says how many would be understood; `onProgress`: told now and then how many were looked at
   * @returns how many were looked at, and how many of them are work now
   */
  reprocess(options?: Reprocess): Promise<{ readonly read: number; readonly understood: number }>;
}
