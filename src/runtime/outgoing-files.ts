import { sentAttachment, type Attachment } from "../domain/attachment.js";
import type { OutboundContent } from "../domain/content.js";
import type { HotelNumber } from "../domain/hotel.js";
import { codeOf } from "../errors.js";
import { extensionOf } from "../media/extension.js";
import { shownName } from "../media/names.js";
import type { DeskLogger } from "../ports/logger.js";
import type { MediaStore } from "../ports/media-store.js";
import type { Storage } from "../ports/storage.js";
import type { SendRejected, Transport } from "../ports/transport.js";
import { uploaded } from "../whatsapp/payload-builder.js";

export interface OutgoingFilesOptions {
  readonly storage: Pick<Storage, "loadAttachments" | "upload" | "putUpload">;
  readonly transport: Pick<Transport, "uploadMedia">;
  /** null: the desk keeps no files. */
  readonly store: MediaStore | null;
  readonly logger: DeskLogger;
}

/** A message whose file WhatsApp has, or why it cannot be sent. */
export type ReadyFile =
  | {
      readonly outcome: "ready";
      readonly content: OutboundContent;
      /** The file, when WhatsApp was given it some time ago. */
      readonly reused: string | null;
    }
  | SendRejected;

export interface FileRecipient {
  readonly hotelId: string;
  readonly guestId: string;
  /** Whether the message was sent before: its file was found to be the guest's then, who may be another's by now, and WhatsApp is given it again, whatever it may have. */
  readonly again: boolean;
}

export interface OutgoingFiles {
  /**
   * Gives WhatsApp the file of a message, once for a number as long as it keeps it. Done before the message's intent: whatever becomes of an upload, nothing was sent by it.
   * @param to whom it goes
   */
  ready(to: FileRecipient, number: HotelNumber, content: OutboundContent): Promise<ReadyFile>;
  /** WhatsApp does not have it after all. */
  lost(hotelId: string, number: HotelNumber, fileId: string): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Milliseconds for which an id is used: WhatsApp keeps what is uploaded for 30 days, and what waits to be sent takes some. Source: WhatsApp "Media" (2026). */
const UPLOAD_LIVES_MS = 29 * DAY_MS;

/** Files of the desk's on their way to guests. */
export function outgoingFiles({ storage, transport, store, logger }: OutgoingFilesOptions): OutgoingFiles {
  async function ready(
    { hotelId, guestId, again }: FileRecipient,
    number: HotelNumber,
    content: OutboundContent,
  ): Promise<ReadyFile> {
    const id = sentAttachment(content);
    if (id === null) return { outcome: "ready", content, reused: null };
    const { attachments } = await storage.loadAttachments(hotelId, [id]);
    const attachment = attachments[0] ?? null;
    const file = attachment?.state === "stored" ? attachment.file : null;
    if (attachment === null || file === null) return rejected("file_gone", GONE, null);
    // What staff send was looked at before; what a flow says nobody has looked at.
    const isTheirs = attachment.direction === "outbound" && (again || attachment.guestId === guestId);
    if (!isTheirs) return rejected("file_not_theirs", NOT_FOR_THEM, null);
    if (store === null || transport.uploadMedia === undefined) return rejected("no_files", NO_FILES, null);
    const named = withName(content, attachment);
    const key = { hotelId, fileId: file.id, phoneNumberId: number.phoneNumberId };
    const known = again ? null : await storage.upload(key);
    if (known !== null) return { outcome: "ready", content: uploaded(named, known), reused: file.id };

    const result = await transport.uploadMedia({
      number,
      mimeType: typeOf(content, file.mimeType),
      sizeBytes: file.sizeBytes,
      read: () => bytesOf(store, hotelId, file.id),
    });
    if (result.outcome === "failed") {
      logger.warn({ code: result.failure.code }, "a file could not be given to WhatsApp");
      const { failure, retry, pauses } = result;
      return { outcome: "rejected", failure, retry, ...(pauses !== undefined && { pauses }) };
    }
    await storage.putUpload({ ...key, mediaId: result.mediaId, liveMs: UPLOAD_LIVES_MS });
    return { outcome: "ready", content: uploaded(named, result.mediaId), reused: null };
  }

  return {
    async ready(...asked) {
      try {
        return await ready(...asked);
      } catch (error) {
        // Nothing was sent: it is tried again like whatever could not leave.
        logger.warn({ code: codeOf(error) }, "the file of a message could not be made ready");
        return rejected(codeOf(error), "The file could not be read where the hotel keeps it.", { afterMs: null });
      }
    },
    async lost(hotelId, { phoneNumberId }, fileId) {
      try {
        await storage.putUpload({ hotelId, fileId, phoneNumberId, mediaId: null, liveMs: 0 });
      } catch (error) {
        logger.warn({ code: codeOf(error) }, "that WhatsApp lost a file could not be recorded");
      }
    },
  };
}

/** Sound that is shown as recorded in the chat is OPUS, which WhatsApp wants to be told. Source: WhatsApp "Audio messages" (2026). */
const typeOf = (content: OutboundContent, mimeType: string): string =>
  content.type === "audio" && mimeType === "audio/ogg" ? "audio/ogg; codecs=opus" : mimeType;

/** A document without a name says nothing on a phone. */
function withName(content: OutboundContent, { said, file }: Attachment): OutboundContent {
  if (content.type !== "document" || content.fileName !== undefined) return content;
  return { ...content, fileName: shownName(said.fileName, extensionOf(file?.mimeType ?? "")) };
}

async function* bytesOf(store: MediaStore, hotelId: string, id: string): AsyncGenerator<Uint8Array> {
  const stored = await store.open({ hotelId, id });
  if (stored === null) throw new Error("The file is not there.");
  yield* stored.bytes;
}

const rejected = (code: string, message: string, retry: SendRejected["retry"]): SendRejected => ({
  outcome: "rejected",
  failure: { code, message },
  retry,
});

const NOT_FOR_THEM = "The file was put there for another guest, or came from one. Put it there for this one.";
const GONE = "The file was forgotten before the message could leave. Put it there again, and send it anew.";
const NO_FILES = "The desk has no place for files, or cannot give them to WhatsApp.";
