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
} from "../runtime/desk-api.js";

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

export interface PageOptions {
  readonly cursor?: string | undefined;
  /** 1 to 100; 50 by default. */
  readonly limit?: number | undefined;
}
export interface ConversationsOptions extends PageOptions {
  readonly hotel?: string | undefined;
  readonly department?: string | undefined;
  /** Both by default. */
  readonly status?: "open" | "closed" | undefined;
  /** An id of one of staff, or `none`. */
  readonly assignee?: string | undefined;
  readonly priority?: Priority | undefined;
  readonly tag?: string | undefined;
  readonly snoozed?: boolean | undefined;
  readonly unread?: boolean | undefined;
  readonly waiting?: boolean | undefined;
}
export interface TimesOptions {
  /** All hotels within reach by default. */
  readonly hotel?: string | undefined;
  readonly department?: string | undefined;
  /** An id of one of staff. */
  readonly staff?: string | undefined;
  /** ISO 8601; the end is not in it, and a period has at most 366 days. */
  readonly from: string;
  readonly to: string;
}
export interface AuditOptions extends PageOptions {
  readonly hotel: string;
  readonly target?: string | undefined;
  readonly actor?: string | undefined;
}
export interface SavedRepliesOptions extends PageOptions {
  readonly hotel: string;
  readonly department?: string | undefined;
}

/**
 * The routes of the desk's HTTP API, each by the verb that it is for: its id first where the path has one, then its query or its
 * body. `docs/http-api.md` tells what they do.
 * @throws {DeskError} what the desk answers, or `unreachable`
 */
export interface DeskApi {
  conversations(query?: ConversationsOptions): List<ConversationSummaryJson>;
  write(body: FirstMessage): Promise<MessageJson>;
  counters(query?: { readonly hotel?: string | undefined }): Promise<CountersJson>;
  times(query: TimesOptions): Promise<TimesJson>;
  messages(conversationId: string, query?: PageOptions): List<MessageJson>;
  /** At once, or not at all: `client.reply` shows it, keeps it and sends it when it can. */
  reply(conversationId: string, body: Reply): Promise<MessageJson>;
  markRead(conversationId: string, body?: { readonly seq?: number }): Conversation;
  markUnread(conversationId: string, body?: { readonly seq?: number }): Conversation;
  note(conversationId: string, body: Note): Promise<MessageJson>;
  typing(conversationId: string): Promise<TypingJson>;
  participants(conversationId: string): Promise<ParticipantsJson>;
  mentions(query?: PageOptions & { readonly unread?: boolean | undefined }): List<MentionJson>;
  transfer(conversationId: string, body: Seen & { readonly departmentId: string }): Conversation;
  close(conversationId: string, body?: Seen): Conversation;
  askRating(conversationId: string, body?: Seen): Conversation;
  reopen(conversationId: string, body?: Seen): Conversation;
  assign(conversationId: string, body?: Seen & { readonly assigneeId?: string }): Conversation;
  unassign(conversationId: string, body?: Seen): Conversation;
  setPriority(conversationId: string, body: Seen & { readonly priority: Priority }): Conversation;
  tag(
    conversationId: string,
    body: Seen & { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): Conversation;
  snooze(conversationId: string, body: Seen & { readonly until: string }): Conversation;
  unsnooze(conversationId: string, body?: Seen): Conversation;
  takeover(conversationId: string, body?: Seen): Conversation;
  giveback(conversationId: string, body?: Seen): Conversation;
  startFlow(
    conversationId: string,
    body: Seen & { readonly flowId: string; readonly given?: Readonly<Record<string, JsonValue>> },
  ): Conversation;
  decideApproval(
    conversationId: string,
    body: Seen & { readonly approvalId: string; readonly approved: boolean },
  ): Conversation;
  stopFlow(conversationId: string, body?: Seen): Conversation;
  flowRun(conversationId: string): Promise<FlowRunJson>;
  /** @param query `after`: only states after the one of this number; `limit`: 50 by default, 100 at most */
  replayFlow(
    conversationId: string,
    query?: { readonly runId?: string; readonly after?: number; readonly limit?: number },
  ): Promise<FlowReplayJson>;
  stays(conversationId: string): Promise<StaysJson>;
  tasks(conversationId: string): Promise<TasksJson>;
  createTask(conversationId: string, body: NewTask): Promise<TaskJson>;
  /** Of the host, and of admins: what the hotel's own system tells. */
  applyPms(body: PmsEvent): Promise<PmsAnswerJson>;
  search(body: SearchText): List<FoundMessageJson>;
  explain(messageId: string): Promise<ExplanationJson>;
  /** A file, or the small picture of it. Show it by `URL.createObjectURL`. */
  openAttachment(attachmentId: string, options?: { readonly thumbnail?: boolean | undefined }): Promise<Blob>;
  attachment(attachmentId: string): Promise<AttachmentJson>;
  attachmentUrl(
    attachmentId: string,
    body?: { readonly expiresInS?: number; readonly thumbnail?: boolean },
  ): Promise<LinkJson>;
  keepAttachment(attachmentId: string, body: Why & { readonly purpose: string | null }): Promise<AttachmentJson>;
  discardAttachment(attachmentId: string, body?: Why): Promise<AttachmentJson>;
  /** Puts a file there to send: `reply` it as `{ type: kind, media: { attachmentId: id } }`. */
  addFile(conversationId: string, file: FileToAdd): Promise<AttachmentJson>;
  resend(messageId: string, body?: Resend): Promise<MessageJson>;
  resolve(messageId: string, body: Why & { readonly as: "sent" | "failed" }): Promise<MessageJson>;
  findGuests(body: { readonly hotel: string; readonly phone: string }): Promise<GuestsJson>;
  searchGuests(body: WhoWrote): List<FoundGuestJson>;
  guest(guestId: string): Promise<GuestJson>;
  consents(guestId: string): Promise<ConsentsJson>;
  setConsent(guestId: string, body: Why & { readonly wish: "stop" | "resume" }): Promise<ConsentsJson>;
  mergeGuests(guestId: string, body: Why & { readonly into: string }): Promise<GuestJson>;
  unmergeGuests(guestId: string, body?: Why): Promise<GuestJson>;
  savedReplies(query: SavedRepliesOptions): List<SavedReplyJson>;
  createSavedReply(body: NewSavedReply & Why): Promise<SavedReplyJson>;
  changeSavedReply(savedReplyId: string, body: SavedReplyChange & Why): Promise<SavedReplyJson>;
  deleteSavedReply(savedReplyId: string, body?: Why): Promise<null>;
  audit(query: AuditOptions): List<AuditEntryJson>;
  exportAudit(query: PageOptions & { readonly hotel: string }): Promise<AuditExportJson>;
  verifyAudit(query: { readonly hotel: string; readonly keptForDays?: number | undefined }): Promise<AuditVerdictJson>;
  templates(query: PageOptions & { readonly hotel: string }): List<TemplateJson>;
  syncTemplates(body: {
    readonly hotel: string;
    readonly templates?: readonly unknown[] | { readonly data: readonly unknown[] };
  }): Promise<TemplatesReadJson>;
  operatorEvents(query?: PageOptions): List<OperatorEventJson>;
  senders(): Promise<SendersJson>;
  resumeSender(phoneNumberId: string, body?: Why): Promise<null>;
  dead(query?: PageOptions): List<DeadWorkJson>;
  replay(workId: string, body?: Why): Promise<null>;
  kept(query?: PageOptions): List<KeptItemJson>;
  reprocess(): Promise<ReprocessedJson>;
  eraseGuest(guestId: string, body: { readonly reason: string; readonly dryRun?: boolean }): Promise<ErasureReportJson>;
  /** Lines of JSON; the last is `end`. */
  exportGuest(
    guestId: string,
    options?: { readonly notes?: boolean | undefined; readonly files?: boolean | undefined },
  ): Promise<Blob>;
  erasures(query: PageOptions & { readonly hotel: string }): List<ErasureJson>;
  reapplyErasures(body: {
    readonly hotel: string;
    readonly items: readonly ErasureJson[];
    readonly dryRun?: boolean;
  }): Promise<ReapplyJson>;
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
