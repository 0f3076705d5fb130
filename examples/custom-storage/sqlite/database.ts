import {
  ConversationError,
  type Amendment,
  type Attachment,
  type AuditEntry,
  type AuditLink,
  type AuditPlace,
  type Address,
  type Chat,
  type Clock,
  type ConsentEntry,
  type Conversation,
  type DeadWork,
  type DeskEvent,
  type Erasure,
  type FlowMove,
  type FlowRun,
  type FormerAddress,
  type Guest,
  type GuestAddress,
  type GuestStay,
  type KeptItem,
  type LaneId,
  type MediaFileInfo,
  type Mention,
  type Message,
  type NewEvent,
  type Participant,
  type Prompt,
  type SavedReply,
  type StatusUpdate,
  type Task,
  type Template,
  type TemplateDefinition,
  type TemplateKey,
  type Timing,
  type Translation,
  type WorkItem,
} from "belldesk";
import { Connection, Shelf, Table } from "./documents.ts";

/** What stands in each table of documents. */
export interface Documents {
  attempts: Attempt;
  dedupKeys: { readonly seenAt: Date };
  guests: StoredGuest;
  addresses: StoredAddress;
  formerAddresses: StoredFormerAddress;
  chats: Chat;
  conversations: Conversation;
  messages: Message;
  amendments: Amendment;
  attachments: Attachment;
  /** By message. */
  messageFiles: { readonly attachmentId: string };
  translations: Translation;
  files: StoredFile;
  /** By guest; of the whole hotel under `""`. */
  mediaUsage: { readonly bytes: number };
  uploads: { readonly fileId: string; readonly mediaId: string; readonly until: Date };
  /** By message: which epoch of its lane intended its last send. */
  intents: { readonly epoch: number };
  prompts: Prompt;
  runs: FlowRun;
  moves: FlowMove;
  stays: GuestStay;
  tasks: Task;
  participants: Participant;
  mentions: Mention;
  consents: ConsentEntry;
  timings: Timing;
  savedReplies: SavedReply;
  templates: StoredTemplate;
  parkedReports: { readonly wamid: string; readonly update: StatusUpdate; readonly parkedAt: Date };
  senders: StoredSender;
  deadWork: { readonly lane: LaneId; readonly item: LaneItem; readonly dead: DeadWork };
  events: DeskEvent;
  audit: AuditEntry;
  auditLinks: AuditLink & { readonly sealedAt: Date };
  auditChains: AuditChain;
  erasures: StoredErasure;
  erasedGuests: { readonly erasedAt: Date };
}

/** One received item of a webhook, as it came. */
export interface Attempt {
  readonly id: string;
  readonly hotelId: string;
  readonly kind: string;
  readonly outcome: "work" | KeptItem["outcome"];
  readonly raw: string;
  readonly receivedAt: Date;
  /** Whose it was taken for. */
  readonly guestId?: string;
}
/** Addresses are rows of their own. */
export type StoredGuest = Omit<Guest, "addresses">;
/** By what it is: nobody shares one. */
export type StoredAddress = GuestAddress & { readonly guestId: string };
export type StoredFormerAddress = Omit<FormerAddress, "heldBy"> & { readonly guestId: string };
export interface StoredFile {
  readonly file: MediaFileInfo;
  readonly sha256: string;
  /** How many attachments name it. */
  readonly uses: number;
}
/** Something that was said of a template, and as of when. */
export interface Said<Value> {
  readonly value: Value;
  readonly at: Date;
}
export interface StoredTemplate extends TemplateKey {
  readonly metaId: string | null;
  /** null: told of, and in no answer until it is put into the catalogue. */
  readonly definition: Said<Omit<TemplateDefinition, "status" | "category" | "quality">> | null;
  readonly status: Said<Template["status"]> | null;
  readonly category: Said<Pick<Template, "category" | "comingCategory">> | null;
  readonly quality: Said<Template["quality"]> | null;
  readonly updatedAt: Date;
}
/** How fast a number sends, and whether it may. Instants in milliseconds. */
export interface StoredSender {
  readonly hotelId: string;
  readonly phoneNumberId: string;
  readonly perSecond: number | null;
  readonly tokens: number;
  readonly refilledAt: number;
  readonly pausedUntil: number | null;
  readonly probing: boolean;
  readonly pausedFor: string | null;
  /** The lane that tries whether it sends again, as it was claimed for that, and until when it has time to. */
  readonly probe: { readonly guestId: string; readonly epoch: number; readonly until: number } | null;
}
export interface LaneItem extends WorkItem {
  readonly urgent: boolean;
  /** Of a timer: when it comes due. */
  readonly dueAt: Date | null;
}
export interface AuditChain {
  /** Raised by all that changes entries or their links. */
  readonly version: number;
  readonly head: AuditPlace;
  readonly sealedAt: Date | null;
  readonly kept: AuditPlace;
  readonly anchoredN: number;
}
/** An erasure, and of which addresses, conversations and stays the rest is while it is under way. */
export interface StoredErasure {
  readonly erasure: Erasure;
  readonly open: {
    readonly addresses: readonly Address[];
    readonly conversations: readonly Pick<Conversation, "id" | "phoneNumberId">[];
    readonly reservations: readonly string[];
  } | null;
}

/** Which members of a document have a column, each with an index that begins with the hotel. */
const COLUMNS: Readonly<Record<keyof Documents, readonly string[]>> = {
  attempts: ["outcome", "receivedAt", "guestId"],
  dedupKeys: ["seenAt"],
  guests: ["mergedInto"],
  addresses: ["guestId"],
  formerAddresses: ["guestId", "value"],
  chats: ["guestId", "currentConversationId"],
  conversations: [
    ...["guestId", "departmentId", "status", "assigneeId", "priority", "snoozedUntil", "continuedIn", "readSeq"],
    ...["lastMessageAt", "waitingSince", "closedAt", "episode.askedAt", "imported"],
  ],
  messages: ["conversationId", "wamid", "attemptId", "clientMessageId", "eventSeq", "seq", "direction"],
  amendments: ["wamid", "guestId"],
  attachments: ["guestId", "conversationId", "forgetAt"],
  messageFiles: ["attachmentId"],
  translations: [],
  files: ["sha256", "file.thumbnailId"],
  mediaUsage: [],
  uploads: ["fileId"],
  intents: [],
  prompts: ["guestId", "conversationId"],
  runs: ["conversationId", "guestId", "endedAt", "startedAt"],
  moves: ["runId", "number"],
  stays: ["arrival", "departure", "status"],
  tasks: ["conversationId", "externalId", "createdAt"],
  participants: ["conversationId"],
  mentions: ["staffId", "messageId", "at"],
  consents: ["guestId"],
  timings: ["at"],
  savedReplies: ["shortcut", "departmentId"],
  templates: ["name", "language", "metaId"],
  parkedReports: ["wamid"],
  senders: [],
  deadWork: ["dead.deadAt", "lane.guestId"],
  events: ["seq", "conversationId", "at"],
  audit: ["target.id", "actor.id", "at"],
  auditLinks: ["n", "sealedAt"],
  auditChains: [],
  erasures: ["erasure.at"],
  erasedGuests: [],
};

const columnOf = (path: string): string => path.replace(".", "_");

const documentTable = ([name, paths]: [string, readonly string[]]): string => `
  create table ${name} (
    hotelId text not null, id text not null, doc text not null,
    ${paths.map((path) => `${columnOf(path)} generated always as (doc ->> '$.${path}') virtual,`).join("\n    ")}
    primary key (id, hotelId));
  ${paths.map((path) => `create index ${name}_${columnOf(path)} on ${name} (hotelId, ${columnOf(path)});`).join("\n  ")}
  ${paths.length === 0 ? `create index ${name}_hotel on ${name} (hotelId);` : ""}`;

/**
 * What callers meet at has columns of its own. A lane counts its items by triggers, and SQLite makes of it when it may be claimed: an index
 * away, however much work there is.
 */
const SCHEMA = `
  create table hotels (hotelId text primary key, lastSeq integer not null default 0) without rowid;
  create table lanes (
    hotelId text not null, kind text not null, phoneNumberId text not null, guestId text not null,
    epoch integer not null default 0, leasedUntil real, dueAt real, waitsUntil real not null default 0, heldFor text,
    notBefore real not null default 0, pairAt real not null default 0, lastPosition integer not null default 0,
    items integer not null default 0, urgent integer not null default 0,
    claimableAt real generated always as (case when items > 0 then coalesce(leasedUntil, dueAt) end) virtual,
    primary key (hotelId, kind, phoneNumberId, guestId));
  create index lanes_claimable on lanes (kind, claimableAt);
  create index lanes_guest on lanes (hotelId, guestId);
  create index lanes_held on lanes (hotelId, heldFor) where heldFor is not null;
  create table work (
    hotelId text not null, id text not null, kind text not null, phoneNumberId text not null, guestId text not null,
    position integer not null, attempts integer not null, payload text not null, createdAt real not null,
    urgent integer not null, dueAt real, primary key (hotelId, id)) without rowid;
  create unique index work_in_turn on work (hotelId, kind, phoneNumberId, guestId, position);
  create trigger work_comes after insert on work begin
    update lanes set items = items + 1, urgent = urgent + new.urgent
    where (hotelId, kind, phoneNumberId, guestId) = (new.hotelId, new.kind, new.phoneNumberId, new.guestId);
  end;
  create trigger work_goes after delete on work begin
    update lanes set items = items - 1, urgent = urgent - old.urgent
    where (hotelId, kind, phoneNumberId, guestId) = (old.hotelId, old.kind, old.phoneNumberId, old.guestId);
  end;
  create table consumers (name text primary key) without rowid;
  create table consumerPlaces (
    name text not null, hotelId text not null, seq integer not null default 0, epoch integer not null default 0,
    leasedUntil real, dueAt real not null default 0, failures integer not null default 0, code text,
    primary key (name, hotelId)) without rowid;
  create table revocations (number integer primary key autoincrement, at real not null, kind text not null, id text not null);
  ${Object.entries(COLUMNS).map(documentTable).join("")}
  create index messages_of_unknown_fate on messages (id) where doc ->> '$.status' = 'unknown';
`;
/** Counts up with each release that changes the schema. */
const VERSION = 1;

type Tables = { readonly [Name in keyof Documents]: Table<Documents[Name]> };
type Shelves = { readonly [Name in keyof Documents]: Shelf<Documents[Name]> };
const NAMES = Object.keys(COLUMNS) as (keyof Documents)[];

/** What one hotel has stored. Nothing crosses hotels. */
export type Hotel = Shelves & { readonly db: Database; readonly id: string };

export class Database {
  readonly sql: Connection;
  readonly all: Tables;
  readonly #clock: Clock;
  readonly #hotels = new Map<string, Hotel>();

  constructor(path: string, clock: Clock) {
    this.sql = new Connection(path);
    this.#clock = clock;
    this.all = Object.fromEntries(NAMES.map((name) => [name, new Table(this.sql, name)])) as unknown as Tables;
  }

  /** SQLite has no clock but the machine's. */
  now(): Date {
    return this.#clock.now();
  }

  hotel(id: string): Hotel {
    const known = this.#hotels.get(id);
    if (known !== undefined) return known;
    const shelves = NAMES.map((name) => [name, new Shelf<unknown>(this.all[name] as Table<unknown>, id)]);
    const hotel = { ...Object.fromEntries(shelves), db: this, id } as Hotel;
    this.#hotels.set(id, hotel);
    return hotel;
  }

  /** Makes the tables where that is asked for. */
  open(migrate: boolean): void {
    const version = Number(this.sql.one("pragma user_version")?.["user_version"]);
    if (version > VERSION) throw new ConversationError("schema_newer");
    if (version === VERSION) return;
    if (!migrate) throw new ConversationError("schema_missing");
    this.sql.transaction("writes", () => {
      // Another process may have made them while this one waited for the lock.
      if (this.sql.one("pragma user_version")?.["user_version"] === VERSION) return;
      this.sql.exec(SCHEMA);
      this.sql.exec(`pragma user_version = ${VERSION}`);
    });
  }
}

/** Gives events the hotel's next numbers. Nobody else writes meanwhile, so they count in the order of commits and without holes. */
export function tell(hotel: Hotel, events: readonly NewEvent[], at: Date): readonly DeskEvent[] {
  const first = lastSeq(hotel) + 1;
  const numbered = events.map((event, index) => ({ ...event, hotelId: hotel.id, seq: first + index, at }));
  for (const event of numbered) hotel.events.put(String(event.seq), event);
  if (events.length > 0)
    hotel.db.sql.run(
      "insert into hotels (hotelId, lastSeq) values (?1, ?2) on conflict do update set lastSeq = ?2",
      hotel.id,
      first + events.length - 1,
    );
  return numbered;
}

export const lastSeq = ({ db, id }: Hotel): number =>
  Number(db.sql.one("select lastSeq from hotels where hotelId = ?", id)?.["lastSeq"] ?? 0);

/** Writes an entry of the audit, once. */
export const writeAudit = (hotel: Hotel, entry: AuditEntry): void => {
  hotel.audit.add(entry.id, entry);
};

export const chatKey = (phoneNumberId: string, guestId: string): string => `${phoneNumberId} ${guestId}`;
export const byId = (a: { readonly id: string }, b: { readonly id: string }): number => compareIds(a.id, b.id);
export const compareIds = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
export const some = <T>(value: T | null | undefined): readonly T[] =>
  value === null || value === undefined ? [] : [value];
