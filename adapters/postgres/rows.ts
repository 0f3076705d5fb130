import type {
  Address,
  Amendment,
  Attachment,
  Author,
  Billing,
  Chat,
  ConsentEntry,
  Conversation,
  DeskEvent,
  EventBody,
  Failure,
  FlowMark,
  FlowPrompt,
  Guest,
  GuestState,
  KnownMessage,
  MenuPrompt,
  Message,
  MessageContent,
  MessageContext,
  Prompt,
  Rating,
  RatingPrompt,
  Reason,
  ReasonCode,
  SaidOfFile,
  TemplateContent,
  Translation,
} from "../../src/index.js";

/** Rows as PostgreSQL answers them, whether as columns or inside JSON: instants are Dates or ISO texts, big integers texts. */
export type Instant = Date | string;

export const date = (value: Instant): Date => new Date(value);
const dateOrNull = (value: Instant | null): Date | null => (value === null ? null : new Date(value));

export interface ChatRow {
  hotel_id: string;
  phone_number_id: string;
  guest_id: string;
  version: number;
  current_conversation_id: string | null;
  last_inbound_at: Instant | null;
  window_closes_at: Instant | null;
  menu_sent_at: Instant | null;
  rating_prompt_id: string | null;
  away_until: Instant | null;
  staff_wrote_at: Instant | null;
  automated_since: Instant | null;
  automated_count: number | null;
  automated_row: number | null;
  automated_at: Instant | null;
  automated_heard: number | null;
}

export const chatOf = (row: ChatRow): Chat => ({
  hotelId: row.hotel_id,
  phoneNumberId: row.phone_number_id,
  guestId: row.guest_id,
  version: row.version,
  currentConversationId: row.current_conversation_id,
  lastInboundAt: dateOrNull(row.last_inbound_at),
  windowClosesAt: dateOrNull(row.window_closes_at),
  menuSentAt: dateOrNull(row.menu_sent_at),
  ratingPromptId: row.rating_prompt_id,
  awayUntil: dateOrNull(row.away_until),
  staffWroteAt: dateOrNull(row.staff_wrote_at),
  automated:
    row.automated_since === null || row.automated_at === null
      ? null
      : {
          since: date(row.automated_since),
          count: row.automated_count ?? 0,
          row: row.automated_row ?? 0,
          at: date(row.automated_at),
          heard: row.automated_heard,
        },
});

export interface ConversationRecord {
  hotel_id: string;
  id: string;
  guest_id: string;
  phone_number_id: string;
  department_id: string | null;
  mode: Conversation["mode"];
  status: Conversation["status"];
  speaker: Conversation["speaker"];
  version: number;
  last_seq: number;
  read_seq: number;
  created_at: Instant;
  last_message_at: Instant;
  last_message_preview: string;
  preview_message_id: string | null;
  last_message_from: Conversation["lastMessageFrom"];
  last_guest_message_at: Instant | null;
  waiting_since: Instant | null;
  closed_at: Instant | null;
  continued_in: string | null;
  imported: boolean;
  assignee_id: string | null;
  priority: Conversation["priority"];
  tags: string[];
  snoozed_until: Instant | null;
  episode: number;
  episode_at: Instant;
  asked_at: Instant | null;
  answered_at: Instant | null;
  answered_by: string | null;
  rating: string | null;
}

export const conversationOf = (row: ConversationRecord): Conversation => ({
  id: row.id,
  hotelId: row.hotel_id,
  guestId: row.guest_id,
  phoneNumberId: row.phone_number_id,
  departmentId: row.department_id,
  mode: row.mode,
  status: row.status,
  speaker: row.speaker,
  version: row.version,
  lastSeq: row.last_seq,
  readSeq: row.read_seq,
  createdAt: date(row.created_at),
  lastMessageAt: date(row.last_message_at),
  lastMessagePreview: row.last_message_preview,
  previewMessageId: row.preview_message_id,
  lastMessageFrom: row.last_message_from,
  lastGuestMessageAt: dateOrNull(row.last_guest_message_at),
  waitingSince: dateOrNull(row.waiting_since),
  episode: {
    number: row.episode,
    startedAt: date(row.episode_at),
    askedAt: dateOrNull(row.asked_at),
    answeredAt: dateOrNull(row.answered_at),
    answeredBy: row.answered_by,
  },
  closedAt: dateOrNull(row.closed_at),
  continuedIn: row.continued_in,
  imported: row.imported,
  assigneeId: row.assignee_id,
  priority: row.priority,
  tags: row.tags,
  snoozedUntil: dateOrNull(row.snoozed_until),
  rating: ratingOf(row.rating),
});

function ratingOf(json: string | null): Rating | null {
  if (json === null) return null;
  const { askedAt, ratedAt, ...rating } = parse<
    Omit<Rating, "askedAt" | "ratedAt"> & Record<"askedAt", string> & Record<"ratedAt", string | null>
  >(json);
  return { ...rating, askedAt: new Date(askedAt), ratedAt: ratedAt === null ? null : new Date(ratedAt) };
}

export type AuthorRow = Pick<MessageRow, "author_kind" | "author_id" | "author_name">;

export interface MessageRow {
  hotel_id: string;
  id: string;
  conversation_id: string;
  seq: number;
  event_seq: string | number;
  direction: Message["direction"];
  author_kind: Author["kind"];
  author_id: string | null;
  author_name: string | null;
  content: string;
  fallback: string | null;
  sent_fallback: boolean;
  status: Message["status"];
  failure: string | null;
  billing: string | null;
  wamid: string | null;
  quoted_wamid: string | null;
  context: string | null;
  attempt_id: string | null;
  client_message_id: string | null;
  flow_id: string | null;
  flow_run_id: string | null;
  flow_step: string | null;
  flow_step_result: FlowMark["result"] | null;
  reasons: string;
  sent_at: Instant;
  created_at: Instant;
}

export const messageOf = (row: MessageRow): Message => ({
  id: row.id,
  hotelId: row.hotel_id,
  conversationId: row.conversation_id,
  seq: row.seq,
  eventSeq: Number(row.event_seq),
  direction: row.direction,
  author: authorOf(row),
  content: parse<MessageContent>(row.content),
  fallback: row.fallback === null ? null : { content: parse<TemplateContent>(row.fallback), sent: row.sent_fallback },
  status: row.status,
  failure: row.failure === null ? null : parse<Failure>(row.failure),
  billing: row.billing === null ? null : parse<Billing>(row.billing),
  wamid: row.wamid,
  quotedWamid: row.quoted_wamid,
  context: row.context === null ? null : parse<MessageContext>(row.context),
  attemptId: row.attempt_id,
  clientMessageId: row.client_message_id,
  flow:
    row.flow_id === null || row.flow_step === null || row.flow_step_result === null
      ? null
      : {
          flowId: row.flow_id,
          ...(row.flow_run_id !== null && { runId: row.flow_run_id }),
          step: row.flow_step,
          result: row.flow_step_result,
        },
  reasons: parse<{ code: ReasonCode; at: string; details?: NonNullable<Reason["details"]> }[]>(row.reasons).map(
    (reason) => ({
      ...reason,
      at: new Date(reason.at),
    }),
  ),
  sentAt: date(row.sent_at),
  createdAt: date(row.created_at),
});

export function authorOf({ author_kind: kind, author_id: id, author_name: name }: AuthorRow): Author {
  switch (kind) {
    case "device":
      return { kind };
    case "staff":
      return { kind, id: id ?? "", name: name === null ? null : parse<string>(name) };
    case "guest":
    case "bot":
      return { kind, id: id ?? "" };
  }
}

export interface GuestRow {
  hotel_id: string;
  id: string;
  name: string | null;
  username: string | null;
  language: string | null;
  merged_into: string | null;
  addresses: {
    kind: Address["kind"];
    value: string;
    evidence: string | null;
    first_seen_at: Instant;
    retired_at: Instant | null;
  }[];
}

export const guestOf = (row: GuestRow): Guest => ({
  id: row.id,
  hotelId: row.hotel_id,
  name: row.name === null ? null : parse<string>(row.name),
  username: row.username === null ? null : parse<string>(row.username),
  ...(row.language !== null && { language: row.language }),
  addresses: row.addresses.map(({ kind, value, evidence, first_seen_at, retired_at }) => ({
    kind,
    value,
    evidence,
    firstSeenAt: date(first_seen_at),
    retiredAt: dateOrNull(retired_at),
  })),
  mergedInto: row.merged_into,
});

export interface TranslationRow {
  language: string;
  mark: string;
  words: string | null;
  source: string | null;
  created_at: Instant;
}

export const translationOf = (row: TranslationRow): Translation => ({
  language: row.language,
  text: row.words === null ? null : parse<string>(row.words),
  from: row.source,
  of: row.mark,
  at: date(row.created_at),
});

export interface GuestStateRow {
  guest: GuestRow;
  merged: GuestRow[];
  conversations: ConversationRecord[];
  former_addresses: {
    kind: Address["kind"];
    value: string;
    first_seen_at: Instant;
    ended_at: Instant;
    ended_by: string;
    held_by: string | null;
  }[];
}

export const guestStateOf = (row: GuestStateRow): GuestState => ({
  guest: guestOf(row.guest),
  merged: row.merged.map(guestOf),
  conversations: row.conversations.map(conversationOf),
  formerAddresses: row.former_addresses.map((address) => ({
    kind: address.kind,
    value: address.value,
    firstSeenAt: date(address.first_seen_at),
    endedAt: date(address.ended_at),
    endedBy: address.ended_by,
    heldBy: address.held_by,
  })),
});

export interface AmendmentRow {
  hotel_id: string;
  wamid: string;
  id: string;
  guest_id: string;
  by: Amendment["by"];
  act: string;
  at: Instant;
  attempt_id: string;
}

export const amendmentOf = (row: AmendmentRow): Amendment => ({
  hotelId: row.hotel_id,
  wamid: row.wamid,
  id: row.id,
  guestId: row.guest_id,
  by: row.by,
  act: parse<Amendment["act"]>(row.act),
  at: date(row.at),
  attemptId: row.attempt_id,
});

export interface ConsentRow {
  hotel_id: string;
  id: string;
  guest_id: string;
  scope: ConsentEntry["scope"];
  wish: ConsentEntry["wish"];
  source: ConsentEntry["source"];
  evidence: string | null;
  at: Instant;
  recorded_at: Instant;
}

export const consentOf = (row: ConsentRow): ConsentEntry => ({
  id: row.id,
  hotelId: row.hotel_id,
  guestId: row.guest_id,
  scope: row.scope,
  wish: row.wish,
  source: row.source,
  evidence: row.evidence,
  at: date(row.at),
  recordedAt: date(row.recorded_at),
});

export interface KnownRow {
  wamid: string;
  id: string;
  conversation_id: string;
  seq: number;
  direction: Message["direction"];
  content: string;
  department_id: string | null;
  is_own: boolean;
  imported: boolean;
}

/** PostgreSQL cannot look into JSON with a NUL in it, so the content comes as it is. */
export const knownOf = (row: KnownRow): KnownMessage => ({
  messageId: row.id,
  conversationId: row.conversation_id,
  seq: row.seq,
  direction: row.direction,
  departmentId: row.department_id,
  isOwn: row.is_own,
  isImported: row.imported,
  type: parse<MessageContent>(row.content).type,
});

export interface PromptRow {
  hotel_id: string;
  id: string;
  guest_id: string;
  phone_number_id: string;
  conversation_id: string;
  message_id: string;
  kind: Prompt["kind"];
  options: string;
  created_at: Instant;
}

export const promptOf = (row: PromptRow): Prompt => ({
  ...kindOf(row),
  id: row.id,
  hotelId: row.hotel_id,
  guestId: row.guest_id,
  phoneNumberId: row.phone_number_id,
  conversationId: row.conversation_id,
  messageId: row.message_id,
  createdAt: date(row.created_at),
});

function kindOf({
  kind,
  options,
}: PromptRow):
  | Pick<MenuPrompt, "kind" | "options">
  | Pick<RatingPrompt, "kind" | "options">
  | Pick<FlowPrompt, "kind" | "options" | "runId" | "step"> {
  switch (kind) {
    case "rating":
      return { kind, options: parse<RatingPrompt["options"]>(options) };
    case "flow":
      return { kind, ...parse<Pick<FlowPrompt, "options" | "runId" | "step">>(options) };
    case "departmentMenu":
      return { kind, options: parse<MenuPrompt["options"]>(options) };
  }
}

export interface EventRow {
  seq: string | number;
  at: Instant;
  conversation_id: string | null;
  department_id: string | null;
  body: string;
}

export interface AttachmentRow {
  hotel_id: string;
  id: string;
  conversation_id: string;
  guest_id: string;
  phone_number_id: string;
  kind: Attachment["kind"];
  direction: Attachment["direction"];
  said: string;
  state: Attachment["state"];
  reason: string | null;
  file_id: string | null;
  size_bytes: string | number | null;
  mime_type: string | null;
  width: number | null;
  height: number | null;
  thumbnail_id: string | null;
  purpose: string | null;
  forget_at: Instant | null;
  created_at: Instant;
  version: number;
}

export const attachmentOf = (row: AttachmentRow): Attachment => ({
  id: row.id,
  hotelId: row.hotel_id,
  conversationId: row.conversation_id,
  guestId: row.guest_id,
  phoneNumberId: row.phone_number_id,
  kind: row.kind,
  direction: row.direction,
  said: parse<SaidOfFile>(row.said),
  state: row.state,
  reason: row.reason,
  file:
    row.file_id === null
      ? null
      : {
          id: row.file_id,
          sizeBytes: Number(row.size_bytes),
          mimeType: row.mime_type ?? "",
          width: row.width,
          height: row.height,
          thumbnailId: row.thumbnail_id,
        },
  purpose: row.purpose,
  forgetAt: dateOrNull(row.forget_at),
  createdAt: date(row.created_at),
  version: row.version,
});

/** What a phone wrote may hold what PostgreSQL's text cannot. */
export const saidText = ({ mediaId, mimeType, sha256, fileName }: SaidOfFile): string =>
  JSON.stringify({ mediaId, mimeType, sha256, fileName });

export const eventOf = (hotelId: string, row: EventRow): DeskEvent => ({
  hotelId,
  seq: Number(row.seq),
  at: date(row.at),
  conversationId: row.conversation_id,
  departmentId: row.department_id,
  body: parse<EventBody>(row.body),
});

/** Texts that this adapter wrote itself; JSON keeps what PostgreSQL's own text cannot. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a cast with a name: the type is what this adapter stored
const parse = <T>(text: string): T => JSON.parse(text) as T;
