import type { MediaContent, MessageContent } from "./content.js";

/**
 * What became of a file. `pending`: it is still to be fetched. `stored`: it has been looked into, and may be opened. `refused`: it was not what a
 * file of its kind may be, and is kept nowhere. `quarantined`: it is kept, and opened by nobody through the desk. `unavailable`: it could not be had.
 * `discarded`: it was forgotten on purpose.
 */
export const ATTACHMENT_STATES = ["pending", "stored", "refused", "quarantined", "unavailable", "discarded"] as const;
/** How far a file has come. */
export type AttachmentState = (typeof ATTACHMENT_STATES)[number];

/** A file of a message, or one that staff have put there to send. What a message says stands without it. */
export interface Attachment {
  readonly id: string;
  readonly hotelId: string;
  /** The conversation that the message stands in, or that the file is for. */
  readonly conversationId: string;
  /** Whose conversation that was. */
  readonly guestId: string;
  /** The hotel's number: WhatsApp gives the file to no other. */
  readonly phoneNumberId: string;
  readonly kind: MediaContent["type"];
  /** Whether it came over WhatsApp, or is to be sent. */
  readonly direction: "inbound" | "outbound";
  readonly said: SaidOfFile;
  readonly state: AttachmentState;
  /** Why it is not there; null while it is `pending` or `stored`. A code: one of `MEDIA_FLAWS`, of `ATTACHMENT_REASONS`, or of a failure. */
  readonly reason: string | null;
  /** Where its bytes are; null unless it is `stored` or `quarantined`. */
  readonly file: MediaFileInfo | null;
  /** What it is kept for, as the host calls it (`"identity"`); null for nothing in particular. */
  readonly purpose: string | null;
  /** When it is forgotten; null: not by itself. */
  readonly forgetAt: Date | null;
  readonly createdAt: Date;
  /** Counts its changes, from 1. */
  readonly version: number;
}

/** What the sender, or WhatsApp, says of a file. It proves nothing. */
export interface SaidOfFile {
  /** Meta's id; null for one that staff have put there. */
  readonly mediaId: string | null;
  readonly mimeType: string | null;
  /** Lower-case hex. */
  readonly sha256: string | null;
  /** As the sender wrote it: a text to be shown, no path. */
  readonly fileName: string | null;
}

/** What a stored file is, as it was found to be. */
export interface MediaFileInfo {
  /** By which the media store has it. */
  readonly id: string;
  readonly sizeBytes: number;
  readonly mimeType: string;
  /** Pixels of a picture; null for all else. */
  readonly width: number | null;
  readonly height: number | null;
  /** By which the media store has a small picture of it; null for none. */
  readonly thumbnailId: string | null;
}

/** An attachment as a decision makes it, with the message that it is of. */
export type NewAttachment = Omit<Attachment, "hotelId" | "file" | "purpose" | "forgetAt" | "version" | "state"> & {
  readonly messageId: string;
  readonly state: "pending" | "unavailable";
  /** Known from the beginning: a flow asked for it. */
  readonly purpose?: string | null;
};

/** Why a file is not there, besides what is wrong with it. */
export const ATTACHMENT_REASONS = {
  no_store: "The desk has no place for files.",
  no_id: "WhatsApp did not say how the file can be had.",
  not_fetched: "The file could not be fetched, however often it was tried.",
  gone: "WhatsApp has the file no more.",
  corrupt: "What came is not the file that WhatsApp says it is.",
  too_slow: "The file came too slowly.",
  infected: "The scanner knows the file as malicious.",
  not_scanned: "The scanner does not take files of this size.",
  not_readable: "The picture could not be read.",
  number_gone: "The hotel has no such number any more.",
  quota_guest: "The guest's files take as much room as a guest's may.",
  quota_hotel: "The hotel's files take as much room as they may.",
  revoked: "Whoever sent it deleted its message for everybody.",
  used: "It was forgotten once it had served its purpose.",
  expired: "It was forgotten when its time was over.",
  erased: "It was forgotten with its guest.",
} as const satisfies Readonly<Record<string, string>>;
/** Why a file is not shown. */
export type AttachmentReason = keyof typeof ATTACHMENT_REASONS;

/** Whether messages of this kind may bring a file. */
export const isFile = (type: MessageContent["type"]): boolean => KINDS.has(type);

const KINDS: ReadonlySet<string> = new Set<MediaContent["type"]>(["image", "video", "audio", "document", "sticker"]);

/** The content when it is that of a file out of WhatsApp; else null. */
export const fileContent = (content: MessageContent): MediaContent | null =>
  KINDS.has(content.type) && "media" in content && "mimeType" in content.media ? (content as MediaContent) : null;

/** The attachment that a message of the hotel's sends; null when it sends none. */
export const sentAttachment = (content: MessageContent): string | null =>
  "media" in content && "attachmentId" in content.media ? (content.media.attachmentId ?? null) : null;
