import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { backoffMs } from "../decide/send.js";
import { awaitMs, forgetMsOf, isAwaited } from "../decide/attachment.js";
import type { Attachment } from "../domain/attachment.js";
import type { DeskEvent } from "../domain/event.js";
import type { HotelNumber } from "../domain/hotel.js";
import { mediaRulesOf, type MediaLimits, type MediaRules, type Retentions } from "../domain/media-rules.js";
import type { ClaimedLane } from "../domain/lane.js";
import type { WorkItem } from "../domain/work.js";
import { codeOf, ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import { checkMedia } from "../media/check.js";
import { allowedTypes, mediaLimits } from "../media/limits.js";
import { receive } from "../media/receive.js";
import { fromFile } from "../media/source.js";
import type { MediaDirection, MediaKind } from "../media/verdict.js";
import type { AttachmentFate, NewMediaFile } from "../ports/attachment-storage.js";
import type { Clock } from "../ports/clock.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { Ids } from "../ports/ids.js";
import type { DeskLogger } from "../ports/logger.js";
import type { MediaStore } from "../ports/media-store.js";
import type { Random } from "../ports/random.js";
import type { MediaScanner, MediaTransformer } from "../ports/scanner.js";
import type { Storage } from "../ports/storage.js";
import type { IncomingFile, MediaFailed, Transport } from "../ports/transport.js";
import type { LeaseKeeper } from "./lease-keeper.js";
import { tempFiles, type TempFiles } from "./temp-files.js";

/** What a desk that keeps files needs, for those that come and those that go. */
export interface MediaDesk {
  readonly store: MediaStore;
  readonly scanner: MediaScanner | null;
  readonly transformer: MediaTransformer | null;
  readonly temp: TempFiles;
  /** What counts for a hotel. @throws what the host's hotels port throws */
  readonly rulesOf: (hotelId: string) => Promise<MediaRules>;
  readonly deadlineMs: number;
  readonly minBytesPerSecond: number;
  readonly ids: Ids;
  readonly logger: DeskLogger;
}

export interface MediaDeskOptions {
  readonly files: {
    readonly store: MediaStore;
    readonly scanner?: MediaScanner;
    readonly transformer?: MediaTransformer;
    readonly tempDir?: string;
  };
  readonly settings: {
    readonly limits: Readonly<Record<string, number | undefined>>;
    readonly types?: readonly string[] | undefined;
    readonly quotas: MediaRules["quotas"];
    readonly retention: Retentions;
    readonly deadlineMs: number;
    readonly minBytesPerSecond: number;
  };
  readonly hotels: Pick<HotelsPort, "byId">;
  readonly ids: Ids;
  readonly logger: DeskLogger;
  readonly clock: Clock;
}

/** What is kept how long, where the host does not say otherwise: an identity document until it has been used. */
const RETENTION = { default: null, identity: "discard", quarantine: 30 } as const satisfies Retentions;

export function mediaDesk({ files, settings, hotels, ids, logger, clock }: MediaDeskOptions): MediaDesk {
  const rules: MediaRules = {
    limits: Object.fromEntries(Object.entries(settings.limits).filter(([, most]) => most !== undefined)),
    types: settings.types ?? null,
    quotas: settings.quotas,
    retention: { ...RETENTION, ...settings.retention },
  };
  return {
    store: files.store,
    scanner: files.scanner ?? null,
    transformer: files.transformer ?? null,
    temp: tempFiles(clock, files.tempDir),
    rulesOf: async (hotelId) => mediaRulesOf(rules, await hotels.byId(hotelId)),
    deadlineMs: settings.deadlineMs,
    minBytesPerSecond: settings.minBytesPerSecond,
    ids,
    logger,
  };
}

export interface MediaWorkOptions {
  readonly media: MediaDesk;
  readonly storage: Pick<
    Storage,
    "loadAttachments" | "attachmentsKeptFor" | "settleAttachment" | "changeAttachment" | "fail"
  >;
  readonly hotels: HotelsPort;
  readonly transport: Pick<Transport, "downloadMedia">;
  readonly leases: LeaseKeeper;
  readonly logger: DeskLogger;
  readonly random: Random;
  readonly retry: MediaRetry;
  readonly publish: (events: readonly DeskEvent[]) => void;
}

export interface MediaRetry {
  /** Milliseconds. */
  readonly baseMs: number;
  readonly capMs: number;
  /** After so many failures a file is unavailable. */
  readonly attempts: number;
}

/** What a file itself fails by, and what is said of it then. After so many of these it is given up; whatever else keeps it away is waited for. */
const ITS_OWN: ReadonlyMap<string, string> = new Map([
  ["corrupt", "corrupt"],
  ["too_slow", "too_slow"],
  // Whoever looked into it threw.
  ["internal", "not_fetched"],
]);
/**
 * Milliseconds for which it is tried to fetch a file while the number's token, or its account, has to be mended: WhatsApp keeps a file for seven days.
 * Source: WhatsApp "Media" (2026).
 */
const KEPT_MS = 7 * 24 * 60 * 60 * 1_000;
/** Milliseconds between attempts while somebody has to mend something. */
const REPAIR_MS = 10 * 60 * 1_000;
/** Milliseconds for which a file is tried while WhatsApp, or the hotel's own scanner, store or disk, is away: by then somebody has seen to it. */
const AWAY_MS = 24 * 60 * 60 * 1_000;

/** What is to be done about an item: its end, or another attempt. */
type Outcome =
  | { readonly kind: "fate"; readonly fate: AttachmentFate; readonly put: readonly string[] }
  | {
      readonly kind: "again";
      readonly code: string;
      readonly afterMs: number | null;
      /** Since the message came, for how long; null: it counts to `media.attempts`. */
      readonly forMs: number | null;
      /** What is said of the file when it is given up. */
      readonly reason: string;
    };

type End = Extract<Outcome, { kind: "fate" }>;
type Again = Extract<Outcome, { kind: "again" }>;

const ends = (fate: AttachmentFate, put: readonly string[] = []): End => ({ kind: "fate", fate, put });
const again = (code: string, afterMs: number | null = null): Outcome => ({
  kind: "again",
  code,
  afterMs,
  forMs: ITS_OWN.has(code) ? null : AWAY_MS,
  reason: ITS_OWN.get(code) ?? "not_fetched",
});
const unavailable = (reason: string): End => ends({ state: "unavailable", reason });

/** Fetches files that guests sent: to disk, looked into, scanned, stored, and then said to be there. */
export function mediaWork(options: MediaWorkOptions) {
  const { media, storage, hotels, transport, leases, logger, random, retry, publish } = options;

  async function handle(lanes: readonly ClaimedLane[], done: (lane: ClaimedLane) => void): Promise<void> {
    const works = lanes.map((lane) => work(lane).then(() => done(lane)));
    const failed = (await Promise.allSettled(works)).find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async function work(lane: ClaimedLane): Promise<void> {
    const [item] = lane.items;
    if (item === undefined) return;
    const servedIn = servedInOf(item);
    if (servedIn !== null) return haveServed(lane, item, servedIn);
    const id = attachmentIdOf(item);
    const { now, attachments } = await storage.loadAttachments(lane.hotelId, [id]);
    if (BELLDESK_FAILPOINTS) await failpoint("media.loaded");
    const attachment = attachments[0] ?? null;
    if (isToForget(item)) {
      await forget(lane, `aud_${item.id}`, id, attachment?.purpose ?? null, "revoked");
      return settle(lane, item, id, null, unavailable("revoked"));
    }
    // Somebody has forgotten it meanwhile: only the work is left to be done.
    if (!isAwaited(attachment)) return settle(lane, item, id, attachment, unavailable("gone"));
    let outcome: Outcome;
    try {
      outcome = await fetched(lane, attachment);
    } catch (error) {
      if (ConversationError.is(error) && error.blame === "storage" && !isOfStore(error)) throw error;
      outcome = again(failureOf(error));
    }
    if (outcome.kind === "again") {
      const ageMs = now.getTime() - attachment.createdAt.getTime();
      if (!isOver(outcome, item, ageMs)) return putOff(lane, item, outcome, ageMs);
      outcome = unavailable(outcome.reason);
    }
    return settle(lane, item, id, attachment, outcome);
  }

  /** A flow needs no more what it was sent: what is kept only to be used is forgotten. */
  async function haveServed(lane: ClaimedLane, item: WorkItem, conversationId: string): Promise<void> {
    const { hotelId, guestId } = lane;
    const purposes = Object.entries((await media.rulesOf(hotelId)).retention).flatMap(([purpose, kept]) =>
      kept === "discard" ? [purpose] : [],
    );
    for (const id of await storage.attachmentsKeptFor({ hotelId, guestId, conversationId, purposes })) {
      const { attachments } = await storage.loadAttachments(hotelId, [id]);
      await forget(lane, `aud_${item.id}_${id}`, id, attachments[0]?.purpose ?? null, "used");
    }
    return settle(lane, item, "", null, unavailable("gone"));
  }

  /** Its message was deleted for everybody, or it has served. Done twice, it is done once. */
  async function forget(
    lane: ClaimedLane,
    auditId: string,
    id: string,
    purpose: string | null,
    because: "revoked" | "used",
  ): Promise<void> {
    const audit = {
      id: auditId,
      actor: { kind: "system", id: "desk" },
      action: "attachment.forget",
      reason: because,
      target: { kind: "attachment", id },
    } as const;
    const forgotten = await storage.changeAttachment({
      reach: "everything",
      id,
      purpose,
      forgetMs: 0,
      because,
      audit,
    });
    if (forgotten === null) return;
    publish(forgotten.events);
    const files = forgotten.files.map((file) => file.id);
    await discard(media, lane.hotelId, files);
  }

  /** Whether there were enough attempts. */
  const isOver = ({ forMs }: Again, { attempts }: WorkItem, ageMs: number): boolean =>
    forMs === null ? attempts + 1 >= retry.attempts : ageMs >= forMs;

  async function putOff(lane: ClaimedLane, item: WorkItem, outcome: Again, ageMs: number): Promise<void> {
    const { code, afterMs, forMs } = outcome;
    const counts = forMs === null;
    const waitMs = counts ? backoffMs(item.attempts, retry, random()) : awaitMs(ageMs, retry, random());
    const retryInMs = Math.max(afterMs ?? 0, waitMs);
    logger.warn({ workId: item.id, attempts: item.attempts + Number(counts), code }, "a file could not be fetched yet");
    publish(await storage.fail([{ lane, workId: item.id, code, retryInMs, counts }]));
  }

  /** Row and file agree: the file came first. What the row does not name then is nobody's. */
  async function settle(
    lane: ClaimedLane,
    item: WorkItem,
    attachmentId: string,
    attachment: Attachment | null,
    { fate, put }: End,
  ): Promise<void> {
    const { quotas, retention } = await media.rulesOf(lane.hotelId);
    const forgetMs = forgetMsOf(fate.state === "quarantined" ? "quarantine" : (attachment?.purpose ?? null), retention);
    const result = await storage.settleAttachment({
      lane,
      workId: item.id,
      attachmentId,
      fate,
      quotas,
      forgetMs,
    });
    if (BELLDESK_FAILPOINTS) await failpoint("media.settled");
    const named = result.outcome === "fenced" ? null : (result.attachment?.file ?? null);
    if (result.outcome !== "fenced") publish(result.events);
    const unnamed = put.filter((id) => id !== named?.id && id !== named?.thumbnailId);
    await discard(media, lane.hotelId, unnamed);
    if (fate.state !== "stored")
      logger.info({ attachmentId, state: fate.state, reason: fate.reason }, "a file is not shown");
  }

  async function fetched(lane: ClaimedLane, attachment: Attachment): Promise<Outcome> {
    const { mediaId } = attachment.said;
    const number = await numberOf(lane);
    if (number === null) return unavailable("number_gone");
    if (mediaId === null) return unavailable("no_id");
    if (transport.downloadMedia === undefined) return unavailable("no_transport");
    const given = new AbortController();
    const found = await transport.downloadMedia({ number, mediaId, signal: given.signal });
    if (BELLDESK_FAILPOINTS) await failpoint("media.opened");
    if (found.outcome === "failed") return afterFailure(found);
    const { file } = found;
    const path = await media.temp.path().catch((error: unknown) => {
      file.discard();
      throw error;
    });
    try {
      const capBytes = largest(attachment.kind, (await media.rulesOf(lane.hotelId)).limits);
      if (file.sizeBytes !== null && file.sizeBytes > capBytes) {
        file.discard();
        return ends({ state: "refused", reason: "too_large" });
      }
      const { deadlineMs, minBytesPerSecond } = media;
      const abort = (reason: Error) => given.abort(reason);
      const came = await receive(file.bytes, { path, capBytes, deadlineMs, minBytesPerSecond, abort });
      if (BELLDESK_FAILPOINTS) await failpoint("media.received");
      if (came.outcome !== "whole") {
        if (came.outcome === "too_slow") return again("too_slow");
        // Where WhatsApp has said that it is smaller, it is another file, or none.
        return file.sizeBytes === null ? ends({ state: "refused", reason: "too_large" }) : again("corrupt");
      }
      if (differs(came, file, attachment)) return again("corrupt");
      if (!leases.isHeld(lane)) return again("lease_over");
      const { kind, said } = attachment;
      const kept = await keep(media, path, {
        hotelId: lane.hotelId,
        kind,
        direction: "inbound",
        declaredType: said.mimeType,
        fileName: said.fileName,
        sizeBytes: came.sizeBytes,
        sha256: came.sha256,
      });
      return ends(kept.fate, kept.put);
    } finally {
      await media.temp.remove(path);
    }
  }

  async function numberOf({ hotelId, phoneNumberId }: ClaimedLane): Promise<HotelNumber | null> {
    const hotel = await hotels.byId(hotelId);
    return hotel?.numbers.find((number) => number.phoneNumberId === phoneNumberId) ?? null;
  }

  return { handle };
}

/** What a desk without a place for files does with what one that had some left: it is not had. */
export const keepNothing =
  (storage: Pick<Storage, "settleAttachment">, publish: (events: readonly DeskEvent[]) => void) =>
  async (lanes: readonly ClaimedLane[]): Promise<void> => {
    for (const lane of lanes) {
      const [item] = lane.items;
      if (item === undefined) continue;
      const result = await storage.settleAttachment({
        lane,
        workId: item.id,
        attachmentId: attachmentIdOf(item),
        fate: { state: "unavailable", reason: "no_store" },
        quotas: { hotelBytes: null, guestBytes: null },
        forgetMs: null,
      });
      if (result.outcome === "settled") publish(result.events);
    }
  };

function afterFailure({ failure, retry, pauses }: MediaFailed): Outcome {
  if (pauses?.ends === "repair")
    return {
      kind: "again",
      code: failure.code,
      afterMs: pauses.afterMs ?? REPAIR_MS,
      forMs: KEPT_MS,
      reason: failure.code,
    };
  if (retry === null)
    return unavailable(failure.code === "media_unavailable" || failure.code === "media_gone" ? "gone" : failure.code);
  return again(failure.code, retry.afterMs);
}

/** Whether it is another file than WhatsApp says, now or when the message came. */
function differs(
  came: { readonly sizeBytes: number; readonly sha256: string },
  { sizeBytes, sha256 }: IncomingFile,
  { said }: Attachment,
): boolean {
  if (sizeBytes !== null && sizeBytes !== came.sizeBytes) return true;
  return [sha256, said.sha256].some((hash) => hash !== null && hash !== came.sha256);
}

/** Bytes, at most. Which kind of sticker it is nobody knows yet. */
export function largest(kind: MediaKind, limits: Partial<MediaLimits>): number {
  const of = (name: keyof MediaLimits) => Math.min(mediaLimits[name], limits[name] ?? Infinity);
  return kind === "sticker" ? Math.max(of("sticker"), of("animatedSticker")) : of(kind);
}

export interface ReceivedFile {
  readonly hotelId: string;
  readonly kind: MediaKind;
  readonly direction: MediaDirection;
  readonly declaredType: string | null;
  readonly fileName: string | null;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface Kept {
  readonly fate: AttachmentFate;
  /** Ids of what lies in the store now: nobody's, until a row names them. */
  readonly put: readonly string[];
}

/**
 * Looks into a file on disk, asks the scanner, takes out of a picture what it says of where it was taken, and stores it with a small picture of it. Nothing is stored before
 * each has said that it may be.
 * @throws {ConversationError} `scanner_unavailable`, `media_store_unavailable`: nothing is known of the file then
 */
export async function keep(media: MediaDesk, path: string, file: ReceivedFile): Promise<Kept> {
  const { hotelId, kind, direction, declaredType, fileName, sizeBytes, sha256 } = file;
  const handle = await open(path, "r");
  let verdict;
  try {
    const { limits, types } = await media.rulesOf(hotelId);
    const allowed = allowedTypes[direction][kind].filter((type) => types?.includes(type) ?? true);
    verdict = await checkMedia(await fromFile(handle), { kind, direction, declaredType, fileName, limits, allowed });
  } finally {
    await handle.close();
  }
  if (BELLDESK_FAILPOINTS) await failpoint("media.checked");
  if (verdict.verdict === "refused") return { fate: { state: "refused", reason: verdict.reason }, put: [] };
  const mimeType = verdict.verdict === "accepted" ? verdict.mimeType : "application/octet-stream";
  const read = () => createReadStream(path);
  const plain = { sizeBytes, sha256, mimeType, read };
  if (verdict.verdict === "quarantined") return quarantined(media, hotelId, plain, verdict.reason);

  const scanned = await scan(media, plain);
  if (BELLDESK_FAILPOINTS) await failpoint("media.scanned");
  if (scanned !== null) return quarantined(media, hotelId, plain, scanned);

  const shown = await transformed(media, plain, { width: verdict.width, height: verdict.height });
  if (shown === null) return { fate: { state: "refused", reason: "not_readable" }, put: [] };
  const put: string[] = [];
  try {
    const id = await store(media, hotelId, shown.picture, put);
    const thumbnailId = shown.thumbnail === null ? null : await store(media, hotelId, shown.thumbnail, put);
    const { picture, width, height } = shown;
    const info: NewMediaFile = {
      id,
      sha256: picture.sha256,
      sizeBytes: picture.sizeBytes,
      mimeType: picture.mimeType,
      width,
      height,
      thumbnailId,
    };
    return { fate: { state: "stored", file: info }, put };
  } catch (error) {
    await discard(media, hotelId, put);
    throw error;
  }
}

interface Bytes {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly mimeType: string;
  readonly read: () => AsyncIterable<Uint8Array>;
}

/** Kept for somebody who knows, and shown to nobody. */
async function quarantined(media: MediaDesk, hotelId: string, bytes: Bytes, reason: string): Promise<Kept> {
  const put: string[] = [];
  const id = await store(media, hotelId, bytes, put);
  const { sha256, sizeBytes, mimeType } = bytes;
  const file = { id, sha256, sizeBytes, mimeType, width: null, height: null, thumbnailId: null };
  return { fate: { state: "quarantined", reason, file }, put };
}

/** Why the file is held back; null when it is clean. */
async function scan(
  { scanner, logger, deadlineMs }: MediaDesk,
  file: Bytes,
): Promise<"infected" | "not_scanned" | null> {
  if (scanner === null) return null;
  try {
    const result = await scanner.scan({ ...file, signal: AbortSignal.timeout(deadlineMs) });
    if (result.verdict === "clean") return null;
    logger.warn({ malware: result.name }, "a file is infected");
    return "infected";
  } catch (error) {
    if (ConversationError.is(error) && error.code === "scanner_limit") return "not_scanned";
    throw ConversationError.is(error) ? error : new ConversationError("scanner_unavailable");
  }
}

interface Shown {
  readonly picture: Bytes;
  readonly thumbnail: Bytes | null;
  readonly width: number | null;
  readonly height: number | null;
}

/** The longest side of a small picture, in pixels: twice what a list shows, for dense screens. */
const THUMBNAIL_PIXELS = 320;

/** null: the picture cannot be read. */
async function transformed(
  { transformer }: MediaDesk,
  file: Bytes,
  size: { readonly width: number | null; readonly height: number | null },
): Promise<Shown | null> {
  if (transformer?.takes(file.mimeType) !== true) return { picture: file, thumbnail: null, ...size };
  try {
    const { bytes, mimeType, width, height } = await transformer.strip(file);
    const picture = inMemory(bytes, mimeType);
    const small = await transformer.thumbnail(picture, { maxSide: THUMBNAIL_PIXELS });
    return { picture, thumbnail: inMemory(small.bytes, small.mimeType), width, height };
  } catch (error) {
    if (ConversationError.is(error) && error.code === "media_transform_failed") return null;
    throw error;
  }
}

function inMemory(bytes: Uint8Array, mimeType: string): Bytes {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  // oxlint-disable-next-line typescript/require-await -- what is read is read in pieces, and this is one
  const read = async function* () {
    yield bytes;
  };
  return { sizeBytes: bytes.length, sha256, mimeType, read };
}

async function store({ store, ids }: MediaDesk, hotelId: string, bytes: Bytes, put: string[]): Promise<string> {
  const id = `fil_${ids()}`;
  put.push(id);
  if (BELLDESK_FAILPOINTS) await failpoint("media.putting");
  await store.put({ hotelId, id, sizeBytes: bytes.sizeBytes, mimeType: bytes.mimeType, read: bytes.read });
  if (BELLDESK_FAILPOINTS) await failpoint("media.put");
  return id;
}

/** Bytes that nobody names. Where that fails, the sweep finds them. */
export async function discard({ store, logger }: MediaDesk, hotelId: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    try {
      await store.delete({ hotelId, id });
    } catch (error) {
      logger.warn({ code: codeOf(error) }, "a file that nobody names could not be removed yet");
    }
  }
}

/** What failed, as a code: the machine's own word where there is one (`ENOSPC`). */
const failureOf = (error: unknown): string => {
  if (ConversationError.is(error)) return error.code;
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  return /^E[A-Z0-9_]{1,30}$/.test(code) ? `disk_${code.toLowerCase()}` : "internal";
};

/** The store of files is away, not the database. */
const isOfStore = ({ code }: ConversationError): boolean => code.startsWith("media_") || code.startsWith("scanner_");

function isToForget(item: WorkItem): boolean {
  const payload: unknown = JSON.parse(item.payload);
  return typeof payload === "object" && payload !== null && "forget" in payload && payload.forget === true;
}

/** The conversation of a flow that is done with its files; null for other work. */
function servedInOf(item: WorkItem): string | null {
  const payload: unknown = JSON.parse(item.payload);
  const isServed = typeof payload === "object" && payload !== null && "filesServedIn" in payload;
  return isServed ? String(payload.filesServedIn) : null;
}

function attachmentIdOf(item: WorkItem): string {
  const payload: unknown = JSON.parse(item.payload);
  return typeof payload === "object" && payload !== null && "attachmentId" in payload
    ? String(payload.attachmentId)
    : "";
}
