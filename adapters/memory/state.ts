import type {
  Address,
  Amendment,
  Attachment,
  AuditEntry,
  AuditLink,
  AuditPlace,
  Chat,
  Clock,
  ConsentEntry,
  Conversation,
  DeadWork,
  DeskEvent,
  Erasure,
  FlowMove,
  FlowRun,
  Guest,
  GuestStay,
  KeptItem,
  LaneId,
  MediaFileInfo,
  Mention,
  Message,
  NewEvent,
  Participant,
  Prompt,
  RevokedPrincipal,
  SavedReply,
  StatusUpdate,
  Task,
  Timing,
  Translation,
  WorkItem,
} from "../../src/index.js";
import type { PassedAddress } from "./identity.js";
import type { StoredTemplate } from "./templates.js";

/** All that is stored. Nothing crosses hotels, so each has its own; a database begins every key with the hotel's id. */
export interface Memory {
  readonly clock: Clock;
  readonly hotels: Map<string, HotelMemory>;
  /** By name. */
  readonly consumers: Map<string, ConsumerMemory>;
  /** Whose rights have changed, by number. The newest always stays, so that numbers never begin again. */
  revocations: readonly Revocation[];
}

export interface Revocation {
  readonly number: number;
  readonly at: number;
  readonly principal: RevokedPrincipal;
}

/** A reader of the event logs: where it stands in each hotel's, by the hotel's id. */
export type ConsumerMemory = Map<string, LogPlace>;

/** Changed in place, as lanes are. */
export interface LogPlace {
  seq: number;
  epoch: number;
  /** Until when it is in somebody's hands; null when it is in nobody's. */
  leasedUntil: number | null;
  /** When it may be claimed, if it is in nobody's hands. */
  dueAt: number;
  failures: number;
  code: string | null;
}

/** What one hotel has stored. Values are never changed in place: a new one takes the old one's place. */
export interface HotelMemory {
  readonly id: string;
  /** Apart from the attempts, which a database prunes sooner. */
  readonly dedupHashes: Set<string>;
  readonly attempts: Map<string, Attempt>;

  /** Each with the addresses that came to them, and none of those of guests merged into them. */
  readonly guests: Map<string, Guest>;
  /** To whom an address came last: each is one guest's at most. */
  readonly guestByAddress: Map<string, string>;
  /** By guest, what passed from them to somebody else. */
  readonly formerAddresses: Map<string, readonly PassedAddress[]>;
  readonly chats: Map<string, Chat>;
  readonly conversations: Map<string, Conversation>;
  readonly conversationsOfGuest: Map<string, Set<string>>;
  readonly messages: Map<string, Message>;
  readonly messagesOfConversation: Map<string, Set<string>>;
  /** By Meta's id of the message, which may be still to come. */
  readonly amendments: Map<string, readonly Amendment[]>;
  readonly attachments: Map<string, Attachment>;
  /** Message to attachment: a file may be of several. */
  readonly attachmentOfMessage: Map<string, string>;
  /** By message. */
  readonly translations: Map<string, Translation>;
  readonly files: Map<string, FileMemory>;
  /** Bytes by guest; under `""` those of all files. */
  readonly mediaUsage: Map<string, number>;
  /** By file and number. */
  readonly uploads: Map<string, UploadMemory>;
  /** Meta's id of a message to ours. */
  readonly messageByWamid: Map<string, string>;
  /** An author's own id of a message to ours. */
  readonly messageByClientId: Map<string, string>;
  /** Which epoch of its lane intended a message's last send. */
  readonly intents: Map<string, number>;
  readonly prompts: Map<string, Prompt>;
  readonly runs: Map<string, FlowRun>;
  /** By the reservation's id. */
  readonly stays: Map<string, GuestStay>;
  readonly tasks: Map<string, Task>;
  /** By the run's id, in order. */
  readonly moves: Map<string, FlowMove[]>;
  readonly participants: Map<string, Participant>;
  /** By staff member and message. */
  readonly mentions: Map<string, Mention>;
  /** Only ever added to. */
  readonly consents: Map<string, ConsentEntry>;
  /** By conversation, episode and kind. Only ever added to. */
  readonly timings: Map<string, Timing>;
  readonly savedReplies: Map<string, SavedReply>;
  /** By name and language. */
  readonly templates: Map<string, StoredTemplate>;
  /** Reports by a wamid that no outbound message has yet. */
  readonly parkedReports: Map<string, readonly ParkedReport[]>;

  readonly lanes: Map<string, Lane>;
  /** By Meta's id of the number. */
  readonly senders: Map<string, SenderMemory>;
  readonly deadWork: Map<string, DeadItem>;
  /** Number n stands at n - 1. */
  readonly events: DeskEvent[];
  /** In the order in which they were written. */
  readonly audit: Map<string, AuditEntry>;
  readonly chain: AuditChainMemory;
  readonly erasures: Map<string, ErasureMemory>;
  /** Ids that nobody ever has again. */
  readonly erasedGuests: Set<string>;
  /** When each was remembered. */
  readonly dedupSeenAt: Map<string, number>;
}

/** The audit as a chain. Changed in place, as lanes are. */
export interface AuditChainMemory {
  /** Raised by all that changes entries or their links. */
  version: number;
  head: AuditPlace;
  sealedAt: Date | null;
  kept: AuditPlace;
  anchoredN: number;
  /** By the entry's id, in order. */
  readonly links: Map<string, AuditLink & { readonly sealedAt: Date }>;
}

/** An erasure, and of which addresses and conversations the rest is. */
export interface ErasureMemory {
  readonly erasure: Erasure;
  readonly open: {
    readonly addresses: readonly Address[];
    readonly conversations: readonly Conversation[];
    readonly reservations: readonly string[];
  } | null;
}

/** A file, and how many attachments name it. */
export interface FileMemory {
  readonly file: MediaFileInfo;
  readonly sha256: string;
  readonly uses: number;
}

/** By what id WhatsApp has a file, and until when. */
export interface UploadMemory {
  readonly fileId: string;
  readonly mediaId: string;
  readonly until: number;
}

/** One received item of a webhook, as it came. */
export interface Attempt {
  readonly kind: string;
  readonly outcome: "work" | KeptItem["outcome"];
  readonly raw: string;
  readonly receivedAt: Date;
  /** Whose it was taken for; absent where it was nobody's. */
  readonly guestId?: string;
}

/** A report that waits for its message. */
export interface ParkedReport {
  readonly update: StatusUpdate;
  readonly parkedAt: Date;
}

/** A lane of work. The only value that is changed in place: it is what callers meet at. */
export interface Lane extends LaneId {
  epoch: number;
  /** Until when it is in somebody's hands; null when it is in nobody's. */
  leasedUntil: number | null;
  /** When it may be claimed, if it is in nobody's hands; null while it has no items. */
  dueAt: number | null;
  /** What arrives before this waits until then. */
  waitsUntil: number;
  /** The message on whose fate it waits. */
  heldFor: string | null;
  /** WhatsApp asked to send nothing to this guest before. */
  notBefore: number;
  /** When a guest who is sent one message every six seconds would have got all that was sent to them. */
  pairAt: number;
  /** Position of the item that came last: positions count on, whatever was done or died. */
  lastPosition: number;
  items: LaneItem[];
}

export interface LaneItem extends WorkItem {
  readonly urgent: boolean;
  /** Of a timer: when it comes due. */
  readonly dueAt?: Date;
}

/** How fast a number sends, and whether it may. Changed in place, as lanes are. */
export interface SenderMemory {
  perSecond: number | null;
  tokens: number;
  refilledAt: number;
  pausedUntil: number | null;
  probing: boolean;
  pausedFor: string | null;
  /** The lane that tries whether it sends again, as it was claimed for that, and until when it has time to. */
  probe: { readonly guestId: string; readonly epoch: number; readonly until: number } | null;
}

/** Work that was given up, with what it takes to put it back. */
export interface DeadItem {
  readonly lane: LaneId;
  readonly item: LaneItem;
  readonly dead: DeadWork;
}

export function hotelOf(memory: Memory, id: string): HotelMemory {
  const known = memory.hotels.get(id);
  if (known !== undefined) return known;
  const hotel: HotelMemory = {
    id,
    dedupHashes: new Set(),
    attempts: new Map(),
    guests: new Map(),
    guestByAddress: new Map(),
    formerAddresses: new Map(),
    chats: new Map(),
    conversations: new Map(),
    conversationsOfGuest: new Map(),
    messages: new Map(),
    messagesOfConversation: new Map(),
    amendments: new Map(),
    attachments: new Map(),
    attachmentOfMessage: new Map(),
    translations: new Map(),
    files: new Map(),
    mediaUsage: new Map(),
    uploads: new Map(),
    messageByWamid: new Map(),
    messageByClientId: new Map(),
    intents: new Map(),
    prompts: new Map(),
    runs: new Map(),
    stays: new Map(),
    tasks: new Map(),
    moves: new Map(),
    participants: new Map(),
    mentions: new Map(),
    consents: new Map(),
    timings: new Map(),
    savedReplies: new Map(),
    templates: new Map(),
    parkedReports: new Map(),
    lanes: new Map(),
    senders: new Map(),
    deadWork: new Map(),
    events: [],
    audit: new Map(),
    chain: {
      version: 0,
      head: { n: 0, hash: "" },
      sealedAt: null,
      kept: { n: 0, hash: "" },
      anchoredN: 0,
      links: new Map(),
    },
    erasures: new Map(),
    erasedGuests: new Set(),
    dedupSeenAt: new Map(),
  };
  memory.hotels.set(id, hotel);
  return hotel;
}

export const chatKey = (phoneNumberId: string, guestId: string): string => `${phoneNumberId} ${guestId}`;
export const clientKey = (authorId: string, clientMessageId: string): string =>
  JSON.stringify([authorId, clientMessageId]);

/** Whose id a message carries beside its author's own id for it. */
export const clientKeyOf = ({ author, clientMessageId }: Pick<Message, "author" | "clientMessageId">): string | null =>
  clientMessageId === null || author.kind === "device" ? null : clientKey(author.id, clientMessageId);

export function putConversation(hotel: HotelMemory, conversation: Conversation): void {
  hotel.conversations.set(conversation.id, conversation);
  addTo(hotel.conversationsOfGuest, conversation.guestId, conversation.id);
}

export function putMessage(hotel: HotelMemory, message: Message): void {
  hotel.messages.set(message.id, message);
  addTo(hotel.messagesOfConversation, message.conversationId, message.id);
  if (message.wamid !== null) hotel.messageByWamid.set(message.wamid, message.id);
  const client = clientKeyOf(message);
  if (client !== null) hotel.messageByClientId.set(client, message.id);
}

/** An imported message that a live one with this wamid takes the place of; null when there is none. */
export function importedOf(hotel: HotelMemory, wamid: string | null): Message | null {
  const message = hotel.messages.get(hotel.messageByWamid.get(wamid ?? "") ?? "");
  return message !== undefined && message.eventSeq < 0 ? message : null;
}

export function dropMessage(hotel: HotelMemory, message: Message): void {
  hotel.messages.delete(message.id);
  hotel.messagesOfConversation.get(message.conversationId)?.delete(message.id);
  if (message.wamid !== null) hotel.messageByWamid.delete(message.wamid);
}

export const conversationsOf = (hotel: HotelMemory, guestId: string): readonly Conversation[] =>
  [...(hotel.conversationsOfGuest.get(guestId) ?? [])].flatMap((id) => hotel.conversations.get(id) ?? []);

export const messagesIn = (hotel: HotelMemory, conversationId: string): readonly Message[] =>
  [...(hotel.messagesOfConversation.get(conversationId) ?? [])].flatMap((id) => hotel.messages.get(id) ?? []);

/** Gives events the hotel's next numbers: they count without holes, because nothing comes between. */
export function tell(hotel: HotelMemory, events: readonly NewEvent[], at: Date): readonly DeskEvent[] {
  const first = hotel.events.length + 1;
  const numbered = events.map((event, index) => ({ ...event, hotelId: hotel.id, seq: first + index, at }));
  hotel.events.push(...numbered);
  return numbered;
}

function addTo(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, new Set([id]));
  else ids.add(id);
}

/** Ids are compared as they are, never by the rules of a language. */
export const compareIds = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Writes an entry of the audit, once. */
export function writeAudit(hotel: HotelMemory, entry: AuditEntry): void {
  if (!hotel.audit.has(entry.id)) hotel.audit.set(entry.id, entry);
}
