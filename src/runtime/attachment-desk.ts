import { sentAttachment, type Attachment } from "../domain/attachment.js";
import { reach, type Permission } from "../domain/access.js";
import type { ReplyContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { Principal } from "../domain/principal.js";
import { shown } from "../domain/amendment.js";
import { auditId, messageOfFile } from "../decide/ids.js";
import { forgetMsOf } from "../decide/attachment.js";
import { ConversationError } from "../errors.js";
import { extensionOf } from "../media/extension.js";
import { contentDisposition, shownName } from "../media/names.js";
import { receive } from "../media/receive.js";
import type { MediaRange } from "../ports/media-store.js";
import type { Desk } from "./desk-api.js";
import type { AttachmentLink, NewFile, OpenedFile } from "./desk-shapes.js";
import type { DeskOptions } from "./desk.js";
import { discard, keep, largest, type MediaDesk } from "./media-work.js";
import { removeFiles } from "./media-sweep.js";
import { timeOf } from "./storage-clock.js";

type AttachmentVerbs = Pick<
  Desk,
  "attachment" | "openAttachment" | "attachmentUrl" | "addFile" | "keepAttachment" | "discardAttachment"
>;

/** Seconds that a link of the desk's own is good for: by default, and at most. */
const LINK = { usualS: 300, mostS: 3_600 };
/** Lists in whose cursors links are sealed: no cursor of another list is one. */
const LINKS = "attachmentLink";

/** What is done with files, by one principal. */
export function attachmentDesk(principal: Principal, options: DeskOptions): AttachmentVerbs {
  const { storage, roles, ids, publish, media } = options;
  const reachFor = (permission: Permission) => reach(principal, permission, roles);
  const isGuest = principal.kind === "guest";

  async function found(id: string, permission: Permission = "attachment.read"): Promise<Attachment> {
    const attachment = await storage.attachment({ reach: reachFor(permission), id });
    if (attachment === null) throw new ConversationError("not_found");
    return attachment;
  }

  async function shownNow(id: string): Promise<Attachment> {
    const attachment = await found(id);
    await isShown(storage, attachment);
    return attachment;
  }

  async function change(
    id: string,
    permission: "attachment.keep" | "attachment.discard",
    {
      purpose,
      forgetMs,
      reason,
    }: { readonly purpose: string | null; readonly forgetMs: number | null; readonly reason: string },
  ): Promise<Attachment> {
    const audit = {
      id: auditId(ids()),
      actor: { kind: principal.kind, id: principal.id },
      action: permission,
      reason,
      target: { kind: "attachment", id },
    } as const;
    const changed = await storage.changeAttachment({ reach: reachFor(permission), id, purpose, forgetMs, audit });
    if (changed === null) throw new ConversationError("not_found");
    publish(changed.events);
    if (media !== null) await removeFiles(media, changed);
    return changed.attachment;
  }

  return {
    attachment: async (id) => (isGuest ? forGuest(await found(id)) : found(id)),

    openAttachment: async (id, asked = {}) => opened(media, await shownNow(id), asked),

    async attachmentUrl(id, { expiresInS = LINK.usualS, thumbnail = false } = {}): Promise<AttachmentLink> {
      const attachment = await shownNow(id);
      const file = storedFile(attachment, thumbnail);
      const seconds = Math.min(expiresInS, LINK.mostS);
      if (!Number.isInteger(expiresInS) || expiresInS < 1 || expiresInS > LINK.mostS)
        throw new ConversationError("request_invalid", {
          issues: [{ path: "expiresInS", message: `a whole number of seconds from 1 to ${String(LINK.mostS)}` }],
        });
      const expiresAt = new Date((await timeOf(storage)).getTime() + seconds * 1_000);
      const { store } = mediaOf(media);
      if (store.signedUrl !== undefined) {
        const { mimeType } = file;
        const key = { hotelId: attachment.hotelId, id: file.id };
        const fileName = nameOf(attachment, mimeType);
        const signed = { expiresInS: seconds, mimeType, fileName, disposition: "attachment" } as const;
        return { url: await store.signedUrl(key, signed), expiresAt };
      }
      const token = sealedLink(options, id, thumbnail, expiresAt);
      const query = new URLSearchParams({ ...(thumbnail && { thumbnail: "true" }), token });
      return { url: `attachments/${encodeURIComponent(id)}?${query.toString()}`, expiresAt };
    },

    async addFile(conversationId: string, given: NewFile): Promise<Attachment> {
      const { now, state } = await storage.loadConversation({
        reach: reachFor("attachment.add"),
        conversationId,
        client: null,
        template: null,
      });
      if (state === null) throw new ConversationError("not_found");
      const { conversation } = state;
      const desk = mediaOf(media);
      const path = await desk.temp.path();
      try {
        const { kind, contentType: declaredType, fileName = null } = given;
        const { limits, quotas, retention } = await desk.rulesOf(conversation.hotelId);
        const capBytes = largest(kind, limits);
        const { deadlineMs, minBytesPerSecond } = desk;
        const abort = new AbortController();
        const came = await receive(abortable(given.bytes, abort.signal), {
          path,
          capBytes,
          deadlineMs,
          minBytesPerSecond,
          abort: (reason) => abort.abort(reason),
        });
        if (came.outcome !== "whole") throw refused(came.outcome);
        const { hotelId } = conversation;
        const { sizeBytes, sha256 } = came;
        const file = { hotelId, kind, direction: "outbound", declaredType, fileName, sizeBytes, sha256 } as const;
        const { fate, put } = await keep(desk, path, file);
        if (fate.state !== "stored") {
          await discard(desk, hotelId, put);
          throw refused(fate.reason);
        }
        const id = `att_${ids()}`;
        const added = await storage.addAttachment({
          attachment: {
            id,
            hotelId,
            conversationId,
            guestId: conversation.guestId,
            phoneNumberId: conversation.phoneNumberId,
            kind,
            direction: "outbound",
            said: { mediaId: null, mimeType: declaredType, sha256: null, fileName },
            purpose: null,
          },
          file: fate.file,
          quotas,
          forgetMs: forgetMsOf(null, retention),
          since: now,
          audit: {
            id: auditId(ids()),
            actor: { kind: principal.kind, id: principal.id },
            action: "attachment.add",
            reason: "add",
            target: { kind: "attachment", id },
          },
        });
        const kept = added.outcome === "stored" ? added.attachment.file : null;
        await discard(
          desk,
          hotelId,
          put.filter((one) => one !== kept?.id && one !== kept?.thumbnailId),
        );
        if (added.outcome === "late") throw new ConversationError("busy");
        if (added.outcome !== "stored") throw refused(added.outcome);
        return added.attachment;
      } finally {
        await desk.temp.remove(path);
      }
    },

    keepAttachment: async (id, { purpose, reason = "keep" }) => {
      const { hotelId } = await found(id, "attachment.keep");
      const forgetMs = media === null ? null : forgetMsOf(purpose, (await media.rulesOf(hotelId)).retention);
      return change(id, "attachment.keep", { purpose, forgetMs, reason });
    },

    discardAttachment: async (id, { reason = "discard" } = {}) => {
      const { purpose } = await found(id, "attachment.discard");
      return change(id, "attachment.discard", { purpose, forgetMs: 0, reason });
    },
  };
}

/**
 * What was deleted for everybody is opened by nobody, also before it has been forgotten.
 * @throws {ConversationError} `attachment_not_there`
 */
async function isShown(storage: DeskOptions["storage"], { id, direction }: Attachment): Promise<void> {
  const messageId = messageOfFile(id);
  if (direction !== "inbound" || messageId === null) return;
  const history = await storage.message({ reach: "everything", messageId });
  if (history === null) return;
  const { amendments, ...message } = history.message;
  if (shown(message, amendments).revokedAt !== null)
    throw new ConversationError("attachment_not_there", { state: "discarded", reason: "revoked" });
}

/** What a guest is told of a file of theirs: not what the hotel makes of it. */
export const forGuest = (attachment: Attachment): Attachment => ({
  ...attachment,
  reason: null,
  purpose: null,
  forgetAt: null,
  said: { ...attachment.said, sha256: null },
});

const refused = (reason: string): ConversationError => new ConversationError("file_refused", { reason });

function mediaOf(media: MediaDesk | null): MediaDesk {
  if (media === null) throw new ConversationError("media_store_missing");
  return media;
}

/** The bytes, until somebody gives them up. */
async function* abortable(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  const given = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  given.catch(() => undefined);
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), given]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not waited for: a source that stands still would hold this up for ever.
    void iterator.return?.().catch(() => undefined);
  }
}

/** @throws {ConversationError} `attachment_not_there`; `not_found` for a small picture that there is not */
function storedFile(
  { state, reason, file }: Attachment,
  thumbnail: boolean,
): { readonly id: string; readonly mimeType: string } {
  if (state !== "stored" || file === null)
    throw new ConversationError("attachment_not_there", { state, ...(reason !== null && { reason }) });
  if (!thumbnail) return file;
  if (file.thumbnailId === null) throw new ConversationError("not_found");
  return { id: file.thumbnailId, mimeType: file.mimeType };
}

const nameOf = ({ said }: Attachment, mimeType: string): string => shownName(said.fileName, extensionOf(mimeType));

/** Opens a stored file, whole or a part of it, with what it takes to serve it. */
async function opened(
  media: MediaDesk | null,
  attachment: Attachment,
  { thumbnail = false, range }: { readonly thumbnail?: boolean; readonly range?: MediaRange },
): Promise<OpenedFile> {
  const file = storedFile(attachment, thumbnail);
  const { store, logger } = mediaOf(media);
  const stored = await store.open({ hotelId: attachment.hotelId, id: file.id }, range);
  if (stored === null) {
    logger.error({ attachmentId: attachment.id }, "a file that should be stored is not there");
    throw new ConversationError("attachment_not_there", { state: "unavailable" });
  }
  // What a small picture is made in, only whoever made it knows.
  const mimeType = thumbnail ? await pictureType(store, attachment.hotelId, file.id) : file.mimeType;
  const name = nameOf(attachment, mimeType);
  return {
    id: file.id,
    mimeType,
    fileName: name,
    disposition: contentDisposition(name, "attachment"),
    sizeBytes: stored.sizeBytes,
    bytes: stored.bytes,
    discard: stored.discard,
  };
}

/** What a picture of our own making is, by its first bytes. */
async function pictureType(store: MediaDesk["store"], hotelId: string, id: string): Promise<string> {
  const head = await store.open({ hotelId, id }, { start: 0, end: 11 });
  if (head === null) return UNKNOWN_TYPE;
  const pieces: Uint8Array[] = [];
  for await (const piece of head.bytes) pieces.push(piece);
  const text = Buffer.concat(pieces).toString("latin1");
  if (text.startsWith("\u00ff\u00d8\u00ff")) return "image/jpeg";
  if (text.startsWith("\u0089PNG")) return "image/png";
  return text.startsWith("RIFF") && text.endsWith("WEBP") ? "image/webp" : UNKNOWN_TYPE;
}
const UNKNOWN_TYPE = "application/octet-stream";

const linkOf = (id: string, thumbnail: boolean) => ({ id, thumbnail });

/** Good for one file, until then. Whoever has it may open that. */
const sealedLink = ({ cursors }: Pick<DeskOptions, "cursors">, id: string, thumbnail: boolean, until: Date): string =>
  cursors.of(LINKS, linkOf(id, thumbnail)).number.encode(until.getTime()) ?? "";

/** Opens what a link leads to. @throws {ConversationError} `not_found` for one that is over, or never was */
export async function openLink(
  options: Pick<DeskOptions, "storage" | "cursors" | "media">,
  {
    id,
    token,
    thumbnail = false,
    range,
  }: { readonly id: string; readonly token: string; readonly thumbnail?: boolean; readonly range?: MediaRange },
): Promise<OpenedFile> {
  let until: number | null;
  try {
    until = options.cursors.of(LINKS, linkOf(id, thumbnail)).number.decode(token);
  } catch {
    throw new ConversationError("not_found");
  }
  if (until === null || until <= (await timeOf(options.storage)).getTime()) throw new ConversationError("not_found");
  const attachment = await options.storage.attachment({ reach: "everything", id });
  if (attachment === null) throw new ConversationError("not_found");
  await isShown(options.storage, attachment);
  return opened(options.media, attachment, { thumbnail, ...(range !== undefined && { range }) });
}

/**
 * The file that a message sends, when it sends one of the desk's: one that was put there for the same guest, as what it is.
 * @throws {ConversationError} `not_found`, `attachment_not_there`, `request_invalid`
 */
export async function fileToSend(
  {
    storage,
    reachFor,
  }: {
    readonly storage: DeskOptions["storage"];
    readonly reachFor: (permission: Permission) => ReturnType<typeof reach>;
  },
  content: Exclude<ReplyContent, { readonly type: "reaction" }>,
  { hotelId, guestId }: Pick<Conversation, "hotelId" | "guestId">,
): Promise<Attachment | null> {
  const id = sentAttachment(content);
  if (id === null) return null;
  const attachment = await storage.attachment({ reach: reachFor("attachment.add"), id });
  // What one guest sent, or is to get, is never another's.
  if (attachment?.direction !== "outbound" || attachment.hotelId !== hotelId || attachment.guestId !== guestId)
    throw new ConversationError("not_found");
  storedFile(attachment, false);
  const isVoice = content.type === "audio" && content.voice === true;
  const isFit = attachment.kind === content.type && (!isVoice || attachment.file?.mimeType === "audio/ogg");
  if (!isFit) {
    const message = isVoice ? "voice is OGG with OPUS" : `it was put there as ${attachment.kind}`;
    throw new ConversationError("request_invalid", { issues: [{ path: "content.media.attachmentId", message }] });
  }
  return attachment;
}

/** A message with the file that it sends. */
export const withFile = (attachment: Attachment | null) => (attachment === null ? {} : { attachment });
