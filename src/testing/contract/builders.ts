import { createHash } from "node:crypto";
import type { Reach } from "../../domain/access.js";
import type { Address } from "../../domain/address.js";
import type { Amendment } from "../../domain/amendment.js";
import type { AuditEntry } from "../../domain/audit.js";
import { noChange, type Change, type LaneChange } from "../../domain/change.js";
import type { ConsentEntry } from "../../domain/consent.js";
import { UNTOUCHED, type Conversation } from "../../domain/conversation.js";
import type { Task } from "../../domain/task.js";
import type { Timing } from "../../domain/episode.js";
import type { ReportedStatus, StatusUpdate } from "../../domain/delivery-status.js";
import type { NewEvent } from "../../domain/event.js";
import type { FlowRun } from "../../domain/flow-run.js";
import type { GuestUpdate, NewAddress } from "../../domain/guest.js";
import type { NewMessage } from "../../domain/message.js";
import type { MenuPrompt, RatingPrompt } from "../../domain/prompt.js";
import { SCORES } from "../../domain/rating.js";
import type { InboundChat, InboundItem, NewWork } from "../../domain/work.js";

export const HOTEL = "grand";
export const OTHER_HOTEL = "seaside";
export const NUMBER = "200000000000001";
export const SECOND_NUMBER = "200000000000011";
export const OTHER_HOTELS_NUMBER = "200000000000002";

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** An instant for values that a storage keeps and never compares with its clock. */
export const NOON = new Date("2026-03-01T12:00:00.000Z");
export const minutesAfterNoon = (minutes: number): Date => new Date(NOON.getTime() + minutes * MINUTE_MS);

/** A guest as the builders need one: whose, and behind which number. */
export interface GuestOfHotel {
  readonly id: string;
  readonly hotelId: string;
  readonly phoneNumberId: string;
}

export const phone = (value: string): Address => ({ kind: "waId", value });
export const bsuid = (value: string): Address => ({ kind: "bsuid", value });
export const parentBsuid = (value: string): Address => ({ kind: "parentBsuid", value });

/** What of an inbound item a case says otherwise. */
export interface ItemFields extends Partial<Omit<InboundItem, "id" | "chat">> {
  readonly chat?: Partial<InboundChat> | null;
}

/** A webhook's item that a guest wrote now. Its dedup hash derives from its id; `chat: null` makes it nobody's work. */
export function anItem(id: string, now: Date, { chat, ...fields }: ItemFields = {}): InboundItem {
  const whose = { phoneNumberId: NUMBER, addresses: [phone("12025550101")], sentAt: now, newGuestId: `gst_${id}` };
  return {
    id,
    hotelId: HOTEL,
    dedupHash: createHash("sha256").update(id).digest("hex").slice(0, 32),
    raw: JSON.stringify({ id: `wamid.${id}`, type: "text", text: { body: `Hello from ${id}` } }),
    kind: "message",
    ...fields,
    chat: chat === null ? null : { ...whose, ...chat },
  };
}

/** An open conversation of a guest with reception, not stored yet. */
export const aConversation = (id: string, guest: GuestOfHotel, fields: Partial<Conversation> = {}): Conversation => ({
  id,
  hotelId: guest.hotelId,
  guestId: guest.id,
  phoneNumberId: guest.phoneNumberId,
  departmentId: "reception",
  mode: "service",
  status: "open",
  speaker: "bot",
  version: 0,
  lastSeq: 0,
  readSeq: 0,
  createdAt: NOON,
  lastMessageAt: NOON,
  lastMessagePreview: "",
  previewMessageId: null,
  lastMessageFrom: "guest",
  lastGuestMessageAt: null,
  waitingSince: null,
  episode: { number: 1, startedAt: NOON, askedAt: null, answeredAt: null, answeredBy: null },
  closedAt: null,
  continuedIn: null,
  imported: false,
  ...UNTOUCHED,
  ...fields,
});

/** What a guest wrote in a conversation. */
export const anInboundMessage = (
  id: string,
  conversation: Conversation,
  seq: number,
  fields: Partial<NewMessage> = {},
): NewMessage => ({
  id,
  hotelId: conversation.hotelId,
  conversationId: conversation.id,
  seq,
  direction: "inbound",
  author: { kind: "guest", id: conversation.guestId },
  content: { type: "text", text: `Message ${id}` },
  status: "received",
  fallback: null,
  failure: null,
  billing: null,
  wamid: `wamid.${id}`,
  quotedWamid: null,
  context: null,
  attemptId: null,
  clientMessageId: null,
  flow: null,
  reasons: [],
  sentAt: NOON,
  createdAt: NOON,
  importedPlace: null,
  ...fields,
});

/** What staff answered in a conversation, not sent yet. */
export const anOutboundMessage = (
  id: string,
  conversation: Conversation,
  seq: number,
  fields: Partial<NewMessage> = {},
): NewMessage => ({
  ...anInboundMessage(id, conversation, seq),
  direction: "outbound",
  author: { kind: "staff", id: "staff_1", name: null },
  status: "queued",
  wamid: null,
  ...fields,
});

/** What somebody at the hotel wrote in the phone app: it comes with Meta's id and its status. */
export const anEcho = (
  id: string,
  conversation: Conversation,
  seq: number,
  fields: Partial<NewMessage> = {},
): NewMessage => ({
  ...anOutboundMessage(id, conversation, seq),
  author: { kind: "device" },
  status: "sent",
  wamid: `wamid.${id}`,
  ...fields,
});

/** What staff noted in a conversation for one another. */
export const aNote = (
  id: string,
  conversation: Conversation,
  seq: number,
  fields: Partial<NewMessage> = {},
): NewMessage => ({
  ...anOutboundMessage(id, conversation, seq),
  direction: "internal",
  content: { type: "note", text: `Note ${id}`, mentions: [] },
  status: "noted",
  ...fields,
});

/** An old message out of the phone app, with its place among the hotel's messages. */
export const anImportedMessage = (
  id: string,
  conversation: Conversation,
  seq: number,
  importedPlace: number,
  fields: Partial<NewMessage> = {},
): NewMessage => ({ ...anInboundMessage(id, conversation, seq), importedPlace, ...fields });

const EVENTS = {
  inbound: "message.received",
  outbound: "message.queued",
  internal: "message.noted",
  device: "message.echoed",
} as const;

/** The event that every message has among those of its change, unless it was imported. */
export const messageEvent = ({ id, direction, author }: NewMessage, conversation: Conversation): NewEvent => ({
  conversationId: conversation.id,
  departmentId: conversation.departmentId,
  body: { type: EVENTS[author.kind === "device" ? "device" : direction], messageId: id },
});

/** The guest edited a message, unless another act is given. */
export const anAmendment = (
  id: string,
  wamid: string,
  guest: GuestOfHotel,
  fields: Partial<Amendment> = {},
): Amendment => ({
  hotelId: guest.hotelId,
  wamid,
  id,
  guestId: guest.id,
  by: "guest",
  act: { kind: "edited", content: { type: "text", text: `Edited by ${id}` } },
  at: NOON,
  attemptId: `itm_of_${id}`,
  ...fields,
});

/** A guest wrote STOP, unless another wish is given. */
export const aConsent = (id: string, guest: GuestOfHotel, fields: Partial<ConsentEntry> = {}): ConsentEntry => ({
  id,
  hotelId: guest.hotelId,
  guestId: guest.id,
  scope: "marketing",
  wish: "stop",
  source: "keyword",
  evidence: `wamid.of_${id}`,
  at: NOON,
  recordedAt: NOON,
  ...fields,
});

/** An address that a webhook said is a guest's; another guest's stays theirs unless `takes` is given. */
export const aNewAddress = (address: Address, evidence: string, fields: Partial<NewAddress> = {}): NewAddress => ({
  ...address,
  evidence,
  takes: false,
  ...fields,
});

/** What a webhook taught about a guest: nothing but what is given. */
export const aGuestUpdate = (id: string, fields: Partial<GuestUpdate> = {}): GuestUpdate => ({
  id,
  name: null,
  username: null,
  addresses: [],
  retires: [],
  ...fields,
});

/** The work of sending a message. */
export const sendWork = (message: NewMessage, guest: GuestOfHotel): NewWork => ({
  id: `snd_${message.id}`,
  kind: "outbound",
  phoneNumberId: guest.phoneNumberId,
  guestId: guest.id,
  payload: { messageId: message.id },
});

/** A timer of a guest's chat. */
export const aTimer = (id: string, guest: GuestOfHotel, dueAt: Date): NewWork => ({
  id,
  kind: "timer",
  phoneNumberId: guest.phoneNumberId,
  guestId: guest.id,
  payload: { of: id },
  dueAt,
});

/** A department menu that stands in a conversation, with two options. */
export const aPrompt = (id: string, conversation: Conversation, fields: Partial<MenuPrompt> = {}): MenuPrompt => ({
  id,
  hotelId: conversation.hotelId,
  guestId: conversation.guestId,
  phoneNumberId: conversation.phoneNumberId,
  conversationId: conversation.id,
  messageId: `msg_of_${id}`,
  kind: "departmentMenu",
  options: [
    { id: `${id}#1`, departmentId: "reception", title: "Reception" },
    { id: `${id}#2`, departmentId: "restaurant", title: "Café Élysée" },
  ],
  createdAt: NOON,
  ...fields,
});

/** The question how it was. */
export const aRatingPrompt = (id: string, conversation: Conversation): RatingPrompt => ({
  ...aPrompt(id, conversation),
  kind: "rating",
  options: SCORES.map((score) => ({ id: `${id}#${String(score)}`, score, title: "\u2605".repeat(score) })),
});

/** A run of a flow that waits at its first question. */
export const aFlowRun = (id: string, conversation: Conversation, fields: Partial<FlowRun> = {}): FlowRun => ({
  id,
  hotelId: conversation.hotelId,
  flowId: "check-in",
  flowVersion: 1,
  guestId: conversation.guestId,
  phoneNumberId: conversation.phoneNumberId,
  conversationId: conversation.id,
  cameFrom: null,
  step: "name",
  loops: {},
  status: "waiting",
  answers: {},
  given: {},
  trail: [],
  records: [],
  promptId: `prm_${id}_1`,
  options: [],
  turn: 1,
  moves: 1,
  tries: 0,
  reminded: false,
  why: null,
  toldOverAt: null,
  version: 0,
  startedAt: NOON,
  endedAt: null,
  ...fields,
});

/** A request that the hotel has been handed and says nothing of yet. */
export const aTask = (id: string, fields: Partial<Task> = {}): Task => ({
  hotelId: HOTEL,
  id,
  externalId: null,
  conversationId: "con_1",
  guestId: "gst_1",
  departmentId: "housekeeping",
  version: 0,
  kind: "housekeeping",
  what: "two towels",
  room: null,
  when: null,
  attachmentIds: [],
  language: null,
  status: "asked",
  note: null,
  mark: null,
  told: [],
  dueAt: null,
  overdueAt: null,
  createdAt: NOON,
  ...fields,
});

/** An entry of the audit: a member of staff closed `targetId`. */
export const anAuditEntry = (id: string, targetId: string, fields: Partial<AuditEntry> = {}): AuditEntry => ({
  id,
  hotelId: HOTEL,
  actor: { kind: "staff", id: "staff_1" },
  action: "conversation.close",
  reason: "checked out",
  target: { kind: "conversation", id: targetId },
  at: NOON,
  ...fields,
});

/** A first response after ten minutes, from noon, unless another time is given. */
export const aTiming = (conversationId: string, fields: Partial<Timing> = {}): Timing => ({
  hotelId: HOTEL,
  conversationId,
  episode: 1,
  kind: "firstResponse",
  departmentId: "reception",
  staffId: "staff_1",
  since: NOON,
  at: minutesAfterNoon(10),
  openMs: null,
  unanswered: false,
  score: null,
  ...fields,
});

/** A change of one hotel: nothing but what is given. */
export const aChange = (fields: Partial<Change> = {}): Change => ({ ...noChange(fields.hotelId ?? HOTEL), ...fields });

/** A change that holds no lane, as a staff command makes it. */
export const aCommand = (fields: Partial<Change> = {}): LaneChange => ({
  change: aChange(fields),
  lane: null,
  completes: [],
  failed: null,
});

/** One line of a status webhook. */
export const aReport = (status: ReportedStatus, wamid: string, fields: Partial<StatusUpdate> = {}): StatusUpdate => ({
  hotelId: HOTEL,
  wamid,
  status,
  correlationId: null,
  failure: status === "failed" ? { code: "graph_131026", message: "The guest cannot be reached." } : null,
  billing: null,
  at: NOON,
  ...fields,
});

/** Reach over departments, or all, of hotels. */
export const within = (...hotels: readonly (readonly [string, readonly string[] | "all"])[]): Reach => ({
  hotels: new Map(hotels),
});
