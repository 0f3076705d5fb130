import type { Conversation } from "../domain/conversation.js";
import type { MessageContent } from "../domain/content.js";
import type { Message } from "../domain/message.js";
import type { DeadWork, KeptItem } from "../domain/work.js";
import type { ConversationError } from "../errors.js";
import type { ConversationSummary, Explanation, List } from "../runtime/desk-api.js";
import type {
  ContentJson,
  ConversationJson,
  ConversationSummaryJson,
  DeadWorkJson,
  ErrorJson,
  ExplanationJson,
  KeptItemJson,
  ListJson,
  MessageJson,
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

export const messageJson = (message: Message): MessageJson => ({
  id: message.id,
  conversationId: message.conversationId,
  seq: message.seq,
  direction: message.direction,
  author: message.author,
  content: contentJson(message.content),
  context: message.context,
  status: message.status,
  failure: message.failure,
  clientMessageId: message.clientMessageId,
  sentAt: message.sentAt.toISOString(),
  createdAt: message.createdAt.toISOString(),
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
    case "reaction":
      return { type: content.type, ...given(content, "wamid", "text") };
    case "order":
      return { type: content.type, ...given(content, "text", "catalogId", "items") };
    case "flowReply":
      return { type: content.type, form: content.form, answers: content.answers };
    case "callPermissionReply":
      return { type: content.type, ...given(content, "allowed", "permanent", "until", "automatic") };
    case "edit":
      return { type: content.type, wamid: content.wamid, content: contentJson(content.content) };
    case "revoke":
      return { type: content.type, wamid: content.wamid };
    case "unsupported":
      return { type: content.type, ...given(content, "kind", "code") };
    case "welcome":
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
