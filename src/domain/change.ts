import type { Amendment } from "./amendment.js";
import type { NewAttachment } from "./attachment.js";
import type { AuditEntry } from "./audit.js";
import type { Chat } from "./chat.js";
import type { ConsentEntry } from "./consent.js";
import type { Conversation } from "./conversation.js";
import type { Timing } from "./episode.js";
import type { NewEvent } from "./event.js";
import type { FlowMove } from "./flow-move.js";
import type { FlowRun } from "./flow-run.js";
import type { GuestMerge, GuestUpdate, NewGuest } from "./guest.js";
import type { LaneLease } from "./lane.js";
import type { Mention } from "./mention.js";
import type { NewMessage } from "./message.js";
import type { Participant } from "./participant.js";
import type { Prompt } from "./prompt.js";
import type { Remark } from "./remark.js";
import type { GuestStay } from "./stay.js";
import type { Task } from "./task.js";
import type { TemplateUpdate } from "./template.js";
import type { NewWork } from "./work.js";

/**
 * Everything a decision wants done, as a value. It is stored whole or not at all, so a crash before the commit loses
 * nothing and one after it repeats nothing. One change holds each aggregate at most once.
 */
export interface Change {
  readonly hotelId: string;
  readonly guest: GuestUpdate | null;
  /** null unless the hotel writes to somebody first. */
  readonly newGuest: NewGuest | null;
  /** null unless two guests turn out to be one, or two after all. */
  readonly merge: GuestMerge | null;
  /** Carries the version it was read at; stored with the next. */
  readonly chat: Chat | null;
  /** Carry the versions they were read at; stored with the next. */
  readonly conversations: readonly Conversation[];
  readonly messages: readonly NewMessage[];
  readonly amendments: readonly Amendment[];
  /** Files that messages bring, stored before or with this change. */
  readonly attachments: readonly NewAttachment[];
  readonly remarks: readonly Remark[];
  readonly prompts: readonly Prompt[];
  /** Carry the versions they were read at; stored with the next. */
  readonly runs: readonly FlowRun[];
  /** Carry the versions they were read at; stored with the next. */
  readonly stays: readonly GuestStay[];
  /** Carry the versions they were read at; stored with the next. */
  readonly tasks: readonly Task[];
  /** What moved these runs, in order. */
  readonly moves: readonly FlowMove[];
  readonly participants: readonly Participant[];
  readonly mentions: readonly Mention[];
  readonly consents: readonly ConsentEntry[];
  /** How long what ends with this change has taken. */
  readonly timings: readonly Timing[];
  /** What WhatsApp told about templates. */
  readonly templates: readonly TemplateUpdate[];
  /** In the order in which they happened. Every message has its event among them, unless it was imported. */
  readonly events: readonly NewEvent[];
  readonly audit: readonly AuditEntry[];
  readonly work: readonly NewWork[];
}

/** A change and the lane work it completes. Committing it gives the lane back. */
export interface LaneChange {
  readonly change: Change;
  /** null for a command that a person gave: it holds no lane, versions alone protect it. */
  readonly lane: LaneLease | null;
  /** The lane's items that this change settles, by work id. */
  readonly completes: readonly string[];
  /** The lane's next item could not be decided: tried again later, or given up when `retryInMs` is null. */
  readonly failed: FailedWork | null;
}

/** Work that could not be done, and when it is tried again. */
export interface FailedWork {
  readonly workId: string;
  /** The error's code; no text of a guest. */
  readonly code: string;
  /** Milliseconds until the lane is due again; null sets the item aside as dead. */
  readonly retryInMs: number | null;
}

export const noChange = (hotelId: string): Change => ({
  hotelId,
  guest: null,
  newGuest: null,
  merge: null,
  chat: null,
  conversations: [],
  messages: [],
  amendments: [],
  attachments: [],
  remarks: [],
  prompts: [],
  runs: [],
  stays: [],
  tasks: [],
  moves: [],
  participants: [],
  mentions: [],
  consents: [],
  timings: [],
  templates: [],
  events: [],
  audit: [],
  work: [],
});
