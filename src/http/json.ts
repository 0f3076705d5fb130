import type { ShownMessage } from "../domain/amendment.js";
import type { Attachment } from "../domain/attachment.js";
import { extensionOf } from "../media/extension.js";
import { shownName } from "../media/names.js";
import type { AuditEntry, AuditParts, AuditPlace } from "../domain/audit.js";
import type { Conversation } from "../domain/conversation.js";
import { plainKind } from "../domain/content.js";
import type { Billing } from "../domain/delivery-status.js";
import type { DeskEvent } from "../domain/event.js";
import type { FlowRun } from "../domain/flow-run.js";
import type { FlowMark } from "../domain/message.js";
import type { Participant } from "../domain/participant.js";
import { placeholdersOf, type SavedReply } from "../domain/saved-reply.js";
import type { Sender } from "../domain/sender.js";
import type { ServiceWindow } from "../domain/service-window.js";
import { isSendable } from "../domain/template-fill.js";
import type { Template } from "../domain/template.js";
import type { DeadWork, KeptItem } from "../domain/work.js";
import type { ConversationError } from "../errors.js";
import type { Stay } from "../ports/guests.js";
import type { FlowReplay } from "../flow/replay.js";
import { flowRunView } from "../runtime/flow-desk.js";
import type { DeskCounters, DeskTimes, Durations, RatingOf, TimesOf } from "../ports/read-storage.js";
import type {
  FlowRunView,
  AttachmentLink,
  ConversationSummary,
  Explanation,
  FoundGuest,
  FoundMessage,
  GuestConsents,
  GuestView,
  List,
  MentionView,
  AuditPage,
} from "../runtime/desk-shapes.js";
import { contentJson } from "./content-json.js";
import { given } from "./given.js";
import type {
  FlowReplayJson,
  FlowRunJson,
  AttachmentJson,
  AuditEntryJson,
  AuditExportJson,
  AuditVerdictJson,
  ConsentsJson,
  ConversationJson,
  ConversationSummaryJson,
  CountersJson,
  DeadWorkJson,
  SenderJson,
  ErrorJson,
  DoneJson,
  ExplanationJson,
  FoundGuestJson,
  FoundMessageJson,
  GuestJson,
  KeptItemJson,
  LinkJson,
  ListJson,
  MentionJson,
  MessageJson,
  OperatorEventJson,
  ParticipantsJson,
  SavedReplyJson,
  TemplateJson,
  TimesJson,
} from "./json-types.js";
import type { AuditVerdict } from "../runtime/audit-verify.js";

/** What the HTTP API shows, field by field: nothing reaches a page because it happened to stand in an object. */

/** The header that says when to come again, where an error knows it. */
export function retryAfter({ details }: ConversationError): Record<string, string> {
  const { retryAfterMs } = details;
  return typeof retryAfterMs === "number" ? { "retry-after": String(Math.ceil(retryAfterMs / 1_000)) } : {};
}

/** The body that an error is answered with: its code, what to do, and ids; of the desk's own faults no detail but the log line's id. */
export function errorJson({ code, says, details, status }: ConversationError): ErrorJson {
  // What is wrong with the host's set-up is for its log, not for whoever asked: who asks names the line of the log.
  const { correlationId } = details;
  const told = status < 500 ? details : { ...(correlationId !== undefined && { correlationId }) };
  return { error: { code, message: says, ...(Object.keys(told).length > 0 && { details: told }) } };
}

export const listJson = <T, Item>({ items, nextCursor }: List<T>, json: (item: T) => Item): ListJson<Item> => ({
  items: items.map(json),
  nextCursor,
});

const windowJson = ({ open, closesAt }: ServiceWindow): ConversationSummaryJson["window"] =>
  open ? { open, closesAt: closesAt.toISOString() } : { open, closesAt: closesAt?.toISOString() ?? null };

export const summaryJson = (summary: ConversationSummary): ConversationSummaryJson => ({
  id: summary.id,
  hotelId: summary.hotelId,
  departmentId: summary.departmentId,
  guest: { id: summary.guest.id, name: summary.guest.name },
  status: summary.status,
  mode: summary.mode,
  speaker: summary.speaker,
  assigneeId: summary.assigneeId,
  priority: summary.priority,
  tags: summary.tags,
  snoozedUntil: summary.snoozedUntil?.toISOString() ?? null,
  version: summary.version,
  lastMessageAt: summary.lastMessageAt.toISOString(),
  lastMessagePreview: summary.lastMessagePreview,
  unread: summary.unread,
  waitingSince: summary.waitingSince?.toISOString() ?? null,
  window: windowJson(summary.window),
});

export const countersJson = (counters: readonly DeskCounters[]): CountersJson => ({
  items: counters.map(({ hotelId, departmentId, open, unread, waiting, waitingSince }) => ({
    hotelId,
    departmentId,
    open,
    unread,
    waiting,
    waitingSince: waitingSince?.toISOString() ?? null,
  })),
});

const durationsJson = ({ count, meanMs, medianMs, p90Ms }: Durations): Durations => ({
  count,
  meanMs,
  medianMs,
  p90Ms,
});
const ratingOfJson = ({ asked, answered, average, scores }: RatingOf): RatingOf => ({
  asked,
  answered,
  average,
  scores,
});
const timesOfJson = ({ firstResponse, resolution, rating, waiting, resolvedUnanswered }: TimesOf): TimesOf => ({
  firstResponse: durationsJson(firstResponse),
  resolution: durationsJson(resolution),
  rating: ratingOfJson(rating),
  waiting,
  resolvedUnanswered,
});
export const timesJson = ({ all, departments, staff }: DeskTimes): TimesJson => ({
  all: timesOfJson(all),
  departments: departments.map(({ hotelId, departmentId, ...times }) => ({
    hotelId,
    departmentId,
    ...timesOfJson(times),
  })),
  staff: staff.map(({ hotelId, staffId, ...times }) => ({ hotelId, staffId, ...timesOfJson(times) })),
});

export const foundMessageJson = (found: FoundMessage): FoundMessageJson => ({
  messageId: found.messageId,
  hotelId: found.hotelId,
  conversationId: found.conversationId,
  departmentId: found.departmentId,
  guest: { id: found.guest.id, name: found.guest.name },
  direction: found.direction,
  at: found.at.toISOString(),
  line: found.line,
});

export const foundGuestJson = ({ id, hotelId, name, username }: FoundGuest): FoundGuestJson => ({
  id,
  hotelId,
  name,
  username,
});

export const auditJson = ({ id, hotelId, actor, action, reason, target, at }: AuditEntry): AuditEntryJson => ({
  id,
  hotelId,
  actor: { kind: actor.kind, id: actor.id },
  action,
  reason,
  target: { kind: target.kind, id: target.id },
  at: at.toISOString(),
});

export const auditExportJson = (page: AuditPage): AuditExportJson => ({
  hotelId: page.hotelId,
  kept: placeJson(page.kept),
  head: placeJson(page.head),
  unsealedSince: page.unsealedSince?.toISOString() ?? null,
  items: page.items.map((entry) => ({
    ...auditJson(entry),
    n: entry.n,
    sealedAt: entry.sealedAt.toISOString(),
    salts: partsJson(entry.salts),
    digests: partsJson(entry.digests),
    hash: entry.hash,
  })),
  nextCursor: page.nextCursor,
});

const placeJson = ({ n, hash }: AuditPlace): AuditPlace => ({ n, hash });
const partsJson = <T>({ actor, target, reason }: AuditParts<T>): AuditParts<T> => ({ actor, target, reason });

export const auditVerdictJson = ({ flaw, ...verdict }: AuditVerdict): AuditVerdictJson => ({
  hotelId: verdict.hotelId,
  holds: verdict.holds,
  flaw: flaw && { n: flaw.n, why: flaw.why },
  from: verdict.from,
  to: verdict.to,
  entries: verdict.entries,
  erased: verdict.erased,
  anchoredTo: verdict.anchoredTo,
});

export const conversationJson = (conversation: Conversation): ConversationJson => ({
  id: conversation.id,
  hotelId: conversation.hotelId,
  departmentId: conversation.departmentId,
  guest: { id: conversation.guestId },
  status: conversation.status,
  mode: conversation.mode,
  speaker: conversation.speaker,
  assigneeId: conversation.assigneeId,
  priority: conversation.priority,
  tags: conversation.tags,
  snoozedUntil: conversation.snoozedUntil?.toISOString() ?? null,
  version: conversation.version,
  lastMessageAt: conversation.lastMessageAt.toISOString(),
  lastMessagePreview: conversation.lastMessagePreview,
  readSeq: conversation.readSeq,
  lastSeq: conversation.lastSeq,
  closedAt: conversation.closedAt?.toISOString() ?? null,
  episode: {
    number: conversation.episode.number,
    startedAt: conversation.episode.startedAt.toISOString(),
    askedAt: conversation.episode.askedAt?.toISOString() ?? null,
    answeredAt: conversation.episode.answeredAt?.toISOString() ?? null,
    answeredBy: conversation.episode.answeredBy,
  },
  rating: conversation.rating && {
    askedAt: conversation.rating.askedAt.toISOString(),
    staffId: conversation.rating.staffId,
    score: conversation.rating.score,
    ratedAt: conversation.rating.ratedAt?.toISOString() ?? null,
  },
  continuedIn: conversation.continuedIn,
});

export const flowRunJson = (run: FlowRunView | null): FlowRunJson => ({
  run: run && viewJson(run),
});

const viewJson = (run: FlowRunView): NonNullable<FlowRunJson["run"]> => ({
  ...run,
  startedAt: run.startedAt.toISOString(),
  endedAt: run.endedAt?.toISOString() ?? null,
});
const runJson = (run: FlowRun) => viewJson(flowRunView(run));

export function flowReplayJson(replay: FlowReplay | null, after: number, limit: number): FlowReplayJson {
  if (replay === null) return { replay: null };
  const { run, gap, states } = replay;
  const asked = states.filter(({ number }) => number > after);
  const page = asked.slice(0, limit);
  return {
    replay: {
      run: runJson(run),
      states: page.map((state) => ({
        number: state.number,
        at: state.at.toISOString(),
        moved: { by: state.input.kind, messageId: state.input.kind === "heard" ? state.input.messageId : null },
        run: runJson(state.run),
        question: state.run.promptId === null ? null : questionJson(state.run.promptId, state.run),
        said: state.said.map(({ id, step }) => ({ messageId: id, step })),
      })),
      next: asked.length > page.length ? (page.at(-1)?.number ?? null) : null,
      gap,
    },
  };
}

const questionJson = (promptId: string, { options }: FlowRun) => ({
  promptId,
  options: options.map(({ id, value, title }) => ({ id, value, title })),
});

/** Of a message that was deleted for everybody, nothing that it said: neither now nor before. */
export const messageJson = (message: ShownMessage): MessageJson => ({
  id: message.id,
  conversationId: message.conversationId,
  seq: message.seq,
  direction: message.direction,
  author: message.author,
  content: contentJson(message.revokedAt === null ? message.content : plainKind("revoked")),
  versions: (message.revokedAt === null ? message.versions : []).map(({ content, at }) => ({
    content: contentJson(content),
    at: at.toISOString(),
  })),
  insteadOf: message.insteadOf && contentJson(message.insteadOf),
  revokedAt: message.revokedAt?.toISOString() ?? null,
  reactions: message.reactions.map(({ by, emoji, at }) => ({ by, emoji, at: at.toISOString() })),
  attachment:
    message.attachment === undefined || message.revokedAt !== null ? null : attachmentJson(message.attachment),
  wamid: message.wamid,
  quotes: message.revokedAt === null ? message.quotedWamid : null,
  translation: translationJson(message),
  context: message.context,
  flow: message.flow && flowMarkJson(message.flow),
  status: message.status,
  failure: message.failure,
  resentAs: resentAs(message),
  billing: message.billing && billingJson(message.billing),
  clientMessageId: message.clientMessageId,
  sentAt: message.sentAt.toISOString(),
  createdAt: message.createdAt.toISOString(),
});

function translationJson({ translation, revokedAt }: ShownMessage): MessageJson["translation"] {
  if (translation === undefined || revokedAt !== null) return null;
  const { language, text, from } = translation;
  return { language, text, from };
}

const flowMarkJson = ({ flowId, runId, step, result }: FlowMark): MessageJson["flow"] => ({
  flowId,
  runId: runId ?? null,
  step,
  result,
});

export const attachmentJson = (attachment: Attachment): AttachmentJson => {
  const { file, said } = attachment;
  return {
    id: attachment.id,
    conversationId: attachment.conversationId,
    kind: attachment.kind,
    direction: attachment.direction,
    state: attachment.state,
    reason: attachment.reason,
    fileName: said.fileName === null ? null : shownName(said.fileName, extensionOf(file?.mimeType ?? "")),
    mimeType: file?.mimeType ?? said.mimeType,
    sizeBytes: file?.sizeBytes ?? null,
    width: file?.width ?? null,
    height: file?.height ?? null,
    hasThumbnail: file?.thumbnailId != null,
    purpose: attachment.purpose,
    forgetAt: attachment.forgetAt?.toISOString() ?? null,
    createdAt: attachment.createdAt.toISOString(),
  };
};

export const linkJson = ({ url, expiresAt }: AttachmentLink): LinkJson => ({ url, expiresAt: expiresAt.toISOString() });

export const mentionJson = ({ at, read, shownIn, message }: MentionView): MentionJson => ({
  at: at.toISOString(),
  read,
  shownIn,
  message: messageJson(message),
});

export const savedReplyJson = (reply: SavedReply): SavedReplyJson => ({
  id: reply.id,
  hotelId: reply.hotelId,
  departmentId: reply.departmentId,
  shortcut: reply.shortcut,
  texts: reply.texts,
  placeholders: placeholdersOf(reply),
  version: reply.version,
  updatedAt: reply.updatedAt.toISOString(),
});

export const participantsJson = (participants: readonly Participant[]): ParticipantsJson => ({
  items: participants.map(({ conversationId, kind, id, readSeq }) => ({ conversationId, kind, id, readSeq })),
});

const resentAs = ({ reasons }: ShownMessage): string | null => {
  const id = reasons.findLast(({ code }) => code === "sent_again")?.details?.["as"];
  return typeof id === "string" ? id : null;
};

const billingJson = (billing: Billing): Billing => ({
  ...given(billing, "billable", "model", "type", "category"),
  ...(billing.conversation && { conversation: given(billing.conversation, "id", "origin", "expiresAt") }),
});

export const explanationJson = (explanation: Explanation): ExplanationJson => ({
  messageId: explanation.messageId,
  conversationId: explanation.conversationId,
  steps: explanation.steps.map(({ at, code, says, details }) => ({
    at: at.toISOString(),
    code,
    says,
    ...(details && { details }),
  })),
  audit: explanation.audit.map(doneJson),
  conversationAudit: explanation.conversationAudit.map((entry) => ({
    conversationId: entry.target.id,
    ...doneJson(entry),
  })),
});

const doneJson = ({ actor, action, reason, at }: AuditEntry): DoneJson => ({
  ...{ actor, action, reason },
  at: at.toISOString(),
});

export const guestJson = (guest: GuestView): GuestJson => ({
  id: guest.id,
  hotelId: guest.hotelId,
  name: guest.name,
  username: guest.username,
  language: guest.language,
  addresses: guest.addresses.map(({ kind, value, evidence, firstSeenAt, retiredAt }) => ({
    kind,
    value,
    evidence,
    firstSeenAt: firstSeenAt.toISOString(),
    retiredAt: retiredAt?.toISOString() ?? null,
  })),
  mergedInto: guest.mergedInto,
  merged: guest.merged.map(({ id, name }) => ({ id, name })),
  maybeSame: guest.maybeSame.map(({ guestId, why }) => ({ guestId, why })),
  stay: guest.stay && stayJson(guest.stay),
  known: guest.known && { name: guest.known.name, language: guest.known.language, vip: guest.known.vip },
});

const stayJson = ({ reservationId, room, from, to }: Stay): Stay => ({
  reservationId,
  ...(room !== undefined && { room }),
  from,
  to,
});

export const consentsJson = ({ marketing, entries }: GuestConsents): ConsentsJson => ({
  marketing,
  items: entries.map(({ id, guestId, scope, wish, source, evidence, at, recordedAt }) => ({
    id,
    guestId,
    scope,
    wish,
    source,
    evidence,
    at: at.toISOString(),
    recordedAt: recordedAt.toISOString(),
  })),
});

/** An event's body is made for readers: ids, states and WhatsApp's words about the account, never a guest's. */
export const eventJson = ({ hotelId, seq, at, body }: DeskEvent): OperatorEventJson => ({
  hotelId,
  seq,
  at: at.toISOString(),
  ...body,
});

export const senderJson = ({ hotelId, phoneNumberId, perSecond, pause, waiting }: Sender): SenderJson => ({
  hotelId,
  phoneNumberId,
  perSecond,
  waiting,
  pause: pause === null ? null : { ...pause, until: pause.until.toISOString() },
});

export const deadJson = (dead: DeadWork): DeadWorkJson => ({
  id: dead.id,
  hotelId: dead.hotelId,
  kind: dead.kind,
  code: dead.code,
  attempts: dead.attempts,
  createdAt: dead.createdAt.toISOString(),
  deadAt: dead.deadAt.toISOString(),
});

export const keptJson = (item: KeptItem): KeptItemJson => ({
  id: item.id,
  hotelId: item.hotelId,
  kind: item.kind,
  outcome: item.outcome,
  receivedAt: item.receivedAt.toISOString(),
});

export const templateJson = (template: Template): TemplateJson => ({
  hotelId: template.hotelId,
  name: template.name,
  language: template.language,
  metaId: template.metaId,
  category: template.category,
  comingCategory: template.comingCategory,
  status: template.status,
  sendable: isSendable(template),
  quality: template.quality,
  parameters: template.parameters,
  header: template.header,
  body: template.body,
  footer: template.footer,
  buttons: template.buttons,
  unsupported: template.unsupported,
  updatedAt: template.updatedAt.toISOString(),
});
