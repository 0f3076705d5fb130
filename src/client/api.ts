import type { Priority } from "../domain/conversation.js";
import type { JsonValue } from "../domain/json.js";
import type {
  AttachmentJson,
  AuditEntryJson,
  AuditExportJson,
  AuditVerdictJson,
  ConsentsJson,
  ConversationJson,
  ConversationSummaryJson,
  CountersJson,
  DeadWorkJson,
  ExplanationJson,
  FlowReplayJson,
  FlowRunJson,
  FoundGuestJson,
  FoundMessageJson,
  GuestJson,
  GuestsJson,
  KeptItemJson,
  LinkJson,
  ListJson,
  MentionJson,
  MessageJson,
  OperatorEventJson,
  ParticipantsJson,
  PmsAnswerJson,
  ReprocessedJson,
  SavedReplyJson,
  SendersJson,
  StayOnDayJson,
  StaysJson,
  TaskJson,
  TasksJson,
  TemplateJson,
  TemplatesReadJson,
  TimesJson,
  TypingJson,
  ErasureJson,
  ErasureReportJson,
  PruneJson,
  ReapplyJson,
} from "../http/json-types.js";
import type { PrunePolicy } from "../domain/privacy.js";
import type {
  FirstMessage,
  NewSavedReply,
  NewTask,
  Note,
  Reply,
  Resend,
  SavedReplyChange,
  SearchText,
  Why as Seen,
} from "../runtime/desk-shapes.js";

import type { PmsEvent } from "../runtime/pms-event.js";

/** Why something is done, for the audit. */
export interface Why {
  readonly reason?: string;
}
type WhoWrote = Omit<SearchText, "department">;
type List<Item> = Promise<ListJson<Item>>;
type Conversation = Promise<ConversationJson>;

/** A file out of a page, e.g. of an `<input type="file">`. */
export interface FileToAdd {
  /** As what it will be sent. */
  readonly kind: AttachmentJson["kind"];
  /** What the guest sees it called. */
  readonly name?: string | undefined;
  readonly file: Blob;
}

/** Which page of a list. */
export interface PageOptions {
  /** Where the page before ended (`nextCursor`); the first page without it. */
  readonly cursor?: string | undefined;
  /** 1 to 100; 50 by default. */
  readonly limit?: number | undefined;
}
/** Which conversations to list; without any filter, all that the principal may see. */
export interface ConversationsOptions extends PageOptions {
  /** One hotel's, by its id; all within reach by default. */
  readonly hotel?: string | undefined;
  /** One department's, by its id; all within reach by default. */
  readonly department?: string | undefined;
  /** Both by default. */
  readonly status?: "open" | "closed" | undefined;
  /** An id of one of staff, or `none`. */
  readonly assignee?: string | undefined;
  /** Only those that are so urgent. */
  readonly priority?: Priority | undefined;
  /** Only those with this tag. */
  readonly tag?: string | undefined;
  /** Only those that are put off, or only the others; without it the list of open ones leaves them out. */
  readonly snoozed?: boolean | undefined;
  /** true: only those with something unread. */
  readonly unread?: boolean | undefined;
  /** true: only open ones whose guest waits for an answer, who has waited longest first. */
  readonly waiting?: boolean | undefined;
}
/** Of which period, and of what in it. */
export interface TimesOptions {
  /** All hotels within reach by default. */
  readonly hotel?: string | undefined;
  /** One department's; all within reach by default. */
  readonly department?: string | undefined;
  /** An id of one of staff. */
  readonly staff?: string | undefined;
  /** ISO 8601; the end is not in it, and a period has at most 366 days. */
  readonly from: string;
  /** ISO 8601; before this instant. */
  readonly to: string;
}
/** Which page of a hotel's audit, and about what or by whom: ids. */
export interface AuditOptions extends PageOptions {
  /** The hotel's id. */
  readonly hotel: string;
  /** Only what was done to this: an id. */
  readonly target?: string | undefined;
  /** Only what this one did: an id. */
  readonly actor?: string | undefined;
}
/** Which page of a hotel's arrivals, or departures. */
export interface StaysOnDayOptions extends PageOptions {
  /** The hotel's id. */
  readonly hotel: string;
  /** `YYYY-MM-DD`; today by the hotel's clock by default. */
  readonly day?: string | undefined;
}
/** Which page of a hotel's saved replies; with `department`, only those that it can use. */
export interface SavedRepliesOptions extends PageOptions {
  /** The hotel's id. */
  readonly hotel: string;
  /** Only those that this department can use; all within reach by default. */
  readonly department?: string | undefined;
}

/**
 * The routes of the desk's HTTP API, each by the verb that it is for: its id first where the path has one, then its query or its
 * body. `docs/http-api.md` tells what they do.
 * @throws {DeskError} what the desk answers, or `unreachable`
 */
export interface DeskApi {
  /** Lists conversations, newest message first. */
  conversations(query?: ConversationsOptions): List<ConversationSummaryJson>;
  /** Writes to a guest first. Outside of WhatsApp's window that takes a template. */
  write(body: FirstMessage): Promise<MessageJson>;
  /** Counts what is open, unread, waiting and assigned, by department. */
  counters(query?: { readonly hotel?: string | undefined }): Promise<CountersJson>;
  /** How long guests waited, and how they rated it, in a period. */
  times(query: TimesOptions): Promise<TimesJson>;
  /** Reads a conversation's messages, newest first, those of the conversations that it continues included. */
  messages(conversationId: string, query?: PageOptions): List<MessageJson>;
  /** At once, or not at all: `client.reply` shows it, keeps it and sends it when it can. */
  reply(conversationId: string, body: Reply): Promise<MessageJson>;
  /** Says up to where one has read. */
  markRead(conversationId: string, body?: { readonly seq?: number }): Conversation;
  /** Makes a conversation unread again. */
  markUnread(conversationId: string, body?: { readonly seq?: number }): Conversation;
  /** Writes a note that only staff read. */
  note(conversationId: string, body: Note): Promise<MessageJson>;
  /** Shows the guest that somebody writes. */
  typing(conversationId: string): Promise<TypingJson>;
  /** Who takes part in a conversation, and how far each has read. */
  participants(conversationId: string): Promise<ParticipantsJson>;
  /** The notes in which somebody is mentioned, newest first. */
  mentions(query?: PageOptions & { readonly unread?: boolean | undefined }): List<MentionJson>;
  /** Gives a conversation to another department. */
  transfer(conversationId: string, body: Seen & { readonly departmentId: string }): Conversation;
  /** Closes a conversation. */
  close(conversationId: string, body?: Seen): Conversation;
  /** Asks the guest how it was, with five stars to tap. */
  askRating(conversationId: string, body?: Seen): Conversation;
  /** Opens a closed conversation again. */
  reopen(conversationId: string, body?: Seen): Conversation;
  /** Gives a conversation to somebody of staff, oneself by default. */
  assign(conversationId: string, body?: Seen & { readonly assigneeId?: string }): Conversation;
  /** Takes it from whoever sees to it. */
  unassign(conversationId: string, body?: Seen): Conversation;
  /** Says how urgent a conversation is. */
  setPriority(conversationId: string, body: Seen & { readonly priority: Priority }): Conversation;
  /** Adds tags to a conversation and takes others away. */
  tag(
    conversationId: string,
    body: Seen & { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): Conversation;
  /** Keeps a conversation out of the list until then, or until the guest writes. */
  snooze(conversationId: string, body: Seen & { readonly until: string }): Conversation;
  /** Has a snoozed conversation back in the list at once. */
  unsnooze(conversationId: string, body?: Seen): Conversation;
  /** A person speaks from now on; a flow waits. */
  takeover(conversationId: string, body?: Seen): Conversation;
  /** The flow, or the bot, speaks again. */
  giveback(conversationId: string, body?: Seen): Conversation;
  /** Begins a flow with the guest. */
  startFlow(
    conversationId: string,
    body: Seen & { readonly flowId: string; readonly given?: Readonly<Record<string, JsonValue>> },
  ): Conversation;
  /** Decides what a flow asks staff for. */
  decideApproval(
    conversationId: string,
    body: Seen & { readonly approvalId: string; readonly approved: boolean },
  ): Conversation;
  /** Ends the flow that the guest is in. */
  stopFlow(conversationId: string, body?: Seen): Conversation;
  /** Where a guest is in a flow: the run and what became of each step. */
  flowRun(conversationId: string): Promise<FlowRunJson>;
  /**
   * Makes each past state of a run again. Nothing is sent, and the host is not called.
   * @param query `after`: only states after the one of this number; `limit`: 50 by default, 100 at most
   */
  replayFlow(
    conversationId: string,
    query?: { readonly runId?: string; readonly after?: number; readonly limit?: number },
  ): Promise<FlowReplayJson>;
  /** The guest's stays, as the hotel's own system told them. */
  stays(conversationId: string): Promise<StaysJson>;
  /** Who comes to a hotel on a day, by reservation. */
  arrivals(query: StaysOnDayOptions): List<StayOnDayJson>;
  /** Who goes on a day. */
  departures(query: StaysOnDayOptions): List<StayOnDayJson>;
  /** What the guest asked for, and what became of it. */
  tasks(conversationId: string): Promise<TasksJson>;
  /** Asks somebody in the house to do something for the guest, once for each `key`. */
  createTask(conversationId: string, body: NewTask): Promise<TaskJson>;
  /** Of the host, and of admins: what the hotel's own system tells. */
  applyPms(body: PmsEvent): Promise<PmsAnswerJson>;
  /** Finds messages by their words, newest first. */
  search(body: SearchText): List<FoundMessageJson>;
  /** Every step of a message: why it went where it went, and what became of it. */
  explain(messageId: string): Promise<ExplanationJson>;
  /** A file, or the small picture of it. Show it by `URL.createObjectURL`. */
  openAttachment(attachmentId: string, options?: { readonly thumbnail?: boolean | undefined }): Promise<Blob>;
  /** What is known of a file. */
  attachment(attachmentId: string): Promise<AttachmentJson>;
  /** Where a page finds a file for a few minutes, without a header. */
  attachmentUrl(
    attachmentId: string,
    body?: { readonly expiresInS?: number; readonly thumbnail?: boolean },
  ): Promise<LinkJson>;
  /** Says for what, or for how long, a file is kept. */
  keepAttachment(attachmentId: string, body: Why & { readonly purpose: string | null }): Promise<AttachmentJson>;
  /** Forgets a file at once. */
  discardAttachment(attachmentId: string, body?: Why): Promise<AttachmentJson>;
  /** Puts a file there to send: `reply` it as `{ type: kind, media: { attachmentId: id } }`. */
  addFile(conversationId: string, file: FileToAdd): Promise<AttachmentJson>;
  /** Sends a message again that failed. */
  resend(messageId: string, body?: Resend): Promise<MessageJson>;
  /** Settles by hand whether a send of unknown fate arrived. */
  resolve(messageId: string, body: Why & { readonly as: "sent" | "failed" }): Promise<MessageJson>;
  /** Finds guests by a phone, in any spelling of it. */
  findGuests(body: { readonly hotel: string; readonly phone: string }): Promise<GuestsJson>;
  /** Finds guests by name, or by the beginning of it. */
  searchGuests(body: WhoWrote): List<FoundGuestJson>;
  /** Who a guest is: addresses, language, stay, and who they may be besides. */
  guest(guestId: string): Promise<GuestJson>;
  /** What a guest said about offers, oldest first. */
  consents(guestId: string): Promise<ConsentsJson>;
  /** Records what a guest told the hotel about offers. */
  setConsent(guestId: string, body: Why & { readonly wish: "stop" | "resume" }): Promise<ConsentsJson>;
  /** Says that two guests are one person; nothing moves, so that it can be undone. */
  mergeGuests(guestId: string, body: Why & { readonly into: string }): Promise<GuestJson>;
  /** Takes a merge back. */
  unmergeGuests(guestId: string, body?: Why): Promise<GuestJson>;
  /** The texts that staff use again and again. */
  savedReplies(query: SavedRepliesOptions): List<SavedReplyJson>;
  /** Keeps such a text. */
  createSavedReply(body: NewSavedReply & Why): Promise<SavedReplyJson>;
  /** Changes it. */
  changeSavedReply(savedReplyId: string, body: SavedReplyChange & Why): Promise<SavedReplyJson>;
  /** Deletes it. */
  deleteSavedReply(savedReplyId: string, body?: Why): Promise<null>;
  /** Who did what, newest first. */
  audit(query: AuditOptions): List<AuditEntryJson>;
  /** The sealed audit, from its beginning, as its chain proves it. */
  exportAudit(query: PageOptions & { readonly hotel: string }): Promise<AuditExportJson>;
  /** Reads a chain whole and tells the first flaw. */
  verifyAudit(query: { readonly hotel: string; readonly keptForDays?: number | undefined }): Promise<AuditVerdictJson>;
  /** The hotel's message templates. */
  templates(query: PageOptions & { readonly hotel: string }): List<TemplateJson>;
  /** Reads the templates from WhatsApp anew. */
  syncTemplates(body: {
    readonly hotel: string;
    readonly templates?: readonly unknown[] | { readonly data: readonly unknown[] };
  }): Promise<TemplatesReadJson>;
  /** The event log of a hotel, from a cursor on. */
  operatorEvents(query?: PageOptions): List<OperatorEventJson>;
  /** The numbers that send, with what holds them up. */
  senders(): Promise<SendersJson>;
  /** Lets a paused number go on. */
  resumeSender(phoneNumberId: string, body?: Why): Promise<null>;
  /** Work that was given up, newest first. */
  dead(query?: PageOptions): List<DeadWorkJson>;
  /** Puts such work into its lane again. */
  replay(workId: string, body?: Why): Promise<null>;
  /** Webhook items that stand aside because nothing could be made of them. */
  kept(query?: PageOptions): List<KeptItemJson>;
  /** Reads them again, as this release understands them. */
  reprocess(): Promise<ReprocessedJson>;
  /** Erases a guest and all who turned out to be the same person. */
  eraseGuest(guestId: string, body: { readonly reason: string; readonly dryRun?: boolean }): Promise<ErasureReportJson>;
  /** Lines of JSON; the last is `end`. */
  exportGuest(
    guestId: string,
    options?: { readonly notes?: boolean | undefined; readonly files?: boolean | undefined },
  ): Promise<Blob>;
  /** The erasures of a hotel: ids and hashes, to be kept beside backups. */
  erasures(query: PageOptions & { readonly hotel: string }): List<ErasureJson>;
  /** Erases again who came back with a restored backup. */
  reapplyErasures(body: {
    readonly hotel: string;
    readonly items: readonly ErasureJson[];
    readonly dryRun?: boolean;
  }): Promise<ReapplyJson>;
  /** Deletes what is older than the policy says. */
  prune(body: { readonly policy: PrunePolicy; readonly hotel?: string; readonly dryRun?: boolean }): Promise<PruneJson>;
}

/** Where each of them is. A test holds them against the desk's own table. */
export const PATHS = {
  conversations: "GET /conversations",
  write: "POST /conversations",
  counters: "GET /counters",
  times: "GET /times",
  messages: "GET /conversations/:id/messages",
  reply: "POST /conversations/:id/messages",
  markRead: "POST /conversations/:id/read",
  markUnread: "POST /conversations/:id/unread",
  note: "POST /conversations/:id/notes",
  typing: "POST /conversations/:id/typing",
  participants: "GET /conversations/:id/participants",
  mentions: "GET /mentions",
  transfer: "POST /conversations/:id/transfer",
  close: "POST /conversations/:id/close",
  askRating: "POST /conversations/:id/rating",
  reopen: "POST /conversations/:id/reopen",
  assign: "POST /conversations/:id/assign",
  unassign: "POST /conversations/:id/unassign",
  setPriority: "POST /conversations/:id/priority",
  tag: "POST /conversations/:id/tags",
  snooze: "POST /conversations/:id/snooze",
  unsnooze: "POST /conversations/:id/unsnooze",
  takeover: "POST /conversations/:id/takeover",
  giveback: "POST /conversations/:id/giveback",
  startFlow: "POST /conversations/:id/flows",
  decideApproval: "POST /conversations/:id/approval",
  stopFlow: "POST /conversations/:id/flows/stop",
  flowRun: "GET /conversations/:id/flow",
  replayFlow: "GET /conversations/:id/flow/replay",
  stays: "GET /conversations/:id/stays",
  arrivals: "GET /arrivals",
  departures: "GET /departures",
  tasks: "GET /conversations/:id/tasks",
  createTask: "POST /conversations/:id/tasks",
  applyPms: "POST /pms/events",
  search: "POST /messages/search",
  explain: "GET /messages/:id/explain",
  openAttachment: "GET /attachments/:id",
  attachment: "GET /attachments/:id/about",
  attachmentUrl: "POST /attachments/:id/url",
  keepAttachment: "POST /attachments/:id/keep",
  discardAttachment: "POST /attachments/:id/discard",
  addFile: "POST /conversations/:id/files",
  resend: "POST /messages/:id/resend",
  resolve: "POST /messages/:id/resolve",
  findGuests: "POST /guests/find",
  searchGuests: "POST /guests/search",
  guest: "GET /guests/:id",
  consents: "GET /guests/:id/consents",
  setConsent: "POST /guests/:id/consents",
  mergeGuests: "POST /guests/:id/merge",
  unmergeGuests: "POST /guests/:id/unmerge",
  savedReplies: "GET /saved-replies",
  createSavedReply: "POST /saved-replies",
  changeSavedReply: "POST /saved-replies/:id",
  deleteSavedReply: "POST /saved-replies/:id/delete",
  audit: "GET /audit",
  exportAudit: "GET /operator/audit/export",
  verifyAudit: "GET /operator/audit/verify",
  templates: "GET /templates",
  syncTemplates: "POST /operator/templates/sync",
  operatorEvents: "GET /operator/events",
  senders: "GET /operator/senders",
  resumeSender: "POST /operator/senders/:id/resume",
  dead: "GET /operator/dead",
  replay: "POST /operator/dead/:id/replay",
  kept: "GET /operator/kept",
  reprocess: "POST /operator/reprocess",
  eraseGuest: "POST /guests/:id/erase",
  exportGuest: "GET /guests/:id/export",
  erasures: "GET /operator/erasures",
  reapplyErasures: "POST /operator/erasures/reapply",
  prune: "POST /operator/prune",
} as const satisfies Readonly<Record<keyof DeskApi, `${"GET" | "POST"} /${string}`>>;
