import type { Reach } from "../domain/access.js";
import type { Attachment, MediaFileInfo } from "../domain/attachment.js";
import type { AuditEntry } from "../domain/audit.js";
import type { DeskEvent } from "../domain/event.js";
import type { LaneLease } from "../domain/lane.js";
import type { MediaQuotas } from "../domain/media-rules.js";

export type { MediaQuotas };

/**
 * What the desk asks of a database about files. The bytes lie in a media store; here stands which of them there are, whose they are, and how
 * much room they take. A file's bytes come first and its row second, a row goes first and its bytes second: so whatever is named here is there,
 * and what is in the store and not named here is nobody's.
 *
 * A hotel has a file once: one with the same bytes and type as another is that one.
 */
export interface AttachmentStorage {
  /**
   * Ids of what a guest sent in a conversation that is kept for one of these purposes, or will be once it has been fetched. What is
   * forgotten already, or never came, is none of it. By id. @contract attachment/kept-for
   */
  attachmentsKeptFor(query: {
    readonly hotelId: string;
    readonly guestId: string;
    readonly conversationId: string;
    readonly purposes: readonly string[];
  }): Promise<readonly string[]>;
  /** Attachments of a hotel, in the order asked for; null when there is none of that id. @contract attachment/load */
  loadAttachments(
    hotelId: string,
    ids: readonly string[],
  ): Promise<{ readonly now: Date; readonly attachments: readonly (Attachment | null)[] }>;
  /**
   * Records what became of a file that was to be fetched, takes the work away and gives the lane back. Only for a lane in this holder's hands whose
   * lease has not run out (else `fenced`, and nothing changes). What is not `pending` any more stays as it is; only the work is done then.
   *
   * A file is stored when there is room for it, which the database counts: of a hotel each file once, of a guest each of their attachments. Where
   * there is not, the attachment is `refused` with `quota_guest` or `quota_hotel`. A file whose hash and type the hotel has already is that one: the
   * attachment names the file that was there.
   *
   * Writes a `message.attachment` event for each message that the attachment is of, under the message's conversation and that conversation's
   * department.
   * @contract attachment/settle, attachment/settle-fenced, attachment/settle-once, attachment/same-file, attachment/same-file-at-once, attachment/quota,
   *   attachment/quota-at-once
   */
  settleAttachment(settlement: AttachmentSettlement): Promise<AttachmentSettled>;
  /**
   * Makes a `stored` attachment that no message names yet, with its audit entry: by the same rules of room and of same files. `late`: what was begun at
   * `since`, by the storage's clock, is more than half an hour old, so that the file's bytes may have been swept away meanwhile.
   * @contract attachment/add, attachment/add-late, attachment/quota
   */
  addAttachment(add: AddAttachment): Promise<AttachmentAdded>;
  /**
   * One attachment, for whoever may see a message that it is of, or the conversation that it is for, or one that goes on with it; a guest sees those of their
   * own messages alone.
   * @contract attachment/reach, attachment/reach-guest
   */
  attachment(query: { readonly reach: Reach; readonly id: string }): Promise<Attachment | null>;
  /**
   * Says what an attachment is kept for and until when, or forgets it, with the audit entry; null when it is out of reach (as for staff in `attachment`), or there
   * is none.
   * @contract attachment/change, attachment/discard
   */
  changeAttachment(change: ChangeAttachment): Promise<(Forgotten & { readonly attachment: Attachment }) | null>;
  /**
   * Forgets attachments whose `forgetAt` has come, at most so many, the longest due first: they are `discarded`, with the reason `expired`, an audit entry by the
   * system, and the event. A file that nothing names any more is forgotten with what is known of it.
   * @contract attachment/due, attachment/same-file-kept
   */
  forgetDue(query: { readonly limit: number }): Promise<Forgotten>;
  /** Which of these ids name a file, or a small picture of one, of the hotel, in the order given. @contract attachment/known-files */
  knownFiles(query: { readonly hotelId: string; readonly ids: readonly string[] }): Promise<readonly boolean[]>;
  /** The id by which WhatsApp has a file from a number; null when it has it no more, or never had. @contract attachment/upload */
  upload(key: UploadKey): Promise<string | null>;
  /**
   * Remembers the id by which WhatsApp has a file from a number, for so many milliseconds; null forgets it. Nothing is remembered of a file that is not there.
   * @contract attachment/upload, attachment/upload-forgotten
   */
  putUpload(upload: UploadKey & { readonly mediaId: string | null; readonly liveMs: number }): Promise<void>;
}

/** A file whose bytes lie in the media store under its id. */
export interface NewMediaFile extends MediaFileInfo {
  /** Of the bytes that are stored, as lower-case hex. */
  readonly sha256: string;
}

/** What became of a file that was fetched. */
export type AttachmentFate =
  | { readonly state: "stored"; readonly file: NewMediaFile }
  | { readonly state: "quarantined"; readonly file: NewMediaFile; readonly reason: string }
  | { readonly state: "refused" | "unavailable"; readonly reason: string };

/** The end of the work on a file. */
export interface AttachmentSettlement {
  readonly lane: LaneLease;
  readonly workId: string;
  readonly attachmentId: string;
  readonly fate: AttachmentFate;
  readonly quotas: MediaQuotas;
  /** Milliseconds after which it is forgotten, unless it is said by then when; null: not by itself. */
  readonly forgetMs: number | null;
}

/** What storing that came to. */
export type AttachmentSettled =
  /** `attachment`: as it is now; null when there is none any more. */
  | { readonly outcome: "settled"; readonly attachment: Attachment | null; readonly events: readonly DeskEvent[] }
  | { readonly outcome: "fenced" };

/** A file that staff, or the host, uploaded. */
export interface AddAttachment {
  readonly attachment: Omit<Attachment, "state" | "reason" | "file" | "version" | "createdAt" | "forgetAt">;
  readonly file: NewMediaFile;
  readonly quotas: MediaQuotas;
  readonly forgetMs: number | null;
  readonly since: Date;
  readonly audit: Omit<AuditEntry, "hotelId" | "at">;
}

/** What storing it came to. */
export type AttachmentAdded =
  | { readonly outcome: "stored"; readonly attachment: Attachment }
  | { readonly outcome: "quota_guest" | "quota_hotel" | "late" };

/** What a file is kept for, or for how long. */
export interface ChangeAttachment {
  readonly reach: Reach;
  readonly id: string;
  readonly purpose: string | null;
  /** When it is forgotten, milliseconds from now; 0: at once; null: not by itself. */
  readonly forgetMs: number | null;
  /** Its reason when it is forgotten at once; `used` by default. */
  readonly because?: "used" | "revoked";
  readonly audit: Omit<AuditEntry, "hotelId" | "at">;
}

/** What was forgotten: the bytes of these are nobody's any more, and are to be deleted. */
export interface Forgotten {
  readonly files: readonly { readonly hotelId: string; readonly id: string }[];
  readonly events: readonly DeskEvent[];
}

/** A file as it was uploaded to WhatsApp from one number. */
export interface UploadKey {
  readonly hotelId: string;
  readonly fileId: string;
  readonly phoneNumberId: string;
}
