// The client's public surface, by name. It runs in a browser: of the desk it knows types alone.

export { deskClient } from "./client.js";
export type { DeskClient, DeskClientOptions, DeskEventListener, LiveClientOptions } from "./client.js";
export { openConversations, sendsTo, signalsIn } from "./select.js";
export { DeskError } from "./error.js";
export type { DeskErrorCode } from "./error.js";
export type { Connection, DeskState, OfflineReason, ShownSignal, Thread } from "./store.js";
export type { NewContent, ReplyOptions, Send, SendStorage } from "./outbox.js";
export type {
  AuditOptions,
  ConversationsOptions,
  DeskApi,
  FileToAdd,
  PageOptions,
  SavedRepliesOptions,
  StaysOnDayOptions,
  TimesOptions,
} from "./api.js";
export type { Retry } from "./backoff.js";
export type { Fetch } from "./rest.js";
export type { TokenSource } from "./tokens.js";
export type { SocketClass } from "./wire.js";
export type { AfterClose, CloseReason, LiveEventJson } from "../live/protocol.js";
