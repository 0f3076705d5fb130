import type { ShownMessage } from "../domain/amendment.js";
import type { Conversation } from "../domain/conversation.js";
import { plainKind, type MessageContent } from "../domain/content.js";
import type { Billing } from "../domain/delivery-status.js";
import type { DeskEvent } from "../domain/event.js";
import type { DeadWork, KeptItem } from "../domain/work.js";
import type { ConversationError } from "../errors.js";
import type { ConversationSummary, Explanation, GuestView, List } from "../runtime/desk-api.js";
import type {
  ContentJson,
  ConversationJson,
  ConversationSummaryJson,
  DeadWorkJson,
  ErrorJson,
  ExplanationJson,
  GuestJson,
  KeptItemJson,
  ListJson,
  MessageJson,
  OperatorEventJson,
} from "./json-types.js";

/** What the HTTP API shows, field by field: nothing reaches a page because it happened to stand in an object. */

export function errorJson({ code, says, details, status }: ConversationError): ErrorJson {
  // What is wrong with the host's set-up is for its log, not for whoever asked.
  const hasDetails = status < 500 && Object.keys(details).length > 0;
  return { error: { code, message: says, ...(hasDetails && { details }) } };
}

export const listJson = <T, Item>({ items, nextCursor }: List<T>, json: (item: T) => Item): ListJson<Item> => ({
  items: items.map(json),
  nextCursor,
});

export const summaryJson = (summary: ConversationSummary): ConversationSummaryJson => ({
  id: summary.id,
  hotelId: summary.hotelId,
  departmentId: summary.departmentId,
  guest: { id: summary.guest.id, name: summary.guest.name },
  status: summary.status,
  mode: summary.mode,
  lastMessageAt: summary.lastMessageAt.toISOString(),
  lastMessagePreview: summary.lastMessagePreview,
  unread: summary.unread,
  window: { open: summary.window.open, closesAt: summary.window.closesAt?.toISOString() ?? null },
});

export const conversationJson = (conversation: Conversation): ConversationJson => ({
  id: conversation.id,
  hotelId: conversation.hotelId,
  departmentId: conversation.departmentId,
  guest: { id: conversation.guestId },
  status: conversation.status,
  mode: conversation.mode,
  lastMessageAt: conversation.lastMessageAt.toISOString(),
  lastMessagePreview: conversation.lastMessagePreview,
  readSeq: conversation.readSeq,
  lastSeq: conversation.lastSeq,
  closedAt: conversation.closedAt?.toISOString() ?? null,
  continuedIn: conversation.continuedIn,
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
  revokedAt: message.revokedAt?.toISOString() ?? null,
  reactions: message.reactions.map(({ by, emoji, at }) => ({ by, emoji, at: at.toISOString() })),
  context: message.context,
  status: message.status,
  failure: message.failure,
  billing: message.billing && billingJson(message.billing),
  clientMessageId: message.clientMessageId,
  sentAt: message.sentAt.toISOString(),
  createdAt: message.createdAt.toISOString(),
});

const billingJson = (billing: Billing): Billing => ({
  ...given(billing, "billable", "model", "type", "category"),
  ...(billing.conversation && { conversation: given(billing.conversation, "id", "origin", "expiresAt") }),
});

function contentJson(content: MessageContent): ContentJson {
  switch (content.type) {
    case "text":
      return { type: content.type, text: content.text };
    case "choice":
      return { type: content.type, via: content.via, id: content.id, ...given(content, "text", "description") };
    case "buttons":
      return { type: content.type, text: content.text, buttons: content.buttons };
    case "list":
      return { type: content.type, text: content.text, button: content.button, rows: content.rows };
    case "image":
    case "video":
      return { type: content.type, ...given(content, "text"), mimeType: content.media.mimeType };
    case "document":
      return { type: content.type, ...given(content, "text", "fileName"), mimeType: content.media.mimeType };
    case "audio":
      return { type: content.type, voice: content.voice, mimeType: content.media.mimeType };
    case "sticker":
      return { type: content.type, animated: content.animated, mimeType: content.media.mimeType };
    case "location":
      return { type: content.type, ...given(content, "latitude", "longitude", "text", "address", "url") };
    case "contacts":
      return { type: content.type, cards: content.cards };
    case "order":
      return { type: content.type, ...given(content, "text", "catalogId", "items") };
    case "flowReply":
      return { type: content.type, form: content.form, answers: content.answers };
    case "callPermissionReply":
      return { type: content.type, ...given(content, "allowed", "permanent", "until", "automatic") };
    case "unsupported":
      return { type: content.type, ...given(content, "kind", "code") };
    case "system":
      return { type: content.type, ...given(content, "changed", "text") };
    case "call":
      return { type: content.type, ...given(content, "direction", "outcome", "seconds") };
    case "welcome":
    case "mediaPlaceholder":
    case "revoked":
    case "unseen":
    case "unknown":
      return { type: content.type };
  }
}

/** These members, as far as there are any. */
const given = <T extends object, K extends keyof T>(value: T, ...keys: readonly K[]): Pick<T, K> =>
  Object.fromEntries(keys.filter((key) => value[key] !== undefined).map((key) => [key, value[key]])) as Pick<T, K>;

export const explanationJson = ({ messageId, conversationId, steps, audit }: Explanation): ExplanationJson => ({
  messageId,
  conversationId,
  steps: steps.map(({ at, code, says, details }) => ({
    at: at.toISOString(),
    code,
    says,
    ...(details && { details }),
  })),
  audit: audit.map(({ actor, action, reason, at }) => ({ actor, action, reason, at: at.toISOString() })),
});

export const guestJson = (guest: GuestView): GuestJson => ({
  id: guest.id,
  hotelId: guest.hotelId,
  name: guest.name,
  username: guest.username,
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
});

/** An event's body is made for readers: ids, states and WhatsApp's words about the account, never a guest's. */
export const eventJson = ({ hotelId, seq, at, body }: DeskEvent): OperatorEventJson => ({
  hotelId,
  seq,
  at: at.toISOString(),
  ...body,
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
