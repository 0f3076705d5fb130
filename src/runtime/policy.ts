import type { Permission } from "../domain/access.js";
import type { Desk } from "./desk-api.js";

/** Whatever a principal can do with the desk. */
export type DeskVerb = keyof Desk;

/**
 * What each verb of the desk needs. There is no other way to what the desk keeps: routes name the verb that they do and need what
 * stands here, and what is served beside the desk's verbs (a file, a connection) gets its line here first.
 */
export const POLICY = {
  conversations: "conversation.list",
  write: "conversation.write",
  counters: "conversation.list",
  messages: "conversation.read",
  reply: "conversation.reply",
  markRead: "conversation.markRead",
  markUnread: "conversation.markUnread",
  note: "conversation.note",
  typing: "conversation.typing",
  participants: "conversation.read",
  mentions: "mention.list",
  transfer: "conversation.transfer",
  close: "conversation.close",
  askRating: "conversation.askRating",
  reopen: "conversation.reopen",
  assign: "conversation.assign",
  unassign: "conversation.unassign",
  setPriority: "conversation.prioritise",
  tag: "conversation.tag",
  snooze: "conversation.snooze",
  unsnooze: "conversation.unsnooze",
  takeover: "conversation.takeover",
  giveback: "conversation.giveback",
  startFlow: "conversation.startFlow",
  stopFlow: "conversation.stopFlow",
  decideApproval: "conversation.approve",
  flowRun: "conversation.readFlow",
  replayFlow: "conversation.replayFlow",
  stays: "conversation.readStay",
  arrivals: "conversation.readStay",
  departures: "conversation.readStay",
  tasks: "conversation.readTasks",
  createTask: "conversation.createTask",
  applyPms: "pms.apply",
  search: "conversation.read",
  explain: "message.explain",
  resend: "message.resend",
  resolve: "message.resolve",
  attachment: "attachment.read",
  openAttachment: "attachment.read",
  attachmentUrl: "attachment.read",
  addFile: "attachment.add",
  keepAttachment: "attachment.keep",
  discardAttachment: "attachment.discard",
  findGuests: "guest.read",
  searchGuests: "guest.read",
  guest: "guest.read",
  consents: "guest.read",
  setConsent: "guest.consent",
  mergeGuests: "guest.merge",
  unmergeGuests: "guest.merge",
  savedReplies: "savedReply.list",
  createSavedReply: "savedReply.write",
  changeSavedReply: "savedReply.write",
  deleteSavedReply: "savedReply.write",
  audit: "audit.list",
  exportAudit: "audit.export",
  verifyAudit: "audit.verify",
  times: "times.read",
  templates: "template.list",
  syncTemplates: "template.sync",
  operatorEvents: "events.list",
  senders: "sender.list",
  resumeSender: "sender.resume",
  dead: "dead.list",
  replay: "dead.replay",
  kept: "kept.list",
  reprocess: "kept.reprocess",
  eraseGuest: "guest.erase",
  exportGuest: "guest.export",
  erasures: "guest.erase",
  reapplyErasures: "guest.erase",
  prune: "data.prune",
} as const satisfies Readonly<Record<DeskVerb, Permission>>;

/** What `assign` and `unassign` need besides, to give a conversation to a colleague and to take it from one. */
export const FOR_COLLEAGUES = "conversation.assignOthers" satisfies Permission;

/**
 * What somebody is told on a live connection: as much as these verbs would show them, and events about no conversation as
 * `operatorEvents` does. Commands on a connection are the desk's verbs; who sees whom at work is told by the rights to write and to read.
 */
export const LIVE_POLICY = {
  conversations: POLICY.conversations,
  messages: POLICY.messages,
  events: POLICY.operatorEvents,
  typing: POLICY.typing,
  viewing: POLICY.messages,
} as const satisfies Readonly<Record<string, Permission>>;
