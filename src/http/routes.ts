import type { z } from "zod";
import type { Permission } from "../domain/access.js";
import { ConversationError, type ErrorCode } from "../errors.js";
import type { Desk } from "../runtime/desk-api.js";
import { POLICY, type DeskVerb } from "../runtime/policy.js";
import * as answers from "./answers.js";
import {
  attachmentJson,
  auditExportJson,
  auditJson,
  auditVerdictJson,
  consentsJson,
  conversationJson,
  flowReplayJson,
  flowRunJson,
  countersJson,
  deadJson,
  eventJson,
  explanationJson,
  foundGuestJson,
  foundMessageJson,
  guestJson,
  keptJson,
  linkJson,
  listJson,
  mentionJson,
  messageJson,
  participantsJson,
  savedReplyJson,
  senderJson,
  summaryJson,
  templateJson,
  timesJson,
} from "./json.js";
import type {
  GuestsJson,
  ReprocessedJson,
  SendersJson,
  StaysJson,
  TasksJson,
  TemplatesReadJson,
  TypingJson,
} from "./json-types.js";
import { erasureJson, erasureReportJson, reapplyJson } from "./privacy-json.js";
import * as requests from "./requests.js";
import { pmsAnswerJson, stayJson, stayOnDayJson, taskJson } from "./stay-json.js";

/** One route of the desk's API. The table below is all there is. */
export interface Route {
  /** What is a file and no JSON: what it takes, or what it answers. `"lines"`: it answers lines of JSON, as they come. */
  readonly carries?: "body" | "answer" | "lines";
  readonly method: "GET" | "POST";
  /** Segments; one that begins with a colon is a parameter. */
  readonly path: string;
  /** What it does, in a line. */
  readonly says: string;
  /** The verb of the desk that it is for; it can call no other. */
  readonly does: DeskVerb;
  /** What the principal must be allowed to do, as the policy says of that verb. */
  readonly permission: Permission;
  readonly status: number;
  readonly query: z.ZodType;
  /** What a POST takes; no body is `{}`. */
  readonly body: z.ZodType;
  /** null: no body. */
  readonly answer: z.ZodType | null;
  /** Codes that it answers besides those that any route may. */
  readonly errors: readonly ErrorCode[];
  readonly run: (desk: Desk, request: RouteRequest) => Promise<object | null>;
}

export interface RouteRequest<Query = Readonly<Record<string, string>>, Body = unknown> {
  /** The value of the path's parameter, `""` where there is none. */
  readonly id: string;
  readonly query: Query;
  readonly body: Body;
  /** Of a route that takes a file. */
  readonly file?: RouteFile;
}

/** A file on its way in. */
export interface RouteFile {
  readonly contentType: string | null;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A route whose query and body are checked before anything is asked for. */
const route = <
  Verb extends DeskVerb,
  Query extends z.ZodType = typeof requests.NoQuery,
  Body extends z.ZodType = typeof requests.NoBody,
>({
  does,
  query = requests.NoQuery as unknown as Query,
  body = requests.NoBody as unknown as Body,
  errors = [],
  run,
  ...rest
}: Omit<Route, "run" | "does" | "permission" | "query" | "body" | "errors"> & {
  readonly does: Verb;
  /** The members that the query may have; none by default. */
  readonly query?: Query;
  /** None by default. */
  readonly body?: Body;
  readonly errors?: readonly ErrorCode[];
  readonly run: (
    desk: Pick<Desk, Verb>,
    request: RouteRequest<WithoutUndefined<z.output<Query>>, WithoutUndefined<z.output<Body>>>,
  ) => Promise<object | null>;
}): Route => ({
  ...rest,
  does,
  permission: POLICY[does],
  query,
  body,
  errors,
  run: async (desk, request) =>
    run(desk, {
      id: request.id,
      query: given(query, request.query),
      body: given(body, request.body ?? {}),
      ...(request.file !== undefined && { file: request.file }),
    }),
});

/** What may be wrong with a message, whoever it is to. */
const UNSENDABLE = [
  "window_closed",
  "payload_invalid",
  "client_message_reused",
  "template_unknown",
  "template_not_approved",
  "template_unsupported",
  "template_parameters_wrong",
  "marketing_stopped",
  "busy",
] as const satisfies readonly ErrorCode[];

/** What may become of opening a file. */
const FILES = [
  "attachment_not_there",
  "media_store_missing",
  "media_store_unavailable",
] as const satisfies readonly ErrorCode[];

/** What any command about a conversation may meet. */
const COMMAND = ["conversation_changed", "busy"] as const satisfies readonly ErrorCode[];

export const ROUTES: readonly Route[] = [
  route({
    method: "GET",
    path: "/conversations",
    says: "Conversations, the one with the newest message first.",
    does: "conversations",
    status: 200,
    query: requests.ConversationsQuery,
    answer: answers.listOf(answers.SummaryAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { query }) => listJson(await desk.conversations(query), summaryJson),
  }),
  route({
    method: "POST",
    path: "/conversations",
    says: "Writes to a guest, who need not have written before.",
    does: "write",
    status: 202,
    body: requests.Write,
    answer: answers.MessageAnswer,
    errors: [...UNSENDABLE, "department_unknown", "recipient_moved", "number_unknown"],
    run: async (desk, { body }) => messageJson(await desk.write(body)),
  }),
  route({
    method: "GET",
    path: "/counters",
    says: "What stands open, by hotel and department.",
    does: "counters",
    status: 200,
    query: requests.CountersQuery,
    answer: answers.CountersAnswer,
    run: async (desk, { query }) => countersJson(await desk.counters(query)),
  }),
  route({
    method: "GET",
    path: "/times",
    says: "How long first responses and resolutions took that ended in a period, by department and by staff.",
    does: "times",
    status: 200,
    query: requests.TimesQuery,
    answer: answers.TimesAnswer,
    run: async (desk, { query }) => timesJson(await desk.times(query)),
  }),
  route({
    method: "GET",
    path: "/conversations/:id/messages",
    says: "A conversation's messages and those of the ones it continues, newest first.",
    does: "messages",
    status: 200,
    query: requests.PageQuery,
    answer: answers.listOf(answers.MessageAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { id, query }) => listJson(await desk.messages(id, query), messageJson),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/messages",
    says: "Answers the guest.",
    does: "reply",
    status: 202,
    body: requests.Reply,
    answer: answers.MessageAnswer,
    errors: [...UNSENDABLE, "conversation_closed", "answered_meanwhile", "attachment_not_there"],
    run: async (desk, { id, body }) => messageJson(await desk.reply(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/read",
    says: "Marks the guest's messages as seen by staff: all of them, or those up to `seq`.",
    does: "markRead",
    status: 200,
    body: requests.Read,
    answer: answers.ConversationAnswer,
    errors: ["busy"],
    run: async (desk, { id, body }) => conversationJson(await desk.markRead(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/unread",
    says: "Puts the guest's messages back among what is to be read: the newest, or those from `seq` on.",
    does: "markUnread",
    status: 200,
    body: requests.Read,
    answer: answers.ConversationAnswer,
    errors: ["busy"],
    run: async (desk, { id, body }) => conversationJson(await desk.markUnread(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/notes",
    says: "Notes something for colleagues: no guest sees it.",
    does: "note",
    status: 201,
    body: requests.Note,
    answer: answers.MessageAnswer,
    errors: ["client_message_reused", "payload_invalid", "conversation_closed", "conversation_imported", "busy"],
    run: async (desk, { id, body }) => messageJson(await desk.note(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/typing",
    says: "Shows the guest that somebody writes.",
    does: "typing",
    status: 202,
    answer: answers.TypingAnswer,
    run: async (desk, { id }) => (await desk.typing(id)) satisfies TypingJson,
  }),
  route({
    method: "GET",
    path: "/conversations/:id/participants",
    says: "Who took part in a conversation, and how far they have read.",
    does: "participants",
    status: 200,
    answer: answers.ParticipantsAnswer,
    run: async (desk, { id }) => participantsJson(await desk.participants(id)),
  }),
  route({
    method: "GET",
    path: "/mentions",
    says: "Notes that mention whoever asks, newest first.",
    does: "mentions",
    status: 200,
    query: requests.MentionsQuery,
    answer: answers.listOf(answers.MentionAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { query }) => listJson(await desk.mentions(query), mentionJson),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/transfer",
    says: "Gives the matter to another department.",
    does: "transfer",
    status: 200,
    body: requests.Transfer,
    answer: answers.ConversationAnswer,
    errors: [...COMMAND, "department_unknown", "conversation_closed"],
    run: async (desk, { id, body }) => conversationJson(await desk.transfer(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/close",
    says: "Closes a conversation.",
    does: "close",
    status: 200,
    body: requests.Seen,
    answer: answers.ConversationAnswer,
    errors: COMMAND,
    run: async (desk, { id, body }) => conversationJson(await desk.close(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/rating",
    says: "Asks the guest how it was, once for each time that the conversation was opened.",
    does: "askRating",
    status: 200,
    body: requests.Seen,
    answer: answers.ConversationAnswer,
    errors: [...COMMAND, "window_closed", "conversation_closed", "conversation_imported"],
    run: async (desk, { id, body }) => conversationJson(await desk.askRating(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/reopen",
    says: "Opens a conversation again, or the one that goes on with its matter.",
    does: "reopen",
    status: 200,
    body: requests.Seen,
    answer: answers.ConversationAnswer,
    errors: [...COMMAND, "conversation_imported"],
    run: async (desk, { id, body }) => conversationJson(await desk.reopen(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/assign",
    says: "Gives a conversation to one of staff, or takes it.",
    does: "assign",
    status: 200,
    body: requests.Assign,
    answer: answers.ConversationAnswer,
    errors: [...COMMAND, "conversation_closed", "conversation_taken", "assignment_forbidden"],
    run: async (desk, { id, body }) => conversationJson(await desk.assign(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/unassign",
    says: "Gives a conversation back.",
    does: "unassign",
    status: 200,
    body: requests.Seen,
    answer: answers.ConversationAnswer,
    errors: [...COMMAND, "conversation_taken", "assignment_forbidden"],
    run: async (desk, { id, body }) => conversationJson(await desk.unassign(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/priority",
    says: "Says how much a conversation hurries.",
    does: "setPriority",
    status: 200,
    body: requests.SetPriority,
    answer: answers.ConversationAnswer,
    errors: COMMAND,
    run: async (desk, { id, body }) => conversationJson(await desk.setPriority(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/tags",
    says: "Adds tags to a conversation, and takes some away.",
    does: "tag",
    status: 200,
    body: requests.Tag,
    answer: answers.ConversationAnswer,
    errors: [...COMMAND, "tags_too_many"],
    run: async (desk, { id, body }) => conversationJson(await desk.tag(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/snooze",
    says: "Keeps a conversation out of the open list for a while.",
    does: "snooze",
    status: 200,
    body: requests.Snooze,
    answer: answers.ConversationAnswer,
    errors: [...COMMAND, "conversation_closed"],
    run: async (desk, { id, body }) => conversationJson(await desk.snooze(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/unsnooze",
    says: "Puts a snoozed conversation back.",
    does: "unsnooze",
    status: 200,
    body: requests.Seen,
    answer: answers.ConversationAnswer,
    errors: COMMAND,
    run: async (desk, { id, body }) => conversationJson(await desk.unsnooze(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/takeover",
    says: "A person speaks from now on.",
    does: "takeover",
    status: 200,
    body: requests.Seen,
    answer: answers.ConversationAnswer,
    errors: [...COMMAND, "conversation_closed"],
    run: async (desk, { id, body }) => conversationJson(await desk.takeover(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/giveback",
    says: "The bot may speak again.",
    does: "giveback",
    status: 200,
    body: requests.Seen,
    answer: answers.ConversationAnswer,
    errors: [...COMMAND, "conversation_closed"],
    run: async (desk, { id, body }) => conversationJson(await desk.giveback(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/flows",
    says: "Begins a flow with the guest.",
    does: "startFlow",
    status: 200,
    body: requests.StartFlow,
    answer: answers.ConversationAnswer,
    errors: [...COMMAND, "flow_unknown", "flow_running", "window_closed", "conversation_imported"],
    run: async (desk, { id, body }) => conversationJson(await desk.startFlow(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/approval",
    says: "Decides what a flow asks staff.",
    does: "decideApproval",
    status: 200,
    body: requests.DecideApproval,
    answer: answers.ConversationAnswer,
    errors: [...COMMAND, "approval_over", "flow_version_gone"],
    run: async (desk, { id, body }) => conversationJson(await desk.decideApproval(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/flows/stop",
    says: "Ends the flow that is under way.",
    does: "stopFlow",
    status: 200,
    body: requests.Seen,
    answer: answers.ConversationAnswer,
    errors: COMMAND,
    run: async (desk, { id, body }) => conversationJson(await desk.stopFlow(id, body)),
  }),
  route({
    method: "GET",
    path: "/conversations/:id/flow",
    says: "How far the guest is in the flow that ran there last.",
    does: "flowRun",
    status: 200,
    answer: answers.FlowRunAnswer,
    run: async (desk, { id }) => flowRunJson(await desk.flowRun(id)),
  }),
  route({
    method: "GET",
    path: "/conversations/:id/flow/replay",
    says: "Each past state of a flow that ran there, made again.",
    does: "replayFlow",
    query: requests.ReplayFlowQuery,
    status: 200,
    answer: answers.FlowReplayAnswer,
    run: async (desk, { id, query: { after = 0, limit = 50, ...query } }) =>
      flowReplayJson(await desk.replayFlow(id, query), after, limit),
  }),
  route({
    method: "GET",
    path: "/conversations/:id/stays",
    says: "The guest's stays by the hotel's own system, newest first, and what the desk says about them by itself.",
    does: "stays",
    status: 200,
    answer: answers.StaysAnswer,
    run: async (desk, { id }) => ({ items: (await desk.stays(id)).map(stayJson) }) satisfies StaysJson,
  }),
  route({
    method: "GET",
    path: "/arrivals",
    says: "Who comes to a hotel on a day, by reservation; staff of some departments see the guests with whom one of theirs talks.",
    does: "arrivals",
    query: requests.StaysOnDayQuery,
    status: 200,
    answer: answers.listOf(answers.StayOnDayAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { query: { hotel, ...query } }) =>
      listJson(await desk.arrivals({ hotelId: hotel, ...query }), stayOnDayJson),
  }),
  route({
    method: "GET",
    path: "/departures",
    says: "Who goes on a day, as arrivals.",
    does: "departures",
    query: requests.StaysOnDayQuery,
    status: 200,
    answer: answers.listOf(answers.StayOnDayAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { query: { hotel, ...query } }) =>
      listJson(await desk.departures({ hotelId: hotel, ...query }), stayOnDayJson),
  }),
  route({
    method: "GET",
    path: "/conversations/:id/tasks",
    says: "What was asked for in a conversation, and what became of it, newest first.",
    does: "tasks",
    status: 200,
    answer: answers.TasksAnswer,
    run: async (desk, { id }) => ({ items: (await desk.tasks(id)).map(taskJson) }) satisfies TasksJson,
  }),
  route({
    method: "POST",
    path: "/conversations/:id/tasks",
    says: "Asks for something to be done for the guest.",
    does: "createTask",
    status: 201,
    body: requests.NewTask,
    answer: answers.TaskAnswer,
    errors: ["department_unknown", "conversation_imported", "busy"],
    run: async (desk, { id, body }) => taskJson(await desk.createTask(id, body)),
  }),
  route({
    method: "POST",
    path: "/pms/events",
    says: "Takes in what the hotel's own system tells of a reservation, or of a request, in whatever order and however often.",
    does: "applyPms",
    status: 200,
    body: requests.Pms,
    answer: answers.PmsAnswer,
    errors: ["busy"],
    run: async (desk, { body }) => pmsAnswerJson(await desk.applyPms(body)),
  }),
  route({
    method: "POST",
    path: "/messages/search",
    says: "Messages that say what somebody looks for, newest first.",
    does: "search",
    status: 200,
    body: requests.Search,
    answer: answers.listOf(answers.FoundMessageAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { body }) => listJson(await desk.search(body), foundMessageJson),
  }),
  route({
    method: "GET",
    path: "/messages/:id/explain",
    says: "Why a message stands where it stands, and what became of it.",
    does: "explain",
    status: 200,
    answer: answers.ExplanationAnswer,
    run: async (desk, { id }) => explanationJson(await desk.explain(id)),
  }),
  route({
    method: "POST",
    path: "/messages/:id/resend",
    says: "Sends a failed message again, as a new one.",
    does: "resend",
    status: 202,
    body: requests.Resend,
    answer: answers.MessageAnswer,
    errors: [...UNSENDABLE, "resend_impossible", "resend_may_double", "resend_too_early", "conversation_closed"],
    run: async (desk, { id, body }) => messageJson(await desk.resend(id, body)),
  }),
  route({
    method: "POST",
    path: "/messages/:id/resolve",
    says: "Says what became of a message of unknown fate.",
    does: "resolve",
    status: 200,
    body: requests.Resolve,
    answer: answers.MessageAnswer,
    errors: ["resolve_impossible", "busy"],
    run: async (desk, { id, body }) => messageJson(await desk.resolve(id, body)),
  }),
  route({
    method: "GET",
    path: "/attachments/:id",
    carries: "answer",
    says: "A file of a message, once it has been looked into; `Range`, `If-Range` and `If-None-Match` count.",
    does: "openAttachment",
    status: 200,
    query: requests.OpenQuery,
    answer: null,
    errors: [...FILES, "range_invalid"],
    // Served by the handler, which knows what HTTP asks of files.
    run: () => Promise.resolve(null),
  }),
  route({
    method: "GET",
    path: "/attachments/:id/about",
    says: "What is known of a file.",
    does: "attachment",
    status: 200,
    answer: answers.AttachmentAnswer,
    run: async (desk, { id }) => attachmentJson(await desk.attachment(id)),
  }),
  route({
    method: "POST",
    path: "/attachments/:id/url",
    says: "An address of a file that is good for a while, for whoever has it.",
    does: "attachmentUrl",
    status: 200,
    body: requests.AttachmentUrl,
    answer: answers.LinkAnswer,
    errors: FILES,
    run: async (desk, { id, body }) => linkJson(await desk.attachmentUrl(id, body)),
  }),
  route({
    method: "POST",
    path: "/attachments/:id/keep",
    says: "Says what a file is kept for, which decides how long.",
    does: "keepAttachment",
    status: 200,
    body: requests.Keep,
    answer: answers.AttachmentAnswer,
    run: async (desk, { id, body }) => attachmentJson(await desk.keepAttachment(id, body)),
  }),
  route({
    method: "POST",
    path: "/attachments/:id/discard",
    says: "Forgets a file: nothing of it is kept.",
    does: "discardAttachment",
    status: 200,
    body: requests.Why,
    answer: answers.AttachmentAnswer,
    run: async (desk, { id, body }) => attachmentJson(await desk.discardAttachment(id, body)),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/files",
    carries: "body",
    says: "Puts a file there to send. The body is the file itself, its `Content-Type` what it is.",
    does: "addFile",
    status: 201,
    query: requests.AddFileQuery,
    answer: answers.AttachmentAnswer,
    errors: ["file_refused", "media_store_missing", "media_store_unavailable", "scanner_unavailable", "busy"],
    run: async (desk, { id, query: { kind, name }, file }) => {
      if (file === undefined) throw new ConversationError("content_type_invalid");
      return attachmentJson(await desk.addFile(id, { ...file, kind, fileName: name ?? null }));
    },
  }),
  route({
    method: "POST",
    path: "/guests/find",
    says: "Guests of a hotel who have or had a phone number.",
    does: "findGuests",
    status: 200,
    body: requests.Find,
    answer: answers.GuestsAnswer,
    run: async (desk, { body }) => ({ items: (await desk.findGuests(body)).map(guestJson) }) satisfies GuestsJson,
  }),
  route({
    method: "POST",
    path: "/guests/search",
    says: "Guests by name.",
    does: "searchGuests",
    status: 200,
    body: requests.SearchGuests,
    answer: answers.listOf(answers.FoundGuestAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { body }) => listJson(await desk.searchGuests(body), foundGuestJson),
  }),
  route({
    method: "GET",
    path: "/guests/:id",
    says: "Who a guest is, by what evidence, and who else they may be.",
    does: "guest",
    status: 200,
    answer: answers.GuestAnswer,
    run: async (desk, { id }) => guestJson(await desk.guest(id)),
  }),
  route({
    method: "GET",
    path: "/guests/:id/consents",
    says: "What a guest said about offers, and what counts of it.",
    does: "consents",
    status: 200,
    answer: answers.ConsentsAnswer,
    run: async (desk, { id }) => consentsJson(await desk.consents(id)),
  }),
  route({
    method: "POST",
    path: "/guests/:id/consents",
    says: "Notes what a guest said to somebody at the hotel about offers.",
    does: "setConsent",
    status: 200,
    body: requests.Consent,
    answer: answers.ConsentsAnswer,
    errors: ["busy"],
    run: async (desk, { id, body }) => consentsJson(await desk.setConsent(id, body)),
  }),
  route({
    method: "POST",
    path: "/guests/:id/merge",
    says: "Says that two guests are one person.",
    does: "mergeGuests",
    status: 200,
    body: requests.Merge,
    answer: answers.GuestAnswer,
    errors: ["merge_impossible", "busy"],
    run: async (desk, { id, body }) => guestJson(await desk.mergeGuests({ guestId: id, ...body })),
  }),
  route({
    method: "POST",
    path: "/guests/:id/unmerge",
    says: "Undoes that.",
    does: "unmergeGuests",
    status: 200,
    body: requests.Why,
    answer: answers.GuestAnswer,
    errors: ["merge_impossible", "busy"],
    run: async (desk, { id, body }) => guestJson(await desk.unmergeGuests({ guestId: id, ...body })),
  }),
  route({
    method: "POST",
    path: "/guests/:id/erase",
    says: "Erases a guest: all that is kept of them, and of whoever turned out to be the same person. Asked with `dryRun` it only counts.",
    does: "eraseGuest",
    status: 200,
    body: requests.Erase,
    answer: answers.ErasureReportAnswer,
    run: async (desk, { id, body }) => erasureReportJson(await desk.eraseGuest(id, body)),
  }),
  route({
    method: "GET",
    path: "/guests/:id/export",
    carries: "lines",
    says: "All that is kept of a guest, as lines of JSON, with the bytes of files. The last line is `end`.",
    does: "exportGuest",
    status: 200,
    query: requests.ExportQuery,
    answer: null,
    errors: ["media_store_unavailable"],
    // As lines: desk-handler.ts.
    run: () => Promise.resolve(null),
  }),
  route({
    method: "GET",
    path: "/saved-replies",
    says: "What staff answer often.",
    does: "savedReplies",
    status: 200,
    query: requests.SavedRepliesQuery,
    answer: answers.listOf(answers.SavedReplyAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { query: { hotel, ...page } }) => listJson(await desk.savedReplies(hotel, page), savedReplyJson),
  }),
  route({
    method: "POST",
    path: "/saved-replies",
    says: "Keeps an answer for all who answer.",
    does: "createSavedReply",
    status: 201,
    body: requests.NewSavedReply,
    answer: answers.SavedReplyAnswer,
    errors: ["shortcut_taken", "department_unknown"],
    run: async (desk, { body }) => savedReplyJson(await desk.createSavedReply(body)),
  }),
  route({
    method: "POST",
    path: "/saved-replies/:id",
    says: "Changes a saved reply.",
    does: "changeSavedReply",
    status: 200,
    body: requests.SavedReplyChange,
    answer: answers.SavedReplyAnswer,
    errors: ["shortcut_taken", "saved_reply_changed", "department_unknown"],
    run: async (desk, { id, body }) => savedReplyJson(await desk.changeSavedReply(id, body)),
  }),
  route({
    method: "POST",
    path: "/saved-replies/:id/delete",
    says: "Takes a saved reply away.",
    does: "deleteSavedReply",
    status: 204,
    body: requests.Why,
    answer: null,
    run: async (desk, { id, body }) => {
      await desk.deleteSavedReply(id, body);
      return null;
    },
  }),
  route({
    method: "GET",
    path: "/audit",
    says: "Who did what, to what, and why, newest first.",
    does: "audit",
    status: 200,
    query: requests.AuditQuery,
    answer: answers.listOf(answers.AuditEntryAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { query }) => listJson(await desk.audit(query), auditJson),
  }),
  route({
    method: "GET",
    path: "/operator/audit/export",
    says: "A hotel's audit in the order in which it was committed, with what proves it.",
    does: "exportAudit",
    status: 200,
    query: requests.AuditExportQuery,
    answer: answers.AuditExportAnswer,
    errors: ["cursor_invalid"],
    run: async (desk, { query }) => auditExportJson(await desk.exportAudit(query)),
  }),
  route({
    method: "GET",
    path: "/operator/audit/verify",
    says: "Reads a hotel's audit whole, and says whether it is what was sealed.",
    does: "verifyAudit",
    status: 200,
    query: requests.AuditVerifyQuery,
    answer: answers.AuditVerdictAnswer,
    run: async (desk, { query }) => auditVerdictJson(await desk.verifyAudit(query)),
  }),
  route({
    method: "GET",
    path: "/templates",
    says: "A hotel's message templates by name, then language.",
    does: "templates",
    status: 200,
    query: requests.TemplatesQuery,
    answer: answers.listOf(answers.TemplateAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { query: { hotel, ...page } }) => listJson(await desk.templates(hotel, page), templateJson),
  }),
  route({
    method: "POST",
    path: "/operator/templates/sync",
    says: "Reads a hotel's templates from WhatsApp, or from JSON, and stores them.",
    does: "syncTemplates",
    status: 200,
    body: requests.SyncTemplates,
    answer: answers.TemplatesReadAnswer,
    errors: ["template_source_missing", "template_list_failed"],
    run: async (desk, { body: { hotel, templates } }) => {
      const { read, unread, deleted } = await desk.syncTemplates(hotel, templates);
      return { read, unread, deleted } satisfies TemplatesReadJson;
    },
  }),
  route({
    method: "GET",
    path: "/operator/events",
    says: "What happened that is about no conversation, newest first.",
    does: "operatorEvents",
    status: 200,
    query: requests.PageQuery,
    answer: answers.listOf(answers.OperatorEventAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { query }) => listJson(await desk.operatorEvents(query), eventJson),
  }),
  route({
    method: "GET",
    path: "/operator/senders",
    says: "The numbers that send: how fast, and why one does not.",
    does: "senders",
    status: 200,
    answer: answers.SendersAnswer,
    run: async (desk) => ({ items: (await desk.senders()).map(senderJson) }) satisfies SendersJson,
  }),
  route({
    method: "POST",
    path: "/operator/senders/:id/resume",
    says: "Ends the pause of a number.",
    does: "resumeSender",
    status: 204,
    body: requests.Why,
    answer: null,
    run: async (desk, { id, body }) => {
      await desk.resumeSender(id, body);
      return null;
    },
  }),
  route({
    method: "GET",
    path: "/operator/dead",
    says: "Work that was given up, newest first.",
    does: "dead",
    status: 200,
    query: requests.PageQuery,
    answer: answers.listOf(answers.DeadWorkAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { query }) => listJson(await desk.dead(query), deadJson),
  }),
  route({
    method: "POST",
    path: "/operator/dead/:id/replay",
    says: "Puts dead work into its lane again.",
    does: "replay",
    status: 204,
    body: requests.Why,
    answer: null,
    run: async (desk, { id, body }) => {
      await desk.replay(id, body);
      return null;
    },
  }),
  route({
    method: "GET",
    path: "/operator/kept",
    says: "What WhatsApp delivered and nobody acts upon, newest first.",
    does: "kept",
    status: 200,
    query: requests.PageQuery,
    answer: answers.listOf(answers.KeptItemAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { query }) => listJson(await desk.kept(query), keptJson),
  }),
  route({
    method: "POST",
    path: "/operator/reprocess",
    says: "Reads again what stands aside, after an upgrade.",
    does: "reprocess",
    status: 200,
    answer: answers.ReprocessedAnswer,
    run: async (desk) => {
      const { read, understood } = await desk.reprocess();
      return { read, understood } satisfies ReprocessedJson;
    },
  }),
  route({
    method: "GET",
    path: "/operator/erasures",
    says: "A hotel's erasures, the oldest first: ids and hashes, to be kept outside of the database.",
    does: "erasures",
    status: 200,
    query: requests.ErasuresQuery,
    answer: answers.listOf(answers.ErasureAnswer),
    errors: ["cursor_invalid"],
    run: async (desk, { query: { hotel, ...page } }) => listJson(await desk.erasures(hotel, page), erasureJson),
  }),
  route({
    method: "POST",
    path: "/operator/erasures/reapply",
    says: "Erases again who is back after an older backup was restored.",
    does: "reapplyErasures",
    status: 200,
    body: requests.Reapply,
    answer: answers.ReapplyAnswer,
    run: async (desk, { body: { hotel, items, ...work } }) =>
      reapplyJson(await desk.reapplyErasures(hotel, items, work)),
  }),
  route({
    method: "POST",
    path: "/operator/prune",
    says: "Deletes what is older than so many days. Asked with `dryRun` it only counts.",
    does: "prune",
    status: 200,
    body: requests.Prune,
    answer: answers.PruneAnswer,
    run: async (desk, { body: { policy, ...work } }) => desk.prune(policy, work),
  }),
];

/** The route of a request and the value of its parameter; null when it is not one of the desk's. */
export function routeOf(method: string, path: string): { readonly route: Route; readonly id: string } | null {
  const given = path.split("/");
  for (const route of ROUTES) {
    if (route.method !== method) continue;
    const wanted = route.path.split("/");
    if (wanted.length !== given.length) continue;
    let id = "";
    const fits = wanted.every((segment, index) => {
      const actual = given[index] ?? "";
      if (!segment.startsWith(":")) return segment === actual;
      id = decoded(actual);
      return id !== "";
    });
    if (fits) return { route, id };
  }
  return null;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return "";
  }
}

/** @throws {ConversationError} `request_invalid` with the path of every problem; never with the values */
function given<T extends z.ZodType>(schema: T, value: unknown): WithoutUndefined<z.output<T>> {
  const result = schema.safeParse(value);
  if (!result.success) {
    const issues = result.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
    throw new ConversationError("request_invalid", { issues });
  }
  // zod leaves out what was not given, which is what an exact optional property means.
  return result.data as WithoutUndefined<z.output<T>>;
}

type WithoutUndefined<T> = T extends Date
  ? T
  : T extends readonly (infer Item)[]
    ? readonly WithoutUndefined<Item>[]
    : T extends object
      ? { [K in keyof T]: WithoutUndefined<Exclude<T[K], undefined>> }
      : T;
