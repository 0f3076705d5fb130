import type { Episode } from "./episode.js";
import type { Rating } from "./rating.js";

/** One matter of a guest with a department. At most one is open for each (hotel, guest, department, mode). */
export interface Conversation {
  readonly id: string;
  readonly hotelId: string;
  readonly guestId: string;
  /** The number the guest last used for it; answers leave from here. */
  readonly phoneNumberId: string;
  /** null while the guest has not chosen a department. */
  readonly departmentId: string | null;
  readonly mode: ConversationMode;
  readonly status: ConversationStatus;
  /** After a handoff or a staff reply no flow speaks here any more. */
  readonly speaker: "bot" | "human";
  /** The stored version this was read at; 0 when it is not stored yet. */
  readonly version: number;
  /** Number of its newest message; messages count from 1 without holes. */
  readonly lastSeq: number;
  /** Everything up to this message has been seen by staff. */
  readonly readSeq: number;
  readonly createdAt: Date;
  readonly lastMessageAt: Date;
  readonly lastMessagePreview: string;
  /** The message that the preview shows, perhaps of a conversation that this one continues; null when it shows none. */
  readonly previewMessageId: string | null;
  readonly lastMessageFrom: "guest" | "staff" | "bot" | "system";
  /** When the guest last wrote here, by the database's clock; null before. */
  readonly lastGuestMessageAt: Date | null;
  /** When the guest wrote what nobody has answered yet, by the database's clock; null when there is no such thing. */
  readonly waitingSince: Date | null;
  /** The one that goes on, or ended when it was closed. */
  readonly episode: Episode;
  readonly closedAt: Date | null;
  /** The open conversation that goes on with this matter; this one's messages are shown as part of it. */
  readonly continuedIn: string | null;
  /** It holds old messages out of the phone app, and nothing else: closed from the beginning. */
  readonly imported: boolean;
  /** Who of staff sees to it, by the host's id of them; null while nobody does. */
  readonly assigneeId: string | null;
  readonly priority: Priority;
  /** As `tagOf` writes them, each once, sorted. */
  readonly tags: readonly string[];
  /** Until when it stays out of the open list, unless the guest writes before; null when it does not. */
  readonly snoozedUntil: Date | null;
  /** The newest that the guest was asked for; null: they were not. */
  readonly rating: Rating | null;
}

/** How urgent a conversation may be, rising. */
export const PRIORITIES = ["normal", "high", "urgent"] as const;
/** How urgent a conversation is. */
export type Priority = (typeof PRIORITIES)[number];

/** What staff do to a conversation that nobody has done anything to yet. */
export const UNTOUCHED = {
  assigneeId: null,
  priority: "normal",
  tags: [],
  snoozedUntil: null,
  rating: null,
} as const satisfies Pick<Conversation, "assigneeId" | "priority" | "tags" | "snoozedUntil" | "rating">;

/** Whether a flow's runs stand in it, or all else. */
export type ConversationMode = "service" | "flow";
/** Whether it is open. */
export type ConversationStatus = "open" | "closed";
