import type { Attachment, NewAttachment } from "../domain/attachment.js";
import { fileContent, isFile } from "../domain/attachment.js";
import { ownerOf, type Amendment } from "../domain/amendment.js";
import type { Change } from "../domain/change.js";
import type { MediaContent } from "../domain/content.js";
import type { Retentions } from "../domain/media-rules.js";
import type { NewWork } from "../domain/work.js";
import type { ChatState } from "../ports/work-storage.js";
import { attachmentId, fetchWorkId, forgetWorkId } from "./ids.js";

export interface AttachInput {
  /** The number that the files were sent to. */
  readonly phoneNumberId: string;
  /** Whether the desk has a place for files; without one nobody fetches them. */
  readonly fetches: boolean;
}

/**
 * A change with the files that its messages bring, each to be fetched by work of its own: what the guest wrote is seen at once, whatever becomes of the
 * file. So are old messages and what somebody at the hotel sent in the phone app, and files that come after their old message.
 */
export function withAttachments(change: Change, state: ChatState, input: AttachInput, now: Date): Change {
  const brought = [
    ...change.messages.flatMap((one) => inMessage(one, [...state.amendments, ...change.amendments])),
    ...change.amendments.flatMap((one) => inAmendment(one, state)),
  ];
  const forgets = input.fetches ? change.amendments.flatMap((one) => forgotten(one, state, input)) : [];
  if (brought.length === 0 && forgets.length === 0) return change;
  const attachments = brought.map((one) => attachmentFor(one, change, state, input, now));
  const work = attachments
    .filter(({ state: is }) => is === "pending")
    .map(({ id }): NewWork => ({
      id: fetchWorkId(id),
      kind: "media",
      phoneNumberId: input.phoneNumberId,
      guestId: state.guest.id,
      payload: { attachmentId: id },
    }));
  const attached = [...change.attachments, ...attachments];
  return { ...change, attachments: attached, work: [...change.work, ...work, ...forgets] };
}

/** What was deleted for everybody is forgotten, after it was fetched. */
function forgotten({ wamid, act, by }: Amendment, state: ChatState, input: AttachInput): readonly NewWork[] {
  const target = state.known.get(wamid);
  if (act.kind !== "revoked" || target === undefined || by !== ownerOf(target) || !isFile(target.type)) return [];
  const id = attachmentId(target.messageId);
  const { phoneNumberId } = input;
  const payload = { attachmentId: id, forget: true };
  return [{ id: forgetWorkId(id), kind: "media", phoneNumberId, guestId: state.guest.id, payload }];
}

interface Brought {
  readonly isRevoked: boolean;
  /** The guest sent it. */
  readonly isTheirs: boolean;
  readonly messageId: string;
  readonly conversationId: string;
  readonly content: MediaContent;
}

function inMessage(message: Change["messages"][number], amendments: readonly Amendment[]): readonly Brought[] {
  const { id, conversationId, content, wamid } = message;
  const file = fileContent(content);
  const isRevoked = amendments.some(
    (one) => one.wamid === wamid && one.act.kind === "revoked" && one.by === ownerOf(message),
  );
  return file === null
    ? []
    : [{ messageId: id, conversationId, content: file, isRevoked, isTheirs: message.direction === "inbound" }];
}

/** The file of an old message, which came after it; or of one that could not be read then. */
function inAmendment({ wamid, act }: Change["amendments"][number], state: ChatState): readonly Brought[] {
  const target = state.known.get(wamid);
  const file = act.kind === "understood" ? fileContent(act.content) : null;
  if (target === undefined || file === null) return [];
  return [
    {
      messageId: target.messageId,
      conversationId: target.conversationId,
      content: file,
      isRevoked: false,
      isTheirs: target.direction === "inbound",
    },
  ];
}

function attachmentFor(
  { messageId, conversationId, content, isRevoked, isTheirs }: Brought,
  change: Change,
  state: ChatState,
  { phoneNumberId, fetches }: AttachInput,
  now: Date,
): NewAttachment {
  const conversation = [...change.conversations, ...state.conversations].find(({ id }) => id === conversationId);
  const { media, type } = content;
  // What a flow has asked for, however many come, and whatever they answer: a document has two sides.
  const run = isTheirs ? state.runs.find((one) => one.conversationId === conversationId) : undefined;
  const reason = isRevoked ? "revoked" : !fetches ? "no_store" : media.id === "" ? "no_id" : null;
  return {
    id: attachmentId(messageId),
    messageId,
    conversationId,
    guestId: conversation?.guestId ?? state.guest.id,
    phoneNumberId,
    kind: type,
    direction: "inbound",
    said: {
      mediaId: media.id,
      mimeType: media.mimeType,
      sha256: hashOf(media.sha256),
      fileName: type === "document" ? (content.fileName ?? null) : null,
    },
    state: reason === null ? "pending" : "unavailable",
    reason,
    purpose: run?.filesFor ?? null,
    createdAt: now,
  };
}

/** The hash as hex, where it is one; WhatsApp writes it as base64. */
function hashOf(sha256: string | undefined): string | null {
  if (sha256 === undefined) return null;
  if (/^[\da-f]{64}$/i.test(sha256)) return sha256.toLowerCase();
  const hex = Buffer.from(sha256, "base64").toString("hex");
  return hex.length === 64 ? hex : null;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
/** What is only to be used is forgotten by then, whoever forgot to say that it was. Ours. */
const USED_WITHIN_DAYS = 1;

/** Milliseconds after which an attachment that is kept for this is forgotten; null: not by itself. */
export function forgetMsOf(purpose: string | null, retentions: Retentions): number | null {
  const own = purpose === null ? undefined : retentions[purpose];
  const days = own === undefined ? (retentions["default"] ?? null) : own;
  return days === null ? null : (days === "discard" ? USED_WITHIN_DAYS : days) * DAY_MS;
}

/** Whether there is still something to fetch. */
export const isAwaited = (attachment: Attachment | null): attachment is Attachment => attachment?.state === "pending";

/** Milliseconds until a file is looked for again that waits for somebody else's system: the longer it has waited, the longer, up to `capMs`. @param random in [0, 1) */
export const awaitMs = (
  ageMs: number,
  { baseMs, capMs }: { readonly baseMs: number; readonly capMs: number },
  random: number,
): number => Math.round(random * Math.min(capMs, Math.max(baseMs, ageMs)));
